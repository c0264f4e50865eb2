//! What a server that refuses means: its status and body, whichever of the many shapes they have, sorted by what helps.

use super::Secret;
use super::sse::without_mark;
use crate::base::text;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// Of a refusal's text; more is not quoted.
const TOLD_CHARS_MAX: usize = 200;
/// Of a refusal's text; more is not searched.
const TEXT_CHARS_MAX: usize = 4000;

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    /// The status; of an error within a stream, the one it stands for.
    pub(super) status: u16,
    /// In the server's words, on one line, without the key.
    text: String,
    /// Types, codes and the names of parameters, in lower case.
    code: String,
    /// When it says it may be asked again.
    pub(super) after: Option<Duration>,
    /// It is a page for people.
    page: bool,
}

/// What would help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Another key.
    Key,
    /// Money.
    Balance,
    /// Another model.
    Model,
    /// Another address.
    Address,
    /// A shorter request.
    Shorter,
    /// Nothing: a filter does not let it through.
    Filtered,
    /// A request without this part.
    Without(Part),
    /// To wait.
    Later,
    /// Not known: some part of the request, most likely.
    Unknown,
    /// Not known at all.
    Odd,
}

/// A part of a request that not every server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// How answers are constrained.
    Format,
    /// That tokens are counted in streams.
    StreamOptions,
    /// `max_tokens`, where newer servers want `max_completion_tokens`.
    MaxTokens,
    /// Other temperatures than the model's own.
    Temperature,
    /// The seed.
    Seed,
    /// Whether to think.
    Think,
}

/// Words of those who say that the context is too short: OpenAI, vLLM, llama.cpp, Ollama, DashScope, Anthropic, TGI.
const CONTEXT_WORDS: [&str; 14] = [
    "context_length_exceeded",
    "exceed_context_size",
    "maximum context length",
    "context length exceeded",
    "exceeds the context",
    "exceeds the available context",
    "exceed context window",
    "exceeds the model's context",
    "context window",
    "greater than the context length",
    "context size has been exceeded",
    "prompt is too long",
    "range of input length",
    "maximum number of tokens",
];
/// Words of filters: Azure, OpenAI, DashScope, DeepSeek.
const FILTER_WORDS: [&str; 5] = [
    "content_filter",
    "content_policy",
    "content management policy",
    "data_inspection_failed",
    "content exists risk",
];
const BALANCE_WORDS: [&str; 3] =
    ["insufficient_quota", "insufficient balance", "billing_hard_limit"];
const KEY_WORDS: [&str; 4] =
    ["invalid_api_key", "api_key_invalid", "api key not valid", "invalid api key"];
/// Of 400 and 404.
const MODEL_WORDS: [&str; 7] = [
    "model_not_found",
    "invalid_model",
    "model not found",
    "model not exist",
    "not a valid model",
    "unknown model",
    "no such model",
];
/// Words that name a part, the more special ones first.
const PART_WORDS: [(&str, Part); 13] = [
    ("max_completion_tokens", Part::MaxTokens),
    ("stream_options", Part::StreamOptions),
    ("include_usage", Part::StreamOptions),
    ("response_format", Part::Format),
    ("json_schema", Part::Format),
    ("json_object", Part::Format),
    ("structured output", Part::Format),
    ("guided", Part::Format),
    ("grammar", Part::Format),
    ("schema", Part::Format),
    ("temperature", Part::Temperature),
    ("seed", Part::Seed),
    ("think", Part::Think),
];

impl Problem {
    /// Of an answer with this status and body.
    pub(super) fn new(status: u16, body: &[u8], after: Option<Duration>, key: &Secret) -> Problem {
        let body = String::from_utf8_lossy(without_mark(body));
        let body = body.trim();
        let page = is_page(body);
        let (text, code) = match serde_json::from_str::<Value>(body) {
            Ok(value) => {
                let mut said = Said::default();
                said.search(&value);
                (said.text.unwrap_or_else(|| value.to_string()), said.code.join(" "))
            }
            Err(_) if page => (String::new(), String::new()),
            Err(_) => (body.to_owned(), String::new()),
        };
        let text = text::clip(&without_key(&text, key), TEXT_CHARS_MAX);
        // One line that nothing in it turns around.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text::show_path(Path::new(&text));
        Problem { status, text, code: code.to_lowercase(), after, page }
    }

    /// An error object within an answer of status 200: the status it would have had, had it come sooner.
    pub(super) fn within(error: &Value, key: &Secret) -> Problem {
        let mut said = Said::default();
        said.search(error);
        let status = said.status.unwrap_or_else(|| {
            let ours = said.code.iter().any(|it| it.contains("invalid_request"));
            if ours { 400 } else { 500 }
        });
        Problem::new(status, error.to_string().as_bytes(), None, key)
    }

