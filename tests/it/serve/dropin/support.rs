//! Clients that send files.

pub(super) use super::super::support::*;
pub(super) use crate::support::forms::{BOUNDARY, end, form, part_head};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A client waits for what is heard as long as it takes, on a machine that has other work too.
pub(super) const HEARD_WITHIN: Duration = Duration::from_secs(600);

/// What came back.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Told {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|err| panic!("{err}: {self:?}"))
    }
}

/// The head of a form that is about to be sent.
pub(super) fn head_of(path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Subliminal/2\r\nConnection: close\r\n\
         Content-Length: {length}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
}

/// Sends a form and does not wait for its answer.
pub(super) fn send(addr: SocketAddr, path: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(HEARD_WITHIN)).unwrap();
    stream.write_all(head_of(path, body.len()).as_bytes()).unwrap();
    // Who is refused early may be cut off while it still sends.
    let _ = stream.write_all(body);
    stream
}

/// The answer, to the end of the connection.
pub(super) fn told(mut stream: TcpStream) -> Told {
    let mut bytes = Vec::new();
    // A reset after the answer is how a server ends what it does not want to read.
    let read = stream.read_to_end(&mut bytes);
    let answer = String::from_utf8(bytes).unwrap_or_else(|err| panic!("{read:?}: {err}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
    Told { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Sends a form and waits for its answer.
pub(super) fn post(daemon: &Daemon, path: &str, body: &[u8]) -> Told {
    told(send(daemon.addr, path, body))
}

/// What is said in the sample as raw sound, as Bazarr makes it: `filter` is one of FFmpeg's.
pub(super) fn raw(filter: &str) -> Vec<u8> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/jfk.wav");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(sample)
        .args(["-t", "4.5", "-f", "s16le", "-acodec", "pcm_s16le", "-ac", "1", "-ar", "16000"])
        .args(["-af", &format!("aresample=async=1{filter}"), "-"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    made.stdout
}

/// Raw sound in the form that Bazarr sends.
pub(super) fn bazarrs(raw: &[u8]) -> Vec<u8> {
    form(&[("audio_file", Some("audio_file"), raw)])
}

/// Files below the folder of uploads, by their paths in it.
pub(super) fn kept(house: &House) -> Vec<String> {
    let shelf = house.aside("data/uploads");
    let mut names = Vec::new();
    let mut folders = vec![shelf.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|it| it != ".nomedia") {
                names.push(path.strip_prefix(&shelf).unwrap().display().to_string());
            }
        }
    }
    names.sort();
    names
}

/// Pauses or resumes the processor.
pub(super) fn cpu(daemon: &Daemon, act: &str) {
    assert_eq!(daemon.ask("POST", &format!("/api/v1/workers/cpu/{act}"), "").0, 204);
}
