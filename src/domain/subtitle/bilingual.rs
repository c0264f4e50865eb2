//! Cues in two languages.

use super::super::cue::Cue;
use super::super::lang::Lang;
use super::super::time::Span;
use super::text::clean_lines;
use super::{Format, ass, srt, vtt};

/// A cue with two texts, in the order they are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Double {
    /// When it shows.
    pub span: Span,
    /// Lines of the text above.
    pub first: Vec<String>,
    /// Lines of the text below.
    pub second: Vec<String>,
}

impl Double {
    /// Its texts, lines clean, the first never empty; `None` where there is nothing to read.
    pub(super) fn texts(&self) -> Option<[Vec<String>; 2]> {
        let texts = [&self.first, &self.second].map(|it| clean_lines(&it.join("\n")));
        Some(shown(texts)).filter(|it| !it[0].is_empty())
    }
}

/// Which of two texts are shown: one where they are equal (a name, a line that kept its source) or one is empty.
pub(super) fn shown([first, second]: [Vec<String>; 2]) -> [Vec<String>; 2] {
    if first.is_empty() || first == second { [second, Vec::new()] } else { [first, second] }
}

/// A whole subtitle file of these cues, as [`write`](super::write) makes it; `langs` are those of the first and the
/// second text. Both texts are lines of one cue, the first above: players put two cues of the same time in different
/// orders. In ASS the second has a style of its own, `Second`; WebVTT's header names the first language.
pub fn write_bilingual(cues: &[Double], format: Format, langs: [&Lang; 2]) -> String {
    let joined =
        |it: &Double| Some(Cue { span: it.span, lines: it.texts()?.concat(), confidence: 1.0 });
    let plain = || cues.iter().filter_map(joined).collect::<Vec<Cue>>();
    match format {
        Format::Srt => srt::write(&plain()),
        Format::Vtt => vtt::write(&plain(), langs[0]),
        Format::Ass => ass::write_doubles(cues, &langs),
    }
}

#[cfg(test)]
#[path = "bilingual_tests.rs"]
mod tests;
