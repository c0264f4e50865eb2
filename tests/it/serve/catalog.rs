//! Settings and the files of libraries, asked of a daemon.

use super::support::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn pages(daemon: &Daemon, query: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = daemon.json(&format!("/api/v1/items?limit={limit}{query}{after}"));
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit, "{page}");
        all.extend(items.clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
        assert!(all.len() < 100, "it goes round: {page}");
    }
}

#[test]
fn files_of_libraries_come_page_by_page_with_what_is_known() {
    let house = House::new();
    house.speech("Heat.mkv");
    house.write("Heat.eng.srt", b"1\n00:00:01,000 --> 00:00:02,000\nAnd so\n\n");
    house.write("Heat.ger.forced.srt", b"1\n00:00:01,000 --> 00:00:02,000\nUnd so\n\n");
    std::fs::create_dir(house.film("Ran")).unwrap();
    std::fs::copy(house.film("Heat.mkv"), house.film("Ran/Ran \u{4e71}.mkv")).unwrap();
    // It waits for hours that are not now: nothing works on the files while they are looked at.
    let config = "[lanes]\nschedule = { cpu = \"00:00-00:01\", ffmpeg = \"00:00-00:01\" }\n";
    let daemon = house.serve(&Setup { config, ..Setup::default() });
    daemon.wait_for_jobs(2, "queued");
    let all = pages(&daemon, "", 1);
    let names: Vec<&str> =
        all.iter().map(|it| it["path"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["Heat.mkv", "Ran \u{4e71}.mkv"]);
    assert_eq!(pages(&daemon, "", 500), all);
    let ids: BTreeSet<&str> = all.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(all[0]["languages"], json!(["en"]));
    assert_eq!((&all[0]["status"], &all[0]["library"]), (&json!("queued"), &json!("Films")));
    for (query, found) in [
        ("&lacks=en", 1),
        ("&lacks=de", 2),
        ("&q=HEAT", 1),
        ("&q=%E4%B9%B1", 1),
        ("&q=nowhere", 0),
        ("&library=Films", 2),
    ] {
        assert_eq!(pages(&daemon, query, 10).len(), found, "{query}");
    }
    let item = daemon.json(&format!("/api/v1/items/{}", all[0]["id"].as_str().unwrap()));
    assert_eq!(item["item"]["path"], all[0]["path"]);
    assert_eq!(item["audio"][0]["index"], 0);
    assert_eq!(item["subtitles"][0]["file"], "Heat.eng.srt");
    assert_eq!((&item["subtitles"][1]["forced"], &item["trouble"]), (&json!(true), &Value::Null));
    assert_eq!(item["job"]["id"], all[0]["job"]);

    // Paths outside, made-up ids and places.
    let id = |path: &str| {
        use std::fmt::Write;
        // As any client could make one.
        let mut bits = String::new();
        path.bytes().for_each(|it| write!(bits, "{it:08b}").unwrap());
        while !bits.len().is_multiple_of(6) {
            bits.push('0');
        }
        let letters: Vec<char> =
            ('A'..='Z').chain('a'..='z').chain('0'..='9').chain("-_".chars()).collect();
        let sixes: Vec<&str> = (0..bits.len() / 6).map(|at| &bits[at * 6..at * 6 + 6]).collect();
        sixes.iter().map(|it| letters[usize::from_str_radix(it, 2).unwrap()]).collect::<String>()
    };
    let films = house.films().display().to_string();
    let own = format!("{films}/Heat.mkv");
    assert_eq!(id(&own), all[0]["id"].as_str().unwrap());
    let outside = [
        "/etc/passwd",
        "Heat.mkv",
        "",
        &format!("{films}/../kinora.toml"),
        &format!("{films}/Heat.eng.srt"),
    ]
    .map(id);
    for id in outside.iter().map(String::as_str).chain(["*", "L2V0Yw==", "%00"]) {
        let (status, _) = daemon.get(&format!("/api/v1/items/{id}"));
        assert_eq!(status, 404, "{id}");
    }
    for (query, status) in [
        ("library=Nowhere", 404),
        ("after=*", 422),
        (&format!("after={}", outside[0]), 422),
        ("lacks=nothing", 400),
    ] {
        assert_eq!(daemon.get(&format!("/api/v1/items?{query}")).0, status, "{query}");
    }
}

#[test]
fn settings_are_changed_for_the_next_start() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    let before = daemon.json("/api/v1/settings");
    assert_eq!(before["restart_needed"], false);
    assert_eq!(before["settings"]["library"][0]["name"], "Films");
    let (status, told) = daemon.ask("PUT", "/api/v1/settings", r#"{"cue":{"lines":9}}"#);
    assert!(status == 422 && told.contains("`cue.lines`"), "{status} {told}");
    let (status, told) = daemon.ask("PUT", "/api/v1/settings", r#"{"http":{"hosts":["evil"]}}"#);
    assert!(status == 422 && told.contains("kinora.toml"), "{status} {told}");
    assert_eq!(daemon.json("/api/v1/settings"), before);
    let (status, told) = daemon.ask("PUT", "/api/v1/settings", r#"{"cue":{"lines":1}}"#);
    assert_eq!(status, 200, "{told}");
    let after = daemon.json("/api/v1/settings");
    assert_eq!(
        (&after["settings"]["cue"]["lines"], &after["restart_needed"]),
        (&json!(1), &json!(true))
    );
    daemon.end();
    let daemon = house.serve(&Setup::default());
    let next = daemon.json("/api/v1/settings");
    assert_eq!(next["settings"], after["settings"]);
    assert_eq!(next["restart_needed"], false);
    // The token is nowhere in it.
    let token = next["settings"]["http"]["token_file"].as_str().unwrap();
    let token = std::fs::read_to_string(token).unwrap();
    assert!(!next.to_string().contains(token.trim()));
}

#[test]
fn status_has_what_tools_look_for() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    assert_eq!(daemon.json("/status")["version"], env!("CARGO_PKG_VERSION"));
    let (_, figures) = daemon.get("/metrics");
    let memory = r#"kinora_process_resident_memory_bytes{process="daemon"} "#;
    let bytes = figures.lines().find_map(|it| it.strip_prefix(memory)).unwrap();
    assert!(bytes.parse::<f64>().unwrap() > f64::from(1 << 20), "{bytes}");
}
