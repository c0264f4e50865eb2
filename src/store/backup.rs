//! All rows as bytes, for a backup, and back again: the only place that goes through every table.
//!
//! A table is a head, then a frame a row: length of the key and of the value (4 bytes each, little-endian), key, value,
//! as they stand in the store and in the order of their keys; then an end, which says how many rows there were. Rows
//! are not looked into, so what an older Kinora wrote comes back as it was, and is brought up to date by opening it.
//!
//! What is derived is copied too. To derive it again costs more than to read it: every log is folded in memory, and
//! keys come in no order, where these frames are in that of their table. `check` compares it with the facts afterwards.

use super::Store;
use super::codec::ROW_BYTES_MAX;
use super::open::schema_of;
use super::place::Broken;
use super::tables::{
    ACTIVITY, AUDIO_DIGESTS, AUDIO_FILES, BATCHES, BY_STATUS, CONTROLS, COUNTS, ENDPOINTS, EVENTS,
    EXECUTIONS, FINISHED, FileKey, IdKey, JOB_EXECUTIONS, JOB_KEYS, JOBS, LIBRARIES, MADE, META,
    PENDING, PHRASES, PLACED, PUBLISHED, RECORDS, SEEN, SPEECH, SUMMARIES, TERMS, TOTALS,
    TRANSCRIPT_AGES, TRANSCRIPTS, WINDOWS,
};
use crate::domain::fault::Fault;
use redb::{
    Key, ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, TableError,
    TableHandle, Value,
};
use std::cmp::Ordering;
use std::io::{self, ErrorKind, Read};

/// What a table begins with; the last byte is the version of the frames.
const HEAD: &[u8; 8] = b"kinrows\x01";
/// In the place of a key's length: there are no more rows.
const END: u32 = u32::MAX;
/// Longest key, bytes: a path, with room.
const KEY_BYTES_MAX: u32 = 64 * 1024;
/// Longest value, bytes: a row and its version.
const VALUE_BYTES_MAX: u32 = ROW_BYTES_MAX as u32 + 1;
/// Frames are handed on in pieces of about this size.
const PIECE_BYTES: usize = 256 * 1024;

/// Who takes the rows of a copy.
pub trait RowSink {
    /// So many rows will come, of all tables.
    ///
    /// # Errors
    /// Where it wants none; so for all that follow.
    fn total(&mut self, rows: u64) -> Result<(), Fault>;
    /// A table begins.
    ///
    /// # Errors
    /// See [`RowSink::total`].
    fn begin(&mut self, table: &str) -> Result<(), Fault>;
    /// A piece of it, and how many rows came so far, of all tables.
    ///
    /// # Errors
    /// See [`RowSink::total`].
    fn piece(&mut self, bytes: &[u8], rows: u64) -> Result<(), Fault>;
    /// The table ends; it had so many rows.
    ///
    /// # Errors
    /// See [`RowSink::total`].
    fn end(&mut self, rows: u64) -> Result<(), Fault>;
}

impl Store {
    /// Copies every row as it is at this moment, while others write; answers the store's format. Until it is done the
    /// room of rows that change cannot be used again, so a sink takes pieces without waiting for anybody.
    ///
    /// # Errors
    /// Where the store cannot be read, the sink wants no more, or a write failed meanwhile: whoever writes must be able
    /// to open the file again.
    pub fn copy_to(&self, sink: &mut dyn RowSink) -> Result<u64, Fault> {
        let failed = || self.db.has_failed();
        self.read(|within| {
            let schema = schema_of(within)?.unwrap_or_default();
            refuse_strangers(within)?;
            let mut count = Count { within, rows: 0 };
            each_table(&mut count)?;
            sink.total(count.rows)?;
            let piece = Vec::with_capacity(2 * PIECE_BYTES);
            each_table(&mut Copy { within, sink, failed: &failed, piece, rows: 0 })?;
            Ok(schema)
        })
    }
}

