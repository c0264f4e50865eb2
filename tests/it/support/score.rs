//! The yardstick: word errors, cue starts, silence kept free, and whether a viewer can read it.

use super::film::Film;
use super::srt::SrtCue;
use super::words::words;
use std::collections::HashMap;
use std::fmt;

/// A cue with no true onset of speech nearer than this is unmatched: a failure, worse than any error.
const MATCH_MS_MAX: u64 = 1_000;
/// A passage counts from so long after speech, because a cue may be held until it is read...
const HELD_MS: u64 = 1_000;
/// ...until so long before the next speech, because a cue may show a little early.
const EARLY_MS: u64 = 500;
/// Shorter passages (with both margins) are pauses inside of talk.
const PASSAGE_MS_MIN: u64 = 2_000;
/// Characters a second that no viewer can read.
const CPS_MAX: f64 = 25.0;
const COLUMNS_MAX: usize = 42;
const LINES_MAX: usize = 2;

/// Word errors against a reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Errors {
    /// Words missing, added or wrong.
    pub(crate) wrong: usize,
    /// Words of the reference.
    pub(crate) words: usize,
}

impl Errors {
    /// Errors per word of the reference, in percent.
    pub(crate) fn percent(self) -> f64 {
        100.0 * self.wrong as f64 / self.words.max(1) as f64
    }
}

impl std::ops::Add for Errors {
    type Output = Errors;
    fn add(self, other: Errors) -> Errors {
        Errors { wrong: self.wrong + other.wrong, words: self.words + other.words }
    }
}

/// The least number of words to add, leave out or change (Levenshtein).
pub(crate) fn word_errors(reference: &[String], heard: &[String]) -> Errors {
    let mut numbers = HashMap::new();
    let mut number = |word: &String| {
        let next = numbers.len();
        *numbers.entry(word.clone()).or_insert(next)
    };
    let reference: Vec<usize> = reference.iter().map(&mut number).collect();
    let heard: Vec<usize> = heard.iter().map(&mut number).collect();
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (line, word) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in heard.iter().enumerate() {
            let changed = diagonal + usize::from(word != other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    Errors { wrong: row[heard.len()], words: reference.len() }
}

/// How good the cues of a film, or of several, are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Score {
    /// Words.
    pub(crate) errors: Errors,
    /// Distance of every cue's start from the nearest true onset of speech, sorted; `u64::MAX` where unmatched.
    pub(crate) start_errors_ms: Vec<u64>,
    /// Passages of silence or music of some length.
    pub(crate) passages: usize,
    /// Of these, passages in which no cue shows.
    pub(crate) passages_free: usize,
    /// Their time.
    pub(crate) passages_ms: u64,
    /// Of this, time in which no cue shows.
    pub(crate) passages_free_ms: u64,
    /// Cues that go by too fast to be read.
    pub(crate) too_fast: usize,
    /// Cues with too many lines or columns.
    pub(crate) too_large: usize,
}

impl Score {
    /// Holds the cues of a film against what is known of it.
    pub(crate) fn of(film: &Film, cues: &[SrtCue]) -> Score {
        let text: Vec<&str> = cues.iter().flat_map(|it| &it.lines).map(String::as_str).collect();
        let mut score = Score {
            errors: word_errors(&film.words, &words(&text.join(" "), film.lang)),
            start_errors_ms: cues.iter().map(|it| start_error_ms(film, it.span.start)).collect(),
            too_fast: cues.iter().filter(|it| characters_a_second(it) > CPS_MAX).count(),
            too_large: cues.iter().filter(|it| is_too_large(it)).count(),
            ..Score::default()
        };
        for passage in film.passages() {
            let (start, end) = (passage.start + HELD_MS, passage.end.saturating_sub(EARLY_MS));
            if passage.end - passage.start < PASSAGE_MS_MIN {
                continue;
            }
            let shown =
                cues.iter().map(|it| it.span.end.min(end).saturating_sub(it.span.start.max(start)));
            let shown = shown.sum::<u64>().min(end - start);
            score.passages += 1;
            score.passages_free += usize::from(shown == 0);
            score.passages_ms += end - start;
            score.passages_free_ms += end - start - shown;
        }
        score.start_errors_ms.sort_unstable();
        score
    }

    /// Counts several films as one.
    pub(crate) fn add(&mut self, other: &Score) {
        self.errors = self.errors + other.errors;
        self.start_errors_ms.extend(&other.start_errors_ms);
        self.start_errors_ms.sort_unstable();
        self.passages += other.passages;
        self.passages_free += other.passages_free;
        self.passages_ms += other.passages_ms;
        self.passages_free_ms += other.passages_free_ms;
        self.too_fast += other.too_fast;
        self.too_large += other.too_large;
    }

    /// The start error that so many percent of the cues do not exceed; `u64::MAX` for unmatched.
    pub(crate) fn start_error_ms(&self, percent: usize) -> u64 {
        let rank = (self.start_errors_ms.len() * percent).div_ceil(100).max(1) - 1;
        self.start_errors_ms.get(rank).copied().unwrap_or(u64::MAX)
    }

    /// Share of the silence and music, as time, in which no cue shows; percent.
    pub(crate) fn free_time_percent(&self) -> f64 {
        100.0 * self.passages_free_ms as f64 / self.passages_ms.max(1) as f64
    }

    /// Share of the passages of silence and music in which no cue shows at all; percent.
    pub(crate) fn free_passages_percent(&self) -> f64 {
        100.0 * self.passages_free as f64 / self.passages.max(1) as f64
    }

    /// Share of the cues that go by too fast to be read; percent.
    pub(crate) fn too_fast_percent(&self) -> f64 {
        100.0 * self.too_fast as f64 / self.start_errors_ms.len().max(1) as f64
    }

    /// Cues without an onset of speech near their start.
    pub(crate) fn unmatched(&self) -> usize {
        self.start_errors_ms.iter().filter(|it| **it == u64::MAX).count()
    }
}

/// Head of the table that [`Score`] prints its line for.
pub(crate) const TABLE_HEAD: &str = "  words    WER % | cues  median ms  p95 ms  unmatched \
    | free time %  passages % | fast %  large";

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |percent| match self.start_error_ms(percent) {
            u64::MAX => "none".to_owned(),
            it => it.to_string(),
        };
        write!(f, "{:7} {:8.2} |", self.errors.words, self.errors.percent())?;
        let cues = self.start_errors_ms.len();
        write!(f, "{cues:5} {:>10} {:>7} {:10} |", ms(50), ms(95), self.unmatched())?;
        write!(f, "{:12.1} {:11.1} |", self.free_time_percent(), self.free_passages_percent())?;
        write!(f, "{:7.1} {:6}", self.too_fast_percent(), self.too_large)
    }
}

fn start_error_ms(film: &Film, start_ms: u64) -> u64 {
    let errors = film.speech.iter().map(|it| it.start.abs_diff(start_ms));
    errors.min().filter(|it| *it <= MATCH_MS_MAX).unwrap_or(u64::MAX)
}

fn characters_a_second(cue: &SrtCue) -> f64 {
    let characters: usize = cue.lines.iter().map(|it| it.chars().count()).sum();
    characters as f64 * 1000.0 / cue.span.end.saturating_sub(cue.span.start).max(1) as f64
}

fn is_too_large(cue: &SrtCue) -> bool {
    cue.lines.len() > LINES_MAX || cue.lines.iter().any(|it| it.chars().count() > COLUMNS_MAX)
}
