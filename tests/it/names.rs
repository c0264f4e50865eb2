//! What Jellyfin makes of our names: a model of its parser, checked against known answers, reads every name we give.

use kinora::domain::lang::Lang;
use kinora::domain::name::{Naming, OutputKind, output_name};
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

const VERSIONS: [(&str, &str); 3] =
    [("10.10.7", "v10.10.7"), ("10.11.11", "v10.11.11"), ("12.0-rc5", "12.0.0-rc5")];

/// A row of Jellyfin's table: codes, the two-letter code or tag (may be empty before it is filtered), the name.
struct Culture {
    three: Vec<String>,
    two: String,
    name: String,
}

/// Jellyfin's parser of file names at one version (PROTOCOLS.md 1.4).
struct Jellyfin {
    cultures: Vec<Culture>,
    tags_are_languages: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Label {
    language: Option<String>,
    title: Option<String>,
    default: bool,
    forced: bool,
    hearing_impaired: bool,
}

fn data(name: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    let text = fs::read_to_string(path).ok();
    if text.is_none() {
        println!("skipped: ../shared/data/{name} is not here");
    }
    text
}

impl Jellyfin {
    fn at(version: &str) -> Option<Jellyfin> {
        let table = data(&format!("jellyfin-iso6392-{version}.txt"))?;
        let keeps_rows_without_two_letters = version.starts_with("12");
        let mut cultures = Vec::new();
        for row in table.trim_start_matches('\u{feff}').lines().filter(|it| !it.is_empty()) {
            let parts: Vec<&str> = row.split('|').collect();
            if parts[2].is_empty() && !keeps_rows_without_two_letters {
                continue;
            }
            let three =
                parts[..2].iter().filter(|it| !it.is_empty()).map(|it| it.to_string()).collect();
            cultures.push(Culture { three, two: parts[2].to_owned(), name: parts[3].to_owned() });
        }
        Some(Jellyfin { cultures, tags_are_languages: !version.starts_with("10.10") })
    }

    fn language(&self, token: &str) -> Option<String> {
        let same = |it: &str| !it.is_empty() && it.to_lowercase() == token.to_lowercase();
        let found =
            |it: &&Culture| same(&it.name) || same(&it.two) || it.three.iter().any(|it| same(it));
        let row = self.cultures.iter().find(found)?;
        let is_tag = self.tags_are_languages && row.two.contains('-');
        Some(if is_tag { row.two.to_lowercase() } else { row.three[0].clone() })
    }

    /// Reads what stands between the video's stem and the extension.
    fn label(&self, part: &str) -> Label {
        let mut label = Label::default();
        let mut title: Vec<&str> = Vec::new();
        for token in part.split('.').skip(1).collect::<Vec<_>>().into_iter().rev() {
            let lower = token.to_lowercase();
            let language = self.language(token);
            if lower.contains("default") {
                label.default = true;
            } else if lower.contains("forced") || lower.contains("foreign") {
                label.forced = true;
            } else if language.is_some() && label.language.is_none() {
                label.language = language;
            } else if ["cc", "hi", "sdh"].contains(&lower.as_str()) {
                label.hearing_impaired = true;
            } else {
                title.insert(0, token);
            }
        }
        label.title = (!title.is_empty()).then(|| title.join("."));
        label
    }
}

#[test]
fn the_model_gives_the_known_answers() {
    let Some(vectors) = data("jellyfin-sidecar-name-vectors.json") else { return };
    let vectors: serde_json::Value = serde_json::from_str(&vectors).unwrap();
    for (version, key) in VERSIONS {
        let jellyfin = Jellyfin::at(version).unwrap();
        for (part, answers) in vectors.as_object().unwrap() {
            let answer = &answers[key];
            let text = |it: &str| answer[it].as_str().map(str::to_owned);
            let known = Label {
                language: text("language"),
                title: text("title"),
                default: answer["default"].as_bool().unwrap(),
                forced: answer["forced"].as_bool().unwrap(),
                hearing_impaired: answer["hi"].as_bool().unwrap(),
            };
            assert_eq!(jellyfin.label(part), known, "{part} in {version}");
        }
    }
}

/// Whisper's codes, and what else owners ask for.
const LANGUAGES: &str = "\
    en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no \
    th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw \
    gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl \
    mg as tt haw ln ha ba jw su yue nb zh-Hans zh-Hant zh-CN zh-TW zh-HK zh-MO zh-SG \
    zh-Hans-TW yue-Hans yue-Hant sr-Latn sr-Cyrl pt-BR pt-PT es-419 es-MX en-GB fr-CA uz-Cyrl \
    az-Arab pa-Arab mn-Mong ms-Arab \
";

#[test]
fn every_language_is_labelled_rightly_by_every_jellyfin() {
    for (version, _) in VERSIONS {
        let Some(jellyfin) = Jellyfin::at(version) else { return };
        for tag in LANGUAGES.split_whitespace() {
            let lang = Lang::parse(tag).unwrap();
            let video = OsStr::new("Film.mkv");
            let name =
                output_name(Naming::Jellyfin.into(), video, &lang, OutputKind::Spoken, "srt").name;
            let name = name.into_string().unwrap();
            let part = name.strip_prefix("Film").and_then(|it| it.strip_suffix(".srt")).unwrap();
            let label = jellyfin.label(part);
            let flags = (label.default, label.forced, label.hearing_impaired);
            assert_eq!(flags, (false, false, false), "{name} in {version}");
            if tag == "haw" && !version.starts_with("12") {
                let told = (None, Some("Hawaiian.haw".to_owned()));
                assert_eq!((label.language, label.title), told, "{name} in {version}");
                continue;
            }
            let shown = Lang::parse(label.language.as_deref().unwrap_or("none")).ok();
            let wanted =
                if lang.primary() == "yue" { Lang::parse("zh").unwrap() } else { lang.clone() };
            assert!(shown.is_some_and(|it| it.same_language(&wanted)), "{name} in {version}");
            let title = part.trim_start_matches('.').rsplit_once('.').map(|it| it.0.to_owned());
            assert_eq!(label.title, title, "{name} in {version}");
            let plain = lang.tag() == lang.primary() && !["yue", "haw"].contains(&tag);
            assert_eq!(title.is_none(), plain, "{name}");
        }
    }
}

#[test]
fn the_code_is_the_one_viewers_preferences_match() {
    let Some(jellyfin) = Jellyfin::at("10.11.11") else { return };
    for part in [".简体中文.zho", ".繁體中文.zho", ".粵語.zho"] {
        assert_eq!(jellyfin.label(part).language.as_deref(), Some("zho"), "{part}");
    }
}
