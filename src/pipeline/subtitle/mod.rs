//! From a video to subtitles: select, detect, weigh, listen, translate, cue, publish; one file per step, in reading
//! order.
//!
//! A step takes what it needs and returns a [`StepDone`](crate::domain::change::StepDone): what follows, its record for
//! the steps after it, what came of the file so far, and what is to be written together with all that. Steps run at
//! least once: one that runs again gives the same. Nothing is handed on but by records and [`Summary`].

pub mod select;
pub mod detect;
pub mod listen;
pub mod translate;
pub mod cue;
pub mod publish;
pub mod announce;
pub mod follow;
pub mod wish;
pub mod record;
pub mod recipe;
pub mod ears;
pub mod facts;
pub mod course;
pub mod weigh;
pub mod foresee;
pub mod known;
pub mod lone;
pub mod onlooker;
mod learn;
mod adopt;
mod works;
mod heading;
mod outputs;
mod said;
mod notices;
pub mod speech;
pub use outputs::is_subtitle;
pub use record::Content;

use crate::base::cancel::Cancel;
use crate::domain::change::{
    AudioDigest, AudioFile, Made, Phrase, PhraseKey, SpeechKey, Transcribed, TranscriptKey,
};
pub use crate::domain::execution::Step;
use crate::domain::fault::Fault;
use crate::domain::job::Fingerprint;
use crate::domain::library::{FileId, Placed, Seen};
use crate::domain::order::{Order, Summary};
use crate::domain::terms::{Scope, Term};
use crate::domain::time::{Ms, Span};
use crate::domain::translate::line::Rendered;
use crate::engines::media::MediaEngine;
use ears::Ears;
use listen::Memory;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a step is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The file.
    pub path: &'a Path,
    /// What is wanted of it.
    pub order: &'a Order,
    /// What the steps before left.
    pub records: &'a BTreeMap<Step, Vec<u8>>,
    /// What came of the file so far.
    pub summary: &'a Summary,
}

/// What listening works with.
pub struct Cx<'a> {
    /// FFmpeg.
    pub media: &'a mut MediaEngine,
    /// Whisper.
    pub ears: &'a mut Ears,
    /// Windows heard before.
    pub memory: &'a dyn Memory,
    /// Set when the work shall end.
    pub cancel: &'a Cancel,
    /// Told how much audio was decoded and how much of it is done with.
    pub progress: &'a mut dyn FnMut(Ms, Ms),
}

/// What is known of files that were worked on before. What is new comes to it by the changes of a step.
pub trait Library {
    /// What came of a file with these wishes, where it was worked on to its end.
    ///
    /// # Errors
    /// Where the store fails.
    fn finished(&self, key: &Fingerprint) -> Result<Option<FinishedBefore>, Fault>;

    /// The audio of a file that is known, also where it was renamed or moved.
    ///
    /// # Errors
    /// Where the store fails.
    fn audio_of(&self, file: &AudioFile) -> Result<Option<AudioDigest>, Fault>;

    /// True where this is the audio of a file that is known.
    ///
    /// # Errors
    /// Where the store fails.
    fn knows_audio(&self, audio: &AudioDigest) -> Result<bool, Fault>;

    /// What was heard in an audio track.
    ///
    /// # Errors
    /// Where the store fails.
    fn transcript(&self, key: &TranscriptKey) -> Result<Option<Transcribed>, Fault>;

    /// What an earlier look into a file showed.
    ///
    /// # Errors
    /// Where the store fails.
    fn seen(&self, file: &FileId) -> Result<Option<Seen>, Fault>;

    /// Where somebody speaks in an audio track, where it was looked for before.
    ///
    /// # Errors
    /// Where the store fails.
    fn speech(&self, key: &SpeechKey) -> Result<Option<Vec<Span>>, Fault>;

    /// Where a file lay, and its subtitles did, when they were written.
    ///
    /// # Errors
    /// Where the store fails.
    fn placed(&self, file: &FileId) -> Result<Option<Placed>, Fault>;
}

/// What is known for translating.
pub trait Phrases {
    /// What came of a batch: translated before with the same recipe, model and request.
    ///
    /// # Errors
    /// Where the store fails.
    fn batch(&self, key: &[u8; 32]) -> Result<Option<Vec<Rendered>>, Fault>;

    /// Keeps what came of a batch; durable when this returns.
    ///
    /// # Errors
    /// Where the store fails.
    fn remember_batch(&self, key: &[u8; 32], rendered: &[Rendered]) -> Result<(), Fault>;

    /// A line that was translated before between the same neighbours.
    ///
    /// # Errors
    /// Where the store fails.
    fn phrase(&self, key: &PhraseKey) -> Result<Option<Phrase>, Fault>;

    /// The terms of these scopes, whatever their state.
    ///
    /// # Errors
    /// Where the store fails.
    fn terms(&self, scopes: &[Scope]) -> Result<Vec<Term>, Fault>;

    /// What the lines of a subtitle were when Kinora wrote it.
    ///
    /// # Errors
    /// Where the store fails.
    fn made(&self, output: &Path) -> Result<Option<Made>, Fault>;
}

/// A file that was worked on to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedBefore {
    /// Its subtitles; none where nobody speaks.
    pub outputs: Vec<PathBuf>,
    /// The spoken language, BCP 47.
    pub language: Option<String>,
}
