//! As much of HTTP/1.1 as a server needs that must be able to break it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What is sent in one piece: small and odd, so that letters of several bytes are torn.
const PIECE_BYTES: usize = 37;
/// Pause between the bytes of an answer that trickles.
const TRICKLE: Duration = Duration::from_millis(2);
/// Pieces of an answer that trickles, at most.
const TRICKLES_MAX: usize = 60;

/// A request as it came.
#[derive(Debug)]
pub(crate) struct HttpRequest {
    /// `GET` or `POST`.
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    /// The value of `authorization`.
    pub(crate) authorization: Option<String>,
    /// All of it.
    pub(crate) body: String,
}

/// How the bytes of an answer go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// In small pieces, then the end.
    Whole,
    /// Half of them, then the connection is closed in the middle of a piece.
    Torn,
    /// Slowly.
    Trickling,
}

/// One connection.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
    over: bool,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Wire {
        stream.set_nodelay(true).expect("a socket");
        Wire { stream: BufReader::new(stream), over: false }
    }

    /// The next request; `None` where the other side is done.
    pub(crate) fn request(&mut self) -> Option<HttpRequest> {
        let first = self.line()?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let path = target.split('?').next()?.to_owned();
        let (mut length, mut authorization) = (0, None);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().expect("a number"),
                "authorization" => authorization = Some(value.trim().to_owned()),
                "transfer-encoding" => panic!("this server reads only bodies of a known length"),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).expect("UTF-8");
        Some(HttpRequest { method, path, authorization, body })
    }

    /// A whole answer; `headers` end each with a line break.
    pub(crate) fn answer(&mut self, status: &str, headers: &str, body: &str) -> io::Result<()> {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
        let socket = self.stream.get_mut();
        socket.write_all(head.as_bytes())?;
        socket.write_all(body.as_bytes())?;
        socket.flush()
    }

    /// An answer whose length is not told before.
    pub(crate) fn stream(&mut self, kind: &str, body: &str, flow: Flow) -> io::Result<()> {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        let socket = self.stream.get_mut();
        socket.write_all(head.as_bytes())?;
        let body = body.as_bytes();
        let (sent, piece) = match flow {
            Flow::Whole => (body.len(), PIECE_BYTES),
            Flow::Torn => (body.len() / 2, PIECE_BYTES),
            Flow::Trickling => (body.len(), body.len().div_ceil(TRICKLES_MAX).max(1)),
        };
        for piece in body[..sent].chunks(piece) {
            socket.write_all(format!("{:x}\r\n", piece.len()).as_bytes())?;
            socket.write_all(piece)?;
            socket.write_all(b"\r\n")?;
            if flow == Flow::Trickling {
                std::thread::park_timeout(TRICKLE);
            }
        }
        // A piece of 64 bytes is announced, and only some of it comes.
        let end: &[u8] = if flow == Flow::Torn { b"40\r\ndata: " } else { b"0\r\n\r\n" };
        socket.write_all(end)?;
        socket.flush()
    }

    /// No other request is read from this connection.
    pub(crate) fn ends(&mut self) {
        self.over = true;
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Waits until the other side gives up.
    pub(crate) fn wait_for_end(&mut self) {
        let _ = self.stream.read(&mut [0; 1]);
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }
}
