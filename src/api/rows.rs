//! All executions as rows of a table, for a screen that holds a hundred thousand of them; and one act on many jobs.

use super::daemon::{Act, JobStatus, Refusal};
use crate::domain::fault::Fault;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Rows on a page at most.
pub const ROWS_MAX: usize = 5_000;
/// Jobs that one act may name.
pub const JOBS_AT_ONCE_MAX: usize = 1_000;

/// Which executions are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RowsQuery {
    /// Only executions before this one: `next` of the page before.
    pub before: Option<u64>,
    /// At most so many; as many as may be where it is not said.
    #[param(minimum = 1, maximum = 5000)]
    pub limit: Option<usize>,
}

/// A page of executions, newest first: lists of the same length, in which the same place is the same execution. What
/// changes later is told by events, whose jobs have `execution` and `changes` too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowsPage {
    /// Numbers of the executions, falling.
    pub executions: Vec<u64>,
    /// Numbers of their jobs.
    pub jobs: Vec<u64>,
    /// Their files; bytes that are no UTF-8 are shown as `\xNN`.
    pub paths: Vec<String>,
    /// How each stands: a place in `kinds`, from 0.
    pub stands: Vec<u16>,
    /// 0 is normal; higher goes first.
    pub priorities: Vec<i8>,
    /// Places in the queue: of the same priority the lowest goes first.
    pub places: Vec<i64>,
    /// How often the step failed or was cut short before.
    pub tries: Vec<u8>,
    /// When each was wished, milliseconds since the Unix epoch.
    pub submitted: Vec<u64>,
    /// When each last changed, milliseconds since the Unix epoch.
    pub changed: Vec<u64>,
    /// How often each changed: of two tellings of the same execution the one with more is newer.
    pub changes: Vec<u32>,
    /// The ways to stand that occur on this page, each once.
    pub kinds: Vec<RowKind>,
    /// Those that are tried again at a time.
    pub due: Vec<RowDue>,
    /// What to give as `before` for the next page; `null` on the last one.
    pub next: Option<u64>,
}

/// A way to stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct RowKind {
    /// Where it stands.
    pub status: JobStatus,
    /// At which step; `null` when it ended.
    pub step: Option<String>,
    /// How it ended, or what it waits for where it is parked, as a job tells it.
    pub word: Option<String>,
}

/// One that is tried again at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowDue {
    /// The execution.
    pub execution: u64,
    /// When, milliseconds since the Unix epoch.
    pub at: u64,
}

impl RowsPage {
    /// All lists are as long as the first, and each way to stand is there.
    pub fn is_whole(&self) -> bool {
        let lengths = [
            self.jobs.len(),
            self.paths.len(),
            self.stands.len(),
            self.priorities.len(),
            self.places.len(),
            self.tries.len(),
            self.submitted.len(),
            self.changed.len(),
            self.changes.len(),
        ];
        lengths.iter().all(|it| *it == self.executions.len())
            && self.stands.iter().all(|it| usize::from(*it) < self.kinds.len())
    }
}

/// One act on many jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManyRequest {
    /// Numbers of the jobs, in the order in which it is done.
    #[schema(max_items = 1000)]
    pub jobs: Vec<u64>,
    /// What is done with each.
    pub act: Act,
}

/// What came of an act on many jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManyView {
    /// With how many it was done.
    pub done: usize,
    /// Those with which it was not.
    pub refused: Vec<RefusedJob>,
}

/// A job with which something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedJob {
    /// Its number.
    pub job: u64,
    /// Why, and what to do.
    pub fault: Fault,
}

/// What the HTTP server needs for this.
pub trait Rows {
    /// A page of executions, newest first.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn rows(&self, query: &RowsQuery) -> Result<RowsPage, Refusal>;
    /// Does the same with many jobs, one after the other; one that is refused does not keep the others.
    ///
    /// # Errors
    /// Where too many are named.
    fn act_on_many(&self, request: &ManyRequest) -> Result<ManyView, Refusal>;
}
