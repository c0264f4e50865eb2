//! The translation of a sentence back over the cues it is shown in, and onto the screen.

use super::super::cue::atoms::{Atom, of_text, reading_units};
use super::super::cue::{CueLimits, columns_max, lines};
use super::super::lang::Lang;
use super::cut::has_words;
use super::line::SourceCue;
use super::speakers::speakers;

/// A cut that is off by a whole part costs this, and the square counts; the places themselves cost from 0 (the end of a
/// sentence) over 4 (between two words) to 20 (inside of a word). So a comma is worth two fifths of a part.
const OFF_WEIGHT: f64 = 16.0;
/// A line wider than the others costs this a full line, and the square counts.
const RAGGED_WEIGHT: f64 = 6.0;
/// Lines up to which the layout of recognised cues is asked: it tries all places for all breaks.
const LAYOUT_LINES_MAX: u8 = 3;

/// A sentence's translation in parts, one for each of `cues`, in the proportion of their times and their texts, cut
/// where `lang` allows it (punctuation first, then words, single characters at last where there are no spaces); joined
/// again the parts are the text, and each has words. `None` where it is too short for so many.
pub fn spread(text: &str, cues: &[SourceCue], lang: &Lang) -> Option<Vec<String>> {
    let atoms = of_text(text, lang, usize::MAX);
    divide(&atoms, cues, lang).or_else(|| {
        let characters = || of_text(text, lang, 1);
        (!lang.has_spaces()).then(characters).and_then(|it| divide(&it, cues, lang))
    })
}

/// Atoms in parts; `None` where some part would have no words.
fn divide(atoms: &[Atom], cues: &[SourceCue], lang: &Lang) -> Option<Vec<String>> {
    if cues.is_empty() || atoms.len() < cues.len() {
        return None;
    }
    let ends = running(atoms.iter().map(|it| (it.units + usize::from(it.space)) as f64));
    let words = running(atoms.iter().map(|it| f64::from(u8::from(has_words(&it.text)))));
    let wanted = shares(cues, lang);
    let (all, part) = (ends.last().copied()?, ends.last().copied()? / cues.len() as f64);
    // For each cut its best place, given that of the one before: `best[at]` is the least cost of all cuts so far where
    // the last stands before atom `at`, and `from` is where the one before it stands.
    let mut best = vec![f64::INFINITY; atoms.len() + 1];
    best[0] = 0.0;
    let mut chosen: Vec<Vec<usize>> = Vec::with_capacity(cues.len());
    for cut in 1..=cues.len() {
        let mut next = vec![f64::INFINITY; atoms.len() + 1];
        let mut from = vec![0; atoms.len() + 1];
        let (mut least, mut least_at, mut left) = (f64::INFINITY, 0, 0);
        for at in 1..=atoms.len() {
            // Everything up to `left` may be where the part before begins: it has words up to here.
            while left < at && words_between(&words, left, at) {
                if best[left] < least {
                    (least, least_at) = (best[left], left);
                }
                left += 1;
            }
            let last = cut == cues.len();
            if last != (at == atoms.len()) {
                continue;
            }
            let off = (ends[at - 1] - all * wanted[cut - 1]) / part.max(1.0);
            let place = if last { 0.0 } else { f64::from(atoms[at - 1].after.cost) };
            (next[at], from[at]) = (least + OFF_WEIGHT * off * off + place, least_at);
        }
        best = next;
        chosen.push(from);
    }
    best[atoms.len()].is_finite().then(|| parts(atoms, &chosen))
}

/// Sums up to and with each.
fn running(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    numbers
        .map(|it| {
            sum += it;
            sum
        })
        .collect()
}

fn words_between(words: &[f64], from: usize, to: usize) -> bool {
    let before = from.checked_sub(1).map_or(0.0, |it| words[it]);
    words[to - 1] > before
}

