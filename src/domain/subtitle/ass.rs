//! Advanced SubStation Alpha, and its elder SSA: only the text of dialogue lines is ours, everything else is kept.

use super::super::cue::Cue;
use super::super::lang::Lang;
use super::super::time::{Ms, Span};
use super::document::{CUES_MAX, Entry, Times};
use super::text::{JOINER, readable};
use super::timing;
use std::ops::Range;

/// Fields of a dialogue line at most; more is no ASS.
const FIELDS_MAX: usize = 64;
/// Languages written from right to left.
const RTL: [&str; 11] = ["ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];

/// Where a dialogue line has what.
#[derive(Clone, Copy, Debug)]
struct Columns {
    count: usize,
    start: usize,
    end: usize,
    text: usize,
}

impl Columns {
    /// Without a `Format:` line; the same in SSA and ASS.
    const USUAL: Columns = Columns { count: 10, start: 1, end: 2, text: 9 };

    /// Reads a `Format:` line; `None` for that of the styles, and where the text is not last, as it must be.
    fn read(list: &str) -> Option<Columns> {
        let count = list.split(',').count();
        let column =
            |name: &str| list.split(',').position(|it| it.trim().eq_ignore_ascii_case(name));
        let (start, end, text) = (column("Start")?, column("End")?, column("Text")?);
        let usable = count <= FIELDS_MAX && text + 1 == count;
        usable.then_some(Columns { count, start, end, text })
    }

    /// The times and where the text is, in the fields of a dialogue line that begin at `base`.
    fn fields(self, list: &str, base: usize) -> Option<(Times, Range<usize>)> {
        let (mut at, mut start, mut end, mut text) = (base, None, None, None);
        let code = |field: &str, at: usize| {
            let from = at + (field.len() - field.trim_start().len());
            Some((timing::time(field)?, from..from + field.trim().len()))
        };
        // The last field takes the rest: only there may commas stand.
        for (column, field) in list.splitn(self.count, ',').enumerate() {
            if column == self.start {
                start = code(field, at);
            } else if column == self.end {
                end = code(field, at);
            } else if column == self.text {
                text = Some(at..at + field.len());
            }
            at += field.len() + 1;
        }
        let ((start, start_at), (end, end_at)) = (start?, end?);
        Some((Times { span: Span::new(start.0, end.0), at: [start_at, end_at] }, text?))
    }
}

/// Dialogue lines of an ASS text; comments and all other kinds of events are no cues.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut columns = Columns::USUAL;
    for line in timing::lines(text) {
        let content = &text[line.clone()];
        if let Some(list) = keyword(content, "format:") {
            columns = Columns::read(list).unwrap_or(columns);
        } else if let Some(list) = keyword(content, "dialogue:") {
            let found = columns.fields(list, line.end - list.len());
            entries.extend(found.map(|(times, body)| Entry::new(times, body, false)));
            if entries.len() > CUES_MAX {
                return entries;
            }
        }
    }
    entries
}

/// What stands after `name` at the start of a line, in any case.
fn keyword<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let line = line.trim_start();
    let (head, rest) = line.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then_some(rest)
}

/// True where a text begins as ASS and SSA files do.
pub(super) fn is_signature(line: &str) -> bool {
    let starts = |it: &str| line.get(..it.len()).is_some_and(|head| head.eq_ignore_ascii_case(it));
    ["[script info]", "[v4+ styles]", "[v4 styles]", "[events]"].iter().any(|it| starts(it))
}

/// The text of a body without override blocks and drawings.
pub(super) fn plain(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut drawing = false;
    let mut rest = body;
    let last_close = body.rfind('}');
    while let Some(it) = rest.chars().next() {
        let at = body.len() - rest.len();
        let (shown, length) = match (it, rest[it.len_utf8()..].chars().next()) {
            ('{', _) if last_close.is_some_and(|close| close > at) => {
                let length = rest.find('}').map_or(rest.len(), |it| it + 1);
                drawing = draws(&rest[..length]).unwrap_or(drawing);
                (None, length)
            }
            ('\\', Some('N' | 'n')) => (Some('\n'), 2),
            ('\\', Some('h')) => (Some('\u{A0}'), 2),
            ('\\', Some(brace @ ('{' | '}'))) => (Some(brace), 2),
            ('\\', Some(JOINER)) => (Some('\\'), 1 + JOINER.len_utf8()),
            _ => (Some(it), it.len_utf8()),
        };
        out.extend(shown.filter(|_| !drawing));
        rest = &rest[length..];
    }
    out
}

/// Whether an override block turns drawing on (`\p1`) or off (`\p0`); `None` where it says nothing of it.
fn draws(block: &str) -> Option<bool> {
    let modes = block.split("\\p").skip(1).filter_map(|it| it.bytes().next());
    modes.filter(u8::is_ascii_digit).last().map(|it| it != b'0')
}

/// Where the replaceable text begins and ends: after the leading override blocks, but for those that begin a drawing.
pub(super) fn frame(body: &str) -> (usize, usize) {
    let mut start = 0;
    while let Some(length) =
        body[start..].starts_with('{').then(|| body[start..].find('}')).flatten()
    {
        let block = &body[start..=start + length];
        if draws(block).unwrap_or(false) {
            break;
        }
        start += block.len();
    }
    (start, body.len())
}

/// Breaks what would be markup: braces by a backslash, a backslash by a [`JOINER`], as FFmpeg does and libass reads.
pub(super) fn escape(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(it) = rest.next() {
        if matches!(it, '{' | '}') {
            out.push('\\');
        }
        out.push(it);
        if it == '\\' && matches!(rest.peek(), Some(&('N' | 'n' | 'h' | JOINER))) {
            out.push(JOINER);
        }
    }
    out
}

/// An ASS file with one plain style: white with a dark outline, at the bottom, as large as on television.
pub(super) fn write(cues: &[Cue], lang: &Lang) -> String {
    let primary = lang.tag().split('-').next().unwrap_or_default();
    // To libass -1 means: find the direction of each line; any other value means left to right.
    let encoding = if RTL.contains(&primary) { -1 } else { 1 };
    let mut out = format!(
        "[Script Info]\nScriptType: v4.00+\nWrapStyle: 0\nScaledBorderAndShadow: yes\nYCbCr Matrix: None\n\
         PlayResX: 1920\nPlayResY: 1080\n\n\
         [V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, \
         Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
         Alignment, MarginL, MarginR, MarginV, Encoding\n\
         Style: Default,Arial,64,&H00FFFFFF,&H00FFFFFF,&H00101010,&H80000000,\
         0,0,0,0,100,100,0,0,1,3,1,2,96,96,54,{encoding}\n\n\
         [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    );
    for (span, lines) in readable(cues) {
        let lines: Vec<String> = lines.iter().map(|it| escape(it)).collect();
        let (start, end, text) = (stamp(span.start), stamp(span.end), lines.join("\\N"));
        out.push_str(&format!("Dialogue: 0,{start},{end},Default,,0,0,0,,{text}\n"));
    }
    out
}

/// Hours with one digit and centiseconds, rounded to the nearest.
fn stamp(time: Ms) -> String {
    let (h, m, s, ms) = timing::parts(Ms(time.0.saturating_add(5)));
    format!("{h}:{m:02}:{s:02}.{:02}", ms / 10)
}
