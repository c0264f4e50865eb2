//! Opening a store, beside other processes and after accidents.

use super::commit::Tables;
use super::handle::Handle;
use super::place::{Broken, Place, StoreFile};
use super::tables::{
    BATCHES, FINISHED, MADE, META, PENDING, PHRASES, PLACED, PUBLISHED, SCHEMA_VERSION, WINDOWS,
};
use super::{Store, before, migrate, phrases};
use crate::base::disk;
use crate::domain::change::Counter;
use crate::domain::fault::Fault;
use redb::{
    Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, StorageBackend, StorageError, TableError,
};
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub(super) const NEW_PREFIX: &str = ".kinora-new-";
const PRIVATE_PREFIX: &str = "run.private-";
const PRIVATE_SUFFIX: &str = ".redb";
/// Name of the schema's version in the table `meta`.
pub(super) const SCHEMA_KEY: &str = "schema";

/// Pages kept in memory, bytes: rows are written once and read once.
const CACHE_BYTES: usize = 8 * 1024 * 1024;
/// Private stores tried before giving up; another process may take over one that was just made.
const PRIVATE_TRIES_MAX: usize = 8;

/// Which pages are verified when a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pages {
    /// All: what somebody altered is told instead of trusted. It takes as long as reading the whole file.
    All,
    /// Those that are needed.
    Needed,
}

impl Pages {
    /// The store of `kinora run` is small; the daemon's is large, and `kinora check` is there for it.
    pub(super) fn of(file: StoreFile) -> Pages {
        match file {
            StoreFile::Daemon => Pages::Needed,
            StoreFile::Run => Pages::All,
        }
    }
}

/// See [`Store::open`].
pub(super) fn open(folder: &Path, file: StoreFile, pages: Pages) -> Result<Store, Fault> {
    let place = Place { path: folder.join(file.name()), file };
    fs::create_dir_all(folder).map_err(|it| folder_fault(folder, file, it))?;
    make(&place).map_err(|it| place.fault(it))?;
    match database(&place, pages).and_then(|db| kept(&place, db, pages)) {
        Ok(Err(fault)) => Err(fault),
        Ok(Ok((db, kept))) => {
            let store = Store { db: Handle::new(db, Some(again)), place, private: false, kept };
            prepare(&store)?;
            if file == StoreFile::Run {
                take_over(&store, folder)?;
            }
            Ok(store)
        }
        Err(DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch) => match file
        {
            StoreFile::Daemon => Err(place.taken()),
            StoreFile::Run => private(folder),
        },
        Err(error) => Err(place.fault(error)),
    }
}

/// A file that is open, and the copy that was kept of it as it was, where one was.
type Opened = (Database, Option<PathBuf>);

/// Of the daemon's store a copy is kept before it gets another format; it is closed meanwhile.
fn kept(place: &Place, db: Database, pages: Pages) -> Result<Result<Opened, Fault>, DatabaseError> {
    let store =
        Store { db: Handle::new(db, None), place: place.clone(), private: false, kept: None };
    let is_older = match store.read(schema_of) {
        Ok(version) => version.is_some_and(|it| it < SCHEMA_VERSION),
        Err(fault) => return Ok(Err(fault)),
    };
    if is_older && place.file == StoreFile::Daemon {
        drop(store);
        return match before::keep(place) {
            Ok(copy) => database(place, pages).map(|db| Ok((db, Some(copy)))),
            Err(fault) => Ok(Err(fault)),
        };
    }
    Ok(store.db.into_inner().map(|db| (db, None)))
}

/// See [`Store::on`].
pub(super) fn on(backend: impl StorageBackend) -> Result<Store, Fault> {
    let place = Place { path: PathBuf::from(StoreFile::Daemon.name()), file: StoreFile::Daemon };
    let opened = Builder::new().set_cache_size(CACHE_BYTES).create_with_backend(backend);
    let db = opened.map_err(|it| place.fault(it))?;
    let store = Store { db: Handle::new(db, None), place, private: false, kept: None };
    prepare(&store)?;
    Ok(store)
}

/// Makes the file where there is none, under another name first: a power cut leaves it whole or absent.
fn make(place: &Place) -> Result<(), Broken> {
    if place.path.exists() {
        return Ok(());
    }
    let folder = disk::folder_of(&place.path);
    let mut builder = tempfile::Builder::new();
    let new = builder.prefix(NEW_PREFIX).permissions(Permissions::from_mode(0o644));
    let new = new.tempfile_in(folder).map_err(StorageError::Io)?;
    Builder::new().create(new.path())?.close()?;
    match new.persist_noclobber(&place.path) {
        Ok(_) => {}
        // Another process was quicker.
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(StorageError::Io(error.error).into()),
    }
    Ok(disk::sync_folder(folder).map_err(StorageError::Io)?)
}

pub(super) fn database(place: &Place, pages: Pages) -> Result<Database, DatabaseError> {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(pages == Pages::All);
    builder.create(&place.path)
}

/// Opens a file that was open a moment ago.
fn again(place: &Place) -> Result<Database, DatabaseError> {
    database(place, Pages::Needed)
}

fn folder_fault(folder: &Path, file: StoreFile, error: std::io::Error) -> Fault {
    Place { path: folder.to_owned(), file }.fault(StorageError::Io(error))
}

