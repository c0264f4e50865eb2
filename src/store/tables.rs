//! Every table on one screen, and the rows in them.

use super::codec::Row;
use crate::domain::transcript::RawHeard;
use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;

/// Raised when a table changes in a way an older Kinora cannot live with.
pub(super) const SCHEMA_VERSION: u64 = 1;

/// A table whose keys and rows are bytes; rows are written by the codec.
pub(super) type Bytes = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// `schema`: [`SCHEMA_VERSION`] of the file.
pub(super) const META: TableDefinition<'static, &'static str, u64> = TableDefinition::new("meta");
/// Digest of recipe and samples -> [`WindowRow`].
pub(super) const WINDOWS: Bytes = TableDefinition::new("windows");
/// Digest of a file and of what was wished -> [`StoredFinished`].
pub(super) const FINISHED: Bytes = TableDefinition::new("finished");
/// Path of a subtitle -> [`PublishedRow`].
pub(super) const PUBLISHED: Bytes = TableDefinition::new("published");
/// Path of a temporary file -> [`PendingRow`].
pub(super) const PENDING: Bytes = TableDefinition::new("pending");

/// All tables of bytes: what a private store gives back.
pub(super) const ALL: [Bytes; 4] = [WINDOWS, FINISHED, PUBLISHED, PENDING];

/// A checkpoint: one window that was listened to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WindowRow {
    pub(super) at_unix_ms: u64,
    pub(super) heard: RawHeard,
}

/// The beginning of every [`WindowRow`], enough to know its age.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WindowAge {
    pub(super) at_unix_ms: u64,
}

/// A file that was worked on to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedRow {
    /// Its subtitles; none where nobody speaks.
    pub outputs: Vec<PathBuf>,
    /// The spoken language, BCP 47.
    pub language: Option<String>,
    /// When, milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
}

/// A [`FinishedRow`] as it is stored: a path need not be UTF-8.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredFinished {
    pub(super) outputs: Vec<OsString>,
    pub(super) language: Option<String>,
    pub(super) at_unix_ms: u64,
}

/// A subtitle that Kinora wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedRow {
    /// BLAKE3 of its content: where the file has another one, somebody edited it.
    pub content_blake3: [u8; 32],
    /// The film it belongs to; an `OsString`, since a path need not be UTF-8.
    pub video: OsString,
    /// When, milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
}

/// A subtitle that is being written: recorded before its temporary file exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRow {
    /// The path it will have; an `OsString`, since a path need not be UTF-8.
    pub output: OsString,
    /// What is known of it once it is there.
    pub published: PublishedRow,
}

impl Row for WindowRow {
    const VERSION: u8 = 1;
}
impl Row for WindowAge {
    const VERSION: u8 = WindowRow::VERSION;
}
impl Row for StoredFinished {
    const VERSION: u8 = 1;
}
impl Row for PublishedRow {
    const VERSION: u8 = 1;
}
impl Row for PendingRow {
    const VERSION: u8 = 1;
}
