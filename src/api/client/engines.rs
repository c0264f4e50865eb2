//! The client, continued: engines and settings.

use super::Client;
use crate::api::catalog::{Patch, SettingsView};
use crate::api::engines::{EngineView, EnginesView};
use crate::domain::fault::Fault;

impl Client {
    /// All engines.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn engines(&self) -> Result<EnginesView, Fault> {
        self.get(&["api", "v1", "engines"])
    }

    /// Begins to test an engine; [`engines`](Client::engines) tells what comes of it.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is none, or another one is being tested.
    pub fn test_engine(&self, name: &str) -> Result<EngineView, Fault> {
        self.read(self.http.post(self.url(&["api", "v1", "engines", name, "test"])?))
    }

    /// The settings, as they hold from the next start on.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where `kinora.toml` was made wrong.
    pub fn settings(&self) -> Result<SettingsView, Fault> {
        self.get(&["api", "v1", "settings"])
    }

    /// Changes settings by a merge patch (RFC 7396). A `rehearsal` changes nothing and tells what would come of it.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where a value is wrong, or is not changed over HTTP.
    pub fn change_settings(&self, patch: &Patch, rehearsal: bool) -> Result<SettingsView, Fault> {
        let mut url = self.url(&["api", "v1", "settings"])?;
        if rehearsal {
            url.query_pairs_mut().append_pair("rehearsal", "true");
        }
        self.read(self.with_json(self.http.put(url), patch)?)
    }
}
