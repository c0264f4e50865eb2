//! A store from a copy of its rows: built beside the one that is there, looked at, and only then put in its place.

use super::Store;
use super::backup::{Frames, SoundKey, Visit, each_table};
use super::check::{Mend, Problem};
use super::codec;
use super::commit::Tables;
use super::handle::Handle;
use super::open::{self, NEW_PREFIX, Pages, SCHEMA_KEY};
use super::place::{Broken, Place, StoreFile};
use super::repair::derive_again;
use super::rows::{ExecutionRow, TermRow};
use super::tables::{EXECUTIONS, JOBS, META, SCHEMA_VERSION, TERMS, TRANSCRIPT_AGES, TRANSCRIPTS};
use crate::base::disk;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use redb::{
    Builder, Database, ReadTransaction, ReadableTable, ReadableTableMetadata, StorageError,
    TableDefinition, TableError, TableHandle, Value,
};
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempPath;

/// After [`NEW_PREFIX`]: one that is built anew.
const RESTORE_PREFIX: &str = "restore-";
/// Rows are written in transactions of so many, or of so many bytes.
const BATCH_ROWS: u64 = 50_000;
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Pages kept in memory while rows come in, bytes.
const CACHE_BYTES: usize = 32 * 1024 * 1024;
/// What is said instead of what the daemon's owner is told.
const UNTOUCHED: &str = "see to that and restore again; nothing that was there was touched";

/// What is in the place of the daemon's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Present {
    /// Nothing.
    Nothing,
    /// A file that is no store, or no whole one; says how that shows.
    Damaged(Fault),
    /// A store of a newer Kinora.
    Newer(Fault),
    /// A whole store.
    Whole {
        /// When what it remembers changed last, milliseconds since the Unix epoch; `None` where it remembers nothing.
        changed_unix_ms: Option<u64>,
        /// Jobs.
        jobs: u64,
        /// Transcripts.
        transcripts: u64,
        /// Terms of the glossary.
        terms: u64,
    },
}

impl Present {
    /// Looks at the daemon's store in a folder, at every page of it.
    ///
    /// # Errors
    /// Where another process has it, or it cannot be read for another reason than its damage.
    pub fn look(folder: &Path) -> Result<Present, Fault> {
        // Its lock tells sooner than its pages.
        drop(Hold::take(folder)?);
        let looked = || -> Result<Option<Present>, Fault> {
            let Some(store) = open::as_it_is(folder, Pages::All)? else { return Ok(None) };
            if let Err(newer) = open::refuse_newer(&store) {
                return Ok(Some(Present::Newer(newer)));
            }
            store.read(|within| whole(within).map(Some))
        };
        // A file that is cut may confuse who reads it in ways that nobody foresaw.
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(looked)) {
            Ok(Ok(present)) => Ok(present.unwrap_or(Present::Nothing)),
            Ok(Err(fault)) => damaged_or(folder, fault),
            Err(_) => {
                let shown = show_path(&folder.join(StoreFile::Daemon.name()));
                let what = format!("the store {shown} is damaged");
                Ok(Present::Damaged(Fault::operator(what, "restore a backup of it")))
            }
        }
    }
}

/// Whether it is the file's fault, or that of whoever may not read it.
fn damaged_or(folder: &Path, fault: Fault) -> Result<Present, Fault> {
    let path = folder.join(StoreFile::Daemon.name());
    File::open(&path).map_err(|_| fault.clone())?;
    Ok(Present::Damaged(fault))
}

fn whole(within: &ReadTransaction) -> Result<Present, Broken> {
    let mut changed = None;
    if let Some(table) = there(within.open_table(EXECUTIONS))? {
        for row in table.iter()? {
            // One that cannot be read is `check`'s.
            if let Ok(row) = codec::decode::<ExecutionRow>(row?.1.value()) {
                changed = changed.max(Some(row.changed_unix_ms));
            }
        }
    }
    if let Some(table) = there(within.open_table(TERMS))? {
        for row in table.iter()? {
            if let Ok(row) = codec::decode::<TermRow>(row?.1.value()) {
                changed = changed.max(Some(row.at_unix_ms));
            }
        }
    }
    if let Some(table) = there(within.open_table(TRANSCRIPT_AGES))? {
        changed = changed.max(table.last()?.map(|it| it.0.value().0));
    }
    let jobs = there(within.open_table(JOBS))?.map_or(Ok(0), |it| it.len())?;
    let transcripts = there(within.open_table(TRANSCRIPTS))?.map_or(Ok(0), |it| it.len())?;
    let terms = there(within.open_table(TERMS))?.map_or(Ok(0), |it| it.len())?;
    Ok(Present::Whole { changed_unix_ms: changed, jobs, transcripts, terms })
}

