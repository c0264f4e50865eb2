//! Backups of a running daemon: made once a day by the clock on the wall, and when somebody asks.

use super::daemon::Daemon;
use crate::api::backup::{BackupEndView, BackupRunView, BackupView, Backups, BackupsView};
use crate::api::daemon::Refusal;
use crate::app::backup::{self, Round};
use crate::app::config::Config;
use crate::base::cancel::Cancel;
use crate::base::clock::{self, Stopwatch};
use crate::base::text::{bytes, counted, show_path};
use crate::domain::change::ActivityKind;
use crate::domain::daily::DailyTime;
use crate::domain::fault::Fault;
use crate::store::StoreFile;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, UNIX_EPOCH};

/// How often it is looked whether one is due: settings may have changed meanwhile, and the clock.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// One that could not be made is tried again after so long.
const AGAIN_AFTER_MS: u64 = 60 * 60 * 1000;
/// So old the newest one may be before somebody is warned.
const OLD_MS: u64 = 2 * 24 * 60 * 60 * 1000;

/// Where backups stand.
#[derive(Default)]
pub(super) struct Desk {
    state: Mutex<State>,
    /// The daemon ends: what is half made is given up.
    ending: Cancel,
    bell: Mutex<Option<Sender<()>>>,
}

#[derive(Default)]
struct State {
    number: u64,
    running: Option<(Stopwatch, BackupRunView)>,
    last: Option<BackupEndView>,
    /// When the newest one was made; where there is none, when the store was. What is due is counted from here.
    since_unix_ms: Option<u64>,
    /// When one failed last.
    failed_unix_ms: Option<u64>,
    /// What was told of the last failure: the same is not told every hour.
    told: Option<String>,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The daemon ends.
    pub(super) fn end(&self) {
        self.ending.set();
    }

    /// What a person should know, where backups are wanted and none was made for long.
    pub(super) fn warning(&self, config: &Config) -> Option<String> {
        let since = self.state().since_unix_ms?;
        let is_old = since.saturating_add(OLD_MS) < clock::now_unix_ms();
        (is_old && config.backup.at.is_some()).then(|| {
            let since = backup::rfc3339(since);
            format!("no backup was made since {since}; `kinora backup create` says why")
        })
    }
}

/// Starts the thread that makes backups; it ends when the handle is dropped and none is being made.
///
/// # Errors
/// Where no thread can be started.
pub(super) fn start(daemon: &Arc<Daemon>) -> Result<Sender<()>, Fault> {
    // One bell: rung to begin, gone with the daemon to end.
    let (bell, rung) = bounded(1);
    *daemon.backups.bell.lock().unwrap_or_else(PoisonError::into_inner) = Some(bell.clone());
    // It must not keep the daemon from ending.
    let daemon = Arc::downgrade(daemon);
    std::thread::Builder::new()
        .name("backup".to_owned())
        .spawn(move || keep(&daemon, &rung))
        .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
    Ok(bell)
}

