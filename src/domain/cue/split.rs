//! Which atoms make one cue: the cheapest division of the text by one sum of costs.
//!
//! The cost of a cue is the sum of what a viewer dislikes, in units of one more cue on the screen:
//! a break at a bad place,
//! a pause or a sentence end inside, text faster than one reads, a cue too short, too long or much
//! fuller than its
//! neighbours, and a bad line break. Dynamic programming finds the division with the least sum;
//! where it ties, the
//! earlier and longer cue wins. A silence of [`SILENCE_MS`] always divides.

use super::CueLimits;
use super::atoms::Atom;
use super::lines::{self, Layout};
use std::ops::Range;

/// A cue never spans a silence as long as this.
const SILENCE_MS: i64 = 1000;
/// A pause shorter than this means nothing.
const PAUSE_MS: i64 = 120;
/// A cue with less text than this is too short to stand alone (P-16, `ASR_MIN_CHARS`), in reading units.
const UNITS_MIN: f32 = 12.0;
/// Time that can be lent to a cue from the silence after it when its reading speed is judged.
const LINGER_MS: i64 = 1500;

const CUE: f32 = 1.0;
const FULLNESS: f32 = 1.0;
const SHORT_TEXT: f32 = 1.5;
const SHORT_TIME: f32 = 4.0;
const LONG_TIME: f32 = 8.0;
const LONG_TIME_A_SECOND: f32 = 4.0;
const OVER_TARGET: f32 = 3.0;
const OVER_MAX: f32 = 5.0;
const PAUSE_INSIDE: f32 = 4.0;
const PAUSE_AT_BREAK: f32 = 4.0;
const SENTENCE_INSIDE: f32 = 0.4;
/// For a cue that holds the end of one sentence and only a part of another.
const SENTENCE_CUT_SHORT: f32 = 1.5;
const UTTERANCE_AT_BREAK: f32 = 1.0;
const LINE_BREAK: f32 = 0.25;

/// A cue before it has its times on the screen.
#[derive(Debug, PartialEq)]
pub(super) struct Draft {
    /// Its atoms.
    pub(super) atoms: Range<usize>,
    /// Its lines.
    pub(super) lines: Vec<String>,
}

/// Divides the atoms into cues.
pub(super) fn split(atoms: &[Atom], limits: &CueLimits, columns_max: usize) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut from = 0;
    for to in 1..=atoms.len() {
        if to == atoms.len() || pause_after(atoms, to - 1) >= SILENCE_MS {
            let paragraph = Paragraph { atoms, from, to, limits, columns_max };
            paragraph.divide(&mut drafts);
            from = to;
        }
    }
    drafts
}

/// The pause between an atom and the next one; without end after the last.
fn pause_after(atoms: &[Atom], at: usize) -> i64 {
    atoms.get(at + 1).map_or(i64::MAX, |next| (next.span.start - atoms[at].span.end).0)
}

/// 0 for no pause to 1 for one that always divides.
fn pause_weight(pause_ms: i64) -> f32 {
    ((pause_ms.min(SILENCE_MS) - PAUSE_MS) as f32 / (SILENCE_MS - PAUSE_MS) as f32).max(0.0)
}

/// Atoms between two long silences.
struct Paragraph<'a> {
    atoms: &'a [Atom],
    from: usize,
    to: usize,
    limits: &'a CueLimits,
    columns_max: usize,
}

