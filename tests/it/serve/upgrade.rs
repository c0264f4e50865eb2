//! A data directory that the release before left: all of it is there with this one, and work goes on where it was.
//!
//! `data-v5.tar.gz` was made by `tests/fixtures/make-data.sh`, by the last release of format 5: a film that is done, one
//! that is parked, one that waits and one that is paused, while everything is.

use super::support::*;
use redb::{Database, ReadableDatabase, TableDefinition};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the films of format 5 lay: the store knows them by their paths.
const HOUSE: &str = "/tmp/kinora-house-of-format-5";
const COPY: &str = "kinora.redb.before-format-6";

/// The films where they were; gone with this. Only one test at a time has them, of all that run on this machine.
struct OldHouse {
    _lock: File,
}

impl OldHouse {
    fn open() -> OldHouse {
        let lock = File::create(format!("{HOUSE}.lock")).unwrap();
        lock.lock().unwrap();
        let _ = fs::remove_dir_all(HOUSE);
        fs::create_dir_all(films()).unwrap();
        OldHouse { _lock: lock }
    }
}

impl Drop for OldHouse {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(HOUSE);
    }
}

fn films() -> PathBuf {
    Path::new(HOUSE).join("films")
}

/// A house with the data directory of then, and its films in their place.
fn moved_in() -> (OldHouse, House) {
    let (old, house) = (OldHouse::open(), House::new());
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/data-v5.tar.gz");
    let unpacked =
        Command::new("tar").arg("-xzf").arg(packed).arg("-C").arg(house.aside("")).status();
    assert!(unpacked.unwrap().success());
    for (from, to) in [
        ("one.mkv", "two.mkv"),
        ("one.mkv", "three.mkv"),
        ("one.eng.srt", "one.eng.srt"),
        ("one.mkv", "one.mkv"),
    ] {
        fs::copy(house.film(from), films().join(to)).unwrap();
    }
    for name in ["one.mkv", "one.eng.srt"] {
        fs::remove_file(house.film(name)).unwrap();
    }
    (old, house)
}

fn schema(store: &Path) -> u64 {
    let copy = tempfile::tempdir().unwrap();
    let looked_at = copy.path().join("store.redb");
    fs::copy(store, &looked_at).unwrap();
    let db = Database::open(looked_at).unwrap();
    let meta =
        db.begin_read().unwrap().open_table(TableDefinition::<&str, u64>::new("meta")).unwrap();
    meta.get("schema").unwrap().unwrap().value()
}

fn counts(daemon: &Daemon) -> String {
    let jobs = daemon.jobs();
    let of = |status: &str| jobs.iter().filter(|it| it["status"] == status).count();
    format!(
        "done {} parked {} queued {} paused {}",
        of("done"),
        of("parked"),
        of("queued"),
        of("paused")
    )
}

fn ordered(house: &House, line: &str) {
    let ran = finish(&mut kinora(house, line));
    assert_eq!(ran.code, Some(GOOD), "{line}: {ran:?}");
}

