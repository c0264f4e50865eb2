//! `kinora run`: from paths to items, as jobs through the runtime, to reports.

use super::config::Config;
use super::glossary;
use super::intake::{self, Item};
use super::lock;
use super::work::{self, Mode, Weights, Wishes};
use crate::api::run::{ItemReport, RunEvent, RunRequest, Stage, Status};
use crate::base::cancel::Cancel;
use crate::base::clock::{self, Stopwatch};
use crate::domain::execution::{Ending, Event, Execution, PutBack, State, Step};
use crate::domain::fault::Fault;
use crate::domain::job::ExecutionId;
use crate::domain::lane::LaneKind;
use crate::domain::order::{Order, Summary};
use crate::domain::terms::Term;
use crate::engines::whisper::cpu_supported;
use crate::pipeline::subtitle::publish;
use crate::pipeline::subtitle::wish::wish_for;
use crate::runtime::{Notice, Progress, Runtime};
use crate::store::{Store, StoreFile, Write};
use crossbeam::channel::{Receiver, RecvTimeoutError, bounded};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Files that are in the runtime at the same time: enough that no lane waits for another.
const FILES_AHEAD_MAX: usize = 16;
/// Notices that wait for the screen; the deciding thread waits when there are more.
const NOTICES_WAITING_MAX: usize = 256;
/// How often it is looked whether the owner interrupted.
const CANCEL_LOOK: Duration = Duration::from_millis(50);

/// Subtitles what is asked for, telling what happens meanwhile.
///
/// # Errors
/// Where the work cannot begin at all; what goes wrong with one file is in its report.
pub fn run(
    config: &Config,
    request: &RunRequest,
    cancel: &Cancel,
    on_event: &mut dyn FnMut(RunEvent),
) -> Result<Vec<ItemReport>, Fault> {
    if let Some(folder) = &request.output {
        // Made where only it is missing; a whole path that is missing is a disk that is not mounted, told file by file.
        let _ = std::fs::create_dir(folder);
    }
    let items = intake::walk(&request.paths);
    on_event(RunEvent::Planned { items: items.len() });
    cpu_supported()?;
    let weights = Weights::find(config, Mode::Foreground, cancel)?;
    let store = Arc::new(Store::open(&config.data_dir, StoreFile::Run)?);
    publish::sweep(&*store)?;
    begin_anew(&store)?;
    let order = work::order(config, &Wishes::of(config, request), &weights)?;
    let terms = take_glossary(config, &order, &store)?;
    let (send, notices) = bounded(NOTICES_WAITING_MAX);
    let sink = Arc::new(move |notice: &Notice| match notice {
        Notice::Changed { .. } => {
            // Waits for the screen; it is gone only when the run is over.
            let _ = send.send(notice.clone());
        }
        Notice::Progress { .. } => {
            let _ = send.try_send(notice.clone());
        }
        Notice::Submitted { .. } | Notice::Told(_) => {}
    });
    let (setup, hire) = work::kitchen(config, &weights, Mode::Foreground)?;
    let runtime = Runtime::start(Arc::clone(&store), setup, hire, sink)?;
    store.prune(clock::now_unix_ms())?;
    let mut run = Run {
        runtime: &runtime,
        store: &store,
        notices,
        order,
        lock_expiry: config.serve.lock_expiry,
        cancel,
        waiting: items.into_iter().enumerate().collect(),
        in_work: BTreeMap::new(),
        reports: BTreeMap::new(),
    };
    run.go(on_event)?;
    let reports = run.reports;
    runtime.stop();
    hand_over(config, &store, &terms);
    Ok(reports.into_values().collect())
}

/// The glossary is the service's; where it cannot be had now, names are translated without it.
fn take_glossary(config: &Config, order: &Order, store: &Store) -> Result<Vec<Term>, Fault> {
    if order.translate.is_none() {
        return Ok(Vec::new());
    }
    let terms = glossary::snapshot(config).unwrap_or_else(|fault| {
        tracing::warn!("names are translated without the glossary: {fault}");
        Vec::new()
    });
    let write = Write::TermsReplaced { terms: terms.clone(), at_unix_ms: clock::now_unix_ms() };
    store.commit(&[write])?;
    Ok(terms)
}

/// What this run found of terms is the service's to keep; `known` is what it had.
fn hand_over(config: &Config, store: &Store, known: &[Term]) {
    let found = store.terms().map(|it| {
        let terms = it.into_iter().map(|it| it.1.term);
        terms.filter(|it| !known.contains(it)).collect::<Vec<Term>>()
    });
    // It stays in this run's store, and the next run hands it over.
    if let Err(fault) = found.and_then(|it| glossary::propose(config, &it)) {
        tracing::warn!("terms that were found are not in the glossary yet: {fault}");
    }
}

