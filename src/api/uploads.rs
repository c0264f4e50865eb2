//! Files that are sent over HTTP: they become jobs like any other, and who sent them waits for what comes of it.

use super::daemon::{JobView, Refusal};
use super::run::Lang;
pub use crate::base::spool::{Sent, Spool, SpoolStop, Spooled};
use crate::domain::fault::Fault;
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind};

/// What the HTTP server needs for this.
pub trait Uploads {
    /// Opens a spool for a file that is about to be sent; `bytes` is how long it will be, where that is told.
    ///
    /// # Errors
    /// Where it is too large, there is no room for it, or too many are being sent.
    fn begin_upload(&self, sent: Sent, bytes: Option<u64>) -> Result<Spool, UploadRefused>;
    /// Makes a file that was sent a job, durable when this returns. The same file with the same question is one job, as
    /// long as what came of it is kept; one that was given up is tried again.
    ///
    /// # Errors
    /// Where what is asked makes no sense, or the disk or the store cannot be written.
    fn wish_upload(&self, asked: &UploadAsked, file: Spooled) -> Result<JobView, UploadRefused>;
    /// What was heard in an upload whose job is done.
    ///
    /// # Errors
    /// Where there is no such upload, or what came of it is not there any more.
    fn heard(&self, job: u64) -> Result<Heard, Refusal>;
    /// Makes lines a job that translates them, as [`Uploads::wish_upload`].
    ///
    /// # Errors
    /// Where nobody translates, what is asked makes no sense, or the disk or the store cannot be written.
    fn wish_lines(&self, asked: &LinesAsked) -> Result<JobView, UploadRefused>;
    /// The translations of lines whose job is done, one for each, in their order; what could not be translated is as it
    /// was.
    ///
    /// # Errors
    /// As [`Uploads::heard`].
    fn translated(&self, job: u64, asked: &LinesAsked) -> Result<Vec<String>, Refusal>;
    /// The files that came of an upload so far.
    ///
    /// # Errors
    /// Where there is no such upload.
    fn upload_files(&self, job: u64) -> Result<Vec<UploadFile>, Refusal>;
    /// One of them.
    ///
    /// # Errors
    /// Where there is none of this name.
    fn upload_file(&self, job: u64, name: &str) -> Result<Vec<u8>, Refusal>;
    /// Whoever sent it was told that it failed: it waits for nobody any more.
    fn let_go(&self, job: u64);
}

/// Why a file that is sent is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadRefused {
    /// It is larger than files may be.
    TooLarge(Fault),
    /// There is no room for it.
    NoRoom(Fault),
    /// Nobody can do this here, or so many are being sent that it must wait.
    Unavailable(Fault),
    /// As anything else that is asked.
    Refused(Refusal),
}

impl UploadRefused {
    /// What happened, and what to do.
    pub fn fault(&self) -> &Fault {
        match self {
            UploadRefused::TooLarge(fault)
            | UploadRefused::NoRoom(fault)
            | UploadRefused::Unavailable(fault)
            | UploadRefused::Refused(
                Refusal::NotFound(fault)
                | Refusal::Conflict(fault)
                | Refusal::Invalid(fault)
                | Refusal::Failed(fault),
            ) => fault,
        }
    }
}

impl From<Refusal> for UploadRefused {
    fn from(refusal: Refusal) -> UploadRefused {
        UploadRefused::Refused(refusal)
    }
}

impl From<SpoolStop> for UploadRefused {
    fn from(stop: SpoolStop) -> UploadRefused {
        match stop {
            SpoolStop::Full => UploadRefused::TooLarge(Fault::operator(
                "it is larger than what may be sent, or than there is room for",
                "send less, raise http.upload_max_mib, or free some of the disk of data_dir",
            )),
            SpoolStop::Disk(error) => UploadRefused::from(error),
        }
    }
}

impl From<io::Error> for UploadRefused {
    fn from(error: io::Error) -> UploadRefused {
        if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            let what = "the disk of data_dir has no room for it";
            return UploadRefused::NoRoom(Fault::operator(
                what,
                "free some of it, then send again",
            ));
        }
        let what = format!("what was sent cannot be kept ({error})");
        let remedy = "check the folder uploads in data_dir, and its disk";
        UploadRefused::Refused(Refusal::Failed(Fault::operator(what, remedy)))
    }
}

/// What is asked of a file that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadAsked {
    /// Its name, as its sender calls it; nothing but its last part counts, and that only as a name.
    pub name: String,
    /// What is wanted.
    pub task: UploadTask,
    /// The spoken language, or that of the subtitle; `None` to find it out.
    pub from: Option<Lang>,
    /// Names and words to expect.
    pub prompt: String,
}

/// What is wanted of a file that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadTask {
    /// What is said, as it is spoken: [`Uploads::heard`].
    Transcribe,
    /// What is said, in English as Whisper translates: [`Uploads::heard`].
    Translate,
    /// Which language is spoken, and nothing else.
    Language,
    /// Subtitle files as everywhere else, in these languages; none for those of the settings.
    Subtitles(Vec<Lang>),
}

/// What was heard; times are seconds on the audio's clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// The spoken language; `None` where nobody speaks.
    pub language: Option<Lang>,
    /// Length of the audio.
    pub duration_s: f64,
    /// Stretches of speech, in order.
    pub segments: Vec<HeardSegment>,
    /// Its cues as SubRip; empty where nobody speaks.
    pub srt: String,
    /// Its cues as WebVTT.
    pub vtt: String,
}

/// A stretch of speech.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct HeardSegment {
    /// When it begins.
    pub start: f64,
    /// When it ends.
    pub end: f64,
    /// What is said.
    pub text: String,
    /// Its words.
    pub words: Vec<HeardWord>,
}

/// A word.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct HeardWord {
    /// When it begins.
    pub start: f64,
    /// When it ends.
    pub end: f64,
    /// The word.
    pub text: String,
    /// How sure it is, 0 to 1.
    pub p: f64,
}

/// Lines to be translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinesAsked {
    /// The film or episode they are of; may be empty.
    pub title: String,
    /// Their language.
    pub from: Lang,
    /// The language wanted.
    pub to: Lang,
    /// The lines in the order they are shown; may be empty, and have breaks in them.
    pub lines: Vec<String>,
}

/// A file that came of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UploadFile {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}
