//! What Kinora remembers, in redb; the only module that names it. Facts and what is derived from them change in one
//! transaction; [`Store::check`] compares, [`Store::repair`] derives again.

mod tables;
mod rows;
mod codec;
mod place;
mod handle;
mod open;
mod migrate;
mod write;
mod commit;
mod changes;
mod phrases;
mod terms;
mod read;
mod outputs;
mod before;
mod prune;
mod check;
mod repair;
mod backup;
mod restore;

pub use backup::RowSink;
pub use check::{Mend, Problem};
pub use outputs::{FileRow, RowChange};
pub use phrases::ENDPOINT_ROWS_MAX;
pub use place::StoreFile;
pub use prune::{
    ACTIVITY_ROWS_MAX, AUDIO_ROWS_MAX, BATCH_AGE_DAYS_MAX, BATCH_ROWS_MAX, MADE_ROWS_MAX,
    PHRASE_ROWS_MAX, PLACED_ROWS_MAX, SEEN_ROWS_MAX, SPEECH_ROWS_MAX, TRANSCRIPT_AGE_DAYS_MAX,
    TRANSCRIPT_ROWS_MAX, WINDOW_AGE_DAYS_MAX, WINDOW_ROWS_MAX,
};
pub use read::ListQuery;
pub use restore::{Hold, Present, Rebuild, Rebuilt};
pub use rows::{
    ControlRow, ExecutionRow, FinishedRow, JobRow, PendingRow, PublishedRow, RowStatus, StepRecord,
    TermRow,
};
pub use write::{Control, Refused, TermDone, TermWrite, Wished, Write, Wrote};

use crate::base::disk;
use crate::domain::fault::Fault;
use commit::Tables;
use handle::Handle;
use open::Pages;
use place::{Broken, Place};
use redb::{Database, ReadTransaction, ReadableDatabase};
use std::path::{Path, PathBuf};

/// What Kinora remembers. Every write is durable when its method returns, and no transaction outlives a call.
#[derive(Debug)]
pub struct Store {
    db: Handle,
    place: Place,
    private: bool,
    kept: Option<PathBuf>,
}

impl Store {
    /// Opens a store in a folder, which is made where absent.
    ///
    /// Where another process has `run.redb`, this is a private store beside it: it starts empty, and the next one to
    /// open `run.redb` takes over what was heard and written. `kinora.redb` is never opened twice.
    ///
    /// # Errors
    /// Where the file is damaged, in use, a newer Kinora wrote it, or it cannot be read and written.
    pub fn open(folder: &Path, file: StoreFile) -> Result<Store, Fault> {
        open::open(folder, file, Pages::of(file))
    }

    /// Opens a store as [`Store::open`] does, but looks at the checksum of every page first, which takes a while.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn inspect(folder: &Path, file: StoreFile) -> Result<Store, Fault> {
        open::open(folder, file, Pages::All)
    }

    /// Opens the daemon's store without bringing it up to date, to copy it as it is; `None` where there is none.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_as_it_is(folder: &Path) -> Result<Option<Store>, Fault> {
        let store = open::as_it_is(folder, Pages::Needed)?;
        store.as_ref().map_or(Ok(()), open::refuse_newer)?;
        Ok(store)
    }

    /// A store on something else than a file, for tests and benches.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn on(backend: impl redb::StorageBackend) -> Result<Store, Fault> {
        open::on(backend)
    }

    /// True where another process has `run.redb`, so that this one knows nothing of earlier runs.
    pub fn is_private(&self) -> bool {
        self.private
    }

    /// The copy that was kept of it as it was, where opening it brought it up to date.
    pub fn kept_copy(&self) -> Option<&Path> {
        self.kept.as_deref()
    }

    /// The folder it lies in.
    pub fn folder(&self) -> &Path {
        disk::folder_of(&self.place.path)
    }

    /// Makes writes durable, all in one transaction. A write that its state does not allow is refused alone, the others
    /// stand; answers are in the order of the writes. Nothing is synced where nothing changes.
    ///
    /// # Errors
    /// Where the store cannot be read or written: then nothing is written. The next write tries anew.
    pub fn commit(&self, writes: &[Write]) -> Result<Vec<Result<Wrote, Refused>>, Fault> {
        self.write(|tables| writes.iter().map(|it| commit::one(tables, &self.place, it)).collect())
    }

    fn read<T>(&self, act: impl FnOnce(&ReadTransaction) -> Result<T, Broken>) -> Result<T, Fault> {
        self.db.look(&self.place, |db| act(&db.begin_read()?)).map_err(|it| self.place.fault(it))
    }

    /// One transaction, which is given up where nothing was touched.
    fn write<T>(&self, act: impl FnOnce(&mut Tables) -> Result<T, Broken>) -> Result<T, Fault> {
        let write = |db: &Database| {
            let transaction = db.begin_write()?;
            let mut tables = Tables::open(&transaction)?;
            let done = act(&mut tables)?;
            let touched = tables.touched;
            drop(tables);
            if touched == 0 {
                transaction.abort()?
            } else {
                transaction.commit()?
            }
            Ok(done)
        };
        self.db.write(&self.place, write).map_err(|it: Broken| self.place.fault(it))
    }
}

#[cfg(test)]
mod tests;
