//! Plain text of cues: lines as a viewer sees them.

use super::super::cue::Cue;
use super::super::time::Span;

/// Put where text would be taken for markup: it has no width and no glyph. FFmpeg does the same in ASS.
pub(super) const JOINER: char = '\u{2060}';

/// Lines of plain text: control characters become spaces, ends are trimmed, empty lines left out.
pub(super) fn clean_lines(text: &str) -> Vec<String> {
    let lines = text.split(['\n', '\r']);
    let lines = lines.map(|it| it.replace(char::is_control, " ").trim().to_owned());
    lines.filter(|it| !it.is_empty()).collect()
}

/// Cues with something to read, their lines clean.
pub(super) fn readable(cues: &[Cue]) -> impl Iterator<Item = (Span, Vec<String>)> + '_ {
    let cleaned = cues.iter().map(|it| (it.span, clean_lines(&it.lines.join("\n"))));
    cleaned.filter(|(_, lines)| !lines.is_empty())
}
