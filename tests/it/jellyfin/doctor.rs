//! `kinora doctor` looks at Jellyfin: what it says to an owner whose Jellyfin is away, too old, or sees other folders.

use super::stub::{Films, THERE};
use crate::config;
use crate::support::jellyfin::{Misdeed, Options, VERSIONS};
use kinora::api::doctor::{Check, Health};
use kinora::app::config::Overrides;
use kinora::app::doctor::jellyfin::checks;
use std::path::Path;

/// What is said of a library at `here`, with these lines in `[jellyfin]`.
fn said(films: &Films, here: &Path, lines: &str) -> Vec<Check> {
    let text = format!(
        "[jellyfin]\nurl = '{}'\nkey = '{}'\n{lines}\n[[library]]\nname = 'Films'\npath = '{}'\n",
        films.stub.url(),
        films.stub.key(),
        here.display()
    );
    checks(&config::read(&text, &[], Overrides::default()).unwrap())
}

fn map(films: &Films) -> String {
    format!("paths = [{{ here = '{}', there = '{THERE}' }}]", films.dir.path().display())
}

#[test]
fn all_is_well_where_the_library_is_seen() {
    for version in VERSIONS {
        let films = Films::of(version);
        let told = said(&films, films.dir.path(), &map(&films));
        assert!(told.iter().all(|it| it.health == Health::Good), "{told:#?}");
        let found: Vec<&str> = told.iter().map(|it| it.found.as_str()).collect();
        assert_eq!(found[0], format!("version {version} answers"));
        assert!(found[2].ends_with(&format!("as {THERE}")), "{found:?}");
    }
    let none = config::read("", &[], Overrides::default()).unwrap();
    assert_eq!(checks(&none), []);
}

#[test]
fn a_library_that_is_seen_elsewhere_comes_with_the_line_to_write() {
    let films = Films::of("10.11.11");
    let told = said(&films, films.dir.path(), "");
    let line =
        format!("paths = [{{ here = '{}', there = '{THERE}' }}]", films.dir.path().display());
    let library = &told[2];
    assert_eq!((library.name.as_str(), library.health), ("library Films", Health::Warning));
    assert!(library.remedy.as_ref().unwrap().contains(&line), "{library:?}");
    // With that line all is well.
    let told = said(&films, films.dir.path(), &line);
    assert_eq!(told[2].health, Health::Good);

    // One that Jellyfin does not have has no such line.
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("Other.mkv"), b"x").unwrap();
    let told = said(&films, other.path(), "");
    assert!(told[2].remedy.as_ref().unwrap().contains("or add it to Jellyfin"), "{told:?}");
    // One that is mapped to a folder with other files neither.
    let wrong = format!("paths = [{{ here = '{}', there = '{THERE}' }}]", other.path().display());
    let told = said(&films, other.path(), &wrong);
    assert!(told[2].found.contains("knows none of its files"), "{told:?}");
}

#[test]
fn uploads_that_fail_or_hide_are_warned_of() {
    let upload = |options: Options| {
        let films = Films::at(options, &["Alien.mkv"]);
        let lines = format!("deliver = 'upload'\n{}", map(&films));
        let told = said(&films, films.dir.path(), &lines);
        told.into_iter().find(|it| it.health != Health::Good).map(|it| it.found)
    };
    assert_eq!(upload(Options::of("10.11.8")), None);
    let refused = upload(Options::of("10.11.7")).unwrap();
    assert!(refused.contains("10.11.7 refuses every subtitle"), "{refused}");
    let hidden = upload(Options { saves_beside: false, ..Options::of("12.0.0") }).unwrap();
    assert!(hidden.contains("uploaded subtitles of Films stand among"), "{hidden}");
}

#[test]
fn a_key_without_rights_and_a_server_that_is_away_are_told() {
    let films = Films::at(Options { admin: false, ..Options::of("10.11.11") }, &["Alien.mkv"]);
    let told = said(&films, films.dir.path(), "");
    assert_eq!((told.len(), told[1].health), (2, Health::Bad));
    assert!(told[1].remedy.as_ref().unwrap().contains("API Keys"), "{told:?}");

    for (misdeed, says) in [
        (Misdeed::Fails(502), "failed (502)"),
        (Misdeed::WebPage, "web page"),
        (Misdeed::Emby, "is no Jellyfin"),
    ] {
        let films = Films::of("10.11.11");
        films.stub.misbehaves(misdeed, 1);
        let told = said(&films, films.dir.path(), "");
        let [check] = &told[..] else { panic!("{told:?}") };
        assert_eq!(check.health, Health::Warning, "subtitles are made all the same");
        assert!(check.found.contains(says), "{check:?}");
    }
    let text = "[jellyfin]\nurl = 'http://nas'\nkey_file = '/nowhere/key'";
    let told = checks(&config::read(text, &[], Overrides::default()).unwrap());
    assert_eq!((told.len(), told[0].health), (1, Health::Bad));
}
