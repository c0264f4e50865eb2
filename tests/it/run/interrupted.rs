//! Ctrl-C and kill: stops in order, leaves nothing, and the same command goes on where it stopped.

use super::support::*;
use kinora::domain::lane::LaneName;
use kinora::store::{Control, Store, StoreFile, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

/// Times a run is killed, at random moments.
const KILLS: u64 = 10;
const KILLS_SOAK: u64 = 100;

/// Speech that fills more than one window, with long pauses.
fn film(house: &House, name: &str) -> PathBuf {
    let sample = format!("{}/assets/jfk.wav", env!("CARGO_MANIFEST_DIR"));
    let part = format!("-i {sample} -i {sample} -i {sample} -i {sample}");
    let filter = "[0]atrim=end=4.5,apad=whole_dur=26[a];[1]atrim=start=5,apad=whole_dur=28[b];\
                  [2]atempo=1.1,apad=whole_dur=26[c];[3]atrim=end=8[d];[a][b][c][d]concat=n=4:v=0:a=1";
    house.make_of(&part, name, &format!("-filter_complex {filter} -c:a flac"))
}

fn start(house: &House, film: &Path, engine: Option<&Path>) -> Child {
    let mut command = house.command("--from en --json", &[film]);
    if let Some(engine) = engine {
        command.env("KINORA_ENGINE_PROGRAM", engine);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Ends of what belongs to a house: no process and no temporary file may be left.
fn assert_clean(house: &House) {
    let mark = house.aside("data").display().to_string();
    wait_for("the end of all children", || processes_with(&mark).is_empty().then_some(()));
    let names: Vec<_> = house.listing().into_keys().collect();
    let dotted = names.iter().find(|it| it.as_encoded_bytes().starts_with(b"."));
    assert_eq!(dotted, None, "{names:?}");
}

#[test]
fn ctrl_c_stops_in_order_and_the_next_run_goes_on() {
    let house = House::new();
    let film = film(&house, "film.mka");
    let engine = house.talkative_engine();
    // What is remembered changes first when a window was heard.
    let mut child = start(&house, &film, Some(&engine));
    let remembered = || std::fs::read(house.aside("data/run.redb")).unwrap_or_default();
    let mut before = None;
    wait_for("a window that is remembered", || {
        assert_eq!(child.try_wait().unwrap(), None, "it takes longer");
        let asked: usize = house.asked("whisper").values().map(|it| hears(it)).sum();
        if asked == 0 {
            before = Some(remembered());
        }
        (asked > 1 && before.as_ref() != Some(&remembered())).then_some(())
    });
    signal(i64::from(child.id()), "INT");
    let status = wait_for("the end", || child.try_wait().unwrap());
    let err = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
    let out = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    assert_eq!(status.code(), Some(INTERRUPTED), "{out} {err}");
    assert!(err.contains("interrupted") && err.contains("goes on where it stopped"), "{err}");
    assert!(out.contains("\"status\":\"interrupted\""), "{out}");
    assert_clean(&house);
    assert_eq!(house.listing().len(), 1, "nothing is written yet");

    house.windows_asked();
    let mut again = house.command("--from en --json", &[&film]);
    let again = finish(again.env("KINORA_ENGINE_PROGRAM", &engine));
    assert_eq!((again.code, again.statuses()), (Some(GOOD), vec!["done".to_owned()]), "{again:?}");
    let resumed = house.windows_asked();
    let text = house.subtitle("film");
    let mut forced = house.command("--from en --json --force", &[&film]);
    let forced = finish(forced.env("KINORA_ENGINE_PROGRAM", &engine));
    assert_eq!(forced.code, Some(GOOD), "{forced:?}");
    let whole = house.windows_asked();
    assert!(whole >= 2 && resumed < whole, "{resumed} of {whole} windows were heard again");
    assert_eq!(house.subtitle("film"), text, "as without an interruption");
}

/// The engine hangs, and what its wrapper started fled from its process group: the pipe stays open when it is killed.
#[test]
fn a_second_ctrl_c_ends_it_at_once() {
    let house = House::new();
    let film = film(&house, "film.mka");
    let engine = house.engine("[ $2 = whisper ] && exec setsid cat\nexec \"$KINORA\" \"$@\"");
    let mut child = start(&house, &film, Some(&engine));
    let mark = house.aside("data").display().to_string();
    let fled = |pid: &u32| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        name.trim() == "cat"
    };
    wait_for("the engine that hangs", || processes_with(&mark).iter().find(|it| fled(it)).copied());
    assert!(signal(i64::from(child.id()), "INT"));
    // One that is still pending would swallow the next.
    let pending = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let mut sets = status.lines().filter_map(|it| it.strip_prefix("ShdPnd:"));
        sets.any(|it| it.trim().contains(|it| it != '0'))
    };
    wait_for("the first to arrive", || (!pending()).then_some(()));
    assert_eq!(child.try_wait().unwrap(), None, "it ends in order, which takes a while");
    assert!(signal(i64::from(child.id()), "INT"));
    let status = wait_for("the end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(INTERRUPTED));
    let out = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    assert!(!out.contains("\"status\""), "it did not wait to tell how files ended: {out}");
    assert_clean(&house);
}

/// A run does its own work, whatever an earlier one was told or had to give up.
#[test]
fn switches_of_an_earlier_run_are_off() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let data = house.aside("data");
    let store = Store::open(&data, StoreFile::Run).unwrap();
    let cpu = LaneName::Cpu;
    let switches =
        [Control::PausedAll, Control::PausedLane(LaneName::Disk), Control::Quarantined(cpu)];
    let on = |control| Write::Control { control, on: true, why: String::new(), at_unix_ms: 1 };
    store.commit(&switches.map(on)).unwrap();
    assert_eq!(store.controls().unwrap().len(), 3);
    drop(store);
    let ran = house.run("--from en", &[film]);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let store = Store::open(&data, StoreFile::Run).unwrap();
    assert_eq!(store.controls().unwrap().len(), 0);
}

#[test]
fn a_kill_and_a_closed_terminal_leave_nothing() {
    for name in ["TERM", "HUP"] {
        let house = House::new();
        let film = film(&house, "film.mka");
        let mut child = start(&house, &film, None);
        let mark = house.aside("data").display().to_string();
        wait_for("a child", || (processes_with(&mark).len() >= 3).then_some(()));
        signal(i64::from(child.id()), name);
        let status = wait_for("the end", || child.try_wait().unwrap());
        assert_ne!(status.code(), Some(GOOD), "{name}");
        assert_clean(&house);
    }
}

#[test]
fn killed_at_any_moment_the_next_run_gives_the_same() {
    let house = House::new();
    let film = film(&house, "film.mka");
    let undisturbed = house.run("--from en", &[&film]);
    assert_eq!(undisturbed.code, Some(GOOD), "{undisturbed:?}");
    let expected = house.subtitle("film");
    let kills = if std::env::var_os("KINORA_SOAK").is_some() { KILLS_SOAK } else { KILLS };
    let mut seed = 88_172_645_463_325_252_u64;
    let mut done = 0;
    for _ in 0..kills {
        let mut child = start(&house, &film, None);
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        // The moment is what the test is about: early, in the middle of listening, while it writes.
        std::thread::park_timeout(Duration::from_millis(seed % 2500));
        done += usize::from(child.try_wait().unwrap().is_some());
        let _ = child.kill();
        child.wait().unwrap();
        let mark = house.aside("data").display().to_string();
        wait_for("the end of all children", || processes_with(&mark).is_empty().then_some(()));
        let half = house.film("film.eng.srt");
        if half.exists() {
            assert_eq!(house.subtitle("film"), expected, "whole or not there");
        }
        if done > 0 || seed.is_multiple_of(4) {
            // From the start again, the film and what is remembered.
            done = 0;
            let _ = std::fs::remove_dir_all(house.aside("data"));
            let _ = std::fs::remove_file(half);
            for name in house.listing().into_keys() {
                let temp = name.as_encoded_bytes().starts_with(b".kinora-");
                assert!(!temp || std::fs::remove_file(house.film(name)).is_ok());
            }
        }
    }
    let last = house.run("--from en", &[&film]);
    assert_eq!(last.code, Some(GOOD), "{last:?}");
    assert_eq!(house.subtitle("film"), expected);
    assert_clean(&house);
}
