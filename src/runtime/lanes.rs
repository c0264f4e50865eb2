//! The lanes' threads: workers take steps from a bounded channel of their lane, one after the other, each with a flag
//! that asks it to stop. A worker that panics is replaced; one that stands still is left behind, and replaced.

use super::board::LeaseId;
use super::core::{Assignment, Lanes, Message};
use super::decide::Input;
use super::limits::LaneSpec;
use super::work::{Failure, Hire, Outcome, Progress, Task, TaskCx, Worker};
use super::writer::Writer;
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::domain::fault::Fault;
use crate::domain::lane::LaneName;
use crate::store::Store;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How often an idle worker is told so.
const IDLE_EVERY: Duration = Duration::from_secs(1);
/// How often progress of one step is passed on, at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);
/// Threads that stand still and were left behind; with more of them lanes lose workers.
const STRAYS_MAX: usize = 32;
/// How long idle workers have to end.
const END_MAX: Duration = Duration::from_secs(2);

/// What all threads share.
#[derive(Clone)]
pub struct Shared {
    /// For reading.
    pub store: Arc<Store>,
    /// For writing.
    pub writer: Writer,
    /// Brings workers.
    pub hire: Arc<dyn Hire>,
    /// Where outcomes go.
    pub inbox: Sender<Message>,
}

/// The threads.
pub struct LaneThreads {
    shared: Shared,
    lanes: BTreeMap<LaneName, LaneThread>,
    held: BTreeMap<LeaseId, Held>,
    strays: Arc<AtomicUsize>,
    /// Every thread holds a sender: when all ended, the receiver knows.
    ended: (Sender<()>, Receiver<()>),
}

struct LaneThread {
    steps: Sender<Leased>,
    feed: Receiver<Leased>,
    /// Threads that should be there and could not be started.
    missing: usize,
    hired: usize,
}

struct Held {
    lane: LaneName,
    cancel: Cancel,
    claim: Arc<Claim>,
}

/// A step on its way to a worker.
struct Leased {
    lease: LeaseId,
    assignment: Assignment,
    cancel: Cancel,
    claim: Arc<Claim>,
}

/// Who has the last word about a lease: the worker that came back, or the loop that gave it up.
#[derive(Default)]
struct Claim(AtomicU8);

