//! Tags inside the text of SubRip and WebVTT cues: `<i>`, `<v Name>`, `{\an8}`.

use super::super::cue::Cue;
use super::super::time::Span;
use super::frame::{Frame, line_wide};

/// Tags SubRip players know; anything else in angle brackets is text there.
const SRT_TAGS: [&str; 13] =
    ["b", "i", "u", "s", "font", "br", "c", "v", "lang", "ruby", "rt", "span", "p"];
/// Tags around a whole cue that are kept when its text is replaced.
const WRAPPERS_MAX: usize = 4;

/// Whose tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// A fixed list of tags, and override blocks taken over from ASS.
    Srt,
    /// Anything that looks like a tag; time stamps are tags too.
    Vtt,
}

/// A stretch of a cue's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// To be read; markup of the format is still escaped in it.
    Text(&'a str),
    /// `{\...}`.
    Override,
    /// `<name ...>`.
    Open(&'a str),
    /// `</name>`.
    Close(&'a str),
}

/// The pieces of `text` with their lengths in bytes; they cover it.
pub(super) fn pieces(text: &str, dialect: Dialect) -> impl Iterator<Item = (Piece<'_>, usize)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, length) = markup(rest, dialect).unwrap_or_else(|| {
            let first = rest.chars().next().map_or(1, char::len_utf8);
            let length = rest[first..].find(['<', '{']).map_or(rest.len(), |it| first + it);
            (Piece::Text(&rest[..length]), length)
        });
        rest = &rest[length..];
        Some((piece, length))
    })
}

/// The tag or override block `text` begins with. The search for its end stops where the next one could begin, so that
/// a file of `<<<<` is read in one pass.
fn markup(text: &str, dialect: Dialect) -> Option<(Piece<'_>, usize)> {
    if dialect == Dialect::Srt && text.starts_with("{\\") {
        let end = 1 + text[1..].find(['}', '{', '\n', '\r'])?;
        return (text.as_bytes()[end] == b'}').then_some((Piece::Override, end + 1));
    }
    let inner = text.strip_prefix('<')?;
    let end = match dialect {
        Dialect::Srt => inner.find(['>', '<', '\n', '\r'])?,
        Dialect::Vtt => inner.find(['>', '<'])?,
    };
    if inner.as_bytes()[end] != b'>' {
        return None;
    }
    let inner = &inner[..end];
    let (closing, inner) = match inner.strip_prefix('/') {
        Some(name) => (true, name),
        None => (false, inner),
    };
    let name = &inner[..inner.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(inner.len())];
    let known = match dialect {
        Dialect::Srt => {
            SRT_TAGS.iter().any(|it| it.eq_ignore_ascii_case(name))
                && !inner[name.len()..].starts_with(|it: char| it.is_alphabetic())
        }
        Dialect::Vtt => !name.is_empty() && tag_like(inner),
    };
    let piece = if closing { Piece::Close(name) } else { Piece::Open(name) };
    known.then_some((piece, end + 2))
}

/// `i`, `c.red`, `v Name` and `00:01.000`, but not the `3 ` of `<3 >`.
fn tag_like(inner: &str) -> bool {
    let time_stamp = |it: char| it.is_ascii_digit() || matches!(it, ':' | '.');
    !inner.starts_with(|it: char| it.is_ascii_digit()) || inner.chars().all(time_stamp)
}

