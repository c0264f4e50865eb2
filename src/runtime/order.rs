//! What is wanted of a file, what happens meanwhile, and what came of it.

use crate::domain::cue::CueLimits;
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::name::Naming;
use crate::domain::subtitle::Format;
use crate::domain::time::Ms;
use crate::domain::track::TrackWish;
use crate::pipeline::subtitle::Step;
use crate::pipeline::subtitle::recipe::ListenParams;
use std::path::PathBuf;

/// What is wanted of every file of a run.
#[derive(Clone, Debug)]
pub struct Order {
    /// Languages wanted; empty for the spoken one.
    pub to: Vec<Lang>,
    /// The spoken language; `None` to find it out.
    pub from: Option<Lang>,
    /// Which track is wanted.
    pub wish: TrackWish,
    /// Formats to write.
    pub formats: Vec<Format>,
    /// Also the transcript with its words, as JSON.
    pub transcript: bool,
    /// How files are named.
    pub naming: Naming,
    /// Folder for the files; `None` for beside the video.
    pub output: Option<PathBuf>,
    /// Everything again, replacing what is there.
    pub force: bool,
    /// How it is listened.
    pub listen: ListenParams,
    /// The model knows more than English.
    pub multilingual: bool,
    /// How cues are cut.
    pub cue: CueLimits,
}

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
