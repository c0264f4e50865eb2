//! Tells what happened: to watchers over HTTP, to the log, and into the records of runs that ended.
//!
//! The deciding thread must not wait for any of them, so it only hands over notices; a thread of its own does the rest.

use super::live::Live;
use super::pace::Pacer;
use super::records::Run;
use super::views;
use crate::api::daemon::PushedEvent;
use crate::api::events::EventLog;
use crate::base::clock::{self, Stopwatch};
use crate::domain::change::{Activity, ActivityKind};
use crate::domain::execution::{Event, Execution, State};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId};
use crate::runtime::{Notice, Writer};
use crate::store::{ListQuery, Store, Write};
use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Notices that wait; when more come, watchers read everything again and the newest records are looked through.
const NOTICES_WAITING_MAX: usize = 4096;
/// Progress of a job is told at most this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
/// Ended executions whose records are looked for after a crash.
const RECORDS_CHECKED_MAX: usize = 200;

/// Where the deciding thread leaves its notices.
#[derive(Clone)]
pub(super) struct Mailbox {
    notices: Sender<Notice>,
    missed: Arc<AtomicBool>,
}

impl Mailbox {
    /// Never blocks.
    pub(super) fn leave(&self, notice: &Notice) {
        match self.notices.try_send(notice.clone()) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => self.missed.store(true, Ordering::SeqCst),
        }
    }
}

/// Tells what happened outside of the runtime: durable, and to the herald.
#[derive(Clone)]
pub(super) struct Teller {
    pub(super) writer: Writer,
    pub(super) mailbox: Mailbox,
}

impl Teller {
    /// A sentence of this kind.
    pub(super) fn tell(&self, kind: ActivityKind, text: String) {
        let at_unix_ms = clock::now_unix_ms();
        let activity = Activity { at_unix_ms, kind, execution: None, path: None, text };
        if let Err(fault) = self.writer.write(Write::Tell(activity.clone())) {
            tracing::warn!("what happened cannot be written down: {fault}");
        }
        self.mailbox.leave(&Notice::Told(activity));
    }
}

/// Who tells.
pub(super) struct Herald {
    store: Arc<Store>,
    events: Arc<EventLog>,
    runs: PathBuf,
    /// Says whether the last listening failure of a file is an alarm (`asr_fail_alert`).
    live: Arc<Live>,
    missed: Arc<AtomicBool>,
    pacer: Arc<Pacer>,
    told: BTreeMap<JobId, Stopwatch>,
    /// A record could not be written, as on a full disk: it is written with the next one that can.
    owed: bool,
}

