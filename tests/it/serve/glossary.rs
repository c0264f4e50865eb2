//! `kinora glossary`, with a daemon and without: the same commands say the same.

use super::support::*;
use kinora::app::config::{Config, Overrides, load};
use kinora::app::glossary;
use kinora::domain::terms::{Scope, Term, TermOrigin, TermState};
use kinora::store::{Store, StoreFile, Write};

/// A command with arguments that may have blanks.
fn glossary_of(house: &House, args: &[&str]) -> Ran {
    let mut command = house.dressed(env!("CARGO_BIN_EXE_kinora"));
    command.arg("--config").arg(house.aside("kinora.toml")).arg("glossary").args(args);
    finish(&mut command)
}

fn good(house: &House, args: &[&str]) -> String {
    let ran = glossary_of(house, args);
    assert_eq!(ran.code, Some(GOOD), "{args:?}: {ran:?}");
    ran.out
}

fn config(house: &House) -> Config {
    let data_dir = Some(house.aside("data"));
    let overrides = Overrides { data_dir, ..Overrides::default() };
    load(Some(&house.aside("kinora.toml")), [], overrides).unwrap()
}

/// All that an owner does, as it is told.
fn story(house: &House) -> String {
    let mut page = String::new();
    let mut tell = |args: &[&str]| {
        let ran = glossary_of(house, args);
        let told = format!("$ {}\n{}{}", args.join(" "), ran.out, ran.err);
        page.push_str(&told.replace(&house.aside("").display().to_string(), "/"));
        assert!(matches!(ran.code, Some(GOOD | FAILED)), "{ran:?}");
    };
    let csv = house.aside("names.csv");
    std::fs::write(&csv, "source;target;note\r\nHolmes;福尔摩斯;\r\nWatson;华生;doctor\r\n;x;\r\n")
        .unwrap();
    let csv = csv.to_str().unwrap().to_owned();
    let lines = house.aside("names.txt");
    std::fs::write(&lines, "Mycroft = 麦考夫\niPhone =\n").unwrap();
    let lines = lines.to_str().unwrap().to_owned();
    tell(&["list"]);
    tell(&["add", "Holmes", "霍姆斯", "--to", "zh-Hans", "--work", "Sherlock (2010)"]);
    tell(&["add", "Hudson", "--keep", "--library", "Films", "--note", "his landlady"]);
    tell(&["add", "Hudson", "--keep", "--library", "Films", "--note", "his landlady"]);
    let place = ["--to", "zh-Hans", "--work", "Sherlock (2010)"];
    tell(&[&["import", csv.as_str(), "--dry-run"], &place[..]].concat());
    tell(&[&["import", csv.as_str()], &place[..]].concat());
    tell(&["import", &lines]);
    tell(&["list"]);
    tell(&["list", "--work", "sherlock (2010)", "--json"]);
    tell(&["refuse", "3", "99"]);
    tell(&["accept", "3"]);
    tell(&["remove", "2"]);
    tell(&["export"]);
    tell(&["export", "--format", "tsv", "--library", "Films"]);
    tell(&["import", "/nowhere.csv"]);
    tell(&["add", "Holmes", "x", "--file", "/films/a.mkv"]);
    // Every house stands elsewhere.
    let names = house.aside("names");
    page.replace(&*names.to_string_lossy(), "names")
}

#[test]
fn a_glossary_is_kept_with_a_daemon_and_without() {
    let alone = House::new();
    drop(alone.serve_command(&Setup::default()));
    let told = story(&alone);
    insta::assert_snapshot!(told);

    let house = House::new();
    let daemon = house.serve(&Setup::default());
    assert_eq!(story(&house), told, "{}", daemon.said());
    assert_eq!(daemon.get("/api/v1/glossary?state=refused"), (200, "[]".to_owned()));
    assert_eq!(daemon.ask("POST", "/api/v1/glossary", r#"[{"source": " "}]"#).0, 422);
    assert_eq!(daemon.ask("PUT", "/api/v1/glossary/1/state", r#"{"state": "lost"}"#).0, 400);
    assert_eq!(daemon.ask("DELETE", "/api/v1/glossary/99", "").0, 404);
    let through = glossary::snapshot(&config_of(&house, &daemon)).unwrap();
    assert_eq!(daemon.end().0, Some(0));
    // What was said to it is there when it is gone.
    assert_eq!(good(&house, &["export"]), good(&alone, &["export"]));
    assert_eq!(glossary::snapshot(&config(&house)).unwrap(), through);
    assert_eq!(through.len(), 5);
}

/// Its daemon took any free port, and wrote down which.
fn config_of(house: &House, daemon: &Daemon) -> Config {
    let written = std::fs::read_to_string(house.aside("data").join("http.addr")).unwrap();
    assert_eq!(written.trim(), daemon.addr.to_string());
    config(house)
}

#[test]
fn a_run_takes_the_terms_and_hands_over_what_it_found() {
    let house = House::new();
    drop(house.serve_command(&Setup::default()));
    let config = config(&house);
    assert_eq!(glossary::snapshot(&config), Ok(Vec::new()));
    assert!(!config.data_dir.join(StoreFile::Daemon.name()).exists(), "asking makes no store");
    good(&house, &["add", "Holmes", "福尔摩斯"]);
    good(&house, &["add", "Watson", "华生"]);
    let terms = glossary::snapshot(&config).unwrap();
    let run = Store::open(&config.data_dir, StoreFile::Run).unwrap();
    let take = |terms: &[Term]| {
        let write = Write::TermsReplaced { terms: terms.to_vec(), at_unix_ms: 1 };
        assert!(run.commit(&[write]).unwrap()[0].is_ok());
        run.terms().unwrap().into_iter().map(|it| it.1.term).collect::<Vec<_>>()
    };
    assert_eq!(take(&terms), terms);
    let found = Term {
        source: "Moriarty".to_owned(),
        target: Some("莫里亚蒂".to_owned()),
        scope: Scope::Work("sherlock".to_owned()),
        origin: TermOrigin::Inferred,
        state: TermState::Proposed,
        ..terms[0].clone()
    };
    let known =
        Term { target: Some("x".to_owned()), origin: TermOrigin::Metadata, ..terms[0].clone() };
    glossary::propose(&config, &[found.clone(), known]).unwrap();
    let listed = good(&house, &["list", "--state", "proposed"]);
    assert!(listed.contains("Moriarty") && !listed.contains("Holmes"), "{listed}");
    good(&house, &["accept", "3"]);
    let accepted = Term { state: TermState::Accepted, ..found };
    assert_eq!(take(&glossary::snapshot(&config).unwrap()), [terms, vec![accepted]].concat());
}
