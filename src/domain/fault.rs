//! What went wrong, sorted by who must act: nobody yet, the owner, or a developer.

use serde::{Deserialize, Serialize};

/// How each sentence begins that tells of a disk that takes nothing more: what fails by it is known by these words, and
/// waits for room.
pub const DISK_FULL: &str = "the disk is full";
/// As [`DISK_FULL`], where only this user has no room left.
pub const QUOTA_USED_UP: &str = "the disk quota of this user is used up";
/// As [`DISK_FULL`], of the data folder's disk: mostly the kernel found it damaged and protects it.
pub const DISK_READ_ONLY: &str = "the disk is read-only";

/// Who must act on a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It may work when tried again.
    Transient,
    /// A person must do something first; `remedy` says what.
    Operator,
    /// Kinora is wrong.
    Bug,
}

/// A failure told so that an owner knows what to do: what happened, and what to do. The file is named by whoever
/// reports it, so that one fault can be told of any file.
#[derive(
    Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema,
)]
#[error("{what}; {remedy}")]
pub struct Fault {
    /// Who must act.
    pub kind: FaultKind,
    /// What happened, a lower-case sentence without a full stop: "the file is empty".
    pub what: String,
    /// What to do, an imperative sentence without a full stop: "copy it again".
    pub remedy: String,
}

impl Fault {
    /// A fault a person must act on.
    pub fn operator(what: impl Into<String>, remedy: impl Into<String>) -> Fault {
        Fault { kind: FaultKind::Operator, what: what.into(), remedy: remedy.into() }
    }

    /// A fault that may go away by itself.
    pub fn transient(what: impl Into<String>, remedy: impl Into<String>) -> Fault {
        Fault { kind: FaultKind::Transient, what: what.into(), remedy: remedy.into() }
    }

    /// True where nothing is wrong but that a disk takes nothing more: what failed goes on by itself when it does
    /// again.
    pub fn waits_for_disk(&self) -> bool {
        [DISK_FULL, QUOTA_USED_UP, DISK_READ_ONLY].iter().any(|it| self.what.starts_with(it))
    }

    /// A fault of Kinora itself.
    pub fn bug(what: impl Into<String>) -> Fault {
        let remedy = "this is a fault of Kinora; please report it with the log".to_owned();
        Fault { kind: FaultKind::Bug, what: what.into(), remedy }
    }
}
