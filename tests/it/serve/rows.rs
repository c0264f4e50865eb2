//! All executions as rows, and acts on many jobs, asked of a running daemon.

use super::support::*;
use serde_json::{Value, json};

/// Nothing works on the files: their lanes are closed.
const CLOSED: &str = "[lanes]\nschedule = { cpu = \"00:00-00:01\", ffmpeg = \"00:00-00:01\" }\n";

fn act(daemon: &Daemon, jobs: &[u64], act: &Value) -> Value {
    let body = json!({ "jobs": jobs, "act": act }).to_string();
    let (status, body) = daemon.ask("POST", "/api/v1/jobs/act", &body);
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Numbers of jobs that wait, the first to go first.
fn turns(daemon: &Daemon) -> Vec<u64> {
    let page = daemon.json("/api/v1/executions");
    let numbers = |name: &str| -> Vec<i64> {
        page[name].as_array().unwrap().iter().map(|it| it.as_i64().unwrap()).collect()
    };
    let mut waiting: Vec<(i64, i64, u64)> = Vec::new();
    for ((job, place), stands) in
        numbers("jobs").into_iter().zip(numbers("places")).zip(numbers("stands"))
    {
        let kind = &page["kinds"][usize::try_from(stands).unwrap()];
        if kind["status"] == "queued" || kind["status"] == "paused" {
            waiting.push((place, job, u64::try_from(job).unwrap()));
        }
    }
    waiting.sort_unstable();
    waiting.into_iter().map(|it| it.2).collect()
}

#[test]
fn rows_are_those_of_all_executions_and_many_jobs_take_one_act() {
    let house = House::new();
    for name in ["a.mkv", "b.mkv", "c.mkv", "d.mkv"] {
        house.write(name, b"no film");
    }
    let daemon = house.serve(&Setup { config: CLOSED, ..Setup::default() });
    daemon.wait_for_jobs(4, "queued");
    let all = daemon.json("/api/v1/executions");
    let (mut before, mut paged) = (String::new(), Vec::new());
    loop {
        let page = daemon.json(&format!("/api/v1/executions?limit=1{before}"));
        let executions = page["executions"].as_array().unwrap();
        paged.extend(executions.clone());
        assert!(paged.len() <= 4, "{page}");
        match page["next"].as_u64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(json!(paged), all["executions"]);
    let views = daemon.jobs();
    for (at, view) in views.iter().enumerate() {
        let row = |name: &str| all[name][at].clone();
        assert_eq!(row("paths"), view["path"]);
        assert_eq!(row("jobs"), view["id"]);
        assert_eq!(
            (row("places"), row("changes")),
            (view["place"].clone(), view["changes"].clone())
        );
        assert_eq!(all["kinds"][0]["status"], view["status"]);
    }

    // One place up, and down again.
    let first = turns(&daemon);
    let [a, b, c, d] = [first[0], first[1], first[2], first[3]];
    let moved = finish(&mut kinora(&house, &format!("jobs move {c} up")));
    assert_eq!(moved.code, Some(GOOD), "{moved:?}");
    assert_eq!(turns(&daemon), [a, c, b, d]);
    let move_to = |to: &str| json!({ "move": { "to": to } });
    assert_eq!(act(&daemon, &[a, c], &move_to("down"))["done"], 2);
    assert_eq!(turns(&daemon), [a, c, b, d], "a behind c, then c behind a");
    assert_eq!(act(&daemon, &[c, a], &move_to("down"))["done"], 2);
    assert_eq!(turns(&daemon), [b, a, c, d]);
    assert_eq!(act(&daemon, &[d, c], &move_to("top"))["done"], 2);
    assert_eq!(turns(&daemon), [c, d, b, a]);
    assert_eq!(act(&daemon, &[c], &move_to("up"))["done"], 1, "it is the first already");
    assert_eq!(turns(&daemon), [c, d, b, a]);

    // The same with many; those that refuse say why.
    let told = act(&daemon, &[a, 99, b], &json!("cancel"));
    assert_eq!((&told["done"], &told["refused"][0]["job"]), (&json!(2), &json!(99)), "{told}");
    daemon.wait_for_jobs(2, "cancelled");
    let told = act(&daemon, &[a, c, d], &json!("pause"));
    assert_eq!((&told["done"], &told["refused"][0]["job"]), (&json!(2), &json!(a)), "{told}");
    assert!(told["refused"][0]["fault"]["remedy"].as_str().is_some_and(|it| !it.is_empty()));
    let told = act(&daemon, &[a, b], &json!("retry"));
    assert_eq!(told["done"], 2, "{told}");
    wait_for("new executions of both", || {
        let rows = daemon.json("/api/v1/executions");
        (rows["executions"].as_array().unwrap().len() == 6).then_some(())
    });
    let too_many = json!({ "jobs": vec![1; 1001], "act": "retry" }).to_string();
    assert_eq!(daemon.ask("POST", "/api/v1/jobs/act", &too_many).0, 422);
    assert_eq!(daemon.end().0, Some(0));
}
