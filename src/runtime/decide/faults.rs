//! What follows a failure: sorted by who must act, and counted.

use crate::domain::execution::{ParkedWhy, Step, Then, Tries};
use crate::domain::fault::{Fault, FaultKind};
use crate::runtime::limits::Limits;

/// What follows when a step failed.
pub fn after_failure(
    limits: &Limits,
    (step, tries): (Step, Tries),
    fault: &Fault,
    now_unix_ms: u64,
    chance: f64,
) -> Then {
    match fault.kind {
        FaultKind::Operator => Then::Park(ParkedWhy::NeedsPerson),
        FaultKind::Bug => Then::Park(ParkedWhy::Bug),
        FaultKind::Transient if listens(step) => {
            let failed = tries.failed.saturating_add(1);
            if limits.asr_failures_max <= failed {
                return Then::Park(ParkedWhy::AsrFatal);
            }
            Then::RetryAt(now_unix_ms.saturating_add(limits.asr_cooldown_ms))
        }
        // The files are there: nobody needs to wait for a person. The step itself gives up in the end.
        FaultKind::Transient if step == Step::Announce => {
            Then::RetryAt(now_unix_ms.saturating_add(backoff_ms(limits, tries.failed, chance)))
        }
        FaultKind::Transient => {
            let failed = tries.failed.saturating_add(1);
            if limits.tries_max <= failed {
                return Then::Park(ParkedWhy::TriesUsedUp);
            }
            Then::RetryAt(now_unix_ms.saturating_add(backoff_ms(limits, tries.failed, chance)))
        }
    }
}

/// What follows when the process died during a step: the first times it may have been anything, then it may be the
/// step.
pub fn after_death(limits: &Limits, tries: Tries, now_unix_ms: u64, chance: f64) -> Then {
    let crashed = tries.crashed.saturating_add(1);
    if limits.crashes_max <= crashed {
        return Then::Park(ParkedWhy::Crashes);
    }
    match crashed.checked_sub(limits.crashes_at_once_max + 1) {
        None => Then::RetryAt(now_unix_ms),
        Some(more) => Then::RetryAt(now_unix_ms.saturating_add(backoff_ms(limits, more, chance))),
    }
}

/// How long to wait after `before` waits: doubled each time, up to a limit, and shorter by chance.
pub fn backoff_ms(limits: &Limits, before: u8, chance: f64) -> u64 {
    let doubled = 1u64.checked_shl(u32::from(before)).unwrap_or(u64::MAX);
    let whole = limits.backoff_first_ms.saturating_mul(doubled).min(limits.backoff_max_ms);
    let shorter = (whole as f64 * limits.jitter * chance) as u64;
    whole.saturating_sub(shorter)
}

/// Listening and its like: counted by P-8.
pub(super) fn listens(step: Step) -> bool {
    match step {
        Step::Detect | Step::Listen => true,
        Step::Select
        | Step::Weigh
        | Step::Translate
        | Step::Cue
        | Step::Publish
        | Step::Announce => false,
    }
}
