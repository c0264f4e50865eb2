//! Advanced SubStation Alpha, and its elder SSA: only the text of dialogue lines is ours, everything else is kept.

use super::super::cue::Cue;
use super::super::lang::Lang;
use super::super::time::{Ms, Span};
use super::bilingual::Double;
use super::document::{CUES_MAX, Entry, Times};
use super::frame::{Frame, line_wide};
use super::styles::SECOND_COLOUR;
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
    style: Option<usize>,
    text: usize,
}

/// What a dialogue line holds, by where it stands.
struct Fields {
    times: Times,
    style: Range<usize>,
    text: Range<usize>,
}

impl Columns {
    /// Without a `Format:` line; the same in SSA and ASS.
    const USUAL: Columns = Columns { count: 10, start: 1, end: 2, style: Some(3), text: 9 };

    /// Reads a `Format:` line; `None` for that of the styles, and where the text is not last, as it must be.
    fn read(list: &str) -> Option<Columns> {
        let count = list.split(',').count();
        let column =
            |name: &str| list.split(',').position(|it| it.trim().eq_ignore_ascii_case(name));
        let (start, end, text) = (column("Start")?, column("End")?, column("Text")?);
        let usable = count <= FIELDS_MAX && text + 1 == count;
        usable.then_some(Columns { count, start, end, style: column("Style"), text })
    }

    /// What is where in the fields of a dialogue line that begin at `base`.
    fn fields(self, list: &str, base: usize) -> Option<Fields> {
        let (mut at, mut start, mut end, mut text) = (base, None, None, None);
        let mut style = base..base;
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
            } else if Some(column) == self.style {
                style = at..at + field.len();
            }
            at += field.len() + 1;
        }
        let ((start, start_at), (end, end_at)) = (start?, end?);
        let times = Times { span: Span::new(start.0, end.0), at: [start_at, end_at] };
        Some(Fields { times, style, text: text? })
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
            let entry = |it: Fields| Entry::new(it.times, it.text, false).in_style(it.style);
            entries.extend(found.map(entry));
            if entries.len() > CUES_MAX {
                return entries;
            }
        }
    }
    entries
}

/// What stands after `name` at the start of a line, in any case.
pub(super) fn keyword<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let line = line.trim_start();
    let (head, rest) = line.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then_some(rest)
}

/// True where a text begins as ASS and SSA files do.
pub(super) fn is_signature(line: &str) -> bool {
    let starts = |it: &str| line.get(..it.len()).is_some_and(|head| head.eq_ignore_ascii_case(it));
    ["[script info]", "[v4+ styles]", "[v4 styles]", "[events]"].iter().any(|it| starts(it))
}

/// A stretch of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// A character that is read.
    Shown(char),
    /// Nothing by itself: a [`JOINER`] after what it guards is one of these.
    Drawn,
    /// `{...}`; and whether it is drawn after it.
    Block { drawing: bool },
}

/// The pieces of a body with their bytes; they cover it.
fn pieces(body: &str) -> impl Iterator<Item = (Piece, Range<usize>)> {
    let (mut at, mut drawing) = (0, false);
    let last_close = body.rfind('}');
    std::iter::from_fn(move || {
        let rest = &body[at..];
        let it = rest.chars().next()?;
        let shown = |it| if drawing { Piece::Drawn } else { Piece::Shown(it) };
        let (piece, length) = match (it, rest[it.len_utf8()..].chars().next()) {
            ('{', _) if last_close.is_some_and(|close| close > at) => {
                let length = rest.find('}').map_or(rest.len(), |it| it + 1);
                drawing = draws(&rest[..length]).unwrap_or(drawing);
                (Piece::Block { drawing }, length)
            }
            ('\\', Some('N' | 'n')) => (shown('\n'), 2),
            ('\\', Some('h')) => (shown('\u{A0}'), 2),
            ('\\', Some(brace @ ('{' | '}'))) => (shown(brace), 2),
            ('\\', Some(JOINER)) => (shown('\\'), 1 + JOINER.len_utf8()),
            _ => (shown(it), it.len_utf8()),
        };
        at += length;
        Some((piece, at - length..at))
    })
}

/// The text of a body without override blocks and drawings.
pub(super) fn plain(body: &str) -> String {
    let shown = |it: (Piece, Range<usize>)| match it.0 {
        Piece::Shown(it) => Some(it),
        Piece::Drawn | Piece::Block { .. } => None,
    };
    pieces(body).filter_map(shown).collect()
}

/// Whether an override block turns drawing on (`\p1`) or off (`\p0`); `None` where it says nothing of it.
fn draws(block: &str) -> Option<bool> {
    let modes = block.split("\\p").skip(1).filter_map(|it| it.bytes().next());
    modes.filter(u8::is_ascii_digit).last().map(|it| it != b'0')
}

