//! `kinora doctor`: what a run needs and whether it is there.

use serde::Serialize;

/// Everything that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoctorView {
    /// In the order of importance.
    pub checks: Vec<Check>,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, in a word or two.
    pub name: String,
    /// How it stands.
    pub health: Health,
    /// What was found, a sentence.
    pub found: String,
    /// What to do, where something is to be done.
    pub remedy: Option<String>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Good,
    /// A run works, though worse than it could.
    Warning,
    /// A run would fail.
    Bad,
}
