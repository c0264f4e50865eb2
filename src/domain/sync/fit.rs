//! How cues fit speech, in three figures.

use super::super::time::{Ms, Span};
use super::Fit;
use super::signal::{Speech, bridged};

/// Pauses in speech, and between cues, that count as part of them: a cue stays over them, or is away for a moment.
const PAUSE_BRIDGED: Ms = Ms(1_000);
/// A cue that begins this near to an onset begins with it.
const START_NEAR: Ms = Ms(300);

/// How cues fit as they are. `speech` is in time order, without overlaps; cues may be in any order.
///
/// Pauses of up to a second belong to the speech; a cue begins well where it begins within 300 ms of an onset, or
/// inside of speech.
pub fn fit(cues: &[Span], speech: &[Span]) -> Fit {
    let spoken = bridged(speech, PAUSE_BRIDGED);
    let mut sorted: Vec<Span> = cues.iter().copied().filter(|it| !it.is_empty()).collect();
    sorted.sort();
    let shown = bridged(&sorted, Ms(0));
    let covered = overlap(&bridged(&sorted, PAUSE_BRIDGED), &spoken);
    let onsets = Speech::of(speech);
    let inside = |at: Ms| {
        let index = spoken.partition_point(|it| it.start <= at);
        index.checked_sub(1).is_some_and(|it| at < spoken[it].end)
    };
    let starts = |it: &&Span| {
        inside(it.start) || !onsets.onsets_near(it.start.0, Ms(START_NEAR.0 + 1)).is_empty()
    };
    Fit {
        covered_percent: percent(covered, length(&spoken)),
        spoken_percent: percent(overlap(&shown, &spoken), length(&shown)),
        starts_percent: percent(sorted.iter().filter(starts).count() as i64, sorted.len() as i64),
    }
}

fn percent(part: i64, of: i64) -> u8 {
    if of <= 0 { 0 } else { (100 * part / of).clamp(0, 100) as u8 }
}

fn length(spans: &[Span]) -> i64 {
    spans.iter().map(|it| it.len().0).sum()
}

/// Milliseconds that both hold; each in order and without overlaps.
fn overlap(a: &[Span], b: &[Span]) -> i64 {
    let (mut i, mut j, mut sum) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        sum += x.overlap(*y).0;
        if x.end <= y.end {
            i += 1;
        } else {
            j += 1;
        }
    }
    sum
}
