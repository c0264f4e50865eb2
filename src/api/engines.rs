//! What hears, reads and translates: how each engine stands, and what came of its last test.

use super::daemon::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the HTTP server needs for this.
pub trait Engines {
    /// All engines, those that listen first. Nothing is started or asked for it.
    fn engines(&self) -> EnginesView;
    /// Begins to test one, in a child of its own where it has one; [`engines`](Engines::engines) tells what comes of
    /// it.
    ///
    /// # Errors
    /// Where there is none of this name, it has nothing to be tested with, or another one is being tested.
    fn test_engine(&self, name: &str) -> Result<EngineView, Refusal>;
}

/// All engines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnginesView {
    /// Those that listen first, then those that read, translate, and are told.
    pub engines: Vec<EngineView>,
}

/// An engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EngineView {
    /// Names it in an address: `cpu`, `gpu0`, `vad`, `media`, `translator:nas`, `jellyfin`.
    pub name: String,
    /// What it does.
    pub kind: EngineKind,
    /// What people call it.
    pub title: String,
    /// Where it runs: a device, or an address.
    pub runs_on: String,
    /// What it works with: a model's name, versions of libraries; `null` where that is not known.
    pub model: Option<String>,
    /// The lane it is, where it is one: that is what is paused and resumed.
    pub lane: Option<String>,
    /// How it stands.
    pub state: EngineState,
    /// Why it stands so, a sentence; `null` where that says itself.
    pub why: Option<String>,
    /// It is being tested now.
    pub testing: bool,
    /// Its last test since Kinora started, by a person or by itself.
    pub test: Option<EngineTest>,
}

/// What an engine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    /// Listens.
    Whisper,
    /// Finds speech.
    Vad,
    /// Reads files.
    Media,
    /// Translates.
    Translator,
    /// Is told of files, and tells of viewers.
    Jellyfin,
}

/// How an engine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineState {
    /// It works.
    InUse,
    /// It has nothing to do.
    Idle,
    /// It waits: for a person, its hours, or whoever watches.
    Paused,
    /// It did not answer, and is left alone for a while.
    Away,
    /// It is broken, and not used until a person resumes it.
    Quarantined,
    /// It cannot be used: something is not installed.
    Missing,
}

impl EngineState {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            EngineState::InUse => "in use",
            EngineState::Idle => "idle",
            EngineState::Paused => "paused",
            EngineState::Away => "away",
            EngineState::Quarantined => "quarantined",
            EngineState::Missing => "missing",
        }
    }
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EngineTest {
    /// When it ended, RFC 3339.
    pub at: String,
    /// A person asked for it; otherwise it was the canary of its lane, before its first window.
    pub asked: bool,
    /// It did what it should.
    pub passed: bool,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// What was heard, found or translated; or what went wrong.
    pub told: String,
    /// What to do, where something is to be done.
    pub remedy: Option<String>,
}
