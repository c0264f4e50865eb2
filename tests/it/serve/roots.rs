//! A disk that is not there never reads as "everything is gone".

use super::support::*;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Unmounts when the test is over.
struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l", "-q"]).arg(self.0).status();
    }
}

fn mount(args: &[&str], source: &Path, point: &Path) -> bool {
    let done = Command::new("mount").args(args).arg(source).arg(point).status();
    let done = done.is_ok_and(|it| it.success());
    if !done {
        println!("skipped: nothing can be mounted here");
    }
    done
}

fn unmount(point: &Path) {
    assert!(Command::new("umount").arg(point).status().unwrap().success());
}

fn command(house: &House, line: &str) {
    let ran = finish(&mut kinora(house, line));
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
}

fn wait_for_warning(daemon: &Daemon, text: &str) {
    wait_for(text, || daemon.warnings().contains(text).then_some(()));
}

#[test]
fn a_disk_that_is_unmounted_costs_nothing_and_comes_back_by_itself() {
    if !is_root() {
        return;
    }
    let house = House::new();
    let disk = house.aside("disk");
    fs::create_dir(&disk).unwrap();
    if !mount(&["-t", "tmpfs"], Path::new("none"), &disk) {
        return;
    }
    let _disk = Mounted(&disk);
    let films = house.films();
    assert!(mount(&["--bind"], &disk, &films));
    let _films = Mounted(&films);
    house.speech("film.mkv");
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "done");
    command(&house, "jobs pause --all");
    fs::copy(house.film("film.mkv"), house.film("queued.mkv")).unwrap();
    daemon.wait_for_jobs(1, "queued");

    unmount(&films);
    wait_for_warning(&daemon, "library Films: ");
    wait_for_warning(&daemon, "lies on another disk than before");
    wait_for_warning(&daemon, "kinora scan --accept-disks");
    for _ in 0..2 {
        let told = daemon.scan();
        assert!(told.contains("0 files, 0 new or changed"), "{told}");
    }
    daemon.wait_for_jobs(1, "queued");
    daemon.wait_for_jobs(1, "done");
    let told = daemon.scans().iter().filter(|it| it.contains("left alone")).count();
    assert_eq!(told, 1, "once, not at every scan: {:?}", daemon.scans());

    // Meanwhile somebody put a film on the disk.
    fs::copy(disk.join("film.mkv"), disk.join("meanwhile.mkv")).unwrap();
    assert!(mount(&["--bind"], &disk, &films));
    daemon.wait_for_jobs(2, "queued");
    assert!(!daemon.warnings().contains("Films"), "{}", daemon.warnings());
    // It is watched again.
    fs::copy(disk.join("film.mkv"), house.film("watched.mkv")).unwrap();
    daemon.wait_for_jobs(3, "queued");
    command(&house, "jobs resume --all");
    daemon.wait_for_jobs(4, "done");
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn a_job_that_parked_for_want_of_its_disk_goes_on_when_that_is_back() {
    let house = House::new();
    house.speech("film.mkv");
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "done");
    command(&house, "jobs pause --all");
    fs::copy(house.film("film.mkv"), house.film("queued.mkv")).unwrap();
    daemon.wait_for_jobs(1, "queued");
    let away = house.aside("away");
    fs::rename(house.films(), &away).unwrap();
    wait_for_warning(&daemon, "is not there; mount its disk or share");
    command(&house, "jobs resume --all");
    daemon.wait_for_jobs(1, "parked");
    fs::rename(&away, house.films()).unwrap();
    wait_for("the parked one's subtitle", || house.film("queued.eng.srt").exists().then_some(()));
    daemon.wait_for_jobs(2, "done");
}

#[test]
fn a_library_that_is_empty_is_left_alone_until_that_is_accepted() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "done");
    command(&house, "jobs pause --all");
    fs::rename(&film, house.film("queued.mkv")).unwrap();
    daemon.wait_for_jobs(1, "queued");
    for name in house.listing().into_keys() {
        fs::rename(house.film(&name), house.aside("away")).unwrap();
    }
    wait_for_warning(&daemon, "is empty although files were there before");
    daemon.scan();
    daemon.wait_for_jobs(1, "queued");
    assert_eq!(daemon.end().0, Some(0));

    // It is remembered that there were files.
    let daemon = house.serve(&Setup::default());
    wait_for_warning(&daemon, "is empty although files were there before");
    daemon.wait_for_jobs(1, "queued");
    command(&house, "scan --accept-disks");
    daemon.wait_for_jobs(1, "cancelled");
    assert!(!daemon.warnings().contains("Films"), "{}", daemon.warnings());
    assert_eq!(daemon.end().0, Some(0));
    let daemon = house.serve(&Setup::default());
    let told = daemon.scan();
    assert!(told.contains("0 files"), "{told}");
    assert!(!daemon.warnings().contains("Films"), "accepted for good: {}", daemon.warnings());
}

#[test]
fn a_library_that_got_its_first_film_just_now_is_known_too() {
    let house = House::new();
    let film = house.speech("film.mkv");
    fs::rename(&film, house.aside("film.mkv")).unwrap();
    let daemon = house.serve(&Setup::default());
    wait_for("the first scan", || (!daemon.scans().is_empty()).then_some(()));
    fs::rename(house.aside("film.mkv"), &film).unwrap();
    daemon.wait_for_jobs(1, "done");
    let away = house.aside("away");
    fs::rename(house.films(), &away).unwrap();
    fs::create_dir(house.films()).unwrap();
    wait_for_warning(&daemon, "is empty although files were there before");
}
