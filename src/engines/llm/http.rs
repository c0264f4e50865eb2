//! One server over HTTP: what is sent to it, what comes back in parts, and what its failures mean.

use super::problem::{Problem, Remedy};
use super::sse::without_mark;
use super::tries::Miss;
use super::{Secret, TranslatorSpec};
use crate::base::cancel::Cancel;
use crate::base::clock::{Stopwatch, now_unix_ms};
use crate::domain::fault::Fault;
use crate::engines::http::{Redirects, client, is_timeout, retry_after, told, web_address};
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use std::io::{ErrorKind, Read};
use std::time::Duration;

const REDIRECTS_MAX: usize = 3;
/// Of one answer, with all that wraps it: a stream has some 300 bytes a token.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Of a refusal.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;
/// Of one answer. Servers that let requests wait keep them for half an hour (DeepSeek); some never end.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(45 * 60);
const CHUNK_BYTES: usize = 16 * 1024;
/// How long a question of no weight, such as which models there are, may take when a person waits.
pub(super) const QUESTION_TIMEOUT: Duration = Duration::from_secs(10);

/// A server and how to reach it.
#[derive(Debug)]
pub(super) struct Server {
    /// What it is called in sentences: "translator `lan`".
    pub(super) called: String,
    base: Url,
    key: Secret,
    authorization: Option<HeaderValue>,
    client: Client,
}