/// What an earlier run was asked for and did not end is not this run's work; what was heard of it is kept. Nor are its
/// switches: no command lifts them here, and a lane that broke then may be mended by now.
fn begin_anew(store: &Store) -> Result<(), Fault> {
    let reason = "the run that asked for it ended".to_owned();
    let at_unix_ms = clock::now_unix_ms();
    let cancelled = |(execution, ..): (ExecutionId, _, _)| Write::Event {
        execution,
        event: Event::Cancelled { reason: reason.clone() },
        at_unix_ms,
        done: None,
    };
    let off = |control| {
        let why = "a new run begins".to_owned();
        Write::Control { control, on: false, why, at_unix_ms }
    };
    let mut writes: Vec<Write> = store.active()?.into_iter().map(cancelled).collect();
    writes.extend(store.controls()?.into_keys().map(off));
    store.commit(&writes).map(drop)
}

/// A run as it goes on.
struct Run<'a> {
    runtime: &'a Runtime,
    store: &'a Store,
    notices: Receiver<Notice>,
    order: Order,
    /// For how long the lock of another tool is honoured.
    lock_expiry: Duration,
    cancel: &'a Cancel,
    waiting: VecDeque<(usize, Item)>,
    in_work: BTreeMap<ExecutionId, InWork>,
    reports: BTreeMap<usize, ItemReport>,
}

/// A file that is in the runtime.
struct InWork {
    number: usize,
    path: PathBuf,
    /// Since a worker first took it.
    watch: Option<Stopwatch>,
    /// Its beginning was told.
    told: bool,
}

impl Run<'_> {
    fn go(&mut self, on_event: &mut dyn FnMut(RunEvent)) -> Result<(), Fault> {
        loop {
            if self.cancel.is_set() {
                return self.interrupt(on_event);
            }
            while self.in_work.len() < FILES_AHEAD_MAX
                && let Some((number, item)) = self.waiting.pop_front()
            {
                self.bring(number, item, on_event)?;
            }
            if self.in_work.is_empty() {
                return Ok(());
            }
            match self.notices.recv_timeout(CANCEL_LOOK) {
                Ok(notice) => self.noticed(notice, on_event)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Fault::bug("the runtime is gone"));
                }
            }
        }
    }

    /// Brings a file to the runtime, or says why not.
    fn bring(
        &mut self,
        number: usize,
        item: Item,
        on_event: &mut dyn FnMut(RunEvent),
    ) -> Result<(), Fault> {
        let held = lock::now_on(&item.path, self.lock_expiry);
        let wish = match item.fault {
            Some(fault) => Err(fault),
            None => wish_for(&item.path, &self.order),
        };
        let mut work = InWork { number, path: item.path, watch: None, told: false };
        if let Some(held) = held {
            let reasons = lock::verdict(&held).reasons;
            let notices = reasons.into_iter().map(|it| it.text).collect();
            let summary = Summary { notices, ..Summary::default() };
            self.report(
                &mut work,
                Ended { status: Status::Skipped, fault: None, summary },
                on_event,
            );
            return Ok(());
        }
        match wish {
            Ok(mut wish) => {
                // A person asks now: what was done is looked at again, what failed is tried again.
                wish.again = true;
                let (_, execution, _) = self.runtime.wish(wish)?;
                self.in_work.insert(execution, work);
            }
            Err(fault) => {
                let ended = Ended {
                    status: Status::Failed,
                    fault: Some(fault),
                    summary: Summary::default(),
                };
                self.report(&mut work, ended, on_event);
            }
        }
        Ok(())
    }

    fn noticed(&mut self, notice: Notice, on_event: &mut dyn FnMut(RunEvent)) -> Result<(), Fault> {
        match notice {
            Notice::Changed { execution, event, after, .. } => {
                let Some(work) = self.in_work.get_mut(&execution) else { return Ok(()) };
                if matches!(event, Event::Started { .. }) {
                    begin(work, &after, on_event);
                }
                if let Some(ended) = self.ended(execution, &event, &after)?
                    && let Some(mut work) = self.in_work.remove(&execution)
                {
                    self.report(&mut work, ended, on_event);
                }
            }
            Notice::Progress { execution, step, progress, .. } => {
                if let Some(work) = self.in_work.get(&execution).filter(|it| it.told) {
                    on_event(progressed(work.number, step, progress));
                }
            }
            Notice::Submitted { .. } | Notice::Told(_) => {}
        }
        Ok(())
    }

    /// How it ended, where it did.
    fn ended(
        &self,
        execution: ExecutionId,
        event: &Event,
        after: &Execution,
    ) -> Result<Option<Ended>, Fault> {
        let (status, fault) = match &after.state {
            State::Done { ending } => (of_ending(*ending), None),
            State::Parked { fault, .. } => (Status::Failed, Some(fault.clone())),
            State::Cancelled => (Status::Interrupted, None),
            State::Ready { .. }
                if matches!(event, Event::PutBack { reason: PutBack::ShuttingDown }) =>
            {
                (Status::Interrupted, None)
            }
            State::Ready { .. } | State::Running { .. } | State::Paused { .. } => return Ok(None),
        };
        let summary = self.store.summary(execution)?.unwrap_or_default();
        Ok(Some(Ended { status, fault, summary }))
    }

    fn report(&mut self, work: &mut InWork, ended: Ended, on_event: &mut dyn FnMut(RunEvent)) {
        tell_started(work, on_event);
        let report = view(work, ended);
        on_event(RunEvent::Ended { item: work.number, report: report.clone() });
        self.reports.insert(work.number, report);
    }

    /// The owner interrupted: what runs is put back, what was heard is kept.
    fn interrupt(&mut self, on_event: &mut dyn FnMut(RunEvent)) -> Result<(), Fault> {
        std::thread::scope(|scope| {
            // Meanwhile its notices must be taken.
            let draining = scope.spawn(|| self.runtime.drain(Duration::ZERO));
            let mut put_back = Vec::new();
            while !draining.is_finished() || !self.notices.is_empty() {
                put_back.extend(self.notices.recv_timeout(CANCEL_LOOK));
            }
            put_back
        })
        .into_iter()
        .try_for_each(|notice| self.noticed(notice, on_event))?;
        for (_, mut work) in std::mem::take(&mut self.in_work) {
            if work.watch.is_some() {
                let ended =
                    Ended { status: Status::Interrupted, fault: None, summary: Summary::default() };
                self.report(&mut work, ended, on_event);
            }
        }
        Ok(())
    }
}

