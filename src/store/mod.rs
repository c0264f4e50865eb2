//! What Kinora remembers, in redb; the only module that names it.

mod codec;
mod open;
mod tables;

pub use tables::{FinishedRow, PendingRow, PublishedRow};

use crate::base::disk;
use crate::domain::fault::Fault;
use crate::domain::transcript::RawHeard;
use codec::{Row, Unreadable};
use redb::{Database, ReadableDatabase, ReadableTable};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use tables::{Bytes, FINISHED, PENDING, PUBLISHED, StoredFinished, WINDOWS, WindowAge, WindowRow};

/// How long a window is remembered after it was listened to, days.
pub const WINDOW_AGE_DAYS_MAX: u64 = 30;
/// How many windows are remembered at most, about 400 hours of speech; the oldest are forgotten first.
pub const WINDOW_ROWS_MAX: usize = 50_000;

/// A key and its row, as bytes.
type Raw = (Vec<u8>, Vec<u8>);

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What `kinora run` remembers: windows it listened to, files it finished, subtitles it wrote. Every write is durable
/// when its method returns.
#[derive(Debug)]
pub struct Store {
    db: Database,
    path: PathBuf,
    private: bool,
}

impl Store {
    /// Opens `run.redb` in a folder, which is made where absent. Where another process has it, this is a private store
    /// beside it: it starts empty, and the next one to open `run.redb` takes over what is in it.
    ///
    /// # Errors
    /// Where the file is damaged, a newer Kinora wrote it, or it cannot be read and written.
    pub fn open(folder: &Path) -> Result<Store, Fault> {
        open::open(folder)
    }

    /// True where another process has `run.redb`, so that this one knows nothing of earlier runs.
    pub fn is_private(&self) -> bool {
        self.private
    }

    /// The folder it lies in.
    pub fn folder(&self) -> &Path {
        disk::folder_of(&self.path)
    }

