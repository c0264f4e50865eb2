//! What comes back: a stream of events, or one document from servers that know no streams.

use super::super::http::{BROKE_OFF, Body, Refusal, Server, again, unreadable};
use super::super::sse::{Events, without_mark};
use super::Usage;
use crate::domain::translate::talk::Reply;
use serde_json::Value;

/// The event after the last one.
const DONE: &str = "[DONE]";
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heard {
    pub(super) reply: Reply,
    pub(super) usage: Usage,
    /// The model thought before it answered, in a field of its own.
    pub(super) thought: bool,
}

impl Heard {
    /// True where it ended because it got too long.
    pub(super) fn is_cut(&self) -> bool {
        matches!(self.reply, Reply::Text { cut: true, .. })
    }
}

/// Reads an answer to its end.
pub(super) fn hear(mut body: Body<'_>, server: &Server) -> Result<Heard, Refusal> {
    let mut ear = Ear::default();
    while !ear.told.done {
        match body.next() {
            Ok(part) if part.is_empty() => break,
            Ok(part) => ear.push(&part).map_err(|it| it.refusal(server))?,
            // Only the word that it is over is missing.
            Err(_) if ear.told.finish.is_some() => break,
            Err(miss) => return Err(miss.into()),
        }
    }
    ear.end().map_err(|it| it.refusal(server))
}

/// Why an answer is none.
#[derive(Clone, Debug, PartialEq)]
enum Wrong {
    /// An error object instead of it, or in the middle of it.
    Error(Value),
    /// It is of no form that is known.
    Unreadable(Vec<u8>),
    /// It has no end.
    Broken,
}

impl Wrong {
    fn refusal(self, server: &Server) -> Refusal {
        match self {
            Wrong::Error(error) => server.problem(&error).into(),
            Wrong::Unreadable(bytes) => unreadable(&bytes, server.key()),
            Wrong::Broken => again(BROKE_OFF).into(),
        }
    }
}

/// Takes in an answer that comes in chunks.
#[derive(Default)]
struct Ear {
    form: Form,
    told: Told,
}

/// How the answer comes, which its first character tells: not all servers tell it truly in their headers.
enum Form {
    /// Nothing but white space so far: some servers send empty lines while a request waits (DeepSeek).
    Unknown(Vec<u8>),
    Events(Events),
    Whole(Vec<u8>),
}

impl Default for Form {
    fn default() -> Form {
        Form::Unknown(Vec::new())
    }
}

impl Ear {
    fn push(&mut self, chunk: &[u8]) -> Result<(), Wrong> {
        match &mut self.form {
            Form::Unknown(seen) => {
                seen.extend(chunk);
                let text = without_mark(seen).trim_ascii_start();
                if text.is_empty() || MARK.starts_with(text) {
                    return Ok(());
                }
                let seen = std::mem::take(seen);
                if matches!(without_mark(&seen).trim_ascii_start(), [b'{' | b'[' | b'<', ..]) {
                    self.form = Form::Whole(seen);
                    return Ok(());
                }
                let mut events = Events::default();
                let data = events.push(&seen);
                self.form = Form::Events(events);
                self.told.all(&data)
            }
            Form::Events(events) => {
                let data = events.push(chunk);
                self.told.all(&data)
            }
            Form::Whole(seen) => {
                seen.extend(chunk);
                Ok(())
            }
        }
    }

    fn end(self) -> Result<Heard, Wrong> {
        let in_pieces = matches!(self.form, Form::Events(_));
        let mut told = self.told;
        match self.form {
            Form::Unknown(_) => return Err(Wrong::Broken),
            Form::Events(events) if !told.is_over() => {
                let rest: Vec<String> = events.end().into_iter().collect();
                told.all(&rest)?;
            }
            Form::Events(_) => (),
            Form::Whole(bytes) => {
                let value = serde_json::from_slice::<Value>(without_mark(&bytes));
                told.take(&value.map_err(|_| Wrong::Unreadable(bytes))?)?;
                // A document that is whole is over.
                told.done = told.chosen;
            }
        }
        if told.is_over() { Ok(told.into_heard(in_pieces)) } else { Err(Wrong::Broken) }
    }
}

/// What was told so far.
#[derive(Default)]
struct Told {
    text: String,
    finish: Option<String>,
    /// There was a choice, were it an empty one.
    chosen: bool,
    refused: bool,
    thought: bool,
    usage: Usage,
    done: bool,
}

