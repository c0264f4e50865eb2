//! How fast it goes and what lanes compute on, told by a daemon that works.

use super::support::*;
use serde_json::{Value, json};

fn sum(pace: &Value, name: &str) -> u64 {
    pace["minutes"].as_array().unwrap().iter().map(|it| it[name].as_u64().unwrap()).sum()
}

#[test]
fn what_was_heard_and_finished_is_told_and_forgotten_with_the_next_start() {
    let house = House::new();
    house.speech("one.mkv");
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "done");
    let pace = wait_for("the herald", || {
        let pace = daemon.json("/api/v1/pace");
        (sum(&pace, "files") > 0).then_some(pace)
    });
    assert_eq!(pace["minutes"].as_array().unwrap().len(), 60, "{pace}");
    assert_eq!(sum(&pace, "files"), 1, "{pace}");
    let heard = sum(&pace, "heard_ms");
    assert!((1_000..120_000).contains(&heard), "{pace}");
    let last = pace["minutes"][59]["minute"].as_u64().unwrap();
    let news = daemon.json(&format!("/api/v1/pace?since={last}"));
    assert!(news["minutes"].as_array().unwrap().len() <= 3, "{news}");
    assert_eq!(news["minutes"][0]["minute"], json!(last), "{news}");

    let status = daemon.json("/status");
    assert_eq!(status["libraries"], json!(1), "{status}");
    assert_eq!(status["troubles"], json!([]), "{status}");
    let lanes = status["lanes"].as_array().unwrap();
    let lane = |name: &str| lanes.iter().find(|it| it["name"] == name).unwrap();
    let cpu = lane("cpu");
    assert!(cpu["model"].as_str().is_some_and(|it| !it.is_empty() && !it.contains('/')), "{cpu}");
    let device = &cpu["device"];
    assert!(device["name"].as_str().is_some_and(|it| !it.is_empty()), "{cpu}");
    assert!(device["load_percent"].as_u64().is_some_and(|it| it <= 100), "{cpu}");
    let of = |name: &str| device[name].as_u64().unwrap_or(0);
    assert!(0 < of("memory_used_bytes") && of("memory_used_bytes") < of("memory_bytes"), "{cpu}");
    assert_eq!(lane("ffmpeg")["device"]["name"], device["name"]);
    assert_eq!((&lane("disk")["device"], &lane("disk")["model"]), (&Value::Null, &Value::Null));
    assert_eq!(daemon.end().0, Some(0));

    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "done");
    let pace = daemon.json("/api/v1/pace");
    assert_eq!((sum(&pace, "files"), sum(&pace, "heard_ms")), (0, 0), "{pace}");
    assert_eq!(daemon.end().0, Some(0));
}