/// Makes the tables, brings an older file up to date, and refuses that of a newer Kinora. A file that is up to date is
/// only read.
pub(super) fn prepare(store: &Store) -> Result<(), Fault> {
    match store.read(schema_of)? {
        Some(SCHEMA_VERSION) => Ok(()),
        Some(newer) if newer > SCHEMA_VERSION => Err(store.place.other_version(newer)),
        older => store.write(|tables| {
            if let Some(older) = older {
                migrate::from(older, tables)?;
            }
            tables.touched += 1;
            tables.meta.insert(SCHEMA_KEY, SCHEMA_VERSION)?;
            Ok(())
        }),
    }
}

/// The format of a file; `None` where nothing was written yet.
pub(super) fn schema_of(within: &ReadTransaction) -> Result<Option<u64>, Broken> {
    match within.open_table(META) {
        Ok(meta) => Ok(meta.get(SCHEMA_KEY)?.map(|it| it.value())),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The daemon's store as it is, where there is one; whether a newer Kinora wrote it is not looked at.
pub(super) fn as_it_is(folder: &Path, pages: Pages) -> Result<Option<Store>, Fault> {
    let file = StoreFile::Daemon;
    let place = Place { path: folder.join(file.name()), file };
    if !place.path.exists() {
        return Ok(None);
    }
    let db = match database(&place, pages) {
        Ok(db) => db,
        Err(DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch) => {
            return Err(place.taken());
        }
        Err(error) => return Err(place.fault(error)),
    };
    Ok(Some(Store { db: Handle::new(db, Some(again)), place, private: false, kept: None }))
}

/// Refuses the store of a newer Kinora.
pub(super) fn refuse_newer(store: &Store) -> Result<(), Fault> {
    match store.read(schema_of)? {
        Some(newer) if newer > SCHEMA_VERSION => Err(store.place.other_version(newer)),
        Some(_) | None => Ok(()),
    }
}

fn private(folder: &Path) -> Result<Store, Fault> {
    let file = StoreFile::Run;
    for _ in 0..PRIVATE_TRIES_MAX {
        let mut builder = tempfile::Builder::new();
        let made = builder.prefix(PRIVATE_PREFIX).suffix(PRIVATE_SUFFIX).tempfile_in(folder);
        let kept = made.and_then(|it| it.into_temp_path().keep().map_err(|it| it.error));
        let path = kept.map_err(|it| folder_fault(folder, file, it))?;
        let place = Place { path, file };
        match database(&place, Pages::All) {
            Ok(db) => {
                let store =
                    Store { db: Handle::new(db, Some(again)), place, private: true, kept: None };
                prepare(&store)?;
                return Ok(store);
            }
            Err(DatabaseError::DatabaseAlreadyOpen) => {}
            Err(error) => return Err(place.fault(error)),
        }
    }
    Err(Place { path: folder.join(file.name()), file }.taken())
}

/// Takes over what private stores of ended processes hold: which files are ours and where they lie, temporary names,
/// windows, what was translated. Their jobs ended with their process: the same command wishes them again.
fn take_over(store: &Store, folder: &Path) -> Result<(), Fault> {
    let entries = fs::read_dir(folder).map_err(|it| folder_fault(folder, StoreFile::Run, it))?;
    for path in entries.filter_map(|it| it.ok()).map(|it| it.path()) {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or("");
        if !name.starts_with(PRIVATE_PREFIX) || !name.ends_with(PRIVATE_SUFFIX) {
            continue;
        }
        let place = Place { path, file: StoreFile::Run };
        let Ok(db) = database(&place, Pages::All) else { continue };
        let other = Store { db: Handle::new(db, None), place, private: true, kept: None };
        if prepare(&other).is_err() {
            continue;
        }
        store.write(|tables| merge(&other, tables))?;
        // Removed while it is still open: nobody can find it half merged.
        let _ = fs::remove_file(&other.place.path);
    }
    Ok(())
}

fn merge(from: &Store, into: &mut Tables) -> Result<(), Broken> {
    from.db.read(|db| merge_rows(&db.begin_read()?, into))
}

fn merge_rows(read: &ReadTransaction, into: &mut Tables) -> Result<(), Broken> {
    into.touched += 1;
    let before = into.windows.len()?;
    for (table, rows) in [
        (WINDOWS, &mut into.windows),
        (FINISHED, &mut into.finished),
        (PUBLISHED, &mut into.published),
        (PENDING, &mut into.pending),
        (MADE, &mut into.made),
    ] {
        for row in read.open_table(table)?.iter()? {
            let (key, value) = row?;
            rows.insert(key.value(), value.value())?;
        }
    }
    for row in read.open_table(PLACED)?.iter()? {
        let (key, value) = row?;
        into.placed.insert(key.value(), value.value())?;
    }
    for row in read.open_table(BATCHES)?.iter()? {
        let (key, value) = row?;
        into.batches.insert(key.value(), value.value())?;
    }
    for row in read.open_table(PHRASES)?.iter()? {
        let (key, value) = row?;
        phrases::merge(into, &key.value(), value.value())?;
    }
    let windows = into.windows.len()? - before;
    into.count(Counter::WindowsHeard, windows)
}
