//! One execution, looked at closely: its steps and decisions, what is heard at the moment, and the files it wrote.

use super::daemon::{JobView, Refusal};
use crate::domain::fault::Fault;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Largest subtitle whose text is told.
pub const TEXT_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What the HTTP server needs for this.
pub trait CloseUp {
    /// A job with what happened in one of its executions, an earlier one mostly.
    ///
    /// # Errors
    /// Where there is no such job, or it has no such execution, or the store cannot be read.
    fn execution(&self, job: u64, execution: u64) -> Result<JobDetail, Refusal>;
    /// What a job's latest execution heard and translated lately, while it does and for a minute after.
    ///
    /// # Errors
    /// Where there is no such job, or the store cannot be read.
    fn heard_lines(&self, job: u64, query: &HeardQuery) -> Result<HeardView, Refusal>;
    /// The text of a file that an execution wrote: the `number`th of its `written`, from 0.
    ///
    /// # Errors
    /// Where there is no such file, it is gone, somebody else changed it, or it is larger than [`TEXT_BYTES_MAX`].
    fn written_text(&self, job: u64, number: usize, of: &OfQuery) -> Result<String, Refusal>;
}

/// A job with what happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobDetail {
    /// Where it stands.
    pub job: JobView,
    /// What is known of the file so far, a sentence each.
    pub notices: Vec<String>,
    /// Files written.
    pub written: Vec<String>,
    /// Spoken language, BCP 47.
    pub language: Option<String>,
    /// What happened, oldest first: of the latest execution.
    pub events: Vec<JobEventView>,
    /// Numbers of earlier executions, newest first.
    pub earlier: Vec<u64>,
    /// Its steps so far, in order, and the one that is next.
    #[serde(default)]
    pub steps: Vec<StepView>,
    /// What was decided and why, in the order of the steps.
    #[serde(default)]
    pub decisions: Vec<DecisionView>,
}

/// Something that happened to an execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobEventView {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What, a sentence.
    pub text: String,
}

/// How a step of an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// It succeeded.
    Done,
    /// A worker has it.
    Running,
    /// It waits for its turn, or for its next try.
    Next,
    /// It failed, and waits for a person.
    Failed,
    /// A person stopped it: the job is paused or cancelled.
    Stopped,
}

/// A step of an execution, with all of its tries. One that was taken again after others is told again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    /// Its name: `select`, `detect`, `weigh`, `listen`, `translate`, `cue`, `publish`, `announce`.
    pub name: String,
    /// How it stands.
    pub status: StepStatus,
    /// When a worker took it first, RFC 3339 in UTC.
    pub began: Option<String>,
    /// When a worker took it last, RFC 3339 in UTC.
    pub taken: Option<String>,
    /// When it was over, RFC 3339 in UTC; where it was tried several times, the last time.
    pub ended: Option<String>,
    /// The lane it ran on last.
    pub lane: Option<String>,
    /// For how long workers had it, milliseconds, all tries together; where one has it, up to now.
    pub took_ms: u64,
    /// How often a worker took it.
    pub tries: u32,
    /// What went wrong with it last, and what to do; also where it went well then.
    pub fault: Option<Fault>,
}

/// Something that was decided, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionView {
    /// The step that decided it.
    pub step: String,
    /// A sentence.
    pub text: String,
}

/// Which lines are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HeardQuery {
    /// Only what came or changed after this number: `last` of the answer before.
    pub after: Option<u64>,
}

/// Which execution is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfQuery {
    /// Its number; the latest one where it is not said.
    pub execution: Option<u64>,
}

/// What was heard and translated lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeardView {
    /// The execution.
    pub execution: u64,
    /// What to give as `after` next time.
    pub last: u64,
    /// The lines, in the order in which they came; some fifty at most.
    pub lines: Vec<HeardLine>,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeardLine {
    /// Grows with every line, and with every change of one.
    pub number: u64,
    /// The number the line had at first; one of the same `line` that came before is replaced.
    pub line: u64,
    /// When it is said in the film, milliseconds.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
    /// As it is spoken; `null` where only its translation was heard.
    pub text: Option<String>,
    /// Its language, BCP 47.
    pub language: Option<String>,
    /// What it means.
    pub translation: Option<String>,
    /// The language of that, BCP 47.
    pub translation_language: Option<String>,
}
