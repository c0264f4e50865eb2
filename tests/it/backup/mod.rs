//! Backups: consistent while others write, back again after every accident, and nothing believed of what is in one.

mod consistent;
mod damaged;
mod full;
mod hostile;
mod killed;
mod restored;

use crate::store_story::{page, play, story};
use kinora::api::backup::{BackupView, RestoreView};
use kinora::app::backup::{self, To, Which};
use kinora::app::config::{Config, defaults};
use kinora::base::cancel::Cancel;
use kinora::domain::fault::Fault;
use kinora::store::{Store, StoreFile};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Two machines, and a disk for backups.
struct Scene {
    dir: TempDir,
}

impl Scene {
    fn new() -> Scene {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["one", "backups"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        Scene { dir }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The configuration of the machine whose data is in this folder.
    fn config(&self, data: &str) -> Config {
        config(&self.at(data), &self.at("backups"))
    }

    /// A machine that has seen everything, and its page.
    fn told(&self, data: &str) -> String {
        let store = Store::open(&self.at(data), StoreFile::Daemon).unwrap();
        assert_eq!(play(&store, &story(), 0), (story().len(), true));
        page(&store)
    }

    fn page(&self, data: &str) -> String {
        let store = Store::open(&self.at(data), StoreFile::Daemon).unwrap();
        assert_eq!(store.check(), Ok(Vec::new()));
        page(&store)
    }
}

fn config(data: &Path, backups: &Path) -> Config {
    let env = [("HOME", "/nowhere".into()), ("STATE_DIRECTORY", data.as_os_str().to_owned())];
    let env: [(OsString, OsString); 2] =
        env.map(|(name, value): (&str, OsString)| (name.into(), value));
    let mut config = defaults(env).unwrap();
    assert_eq!(config.data_dir, data);
    config.backup.folder = backups.to_owned();
    config
}

fn create(config: &Config) -> Result<BackupView, Fault> {
    backup::create(config, &To::Folder, &Cancel::default(), &mut |_, _| ())
}

fn restore(config: &Config, which: &Which, force: bool) -> Result<RestoreView, Fault> {
    backup::plan(config, which, force)?.apply(config, &Cancel::default(), &mut |_, _| ())
}

/// All files below a folder, with their bytes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(tree(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            files.insert(path, bytes);
        }
    }
    files
}

/// Numbers that are the same in each run (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
