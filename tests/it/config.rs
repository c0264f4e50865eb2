//! `kinora.toml`, environment and flags: defaults, order, and messages that say where and what is near.

use kinora::app::config::{Config, Overrides, load};
use kinora::domain::cue::CueLimits;
use kinora::domain::lang::Lang;
use kinora::domain::name::Naming;
use kinora::domain::subtitle::Format;
use kinora::domain::time::Ms;
use std::ffi::OsString;
use std::path::PathBuf;

fn read(text: &str, env: &[(&str, &str)], flags: Overrides) -> Result<Config, String> {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("kinora.toml");
    std::fs::write(&path, text).expect("written");
    let home = [("HOME", "/home/ann")];
    let env = home.iter().chain(env).map(|(name, value)| (name.into(), value.into()));
    let env: Vec<(OsString, OsString)> = env.collect();
    let shown = path.display().to_string();
    load(Some(&path), env, flags).map_err(|fault| fault.to_string().replace(&shown, "FILE"))
}

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).expect("a language")
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = read("", &[], Overrides::default()).expect("read");
    assert_eq!(config.listen.model, "base-q8_0");
    assert_eq!((config.listen.threads, config.listen.beam), (0, 3));
    assert_eq!((config.listen.from, config.to), (None, vec![]));
    assert_eq!(config.cue, CueLimits::default());
    assert_eq!(config.output.formats, [Format::Srt]);
    assert_eq!((config.output.naming, config.output.json), (Naming::Jellyfin, false));
}

#[test]
fn every_key_is_read() {
    let text = r#"
        data_dir = "/srv/kinora"
        to = ["zh-Hans", "en"]
        [listen]
        model = "small-q8_0"
        threads = 4
        from = "ja"
        prefer_langs = ["ja", "en"]
        beam = 2
        [cue]
        cps_target = 15
        cps_max = 20.5
        chars_per_line = 37
        chars_per_line_wide = 16
        lines = 1
        duration_min = "1.2s"
        duration_max = "6s"
        gap_min = "120 ms"
        [output]
        naming = "factory"
        formats = ["vtt", "ass", "vtt"]
        json = true
    "#;
    let config = read(text, &[], Overrides::default()).expect("read");
    assert_eq!(config.data_dir, PathBuf::from("/srv/kinora"));
    assert_eq!(config.to, [lang("zh-Hans"), lang("en")]);
    assert_eq!(config.listen.from, Some(lang("ja")));
    assert_eq!(config.listen.prefer_langs, [lang("ja"), lang("en")]);
    assert_eq!((config.listen.threads, config.listen.beam), (4, 2));
    let cue = CueLimits {
        cps_target: 15.0,
        cps_max: 20.5,
        chars_per_line: 37,
        chars_per_line_wide: 16,
        lines: 1,
        duration_min: Ms(1200),
        duration_max: Ms(6000),
        gap_min: Ms(120),
    };
    assert_eq!(config.cue, cue);
    assert_eq!(config.output.naming, Naming::Factory);
    assert_eq!((config.output.formats, config.output.json), (vec![Format::Vtt, Format::Ass], true));
}

#[test]
fn flags_beat_environment_beats_file() {
    let text = "data_dir = \"/file\"\n[listen]\nmodel = \"file\"\nthreads = 1\nbeam = 2\n";
    let env = [
        ("KINORA__DATA_DIR", "/env"),
        ("KINORA__LISTEN__MODEL", "7"),
        ("KINORA__LISTEN__THREADS", "2"),
        ("KINORA__LISTEN__PREFER_LANGS", "ja, en"),
        ("KINORA__TO", "de"),
        ("KINORA__OUTPUT__FORMATS", "[\"ass\"]"),
        ("KINORA__OUTPUT__JSON", "true"),
        ("KINORA__CUE__DURATION_MAX", "5s"),
        ("KINORA__CUE__CPS_MAX", ""),
        ("KINORA_OTHER", "not ours"),
    ];
    let flags = Overrides {
        data_dir: Some("/flag".into()),
        threads: Some(3),
        formats: Some(vec![Format::Vtt]),
        ..Overrides::default()
    };
    let config = read(text, &env, flags).expect("read");
    assert_eq!(config.data_dir, PathBuf::from("/flag"));
    assert_eq!((config.listen.threads, config.listen.beam), (3, 2));
    assert_eq!(config.listen.model, "7");
    assert_eq!(config.listen.prefer_langs, [lang("ja"), lang("en")]);
    assert_eq!(config.to, [lang("de")]);
    assert_eq!((config.output.formats, config.output.json), (vec![Format::Vtt], true));
    assert_eq!(config.cue.duration_max, Ms(5000));
    assert_eq!(config.cue.cps_max, CueLimits::default().cps_max);
}

