//! Languages as BCP 47 tags, and their names in the other worlds: ISO 639, Whisper, people.

use isolang::Language;
use serde::{Deserialize, Serialize};
use std::fmt;

mod tables;

use tables::{CODES, ISO_639_2_ONLY, NAMES, WHISPER};

/// A language as a BCP 47 tag in canonical case, e.g. `en`, `zh-Hans`, `pt-BR`. Made by [`Lang::parse`] only.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
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

impl std::str::FromStr for Lang {
    type Err = NoLanguage;
    fn from_str(text: &str) -> Result<Lang, NoLanguage> {
        Lang::parse(text)
    }
}

impl Lang {
    /// Reads a BCP 47 tag, an ISO 639-1, 639-2/B, 639-2/T or 639-3 code, a locale (`zh_CN.UTF-8`), a name in English
    /// or in the language itself, or a spelling that is common in file names (`chs`, `pob`, `iw`).
    ///
    /// # Errors
    /// Where it names no language; `und`, `mul`, `mis` and `zxx` name none.
    pub fn parse(text: &str) -> Result<Lang, NoLanguage> {
        let lower = text.trim().to_lowercase().replace('_', "-");
        let spoken = lower.replace('-', " ");
        by_name(&lower)
            .or_else(|| by_name(&spoken))
            .or_else(|| by_tag(&lower))
            .or_else(|| by_iso_name(&spoken))
            .ok_or_else(|| NoLanguage(text.to_owned()))
    }

    /// The language of one of Whisper's codes (`jw` is Javanese); `None` for anything else.
    pub fn from_whisper(code: &str) -> Option<Lang> {
        let tag = if code == "jw" { "jv" } else { code };
        WHISPER.iter().find(|it| it.0 == tag).map(|it| Lang(it.0.to_owned()))
    }

    /// The languages that Whisper hears, as files in them are labelled: Chinese in each of its scripts.
    pub fn all_heard() -> Vec<Lang> {
        let heard = WHISPER.iter().map(|it| it.0).chain(["zh-Hans", "zh-Hant"]);
        heard.map(|it| Lang(it.to_owned())).collect()
    }

