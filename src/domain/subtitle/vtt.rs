//! WebVTT: cues between comments, styles and regions, which are kept and never read.

use super::super::cue::Cue;
use super::super::lang::Lang;
use super::super::time::Span;
use super::document::Entry;
use super::markup::{self, Dialect};
use super::{srt, timing};

/// First word of every WebVTT file.
pub(super) const SIGNATURE: &str = "WEBVTT";
/// Bytes between `&` and `;` at most.
const ENTITY_BYTES_MAX: usize = 10;

/// Cues of a WebVTT text. As in the standard's parser every line with two time codes begins one, and an empty line ends
/// it; all else is header, comment, style, region, identifier or noise.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    srt::scan(text, true)
}

/// The text of a body without tags, entities resolved.
pub(super) fn plain(body: &str) -> String {
    markup::plain(body, Dialect::Vtt, unescape)
}

fn unescape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let name = rest.bytes().take(ENTITY_BYTES_MAX + 1).position(|it| it == b';');
        match name.and_then(|end| Some((end, entity(&rest[..end])?))) {
            Some((end, it)) => {
                out.push(it);
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse(), |it| u32::from_str_radix(it, 16));
        return code.ok().and_then(char::from_u32);
    }
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "nbsp" => Some('\u{A0}'),
        "lrm" => Some('\u{200E}'),
        "rlm" => Some('\u{200F}'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

pub(super) fn escape(line: &str) -> String {
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A WebVTT file; the language stands in its header, where every parser passes it over.
pub(super) fn write(cues: &[Cue], lang: &Lang) -> String {
    let stamp = |time| {
        let (h, m, s, ms) = timing::parts(time);
        format!("{h:02}:{m:02}:{s:02}.{ms:03}")
    };
    let head = |_, span: Span| format!("{} --> {}\n", stamp(span.start), stamp(span.end));
    let blocks = markup::write_blocks(cues, head, escape);
    format!("{SIGNATURE}\nLanguage: {lang}\n\n{blocks}")
}
