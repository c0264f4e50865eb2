//! Lines: what is translated in one piece, and what came of it.

use super::super::time::Span;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The text of a cue as it goes into translation: plain, tags taken out, its lines joined to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCue {
    /// When it shows.
    pub span: Span,
    /// What is read; empty where nothing is.
    pub text: String,
}

/// What is translated in one piece: a cue's text, or a sentence that spans several cues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its place among the lines of its film, from 0.
    pub no: u32,
    /// The cues it is shown in, by their places among the [`SourceCue`]s: mostly one.
    pub cues: Range<usize>,
    /// From the start of the first to the end of the last of them.
    pub span: Span,
    /// Plain text without line breaks; never empty.
    pub text: String,
    /// Lines of one number belong together (P-17, `group_id`); it rises along the film.
    pub group: u32,
    /// Lines of one number are of one scene: no context is carried from one to the next.
    pub scene: u32,
}

/// What came of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// Its translation, or its source text where `how` says so. One line, plain.
    pub text: String,
    /// How it was had.
    pub how: How,
    /// What a model said for this line, where cleaning changed it: rules may get better.
    pub raw: Option<String>,
}

/// How a line was had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// A model translated it and every check passed.
    Translated,
    /// A model translated it; it is kept although a check that is no proof complained (too long to read): a sentence.
    Doubtful(String),
    /// It was translated before, in the same context.
    Remembered,
    /// There is nothing to translate in it: a number, a name, music signs.
    AsIs,
    /// It could not be translated and keeps its source text: why, a sentence.
    Kept(String),
}

/// A line with its translation, as context for the lines after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The source.
    pub source: String,
    /// Its translation.
    pub target: String,
}
