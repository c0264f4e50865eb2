//! Jellyfin's rules: names whose labels are known, and what holds of all names.

use super::*;
use proptest::prelude::*;
use std::fs;

/// A label in one line: language, title, flags.
fn line(label: &Label) -> String {
    let Label { language, title, is_default, is_forced, is_hearing_impaired } = label;
    let flags = [(*is_default, 'D'), (*is_forced, 'F'), (*is_hearing_impaired, 'H')];
    let flags: String = flags.iter().filter(|it| it.0).map(|it| it.1).collect();
    let or = |it: &Option<String>| it.clone().unwrap_or("-".to_owned());
    format!("{}/{}/{flags}", or(language), or(title))
}

fn of(version: Ver, part: &str) -> String {
    line(&label(version, "Film", &format!("Film{part}.srt")).unwrap())
}

#[test]
fn names_are_labelled_as_each_version_does() {
    let table = [
        (".zh-Hans", "-/zh-Hans/", "zh-hans/-/", "zh-hans/-/"),
        (".zh-CN", "-/zh-CN/", "zh-cn/-/", "zh-cn/-/"),
        (".zh-TW", "chi/-/", "zh-tw/-/", "zh-tw/-/"),
        (".zh-Hant", "-/zh-Hant/", "zh-hant/-/", "zh-hant/-/"),
        (".zh", "chi/-/", "zho/-/", "zho/-/"),
        (".ZHO", "chi/-/", "zho/-/", "zho/-/"),
        (".chs", "-/chs/", "-/chs/", "-/chs/"),
        (".Chinese (Simplified)", "-/Chinese (Simplified)/", "zh-cn/-/", "zh-cn/-/"),
        (".简体中文.zho", "chi/简体中文/", "zho/简体中文/", "zho/简体中文/"),
        (".zho.default", "chi/-/D", "zho/-/D", "zho/-/D"),
        (".AI forced aligned.de", "ger/-/F", "deu/-/F", "deu/-/F"),
        (".foreign-audio.en", "eng/-/F", "eng/-/F", "eng/-/F"),
        (".Default Subs.en", "eng/-/D", "eng/-/D", "eng/-/D"),
        (".zho.0", "chi/0/", "zho/0/", "zho/0/"),
        (".hi", "hin/-/", "hin/-/", "hin/-/"),
        (".pl.hi", "pol/-/H", "pol/-/H", "pol/-/H"),
        (".hi.pl", "pol/-/H", "pol/-/H", "pol/-/H"),
        (".en.sdh", "eng/-/H", "eng/-/H", "eng/-/H"),
        (".en.zh", "chi/en/", "zho/en/", "zho/en/"),
        (".de.mt", "mlt/de/", "mlt/de/", "mlt/de/"),
        (".pt-BR", "pob/-/", "pt-br/-/", "pt-br/-/"),
        (".es-419", "-/es-419/", "es-419/-/", "es-419/-/"),
        (".es-MX", "spa/-/", "-/es-MX/", "-/es-MX/"),
        (".AI.zh-Hans", "-/AI.zh-Hans/", "zh-hans/AI/", "zh-hans/AI/"),
        (".Day", "-/Day/", "-/Day/", "day/-/"),
        (".yue", "-/yue/", "-/yue/", "-/yue/"),
        (".fil", "-/fil/", "-/fil/", "fil/-/"),
        (".lub", "lub/-/", "Luba-Katanga/-/", "Luba-Katanga/-/"),
        ("..en", "eng/-/", "eng/-/", "eng/-/"),
        (".AI..en", "eng/AI./", "eng/AI./", "eng/AI./"),
        ("", "-/-/", "-/-/", "-/-/"),
        (".", "-/-/", "-/-/", "-/-/"),
    ];
    for (part, v10_10, v10_11, v12) in table {
        let told = Ver::ALL.map(|it| of(it, part));
        assert_eq!(told, [v10_10, v10_11, v12], "{part}");
    }
}

#[test]
fn what_is_of_another_video_or_no_subtitle_has_no_label() {
    for name in ["Film 2.en.srt", "Film-en.srt", "Fil.srt", "Film.en.txt", "Film", "Film.en", ""] {
        assert_eq!(label(Ver::V12, "Film", name), None, "{name}");
    }
    for name in ["FILM.en.srt", "film.EN.SRT", "Film.en.mks"] {
        let told = label(Ver::V12, "Film", name).unwrap();
        assert_eq!(told.language.as_deref(), Some("eng"), "{name}");
    }
    assert!(label(Ver::V12, "Über.Film", "ÜBER.FILM.en.ass").is_some());
}

