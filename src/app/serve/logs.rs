//! The last lines of Kinora's own log.

use super::daemon::Daemon;
use crate::api::daemon::Refusal;
use crate::api::logs::{Logs, LogsPage, LogsQuery};

impl Logs for Daemon {
    fn logs(&self, query: &LogsQuery) -> Result<LogsPage, Refusal> {
        Ok(self.log.page(query))
    }
}
