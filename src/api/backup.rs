//! Backups: what there is, making one, and what putting one back comes to.

use super::daemon::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a backup holds, in numbers that mean something to its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldsView {
    /// Jobs, each with all its history.
    pub jobs: u64,
    /// Transcripts: whoever has these need not listen again.
    pub transcripts: u64,
    /// Terms of the glossary.
    pub terms: u64,
    /// Lines that were translated before.
    pub lines: u64,
    /// Subtitles that are known as Kinora's own.
    pub subtitles: u64,
}

/// A backup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupView {
    /// Name of the file.
    pub name: String,
    /// Where it lies.
    pub path: String,
    /// When it was made, RFC 3339.
    pub made: String,
    /// Size of the file.
    pub bytes: u64,
    /// Rows of all tables; nothing more is known of one that is damaged.
    pub rows: Option<u64>,
    /// The Kinora that made it.
    pub version: Option<String>,
    /// The machine it was made on.
    pub host: Option<String>,
    /// What it holds.
    pub holds: Option<HoldsView>,
    /// Why it cannot be used, a sentence.
    pub problem: Option<String>,
}

/// A backup that is being made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupRunView {
    /// Counts from 1 since the service began.
    pub number: u64,
    /// Rows that were copied.
    pub rows_done: u64,
    /// Rows there are; 0 where they are not counted yet.
    pub rows_total: u64,
    /// For how long it has been made, milliseconds.
    pub for_ms: u64,
}

/// How making one ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupEndView {
    /// Which one, as [`BackupRunView::number`].
    pub number: u64,
    /// When, RFC 3339.
    pub at: String,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// What was made; `null` where nothing was.
    pub backup: Option<BackupView>,
    /// What failed, a sentence: making it, or copying it to the second folder.
    pub problem: Option<String>,
}

/// All backups of the folder, the newest first, and how it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupsView {
    /// Where they lie.
    pub folder: String,
    /// Where each is copied to.
    pub second_folder: Option<String>,
    /// When the next one is made by itself, RFC 3339.
    pub next: Option<String>,
    /// The one that is being made.
    pub running: Option<BackupRunView>,
    /// How the last one ended, since the service began.
    pub last: Option<BackupEndView>,
    /// Those of the folder.
    pub backups: Vec<BackupView>,
}

/// What the HTTP server needs for this.
pub trait Backups {
    /// Those there are, and how it goes.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    fn backups(&self) -> Result<BackupsView, Refusal>;
    /// Begins to make one.
    ///
    /// # Errors
    /// Where one is being made.
    fn back_up(&self) -> Result<BackupRunView, Refusal>;
}

/// What a look through a backup showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyView {
    /// The backup.
    pub backup: BackupView,
    /// It was restored into a folder of its own and looked through there.
    pub restored: bool,
    /// What is wrong in it; it can be restored all the same.
    pub problems: Vec<String>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// There is none yet.
    Made,
    /// Another one is there, and is kept under another name.
    Replaced,
    /// It is as it was.
    Same,
    /// It is put beside the one in force, which stays.
    Beside,
}

/// A file that a restore brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoreFile {
    /// What it is: `store`, `settings`, `token`, `webhook secret`, `configuration`.
    pub what: String,
    /// Where it goes.
    pub path: String,
    /// What becomes of it.
    pub becomes: Becomes,
    /// The name that what is there gets.
    pub kept_as: Option<String>,
}

/// What restoring a backup comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoreView {
    /// The backup.
    pub backup: BackupView,
    /// The store that is there, a sentence.
    pub present: String,
    /// Every file.
    pub files: Vec<RestoreFile>,
    /// Why it is not done, a sentence; `--force` may help, as it says.
    pub refused: Option<String>,
    /// It was done.
    pub done: bool,
    /// What its owner should do or know afterwards, sentences.
    pub hints: Vec<String>,
    /// What is wrong in the store as it was copied, and could not be mended.
    pub problems: Vec<String>,
}
