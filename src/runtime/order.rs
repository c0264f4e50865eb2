//! What is wanted of a file, what happens meanwhile, and what came of it.

use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
pub use crate::domain::order::Order;
use crate::domain::time::Ms;
use crate::pipeline::subtitle::Step;
use std::path::PathBuf;

/// How a file ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// Files were written.
    #[default]
    Done,
    /// What is wanted was there.
    Skipped,
    /// Nobody speaks.
    NoSpeech,
    /// It did not work.
    Failed(Fault),
    /// The owner interrupted.
    Interrupted,
}

/// What came of a file.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How it ended.
    pub ending: Ending,
    /// What to know, a sentence each.
    pub notices: Vec<String>,
    /// Files written.
    pub written: Vec<PathBuf>,
    /// Spoken language.
    pub language: Option<Lang>,
    /// Cues of the first file.
    pub cues: usize,
    /// Length of the audio.
    pub audio: Ms,
    /// How much of it is speech.
    pub speech: Ms,
}

/// What happens meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Which step runs.
    pub step: Step,
    /// Audio decoded.
    pub decoded: Ms,
    /// Audio done with.
    pub heard: Ms,
    /// The film's length, where known.
    pub total: Option<Ms>,
}
