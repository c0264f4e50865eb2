//! Which files beside a video are its subtitles, and what their names say (PROTOCOLS.md 1.4).

use super::lang::Lang;
use super::subtitle::Format;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What the name of a subtitle file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// The file's ending, lower case: `srt`.
    pub codec: String,
    /// Text, not pictures.
    pub text: bool,
    /// Its format; `None` for pictures, and for text that Kinora does not read.
    pub format: Option<Format>,
    /// The language it names, as exactly as it names it.
    pub tag: Option<Lang>,
    /// What it says besides, dots between.
    pub title: Option<String>,
    /// Only what must be read.
    pub forced: bool,
    /// For the hard of hearing.
    pub hearing_impaired: bool,
}

/// Endings of subtitle files: text or pictures, and the format. A `.sub` is pictures (VobSub, with its `.idx` beside
/// it) or lines by picture number (MicroDVD), which say nothing of time without the video's frame rate: neither counts
/// as text here. Nor does `.mks`, which is a container to be probed, and no entry of this table.
const ENDINGS: [(&str, bool, Option<Format>); 9] = [
    ("srt", true, Some(Format::Srt)),
    ("ass", true, Some(Format::Ass)),
    ("ssa", true, Some(Format::Ass)),
    ("vtt", true, Some(Format::Vtt)),
    ("smi", true, None),
    ("sami", true, None),
    ("sub", false, None),
    ("idx", false, None),
    ("sup", false, None),
];

/// The format of a subtitle file with text in it, by its ending; `None` for all other files.
pub fn text_format(file_name: &OsStr) -> Option<Format> {
    let ending = Path::new(file_name).extension()?.to_str()?.to_ascii_lowercase();
    ENDINGS.iter().find(|it| it.0 == ending)?.2
}

/// Name of the video that a subtitle file alone in its folder belongs to, without an ending: what stands before the
/// code of a language (`Film.en.forced.srt` is of `Film`). Only codes count: a title may end in the name of a language.
pub fn stem_of_video(file_name: &OsStr) -> &OsStr {
    const PARTS_MAX: usize = 3;
    let whole = Path::new(file_name).file_stem().unwrap_or(file_name);
    let mut stem = whole;
    for _ in 0..PARTS_MAX {
        let part = Path::new(stem);
        let (Some(shorter), Some(word)) = (part.file_stem(), part.extension()) else { break };
        let word = word.to_string_lossy();
        let said = parse(shorter, file_name).filter(|it| it.title.is_none());
        if said.is_some_and(|it| it.tag.is_some()) && (word.len() <= 3 || word.contains('-')) {
            return shorter;
        }
        stem = shorter;
    }
    whole
}

/// Reads the name of a file that lies in the folder of a video; `video_stem` is the video's name without its ending.
/// `None` where it is no subtitle of this video. As Jellyfin does it, the name begins with the stem (in any ASCII
/// case), goes on with nothing or a dot, and is cut at dots and read from the right. Other than Jellyfin, words that
/// happen to be the code of a small language (`Day`, `war`, `new`) stay words, and a title that names the same language
/// more exactly (`简体中文.zho`) makes the tag exact.
///
/// Where one video's stem begins with another's (`Film` and `Film.2`), a file of the longer one is read as one of both:
/// the longest stem owns it.
pub fn parse(video_stem: &OsStr, file_name: &OsStr) -> Option<Sidecar> {
    let (stem, name) = (video_stem.as_bytes(), file_name.as_bytes());
    let (head, rest) = name.split_at_checked(stem.len())?;
    if !head.eq_ignore_ascii_case(stem) {
        return None;
    }
    let rest = String::from_utf8_lossy(rest.strip_prefix(b".")?);
    let (suffix, ending) = rest.rsplit_once('.').unwrap_or(("", &rest));
    let codec = ending.to_ascii_lowercase();
    let (_, text, format) = *ENDINGS.iter().find(|it| it.0 == codec)?;
    let mut said = Said::default();
    for token in suffix.rsplit('.').map(str::trim).filter(|it| !it.is_empty()) {
        said.token(token);
    }
    said.title.reverse();
    let tag = said.tag.clone().or_else(|| said.named());
    let title = Some(said.title.join(".")).filter(|it| !it.is_empty());
    Some(Sidecar {
        codec,
        text,
        format,
        tag,
        forced: said.forced || title.as_deref().is_some_and(partial_title),
        title,
        hearing_impaired: said.hearing_impaired,
    })
}

/// What the tokens of a name say, from the right.
#[derive(Default)]
struct Said {
    tag: Option<Lang>,
    /// True where the tag is a lone `hi`, which is Hindi unless a language stands before it.
    hindi: bool,
    forced: bool,
    hearing_impaired: bool,
    title: Vec<String>,
}

