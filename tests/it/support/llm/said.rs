//! An answer as each protocol says it.

use super::asked::{Api, Asked, Form, Told};
use super::tongue;
use super::wire::Flow;
use serde_json::{Value, json};
use std::fmt::Write;

/// Words of a source that are echoed.
const ECHO_WORDS: usize = 4;
/// Characters of a delta: some letters, as servers send them.
const DELTA_CHARS: usize = 9;
/// Not a real time: answers are the same every time.
const CREATED_S: u64 = 1_700_000_000;

/// A number with a source and what is said for it; where one moves the other moves with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    /// Where it stands.
    pub(crate) number: u16,
    /// What is echoed.
    pub(crate) source: String,
    /// What is said.
    pub(crate) target: String,
}

impl Pair {
    pub(crate) fn new(number: u16, source: &str, target: &str) -> Pair {
        Pair { number, source: source.to_owned(), target: target.to_owned() }
    }

    /// With the right translation.
    pub(crate) fn of(number: u16, source: &str) -> Pair {
        Pair::new(number, source, &tongue::translate(source))
    }
}

/// What a server does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// It answers.
    Says(Said),
    /// It answers with a status.
    Fails(Fault),
    /// Nothing, until the client gives up.
    Hangs,
    /// It resets the connection.
    Resets,
    /// It resets the connection, and takes no other until [`Server::wakes`](super::Server::wakes).
    Refuses,
}

/// A status that is not 200.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) status: &'static str,
    /// Each with its line break.
    pub(crate) headers: &'static str,
    pub(crate) body: String,
}

impl Fault {
    pub(crate) fn new(status: &'static str, headers: &'static str, body: String) -> Fault {
        Fault { status, headers, body }
    }
}

/// Why an answer ended, as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It was done.
    Stop,
    /// It was too long.
    Length,
    /// A filter ended it.
    Filter,
    /// Nobody says.
    Unsaid,
}

impl End {
    fn word(self) -> Option<&'static str> {
        match self {
            End::Stop => Some("stop"),
            End::Length => Some("length"),
            End::Filter => Some("content_filter"),
            End::Unsaid => None,
        }
    }
}

/// What stands between the pieces of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noise {
    /// Nothing.
    None,
    /// Comments and blank lines.
    Comments,
    /// An error, and then no more.
    Error,
    /// The cost, before its time.
    UsageTwice,
}

/// An answer of status 200.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// The text; `None` for `null`.
    pub(crate) text: Option<String>,
    /// Thoughts beside it.
    pub(crate) thoughts: Option<String>,
    pub(crate) end: End,
    pub(crate) flow: Flow,
    pub(crate) noise: Noise,
}

impl Said {
    /// These lines in the shape that was asked for.
    pub(crate) fn new(asked: &Asked, pairs: &[Pair]) -> Said {
        let text = Some(in_shape(asked, pairs));
        Said { text, thoughts: None, end: End::Stop, flow: Flow::Whole, noise: Noise::None }
    }

    /// The type and the bytes of a whole answer.
    pub(crate) fn whole(&self, asked: &Asked, usage: Usage) -> String {
        let text = self.text.as_deref();
        match asked.api {
            Api::OpenAi => {
                let mut message = json!({"role": "assistant", "content": text, "refusal": null});
                if let Some(thoughts) = &self.thoughts {
                    message["reasoning_content"] = json!(thoughts);
                }
                let choice = json!({
                    "index": 0, "message": message, "logprobs": null,
                    "finish_reason": self.end.word(),
                });
                json!({
                    "id": "chatcmpl-1", "object": "chat.completion", "created": CREATED_S,
                    "model": MODEL, "choices": [choice], "usage": usage.openai(),
                })
                .to_string()
            }
            Api::Ollama => self.ollama(text.unwrap_or_default(), Some(usage)).to_string(),
        }
    }

    /// The bytes of an answer that comes in pieces.
    pub(crate) fn streamed(&self, asked: &Asked, usage: Usage) -> (&'static str, String) {
        match asked.api {
            Api::OpenAi => ("text/event-stream", self.events(usage)),
            Api::Ollama => ("application/x-ndjson", self.rows(usage)),
        }
    }

    fn deltas(&self) -> Vec<String> {
        let signs: Vec<char> = self.text.as_deref().unwrap_or_default().chars().collect();
        signs.chunks(DELTA_CHARS).map(|it| it.iter().collect()).collect()
    }

