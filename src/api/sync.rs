//! `kinora sync`: which subtitles are held against their videos, what happens meanwhile, what came of it.

pub use crate::domain::sync::Fit;

use crate::domain::fault::Fault;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// What the owner asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRequest {
    /// Subtitle files.
    pub paths: Vec<PathBuf>,
    /// The video of all of them; `None` for the one beside each.
    pub video: Option<PathBuf>,
    /// Audio track by FFmpeg's stream index; `None` to choose.
    pub track: Option<u32>,
    /// Writes what would fit better; without it nothing is changed.
    pub apply: bool,
}

/// What happens meanwhile, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum SyncEvent {
    /// A video is looked through for speech; told again and again.
    Listening {
        /// The video.
        video: PathBuf,
        /// Audio looked through so far.
        done: Duration,
        /// Its length, where known.
        total: Option<Duration>,
    },
    /// A file is done with.
    Ended(Box<SyncReport>),
}

/// How a subtitle file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncStatus {
    /// It fits; there is nothing to do.
    Fits,
    /// It would fit better with the change; nothing was written.
    Mendable,
    /// It was changed and fits better.
    Mended,
    /// Nothing is known to make it fit better, so it was left; a notice says why.
    Left,
    /// It did not work; `fault` says why.
    Failed,
    /// The owner interrupted it.
    Interrupted,
}

/// What came of one subtitle file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncReport {
    /// The subtitle file.
    pub path: PathBuf,
    /// The video it was held against.
    pub video: Option<PathBuf>,
    /// How it stands.
    pub status: SyncStatus,
    /// How it fits as it was found.
    pub fit: Option<Fit>,
    /// What makes it fit better: "2.1 s later".
    pub change: Option<String>,
    /// How it fits with the change.
    pub then: Option<Fit>,
    /// Where the file as it was is kept.
    pub backup: Option<PathBuf>,
    /// What to know, a sentence each.
    pub notices: Vec<String>,
    /// What went wrong.
    pub fault: Option<Fault>,
}