impl Said {
    fn token(&mut self, token: &str) {
        let lower = token.to_lowercase();
        if lower == "default" {
            return;
        }
        let words = lower.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
        let is_flag = |it: &&str| FORCED.contains(it) || IMPAIRED.contains(it);
        let (flags, rest): (Vec<&str>, Vec<&str>) = words.partition(is_flag);
        // `English [SDH]` and `en-hi` are both; a lone `hi` is a language first.
        let both = !flags.is_empty() && !rest.is_empty();
        let lang = Some(rest.join("-")).filter(|_| both).and_then(|it| language(&it));
        match (lang.or_else(|| language(&lower)), &self.tag) {
            (Some(lang), None) => {
                self.hindi = lower == "hi";
                self.flags(if self.hindi { &[] } else { &flags });
                self.tag = Some(lang);
            }
            (Some(lang), Some(_)) if self.hindi => {
                (self.hindi, self.hearing_impaired) = (false, true);
                self.flags(&flags);
                self.tag = Some(lang);
            }
            (lang, tag) => {
                let exact = tag.as_ref().and_then(|tag| {
                    let words = begins(&lower).filter_map(language);
                    lang.into_iter().chain(words).find(|it| refines(it, tag))
                });
                self.tag = exact.or_else(|| tag.clone());
                self.flags(&flags);
                if flags.is_empty() || both {
                    self.title.push(token.to_owned());
                }
            }
        }
    }

    fn flags(&mut self, flags: &[&str]) {
        self.forced |= flags.iter().any(|it| FORCED.contains(it));
        self.hearing_impaired |= flags.iter().any(|it| IMPAIRED.contains(it));
    }

    /// The code of a small language counts where its name stands before it, as in the names Kinora writes:
    /// `Cebuano.ceb`, `Cebuano AI.ceb`, and `llm.ceb` in the other naming.
    fn named(&self) -> Option<Lang> {
        let pair = |it: &[String]| {
            let lang = Lang::parse(&it[1]).ok()?;
            let name = lang.name_en().to_lowercase();
            let title = it[0].to_lowercase();
            let named = title == "llm" || title == name || begins(&title).any(|it| it == name);
            named.then_some(lang)
        };
        self.title.windows(2).find_map(pair)
    }
}

/// A title without its last words: Kinora's has the language first, then a word of the owner's.
fn begins(title: &str) -> impl Iterator<Item = &str> {
    const WORDS_MAX: usize = 8;
    title.rmatch_indices(' ').take(WORDS_MAX).map(|(at, _)| title[..at].trim_end())
}

/// Words for what is shown only where something must be read.
const FORCED: [&str; 2] = ["forced", "foreign"];
/// Words for what is written for the hard of hearing.
const IMPAIRED: [&str; 3] = ["cc", "hi", "sdh"];
/// Scripts a name may tell; other words of four letters behind a code are words (`no-subs`).
const SCRIPTS: [&str; 7] = ["Hans", "Hant", "Latn", "Cyrl", "Arab", "Deva", "Mong"];
/// English words that are codes of languages nobody has subtitles in.
const WORDS: [&str; 3] = ["run", "her", "ton"];

/// What files are called besides, lower case: countries for languages, the short names of those who translate for fun,
/// and the titles Kinora writes.
const NAMES: [(&str, &str); 23] = [
    ("cn", "zh-CN"),
    ("tw", "zh-TW"),
    ("hk", "zh-HK"),
    ("jp", "ja"),
    ("kr", "ko"),
    ("cz", "cs"),
    ("gr", "el"),
    ("dk", "da"),
    ("ua", "uk"),
    ("sc", "zh-Hans"),
    ("tc", "zh-Hant"),
    ("gb", "zh-Hans"),
    ("gb2312", "zh-Hans"),
    ("big5", "zh-Hant"),
    ("jpsc", "zh-Hans"),
    ("scjp", "zh-Hans"),
    ("jptc", "zh-Hant"),
    ("tcjp", "zh-Hant"),
    ("português de portugal", "pt-PT"),
    ("español de latinoamérica", "es-419"),
    ("srpski (latinica)", "sr-Latn"),
    ("српски (ћирилица)", "sr-Cyrl"),
    ("bilingual chinese", "zh"),
];

/// The language that a token of a name is the code, the tag or the name of; `lower` is lower case.
fn language(lower: &str) -> Option<Lang> {
    let known = NAMES.iter().find(|it| it.0 == lower).map(|it| it.1);
    if let Some(tag) = known.or_else(|| chinese(lower)) {
        return in_region(Lang::parse(tag).ok()?, lower);
    }
    several(lower).or_else(|| one(lower))
}

