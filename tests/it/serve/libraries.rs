//! Libraries at a glance and the daemon's own log, of the real program.

use super::support::*;
use serde_json::{Value, json};

fn films(daemon: &Daemon) -> (Value, Value) {
    let told = daemon.json("/api/v1/libraries");
    (told["libraries"][0].clone(), told)
}

/// Waits until the count is as it should be; it is made anew when it is asked for and old.
fn counted(daemon: &Daemon, what: &str, good: impl Fn(&Value) -> bool) -> Value {
    wait_for(what, || {
        let (films, told) = films(daemon);
        (told["counted_unix_ms"].is_u64() && good(&films)).then_some(films)
    })
}

#[test]
fn a_library_tells_what_it_has_and_what_is_next() {
    let house = House::new();
    house.speech("Heat.mkv");
    house.write("Heat.eng.srt", b"1\n00:00:01,000 --> 00:00:02,000\nAnd so\n\n");
    std::fs::create_dir(house.film("Ran")).unwrap();
    std::fs::copy(house.film("Heat.mkv"), house.film("Ran/Ran \u{4e71}.mkv")).unwrap();
    let config = "to = [\"en\", \"de\"]\n[lanes]\nschedule = { cpu = \"00:00-00:01\", ffmpeg = \"00:00-00:01\" }\n";
    let daemon = house.serve(&Setup { config, ..Setup::default() });
    daemon.wait_for_jobs(2, "queued");
    let films = counted(&daemon, "both to wait", |it| it["waiting"] == 2);
    assert_eq!((&films["name"], &films["files"]), (&json!("Films"), &json!(2)));
    let wanted = json!([{"language": "en", "files": 1}, {"language": "de", "files": 0}]);
    assert_eq!(films["wanted"], wanted, "by what /items tells");
    let next: Vec<&str> =
        films["next"].as_array().unwrap().iter().map(|it| it["path"].as_str().unwrap()).collect();
    assert!(next.len() == 2 && next[0].ends_with("Heat.mkv"), "{next:?}");
    assert_eq!((&films["away"], &films["through_unix_ms"]), (&json!(null), &json!(null)));

    // What was cancelled since is next no more, whenever it was counted.
    let job = films["next"][0]["job"].as_u64().unwrap();
    daemon.ask("POST", &format!("/api/v1/jobs/{job}/cancel"), "");
    let films = daemon.json("/api/v1/libraries")["libraries"][0].clone();
    assert_eq!(films["next"].as_array().unwrap().len(), 1, "{films}");

    // Its disk goes: that is told, and what was counted stays.
    std::fs::rename(house.films(), house.aside("elsewhere")).unwrap();
    signal(daemon.pid(), "HUP");
    let films = counted(&daemon, "it to be away", |it| it["away"].is_string());
    assert!(films["away"].as_str().unwrap().contains("is not there; mount its disk"), "{films}");
    assert_eq!(films["files"], 2);
    assert_eq!(daemon.end().0, Some(0), "a count holds up no end");
}

#[test]
fn the_log_is_told_line_by_line_and_the_lines_of_a_job_by_its_number() {
    let house = House::new();
    house.write("broken.mkv", b"no film");
    let daemon = house.serve(&Setup::default());
    wait_for("it to wait for a person", || {
        (daemon.jobs().iter().any(|it| it["status"] == "parked")).then_some(())
    });
    let of_job = wait_for("its line", || {
        let page = daemon.json("/api/v1/logs?job=1&level=warn");
        page["lines"].as_array().unwrap().first().cloned()
    });
    assert!(of_job["text"].as_str().unwrap().contains("broken.mkv"), "{of_job}");
    assert_eq!(of_job["thread"], "herald");
    let all = daemon.json("/api/v1/logs");
    let texts: Vec<&str> =
        all["lines"].as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap()).collect();
    assert!(
        texts[0].starts_with("Kinora ") && texts.iter().any(|it| it.starts_with("listening on")),
        "{texts:?}"
    );
    // As standard error has it.
    assert!(texts.iter().all(|it| daemon.said().contains(*it)), "{texts:?}");
    let next = all["next"].as_u64().unwrap();
    let found = daemon.json("/api/v1/logs?q=LISTENING%20on");
    assert_eq!(found["lines"].as_array().unwrap().len(), 1);
    // A scan says something new, and only that is told.
    daemon.scan();
    let new = wait_for("the new line", || {
        let new = daemon.json(&format!("/api/v1/logs?after={next}"));
        (!new["lines"].as_array().unwrap().is_empty()).then_some(new)
    });
    assert!(
        new["lines"].as_array().unwrap().iter().all(|it| it["number"].as_u64() > Some(next)),
        "{new}"
    );
    assert_eq!(new["lost"], 0);
    let token = std::fs::read_to_string(house.aside("data/token")).unwrap();
    assert!(!daemon.get("/api/v1/logs?limit=2000").1.contains(token.trim()));
}
