//! The client, continued: whether subtitles are still there as they were written.

use super::Client;
use crate::api::outputs::{
    OutputsApplyRequest, OutputsCheckRequest, OutputsDone, OutputsUndoRequest, OutputsView,
};
use crate::domain::fault::Fault;

impl Client {
    /// Where the check stands, and what the last one found.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn outputs(&self) -> Result<OutputsView, Fault> {
        self.get(&["api", "v1", "outputs", "check"])
    }

    /// Begins a check, which goes on by itself.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where one goes on already.
    pub fn check_outputs(&self, request: &OutputsCheckRequest) -> Result<OutputsView, Fault> {
        self.read(self.post(self.url(&["api", "v1", "outputs", "check"])?, request)?)
    }

    /// Carries the last plan out.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where it is another one, or things changed since.
    pub fn apply_outputs(&self, request: &OutputsApplyRequest) -> Result<OutputsDone, Fault> {
        self.read(self.post(self.url(&["api", "v1", "outputs", "apply"])?, request)?)
    }

    /// Takes back what was done.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is nothing to take back.
    pub fn undo_outputs(&self, request: &OutputsUndoRequest) -> Result<OutputsDone, Fault> {
        self.read(self.post(self.url(&["api", "v1", "outputs", "undo"])?, request)?)
    }
}
