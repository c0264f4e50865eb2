//! The list of weights Kinora knows, embedded in the program.

use serde::Deserialize;
use std::fmt;
use std::sync::LazyLock;

static EMBEDDED: LazyLock<Manifest> = LazyLock::new(|| {
    // The text is part of the program and a test reads it: it cannot fail on an owner's machine.
    toml::from_str(include_str!("../../../models/manifest.toml")).unwrap_or_default()
});

/// All weights Kinora knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// In the order in which they are shown.
    #[serde(rename = "model")]
    pub models: Vec<Model>,
}

impl Manifest {
    /// `models/manifest.toml` as it was when the program was built.
    pub fn embedded() -> &'static Manifest {
        &EMBEDDED
    }

    /// The model of this name or file name.
    pub fn get(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|it| it.name == name || it.file == name)
    }
}

/// One file of weights.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// As in `--model`.
    pub name: String,
    /// File name.
    pub file: String,
    /// What it is for.
    pub kind: Kind,
    /// Exact size.
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// SPDX.
    pub licence: String,
    /// What it understands.
    pub languages: Languages,
    /// Memory that working with it takes, MiB, roughly.
    pub memory_mib: u64,
    /// Comes with Kinora.
    #[serde(default)]
    pub shipped: bool,
    /// Addresses that serve exactly this file; may be empty.
    pub sources: Vec<String>,
}

/// What weights are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Speech recognition.
    Whisper,
    /// Voice activity.
    Vad,
    /// Translation.
    Translate,
}

impl Kind {
    /// What such a model is called.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Whisper => "speech model",
            Kind::Vad => "voice activity model",
            Kind::Translate => "language model",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Whisper => "whisper",
            Kind::Vad => "vad",
            Kind::Translate => "translate",
        })
    }
}

/// What a model understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Languages {
    /// English only.
    #[serde(rename = "en")]
    English,
    /// The languages of Whisper.
    #[serde(rename = "whisper-99")]
    Whisper99,
    /// Those and Cantonese, from large-v3 on.
    #[serde(rename = "whisper-100")]
    Whisper100,
    /// It does not matter.
    #[serde(rename = "any")]
    Any,
    /// Many, as its makers tell; some better than others.
    #[serde(rename = "many")]
    Many,
}

impl fmt::Display for Languages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Languages::English => "English only",
            Languages::Whisper99 => "99 languages",
            Languages::Whisper100 => "100 languages, Cantonese too",
            Languages::Any => "any language",
            Languages::Many => "many languages",
        })
    }
}