impl Told {
    /// Takes the data of events.
    fn all(&mut self, events: &[String]) -> Result<(), Wrong> {
        for data in events {
            if data.trim() == DONE {
                self.done = true;
            }
            if self.done || data.trim().is_empty() {
                continue;
            }
            let value = serde_json::from_str(data).map_err(|_| Wrong::Broken)?;
            self.take(&value)?;
        }
        Ok(())
    }

    /// Takes a piece of an answer, or all of one.
    fn take(&mut self, value: &Value) -> Result<(), Wrong> {
        let error = value.get("error").is_some_and(|it| !it.is_null());
        let named = |name| value.get(name).and_then(Value::as_str) == Some("error");
        if error || named("object") || named("type") || value.is_array() {
            return Err(Wrong::Error(value.clone()));
        }
        if let Some(usage) = value.get("usage").filter(|it| it.is_object()) {
            self.usage = counted(usage);
        }
        // The piece that counts tokens has an empty list.
        let Some(choice) = value.get("choices").and_then(|it| it.get(0)) else { return Ok(()) };
        self.chosen = true;
        if let Some(finish) = choice.get("finish_reason").and_then(Value::as_str) {
            self.finish = Some(finish.to_owned());
        }
        let Some(said) = choice.get("delta").or_else(|| choice.get("message")) else {
            return Ok(());
        };
        let has =
            |name: &str| said.get(name).and_then(Value::as_str).is_some_and(|it| !it.is_empty());
        self.refused |= has("refusal");
        self.thought |= has("reasoning_content") || has("reasoning");
        match said.get("content") {
            Some(Value::String(text)) => self.text.push_str(text),
            // In parts, of which some may be thoughts (Mistral).
            Some(Value::Array(parts)) => {
                let texts = parts.iter().filter_map(|it| it.get("text").and_then(Value::as_str));
                self.text.extend(texts);
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => (),
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.done || self.finish.is_some()
    }

    fn into_heard(self, in_pieces: bool) -> Heard {
        let finish = self.finish.as_deref().unwrap_or_default();
        // A stream that is over and does not say why may be over too soon: half a line looks like one.
        let unsaid = in_pieces && finish.is_empty() && !self.text.is_empty();
        let reply = if self.refused || finish == "content_filter" {
            Reply::Refused
        } else {
            Reply::Text { text: self.text, cut: finish == "length" || unsaid }
        };
        Heard { reply, usage: self.usage, thought: self.thought }
    }
}

/// The count of tokens; DeepSeek has its own name for those in the cache.
fn counted(usage: &Value) -> Usage {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64);
    let cached = count("/prompt_tokens_details/cached_tokens");
    Usage {
        prompt_tokens: count("/prompt_tokens").unwrap_or(0),
        cached_tokens: cached.or_else(|| count("/prompt_cache_hit_tokens")).unwrap_or(0),
        answer_tokens: count("/completion_tokens").unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hear(chunks: &[&[u8]]) -> Result<Heard, Wrong> {
        let mut ear = Ear::default();
        for chunk in chunks {
            ear.push(chunk)?;
        }
        ear.end()
    }

    fn text(text: &str, cut: bool) -> Reply {
        Reply::Text { text: text.to_owned(), cut }
    }

    fn piece(content: &str, finish: &str) -> String {
        format!(
            r#"{{"choices":[{{"index":0,"delta":{{"content":{content}}},"finish_reason":{finish}}}]}}"#
        )
    }

    #[test]
    fn streams_with_habits_are_understood() {
        let (a, b) = (piece(r#""早""#, "null"), piece(r#""上""#, r#""stop""#));
        let first = piece("null", "null");
        let said = |stream: &str| hear(&[stream.as_bytes()]).map(|it| it.reply);
        for stream in [
            format!("data: {first}\n\ndata: {a}\n\ndata: {b}\n\ndata: [DONE]\n\n"),
            format!("\u{feff}data:{a}\r\n\r\ndata:{b}\r\n\r\ndata: [DONE]"),
            format!(": keep-alive\n\n\n\n: keep-alive\n\ndata: {a}\n\ndata: {b}\n\n"),
            format!("data: {a}\n\ndata: {b}\n\ndata: [DONE]\n\ndata: {b}\n\n"),
            format!("event: message\ndata: {a}\n\ndata: {b}"),
        ] {
            assert_eq!(said(&stream), Ok(text("早上", false)), "{stream}");
        }
        let cut = piece(r#""x""#, r#""length""#);
        assert_eq!(said(&format!("data: {cut}\n\n")), Ok(text("x", true)));
        let filtered = piece("null", r#""content_filter""#);
        assert_eq!(said(&format!("data: {filtered}\n\n")), Ok(Reply::Refused));
        let refused = r#"{"choices":[{"delta":{"refusal":"I can't"},"finish_reason":"stop"}]}"#;
        assert_eq!(said(&format!("data: {refused}\n\n")), Ok(Reply::Refused));
        assert_eq!(said("data: [DONE]\n\n"), Ok(text("", false)));
        let unsaid = piece(r#""He""#, "null");
        assert_eq!(said(&format!("data: {unsaid}\n\ndata: [DONE]\n\n")), Ok(text("He", true)));
    }

    #[test]
    fn what_has_no_end_is_broken_off() {
        let a = piece(r#""x""#, "null");
        for stream in [
            String::new(),
            "\n\n\n".to_owned(),
            ": keep-alive\n\n".to_owned(),
            format!("data: {a}\n\n"),
            format!("data: {a}\n\ndata: {{\"cho"),
            "data: not JSON\n\n".to_owned(),
        ] {
            assert_eq!(hear(&[stream.as_bytes()]), Err(Wrong::Broken), "{stream:?}");
        }
        for whole in ["{\"choices\": [", "<html>"] {
            let bytes = whole.as_bytes().to_vec();
            assert_eq!(hear(&[whole.as_bytes()]), Err(Wrong::Unreadable(bytes)));
        }
    }

    #[test]
    fn a_document_instead_of_a_stream_is_understood() {
        let whole = r#"{"choices":[{"message":{"role":"assistant","content":"x"},
            "finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2,
            "prompt_tokens_details":{"cached_tokens":5}}}"#;
        let usage = Usage { prompt_tokens: 7, cached_tokens: 5, answer_tokens: 2 };
        for before in ["", "\u{feff}", "\n\n \r\n", "\n"] {
            let heard = hear(&[before.as_bytes(), whole.as_bytes()]);
            let expected = Heard { reply: text("x", false), usage, thought: false };
            assert_eq!(heard, Ok(expected), "{before:?}");
        }
        assert_eq!(hear(&[br#"{"choices":[]}"#]), Err(Wrong::Broken));
        let parts = br#"{"choices":[{"message":{"content":[{"type":"text","text":"x"}]}}]}"#;
        assert_eq!(hear(&[parts]).map(|it| it.reply), Ok(text("x", false)));
    }

    #[test]
    fn tokens_are_counted_and_thoughts_noticed_but_not_told() {
        let stream = r#"data: {"choices":[{"delta":{"reasoning_content":"hm"}}],"usage":null}

data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}

data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"prompt_cache_hit_tokens":8}}

data: [DONE]

"#;
        let usage = Usage { prompt_tokens: 9, cached_tokens: 8, answer_tokens: 4 };
        let expected = Heard { reply: text("x", false), usage, thought: true };
        assert_eq!(hear(&[stream.as_bytes()]), Ok(expected));
    }

    #[test]
    fn errors_within_a_stream_are_errors() {
        let a = piece(r#""x""#, "null");
        for error in [
            r#"{"error":{"message":"overloaded","code":503}}"#,
            r#"{"error":"overloaded"}"#,
            r#"{"object":"error","message":"overloaded"}"#,
            r#"{"type":"error","message":"overloaded"}"#,
        ] {
            let value = serde_json::from_str(error).expect("JSON");
            let heard = hear(&[format!("data: {a}\n\ndata: {error}\n\n").as_bytes()]);
            assert_eq!(heard, Err(Wrong::Error(value)));
        }
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_answer(
            start in prop::sample::select(vec!["", "\u{feff}", "\n\n", ": keep-alive\r\n\r\n"]),
            words in prop::collection::vec("[a-z早é\"\\\\\n]{0,6}", 0..6),
            whole in any::<bool>(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let said = |it: &str| serde_json::to_string(it).expect("JSON");
            let stream = if whole {
                let said = said(&words.concat());
                format!("{start}{{\"choices\":[{{\"message\":{{\"content\":{said}}}}}]}}")
            } else {
                let events = words.iter().map(|it| piece(&said(it), "null"));
                let events: String = events.map(|it| format!("data: {it}\r\n\r\n")).collect();
                format!("{start}{events}data: [DONE]\r\n\r\n")
            };
            prop_assume!(!(whole && start.starts_with(':')));
            let stream = stream.into_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|it| it.index(stream.len() + 1)).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([stream.len()]) {
                chunks.push(&stream[from..cut]);
                from = cut;
            }
            // A stream that does not say why it ended is taken for one that was cut.
            let cut = !whole && !words.concat().is_empty();
            prop_assert_eq!(hear(&chunks).map(|it| it.reply), Ok(text(&words.concat(), cut)));
        }
    }
}
