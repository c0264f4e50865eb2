//! The book of published subtitles, kept in the store.

use crate::domain::fault::Fault;
use crate::pipeline::subtitle::publish::{Ledger, Publication};
use crate::store::{PendingRow, PublishedRow, Store};
use std::path::{Path, PathBuf};

impl Ledger for Store {
    fn lock_folder(&self) -> PathBuf {
        self.folder().join("locks")
    }

    fn published(&self, output: &Path) -> Result<Option<Publication>, Fault> {
        let row = Store::published(self, output)?;
        Ok(row.map(|it| publication(output.to_path_buf(), it)))
    }

    fn begin(&self, temp: &Path, publication: &Publication) -> Result<(), Fault> {
        let Publication { output, content_blake3, video, at_unix_ms } = publication.clone();
        let video = video.into_os_string();
        let published = PublishedRow { content_blake3, video, at_unix_ms };
        self.begin_pending(temp, &PendingRow { output: output.into_os_string(), published })
    }

    fn finish(&self, temp: &Path) -> Result<(), Fault> {
        self.finish_pending(temp)
    }

    fn abandon(&self, temp: &Path) -> Result<(), Fault> {
        self.forget_pending(temp)
    }

    fn unfinished(&self) -> Result<Vec<(PathBuf, Publication)>, Fault> {
        let of_row = |it: PendingRow| publication(PathBuf::from(it.output), it.published);
        Ok(self.pending()?.into_iter().map(|(temp, row)| (temp, of_row(row))).collect())
    }
}

fn publication(output: PathBuf, row: PublishedRow) -> Publication {
    let PublishedRow { content_blake3, video, at_unix_ms } = row;
    Publication { output, content_blake3, video: PathBuf::from(video), at_unix_ms }
}
