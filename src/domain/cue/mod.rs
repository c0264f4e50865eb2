//! Cues: what a viewer reads, when, in at most two balanced lines.

mod settle;
pub(super) mod seam;
mod seam_words;
pub(super) mod atoms;
pub(super) mod lines;
mod split;
mod timing;
#[cfg(test)]
mod examples_tests;
#[cfg(test)]
mod rules_tests;

use super::lang::Lang;
use super::time::{Ms, Span};
use super::transcript::{Transcript, Word};
use serde::{Deserialize, Serialize};

/// One subtitle: when it shows and its lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// When it shows.
    pub span: Span,
    /// One or two lines, none empty, no line breaks inside.
    pub lines: Vec<String>,
    /// The least probability of its words, 0 to 1: where a second look pays.
    pub confidence: f32,
}

/// Limits for cues (P-16, +2); every one a setting in `[cue]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CueLimits {
    /// Characters a second a viewer reads with ease; cues are stretched into silence to reach it.
    pub cps_target: f32,
    /// Characters a second never exceeded where the film leaves room.
    pub cps_max: f32,
    /// Columns of a line; for wide scripts (CJK) see `chars_per_line_wide`.
    pub chars_per_line: u16,
    /// Characters of a line in wide scripts.
    pub chars_per_line_wide: u16,
    /// Lines of a cue.
    pub lines: u8,
    /// Shortest time on screen.
    pub duration_min: Ms,
    /// Longest time on screen.
    pub duration_max: Ms,
    /// Least time between two cues.
    pub gap_min: Ms,
}

impl Default for CueLimits {
    fn default() -> CueLimits {
        CueLimits {
            cps_target: 17.0,
            cps_max: 25.0,
            chars_per_line: 42,
            chars_per_line_wide: 18,
            lines: 2,
            duration_min: Ms(1000),
            duration_max: Ms(7000),
            gap_min: Ms(83),
        }
    }
}

/// Cuts a transcript on the video's clock into cues; `end` is the length of the video.
///
/// Rules (P-16, +2), for any words: none is lost, doubled or moved; at most `lines` lines, none
/// wider than the limit
/// (only a single character may be); cues in order, apart by `gap_min` where there is room, never
/// before 0 or after
/// `end` (which is ignored where it leaves less than a millisecond a cue); none longer than `duration_max`.
pub fn build(
    transcript: &Transcript,
    lang: &Lang,
    limits: &CueLimits,
    end: Option<Ms>,
) -> Vec<Cue> {
    let columns_max = columns_max(lang, limits);
    let words: Vec<&Word> = transcript.utterances.iter().flat_map(|it| &it.words).collect();
    let times = settle::settle(&words, &transcript.speech, end);
    let atoms = atoms::atoms(transcript, &times, lang, columns_max);
    let drafts = split::split(&atoms, limits, columns_max);
    let spoken: Vec<timing::Spoken> = drafts
        .iter()
        .map(|it| {
            let (first, last) = (&atoms[it.atoms.start], &atoms[it.atoms.end - 1]);
            let units = units(&it.lines, lang);
            timing::Spoken { span: Span::new(first.span.start.0, last.span.end.0), units }
        })
        .collect();
    let spans = timing::lay(&spoken, limits, end);
    let cue = |(draft, span): (split::Draft, Span)| Cue {
        span,
        confidence: atoms[draft.atoms].iter().map(|it| it.p).fold(1.0, f32::min),
        lines: draft.lines,
    };
    drafts.into_iter().zip(spans).map(cue).collect()
}

/// Widest line in columns: a wide character takes two.
pub(super) fn columns_max(lang: &Lang, limits: &CueLimits) -> usize {
    let columns = if lang.is_wide() {
        2 * usize::from(limits.chars_per_line_wide)
    } else {
        usize::from(limits.chars_per_line)
    };
    columns.max(1)
}

/// Characters of a cue as a reader sees them, spaces and punctuation included; a line break counts
/// as a space.
pub fn chars(cue: &Cue) -> usize {
    lines_units(&cue.lines, false)
}

/// Reading speed in characters a second, to be held against `cps_target` and `cps_max` in every
/// language: in wide scripts
/// a wide character counts as two, so that 17 means 8.5 Chinese characters.
pub fn cps(cue: &Cue, lang: &Lang) -> f32 {
    units(&cue.lines, lang) as f32 * 1000.0 / cue.span.len().0.max(1) as f32
}

fn units(lines: &[String], lang: &Lang) -> usize {
    lines_units(lines, lang.is_wide())
}

fn lines_units(lines: &[String], wide: bool) -> usize {
    let breaks = lines.len().saturating_sub(1);
    lines.iter().map(|it| atoms::reading_units(it, wide)).sum::<usize>() + breaks
}
