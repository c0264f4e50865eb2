//! Opening the store, beside other processes and after accidents.

use super::Store;
use super::tables::{ALL, META, SCHEMA_VERSION};
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

const FILE_NAME: &str = "run.redb";
const PRIVATE_PREFIX: &str = "run.private-";
const PRIVATE_SUFFIX: &str = ".redb";
const SCHEMA_KEY: &str = "schema";

/// Pages kept in memory, bytes: rows are written once and read once.
const CACHE_BYTES: usize = 8 * 1024 * 1024;
/// Private stores tried before giving up; another process may take over one that was just made.
const PRIVATE_TRIES_MAX: usize = 8;

/// See [`Store::open`].
pub(super) fn open(folder: &Path) -> Result<Store, Fault> {
    fs::create_dir_all(folder).map_err(|it| fault(folder, StorageError::Io(it)))?;
    let path = folder.join(FILE_NAME);
    match database(&path) {
        Ok(db) => {
            let store = Store { db, path, private: false };
            prepare(&store)?;
            take_over(&store, folder)?;
            Ok(store)
        }
        Err(DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch) => {
            private(folder)
        }
        Err(error) => Err(fault(&path, error)),
    }
}

/// The checksums of all pages are looked at: a damaged file is told instead of trusted.
fn database(path: &Path) -> Result<Database, DatabaseError> {
    Builder::new().set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true).create(path)
}

/// Makes the tables, and refuses a file of a newer Kinora.
fn prepare(store: &Store) -> Result<(), Fault> {
    let prepare = || -> Result<u64, redb::Error> {
        let transaction = store.db.begin_write()?;
        let version = {
            let mut meta = transaction.open_table(META)?;
            let found = meta.get(SCHEMA_KEY)?.map(|it| it.value());
            if found.is_none() {
                meta.insert(SCHEMA_KEY, SCHEMA_VERSION)?;
            }
            found.unwrap_or(SCHEMA_VERSION)
        };
        if version > SCHEMA_VERSION {
            transaction.abort()?;
            return Ok(version);
        }
        for table in ALL {
            transaction.open_table(table)?;
        }
        transaction.commit()?;
        Ok(version)
    };
    let version = prepare().map_err(|it| fault(&store.path, it))?;
    if version > SCHEMA_VERSION { Err(other_version(&store.path, version)) } else { Ok(()) }
}

fn private(folder: &Path) -> Result<Store, Fault> {
    for _ in 0..PRIVATE_TRIES_MAX {
        let mut builder = tempfile::Builder::new();
        let made = builder.prefix(PRIVATE_PREFIX).suffix(PRIVATE_SUFFIX).tempfile_in(folder);
        let kept = made.and_then(|it| it.into_temp_path().keep().map_err(|it| it.error));
        let path = kept.map_err(|it| fault(folder, StorageError::Io(it)))?;
        match database(&path) {
            Ok(db) => {
                let store = Store { db, path, private: true };
                prepare(&store)?;
                return Ok(store);
            }
            Err(DatabaseError::DatabaseAlreadyOpen) => {}
            Err(error) => return Err(fault(&path, error)),
        }
    }
    let what = format!("the store in {} is in use by other processes", show_path(folder));
    Err(Fault::transient(what, "run again when they are done"))
}

/// Takes over what private stores of ended processes hold: which files are ours, temporary names, windows.
fn take_over(store: &Store, folder: &Path) -> Result<(), Fault> {
    let entries = fs::read_dir(folder).map_err(|it| fault(folder, StorageError::Io(it)))?;
    for path in entries.filter_map(|it| it.ok()).map(|it| it.path()) {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or("");
        if !name.starts_with(PRIVATE_PREFIX) || !name.ends_with(PRIVATE_SUFFIX) {
            continue;
        }
        let Ok(other) = database(&path) else { continue };
        let other = Store { db: other, path, private: true };
        if prepare(&other).is_err() {
            continue;
        }
        merge(&other, store).map_err(|it| fault(&store.path, it))?;
        // Removed while it is still open: nobody can find it half merged.
        let _ = fs::remove_file(&other.path);
    }
    Ok(())
}

fn merge(from: &Store, into: &Store) -> Result<(), redb::Error> {
    let read = from.db.begin_read()?;
    let transaction = into.db.begin_write()?;
    for table in ALL {
        let mut rows = transaction.open_table(table)?;
        for row in read.open_table(table)?.iter()? {
            let (key, value) = row?;
            rows.insert(key.value(), value.value())?;
        }
    }
    Ok(transaction.commit()?)
}

/// What redb says, for the owner.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "redb's enum is open; most of it cannot happen here"
)]
pub(super) fn fault(path: &Path, error: impl Into<redb::Error>) -> Fault {
    let shown = show_path(path);
    match error.into() {
        redb::Error::Corrupted(_) => damaged(path),
        redb::Error::UpgradeRequired(version) => other_version(path, u64::from(version)),
        redb::Error::Io(error) => io_fault(path, &error),
        other => Fault::transient(format!("the store {shown} failed ({other})"), "run again"),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
fn io_fault(path: &Path, error: &io::Error) -> Fault {
    let shown = show_path(path);
    match error.kind() {
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => damaged(path),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::operator(
            format!("the disk is full, so {shown} cannot be written"),
            "make room, then run again",
        ),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Fault::operator(
            format!("{shown} cannot be written by this user"),
            "give this user the right to, or set data_dir to a folder it may write",
        ),
        _ => Fault::transient(format!("{shown} cannot be read or written ({error})"), "run again"),
    }
}

/// What is lost is only what can be made again.
pub(super) fn damaged(path: &Path) -> Fault {
    Fault::operator(
        format!("the store {} is damaged", show_path(path)),
        "move it away or delete it and run again: it only holds what earlier runs remembered, subtitles are not lost",
    )
}

/// A newer Kinora wrote it.
pub(super) fn other_version(path: &Path, version: u64) -> Fault {
    Fault::operator(
        format!(
            "the store {} was written by another version of Kinora (format {version})",
            show_path(path)
        ),
        "use that version, or move the file away: it only holds what earlier runs remembered",
    )
}
