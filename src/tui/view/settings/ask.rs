//! What the page of settings asks, and is answered.

use crate::api::catalog::SettingsView;
use crate::api::client::Client;
use crate::api::run::Fault;
use serde_json::{Map, Value};

/// A change of one setting.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) struct Change {
    /// Of which, as people write it.
    pub(in crate::tui) key: String,
    /// What was typed; `None` where a change is taken back.
    pub(in crate::tui) typed: Option<String>,
    /// As the daemon takes it.
    pub(in crate::tui) patch: Map<String, Value>,
}

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Ask {
    /// All settings.
    Settings,
    /// What would come of a change.
    Rehearse(Change),
    /// Makes it.
    Change(Change),
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Answer {
    /// See [`Ask::Settings`].
    Settings(SettingsView),
    /// See [`Ask::Rehearse`]: all settings, as they would be.
    Rehearsed(Change, SettingsView),
    /// See [`Ask::Change`]: all settings, as they are now.
    Changed(Change, SettingsView),
}

impl Ask {
    /// Asks the daemon and waits for its answer.
    ///
    /// # Errors
    /// As the daemon tells, or where it does not answer.
    pub(in crate::tui) fn of(&self, client: &Client) -> Result<Answer, Fault> {
        Ok(match self {
            Ask::Settings => Answer::Settings(client.settings()?),
            Ask::Rehearse(change) => {
                Answer::Rehearsed(change.clone(), client.change_settings(&change.patch, true)?)
            }
            Ask::Change(change) => {
                Answer::Changed(change.clone(), client.change_settings(&change.patch, false)?)
            }
        })
    }
}