/// A code of two or three letters, a BCP 47 tag, or a name of a language that has a short code.
fn one(lower: &str) -> Option<Lang> {
    let lang = Lang::parse(lower).ok()?;
    let known = lang.primary().len() == 2 || lang.to_whisper().is_some();
    let region = |it: &str| it.len() == 2 || it.bytes().all(|byte| byte.is_ascii_digit());
    let mut subtags = lang.tag().split('-').skip(1);
    let usual = subtags.all(|it| SCRIPTS.contains(&it) || region(it));
    (known && usual && !WORDS.contains(&lower)).then_some(lang)
}

/// Two languages in one file (`chs&eng`, `chs_eng`): the Chinese one is what the file was made for, else the first.
fn several(lower: &str) -> Option<Lang> {
    let joined: Vec<&str> = lower.split(['&', '+', '＆']).collect();
    let coded: Vec<&str> = lower.split(['-', '_']).collect();
    // Codes of two letters with a hyphen are a language and its country.
    let long = |it: &Vec<&str>| it.iter().all(|word| word.chars().count() > 2);
    let words = if joined.len() > 1 { joined } else { Some(coded).filter(long)? };
    let one = |it: &str| chinese(it).and_then(|it| Lang::parse(it).ok()).or_else(|| one(it));
    let langs = words.iter().map(|it| one(it.trim())).collect::<Option<Vec<Lang>>>()?;
    let chosen = langs.iter().find(|it| it.primary() == "zh").or(langs.first());
    chosen.filter(|_| langs.len() > 1).cloned()
}

/// Chinese by the characters a name begins with: `简体`, `繁英雙語`, `中文字幕`, `中英`, `双语`.
fn chinese(lower: &str) -> Option<&'static str> {
    let mut letters = lower.chars();
    match (letters.next()?, letters.next()?) {
        ('简' | '簡', _) => Some("zh-Hans"),
        ('繁', _) => Some("zh-Hant"),
        ('中', '文' | '字' | '英' | '日' | '韩' | '韓' | '法' | '德' | '俄' | '西') => {
            Some("zh")
        }
        ('双', '语') | ('雙', '語') => Some("zh"),
        _ => None,
    }
}

/// The language with the region that its name has behind it: `繁體中文（台灣）`.
fn in_region(lang: Lang, name: &str) -> Option<Lang> {
    let Some((_, region)) = name.split_once('（') else { return Some(lang) };
    let region = match region.split('）').next().unwrap_or(region) {
        "台灣" | "台湾" | "臺灣" => "TW",
        "香港" => "HK",
        "澳門" | "澳门" => "MO",
        other => other,
    };
    Lang::parse(&format!("{lang}-{region}")).ok().or(Some(lang))
}

/// True where `exact` says the same as `tag` and more. Cantonese is labelled Chinese, with its name as title.
fn refines(exact: &Lang, tag: &Lang) -> bool {
    let agrees = |exact: Option<&str>, tag: Option<&str>| tag.is_none() || exact == tag;
    let more = exact.tag().len() > tag.tag().len();
    let same = exact.same_language(tag) || (exact.primary(), tag.tag()) == ("yue", "zh");
    same && more && agrees(exact.script(), tag.script()) && agrees(exact.region(), tag.region())
}

/// Words of titles of tracks that hold only what must be read; lower case. Phrases match whole words in a row, those
/// in Chinese and Japanese anywhere.
const PARTIAL: [&str; 30] = [
    "forced",
    "foreign",
    "signs",
    "songs",
    "s s",
    "signs only",
    "lyrics",
    "karaoke",
    "forcé",
    "forcés",
    "forcée",
    "forcées",
    "erzwungen",
    "erzwungene",
    "forzado",
    "forzados",
    "forzato",
    "forzati",
    "forçado",
    "forçados",
    "forçada",
    "forçadas",
    "gedwongen",
    "wymuszone",
    "vynucené",
    "tvingade",
    "tvungne",
    "форсированные",
    "надписи",
    "zorunlu",
];
const PARTIAL_CJK: [&str; 5] = ["強制", "强制", "フォースド", "看板", "강제"];
/// Words of titles of tracks that hold all of it, signs included.
const WHOLE: [&str; 7] = ["full", "complete", "dialogue", "dialogues", "dialog", "non", "not"];

/// True for titles of tracks that hold only a part of what is said: "Forced", "Signs & Songs", "Foreign parts only".
pub fn partial_title(title: &str) -> bool {
    let lower = title.to_lowercase();
    let words: Vec<&str> =
        lower.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
    let padded = format!(" {} ", words.join(" "));
    let has = |it: &&str| padded.contains(&format!(" {it} "));
    let partial = PARTIAL.iter().any(has) || PARTIAL_CJK.iter().any(|it| lower.contains(it));
    partial && !WHOLE.iter().any(has)
}

#[cfg(test)]
#[path = "sidecar_tests.rs"]
mod tests;
