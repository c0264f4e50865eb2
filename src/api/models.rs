//! `kinora models`: what there is and whether it is sound.

use serde::Serialize;
use std::path::PathBuf;

/// A model and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelView {
    /// Its name, as in `--model`.
    pub name: String,
    /// What it does: `whisper` or `vad`.
    pub kind: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Languages in a few words.
    pub languages: String,
    /// Licence, SPDX.
    pub licence: String,
    /// Whether it is here.
    pub state: ModelState,
    /// Where it lies, if it does.
    pub path: Option<PathBuf>,
    /// Memory that listening with it takes, MiB, roughly.
    pub memory_mib: u64,
    /// Comes with Kinora.
    pub shipped: bool,
    /// What is wrong with it and what to do, where it is damaged.
    pub problem: Option<String>,
}

/// Whether a model is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
