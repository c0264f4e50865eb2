//! What is pushed to watchers: the last events with their ids, for whoever comes late or reads slowly.

use super::daemon::PushedEvent;
use super::models::PullStatus;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Events kept; a watcher that is further behind is told to read everything again.
pub const EVENTS_MAX: usize = 2048;

/// Names an event for ever: ids of one daemon grow, and those of another start differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    boot: u64,
    number: u64,
}

impl EventId {
    /// The id of this text, as `Display` writes it.
    pub fn parse(text: &str) -> Option<EventId> {
        let (boot, number) = text.split_once('-')?;
        Some(EventId { boot: u64::from_str_radix(boot, 16).ok()?, number: number.parse().ok()? })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.boot, self.number)
    }
}

/// An event and its id; ids may be left out, never go back.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    /// What to ask for what came after it.
    pub id: EventId,
    /// What happened.
    pub event: Arc<PushedEvent>,
}

impl PushedEvent {
    /// Its kind, as in JSON: the `event` of a server-sent event.
    pub fn kind(&self) -> &'static str {
        match self {
            PushedEvent::Job { .. } => "job",
            PushedEvent::Progress { .. } => "progress",
            PushedEvent::Activity { .. } => "activity",
            PushedEvent::Model(_) => "model",
            PushedEvent::Reset => "reset",
        }
    }
}

/// The last events. Of the progress of a job, or of a model that is fetched, only the latest is kept, and none once the
/// job changed or the model is here, which tells more.
#[derive(Debug)]
pub struct EventLog {
    boot: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the latest event; the first is 1.
    last: u64,
    /// The highest number that is gone and would be missed.
    lost: u64,
    events: BTreeMap<u64, Arc<PushedEvent>>,
    /// Number of the kept progress, by job.
    progress: HashMap<u64, u64>,
    /// Number of the kept progress, by name of the model.
    pulls: HashMap<String, u64>,
    wakers: BTreeMap<u64, Waker>,
    watchers: u64,
}

impl EventLog {
    /// An empty log. `boot` must differ from one start of the daemon to the next: the time, or chance.
    pub fn new(boot: u64) -> EventLog {
        EventLog { boot, state: Mutex::default() }
    }

    /// Tells all watchers, from any thread and without waiting for any of them.
    pub fn push(&self, event: PushedEvent) {
        let wakers = {
            let mut state = self.lock();
            state.add(event);
            std::mem::take(&mut state.wakers)
        };
        for waker in wakers.into_values() {
            waker.wake();
        }
    }

    /// A watcher of what comes after the event of that id; of what comes from now on where none is named.
    pub fn watch(self: &Arc<EventLog>, after: Option<&str>) -> Watcher {
        let mut state = self.lock();
        state.watchers += 1;
        let after = match after.map(EventId::parse) {
            None => Some(state.last),
            Some(Some(id)) if id.boot == self.boot && id.number <= state.last => Some(id.number),
            Some(_) => None,
        };
        Watcher { log: Arc::clone(self), key: state.watchers, after }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, event: PushedEvent) {
        self.last += 1;
        let outdated = match &event {
            PushedEvent::Progress { job, .. } => self.progress.insert(*job, self.last),
            PushedEvent::Job { job } => self.progress.remove(&job.id),
            PushedEvent::Model(pull) if pull.status == PullStatus::Pulling => {
                self.pulls.insert(pull.name.clone(), self.last)
            }
            PushedEvent::Model(pull) => self.pulls.remove(&pull.name),
            PushedEvent::Activity { .. } | PushedEvent::Reset => None,
        };
        if let Some(number) = outdated {
            self.events.remove(&number);
        }
        self.events.insert(self.last, Arc::new(event));
        if EVENTS_MAX < self.events.len() {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some((number, event)) = self.events.pop_first() else { return };
        match &*event {
            PushedEvent::Progress { job, .. } => {
                self.progress.remove(job);
            }
            PushedEvent::Model(pull) if pull.status == PullStatus::Pulling => {
                self.pulls.remove(&pull.name);
            }
            PushedEvent::Job { .. }
            | PushedEvent::Activity { .. }
            | PushedEvent::Model(_)
            | PushedEvent::Reset => self.lost = number,
        }
    }
}

/// Reads the log at its own speed.
#[derive(Debug)]
pub struct Watcher {
    log: Arc<EventLog>,
    key: u64,
    /// The number it has come to; `None` where it must be told that it missed something.
    after: Option<u64>,
}

impl Watcher {
    /// Where it stands: the id to come back with.
    pub fn position(&self) -> EventId {
        let number = self.after.unwrap_or_else(|| self.log.lock().last);
        EventId { boot: self.log.boot, number }
    }

    /// The next event, or the caller is woken when there is one.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Pushed> {
        let mut state = self.log.lock();
        let next = match self.after {
            Some(after) if state.lost <= after => {
                let next = state.events.range(after + 1..).next();
                next.map(|(number, event)| (*number, Arc::clone(event)))
            }
            Some(_) | None => Some((state.last, Arc::new(PushedEvent::Reset))),
        };
        let Some((number, event)) = next else {
            state.wakers.insert(self.key, cx.waker().clone());
            return Poll::Pending;
        };
        self.after = Some(number);
        Poll::Ready(Pushed { id: EventId { boot: self.log.boot, number }, event })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.log.lock().wakers.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::daemon::{ActivityView, WorkStage};
    use crate::api::models::PullView;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    fn told(text: &str) -> PushedEvent {
        let activity = ActivityView {
            at: "2026-01-02T03:04:05Z".to_owned(),
            name: "finished".to_owned(),
            job: None,
            path: None,
            text: text.to_owned(),
        };
        PushedEvent::Activity { activity }
    }

