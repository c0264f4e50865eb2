//! Subtitle files: SubRip, WebVTT and ASS, read leniently and written back byte for byte where nothing changed.

use super::cue::Cue;
use super::lang::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod ass;
mod bilingual;
mod document;
pub mod encoding;
mod frame;
mod json;
mod markup;
mod srt;
mod styles;
mod text;
mod timing;
mod vtt;

pub use bilingual::{Double, write_bilingual};
pub use document::{CUES_MAX, Document, SUBTITLE_BYTES_MAX};
pub use json::transcript_json;

/// A subtitle format Kinora reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// SubRip.
    Srt,
    /// WebVTT.
    Vtt,
    /// Advanced SubStation Alpha.
    Ass,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Srt, Format::Vtt, Format::Ass];

    /// File extension without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Srt => "srt",
            Format::Vtt => "vtt",
            Format::Ass => "ass",
        }
    }
}

/// A whole subtitle file of these cues: UTF-8 without BOM, lines ended by LF, in the order given. What a player would
/// take for markup is defused; lines are trimmed, control characters become spaces, and a cue without text is left
/// out. Times before zero become zero. ASS counts centiseconds: times are rounded to the nearest, all in the same
/// way, so that order and gaps without overlap survive.
pub fn write(cues: &[Cue], format: Format, lang: &Lang) -> String {
    match format {
        Format::Srt => srt::write(cues),
        Format::Vtt => vtt::write(cues, lang),
        Format::Ass => ass::write(cues, lang),
    }
}
