//! What the names of files beside a video say.

use super::super::name::{Naming, OutputKind, Style, output_name};
use super::*;
use proptest::prelude::*;

fn read(name: &str) -> Sidecar {
    parse(OsStr::new("Film (2001)"), OsStr::new(name))
        .unwrap_or_else(|| panic!("{name} is a subtitle"))
}

/// `tag|title|flags` of a suffix.
fn said(suffix: &str) -> String {
    let it = read(&format!("Film (2001){suffix}.srt"));
    let tag = it.tag.map(|it| it.tag().to_owned()).unwrap_or_default();
    let flags = [(it.forced, "forced"), (it.hearing_impaired, "hi")];
    let flags: Vec<&str> = flags.iter().filter(|it| it.0).map(|it| it.1).collect();
    format!("{tag}|{}|{}", it.title.unwrap_or_default(), flags.join(","))
}

/// What stands between the video's name and `.srt`, and what it says: language, title, flags.
const SUFFIXES: &[(&str, &str)] = &[
    // As Jellyfin reads them.
    ("", "||"),
    (".en", "en||"),
    (".eng", "en||"),
    (".English", "en||"),
    (".zh-Hans", "zh-Hans||"),
    (".zh-CN", "zh-CN||"),
    (".chi", "zh||"),
    (".Chinese (Simplified)", "zh-Hans||"),
    (".pt-BR", "pt-BR||"),
    (".es-419", "es-419||"),
    (".fil", "fil||"),
    (".hi", "hi||"),
    (".pl.hi", "pl||hi"),
    (".hi.pl", "pl||hi"),
    (".hi.forced", "hi||forced"),
    (".en.sdh", "en||hi"),
    (".en.cc", "en||hi"),
    (".zho.default", "zh||"),
    (".default.forced.zho", "zh||forced"),
    (".zho.0", "zh|0|"),
    (".forced", "||forced"),
    (".en.foreign", "en||forced"),
    (".zh-Hans.AI", "zh-Hans|AI|"),
    (".AI.zh-Hans", "zh-Hans|AI|"),
    (".zh-Hans.en", "en|zh-Hans|"),
    (".Whisper large-v3-turbo.fr", "fr|Whisper large-v3-turbo|"),
    (".en.Director's Cut", "en|Director's Cut|"),
    // What Jellyfin does not know.
    (".chs", "zh-Hans||"),
    (".cht", "zh-Hant||"),
    (".zh_CN", "zh-CN||"),
    (".sc", "zh-Hans||"),
    (".tc", "zh-Hant||"),
    (".JPTC", "zh-Hant||"),
    (".简体", "zh-Hans||"),
    (".繁英雙語", "zh-Hant||"),
    (".中英", "zh||"),
    (".中国版", "|中国版|"),
    (".chs&eng", "zh-Hans||"),
    (".eng_cht", "zh-Hant||"),
    (".简体&英文", "zh-Hans||"),
    (".ita-eng", "it||"),
    (".yue", "yue||"),
    (".iw", "he||"),
    (".jp", "ja||"),
    (".English [SDH]", "en||hi"),
    (".en-hi", "en||hi"),
    (".pt-BR forced", "pt-BR||forced"),
    (".en.Signs & Songs", "en|Signs & Songs|forced"),
    (".chs.zh", "zh-Hans|chs|"),
    (".Cantonese.zho", "yue|Cantonese|"),
    (".AI forced aligned.de", "de|AI forced aligned|forced"),
    // Words are no languages.
    (".Day", "|Day|"),
    (".The War", "|The War|"),
    (".war", "|war|"),
    (".new", "|new|"),
    (".run", "|run|"),
    (".her.son.man.was", "|her.son.man.was|"),
    (".Even", "|Even|"),
    (".no-subs", "|no-subs|"),
    (".de-full", "|de-full|"),
    (".1080p.x264", "|1080p.x264|"),
    (".2", "|2|"),
    (".unforced", "|unforced|"),
    ("...en", "en||"),
    (". en ", "en||"),
];

#[test]
fn suffixes_are_read_from_the_right() {
    for (suffix, wanted) in SUFFIXES {
        assert_eq!(said(suffix), *wanted, "{suffix}");
    }
}

#[test]
fn endings_tell_text_from_pictures() {
    let table = [
        ("srt", true, Some(Format::Srt)),
        ("SRT", true, Some(Format::Srt)),
        ("ass", true, Some(Format::Ass)),
        ("ssa", true, Some(Format::Ass)),
        ("vtt", true, Some(Format::Vtt)),
        ("smi", true, None),
        ("sub", false, None),
        ("idx", false, None),
        ("sup", false, None),
    ];
    for (ending, text, format) in table {
        for name in [format!("Film (2001).{ending}"), format!("FILM (2001).en.{ending}")] {
            let it = read(&name);
            let wanted = (ending.to_lowercase(), text, format);
            assert_eq!((it.codec, it.text, it.format), wanted, "{name}");
        }
    }
}

