//! As much of HTTP/1.1 as a server needs that must be able to break it.

use super::Misdeed;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const TRICKLE: Duration = Duration::from_millis(20);

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query, as it was sent.
    pub(crate) path: String,
    /// Names and values, decoded, in order.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    /// All values of a key of the query, in any case, as the real server takes them; lists may have commas.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let fits = self.query.iter().filter(|it| it.0.eq_ignore_ascii_case(name));
        fits.flat_map(|it| it.1.split(',')).filter(|it| !it.is_empty()).collect()
    }

    /// Path and query.
    pub(crate) fn target(&self) -> String {
        let query: Vec<String> = self.query.iter().map(|(k, v)| format!("{k}={v}")).collect();
        if query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, query.join("&"))
        }
    }
}

/// One connection.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Wire {
        stream.set_nodelay(true).expect("a socket");
        Wire { stream: BufReader::new(stream) }
    }

    /// The next request; `None` where the other side is done.
    pub(crate) fn request(&mut self) -> Option<Request> {
        let first = self.line()?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let pairs = query.split('&').filter(|it| !it.is_empty());
        let query = pairs.map(|it| {
            let (name, value) = it.split_once('=').unwrap_or((it, ""));
            (form_decoded(name), form_decoded(value))
        });
        let mut request = Request {
            method,
            path: path.to_owned(),
            query: query.collect(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = request.header("content-length").map_or(0, |it| it.parse().expect("a number"));
        request.body = vec![0; length];
        self.stream.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    /// A whole answer; `headers` end each with a line break.
    pub(crate) fn answer(&mut self, status: u16, headers: &str, body: &[u8]) -> io::Result<()> {
        self.head(status, headers, Some(body.len()))?;
        self.send(body)
    }

    /// Does wrong, and closes.
    pub(crate) fn misbehave(&mut self, misdeed: &Misdeed) -> io::Result<()> {
        let body = br#"{"Items":[],"TotalRecordCount":0,"StartIndex":0,"Version":"10.11.11"}"#;
        match misdeed {
            Misdeed::Hangs => self.stream.read(&mut [0; 1]).map(drop),
            Misdeed::Garbage => self.answer(200, "", &body[..body.len() / 2]),
            Misdeed::WebPage => self.answer(200, "", b"<!DOCTYPE html><title>Sign in</title>"),
            Misdeed::Huge => {
                self.head(200, "", None)?;
                let piece = [b'['; 0x1000];
                loop {
                    self.send(b"1000\r\n")?;
                    self.send(&piece)?;
                    self.send(b"\r\n")?;
                }
            }
            Misdeed::Trickles => {
                self.head(200, "", None)?;
                loop {
                    self.send(b"1\r\n \r\n")?;
                    std::thread::park_timeout(TRICKLE);
                }
            }
            Misdeed::ClosesHalfWay => {
                self.head(200, "", Some(body.len()))?;
                self.send(&body[..body.len() / 2])
            }
            Misdeed::LongLength => {
                self.head(200, "", Some(body.len() * 2))?;
                self.send(body)
            }
            Misdeed::ShortLength => {
                self.head(200, "", Some(body.len() - 5))?;
                self.send(body)
            }
            Misdeed::Fails(status) => self.answer(*status, "", b"Error processing request."),
            Misdeed::Emby => {
                self.answer(200, "", br#"{"Version":"4.9.1","ServerName":"nas","Id":"1"}"#)
            }
            Misdeed::Redirects(to) => self.answer(302, &format!("Location: {to}\r\n"), b""),
        }
    }

    fn head(&mut self, status: u16, headers: &str, length: Option<usize>) -> io::Result<()> {
        let length = length
            .map_or("Transfer-Encoding: chunked".to_owned(), |it| format!("Content-Length: {it}"));
        self.send(format!("HTTP/1.1 {status} Said\r\n{headers}{length}\r\n\r\n").as_bytes())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let socket = self.stream.get_mut();
        socket.write_all(bytes)?;
        socket.flush()
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }
}

/// As a form's value is decoded, and as Jellyfin decodes the parts of `Authorization`: `+` is a space.
pub(crate) fn form_decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}
