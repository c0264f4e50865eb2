//! The client, continued: backups.

use super::Client;
use crate::api::backup::{BackupRunView, BackupsView};
use crate::domain::fault::Fault;

impl Client {
    /// All backups, and how it goes.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where their folder cannot be read.
    pub fn backups(&self) -> Result<BackupsView, Fault> {
        self.get(&["api", "v1", "backups"])
    }

    /// Begins to make one.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where one is being made.
    pub fn back_up(&self) -> Result<BackupRunView, Fault> {
        self.read(self.http.post(self.url(&["api", "v1", "backups"])?))
    }
}