#[test]
fn what_format_5_left_is_there_and_goes_on() {
    let (_old, house) = moved_in();
    let engine = house.talkative_engine();
    let token = fs::read(house.aside("data/token")).unwrap();
    let settings = fs::read(house.aside("data/settings.toml")).unwrap();
    // As it listened then.
    let env = [("KINORA__LISTEN__BEAM", "1".to_owned())];
    let setup = Setup { engine: Some(&engine), env: &env, ..Setup::default() };
    let daemon = house.serve(&setup);

    // As it was.
    assert_eq!(counts(&daemon), "done 1 parked 1 queued 1 paused 1");
    assert_eq!(daemon.json("/status")["paused"], true);
    let detail = daemon.json("/api/v1/jobs/2").to_string();
    assert!(detail.contains("one.mkv") && detail.contains("one.eng.srt"), "{detail}");
    let log = daemon.get("/api/v1/jobs/1/log").1;
    assert!(log.contains("this is not a media file"), "{log}");
    let glossary = daemon.json("/api/v1/glossary").to_string();
    assert!(glossary.contains("Kirk") && glossary.contains("Kork"), "{glossary}");
    let told = daemon.json("/api/v1/settings").to_string();
    assert!(told.contains("asr_fail_alert"), "{told}");
    assert_eq!(fs::read(house.aside("data/token")).unwrap(), token);
    assert_eq!(fs::read(house.aside("data/settings.toml")).unwrap(), settings);
    assert!(house.aside("data/runs/00000002-00000002.json").exists());
    assert!(daemon.said().contains(COPY), "{}", daemon.said());

    // And it goes on.
    ordered(&house, "jobs resume --all");
    wait_for("the one that waited", || films().join("two.eng.srt").exists().then_some(()));
    let paused = daemon.jobs().iter().find(|it| it["status"] == "paused").unwrap()["id"].clone();
    ordered(&house, &format!("jobs resume {paused}"));
    wait_for("all", || (counts(&daemon) == "done 3 parked 1 queued 0 paused 0").then_some(()));
    let text = |name: &str| fs::read_to_string(films().join(name)).unwrap();
    assert!(text("two.eng.srt").contains("ask not"), "{}", text("two.eng.srt"));
    assert_eq!(text("two.eng.srt"), text("three.eng.srt"));
    assert_eq!(daemon.end().0, Some(0));

    // The library itself, where all files are other ones on the disk than they were.
    let library = format!("[[library]]\nname = \"Old\"\npath = \"{}\"\n", films().display());
    let daemon = house.serve(&Setup { config: &library, ..setup });
    let told = daemon.scan();
    assert!(told.contains("3 files"), "{told}");
    wait_for("all", || {
        let works = |it: &serde_json::Value| it["status"] == "running" || it["status"] == "queued";
        (!daemon.jobs().iter().any(works)).then_some(())
    });
    assert_eq!(daemon.end().0, Some(0));

    // What `kinora run` remembered.
    let mut run = house.command("--output", &[house.aside("out"), films().join("one.mkv")]);
    let ran = finish(
        run.env("KINORA_ENGINE_PROGRAM", &engine).env("KINORA__LISTEN__FROM", "en").envs(env),
    );
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    assert!(fs::read_to_string(house.aside("out/one.eng.srt")).unwrap().contains("ask not"));

    // The way back.
    let (store, copy) = (house.aside("data/kinora.redb"), house.aside("data").join(COPY));
    assert_eq!((schema(&store), schema(&copy)), (6, 5));
    fs::rename(&copy, &store).unwrap();
    let daemon = house.serve(&Setup::default());
    assert_eq!(counts(&daemon), "done 1 parked 1 queued 1 paused 1", "as it was before");
    assert_eq!(daemon.end().0, Some(0));
    assert_eq!((schema(&store), schema(&copy)), (6, 5));
}

/// A store of format 5 in a folder.
fn laid(folder: &Path) -> PathBuf {
    let store = folder.join("kinora.redb");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::copy(fixtures.join("store-v5.redb"), &store).unwrap();
    store
}

#[test]
fn killed_while_the_copy_is_made_all_is_as_it_was_or_the_copy_is_whole() {
    for marked in [format!("{COPY}.part"), COPY.to_owned()] {
        let house = House::new();
        let data = house.aside("data");
        fs::create_dir(&data).unwrap();
        let store = laid(&data);
        let config = house.aside("kinora.toml");
        fs::write(&config, "").unwrap();
        let mut child = kinora(&house, "glossary list").spawn().unwrap();
        wait_for("the copy", || {
            let seen = data.join(&marked).exists() || data.join(COPY).exists();
            seen.then_some(())
        });
        let _ = child.kill();
        child.wait().unwrap();
        match schema(&store) {
            5 => assert!(!data.join(COPY).exists() || schema(&data.join(COPY)) == 5),
            6 => assert_eq!(schema(&data.join(COPY)), 5),
            other => panic!("format {other}"),
        }
        ordered(&house, "glossary list");
        assert_eq!((schema(&store), schema(&data.join(COPY))), (6, 5), "the next one ends it");
        assert!(!data.join(format!("{COPY}.part")).exists());
    }
}

#[test]
fn without_room_for_a_copy_nothing_is_changed_and_with_room_it_goes_on() {
    if !is_root() {
        return;
    }
    let house = House::new();
    let data = house.aside("data");
    fs::create_dir(&data).unwrap();
    let mount =
        |args: &[&str]| Command::new("mount").args(args).arg(&data).status().unwrap().success();
    if !mount(&["-t", "tmpfs", "-o", "size=300k", "none"]) {
        println!("skipped: nothing can be mounted here");
        return;
    }
    let store = laid(&data);
    fs::write(house.aside("kinora.toml"), "").unwrap();
    let ran = finish(&mut kinora(&house, "glossary list"));
    let names: Vec<_> = listing(&data).into_keys().collect();
    let untouched = schema(&store);
    assert!(mount(&["-o", "remount,size=4m"]));
    let again = finish(&mut kinora(&house, "glossary list"));
    let after = (schema(&store), schema(&data.join(COPY)));
    assert!(Command::new("umount").arg(&data).status().unwrap().success());
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    assert!(ran.err.contains("the disk is full; make room for 1 MiB there"), "{ran:?}");
    assert_eq!((names, untouched), (vec!["kinora.redb".into()], 5));
    assert_eq!(again.code, Some(GOOD), "{again:?}");
    assert_eq!(after, (6, 5));
}