/// What stays around the text: override blocks and drawings before and after all of it, and what in its middle holds
/// for the whole line. Blocks between words are dropped: their words are gone, and so are the syllables of karaoke.
pub(super) fn frame(body: &str) -> Frame {
    let (mut start, mut end, mut seen) = (0, None, false);
    for (piece, at) in pieces(body) {
        match piece {
            Piece::Block { drawing: false } if !seen => start = at.end,
            Piece::Shown(it) if !it.is_whitespace() => (seen, end) = (true, None),
            Piece::Block { .. } if seen => end = end.or(Some(at.start)),
            Piece::Block { .. } | Piece::Shown(_) | Piece::Drawn => {}
        }
    }
    let end = end.unwrap_or(body.len());
    let middle = pieces(&body[start..]).take_while(|it| start + it.1.start < end);
    let blocks = middle.filter(|it| matches!(it.0, Piece::Block { .. }));
    let wide = line_wide(blocks.map(|it| &body[start + it.1.start..start + it.1.end]));
    Frame { before: format!("{}{wide}", &body[..start]), after: body[end..].to_owned() }
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
        // At the end too: what comes after may be an override block.
        if it == '\\' && matches!(rest.peek(), None | Some('N' | 'n' | 'h' | &JOINER)) {
            out.push(JOINER);
        }
    }
    out
}

/// An ASS file with one plain style: white with a dark outline, at the bottom, as large as on television.
pub(super) fn write(cues: &[Cue], lang: &Lang) -> String {
    let mut out = head(&[lang], "");
    for (span, lines) in readable(cues) {
        out.push_str(&event(span, &text(&lines)));
    }
    out
}

/// An ASS file of two languages: the second is smaller and pale yellow. Both are lines of one event: of two events at
/// the same time players put the one or the other on top (by their order in the file, by layer, by what is still on the
/// screen), and what reads no ASS makes two cues of them in any order. Lines of one event keep their order everywhere;
/// `\r` changes the style in the middle, and a player without styles shows two plain lines.
pub(super) fn write_doubles(cues: &[Double], langs: &[&Lang]) -> String {
    let mut out = head(langs, SECOND);
    for it in cues {
        if let Some([first, second]) = it.texts() {
            out.push_str(&event(it.span, &two(&text(&first), &text(&second), Some(SECOND))));
        }
    }
    out
}

/// The name of the second style in files of our own.
const SECOND: &str = "Second";

/// A body of two texts, of which one may be empty; see [`write_doubles`].
pub(super) fn two(first: &str, second: &str, style: Option<&str>) -> String {
    match (second.is_empty(), style) {
        (true, _) => first.to_owned(),
        (false, Some(style)) => format!("{first}\\N{{\\r{style}}}{second}"),
        (false, None) => format!("{first}\\N{second}"),
    }
}

/// Lines in the words of ASS.
pub(super) fn text(lines: &[String]) -> String {
    lines.iter().map(|it| escape(it)).collect::<Vec<_>>().join("\\N")
}

fn event(span: Span, text: &str) -> String {
    format!("Dialogue: 0,{},{},Default,,0,0,0,,{text}\n", stamp(span.start), stamp(span.end))
}

/// All before the first event; with the name of a second style that too.
fn head(langs: &[&Lang], second: &str) -> String {
    // To libass -1 means: find the direction of each line; any other value means left to right.
    let encoding = if langs.iter().any(|it| RTL.contains(&it.primary())) { -1 } else { 1 };
    let style = |name: &str, size: u32, colour: &str| {
        format!(
            "Style: {name},Arial,{size},{colour},{colour},&H00101010,&H80000000,\
             0,0,0,0,100,100,0,0,1,3,1,2,96,96,54,{encoding}\n"
        )
    };
    let mut styles = style("Default", 64, "&H00FFFFFF");
    if !second.is_empty() {
        styles.push_str(&style(second, 48, SECOND_COLOUR));
    }
    format!(
        "[Script Info]\nScriptType: v4.00+\nWrapStyle: 0\nScaledBorderAndShadow: yes\nYCbCr Matrix: None\n\
         PlayResX: 1920\nPlayResY: 1080\n\n\
         [V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, \
         Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
         Alignment, MarginL, MarginR, MarginV, Encoding\n{styles}\n\
         [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    )
}

/// Hours with one digit and centiseconds, rounded to the nearest.
fn stamp(time: Ms) -> String {
    let (h, m, s, ms) = timing::parts(Ms(time.0.saturating_add(5)));
    format!("{h}:{m:02}:{s:02}.{:02}", ms / 10)
}
