//! The running text as atoms: the smallest pieces that are not broken, each with its time and the seam after it.

use super::seam::{Joint, Seam, is_dash, is_dense, seam};
use crate::domain::lang::Lang;
use crate::domain::time::{Ms, Span};
use crate::domain::transcript::{Transcript, Utterance, Word};
use icu_segmenter::options::{LineBreakOptions, WordBreakInvariantOptions};
use icu_segmenter::{LineSegmenter, WordSegmenter};
use std::collections::{BTreeMap, BTreeSet};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};
use unicode_width::UnicodeWidthStr;

/// A silence this long divides even a word from the rest of itself.
const SILENCE_IN_WORD_MS: i64 = 1500;
/// Where there are no spaces a text is taken in words of this length: the time of a character is counted from the start
/// of its word.
const WORD_CHARS_MAX: usize = 64;

/// A piece of text that stays whole: a word with its punctuation, or a part of a word too long for a line.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain) struct Atom {
    /// Its text, no space at either end.
    pub(in crate::domain) text: String,
    /// True where a space stands before it.
    pub(in crate::domain) space: bool,
    /// Its width in columns.
    pub(in crate::domain) columns: usize,
    /// What it costs to read, see [`reading_units`].
    pub(in crate::domain) units: usize,
    /// When it is spoken.
    pub(in crate::domain) span: Span,
    /// The least probability of its words.
    pub(in crate::domain) p: f32,
    /// The place after it; a sentence end after the last atom.
    pub(in crate::domain) after: Seam,
    /// True where the recogniser began a new segment after it.
    pub(in crate::domain) utterance_ends: bool,
}

/// Characters as a reader sees them (grapheme clusters). In wide scripts a wide character counts as two, since it says
/// about twice as much and is read half as fast: Netflix asks for 17 characters a second in English, 9 in Chinese.
pub(in crate::domain) fn reading_units(text: &str, wide: bool) -> usize {
    text.graphemes(true).map(|it| if wide { it.width().clamp(1, 2) } else { 1 }).sum()
}

/// A stretch of the running text that came from one word.
struct Piece {
    from: usize,
    span: Span,
    p: f32,
    utterance_begins: bool,
}

/// The running text with what is known of its parts.
struct Running {
    text: String,
    pieces: Vec<Piece>,
}

/// Atoms of a whole transcript; `times` are the settled times of its words, in order, those of empty words included.
/// No atom is wider than `columns_max` unless it is a single character.
pub(super) fn atoms(
    transcript: &Transcript,
    times: &[Span],
    lang: &Lang,
    columns_max: usize,
) -> Vec<Atom> {
    let running = run_together(transcript, times);
    let mut atoms: Vec<Atom> = Vec::new();
    let mut joints: Vec<Joint> = Vec::new();
    let mut from = 0;
    for (to, joint) in places(&running) {
        for (begin, finish) in fit(&running.text, from, to, columns_max) {
            let Some(atom) = atom(&running, begin, finish, lang) else { continue };
            if finish == to {
                joints.push(joint);
            } else {
                joints.push(Joint::Cut);
            }
            atoms.push(atom);
        }
        from = to;
    }
    for at in 1..atoms.len() {
        let (left, right) = (&atoms[at - 1], &atoms[at]);
        let pause = (right.span.start - left.span.end).0;
        let joint = if right.space { Joint::Space } else { joints[at - 1] };
        atoms[at - 1].after = seam(&left.text, &right.text, joint, lang.primary(), pause);
    }
    atoms
}

/// Atoms of a text nobody speaks: every character takes as long as any other.
pub(in crate::domain) fn of_text(text: &str, lang: &Lang, columns_max: usize) -> Vec<Atom> {
    let mut words = Vec::new();
    let mut time = 0;
    for word in text.split(is_breaking_space).filter(|it| !it.is_empty()) {
        let starts: Vec<usize> =
            word.char_indices().map(|it| it.0).step_by(WORD_CHARS_MAX).collect();
        let ends = starts.iter().copied().skip(1).chain(std::iter::once(word.len()));
        for (from, to) in starts.iter().copied().zip(ends) {
            let part = &word[from..to];
            let chars = part.chars().count() as i64;
            let span = Span::new(time, time + chars);
            words.push(Word { span, text: part.to_owned(), space_before: from == 0, p: 1.0 });
            time += chars;
        }
        time += 1;
    }
    let times: Vec<Span> = words.iter().map(|it| it.span).collect();
    let utterance = Utterance { words, language: lang.tag().to_owned(), window: 0 };
    let transcript = Transcript { utterances: vec![utterance], ..Transcript::default() };
    atoms(&transcript, &times, lang, columns_max)
}

/// The whole text, white space made single spaces; between segments of the recogniser there is one unless the script
/// needs none.
fn run_together(transcript: &Transcript, times: &[Span]) -> Running {
    let mut running = Running { text: String::new(), pieces: Vec::new() };
    let mut times = times.iter();
    for utterance in &transcript.utterances {
        let mut begins = true;
        for (word, span) in utterance.words.iter().zip(&mut times) {
            let total = word.text.chars().count().max(1) as i64;
            let mut done = 0;
            let mut space = word.space_before;
            for part in word.text.split(is_breaking_space) {
                let chars = part.chars().count() as i64;
                let time = |done: i64| span.start.0 + span.len().0 * done / total;
                let time = Span::new(time(done), time(done + chars));
                done += chars + 1;
                if !part.trim().is_empty() {
                    running.append(part, time, word.p, space, begins);
                    begins = false;
                }
                space = true;
            }
        }
    }
    running
}