const OPEN: u8 = 0;
const CAME_BACK: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Claim {
    fn settle(&self, as_this: u8) -> bool {
        self.0.compare_exchange(OPEN, as_this, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl LaneThreads {
    /// Starts the threads of all lanes.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(lanes: &[LaneSpec], shared: Shared) -> Result<LaneThreads, Fault> {
        let mut threads = LaneThreads {
            shared,
            lanes: BTreeMap::new(),
            held: BTreeMap::new(),
            strays: Arc::default(),
            ended: bounded(0),
        };
        for lane in lanes {
            // The loop never starts more steps than there are workers.
            let (steps, feed) = bounded(lane.workers);
            let thread = LaneThread { steps, feed, missing: lane.workers, hired: 0 };
            threads.lanes.insert(lane.name.clone(), thread);
            threads.fill(&lane.name).map_err(|it| {
                Fault::operator(
                    format!("no thread can be started for lane {}: {it}", lane.name),
                    "give it fewer workers in `[lanes]`, or raise the limit of threads",
                )
            })?;
        }
        Ok(threads)
    }

    /// Ends all workers that do nothing, and waits for that a little; those that stand still end with the process.
    pub fn end(self) {
        let LaneThreads { shared, lanes, held, strays: _, ended: (sender, receiver) } = self;
        held.values().for_each(|it| it.cancel.set());
        drop((shared, lanes, sender));
        if receiver.recv_timeout(END_MAX) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("some workers stand still and are left behind");
        }
    }

    /// Starts the threads that are missing.
    fn fill(&mut self, name: &LaneName) -> std::io::Result<()> {
        let Some(lane) = self.lanes.get_mut(name) else { return Ok(()) };
        while 0 < lane.missing {
            let post = Post {
                lane: name.clone(),
                number: lane.hired,
                feed: lane.feed.clone(),
                shared: self.shared.clone(),
                strays: Arc::clone(&self.strays),
                _ended: self.ended.0.clone(),
            };
            let thread = thread::Builder::new().name(format!("{name}-{}", lane.hired));
            thread.spawn(move || serve(&post))?;
            lane.hired += 1;
            lane.missing -= 1;
        }
        Ok(())
    }

    fn refuse(&self, lease: LeaseId, what: String) {
        let remedy = "restart Kinora; if it happens again, look what its workers wait for";
        let outcome = Err(Failure::Step(Fault::transient(what, remedy)));
        // A full inbox is not waited for, since the loop that empties it is who calls: the hard limit finds the step.
        let _ = self.shared.inbox.try_send(Message::Input(Input::Ended { lease, outcome }));
    }
}

impl Lanes for LaneThreads {
    fn start(&mut self, lease: LeaseId, assignment: Assignment) {
        self.held.retain(|_, it| it.claim.0.load(Ordering::Acquire) == OPEN);
        let name = assignment.lane.clone();
        if let Err(why) = self.fill(&name) {
            tracing::error!(lane = %name, %why, "no thread can be started");
        }
        let Some(lane) = self.lanes.get(&name) else {
            return self.refuse(lease, format!("there is no lane {name}"));
        };
        let (cancel, claim) = (Cancel::default(), Arc::<Claim>::default());
        let held = Held { lane: name.clone(), cancel: cancel.clone(), claim: Arc::clone(&claim) };
        match lane.steps.try_send(Leased { lease, assignment, cancel, claim }) {
            Ok(()) => {
                self.held.insert(lease, held);
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.refuse(lease, format!("no worker of lane {name} takes a step"));
            }
        }
    }

    fn stop(&mut self, lease: LeaseId) {
        if let Some(held) = self.held.get(&lease) {
            held.cancel.set();
        }
    }

    fn give_up(&mut self, lease: LeaseId) {
        let Some(held) = self.held.remove(&lease) else { return };
        held.cancel.set();
        if !held.claim.settle(GIVEN_UP) {
            return;
        }
        if STRAYS_MAX <= self.strays.fetch_add(1, Ordering::AcqRel) {
            tracing::error!(lane = %held.lane, "too many workers stand still: restart Kinora");
        } else if let Some(lane) = self.lanes.get_mut(&held.lane) {
            lane.missing += 1;
            if let Err(why) = self.fill(&held.lane) {
                tracing::error!(lane = %held.lane, %why, "no thread can be started");
            }
        }
    }
}

/// What a worker's thread has.
struct Post {
    lane: LaneName,
    number: usize,
    feed: Receiver<Leased>,
    shared: Shared,
    strays: Arc<AtomicUsize>,
    _ended: Sender<()>,
}

fn serve(post: &Post) {
    let mut worker: Option<Box<dyn Worker>> = None;
    let mut idle = Stopwatch::start();
    loop {
        match post.feed.recv_timeout(IDLE_EVERY) {
            Ok(leased) => {
                let lost = Lost { post, lease: leased.lease, claim: &leased.claim };
                let outcome = work(post, &mut worker, &leased);
                if !leased.claim.settle(CAME_BACK) {
                    // Given up: somebody else has this post.
                    post.strays.fetch_sub(1, Ordering::AcqRel);
                    return;
                }
                drop(lost);
                let ended = Input::Ended { lease: leased.lease, outcome };
                if post.shared.inbox.send(Message::Input(ended)).is_err() {
                    return;
                }
                idle = Stopwatch::start();
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some(it) = &mut worker {
                    let told = catch_unwind(AssertUnwindSafe(|| it.idle(idle.elapsed())));
                    if let Err(panic) = told {
                        tracing::error!(lane = %post.lane, "{}", words(&*panic));
                        dismiss(worker.take());
                    }
                }
            }
            Err(RecvTimeoutError::Disconnected) => return dismiss(worker),
        }
    }
}

/// Does a step; a panic is an outcome, and the end of this worker. Whatever is logged meanwhile says of which step it
/// is.
fn work(post: &Post, worker: &mut Option<Box<dyn Worker>>, leased: &Leased) -> Outcome {
    let shared = &post.shared;
    let Assignment { execution, job, step, tries, lane } = &leased.assignment;
    // It is there for errors too, whatever else is left out of the log.
    let span = tracing::error_span!(
        "lease",
        job = job.0,
        execution = execution.0,
        step = %step.name(),
        %lane,
        attempt = 1 + u64::from(tries.failed) + u64::from(tries.crashed)
    );
    let _within = span.entered();
    tracing::debug!("begins");
    let told = Cell::new(None::<Stopwatch>);
    let progress = |progress: Progress| {
        if told.get().is_none_or(|it| PROGRESS_EVERY <= it.elapsed()) {
            told.set(Some(Stopwatch::start()));
            let input = Input::Progress { lease: leased.lease, progress };
            // Where the inbox is full it is left out: the next one comes soon.
            let _ = shared.inbox.try_send(Message::Input(input));
        }
    };
    let result = catch_unwind(AssertUnwindSafe(|| {
        let task = task(&shared.store, &leased.assignment).map_err(Failure::Step)?;
        let cancel = &leased.cancel;
        let (store, writer) = (&*shared.store, &shared.writer);
        let cx = TaskCx { cancel, store, writer, progress: &progress };
        let worker = worker.get_or_insert_with(|| shared.hire.hire(&post.lane, post.number));
        worker.work(&task, &cx)
    }));
    result.unwrap_or_else(|panic| {
        dismiss(worker.take());
        let step = leased.assignment.step.name();
        Err(Failure::Step(Fault::bug(format!("the step `{step}` broke off: {}", words(&*panic)))))
    })
}

/// What the store knows of a step's execution.
fn task(store: &Store, assignment: &Assignment) -> Result<Task, Fault> {
    let Assignment { execution, job, step, tries, lane } = assignment.clone();
    let row = store.job(job)?;
    let row = row.ok_or_else(|| Fault::bug(format!("job {} is not in the store", job.0)))?;
    let records = store.records(execution)?.into_iter().map(|(step, it)| (step, it.body));
    let summary = store.summary(execution)?.unwrap_or_default();
    let (spec, records) = (row.spec, records.collect());
    Ok(Task { execution, job, step, spec, records, summary, tries, lane })
}

/// A worker that panics once more while it goes is none any more either.
fn dismiss(worker: Option<Box<dyn Worker>>) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(worker))) {
        tracing::error!("a worker broke off while it ended: {}", words(&*panic));
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic")
}

/// Tells the loop when a thread unwinds with a lease in its hands.
struct Lost<'a> {
    post: &'a Post,
    lease: LeaseId,
    claim: &'a Claim,
}

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        if thread::panicking() && self.claim.settle(CAME_BACK) {
            let lost = Input::Lost { lease: self.lease };
            let _ = self.post.shared.inbox.send(Message::Input(lost));
        }
    }
}