/// A table, where a store of this format has it.
fn there<T>(table: Result<T, TableError>) -> Result<Option<T>, Broken> {
    match table {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Keeps every Kinora from the store that is there, as long as it lives.
#[derive(Debug)]
pub struct Hold {
    place: Place,
    /// With the lock that redb asks for when it opens a file; `None` where there is none.
    file: Option<File>,
}

impl Hold {
    /// Takes the daemon's store of a folder.
    ///
    /// # Errors
    /// Where another process has it, or it may not be opened.
    pub fn take(folder: &Path) -> Result<Hold, Fault> {
        let file = StoreFile::Daemon;
        let place = Place { path: folder.join(file.name()), file };
        let opened = match File::options().read(true).write(true).open(&place.path) {
            Ok(file) => file,
            Err(err) if err.kind() == ErrorKind::NotFound => return Ok(Hold { place, file: None }),
            Err(err) => return Err(place.fault(StorageError::Io(err))),
        };
        match opened.try_lock() {
            Err(TryLockError::WouldBlock) => Err(place.taken()),
            // A file system without locks: redb goes without them there as well.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Hold { place, file: Some(opened) }),
        }
    }

    /// Whether another process has the daemon's store of a folder.
    pub fn is_taken(folder: &Path) -> bool {
        let path = folder.join(StoreFile::Daemon.name());
        let opened = File::options().read(true).write(true).open(path);
        opened.is_ok_and(|it| matches!(it.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Where the store is, or would be.
    pub fn path(&self) -> &Path {
        &self.place.path
    }

    /// There is a file.
    pub fn is_there(&self) -> bool {
        self.file.is_some()
    }
}

/// A store that is being built. Where it is dropped nothing of it is left.
#[derive(Debug)]
pub struct Rebuild {
    db: Database,
    temp: TempPath,
    /// For what is told: the folder it is built in.
    place: Place,
    schema: u64,
}

impl Rebuild {
    /// Begins a store of this format in a folder, which must be there, under a name of its own; those that processes
    /// left that were killed are removed.
    ///
    /// # Errors
    /// Where it is the format of a newer Kinora, or nothing can be written there.
    pub fn begin(folder: &Path, schema: u64) -> Result<Rebuild, Fault> {
        Rebuild::can(schema)?;
        let file = StoreFile::Daemon;
        let place = Place { path: folder.join(file.name()), file };
        let failed = |err: io::Error| untouched(&place, StorageError::Io(err));
        sweep(folder).map_err(failed)?;
        let mut builder = tempfile::Builder::new();
        let prefix = format!("{NEW_PREFIX}{RESTORE_PREFIX}");
        let made = builder.prefix(&prefix).permissions(Permissions::from_mode(0o644));
        let temp = made.tempfile_in(folder).map_err(failed)?.into_temp_path();
        let created = Builder::new().set_cache_size(CACHE_BYTES).create(&temp);
        let db = created.map_err(|it| untouched(&place, it))?;
        Ok(Rebuild { db, temp, place, schema })
    }

    /// Whether this Kinora can make a store of this format, and bring it up to date.
    ///
    /// # Errors
    /// Where it is that of a newer one.
    pub fn can(schema: u64) -> Result<(), Fault> {
        if schema <= SCHEMA_VERSION {
            return Ok(());
        }
        let what = format!("the backup is of a newer Kinora (format {schema} of the store)");
        Err(Fault::operator(what, "install that version, or a newer one, and restore"))
    }

    /// Takes the rows of a table, as [`Store::copy_to`] gave them; answers how many there were.
    ///
    /// # Errors
    /// Where there is no such table, the bytes are no rows of it, or they cannot be written.
    pub fn table(&mut self, name: &str, rows: &mut dyn Read) -> Result<u64, Fault> {
        let mut fill = Fill { db: &self.db, name, rows, taken: None };
        let filled = each_table(&mut fill);
        let taken = fill.taken;
        filled.map_err(|it| match it {
            Broken::Fault(fault) => fault,
            other @ (Broken::Database(_)
            | Broken::Transaction(_)
            | Broken::Table(_)
            | Broken::Storage(_)
            | Broken::Commit(_)
            | Broken::Row(_)) => untouched(&self.place, other),
        })?;
        taken.ok_or_else(|| {
            let what = format!("the backup has a table `{name}` that this Kinora does not know");
            Fault::operator(what, "install the version that made it, or a newer one, and restore")
        })
    }

    /// Brings it up to date, where it is of an older format, and looks whether all of it is true. What can be derived
    /// is derived again where it was wrong.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub fn finish(self) -> Result<Rebuilt, Fault> {
        let Rebuild { db, temp, place, schema } = self;
        let failed = |it: Broken| untouched(&place, it);
        end(&db, schema).map_err(failed)?;
        drop(db);
        let here = Place { path: temp.to_path_buf(), file: place.file };
        let db = open::database(&here, Pages::Needed).map_err(|it| untouched(&place, it))?;
        let store = Store { db: Handle::new(db, None), place: here, private: false, kept: None };
        open::prepare(&store).map_err(keep_calm)?;
        let mut problems = store.check().map_err(keep_calm)?;
        if problems.iter().any(|it| it.mend == Mend::Possible) {
            store.write(derive_again).map_err(keep_calm)?;
            problems = store.check().map_err(keep_calm)?;
        }
        drop(store);
        let synced = File::open(&temp).and_then(|it| it.sync_all());
        synced.map_err(|it| untouched(&place, StorageError::Io(it)))?;
        Ok(Rebuilt { temp, problems })
    }
}

/// The format, and all tables.
fn end(db: &Database, schema: u64) -> Result<(), Broken> {
    let within = db.begin_write()?;
    drop(Tables::open(&within)?);
    within.open_table(META)?.insert(SCHEMA_KEY, schema)?;
    Ok(within.commit()?)
}

/// A store that was built and looked at. Where it is dropped nothing of it is left.
#[derive(Debug)]
pub struct Rebuilt {
    temp: TempPath,
    problems: Vec<Problem>,
}

impl Rebuilt {
    /// What is wrong in it and cannot be derived: it was so when it was copied.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Where it lies yet.
    pub fn path(&self) -> &Path {
        &self.temp
    }

    /// Puts it in its place. The store that is there gets the name `aside`; at every moment one of both has the name of
    /// the store.
    ///
    /// # Errors
    /// Where that cannot be done, or a store has come there meanwhile; then what was there is there.
    pub fn put(self, hold: &Hold, aside: &Path) -> Result<(), Fault> {
        let (path, folder) = (hold.path(), disk::folder_of(hold.path()));
        let failed = |err: io::Error| untouched(&hold.place, StorageError::Io(err));
        if !hold.is_there() {
            self.temp.persist_noclobber(path).map_err(|it| failed(it.error))?;
            return disk::sync_folder(folder).map_err(failed);
        }
        match fs::hard_link(path, aside) {
            Ok(()) => {
                disk::sync_folder(folder).map_err(failed)?;
                self.temp.persist(path).map_err(|it| failed(it.error))?;
            }
            Err(err) if err.kind() == ErrorKind::AlreadyExists => return Err(failed(err)),
            // Some file systems have no links: for a moment there is no store then.
            Err(_) => {
                fs::rename(path, aside).map_err(failed)?;
                if let Err(err) = self.temp.persist_noclobber(path) {
                    let _ = fs::rename(aside, path);
                    return Err(failed(err.error));
                }
            }
        }
        disk::sync_folder(folder).map_err(failed)
    }
}

fn untouched(place: &Place, broken: impl Into<Broken>) -> Fault {
    keep_calm(place.fault(broken))
}

/// What is told of a daemon's store would frighten.
fn keep_calm(fault: Fault) -> Fault {
    Fault { remedy: UNTOUCHED.to_owned(), ..fault }
}

/// Removes what nobody builds any more: who does has it open.
fn sweep(folder: &Path) -> io::Result<()> {
    let prefix = format!("{NEW_PREFIX}{RESTORE_PREFIX}");
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes()) {
            continue;
        }
        let left = File::options().read(true).write(true).open(entry.path());
        if left.is_ok_and(|it| it.try_lock().is_ok()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes the rows of one table.
struct Fill<'a> {
    db: &'a Database,
    name: &'a str,
    rows: &'a mut dyn Read,
    /// How many there were, once the table was found.
    taken: Option<u64>,
}

impl Visit for Fill<'_> {
    fn table<K: SoundKey, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Broken> {
        if table.name() != self.name {
            return Ok(());
        }
        let name = self.name;
        let unreadable = |err: io::Error| Broken::Fault(unreadable(name, &err));
        let mut frames = Frames::begin(self.rows).map_err(unreadable)?;
        let mut more = true;
        while more {
            let within = self.db.begin_write()?;
            let mut rows = within.open_table(table)?;
            let (until, mut bytes) = (frames.rows + BATCH_ROWS, 0);
            while frames.rows < until && bytes < BATCH_BYTES {
                more = frames.next::<K, V>().map_err(unreadable)?;
                if !more {
                    break;
                }
                bytes += frames.key.len() + frames.value.len();
                rows.insert(K::from_bytes(&frames.key), V::from_bytes(&frames.value))?;
            }
            drop(rows);
            within.commit()?;
        }
        self.taken = Some(frames.rows);
        Ok(())
    }
}

fn unreadable(table: &str, err: &io::Error) -> Fault {
    let what = format!("the rows of `{table}` in the backup cannot be read ({err})");
    Fault::operator(what, "use another backup; `kinora backup list` shows them")
}
