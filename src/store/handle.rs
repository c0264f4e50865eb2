//! The open file. redb takes no more writes once one failed, as on a full disk; so the file is opened again before the
//! next one, and Kinora goes on by itself when there is room.

use super::place::{Broken, Place};
use crate::domain::fault::Fault;
use redb::{Database, DatabaseError};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// How a file is opened again.
pub(super) type Reopen = fn(&Place) -> Result<Database, DatabaseError>;

/// A database that can be closed and opened again under its users.
pub(super) struct Handle {
    /// `None` while it could not be opened again.
    db: RwLock<Option<Database>>,
    /// The last write failed: the next one opens the file again first.
    failed: AtomicBool,
    /// `None` where there is no file.
    reopen: Option<Reopen>,
}

impl Handle {
    /// A database that was just opened.
    pub(super) fn new(db: Database, reopen: Option<Reopen>) -> Handle {
        Handle { db: RwLock::new(Some(db)), failed: AtomicBool::new(false), reopen }
    }

    /// Reads; after a write that failed the file is opened again first, since redb then refuses to read too.
    pub(super) fn look<T>(
        &self,
        place: &Place,
        act: impl FnOnce(&Database) -> Result<T, Broken>,
    ) -> Result<T, Broken> {
        if self.failed.load(Ordering::SeqCst) {
            self.open_again(place)?;
        }
        self.read(act)
    }

    /// Reads from the file as it is open.
    pub(super) fn read<T>(
        &self,
        act: impl FnOnce(&Database) -> Result<T, Broken>,
    ) -> Result<T, Broken> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        match db.as_ref() {
            Some(db) => act(db),
            None => Err(Broken::Fault(closed())),
        }
    }

    /// Writes; where that fails, the next write opens the file again first.
    pub(super) fn write<T>(
        &self,
        place: &Place,
        act: impl FnOnce(&Database) -> Result<T, Broken>,
    ) -> Result<T, Broken> {
        if self.failed.load(Ordering::SeqCst) {
            self.open_again(place)?;
        }
        let done = self.read(act);
        if let Err(broken) = &done
            && broken.is_of_disk()
        {
            self.failed.store(true, Ordering::SeqCst);
        }
        done
    }

    /// The last write failed, and whoever writes next must have the file alone for a moment.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// The database for whoever has the store alone.
    pub(super) fn alone(&mut self) -> Result<&mut Database, Fault> {
        let db = self.db.get_mut().unwrap_or_else(PoisonError::into_inner);
        db.as_mut().ok_or_else(closed)
    }

    /// The database, for whoever has it alone.
    pub(super) fn into_inner(self) -> Result<Database, Fault> {
        self.db.into_inner().unwrap_or_else(PoisonError::into_inner).ok_or_else(closed)
    }

    fn open_again(&self, place: &Place) -> Result<(), Broken> {
        let Some(reopen) = self.reopen else { return Ok(()) };
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        // The file is locked while it is open.
        *db = None;
        *db = Some(reopen(place)?);
        self.failed.store(false, Ordering::SeqCst);
        Ok(())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("failed", &self.failed).finish_non_exhaustive()
    }
}

fn closed() -> Fault {
    Fault::transient(
        "the store could not be opened again after a write failed",
        "look at the disk it is on; Kinora tries again by itself",
    )
}
