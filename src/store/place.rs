//! Where a store lies, and what is told of it when it fails.

use super::codec::Unreadable;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// What to do about a page that is damaged, which may hold anything.
const NO_MENDING: &str = "restore a backup of it, or move it away and start Kinora again, which then looks through the \
                          libraries anew";

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
                "restore a backup of it, or see with `kinora check --repair` what can be mended",
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
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::operator(
                format!("the disk is full, so {shown} cannot be written"),
                format!("make room, then {again}"),
            ),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Fault::operator(
                format!("{shown} cannot be written by this user"),
                "give this user the right to, or set data_dir to a folder it may write",
            ),
            _ => Fault::transient(format!("{shown} cannot be read or written ({error})"), again),
        }
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
        let remedy = match self.file {
            StoreFile::Daemon => {
                "use that version, or restore the backup that was made before it was first started"
            }
            StoreFile::Run => {
                "use that version, or move the file away: it only holds what earlier runs remembered"
            }
        };
        let shown = show_path(&self.path);
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