impl Herald {
    /// Starts the thread; it ends when the last mailbox is gone, after everything in it was told.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn start(
        store: Arc<Store>,
        events: Arc<EventLog>,
        runs: PathBuf,
        live: Arc<Live>,
        pacer: Arc<Pacer>,
    ) -> Result<(Mailbox, std::thread::JoinHandle<()>), Fault> {
        let (notices, inbox) = bounded(NOTICES_WAITING_MAX);
        let missed = Arc::new(AtomicBool::new(false));
        let mailbox = Mailbox { notices, missed: Arc::clone(&missed) };
        let mut herald =
            Herald { store, events, runs, live, missed, pacer, told: BTreeMap::new(), owed: false };
        let thread = std::thread::Builder::new()
            .name("herald".to_owned())
            .spawn(move || herald.run(&inbox))
            .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
        Ok((mailbox, thread))
    }

    fn run(&mut self, inbox: &Receiver<Notice>) {
        self.complete_records();
        for notice in inbox {
            if self.missed.swap(false, Ordering::SeqCst) {
                self.events.push(PushedEvent::Reset);
                self.complete_records();
            }
            match notice {
                Notice::Submitted { job, execution, .. } => self.push_job(job, execution),
                Notice::Changed { job, execution, event, after } => {
                    self.pacer.changed(execution, &event, &after, clock::now_unix_ms());
                    self.changed(job, execution, &event, &after);
                }
                Notice::Progress { job, execution, step, progress } => {
                    self.pacer.progress(execution, step, progress, clock::now_unix_ms());
                    let recent = |it: &Stopwatch| it.elapsed() < PROGRESS_EVERY;
                    if !self.told.get(&job).is_some_and(recent) {
                        self.told.insert(job, Stopwatch::start());
                        let (stage, progress) = (views::stage(step), views::share(progress));
                        self.events.push(PushedEvent::Progress { job: job.0, stage, progress });
                    }
                }
                Notice::Told(activity) => self.activity(&activity),
            }
        }
    }

    fn changed(&mut self, job: JobId, execution: ExecutionId, event: &Event, after: &Execution) {
        if let Event::Failed { fault, .. } = event {
            let row = self.store.job(job).ok().flatten();
            let path = row.map(|it| super::uploads::shown(it.spec.path())).unwrap_or_default();
            tracing::warn!(job = job.0, "{path}: {fault}");
        }
        if rests(&after.state) {
            self.told.remove(&job);
            self.write_record(job, execution);
        }
        self.push_job(job, execution);
    }

    fn push_job(&self, job: JobId, execution: ExecutionId) {
        let rows = (self.store.job(job), self.store.execution(execution));
        if let (Ok(Some(row)), Ok(Some(stands))) = rows {
            let job =
                Box::new(views::job(job, &row, execution, &stands, None, clock::now_unix_ms()));
            self.events.push(PushedEvent::Job { job });
        }
    }

    fn activity(&self, activity: &Activity) {
        let text = &activity.text;
        let path = activity.path.as_deref().map(super::uploads::shown).unwrap_or_default();
        let row = activity.execution.and_then(|it| self.store.execution(it).ok().flatten());
        let of = row.map(|it| it.job);
        let job = of.map(|it| it.0);
        match activity.kind {
            ActivityKind::AsrFailedFatal if self.live.config().listen.asr_fail_alert => {
                tracing::error!(job, "ALERT {path}: {text}");
            }
            ActivityKind::AsrFailedFatal | ActivityKind::GpuQuarantined | ActivityKind::Parked => {
                tracing::warn!(job, "{path}: {text}");
            }
            ActivityKind::Failed
            | ActivityKind::Slow
            | ActivityKind::PutBack
            | ActivityKind::TranslateFailed
            | ActivityKind::WrongLabel
            | ActivityKind::NotTold
            | ActivityKind::Unheeded
            | ActivityKind::BackupFailed
            | ActivityKind::DiskLow
            | ActivityKind::NotNotified => {
                tracing::warn!(job, "{path}: {text}");
            }
            ActivityKind::Started
            | ActivityKind::Stopped
            | ActivityKind::Scanned
            | ActivityKind::Finished
            | ActivityKind::Commanded
            | ActivityKind::Watched
            | ActivityKind::BackedUp
            | ActivityKind::OutputsChecked
            | ActivityKind::Reloaded => {
                tracing::info!(job, "{path}{}{text}", if path.is_empty() { "" } else { ": " });
            }
        }
        let activity = views::activity(activity, of);
        self.events.push(PushedEvent::Activity { activity });
    }

    fn write_record(&mut self, job: JobId, execution: ExecutionId) {
        let owed = self.owed;
        if self.try_record(job, execution) && owed {
            self.complete_records();
        }
    }

    /// False where it cannot be written now, which is told once.
    fn try_record(&mut self, job: JobId, execution: ExecutionId) -> bool {
        let written = run_of(&self.store, job, execution).map(|run| {
            let run = run?;
            run.write(&self.runs).and_then(|()| run.write_beside()).err()
        });
        let later = "it is written with the next one that can be";
        match written {
            Ok(None) => return true,
            Ok(Some(error)) if !self.owed => {
                tracing::warn!(job = job.0, %error, "the run's record cannot be written; {later}");
            }
            Err(fault) if !self.owed => {
                tracing::warn!(job = job.0, "the run's record cannot be read: {fault}; {later}");
            }
            Ok(Some(_)) | Err(_) => {}
        }
        self.owed = true;
        false
    }

    /// Writes what a crash, a full disk, or too many notices at once, kept from being written.
    fn complete_records(&mut self) {
        let query = ListQuery { status: None, before: None, limit: RECORDS_CHECKED_MAX };
        let Ok(rows) = self.store.list(&query) else { return };
        self.owed = false;
        for (execution, row) in rows {
            let record = self.runs.join(super::records::file_name(row.job, execution));
            let lacks = rests(&row.execution.state) && !record.exists();
            if lacks && !self.try_record(row.job, execution) {
                return;
            }
        }
    }
}

/// It ended, or waits for a person.
fn rests(state: &State) -> bool {
    match state {
        State::Parked { .. } | State::Done { .. } | State::Cancelled => true,
        State::Ready { .. } | State::Running { .. } | State::Paused { .. } => false,
    }
}

/// All that is known of an execution; `None` where there is none.
///
/// # Errors
/// Where the store cannot be read.
pub(super) fn run_of(
    store: &Store,
    job: JobId,
    execution: ExecutionId,
) -> Result<Option<Run>, Fault> {
    let Some(row) = store.job(job)? else { return Ok(None) };
    let records = store.records(execution)?;
    Ok(Some(Run {
        execution,
        job,
        spec: row.spec,
        events: store.events(execution)?,
        notes: records.into_iter().map(|(step, record)| (step, record.notes)).collect(),
        summary: store.summary(execution)?.unwrap_or_default(),
    }))
}