fn parts(atoms: &[Atom], chosen: &[Vec<usize>]) -> Vec<String> {
    let mut parts = Vec::with_capacity(chosen.len());
    let mut to = atoms.len();
    for from in chosen.iter().rev() {
        parts.push(lines::text(&atoms[from[to]..to]));
        to = from[to];
    }
    parts.reverse();
    parts
}

/// How much of the whole has been read at the end of each cue, 0 to 1: what their times say, and twice what their texts
/// say, because a cue often stays longer than it is spoken.
fn shares(cues: &[SourceCue], lang: &Lang) -> Vec<f64> {
    let length = |it: &SourceCue| it.span.end.0.saturating_sub(it.span.start.0).max(0) as f64;
    let times = running(cues.iter().map(length));
    let texts = running(cues.iter().map(|it| reading_units(&it.text, lang.is_wide()) as f64));
    let mut told: Vec<&[f64]> = vec![&times, &texts, &texts];
    told.retain(|it| it.last().is_some_and(|all| *all > 0.0));
    let equal = running(cues.iter().map(|_| 1.0));
    if told.is_empty() {
        told.push(&equal);
    }
    let share = |of: &[f64], at: usize| of.last().map_or(1.0, |all| of[at] / all);
    let mean = |at: usize| told.iter().map(|it| share(it, at)).sum::<f64>() / told.len() as f64;
    (0..cues.len()).map(mean).collect()
}

/// A cue's text in lines: balanced, as few and as narrow as `limits` ask for where that is possible, else more lines;
/// each speaker of a dialogue begins a line. Right-to-left and wide scripts as they are read.
pub fn wrap(text: &str, lang: &Lang, limits: &CueLimits) -> Vec<String> {
    let wide = columns_max(lang, limits);
    let said = speakers(text);
    let lines_max = if said.len() > 1 { 1 } else { limits.lines.clamp(1, LAYOUT_LINES_MAX) };
    said.iter().flat_map(|it| laid_out(&of_text(it, lang, wide), wide, lines_max)).collect()
}

fn laid_out(atoms: &[Atom], columns_max: usize, lines_max: u8) -> Vec<String> {
    if atoms.is_empty() {
        return Vec::new();
    }
    let lines_max = usize::from(lines_max);
    let room = lines_max * (columns_max + 1) >= lines::columns(atoms);
    let layout = room.then(|| lines::layout(atoms, columns_max, lines_max)).flatten();
    let breaks = layout.map_or_else(|| narrow(atoms, columns_max), |it| it.breaks);
    let starts = std::iter::once(0).chain(breaks.iter().copied());
    let ends = breaks.iter().copied().chain(std::iter::once(atoms.len()));
    starts.zip(ends).map(|(from, to)| lines::text(&atoms[from..to])).collect()
}

/// Breaks for as few lines as hold the atoms, none wider than `columns_max`, as even as the places allow.
fn narrow(atoms: &[Atom], columns_max: usize) -> Vec<usize> {
    let mut best: Vec<(u32, f64, usize)> = vec![(0, 0.0, 0)];
    for to in 1..=atoms.len() {
        let mut columns = 0;
        let mut found = (u32::MAX, f64::INFINITY, to - 1);
        for from in (0..to).rev() {
            columns += atoms[from].columns + usize::from(from + 1 < to && atoms[from + 1].space);
            if columns > columns_max && from + 1 < to {
                break;
            }
            let (lines, cost, _) = best[from];
            let ragged = 1.0 - columns as f64 / columns_max.max(1) as f64;
            let place = if to == atoms.len() { 0.0 } else { f64::from(atoms[to - 1].after.cost) };
            let cost = cost + RAGGED_WEIGHT * ragged * ragged + place;
            if (lines + 1, cost) < (found.0, found.1) {
                found = (lines + 1, cost, from);
            }
        }
        best.push(found);
    }
    let mut breaks = Vec::new();
    let mut at = atoms.len();
    while best[at].2 > 0 {
        at = best[at].2;
        breaks.push(at);
    }
    breaks.reverse();
    breaks
}

#[cfg(test)]
#[path = "spread_tests.rs"]
mod tests;