    /// What would help.
    pub(super) fn remedy(&self) -> Remedy {
        let said = format!("{} {}", self.code, self.text.to_lowercase());
        let has = |words: &[&str]| words.iter().any(|it| said.contains(it));
        let about_us = matches!(self.status, 400 | 413 | 422 | 500);
        if has(&BALANCE_WORDS) || self.status == 402 {
            return Remedy::Balance;
        }
        if about_us && has(&CONTEXT_WORDS) || self.status == 413 {
            return Remedy::Shorter;
        }
        if matches!(self.status, 400 | 403 | 422) && has(&FILTER_WORDS) {
            return Remedy::Filtered;
        }
        if matches!(self.status, 401 | 403) || self.status == 400 && has(&KEY_WORDS) {
            return Remedy::Key;
        }
        if matches!(self.status, 400 | 404) && has(&MODEL_WORDS)
            || self.status == 404 && said.contains("model")
        {
            return Remedy::Model;
        }
        let part = PART_WORDS.iter().find(|(word, _)| said.contains(word)).map(|(_, it)| *it);
        match self.status {
            400 | 422 | 501 => part.map_or(Remedy::Unknown, Remedy::Without),
            // llama.cpp: a grammar that it cannot make.
            500 if part == Some(Part::Format) => Remedy::Without(Part::Format),
            404 | 405 | 300..=399 => Remedy::Address,
            408 | 425 | 429 | 499 | 500..=599 => Remedy::Later,
            200..=299 if self.page => Remedy::Address,
            _ => Remedy::Odd,
        }
    }

    /// In a sentence: `answers 503 ("server busy")`.
    pub(super) fn told(&self) -> String {
        let status = self.status;
        if self.page {
            return format!("answers {status} with a web page");
        }
        let text = text::clip(&self.text, TOLD_CHARS_MAX);
        if text.is_empty() {
            format!("answers {status}")
        } else {
            format!("answers {status} ({text})")
        }
    }
}

/// True for what a browser is meant to show.
pub(super) fn is_page(body: &str) -> bool {
    let start: String = body.trim_start().chars().take(15).collect();
    let start = start.to_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html")
}

/// Without the key, should a server quote it.
fn without_key(text: &str, key: &Secret) -> String {
    match key.0.as_deref().map(str::trim) {
        Some(key) if !key.is_empty() => text.replace(key, "(key)"),
        Some(_) | None => text.to_owned(),
    }
}

/// What an error object says, whatever its shape: `{"error": {"message", "type", "code", "param"}}`,
/// `{"error": "..."}`, `{"detail": [{"loc", "msg"}]}`, `{"message"}`, or a list of one of these.
#[derive(Default)]
struct Said {
    text: Option<String>,
    code: Vec<String>,
    status: Option<u16>,
}

impl Said {
    fn search(&mut self, value: &Value) {
        match value {
            Value::Array(list) => list.iter().for_each(|it| self.search(it)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.field(name, value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
        }
    }

    fn field(&mut self, name: &str, value: &Value) {
        match (name, value) {
            ("error" | "message" | "msg" | "detail" | "error_msg", Value::String(text)) => {
                self.text.get_or_insert_with(|| text.clone());
            }
            ("type" | "code" | "param" | "status" | "reason", Value::String(code)) => {
                self.code.push(code.clone());
                self.status = self.status.or_else(|| status(code.parse().ok()));
            }
            ("code" | "status" | "status_code", Value::Number(code)) => {
                self.status = self.status.or_else(|| status(code.as_u64()));
            }
            ("loc", Value::Array(path)) => {
                self.code.extend(path.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            ("error" | "errors" | "message" | "detail" | "details", value) => self.search(value),
            (..) => (),
        }
    }
}

fn status(code: Option<u64>) -> Option<u16> {
    code.and_then(|it| u16::try_from(it).ok()).filter(|it| (400..600).contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(status: u16, body: &str) -> Problem {
        Problem::new(status, body.as_bytes(), None, &Secret(Some("sk-secret".to_owned())))
    }

    #[test]
    fn refusals_of_known_servers_are_sorted() {
        let lines = include_str!("refusals.txt").lines().filter(|it| !it.starts_with('#'));
        for line in lines {
            let mut fields = line.splitn(3, ' ');
            let mut next = || fields.next().unwrap_or_default();
            let (status, remedy, body) = (next(), next(), next());
            let status = status.parse().expect("a status");
            assert_eq!(format!("{:?}", problem(status, body).remedy()), remedy, "{line}");
        }
    }

    #[test]
    fn errors_within_a_stream_have_the_status_they_stand_for() {
        for (error, status) in [
            (r#"{"error":{"message":"slow down","code":429}}"#, 429),
            (r#"{"error":{"message":"slow down","code":"429"}}"#, 429),
            (r#"{"error":{"message":"no","type":"invalid_request_error","code":null}}"#, 400),
            (r#"{"error":{"message":"oops","type":"server_error","code":7}}"#, 500),
            (r#"{"error":"an error was encountered while running the model"}"#, 500),
        ] {
            let value: Value = serde_json::from_str(error).expect("JSON");
            assert_eq!(Problem::within(&value, &Secret(None)).status, status, "{error}");
        }
    }

    #[test]
    fn what_is_quoted_is_short_one_line_and_without_the_key() {
        let quoting = problem(400, "{\"error\":\"Bearer sk-secret\\n\\u202eis\\u0007 wrong\"}");
        assert_eq!(quoting.told(), "answers 400 (Bearer (key) \\u{202e}is\\u{7} wrong)");
        let long = problem(500, &"x".repeat(100_000)).told();
        assert!(long.chars().count() < 230 && long.contains('…'));
        assert_eq!(problem(502, "<html>sk-secret").told(), "answers 502 with a web page");
        assert_eq!(problem(503, "").told(), "answers 503");
    }
}