fn is_breaking_space(it: char) -> bool {
    it.is_whitespace() && !matches!(it, '\u{a0}' | '\u{202f}' | '\u{2007}')
}

impl Running {
    fn append(&mut self, part: &str, span: Span, p: f32, space: bool, utterance_begins: bool) {
        let full_stop = |it: char| is_dense(it) && !it.is_alphanumeric();
        let parted = utterance_begins
            && self.text.chars().next_back().is_some_and(|it| !full_stop(it))
            && part.chars().next().is_some_and(char::is_alphanumeric);
        if !self.text.is_empty() && (space || parted) {
            self.text.push(' ');
        }
        self.pieces.push(Piece { from: self.text.len(), span, p, utterance_begins });
        self.text.push_str(part);
    }

    /// The piece that holds the byte at `at`.
    fn piece(&self, at: usize) -> Option<usize> {
        self.pieces.partition_point(|it| it.from <= at).checked_sub(1)
    }

    fn piece_end(&self, index: usize) -> usize {
        self.pieces.get(index + 1).map_or(self.text.len(), |it| it.from)
    }

    /// When the character that begins at (or, with `ending`, ends before) byte `at` is spoken.
    fn time(&self, at: usize, ending: bool) -> Ms {
        let Some(index) = self.piece(if ending { at.saturating_sub(1) } else { at }) else {
            return Ms(0);
        };
        let piece = &self.pieces[index];
        let text = self.text[piece.from..self.piece_end(index)].trim_end();
        let total = text.chars().count().max(1) as i64;
        let done = self.text[piece.from..at].chars().count() as i64;
        Ms(piece.span.start.0 + piece.span.len().0 * done.min(total) / total)
    }
}

/// The places where the text may be broken, as byte offsets, the end of the text last.
fn places(running: &Running) -> Vec<(usize, Joint)> {
    let text = running.text.as_str();
    let words: BTreeSet<usize> =
        WordSegmenter::new_auto(WordBreakInvariantOptions::default()).segment_str(text).collect();
    let mut places: BTreeMap<usize, Joint> = BTreeMap::new();
    for at in LineSegmenter::new_auto(LineBreakOptions::default()).segment_str(text) {
        let (left, right) = (text[..at].chars().next_back(), text[at..].chars().next());
        let joint = match (left, right) {
            (None, _) => continue,
            (Some(_), None) => Joint::Space,
            (Some(' '), Some(_)) => Joint::Space,
            (Some(_), Some(right)) if is_dash(right) || !is_character_start(text, at) => continue,
            (Some(left), Some(right)) if is_dense(left) || is_dense(right) => {
                if !words.contains(&at) {
                    continue;
                }
                Joint::Dense
            }
            (Some(_), Some(_)) => Joint::Hyphen,
        };
        places.insert(at, joint);
    }
    for (index, pair) in running.pieces.windows(2).enumerate() {
        let at = pair[1].from;
        let long = (pair[1].span.start - pair[0].span.end).0 >= SILENCE_IN_WORD_MS;
        let said = |piece: &str| piece.chars().any(char::is_alphanumeric);
        let next = running.piece_end(index + 1);
        if long
            && is_character_start(text, at)
            && said(&text[pair[0].from..at])
            && said(&text[at..next])
        {
            places.entry(at).or_insert(Joint::Cut);
        }
    }
    places.into_iter().collect()
}

fn is_character_start(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap_or(false)
}

/// The text from `from` to `to` in parts of at most `columns_max`, cut between characters as a reader sees them.
fn fit(text: &str, from: usize, to: usize, columns_max: usize) -> Vec<(usize, usize)> {
    if text[from..to].trim_end().width() <= columns_max {
        return vec![(from, to)];
    }
    let mut parts = Vec::new();
    let mut begin = from;
    for (offset, cluster) in text[from..to].grapheme_indices(true) {
        let at = from + offset;
        if at > begin && text[begin..at + cluster.len()].trim().width() > columns_max {
            parts.push((begin, at));
            begin = at;
        }
    }
    parts.push((begin, to));
    parts
}

fn atom(running: &Running, from: usize, to: usize, lang: &Lang) -> Option<Atom> {
    let raw = &running.text[from..to];
    let text = raw.trim();
    if text.is_empty() {
        return None;
    }
    let begin = from + (raw.len() - raw.trim_start().len());
    let finish = begin + text.len();
    // Punctuation may be a word of its own with a time far away: letters tell when something is said.
    let first =
        text.char_indices().find(|it| it.1.is_alphanumeric()).map_or(begin, |it| begin + it.0);
    let last = text.char_indices().rfind(|it| it.1.is_alphanumeric());
    let last = last.map_or(finish, |(at, it)| begin + at + it.len_utf8());
    let (start, end) = (running.time(first, false), running.time(last, true));
    let pieces = &running.pieces[running.piece(begin)?..=running.piece(finish - 1)?];
    let p = pieces.iter().map(|it| it.p).fold(1.0_f32, f32::min).max(0.0);
    let next = running.pieces.get(running.piece(finish - 1)? + 1);
    Some(Atom {
        text: text.to_owned(),
        space: running.text[..begin].chars().next_back().is_some_and(char::is_whitespace),
        columns: text.width(),
        units: reading_units(text, lang.is_wide()),
        span: Span::new(start.0, end.0),
        p,
        after: Seam { cost: 0.0, sentence: true },
        utterance_ends: next.is_none_or(|it| it.utterance_begins && it.from <= to),
    })
}