/// A copy must be whole: a table that this Kinora does not know would be left out of it.
fn refuse_strangers(within: &ReadTransaction) -> Result<(), Broken> {
    let mut names = Names(vec![META.name().to_owned()]);
    each_table(&mut names)?;
    match within.list_tables()?.find(|it| !names.0.iter().any(|name| name == it.name())) {
        None => Ok(()),
        Some(other) => {
            let what = format!("the store has a table `{}` of another Kinora", other.name());
            Err(Fault::operator(what, "use the version that wrote it").into())
        }
    }
}

/// Something that is done with every table.
pub(super) trait Visit {
    fn table<K: SoundKey, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Broken>;
}

/// Goes through all tables but `meta`, whose one row is the format.
pub(super) fn each_table(visit: &mut impl Visit) -> Result<(), Broken> {
    visit.table(WINDOWS)?;
    visit.table(FINISHED)?;
    visit.table(PUBLISHED)?;
    visit.table(PENDING)?;
    visit.table(JOBS)?;
    visit.table(EVENTS)?;
    visit.table(RECORDS)?;
    visit.table(SUMMARIES)?;
    visit.table(TOTALS)?;
    visit.table(ACTIVITY)?;
    visit.table(CONTROLS)?;
    visit.table(TRANSCRIPTS)?;
    visit.table(AUDIO_FILES)?;
    visit.table(SEEN)?;
    visit.table(SPEECH)?;
    visit.table(PLACED)?;
    visit.table(LIBRARIES)?;
    visit.table(TERMS)?;
    visit.table(BATCHES)?;
    visit.table(PHRASES)?;
    visit.table(MADE)?;
    visit.table(ENDPOINTS)?;
    visit.table(JOB_KEYS)?;
    visit.table(EXECUTIONS)?;
    visit.table(JOB_EXECUTIONS)?;
    visit.table(BY_STATUS)?;
    visit.table(COUNTS)?;
    visit.table(TRANSCRIPT_AGES)?;
    visit.table(AUDIO_DIGESTS)
}

/// Keys of our tables. redb trusts the bytes it is given, so those from outside are looked at first.
pub(super) trait SoundKey: Key + 'static {
    /// These bytes are such a key.
    fn is_sound(bytes: &[u8]) -> bool {
        Self::fixed_width() == Some(bytes.len())
    }
}

impl SoundKey for u8 {}
impl SoundKey for u64 {}
impl SoundKey for (u8, u64) {}
impl SoundKey for (u64, u8) {}
impl SoundKey for (u64, u32) {}
impl SoundKey for (u64, u64) {}
impl SoundKey for [u8; 32] {}
impl SoundKey for &'static [u8; 32] {}
impl SoundKey for (u64, &'static [u8; 32]) {}
impl SoundKey for FileKey {}
impl SoundKey for IdKey {}

impl SoundKey for &'static [u8] {
    fn is_sound(_: &[u8]) -> bool {
        true
    }
}

impl SoundKey for &'static str {
    fn is_sound(bytes: &[u8]) -> bool {
        std::str::from_utf8(bytes).is_ok()
    }
}

/// Names of all tables.
struct Names(Vec<String>);

impl Visit for Names {
    fn table<K: SoundKey, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Broken> {
        self.0.push(table.name().to_owned());
        Ok(())
    }
}

struct Count<'a> {
    within: &'a ReadTransaction,
    rows: u64,
}

