//! What is asked of the runtime, and what it tells.

use super::work::Progress;
use crate::domain::change::Activity;
use crate::domain::execution::{Event, Execution, PutBack, Step};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId};
use crate::domain::lane::LaneName;

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The job rests until it is resumed; a running step is stopped and put back.
    Pause(JobId),
    /// It goes on.
    Resume(JobId),
    /// Nobody wants it any more; the reason is a sentence.
    Cancel(JobId, String),
    /// What is parked or waits for its next try goes on now; what was cancelled or done is executed again.
    Retry(JobId),
    /// It changes its place in the queue.
    Move(JobId, MoveTo),
    /// The lane starts nothing; what runs on it is put back.
    PauseLane(LaneName),
    /// It goes on; where it was quarantined, it is used again.
    ResumeLane(LaneName),
    /// All lanes start nothing; what runs is put back.
    PauseAll,
    /// They go on, but for those that are paused themselves.
    ResumeAll,
    /// Everything that is parked is tried again.
    RetryAllParked,
}

impl Command {
    /// It changes one job and nothing that decisions about others go by.
    pub(super) fn is_of_one_job(&self) -> bool {
        match self {
            Command::Pause(_) | Command::Resume(_) | Command::Cancel(..) | Command::Retry(_) => {
                true
            }
            Command::Move(..)
            | Command::PauseLane(_)
            | Command::ResumeLane(_)
            | Command::PauseAll
            | Command::ResumeAll
            | Command::RetryAllParked => false,
        }
    }
}

/// Where a job is moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveTo {
    /// Before all of its priority.
    Top,
    /// Behind all of its priority.
    Bottom,
    /// One place sooner among those of its priority that wait.
    Up,
    /// One place later.
    Down,
    /// To this priority; 0 is normal, higher goes first.
    Priority(i8),
    /// To the priority of what a viewer waits for ([`WATCHED`](crate::domain::job::WATCHED)), and before all of it.
    /// Nobody asked for it in person: it is not told.
    Watched,
}

/// Why a command is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefused {
    /// There is no such job.
    #[error("there is no job {}; see `kinora jobs list`", .0.0)]
    NoSuchJob(JobId),
    /// There is no such lane.
    #[error("there is no lane `{0}`; see `kinora status`")]
    NoSuchLane(LaneName),
    /// Its state does not allow it.
    #[error("{0}")]
    Conflict(Fault),
    /// The store failed.
    #[error("{0}")]
    Failed(Fault),
}

/// What happened, told after it is durable (progress never is). Whoever is told must not block.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A wish became a new execution.
    Submitted {
        /// Of which job.
        job: JobId,
        /// Which execution.
        execution: ExecutionId,
        /// As it stands now.
        after: Execution,
    },
    /// Something happened to an execution.
    Changed {
        /// Of which job.
        job: JobId,
        /// Which execution.
        execution: ExecutionId,
        /// What.
        event: Event,
        /// As it stands now.
        after: Execution,
    },
    /// A running step came along.
    Progress {
        /// Of which job.
        job: JobId,
        /// Which execution.
        execution: ExecutionId,
        /// Which step.
        step: Step,
        /// How far.
        progress: Progress,
    },
    /// Something an operator should be able to see later.
    Told(Activity),
}

/// The runtime at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuntimeView {
    /// The lanes, as they were set up.
    pub lanes: Vec<LaneState>,
    /// Libraries outside of their hours, by name.
    pub libraries_out_of_hours: Vec<String>,
    /// A person paused everything.
    pub paused: bool,
    /// It is ending: no step starts.
    pub draining: bool,
    /// Steps that wait for a time: for their next try, mostly.
    pub not_due: usize,
    /// Services that are left alone for now, by name.
    pub services_away: Vec<String>,
    /// Disks that take nothing more, each as its owner knows it; what goes there waits.
    pub disks_full: Vec<String>,
    /// Why nothing can be written at the moment, where that is so.
    pub store_fault: Option<Fault>,
}

/// A lane at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneState {
    /// Its name.
    pub name: LaneName,
    /// How many workers it has.
    pub workers: usize,
    /// A person paused it.
    pub paused: bool,
    /// Outside of its hours.
    pub out_of_hours: bool,
    /// Why it is not used any more, where it is quarantined.
    pub quarantined: Option<String>,
    /// For whom it gives way, where somebody watches.
    pub held: Option<String>,
    /// Steps that wait for a lane of its kind.
    pub waiting: usize,
    /// What its workers have.
    pub leases: Vec<LeaseView>,
}

/// A step that a worker has.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaseView {
    /// Of which job.
    pub job: JobId,
    /// Which execution.
    pub execution: ExecutionId,
    /// Which step.
    pub step: Step,
    /// Since when, milliseconds since the Unix epoch.
    pub since_unix_ms: u64,
    /// How far, as far as it told.
    pub progress: Option<Progress>,
    /// It was asked to stop.
    pub stopping: bool,
}

/// Why a step was put back, as a sentence.
pub fn put_back_words(reason: PutBack) -> &'static str {
    match reason {
        PutBack::LanePaused => "its lane was paused",
        PutBack::OutOfHours => "the hours of its lane or its library are over",
        PutBack::ShuttingDown => "Kinora is ending",
        PutBack::Stuck => "it stood still, and so did its worker",
        PutBack::Quarantined => "its lane is not used any more",
        PutBack::ServiceAway => "the service it needs does not answer",
        PutBack::Watched => "somebody watches: the player, or the film that is watched, goes first",
        PutBack::DiskFull => {
            "the disk it writes to has no room; it goes on by itself when there is some"
        }
    }
}
