//! What the runtime asks of whoever does the work: a worker is hired for a lane, gets one step after the other, and
//! answers each with an outcome.

use super::writer::Writer;
use crate::base::cancel::Cancel;
use crate::domain::change::StepDone;
use crate::domain::execution::{Step, Tries};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId, Spec};
use crate::domain::lane::LaneName;
use crate::domain::order::Summary;
use crate::domain::time::Ms;
use crate::store::Store;
use std::collections::BTreeMap;
use std::time::Duration;

/// Brings workers in.
pub trait Hire: Send + Sync {
    /// A worker for a lane; `number` counts the lane's workers from 0. Called on the worker's own thread, when there is
    /// work for it, and again after one panicked: children it starts die with this thread.
    fn hire(&self, lane: &LaneName, number: usize) -> Box<dyn Worker>;
}

/// Does steps, one after the other, always on the same thread.
pub trait Worker {
    /// Does one step. Returns soon, at most within two seconds, once `cx.cancel` is set.
    ///
    /// # Errors
    /// What went wrong, sorted by what the runtime does about it.
    fn work(&mut self, task: &Task, cx: &TaskCx<'_>) -> Outcome;

    /// Called about every second while there is nothing to do, with the time since the last work: gives memory back.
    fn idle(&mut self, idle_for: Duration);
}

/// A step that is to be done.
#[derive(Clone, Debug)]
pub struct Task {
    /// Which execution.
    pub execution: ExecutionId,
    /// Of which job.
    pub job: JobId,
    /// The step.
    pub step: Step,
    /// What is to be done.
    pub spec: Spec,
    /// What earlier steps of this execution left, each as its step encoded it.
    pub records: BTreeMap<Step, Vec<u8>>,
    /// What came of the file so far.
    pub summary: Summary,
    /// How often the step was tried before.
    pub tries: Tries,
    /// The lane it runs on.
    pub lane: LaneName,
}

/// What a worker is lent for one step.
pub struct TaskCx<'a> {
    /// Set when the step is to stop.
    pub cancel: &'a Cancel,
    /// For reading.
    pub store: &'a Store,
    /// For writing checkpoints.
    pub writer: &'a Writer,
    /// Tells how far the step is; cheap, and some of it is left out on the way. Being told of progress renews the
    /// step's time limits.
    pub progress: &'a dyn Fn(Progress),
}

/// How far a step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Audio decoded so far: decoding runs ahead of listening.
    pub decoded: Ms,
    /// Audio done with: listened to, silent, or remembered from before.
    pub heard: Ms,
    /// All of it, where that is known.
    pub total: Option<Ms>,
}

/// How a step ended.
pub type Outcome = Result<StepDone, Failure>;

/// Why a step did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The step failed.
    Step(Fault),
    /// A service outside does not do its part; counts on the service's circuit breaker.
    Service {
        /// Which, by the name in the configuration.
        name: String,
        /// What happened.
        fault: Fault,
    },
    /// A disk takes nothing more; the step waits for room, and its try does not count.
    DiskFull {
        /// Which, as its owner knows it: where it is mounted.
        disk: String,
        /// What happened.
        fault: Fault,
    },
    /// What the lane works with is broken: the lane is not used any more, and the step runs elsewhere.
    LaneBroken(Fault),
    /// It was asked to stop.
    Stopped,
}