    /// What was heard in a window, by the digest of its recipe and samples.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn window(&self, key: &[u8; 32]) -> Result<Option<RawHeard>, Fault> {
        Ok(self.get::<WindowRow>(WINDOWS, key)?.map(|it| it.heard))
    }

    /// Remembers what was heard in a window, and since when.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn put_window(
        &self,
        key: &[u8; 32],
        heard: &RawHeard,
        at_unix_ms: u64,
    ) -> Result<(), Fault> {
        self.put(WINDOWS, key, &WindowRow { at_unix_ms, heard: heard.clone() })
    }

    /// What came of a file, by the digest of the file and of what was wished.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn finished(&self, key: &[u8; 32]) -> Result<Option<FinishedRow>, Fault> {
        let row: Option<StoredFinished> = self.get(FINISHED, key)?;
        Ok(row.map(|it| FinishedRow {
            outputs: it.outputs.into_iter().map(PathBuf::from).collect(),
            language: it.language,
            at_unix_ms: it.at_unix_ms,
        }))
    }

    /// Remembers what came of a file.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn put_finished(&self, key: &[u8; 32], row: &FinishedRow) -> Result<(), Fault> {
        let stored = StoredFinished {
            outputs: row.outputs.iter().map(|it| it.clone().into_os_string()).collect(),
            language: row.language.clone(),
            at_unix_ms: row.at_unix_ms,
        };
        self.put(FINISHED, key, &stored)
    }

    /// What is known of a subtitle at this path, where Kinora wrote it.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn published(&self, path: &Path) -> Result<Option<PublishedRow>, Fault> {
        self.get(PUBLISHED, path.as_os_str().as_bytes())
    }

    /// Remembers that Kinora wrote the subtitle at this path.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn put_published(&self, path: &Path, row: &PublishedRow) -> Result<(), Fault> {
        self.put(PUBLISHED, path.as_os_str().as_bytes(), row)
    }

    /// Remembers a temporary file before it exists.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn begin_pending(&self, temp: &Path, row: &PendingRow) -> Result<(), Fault> {
        self.put(PENDING, temp.as_os_str().as_bytes(), row)
    }

    /// The temporary file got its name for good: from now on the subtitle is known as ours.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn finish_pending(&self, temp: &Path) -> Result<(), Fault> {
        self.end_pending(temp, true)
    }

    /// The temporary file is gone.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn forget_pending(&self, temp: &Path) -> Result<(), Fault> {
        self.end_pending(temp, false)
    }

    /// Temporary files whose end was not recorded: left by a crash, unless this process is writing them.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn pending(&self) -> Result<Vec<(PathBuf, PendingRow)>, Fault> {
        let read = || -> Result<Vec<Raw>, redb::Error> {
            let table = self.db.begin_read()?.open_table(PENDING)?;
            let rows = table
                .iter()?
                .map(|it| it.map(|(key, row)| (key.value().to_vec(), row.value().to_vec())));
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let rows = read().map_err(|it| open::fault(&self.path, it))?;
        let row = |(key, bytes): Raw| {
            let row = codec::decode(&bytes).map_err(|it| self.unreadable(it))?;
            Ok((PathBuf::from(std::ffi::OsStr::from_bytes(&key)), row))
        };
        rows.into_iter().map(row).collect()
    }

    /// Forgets windows older than [`WINDOW_AGE_DAYS_MAX`] and the oldest beyond [`WINDOW_ROWS_MAX`]; says how many.
    ///
    /// # Errors
    /// Where the store cannot be read or written.
    pub fn prune(&self, now_unix_ms: u64) -> Result<usize, Fault> {
        let oldest = now_unix_ms.saturating_sub(WINDOW_AGE_DAYS_MAX * DAY_MS);
        let prune = || -> Result<usize, redb::Error> {
            let mut rows: Vec<(u64, Vec<u8>)> = Vec::new();
            for row in self.db.begin_read()?.open_table(WINDOWS)?.iter()? {
                let (key, bytes) = row?;
                // A row that cannot be read is as good as old.
                let at = codec::decode::<WindowAge>(bytes.value()).map_or(0, |it| it.at_unix_ms);
                rows.push((at, key.value().to_vec()));
            }
            rows.sort_unstable();
            let aged = rows.partition_point(|it| it.0 < oldest);
            let gone = aged.max(rows.len().saturating_sub(WINDOW_ROWS_MAX));
            if gone == 0 {
                return Ok(0);
            }
            let transaction = self.db.begin_write()?;
            {
                let mut table = transaction.open_table(WINDOWS)?;
                for (_, key) in &rows[..gone] {
                    table.remove(key.as_slice())?;
                }
            }
            transaction.commit()?;
            Ok(gone)
        };
        prune().map_err(|it| open::fault(&self.path, it))
    }

    fn get<R: Row>(&self, table: Bytes, key: &[u8]) -> Result<Option<R>, Fault> {
        let read = || -> Result<Option<Vec<u8>>, redb::Error> {
            let table = self.db.begin_read()?.open_table(table)?;
            Ok(table.get(key)?.map(|it| it.value().to_vec()))
        };
        let bytes = read().map_err(|it| open::fault(&self.path, it))?;
        bytes.map(|it| codec::decode(&it).map_err(|it| self.unreadable(it))).transpose()
    }

    fn put<R: Row>(&self, table: Bytes, key: &[u8], row: &R) -> Result<(), Fault> {
        let bytes = codec::encode(row)?;
        let write = || -> Result<(), redb::Error> {
            let transaction = self.db.begin_write()?;
            transaction.open_table(table)?.insert(key, bytes.as_slice())?;
            Ok(transaction.commit()?)
        };
        write().map_err(|it| open::fault(&self.path, it))
    }

    /// One transaction: the temporary name goes, and, where it became the subtitle, that is known.
    fn end_pending(&self, temp: &Path, published: bool) -> Result<(), Fault> {
        let key = temp.as_os_str().as_bytes();
        let row: Option<PendingRow> = self.get(PENDING, key)?;
        let row = row.filter(|_| published);
        let done = row.map(|it| Ok((codec::encode(&it.published)?, it.output))).transpose()?;
        let write = || -> Result<(), redb::Error> {
            let transaction = self.db.begin_write()?;
            transaction.open_table(PENDING)?.remove(key)?;
            if let Some((bytes, output)) = &done {
                transaction.open_table(PUBLISHED)?.insert(output.as_bytes(), bytes.as_slice())?;
            }
            Ok(transaction.commit()?)
        };
        write().map_err(|it| open::fault(&self.path, it))
    }

    fn unreadable(&self, why: Unreadable) -> Fault {
        match why {
            Unreadable::OtherVersion(version) => {
                open::other_version(&self.path, u64::from(version))
            }
            Unreadable::Damaged => open::damaged(&self.path),
        }
    }
}

#[cfg(test)]
mod tests;
