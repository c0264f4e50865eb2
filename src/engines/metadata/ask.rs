//! A database on the net that is asked gently: one question after the other, with a pause between, not too many, not
//! for too long.

use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::domain::fault::Fault;
use crate::engines::http::{Redirects, client, told, web_address};
use crate::engines::llm::Secret;
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::io::Read;
use std::time::Duration;

const SILENCE_MAX: Duration = Duration::from_secs(15);
/// For all questions about one work.
const TIME_MAX: Duration = Duration::from_secs(60);
const QUESTIONS_MAX: u32 = 40;
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(250);
/// A server that wants a longer pause is left alone.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: u64 = 8 * 1024 * 1024;
const REDIRECTS_MAX: usize = 3;
/// Who asks. Bangumi wants the maker, the program and its version, and blocks what libraries send by themselves.
const AGENT: &str = concat!("kinora/kinora/", env!("CARGO_PKG_VERSION"));

/// A server, and what it was asked so far.
pub(super) struct Server<'a> {
    called: &'static str,
    base: Url,
    key: &'a Secret,
    client: Client,
    cancel: &'a Cancel,
    watch: Stopwatch,
    asked: Cell<u32>,
    pause: Duration,
}

impl<'a> Server<'a> {
    /// Connects to nothing yet.
    pub(super) fn new(
        called: &'static str,
        url: &str,
        key: &'a Secret,
        cancel: &'a Cancel,
    ) -> Result<Server<'a>, Fault> {
        let base = web_address(url).ok_or_else(|| {
            let what = format!("the address of {called} is no web address");
            Fault::operator(what, "write one with https:// or http://")
        })?;
        let client =
            client(&base, SILENCE_MAX, Redirects::SameHost(REDIRECTS_MAX)).map_err(|err| {
                let what = format!("no connection can be made to {called} ({})", told(&err));
                Fault::operator(what, "check the system's certificates and the proxy settings")
            })?;
        // On this machine it is a mirror or a test, which nobody else waits for.
        let at_home = matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let pause = if at_home { Duration::ZERO } else { PAUSE };
        let watch = Stopwatch::start();
        Ok(Server { called, base, key, client, cancel, watch, asked: Cell::new(0), pause })
    }

    /// The key for this server.
    pub(super) fn key(&self) -> Option<&str> {
        self.key.0.as_deref()
    }

    /// Asks for a document; `None` where there is none of this name.
    pub(super) fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        bearer: Option<&str>,
    ) -> Result<Option<T>, Fault> {
        let request = self.client.get(self.address(path, query));
        self.send(match bearer {
            Some(key) => request.bearer_auth(key),
            None => request,
        })
    }

    /// Asks with a body.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        body: &serde_json::Value,
    ) -> Result<Option<T>, Fault> {
        let request = self.client.post(self.address(path, query));
        self.send(request.header(CONTENT_TYPE, "application/json").body(body.to_string()))
    }

    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Option<T>, Fault> {
        let request = request.header(ACCEPT, "application/json").header(USER_AGENT, AGENT);
        let again = request.try_clone();
        let mut response = self.once(request)?;
        if let (StatusCode::TOO_MANY_REQUESTS, Some(again)) = (response.status(), again) {
            let after = response.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok());
            let after = after.and_then(|it| it.trim().parse().ok()).map(Duration::from_secs);
            let after = after.unwrap_or(PAUSE);
            if after <= RETRY_AFTER_MAX && !self.cancel.is_set() {
                std::thread::sleep(after);
                response = self.once(again)?;
            }
        }
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let what =
                    format!("{} does not let Kinora in ({})", self.called, response.status());
                return Err(Fault::operator(what, "check its key in [metadata]"));
            }
            status => return Err(self.later(&format!("answered {status}"))),
        }
        let mut bytes = Vec::new();
        let read = response.take(ANSWER_BYTES_MAX + 1).read_to_end(&mut bytes);
        if read.is_err() || bytes.len() as u64 > ANSWER_BYTES_MAX {
            return Err(self.later("broke off, or said too much"));
        }
        let told = serde_json::from_slice(&bytes);
        told.map(Some).map_err(|_| self.later("answered what nobody can understand"))
    }

    /// One question, unless there were too many.
    fn once(&self, request: RequestBuilder) -> Result<reqwest::blocking::Response, Fault> {
        if self.cancel.is_set() {
            return Err(Fault::transient("it was interrupted", "run it again"));
        }
        if self.asked.get() >= QUESTIONS_MAX || self.watch.elapsed() >= TIME_MAX {
            return Err(self.later("takes too long"));
        }
        if self.asked.replace(self.asked.get() + 1) > 0 {
            std::thread::sleep(self.pause);
        }
        // Its address may hold the key: it is not told.
        request.send().map_err(|err| self.later(&told(&err)))
    }

    fn later(&self, why: &str) -> Fault {
        let what = format!("{} {why}, so names of characters are missing", self.called);
        Fault::transient(what, "check the network, or leave it out of [metadata]")
    }
}
