//! How Jellyfin is asked: who we say we are, how often, how long we wait, what its refusals mean (PROTOCOLS.md 1.1).

use super::{JellyfinLimits, JellyfinSettings};
use crate::base::cancel::Cancel;
use crate::base::clock::{Stopwatch, now_unix_ms};
use crate::base::text;
use crate::domain::fault::Fault;
use crate::engines::http::{Redirects, client, is_timeout, retry_after, told, web_address};
use crate::engines::llm::Secret;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::{ErrorKind, Read};
use std::time::Duration;

/// Of a refusal; more is not read.
const REFUSAL_BYTES_MAX: usize = 16 * 1024;
/// Of a refusal's words; more is not told.
const TOLD_CHARS_MAX: usize = 200;
const CHUNK_BYTES: usize = 64 * 1024;
/// Between two looks whether anybody still wants an answer.
const LOOK: Duration = Duration::from_millis(100);
/// A server that starts is asked again after so long, where it does not say when; and never sooner nor later than this.
const STARTING: Duration = Duration::from_secs(5);
const STARTING_MIN: Duration = Duration::from_millis(200);
const STARTING_MAX: Duration = Duration::from_secs(30);
/// The server decodes each value as a form's (`+` is a space), so all but these is written with percent signs.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Said of a request that it does not take; such refusals are known by these words.
pub(super) const REFUSED: &str = "Jellyfin refuses a request";
const MAKE_KEY: &str = "make one in Jellyfin's Dashboard > API Keys and write it where jellyfin.key_file or \
                        JELLYFIN_API_KEY of the configuration says";

/// A server and how to reach it.
#[derive(Debug)]
pub(super) struct Link {
    base: Url,
    key: Secret,
    authorization: HeaderValue,
    client: Client,
    pace: DefaultDirectRateLimiter,
    limits: JellyfinLimits,
}

/// A question.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    method: Method,
    path: &'a [&'a str],
    query: &'a [(&'a str, &'a str)],
    body: Option<Value>,
}

impl<'a> Ask<'a> {
    /// For what is there.
    pub(super) fn get(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Ask<'a> {
        Ask { method: Method::GET, path, query, body: None }
    }

    /// To do something.
    pub(super) fn post(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Ask<'a> {
        Ask { method: Method::POST, path, query, body: None }
    }

    /// To do something with this.
    pub(super) fn post_json(path: &'a [&'a str], body: Value) -> Ask<'a> {
        Ask { method: Method::POST, path, query: &[], body: Some(body) }
    }

    /// To delete something.
    pub(super) fn delete(path: &'a [&'a str]) -> Ask<'a> {
        Ask { method: Method::DELETE, path, query: &[], body: None }
    }
}

/// What came of one try.
enum Tried {
    Answer(Vec<u8>),
    Missing,
    /// It is starting, or has too much to do.
    Later(Option<Duration>),
}

impl Link {
    /// Connects to nothing yet.
    pub(super) fn new(settings: &JellyfinSettings) -> Result<Link, Fault> {
        // The address is not told: it may have a name and a password in it.
        let base = web_address(settings.url.trim()).filter(|it| {
            it.username().is_empty() && it.password().is_none() && it.query().is_none()
        });
        let base = base.ok_or_else(|| {
            let what = "jellyfin.url is no web address, or has more in it than one";
            Fault::operator(what, "write one like `http://10.0.0.5:8096`")
        })?;
        let limits = settings.limits.clone();
        let client = client(&base, limits.silence_max, Redirects::None).map_err(|err| {
            Fault::operator(
                format!("no connection can be made for Jellyfin ({})", told(&err)),
                "check the system's certificates and the proxy settings in the environment",
            )
        })?;
        let pace = RateLimiter::direct(Quota::per_second(limits.requests_per_second));
        let authorization = authorization(&settings.key)?;
        Ok(Link { base, key: settings.key.clone(), authorization, client, pace, limits })
    }

    /// What it must not exceed.
    pub(super) fn limits(&self) -> &JellyfinLimits {
        &self.limits
    }

