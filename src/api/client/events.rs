//! A stream of events, as a client reads it.

use super::Client;
use crate::api::daemon::PushedEvent;
use crate::base::clock::Stopwatch;
use crate::domain::fault::Fault;
use reqwest::blocking::Response;
use reqwest::header::ACCEPT;
use std::io::{self, BufRead, BufReader, Read};
use std::time::Duration;

/// After so many bytes a line is no event.
const LINE_BYTES_MAX: usize = 1024 * 1024;
/// How long a stream may say nothing: three heartbeats.
const SILENCE_MAX: Duration = Duration::from_secs(45);

/// Events as they come, from the moment this was opened, or from the event on that was named. Where it breaks off, it
/// is opened again with [`Events::position`]: whoever comes back with that misses nothing, or is told to read
/// everything again.
#[derive(Debug)]
pub struct Events {
    lines: BufReader<Response>,
    /// A line that has not come to its end.
    begun: Vec<u8>,
    frames: Frames,
    silent: Stopwatch,
}

impl Client {
    /// Opens the stream of what happens from now on, or after the event of that id.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where too many watch already.
    pub fn events(&self, after: Option<String>) -> Result<Events, Fault> {
        let mut request = self.streams.get(self.url(&["api", "v1", "events"])?);
        request = request.header(ACCEPT, "text/event-stream");
        if let Some(id) = &after {
            request = request.header("Last-Event-ID", id);
        }
        let lines = BufReader::new(self.send(request)?);
        let frames = Frames { id: after, ..Frames::default() };
        Ok(Events { lines, begun: Vec::new(), frames, silent: Stopwatch::start() })
    }
}

impl Events {
    /// The next event; `None` where none came for a moment, so that the caller may look whether it should end.
    ///
    /// # Errors
    /// Where the stream broke off, fell silent, or is none.
    pub fn next_event(&mut self) -> Result<Option<PushedEvent>, Fault> {
        loop {
            let room = LINE_BYTES_MAX.saturating_sub(self.begun.len());
            let mut line = self.lines.by_ref().take(room as u64);
            let before = self.begun.len();
            let read = line.read_until(b'\n', &mut self.begun);
            if before < self.begun.len() {
                self.silent = Stopwatch::start();
            }
            match read {
                Ok(_) if self.begun.ends_with(b"\n") => {}
                // The end of the stream, or a line that never ends.
                Ok(_) => return Err(broken()),
                Err(err) if is_timeout(&err) && self.silent.elapsed() < SILENCE_MAX => {
                    return Ok(None);
                }
                Err(_) => return Err(broken()),
            }
            let line = String::from_utf8_lossy(&self.begun).into_owned();
            self.begun.clear();
            if let Some(event) = self.frames.line(line.trim_end_matches(['\r', '\n'])) {
                return Ok(Some(event));
            }
        }
    }

    /// What to come back with; `None` where nothing was told yet.
    pub fn position(&self) -> Option<&str> {
        self.frames.id.as_deref()
    }
}

fn broken() -> Fault {
    Fault::transient("the stream of events broke off", "it is opened again by itself")
}

/// The blocking reader gives up waiting after a moment, and loses nothing by that.
fn is_timeout(err: &io::Error) -> bool {
    let inner = err.get_ref().and_then(|it| it.downcast_ref::<reqwest::Error>());
    inner.is_some_and(reqwest::Error::is_timeout)
}

/// Puts the lines of a stream together.
#[derive(Debug, Default)]
struct Frames {
    /// Of the last whole event.
    id: Option<String>,
    next_id: Option<String>,
    data: String,
}

impl Frames {
    /// Takes a line; an event where it was the last one of it. What a newer daemon may say besides is passed over.
    fn line(&mut self, line: &str) -> Option<PushedEvent> {
        if line.is_empty() {
            self.id = self.next_id.take().or(self.id.take());
            return serde_json::from_str(&std::mem::take(&mut self.data)).ok();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.next_id = Some(value.to_owned()),
            // Lines of one event, each bounded, and all of them as well.
            "data" if self.data.len() + value.len() <= LINE_BYTES_MAX => self.data.push_str(value),
            _ => (),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_make_events() {
        let mut frames = Frames::default();
        let mut seen = Vec::new();
        let stream = "retry: 10\nid: 1-1\n\n: comment\n\nid: 1-2\nevent: reset\ndata: {\"kind\":\n\
                      data:\"reset\"}\n\nid: 1-3\nevent: new\ndata: {\"kind\":\"new\"}\n\nid: 1-4\nnonsense";
        for line in stream.split('\n') {
            seen.extend(frames.line(line));
        }
        assert_eq!(seen, [PushedEvent::Reset]);
        assert_eq!(frames.id.as_deref(), Some("1-3"));
    }
}