/// How a file ended.
struct Ended {
    status: Status,
    fault: Option<Fault>,
    summary: Summary,
}

/// A worker has the file. It is told when a recogniser or a translator takes it: looking what files hold runs far ahead
/// of that.
fn begin(work: &mut InWork, after: &Execution, on_event: &mut dyn FnMut(RunEvent)) {
    work.watch.get_or_insert_with(Stopwatch::start);
    let step = match &after.state {
        State::Running { step, .. } => *step,
        State::Ready { .. }
        | State::Paused { .. }
        | State::Parked { .. }
        | State::Done { .. }
        | State::Cancelled => return,
    };
    if matches!(step.lane(), LaneKind::Device | LaneKind::Network) {
        tell_started(work, on_event);
    }
    if work.told {
        on_event(progressed(work.number, step, Progress::default()));
    }
}

fn tell_started(work: &mut InWork, on_event: &mut dyn FnMut(RunEvent)) {
    if !std::mem::replace(&mut work.told, true) {
        on_event(RunEvent::Started { item: work.number, path: work.path.clone() });
    }
}

fn of_ending(ending: Ending) -> Status {
    match ending {
        Ending::Written => Status::Done,
        Ending::Skipped => Status::Skipped,
        Ending::NoSpeech => Status::NoSpeech,
        Ending::Review => Status::Review,
    }
}

fn view(work: &InWork, ended: Ended) -> ItemReport {
    // Lines that failed are told in the notices.
    let Summary { notices, written, language, cues, audio, speech, failed_lines: _ } =
        ended.summary;
    let unsigned = |ms: i64| u64::try_from(ms).unwrap_or(0);
    let elapsed = work.watch.map_or(Duration::ZERO, |it| it.elapsed());
    ItemReport {
        path: work.path.clone(),
        status: ended.status,
        notices,
        fault: ended.fault,
        written,
        language,
        cues: usize::try_from(cues).unwrap_or(usize::MAX),
        audio_ms: unsigned(audio.0),
        speech_ms: unsigned(speech.0),
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    }
}

fn progressed(item: usize, step: Step, progress: Progress) -> RunEvent {
    let stage = match step {
        Step::Select => Stage::Probe,
        Step::Detect => Stage::Detect,
        Step::Weigh => Stage::Weigh,
        Step::Listen => Stage::Listen,
        Step::Translate => Stage::Translate,
        Step::Cue => Stage::Cue,
        Step::Publish | Step::Announce => Stage::Publish,
    };
    let duration = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    RunEvent::Progress {
        item,
        stage,
        decoded: duration(progress.decoded.0),
        heard: duration(progress.heard.0),
        total: progress.total.map(|it| duration(it.0)),
    }
}
