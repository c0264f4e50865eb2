//! A server that answers each request with bytes from a script, and notes what it was asked. What it was asked is held
//! against the servers' own specifications.

use super::specs;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// What is done in answer to a request.
#[derive(Clone)]
pub(super) enum Step {
    /// These bytes are sent.
    Send(Vec<u8>),
    /// Waits until so many requests have come in all.
    Until(usize),
    /// Waits until the test opens the gate.
    Open,
    /// Sends this again and again until the client hangs up.
    Forever(&'static [u8]),
    /// Says nothing until the client hangs up.
    Hang,
}

/// An answer; the connection is closed behind it.
pub(super) type Script = Vec<Step>;

/// A request that came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// `POST /v1/chat/completions`.
    pub(super) line: String,
    /// In lower case.
    pub(super) head: String,
    pub(super) body: Value,
}

#[derive(Default)]
struct Log {
    asked: Vec<Asked>,
    /// Requests whose client hung up while it was waited for that.
    hung_up: usize,
    working: usize,
    /// Most requests that waited for the first byte of an answer at once.
    at_once: usize,
    complaints: Vec<String>,
    open: bool,
}

#[derive(Default)]
struct Shared {
    log: Mutex<Log>,
    changed: Condvar,
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut Log)) {
        change(&mut self.log.lock().unwrap());
        self.changed.notify_all();
    }

    fn wait(&self, until: impl Fn(&Log) -> bool) {
        let log = self.log.lock().unwrap();
        let (_log, timeout) =
            self.changed.wait_timeout_while(log, super::SOON, |it| !until(it)).unwrap();
        assert!(!timeout.timed_out(), "not in time");
    }
}

pub(super) struct Server {
    /// `http://127.0.0.1:5000`.
    pub(super) url: String,
    shared: Arc<Shared>,
}

impl Server {
    /// Answers each request with one script; the last serves all that follow.
    pub(super) fn new(scripts: Vec<Script>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let all = Arc::clone(&shared);
        let work = move || {
            for stream in listener.incoming() {
                let (shared, scripts) = (Arc::clone(&all), scripts.clone());
                let work = move || {
                    // A client that has seen enough closes early: no fault of the server.
                    let _ = stream.and_then(|it| answer(&it, &scripts, &shared));
                };
                std::thread::Builder::new().name("answer".to_owned()).spawn(work).unwrap();
            }
        };
        std::thread::Builder::new().name("server".to_owned()).spawn(work).unwrap();
        Server { url, shared }
    }

    /// All requests so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.shared.log.lock().unwrap().asked.clone()
    }

    /// Bodies of all requests so far.
    pub(super) fn bodies(&self) -> Vec<Value> {
        self.asked().into_iter().map(|it| it.body).collect()
    }

    pub(super) fn wait_for_requests(&self, count: usize) {
        self.shared.wait(|it| it.asked.len() >= count);
    }

    /// Waits until clients of so many requests have hung up early.
    pub(super) fn wait_for_hang_ups(&self, count: usize) {
        self.shared.wait(|it| it.hung_up >= count);
    }

    /// Opens the gate that scripts wait for.
    pub(super) fn open(&self) {
        self.shared.change(|it| it.open = true);
    }

    pub(super) fn at_once(&self) -> usize {
        self.shared.log.lock().unwrap().at_once
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let complaints = std::mem::take(&mut self.shared.log.lock().unwrap().complaints);
        if !std::thread::panicking() {
            assert!(complaints.is_empty(), "{complaints:#?}");
        }
    }
}

fn answer(stream: &TcpStream, scripts: &[Script], shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let line = lines[0].rsplit_once(' ').unwrap().0.to_owned();
    let head = lines[1..].join("\n").to_lowercase();
    let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |it| it.parse().unwrap())];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let mut number = 0;
    shared.change(|it| {
        number = it.asked.len();
        it.complaints.extend(specs::complaints(&line, &body));
        it.asked.push(Asked { line, head, body });
        it.working += 1;
        it.at_once = it.at_once.max(it.working);
    });
    play(stream, &scripts[number.min(scripts.len() - 1)], shared)
}

fn play(mut stream: &TcpStream, script: &[Step], shared: &Shared) -> std::io::Result<()> {
    let mut works = true;
    for step in script {
        match step {
            Step::Send(bytes) => {
                if std::mem::take(&mut works) {
                    // Before the client can know, and ask again.
                    shared.change(|it| it.working -= 1);
                }
                stream.write_all(bytes)?;
            }
            Step::Until(count) => shared.wait(|it| it.asked.len() >= *count),
            Step::Open => shared.wait(|it| it.open),
            Step::Forever(bytes) => {
                while stream.write_all(bytes).is_ok() {
                    std::thread::park_timeout(std::time::Duration::from_millis(2));
                }
                shared.change(|it| it.hung_up += 1);
            }
            Step::Hang => {
                // Nothing more is sent by a client that waits: this ends when it hangs up.
                let _ = stream.read(&mut [0; 1]);
                shared.change(|it| it.hung_up += 1);
            }
        }
    }
    Ok(())
}

fn head(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n{headers}\r\n")
}

/// An answer with a status and a body that ends with the connection.
pub(super) fn says(status: u16, body: &str) -> Script {
    with_headers(status, "Content-Type: application/json\r\n", body)
}

pub(super) fn with_headers(status: u16, headers: &str, body: &str) -> Script {
    let length = format!("{headers}Content-Length: {}\r\n", body.len());
    vec![Step::Send(format!("{}{body}", head(status, &length)).into_bytes())]
}

/// A stream in chunks of so many bytes, properly ended where `whole`.
pub(super) fn streams(body: &str, chunk_bytes: usize, whole: bool) -> Script {
    let mut bytes = stream_head();
    for chunk in body.as_bytes().chunks(chunk_bytes) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    if whole {
        bytes.extend(b"0\r\n\r\n");
    }
    vec![Step::Send(bytes)]
}

pub(super) fn stream_head() -> Vec<u8> {
    head(200, "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n").into_bytes()
}
