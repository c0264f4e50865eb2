//! The shape of `kinora.toml`: every key, its default and its range. What is read here is right in itself.

use super::raw_hooks::RawWebhooks;
use super::raw_jellyfin::RawJellyfin;
use super::raw_keep::{RawBackup, RawCheck, RawNotify};
use super::raw_library::RawLibrary;
use super::raw_service::{RawHttp, RawLanes, RawRetry, RawServe};
use super::raw_translate::{RawMetadata, RawTranslate, RawTranslator};
use super::shapes;
use super::span::{DAY, HOUR, MINUTE, SECOND, Span};
use super::{Naming, names};
use crate::domain::cue::CueLimits;
use crate::domain::jellyfin::label::Ver;
use crate::domain::lang::Lang;
use crate::domain::order::{Bilingual, ExistingRules, SubtitleMode};
use crate::domain::subtitle::Format;
use crate::domain::time::Ms;
use crate::engines::models::DEFAULT_MODEL;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::path::PathBuf;

/// The whole file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    /// Where Kinora keeps what it remembers: its store, models, logs and backups. By itself the folder that the
    /// system service names, `/var/lib/kinora` for root, else `~/.local/share/kinora`.
    #[schemars(schema_with = "shapes::absolute")]
    pub(super) data_dir: Option<PathBuf>,
    /// Languages that subtitles are wanted in, such as `["zh-Hans", "en"]`. Empty for the language that is spoken.
    #[schemars(schema_with = "shapes::langs")]
    pub(super) to: Vec<Lang>,
    /// What subtitles that are there already count for.
    pub(super) subtitle_mode: SubtitleMode,
    /// Makes a subtitle although there is one in a wanted language.
    pub(super) ignore_existing_subtitles: bool,
    /// From this fit on, in percent, a subtitle that is there is good enough to be used.
    #[serde(deserialize_with = "whole::<_, _, 0, 100>")]
    #[schemars(range(min = 0, max = 100))]
    pub(super) reuse_good_percent: u8,
    /// Makes subtitles of Kinora's anew where settings that they hang on were changed.
    pub(super) remake_on_change: bool,
    /// How audio is listened to.
    pub(super) listen: RawListen,
    /// How long subtitles stand and how much is in them.
    pub(super) cue: RawCue,
    /// Which files are written, and their names.
    pub(super) output: RawOutput,
    /// How lines are translated.
    pub(super) translate: RawTranslate,
    /// Who translates: a server, or a model on this machine. One section for each; `local` is always there.
    pub(super) translator: Vec<RawTranslator>,
    /// Where the names of films' people and places are looked up, for the translation.
    pub(super) metadata: RawMetadata,
    /// The Jellyfin of the house: it is told of new subtitles, and Kinora steps aside for its viewers.
    pub(super) jellyfin: RawJellyfin,
    /// Who may talk to Kinora, and where.
    pub(super) http: RawHttp,
    /// Where programs that send webhooks see our files.
    pub(super) webhooks: RawWebhooks,
    /// A folder of videos that is kept subtitled; one section for each. What it does not say is as everywhere.
    pub(super) library: Vec<RawLibrary>,
    /// What work is done side by side, when, and what it may take.
    pub(super) lanes: RawLanes,
    /// What becomes of work that fails.
    pub(super) retry: RawRetry,
    /// What the service does by the clock.
    pub(super) serve: RawServe,
    /// Copies of all that Kinora remembers, one file each.
    pub(super) backup: RawBackup,
    /// Whether subtitles that were written are still there as they were.
    pub(super) check: RawCheck,
    /// Somebody who is told what happens; one section for each.
    pub(super) notify: Vec<RawNotify>,
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
            backup: RawBackup::default(),
            check: RawCheck::default(),
            notify: Vec::new(),
        }
    }
}