    /// Whisper's code of this language, whatever script or region; `None` where Whisper does not know it.
    pub fn to_whisper(&self) -> Option<&'static str> {
        let wanted = match self.primary() {
            "nb" => "no",
            "fil" => "tl",
            other => other,
        };
        let code = WHISPER.iter().map(|it| it.0).find(|it| *it == wanted)?;
        Some(if code == "jv" { "jw" } else { code })
    }

    /// The tag itself.
    pub fn tag(&self) -> &str {
        &self.0
    }

    /// The language alone, its shortest ISO 639 code: `zh`, `yue`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// The script, e.g. `Hans`: the one of the tag, for Chinese else the one its region writes.
    pub fn script(&self) -> Option<&str> {
        let written = self.subtags().find(|it| it.len() == 4 && it.is_ascii() && is_letters(it));
        written.or_else(|| match (self.primary(), self.region()?) {
            ("zh", "CN" | "SG" | "MY") => Some("Hans"),
            ("zh", "TW" | "HK" | "MO") => Some("Hant"),
            _ => None,
        })
    }

    /// The region, e.g. `BR`, `419`.
    pub fn region(&self) -> Option<&str> {
        self.subtags().find(|it| match it.len() {
            2 => is_letters(it),
            3 => it.bytes().all(|byte| byte.is_ascii_digit()),
            _ => false,
        })
    }

    /// Script, region and variants as written, up to the first extension.
    fn subtags(&self) -> impl Iterator<Item = &str> {
        self.0.split('-').skip(1).take_while(|it| it.len() > 1)
    }

    /// The ISO 639-2/T code: `zho`, `deu`; `None` for languages that ISO 639-2 does not list (`yue`).
    pub fn iso639_2t(&self) -> Option<&'static str> {
        match self.primary() {
            two if two.len() == 2 => Language::from_639_1(two).map(|it| it.to_639_3()),
            three => ISO_639_2_ONLY.split_whitespace().find(|it| *it == three),
        }
    }

    /// Its English name for people: `Chinese (Simplified)`, `Portuguese (Brazil)`, `German`.
    pub fn name_en(&self) -> String {
        let primary = self.primary();
        let known = WHISPER.iter().find(|it| it.0 == primary).map(|it| it.1);
        let name = known.or_else(|| language(primary).map(|it| it.to_name())).unwrap_or(primary);
        let details: Vec<&str> = [
            self.script().map(script_name_en),
            self.region().filter(|it| *it != "CN").map(region_name_en),
        ]
        .into_iter()
        .flatten()
        .collect();
        if details.is_empty() {
            name.to_owned()
        } else {
            format!("{name} ({})", details.join(", "))
        }
    }

    /// False for languages written without spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese...
    pub fn has_spaces(&self) -> bool {
        if self.script() == Some("Latn") {
            return true;
        }
        !self.is_chinese()
            && !matches!(self.primary(), "ja" | "th" | "lo" | "km" | "my" | "bo" | "dz")
    }

    /// True for languages whose characters take two columns: Chinese, Japanese, Korean, Cantonese.
    pub fn is_wide(&self) -> bool {
        self.script() != Some("Latn")
            && (self.is_chinese() || matches!(self.primary(), "ja" | "ko"))
    }

    fn is_chinese(&self) -> bool {
        matches!(
            self.primary(),
            "zh" | "yue" | "wuu" | "nan" | "hak" | "gan" | "hsn" | "cjy" | "lzh"
        )
    }

    /// True where both are the same spoken language, whatever script or region. The written forms of Norwegian are
    /// one, and Filipino is Tagalog; Cantonese is not Mandarin.
    pub fn same_language(&self, other: &Lang) -> bool {
        fn spoken(lang: &Lang) -> &str {
            match lang.primary() {
                "nb" | "nn" => "no",
                "fil" => "tl",
                other => other,
            }
        }
        spoken(self) == spoken(other)
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A name of the tables; `lower` is lower case.
fn by_name(lower: &str) -> Option<Lang> {
    let alias = NAMES.iter().find(|it| it.0 == lower).map(|it| it.1);
    let name = |it: &&(&'static str, &str, &str)| {
        it.1.to_lowercase() == lower || it.2.to_lowercase() == lower
    };
    let tag = alias.or_else(|| WHISPER.iter().find(name).map(|it| it.0))?;
    Some(Lang(tag.to_owned()))
}

/// A BCP 47 tag or the code of a locale, lower case.
fn by_tag(lower: &str) -> Option<Lang> {
    let without_encoding = lower.split(['.', '@']).next()?;
    let tag = oxilangtag::LanguageTag::parse_and_normalize(without_encoding).ok()?;
    // An extended language stands for itself: `zh-yue` is `yue`.
    let spoken = tag.extended_language().unwrap_or(tag.primary_language());
    let primary = shortest_code(language(spoken)?);
    let rest = &tag.as_str()[tag.full_language().len()..];
    Some(Lang(format!("{primary}{rest}")))
}

/// A name as ISO 639-3 has it, lower case. Shorter ones (`E`, `U`) would rather be mistyped codes.
fn by_iso_name(lower: &str) -> Option<Lang> {
    const NAME_BYTES_MIN: usize = 4;
    if lower.len() < NAME_BYTES_MIN {
        return None;
    }
    let words = lower.split(' ').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    });
    let name = words.collect::<Option<Vec<String>>>()?.join(" ");
    let found = Language::from_name(&name).filter(is_a_language)?;
    Some(Lang(shortest_code(found).to_owned()))
}

