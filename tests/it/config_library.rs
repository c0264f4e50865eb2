//! Libraries with settings of their own: what each key falls back to, and mistakes.

use crate::config;
use kinora::app::config::{Config, Library, Overrides};
use kinora::domain::lang::Lang;
use kinora::domain::name::Naming;
use kinora::domain::order::{Bilingual, ExistingRules, SubtitleMode};
use kinora::domain::schedule::Schedule;
use kinora::domain::subtitle::Format;
use std::path::PathBuf;

fn read(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
    config::read(text, env, Overrides::default())
}

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).expect("a language")
}

/// A file whose sections say other things than the defaults, and a library with these keys.
fn with_library(keys: &str) -> String {
    format!(
        "to = [\"en\"]\nsubtitle_mode = \"reference\"\nignore_existing_subtitles = true\n\
         reuse_good_percent = 55\n[listen]\nmodel = \"small\"\nfrom = \"ja\"\n\
         prefer_langs = [\"ja\"]\n[output]\nformats = [\"vtt\"]\nnaming = \"factory\"\n\
         [[library]]\nname = \"Films\"\npath = \"/films\"\n{keys}"
    )
}

#[test]
fn a_library_that_says_nothing_is_as_everything_else() {
    let config = read(&with_library(""), &[]).expect("read");
    let films = Library {
        name: "Films".to_owned(),
        path: PathBuf::from("/films"),
        to: vec![lang("en")],
        from: Some(lang("ja")),
        include: Vec::new(),
        exclude: Vec::new(),
        model: "small".to_owned(),
        formats: vec![Format::Vtt],
        naming: Naming::Factory,
        label: None,
        existing: ExistingRules {
            mode: SubtitleMode::Reference,
            work_anyway: true,
            good_percent: 55,
            keep_ours: true,
        },
        prefer_langs: vec![lang("ja")],
        schedule: Schedule::always(),
        translators: vec!["local".to_owned()],
        cloud: true,
        left_out: Vec::new(),
        bilingual: None,
    };
    assert_eq!(config.libraries, [films]);
}

#[test]
fn a_library_says_what_holds_for_it_alone() {
    let keys = r#"
        to = []
        from = "auto"
        include = ["**/*.mkv", "Series/**"]
        exclude = ["**/{Extras,Trailers}/**", "*.[!m]*"]
        model = "/weights/own.bin"
        formats = ["ass", "srt", "ass"]
        naming = "jellyfin"
        subtitle_mode = "ignore"
        ignore_existing_subtitles = false
        prefer_langs = []
        schedule = ["01:00-07:00", "sat-sun 00:00-24:00"]
        translate = false
        bilingual = true
    "#;
    let config = read(&with_library(keys), &[]).expect("read");
    let films = Library {
        name: "Films".to_owned(),
        path: PathBuf::from("/films"),
        to: Vec::new(),
        from: None,
        include: vec!["**/*.mkv".to_owned(), "Series/**".to_owned()],
        exclude: vec!["**/{Extras,Trailers}/**".to_owned(), "*.[!m]*".to_owned()],
        model: "/weights/own.bin".to_owned(),
        formats: vec![Format::Ass, Format::Srt],
        naming: Naming::Jellyfin,
        label: None,
        existing: ExistingRules {
            mode: SubtitleMode::Ignore,
            work_anyway: false,
            good_percent: 55,
            keep_ours: true,
        },
        prefer_langs: Vec::new(),
        schedule: Schedule::parse(&["01:00-07:00", "sat-sun 00:00-24:00"]).expect("hours"),
        translators: Vec::new(),
        cloud: true,
        left_out: Vec::new(),
        bilingual: Some(Bilingual::TranslationFirst),
    };
    assert_eq!(config.libraries, [films]);
}

#[test]
fn the_environment_speaks_for_libraries_that_do_not_and_not_for_those_that_do() {
    let env = [("SUBTITLE_MODE", "ignore"), ("KINORA__LISTEN__MODEL", "large")];
    let config = read(&with_library("model = \"tiny\"\nschedule = \"01:00-07:00\""), &env);
    let library = &config.expect("read").libraries[0];
    assert_eq!(
        (library.existing.mode, library.model.as_str()),
        (SubtitleMode::Ignore, "tiny"),
        "the file says the model for this library alone"
    );
    assert!(!library.schedule.is_always());
}

#[test]
fn a_mistake_in_a_library_is_told() {
    let many = format!("include = [{}]", vec!["\"*.mkv\""; 101].join(","));
    for (keys, says) in [
        ("include = \"*.mkv\"", "`library.include`: a list such as"),
        ("include = [\"[a\"]", "line 15, `library.include`: `[a` is no pattern (unclosed charac"),
        ("exclude = [\"*.{mkv\"]", "`*.{mkv` is no pattern (unclosed alternate group, missing"),
        ("exclude = [\"a\\\\\"]", "is no pattern (dangling '\\'); write one like `*.mkv`"),
        ("include = [\"[z-a]\"]", "`[z-a]` is no pattern (invalid range"),
        ("include = [\"\"]", "a pattern is empty; write one like `*.mkv`, or leave it out"),
        ("exclude = [\"/films/x\"]", "`/films/x` begins with `/`; write it as seen from the libr"),
        (&many, "101 patterns are too many; write at most 100"),
        ("model = \"\"", "line 15, `library.model`: it is empty"),
        ("formats = []", "formats of library `Films` is empty; name srt, vtt or ass, or leave"),
        ("formats = [\"stt\"]", "`library.formats`: `stt` is unknown; did you mean `srt`?"),
        ("naming = \"plex\"", "`plex` is unknown; known are jellyfin, factory"),
        ("subtitle_mode = \"ignor\"", "`ignor` is unknown; did you mean `ignore`?"),
        (
            "ignore_existing_subtitles = \"yes\"",
            "`library.ignore_existing_subtitles`: true or false",
        ),
        ("prefer_langs = [\"123\"]", "`library.prefer_langs`: `123` is no language"),
        ("schedule = [\"1-7\"]", "line 15, `library.schedule`: `1-7`: `1` is no time of day"),
        ("schedule = 7", "a list of hours such as [\"01:00-07:00\"] is expected"),
        ("reuse_good_percent = 5", "`reuse_good_percent` is unknown"),
        ("exlude = []", "`exlude` is unknown; did you mean `exclude`?"),
    ] {
        let told = read(&with_library(keys), &[]).expect_err(keys);
        assert!(told.contains(says), "{keys}: {told}");
    }
}
