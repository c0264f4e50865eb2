//! What the double of the daemon tells of libraries and of its log, and how that is asked.

use super::support::{Desk, House};
use kinora::api::catalog::{Catalog, ItemsQuery};
use kinora::api::client::Client;
use kinora::api::daemon::{JobStatus, Refusal};
use kinora::api::libraries::{CoverageView, Libraries, LibrariesView, LibraryView, NextView};
use kinora::api::logs::{LogLevel, LogLine, Logs, LogsPage, LogsQuery};
use kinora::domain::fault::Fault;
use serde_json::json;

impl Libraries for Desk {
    fn libraries(&self) -> Result<LibrariesView, Refusal> {
        self.judge()?;
        let have = |language: Option<&str>, files| CoverageView {
            language: language.map(|it| it.parse().unwrap()),
            files,
        };
        let films = LibraryView {
            name: "Films".to_owned(),
            path: "/films".to_owned(),
            wanted: vec![have(Some("en"), 3), have(Some("zh-Hans"), 1)],
            files: 4,
            done: 1,
            skipped: 2,
            waiting: 1,
            next: vec![NextView { job: 2, path: "/films/\u{5fcd}.mkv".to_owned() }],
            through_unix_ms: Some(1_800_000_000_000),
            ..LibraryView::default()
        };
        let anime = LibraryView {
            name: "Anime".to_owned(),
            path: "/anime".to_owned(),
            wanted: vec![have(None, 0)],
            away: Some("/anime is not there; mount its disk".to_owned()),
            out_of_hours: Some("outside of its hours".to_owned()),
            ..LibraryView::default()
        };
        let libraries = vec![films, anime];
        Ok(LibrariesView { libraries, counted_unix_ms: Some(1_700_000_000_000), counting: true })
    }
}

impl Logs for Desk {
    fn logs(&self, query: &LogsQuery) -> Result<LogsPage, Refusal> {
        self.judge()?;
        self.logs.lock().unwrap().push(query.clone());
        let line = |number, job, text: &str| LogLine {
            number,
            at_unix_ms: 1_700_000_000_000,
            level: if job == Some(1) { LogLevel::Warn } else { LogLevel::Info },
            target: "kinora::app::serve".to_owned(),
            thread: "herald".to_owned(),
            job,
            text: text.to_owned(),
        };
        let lines = vec![line(7, None, "begins"), line(8, Some(1), "\u{5fcd}: it broke")];
        Ok(LogsPage { lines, next: 8, more: false, lost: 3 })
    }
}

#[test]
fn libraries_and_logs_are_told_as_they_were_given() {
    let house = House::open();
    let client = Client::new(&format!("http://{}", house.addr), None).unwrap();
    assert_eq!(client.libraries().unwrap(), house.desk.libraries().unwrap());
    let told = house.ask("GET /api/v1/libraries", "").json();
    assert_eq!(told["libraries"][0]["wanted"][1], json!({"language": "zh-Hans", "files": 1}));
    assert_eq!(told["libraries"][1]["wanted"][0]["language"], json!(null));

    let query = LogsQuery {
        after: Some(7),
        before: Some(u64::MAX),
        level: Some(LogLevel::Warn),
        job: Some(1),
        q: Some("50% & \u{5fcd}".to_owned()),
        limit: Some(2000),
    };
    let page = client.logs(&query).unwrap();
    client.logs(&LogsQuery::default()).unwrap();
    assert_eq!(*house.desk.logs.lock().unwrap(), [query.clone(), LogsQuery::default()]);
    assert_eq!(page, house.desk.logs(&query).unwrap());
    let told = house.ask("GET /api/v1/logs?level=warn&limit=1", "").json();
    assert_eq!((&told["lines"][1]["level"], &told["lost"]), (&json!("warn"), &json!(3)));

    let query = ItemsQuery {
        library: Some("A & B".to_owned()),
        lacks: Some("zh-Hans".parse().unwrap()),
        q: Some("\u{5fcd} ?".to_owned()),
        status: Some(JobStatus::Parked),
        after: Some("L2ZpbG1z".to_owned()),
        limit: Some(200),
    };
    let page = client.items(&query).unwrap();
    assert_eq!(*house.desk.items.lock().unwrap(), std::slice::from_ref(&query));
    assert_eq!(page, house.desk.items(&query).unwrap());
    assert_eq!(client.item("L2ZpbG1z").unwrap(), house.desk.item("L2ZpbG1z").unwrap());
    assert!(client.item("nowhere").unwrap_err().to_string().contains("no such file"));
}

#[test]
fn what_makes_no_sense_is_refused_and_what_fails_is_told() {
    let house = House::open();
    for (request, status) in [
        ("GET /api/v1/logs?limit=0", 400),
        ("GET /api/v1/logs?limit=2001", 400),
        ("GET /api/v1/logs?level=loud", 400),
        ("GET /api/v1/logs?after=-1", 400),
        ("GET /api/v1/logs?jobs=1", 400),
        ("GET /api/v1/libraries/Films", 404),
        ("POST /api/v1/libraries", 405),
        ("GET /api/v1/items?status=lost", 400),
    ] {
        assert_eq!(house.ask(request, "").status, status, "{request}");
    }
    *house.desk.refuses.lock().unwrap() = Some(Refusal::Failed(Fault::bug("it broke")));
    for request in ["GET /api/v1/libraries", "GET /api/v1/logs"] {
        assert_eq!(house.ask(request, "").status, 500, "{request}");
    }
}
