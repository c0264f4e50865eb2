//! Making a backup.

use super::manifest::{
    CONFIGURATION, FORMAT, Manifest, ModelPart, SETTINGS, TEXT_BYTES_MAX, TOKEN, WEBHOOK_SECRET,
    holds,
};
use super::pack::{Pack, unwritten};
use super::package::Package;
use super::{give, name, sweep};
use crate::api::backup::BackupView;
use crate::api::models::ModelState;
use crate::app::config::{Config, SETTINGS_FILE};
use crate::app::models;
use crate::base::cancel::Cancel;
use crate::base::clock;
use crate::base::disk;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::engines::models::Manifest as Models;
use crate::store::{Hold, Store};
use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Where the system tells the machine's name.
const HOST_FILE: &str = "/proc/sys/kernel/hostname";
/// Which of its folders is ours to make.
const OWN_FOLDER: &str = "backups";

/// Seconds that are tried for a name.
pub(super) const NAME_TRIES_MAX: u64 = 60;

/// Where a backup goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// To the others.
    Folder,
    /// Into a folder, or to a file of this name.
    Path(PathBuf),
}

/// Whether somebody serves the store of a data folder.
pub fn is_served(data_dir: &Path) -> bool {
    Hold::is_taken(data_dir)
}

/// Makes a backup of a store that nobody serves.
///
/// # Errors
/// Where somebody serves it, there is no store, or none can be written.
pub fn create(
    config: &Config,
    to: &To,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupView, Fault> {
    // As it is: an older one can be backed up before a newer Kinora changes it.
    let store = Store::open_as_it_is(&config.data_dir)?.ok_or_else(|| {
        let what = format!("there is no store in {} yet", show_path(&config.data_dir));
        Fault::operator(what, "`kinora serve` makes it at its first start")
    })?;
    make(&store, config, to, clock::now_unix_ms(), cancel, progress)
}

/// Makes a backup of an open store.
///
/// # Errors
/// Where the store cannot be read, or the file not be written; then nothing of it is left.
pub fn make(
    store: &Store,
    config: &Config,
    to: &To,
    now_unix_ms: u64,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupView, Fault> {
    let path = place(config, to, now_unix_ms)?;
    let folder = disk::folder_of(&path);
    sweep(folder);
    let mut pack = Pack::begin(folder, cancel, progress)?;
    let schema = store.copy_to(&mut pack)?;
    for (name, from) in texts(config) {
        if let Some(bytes) = text(&from)? {
            pack.text(name, &bytes)?;
        }
    }
    let parts = pack.parts().to_vec();
    let manifest = Manifest {
        format: FORMAT,
        kinora: env!("CARGO_PKG_VERSION").to_owned(),
        schema,
        made: name::rfc3339(now_unix_ms),
        made_unix_ms: now_unix_ms,
        host: std::fs::read_to_string(HOST_FILE).unwrap_or_default().trim().to_owned(),
        data_dir: show_path(&config.data_dir),
        configuration: config.source.as_deref().map(show_path),
        rows: parts.iter().filter_map(|it| it.rows).sum(),
        bytes: parts.iter().map(|it| it.bytes).sum(),
        holds: holds(&parts),
        parts,
        models: models_of(config)?,
    };
    pack.finish(&manifest, &path)?;
    give(&path, folder);
    // What can be read again was written.
    Ok(Package::open(&path)?.view())
}

/// The path it gets. Our own folder is made; another one may be that of a disk that is not mounted.
fn place(config: &Config, to: &To, now_unix_ms: u64) -> Result<PathBuf, Fault> {
    let name = |folder: &Path| free_name(folder, now_unix_ms);
    match to {
        To::Path(path) if path.is_dir() => Ok(name(path)),
        To::Path(path) => Ok(path.clone()),
        To::Folder => {
            let folder = &config.backup.folder;
            if *folder == config.data_dir.join(OWN_FOLDER) {
                match DirBuilder::new().mode(0o700).create(folder) {
                    Ok(()) => give(folder, &config.data_dir),
                    Err(err) if err.kind() == ErrorKind::AlreadyExists => {}
                    Err(err) => return Err(unwritten(&show_path(folder), &err)),
                }
            }
            Ok(name(folder))
        }
    }
}

/// A name tells the second; where one was made in this one, the next has it.
fn free_name(folder: &Path, now_unix_ms: u64) -> PathBuf {
    let mut names = (0..NAME_TRIES_MAX).map(|it| folder.join(name::of(now_unix_ms + it * 1000)));
    let free = names.find(|it| !it.exists());
    free.unwrap_or_else(|| folder.join(name::of(now_unix_ms)))
}

/// What stands in files of its own, and where.
fn texts(config: &Config) -> Vec<(&'static str, PathBuf)> {
    let mut texts = vec![
        (SETTINGS, config.data_dir.join(SETTINGS_FILE)),
        (TOKEN, config.http.token_file.clone()),
    ];
    texts.extend(config.http.webhook_secret_file.clone().map(|it| (WEBHOOK_SECRET, it)));
    texts.extend(config.source.clone().map(|it| (CONFIGURATION, it)));
    texts
}

/// A file, where there is one.
pub(super) fn text(path: &Path) -> Result<Option<Vec<u8>>, Fault> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|it| it.take(TEXT_BYTES_MAX).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(Some(bytes)),
        Err(err) if err.kind() == ErrorKind::NotFound => Ok(None),
        Err(err) => {
            let what = format!("{} cannot be read ({err})", show_path(path));
            Err(Fault::operator(what, "let the user Kinora runs as read it"))
        }
    }
}

/// The models that are here.
fn models_of(config: &Config) -> Result<Vec<ModelPart>, Fault> {
    let here = models::list(config)?.into_iter().filter(|it| it.state != ModelState::Missing);
    let known = &Models::embedded().models;
    let part = |name: String, bytes| {
        let sha256 = known.iter().find(|it| it.name == name).map(|it| it.sha256.clone());
        ModelPart { name, bytes, sha256 }
    };
    Ok(here.map(|it| part(it.name, it.bytes)).collect())
}