/// The vectors beside the repository, all of them, where they are.
#[test]
fn every_vector_holds() {
    let path = "../shared/data/jellyfin-sidecar-name-vectors.json";
    let Ok(text) = fs::read_to_string(path) else {
        eprintln!("skipped: {path} is not there");
        return;
    };
    let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut held = 0;
    for (part, versions) in vectors.as_object().unwrap() {
        for (name, told) in versions.as_object().unwrap() {
            let version = Ver::of(name).unwrap();
            let ours = label(version, "Film", &format!("Film{part}.srt")).unwrap();
            let text = |key: &str| told[key].as_str().map(str::to_owned);
            let flag = |key: &str| told[key].as_bool().unwrap();
            let theirs = Label {
                language: text("language"),
                title: text("title"),
                is_default: flag("default"),
                is_forced: flag("forced"),
                is_hearing_impaired: flag("hi"),
            };
            assert_eq!(ours, theirs, "{part} in {version}");
            if let Some(display) = text("display").filter(|_| part != ".zh-TW") {
                let shown = shows(version, &Label { language: ours.language, ..Label::default() });
                assert_eq!(shown, display, "{part}");
            }
            held += 1;
        }
    }
    assert_eq!(held, vectors.as_object().unwrap().len() * Ver::ALL.len());
    eprintln!("{held} labels held");
}

#[test]
fn versions_are_told_apart() {
    let table = [
        ("10.9.11", Some(Ver::V10_10)),
        ("10.10.7", Some(Ver::V10_10)),
        ("10.11.11", Some(Ver::V10_11)),
        ("v10.11.11", Some(Ver::V10_11)),
        ("12.0.0-rc5", Some(Ver::V12)),
        ("12", Some(Ver::V12)),
        ("13.1", Some(Ver::V12)),
        ("10.8.13", None),
        ("10", None),
        ("4.9.1", None),
        ("", None),
        ("latest", None),
    ];
    for (text, version) in table {
        assert_eq!(Ver::of(text), version, "{text}");
    }
    for version in Ver::ALL {
        assert_eq!(Ver::of(version.word()), Some(version));
    }
}

#[test]
fn codes_are_compared_as_languages() {
    let table = [
        ("chi", "zh", true),
        ("zho", "zh-Hans", true),
        ("chi", "zh-Hant", true),
        ("zh-hans", "zh-Hans", true),
        ("zh-cn", "zh-Hans", true),
        ("zh-hans", "zh", true),
        ("zh-hans", "zh-Hant", false),
        ("zh-tw", "zh-Hans", false),
        ("zh-tw", "zh-Hant", true),
        ("zh-hk", "zh-TW", false),
        ("zho", "yue", false),
        ("yue", "yue", true),
        ("cmn", "zh", true),
        ("ger", "de", true),
        ("deu", "de", true),
        ("scc", "sr", true),
        ("fre", "en", false),
        ("pob", "pt-BR", true),
        ("pob", "pt-PT", false),
        ("pop", "pt-PT", true),
        ("pt-br", "pt", true),
        ("por", "pt-BR", true),
        ("frc", "fr-CA", true),
        ("Luba-Katanga", "lu", true),
        ("fil", "tl", true),
        ("nob", "no", true),
        ("und", "en", false),
        ("", "en", false),
        ("0", "en", false),
    ];
    for (stored, lang, is) in table {
        assert_eq!(matches(stored, &Lang::parse(lang).unwrap()), is, "{stored} {lang}");
    }
    for (one, other, is) in [
        ("chi", "zho", true),
        ("zho", "zh-hans", false),
        ("ger", "deu", true),
        ("und", "UND", true),
        ("und", "eng", false),
    ] {
        assert_eq!(same(one, other), is, "{one} {other}");
    }
}

#[test]
fn what_is_shown_is_told_in_words() {
    let shown = |version, part: &str| {
        shows(version, &label(version, "Film", &format!("Film{part}.srt")).unwrap())
    };
    assert_eq!(shown(Ver::V10_10, ".简体中文.zho"), "Chinese, titled `简体中文`");
    assert_eq!(shown(Ver::V10_10, ".zh-Hans"), "no language, titled `zh-Hans`");
    assert_eq!(
        shown(Ver::V12, ".forced default.hi.zh-Hans"),
        "Chinese (Simplified), marked as default, marked as for the hard of hearing"
    );
}

proptest! {
    #[test]
    fn no_name_is_too_odd(stem in "\\PC{0,12}", rest in "(\\.|\\PC|default|forced|hi|zh|en){0,9}", pick in 0usize..3) {
        let version = Ver::ALL[pick];
        let name = format!("{stem}{rest}.srt");
        let told = label(version, &stem, &name);
        let is_ours = rest.is_empty() || rest.starts_with('.');
        prop_assert_eq!(told.is_some(), is_ours);
        let any = label(version, &rest, &name);
        for it in told.iter().chain(&any) {
            prop_assert!(!shows(version, it).is_empty());
            if let Some(code) = &it.language {
                prop_assert!(same(code, code));
            }
        }
    }
}
