//! What every client of foreign servers needs: a connection with TLS, patience and proxies, and sentences for failures.

use reqwest::Url;
use reqwest::blocking::Client;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The address, where it is one with http or https and a host.
pub(super) fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|it| matches!(it.scheme(), "http" | "https"))?;
    url.has_host().then_some(url)
}

/// A client for one server, which may be silent for so long: before its answer's head, and before each part of it. The
/// TLS provider and the system's certificates are set up here, where they are needed.
///
/// # Errors
/// Where there are no certificates, or a proxy's address in the environment is none.
pub(super) fn client(url: &Url, silence: Duration, redirects: usize) -> reqwest::Result<Client> {
    // Fails only where a provider is installed already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("kinora/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        // Of the blocking client: for the answer's head, and anew for each read.
        .timeout(silence)
        .redirect(reqwest::redirect::Policy::limited(redirects));
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
