//! Models that are fetched while the daemon runs, each on a thread of its own.

use crate::api::daemon::{PushedEvent, Refusal};
use crate::api::events::EventLog;
use crate::api::models::{PullStatus, PullView};
use crate::app::config::Config;
use crate::app::{self, models::Asked};
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::domain::fault::Fault;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Models fetched at once.
const PULLS_MAX: usize = 2;
/// Pulls remembered, those that ended among them.
const PULLS_KEPT_MAX: usize = 32;
/// Characters of a model's name.
const NAME_CHARS_MAX: usize = 200;
/// Progress is told at most this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Fetches the model of a name; is told when to give up, and tells bytes done and bytes in all.
type Fetcher =
    Arc<dyn Fn(&str, &Cancel, &mut dyn FnMut(u64, u64)) -> Result<(), Fault> + Send + Sync>;

/// As `kinora models pull` fetches.
pub(super) fn fetcher(config: Arc<Config>) -> Fetcher {
    Arc::new(move |name, cancel, progress| {
        let asked = Asked { name, ..Asked::default() };
        app::models::pull(&config, asked, cancel, progress).map(drop)
    })
}

/// What is fetched. All of it is given up when this is dropped; asked for again, it goes on where it stopped.
pub(super) struct Pulls {
    fetch: Fetcher,
    board: Arc<Board>,
    cancel: Cancel,
}

impl Pulls {
    /// Nothing yet; `events` is told how it goes.
    pub(super) fn new(fetch: Fetcher, events: Arc<EventLog>) -> Pulls {
        let board = Arc::new(Board { pulls: Mutex::default(), events });
        Pulls { fetch, board, cancel: Cancel::default() }
    }

    /// All that is remembered, the newest last.
    pub(super) fn views(&self) -> Vec<PullView> {
        self.board.lock().clone()
    }

    /// Begins to fetch a model; where it is being fetched, that goes on.
    ///
    /// # Errors
    /// Where that can be no name, too many are fetched, or no thread can be started.
    pub(super) fn begin(&self, name: &str) -> Result<PullView, Refusal> {
        if name.is_empty()
            || NAME_CHARS_MAX < name.chars().count()
            || name.contains(char::is_control)
        {
            let fault = Fault::operator("that is no model's name", "see `kinora models list`");
            return Err(Refusal::Invalid(fault));
        }
        let view = {
            let mut pulls = self.board.lock();
            let running = |it: &&PullView| it.status == PullStatus::Pulling;
            if let Some(it) = pulls.iter().filter(running).find(|it| it.name == name) {
                return Ok(it.clone());
            }
            if PULLS_MAX <= pulls.iter().filter(running).count() {
                let what = format!("{PULLS_MAX} models are being fetched already");
                let fault = Fault::transient(what, "ask again when one of them is here");
                return Err(Refusal::Conflict(fault));
            }
            pulls.retain(|it| it.name != name);
            if let Some(oldest) = pulls.iter().position(|it| it.status != PullStatus::Pulling)
                && PULLS_KEPT_MAX <= pulls.len()
            {
                pulls.remove(oldest);
            }
            let (name, status) = (name.to_owned(), PullStatus::Pulling);
            let view = PullView { name, bytes_done: 0, bytes_total: 0, status, problem: None };
            pulls.push(view.clone());
            view
        };
        self.board.events.push(PushedEvent::Model(view.clone()));
        self.start(name).map_err(Refusal::Failed)?;
        Ok(view)
    }

    fn start(&self, name: &str) -> Result<(), Fault> {
        let pull = Pull { board: Arc::clone(&self.board), name: name.to_owned(), ended: false };
        let (fetch, cancel) = (Arc::clone(&self.fetch), self.cancel.clone());
        // Where no thread is started, `pull` is dropped with its work, and tells that it failed.
        let work = move || pull.run(&fetch, &cancel);
        let started = std::thread::Builder::new().name("pull".to_owned()).spawn(work);
        started.map(|_| ()).map_err(|err| {
            Fault::transient(format!("no thread could be started ({err})"), "try again")
        })
    }
}

impl Drop for Pulls {
    fn drop(&mut self) {
        self.cancel.set();
    }
}

/// How all pulls stand, and who is told.
struct Board {
    pulls: Mutex<Vec<PullView>>,
    events: Arc<EventLog>,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Vec<PullView>> {
        self.pulls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the pull that goes on under this name, and tells it.
    fn change(&self, name: &str, change: impl FnOnce(&mut PullView)) {
        let mut pulls = self.lock();
        let running = |it: &&mut PullView| it.name == name && it.status == PullStatus::Pulling;
        if let Some(view) = pulls.iter_mut().find(running) {
            change(view);
            // Under the lock, so that events come in the order of what they tell.
            self.events.push(PushedEvent::Model(view.clone()));
        }
    }
}

/// One model on its way. However it ends, that is told.
struct Pull {
    board: Arc<Board>,
    name: String,
    ended: bool,
}

impl Pull {
    fn run(mut self, fetch: &Fetcher, cancel: &Cancel) {
        let (board, name) = (Arc::clone(&self.board), self.name.clone());
        let mut told: Option<Stopwatch> = None;
        let mut progress = |done: u64, total: u64| {
            if told.as_ref().is_some_and(|it| it.elapsed() < PROGRESS_EVERY) && done < total {
                return;
            }
            told = Some(Stopwatch::start());
            board.change(&name, |it| (it.bytes_done, it.bytes_total) = (done, total));
        };
        tracing::info!("model `{name}` is fetched");
        let result = fetch(&name, cancel, &mut progress);
        self.end(result);
    }

