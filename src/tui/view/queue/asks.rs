//! What the queue asks.

use crate::api::client::Client;
use crate::api::daemon::Act;
use crate::api::rows::{ManyRequest, ManyView, RowsPage, RowsQuery};
use crate::api::run::Fault;

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Ask {
    /// A page of rows.
    Rows(RowsQuery),
    /// Does the same with many jobs.
    Many(ManyRequest),
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Answer {
    /// See [`Ask::Rows`]; which were asked for comes back with them.
    Rows(RowsQuery, Box<RowsPage>),
    /// See [`Ask::Many`].
    Many(Act, ManyView),
}

impl Ask {
    /// Asks the daemon and waits for its answer.
    ///
    /// # Errors
    /// As the daemon tells, or where it does not answer.
    pub(in crate::tui) fn of(&self, client: &Client) -> Result<Answer, Fault> {
        Ok(match self {
            Ask::Rows(query) => Answer::Rows(*query, Box::new(client.rows(query)?)),
            Ask::Many(request) => Answer::Many(request.act, client.act_on_many(request)?),
        })
    }
}
