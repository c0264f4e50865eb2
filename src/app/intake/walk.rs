//! The walk through a library: threads that take folders from a common heap, look at each once, and tell of it.

use super::list::{Listing, list};
use super::places::{Place, Places};
use crate::base::cancel::Cancel;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What a walk came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalkTotals {
    /// Folders that were looked at.
    pub folders: usize,
    /// Files to work on.
    pub videos: usize,
    /// Folders and media files that are left out.
    pub left_out: usize,
    /// What could not be read.
    pub troubles: usize,
    /// It was cancelled: there is more than was told of.
    pub cancelled: bool,
}

/// Walks through a library with so many threads, this one among them, and tells of each folder once, in no order and
/// from several threads at once. Links are not followed, and no file is opened but `.kinoraignore` and `.ignore`.
pub fn walk_library(
    places: &Places,
    threads: usize,
    cancel: &Cancel,
    each: &(dyn Fn(Listing) + Sync),
) -> WalkTotals {
    let heap = Mutex::new(Heap { waiting: vec![places.top()], ..Heap::default() });
    let walk = Walk { places, cancel, each, heap, more: Condvar::new() };
    thread::scope(|scope| {
        for _ in 1..threads {
            let walker = thread::Builder::new().name("walk".to_owned());
            // Where no thread can be started the others do its work.
            let _ = walker.spawn_scoped(scope, || walk.take_folders());
        }
        walk.take_folders();
    });
    let heap = walk.heap.into_inner().unwrap_or_else(PoisonError::into_inner);
    WalkTotals { cancelled: !heap.waiting.is_empty(), ..heap.totals }
}

struct Walk<'a> {
    places: &'a Places,
    cancel: &'a Cancel,
    each: &'a (dyn Fn(Listing) + Sync),
    heap: Mutex<Heap>,
    /// There are folders to take again, or there will be none.
    more: Condvar,
}

#[derive(Default)]
struct Heap {
    /// The newest is taken first, so that few wait in a deep tree.
    waiting: Vec<Place>,
    /// Folders that are looked at now; there may be more in them.
    in_work: usize,
    totals: WalkTotals,
}

impl Walk<'_> {
    fn take_folders(&self) {
        while let Some((place, _held)) = self.next() {
            let (listing, below) = list(self.places, place);
            let more = !below.is_empty();
            let mut heap = self.heap();
            heap.totals.folders += 1;
            heap.totals.videos += listing.videos.len();
            heap.totals.left_out += listing.left_out.len();
            heap.totals.troubles += listing.troubles.len();
            heap.waiting.extend(below);
            drop(heap);
            if more {
                self.more.notify_all();
            }
            (self.each)(listing);
        }
    }

    /// A folder, as soon as there is one; `None` at the end.
    fn next(&self) -> Option<(Place, InWork<'_>)> {
        let mut heap = self.heap();
        loop {
            if self.cancel.is_set() {
                return None;
            }
            if let Some(place) = heap.waiting.pop() {
                heap.in_work += 1;
                return Some((place, InWork(self)));
            }
            if heap.in_work == 0 {
                return None;
            }
            heap = self.more.wait(heap).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn heap(&self) -> MutexGuard<'_, Heap> {
        self.heap.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A folder that is looked at. Given back by a panic too: nobody waits for it in vain.
struct InWork<'a>(&'a Walk<'a>);

impl Drop for InWork<'_> {
    fn drop(&mut self) {
        let mut heap = self.0.heap();
        heap.in_work -= 1;
        if heap.in_work == 0 {
            self.0.more.notify_all();
        }
    }
}
