//! Copies of backups in a second folder, best on another disk.

use super::list::{looked_at, names};
use super::pack::unwritten;
use super::package::Package;
use super::{give, sweep};
use crate::api::backup::BackupView;
use crate::base::cancel::Cancel;
use crate::base::disk::{self, TempFile};
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Bytes that are copied at once.
const BUFFER_BYTES: usize = 1024 * 1024;
/// In the first folder: which second one has copies. A folder without any that had some is another one by the same
/// name: that below a disk that is not mounted.
const MARK: &str = ".second-folder";

/// Copies what the second folder lacks of the first one's backups, unless they are old; says how many.
///
/// # Errors
/// Where the second folder is not there or another one, or a copy cannot be made or is not like its original.
pub(super) fn copy_all(
    first: &Path,
    second: &Path,
    keep_days: u16,
    now_unix_ms: u64,
    cancel: &Cancel,
) -> Result<usize, Fault> {
    let shown = show_path(second);
    if !second.is_dir() {
        let what = format!("the second folder {shown} is not there");
        return Err(Fault::operator(what, "mount its disk, or make the folder"));
    }
    let marked = fs::read(first.join(MARK)).unwrap_or_default();
    let path = second.as_os_str().as_encoded_bytes();
    if marked == path && names(second)?.is_empty() {
        let what = format!("the second folder {shown} has none of the copies that were made there");
        let mark = show_path(&first.join(MARK));
        let remedy = format!("mount its disk; where it is a new one, delete {mark}");
        return Err(Fault::operator(what, remedy));
    }
    sweep(second);
    let limit = now_unix_ms.saturating_sub(u64::from(keep_days) * DAY_MS);
    let mut copied = 0;
    for backup in looked_at(first)? {
        let name = backup.path.file_name().unwrap_or_default();
        let copy = second.join(name);
        let usable = backup.view.problem.is_none() && limit <= backup.named_unix_ms;
        if usable && !is_copied(&copy, backup.view.bytes) {
            copy_one(&backup.path, &copy, cancel, true)?;
            copied += 1;
        }
    }
    if marked != path {
        let written = disk::write_atomic(&first.join(MARK), path);
        written.map_err(|it| unwritten(&show_path(first), &it))?;
    }
    Ok(copied)
}

/// A file of this length is there that can be used.
fn is_copied(copy: &Path, bytes: u64) -> bool {
    Package::open(copy).is_ok_and(|it| it.bytes == bytes)
}

/// Copies a backup that the service made to where somebody wants it; answers the copy.
///
/// # Errors
/// Where this user may not read it, or it cannot be written there.
pub fn copy_out(view: &BackupView, to: &Path, cancel: &Cancel) -> Result<BackupView, Fault> {
    let path = if to.is_dir() { to.join(&view.name) } else { to.to_owned() };
    copy_one(Path::new(&view.path), &path, cancel, false)?;
    Ok(Package::open(&path)?.view())
}

/// Copies a backup, and reads the copy again: it must have its seal. With `over` it takes the place of what is there.
///
/// # Errors
/// Where the backup is damaged, or the copy cannot be written.
fn copy_one(from: &Path, to: &Path, cancel: &Cancel, over: bool) -> Result<(), Fault> {
    Package::open(from)?.check_seal()?;
    let folder = disk::folder_of(to);
    let shown = show_path(folder);
    let failed = |err: io::Error| {
        let Fault { kind, what, .. } = unwritten(&shown, &err);
        let what = what.replace("so no backup was made", "so the backup was not copied there");
        Fault { kind, what, remedy: "make room there, or name another folder".to_owned() }
    };
    let temp_path = disk::temp_path(folder);
    let temp = TempFile::create(&temp_path).map_err(failed)?;
    let _ = temp.file().try_lock();
    let mut original = File::open(from).map_err(failed)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        if cancel.is_set() {
            return Err(Fault::transient("copying the backup was interrupted", "copy it again"));
        }
        let read = original.read(&mut buffer).map_err(failed)?;
        let Some(bytes) = buffer.get(..read).filter(|it| !it.is_empty()) else { break };
        temp.file().write_all(bytes).map_err(failed)?;
    }
    temp.file().sync_all().map_err(failed)?;
    Package::open(&temp_path).and_then(|it| it.check_seal()).map_err(|_| {
        let what = format!("a copy in {shown} is not what was written");
        Fault::operator(what, "look at that disk: it may be about to fail")
    })?;
    if over { temp.replace(to) } else { temp.place_new(to) }.map_err(failed)?;
    give(to, folder);
    Ok(())
}
