//! What came of the sample on each lane, since the start: a child on a GPU hears it before its first window.

use crate::base::clock;
use crate::domain::lane::LaneName;
use crate::pipeline::subtitle::ears::Sampled;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// When a lane last heard the sample, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    /// When, milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
    /// What came of it.
    pub sampled: Sampled,
}

/// The last of each lane; shared by all workers.
#[derive(Debug, Default)]
pub struct Canaries(Mutex<BTreeMap<LaneName, Canary>>);

impl Canaries {
    /// The lane heard it just now.
    pub fn note(&self, lane: &LaneName, sampled: Sampled) {
        let canary = Canary { at_unix_ms: clock::now_unix_ms(), sampled };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(lane.clone(), canary);
    }

    /// The last of this lane; `None` where it heard none yet.
    pub fn of(&self, lane: &LaneName) -> Option<Canary> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(lane).cloned()
    }
}
