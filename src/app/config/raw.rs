//! The shape of `kinora.toml`: every key, its default and its range. What is read here is right in itself.

use super::raw_hooks::RawWebhooks;
use super::raw_jellyfin::RawJellyfin;
use super::raw_library::RawLibrary;
use super::raw_service::{RawHttp, RawLanes, RawRetry, RawServe};
use super::raw_translate::{RawMetadata, RawTranslate, RawTranslator};
use super::span::{DAY, HOUR, MINUTE, SECOND, Span};
use super::{Naming, names};
use crate::domain::cue::CueLimits;
use crate::domain::jellyfin::label::Ver;
use crate::domain::lang::Lang;
use crate::domain::order::{Bilingual, ExistingRules, SubtitleMode};
use crate::domain::subtitle::Format;
use crate::domain::time::Ms;
use crate::engines::models::DEFAULT_MODEL;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::path::PathBuf;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) data_dir: Option<PathBuf>,
    pub(super) to: Vec<Lang>,
    pub(super) subtitle_mode: SubtitleMode,
    pub(super) ignore_existing_subtitles: bool,
    #[serde(deserialize_with = "whole::<_, _, 0, 100>")]
    pub(super) reuse_good_percent: u8,
    pub(super) remake_on_change: bool,
    pub(super) listen: RawListen,
    pub(super) cue: RawCue,
    pub(super) output: RawOutput,
    pub(super) translate: RawTranslate,
    pub(super) translator: Vec<RawTranslator>,
    pub(super) metadata: RawMetadata,
    pub(super) jellyfin: RawJellyfin,
    pub(super) http: RawHttp,
    pub(super) webhooks: RawWebhooks,
    pub(super) library: Vec<RawLibrary>,
    pub(super) lanes: RawLanes,
    pub(super) retry: RawRetry,
    pub(super) serve: RawServe,
}

impl Default for Raw {
    fn default() -> Raw {
        let existing = ExistingRules::default();
        Raw {
            data_dir: None,
            to: Vec::new(),
            subtitle_mode: existing.mode,
            ignore_existing_subtitles: existing.work_anyway,
            reuse_good_percent: existing.good_percent,
            remake_on_change: false,
            listen: RawListen::default(),
            cue: RawCue::default(),
            output: RawOutput::default(),
            translate: RawTranslate::default(),
            translator: Vec::new(),
            metadata: RawMetadata::default(),
            jellyfin: RawJellyfin::default(),
            http: RawHttp::default(),
            webhooks: RawWebhooks::default(),
            library: Vec::new(),
            lanes: RawLanes::default(),
            retry: RawRetry::default(),
            serve: RawServe::default(),
        }
    }
}

/// `[listen]`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawListen {
    #[serde(deserialize_with = "filled")]
    pub(super) model: String,
    #[serde(deserialize_with = "whole::<_, _, 0, 256>")]
    pub(super) threads: u16,
    pub(super) from: From,
    pub(super) prefer_langs: Vec<Lang>,
    #[serde(deserialize_with = "whole::<_, _, 1, 8>")]
    pub(super) beam: u8,
    #[serde(deserialize_with = "whole::<_, _, 1, 100>")]
    pub(super) asr_max_failures: u8,
    pub(super) asr_fail_cooldown: Span<0, { 7 * DAY }>,
    pub(super) asr_fail_alert: bool,
    pub(super) idle_unload: Span<0, { 24 * HOUR }>,
}

impl Default for RawListen {
    fn default() -> RawListen {
        RawListen {
            model: DEFAULT_MODEL.to_owned(),
            threads: 0,
            from: From(None),
            prefer_langs: Vec::new(),
            beam: 3,
            asr_max_failures: 3,
            asr_fail_cooldown: Span(Ms(5 * MINUTE)),
            asr_fail_alert: false,
            idle_unload: Span(Ms(60 * SECOND)),
        }
    }
}

/// `[cue]`; the defaults are those of [`CueLimits`].
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawCue {
    #[serde(deserialize_with = "speed")]
    cps_target: f32,
    #[serde(deserialize_with = "speed")]
    cps_max: f32,
    #[serde(deserialize_with = "whole::<_, _, 10, 200>")]
    chars_per_line: u16,
    #[serde(deserialize_with = "whole::<_, _, 5, 100>")]
    chars_per_line_wide: u16,
    #[serde(deserialize_with = "whole::<_, _, 1, 2>")]
    lines: u8,
    duration_min: Span<100, 10_000>,
    duration_max: Span<1000, 30_000>,
    gap_min: Span<0, 2000>,
}

impl Default for RawCue {
    fn default() -> RawCue {
        let limits = CueLimits::default();
        RawCue {
            cps_target: limits.cps_target,
            cps_max: limits.cps_max,
            chars_per_line: limits.chars_per_line,
            chars_per_line_wide: limits.chars_per_line_wide,
            lines: limits.lines,
            duration_min: Span(limits.duration_min),
            duration_max: Span(limits.duration_max),
            gap_min: Span(limits.gap_min),
        }
    }
}

impl RawCue {
    pub(super) fn limits(&self) -> CueLimits {
        CueLimits {
            cps_target: self.cps_target,
            cps_max: self.cps_max,
            chars_per_line: self.chars_per_line,
            chars_per_line_wide: self.chars_per_line_wide,
            lines: self.lines,
            duration_min: self.duration_min.0,
            duration_max: self.duration_max.0,
            gap_min: self.gap_min.0,
        }
    }
}

/// `[output]`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawOutput {
    pub(super) naming: Naming,
    #[serde(deserialize_with = "names::label")]
    pub(super) label: Option<String>,
    #[serde(deserialize_with = "names::version")]
    pub(super) jellyfin: Ver,
    pub(super) formats: Vec<Format>,
    pub(super) json: bool,
    pub(super) bilingual: bool,
    pub(super) bilingual_order: Bilingual,
}

impl Default for RawOutput {
    fn default() -> RawOutput {
        RawOutput {
            naming: Naming::default(),
            label: None,
            jellyfin: Ver::V10_10,
            formats: vec![Format::Srt],
            json: false,
            bilingual: false,
            bilingual_order: Bilingual::TranslationFirst,
        }
    }
}

/// `auto`, or a language.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct From(pub(super) Option<Lang>);

impl TryFrom<String> for From {
    type Error = crate::domain::lang::NoLanguage;
    fn try_from(text: String) -> Result<From, Self::Error> {
        if text == "auto" { Ok(From(None)) } else { Lang::parse(&text).map(|it| From(Some(it))) }
    }
}

/// Text that is not empty.
pub(super) fn filled<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Err(D::Error::custom("it is empty"));
    }
    Ok(text)
}

/// A whole number from `MIN` to `MAX`.
pub(super) fn whole<'de, D, T, const MIN: i64, const MAX: i64>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    let wrong = || format!("a whole number from {MIN} to {MAX} is expected");
    let value = i64::deserialize(from).map_err(|_| D::Error::custom(wrong()))?;
    let value = Some(value).filter(|it| (MIN..=MAX).contains(it));
    value.and_then(|it| T::try_from(it).ok()).ok_or_else(|| D::Error::custom(wrong()))
}

/// Characters a second.
fn speed<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    let wrong = || D::Error::custom("a number from 5 to 100 is expected");
    let value = f32::deserialize(from).map_err(|_| wrong())?;
    if (5.0..=100.0).contains(&value) { Ok(value) } else { Err(wrong()) }
}
