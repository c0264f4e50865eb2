//! What the library's page asks, and is answered.

use crate::api::catalog::{ItemDetail, ItemsPage, ItemsQuery};
use crate::api::client::Client;
use crate::api::daemon::{JobView, WishRequest};
use crate::api::libraries::LibrariesView;
use crate::api::run::{Explanation, Fault};
use std::path::PathBuf;

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Ask {
    /// All libraries.
    Libraries,
    /// A page of files.
    Files {
        /// For which choice of files this is.
        choice: u64,
        /// Which page, from 0.
        page: usize,
        /// What of them.
        query: ItemsQuery,
    },
    /// A file, by its id.
    File(String),
    /// Why a file is treated as it is.
    Why(PathBuf),
    /// A wish for a file.
    Wish(WishRequest),
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Answer {
    /// See [`Ask::Libraries`].
    Libraries(LibrariesView),
    /// See [`Ask::Files`].
    Files {
        /// As asked.
        choice: u64,
        /// As asked.
        page: usize,
        /// The files.
        files: ItemsPage,
    },
    /// See [`Ask::File`].
    File(Box<ItemDetail>),
    /// See [`Ask::Why`].
    Why(Explanation),
    /// See [`Ask::Wish`].
    Wished(Box<JobView>),
}

impl Ask {
    /// Asks the daemon and waits for its answer.
    ///
    /// # Errors
    /// As the daemon tells, or where it does not answer.
    pub(in crate::tui) fn of(&self, client: &Client) -> Result<Answer, Fault> {
        Ok(match self {
            Ask::Libraries => Answer::Libraries(client.libraries()?),
            Ask::Files { choice, page, query } => {
                Answer::Files { choice: *choice, page: *page, files: client.items(query)? }
            }
            Ask::File(id) => Answer::File(Box::new(client.item(id)?)),
            Ask::Why(path) => Answer::Why(client.explain(path)?),
            Ask::Wish(wish) => Answer::Wished(Box::new(client.wish(wish)?)),
        })
    }
}
