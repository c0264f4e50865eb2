//! The client, continued: libraries and their files, and Kinora's log.

use super::Client;
use crate::api::catalog::{ItemDetail, ItemsPage, ItemsQuery};
use crate::api::libraries::LibrariesView;
use crate::api::logs::{LogsPage, LogsQuery};
use crate::domain::fault::Fault;

impl Client {
    /// All libraries.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn libraries(&self) -> Result<LibrariesView, Fault> {
        self.get(&["api", "v1", "libraries"])
    }

    /// A page of the files of libraries.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is no such library, or nowhere to go on from.
    pub fn items(&self, query: &ItemsQuery) -> Result<ItemsPage, Fault> {
        let ItemsQuery { library, lacks, q, status, after, limit } = query;
        let mut url = self.url(&["api", "v1", "items"])?;
        let asked = [
            ("library", library.clone()),
            ("lacks", lacks.as_ref().map(ToString::to_string)),
            ("q", q.clone()),
            ("status", status.map(|it| it.word().to_owned())),
            ("after", after.clone()),
            ("limit", limit.map(|it| it.to_string())),
        ];
        for (name, value) in asked {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        self.read(self.http.get(url))
    }

    /// A file of a library, by the id that a page told.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is none.
    pub fn item(&self, id: &str) -> Result<ItemDetail, Fault> {
        self.get(&["api", "v1", "items", id])
    }

    /// Lines of Kinora's own log.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn logs(&self, query: &LogsQuery) -> Result<LogsPage, Fault> {
        let LogsQuery { after, before, level, job, q, limit } = query;
        let mut url = self.url(&["api", "v1", "logs"])?;
        let asked = [
            ("after", after.map(|it| it.to_string())),
            ("before", before.map(|it| it.to_string())),
            ("level", level.map(|it| it.word().to_owned())),
            ("job", job.map(|it| it.to_string())),
            ("q", q.clone()),
            ("limit", limit.map(|it| it.to_string())),
        ];
        for (name, value) in asked {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        self.read(self.http.get(url))
    }
}