    /// Asks for a document; `None` where there is none of this name.
    pub(super) fn document<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        cancel: &Cancel,
    ) -> Result<Option<T>, Fault> {
        let Some(bytes) = self.ask(ask, cancel)? else { return Ok(None) };
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        if bytes.trim_ascii_start().first() == Some(&b'<') {
            let remedy = "check jellyfin.url; where Jellyfin has a base path, it ends in that";
            return Err(Fault::operator("a web page answers in Jellyfin's place", remedy));
        }
        let told = serde_json::from_slice(bytes);
        told.map(Some).map_err(|_| passing("answers with what nobody can understand"))
    }

    /// Asks; `None` where there is nothing of this name (404). A server that is starting is waited for.
    pub(super) fn ask(&self, ask: &Ask<'_>, cancel: &Cancel) -> Result<Option<Vec<u8>>, Fault> {
        let mut waited = Duration::ZERO;
        loop {
            self.keep_pace(cancel)?;
            let wait = match self.once(ask, cancel)? {
                Tried::Answer(bytes) => return Ok(Some(bytes)),
                Tried::Missing => return Ok(None),
                Tried::Later(after) => after.unwrap_or(STARTING).clamp(STARTING_MIN, STARTING_MAX),
            };
            if self.limits.patience_max < waited + wait {
                return Err(passing("is starting, or has too much to do"));
            }
            pause(wait, cancel)?;
            waited += wait;
        }
    }

    fn keep_pace(&self, cancel: &Cancel) -> Result<(), Fault> {
        let clock = DefaultClock::default();
        while let Err(early) = self.pace.check() {
            pause(early.wait_time_from(clock.now()), cancel)?;
        }
        wanted(cancel)
    }

    fn once(&self, ask: &Ask<'_>, cancel: &Cancel) -> Result<Tried, Fault> {
        let mut sent = self.request(ask).send();
        // A connection that was kept open may have been closed by the other side just then: what only asks is asked
        // again.
        let was_cut = |err: &reqwest::Error| !err.is_timeout() && !err.is_connect();
        if ask.method == Method::GET && sent.as_ref().is_err_and(was_cut) {
            sent = self.request(ask).send();
        }
        let mut response = sent.map_err(|err| passing(&told(&err)))?;
        let status = response.status();
        if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
            return Ok(Tried::Later(retry_after(response.headers(), now_unix_ms())));
        }
        if status == StatusCode::NOT_FOUND {
            return Ok(Tried::Missing);
        }
        if status.is_success() {
            return self
                .body(&mut response, self.limits.answer_bytes_max, cancel)
                .map(Tried::Answer);
        }
        // A refusal that breaks off is one all the same.
        let said = self.body(&mut response, REFUSAL_BYTES_MAX, cancel).unwrap_or_default();
        Err(self.refusal(status, &said))
    }

    fn request(&self, ask: &Ask<'_>) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(ask.path);
        }
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(ask.query);
        }
        let request = self.client.request(ask.method.clone(), url);
        let request = request
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json");
        match &ask.body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.to_string()),
            None => request,
        }
    }

    fn body(
        &self,
        response: &mut Response,
        bytes_max: usize,
        cancel: &Cancel,
    ) -> Result<Vec<u8>, Fault> {
        let (mut all, mut part) = (Vec::new(), vec![0; CHUNK_BYTES]);
        let begun = Stopwatch::start();
        loop {
            wanted(cancel)?;
            if self.limits.answer_max < begun.elapsed() {
                return Err(passing("takes too long for an answer"));
            }
            match response.read(&mut part) {
                Ok(0) => return Ok(all),
                Ok(count) => all.extend(&part[..count]),
                Err(err) if err.kind() == ErrorKind::Interrupted => (),
                Err(err) if is_timeout(&err) => {
                    return Err(passing("fell silent in the middle of an answer"));
                }
                Err(_) => return Err(passing("broke off in the middle of an answer")),
            }
            if bytes_max < all.len() {
                return Err(passing("does not stop answering"));
            }
        }
    }

    /// What a status means that is no success. A refused key is Jellyfin's 401; 403 is what a key of a user without
    /// the right gets.
    fn refusal(&self, status: StatusCode, said: &[u8]) -> Fault {
        let number = status.as_u16();
        if status == StatusCode::UNAUTHORIZED {
            return Fault::operator(format!("Jellyfin refuses the key ({number})"), MAKE_KEY);
        }
        if status == StatusCode::FORBIDDEN {
            let what = format!(
                "Jellyfin's key may not do this ({number}): it is none of an administrator"
            );
            return Fault::operator(what, MAKE_KEY);
        }
        if status.is_redirection() {
            let what = format!("what answers at jellyfin.url sends requests elsewhere ({number})");
            let remedy = "write the address that a browser ends at without /web, https and base path included";
            return Fault::operator(what, remedy);
        }
        if status.is_server_error() {
            return passing(&format!("failed ({number})"));
        }
        let what = format!("{REFUSED} ({number}{})", self.words(said));
        Fault::operator(what, "see Jellyfin's log; where nothing is wrong there, report it")
    }

    /// What it says of a refusal, on one line and without the key.
    fn words(&self, said: &[u8]) -> String {
        let said = String::from_utf8_lossy(said);
        let mut line = said.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(key) = self.key.0.as_deref() {
            line = line.replace(key.trim(), "(key)");
        }
        if line.is_empty() || line.starts_with('<') {
            return String::new();
        }
        format!(": {}", text::clip(&line, TOLD_CHARS_MAX))
    }
}