fn language(code: &str) -> Option<Language> {
    let code = CODES.iter().find(|it| it.0 == code).map_or(code, |it| it.1);
    let found = match code.len() {
        2 => Language::from_639_1(code),
        3 => Language::from_639_3(code),
        _ => None,
    };
    found.filter(is_a_language)
}

fn is_a_language(it: &Language) -> bool {
    !matches!(it, Language::Und | Language::Mul | Language::Mis | Language::Zxx)
}

fn shortest_code(language: Language) -> &'static str {
    language.to_639_1().unwrap_or_else(|| language.to_639_3())
}

fn script_name_en(script: &str) -> &str {
    match script {
        "Hans" => "Simplified",
        "Hant" => "Traditional",
        "Latn" => "Latin",
        "Cyrl" => "Cyrillic",
        "Arab" => "Arabic",
        other => other,
    }
}

fn region_name_en(region: &str) -> &str {
    match region {
        "BR" => "Brazil",
        "PT" => "Portugal",
        "TW" => "Taiwan",
        "HK" => "Hong Kong",
        "MO" => "Macao",
        "SG" => "Singapore",
        "US" => "United States",
        "GB" => "United Kingdom",
        "CA" => "Canada",
        "MX" => "Mexico",
        "ES" => "Spain",
        "419" => "Latin America",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lang(text: &str) -> Lang {
        Lang::parse(text).unwrap()
    }

    #[test]
    fn whatever_names_a_language_gives_its_tag() {
        let table = "
            en en|EN en|eng en|English en|english en|de de|ger de|deu de|German de|Deutsch de|fre fr|fra fr|Français fr
            zh zh|chi zh|zho zh|cmn zh|Chinese zh|中文 zh|Mandarin zh|chs zh-Hans|cht zh-Hant|zh_CN zh-CN|zh-cn zh-CN
            zh_CN.UTF-8 zh-CN|zh-hans zh-Hans|ZH-HANT-TW zh-Hant-TW|cmn-Hans zh-Hans|zh-cmn-Hans zh-Hans|zh-yue yue
            yue yue|Cantonese yue|粤语 yue|简体中文 zh-Hans|繁體中文 zh-Hant|Simplified Chinese zh-Hans
            Chinese (Traditional) zh-Hant|zh-TW zh-TW|iw he|in id|ji yi|jw jv|jav jv|mo ro|scc sr|scr hr|sh sr-Latn
            pt-br pt-BR|pob pt-BR|pb pt-BR|Português do Brasil pt-BR|es-419 es-419|sr-latn sr-Latn|sr-Cyrl-RS sr-Cyrl-RS
            nob nb|nno nn|nor no|fil fil|tgl tl|haw haw|ja-JP ja-JP|日本語 ja|arb ar|ydd yi|Kalaallisut kl|gsw gsw
            en-US-x-private en-US-x-private|sl-rozaj sl-rozaj| ja ja";
        for case in table.split(['|', '\n']).map(str::trim).filter(|it| !it.is_empty()) {
            let (text, tag) = case.rsplit_once(' ').unwrap();
            assert_eq!(Lang::parse(text).map(|it| it.0), Ok(tag.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_names_no_language_is_refused() {
        let table = [
            "",
            " ",
            "-",
            "und",
            "mul",
            "zxx",
            "mis",
            "xx",
            "qqq",
            "auto",
            "x-klingon",
            "e",
            "zh-",
            "12",
            ".",
        ];
        for text in table {
            assert_eq!(Lang::parse(text), Err(NoLanguage(text.to_owned())));
        }
    }

    #[test]
    fn whispers_codes_go_both_ways() {
        for (tag, english, own) in WHISPER {
            let code = if tag == "jv" { "jw" } else { tag };
            let heard = Lang::from_whisper(code).unwrap();
            assert_eq!((heard.tag(), heard.to_whisper()), (tag, Some(code)));
            assert_eq!(lang(code), heard);
            assert_eq!(lang(english), heard);
            assert!(lang(own).same_language(&heard), "{own}");
            assert_eq!(heard.name_en(), english);
            assert_eq!(heard.iso639_2t().is_none(), tag == "yue", "{tag}");
        }
        assert_eq!(Lang::from_whisper("jv").map(|it| it.0), Some("jv".to_owned()));
        assert_eq!(Lang::from_whisper("xx"), None);
        for (text, code) in
            [("nb", "no"), ("nn-NO", "nn"), ("fil", "tl"), ("zh-Hant-TW", "zh"), ("zh-yue", "yue")]
        {
            assert_eq!(lang(text).to_whisper(), Some(code));
        }
        assert_eq!(lang("kl").to_whisper(), None);
    }

    #[test]
    fn every_table_names_real_languages() {
        for (text, tag) in NAMES.iter().chain(CODES) {
            assert_eq!(lang(text), lang(tag), "{text}");
            assert_eq!(lang(tag).tag(), *tag);
        }
    }

    #[test]
    fn parts_of_a_tag() {
        let table = [
            ("zh", "zh", None, None),
            ("zh-CN", "zh", Some("Hans"), Some("CN")),
            ("zh-HK", "zh", Some("Hant"), Some("HK")),
            ("zh-Hans-TW", "zh", Some("Hans"), Some("TW")),
            ("sr-Latn-RS", "sr", Some("Latn"), Some("RS")),
            ("es-419", "es", None, Some("419")),
            ("en-x-gb", "en", None, None),
            ("de-1996", "de", None, None),
        ];
        for (text, primary, script, region) in table {
            let it = lang(text);
            assert_eq!((it.primary(), it.script(), it.region()), (primary, script, region));
        }
    }

    #[test]
    fn names_for_people_and_iso() {
        let table = [
            ("zh-Hans", "Chinese (Simplified)", Some("zho")),
            ("zh-CN", "Chinese (Simplified)", Some("zho")),
            ("zh-TW", "Chinese (Traditional, Taiwan)", Some("zho")),
            ("sr-Cyrl", "Serbian (Cyrillic)", Some("srp")),
            ("pt-BR", "Portuguese (Brazil)", Some("por")),
            ("nb", "Norwegian Bokmål", Some("nob")),
            ("haw", "Hawaiian", Some("haw")),
            ("yue", "Cantonese", None),
            ("en-ZA", "English (ZA)", Some("eng")),
        ];
        for (text, name, code) in table {
            assert_eq!((lang(text).name_en().as_str(), lang(text).iso639_2t()), (name, code));
        }
    }

    #[test]
    fn how_it_is_written_and_what_is_the_same() {
        for text in ["zh", "zh-Hant", "ja", "th", "lo", "km", "my", "bo", "yue"] {
            assert!(!lang(text).has_spaces(), "{text}");
        }
        for text in ["ko", "en", "vi", "hi", "zh-Latn", "ar"] {
            assert!(lang(text).has_spaces(), "{text}");
        }
        for (text, wide) in
            [("zh", true), ("ko", true), ("yue", true), ("th", false), ("en", false)]
        {
            assert_eq!(lang(text).is_wide(), wide, "{text}");
        }
        let table = [
            ("zh-Hans", "cmn", true),
            ("no", "nb", true),
            ("nn", "nb", true),
            ("zh", "yue", false),
            ("en", "en-GB", true),
        ];
        for (a, b, same) in table {
            assert_eq!(lang(a).same_language(&lang(b)), same, "{a} {b}");
        }
    }

    #[test]
    fn a_stored_tag_is_read_back_as_it_was() {
        let kept: Lang = serde_json::from_str("\"zh-Hant-HK\"").unwrap();
        assert_eq!(serde_json::to_string(&kept).unwrap(), "\"zh-Hant-HK\"");
        assert!(serde_json::from_str::<Lang>("\"klingonish\"").is_err());
    }
}