#[test]
fn what_is_no_subtitle_of_the_video() {
    for name in [
        "Film (2001).mkv",
        "Film (2001).mks",
        "Film (2001).nfo",
        "Film (2001).llm.zh.done",
        "Film (2001)",
        "Film (2001).",
        "Film (2001)srt",
        "Film (2001)-en.srt",
        "Film (2001) en.srt",
        "Film (2002).srt",
        "Film.srt",
        "srt",
        ".srt",
        "",
    ] {
        assert_eq!(parse(OsStr::new("Film (2001)"), OsStr::new(name)), None, "{name}");
    }
}

#[test]
fn names_are_bytes() {
    let (stem, name) = (OsStr::from_bytes(b"a\xFF\n"), OsStr::from_bytes(b"a\xFF\n.\xFE.eng.srt"));
    let it = parse(stem, name).unwrap();
    assert_eq!((it.tag.unwrap().tag(), it.title.as_deref()), ("en", Some("\u{FFFD}")));
    assert_eq!(parse(OsStr::from_bytes(b"a\xFE"), OsStr::from_bytes(b"a\xFF.srt")), None);
    assert!(parse(OsStr::new(""), OsStr::new(".srt")).is_some());
}

/// Every language that Kinora hears, and others with scripts and regions.
fn languages() -> Vec<Lang> {
    let heard = "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg \
        lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka \
        be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue";
    let more = "zh-Hans zh-Hant zh-CN zh-TW zh-HK zh-Hant-HK zh-Hans-HK zh-SG zh-MO yue-Hant yue-Hans sr-Latn sr-Cyrl \
        pt-BR pt-PT es-419 es-MX en-GB en-US fr-CA nb fil ceb gsw nds kk-Latn uz-Cyrl az-Arab";
    let all = heard.split_whitespace().chain(more.split_whitespace());
    all.map(|it| Lang::parse(it).unwrap()).collect()
}

#[test]
fn the_names_kinora_gives_are_read_as_what_they_were_made_for() {
    let video = OsStr::new("Film (2001).mkv");
    let namings = [Naming::Jellyfin, Naming::Factory, Naming::Tag];
    let styles =
        namings.into_iter().flat_map(|it| [(it, None), (it, Some("AI")), (it, Some("Kinora 3"))]);
    let kinds = [OutputKind::Spoken, OutputKind::Translated];
    for lang in languages() {
        for ((naming, label), kind) in styles.clone().flat_map(|it| kinds.map(|kind| (it, kind))) {
            let name = output_name(Style { naming, label }, video, &lang, kind, "srt").name;
            let said = parse(OsStr::new("Film (2001)"), &name).unwrap();
            assert!(!said.forced && !said.hearing_impaired, "{name:?}");
            if (naming, kind) == (Naming::Factory, OutputKind::Spoken) {
                assert_eq!(said.tag, None);
                continue;
            }
            let tag = said.tag.unwrap_or_else(|| panic!("{name:?} names a language"));
            assert_eq!(tag.primary(), lang.primary(), "{name:?}");
            // The factory calls simplified Chinese `zh`; the usual region of a script is not written, and `粵語` needs
            // no script.
            let plain = (naming == Naming::Factory || lang.primary() == "yue")
                && tag.tag() == tag.primary();
            let region = lang.region().filter(|it| *it != "CN");
            assert!(
                plain
                    || (tag.script(), tag.region().filter(|it| *it != "CN"))
                        == (lang.script(), region),
                "{name:?} is {tag} for {lang}"
            );
        }
    }
}

#[test]
fn titles_of_parts() {
    let parts = [
        "Forced",
        "English [Forced]",
        "Signs",
        "Songs",
        "Signs & Songs",
        "S&S",
        "Signs/Songs",
        "Foreign parts only",
        "Français (Forcés)",
        "Deutsch, erzwungen",
        "Forzati",
        "强制",
        "強制字幕",
        "Надписи",
        "Karaoke",
    ];
    let wholes = [
        "",
        "English",
        "Full",
        "Full + Signs",
        "Dialogue & Signs",
        "Non-Forced",
        "Designs",
        "Songbird",
        "Unforced",
        "Workforces",
        "SDH",
        "字幕",
        "S",
        "Not forced",
    ];
    for title in parts {
        assert!(partial_title(title), "{title}");
    }
    for title in wholes {
        assert!(!partial_title(title), "{title}");
    }
}

proptest! {
    #[test]
    fn any_names_are_read(
        stem in prop::collection::vec(any::<u8>(), 0..8),
        rest in "[.a-zA-Z简繁中（）&+\\-_ ]{0,24}",
        end in 0..10usize,
    ) {
        let ending = ["srt", "ass", "vtt", "sub", "mkv", "", "SRT", "smi", "x.srt", "hi.srt"][end];
        let name = [stem.as_slice(), rest.as_bytes(), b".", ending.as_bytes()].concat();
        let found = parse(OsStr::from_bytes(&stem), OsStr::from_bytes(&name));
        prop_assert!(found.is_none() || rest.is_empty() || rest.starts_with('.'));
        if let Some(it) = found {
            prop_assert!(it.title.as_deref() != Some(""));
        }
    }
}
