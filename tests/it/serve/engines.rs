//! Engines that a running daemon tests, and settings that tell where they come from.

use super::support::*;
use serde_json::{Value, json};

fn engine(daemon: &Daemon, name: &str) -> Value {
    let view = daemon.json("/api/v1/engines");
    let engines = view["engines"].as_array().unwrap();
    engines.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{view}")).clone()
}

/// Tests it; gives what came of it.
fn tested(daemon: &Daemon, name: &str) -> Value {
    let (status, told) = daemon.ask("POST", &format!("/api/v1/engines/{name}/test"), "");
    assert_eq!(status, 202, "{told}");
    wait_for("the end of a test", || {
        let engine = engine(daemon, name);
        (engine["testing"] == false).then(|| engine["test"].clone())
    })
}

#[test]
fn engines_hear_find_and_read_the_sample_when_asked() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    let view = daemon.json("/api/v1/engines");
    let names: Vec<&str> =
        view["engines"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cpu", "vad", "media", "translator:local"]);
    let cpu = engine(&daemon, "cpu");
    assert_eq!((&cpu["state"], &cpu["lane"]), (&json!("idle"), &json!("cpu")));
    assert_eq!((&cpu["test"], &cpu["testing"]), (&Value::Null, &json!(false)));
    assert!(engine(&daemon, "media")["model"].as_str().unwrap().contains("libavcodec"), "{view}");

    for (name, told) in [
        ("cpu", " my fellow Americans"),
        ("vad", " s of speech in 11.0 s"),
        ("media", "it read the sample"),
    ] {
        let test = tested(&daemon, name);
        assert_eq!((&test["passed"], &test["asked"]), (&json!(true), &json!(true)), "{test}");
        assert!(test["told"].as_str().unwrap().contains(told), "{test}");
        assert_eq!(test["remedy"], Value::Null);
    }
    // Nothing of it is left, and the lanes did not notice.
    assert!(listing(&house.aside("data/work")).is_empty());
    assert_eq!(daemon.metric("kinora_windows_heard_total"), 0);

    let local = engine(&daemon, "translator:local");
    if local["state"] == "missing" {
        let (status, told) = daemon.ask("POST", "/api/v1/engines/translator:local/test", "");
        assert!(status == 409 && told.contains("pull one"), "{status} {told}");
    }
    assert_eq!(daemon.ask("POST", "/api/v1/engines/gpu7/test", "").0, 404);
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn a_lane_that_cannot_hear_fails_its_test_and_says_what_to_do() {
    let house = House::new();
    house.speech("film.mkv");
    let config = "[lanes]\ngpu = [\"gpu0\"]\n\
        [[translator]]\nname = \"nas\"\nkind = \"ollama\"\nurl = \"http://127.0.0.1:9\"\n";
    let daemon = house.serve(&Setup { config, ..Setup::default() });
    daemon.wait_for_jobs(1, "done");
    let gpu = engine(&daemon, "gpu0");
    assert_eq!(gpu["state"], "quarantined", "{gpu}");
    let why = gpu["why"].as_str().unwrap().to_owned();
    assert!(why.contains("GPU 0"), "{gpu}");
    for name in ["gpu0", "translator:nas"] {
        let test = tested(&daemon, name);
        assert_eq!(test["passed"], false, "{test}");
        assert!(test["remedy"].is_string(), "{test}");
    }
    let after = engine(&daemon, "gpu0");
    assert_eq!((&after["state"], after["why"].as_str()), (&json!("quarantined"), Some(&*why)));
    // A test that goes on does not hold up the end.
    assert_eq!(daemon.ask("POST", "/api/v1/engines/cpu/test", "").0, 202);
    assert_eq!(daemon.end().0, Some(0));
}

fn key(view: &Value, name: &str) -> Value {
    let keys = view["keys"].as_array().unwrap();
    keys.iter().find(|it| it["key"] == name).unwrap_or_else(|| panic!("{name}: {view}")).clone()
}

#[test]
fn settings_tell_where_they_come_from_and_some_hold_at_once() {
    let house = House::new();
    let config = "[listen]\nasr_max_failures = 5\n[cue]\nlines = 1\n";
    let env =
        [("ASR_FAIL_COOLDOWN_SECONDS", "90".to_owned()), ("KINORA__CUE__CPS_MAX", "21".to_owned())];
    let daemon = house.serve(&Setup { config, env: &env, ..Setup::default() });
    let view = daemon.json("/api/v1/settings");
    let file = house.aside("kinora.toml").display().to_string();
    for (name, value, origin, from) in [
        ("retry.tries_max", "3", "default", Value::Null),
        ("listen.asr_max_failures", "5", "file", json!(file)),
        ("cue.lines", "1", "file", json!(file)),
        ("cue.cps_max", "21.0", "variable", json!("KINORA__CUE__CPS_MAX")),
        ("listen.from", "\"en\"", "variable", json!("KINORA__LISTEN__FROM")),
        ("listen.asr_fail_cooldown", "\"90s\"", "variable", json!("ASR_FAIL_COOLDOWN_SECONDS")),
        ("library[Films].name", "\"Films\"", "file", json!(file)),
        ("library[Films].model", "\"base-q8_0\"", "default", Value::Null),
        ("jellyfin.url", "", "default", Value::Null),
    ] {
        let it = key(&view, name);
        assert_eq!((&it["value"], &it["origin"]), (&json!(value), &json!(origin)), "{it}");
        assert_eq!(it["origin_name"], from, "{it}");
    }
    for (name, why) in [
        ("http.listen", "kinora.toml"),
        ("jellyfin.url", "kinora.toml"),
        ("cue.cps_max", "KINORA__CUE__CPS_MAX"),
        ("library[Films].path", "kinora.toml"),
    ] {
        let it = key(&view, name);
        assert!(it["closed"].as_str().is_some_and(|it| it.contains(why)), "{it}");
    }

    // A rehearsal tells and changes nothing.
    let patch = r#"{"serve":{"log":"debug"},"cue":{"lines":2}}"#;
    let (status, told) = daemon.ask("PUT", "/api/v1/settings?rehearsal=true", patch);
    let rehearsed: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &rehearsed["restart_needed"]), (200, &json!(true)), "{told}");
    assert_eq!(daemon.json("/api/v1/settings"), view);

    // The log's level holds at once.
    let seen = |daemon: &Daemon| daemon.said().contains("GET /api/v1/engines from");
    daemon.json("/api/v1/engines");
    assert!(!seen(&daemon));
    let (status, told) = daemon.ask("PUT", "/api/v1/settings", r#"{"serve":{"log":"debug"}}"#);
    assert_eq!(status, 200, "{told}");
    wait_for("what is logged now", || {
        daemon.json("/api/v1/engines");
        seen(&daemon).then_some(())
    });
    let view = daemon.json("/api/v1/settings");
    assert_eq!(view["restart_needed"], false, "{view}");
    let log = key(&view, "serve.log");
    assert_eq!((&log["at_once"], &log["in_force"]), (&json!(true), &Value::Null), "{log}");
    assert_eq!(log["origin"], "changed");
    let settings = house.aside("data/settings.toml").display().to_string();
    assert_eq!(log["origin_name"], json!(settings));

    // Others wait for the next start.
    assert_eq!(daemon.ask("PUT", "/api/v1/settings", r#"{"cue":{"lines":2}}"#).0, 200);
    let view = daemon.json("/api/v1/settings");
    assert_eq!(view["restart_needed"], true);
    let lines = key(&view, "cue.lines");
    assert_eq!((&lines["value"], &lines["in_force"]), (&json!("2"), &json!("1")), "{lines}");
    let (status, told) = daemon.ask("PUT", "/api/v1/settings", r#"{"serve":{"log":"lots"}}"#);
    assert!(status == 422 && told.contains("error, warn, info, debug or trace"), "{told}");
    assert_eq!(daemon.end().0, Some(0));
}
