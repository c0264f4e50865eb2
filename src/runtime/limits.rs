//! The runtime's limits, and the lanes it is set up with.

use crate::domain::lane::LaneName;
use crate::domain::schedule::Schedule;
use std::collections::BTreeMap;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;

/// How often, how long, how soon.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Tries of a step that fails in passing, the first one counted.
    pub tries_max: u8,
    /// Wait before the second try, milliseconds; doubled for each one after it.
    pub backoff_first_ms: u64,
    /// Longest wait before a try, milliseconds.
    pub backoff_max_ms: u64,
    /// How much of a wait is left to chance, 0.0 to 1.0: tries of many files spread out.
    pub jitter: f64,
    /// Deaths of the process during one step, after which the step waits for a person.
    pub crashes_max: u8,
    /// Deaths of the process during one step, up to which it is tried again at once.
    pub crashes_at_once_max: u8,
    /// Tries of listening and finding out the language, the first one counted (P-8).
    pub asr_failures_max: u8,
    /// Wait between these, milliseconds.
    pub asr_cooldown_ms: u64,
    /// Time without progress after which a step is told to be slow, milliseconds.
    pub soft_ms: u64,
    /// Time without progress after which a step is stopped, milliseconds.
    pub hard_ms: u64,
    /// Time a stopped step has to come back, milliseconds; after it, its worker is given up.
    pub grace_ms: u64,
    /// How often a step whose worker stood still is put back before that counts as a failure.
    pub stuck_max: u8,
    /// Failures of a service in a row after which it is left alone.
    pub breaker_failures_max: u8,
    /// For how long, milliseconds; then one step tries it.
    pub breaker_open_ms: u64,
    /// For how long a disk that was full is left alone, milliseconds; then one step tries it.
    pub disk_full_ms: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            tries_max: 3,
            backoff_first_ms: MINUTE_MS,
            backoff_max_ms: 60 * MINUTE_MS,
            jitter: 0.2,
            crashes_max: 8,
            crashes_at_once_max: 3,
            asr_failures_max: 3,
            asr_cooldown_ms: 5 * MINUTE_MS,
            soft_ms: 55 * MINUTE_MS,
            hard_ms: 60 * MINUTE_MS,
            grace_ms: 10 * SECOND_MS,
            stuck_max: 2,
            breaker_failures_max: 3,
            breaker_open_ms: 5 * MINUTE_MS,
            disk_full_ms: 5 * MINUTE_MS,
        }
    }
}

/// A lane as it is set up.
#[derive(Clone, Debug)]
pub struct LaneSpec {
    /// Its name; no two lanes share one.
    pub name: LaneName,
    /// How many workers it has, at least 1.
    pub workers: usize,
    /// When it is open, in local time.
    pub schedule: Schedule,
}

/// What a runtime is made of.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The lanes; for every [`LaneKind`](crate::domain::lane::LaneKind) that steps need there is one, or they wait.
    pub lanes: Vec<LaneSpec>,
    /// The limits.
    pub limits: Limits,
    /// When jobs of a library may be worked on, in local time, by its name; those of others always may.
    pub libraries: BTreeMap<String, Schedule>,
}
