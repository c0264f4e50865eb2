//! The daily look whether subtitles are still there as they were written, and the one that is asked for; both on a
//! thread of their own, and neither changes anything.

use super::daemon::Daemon;
use super::herald::Teller;
use super::live::Live;
use crate::api::daemon::Refusal;
use crate::api::outputs::{
    Outputs, OutputsApplyRequest, OutputsCheckRequest, OutputsDone, OutputsUndoRequest, OutputsView,
};
use crate::app::outputs::look::{self, Progress};
use crate::app::outputs::plan::Plan;
use crate::app::outputs::{act, last_plan, remember, reviewed, scope};
use crate::base::cancel::Cancel;
use crate::base::clock;
use crate::domain::change::ActivityKind;
use crate::domain::daily::DailyTime;
use crate::domain::fault::Fault;
use crate::store::Store;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The clock on the wall is looked at this often: it may be set, and machines sleep.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Where checks are asked for, and what they found.
pub(super) struct Desk {
    data_dir: PathBuf,
    state: Arc<Mutex<State>>,
    orders: Sender<bool>,
    inbox: Receiver<bool>,
    /// Held while a plan is carried out or taken back.
    hands: Mutex<()>,
}

#[derive(Default)]
struct State {
    running: Option<Arc<Progress>>,
    failed: Option<String>,
    plan: Option<Plan>,
}

/// The thread that checks; it ends with this.
pub(super) struct Checker(Cancel);

impl Drop for Checker {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// What the thread works with. It holds no daemon, which must be able to end.
struct Watch {
    data_dir: PathBuf,
    store: Arc<Store>,
    live: Arc<Live>,
    teller: Teller,
    state: Arc<Mutex<State>>,
    inbox: Receiver<bool>,
    ending: Cancel,
}

impl Desk {
    /// What the last check found is known from its file.
    pub(super) fn open(data_dir: &Path) -> Desk {
        let (orders, inbox) = bounded(1);
        let state = State { plan: last_plan(data_dir), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        Desk { data_dir: data_dir.to_owned(), state, orders, inbox, hands: Mutex::default() }
    }

    /// What a person should look at, where the last check found something.
    pub(super) fn warning(&self) -> Option<String> {
        let state = held(&self.state);
        let plan = state.plan.as_ref().filter(|it| !it.applied && worth_telling(it))?;
        Some(told(plan))
    }
}

fn held(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What somebody edited is no trouble.
fn worth_telling(plan: &Plan) -> bool {
    let trouble = plan.places.iter().any(|it| it.refused.is_some() || it.unreadable > 0);
    trouble || !plan.acts.is_empty()
}

fn told(plan: &Plan) -> String {
    if plan.all_is_well() {
        return plan.summary();
    }
    format!("{}: `kinora check --outputs` shows them", plan.summary())
}

/// Starts the thread.
///
/// # Errors
/// Where none can be started.
pub(super) fn start(daemon: &Daemon) -> Result<Checker, Fault> {
    let ending = Cancel::default();
    let desk = &daemon.outputs;
    let watch = Watch {
        data_dir: desk.data_dir.clone(),
        store: Arc::clone(&daemon.store),
        live: Arc::clone(&daemon.live),
        teller: daemon.teller.clone(),
        state: Arc::clone(&desk.state),
        inbox: desk.inbox.clone(),
        ending: ending.clone(),
    };
    std::thread::Builder::new()
        .name("outputs".to_owned())
        .spawn(move || watch.run())
        .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
    Ok(Checker(ending))
}

impl Watch {
    fn run(&self) {
        let begun = now();
        while !self.ending.is_set() {
            let wait = LOOK_EVERY.min(self.left(begun));
            match wait_for(&self.inbox, wait, &self.ending) {
                Some(accept_gone) => self.check(accept_gone),
                None if self.left(begun).is_zero() && !self.ending.is_set() => {
                    held(&self.state).running = Some(Arc::default());
                    self.check(false);
                }
                None => {}
            }
        }
    }

    /// How long until the next daily check.
    fn left(&self, begun: Timestamp) -> Duration {
        let Some(at) = self.live.config().check.at else { return LOOK_EVERY };
        let last = held(&self.state).plan.as_ref().map(|it| stamp(it.made_unix_ms));
        let due = due(at, last, begun, &TimeZone::system());
        Duration::try_from(due.duration_since(now())).unwrap_or(Duration::ZERO)
    }

    fn check(&self, accept_gone: bool) {
        let config = self.live.config();
        let progress = held(&self.state).running.clone().unwrap_or_default();
        let now = clock::now_unix_ms();
        let scope = scope(&config, accept_gone);
        let looked = look::look(&self.store, &scope, now, &progress, &self.ending);
        if self.ending.is_set() {
            return;
        }
        act::sweep(&self.data_dir, config.backup.keep_days, now);
        let text = match &looked {
            Ok(plan) => told(plan),
            Err(fault) => format!("subtitles could not be held against the disks: {fault}"),
        };
        if let Ok(plan) = &looked
            && let Err(fault) = remember(&self.data_dir, plan)
        {
            tracing::warn!("what was found of subtitles is not kept: {fault}");
        }
        {
            let mut state = held(&self.state);
            state.running = None;
            match looked {
                Ok(plan) => {
                    state.failed = None;
                    state.plan = Some(plan);
                }
                Err(fault) => {
                    state.failed = Some(fault.to_string());
                    // Not again at once: the next day, or when it is asked for.
                    let before = state.plan.take().unwrap_or_default();
                    state.plan = Some(Plan { made_unix_ms: now, ..before });
                }
            }
        }
        self.teller.tell(ActivityKind::OutputsChecked, text);
    }
}

/// What is asked for within so long; nothing where the end comes first.
fn wait_for(inbox: &Receiver<bool>, wait: Duration, ending: &Cancel) -> Option<bool> {
    const LOOK: Duration = Duration::from_millis(200);
    let watch = clock::Stopwatch::start();
    while !ending.is_set() {
        let left = wait.saturating_sub(watch.elapsed());
        match inbox.recv_timeout(left.min(LOOK)) {
            Ok(order) => return Some(order),
            Err(RecvTimeoutError::Timeout) if left.is_zero() => return None,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                ending.wait(left);
                return None;
            }
        }
    }
    None
}

/// When the next daily check is due: one that was missed is made up for. Before the first one nothing was missed.
fn due(at: DailyTime, last: Option<Timestamp>, begun: Timestamp, zone: &TimeZone) -> Timestamp {
    at.next_after(last.unwrap_or(begun), zone)
}

fn now() -> Timestamp {
    stamp(clock::now_unix_ms())
}

fn stamp(unix_ms: u64) -> Timestamp {
    i64::try_from(unix_ms)
        .ok()
        .and_then(|it| Timestamp::from_millisecond(it).ok())
        .unwrap_or(Timestamp::MAX)
}

impl Outputs for Daemon {
    fn outputs(&self) -> OutputsView {
        let state = held(&self.outputs.state);
        OutputsView {
            running: state.running.as_ref().map(|it| it.view()),
            failed: state.failed.clone(),
            plan: state.plan.as_ref().map(Plan::view),
        }
    }

