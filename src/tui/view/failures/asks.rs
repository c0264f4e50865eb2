//! What the failures ask.

use crate::api::client::Client;
use crate::api::daemon::{Act, JobStatus, JobsPage, JobsQuery};
use crate::api::rows::{ManyRequest, ManyView};
use crate::api::run::Fault;

/// Jobs of a page.
pub(super) const PAGE_JOBS: usize = 500;

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Ask {
    /// Jobs that are parked, before this execution.
    Parked(Option<u64>),
    /// Does the same with many jobs.
    Many(ManyRequest),
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Answer {
    /// See [`Ask::Parked`].
    Parked(JobsPage),
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
            Ask::Parked(before) => {
                let (status, limit) = (Some(JobStatus::Parked), Some(PAGE_JOBS));
                Answer::Parked(client.jobs(&JobsQuery { status, before: *before, limit })?)
            }
            Ask::Many(request) => Answer::Many(request.act, client.act_on_many(request)?),
        })
    }
}
