//! From paths to files: what of a folder or a library is looked at, what is left out and why, and what changed since
//! the last time. No file is opened and no link to a folder followed.

mod left_out;
mod names;
mod marks;
mod places;
mod list;
mod page;
mod walk;
mod seen;
#[cfg(test)]
mod names_tests;
#[cfg(test)]
mod tests;

pub use left_out::LeftOut;
pub use list::{Found, Listing, list_folder};
pub(in crate::app) use marks::is_marker;
pub use page::in_order;
pub use places::Places;
pub use seen::SeenFiles;
pub use walk::{WalkTotals, walk_library};

use crate::base::cancel::Cancel;

use crate::domain::fault::Fault;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A walk waits for the disk mostly: more threads than processors, so that it always has something to do.
pub const WALK_THREADS: usize = 4;

/// A file to work on, or what is wrong with what was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The file, or the folder that cannot be read.
    pub path: PathBuf,
    /// Why it cannot be worked on.
    pub fault: Option<Fault>,
}

/// All files that are meant, each once, folders' files sorted by path.
pub fn walk(paths: &[PathBuf]) -> Vec<Item> {
    let mut seen = HashSet::new();
    let found = paths.iter().flat_map(|it| files(it));
    found.filter(|it| seen.insert(it.path.clone())).collect()
}

/// The files of a folder that a person named, sorted by path, or the file itself, which is taken whatever its name:
/// a subtitle file is translated, any other is listened to.
pub fn files(path: &Path) -> Box<dyn Iterator<Item = Item>> {
    if !path.is_dir() {
        return Box::new(std::iter::once(named(path)));
    }
    let items = Mutex::new(Vec::new());
    let each = |listing: Listing| {
        let here = OsStr::new(".");
        let marked = listing.folder == path && listing.left_out.iter().any(|it| it.0 == here);
        let Listing { folder, videos, left_out, troubles, .. } = listing;
        let good = videos.iter().map(|it| Item { path: folder.join(&it.name), fault: None });
        let bad = troubles.into_iter().map(|(path, fault)| Item { path, fault: Some(fault) });
        let mut items = items.lock().unwrap_or_else(PoisonError::into_inner);
        items.extend(good.chain(bad));
        if marked && let Some((_, why)) = left_out.into_iter().next() {
            let fault = Some(nothing_wanted(&why));
            items.push(Item { path: folder, fault });
        }
    };
    walk_library(&Places::all_of(path), WALK_THREADS, &Cancel::default(), &each);
    let mut items = items.into_inner().unwrap_or_else(PoisonError::into_inner);
    items.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    Box::new(items.into_iter())
}

fn nothing_wanted(why: &LeftOut) -> Fault {
    Fault::operator(
        format!("nothing in it is looked at: {why}"),
        "remove that file, or name the videos",
    )
}

fn named(path: &Path) -> Item {
    Item { path: path.to_owned(), fault: None }
}
