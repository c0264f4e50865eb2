//! The client, continued: items that lack a language.

use super::Client;
use crate::api::lacking::{LackingRequest, LackingView};
use crate::domain::fault::Fault;

impl Client {
    /// Wishes for every item of Jellyfin's that lacks a language. It may take most of a minute.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is no Jellyfin, no such library or language.
    pub fn lacking(&self, request: &LackingRequest) -> Result<LackingView, Fault> {
        let body = self.post(self.url(&["api", "v1", "jobs", "lacking"])?, request)?;
        self.read(body.timeout(super::LONG_ANSWER_TIMEOUT))
    }
}
