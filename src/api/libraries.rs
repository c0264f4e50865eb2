//! Libraries at a glance: how many files, how many have each wanted language, what is next, when they are through.

use super::daemon::Refusal;
use crate::domain::lang::Lang;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the HTTP server needs for this.
pub trait Libraries {
    /// All libraries. Their files are counted in the background, never twice at once; this answers with the last
    /// count, and begins another where that is old.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn libraries(&self) -> Result<LibrariesView, Refusal>;
}

/// All libraries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LibrariesView {
    /// As `kinora.toml` has them.
    pub libraries: Vec<LibraryView>,
    /// When the files were counted, milliseconds since the Unix epoch; `null` where that was not done yet, and all
    /// counts are 0.
    pub counted_unix_ms: Option<u64>,
    /// They are being counted at the moment.
    pub counting: bool,
}

/// A library.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LibraryView {
    /// What its owner calls it.
    pub name: String,
    /// Its folder; bytes that are no UTF-8 are shown as `\xNN`.
    pub path: String,
    /// The wanted languages, and how many files have each; one without a language where the spoken one is wanted.
    pub wanted: Vec<CoverageView>,
    /// Its files. Each is counted in one of the numbers that follow.
    pub files: u64,
    /// Files that got what is wanted, and those in which nobody speaks.
    pub done: u64,
    /// Files that had what is wanted before.
    pub skipped: u64,
    /// Files that are worked on.
    pub running: u64,
    /// Files that wait for their turn, for their next try, or since a person paused them.
    pub waiting: u64,
    /// Files that wait for a person.
    pub failed: u64,
    /// Files whose job was cancelled.
    pub cancelled: u64,
    /// Files that nobody wished for yet.
    pub unwished: u64,
    /// Why it is left alone, and what to do: its folder is missing, empty, or on another disk than before. What is
    /// counted is then as it was before that.
    pub away: Option<String>,
    /// Why its files wait, where it is outside of its hours.
    pub out_of_hours: Option<String>,
    /// What goes next, the first first; as of the last count, but for what began or ended since.
    pub next: Vec<NextView>,
    /// When it is probably through, milliseconds since the Unix epoch.
    ///
    /// The pace is the time since the first file that ended with work in the last six hours, by how many did after
    /// it. It is taken times the files that wait: all of those that were looked into, and of the others the share
    /// that needed work among those that ended in that time. `null` where nothing waits, where fewer than three files
    /// ended with work, and where nothing goes on: it is away, out of hours, or everything is paused.
    pub through_unix_ms: Option<u64>,
}

/// How many files have a wanted language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoverageView {
    /// Which; `null` for the one that is spoken in the file.
    #[schema(value_type = Option<String>)]
    pub language: Option<Lang>,
    /// Files with a subtitle in it, as far as that is known: files beside them by their names, and tracks inside of
    /// them where they were looked into. Where the spoken language is wanted and not known, those that are done.
    pub files: u64,
}

/// A file that goes soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextView {
    /// Its job.
    pub job: u64,
    /// The file; bytes that are no UTF-8 are shown as `\xNN`.
    pub path: String,
}
