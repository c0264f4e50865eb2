//! Names of the files we write, as Jellyfin labels them rightly (PROTOCOLS.md 1.4) or as the factory did (P-20).

use super::jellyfin::label::{self, Ver};
use super::lang::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// Longest name of a file on the file systems in use, bytes.
pub const NAME_BYTES_MAX: usize = 255;

/// How files are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// `{stem}.{script or region where needed}.{ISO 639-2/T}.srt`: the title carries the script, the code matches the
    /// viewer's preferred language, in every Jellyfin from 10.10 to 12.0.
    #[default]
    Jellyfin,
    /// `{stem}.srt` for the spoken language, `{stem}.llm.zh.srt` for a translation (P-20).
    Factory,
    /// `{stem}.{BCP 47}.srt`, as far as Jellyfin has the tag, else with a title as above: labelled well from 10.11,
    /// but a viewer's preferred Chinese does not match `zh-Hans` there.
    Tag,
}

/// What a subtitle holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    /// What is said, in the spoken language.
    Spoken,
    /// A translation.
    Translated,
}

/// How the owner wants files named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style<'a> {
    /// The pattern.
    pub naming: Naming,
    /// A word of the owner's in every name, such as `AI`: part of the title. It holds no dot and no slash.
    pub label: Option<&'a str>,
}

impl From<Naming> for Style<'static> {
    fn from(naming: Naming) -> Style<'static> {
        Style { naming, label: None }
    }
}

/// The name of a subtitle file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputName {
    /// Without a folder, at most [`NAME_BYTES_MAX`] bytes.
    pub name: OsString,
    /// What the owner should know about it.
    pub notice: Option<String>,
}

/// What stands in a name between the video's and the ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// What it is called.
    pub title: Option<String>,
    /// The code of its language, behind the title; `None` where the name tells no language.
    pub code: Option<String>,
}

impl Parts {
    fn suffix(&self, extension: &str) -> String {
        let parts = [self.title.as_deref(), self.code.as_deref(), Some(extension)];
        parts.into_iter().flatten().fold(String::new(), |all, it| all + "." + it)
    }
}

/// Names the subtitle of a video in the video's folder; `extension` has no dot. The bytes of the video's name stay,
/// whatever they are; only where the whole would be longer than a name may be is its end cut off, which the notice
/// tells.
pub fn output_name(
    style: Style<'_>,
    video_file_name: &OsStr,
    lang: &Lang,
    kind: OutputKind,
    extension: &str,
) -> OutputName {
    with_suffix(video_file_name, &parts(style, lang, kind).suffix(extension))
}

/// Names the subtitle that shows two languages: `lang`, which it is labelled as, and `other`. As [`output_name`]; its
/// title names both languages, so that nobody takes it for the one with `lang` alone.
pub fn bilingual_name(
    style: Style<'_>,
    video_file_name: &OsStr,
    lang: &Lang,
    other: &Lang,
    extension: &str,
) -> OutputName {
    with_suffix(video_file_name, &bilingual_parts(style, lang, other).suffix(extension))
}

/// What the name of a subtitle says.
pub fn parts(style: Style<'_>, lang: &Lang, kind: OutputKind) -> Parts {
    let label = style.label.map(str::to_owned);
    match (style.naming, kind) {
        (Naming::Jellyfin, OutputKind::Spoken | OutputKind::Translated) => {
            let (title, code) = title_and_code(lang);
            Parts { title: joined(" ", [title, label]), code: Some(code) }
        }
        (Naming::Factory, OutputKind::Spoken) => Parts { title: label, code: None },
        (Naming::Factory, OutputKind::Translated) => Parts {
            title: joined(".", [label, Some("llm".to_owned())]),
            code: Some(factory_code(lang).to_owned()),
        },
        (Naming::Tag, OutputKind::Spoken | OutputKind::Translated) => {
            let (title, tag) = title_and_tag(lang);
            Parts { title: joined(" ", [title, label]), code: Some(tag) }
        }
    }
}

/// What the name of a subtitle with two languages says.
pub fn bilingual_parts(style: Style<'_>, lang: &Lang, other: &Lang) -> Parts {
    let label = style.label.map(str::to_owned);
    match style.naming {
        Naming::Jellyfin => {
            let (title, code) = title_and_code(lang);
            let title = title.unwrap_or_else(|| lang.name_en());
            let other = title_and_code(other).0.unwrap_or_else(|| other.name_en());
            let both = format!("{title}+{other}").replace(['.', '/'], " ");
            Parts { title: joined(" ", [Some(both), label]), code: Some(code) }
        }
        // One language is what owners of such names translate to; of two the later one would replace the first.
        Naming::Factory => Parts {
            title: joined(".", [label, Some("bi".to_owned())]),
            code: Some(factory_code(lang).to_owned()),
        },
        Naming::Tag => {
            let (title, tag) = title_and_tag(lang);
            let title = joined(" ", [Some("bilingual".to_owned()), title]);
            Parts { title: joined(" ", [title, label]), code: Some(tag) }
        }
    }
}