#[test]
fn a_mistake_in_the_file_is_told_with_its_line_and_what_is_near() {
    for (text, says) in [
        (
            "\n[listen]\nmodle = \"x\"\n",
            "FILE, line 3, `listen.modle`: `modle` is unknown; did you mean `model`?",
        ),
        ("[lisen]\nmodel = \"x\"\n", "FILE, line 1: `lisen` is unknown; did you mean `listen`?"),
        ("[listen]\nthreads = \"four\"", "line 2, `listen.threads`: a whole number from 0 to 256"),
        ("[listen]\nbeam = 9", "line 2, `listen.beam`: a whole number from 1 to 8"),
        ("[listen]\nmodel = \"\"", "line 2, `listen.model`: it is empty"),
        ("to = [\"123\"]", "line 1, `to`: `123` is no language; write a code like en"),
        ("[listen]\nfrom = \"123\"", "line 2, `listen.from`: `123` is no language"),
        ("[cue]\n\nduration_max = 7", "line 3, `cue.duration_max`: invalid type: integer"),
        ("[cue]\nduration_max = \"7\"", "such as \"7s\" or \"83ms\""),
        ("[cue]\nduration_max = \"1h\"", "a time from \"1000ms\" to \"30000ms\""),
        ("[cue]\ncps_max = nan", "line 2, `cue.cps_max`: a number from 5 to 100"),
        ("[cue]\nlines = 3", "line 2, `cue.lines`: a whole number from 1 to 2"),
        ("[cue]\ncps_target = 30", "cue.cps_target is above cue.cps_max"),
        ("[cue]\nduration_min = \"9s\"", "cue.duration_min is above cue.duration_max"),
        (
            "[output]\nformats = [\"stt\"]",
            "line 2, `output.formats`: `stt` is unknown; did you mean `srt`?",
        ),
        ("[output]\nnaming = \"plex\"", "`plex` is unknown; known are jellyfin, factory"),
        ("[output]\nformats = []", "output.formats is empty; name srt"),
        ("data_dir = \"here\"", "data_dir `here` is no absolute path"),
        ("listen = [\"x\"]", "FILE: `listen` is no section; write [listen]"),
        ("[listen\n", "FILE, line 1"),
        ("[listen]\nbeam = 1\nbeam = 2", "line 3, `listen.beam`: duplicate key"),
    ] {
        let told = read(text, &[], Overrides::default()).expect_err(text);
        assert!(told.contains(says), "{text}: {told}");
    }
}

#[test]
fn a_mistake_in_the_environment_names_the_variable() {
    for (name, value, says) in [
        (
            "KINORA__LISTEN__MODLE",
            "x",
            "KINORA__LISTEN__MODLE=x: `modle` is unknown; did you mean `model`?",
        ),
        ("KINORA__LISTEN__THREADS", "900", "a whole number from 0 to 256"),
        ("KINORA__LISTEN__THREADS", "many", "a whole number from 0 to 256"),
        ("KINORA__OUTPUT__FORMATS", "srt,stt", "did you mean `srt`?"),
        ("KINORA__LISTEN", "x", "KINORA__LISTEN names a section; write KINORA__LISTEN__KEY"),
        ("KINORA__", "x", "KINORA__=x: `` is unknown"),
    ] {
        let told = read("", &[(name, value)], Overrides::default()).expect_err(name);
        assert!(told.contains(says), "{name}: {told}");
    }
}

#[test]
fn a_file_that_is_none_is_told() {
    let env = || Vec::<(OsString, OsString)>::new();
    let dir = tempfile::tempdir().expect("temporary folder");
    let told = |path: &std::path::Path| {
        load(Some(path), env(), Overrides::default()).expect_err("refused").what
    };
    assert!(told(dir.path()).contains("cannot be read"));
    assert!(told(&dir.path().join("absent")).contains("there is no configuration file"));
    let bytes = dir.path().join("bytes");
    std::fs::write(&bytes, b"to = \"\xFF\"").expect("written");
    assert!(told(&bytes).contains("is no text in UTF-8"));
}
