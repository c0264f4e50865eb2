//! One execution, looked at closely: lines while they are heard, then steps with times, reasons, and the text.

use super::support::*;
use serde_json::{Value, json};

fn heard(daemon: &Daemon, after: u64) -> (Vec<Value>, u64) {
    let heard = daemon.json(&format!("/api/v1/jobs/1/heard?after={after}"));
    (heard["lines"].as_array().unwrap().clone(), heard["last"].as_u64().unwrap())
}

#[test]
fn lines_are_told_while_it_listens_and_steps_and_text_at_the_end() {
    let house = House::new();
    let sample = format!("{}/assets/jfk.wav", env!("CARGO_MANIFEST_DIR"));
    house.make_of(&format!("-stream_loop 12 -i {sample}"), "film.mka", "-c:a flac");
    let daemon = house.serve(&Setup::default());
    let running = |step: &str| {
        let jobs = daemon.jobs();
        jobs.first().is_some_and(|it| it["step"] == step && it["status"] == "running")
    };
    let lines = wait_for("the first lines", || {
        daemon.jobs().first()?;
        let lines = heard(&daemon, 0).0;
        (!lines.is_empty()).then_some(lines)
    });
    assert!(running("listen"), "it goes on: {:?}", daemon.jobs());
    let told: Vec<&str> = lines.iter().map(|it| it["text"].as_str().unwrap()).collect();
    assert!(told.join(" ").contains("fellow Americans"), "{told:?}");
    assert!(lines.iter().all(|it| it["language"] == "en" && it["translation"].is_null()));
    let steps = daemon.json("/api/v1/jobs/1")["steps"].as_array().unwrap().clone();
    let now = steps.last().unwrap();
    assert!(now["name"] == "listen" && now["status"] == "running", "{steps:?}");
    assert!(now["ended"].is_null() && now["taken"].is_string(), "{steps:?}");

    daemon.wait_for_jobs(1, "done");
    let last = lines.last().unwrap()["number"].as_u64().unwrap();
    let (new, end) = heard(&daemon, last);
    assert!(new.iter().all(|it| last < it["number"].as_u64().unwrap()), "{new:?}");
    assert_eq!((last + new.len() as u64, heard(&daemon, end).0.len()), (end, 0));

    let detail = daemon.json("/api/v1/jobs/1");
    let steps = detail["steps"].as_array().unwrap();
    let names: Vec<_> = steps.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["select", "listen", "cue", "publish"], "{detail}");
    for step in steps {
        assert!(step["status"] == "done" && step["tries"] == 1, "{step}");
        assert!(step["began"].as_str() <= step["ended"].as_str(), "{step}");
        assert!(step["lane"].is_string() && step["fault"].is_null(), "{step}");
    }
    assert!(steps[1]["took_ms"].as_u64().unwrap() > 100, "{}", steps[1]);
    let decisions = detail["decisions"].as_array().unwrap();
    let of = |step: &str| decisions.iter().any(|it| it["step"] == step && it["text"] != "");
    assert!(of("select") && of("listen") && of("publish"), "{decisions:?}");

    let (status, text) = daemon.get("/api/v1/jobs/1/subtitles/0");
    assert_eq!((status, text), (200, house.subtitle("film")));
    assert_eq!(daemon.get("/api/v1/jobs/1/subtitles/1").0, 404);
    std::fs::write(house.film("film.eng.srt"), "edited").unwrap();
    let (status, told) = daemon.get("/api/v1/jobs/1/subtitles/0");
    assert!(status == 409 && told.contains("not as Kinora wrote it"), "{status} {told}");
    std::fs::remove_file(house.film("film.eng.srt")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", house.film("film.eng.srt")).unwrap();
    assert_eq!(daemon.get("/api/v1/jobs/1/subtitles/0").0, 409);
    std::fs::remove_file(house.film("film.eng.srt")).unwrap();
    let (status, told) = daemon.get("/api/v1/jobs/1/subtitles/0");
    assert!(status == 409 && told.contains("not there any more"), "{status} {told}");

    // Again: the first execution stays to be looked at.
    assert_eq!(daemon.ask("POST", "/api/v1/jobs/1/retry", "").0, 204);
    wait_for("the second execution", || {
        let detail = daemon.json("/api/v1/jobs/1");
        (detail["earlier"] == json!([1]) && detail["job"]["status"] == "done").then_some(())
    });
    let first = daemon.json("/api/v1/jobs/1/executions/1");
    assert_eq!((&first["job"]["execution"], &first["earlier"]), (&json!(1), &json!([])));
    assert_eq!(first["steps"], detail["steps"]);
    assert_eq!(daemon.get("/api/v1/jobs/1/executions/9").0, 404);
    assert_eq!(daemon.end().0, Some(0));
}
