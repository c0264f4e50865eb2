//! When each cue shows: from the onset of its speech until it is spoken and read, never over the next one.

use super::CueLimits;
use crate::domain::time::{Ms, Span};

/// A cue stays so much longer than its last word where nothing follows: a cut at the very end of a word looks hasty.
const TAIL_MS: i64 = 200;
/// A gap up to this would only flicker, so the cue stays until the next one (Netflix closes gaps under half a second).
const FLICKER_MS: i64 = 400;
/// A cue too fast to read may show so much before it is spoken.
const EARLY_FOR_SPEED_MS: i64 = 400;
/// A cue too short in time may show so much before it is spoken.
const EARLY_FOR_DURATION_MS: i64 = 100;
/// Where no end of the video is known.
const HORIZON_MS: i64 = i64::MAX / 4;

/// A cue's speech and what it costs to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spoken {
    /// From the onset of its first word to the end of its last.
    pub(super) span: Span,
    /// Its text in reading units.
    pub(super) units: usize,
}

/// Limits in whole milliseconds, made to fit each other and the room there is.
struct Room {
    gap: i64,
    shortest: i64,
    longest: i64,
    horizon: i64,
    /// Least time between two starts.
    slot: i64,
}

impl Room {
    fn new(count: usize, limits: &CueLimits, end: Option<Ms>) -> Room {
        let count = i64::try_from(count).unwrap_or(i64::MAX).max(1);
        // An end that leaves no millisecond a cue is wrong: text is not thrown away for it.
        let horizon = end.map(|it| it.0).filter(|it| *it >= count).unwrap_or(HORIZON_MS);
        let longest = limits.duration_max.0.max(1);
        let shortest = limits.duration_min.0.clamp(1, longest);
        let gap = limits.gap_min.0.clamp(0, longest);
        let slot = (gap + (shortest / 3).max(1)).min(horizon / count);
        Room { gap: gap.min(slot - 1), shortest, longest, horizon, slot }
    }

    /// Milliseconds to read `units` at `cps`, at most the longest duration.
    fn reading(&self, units: usize, cps: f32) -> i64 {
        ((units as f32 * 1000.0 / cps.max(1.0)).ceil() as i64).clamp(1, self.longest)
    }
}

/// One span a cue, in order: starts before ends, no overlaps, gaps where there is room, inside the video.
pub(super) fn lay(cues: &[Spoken], limits: &CueLimits, end: Option<Ms>) -> Vec<Span> {
    let room = Room::new(cues.len(), limits, end);
    let starts = starts(cues, &room);
    let mut spans: Vec<Span> = Vec::with_capacity(cues.len());
    for (at, cue) in cues.iter().enumerate() {
        let next = starts.get(at + 1);
        let wall = next.map_or(room.horizon, |it| it - room.gap).min(starts[at] + room.longest);
        let read = room.reading(cue.units, limits.cps_target).max(room.shortest);
        let wish = (cue.span.end.0 + TAIL_MS).max(starts[at] + read);
        let flickers = next.is_some_and(|it| it - room.gap == wall) && wall - wish <= FLICKER_MS;
        spans.push(Span::new(starts[at], if flickers { wall } else { wish.min(wall) }));
    }
    for at in 0..cues.len() {
        begin_earlier(&mut spans, at, cues, &room, limits);
    }
    spans
}

/// Starts at the onsets, moved apart only where they are nearer than a slot, later first, then earlier before the end.
fn starts(cues: &[Spoken], room: &Room) -> Vec<i64> {
    let mut starts: Vec<i64> = Vec::with_capacity(cues.len());
    let mut earliest = 0;
    for it in cues {
        let start = it.span.start.0.clamp(0, HORIZON_MS / 2).max(earliest);
        starts.push(start);
        earliest = start + room.slot;
    }
    let mut latest = room.horizon;
    for it in starts.iter_mut().rev() {
        latest -= room.slot;
        *it = (*it).min(latest);
        latest = *it;
    }
    starts
}

/// A cue too fast or too short borrows from the silence before it, and from the lingering of the cue before.
fn begin_earlier(spans: &mut [Span], at: usize, cues: &[Spoken], room: &Room, limits: &CueLimits) {
    let span = spans[at];
    let read = room.reading(cues[at].units, limits.cps_max);
    let wish = if span.len().0 < read {
        (span.end.0 - read).max(span.start.0 - EARLY_FOR_SPEED_MS)
    } else {
        (span.end.0 - room.shortest).max(span.start.0 - EARLY_FOR_DURATION_MS)
    };
    let floor = at.checked_sub(1).map_or(0, |before| {
        let needed = room.reading(cues[before].units, limits.cps_max).max(room.shortest);
        let spoken = cues[before].span.end.0.max(spans[before].start.0 + needed);
        spoken.min(spans[before].end.0) + room.gap
    });
    let start = wish.max(floor);
    if start < span.start.0 {
        spans[at].start = Ms(start);
        if let Some(before) = at.checked_sub(1) {
            spans[before].end = spans[before].end.min(Ms(start - room.gap));
        }
    }
}
