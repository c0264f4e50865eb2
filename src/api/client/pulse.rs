//! The client, continued: whether the daemon is there, and how it goes.

use super::Client;
use crate::api::daemon::StatusView;
use crate::api::problem::Problem;
use crate::domain::fault::Fault;
use reqwest::StatusCode;
use std::time::Duration;

/// What came of asking how it goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Pulse {
    /// It goes like this.
    Here(Box<StatusView>),
    /// It is there and does not tell: the token is wrong, too much was asked.
    Refused(Fault),
    /// Nobody answers there, or nobody that is Kinora.
    Away(Fault),
}

impl Client {
    /// How it goes, asked by whoever must know soon that nobody answers: the whole answer must come in this time.
    pub fn pulse(&self, patience: Duration) -> Pulse {
        match self.url(&["status"]) {
            Ok(url) => self.pulse_of(self.http.get(url).timeout(patience)),
            Err(fault) => Pulse::Away(fault),
        }
    }

    /// That it does not answer, for whoever waits no longer.
    pub fn silence(&self) -> Fault {
        let what = format!("Kinora at {} does not answer", self.place());
        Fault::transient(what, "if it stays so, look whether it runs, and at the line to it")
    }

    fn pulse_of(&self, request: reqwest::blocking::RequestBuilder) -> Pulse {
        let response = match self.sent(request) {
            Ok(response) => response,
            Err(fault) => return Pulse::Away(fault),
        };
        let status = response.status();
        let bytes = match self.body(response) {
            Ok(bytes) => bytes,
            Err(fault) => return Pulse::Away(fault),
        };
        if status.is_success() {
            let view = serde_json::from_slice(&bytes).map(|it| Pulse::Here(Box::new(it)));
            return view.unwrap_or_else(|_| Pulse::Away(self.stranger()));
        }
        match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => Pulse::Refused(self.told(status, problem)),
            Err(_) => Pulse::Away(self.proxied(status)),
        }
    }

    /// An answer that is no Kinora's: mostly of something between it and us.
    fn proxied(&self, status: StatusCode) -> Fault {
        let (place, number) = (self.place(), status.as_u16());
        if status.is_redirection() {
            let what = format!("{place} sends on to another address ({number})");
            return Fault::operator(what, "give that address, or Kinora's own");
        }
        if status.is_server_error() {
            let what = format!("what stands before Kinora at {place} does not reach it ({number})");
            return Fault::operator(what, "look whether Kinora runs, and where that proxy leads");
        }
        self.stranger()
    }
}

/// Why no connection was made, where that is neither silence nor a closed door.
pub(super) fn unreachable(err: &reqwest::Error, place: &str) -> Option<Fault> {
    let mut cause = std::error::Error::source(err);
    while let Some(it) = cause {
        if let Some(tls) = it.downcast_ref::<std::io::Error>().and_then(of_tls) {
            let what = format!("no secure connection to {place} can be made ({tls})");
            let remedy = "check the address; its certificate must be one that this machine trusts";
            return Some(Fault::operator(what, remedy));
        }
        if it.to_string().contains("dns error") {
            let what = format!("the name of {place} is not known here");
            return Some(Fault::operator(what, "check its spelling, or give its number"));
        }
        cause = it.source();
    }
    None
}

/// What TLS says, in however many errors of input and output that is wrapped: as a cause these do not show it.
fn of_tls(err: &std::io::Error) -> Option<&rustls::Error> {
    let inner = err.get_ref()?;
    let deeper = || inner.downcast_ref::<std::io::Error>().and_then(of_tls);
    inner.downcast_ref::<rustls::Error>().or_else(deeper)
}
