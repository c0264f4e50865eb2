//! What is in the tables. Rows are not views: they only change together with their version.

use super::codec::Row;
use crate::domain::change::{Activity, AudioDigest, Made, Phrase, Transcribed};
use crate::domain::execution::{Event, Execution, State, Step};
use crate::domain::job::{ExecutionId, Fingerprint, JobId, JobKey, Rank, Spec};
use crate::domain::library::{Mount, Placed, Seen};
use crate::domain::order::Summary;
use crate::domain::terms::Term;
use crate::domain::time::Span;
use crate::domain::transcript::RawHeard;
use crate::domain::translate::line::Rendered;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;

/// A job, as it was wished last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// What makes it one wish.
    pub key: JobKey,
    /// What the latest execution gives.
    pub fingerprint: Fingerprint,
    /// What is to be done.
    pub spec: Spec,
    /// As wished; a person may have moved the execution since.
    pub priority: i8,
    /// Its latest execution.
    pub latest: ExecutionId,
    /// When the latest execution was wished, milliseconds since the Unix epoch.
    pub wished_unix_ms: u64,
}

/// An execution as it stands: the fold of its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionRow {
    /// What it is an execution of.
    pub job: JobId,
    /// Its state and place in the queue.
    pub execution: Execution,
    /// When it was wished, milliseconds since the Unix epoch.
    pub submitted_unix_ms: u64,
    /// When something happened to it last, milliseconds since the Unix epoch.
    pub changed_unix_ms: u64,
    /// Entries of its log, the submission included.
    pub entries: u32,
}

/// Where an execution stands, in one word. Stored by its place: only append, and the first three are the active ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowStatus {
    /// It waits for its turn.
    Ready,
    /// A worker has it.
    Running,
    /// A person put it aside.
    Paused,
    /// It waits for a person.
    Parked,
    /// It ended well.
    Done,
    /// Nobody wants it any more.
    Cancelled,
}

impl RowStatus {
    /// All of them.
    pub const ALL: [RowStatus; 6] = [
        RowStatus::Ready,
        RowStatus::Running,
        RowStatus::Paused,
        RowStatus::Parked,
        RowStatus::Done,
        RowStatus::Cancelled,
    ];

    /// The word for a state.
    pub fn of(state: &State) -> RowStatus {
        match state {
            State::Ready { .. } => RowStatus::Ready,
            State::Running { .. } => RowStatus::Running,
            State::Paused { .. } => RowStatus::Paused,
            State::Parked { .. } => RowStatus::Parked,
            State::Done { .. } => RowStatus::Done,
            State::Cancelled => RowStatus::Cancelled,
        }
    }

    /// It will work again, or works, without a new wish and without a person mending something.
    pub fn is_active(self) -> bool {
        match self {
            RowStatus::Ready | RowStatus::Running | RowStatus::Paused => true,
            RowStatus::Parked | RowStatus::Done | RowStatus::Cancelled => false,
        }
    }

    /// It ended for good: only a new execution can follow.
    pub fn is_ended(self) -> bool {
        match self {
            RowStatus::Done | RowStatus::Cancelled => true,
            RowStatus::Ready | RowStatus::Running | RowStatus::Paused | RowStatus::Parked => false,
        }
    }

    /// Its key in tables.
    pub(super) fn key(self) -> u8 {
        self as u8
    }
}

/// An entry of an execution's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EntryRow {
    pub(super) at_unix_ms: u64,
    pub(super) entry: Entry,
}

/// What an entry says. Stored by its place: only append.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Entry {
    /// The first one: with it the execution begins.
    Submitted { job: JobId, rank: Rank, first: Step },
    /// Something happened.
    Happened(Event),
}

/// What a step left for the steps after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// When the step succeeded, milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
    /// What was decided and why, a sentence each.
    pub notes: Vec<String>,
    /// What later steps read; empty when the execution has ended.
    pub body: Vec<u8>,
}

/// A switch that is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlRow {
    /// Since when, milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
    /// Why, a sentence.
    pub why: String,
}

/// What listening to an audio track gave.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TranscriptRow {
    pub(super) at_unix_ms: u64,
    pub(super) transcribed: Transcribed,
}

/// The audio of a file's track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AudioRow {
    pub(super) at_unix_ms: u64,
    pub(super) audio: AudioDigest,
}

/// A checkpoint: one window that was listened to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WindowRow {
    pub(super) at_unix_ms: u64,
    pub(super) heard: RawHeard,
}

/// What a look into a file showed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SeenRow {
    pub(super) at_unix_ms: u64,
    pub(super) seen: Seen,
}

/// Where somebody speaks in an audio track.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SpeechRow {
    pub(super) at_unix_ms: u64,
    pub(super) speech: Vec<Span>,
}

/// Where a file lies, and its subtitles do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlacedRow {
    pub(super) at_unix_ms: u64,
    pub(super) placed: Placed,
}

/// Where a library lay when it was looked through last.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LibraryRow {
    pub(super) at_unix_ms: u64,
    pub(super) mount: Mount,
}

/// How something is to be translated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermRow {
    /// When it was said or changed last, milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
    /// How.
    pub term: Term,
}

/// A checkpoint: lines that were translated together.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BatchRow {
    pub(super) at_unix_ms: u64,
    pub(super) rendered: Vec<Rendered>,
}

/// A line that was translated between these neighbours.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PhraseRow {
    pub(super) at_unix_ms: u64,
    pub(super) phrase: Phrase,
}

/// What a subtitle was made of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MadeRow {
    pub(super) at_unix_ms: u64,
    pub(super) made: Made,
}

/// What was found out about a translator's server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EndpointRow {
    pub(super) at_unix_ms: u64,
    /// The server and the model it was found out with: another one may be different.
    pub(super) of: String,
    pub(super) rung: String,
}

/// The beginning of every row that begins with its time, enough to know its age.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Age {
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
    /// Listening goes on: it holds what was heard so far, and counts for nothing.
    pub partial: bool,
}

/// A subtitle that is being written: recorded before its temporary file exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRow {
    /// The path it will have; an `OsString`, since a path need not be UTF-8.
    pub output: OsString,
    /// What is known of it once it is there.
    pub published: PublishedRow,
}

macro_rules! versions {
    ($($row:ty = $version:expr),* $(,)?) => {
        $(impl Row for $row { const VERSION: u8 = $version; })*
    };
}

versions! {
    JobRow = 4,
    ExecutionRow = 1,
    EntryRow = 1,
    StepRecord = 1,
    Summary = 2,
    Activity = 1,
    ControlRow = 1,
    TranscriptRow = 1,
    AudioRow = 1,
    WindowRow = 1,
    SeenRow = 1,
    SpeechRow = 1,
    PlacedRow = 1,
    LibraryRow = 1,
    TermRow = 1,
    BatchRow = 1,
    PhraseRow = 1,
    MadeRow = 1,
    EndpointRow = 1,
    Age = 1,
    StoredFinished = 1,
    PublishedRow = 2,
    PendingRow = 2,
}
