//! What was seen of each file the last time, in memory: what did not change is not asked of the store again.

use super::list::{Found, Listing};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was seen of files the last time. Shared by threads; 100,000 files are some 4 MB, since paths are not kept: a
/// file is known by 128 bits that its path is hashed to, with keys of this process's own.
#[derive(Debug, Default)]
pub struct SeenFiles {
    keys: [RandomState; 2],
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    files: HashMap<u128, Met>,
    /// Counts the scans.
    scan: u32,
}

#[derive(Clone, Copy, Debug)]
struct Met {
    digest: u64,
    /// The scan it was last met in.
    scan: u32,
}

impl SeenFiles {
    /// True where a file is not known with this digest of [`Listing::digest_of`]; counts as meeting it.
    pub fn changed(&self, path: &Path, digest: u64) -> bool {
        let key = self.key(path);
        self.lock().meet(key, digest)
    }

    /// The videos of a folder that are not known as they are now, with their digests; counts as meeting all.
    pub fn changed_in<'a>(&self, listing: &'a Listing) -> Vec<(&'a Found, u64)> {
        let of_folder = self.of_folder(&listing.folder);
        let one = |it: &'a Found| (it, key(&of_folder, &it.name), listing.digest_of(it));
        let all: Vec<(&Found, u128, u64)> = listing.videos.iter().map(one).collect();
        let mut seen = self.lock();
        let changed = all.into_iter().filter(|(_, key, digest)| seen.meet(*key, *digest));
        changed.map(|(found, _, digest)| (found, digest)).collect()
    }

    /// Everything that was to be done about a file as it is now is done.
    pub fn set(&self, path: &Path, digest: u64) {
        let key = self.key(path);
        let mut seen = self.lock();
        let scan = seen.scan;
        seen.files.insert(key, Met { digest, scan });
    }

    /// The file is to be looked at again, whatever it is.
    pub fn forget(&self, path: &Path) {
        let key = self.key(path);
        self.lock().files.remove(&key);
    }

    /// A scan through all of it begins.
    pub fn begin_scan(&self) {
        let mut seen = self.lock();
        seen.scan = seen.scan.wrapping_add(1);
    }

    /// The scan went through everything: what was neither met nor set since it began is gone and forgotten. How many.
    pub fn end_scan(&self) -> usize {
        let mut seen = self.lock();
        let (scan, before) = (seen.scan, seen.files.len());
        seen.files.retain(|_, it| it.scan == scan);
        before - seen.files.len()
    }

    /// How many files are known.
    pub fn len(&self) -> usize {
        self.lock().files.len()
    }

    /// True where none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn key(&self, path: &Path) -> u128 {
        let folder = path.parent().unwrap_or(Path::new(""));
        key(&self.of_folder(folder), path.file_name().unwrap_or_default())
    }

    /// The folder's part of the keys of the files in it: hashed once for all of them.
    fn of_folder(&self, folder: &Path) -> [DefaultHasher; 2] {
        [&self.keys[0], &self.keys[1]].map(|it| {
            let mut hasher = it.build_hasher();
            // As a path: one slash more or less is the same folder.
            folder.hash(&mut hasher);
            hasher
        })
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(of_folder: &[DefaultHasher; 2], name: &OsStr) -> u128 {
    let [high, low] = of_folder.clone().map(|mut hasher| {
        name.hash(&mut hasher);
        u128::from(hasher.finish())
    });
    high << 64 | low
}

impl Seen {
    fn meet(&mut self, key: u128, digest: u64) -> bool {
        let scan = self.scan;
        let Some(met) = self.files.get_mut(&key) else { return true };
        met.scan = scan;
        met.digest != digest
    }
}
