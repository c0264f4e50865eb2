//! Which item a file of ours is: remembered by digests of paths, filled by a walk through all items.

use crate::base::clock::Stopwatch;
use crate::domain::jellyfin::ItemId;
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// What is known; two paths with one digest do no harm, since the item itself is asked for where it lies.
#[derive(Debug, Default)]
pub(super) struct Index {
    ids: HashMap<[u8; 16], ItemId>,
    filled: Option<Stopwatch>,
}

impl Index {
    /// The item of a file of ours.
    pub(super) fn get(&self, here: &Path) -> Option<ItemId> {
        self.ids.get(&digest(here)).cloned()
    }

    /// Remembers one; `false` where there is no room.
    pub(super) fn put(&mut self, here: &Path, id: ItemId, items_max: usize) -> bool {
        let room = self.ids.len() < items_max;
        if room {
            self.ids.insert(digest(here), id);
        }
        room
    }

    /// It is none any more.
    pub(super) fn forget(&mut self, here: &Path) {
        self.ids.remove(&digest(here));
    }

    /// It was filled just now.
    pub(super) fn filled(mut self) -> Index {
        self.filled = Some(Stopwatch::start());
        self
    }

    /// True where its last filling is so long ago that another may find more.
    pub(super) fn is_stale(&self, after: Duration) -> bool {
        self.filled.as_ref().is_none_or(|it| after <= it.elapsed())
    }
}

fn digest(path: &Path) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&blake3::hash(path.as_os_str().as_bytes()).as_bytes()[..16]);
    digest
}
