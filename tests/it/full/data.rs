//! The disk of the data folder, and each folder in it alone.

use super::*;

/// The house's data folder, and a disk at a folder in it.
fn inside(house: &House, name: &str, size: &str) -> Option<Disk> {
    Disk::at(&house.aside("data").join(name), size)
}

#[test]
fn records_that_found_no_room_are_written_with_the_next_one() {
    let house = House::new();
    let Some(disk) = inside(&house, "runs", "64k") else { return };
    disk.fill();
    for name in ["one.mkv", "two.mkv"] {
        house.speech(name);
    }
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(2, "done");
    wait_for("a word about it", || {
        daemon.said().contains("record cannot be written").then_some(())
    });
    assert_eq!(disk.names(), [""; 0], "nothing half-written");
    disk.empty();
    house.speech("three.mkv");
    daemon.scan();
    daemon.wait_for_jobs(3, "done");
    wait_for("all records", || (disk.names().len() == 6).then_some(()));
    assert_eq!(daemon.said().matches("record cannot be written").count(), 1, "told once");
}

#[test]
fn without_room_for_the_log_it_works_and_logs_again_later() {
    let house = House::new();
    let Some(disk) = inside(&house, "logs", "64k") else { return };
    let daemon = house.serve(&Setup::default());
    disk.fill();
    house.speech("film.mkv");
    daemon.scan();
    daemon.wait_for_jobs(1, "done");
    disk.empty();
    let [name] = &disk.names()[..] else { panic!("one file a day: {:?}", disk.names()) };
    let before = std::fs::metadata(disk.at.join(name)).unwrap().len();
    house.speech("later.mkv");
    daemon.scan();
    daemon.wait_for_jobs(2, "done");
    wait_for("lines in the file", || {
        let log = std::fs::read_to_string(disk.at.join(name)).unwrap();
        (before < log.len() as u64 && log.contains("later.mkv")).then_some(())
    });
}

#[test]
fn what_is_sent_to_a_full_disk_is_refused_and_nothing_is_left() {
    let house = House::new();
    let Some(disk) = inside(&house, "uploads", "128k") else { return };
    let daemon = house.serve(&Setup::default());
    let before = disk.names();
    // What is sent is more than there is room for.
    let sample = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/jfk.wav"));
    let form = [
        b"--x\r\nContent-Disposition: form-data; name=\"audio_file\"; filename=\"a.wav\"\r\n\r\n",
        &sample.unwrap()[..],
        b"\r\n--x--\r\n",
    ];
    let headers = "Content-Type: multipart/form-data; boundary=x\r\n";
    let request = "POST /asr?task=transcribe&language=en&output=srt&encode=false";
    // Bazarr takes nothing but this answer; why is in the log.
    assert_eq!(daemon.ask_with(request, headers, &form.concat()), (200, String::new()));
    let told = || daemon.said().contains("has no room for it; free some of it").then_some(());
    wait_for("a word about it in the log", told);
    assert_eq!(disk.names(), before, "nothing is left");
    assert_eq!(daemon.get("/health").0, 200);
}

#[test]
fn settings_that_find_no_room_stay_as_they_were() {
    let house = House::new();
    let Some(disk) = Disk::at(&house.aside("data"), "16m") else { return };
    let daemon = house.serve(&Setup::default());
    let (status, told) = daemon.ask("PUT", "/api/v1/settings", r#"{"cue":{"lines":1}}"#);
    assert_eq!(status, 200, "{told}");
    let file = disk.at.join("settings.toml");
    let before = std::fs::read(&file).unwrap();
    disk.fill();
    let (status, told) = daemon.ask("PUT", "/api/v1/settings", r#"{"cue":{"lines":2}}"#);
    assert!(500 <= status && told.contains("make room"), "{status}: {told}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let temporary = disk.names().into_iter().find(|it| it.starts_with(".kinora"));
    assert_eq!(temporary, None, "nothing is left");
    disk.empty();
    let (status, told) = daemon.ask("PUT", "/api/v1/settings", r#"{"cue":{"lines":2}}"#);
    assert_eq!(status, 200, "{told}");
}

#[test]
fn a_daemon_starts_on_a_full_disk_and_works_when_there_is_room() {
    let house = House::new();
    let Some(disk) = Disk::at(&house.aside("data"), "16m") else { return };
    let first = house.serve(&Setup::default());
    assert_eq!(first.end().0, Some(0));
    let token = std::fs::read(disk.at.join("token")).unwrap();
    house.speech("film.mkv");
    disk.fill();
    // A port of its own: where none is free the address must be written down.
    let ran = finish(&mut house.serve_command(&Setup::default()));
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    let said = ran.err.lines().last().unwrap_or_default();
    assert!(said.contains("make room"), "{said}");
    assert_eq!(std::fs::read(disk.at.join("token")).unwrap(), token);
    disk.empty();
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "done");
    assert_eq!(daemon.end().0, Some(0));
    let check = finish(house.dressed(env!("CARGO_BIN_EXE_kinora")).arg("check"));
    assert_eq!(check.code, Some(GOOD), "{check:?}");
}