fn keep(daemon: &Weak<Daemon>, rung: &Receiver<()>) {
    loop {
        let Some(daemon) = daemon.upgrade() else { return };
        if daemon.backups.ending.is_set() {
            return;
        }
        let config = daemon.live.config();
        let now = clock::now_unix_ms();
        if is_due(&daemon, &config, now) {
            // Somebody may have asked at the same time: then it is made once, for both.
            let _ = daemon.backups.begin();
        }
        if daemon.backups.is_begun() {
            make(&daemon, &config, now);
        }
        drop(daemon);
        match rung.recv_timeout(LOOK_EVERY) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// A time passed at which one was to be made; also while the machine was off.
fn is_due(daemon: &Daemon, config: &Config, now_unix_ms: u64) -> bool {
    let Some(at) = config.backup.at else { return false };
    let (since, failed) = {
        let state = daemon.backups.state();
        (state.since_unix_ms, state.failed_unix_ms)
    };
    let since = since.unwrap_or_else(|| {
        let since = counted_from(config, now_unix_ms);
        daemon.backups.state().since_unix_ms = Some(since);
        since
    });
    let waits = failed.is_some_and(|it| {
        let again = it.saturating_add(AGAIN_AFTER_MS);
        // A clock that was set back does not make it wait for ever.
        it <= now_unix_ms && now_unix_ms < again
    });
    !waits && next(at, since, &TimeZone::system()) <= backup::at(now_unix_ms)
}

/// The first time after a moment.
fn next(at: DailyTime, since_unix_ms: u64, zone: &TimeZone) -> Timestamp {
    at.next_after(backup::at(since_unix_ms), zone)
}

/// When the newest backup was made; where there is none, since when there is something to lose.
fn counted_from(config: &Config, now_unix_ms: u64) -> u64 {
    let newest = fs::read_dir(&config.backup.folder).into_iter().flatten().flatten();
    let newest = newest.filter_map(|it| backup::made_at(&it.file_name())).max();
    // A clock that was once set forward does not put off all that follow.
    let newest = newest.filter(|it| *it <= now_unix_ms);
    newest.unwrap_or_else(|| {
        let store = fs::metadata(config.data_dir.join(StoreFile::Daemon.name()));
        let made = store.and_then(|it| it.created()).ok();
        let made = made.and_then(|it| it.duration_since(UNIX_EPOCH).ok());
        made.and_then(|it| u64::try_from(it.as_millis()).ok()).unwrap_or(now_unix_ms)
    })
}

impl Desk {
    /// One begins.
    fn begin(&self) -> Result<BackupRunView, Refusal> {
        let mut state = self.state();
        if state.running.is_some() {
            let what = "a backup is being made already";
            return Err(Refusal::Conflict(Fault::operator(what, "wait until it is done")));
        }
        state.number += 1;
        let run = BackupRunView { number: state.number, ..BackupRunView::default() };
        state.running = Some((Stopwatch::start(), run.clone()));
        Ok(run)
    }

    fn is_begun(&self) -> bool {
        self.state().running.is_some()
    }

    fn progress(&self, rows_done: u64, rows_total: u64) {
        if let Some((_, run)) = &mut self.state().running {
            (run.rows_done, run.rows_total) = (rows_done, rows_total);
        }
    }

    /// It ended; says what is to be told of a failure.
    fn ended(&self, now_unix_ms: u64, round: &Result<Round, Fault>) -> Option<String> {
        let mut state = self.state();
        let (watch, run) = state.running.take()?;
        let (backup, problem) = match round {
            Ok(round) => {
                state.since_unix_ms = Some(now_unix_ms);
                state.failed_unix_ms = None;
                (Some(round.made.clone()), round.trouble.as_ref().map(Fault::to_string))
            }
            Err(fault) => {
                state.failed_unix_ms = Some(now_unix_ms);
                (None, Some(fault.to_string()))
            }
        };
        let took_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
        let at = backup::rfc3339(now_unix_ms);
        let again = state.told == problem && backup.is_none();
        state.told.clone_from(&problem);
        let told = problem.clone().filter(|_| !again);
        state.last = Some(BackupEndView { number: run.number, at, took_ms, backup, problem });
        told
    }
}

fn make(daemon: &Daemon, config: &Config, now_unix_ms: u64) {
    let desk = &daemon.backups;
    let mut progress = |done, total| desk.progress(done, total);
    let round = backup::round(&daemon.store, config, now_unix_ms, &desk.ending, &mut progress);
    if desk.ending.is_set() && round.is_err() {
        // It is made up for at the next start.
        return;
    }
    // It is told before it counts as ended: whoever waits for the end may look for what was told.
    if let Ok(round) = &round {
        daemon.teller.tell(ActivityKind::BackedUp, sentence(round));
    }
    if let Some(problem) = desk.ended(now_unix_ms, &round) {
        let what = match &round {
            Ok(round) => format!("the backup {} was made, but {problem}", round.made.name),
            Err(_) => format!("no backup was made: {problem}"),
        };
        tracing::warn!("{what}");
        daemon.teller.tell(ActivityKind::BackupFailed, what);
    }
}

fn sentence(round: &Round) -> String {
    let Round { made, copied, pruned, trouble: _ } = round;
    let BackupView { name, bytes: size, rows, .. } = made;
    let rows = counted(rows.unwrap_or_default(), "row", "rows");
    let mut text = format!("the backup {name} was made: {rows}, {}", bytes(*size));
    if *copied > 0 {
        let copies = counted(*copied, "copy", "copies");
        text.push_str(&format!("; {copies} went to the second folder"));
    }
    if *pruned > 0 {
        let old = counted(*pruned, "old one is", "old ones are");
        text.push_str(&format!("; {old} gone"));
    }
    text
}

impl Backups for Daemon {
    fn backups(&self) -> Result<BackupsView, Refusal> {
        let config = self.live.config();
        let backups = backup::list(&config.backup.folder).map_err(Refusal::Failed)?;
        let state = self.backups.state();
        let zone = TimeZone::system();
        let due = config.backup.at.zip(state.since_unix_ms);
        let running = state.running.as_ref().map(|(watch, run)| {
            let for_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
            BackupRunView { for_ms, ..run.clone() }
        });
        Ok(BackupsView {
            folder: show_path(&config.backup.folder),
            second_folder: config.backup.second_folder.as_deref().map(show_path),
            next: due.map(|(at, since)| next(at, since, &zone).to_string()),
            running,
            last: state.last.clone(),
            backups,
        })
    }

    fn back_up(&self) -> Result<BackupRunView, Refusal> {
        let run = self.backups.begin()?;
        if let Some(bell) = &*self.backups.bell.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = bell.try_send(());
        }
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was missed is made up for, once.
    #[test]
    fn it_is_due_when_its_time_passed_since_the_last_one() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = DailyTime::parse("01:30").unwrap();
        let ms = |text: &str| {
            u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap()
        };
        for (since, now, due) in [
            ("2026-06-01T00:00:00Z", "2026-06-01T12:00:00Z", false),
            ("2026-06-01T00:00:00Z", "2026-06-01T23:30:00Z", true),
            // The machine was off for days.
            ("2026-06-01T00:00:00Z", "2026-06-09T12:00:00Z", true),
            // One that somebody asked for counts.
            ("2026-06-01T23:30:01Z", "2026-06-02T23:29:59Z", false),
        ] {
            assert_eq!(next(at, ms(since), &zone) <= backup::at(ms(now)), due, "{since} {now}");
        }
    }
}