impl Visit for Count<'_> {
    fn table<K: SoundKey, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Broken> {
        match self.within.open_table(table) {
            Ok(table) => self.rows += table.len()?,
            Err(TableError::TableDoesNotExist(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

struct Copy<'a> {
    within: &'a ReadTransaction,
    sink: &'a mut dyn RowSink,
    failed: &'a dyn Fn() -> bool,
    piece: Vec<u8>,
    rows: u64,
}

impl Copy<'_> {
    fn hand_on(&mut self) -> Result<(), Broken> {
        if (self.failed)() {
            let what = "the store could not be written while it was copied";
            return Err(Fault::transient(what, "look at the disk it is on, and try again").into());
        }
        self.sink.piece(&self.piece, self.rows)?;
        self.piece.clear();
        Ok(())
    }
}

impl Visit for Copy<'_> {
    fn table<K: SoundKey, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Broken> {
        let rows = match self.within.open_table(table) {
            Ok(rows) => rows,
            // A store of an older format, that nobody has opened since.
            Err(TableError::TableDoesNotExist(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.sink.begin(table.name())?;
        self.piece.extend_from_slice(HEAD);
        let before = self.rows;
        for row in rows.iter()? {
            let (key, value) = row?;
            let (key, value) = (key.value(), value.value());
            let (key, value) = (K::as_bytes(&key), V::as_bytes(&value));
            put(&mut self.piece, key.as_ref(), value.as_ref())?;
            self.rows += 1;
            if PIECE_BYTES <= self.piece.len() {
                self.hand_on()?;
            }
        }
        let many = self.rows - before;
        self.piece.extend_from_slice(&END.to_le_bytes());
        self.piece.extend_from_slice(&many.to_le_bytes());
        self.hand_on()?;
        Ok(self.sink.end(many)?)
    }
}

fn put(into: &mut Vec<u8>, key: &[u8], value: &[u8]) -> Result<(), Fault> {
    let length = |bytes: &[u8], max: u32| {
        let length = u32::try_from(bytes.len()).ok().filter(|it| *it <= max);
        length.ok_or_else(|| Fault::bug(format!("a row of {} bytes is too long", bytes.len())))
    };
    into.extend_from_slice(&length(key, KEY_BYTES_MAX)?.to_le_bytes());
    into.extend_from_slice(&length(value, VALUE_BYTES_MAX)?.to_le_bytes());
    into.extend_from_slice(key);
    into.extend_from_slice(value);
    Ok(())
}

/// Frames of one table, read again. Nothing of them is believed.
pub(super) struct Frames<'a> {
    from: &'a mut dyn Read,
    last: Option<Vec<u8>>,
    /// The row that was read last.
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
    /// Rows so far.
    pub(super) rows: u64,
}

impl<'a> Frames<'a> {
    /// Of a table that begins here.
    pub(super) fn begin(from: &'a mut dyn Read) -> io::Result<Frames<'a>> {
        let mut head = [0; HEAD.len()];
        from.read_exact(&mut head)?;
        if head != *HEAD {
            return Err(nonsense("they do not begin as rows do"));
        }
        Ok(Frames { from, last: None, key: Vec::new(), value: Vec::new(), rows: 0 })
    }

    /// Reads the next row of a table with such keys and values; false where it was the last one.
    pub(super) fn next<K: SoundKey, V: Value>(&mut self) -> io::Result<bool> {
        let length = number(self.from)?;
        if length == END {
            let mut rows = [0; 8];
            self.from.read_exact(&mut rows)?;
            if u64::from_le_bytes(rows) != self.rows || self.from.read(&mut [0])? != 0 {
                return Err(nonsense("there are more or fewer rows than it says"));
            }
            return Ok(false);
        }
        let value_length = number(self.from)?;
        if KEY_BYTES_MAX < length || VALUE_BYTES_MAX < value_length {
            return Err(nonsense("a row is longer than any"));
        }
        if let Some(last) = &mut self.last {
            std::mem::swap(last, &mut self.key);
        } else if self.rows > 0 {
            self.last = Some(std::mem::take(&mut self.key));
        }
        fill(self.from, &mut self.key, length)?;
        fill(self.from, &mut self.value, value_length)?;
        self.rows += 1;
        let fits = V::fixed_width().is_none_or(|it| it == self.value.len());
        if !fits || !K::is_sound(&self.key) {
            return Err(nonsense("a row is none of its table"));
        }
        match &self.last {
            Some(last) if K::compare(last, &self.key) != Ordering::Less => {
                Err(nonsense("rows are not in order"))
            }
            Some(_) | None => Ok(true),
        }
    }
}

fn number(from: &mut dyn Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

/// Grows with what is there: a length that lies costs no memory.
fn fill(from: &mut dyn Read, into: &mut Vec<u8>, length: u32) -> io::Result<()> {
    into.clear();
    let read = from.take(length.into()).read_to_end(into)?;
    if u64::try_from(read).ok() == Some(length.into()) {
        Ok(())
    } else {
        Err(ErrorKind::UnexpectedEof.into())
    }
}

fn nonsense(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

#[cfg(test)]
#[path = "backup_tests.rs"]
mod tests;