/// The one header that every version takes, also those with old ways of telling a key switched off.
fn authorization(key: &Secret) -> Result<HeaderValue, Fault> {
    let Some(key) = key.0.as_deref().map(str::trim).filter(|it| !it.is_empty()) else {
        return Err(Fault::operator("there is no key for Jellyfin", MAKE_KEY));
    };
    let parts = [
        ("Token", key),
        ("Client", "Kinora"),
        ("Device", "Kinora"),
        ("DeviceId", "kinora"),
        ("Version", env!("CARGO_PKG_VERSION")),
    ];
    let parts =
        parts.map(|(name, value)| format!("{name}=\"{}\"", utf8_percent_encode(value, PLAIN)));
    let mut value = HeaderValue::from_str(&format!("MediaBrowser {}", parts.join(", ")))
        .map_err(|_| Fault::bug("Jellyfin's key cannot be written into a request"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Waits, unless nobody wants the answer any more.
pub(super) fn pause(duration: Duration, cancel: &Cancel) -> Result<(), Fault> {
    let watch = Stopwatch::start();
    loop {
        wanted(cancel)?;
        let left = duration.saturating_sub(watch.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::park_timeout(left.min(LOOK));
    }
}

fn wanted(cancel: &Cancel) -> Result<(), Fault> {
    if cancel.is_set() {
        return Err(Fault::transient("asking Jellyfin was interrupted", "try it again"));
    }
    Ok(())
}

/// A failure that may pass, as part of a sentence.
pub(super) fn passing(why: &str) -> Fault {
    let remedy = "try again later; where it stays so, check jellyfin.url, that Jellyfin runs, and the network";
    Fault::transient(format!("Jellyfin {why}"), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultKind;
    use crate::domain::jellyfin::paths::PathMap;

    fn link(url: &str, key: &str) -> Result<Link, Fault> {
        let key = Secret(Some(key.to_owned()));
        Link::new(&JellyfinSettings::new(url.to_owned(), key, PathMap::default()))
    }

    #[test]
    fn paths_are_joined_to_the_address_and_keys_of_lists_repeated() {
        for (url, whole) in [
            ("http://nas:8096", "http://nas:8096/Items/a%20b?fields=A&fields=B"),
            ("http://nas:8096/", "http://nas:8096/Items/a%20b?fields=A&fields=B"),
            ("https://nas/jellyfin", "https://nas/jellyfin/Items/a%20b?fields=A&fields=B"),
            ("https://nas/jellyfin/", "https://nas/jellyfin/Items/a%20b?fields=A&fields=B"),
        ] {
            let link = link(url, "k").expect("a link");
            let ask = Ask::get(&["Items", "a b"], &[("fields", "A"), ("fields", "B")]);
            let request = link.request(&ask).build().expect("a request");
            assert_eq!(request.url().as_str(), whole);
        }
    }

    #[test]
    fn the_key_is_told_in_one_way_only_and_encoded() {
        let link = link("http://nas", "a+b/c=\"ü").expect("a link");
        let request = link.request(&Ask::get(&["Sessions"], &[])).build().expect("a request");
        let told = request.headers()[AUTHORIZATION].to_str().expect("ASCII");
        let whole = "MediaBrowser Token=\"a%2Bb%2Fc%3D%22%C3%BC\", Client=\"Kinora\", Device=\"Kinora\", \
                     DeviceId=\"kinora\", Version=\"";
        assert!(told.starts_with(whole), "{told}");
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
        assert!(!format!("{link:?}{request:?}").contains("a%2Bb"), "a key in a debug print");
    }

    #[test]
    fn addresses_that_are_none_and_missing_keys_are_told_without_secrets() {
        for url in ["nas:8096", "ftp://nas", "http://me:hunter2@nas", "http://nas?api_key=hunter2"]
        {
            let fault = link(url, "k").expect_err(url);
            assert_eq!(fault.kind, FaultKind::Operator);
            assert!(!fault.to_string().contains("hunter2"), "{fault}");
        }
        let fault = link("http://nas", " ").expect_err("no key");
        assert!(fault.remedy.contains("jellyfin.key_file"), "{fault}");
    }

    #[test]
    fn refusals_say_who_must_act_and_never_the_key() {
        let link = link("http://nas", "s3cr3t").expect("a link");
        for (status, kind, says) in [
            (401, FaultKind::Operator, "refuses the key (401)"),
            (403, FaultKind::Operator, "may not do this (403)"),
            (302, FaultKind::Operator, "sends requests elsewhere (302)"),
            (400, FaultKind::Operator, "(400: no (key) here)"),
            (500, FaultKind::Transient, "failed (500)"),
            (502, FaultKind::Transient, "failed (502)"),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            let fault = link.refusal(status, b"no s3cr3t\nhere");
            assert_eq!(fault.kind, kind, "{fault}");
            assert!(fault.what.contains(says), "{fault}");
            assert!(!fault.to_string().contains("s3cr3t"), "{fault}");
        }
    }
}