/// `[listen]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawListen {
    /// Name of a speech model, as `kinora models list` shows them, or the path of one.
    #[serde(deserialize_with = "filled")]
    #[schemars(schema_with = "shapes::model")]
    pub(super) model: String,
    /// Threads for listening on the processor; 0 for as many as fit the machine.
    #[serde(deserialize_with = "whole::<_, _, 0, 256>")]
    #[schemars(range(min = 0, max = 256))]
    pub(super) threads: u16,
    /// The spoken language, such as `ja`; `auto` finds it out.
    #[schemars(schema_with = "shapes::lang")]
    pub(super) from: From,
    /// Audio tracks in these languages are preferred, the first most. Empty for the track that the file says.
    #[schemars(schema_with = "shapes::langs")]
    pub(super) prefer_langs: Vec<Lang>,
    /// How many readings are weighed against each other while listening: 1 is fastest, more is better and slower.
    #[serde(deserialize_with = "whole::<_, _, 1, 8>")]
    #[schemars(range(min = 1, max = 8))]
    pub(super) beam: u8,
    /// After so many failures of listening a file waits for a person, and scans leave it alone.
    #[serde(deserialize_with = "whole::<_, _, 1, 100>")]
    #[schemars(range(min = 1, max = 100))]
    pub(super) asr_max_failures: u8,
    /// The wait after listening failed.
    pub(super) asr_fail_cooldown: Span<0, { 7 * DAY }>,
    /// Tells loudly of a file that is given up.
    pub(super) asr_fail_alert: bool,
    /// A model that was not used for so long gives its memory back; `0s` for at once.
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
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawCue {
    /// Characters a second that are aimed at.
    #[serde(deserialize_with = "speed")]
    #[schemars(range(min = 5, max = 100))]
    cps_target: f32,
    /// Characters a second that are never exceeded where that can be; not less than `cps_target`.
    #[serde(deserialize_with = "speed")]
    #[schemars(range(min = 5, max = 100))]
    cps_max: f32,
    /// Characters on a line, at most.
    #[serde(deserialize_with = "whole::<_, _, 10, 200>")]
    #[schemars(range(min = 10, max = 200))]
    chars_per_line: u16,
    /// Characters on a line of Chinese, Japanese or Korean, at most.
    #[serde(deserialize_with = "whole::<_, _, 5, 100>")]
    #[schemars(range(min = 5, max = 100))]
    chars_per_line_wide: u16,
    /// Lines of a subtitle, at most.
    #[serde(deserialize_with = "whole::<_, _, 1, 2>")]
    #[schemars(range(min = 1, max = 2))]
    lines: u8,
    /// How long a subtitle stands at least.
    duration_min: Span<100, 10_000>,
    /// How long a subtitle stands at most; not less than `duration_min`.
    duration_max: Span<1000, 30_000>,
    /// Time between two subtitles.
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
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawOutput {
    /// How files are named.
    pub(super) naming: Naming,
    /// A word in the name of every file, such as `AI`. Empty for none.
    #[serde(deserialize_with = "names::label")]
    #[schemars(schema_with = "shapes::label")]
    pub(super) label: Option<String>,
    /// The oldest Jellyfin that must show the files rightly.
    #[serde(deserialize_with = "names::version")]
    #[schemars(schema_with = "shapes::version")]
    pub(super) jellyfin: Ver,
    /// Formats that are written, at least one.
    #[schemars(length(min = 1))]
    pub(super) formats: Vec<Format>,
    /// Writes the transcript as JSON too, with words and times.
    pub(super) json: bool,
    /// Writes a file with both languages too, beside that of the translation.
    pub(super) bilingual: bool,
    /// Which language stands first there.
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

/// A size in MiB, from `MIN` to `MAX`: a number, or text with its unit.
pub(super) fn mib<'de, D, const MIN: i64, const MAX: i64>(from: D) -> Result<u64, D::Error>
where
    D: Deserializer<'de>,
{
    let size = Size::deserialize(from).ok().and_then(Size::mib);
    let size = size.filter(|it| (MIN..=MAX).contains(it)).and_then(|it| u64::try_from(it).ok());
    size.ok_or_else(|| {
        D::Error::custom(format!(
            "a number of MiB from {MIN} to {MAX} is expected; write it so, or as text such as \"500 MiB\" or \"2 GiB\""
        ))
    })
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Size {
    Number(i64),
    Text(String),
}

impl Size {
    fn mib(self) -> Option<i64> {
        let text = match self {
            Size::Number(mib) => return Some(mib),
            Size::Text(text) => text,
        };
        let units = [("MiB", 1), ("GiB", 1024), ("TiB", 1024 * 1024)];
        let (number, factor) =
            units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
        let number = number.trim_end();
        let is_plain = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
        number.parse::<i64>().ok().filter(|_| is_plain)?.checked_mul(*factor)
    }
}

/// Characters a second.
fn speed<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    let wrong = || D::Error::custom("a number from 5 to 100 is expected");
    let value = f32::deserialize(from).map_err(|_| wrong())?;
    if (5.0..=100.0).contains(&value) { Ok(value) } else { Err(wrong()) }
}
