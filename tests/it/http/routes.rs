//! Addresses, views and refusals.

use super::support::House;
use kinora::api::daemon::{Act, JobStatus, JobsQuery, MoveTo, Refusal, Target};
use kinora::api::events::EventLog;
use kinora::domain::fault::Fault;
use kinora::http::limits::{BODY_BYTES_MAX, Limits};
use kinora::http::token::Token;
use kinora::http::{HttpSettings, start};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[test]
fn views_are_json_as_told() {
    let house = House::open();
    let mut shown = String::new();
    for request in [
        "GET /health",
        "GET /health/live",
        "GET /health/extended",
        "GET /ready",
        "GET /status",
        "GET /api/v1/jobs",
        "GET /api/v1/jobs/1",
        "GET /api/v1/workers",
        "GET /api/v1/activity?limit=1",
        "GET /api/v1/pace?since=29700001",
        "GET /api/v1/explain?path=/films/Heat.mkv",
        "GET /api/v1/models",
        "GET /api/v1/settings",
        "GET /api/v1/items?library=Films&lacks=de&q=heat&after=L2ZpbG1z&limit=2",
        "GET /api/v1/items/L2ZpbG1z",
    ] {
        let answer = house.ask(request, "");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{request}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{request}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{request}");
        let json = serde_json::to_string_pretty(&answer.json()).unwrap();
        shown.push_str(&format!("{request} -> {}\n{json}\n\n", answer.status));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_log_is_text() {
    let house = House::open();
    let answer = house.ask("GET /api/v1/jobs/1/log", "");
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.body, "03:04:05 it began\n03:04:06 it ended, schön\n");
}

#[test]
fn what_is_done_reaches_the_service() {
    let house = House::open();
    let job = |act| (Target::Job(5), act);
    let lane = |act| (Target::Lane("gpu0".to_owned()), act);
    let to = |to| Act::Move { to };
    for (request, body, expected) in [
        ("DELETE /api/v1/jobs/5", "", job(Act::Cancel)),
        ("POST /api/v1/jobs/5/cancel", "", job(Act::Cancel)),
        ("POST /api/v1/jobs/5/retry", "{}", job(Act::Retry)),
        ("POST /api/v1/jobs/5/pause", "", job(Act::Pause)),
        ("POST /api/v1/jobs/5/resume", "", job(Act::Resume)),
        ("POST /api/v1/jobs/5/move", r#"{"to":"top"}"#, job(to(MoveTo::Top))),
        ("POST /api/v1/jobs/5/move", r#"{"to":"bottom"}"#, job(to(MoveTo::Bottom))),
        ("POST /api/v1/jobs/5/move", r#"{"to":"up"}"#, job(to(MoveTo::Up))),
        ("POST /api/v1/jobs/5/move", r#"{"to":"down"}"#, job(to(MoveTo::Down))),
        ("POST /api/v1/jobs/5/move", r#"{"to":{"priority":-3}}"#, job(to(MoveTo::Priority(-3)))),
        ("POST /api/v1/workers/gpu0/pause", "", lane(Act::Pause)),
        ("POST /api/v1/workers/gpu0/resume", "", lane(Act::Resume)),
        ("POST /api/v1/pause", "", (Target::All, Act::Pause)),
        ("POST /api/v1/resume", "", (Target::All, Act::Resume)),
        ("POST /api/v1/retry", "", (Target::All, Act::Retry)),
    ] {
        let answer = house.ask(request, body);
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{request}");
        assert_eq!(house.desk.acts.lock().unwrap().pop(), Some(expected), "{request}");
    }
}

#[test]
fn what_is_asked_reaches_the_service() {
    let house = House::open();
    house.ask("GET /api/v1/jobs?status=parked&before=9&limit=3", "");
    let query = JobsQuery { status: Some(JobStatus::Parked), before: Some(9), limit: Some(3) };
    assert_eq!(*house.desk.queries.lock().unwrap(), [query]);
    let wish = house.ask("POST /api/v1/jobs", r#"{"path":"/films/\u5fcd.mkv","priority":2}"#);
    assert_eq!((wish.status, wish.json()["id"].as_u64()), (202, Some(3)));
    let heard = house.desk.wishes.lock().unwrap().pop().unwrap();
    assert_eq!((heard.path.to_str().unwrap(), heard.priority), ("/films/\u{5fcd}.mkv", 2));
    let scan = house.ask("POST /api/v1/scan", "");
    assert_eq!((scan.status, scan.json()["roots"][0].as_str()), (202, Some("/films")));
    house.ask("POST /api/v1/scan", r#"{"path":"/films/new"}"#);
    house.ask("GET /api/v1/explain?path=/films/%E5%BF%8D+%26%20a%3Fb.mkv", "");
    let explained = house.desk.explained.lock().unwrap().pop().unwrap();
    assert_eq!(explained.to_str(), Some("/films/\u{5fcd} & a?b.mkv"));
    let pull = house.ask("POST /api/v1/models/pull", r#"{"name":"small-q8_0"}"#);
    assert_eq!((pull.status, pull.json()["status"].as_str()), (202, Some("pulling")));
    assert_eq!(*house.desk.pulled.lock().unwrap(), ["small-q8_0"]);
    let changed = house.ask("PUT /api/v1/settings", r#"{"listen":{"beam":5},"to":null}"#);
    assert_eq!((changed.status, changed.json()["restart_needed"].as_bool()), (200, Some(true)));
    let patch = json!({"listen": {"beam": 5}, "to": null});
    assert_eq!(*house.desk.patches.lock().unwrap(), [patch]);
    house.ask("GET /api/v1/items?library=A%20%26%20B&lacks=zh-hans", "");
    let asked = house.desk.items.lock().unwrap().pop().unwrap();
    assert_eq!((asked.library.as_deref(), asked.lacks), (Some("A & B"), "zh-Hans".parse().ok()));
    let paths: Vec<bool> =
        house.desk.scans.lock().unwrap().iter().map(|it| it.path.is_some()).collect();
    assert_eq!(paths, [false, true]);
}

#[test]
fn what_is_asked_wrongly_is_a_problem_that_says_what() {
    let house = House::open();
    let large = format!("{{\"path\":\"{}\"}}", "x".repeat(BODY_BYTES_MAX));
    let mut shown = String::new();
    for (request, body) in [
        ("GET /nowhere", ""),
        ("GET /api/v1/nowhere", ""),
        ("PUT /api/v1/jobs", ""),
        ("DELETE /status", ""),
        ("GET /api/v1/jobs/one", ""),
        ("GET /api/v1/jobs/-1", ""),
        ("GET /api/v1/jobs/2", ""),
        ("GET /api/v1/jobs?colour=red", ""),
        ("GET /api/v1/jobs?status=happy", ""),
        ("GET /api/v1/jobs?limit=501", ""),
        ("GET /api/v1/activity?limit=0", ""),
        ("GET /api/v1/explain", ""),
        ("GET /api/v1/explain?file=/films/Heat.mkv", ""),
        ("GET /api/v1/explain?path=/films/Heat.mkv&path=/films/Ran.mkv", ""),
        ("GET /api/v1/explain?path=/elsewhere/Heat.mkv", ""),
        ("POST /api/v1/explain?path=/films/Heat.mkv", ""),
        ("POST /api/v1/jobs", ""),
        ("POST /api/v1/jobs", r#"{"path":"/a","colour":"red"}"#),
        ("POST /api/v1/jobs", r#"{"path":"/a","priority":1000}"#),
        ("POST /api/v1/jobs", "path=/a"),
        ("POST /api/v1/jobs/1/pause", r#"{"for":"ever"}"#),
        ("POST /api/v1/jobs/1/move", r#"{"to":"the moon"}"#),
        ("GET /api/v1/items?lacks=klingonese", ""),
        ("GET /api/v1/items?limit=0", ""),
        ("GET /api/v1/items/nothing", ""),
        ("PUT /api/v1/settings", "[]"),
        ("PUT /api/v1/settings", r#"{"http":{"listen":"0.0.0.0:80"}}"#),
        ("POST /api/v1/models/pull", ""),
        ("POST /api/v1/models/pull", r#"{"name":"a","from":"/etc"}"#),
        ("POST /api/v1/jobs", &large),
    ] {
        let answer = house.ask(request, body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{request}");
        let json = answer.json();
        assert_eq!(json["status"].as_u64(), Some(answer.status.into()), "{request}");
        assert_eq!(json["type"], "about:blank");
        assert_eq!(json["fault"], "operator");
        let line = |key: &str| json[key].as_str().unwrap().to_owned();
        let allow = answer.header("allow").map(|it| format!(" (allow: {it})")).unwrap_or_default();
        let body: String = body.chars().take(40).collect();
        shown.push_str(&format!(
            "{request} {body}\n  {} {}{allow}\n  {}; {}\n",
            answer.status,
            line("title"),
            line("detail"),
            line("remedy")
        ));
    }
    insta::assert_snapshot!(shown);
    assert!(house.desk.wishes.lock().unwrap().is_empty());
    let form = "Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let answer = house.ask_with("POST /api/v1/jobs", form, r#"{"path":"/a"}"#);
    assert_eq!(answer.status, 415);
}

#[test]
fn refusals_of_the_service_keep_their_kind() {
    let house = House::open();
    let operator = || Fault::operator("it is done already", "wish for it again");
    for (refusal, status, kind) in [
        (Refusal::NotFound(operator()), 404, "operator"),
        (Refusal::Conflict(operator()), 409, "operator"),
        (Refusal::Invalid(operator()), 422, "operator"),
        (Refusal::Failed(Fault::transient("the disk is slow", "wait")), 500, "transient"),
        (Refusal::Failed(Fault::bug("it is wrong")), 500, "bug"),
    ] {
        *house.desk.refuses.lock().unwrap() = Some(refusal.clone());
        let any = ["POST /api/v1/jobs/1/retry", "POST /api/v1/scan"];
        // What only looks finds nothing missing and nothing in the way.
        let looks = ["GET /status", "GET /metrics", "GET /health/extended"];
        let looks = looks.into_iter().filter(|_| status == 500);
        for request in any.into_iter().chain(looks) {
            let answer = house.ask(request, "");
            assert_eq!(answer.status, status, "{request} {refusal:?}");
            assert_eq!(answer.json()["fault"], kind, "{request}");
        }
    }
    let job = house.ask("GET /api/v1/jobs/1", "");
    insta::assert_snapshot!(job.body, @r#"{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"it is wrong","remedy":"this is a fault of Kinora; please report it with the log","fault":"bug"}"#);
}

#[test]
fn a_service_that_panics_costs_one_answer() {
    let house = House::open();
    house.desk.panics.store(true, Ordering::SeqCst);
    let answer = house.ask("GET /status", "");
    assert_eq!((answer.status, answer.json()["fault"].as_str()), (500, Some("bug")));
    house.desk.panics.store(false, Ordering::SeqCst);
    assert_eq!(house.ask("GET /status", "").status, 200);
}

#[test]
fn health_tells_dead_from_busy() {
    let house = House::open();
    let paths = ["/health", "/health/live", "/ready", "/health/extended"];
    let statuses = || paths.map(|it| house.ask(&format!("GET {it}"), "").status);
    assert_eq!(statuses(), [200; 4]);
    house.desk.busy.store(true, Ordering::SeqCst);
    assert_eq!(statuses(), [200, 200, 503, 503]);
    house.desk.dead.store(true, Ordering::SeqCst);
    assert_eq!(statuses(), [503; 4]);
    let dead = house.ask("GET /health", "");
    assert_eq!(dead.json()["detail"], "Kinora does not come along any more");
    assert_eq!(house.ask("HEAD /health", "").body, "");
}

#[test]
fn an_address_that_cannot_be_had_is_told_in_a_sentence() {
    let house = House::open();
    let try_at = |addr: &str| {
        let events = Arc::new(EventLog::new(1));
        let token = Token::new("t").unwrap();
        let settings = HttpSettings {
            token,
            webhook_secret: None,
            hosts: Vec::new(),
            trusted_networks: Vec::new(),
            limits: Limits::default(),
        };
        let service = Arc::clone(&house.desk);
        start(addr.parse().unwrap(), service, events, settings).map(drop).unwrap_err().to_string()
    };
    let taken = try_at(&house.addr.to_string());
    let expected = format!(
        "another program, or another Kinora, already serves on {}; stop it, or set http.listen to another port",
        house.addr
    );
    assert_eq!(taken, expected);
    let foreign = try_at("192.0.2.1:8710");
    assert!(foreign.starts_with("this machine has no address 192.0.2.1; "), "{foreign}");
}

#[test]
fn stopping_answers_what_is_being_asked_and_frees_the_port() {
    let mut house =
        House::with(Limits { head_timeout: Duration::from_millis(200), ..Limits::default() });
    let idle = house.connect();
    assert_eq!(house.ask("GET /health", "").status, 200);
    house.close();
    std::net::TcpListener::bind(house.addr).unwrap();
    drop(idle);
}
