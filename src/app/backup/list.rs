//! Which backups there are.

use super::name;
use super::package::{Package, plain_view};
use crate::api::backup::BackupView;
use crate::app::config::Config;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Backups that are looked at in a folder; the oldest of more are left out.
const LISTED_MAX: usize = 5_000;

/// Which backup is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The newest that can be used.
    Latest,
    /// That of a file.
    File(PathBuf),
}

impl Which {
    /// Its path.
    ///
    /// # Errors
    /// Where there is none.
    pub(super) fn find(&self, config: &Config) -> Result<PathBuf, Fault> {
        let folders = [Some(&config.backup.folder), config.backup.second_folder.as_ref()];
        match self {
            Which::File(path) => Ok(path.clone()),
            Which::Latest => {
                for folder in folders.into_iter().flatten() {
                    if let Some(newest) = newest(folder)? {
                        return Ok(newest);
                    }
                }
                let shown = show_path(&config.backup.folder);
                let what = format!("there is no backup in {shown} that can be used");
                Err(Fault::operator(what, "name the file of one, wherever it is"))
            }
        }
    }
}

/// All backups in a folder, the newest first, those that are damaged too: of each its manifest is read. A folder that
/// is not there has none.
///
/// # Errors
/// Where the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<BackupView>, Fault> {
    Ok(looked_at(folder)?.into_iter().map(|it| it.view).collect())
}

/// A file with the name of a backup.
pub(super) struct Listed {
    pub(super) path: PathBuf,
    /// By its name.
    pub(super) named_unix_ms: u64,
    /// By its manifest; `None` where that cannot be read.
    pub(super) made_unix_ms: Option<u64>,
    pub(super) view: BackupView,
}

/// See [`list`].
pub(super) fn looked_at(folder: &Path) -> Result<Vec<Listed>, Fault> {
    let names = names(folder)?.into_iter().take(LISTED_MAX);
    Ok(names.map(|(named_unix_ms, path)| listed(named_unix_ms, path)).collect())
}

/// Paths of backups with the time in their names, the newest first.
pub(super) fn names(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Fault> {
    let failed = |err: std::io::Error| {
        let what = format!("the folder {} cannot be read ({err})", show_path(folder));
        Fault::operator(what, "let the user Kinora runs as read it")
    };
    let entries = match fs::read_dir(folder) {
        Err(err) if err.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if let Some(made) = name::made(&entry.file_name()) {
            names.push((made, entry.path()));
        }
    }
    names.sort_unstable_by(|one, other| other.cmp(one));
    Ok(names)
}

fn listed(named_unix_ms: u64, path: PathBuf) -> Listed {
    let bytes = fs::symlink_metadata(&path).map_or(0, |it| it.len());
    let (made_unix_ms, view) = match Package::open(&path) {
        Ok(package) => (Some(package.manifest.made_unix_ms), package.view()),
        Err(fault) => {
            let problem = Some(fault.to_string());
            (None, BackupView { problem, ..plain_view(&path, bytes) })
        }
    };
    Listed { path, named_unix_ms, made_unix_ms, view }
}

fn newest(folder: &Path) -> Result<Option<PathBuf>, Fault> {
    let mut names = names(folder)?.into_iter();
    Ok(names.find(|it| Package::open(&it.1).is_ok()).map(|it| it.1))
}