fn joined(between: &str, words: [Option<String>; 2]) -> Option<String> {
    let words: Vec<String> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(between))
}

/// Names the list of lines that could not be translated (P-20).
pub fn failed_name(video_file_name: &OsStr, lang: &Lang) -> OutputName {
    with_suffix(video_file_name, &format!(".translate_failed.{}.log", factory_code(lang)))
}

/// The video's name with another end, as long as a name may be.
fn with_suffix(video_file_name: &OsStr, suffix: &str) -> OutputName {
    let stem = Path::new(video_file_name).file_stem().unwrap_or(video_file_name).as_bytes();
    let room = NAME_BYTES_MAX.saturating_sub(suffix.len());
    let kept = cut_at_character(stem, room);
    let name = OsString::from_vec([kept, suffix.as_bytes()].concat());
    let notice = (kept.len() < stem.len()).then(|| {
        let over = stem.len() - kept.len();
        format!(
            "the video's name leaves no room for its subtitle's, so it was shortened, and Jellyfin will not find it; \
             rename the video to be at least {over} bytes shorter"
        )
    });
    OutputName { name, notice }
}

/// The longest beginning of at most `bytes_max` bytes that ends between two characters; bytes that are no UTF-8 count
/// as characters.
fn cut_at_character(name: &[u8], bytes_max: usize) -> &[u8] {
    const UTF8_TAIL_BYTES_MAX: usize = 3;
    let is_tail = |at: usize| name.get(at).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
    let end = name.len().min(bytes_max);
    let whole =
        (0..=UTF8_TAIL_BYTES_MAX).filter_map(|back| end.checked_sub(back)).find(|at| !is_tail(*at));
    &name[..whole.unwrap_or(end)]
}

/// What Jellyfin shows and the code it matches. A title holds no dot (Jellyfin splits there), none of the words
/// `default`, `forced` and `foreign` (flags, wherever they stand), and stands before the code: Jellyfin reads from the
/// right, so a word in it that is also a language stays a title.
///
/// Two of Whisper's languages are not in all of Jellyfin's tables. Cantonese is in none: it is labelled Chinese, which
/// it is written in, with its name as title. Hawaiian is known from 12.0; before, the title alone tells it.
fn title_and_code(lang: &Lang) -> (Option<String>, String) {
    let code = match (lang.iso639_2t(), lang.is_wide()) {
        (Some(code), _) => code.to_owned(),
        (None, true) => "zho".to_owned(),
        (None, false) => lang.primary().to_owned(),
    };
    let title = match (lang.primary(), lang.script(), lang.region()) {
        ("zh", Some("Hans"), region) => Some(format!("简体中文{}", chinese_region(region))),
        ("zh", Some("Hant"), region) => Some(format!("繁體中文{}", chinese_region(region))),
        ("zh", None, None) => None,
        ("yue", Some("Hans"), _) => Some("粤语".to_owned()),
        ("yue", _, _) => Some("粵語".to_owned()),
        ("sr", Some("Latn"), _) => Some("Srpski (latinica)".to_owned()),
        ("sr", Some("Cyrl"), _) => Some("Српски (ћирилица)".to_owned()),
        ("pt", _, Some("BR")) => Some("Português do Brasil".to_owned()),
        ("pt", _, Some("PT")) => Some("Português de Portugal".to_owned()),
        ("es", _, Some("419")) => Some("Español de Latinoamérica".to_owned()),
        (primary, None, None) if primary.len() == 2 => None,
        (primary, None, None) if primary.len() == 3 => Some(lang.name_en()),
        (primary, script, region) => Some(
            [Some(primary), script, region].into_iter().flatten().collect::<Vec<_>>().join("-"),
        ),
    };
    (title.map(|it| it.replace(['.', '/'], " ")), code)
}

/// The tag that Jellyfin from 10.11 knows, and a title where that tag alone does not tell all.
fn title_and_tag(lang: &Lang) -> (Option<String>, String) {
    // Codes of three letters are not known to every version: the title tells the language too.
    if lang.primary().len() == 2 && label::knows_tag(Ver::V12, lang) {
        return (None, lang.tag().to_owned());
    }
    let (title, code) = title_and_code(lang);
    let tag = match (lang.primary(), lang.script()) {
        ("zh", Some("Hans")) => "zh-Hans",
        ("zh", Some("Hant")) => "zh-Hant",
        // Labelled as the Chinese it is written in.
        _ if code == "zho" => "zh",
        (primary, _) => primary,
    };
    (title, tag.to_owned())
}

