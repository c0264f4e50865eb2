//! Whether subtitles that were written are still there as they were: a plan to review, carried out and taken back.

use super::daemon::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is asked of a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutputsCheckRequest {
    /// Also where more of a library is gone than `check.gone_percent_max` allows: it is meant to be gone.
    pub accept_gone: bool,
}

/// Which plan is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputsApplyRequest {
    /// The `id` of the plan that was looked at.
    pub plan: String,
}

/// What is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutputsUndoRequest {
    /// A name in the folder `undo` of the data directory; the newest that was not taken back where it is not said.
    pub file: Option<String>,
}

/// Where a check stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputsView {
    /// The one that goes on, where one does.
    pub running: Option<OutputsProgress>,
    /// Why the last one did not come to its end, where it did not.
    pub failed: Option<String>,
    /// What the last one found.
    pub plan: Option<OutputsPlan>,
}

/// How far a check is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputsProgress {
    /// Subtitles looked at.
    pub done: u64,
    /// Subtitles that are known.
    pub of: u64,
}

/// What a check found, and what would be done about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputsPlan {
    /// What tells this plan from another: two that would do the same have the same.
    pub id: String,
    /// When it was made, milliseconds since the Unix epoch.
    pub made_unix_ms: u64,
    /// It was carried out.
    pub applied: bool,
    /// What it comes to, a sentence.
    pub summary: String,
    /// What was found in each library, and among the files that were sent.
    pub places: Vec<OutputsPlace>,
    /// Subtitles that lie in no library any more; they are left as they are.
    pub elsewhere: u64,
    /// What would be done, each a sentence.
    pub acts: Vec<OutputAct>,
    /// More than that, for the next check.
    pub more_acts: u64,
    /// What a person may want to know and nothing is done about, each a sentence.
    pub notes: Vec<String>,
    /// More than that.
    pub more_notes: u64,
}

/// What was found in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputsPlace {
    /// The library's name.
    pub name: String,
    /// Subtitles that Kinora wrote there.
    pub outputs: u64,
    /// Those that are as they were written.
    pub same: u64,
    /// Those that somebody changed: they are theirs now.
    pub changed: u64,
    /// Those that are gone.
    pub gone: u64,
    /// Those that could not be looked at.
    pub unreadable: u64,
    /// Why nothing is done there, and what to do about that.
    pub refused: Option<String>,
}

/// Something that would be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputAct {
    /// What kind of thing.
    pub kind: OutputActKind,
    /// The file it is about.
    pub path: String,
    /// What, and why.
    pub text: String,
}

/// Kinds of acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputActKind {
    /// That a subtitle was written is forgotten.
    Forget,
    /// A temporary file is put aside.
    PutAside,
    /// Where the subtitles of a file lay is forgotten.
    ForgetPlace,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputsDone {
    /// How many acts.
    pub done: u64,
    /// What was left, since it changed meanwhile, each a sentence.
    pub left: Vec<String>,
    /// Where it stands what was done, in the folder `undo` of the data directory.
    pub undo_file: String,
}

/// What the HTTP server needs for this.
pub trait Outputs {
    /// Where the check stands, and what the last one found.
    fn outputs(&self) -> OutputsView;

    /// Begins a check, which goes on by itself.
    ///
    /// # Errors
    /// Where one goes on already.
    fn check_outputs(&self, request: &OutputsCheckRequest) -> Result<OutputsView, Refusal>;

    /// Carries the last plan out.
    ///
    /// # Errors
    /// Where it is another one, things changed since, or it cannot be kept what is done.
    fn apply_outputs(&self, request: &OutputsApplyRequest) -> Result<OutputsDone, Refusal>;

    /// Takes back what was done.
    ///
    /// # Errors
    /// Where there is no such thing, or it cannot be read or written.
    fn undo_outputs(&self, request: &OutputsUndoRequest) -> Result<OutputsDone, Refusal>;
}
