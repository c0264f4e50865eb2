//! `kinora run` and `kinora explain`: what is asked, what happens meanwhile, what came of it.

pub use crate::domain::fault::Fault;
pub use crate::domain::lang::{Lang, NoLanguage};
pub use crate::domain::subtitle::Format;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// What the owner asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRequest {
    /// Videos, audio files and folders (walked), in this order.
    pub paths: Vec<PathBuf>,
    /// Languages wanted; empty for the spoken one.
    pub to: Vec<Lang>,
    /// The spoken language; `None` to find it out.
    pub from: Option<Lang>,
    /// Audio track by FFmpeg's stream index; `None` to choose.
    pub track: Option<u32>,
    /// Formats to write, at least one.
    pub formats: Vec<Format>,
    /// Folder for the subtitles; `None` for beside each video.
    pub output: Option<PathBuf>,
    /// Computes everything again and replaces what is there.
    pub force: bool,
    /// Names and words to expect, for the recogniser; empty for none.
    pub prompt: String,
}

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Looking what the file holds.
    Probe,
    /// Finding out the language.
    Detect,
    /// Listening.
    Listen,
    /// Cutting cues.
    Cue,
    /// Writing files.
    Publish,
}

/// What happens while a run goes on, in order; `item` counts from 0 in the order of work.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    /// The folders were walked.
    Planned {
        /// Files to work on.
        items: usize,
    },
    /// Work on a file begins.
    Started {
        /// Which.
        item: usize,
        /// Its path.
        path: PathBuf,
    },
    /// A file comes along; may be dropped, never reordered.
    Progress {
        /// Which.
        item: usize,
        /// What is done.
        stage: Stage,
        /// Audio decoded so far.
        decoded: Duration,
        /// Audio listened to so far (silence counts as listened).
        heard: Duration,
        /// The file's length, where known.
        total: Option<Duration>,
    },
    /// Work on a file ended.
    Ended {
        /// Which.
        item: usize,
        /// What came of it.
        report: ItemReport,
    },
}

/// How a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Subtitles were written.
    Done,
    /// Nothing to do: what is wanted is there.
    Skipped,
    /// Nobody speaks; no file was written, and it is remembered.
    NoSpeech,
    /// It did not work; `fault` says why.
    Failed,
    /// The owner interrupted it.
    Interrupted,
}

/// What came of one file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemReport {
    /// The file.
    pub path: PathBuf,
    /// How it ended.
    pub status: Status,
    /// Why, where it was skipped or failed, or what to know: one sentence each.
    pub notices: Vec<String>,
    /// What went wrong.
    pub fault: Option<Fault>,
    /// Subtitle files written.
    pub written: Vec<PathBuf>,
    /// Spoken language, BCP 47.
    pub language: Option<Lang>,
    /// Number of cues of the first file written.
    pub cues: usize,
    /// Length of the audio, milliseconds.
    pub audio_ms: u64,
    /// How much of it is speech, milliseconds.
    pub speech_ms: u64,
    /// Time the work took, milliseconds.
    pub elapsed_ms: u64,
}

/// What would be done with a file, and why; a tree of sentences.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The file.
    pub path: PathBuf,
    /// What would be done.
    pub decision: String,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// One reason, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// A sentence.
    pub text: String,
    /// What it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Reason>,
}
