//! What every client of foreign servers needs: a connection with TLS, patience and proxies, and sentences for failures.

use reqwest::Url;
use reqwest::blocking::Client;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::{Attempt, Policy};
use std::io::ErrorKind;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The address, where it is one with http or https and a host.
pub(super) fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|it| matches!(it.scheme(), "http" | "https"))?;
    url.has_host().then_some(url)
}

/// Where redirects may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Redirects {
    /// Nowhere: they are answers.
    None,
    /// To other addresses of the same host, so often: requests only go to hosts that the owner named.
    SameHost(usize),
    /// Anywhere, so often: files lie with whoever delivers them, and their digests are compared.
    Anywhere(usize),
}

impl Redirects {
    fn policy(self) -> Policy {
        match self {
            Redirects::None => Policy::none(),
            Redirects::SameHost(max) => Policy::custom(move |attempt| {
                if max < attempt.previous().len() {
                    attempt.error("it redirects in a circle")
                } else if is_same_door(&attempt) {
                    attempt.follow()
                } else {
                    attempt.error("it redirects to another host")
                }
            }),
            Redirects::Anywhere(max) => Policy::limited(max),
        }
    }
}

/// True for the same host and port, or from there to the same host's encrypted door.
fn is_same_door(attempt: &Attempt<'_>) -> bool {
    let (to, from) = (attempt.url(), attempt.previous().first());
    from.is_some_and(|it| {
        let upgraded = it.scheme() == "http" && to.scheme() == "https";
        let same_door =
            it.scheme() == to.scheme() && it.port_or_known_default() == to.port_or_known_default();
        it.host_str() == to.host_str() && (upgraded || same_door)
    })
}

/// A client for one server, which may be silent for so long: before its answer's head, and before each part of it. The
/// TLS provider and the system's certificates are set up here, where they are needed.
///
/// # Errors
/// Where there are no certificates, or a proxy's address in the environment is none.
pub(super) fn client(
    url: &Url,
    silence: Duration,
    redirects: Redirects,
) -> reqwest::Result<Client> {
    // Fails only where a provider is installed already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("kinora/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        // Of the blocking client: for the answer's head, and anew for each read.
        .timeout(silence)
        .redirect(redirects.policy());
    if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
        // No proxy reaches this machine under these names.
        builder = builder.no_proxy();
    }
    builder.build()
}

/// What went wrong with a request, with its deepest cause and without the address: "cannot be reached (...)".
pub(super) fn told(err: &reqwest::Error) -> String {
    if err.is_timeout() {
        return "did not answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = err;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let what = if err.is_connect() { "cannot be reached" } else { "broke off" };
    format!("{what} ({cause})")
}

/// `Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap, now_unix_ms: u64) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp().as_millisecond();
    Some(Duration::from_millis(u64::try_from(date).ok()?.saturating_sub(now_unix_ms)))
}

/// True where a read waited in vain. Another read may follow.
pub(super) fn is_timeout(err: &std::io::Error) -> bool {
    let inner = err.get_ref().and_then(|it| it.downcast_ref::<reqwest::Error>());
    err.kind() == ErrorKind::TimedOut || inner.is_some_and(reqwest::Error::is_timeout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn a_time_to_ask_again_is_in_seconds_or_a_date() {
        let now_ms = 784_111_777_000;
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:38 GMT", Some(1)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("soon", None),
            ("-3", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            let after = retry_after(&headers, now_ms);
            assert_eq!(after, seconds.map(Duration::from_secs), "{value}");
        }
    }
}