impl Server {
    /// Connects to nothing yet. Each path of `but` is taken off the address, where it ends so.
    pub(super) fn new(
        called: &str,
        address: &str,
        but: &[&str],
        key: &Secret,
        silence_max: Duration,
    ) -> Result<Server, Fault> {
        // Addresses are not told: they may have a name and a password in them.
        let mut base = web_address(address.trim()).ok_or_else(|| {
            Fault::operator(
                format!("the url of {called} is no web address"),
                "write one with http:// or https://",
            )
        })?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(Fault::operator(
                format!("the url of {called} has a name or a password in it"),
                "write the key into a file and name it with key_file",
            ));
        }
        let mut path = base.path().trim_end_matches('/').to_owned();
        for end in but {
            path.truncate(path.strip_suffix(end).unwrap_or(&path).len());
        }
        base.set_path(path.trim_end_matches('/'));
        let client =
            client(&base, silence_max, Redirects::SameHost(REDIRECTS_MAX)).map_err(|err| {
                Fault::operator(
                    format!("no connection can be made for {called} ({})", told(&err)),
                    "check the system's certificates and the proxy settings in the environment",
                )
            })?;
        let authorization = authorization(called, key)?;
        Ok(Server { called: called.to_owned(), base, key: key.clone(), authorization, client })
    }

    /// As [`Server::new`] for a translator.
    pub(super) fn of(
        spec: &TranslatorSpec,
        address: &str,
        but: &[&str],
        key: &Secret,
    ) -> Result<Server, Fault> {
        Server::new(&called(spec), address, but, key, spec.silence_max)
    }

    /// Sends a body and waits for the answer's head. The body of a refusal is read.
    pub(super) fn post<'a>(
        &self,
        path: &[&str],
        body: &Value,
        cancel: &'a Cancel,
    ) -> Result<Body<'a>, Refusal> {
        let request = self.client.post(self.address(path));
        // `ACCEPT` for proxies that decide by it whether to keep an answer until it is whole.
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/x-ndjson, application/json")
            .body(body.to_string());
        self.send(request, cancel)
    }

    /// Asks for all of a JSON document.
    pub(super) fn get(&self, path: &[&str], cancel: &Cancel) -> Result<Value, Refusal> {
        self.document(self.send(self.client.get(self.address(path)), cancel)?)
    }

    /// All of a JSON document.
    pub(super) fn document(&self, mut body: Body<'_>) -> Result<Value, Refusal> {
        let bytes = body.all(ANSWER_BYTES_MAX)?;
        serde_json::from_slice(without_mark(&bytes)).map_err(|_| unreadable(&bytes, &self.key))
    }

    /// What a refusal within an answer means.
    pub(super) fn problem(&self, error: &Value) -> Problem {
        Problem::within(error, &self.key)
    }

    /// The key, to look for it in what a server says.
    pub(super) fn key(&self) -> &Secret {
        &self.key
    }

    fn address(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    fn send<'a>(&self, request: RequestBuilder, cancel: &'a Cancel) -> Result<Body<'a>, Refusal> {
        if cancel.is_set() {
            return Err(Miss::Cancelled.into());
        }
        let request = match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        };
        let response = request.send().map_err(|err| self.unsent(&err))?;
        let status = response.status();
        let after = retry_after(response.headers(), now_unix_ms());
        let mut body =
            Body { response, cancel, bytes: 0, begun: Stopwatch::start(), endless: false };
        if status == StatusCode::OK {
            return Ok(body);
        }
        // A refusal that breaks off is one all the same.
        let text = body.all(REFUSAL_BYTES_MAX).unwrap_or_default();
        Err(Problem::new(status.as_u16(), &text, after, &self.key).into())
    }

    fn unsent(&self, err: &reqwest::Error) -> Miss {
        if err.is_redirect() {
            return Miss::Away(Fault::operator(
                format!("{} redirects in a circle or to another host", self.called),
                "check its url",
            ));
        }
        Miss::Again { why: told(err), after: None }
    }

    /// What a refusal comes to that nothing else is known to help against.
    pub(super) fn give_up(&self, problem: &Problem, model: &str, get_model: &str) -> Miss {
        let called = &self.called;
        let (what, remedy) = match problem.remedy() {
            Remedy::Later => {
                return Miss::Again { why: problem.told(), after: problem.after };
            }
            Remedy::Key if self.authorization.is_none() => (
                format!("{called} wants a key ({})", problem.status),
                "write it into a file and name it with key_file".to_owned(),
            ),
            // Not quoted: some say a part of the key.
            Remedy::Key => (
                format!("the key of {called} is refused ({})", problem.status),
                "check key_file and what the key may be used for".to_owned(),
            ),
            Remedy::Balance => (
                format!("the account of {called} has no money left"),
                "fill it up, or name another translator".to_owned(),
            ),
            Remedy::Model => {
                (format!("{called} does not have the model `{model}`"), get_model.to_owned())
            }
            Remedy::Address => (
                format!("the url of {called} is of something else: it {}", problem.told()),
                "check the url; one of OpenAI's kind mostly ends in /v1".to_owned(),
            ),
            Remedy::Shorter
            | Remedy::Filtered
            | Remedy::Without(_)
            | Remedy::Unknown
            | Remedy::Odd => (
                format!("{called} {}", problem.told()),
                "check its url and model, and the server's own log".to_owned(),
            ),
        };
        Miss::Away(Fault::operator(what, remedy))
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// No answer came, or it broke off.
    Miss(Miss),
    /// The server says no.
    Problem(Problem),
}

impl From<Miss> for Refusal {
    fn from(miss: Miss) -> Refusal {
        Refusal::Miss(miss)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        Refusal::Problem(problem)
    }
}

/// What a translator is called in sentences.
pub(super) fn called(spec: &TranslatorSpec) -> String {
    format!("translator `{}`", spec.name)
}

