//! Kinora's own log, its last lines: what is asked, what is told.

use super::daemon::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Lines of one answer at most.
pub const LOG_ROWS_MAX: usize = 2000;
/// Lines of one answer where it is not said.
pub const LOG_ROWS: usize = 200;

/// What the HTTP server needs for this.
pub trait Logs {
    /// The last lines, or those after or before one.
    ///
    /// # Errors
    /// None of its own.
    fn logs(&self, query: &LogsQuery) -> Result<LogsPage, Refusal>;
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Something is lost, or does not go on.
    Error,
    /// Somebody should look at it.
    Warn,
    /// What Kinora does.
    Info,
    /// What only those want to know who look for a fault.
    Debug,
    /// Every step of it.
    Trace,
}

impl LogLevel {
    /// All of them, the worst first.
    pub const ALL: [LogLevel; 5] =
        [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];

    /// Its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

/// Which lines are asked for; those that are kept, and no older ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogsQuery {
    /// Only those after this one: `next` of the answer before. The oldest of them come first, and the rest with the
    /// next question; without it, the newest come.
    pub after: Option<u64>,
    /// Only those before this one, the newest of them.
    pub before: Option<u64>,
    /// Only those that are so bad, or worse.
    pub level: Option<LogLevel>,
    /// Only those about the job of this number.
    pub job: Option<u64>,
    /// Only those with this in their text, in whatever case.
    pub q: Option<String>,
    /// At most so many; 200 where it is not said, 2000 at most.
    #[param(minimum = 1, maximum = 2000)]
    pub limit: Option<usize>,
}

/// Some lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogsPage {
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
    /// What to give as `after` to be told only what is newer.
    pub next: u64,
    /// There are more that were asked for: newer ones behind `next`; where `after` is not given, older ones.
    pub more: bool,
    /// Lines after `after` that are lost, since only so many are kept; whatever they were about.
    pub lost: u64,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// Its number; grows, also from one start of Kinora to the next.
    pub number: u64,
    /// When, milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
    /// How bad it is.
    pub level: LogLevel,
    /// The part of Kinora that says it: `kinora::app::serve`.
    pub target: String,
    /// The thread that says it: `herald`, `gpu0-0`; empty where it has no name.
    pub thread: String,
    /// The job it is about.
    pub job: Option<u64>,
    /// What it says.
    pub text: String,
}
