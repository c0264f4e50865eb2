//! The client, continued: all executions as rows, and one act on many jobs.

use super::Client;
use crate::api::rows::{ManyRequest, ManyView, RowsPage, RowsQuery};
use crate::domain::fault::Fault;

impl Client {
    /// A page of all executions.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn rows(&self, query: &RowsQuery) -> Result<RowsPage, Fault> {
        let mut url = self.url(&["api", "v1", "executions"])?;
        if let Some(before) = query.before {
            url.query_pairs_mut().append_pair("before", &before.to_string());
        }
        if let Some(limit) = query.limit {
            url.query_pairs_mut().append_pair("limit", &limit.to_string());
        }
        let page: RowsPage = self.read(self.http.get(url))?;
        if page.is_whole() { Ok(page) } else { Err(self.stranger()) }
    }

    /// Does the same with many jobs. It may take some seconds.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where too many are named.
    pub fn act_on_many(&self, request: &ManyRequest) -> Result<ManyView, Fault> {
        let body = self.post(self.url(&["api", "v1", "jobs", "act"])?, request)?;
        self.read(body.timeout(super::LONG_ANSWER_TIMEOUT))
    }
}