fn authorization(called: &str, key: &Secret) -> Result<Option<HeaderValue>, Fault> {
    let Some(key) = key.0.as_deref().map(str::trim).filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| {
        Fault::operator(
            format!("the key of {called} has characters that no key has"),
            "check that key_file has the key on one line and nothing else",
        )
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// The body of an answer, part by part.
#[derive(Debug)]
pub(super) struct Body<'a> {
    response: Response,
    cancel: &'a Cancel,
    bytes: usize,
    begun: Stopwatch,
    endless: bool,
}

impl Body<'_> {
    /// Of an answer that is allowed to be long: its reader says when it is too much.
    pub(super) fn endless(self) -> Self {
        Body { endless: true, ..self }
    }

    /// The next part; empty at the end.
    pub(super) fn next(&mut self) -> Result<Vec<u8>, Miss> {
        self.look()?.ok_or_else(|| again("fell silent in the middle of an answer"))
    }

    /// The next part, empty at the end; `None` where none came as long as the server may be silent.
    pub(super) fn look(&mut self) -> Result<Option<Vec<u8>>, Miss> {
        let mut part = vec![0; CHUNK_BYTES];
        loop {
            if self.cancel.is_set() {
                return Err(Miss::Cancelled);
            }
            if !self.endless && ANSWER_TIME_MAX < self.begun.elapsed() {
                return Err(again("takes longer than 45 minutes for an answer"));
            }
            match self.response.read(&mut part) {
                Ok(count) => {
                    part.truncate(count);
                    self.bytes += count;
                    if !self.endless && ANSWER_BYTES_MAX < self.bytes {
                        return Err(again("does not stop answering"));
                    }
                    return Ok(Some(part));
                }
                Err(err) if err.kind() == ErrorKind::Interrupted => (),
                Err(err) if is_timeout(&err) => return Ok(None),
                Err(_) => return Err(again(BROKE_OFF)),
            }
        }
    }

    /// All of it, or its first `bytes_max`.
    pub(super) fn all(&mut self, bytes_max: usize) -> Result<Vec<u8>, Miss> {
        let mut all = Vec::new();
        while all.len() < bytes_max {
            let part = self.next()?;
            if part.is_empty() {
                break;
            }
            all.extend(part);
        }
        all.truncate(bytes_max);
        Ok(all)
    }
}

/// Said of an answer without its end.
pub(super) const BROKE_OFF: &str = "broke off in the middle of an answer";

/// A failure that may pass.
pub(super) fn again(why: &str) -> Miss {
    Miss::Again { why: why.to_owned(), after: None }
}

/// An answer of status 200 that is not what such a server says: a web page, or half of something.
pub(super) fn unreadable(body: &[u8], key: &Secret) -> Refusal {
    let problem = Problem::new(200, body, None, key);
    if problem.remedy() == Remedy::Address {
        return Refusal::Problem(problem);
    }
    Refusal::Miss(again(BROKE_OFF))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str, key: Option<&str>) -> Result<Server, Fault> {
        let key = Secret(key.map(str::to_owned));
        Server::new("translator `lan`", url, &["/chat/completions"], &key, Duration::from_secs(1))
    }

    #[test]
    fn paths_are_added_to_the_url_whatever_its_end() {
        for (url, whole) in [
            ("http://nas:8000/v1", "http://nas:8000/v1/chat/completions"),
            ("http://nas:8000/v1/", "http://nas:8000/v1/chat/completions"),
            (" http://nas:8000", "http://nas:8000/chat/completions"),
            ("https://nas/a/v1/chat/completions", "https://nas/a/v1/chat/completions"),
            ("https://nas/v1?api-version=7", "https://nas/v1/chat/completions?api-version=7"),
        ] {
            let server = server(url, None).expect("a server");
            assert_eq!(server.address(&["chat", "completions"]).as_str(), whole, "{url}");
        }
    }

    #[test]
    fn addresses_that_tell_secrets_or_lead_nowhere_are_refused_without_being_told() {
        for url in
            ["ftp://nas/x", "nas:8000", "http://", "http://me:hunter2@nas/v1", "https://me@nas"]
        {
            let fault = server(url, None).expect_err(url);
            assert!(fault.what.contains("the url of translator `lan`"), "{fault}");
            assert!(!fault.to_string().contains("nas") && !fault.to_string().contains("hunter2"));
        }
        let fault = server("http://nas", Some("sk\nsecret")).expect_err("no key");
        assert!(fault.remedy.contains("key_file") && !fault.to_string().contains("secret"));
        let server = server("http://nas", Some("sk-secret")).expect("a server");
        assert!(!format!("{server:?}").contains("sk-secret"));
    }
}
