//! How Jellyfin labels a subtitle file by its name: its rules, for each of its versions (PROTOCOLS.md 1.4).
//!
//! Kinora asks here before it writes, and holds what Jellyfin shows later against it. Codes are compared through
//! Jellyfin's tables, never as text: the same Chinese is `chi` in one version and `zho` in the next.

use super::super::lang::Lang;
use std::fmt;

mod table;

/// Versions of Jellyfin that label differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ver {
    /// 10.9 and 10.10.
    V10_10,
    /// 10.11.
    V10_11,
    /// 12 and later.
    V12,
}

impl Ver {
    /// All of them, the oldest first.
    pub const ALL: [Ver; 3] = [Ver::V10_10, Ver::V10_11, Ver::V12];

    /// Reads a version as a server tells it (`10.11.11`, `12.0-rc5`), or as the configuration names it (`12`). `None`
    /// for what is none, and for versions before 10.9, whose rules nobody looked up.
    pub fn of(version: &str) -> Option<Ver> {
        let mut numbers = version.trim().trim_start_matches('v').split(['.', '-', '+', ' ']);
        let major: u32 = numbers.next()?.parse().ok()?;
        let minor: u32 = numbers.next().and_then(|it| it.parse().ok()).unwrap_or(0);
        match (major, minor) {
            (10, 9 | 10) => Some(Ver::V10_10),
            (10, 11..) => Some(Ver::V10_11),
            (11.., _) => Some(Ver::V12),
            _ => None,
        }
    }

    /// Its number, as the configuration names it.
    pub fn word(self) -> &'static str {
        match self {
            Ver::V10_10 => "10.10",
            Ver::V10_11 => "10.11",
            Ver::V12 => "12",
        }
    }
}

impl fmt::Display for Ver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What Jellyfin makes of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// The language's code, as this version stores it.
    pub language: Option<String>,
    /// What stands in the name besides, dots between.
    pub title: Option<String>,
    /// Chosen by itself.
    pub is_default: bool,
    /// Holds only what must be read.
    pub is_forced: bool,
    /// For people who hear badly.
    pub is_hearing_impaired: bool,
}

/// Endings of the files that Jellyfin takes for subtitles.
const ENDINGS: [&str; 9] = ["ass", "mks", "sami", "smi", "srt", "ssa", "sub", "sup", "vtt"];
/// They set a flag wherever they stand in a word.
const DEFAULT: [&str; 1] = ["default"];
const FORCED: [&str; 2] = ["forced", "foreign"];
/// They set a flag where they are the whole word.
const IMPAIRED: [&str; 3] = ["cc", "hi", "sdh"];
/// A lone `hi` is Hindi, stored so in every version, until another language is found.
const HINDI: &str = "hin";

/// Labels a file that lies beside a video, whose name without its ending is `video_stem`. `None` where Jellyfin takes
/// the file for no subtitle of this video.
pub fn label(version: Ver, video_stem: &str, file_name: &str) -> Option<Label> {
    let (stem, ending) = file_name.rsplit_once('.')?;
    ENDINGS.iter().find(|it| it.eq_ignore_ascii_case(ending))?;
    let rest = without_stem(stem, video_stem)?;
    let mut said = Label::default();
    if rest.is_empty() {
        return Some(said);
    }
    let mut title = Vec::new();
    for token in rest.strip_prefix('.')?.rsplit('.') {
        let lower = token.to_lowercase();
        let language = table::find(version, &lower);
        if DEFAULT.iter().any(|it| lower.contains(it)) {
            said.is_default = true;
        } else if FORCED.iter().any(|it| lower.contains(it)) {
            said.is_forced = true;
        } else if let (Some(row), None) = (language, &said.language) {
            said.language = Some(row.stored(version).to_owned());
        } else if let (Some(row), Some(HINDI)) = (language, said.language.as_deref()) {
            // What was taken for Hindi was a flag: `.pl.hi`.
            said.is_hearing_impaired = true;
            said.language = Some(row.stored(version).to_owned());
        } else if IMPAIRED.contains(&lower.as_str()) {
            said.is_hearing_impaired = true;
        } else {
            title.push(token);
        }
    }
    title.reverse();
    said.title = Some(title.join(".")).filter(|it| !it.is_empty());
    Some(said)
}

/// What follows the video's stem, in any case of letters.
fn without_stem<'a>(stem: &'a str, video_stem: &str) -> Option<&'a str> {
    let mut letters = stem.chars();
    for wanted in video_stem.chars() {
        let letter = letters.next()?;
        (letter == wanted || letter.to_lowercase().eq(wanted.to_lowercase())).then_some(())?;
    }
    Some(letters.as_str())
}

/// What viewers of this version read, in a few words: ``Chinese, titled `简体中文`, marked as forced``.
pub fn shows(version: Ver, label: &Label) -> String {
    let language = match &label.language {
        Some(code) => {
            table::find(version, &code.to_lowercase()).map_or(code.as_str(), |it| it.name())
        }
        None => "no language",
    };
    let title = label.title.as_ref().map(|it| format!(", titled `{it}`")).unwrap_or_default();
    let flags = [
        (label.is_default, ", marked as default"),
        (label.is_forced, ", marked as forced"),
        (label.is_hearing_impaired, ", marked as for the hard of hearing"),
    ];
    let flags: String = flags.iter().filter(|it| it.0).map(|it| it.1).collect();
    format!("{language}{title}{flags}")
}

/// The language of a code that Jellyfin stores, of whatever version; of a track inside a video it may be anything.
/// `None` where it names none.
pub fn language(stored: &str) -> Option<Lang> {
    let told = table::any(&stored.trim().to_lowercase());
    told.and_then(table::Row::lang).or_else(|| Lang::parse(stored).ok())
}

/// True where a code that Jellyfin stores can stand for `lang`: the same language, and no other script or region.
/// `zho` says that it is Chinese and leaves the script open, so it matches `zh-Hans` and `zh-Hant` alike.
pub fn matches(stored: &str, lang: &Lang) -> bool {
    let agrees = |a: Option<&str>, b: Option<&str>| a.is_none() || b.is_none() || a == b;
    language(stored).is_some_and(|it| {
        it.same_language(lang)
            && agrees(it.script(), lang.script())
            && agrees(it.region(), lang.region())
    })
}

/// True where two codes that Jellyfin stores are the same language in the same script and region: `chi` and `zho`.
pub fn same(one: &str, other: &str) -> bool {
    match (language(one), language(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.eq_ignore_ascii_case(other),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// True where this version has a code for a language, whatever its script and region: it could show it.
pub fn knows(version: Ver, lang: &Lang) -> bool {
    table::rows(version).any(|it| it.lang().is_some_and(|it| it.primary() == lang.primary()))
}

/// True where the exact tag (`zh-Hans`, `pt-BR`, `en`) is a code of this version.
pub fn knows_tag(version: Ver, lang: &Lang) -> bool {
    table::find(version, &lang.tag().to_lowercase()).is_some()
}

#[cfg(test)]
#[path = "label_tests.rs"]
mod tests;
