//! Neighbours with one translation though their sources differ, or one of whose translations has the other's in it.

use super::super::super::lang::Lang;
use super::super::fold::words;
use super::super::lengths::in_english;
use super::Beside;
use std::collections::BTreeSet;

/// Shorter translations may well be alike: "Yes." and "Right." Letters; a Chinese character counts as three.
const LETTERS_MIN: usize = 12;
const DENSE_LETTERS: usize = 3;
/// Sources with a greater share of common stretches of letters are alike themselves, percent.
const SOURCES_ALIKE_PERCENT: usize = 34;
/// Translations with a greater one are the same.
const SAME_PERCENT: usize = 88;

/// A translation that has its neighbour's in it is that of both only if it is so much longer than expected.
const LONGER: f64 = 1.4;

/// Places of such neighbours.
pub(super) fn repeated(pairs: &[Beside<'_>], from: &Lang, to: &Lang) -> BTreeSet<usize> {
    let is_long = |it: &Beside<'_>| in_english(it.said, to) > LONGER * in_english(it.source, from);
    let alike = |two: &[Beside<'_>]| {
        let (a, b) = (joined(two[0].said), joined(two[1].said));
        let contained = a.contains(&b) && is_long(&two[0]) || b.contains(&a) && is_long(&two[1]);
        let shorter = letters(&a).min(letters(&b));
        shorter >= LETTERS_MIN
            && (contained || near(&a, &b) && common_percent(&a, &b, true) >= SAME_PERCENT)
            && common_percent(&joined(two[0].source), &joined(two[1].source), false)
                < SOURCES_ALIKE_PERCENT
    };
    let found = pairs.windows(2).enumerate().filter(|(_, two)| alike(two)).map(|it| it.0);
    found.flat_map(|at| [at, at + 1]).collect()
}

/// False where lengths alone tell that two texts are not the same.
fn near(a: &str, b: &str) -> bool {
    a.len().min(b.len()) * 100 >= a.len().max(b.len()) * (SAME_PERCENT - 20)
}

fn joined(text: &str) -> String {
    words(text).join(" ")
}

fn letters(text: &str) -> usize {
    text.chars().map(|it| if it > '\u{2E80}' { DENSE_LETTERS } else { 1 }).sum()
}

/// How many of the stretches of the longer or the shorter text both have, percent; stretches of three letters, of two
/// where a character says more.
fn common_percent(a: &str, b: &str, of_longer: bool) -> usize {
    let (a, b) = (stretches(a), stretches(b));
    let of = if of_longer { a.len().max(b.len()) } else { a.len().min(b.len()) };
    a.intersection(&b).count() * 100 / of.max(1)
}

fn stretches(text: &str) -> BTreeSet<Vec<char>> {
    let chars: Vec<char> = text.chars().collect();
    let long = if chars.iter().any(|it| *it > '\u{2E80}') { 2 } else { 3 };
    chars.windows(long).map(<[char]>::to_vec).collect()
}
