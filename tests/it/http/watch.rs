//! Server-sent events.

use super::support::{Answer, House, PATIENCE, happened, parked};
use crate::document::Document;
use kinora::api::daemon::{PushedEvent, WorkStage};
use kinora::api::events::EVENTS_MAX;
use kinora::http::limits::Limits;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A stream of events, read line by line; the sizes of chunks are among them.
struct Stream {
    lines: BufReader<TcpStream>,
    /// The event that is being read is a reset.
    is_reset: bool,
    began: Instant,
    document: &'static Document,
}

impl Stream {
    fn open(house: &House, query: &str, headers: &str) -> Stream {
        let mut stream = house.connect();
        let request =
            format!("GET /api/v1/events{query} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let lines = BufReader::new(stream);
        let mut stream =
            Stream { lines, is_reset: false, began: Instant::now(), document: house.document() };
        assert_eq!(stream.line(), "HTTP/1.1 200 OK");
        stream
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream ended");
        // Heartbeats would keep it waiting for ever.
        assert!(self.began.elapsed() < PATIENCE, "what is waited for does not come");
        let line = line.trim_end().to_owned();
        if let Some(kind) = line.strip_prefix("event: ") {
            self.is_reset = kind == "reset";
        }
        if let Some(data) = line.strip_prefix("data: ") {
            self.document.check_schema("PushedEvent", &serde_json::from_str(data).unwrap());
        }
        line
    }

    /// Reads on to a line of this field.
    fn until(&mut self, start: &str) -> String {
        loop {
            let line = self.line();
            if let Some(rest) = line.strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    /// Reads on until it ends.
    fn rest(mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            lines.push(line.trim_end().to_owned());
            line.clear();
        }
        lines
    }
}

#[test]
fn events_come_as_they_happen() {
    let house = House::open();
    house.events.push(happened("before"));
    let mut stream = Stream::open(&house, "", "");
    assert_eq!(stream.until("content-type: "), "text/event-stream");
    assert_eq!(stream.until("retry: "), "2000");
    assert_eq!(stream.until("id: "), "b007-1");
    let stage = WorkStage::Asr;
    house.events.push(PushedEvent::Progress { job: 2, stage, progress: Some(0.5) });
    assert_eq!(stream.until("id: "), "b007-2");
    assert_eq!(stream.until("event: "), "progress");
    assert_eq!(
        stream.until("data: "),
        r#"{"kind":"progress","job":2,"stage":"asr","progress":0.5}"#
    );
    house.events.push(PushedEvent::Job { job: Box::new(parked(1)) });
    assert_eq!(stream.until("event: "), "job");
    let data: serde_json::Value = serde_json::from_str(&stream.until("data: ")).unwrap();
    assert_eq!(data["job"]["fault"]["remedy"], "copy it again");
}

#[test]
fn who_comes_back_misses_nothing_or_is_told() {
    let house = House::open();
    for text in ["one", "two"] {
        house.events.push(happened(text));
    }
    for (query, headers) in [
        ("?last_event_id=b007-1", ""),
        ("", "Last-Event-ID: b007-1\r\n"),
        ("?last_event_id=b007-0", "Last-Event-ID: b007-1\r\n"),
    ] {
        let mut stream = Stream::open(&house, query, headers);
        assert!(stream.until("data: ").contains("two"), "{query} {headers}");
    }
    for unknown in ["b008-1", "b007-3", "nonsense"] {
        let mut stream = Stream::open(&house, &format!("?last_event_id={unknown}"), "");
        assert_eq!(stream.until("event: "), "reset", "{unknown}");
    }
    let mut stream = Stream::open(&house, "?last_event_id=b006-9", "");
    assert_eq!(stream.until("data: "), r#"{"kind":"reset"}"#);
    house.events.push(happened("three"));
    assert_eq!(stream.until("id: "), "b007-3");
    assert!(stream.until("data: ").contains("three"));
}

#[test]
fn a_heart_beats_where_nothing_happens() {
    let heartbeat = Duration::from_millis(20);
    let house = House::with(Limits { heartbeat, ..Limits::default() });
    let mut stream = Stream::open(&house, "", "");
    for _ in 0..3 {
        assert_eq!(stream.until(": "), "all is well");
    }
    house.events.push(happened("one"));
    assert_eq!(stream.until("event: "), "activity");
}

#[test]
fn a_watcher_that_reads_nothing_is_reset_when_it_reads_again() {
    let house = House::open();
    let mut slow = Stream::open(&house, "", "");
    slow.until("id: ");
    let mut quick = Stream::open(&house, "", "");
    quick.until("id: ");
    let long = "x".repeat(4096);
    // More than the log keeps and the system buffers.
    for _ in 0..10 * EVENTS_MAX {
        house.events.push(happened(&long));
    }
    for stream in [&mut slow, &mut quick] {
        let mut resets = 0;
        // What is told while it is still behind may be lost to another reset.
        while !stream.until("data: ").contains("and after") {
            if stream.is_reset {
                house.events.push(happened("and after"));
                resets += 1;
            }
        }
        assert!(resets > 0);
    }
}

#[test]
fn there_are_so_many_watchers_and_no_more() {
    let house = House::with(Limits { watchers_max: 2, ..Limits::default() });
    let streams = [Stream::open(&house, "", ""), Stream::open(&house, "", "")];
    assert_eq!(house.ask("GET /health/extended", "").json()["watchers"], 2);
    let refused = house.ask("GET /api/v1/events", "");
    assert_eq!(refused.status, 503);
    assert_eq!(refused.json()["detail"], "as many as are allowed watch already");
    drop(streams);
    // Both places are free as soon as the server sees that they left.
    let mut reused = None;
    for _ in 0..100_000 {
        let mut stream = house.connect();
        let request = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        if line.contains(" 200 ") {
            reused = Some(line);
            break;
        }
    }
    assert!(reused.is_some());
}

#[test]
fn streams_end_with_the_server_and_are_no_idle_connections() {
    let mut house = House::with(Limits { connections_max: 2, ..Limits::default() });
    let mut stream = Stream::open(&house, "", "");
    stream.until("id: ");
    for _ in 0..10 {
        assert_eq!(house.ask("GET /status", "").status, 200);
    }
    let mut second = Stream::open(&house, "", "");
    second.until("id: ");
    // Both work now: nobody else comes in.
    let mut third = house.connect();
    let mut none = Vec::new();
    let _ = third.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let _ = std::io::Read::read_to_end(&mut third, &mut none);
    assert_eq!(none, b"");
    house.events.push(happened("last"));
    stream.until("data: ");
    house.close();
    assert_eq!(stream.rest().last().map(String::as_str), Some(""));
    assert!(second.rest().iter().any(|it| it.contains("last")));
    assert!(TcpStream::connect(house.addr).is_err());
}

#[test]
fn a_stream_is_asked_for_rightly() {
    let house = House::open();
    assert_eq!(house.ask("GET /api/v1/events?since=1", "").status, 400);
    let mut stream = house.connect();
    stream
        .write_all(
            b"GET /api/v1/events HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        )
        .unwrap();
    assert_eq!(Answer::read(&mut stream).status, 403);
}
