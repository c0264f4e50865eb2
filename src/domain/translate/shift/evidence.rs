//! What a text tells about the one it was translated from, and how ill two go together.
//!
//! The weights are natural logarithms of odds, fitted to the prompts of Asterisk in five languages (digits taken out),
//! where a person translated each line.

use super::super::super::lang::Lang;
use super::super::figures;
use super::super::fold::words;
use super::super::lengths::in_english;
use std::collections::BTreeSet;

/// Words that begin with so many letters alike are taken for one: names, and words of common descent.
const STEM_CHARS: usize = 4;
/// So many common words at most count.
const STEMS_MAX: usize = 4;
const COMMON_STEM: f64 = 2.0;
/// Characters added to both lengths: short lines vary more.
const CHARS_ADDED: f64 = 3.0;
/// Variance of the logarithm of a ratio of lengths: of long texts, and what is added for each character there is.
const VARIANCE: f64 = 0.05;
const VARIANCE_OF_CHARS: f64 = 0.9;
/// Student's t with few degrees of freedom: translators are free, far off is not impossible.
const FREEDOM: f64 = 4.0;
const LENGTH_COST_MAX: f64 = 9.0;
const QUESTION: f64 = 2.25;
const EXCLAMATION: f64 = 0.8;
const OTHER_MARK: f64 = 0.85;
const OTHER_NUMBERS: f64 = 2.5;
const NO_NUMBER: f64 = 0.7;
const COMMON_NUMBER: f64 = 2.0;

/// A text by what can be compared over languages.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// Its length, characters of English.
    pub(super) chars: f64,
    asks: bool,
    exclaims: bool,
    /// It ends with a comma, breaks off, goes on from before, begins with a dash.
    others: [bool; 4],
    stems: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

impl Text {
    pub(super) fn of(text: &str, lang: &Lang) -> Text {
        let chars = in_english(text, lang);
        let text =
            text.trim_matches(|it: char| it.is_whitespace() || "\"“”„«»「」『』'‘’♪".contains(it));
        let stem = |it: String| {
            let stem: String = it.chars().take(STEM_CHARS).collect();
            (stem.len() == STEM_CHARS && stem.bytes().all(|it| it.is_ascii_lowercase()))
                .then_some(stem)
        };
        Text {
            chars,
            asks: text.contains(['?', '？', '؟'])
                || lang.primary() == "el" && text.ends_with([';', '\u{37E}']),
            exclaims: text.ends_with(['!', '！']),
            others: [
                text.ends_with([',', ':', ';', '，', '：', '、', '-', '–', '—', '،']),
                text.ends_with("...") || text.ends_with('…'),
                text.starts_with("...") || text.starts_with('…'),
                text.starts_with(['-', '–', '—']),
            ],
            stems: words(text).into_iter().filter_map(stem).collect(),
            numbers: figures::numbers(text).into_iter().collect(),
        }
    }
}

/// The logarithm of how much longer a translation is than its source.
pub(super) fn log_ratio(source: &Text, said: &Text) -> f64 {
    ((said.chars + CHARS_ADDED) / (source.chars + CHARS_ADDED)).ln()
}

/// How ill a translation goes with a source: 0 where nothing speaks for or against it.
pub(super) fn cost(source: &Text, said: &Text) -> f64 {
    let ratio = log_ratio(source, said);
    let variance = VARIANCE + VARIANCE_OF_CHARS / ((source.chars + said.chars) / 2.0 + CHARS_ADDED);
    let length = (FREEDOM + 1.0) / 2.0 * (1.0 + ratio * ratio / variance / FREEDOM).ln();
    let unless_same = |a: bool, b: bool, cost: f64| if a == b { 0.0 } else { cost };
    let others: f64 =
        source.others.iter().zip(said.others).map(|(a, b)| unless_same(*a, b, OTHER_MARK)).sum();
    let common = source.stems.intersection(&said.stems).count().min(STEMS_MAX);
    length.min(LENGTH_COST_MAX)
        + unless_same(source.asks, said.asks, QUESTION)
        + unless_same(source.exclaims, said.exclaims, EXCLAMATION)
        + others
        + numbers_cost(source, said)
        - COMMON_STEM * common as f64
}

fn numbers_cost(source: &Text, said: &Text) -> f64 {
    match (source.numbers.is_empty(), said.numbers.is_empty()) {
        (true, true) => 0.0,
        (false, false) if source.numbers.is_disjoint(&said.numbers) => OTHER_NUMBERS,
        (false, false) => -COMMON_NUMBER,
        (true, false) | (false, true) => NO_NUMBER,
    }
}
