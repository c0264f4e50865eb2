//! Streams of text: lines as they come in chunks that may end anywhere, and the server-sent events made of them (HTML
//! standard, section 9.2).

/// Longer lines are cut off, which makes them no JSON.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Cuts bytes into lines, which end with LF, CRLF or CR. What is no UTF-8 in a whole line is replaced.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
    begun: bool,
    /// The last chunk ended with a CR: an LF at the start of the next one belongs to it.
    after_cr: bool,
}

impl Lines {
    /// Takes a chunk; gives the lines that are whole with it.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in chunk {
            let after_cr = std::mem::replace(&mut self.after_cr, *byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => lines.push(self.take()),
                _ if self.rest.len() < LINE_BYTES_MAX => self.rest.push(*byte),
                _ => (),
            }
        }
        lines
    }

    /// What stands behind the last line end; empty where nothing does.
    pub(super) fn end(mut self) -> String {
        self.take()
    }

    fn take(&mut self) -> String {
        let line = std::mem::take(&mut self.rest);
        let begun = std::mem::replace(&mut self.begun, true);
        let bytes = if begun { &line[..] } else { without_mark(&line) };
        String::from_utf8_lossy(bytes).into_owned()
    }
}

/// Without a byte order mark.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Makes events of a stream; of each only its data counts here.
#[derive(Debug, Default)]
pub(super) struct Events {
    lines: Lines,
    data: Option<String>,
}

impl Events {
    /// Takes a chunk; gives the data of the events that are whole with it.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Vec<String> {
        let mut events = Vec::new();
        for line in self.lines.push(chunk) {
            if line.is_empty() {
                events.extend(self.data.take());
            } else {
                take_line(&mut self.data, &line);
            }
        }
        events
    }

    /// An event that the stream did not end with an empty line. The standard drops it; some servers leave the last line
    /// end out, and what is half is no JSON anyway.
    pub(super) fn end(mut self) -> Option<String> {
        let line = self.lines.end();
        take_line(&mut self.data, &line);
        self.data
    }
}

fn take_line(data: &mut Option<String>, line: &str) {
    // Comments have no name before the colon; other fields tell nothing that is needed.
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    if name != "data" {
        return;
    }
    let value = value.strip_prefix(' ').unwrap_or(value);
    match data {
        Some(data) => {
            data.push('\n');
            data.push_str(value);
        }
        None => *data = Some(value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn events(chunks: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        let mut all: Vec<String> = chunks.iter().flat_map(|it| events.push(it)).collect();
        all.extend(events.end());
        all
    }

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut all: Vec<String> = chunks.iter().flat_map(|it| lines.push(it)).collect();
        all.push(lines.end());
        all
    }

    #[test]
    fn events_are_what_the_standard_says() {
        for (stream, expected) in [
            ("data: a\n\ndata: b\n\n", vec!["a", "b"]),
            ("data:a\r\n\r\ndata:  b\r\n\r\n", vec!["a", " b"]),
            ("data: a\r\rdata: b\r\r", vec!["a", "b"]),
            ("\u{feff}data: a\n\n", vec!["a"]),
            (": keep-alive\n\n: keep-alive\n\ndata: a\n\n", vec!["a"]),
            ("data: {\ndata: \"x\": 1}\n\n", vec!["{\n\"x\": 1}"]),
            ("data: {\r\ndata: }\r\n\r\n", vec!["{\n}"]),
            ("event: x\nid: 7\nretry: 3\ndata: a\n\n", vec!["a"]),
            ("data\n\n", vec![""]),
            ("datax: a\n\nevent: x\n\n\n\n", vec![]),
            ("data: [DONE]", vec!["[DONE]"]),
            ("data: a\n", vec!["a"]),
            ("", vec![]),
        ] {
            assert_eq!(events(&[stream.as_bytes()]), expected, "{stream:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        assert_eq!(events(&[b"data: a\xffb\n\n"]), ["a\u{fffd}b"]);
        assert_eq!(lines(&[b"\xef\xbb\xbfa\n\xef\xbb\xbfb"]), ["a", "\u{feff}b"]);
    }

    proptest! {
        /// Wherever chunks end, in a character, in CRLF, in the mark: the same comes out.
        #[test]
        fn any_chunking_gives_the_same(
            parts in prop::collection::vec(prop::sample::select(vec![
                "data: ", "data", ":", " ", "\r", "\n", "\r\n", "\n\n", "早上好", "é", "\u{feff}",
                "{\"a\": 1}", "[DONE]", ": keep-alive", "event: error",
            ]), 0..40),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let stream = parts.concat().into_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|it| it.index(stream.len() + 1)).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([stream.len()]) {
                chunks.push(&stream[from..cut]);
                from = cut;
            }
            prop_assert_eq!(events(&chunks), events(&[&stream]));
            prop_assert_eq!(lines(&chunks), lines(&[&stream]));
        }
    }
}
