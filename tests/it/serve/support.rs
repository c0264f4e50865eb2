//! A daemon in a house: started, asked over HTTP, ended.

use crate::document::{Answered, document};
pub(super) use crate::house::*;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the daemon says when it listens; the address follows.
const LISTENING: &str = "listening on http://";

/// Where the document of all addresses is.
const DOCUMENT: &str = "/openapi.json";

/// A daemon that runs; killed when it is dropped.
pub(super) struct Daemon {
    child: Child,
    pub(super) addr: SocketAddr,
    said: Arc<Mutex<String>>,
}

/// How a house's daemon is started.
#[derive(Default)]
pub(super) struct Setup<'a> {
    /// More of `kinora.toml`.
    pub(super) config: &'a str,
    /// Another program as engine.
    pub(super) engine: Option<&'a Path>,
    /// More of the environment.
    pub(super) env: &'a [(&'a str, String)],
}

impl House {
    /// `kinora serve` for the films of this house, not started yet.
    pub(super) fn serve_command(&self, setup: &Setup<'_>) -> std::process::Command {
        let config = self.aside("kinora.toml");
        let films = self.films();
        let text = format!(
            "{}\n[http]\nlisten = \"127.0.0.1:0\"\n[serve]\nstable = \"0s\"\n\
             [[library]]\nname = \"Films\"\npath = \"{}\"\n",
            setup.config,
            films.display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = self.dressed(env!("CARGO_BIN_EXE_kinora"));
        command.arg("serve").arg("--config").arg(&config);
        command.env("KINORA__LISTEN__FROM", "en");
        if let Some(engine) = setup.engine {
            command.env("KINORA_ENGINE_PROGRAM", engine);
        }
        command.envs(setup.env.iter().map(|(name, value)| (name, value)));
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Starts a daemon and waits until it listens.
    pub(super) fn serve(&self, setup: &Setup<'_>) -> Daemon {
        let mut child = self.serve_command(setup).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut before = String::new();
        let addr = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended: {before}");
            before.push_str(&line);
            if let Some((_, rest)) = line.split_once(LISTENING) {
                // As text, or within an object.
                let addr = rest.split(|it: char| it.is_whitespace() || it == '"');
                break addr.take(1).collect::<String>().parse().unwrap();
            }
        };
        let said = Arc::new(Mutex::new(before));
        let ear = Arc::clone(&said);
        // Somebody must read on, or the daemon waits for its reader.
        std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|it| it > 0) {
                ear.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        Daemon { child, addr, said }
    }
}

/// `kinora` with the daemon of this house.
pub(super) fn kinora(house: &House, line: &str) -> std::process::Command {
    let mut command = house.dressed(env!("CARGO_BIN_EXE_kinora"));
    command.arg("--config").arg(house.aside("kinora.toml")).args(line.split(' '));
    command
}

impl Daemon {
    pub(super) fn pid(&self) -> i64 {
        i64::from(self.child.id())
    }

    /// What it logged so far.
    pub(super) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Status and body of a GET.
    pub(super) fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, "")
    }

    /// Status and body of a request with JSON.
    pub(super) fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let answer = self.try_ask(method, path, body);
        answer.unwrap_or_else(|err| panic!("{method} {path}: {err}; {}", self.said()))
    }

    fn try_ask(&self, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
        let json = "Content-Type: application/json\r\n";
        self.try_ask_with(&format!("{method} {path}"), json, body.as_bytes())
    }

    /// Status and body of a request with these headers.
    pub(super) fn ask_with(&self, request: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let answer = self.try_ask_with(request, headers, body);
        answer.unwrap_or_else(|err| panic!("{request}: {err}; {}", self.said()))
    }

    fn try_ask_with(
        &self,
        request: &str,
        headers: &str,
        body: &[u8],
    ) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.addr)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let length = body.len();
        let head = format!(
            "{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\
             Content-Length: {length}\r\n\r\n",
            self.addr
        );
        stream.write_all(&[head.as_bytes(), body].concat())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
        let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            unchunked(body)
        } else {
            body.to_owned()
        };
        let lower = head.to_ascii_lowercase();
        let content_type = lower.lines().find_map(|it| it.strip_prefix("content-type: "));
        if !request.ends_with(DOCUMENT) {
            let known = document(|| self.get(DOCUMENT).1);
            known.check(&Answered { request, status, content_type, body: &body });
        }
        Ok((status, body))
    }

    /// A GET that must give JSON.
    pub(super) fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|err| panic!("{path}: {err}: {body}"))
    }

    /// All jobs, newest first.
    pub(super) fn jobs(&self) -> Vec<Value> {
        self.json("/api/v1/jobs")["jobs"].as_array().unwrap().clone()
    }

    /// Waits until so many jobs have this status.
    pub(super) fn wait_for_jobs(&self, count: usize, status: &str) {
        wait_for(&format!("{count} jobs that are {status}"), || {
            let jobs = self.jobs();
            let with = jobs.iter().filter(|it| it["status"] == status).count();
            let lost = |it: &&Value| it["status"] == "parked" && status != "parked";
            if let Some(parked) = jobs.iter().find(lost) {
                panic!("parked: {parked}\n{}", self.said());
            }
            (with == count).then_some(())
        });
    }

    /// What looks through libraries told so far, the newest first.
    pub(super) fn scans(&self) -> Vec<String> {
        let activity = self.json("/api/v1/activity");
        let scanned = activity.as_array().unwrap().iter().filter(|it| it["name"] == "scanned");
        scanned.map(|it| it["text"].as_str().unwrap().to_owned()).collect()
    }

    /// Asks for a look through everything; gives what it tells.
    pub(super) fn scan(&self) -> String {
        let of_all = || -> Vec<String> {
            self.scans().into_iter().filter(|it| it.starts_with("all libraries:")).collect()
        };
        let before = of_all().len();
        signal(self.pid(), "HUP");
        wait_for("a scan", || {
            let scans = of_all();
            (before < scans.len()).then(|| scans[0].clone())
        })
    }

    /// What a person should look at.
    pub(super) fn warnings(&self) -> String {
        self.json("/status")["warnings"].to_string()
    }

    /// A number of `/metrics`.
    pub(super) fn metric(&self, name: &str) -> u64 {
        let (_, text) = self.get("/metrics");
        let line = text.lines().find(|it| it.split([' ', '{']).next() == Some(name));
        let value = line.and_then(|it| it.rsplit(' ').next()).unwrap_or_else(|| panic!("{text}"));
        value.parse::<f64>().unwrap() as u64
    }

    /// The end, where it has come.
    pub(super) fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// TERM, and the end in order.
    pub(super) fn end(mut self) -> (Option<i32>, String) {
        signal(self.pid(), "TERM");
        let status = wait_for("the end in order", || self.ended());
        (status.code(), self.said())
    }

    /// Kill -9.
    pub(super) fn kill(mut self) {
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unchunked(body: &str) -> String {
    let mut rest = body;
    let mut whole = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        let Some(chunk) = after.get(..size) else { break };
        if size == 0 {
            break;
        }
        whole.push_str(chunk);
        rest = after.get(size + 2..).unwrap_or("");
    }
    whole
}
