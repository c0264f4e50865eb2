//! What a step asks to be written; the runtime commits it together with the step's success.

use super::execution::Next;
use super::job::{ExecutionId, Fingerprint};
use super::lang::Lang;
use super::library::{FileId, Placed, Seen};
use super::media::DecodeReport;
use super::order::{Summary, os_paths};
use super::terms::Term;
use super::time::Span;
use super::transcript::Transcript;
use super::vote::Verdict;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What a step that succeeded leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct StepDone {
    /// What follows.
    pub next: Next,
    /// The step's record for the steps after it, encoded by whoever reads it; empty for none. Gone with the execution.
    pub body: Vec<u8>,
    /// What was decided and why, a sentence each, for the run record.
    pub notes: Vec<String>,
    /// What came of the file so far.
    pub summary: Summary,
    /// What else is written.
    pub changes: Vec<Change>,
}

/// A write that a step asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A file was worked on to its end with these wishes.
    Finished {
        /// The file and the wishes.
        key: Fingerprint,
        /// Its subtitles; none where nobody speaks.
        outputs: Vec<PathBuf>,
        /// The spoken language, BCP 47.
        language: Option<String>,
    },
    /// An audio track was listened to, to its end.
    Transcribed {
        /// The audio and the recipe.
        key: TranscriptKey,
        /// What was heard.
        transcribed: Box<Transcribed>,
    },
    /// The audio track of a file is this.
    AudioKnown {
        /// The file and the track.
        file: AudioFile,
        /// Its audio.
        audio: AudioDigest,
    },
    /// What a look into a file showed.
    Seen {
        /// The file.
        file: FileId,
        /// What is in it.
        seen: Box<Seen>,
    },
    /// Where somebody speaks in an audio track.
    Spoke {
        /// The audio, and how speech is found.
        key: SpeechKey,
        /// In time order, on the video's clock.
        speech: Vec<Span>,
    },
    /// The subtitles of a file were written.
    Placed {
        /// The file.
        file: FileId,
        /// Where it lies, and they do.
        placed: Placed,
    },
    /// A file was translated: what each line became, so that an owner's corrections can be learnt from.
    Made {
        /// The subtitle.
        output: PathBuf,
        /// Its lines.
        made: Box<Made>,
    },
    /// Translations to be remembered, by the digest of the line, its neighbours and its languages.
    Phrases(Vec<(PhraseKey, Phrase)>),
    /// Terms that were found: those of metadata count at once, the others are proposed; known ones stay as they are.
    Proposed(Vec<Term>),
    /// Something an operator should be able to see later; the runtime tells it with the step's success.
    Tell {
        /// What kind.
        kind: ActivityKind,
        /// A sentence.
        text: String,
    },
    /// Adds to a total that stays for ever: the least idempotent write there is, so tests notice a repeat.
    Count {
        /// Which total.
        counter: Counter,
        /// How much.
        by: u64,
    },
}

/// BLAKE3 over an audio track's packets and its gaps: the same audio in another container has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AudioDigest(pub [u8; 32]);

/// Digest of an [`AudioDigest`] and all that listening to it depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TranscriptKey(pub [u8; 32]);

/// Digest of a line, the lines around it and both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PhraseKey(pub [u8; 32]);

/// A translation that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phrase {
    /// The translation.
    pub text: String,
    /// The owner wrote it: what models say later does not replace it.
    pub by_hand: bool,
}

/// A subtitle that was translated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The language of its source.
    pub from: Lang,
    /// Its language.
    pub to: Lang,
    /// [`Work::key`](super::work::Work::key) of its film or series.
    pub work: String,
    /// Source and translation of each cue, in order.
    pub lines: Vec<(String, String)>,
}

/// Digest of a file, a track and all that finding speech in it depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SpeechKey(pub [u8; 32]);

/// A file as it is on disk, without its name: a renamed or moved one is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AudioFile {
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, nanoseconds since the Unix epoch.
    pub mtime_ns: i128,
    /// FFmpeg's stream index of the track.
    pub track: u32,
}

/// What listening gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transcribed {
    /// As spoken, and in English where that was asked for.
    pub transcripts: Vec<Transcript>,
    /// What decoding showed.
    pub report: DecodeReport,
    /// Which language it was heard in; `None` where that was told.
    pub verdict: Option<Verdict>,
}

