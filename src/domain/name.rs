//! Names of the files we write, as Jellyfin labels them rightly (PROTOCOLS.md 1.4) or as the factory did (P-20).

use super::lang::Lang;
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// Longest name of a file on the file systems in use, bytes.
pub const NAME_BYTES_MAX: usize = 255;

/// How files are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// `{stem}.{script or region where needed}.{ISO 639-2/T}.srt`: the title carries the script, the code matches the
    /// viewer's preferred language, in every Jellyfin from 10.10 to 12.0.
    #[default]
    Jellyfin,
    /// `{stem}.srt` for the spoken language, `{stem}.llm.zh.srt` for a translation (P-20).
    Factory,
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

/// The name of a subtitle file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputName {
    /// Without a folder, at most [`NAME_BYTES_MAX`] bytes.
    pub name: OsString,
    /// What the owner should know about it.
    pub notice: Option<String>,
}

/// Names the subtitle of a video in the video's folder; `extension` has no dot. The bytes of the video's name stay,
/// whatever they are; only where the whole would be longer than a name may be is its end cut off, which the notice
/// tells.
pub fn output_name(
    naming: Naming,
    video_file_name: &OsStr,
    lang: &Lang,
    kind: OutputKind,
    extension: &str,
) -> OutputName {
    let suffix = match (naming, kind) {
        (Naming::Jellyfin, OutputKind::Spoken | OutputKind::Translated) => {
            let (title, code) = title_and_code(lang);
            let title = title.map(|it| format!(".{it}")).unwrap_or_default();
            format!("{title}.{code}.{extension}")
        }
        (Naming::Factory, OutputKind::Spoken) => format!(".{extension}"),
        (Naming::Factory, OutputKind::Translated) => {
            format!(".llm.{}.{extension}", factory_code(lang))
        }
    };
    with_suffix(video_file_name, &suffix)
}

/// Names the subtitle that shows two languages: `lang`, which it is labelled as, and `other`. As [`output_name`]; its
/// title names both languages, so that nobody takes it for the one with `lang` alone.
pub fn bilingual_name(
    naming: Naming,
    video_file_name: &OsStr,
    lang: &Lang,
    other: &Lang,
    extension: &str,
) -> OutputName {
    let suffix = match naming {
        Naming::Jellyfin => {
            let (title, code) = title_and_code(lang);
            let title = title.unwrap_or_else(|| lang.name_en());
            let other = title_and_code(other).0.unwrap_or_else(|| other.name_en());
            let both = format!("{title}+{other}").replace(['.', '/'], " ");
            format!(".{both}.{code}.{extension}")
        }
        // One language is what owners of such names translate to; of two the later one would replace the first.
        Naming::Factory => format!(".bi.{}.{extension}", factory_code(lang)),
    };
    with_suffix(video_file_name, &suffix)
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
        let it = output_name(naming, OsStr::new(video), &lang, kind, "srt");
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
    fn odd_names_keep_their_bytes() {
        let lang = Lang::parse("en").unwrap();
        for (video, name) in [
            (&b"a\xff\nb.mkv"[..], &b"a\xff\nb.eng.srt"[..]),
            (b"no extension", b"no extension.eng.srt"),
            (b"dots...mkv", b"dots...eng.srt"),
            (b".mkv", b".mkv.eng.srt"),
        ] {
            let it = output_name(
                Naming::Jellyfin,
                OsStr::from_bytes(video),
                &lang,
                OutputKind::Spoken,
                "srt",
            );
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
                output_name(Naming::Jellyfin, OsStr::new(&video), &lang, OutputKind::Spoken, "srt");
            assert_eq!(it.name.len(), kept + 8);
            assert_eq!(it.notice.is_some(), kept < letters);
        }
        let video = format!("{}電影.mkv", "x".repeat(245));
        let it =
            output_name(Naming::Jellyfin, OsStr::new(&video), &lang, OutputKind::Spoken, "srt");
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
            let it = output_name(Naming::Jellyfin, video, &lang, OutputKind::Spoken, "vtt");
            prop_assert!(it.name.len() <= NAME_BYTES_MAX);
            prop_assert!(it.name.as_bytes().ends_with(b".vtt"));
            prop_assert!(!it.name.as_bytes().contains(&b'/'));
            let stem = Path::new(video).file_stem().unwrap().as_bytes();
            prop_assert_eq!(it.name.as_bytes().starts_with(stem), it.notice.is_none());
        }
    }
}
