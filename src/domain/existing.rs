//! Subtitles that are there already: inside of the file, beside it, or made by us; and what is known of each.

use super::lang::Lang;
use super::order::os_paths;
use super::subtitle::Format;
use super::sync::{Alignment, Fit};
use super::time::Ms;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where a subtitle is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// A track inside of the file; FFmpeg's stream index.
    Embedded(u32),
    /// A file beside it that Kinora did not write, or that somebody edited since.
    External(#[serde(with = "os_paths")] PathBuf),
    /// A file beside it that Kinora wrote and nobody edited.
    Ours(#[serde(with = "os_paths")] PathBuf),
}

/// A subtitle that is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Existing {
    /// Where it is.
    pub origin: Origin,
    /// FFmpeg's codec name, or the file's ending.
    pub codec: String,
    /// Text, not pictures.
    pub text: bool,
    /// What its tag, or its file's name, says.
    pub tag: Option<Lang>,
    /// Its title.
    pub title: Option<String>,
    /// Only what must be read (signs, songs, foreign speech): it is no subtitle of the film.
    pub forced: bool,
    /// For the hard of hearing.
    pub hearing_impaired: bool,
    /// What its text showed; `None` for pictures, and where `trouble` says why.
    pub examined: Option<Examined>,
    /// Why its text could not be looked at, a sentence.
    pub trouble: Option<String>,
}

/// What a look at the text of a subtitle showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Examined {
    /// Its format.
    pub format: Format,
    /// Name of its encoding, as the WHATWG Encoding Standard has it; `UTF-8` for tracks inside of a file.
    pub encoding: String,
    /// Cues with text.
    pub cues: u32,
    /// Time with a cue on screen.
    pub shown: Ms,
    /// Start of the first cue.
    pub first: Ms,
    /// End of the last cue.
    pub last: Ms,
    /// Percent of cues that are faster than `cps_max` of the order's cue limits.
    pub too_fast_percent: u8,
    /// Language and script of its text; `None` where the text does not tell.
    pub lang: Option<TextLang>,
    /// BLAKE3 of its bytes.
    pub digest: [u8; 32],
}

/// The language of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextLang {
    /// Language, with the script where there are several (`zh-Hant`, `sr-Cyrl`).
    pub lang: Lang,
    /// Certain enough to call another tag a lie.
    pub sure: bool,
}

/// A subtitle held against the speech in the audio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weighed {
    /// How it fits as it is.
    pub fit: Fit,
    /// How it fits better, where that is known.
    pub alignment: Option<Alignment>,
}

impl Existing {
    /// The language it is in: its text's where that is sure, else its tag's, else what the text seems to be.
    pub fn lang(&self) -> Option<&Lang> {
        let text = self.text_lang();
        let sure = text.filter(|it| it.sure).map(|it| &it.lang);
        sure.or(self.tag.as_ref()).or(text.map(|it| &it.lang))
    }

    /// What the text is in for sure, where its tag says another language or script.
    pub fn lie(&self) -> Option<&Lang> {
        let text = self.text_lang().filter(|it| it.sure)?;
        let tag = self.tag.as_ref()?;
        let script = tag.script().is_none_or(|it| text.lang.script().is_none_or(|is| is == it));
        (!tag.same_language(&text.lang) || !script).then_some(&text.lang)
    }

    fn text_lang(&self) -> Option<&TextLang> {
        self.examined.as_ref()?.lang.as_ref()
    }
}
