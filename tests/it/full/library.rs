//! The disk of a library.

use super::*;

#[test]
fn films_on_a_full_disk_wait_and_go_on_when_there_is_room() {
    let house = House::new();
    let Some(disk) = Disk::at(&house.films(), "8m") else { return };
    for name in ["one.mkv", "two.mkv"] {
        house.speech(name);
    }
    disk.fill();
    // What is nearly full is told too, by another one.
    let env = [("KINORA__SERVE__DISK_FREE_MIN_MIB", "0".to_owned())];
    let daemon = house.serve(&Setup { config: SOON, env: &env, ..Setup::default() });
    let place = house.films().display().to_string();
    wait_for("a warning that names the disk", || {
        let warnings = daemon.warnings();
        (warnings.contains("is full") && warnings.contains(&place)).then_some(())
    });
    // Both were turned away, and one of them tried again.
    wait_for("further tries", || {
        let log = |job: u64| daemon.get(&format!("/api/v1/jobs/{job}/log")).1;
        let turned_away = |log: String| log.matches("has no room").count();
        let (one, two) = (turned_away(log(1)), turned_away(log(2)));
        (0 < one && 0 < two && 3 < one + two).then_some(())
    });
    let statuses: Vec<_> = daemon.jobs().iter().map(|it| it["status"].clone()).collect();
    assert!(statuses.iter().all(|it| it != "parked" && it != "done"), "{statuses:?}");
    assert_eq!(disk.names(), ["one.mkv", "two.mkv"], "nothing half-written");
    let [once] = &told(&daemon)[..] else { panic!("told once: {:?}", told(&daemon)) };
    assert!(once.contains(&place) && once.contains("make some"), "{once}");

    disk.empty();
    daemon.wait_for_jobs(2, "done");
    assert!(house.subtitle("one").contains("fellow Americans"));
    assert_eq!(house.subtitle("one"), house.subtitle("two"));
    assert_eq!(disk.names().len(), 4, "{:?}", disk.names());
    assert!(told(&daemon)[1].contains("has room again"), "{:?}", told(&daemon));
    assert!(!daemon.warnings().contains("is full"), "{}", daemon.warnings());
}

#[test]
fn a_full_library_does_not_hold_up_another_one() {
    let house = House::new();
    let other = house.aside("other");
    std::fs::create_dir(&other).unwrap();
    let Some(disk) = Disk::at(&house.films(), "4m") else { return };
    let film = house.speech("stuck.mkv");
    for number in 0..3 {
        std::fs::copy(&film, other.join(format!("free {number}.mkv"))).unwrap();
    }
    disk.fill();
    let config = format!("{SOON}[[library]]\nname = \"Other\"\npath = \"{}\"\n", other.display());
    let daemon = house.serve(&Setup { config: &config, ..Setup::default() });
    daemon.wait_for_jobs(3, "done");
    let made = listing(&other).into_keys().filter(|it| it.to_string_lossy().ends_with(".srt"));
    assert_eq!(made.count(), 3);
    wait_for("the other to wait", || daemon.warnings().contains("is full").then_some(()));
    disk.empty();
    daemon.wait_for_jobs(4, "done");
}
