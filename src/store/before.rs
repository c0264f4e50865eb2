//! The copy that is kept of the daemon's store before a newer Kinora changes its format, for whoever goes back.

use super::place::{Place, StoreFile};
use super::tables::SCHEMA_VERSION;
use crate::base::disk;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What stands in a copy's name before the number of the format that came after it.
const MARK: &str = ".before-format-";
/// What a copy that is not whole yet is called; one that a kill left is overwritten by the next.
const PART: &str = ".part";
/// Copies that are kept, those of the newest formats.
const COPIES_MAX: usize = 2;
const MIB: u64 = 1024 * 1024;

/// The copy of a store as it was before this format.
pub(super) fn copy_of(store: &Path, format: u64) -> PathBuf {
    let mut name = store.file_name().unwrap_or_default().to_owned();
    name.push(format!("{MARK}{format}"));
    store.with_file_name(name)
}

/// Copies the store, which is closed, beside itself: whole and on disk when this returns. Where the file system can, it
/// takes no room until one of both changes. Gives the copy.
///
/// # Errors
/// Where there is no room for it, it cannot be written, or another process has the store: nothing is changed then.
pub(super) fn keep(place: &Place) -> Result<PathBuf, Fault> {
    let copy = copy_of(&place.path, SCHEMA_VERSION);
    let mut part = copy.clone().into_os_string();
    part.push(PART);
    let part = PathBuf::from(part);
    let store = File::open(&place.path).map_err(|it| fault(place, &it))?;
    // As long as this is held no other Kinora opens it. A file system without locks has none to respect.
    if let Err(TryLockError::WouldBlock) = store.try_lock() {
        return Err(place.taken());
    }
    if let Err(error) = write(store, &part, &copy) {
        let _ = fs::remove_file(&part);
        return Err(fault(place, &error));
    }
    forget_old(&place.path);
    Ok(copy)
}

fn write(mut store: File, part: &Path, copy: &Path) -> io::Result<()> {
    let mut file = File::create(part)?;
    io::copy(&mut store, &mut file)?;
    file.set_permissions(store.metadata()?.permissions())?;
    file.sync_all()?;
    fs::rename(part, copy)?;
    disk::sync_folder(disk::folder_of(copy))
}

/// Removes copies of formats of long ago. One that cannot be removed stays.
fn forget_old(store: &Path) {
    let Ok(entries) = fs::read_dir(disk::folder_of(store)) else { return };
    let prefix = format!("{}{MARK}", StoreFile::Daemon.name());
    let format =
        |it: &fs::DirEntry| it.file_name().to_str()?.strip_prefix(&prefix)?.parse::<u64>().ok();
    let copies = entries.filter_map(Result::ok).filter_map(|it| Some((format(&it)?, it.path())));
    let mut copies: Vec<(u64, PathBuf)> = copies.collect();
    copies.sort_unstable();
    let old = copies.len().saturating_sub(COPIES_MAX);
    for (_, path) in copies.drain(..old) {
        let _ = fs::remove_file(path);
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
fn fault(place: &Place, error: &io::Error) -> Fault {
    let shown = show_path(&place.path);
    let what = format!(
        "{shown} is of an older Kinora, and no copy of it can be kept before it is brought up to date"
    );
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            let mib = fs::metadata(&place.path).map_or(0, |it| it.len()).div_ceil(MIB);
            let remedy = format!(
                "make room for {mib} MiB there and start Kinora again; nothing was changed"
            );
            Fault::operator(format!("{what}: the disk is full"), remedy)
        }
        _ => {
            let remedy =
                "look at its folder and its disk, then start Kinora again; nothing was changed";
            Fault::operator(format!("{what} ({error})"), remedy)
        }
    }
}