    fn events(&self, usage: Usage) -> String {
        let mut out = String::new();
        let chunk = |delta: Value, end: Option<&str>| {
            json!({
                "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": CREATED_S,
                "model": MODEL,
                "choices": [{"index": 0, "delta": delta, "finish_reason": end, "logprobs": null}],
            })
        };
        let cost = json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": CREATED_S,
            "model": MODEL, "choices": [], "usage": usage.openai(),
        });
        let mut event = |data: &Value| {
            if self.noise == Noise::Comments {
                out.push_str(": keep-alive\n\n\n");
            }
            let _ = write!(out, "data: {data}\n\n");
        };
        event(&chunk(json!({"role": "assistant", "content": null}), None));
        if let Some(thoughts) = &self.thoughts {
            event(&chunk(json!({ "reasoning_content": thoughts }), None));
        }
        let deltas = self.deltas();
        for (at, delta) in deltas.iter().enumerate() {
            if at == deltas.len() / 2 && self.noise == Noise::Error {
                event(&json!({"error": {"message": "the model runner has stopped", "code": 500}}));
                return out;
            }
            if at == deltas.len() / 2 && self.noise == Noise::UsageTwice {
                event(&cost);
            }
            event(&chunk(json!({ "content": delta }), None));
        }
        if let Some(word) = self.end.word() {
            event(&chunk(json!({}), Some(word)));
        }
        event(&cost);
        out.push_str("data: [DONE]\n\n");
        out
    }

    fn rows(&self, usage: Usage) -> String {
        let mut out = String::new();
        let mut row = |data: &Value| {
            if self.noise == Noise::Comments {
                out.push_str("\n\n");
            }
            let _ = writeln!(out, "{data}");
        };
        let deltas = self.deltas();
        for (at, delta) in deltas.iter().enumerate() {
            if at == deltas.len() / 2 && self.noise == Noise::Error {
                row(&json!({"error": "the model runner has stopped"}));
                return out;
            }
            row(&self.ollama(delta, None));
        }
        if self.end != End::Unsaid {
            row(&self.ollama("", Some(usage)));
        }
        out
    }

    /// One piece of Ollama's, the last one with what it cost.
    fn ollama(&self, text: &str, usage: Option<Usage>) -> Value {
        let mut row = json!({
            "model": MODEL, "created_at": "2026-01-01T00:00:00Z", "done": usage.is_some(),
            "message": {"role": "assistant", "content": text},
        });
        if let Some(thoughts) = &self.thoughts {
            row["message"]["thinking"] = json!(thoughts);
        }
        if let Some(usage) = usage {
            row["done_reason"] = json!(self.end.word());
            row["prompt_eval_count"] = json!(usage.sent);
            row["eval_count"] = json!(usage.answered);
            row["total_duration"] = json!(1_000_000);
        }
        row
    }
}

/// The name of the model.
pub(crate) const MODEL: &str = "scripted:1b";

/// What a request costs, tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// All that is sent.
    pub(crate) sent: usize,
    /// What of it began an earlier request, too.
    pub(crate) cached: usize,
    /// The answer.
    pub(crate) answered: usize,
}

impl Usage {
    fn openai(self) -> Value {
        json!({
            "prompt_tokens": self.sent, "completion_tokens": self.answered,
            "total_tokens": self.sent + self.answered,
            "prompt_tokens_details": {"cached_tokens": self.cached},
        })
    }
}

/// These lines in the shape that was asked for, and in the words it is told in.
fn in_shape(asked: &Asked, pairs: &[Pair]) -> String {
    let echo =
        |pair: &Pair| pair.source.split_whitespace().take(ECHO_WORDS).collect::<Vec<_>>().join(" ");
    let quoted = |text: &str| json!(text).to_string();
    let lines = |each: &dyn Fn(&Pair) -> String| {
        pairs.iter().map(|it| format!("{}: {}\n", it.number, each(it))).collect()
    };
    // By hand: a number may stand twice, and in any order.
    let object = |each: &dyn Fn(&Pair) -> String| {
        let fields = pairs.iter().map(|it| format!("\"{}\": {}", it.number, each(it)));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
    };
    match (asked.form, asked.told) {
        (Form::Plain, _) => pairs.first().map_or_else(String::new, |it| it.target.clone()),
        (Form::Terms, _) => json!({
            "synopsis": "Somebody looks for something.",
            "terms": [{"source": "Anna", "target": "Анна", "note": "a woman"}],
        })
        .to_string(),
        (Form::Numbered, Told::Nothing) => lines(&|it| it.target.clone()),
        (Form::Numbered, Told::Schema | Told::Object) => object(&|it| quoted(&it.target)),
        (Form::Echoed, Told::Nothing) => lines(&|it| format!("{} | {}", echo(it), it.target)),
        (Form::Echoed, Told::Schema | Told::Object) => {
            object(&|it| format!("{{\"s\": {}, \"t\": {}}}", quoted(&echo(it)), quoted(&it.target)))
        }
    }
}
