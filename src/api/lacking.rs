//! Jobs by "every item of a library of Jellyfin's that lacks a language": what is asked, what comes of it.

use super::daemon::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Files that are told by name; the rest is counted.
pub const FILES_TOLD_MAX: usize = 200;

/// Which items are to get subtitles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LackingRequest {
    /// A library by the name it has in Jellyfin, in any case of letters; all of them where it is not said.
    #[serde(default)]
    pub library: Option<String>,
    /// The language that is lacking: `zh`, `zh-Hans`, `ja`.
    pub language: String,
    /// Only items with an audio track in this language.
    #[serde(default)]
    pub audio_language: Option<String>,
    /// Nothing is wished; only what would be is told.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was wished, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LackingView {
    /// Nothing was wished.
    pub dry_run: bool,
    /// Items of Jellyfin's that were looked at.
    pub items: u64,
    /// Those that lack the language.
    pub lacking: u64,
    /// Of these, those that are wished for.
    pub wished: u64,
    /// Of these, those whose file is in no library of Kinora's, or is not there.
    pub elsewhere: u64,
    /// Of these, those in another language than the wanted one, where nobody translates.
    pub untranslatable: u64,
    /// Not all items were looked at: it took too long. Name one library to look at fewer.
    pub incomplete: bool,
    /// The first of the files that are wished for, as Kinora sees them.
    pub files: Vec<String>,
}

/// What the HTTP server needs for this.
pub trait Lacking {
    /// Asks Jellyfin which items lack a language, and wishes for each. It may take most of a minute.
    ///
    /// # Errors
    /// Where there is no Jellyfin, it does not answer, there is no such library or language, or the store cannot be
    /// written.
    fn lacking(&self, request: &LackingRequest) -> Result<LackingView, Refusal>;
}
