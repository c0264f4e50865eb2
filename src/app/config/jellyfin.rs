//! The Jellyfin of the house, as it is configured. Checked; its key is read when it is needed.

use super::translate::Key;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::paths::PathMap;
use crate::domain::order::Deliver;
use crate::engines::jellyfin::{Jellyfin, JellyfinSettings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `[jellyfin]`.
#[derive(Clone, Debug, PartialEq)]
pub struct JellyfinSetting {
    /// Its address with its base path, such as `http://10.0.0.5:8096`; no slash at its end.
    pub url: String,
    /// Where its key is; never none.
    pub key: Key,
    /// Where it sees our files.
    pub paths: PathMap,
    /// How files come to it.
    pub deliver: Deliver,
    /// What makes Kinora step aside.
    pub yield_to: YieldTo,
    /// How often it is asked who plays something.
    pub poll_interval: Duration,
}

/// What of a viewer makes lanes wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum YieldTo {
    /// Nothing.
    Never,
    /// A picture that is computed anew on the GPU of a lane.
    #[default]
    Transcode,
    /// Anything that is played.
    Playback,
}

impl JellyfinSetting {
    /// What a client of it needs, its key read.
    ///
    /// # Errors
    /// Where the key cannot be read.
    pub fn settings(&self) -> Result<JellyfinSettings, Fault> {
        let key = self.key.read()?;
        Ok(JellyfinSettings::new(self.url.clone(), key, self.paths.clone()))
    }

    /// A client of it; nothing is asked yet.
    ///
    /// # Errors
    /// Where the key cannot be read, or no connection can be made ready.
    pub fn client(&self) -> Result<Jellyfin, Fault> {
        Jellyfin::new(self.settings()?)
    }
}
