//! Models a daemon fetches.

use super::support::*;
use serde_json::Value;

#[test]
fn a_daemon_lists_models_and_fetches_them() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    let models = daemon.json("/api/v1/models");
    let listed = finish(&mut kinora(&house, "models list --json"));
    for line in listed.out.lines() {
        let model: Value = serde_json::from_str(line).unwrap();
        assert!(models["models"].as_array().unwrap().contains(&model), "{model}");
    }
    assert_eq!(models["pulls"], serde_json::json!([]));
    let there = models["models"].as_array().unwrap().iter().find(|it| it["state"] == "present");
    let there = there.unwrap()["name"].as_str().unwrap().to_owned();
    for (name, status) in [(there.as_str(), "done"), ("no-such-model", "failed")] {
        let body = format!(r#"{{"name":"{name}"}}"#);
        let (code, view) = daemon.ask("POST", "/api/v1/models/pull", &body);
        assert_eq!(code, 202, "{view}");
        let ended = wait_for("the end of a pull", || {
            let models = daemon.json("/api/v1/models");
            let pulls = models["pulls"].as_array().unwrap().clone();
            pulls.into_iter().find(|it| it["name"] == name && it["status"] != "pulling")
        });
        assert_eq!(ended["status"], status, "{ended}");
        assert_eq!(ended["problem"].is_string(), status == "failed", "{ended}");
    }
    assert_eq!(daemon.end().0, Some(0));
}
