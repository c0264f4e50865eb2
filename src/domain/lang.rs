//! Languages as BCP 47 tags, and their names in the other worlds: ISO 639, Whisper, people.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A language as a BCP 47 tag in canonical case, e.g. `en`, `zh-Hans`, `pt-BR`. Made by [`Lang::parse`] only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lang(String);

/// A tag that names no language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no language; write a code like en, de, zh-Hans or pt-BR")]
pub struct NoLanguage(pub String);

impl TryFrom<String> for Lang {
    type Error = NoLanguage;
    fn try_from(text: String) -> Result<Lang, NoLanguage> {
        Lang::parse(&text)
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> String {
        lang.0
    }
}

impl Lang {
    /// Reads a BCP 47 tag.
    ///
    /// # Errors
    /// Where it names no language.
    pub fn parse(text: &str) -> Result<Lang, NoLanguage> {
        let tag = oxilangtag::LanguageTag::parse_and_normalize(text);
        tag.map(|it| Lang(it.into_inner())).map_err(|_| NoLanguage(text.to_owned()))
    }

    /// The tag itself.
    pub fn tag(&self) -> &str {
        &self.0
    }

    /// The language subtag alone: `zh` of `zh-Hans`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// True where words are not set apart by spaces.
    pub fn has_spaces(&self) -> bool {
        !matches!(self.primary(), "zh" | "ja" | "th" | "lo" | "km" | "my" | "bo" | "yue")
    }

    /// True where most characters are two columns wide.
    pub fn is_wide(&self) -> bool {
        matches!(self.primary(), "zh" | "ja" | "ko" | "yue")
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
