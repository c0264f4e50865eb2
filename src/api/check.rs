//! `kinora check`: is all true that is remembered, and what can be mended?

use serde::Serialize;

/// What a check of the store found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckView {
    /// The store that was checked.
    pub store: String,
    /// What is not as it should be; empty where all is well.
    pub problems: Vec<CheckProblem>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckProblem {
    /// What, a sentence.
    pub what: String,
    /// What can be done about it, or was.
    pub mend: Mend,
}

/// What can be done about a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// It can be derived from the rest: `--repair` does it.
    Possible,
    /// It was repaired.
    Done,
    /// It cannot be derived from the rest.
    Impossible,
}
