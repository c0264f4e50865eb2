//! The book of published subtitles, kept in the store.

use crate::domain::fault::Fault;
use crate::pipeline::subtitle::publish::{Ledger, Publication};
use crate::store::{PendingRow, PublishedRow, Store};
use std::path::{Path, PathBuf};

impl Ledger for Store {
    fn lock_folder(&self) -> PathBuf {
        self.folder().join("locks")
    }

    fn published(&self, output: &Path) -> Result<Option<[u8; 32]>, Fault> {
        Ok(Store::published(self, output)?.map(|it| it.content_blake3))
    }

    fn begin(&self, temp: &Path, publication: &Publication) -> Result<(), Fault> {
        let Publication { output, content_blake3, at_unix_ms } = publication.clone();
        let published = PublishedRow { content_blake3, at_unix_ms };
        self.begin_pending(temp, &PendingRow { output: output.into_os_string(), published })
    }

    fn finish(&self, temp: &Path) -> Result<(), Fault> {
        self.finish_pending(temp)
    }

    fn abandon(&self, temp: &Path) -> Result<(), Fault> {
        self.forget_pending(temp)
    }

    fn unfinished(&self) -> Result<Vec<(PathBuf, Publication)>, Fault> {
        let publication = |it: PendingRow| Publication {
            output: PathBuf::from(it.output),
            content_blake3: it.published.content_blake3,
            at_unix_ms: it.published.at_unix_ms,
        };
        Ok(self.pending()?.into_iter().map(|(temp, row)| (temp, publication(row))).collect())
    }
}
