//! Engine children that are killed, hang or grow, and a GPU that is none: the job goes on, other lanes do not notice.

use super::support::*;
use serde_json::Value;

/// The whisper children of a house's daemon.
fn ears(house: &House) -> Vec<u32> {
    let of = processes_with(&house.aside("data").display().to_string()).into_iter();
    let is_whisper = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|it| *it == 0).collect();
        words.contains(&b"whisper".as_slice())
    };
    of.filter(is_whisper).collect()
}

/// Memory of a child that has loaded its weights, at least.
const WEIGHTS_KIB: u64 = 60_000;

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|it| it.starts_with("VmRSS:")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).unwrap_or(0)
}

#[test]
fn a_killed_and_a_hanging_child_cost_a_window_not_the_job() {
    let house = House::new();
    house.make("film.mkv", "-af apad=whole_dur=20 -c:a flac");
    let config = "[lanes]\nanswer_max = \"20s\"\n";
    let daemon = house.serve(&Setup { config, ..Setup::default() });
    let first = wait_for("a whisper child", || ears(&house).first().copied());
    signal(i64::from(first), "KILL");
    let second = wait_for("the next child with its weights", || {
        ears(&house).into_iter().find(|it| *it != first && WEIGHTS_KIB < resident_kib(*it))
    });
    // It answers nothing any more; the others go on.
    signal(i64::from(second), "STOP");
    house.speech("other.mkv");
    signal(daemon.pid(), "HUP");
    wait_for("a step of the other file", || {
        let jobs = daemon.jobs();
        let other = jobs.iter().find(|it| it["path"].as_str().unwrap().contains("other"))?;
        (other["step"] != "select").then_some(())
    });
    daemon.wait_for_jobs(2, "done");
    assert!(house.subtitle("film").contains("fellow Americans"));
    assert!(house.subtitle("other").contains("fellow Americans"));
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn a_gpu_that_is_none_is_quarantined_loudly_and_the_processor_takes_over() {
    let house = House::new();
    house.speech("film.mkv");
    let config = "[lanes]\ngpu = [\"gpu0\"]\n";
    let daemon = house.serve(&Setup { config, ..Setup::default() });
    daemon.wait_for_jobs(1, "done");
    assert!(house.subtitle("film").contains("fellow Americans"));
    let activity = daemon.json("/api/v1/activity");
    let told: Vec<&Value> =
        activity.as_array().unwrap().iter().filter(|it| it["name"] == "gpu_quarantined").collect();
    assert_eq!(told.len(), 1, "{activity}");
    let lanes = daemon.json("/api/v1/workers");
    let gpu = lanes.as_array().unwrap().iter().find(|it| it["name"] == "gpu0").unwrap();
    assert!(gpu["quarantined"].is_string(), "{gpu}");
    let warnings = daemon.json("/status")["warnings"].to_string();
    assert!(warnings.contains("gpu0"), "{warnings}");
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn a_file_that_cannot_be_listened_to_is_tried_as_often_as_it_may_and_then_left_alone() {
    let house = House::new();
    house.speech("film.mkv");
    let engine = house.engine("[ \"$2\" = whisper ] && exit 3\nexec \"$KINORA\" \"$@\"");
    let config =
        "[listen]\nasr_max_failures = 2\nasr_fail_cooldown = \"1s\"\nasr_fail_alert = true\n";
    let daemon = house.serve(&Setup { config, engine: Some(&engine), ..Setup::default() });
    daemon.wait_for_jobs(1, "parked");
    assert_eq!(daemon.jobs()[0]["parked"], "asr_fatal");
    let names = || {
        let activity = daemon.json("/api/v1/activity");
        let names =
            activity.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names().iter().filter(|it| *it == "asr_failed_fatal").count(), 1, "{:?}", names());
    assert_eq!(names().iter().filter(|it| *it == "failed").count(), 1, "the first try");
    wait_for("the alert", || daemon.said().contains("ALERT").then_some(()));
    // Scans leave it alone.
    signal(daemon.pid(), "HUP");
    wait_for("the scan", || {
        (names().iter().filter(|it| *it == "scanned").count() >= 2).then_some(())
    });
    assert_eq!(daemon.jobs()[0]["status"], "parked");
    // An operator mends it, and asks for it again.
    house.engine("exec \"$KINORA\" \"$@\"");
    assert_eq!(daemon.ask("POST", "/api/v1/jobs/1/retry", "{}").0, 204);
    daemon.wait_for_jobs(1, "done");
}
