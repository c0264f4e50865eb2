//! The document and the addresses are the same.

use super::support::House;
use crate::document::Answered;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn every_address_of_the_document_is_there() {
    let house = House::open();
    let document = house.document();
    let operations = document.operations();
    assert!(operations.len() > 30, "{}", operations.len());
    for (method, path, operation) in &operations {
        let request = format!("{method} {}", filled(path));
        if path.ends_with("/events") {
            continue;
        }
        let answer = house.ask(&request, "");
        assert_ne!(answer.status, 405, "{request}");
        let detail = serde_json::from_str::<Value>(&answer.body).map(|it| it["detail"].clone());
        assert_ne!(detail.unwrap_or_default(), "there is no such address here", "{request}");
        assert!(operation["summary"].as_str().is_some_and(|it| !it.is_empty()), "{request}");
        assert!(operation["tags"].as_array().is_some_and(|it| it.len() == 1), "{request}");
    }
}

fn filled(path: &str) -> String {
    let fill = |it: &str| if it.starts_with('{') { "1".to_owned() } else { it.to_owned() };
    path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

#[test]
fn no_address_is_left_out_of_the_document() {
    // The router cannot be asked for its addresses: whoever adds one does so in a way that documents it.
    let mut files = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/http")];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|it| it.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        seen += text.matches("routes!(").count();
        for undocumented in [".route(", ".route_service(", ".nest_service(", "axum::routing::"] {
            assert!(!text.contains(undocumented), "{}: {undocumented}", path.display());
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_document_is_whole() {
    let house = House::open();
    let document = house.document().json();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in house.document().operations() {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{method} {path}: there are two of {id}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|it| it.starts_with('2')), "{method} {path}");
        let is_open = operation["security"] == json!([]);
        assert_eq!(responses.contains_key("401"), !is_open, "{method} {path}");
        assert!(["400", "403", "500"].iter().all(|it| responses.contains_key(*it)), "{path}");
    }
    let mut stack = vec![document];
    while let Some(value) = stack.pop() {
        if let Some(to) = value["$ref"].as_str() {
            assert!(document.pointer(&to[1..]).is_some(), "{to} is nowhere");
        }
        match value {
            Value::Array(all) => stack.extend(all),
            Value::Object(all) => stack.extend(all.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["token"]["scheme"], "bearer");
    // What is unknown in a body is refused, and the document says so.
    for name in ["WishRequest", "ScanRequest", "TermSaid", "PullRequest", "MoveRequest", "Nothing"]
    {
        let schema = &document["components"]["schemas"][name];
        assert_eq!(schema["additionalProperties"], false, "{name}: {schema}");
    }
}

#[test]
fn an_answer_that_is_not_in_the_document_is_noticed() {
    let house = House::open();
    let document = house.document();
    let status = house.ask("GET /status", "").body;
    let kind = Some("application/json");
    for (request, status, content_type, body) in [
        ("GET /nowhere", 200, kind, "{}"),
        ("GET /status", 201, kind, status.as_str()),
        ("GET /status", 200, Some("text/html"), status.as_str()),
        ("GET /status", 200, kind, "{\"version\":\"1\"}"),
        ("GET /status", 500, Some("application/problem+json"), "{\"status\":500}"),
        ("POST /api/v1/pause", 204, None, "done"),
        ("PUT /status", 200, kind, "{}"),
        ("GET /api/v1/jobs/1/log", 200, kind, "\"log\""),
    ] {
        let answer = Answered { request, status, content_type, body };
        let told = std::panic::catch_unwind(|| document.check(&answer));
        assert!(told.is_err(), "{answer:?}");
    }
}

/// What a tool asks for to see whether Kinora is there: Bazarr shows `version`.
#[test]
fn status_tells_the_version() {
    let house = House::open();
    let status = house.ask("GET /status", "").json();
    assert_eq!(status["version"], "9.8.7");
}
