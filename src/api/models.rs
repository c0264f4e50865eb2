//! `kinora models`: what there is and whether it is sound; and how a daemon fetches one.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use utoipa::ToSchema;

/// A model and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelView {
    /// Its name, as in `--model`; one that Ollama keeps begins with `ollama:`.
    pub name: String,
    /// What it does: `whisper`, `vad` or `translate`.
    pub kind: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Languages in a few words.
    pub languages: String,
    /// Licence, SPDX; empty where nobody told.
    pub licence: String,
    /// Whether it is here.
    pub state: ModelState,
    /// Where it lies, if it does.
    #[schema(value_type = Option<String>)]
    pub path: Option<PathBuf>,
    /// Memory that working with it takes, MiB, roughly.
    pub memory_mib: u64,
    /// Comes with Kinora.
    pub shipped: bool,
    /// What is wrong with it and what to do, where it is damaged.
    pub problem: Option<String>,
}

/// Whether a model is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// Not on this machine.
    Missing,
    /// Here, with the right size.
    Present,
    /// Here, with the right digest.
    Verified,
    /// Here, but not what it should be.
    Damaged,
}

/// The models a daemon knows, and what it fetches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelsView {
    /// As `kinora models list` shows them.
    pub models: Vec<ModelView>,
    /// What is fetched, and what was since the daemon started, the newest last.
    pub pulls: Vec<PullView>,
}

/// A model to be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PullRequest {
    /// Its name, as for `kinora models pull`.
    pub name: String,
}

/// How fetching a model goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PullView {
    /// The model's name.
    pub name: String,
    /// Bytes that are here.
    pub bytes_done: u64,
    /// Bytes in all; 0 as long as nobody knows.
    pub bytes_total: u64,
    /// Where it stands.
    pub status: PullStatus,
    /// What went wrong and what to do, where it failed: a sentence.
    pub problem: Option<String>,
}

/// Where fetching a model stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PullStatus {
    /// It goes on.
    Pulling,
    /// The model is here.
    Done,
    /// It is not.
    Failed,
}
