//! Rows about files on disks, page by page and as they are stored: for whoever holds them against the disks.

use super::Store;
use super::changes::{DONE, id_key};
use super::codec::{self, Row};
use super::commit::{Answer, Tables};
use super::place::Place;
use super::rows::{PendingRow, PlacedRow, PublishedRow};
use super::tables::{IdKey, PENDING, PLACED, PUBLISHED};
use super::write::Refused;
use crate::domain::fault::Fault;
use crate::domain::library::{FileId, Placed};
use crate::domain::order::os_paths;
use redb::{ReadableTable, ReadableTableMetadata};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::ops::Bound;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A row about a file on a disk, by its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRow {
    /// A subtitle that was written.
    Published(#[serde(with = "os_paths")] PathBuf),
    /// A temporary file whose end is not known.
    Pending(#[serde(with = "os_paths")] PathBuf),
    /// Where a file and its subtitles lay.
    Placed(FileId),
}

/// One row before and after; `None` where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChange {
    /// Which.
    pub row: FileRow,
    /// Its bytes, as [`Store::file_row`] gives them.
    pub before: Option<Vec<u8>>,
    /// The same.
    pub after: Option<Vec<u8>>,
}

impl RowChange {
    /// The change that takes this one back.
    pub fn back(self) -> RowChange {
        RowChange { row: self.row, before: self.after, after: self.before }
    }
}

impl Store {
    /// How many subtitles are known that were written.
    ///
    /// # Errors
    /// Where the store cannot be read; so for all that follow.
    pub fn published_count(&self) -> Result<u64, Fault> {
        self.read(|within| Ok(within.open_table(PUBLISHED)?.len()?))
    }

    /// At most so many subtitles that were written, in the order of their paths, after this one.
    ///
    /// # Errors
    /// See [`Store::published_count`].
    pub fn published_page(
        &self,
        after: Option<&Path>,
        limit: usize,
    ) -> Result<Vec<(PathBuf, PublishedRow)>, Fault> {
        let after: Bound<&[u8]> =
            after.map_or(Bound::Unbounded, |it| Bound::Excluded(it.as_os_str().as_bytes()));
        self.read(|within| {
            let table = within.open_table(PUBLISHED)?;
            let rows = table.range::<&[u8]>((after, Bound::Unbounded))?.take(limit);
            rows.map(|found| {
                let (key, bytes) = found?;
                let path = PathBuf::from(OsStr::from_bytes(key.value()));
                Ok((path, codec::decode(bytes.value())?))
            })
            .collect()
        })
    }

    /// At most so many files with where they and their subtitles lay, in the order of their keys, after this one.
    ///
    /// # Errors
    /// See [`Store::published_count`].
    pub fn placed_page(
        &self,
        after: Option<&FileId>,
        limit: usize,
    ) -> Result<Vec<(FileId, Placed)>, Fault> {
        let after: Bound<IdKey> = after.map_or(Bound::Unbounded, |it| Bound::Excluded(id_key(it)));
        self.read(|within| {
            let table = within.open_table(PLACED)?;
            let rows = table.range((after, Bound::Unbounded))?.take(limit);
            rows.map(|found| {
                let (key, bytes) = found?;
                let (device, inode, size, mtime_ns) = key.value();
                let row: PlacedRow = codec::decode(bytes.value())?;
                Ok((FileId { device, inode, size, mtime_ns }, row.placed))
            })
            .collect()
        })
    }

    /// A row as it is stored, to be kept and put back by a [`RowChange`].
    ///
    /// # Errors
    /// See [`Store::published_count`].
    pub fn file_row(&self, row: &FileRow) -> Result<Option<Vec<u8>>, Fault> {
        self.read(|within| {
            let bytes = match row {
                FileRow::Published(path) => {
                    within.open_table(PUBLISHED)?.get(path.as_os_str().as_bytes())?
                }
                FileRow::Pending(path) => {
                    within.open_table(PENDING)?.get(path.as_os_str().as_bytes())?
                }
                FileRow::Placed(file) => within.open_table(PLACED)?.get(id_key(file))?,
            };
            Ok(bytes.map(|it| it.value().to_vec()))
        })
    }
}

/// One row, where it is as it was; one that is already as it should be is left.
pub(super) fn changed(tables: &mut Tables, place: &Place, change: &RowChange) -> Answer {
    let RowChange { row, before, after } = change;
    if let Some(after) = after {
        let readable = match row {
            FileRow::Published(_) => is_row::<PublishedRow>(after),
            FileRow::Pending(_) => is_row::<PendingRow>(after),
            FileRow::Placed(_) => is_row::<PlacedRow>(after),
        };
        if let Err(why) = readable {
            return Ok(Err(Refused::Unreadable(place.fault(why))));
        }
    }
    let now = match row {
        FileRow::Published(path) => tables.published.get(path.as_os_str().as_bytes())?,
        FileRow::Pending(path) => tables.pending.get(path.as_os_str().as_bytes())?,
        FileRow::Placed(file) => tables.placed.get(id_key(file))?,
    };
    let now = now.map(|it| it.value().to_vec());
    if now == *after {
        return DONE;
    }
    if now != *before {
        return Ok(Err(Refused::ChangedMeanwhile));
    }
    tables.touched += 1;
    match (row, after) {
        (FileRow::Published(path), Some(bytes)) => {
            tables.published.insert(path.as_os_str().as_bytes(), bytes.as_slice())?;
        }
        (FileRow::Published(path), None) => {
            tables.published.remove(path.as_os_str().as_bytes())?;
        }
        (FileRow::Pending(path), Some(bytes)) => {
            tables.pending.insert(path.as_os_str().as_bytes(), bytes.as_slice())?;
        }
        (FileRow::Pending(path), None) => {
            tables.pending.remove(path.as_os_str().as_bytes())?;
        }
        (FileRow::Placed(file), Some(bytes)) => {
            tables.placed.insert(id_key(file), bytes.as_slice())?;
        }
        (FileRow::Placed(file), None) => {
            tables.placed.remove(id_key(file))?;
        }
    }
    DONE
}

fn is_row<R: Row>(bytes: &[u8]) -> Result<(), codec::Unreadable> {
    codec::decode::<R>(bytes).map(drop)
}
