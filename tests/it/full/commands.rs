//! Commands that write a file where there is no room.

use super::*;
use kinora::base::cancel::Cancel;
use kinora::engines::fetch::{Wanted, Watch, copy};

/// What a command says that cannot write `file`; nothing of it is left.
fn refused(house: &House, disk: &Disk, args: &[&str], file: &str) -> Ran {
    let mut command = house.dressed(env!("CARGO_BIN_EXE_kinora"));
    let ran = finish(command.args(args).arg(disk.at.join(file)));
    assert_eq!(ran.code, Some(FAILED), "{args:?}: {ran:?}");
    assert!(ran.err.contains("make room"), "{args:?}: {}", ran.err);
    assert_eq!(disk.names(), [""; 0], "{args:?} leaves nothing");
    ran
}

#[test]
fn files_that_commands_write_are_whole_or_not_there() {
    let house = House::new();
    let Some(disk) = Disk::at(&house.aside("small"), "64k") else { return };
    let add = ["glossary", "add", "Chihiro", "--from", "ja", "--to", "en", "--as", "Chihiro"];
    let added = finish(house.dressed(env!("CARGO_BIN_EXE_kinora")).args(add));
    println!("{added:?}");
    disk.fill();
    refused(&house, &disk, &["glossary", "export"], "terms.csv");
    refused(&house, &disk, &["doctor", "--bundle"], "support.zip");
    disk.empty();
    let kinora = || house.dressed(env!("CARGO_BIN_EXE_kinora"));
    let exported = finish(kinora().args(["glossary", "export"]).arg(disk.at.join("terms.csv")));
    assert_eq!(exported.code, Some(GOOD), "{exported:?}");
    assert_eq!(disk.names(), ["terms.csv"]);
}

#[test]
fn weights_go_on_where_the_disk_stopped_them() {
    let house = House::new();
    let Some(disk) = Disk::at(&house.aside("models"), "300m") else { return };
    let source = house.aside("weights.bin");
    std::fs::write(&source, noise(200_000)).unwrap();
    disk.fill();
    let target = disk.at.join("weights.bin");
    let fetched = || {
        let wanted = Wanted { bytes: 200_000, sha256: None, target: &target };
        let (mut progress, mut pause) = (|_, _| (), |_| ());
        let cancel = Cancel::default();
        let mut watch = Watch { cancel: &cancel, progress: &mut progress, pause: &mut pause };
        copy(&source, &wanted, &mut watch)
    };
    let fault = fetched().unwrap_err();
    assert!(
        fault.what.contains("there is no room") && fault.remedy.contains("make room"),
        "{fault}"
    );
    assert!(!target.exists(), "half a model has no name");
    disk.empty();
    assert_eq!(fetched(), Ok(()));
    assert_eq!(std::fs::read(&target).unwrap(), noise(200_000));
}

#[test]
fn a_subtitle_that_is_mended_stays_as_it_was() {
    let house = House::new();
    let Some(disk) = Disk::at(&house.films(), "4m") else { return };
    let film = house.speech("film.mkv");
    let text = "1\n00:00:03,400 --> 00:00:05,400\nAnd so, my fellow Americans,\n\n\
        2\n00:00:06,300 --> 00:00:07,400\nask not\n";
    let subtitle = house.write("film.eng.srt", text.as_bytes());
    let before = disk.names();
    disk.fill();
    let mut command = house.dressed(env!("CARGO_BIN_EXE_kinora"));
    let ran = finish(command.args(["sync", "--apply"]).arg(&subtitle));
    println!("{ran:?}");
    assert_eq!(std::fs::read_to_string(&subtitle).unwrap(), text, "{ran:?}");
    assert_eq!(disk.names(), before, "nothing is left");
    assert!(film.exists());
}