    fn check_outputs(&self, request: &OutputsCheckRequest) -> Result<OutputsView, Refusal> {
        {
            let mut state = held(&self.outputs.state);
            let waits = self.outputs.orders.is_full();
            if state.running.is_some()
                || waits
                || self.outputs.orders.try_send(request.accept_gone).is_err()
            {
                let what = "subtitles are being checked already";
                return Err(Refusal::Conflict(Fault::transient(
                    what,
                    "ask again when that is done",
                )));
            }
            state.running = Some(Arc::default());
            state.failed = None;
        }
        Ok(self.outputs())
    }

    fn apply_outputs(&self, request: &OutputsApplyRequest) -> Result<OutputsDone, Refusal> {
        let desk = &self.outputs;
        let _hands = desk.hands.lock().unwrap_or_else(PoisonError::into_inner);
        let mut plan = reviewed(held(&desk.state).plan.clone(), &request.plan)?;
        let writer = self.runtime.writer();
        let commit = |writes| writer.write_all(writes);
        let (now, scope) = (clock::now_unix_ms(), scope(&self.live.config(), true));
        let done = act::apply(&self.store, &commit, &scope, &desk.data_dir, &plan, now)?;
        plan.applied = true;
        let mut state = held(&desk.state);
        // One that was made meanwhile is the last one.
        if state.plan.as_ref().is_some_and(|it| it.made_unix_ms == plan.made_unix_ms) {
            remember(&desk.data_dir, &plan).map_err(Refusal::Failed)?;
            state.plan = Some(plan);
        }
        drop(state);
        let text = format!("{} acts on what is known of subtitles were carried out", done.done);
        self.teller.tell(ActivityKind::Commanded, text);
        Ok(done)
    }

    fn undo_outputs(&self, request: &OutputsUndoRequest) -> Result<OutputsDone, Refusal> {
        let desk = &self.outputs;
        let _hands = desk.hands.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = self.runtime.writer();
        let commit = |writes| writer.write_all(writes);
        let done = act::undo(&commit, &desk.data_dir, request.file.as_deref())?;
        let text = format!("what {} tells was taken back", done.undo_file);
        self.teller.tell(ActivityKind::Commanded, text);
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daily_check_that_was_missed_is_made_up_for() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = DailyTime::parse("02:30").unwrap();
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        for (last, begun, expected) in [
            // Never checked: tonight.
            (None, "2026-06-01T12:00:00Z", "2026-06-02T00:30:00Z"),
            // Checked last night: tonight, whenever Kinora began.
            (Some("2026-06-01T00:30:05Z"), "2026-06-01T12:00:00Z", "2026-06-02T00:30:00Z"),
            // Off for days: that of the first night is due since then.
            (Some("2026-05-20T00:30:05Z"), "2026-06-01T12:00:00Z", "2026-05-21T00:30:00Z"),
        ] {
            let due = due(at, last.map(time), time(begun), &zone);
            assert_eq!(due, time(expected), "{last:?} {begun}");
        }
    }

    #[test]
    fn nobody_waits_for_a_thread_that_is_to_end() {
        let (orders, inbox) = bounded(1);
        let ending = Cancel::default();
        orders.send(true).unwrap();
        assert_eq!(wait_for(&inbox, Duration::from_secs(3600), &ending), Some(true));
        assert_eq!(wait_for(&inbox, Duration::ZERO, &ending), None);
        ending.set();
        assert_eq!(wait_for(&inbox, Duration::from_secs(3600), &ending), None);
    }
}
