//! Webhooks of other programs: what they tell is a hint, which looking through libraries confirms.

use super::daemon::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use crate::domain::hook::Source;

/// What the HTTP server needs for this.
pub trait Hooks {
    /// Takes a message; whatever follows from it is durable on return. The same message again changes nothing.
    ///
    /// # Errors
    /// Where it cannot be read, or the store cannot be written.
    fn hear(&self, source: Source, message: &[u8]) -> Result<Heard, Refusal>;
}

/// What became of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Heard {
    /// What it says, a sentence.
    pub told: String,
    /// What is done about it, or why nothing is, a sentence each.
    pub done: Vec<String>,
    /// Numbers of the jobs of the files it tells of.
    pub jobs: Vec<u64>,
    /// There are jobs, or it is looked where it points.
    pub taken: bool,
}
