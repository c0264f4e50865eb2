//! What an operator may do with a running daemon: pause, resume, cancel, retry, move, and look.

use super::support::*;
use std::time::{Duration, Instant};

/// Long enough to be met at work.
fn long_film(house: &House, name: &str) {
    let sample = format!("{}/assets/jfk.wav", env!("CARGO_MANIFEST_DIR"));
    let inputs = format!("-stream_loop 20 -i {sample}");
    house.make_of(&inputs, name, "-c:a flac");
}

#[test]
fn a_running_job_is_paused_resumed_and_cancelled_within_two_seconds() {
    let house = House::new();
    long_film(&house, "film.mka");
    let daemon = house.serve(&Setup::default());
    let listening = || daemon.jobs().first().is_some_and(|it| it["step"] == "listen");
    wait_for("listening", || listening().then_some(()));
    let paused = finish(&mut kinora(&house, "jobs pause 1"));
    assert_eq!(paused.code, Some(GOOD), "{paused:?}");
    daemon.wait_for_jobs(1, "paused");
    assert_eq!(finish(&mut kinora(&house, "jobs resume 1")).code, Some(GOOD));
    wait_for("listening again", || listening().then_some(()));

    let before = Instant::now();
    let cancelled = finish(&mut kinora(&house, "jobs cancel 1"));
    assert_eq!(cancelled.code, Some(GOOD), "{cancelled:?}");
    daemon.wait_for_jobs(1, "cancelled");
    let idle = || {
        let lanes = daemon.json("/api/v1/workers");
        let workers = |it: &serde_json::Value| it["workers"].as_array().unwrap().clone();
        lanes.as_array().unwrap().iter().flat_map(workers).all(|it| it["job"].is_null())
    };
    wait_for("idle workers", || idle().then_some(()));
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
    // Scans leave it alone; a person may want it again.
    signal(daemon.pid(), "HUP");
    wait_for("the scan", || {
        let activity = daemon.json("/api/v1/activity");
        let scans =
            activity.as_array().unwrap().iter().filter(|it| it["name"] == "scanned").count();
        (scans >= 2).then_some(())
    });
    assert_eq!(daemon.jobs()[0]["status"], "cancelled");
    assert_eq!(finish(&mut kinora(&house, "jobs retry 1")).code, Some(GOOD));
    wait_for("listening once more", || listening().then_some(()));
    assert_eq!(daemon.end().0, Some(0), "ends in order while it listens");
}

#[test]
fn what_cannot_be_done_is_parked_with_what_to_do_and_can_be_retried() {
    let house = House::new();
    let broken = house.write("film.mkv", b"no film at all");
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "parked");
    let job = daemon.jobs()[0].clone();
    assert_eq!(job["parked"], "needs_person", "{job}");
    assert!(job["fault"]["remedy"].as_str().is_some_and(|it| !it.is_empty()), "{job}");
    let shown = finish(&mut kinora(&house, "jobs show 1"));
    assert!(shown.out.contains(job["fault"]["what"].as_str().unwrap()), "{shown:?}");

    std::fs::remove_file(&broken).unwrap();
    house.speech("film.mkv");
    assert_eq!(finish(&mut kinora(&house, "jobs retry 1")).code, Some(GOOD));
    daemon.wait_for_jobs(1, "done");
    assert!(house.subtitle("film").contains("fellow Americans"));
}

#[test]
fn lists_and_status_are_for_people_and_for_scripts() {
    let house = House::new();
    house.speech("film.mkv");
    drop(house.serve_command(&Setup::default()));
    let nobody = finish(kinora(&house, "status").env("KINORA__HTTP__LISTEN", "127.0.0.1:9"));
    assert_eq!(nobody.code, Some(FAILED));
    assert!(nobody.err.contains("kinora serve"), "{nobody:?}");

    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "done");
    let list = finish(&mut kinora(&house, "jobs list"));
    assert!(list.out.contains("film.mkv") && list.out.contains("done"), "{list:?}");
    let json = finish(&mut kinora(&house, "jobs list --json"));
    let page: serde_json::Value = serde_json::from_str(json.out.lines().next().unwrap()).unwrap();
    assert!(page.to_string().contains("film.mkv"), "{page}");
    let status = finish(&mut kinora(&house, "status"));
    assert_eq!(status.code, Some(GOOD), "{status:?}");
    assert!(status.out.contains("cpu"), "{status:?}");
    let scan = finish(&mut kinora(&house, "scan"));
    assert_eq!(scan.code, Some(GOOD), "{scan:?}");
    let check = finish(&mut kinora(&house, "check"));
    assert_eq!(check.code, Some(FAILED), "a daemon has the store: {check:?}");
    assert_eq!(daemon.end().0, Some(0));
    let check = finish(&mut kinora(&house, "check"));
    assert_eq!(check.code, Some(GOOD), "{check:?}");
}
