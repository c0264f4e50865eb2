//! The last tenths of a second: where most starts meet an onset.

use super::super::time::{Ms, Span};
use super::signal::Speech;

/// How far a lag may be off before.
const REACH: Ms = Ms(700);
/// Differences are counted this finely.
const BIN: Ms = Ms(20);
/// A difference counts less and less up to this far from where it lies: who times by hand is some tenths of a second
/// around the first sound, and the middle of all is what is looked for.
const KERNEL: Ms = Ms(300);
/// Steps from the most frequent difference to the middle of those around it.
const STEPS: usize = 4;

/// The lag, near to `lag`, at which most lines begin with an onset.
pub(super) fn fine(lines: &[Span], speech: &Speech, lag: Ms) -> Ms {
    let mut differences: Vec<(i64, f64)> = Vec::new();
    for line in lines {
        let at = line.start + lag;
        let near = speech.onsets_near(at.0, REACH);
        differences.extend(near.iter().map(|it| (it.at - at.0, it.weight)));
    }
    let bins = REACH.0 / BIN.0;
    let around = |to: i64| Around::of(&differences, to);
    let counted = (-bins..=bins).map(|it| (it * BIN.0, around(it * BIN.0).count));
    let Some((mode, _)) = counted.max_by(|a, b| a.1.total_cmp(&b.1)) else { return lag };
    lag + Ms((0..STEPS).fold(mode, |at, _| around(at).middle.unwrap_or(at)))
}

/// What lies around a difference.
struct Around {
    /// Differences, by weight and nearness.
    count: f64,
    /// Their mean; `None` where there is none.
    middle: Option<i64>,
}

impl Around {
    fn of(differences: &[(i64, f64)], to: i64) -> Around {
        let (mut count, mut sum) = (0.0, 0.0);
        for (difference, weight) in differences {
            let apart = (difference - to).abs() as f64 / KERNEL.0 as f64;
            let weight = weight * (1.0 - apart).max(0.0);
            count += weight;
            sum += weight * *difference as f64;
        }
        Around { count, middle: (count > 0.0).then(|| (sum / count).round() as i64) }
    }
}