    fn end(&mut self, result: Result<(), Fault>) {
        self.ended = true;
        match &result {
            Ok(()) => tracing::info!("model `{}` is here", self.name),
            Err(fault) => tracing::warn!("model `{}` is not fetched: {fault}", self.name),
        }
        self.board.change(&self.name, |it| match result {
            Ok(()) => (it.status, it.bytes_done) = (PullStatus::Done, it.bytes_total),
            Err(fault) => (it.status, it.problem) = (PullStatus::Failed, Some(fault.to_string())),
        });
    }
}

impl Drop for Pull {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Err(Fault::bug("fetching the model broke off")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam::channel::{Sender, bounded};

    /// Waits no longer than this for another thread.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Pulls of a fetcher that does what it is told for each name: go on, fail, or panic.
    fn told() -> (Pulls, Sender<&'static str>, Arc<EventLog>) {
        let (tell, told) = bounded::<&'static str>(0);
        let fetch: Fetcher = Arc::new(move |name, cancel, progress| {
            progress(1, 3);
            match told.recv_timeout(PATIENCE).unwrap() {
                "fail" => Err(Fault::operator(format!("nobody has `{name}`"), "ask for another")),
                "panic" => panic!("told to"),
                "cancelled" if !cancel.is_set() => panic!("it goes on"),
                _ => Ok(()),
            }
        });
        let events = Arc::new(EventLog::new(1));
        (Pulls::new(fetch, Arc::clone(&events)), tell, events)
    }

    fn of(pulls: &Pulls, name: &str) -> PullView {
        pulls.views().into_iter().find(|it| it.name == name).unwrap()
    }

    /// Waits until a pull has ended.
    fn ended(pulls: &Pulls, name: &str) -> PullView {
        let watch = Stopwatch::start();
        while watch.elapsed() < PATIENCE {
            let view = of(pulls, name);
            if view.status != PullStatus::Pulling {
                return view;
            }
            std::thread::yield_now();
        }
        panic!("{name} does not end");
    }

    #[test]
    fn a_model_is_fetched_once_at_a_time_and_its_end_is_told() {
        let (pulls, tell, events) = told();
        let mut watcher = events.watch(None);
        let begun = pulls.begin("a").unwrap();
        assert_eq!((begun.status, begun.bytes_total), (PullStatus::Pulling, 0));
        assert_eq!(pulls.begin("a").unwrap().name, "a");
        assert_eq!(pulls.views().len(), 1);
        tell.send_timeout("come", PATIENCE).unwrap();
        let view = ended(&pulls, "a");
        assert_eq!((view.status, view.bytes_done, view.bytes_total), (PullStatus::Done, 3, 3));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let mut last = None;
        while let std::task::Poll::Ready(it) = watcher.poll_next(&mut cx) {
            last = Some(it.event);
        }
        assert_eq!(last.as_deref(), Some(&PushedEvent::Model(view)));
    }

    #[test]
    fn failures_are_sentences_and_can_be_tried_again() {
        let (pulls, tell, _) = told();
        for (told, problem) in [("fail", "nobody has `a`"), ("panic", "broke off")] {
            pulls.begin("a").unwrap();
            tell.send_timeout(told, PATIENCE).unwrap();
            let view = ended(&pulls, "a");
            assert_eq!((view.status, pulls.views().len()), (PullStatus::Failed, 1));
            assert!(view.problem.as_ref().is_some_and(|it| it.contains(problem)), "{view:?}");
        }
    }

    #[test]
    fn names_and_numbers_are_bounded() {
        let (pulls, tell, _) = told();
        for name in ["", "a\nb", &"x".repeat(NAME_CHARS_MAX + 1)] {
            assert!(matches!(pulls.begin(name), Err(Refusal::Invalid(_))));
        }
        for index in 0..PULLS_KEPT_MAX + 5 {
            let name = format!("m{index}");
            pulls.begin(&name).unwrap();
            tell.send_timeout("come", PATIENCE).unwrap();
            ended(&pulls, &name);
        }
        assert_eq!(pulls.views().len(), PULLS_KEPT_MAX);
        assert_eq!(pulls.views()[0].name, "m5");
        for name in ["a", "b"] {
            pulls.begin(name).unwrap();
        }
        assert!(matches!(pulls.begin("c"), Err(Refusal::Conflict(_))));
        // Dropped, all are given up.
        let board = Arc::clone(&pulls.board);
        drop(pulls);
        for _ in 0..2 {
            tell.send_timeout("cancelled", PATIENCE).unwrap();
        }
        let watch = Stopwatch::start();
        let done = || board.lock().iter().all(|it| it.status == PullStatus::Done);
        while !done() && watch.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        assert!(done());
    }
}