    fn along(job: u64, progress: f32) -> PushedEvent {
        PushedEvent::Progress { job, stage: WorkStage::Asr, progress: Some(progress) }
    }

    fn fetched(name: &str, bytes_done: u64, status: PullStatus) -> PushedEvent {
        let name = name.to_owned();
        PushedEvent::Model(PullView { name, bytes_done, bytes_total: 9, status, problem: None })
    }

    #[test]
    fn of_a_model_on_its_way_only_the_latest_is_kept() {
        let log = Arc::new(EventLog::new(7));
        let mut watcher = log.watch(None);
        for done in 0..EVENTS_MAX as u64 * 2 {
            log.push(fetched("a", done, PullStatus::Pulling));
            log.push(fetched("b", done, PullStatus::Pulling));
        }
        log.push(fetched("b", 9, PullStatus::Done));
        let seen: Vec<PushedEvent> = all(&mut watcher).into_iter().map(|it| it.1).collect();
        let last = EVENTS_MAX as u64 * 2 - 1;
        let wanted = [fetched("a", last, PullStatus::Pulling), fetched("b", 9, PullStatus::Done)];
        assert_eq!(seen, wanted);
        let json = serde_json::to_value(&seen[1]).unwrap();
        assert_eq!((&json["kind"], &json["name"]), (&"model".into(), &"b".into()));
    }

    fn all(watcher: &mut Watcher) -> Vec<(String, PushedEvent)> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut seen = Vec::new();
        while let Poll::Ready(pushed) = watcher.poll_next(&mut cx) {
            seen.push((pushed.id.to_string(), (*pushed.event).clone()));
        }
        seen
    }

    #[test]
    fn a_watcher_sees_what_comes_and_what_came_after_an_id() {
        let log = Arc::new(EventLog::new(0xa1));
        log.push(told("one"));
        let mut watcher = log.watch(None);
        assert_eq!(watcher.position().to_string(), "a1-1");
        log.push(told("two"));
        log.push(told("three"));
        let both = vec![("a1-2".to_owned(), told("two")), ("a1-3".to_owned(), told("three"))];
        assert_eq!(all(&mut watcher), both);
        assert_eq!(all(&mut log.watch(Some("a1-1"))), both);
        assert_eq!(all(&mut log.watch(Some("a1-3"))), []);
    }

    #[test]
    fn an_id_that_is_unknown_resets_and_goes_on_from_now() {
        let log = Arc::new(EventLog::new(7));
        log.push(told("one"));
        for unknown in ["8-1", "7-2", "7", "", "x-1", "7-x", "7--1"] {
            let mut watcher = log.watch(Some(unknown));
            assert_eq!(
                all(&mut watcher),
                [("7-1".to_owned(), PushedEvent::Reset)],
                "after {unknown}"
            );
        }
        let mut watcher = log.watch(Some("6-1"));
        all(&mut watcher);
        log.push(told("two"));
        assert_eq!(all(&mut watcher), [("7-2".to_owned(), told("two"))]);
    }

    #[test]
    fn a_slow_watcher_is_reset_once_and_goes_on() {
        let log = Arc::new(EventLog::new(1));
        let mut slow = log.watch(None);
        let mut just_in_time = log.watch(None);
        for number in 1..=EVENTS_MAX {
            log.push(told(&number.to_string()));
        }
        assert_eq!(all(&mut just_in_time).len(), EVENTS_MAX);
        log.push(told("one too many"));
        let last = format!("1-{}", EVENTS_MAX + 1);
        assert_eq!(all(&mut slow), [(last.clone(), PushedEvent::Reset)]);
        assert_eq!(all(&mut just_in_time), [(last, told("one too many"))]);
        assert_eq!(all(&mut slow), []);
    }

    #[test]
    fn progress_never_crowds_out_what_happened() {
        let log = Arc::new(EventLog::new(1));
        let mut slow = log.watch(None);
        log.push(told("one"));
        for step in 0..10 * EVENTS_MAX {
            log.push(along(step as u64 % 3, 0.5));
        }
        let kinds: Vec<&str> = all(&mut slow).iter().map(|(_, it)| it.kind()).collect();
        assert_eq!(kinds, ["activity", "progress", "progress", "progress"]);
        // More jobs than events: progress goes first where it is oldest, and nobody needs a reset for it.
        let mut slow = log.watch(None);
        for job in 0..2 * EVENTS_MAX as u64 {
            log.push(along(job, 0.5));
        }
        let seen = all(&mut slow);
        assert_eq!(seen.len(), EVENTS_MAX);
        assert!(seen.iter().all(|(_, it)| it.kind() == "progress"));
    }

    #[test]
    fn the_tag_in_json_is_the_kind() {
        for event in [told("one"), along(1, 0.5), PushedEvent::Reset] {
            assert_eq!(serde_json::to_value(&event).unwrap()["kind"], event.kind());
        }
    }

    #[test]
    fn a_waiting_watcher_is_woken_from_another_thread() {
        struct Count(AtomicUsize);
        impl Wake for Count {
            fn wake(self: Arc<Count>) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let log = Arc::new(EventLog::new(1));
        let mut watcher = log.watch(None);
        let woken = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&woken));
        assert!(watcher.poll_next(&mut Context::from_waker(&waker)).is_pending());
        std::thread::scope(|scope| {
            scope.spawn(|| log.push(told("one")));
        });
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert_eq!(all(&mut watcher).len(), 1);
        assert!(watcher.poll_next(&mut Context::from_waker(&waker)).is_pending());
        drop(watcher);
        assert!(log.lock().wakers.is_empty());
    }
}
