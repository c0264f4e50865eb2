//! SubRip: numbered cues, as lenient as the players that made it grow.

use super::super::cue::Cue;
use super::super::time::Span;
use super::document::{CUES_MAX, Entry, Times};
use super::markup::{self, Dialect};
use super::text::JOINER;
use super::timing;
use std::ops::Range;

/// Cues of a SubRip text. Every line with two time codes begins one; a number in the line before belongs to it.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    scan(text, false)
}

/// What SubRip and WebVTT share. Text ends at an empty line where `blank_ends`, else at the next cue: players show
/// SubRip text that stands after an empty line.
pub(super) fn scan(text: &str, blank_ends: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut open: Option<Open> = None;
    for line in timing::lines(text) {
        let content = text[line.clone()].trim();
        let start = line.start + (text[line.clone()].len() - text[line.clone()].trim_start().len());
        if let Some(codes) = timing::timing_line(content) {
            entries.extend(open.take().map(Open::before_next));
            if entries.len() > CUES_MAX {
                return entries;
            }
            let at = codes.at.map(|it| start + it.start..start + it.end);
            open = Some(Open::new(Times { span: codes.span, at }, line.end));
        } else if content.is_empty() {
            if let Some(it) = &mut open {
                it.number_last = false;
                it.ended = blank_ends;
            }
        } else if let Some(it) = open.as_mut().filter(|it| !it.ended) {
            it.add(start..start + content.len(), is_number(content));
        }
    }
    entries.extend(open.map(Open::close));
    entries
}

/// A cue whose end is not seen yet.
struct Open {
    times: Times,
    timing_end: usize,
    body: Option<Range<usize>>,
    /// The body without its last line.
    shorter: Option<Range<usize>>,
    /// True where the line just before is a number: that of the next cue, if one begins now.
    number_last: bool,
    ended: bool,
}

impl Open {
    fn new(times: Times, timing_end: usize) -> Open {
        Open { times, timing_end, body: None, shorter: None, number_last: false, ended: false }
    }

    fn add(&mut self, line: Range<usize>, number: bool) {
        let start = self.body.as_ref().map_or(line.start, |it| it.start);
        self.shorter = self.body.replace(start..line.end);
        self.number_last = number;
    }

    fn before_next(mut self) -> Entry {
        if self.number_last {
            self.body = self.shorter.take();
        }
        self.close()
    }

    fn close(self) -> Entry {
        match self.body {
            Some(body) => Entry::new(self.times, body, false),
            None => Entry::new(self.times, self.timing_end..self.timing_end, true),
        }
    }
}

fn is_number(line: &str) -> bool {
    // Files joined end to end have a BOM in the middle.
    let line = line.trim_matches('\u{FEFF}');
    !line.is_empty() && line.bytes().all(|it| it.is_ascii_digit())
}

/// The text of a body without tags.
pub(super) fn plain(body: &str) -> String {
    markup::plain(body, Dialect::Srt, unescape)
}

/// Takes back what [`escape`] put in.
fn unescape(text: &str, out: &mut String) {
    let mut before = None;
    for it in text.chars() {
        if it == JOINER && matches!(before, Some('<' | '{')) {
            before = None;
            continue;
        }
        if it == '>' && out.ends_with(JOINER) && after_dashes(out) {
            out.pop();
        }
        out.push(it);
        before = Some(it);
    }
}

fn after_dashes(text: &str) -> bool {
    text.trim_end_matches([' ', JOINER]).ends_with("--")
}

/// SubRip has no escapes: what would be read as a tag or an arrow is broken by a [`JOINER`].
pub(super) fn escape(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(it) = rest.next() {
        if it == '>' && after_dashes(&out) {
            out.push(JOINER);
        }
        out.push(it);
        let broken = match (it, rest.peek()) {
            ('<', Some(next)) => next.is_ascii_alphabetic() || matches!(*next, '/' | JOINER),
            ('{', Some(next)) => matches!(*next, '\\' | JOINER),
            _ => false,
        };
        if broken {
            out.push(JOINER);
        }
    }
    out
}

/// A SubRip file, numbered from 1.
pub(super) fn write(cues: &[Cue]) -> String {
    let stamp = |time| {
        let (h, m, s, ms) = timing::parts(time);
        format!("{h:02}:{m:02}:{s:02},{ms:03}")
    };
    let head = |index, span: Span| {
        format!("{}\n{} --> {}\n", index + 1, stamp(span.start), stamp(span.end))
    };
    markup::write_blocks(cues, head, escape)
}
