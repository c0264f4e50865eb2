//! A server that takes messages as ntfy's documentation says, or as any webhook, and misbehaves when it is told to.

use serde_json::json;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// ntfy takes no longer message; it makes a file of it.
const MESSAGE_BYTES_MAX: usize = 4096;

/// What is done with a request instead of what is right.
#[derive(Clone, Debug)]
pub(crate) enum Misdeed {
    /// This status, with these headers and this body.
    Answer(u16, &'static str, String),
    /// Says nothing, until the double ends.
    Hangs,
    /// Closes the connection.
    Closes,
    /// A refusal whose body never ends.
    Endless,
    /// Refuses, and repeats everything it was sent.
    Repeats,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    head: String,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }
}

#[derive(Default)]
struct State {
    key: Option<String>,
    /// For the next requests, one each.
    misdeeds: VecDeque<Misdeed>,
    /// For all others.
    always: Option<Misdeed>,
    taken: Vec<Sent>,
    all: Vec<Sent>,
    hanging: Vec<TcpStream>,
}

/// The double; it ends with the test.
pub(crate) struct Ntfy {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Ntfy {
    /// One that wants this key, or none.
    pub(crate) fn start(key: Option<&str>) -> Ntfy {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", door.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { key: key.map(str::to_owned), ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in door.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Ntfy { url, state }
    }

    /// What it does with the next requests, one each.
    pub(crate) fn misbehave(&self, misdeeds: impl IntoIterator<Item = Misdeed>) {
        self.state.lock().unwrap().misdeeds.extend(misdeeds);
    }

    /// What it does with all requests from now on.
    pub(crate) fn always(&self, misdeed: Option<Misdeed>) {
        self.state.lock().unwrap().always = misdeed;
    }

    /// Messages that it took.
    pub(crate) fn taken(&self) -> Vec<Sent> {
        self.state.lock().unwrap().taken.clone()
    }

    /// Everything that came.
    pub(crate) fn all(&self) -> Vec<Sent> {
        self.state.lock().unwrap().all.clone()
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(sent) = request(&mut reader) {
        let misdeed = {
            let mut state = state.lock().unwrap();
            state.all.push(sent.clone());
            let next = state.misdeeds.pop_front();
            next.or_else(|| state.always.clone())
        };
        let (status, headers, body) = match misdeed {
            None => {
                let mut state = state.lock().unwrap();
                let (status, body) = judge(&sent, state.key.as_deref());
                if status == 200 {
                    state.taken.push(sent);
                }
                (status, "", body)
            }
            Some(Misdeed::Answer(status, headers, body)) => (status, headers, body),
            Some(Misdeed::Repeats) => {
                let all = format!("{}\n{}", sent.head, sent.body);
                (403, "", json!({"error": all, "message": all}).to_string())
            }
            Some(Misdeed::Closes) => {
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
            Some(Misdeed::Hangs) => {
                state.lock().unwrap().hanging.push(stream);
                return;
            }
            Some(Misdeed::Endless) => {
                let mut stream = stream;
                let _ = stream.write_all(b"HTTP/1.1 403 No\r\nContent-Length: 99999999999\r\n\r\n");
                while stream.write_all(&[b'x'; 65536]).is_ok() {}
                return;
            }
        };
        let head =
            format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
        if (&stream).write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<Sent> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|it| it.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|it| it.0 == "content-length").map_or("0", |it| &it.1);
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    Some(Sent { method, path, headers, body, head })
}

/// What ntfy says to a message (docs.ntfy.sh/publish).
fn judge(sent: &Sent, key: Option<&str>) -> (u16, String) {
    let refused = |status: u16, code: u32, error: &str| {
        (status, json!({"code": code, "http": status, "error": error}).to_string())
    };
    if sent.method != "POST" && sent.method != "PUT" {
        return refused(404, 40401, "page not found");
    }
    let topic = sent.path.trim_start_matches('/').split('?').next().unwrap_or_default();
    let is_letter = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    if topic.is_empty() || 64 < topic.len() || !topic.chars().all(is_letter) {
        return refused(400, 40009, "invalid request: topic invalid");
    }
    if let Some(key) = key
        && sent.header("authorization") != Some(&format!("Bearer {key}"))
    {
        return refused(403, 40301, "forbidden");
    }
    if let Some(priority) = sent.header("priority")
        && !["1", "2", "3", "4", "5"].contains(&priority)
    {
        return refused(400, 40007, "invalid request: priority invalid");
    }
    if MESSAGE_BYTES_MAX < sent.body.len() {
        return refused(400, 40014, "invalid request: attachments not allowed");
    }
    (200, json!({"id": "x", "event": "message", "topic": topic, "message": sent.body}).to_string())
}
