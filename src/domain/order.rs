//! What is wanted of a file, and what came of it.

use super::cue::CueLimits;
use super::lang::Lang;
use super::name::Naming;
use super::speech::SpeechParams;
use super::subtitle::Format;
use super::time::Ms;
use super::track::TrackWish;
use super::translate::cut::CutLimits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is wanted of a file. All of it is part of the job's fingerprint, but for `force`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Languages wanted; empty for the spoken one.
    pub to: Vec<Lang>,
    /// The spoken language; `None` to find it out.
    pub from: Option<Lang>,
    /// Which track is wanted.
    pub wish: TrackWish,
    /// Formats to write.
    pub formats: Vec<Format>,
    /// Also the transcript with its words, as JSON.
    pub transcript: bool,
    /// How files are named.
    pub naming: Naming,
    /// Folder for the files; `None` for beside the video.
    #[serde(with = "os_paths::optional")]
    pub output: Option<PathBuf>,
    /// Everything again, replacing what is there.
    pub force: bool,
    /// How it is listened.
    pub listen: ListenParams,
    /// The model knows more than English.
    pub multilingual: bool,
    /// How cues are cut.
    pub cue: CueLimits,
    /// What existing subtitles count for.
    pub existing: ExistingRules,
    /// The library it belongs to, by name; no part of the fingerprint.
    pub library: Option<String>,
    /// How it is translated; `None` where nobody translates.
    pub translate: Option<TranslateParams>,
    /// A file with both languages, beside that of the translation.
    pub bilingual: Option<Bilingual>,
    /// What the file is for.
    pub product: Product,
    /// A word of the owner's in every name, such as `AI`, which Jellyfin shows as a title; checked against its rules.
    pub label: Option<String>,
    /// Engines outside of the owner's network may be asked.
    pub cloud: bool,
    /// How Jellyfin comes to know of the files; `None` where it is not told. No part of the fingerprint.
    pub deliver: Option<Deliver>,
}

/// What a file is looked into for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Product {
    /// Subtitles.
    #[default]
    Subtitles,
    /// Only its spoken language, which [`Summary::language`] tells; nothing is written.
    Language,
}

/// How files come to Jellyfin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deliver {
    /// They stand beside the video, and Jellyfin is asked to look there.
    #[default]
    Sidecar,
    /// They are uploaded, for media that Kinora may not write beside.
    Upload,
}

/// How lines are translated; settings of `[translate]`, part of the recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TranslateParams {
    /// Who translates, tried in this order.
    pub translators: Vec<TranslatorRef>,
    /// How lines are grouped.
    pub cut: CutLimits,
    /// Pairs before a batch that go with it as context.
    pub history_lines: u16,
    /// A model is asked once a work what it is about, and which terms it has.
    pub infer_terms: bool,
}

/// A translator, as a job remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslatorRef {
    /// Its name in the configuration.
    pub name: String,
    /// What its answers depend on: equal identities answer alike.
    pub identity: String,
}

/// Which language of a bilingual file stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bilingual {
    /// The translation.
    TranslationFirst,
    /// What is spoken.
    OriginalFirst,
}

/// What existing subtitles count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExistingRules {
    /// How they are used.
    pub mode: SubtitleMode,
    /// One in a wanted language does not stop the work (`IGNORE_SIMPLIFIED_SUBTITLE`).
    pub work_anyway: bool,
    /// From this fit on, in percent, one is good.
    pub good_percent: u8,
    /// What Kinora made with other settings is kept: to listen to a whole library again takes weeks.
    pub keep_ours: bool,
}

impl Default for ExistingRules {
    fn default() -> ExistingRules {
        let mode = SubtitleMode::ReuseIfGood;
        ExistingRules { mode, work_anyway: false, good_percent: 70, keep_ours: false }
    }
}

/// How existing subtitles are used (P-11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubtitleMode {
    /// One in a wanted language is enough, whatever it is worth; others are not used.
    Ignore,
    /// As `ignore`; and the names in one of them help listening.
    Reference,
    /// One in a wanted language counts, and is mended, where it is good; a good one in another language is translated
    /// instead of what would be heard.
    #[default]
    ReuseIfGood,
}

impl SubtitleMode {
    /// All of them.
    pub const ALL: [SubtitleMode; 3] =
        [SubtitleMode::Ignore, SubtitleMode::Reference, SubtitleMode::ReuseIfGood];

    /// Its word, as in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            SubtitleMode::Ignore => "ignore",
            SubtitleMode::Reference => "reference",
            SubtitleMode::ReuseIfGood => "reuse_if_good",
        }
    }
}

/// How it is listened; settings of `[listen]`, part of the recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListenParams {
    /// How speech is found.
    pub speech: SpeechParams,
    /// Beam width; 1 is greedy.
    pub beam: u8,
    /// Names and words to expect; empty for none.
    pub prompt: String,
    /// Encoder positions (20 ms) beyond the end of a window: more is slower and safer; 0 always takes the full length.
    pub encoder_margin: u16,
    /// What the weights are: equal identities mean equal weights.
    pub model: String,
}

/// What came of a file so far; what the last step leaves of it stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// What to know, a sentence each.
    pub notices: Vec<String>,
    /// Files written.
    #[serde(with = "os_paths::list")]
    pub written: Vec<PathBuf>,
    /// Spoken language.
    pub language: Option<Lang>,
    /// Cues of the first file.
    pub cues: u64,
    /// Length of the audio.
    pub audio: Ms,
    /// How much of it is speech.
    pub speech: Ms,
    /// Lines that could not be translated and keep their source text.
    pub failed_lines: Vec<FailedLine>,
}

/// A line that could not be translated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedLine {
    /// Into which language.
    pub to: Lang,
    /// When it shows.
    pub at: Ms,
    /// Its source text.
    pub text: String,
    /// Why, a sentence.
    pub why: String,
}

/// Paths in rows: as the system's strings, since a path need not be UTF-8.
pub mod os_paths {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    /// Writes one.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().serialize(to)
    }

    /// Reads one.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        OsString::deserialize(from).map(PathBuf::from)
    }

    /// One or none.
    pub mod optional {
        use super::{Deserialize, Deserializer, OsString, PathBuf, Serialize, Serializer};

        /// Writes it.
        ///
        /// # Errors
        /// Those of the serializer.
        pub fn serialize<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
            path.as_ref().map(|it| it.as_os_str()).serialize(to)
        }

        /// Reads it.
        ///
        /// # Errors
        /// Those of the deserializer.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<PathBuf>, D::Error> {
            Option::<OsString>::deserialize(from).map(|it| it.map(PathBuf::from))
        }
    }

    /// A list.
    pub mod list {
        use super::{Deserialize, Deserializer, OsString, PathBuf, Serialize, Serializer};

        /// Writes it.
        ///
        /// # Errors
        /// Those of the serializer.
        pub fn serialize<S: Serializer>(paths: &[PathBuf], to: S) -> Result<S::Ok, S::Error> {
            paths.iter().map(|it| it.as_os_str()).collect::<Vec<_>>().serialize(to)
        }

        /// Reads it.
        ///
        /// # Errors
        /// Those of the deserializer.
        pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
            Vec::<OsString>::deserialize(from).map(|it| it.into_iter().map(PathBuf::from).collect())
        }
    }
}
