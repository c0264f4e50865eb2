//! The client, continued: how much came along lately.

use super::Client;
use crate::api::pace::{PaceQuery, PaceView};
use crate::domain::fault::Fault;

impl Client {
    /// What was heard and finished, minute by minute.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn pace(&self, query: &PaceQuery) -> Result<PaceView, Fault> {
        let mut url = self.url(&["api", "v1", "pace"])?;
        if let Some(since) = query.since {
            url.query_pairs_mut().append_pair("since", &since.to_string());
        }
        self.read(self.http.get(url))
    }
}