/// A total that stays for ever, for `/metrics`. Stored by its name: never rename.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Steps that succeeded.
    StepsSucceeded,
    /// Steps that failed.
    StepsFailed,
    /// Windows that were listened to. Each is a row too: a window heard twice shows as a difference.
    WindowsHeard,
    /// Milliseconds of audio worked through.
    AudioMs,
    /// Subtitle files written.
    FilesWritten,
    /// Lines translated.
    LinesTranslated,
    /// Requests answered by translators.
    TranslatorRequests,
}

impl Counter {
    /// All of them.
    pub const ALL: [Counter; 7] = [
        Counter::StepsSucceeded,
        Counter::StepsFailed,
        Counter::WindowsHeard,
        Counter::AudioMs,
        Counter::FilesWritten,
        Counter::LinesTranslated,
        Counter::TranslatorRequests,
    ];

    /// Its name in the store and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Counter::StepsSucceeded => "steps_succeeded",
            Counter::StepsFailed => "steps_failed",
            Counter::WindowsHeard => "windows_heard",
            Counter::AudioMs => "audio_ms",
            Counter::FilesWritten => "files_written",
            Counter::LinesTranslated => "lines_translated",
            Counter::TranslatorRequests => "translator_requests",
        }
    }
}

/// Something an operator should be able to see later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// When, milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
    /// What kind.
    pub kind: ActivityKind,
    /// What it is about, where it is about one.
    pub execution: Option<ExecutionId>,
    /// The file it is about, where there is one.
    #[serde(with = "os_paths::optional")]
    pub path: Option<PathBuf>,
    /// A sentence.
    pub text: String,
}

/// Kinds of activity. Stored by its place: only append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActivityKind {
    /// Kinora began to serve.
    Started,
    /// Kinora ended in order.
    Stopped,
    /// A scan ended.
    Scanned,
    /// A file was finished.
    Finished,
    /// A step failed and is tried again.
    Failed,
    /// A file waits for a person.
    Parked,
    /// Listening failed for the last time (P-8).
    AsrFailedFatal,
    /// A GPU is not used any more.
    GpuQuarantined,
    /// A step stands still.
    Slow,
    /// A step that stood still was put back.
    PutBack,
    /// A person did something.
    Commanded,
    /// Lines of a file could not be translated.
    TranslateFailed,
    /// Jellyfin labels a file of ours otherwise than it should.
    WrongLabel,
    /// Jellyfin could not be told of files.
    NotTold,
    /// Somebody began to watch something without subtitles, or a lane gave way to a player.
    Watched,
    /// Another program told of something that nothing could be done about.
    Unheeded,
    /// A backup was made.
    BackedUp,
    /// A backup could not be made.
    BackupFailed,
    /// Subtitles that were written were held against what is on the disks.
    OutputsChecked,
    /// The disk that data lies on is nearly full, or has room again.
    DiskLow,
    /// Settings were read anew.
    Reloaded,
    /// Somebody could not be told of something.
    NotNotified,
}

impl ActivityKind {
    /// Its word in answers.
    pub fn name(self) -> &'static str {
        match self {
            ActivityKind::Started => "started",
            ActivityKind::Stopped => "stopped",
            ActivityKind::Scanned => "scanned",
            ActivityKind::Finished => "finished",
            ActivityKind::Failed => "failed",
            ActivityKind::Parked => "parked",
            ActivityKind::AsrFailedFatal => "asr_failed_fatal",
            ActivityKind::GpuQuarantined => "gpu_quarantined",
            ActivityKind::Slow => "slow",
            ActivityKind::PutBack => "put_back",
            ActivityKind::Commanded => "commanded",
            ActivityKind::TranslateFailed => "translate_failed",
            ActivityKind::WrongLabel => "wrong_label",
            ActivityKind::NotTold => "not_told",
            ActivityKind::Watched => "watched",
            ActivityKind::Unheeded => "unheeded",
            ActivityKind::BackedUp => "backed_up",
            ActivityKind::BackupFailed => "backup_failed",
            ActivityKind::OutputsChecked => "outputs_checked",
            ActivityKind::DiskLow => "disk_low",
            ActivityKind::Reloaded => "reloaded",
            ActivityKind::NotNotified => "not_notified",
        }
    }
}
