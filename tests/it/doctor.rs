//! `kinora doctor` on a real machine, and the archive for whoever helps.

mod archive;

use crate::house::*;
use serde_json::Value;
use std::net::TcpListener;
use std::process::Command;

/// What the doctor says with these lines of configuration, and its exit code.
fn doctor(house: &House, config: &str) -> (Option<i32>, Vec<Value>) {
    doctor_as(house, house.dressed(env!("CARGO_BIN_EXE_kinora")), config)
}

fn doctor_as(house: &House, mut command: Command, config: &str) -> (Option<i32>, Vec<Value>) {
    let file = house.aside("kinora.toml");
    std::fs::write(&file, config).unwrap();
    let ran = finish(command.arg("--config").arg(&file).args(["doctor", "--json"]));
    let view: Value = serde_json::from_str(&ran.out).unwrap_or_else(|err| panic!("{err}: {ran:?}"));
    (ran.code, view["checks"].as_array().unwrap().clone())
}

fn check<'a>(checks: &'a [Value], name: &str) -> &'a Value {
    checks.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}: {checks:#?}"))
}

fn library(house: &House) -> String {
    format!("[[library]]\nname = 'Films'\npath = '{}'\n", house.films().display())
}

/// Any free port, so that a daemon of this machine does not matter.
const ANY_PORT: &str = "[http]\nlisten = '127.0.0.1:0'\n";

#[test]
fn a_house_that_is_well_is_told_so_and_left_as_it_was() {
    let house = House::new();
    house.speech("season/film.mkv".replace('/', " "));
    let before = house.listing();
    let (code, checks) = doctor(&house, &format!("{ANY_PORT}{}", library(&house)));
    assert_eq!(code, Some(GOOD), "{checks:#?}");
    assert_eq!(house.listing(), before, "nothing is left behind");
    for name in ["data folder", "media engine", "sample", "folder Films", "service", "clock"] {
        assert_eq!(check(&checks, name)["health"], "good", "{checks:#?}");
    }
    let engine = check(&checks, "media engine")["found"].to_string();
    assert!(engine.contains("libavcodec") && engine.contains("libavformat"), "{engine}");
    let watched = check(&checks, "notices of changes")["found"].to_string();
    assert!(watched.contains('1'), "{watched}");
    let odd = |it: &&Value| it["remedy"].is_null() != (it["health"] == "good");
    assert_eq!(checks.iter().find(odd), None, "what is not good has a remedy");
    for absent in ["Jellyfin", "backups", "notify phone"] {
        assert!(checks.iter().all(|it| it["name"] != absent), "{absent} is not configured");
    }
}

#[test]
fn a_port_that_another_program_has_is_bad_and_named() {
    let house = House::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = format!("[http]\nlisten = '{}'\n", taken.local_addr().unwrap());
    // Who listens without answering is asked for a while first.
    let answering = std::thread::spawn(move || {
        for stream in taken.incoming().take(1) {
            drop(stream);
        }
        taken
    });
    let (code, checks) = doctor(&house, &config);
    let service = check(&checks, "service");
    assert_eq!((code, &service["health"]), (Some(FAILED), &"bad".into()), "{service}");
    let pid = format!("(process {})", std::process::id());
    assert!(service["found"].as_str().unwrap().contains(&pid), "{service}");
    assert!(service["remedy"].as_str().unwrap().contains("http.listen"), "{service}");
    drop(answering.join().unwrap());
}

#[test]
fn a_library_that_this_user_may_not_write_is_bad() {
    let house = House::new();
    let Some(command) = crate::run::machine::as_somebody(&house) else { return };
    crate::run::machine::set_mode(&house.films(), 0o755);
    let (code, checks) = doctor_as(&house, command, &format!("{ANY_PORT}{}", library(&house)));
    let folder = check(&checks, "folder Films");
    assert_eq!((code, &folder["health"]), (Some(FAILED), &"bad".into()), "{folder}");
    assert!(folder["found"].as_str().unwrap().contains("belongs to user 0"), "{folder}");
    assert!(folder["remedy"].as_str().unwrap().contains("PUID=0"), "{folder}");
}

#[test]
fn a_library_that_is_not_there_is_bad_and_everybodys_token_a_hint() {
    let house = House::new();
    let data = house.aside("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("token"), "0123456789abcdef\n").unwrap();
    crate::run::machine::set_mode(&data.join("token"), 0o644);
    let config = format!("{ANY_PORT}[[library]]\nname = 'Films'\npath = '/no/such/films'\n");
    let (code, checks) = doctor(&house, &config);
    assert_eq!(code, Some(FAILED), "{checks:#?}");
    assert_eq!(check(&checks, "folder Films")["health"], "bad");
    let secrets = check(&checks, "secrets");
    assert_eq!(secrets["health"], "warning", "{secrets}");
    assert!(secrets["remedy"].as_str().unwrap().contains("chmod o-rwx"), "{secrets}");
}