impl Paragraph<'_> {
    fn divide(&self, drafts: &mut Vec<Draft>) {
        let count = self.to - self.from;
        let lines_max = usize::from(self.limits.lines.max(1));
        let room = lines_max * (self.columns_max + 1);
        let mut best: Vec<(f32, usize, Vec<usize>)> =
            vec![(f32::INFINITY, 0, Vec::new()); count + 1];
        best[0].0 = 0.0;
        for begin in 0..count {
            let mut inside = 0.0;
            for end in begin + 1..=count {
                let cue = &self.atoms[self.from + begin..self.from + end];
                if end > begin + 1 {
                    inside += self.seam_inside(self.from + end - 2);
                    if lines::columns(cue) > room {
                        break;
                    }
                }
                let Some(Layout { breaks, cost }) = lines::layout(cue, self.columns_max, lines_max)
                else {
                    break;
                };
                let cost = best[begin].0
                    + inside
                    + LINE_BREAK * cost
                    + self.cue_cost(begin + self.from, end + self.from);
                if cost < best[end].0 {
                    best[end] = (cost, begin, breaks);
                }
            }
        }
        let first = drafts.len();
        let mut end = count;
        while end > 0 {
            let (_, begin, breaks) = &best[end];
            drafts.push(self.draft(self.from + begin..self.from + end, breaks));
            end = *begin;
        }
        drafts[first..].reverse();
    }

    fn draft(&self, range: Range<usize>, breaks: &[usize]) -> Draft {
        let cue = &self.atoms[range.clone()];
        let starts = std::iter::once(0).chain(breaks.iter().copied());
        let ends = breaks.iter().copied().chain(std::iter::once(cue.len()));
        let lines = starts.zip(ends).map(|(from, to)| lines::text(&cue[from..to])).collect();
        Draft { atoms: range, lines }
    }

    fn seam_inside(&self, at: usize) -> f32 {
        let sentence = if self.atoms[at].after.sentence { SENTENCE_INSIDE } else { 0.0 };
        sentence + PAUSE_INSIDE * pause_weight(pause_after(self.atoms, at))
    }

    fn cue_cost(&self, begin: usize, end: usize) -> f32 {
        let cue = &self.atoms[begin..end];
        let (limits, last) = (self.limits, end - 1);
        let spoken = (self.atoms[last].span.end - cue[0].span.start).0.max(1);
        let free = pause_after(self.atoms, last).min(LINGER_MS) - limits.gap_min.0;
        let shown =
            (spoken + free.max(-limits.gap_min.0)).clamp(1, limits.duration_max.0.max(1)) as f32;
        let spaces: usize = cue.iter().skip(1).map(|it| usize::from(it.space)).sum();
        let units = (cue.iter().map(|it| it.units).sum::<usize>() + spaces) as f32;

        let room = self.columns_max as f32 * f32::from(limits.lines.max(1));
        let fullness = lines::columns(cue) as f32 / room.max(1.0);
        let mut cost = CUE + FULLNESS * fullness * fullness + self.break_cost(begin, last);
        cost += SHORT_TEXT * (1.0 - units / UNITS_MIN).max(0.0);
        cost += SHORT_TIME * (1.0 - shown / limits.duration_min.0.max(1) as f32).max(0.0);
        let excess = (spoken - limits.duration_max.0) as f32 / 1000.0;
        if excess > 0.0 {
            cost += LONG_TIME + LONG_TIME_A_SECOND * excess;
        }
        let speed = units * 1000.0 / shown;
        cost += OVER_TARGET * (speed / limits.cps_target.max(1.0) - 1.0).clamp(0.0, 3.0);
        if speed > limits.cps_max {
            cost += OVER_MAX * (speed / limits.cps_max.max(1.0)).min(3.0);
        }
        cost
    }

    fn break_cost(&self, begin: usize, last: usize) -> f32 {
        let sentence_inside = self.atoms[begin..last].iter().any(|it| it.after.sentence);
        let starts_late = begin > self.from && !self.atoms[begin - 1].after.sentence;
        let rest = if sentence_inside && starts_late { SENTENCE_CUT_SHORT } else { 0.0 };
        if last + 1 == self.to {
            return rest;
        }
        let here = &self.atoms[last];
        let mut cost =
            here.after.cost - PAUSE_AT_BREAK * pause_weight(pause_after(self.atoms, last));
        if here.utterance_ends {
            cost -= UTTERANCE_AT_BREAK;
        }
        let cut_short = sentence_inside && !here.after.sentence;
        cost.max(0.0) + rest + if cut_short { SENTENCE_CUT_SHORT } else { 0.0 }
    }
}
