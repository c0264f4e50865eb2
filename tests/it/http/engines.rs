//! Engines and settings, asked over HTTP and by the client.

use super::support::House;
use super::support_engines::gpu;
use kinora::api::client::Client;
use serde_json::json;

fn client(house: &House) -> Client {
    Client::new(&format!("http://{}", house.addr), None).unwrap()
}

#[test]
fn engines_are_told_and_tested_by_name() {
    let house = House::open();
    let told = house.ask("GET /api/v1/engines", "");
    assert_eq!(told.status, 200);
    assert_eq!(told.json()["engines"][0]["state"], "quarantined");
    assert_eq!(client(&house).engines().unwrap().engines[0], gpu(false));
    for (name, status) in [("gpu0", 202), ("gpu1", 404), ("translator:nas%20b%C3%A4r", 409)] {
        let answer = house.ask(&format!("POST /api/v1/engines/{name}/test"), "");
        assert_eq!(answer.status, status, "{name}: {answer:?}");
    }
    let client = client(&house);
    assert!(client.test_engine("gpu0").unwrap().testing);
    let refused = client.test_engine("translator:nas b\u{e4}r").unwrap_err().to_string();
    assert_eq!(refused, "`gpu0` is being tested; try again");
    let refused = client.test_engine("../models").unwrap_err().to_string();
    assert_eq!(refused, "there is no engine `../models`; use another name");
}

#[test]
fn a_rehearsal_changes_no_setting() {
    let house = House::open();
    let client = client(&house);
    let view = client.settings().unwrap();
    assert_eq!((view.keys[0].key.as_str(), view.keys[0].value.as_str()), ("listen.beam", "3"));
    let patch = json!({"listen": {"beam": 5}}).as_object().unwrap().clone();
    let view = client.change_settings(&patch, true).unwrap();
    assert_eq!((view.keys[0].value.as_str(), view.restart_needed), ("5", true));
    assert_eq!(view.keys[0].in_force.as_deref(), Some("3"));
    assert!(house.desk.patches.lock().unwrap().is_empty());
    client.change_settings(&patch, false).unwrap();
    assert_eq!(house.desk.patches.lock().unwrap()[0], json!({"listen": {"beam": 5}}));
    let odd = house.ask("PUT /api/v1/settings?rehearsal=maybe", "{}");
    assert_eq!(odd.status, 400);
    let patch = json!({"http": {"hosts": []}}).as_object().unwrap().clone();
    let refused = client.change_settings(&patch, true).unwrap_err();
    assert_eq!(refused.remedy, "change it in kinora.toml");
}
