//! Partial files: what was heard so far, shown to a viewer while it is listened to. They are ours and count for nothing
//! ([`Publication::partial`](super::Publication)); the whole file replaces one of its name. One that somebody edited is
//! theirs.

use super::super::facts;
use super::place::{self, Ledger, fault};
use crate::base::disk;
use crate::domain::fault::Fault;
use std::fs;
use std::path::Path;

/// True for a partial file that nobody edited.
///
/// # Errors
/// Where the book cannot be read.
pub fn is_partial(file: &Path, ledger: &dyn Ledger) -> Result<bool, Fault> {
    let Ok(folder) = fs::canonicalize(disk::folder_of(file)) else { return Ok(false) };
    let plain = folder.join(file.file_name().unwrap_or_default());
    let recorded = ledger.published(&plain)?.filter(|it| it.partial);
    Ok(recorded.is_some_and(|it| place::digest(&plain).is_ok_and(|is| is == it.content_blake3)))
}

/// Removes the partial files beside a video, which need not be there any more: nobody listens to it, or what was heard
/// has another name in the end. Gives how many.
///
/// # Errors
/// Where the folder cannot be read or written, or the book cannot be read.
pub fn withdraw(video: &Path, ledger: &dyn Ledger) -> Result<usize, Fault> {
    let mut removed = 0;
    for (file, _) in facts::sidecars(video)? {
        if !is_partial(&file, ledger)? {
            continue;
        }
        let folder = fs::canonicalize(disk::folder_of(&file)).map_err(|it| fault(&it))?;
        let plain = folder.join(file.file_name().unwrap_or_default());
        // As long as it is held nobody replaces it: what is looked at is what is removed.
        let _lock = place::lock(&ledger.lock_folder(), &plain)?;
        if is_partial(&plain, ledger)? {
            fs::remove_file(&plain).map_err(|it| fault(&it))?;
            removed += 1;
        }
    }
    Ok(removed)
}
