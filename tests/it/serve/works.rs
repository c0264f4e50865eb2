//! A library is subtitled by itself, once, and what happened can be read.

use super::support::*;

#[test]
fn a_library_is_subtitled_once_and_records_say_why() {
    let house = House::new();
    house.speech("one.mkv");
    house.speech("two.mka");
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(2, "done");
    assert!(house.subtitle("one").contains("fellow Americans"));
    assert_eq!(house.subtitle("one"), house.subtitle("two"));
    assert_eq!(daemon.get("/ready").0, 200);

    let detail = daemon.json("/api/v1/jobs/1");
    let written = detail["written"].to_string();
    assert!(written.contains("one.eng.srt"), "{detail}");
    let (status, log) = daemon.get("/api/v1/jobs/1/log");
    assert!(status == 200 && log.contains("subtitles were written"), "{log}");

    let records: Vec<_> = listing(&house.aside("data/runs")).into_keys().collect();
    assert_eq!(records.len(), 4, "one JSON and one log a run: {records:?}");
    let record = std::fs::read(house.aside("data/runs/00000001-00000001.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    assert!(record["real_time_factor"].as_f64().is_some_and(|it| it > 0.0), "{record}");
    let steps: Vec<_> =
        record["steps"].as_array().unwrap().iter().map(|it| it["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["select", "listen", "cue", "publish"], "its language was told: {record}");
    assert!(!record["decisions"].as_array().unwrap().is_empty(), "{record}");

    let steps_before = daemon.metric("kinora_steps_succeeded_total");
    // Looking again finds nothing to do: wishing twice is wishing once.
    signal(daemon.pid(), "HUP");
    wait_for("the second scan", || {
        let activity = daemon.json("/api/v1/activity");
        let scans = activity.as_array().unwrap().iter().filter(|it| it["name"] == "scanned");
        (scans.count() >= 2).then_some(())
    });
    assert_eq!(daemon.jobs().len(), 2);
    assert_eq!(daemon.metric("kinora_steps_succeeded_total"), steps_before);

    // A third film and USR1.
    house.speech("three.mp4");
    signal(daemon.pid(), "USR1");
    daemon.wait_for_jobs(3, "done");
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(house.listing().len(), 6, "nothing else is left: {:?}", house.listing().keys());

    // Started again there is nothing to do, and everything is remembered.
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(3, "done");
    assert_eq!(daemon.json("/api/v1/jobs/1")["earlier"], serde_json::json!([]));
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn a_renamed_file_and_the_same_audio_in_another_container_are_not_listened_to_again() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "done");
    let text = house.subtitle("film");
    let heard = daemon.metric("kinora_windows_heard_total");
    assert!(heard > 0);

    std::fs::rename(&film, house.film("renamed.mkv")).unwrap();
    let renamed = house.film("renamed.mkv");
    house.make_of(&format!("-i {}", renamed.display()), "copy.mka", "-c copy");
    signal(daemon.pid(), "HUP");
    daemon.wait_for_jobs(3, "done");
    assert_eq!(house.subtitle("renamed"), text);
    assert_eq!(house.subtitle("copy"), text);
    assert_eq!(daemon.metric("kinora_windows_heard_total"), heard);
    for job in [2, 3] {
        let log = daemon.get(&format!("/api/v1/jobs/{job}/log")).1;
        assert!(!log.contains(" listen "), "{log}");
        // The subtitle of a renamed film comes along by itself.
        let came_along = log.contains("renamed.eng.srt (made by Kinora)");
        assert!(came_along || log.contains(" cue "), "{log}");
    }
}

#[test]
fn only_one_daemon_serves_a_data_directory() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    let second = finish(&mut house.serve_command(&Setup::default()));
    assert_eq!(second.code, Some(FAILED));
    assert!(second.err.contains("another Kinora"), "{}", second.err);
    assert_eq!(daemon.get("/health").0, 200, "the first does not notice");
    // `kinora run` beside it has a store of its own.
    let film = house.speech("film.mkv");
    assert_eq!(house.run("--from en", &[&film]).code, Some(GOOD));
}

#[test]
fn a_damaged_store_is_told_and_left_as_it_is() {
    let house = House::new();
    std::fs::create_dir(house.aside("data")).unwrap();
    let store = house.aside("data/kinora.redb");
    std::fs::write(&store, noise(100_000)).unwrap();
    let refused = finish(&mut house.serve_command(&Setup::default()));
    assert_eq!(refused.code, Some(FAILED));
    assert!(refused.err.contains("kinora.redb is damaged"), "{}", refused.err);
    assert!(refused.err.contains("restore"), "it says what to do: {}", refused.err);
    assert_eq!(std::fs::read(&store).unwrap(), noise(100_000));
}

#[test]
fn a_lane_outside_of_its_hours_waits() {
    let house = House::new();
    house.speech("film.mkv");
    let config = format!("[lanes]\nschedule = {{ cpu = [\"{}\"] }}\n", far());
    let daemon = house.serve(&Setup { config: &config, ..Setup::default() });
    wait_for("the file at the closed door", || {
        let lanes = daemon.json("/api/v1/workers");
        let cpu = lanes.as_array().unwrap().iter().find(|it| it["name"] == "cpu").cloned();
        let cpu = cpu.unwrap();
        (cpu["out_of_hours"] == true && cpu["waiting"] == 1).then_some(())
    });
    assert_eq!(daemon.jobs()[0]["status"], "queued");
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn a_library_outside_of_its_hours_waits() {
    let house = House::new();
    house.speech("film.mkv");
    let library = format!(
        "[{{ name = \"Films\", path = \"{}\", schedule = [\"{}\"] }}]",
        house.films().display(),
        far()
    );
    let env = [("KINORA__LIBRARY", library)];
    let daemon = house.serve(&Setup { env: &env, ..Setup::default() });
    wait_for("the file at the closed door", || {
        let status = daemon.json("/status");
        let closed = status["libraries_out_of_hours"] == serde_json::json!(["Films"]);
        (closed && daemon.jobs().first()?["status"] == "queued").then_some(())
    });
    assert!(daemon.json("/api/v1/workers").as_array().unwrap().iter().all(|lane| {
        let waits = lane["name"] == "ffmpeg";
        lane["out_of_hours"] == false && lane["waiting"] == u64::from(waits)
    }));
    assert_eq!(daemon.end().0, Some(0));
}

/// Hours that are neither today nor tomorrow, whatever the zone.
fn far() -> String {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let out = std::process::Command::new("date").arg("+%u").output().unwrap();
    let today: usize = String::from_utf8(out.stdout).unwrap().trim().parse().unwrap();
    format!("{} 10:00-11:00", days[(today - 1 + 3) % 7])
}

#[test]
fn with_factory_names_the_record_of_a_run_lies_beside_the_video() {
    let house = House::new();
    house.speech("film.mkv");
    let config = "[output]\nnaming = \"factory\"\n";
    let daemon = house.serve(&Setup { config, ..Setup::default() });
    daemon.wait_for_jobs(1, "done");
    assert_eq!(daemon.end().0, Some(0));
    let names: Vec<String> =
        house.listing().into_keys().map(|it| it.into_string().unwrap()).collect();
    let ends = |end: &str| names.iter().filter(|it| it.ends_with(end)).count();
    assert_eq!((ends(".run.json"), ends(".run.1.log"), names.len()), (1, 1, 4), "{names:?}");
}