/// The language that a file is labelled as: what is written in Chinese characters and has no code is Chinese.
pub fn labelled_as(lang: &Lang) -> Lang {
    match title_and_code(lang).1.as_str() {
        "zho" if lang.primary() != "zh" => Lang::parse("zh").unwrap_or_else(|_| lang.clone()),
        _ => lang.clone(),
    }
}

/// The region behind a Chinese script, where it is not the usual one.
fn chinese_region(region: Option<&str>) -> String {
    match region {
        Some("TW") => "（台灣）".to_owned(),
        Some("HK") => "（香港）".to_owned(),
        Some("MO") => "（澳門）".to_owned(),
        None | Some("CN") => String::new(),
        Some(other) => format!("（{other}）"),
    }
}

/// The factory wrote simplified Chinese and called it `zh`; other languages keep their tag.
fn factory_code(lang: &Lang) -> &str {
    match (lang.primary(), lang.script()) {
        ("zh", Some("Hans")) => "zh",
        _ => lang.tag(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(naming: Naming, video: &str, lang: &str, kind: OutputKind) -> String {
        let lang = Lang::parse(lang).unwrap();
        let it = output_name(naming.into(), OsStr::new(video), &lang, kind, "srt");
        assert_eq!(it.notice, None);
        it.name.into_string().unwrap()
    }

    #[test]
    fn names_for_jellyfin() {
        let table = [
            ("en", "Film.eng.srt"),
            ("de", "Film.deu.srt"),
            ("zh", "Film.zho.srt"),
            ("zh-Hans", "Film.简体中文.zho.srt"),
            ("zh-CN", "Film.简体中文.zho.srt"),
            ("zh-Hant", "Film.繁體中文.zho.srt"),
            ("zh-TW", "Film.繁體中文（台灣）.zho.srt"),
            ("zh-Hant-HK", "Film.繁體中文（香港）.zho.srt"),
            ("yue", "Film.粵語.zho.srt"),
            ("yue-Hans", "Film.粤语.zho.srt"),
            ("pt", "Film.por.srt"),
            ("pt-BR", "Film.Português do Brasil.por.srt"),
            ("sr-Latn", "Film.Srpski (latinica).srp.srt"),
            ("en-GB", "Film.en-GB.eng.srt"),
            ("nb", "Film.nob.srt"),
            ("haw", "Film.Hawaiian.haw.srt"),
            ("jw", "Film.jav.srt"),
        ];
        for (lang, name) in table {
            assert_eq!(named(Naming::Jellyfin, "Film.mkv", lang, OutputKind::Spoken), name);
            assert_eq!(named(Naming::Jellyfin, "Film.mkv", lang, OutputKind::Translated), name);
        }
    }

    #[test]
    fn names_for_the_factory() {
        let table = [
            (OutputKind::Spoken, "ja", "Film (2001).1080p.srt"),
            (OutputKind::Translated, "zh-Hans", "Film (2001).1080p.llm.zh.srt"),
            (OutputKind::Translated, "zh", "Film (2001).1080p.llm.zh.srt"),
            (OutputKind::Translated, "zh-Hant", "Film (2001).1080p.llm.zh-Hant.srt"),
            (OutputKind::Translated, "en", "Film (2001).1080p.llm.en.srt"),
        ];
        for (kind, lang, name) in table {
            assert_eq!(named(Naming::Factory, "Film (2001).1080p.mkv", lang, kind), name);
        }
    }

    #[test]
    fn names_with_tags_and_names_with_the_owners_word() {
        let table = [
            ("de", "Film.de.srt", "Film.AI.deu.srt", "Film.AI.de.srt"),
            ("zh-Hans", "Film.zh-Hans.srt", "Film.简体中文 AI.zho.srt", "Film.AI.zh-Hans.srt"),
            (
                "zh-Hant-HK",
                "Film.繁體中文（香港）.zh-Hant.srt",
                "Film.繁體中文（香港） AI.zho.srt",
                "Film.繁體中文（香港） AI.zh-Hant.srt",
            ),
            ("zh-TW", "Film.zh-TW.srt", "Film.繁體中文（台灣） AI.zho.srt", "Film.AI.zh-TW.srt"),
            ("yue", "Film.粵語.zh.srt", "Film.粵語 AI.zho.srt", "Film.粵語 AI.zh.srt"),
            ("pt-BR", "Film.pt-BR.srt", "Film.Português do Brasil AI.por.srt", "Film.AI.pt-BR.srt"),
            ("en-GB", "Film.en-GB.en.srt", "Film.en-GB AI.eng.srt", "Film.en-GB AI.en.srt"),
            (
                "haw",
                "Film.Hawaiian.haw.srt",
                "Film.Hawaiian AI.haw.srt",
                "Film.Hawaiian AI.haw.srt",
            ),
        ];
        let video = OsStr::new("Film.mkv");
        for (lang, tag, labelled, both) in table {
            let lang = Lang::parse(lang).unwrap();
            let label = Some("AI");
            for (naming, label, wanted) in [
                (Naming::Tag, None, tag),
                (Naming::Jellyfin, label, labelled),
                (Naming::Tag, label, both),
            ] {
                let style = Style { naming, label };
                let it = output_name(style, video, &lang, OutputKind::Translated, "srt");
                assert_eq!(it.name, wanted);
            }
        }
        let [de, en] = ["de", "en"].map(|it| Lang::parse(it).unwrap());
        let factory = Style { naming: Naming::Factory, label: Some("AI") };
        let named = |kind| output_name(factory, video, &de, kind, "srt").name;
        assert_eq!(named(OutputKind::Spoken), "Film.AI.srt");
        assert_eq!(named(OutputKind::Translated), "Film.AI.llm.de.srt");
        let both =
            |naming| bilingual_name(Style { naming, ..factory }, video, &de, &en, "ass").name;
        assert_eq!(both(Naming::Jellyfin), "Film.German+English AI.deu.ass");
        assert_eq!(both(Naming::Factory), "Film.AI.bi.de.ass");
        assert_eq!(both(Naming::Tag), "Film.bilingual AI.de.ass");
    }

    #[test]
    fn odd_names_keep_their_bytes() {
        let lang = Lang::parse("en").unwrap();
        for (video, name) in [
            (&b"a\xff\nb.mkv"[..], &b"a\xff\nb.eng.srt"[..]),
            (b"no extension", b"no extension.eng.srt"),
            (b"dots...mkv", b"dots...eng.srt"),
            (b".mkv", b".mkv.eng.srt"),
        ] {
            let video = OsStr::from_bytes(video);
            let it = output_name(Style::default(), video, &lang, OutputKind::Spoken, "srt");
            assert_eq!((it.name.as_bytes(), it.notice), (name, None));
        }
    }

    #[test]
    fn a_name_that_leaves_no_room_is_shortened_and_said() {
        let lang = Lang::parse("en").unwrap();
        // 247 bytes fit beside `.eng.srt`; the character at the cut has three.
        for (letters, kept) in [(247, 247), (248, 247)] {
            let video = format!("{}.mkv", "x".repeat(letters));
            let it =
                output_name(Style::default(), OsStr::new(&video), &lang, OutputKind::Spoken, "srt");
            assert_eq!(it.name.len(), kept + 8);
            assert_eq!(it.notice.is_some(), kept < letters);
        }
        let video = format!("{}電影.mkv", "x".repeat(245));
        let it =
            output_name(Style::default(), OsStr::new(&video), &lang, OutputKind::Spoken, "srt");
        assert_eq!(it.name.to_str(), Some(format!("{}.eng.srt", "x".repeat(245)).as_str()));
        assert!(it.notice.unwrap().contains("rename the video to be at least 6 bytes shorter"));
    }

    proptest! {
        #[test]
        fn every_name_fits_and_starts_as_the_video(video in prop::collection::vec(1u8.., 1..=255), pick in 0usize..6) {
            let video: Vec<u8> = video.into_iter().map(|it| if it == b'/' { b'_' } else { it }).collect();
            prop_assume!(video != b"." && video != b"..");
            let lang = Lang::parse(["en", "zh-Hans", "zh-Hant-HK", "pt-BR", "haw", "yue"][pick]).unwrap();
            let video = OsStr::from_bytes(&video);
            let it = output_name(Style::default(), video, &lang, OutputKind::Spoken, "vtt");
            prop_assert!(it.name.len() <= NAME_BYTES_MAX);
            prop_assert!(it.name.as_bytes().ends_with(b".vtt"));
            prop_assert!(!it.name.as_bytes().contains(&b'/'));
            let stem = Path::new(video).file_stem().unwrap().as_bytes();
            prop_assert_eq!(it.name.as_bytes().starts_with(stem), it.notice.is_none());
        }
    }
}
