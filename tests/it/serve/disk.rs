//! The disk of the data directory gets full while the daemon works: it says so, and goes on by itself when there is
//! room.

use super::support::*;
use std::process::Command;

/// Enough for the store at its start.
const DISK_SIZE: &str = "6m";

/// Unmounts when the test is over.
struct Mounted<'a>(&'a std::path::Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_and_when_there_is_room_it_goes_on() {
    if !is_root() {
        return;
    }
    let house = House::new();
    let data = house.aside("data");
    std::fs::create_dir(&data).unwrap();
    let mount = ["-t", "tmpfs", "-o", &format!("size={DISK_SIZE}"), "none"].map(str::to_owned);
    if !Command::new("mount").args(mount).arg(&data).status().unwrap().success() {
        println!("skipped: nothing can be mounted here");
        return;
    }
    let _mounted = Mounted(&data);
    house.make("film.mkv", "-af apad=whole_dur=20 -c:a flac");
    let daemon = house.serve(&Setup::default());
    wait_for("the film at work", || {
        let jobs = daemon.jobs();
        jobs.first().is_some_and(|it| it["step"] == "listen").then_some(())
    });
    let filled = data.join("fill");
    // Ends with an error: that is its purpose.
    let of = format!("of={}", filled.display());
    Command::new("dd").args(["if=/dev/zero", &of, "bs=4k"]).output().unwrap();
    // Wishes want room in the store.
    for number in 0..300 {
        house.write(format!("noise {number}.mkv"), b"no film");
    }
    signal(daemon.pid(), "HUP");
    wait_for("a warning", || {
        // At the very moment of the failure the store may answer nothing.
        let (_, status) = daemon.get("/status");
        (status.contains("disk is full") || daemon.said().contains("disk is full")).then_some(())
    });
    assert_eq!(daemon.get("/health").0, 200, "it lives");

    std::fs::remove_file(&filled).unwrap();
    signal(daemon.pid(), "HUP");
    wait_for("all jobs", || {
        let status = daemon.json("/status")["jobs"].to_string();
        (status.contains("[\"parked\",300]") && status.contains("[\"done\",1]")).then_some(())
    });
    assert!(house.subtitle("film").contains("fellow Americans"));
    assert_eq!(daemon.end().0, Some(0));
    let check = finish(house.dressed(env!("CARGO_BIN_EXE_kinora")).arg("check"));
    assert_eq!(check.code, Some(GOOD), "{check:?}");
}
