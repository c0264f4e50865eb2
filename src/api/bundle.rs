//! `kinora doctor --bundle`: what goes into a support archive.

use serde::Serialize;

/// A support archive, before it is written or after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BundleView {
    /// The archive.
    pub file: String,
    /// What is in it, in its order.
    pub pieces: Vec<BundlePiece>,
    /// How often a secret, or a name of a person, was replaced.
    pub replaced: usize,
}

/// A file of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BundlePiece {
    /// Its name in the archive.
    pub name: String,
    /// What it is, in a few words.
    pub about: String,
    /// How large it is.
    pub bytes: u64,
}
