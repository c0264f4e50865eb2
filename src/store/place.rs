//! Where a store lies, and what is told of it when it fails.

use super::before;
use super::codec::Unreadable;
use crate::base::text::show_path;
use crate::domain::fault::{DISK_FULL, DISK_READ_ONLY, Fault, QUOTA_USED_UP};
use redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// What to do about a page that is damaged, which may hold anything.
const NO_MENDING: &str = "restore a backup of it (`kinora backup restore latest`), or move it away and start Kinora \
                          again, which then looks through the libraries anew";

/// What to do about a store whose loss costs time only.
const RUN_AGAIN: &str = "move it away or delete it and run again: it only holds what earlier runs remembered, \
                         subtitles are not lost";

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFile {
    /// `kinora.redb`, the daemon's: jobs and their history. Only one process has it.
    Daemon,
    /// `run.redb`, that of `kinora run`: all in it can be made again. A second process gets a private one beside it.
    Run,
}

impl StoreFile {
    /// Its name in the data folder.
    pub fn name(self) -> &'static str {
        match self {
            StoreFile::Daemon => "kinora.redb",
            StoreFile::Run => "run.redb",
        }
    }
}

/// Where a store lies.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) file: StoreFile,
}

/// What goes wrong inside of a transaction.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Row(#[from] Unreadable),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Broken {
    /// The disk is to blame, or redb has stopped because it was.
    pub(super) fn is_of_disk(&self) -> bool {
        let storage = |it: &StorageError| {
            matches!(
                it,
                StorageError::Io(_) | StorageError::PreviousIo | StorageError::DatabaseClosed
            )
        };
        match self {
            Broken::Database(DatabaseError::Storage(it)) => storage(it),
            Broken::Transaction(TransactionError::Storage(it)) => storage(it),
            Broken::Table(TableError::Storage(it)) => storage(it),
            Broken::Commit(CommitError::Storage(it)) => storage(it),
            Broken::Storage(it) => storage(it),
            Broken::Database(_)
            | Broken::Transaction(_)
            | Broken::Table(_)
            | Broken::Commit(_)
            | Broken::Row(_)
            | Broken::Fault(_) => false,
        }
    }
}

impl Place {
    /// What is told to the owner.
    pub(super) fn fault(&self, broken: impl Into<Broken>) -> Fault {
        match broken.into() {
            Broken::Database(it) => self.of_redb(it.into()),
            Broken::Transaction(it) => self.of_redb(it.into()),
            Broken::Table(it) => self.of_redb(it.into()),
            Broken::Storage(it) => self.of_redb(it.into()),
            Broken::Commit(it) => self.of_redb(it.into()),
            Broken::Row(Unreadable::OtherVersion(version)) => self.other_version(version.into()),
            Broken::Row(Unreadable::Damaged) => self.damaged(
                "restore a backup of it (`kinora backup restore latest`), or see with `kinora check --repair` what can \
                 be mended",
            ),
            Broken::Fault(fault) => fault,
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "redb's enum is open; most of it cannot happen here"
    )]
    fn of_redb(&self, error: redb::Error) -> Fault {
        match error {
            redb::Error::Corrupted(_) => self.damaged(NO_MENDING),
            redb::Error::UpgradeRequired(version) => self.other_version(version.into()),
            redb::Error::Io(error) => self.of_io(&error),
            other => {
                let what = format!("the store {} failed ({other})", show_path(&self.path));
                Fault::transient(what, self.again())
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
    fn of_io(&self, error: &io::Error) -> Fault {
        let (shown, again) = (show_path(&self.path), self.again());
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof => self.damaged(NO_MENDING),
            ErrorKind::StorageFull => self.no_room(DISK_FULL),
            ErrorKind::QuotaExceeded => self.no_room(QUOTA_USED_UP),
            ErrorKind::ReadOnlyFilesystem => Fault::operator(
                format!("{DISK_READ_ONLY}, so {shown} cannot be written"),
                match self.file {
                    StoreFile::Daemon => {
                        "check that disk and mount it writable; Kinora goes on by itself then"
                    }
                    StoreFile::Run => {
                        "check that disk and mount it writable, or set data_dir, then run again"
                    }
                },
            ),
            ErrorKind::PermissionDenied => Fault::operator(
                format!("{shown} cannot be written by this user"),
                "give this user the right to, or set data_dir to a folder it may write",
            ),
            _ => Fault::transient(format!("{shown} cannot be read or written ({error})"), again),
        }
    }

    fn no_room(&self, why: &str) -> Fault {
        let remedy = match self.file {
            StoreFile::Daemon => "make room; Kinora goes on by itself then",
            StoreFile::Run => "make room, then run again",
        };
        Fault::operator(format!("{why}, so {} cannot be written", show_path(&self.path)), remedy)
    }

    fn again(&self) -> &'static str {
        match self.file {
            StoreFile::Daemon => "start Kinora again",
            StoreFile::Run => "run again",
        }
    }

    /// The file is no store, or no whole one. `remedy` is for the store that is worth it.
    fn damaged(&self, remedy: &str) -> Fault {
        let remedy = match self.file {
            StoreFile::Daemon => format!("{remedy}; subtitles and videos are not touched by this"),
            StoreFile::Run => RUN_AGAIN.to_owned(),
        };
        Fault::operator(format!("the store {} is damaged", show_path(&self.path)), remedy)
    }

    /// A newer Kinora wrote it.
    pub(super) fn other_version(&self, version: u64) -> Fault {
        let shown = show_path(&self.path);
        let copy = before::copy_of(&self.path, version);
        let remedy = match self.file {
            StoreFile::Daemon if copy.exists() => format!(
                "use that version, or go back to how all was before it was first started: give the copy {} the name \
                 {shown}",
                show_path(&copy)
            ),
            StoreFile::Daemon => "use that version, or restore the backup that was made before it was first started"
                .to_owned(),
            StoreFile::Run => {
                "use that version, or move the file away: it only holds what earlier runs remembered".to_owned()
            }
        };
        let what = format!(
            "the store {shown} was written by another version of Kinora (format {version})"
        );
        Fault::operator(what, remedy)
    }

    /// Another process has it.
    pub(super) fn taken(&self) -> Fault {
        match self.file {
            StoreFile::Daemon => Fault::operator(
                format!(
                    "another Kinora serves the folder of {}: the file is in use",
                    show_path(&self.path)
                ),
                "stop that one first, or give this one another data_dir",
            ),
            StoreFile::Run => Fault::transient(
                format!("the store {} is in use by other processes", show_path(&self.path)),
                "run again when they are done",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_takes_nothing_is_known_and_waited_for() {
        let place = Place { path: "/data/kinora.redb".into(), file: StoreFile::Daemon };
        for (code, waits, said) in [
            (libc::ENOSPC, true, "the disk is full, so /data/kinora.redb"),
            (libc::EDQUOT, true, "quota"),
            (libc::EROFS, true, "read-only"),
            (libc::EACCES, false, "by this user"),
            (libc::EIO, false, "cannot be read or written"),
        ] {
            let error = StorageError::Io(io::Error::from_raw_os_error(code));
            let fault = place.fault(error);
            assert_eq!(fault.waits_for_disk(), waits, "{fault}");
            assert!(fault.what.contains(said), "{fault}");
        }
    }
}
