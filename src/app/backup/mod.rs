//! Backups: one file each, with all that Kinora remembers and how it is set, from which another machine goes on.
//!
//! A backup is the rows of one moment, copied while everything goes on, with the settings, the configuration and what
//! clients must know. Models are not in it, they can be fetched again; nor are logs and scratch.

mod copy;
mod create;
mod list;
mod manifest;
mod name;
mod pack;
mod package;
mod prune;
mod restore;
mod verify;

pub use copy::copy_out;
pub use create::{To, create, is_served, make};
pub use list::{Which, list};
pub use restore::{Restore, plan};
pub use verify::verify;

pub(in crate::app) use name::{at, made as made_at, rfc3339};

use super::config::Config;
use crate::api::backup::BackupView;
use crate::base::cancel::Cancel;
use crate::base::disk;
use crate::domain::fault::Fault;
use crate::store::Store;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

/// What came of making a backup, copying it and forgetting old ones.
pub(in crate::app) struct Round {
    /// What was made.
    pub(in crate::app) made: BackupView,
    /// Copies that were made in the second folder.
    pub(in crate::app) copied: usize,
    /// Old ones that are gone.
    pub(in crate::app) pruned: usize,
    /// It stands, but this failed.
    pub(in crate::app) trouble: Option<Fault>,
}

/// What the daemon does once a day: forgets old backups, makes one, copies it to the second folder.
///
/// # Errors
/// Where none could be made.
pub(in crate::app) fn round(
    store: &Store,
    config: &Config,
    now_unix_ms: u64,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Round, Fault> {
    let backup = &config.backup;
    // They make room, too.
    let pruned = prune::prune(&backup.folder, backup.keep_days, now_unix_ms);
    let made = create::make(store, config, &To::Folder, now_unix_ms, cancel, progress)?;
    let copied = backup.second_folder.as_deref().map(|second| {
        let copied = copy::copy_all(&backup.folder, second, backup.keep_days, now_unix_ms, cancel)?;
        prune::prune(second, backup.keep_days, now_unix_ms)?;
        Ok(copied)
    });
    let (pruned, mut trouble) = pruned.map_or_else(|it| (0, Some(it)), |it| (it, None));
    let copied = match copied.unwrap_or(Ok(0)) {
        Ok(copied) => copied,
        Err(fault) => {
            trouble = Some(fault);
            0
        }
    };
    Ok(Round { made, copied, pruned, trouble })
}

/// What is made by root shall belong to whoever its folder belongs to. Others may not give files away, and need not.
fn give(path: &Path, folder: &Path) {
    if let Ok(about) = fs::metadata(folder) {
        let _ = chown(path, Some(about.uid()), Some(about.gid()));
    }
}

/// Removes what a process left that was killed: who writes has it locked.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if disk::is_temp_name(&entry.file_name()) {
            let left = File::open(entry.path());
            if left.is_ok_and(|it| it.try_lock().is_ok()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}
