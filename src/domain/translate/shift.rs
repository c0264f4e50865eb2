//! Do translations stand beside their own sources? Models merge two lines and shift all that follow.
//!
//! After Gale and Church, "A program for aligning sentences in bilingual corpora" (1993): a translation is about as
//! long as its source, so what stands in each place has a cost, and the ways a batch may have gone wrong are compared
//! with what is there. Beyond lengths, question marks, names, numbers and words of common descent tell.

mod evidence;
mod repeats;
mod ways;
#[cfg(test)]
mod dialogue_texts;
#[cfg(test)]
mod tests;

use super::super::lang::Lang;
use super::figures::digit;
use super::fold::words;
use evidence::{Text, cost};
use std::collections::BTreeSet;

/// A dialogue in English, German, French and Chinese, for the tests of what is beside this.
#[cfg(test)]
pub(super) fn dialogue() -> &'static [[&'static str; 4]] {
    dialogue_texts::DIALOGUE
}

/// One source and what was said for it.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The source.
    pub source: &'a str,
    /// What was said for it, cleaned.
    pub said: &'a str,
}

/// Lines from which on the batch's own lengths tell how long its translations are.
const LINES_PRIOR: f64 = 2.0;

/// Places of pairs that look as if they were another line's translation: lengths, numbers, names, punctuation, repeated
/// neighbours. Empty where all looks well.
pub fn suspicious(pairs: &[Beside<'_>], from: &Lang, to: &Lang) -> Vec<usize> {
    let sources: Vec<Text> = pairs.iter().map(|it| Text::of(it.source, from)).collect();
    let mut said: Vec<Text> = pairs.iter().map(|it| Text::of(it.said, to)).collect();
    let usual = usual_ratio(&sources, &said);
    for it in &mut said {
        it.chars /= usual;
    }
    let merged: Vec<Text> = pairs
        .windows(2)
        .map(|two| Text::of(&format!("{} {}", two[0].source, two[1].source), from))
        .collect();
    let mut found = BTreeSet::new();
    found.extend(ways::moved(&sources, &merged, &said));
    found.extend(ways::swapped(&sources, &said));
    found.extend(repeats::repeated(pairs, from, to));
    found.into_iter().collect()
}

/// How much longer translations are here than is usual for their languages: the median, pulled to 1 where few lines
/// speak.
fn usual_ratio(sources: &[Text], said: &[Text]) -> f64 {
    let ratio = |(source, said): (&Text, &Text)| evidence::log_ratio(source, said);
    let mut ratios: Vec<f64> = sources.iter().zip(said).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    let count = ratios.len();
    if count == 0 {
        return 1.0;
    }
    let median = (ratios[count / 2] + ratios[(count - 1) / 2]) / 2.0;
    (median * count as f64 / (count as f64 + LINES_PRIOR)).exp()
}

/// Does an echo name the line it stands for? The echo is the first words of a source as a model copied them: case,
/// punctuation, spacing and marks do not matter, the last word may be cut, and few letters may be wrong; numbers may
/// not.
pub fn echoes(echo: &str, source: &str) -> bool {
    let (echo, source) = (words(echo), words(source));
    let (heard, wanted): (String, String) = (echo.concat(), source.concat());
    if heard.is_empty() || wanted.is_empty() {
        return heard == wanted;
    }
    let digits = |it: &str| it.chars().filter_map(digit).collect::<Vec<u32>>();
    digits(&wanted).starts_with(&digits(&heard)) && near_beginning(&heard, &wanted)
}

/// Characters of an echo of which one may be wrong.
const ECHO_CHARS_AN_ERROR: usize = 6;
/// Characters of an echo that are looked at.
const ECHO_CHARS_MAX: usize = 120;

/// True where an echo is a beginning of the source but for few characters: the edit distance to the nearest one.
fn near_beginning(heard: &str, wanted: &str) -> bool {
    let heard: Vec<char> = heard.chars().take(ECHO_CHARS_MAX).collect();
    let errors_max = heard.len() / ECHO_CHARS_AN_ERROR;
    let wanted: Vec<char> = wanted.chars().take(heard.len() + errors_max).collect();
    let mut row: Vec<usize> = (0..=wanted.len()).collect();
    for (i, a) in heard.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in wanted.iter().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.into_iter().min().is_some_and(|it| it <= errors_max)
}