/// What stays around the text of a cue: leading override blocks, a voice tag, tags that hold all of the text; one of
/// these that was left open is closed. Override blocks in the middle leave what holds for the whole cue (`{\an8}`).
pub(super) fn frame(body: &str, dialect: Dialect) -> Frame {
    let (mut start, mut end, mut after) = (0, body.len(), String::new());
    let mut wrappers = 0;
    loop {
        let inner = body[start..end].trim_start();
        let at = end - inner.len();
        match markup(inner, dialect) {
            Some((Piece::Override, length)) => start = at + length,
            Some((Piece::Open(name), length)) if wrappers < WRAPPERS_MAX => {
                wrappers += 1;
                if let Some(content) = wrapped(inner, name, dialect) {
                    after.insert_str(0, &body[at + content..end]);
                    (start, end) = (at + length, at + content);
                } else if lone_voice(inner, name, length, dialect) {
                    start = at + length;
                } else if left_open(&inner[length..], name, dialect) {
                    after.insert_str(0, &format!("</{name}>"));
                    start = at + length;
                } else {
                    break;
                }
            }
            Some((Piece::Open(_) | Piece::Close(_) | Piece::Text(_), _)) | None => break,
        }
    }
    let mut from = start;
    let blocks = pieces(&body[start..end], dialect).filter_map(|(piece, length)| {
        from += length;
        (piece == Piece::Override).then(|| &body[from - length..from])
    });
    Frame { before: format!("{}{}", &body[..start], line_wide(blocks)), after }
}

/// True where nothing in `rest` opens or closes `name` again: players let such a tag hold to the end of the cue.
fn left_open(rest: &str, name: &str, dialect: Dialect) -> bool {
    let single = ["br", "v"].iter().any(|it| it.eq_ignore_ascii_case(name));
    let again = |it: (Piece<'_>, usize)| match it.0 {
        Piece::Open(it) | Piece::Close(it) => it.eq_ignore_ascii_case(name),
        Piece::Text(_) | Piece::Override => false,
    };
    let tag = name.starts_with(|it: char| it.is_ascii_alphabetic());
    tag && !single && !pieces(rest, dialect).any(again)
}

/// Where the last `</name>` begins, if it ends `body` and no text stands outside of these tags. If there are several,
/// they are all alike: not two voices, not two colours.
fn wrapped(body: &str, name: &str, dialect: Dialect) -> Option<usize> {
    let (mut depth, mut at, mut last) = (0u32, 0, None);
    let mut first = None;
    for (piece, length) in pieces(body, dialect) {
        match piece {
            Piece::Open(it) if it.eq_ignore_ascii_case(name) => {
                let tag = &body[at..at + length];
                if depth == 0 && *first.get_or_insert(tag) != tag {
                    return None;
                }
                (depth, last) = (depth + 1, None);
            }
            Piece::Close(it) if it.eq_ignore_ascii_case(name) => {
                (depth, last) = (depth.checked_sub(1)?, Some(at));
            }
            Piece::Text(text) if text.trim().is_empty() => {}
            Piece::Text(_) if depth == 0 => return None,
            Piece::Text(_) | Piece::Open(_) | Piece::Close(_) | Piece::Override => last = None,
        }
        at += length;
    }
    last.filter(|_| depth == 0)
}

/// `<v Name>` is mostly left open: it then names who speaks all of the cue.
fn lone_voice(body: &str, name: &str, length: usize, dialect: Dialect) -> bool {
    let voice = |it: (Piece<'_>, usize)| matches!(it.0, Piece::Open("v") | Piece::Close("v"));
    name == "v" && !pieces(&body[length..], dialect).any(voice)
}

/// The text of `body` as a reader sees it, lines apart by LF; `unescape` adds a piece of text.
pub(super) fn plain(body: &str, dialect: Dialect, unescape: fn(&str, &mut String)) -> String {
    let mut out = String::with_capacity(body.len());
    for (piece, _) in pieces(body, dialect) {
        match piece {
            Piece::Text(text) => unescape(text, &mut out),
            Piece::Open(name) if name.eq_ignore_ascii_case("br") => out.push('\n'),
            Piece::Override | Piece::Open(_) | Piece::Close(_) => {}
        }
    }
    out
}

/// Cues as blocks of a SubRip or WebVTT file.
pub(super) fn write_blocks(
    cues: &[Cue],
    head: impl Fn(usize, Span) -> String,
    escape: fn(&str) -> String,
) -> String {
    let mut out = String::new();
    for (index, (span, lines)) in super::text::readable(cues).enumerate() {
        out.push_str(&head(index, span));
        for line in lines {
            out.push_str(&escape(&line));
            out.push('\n');
        }
        out.push('\n');
    }
    out
}
