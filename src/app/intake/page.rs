//! The files of a library one after the other, in the order of their paths, from any place on: for whoever reads them
//! page by page.

use super::list::{Found, Listing, list};
use super::places::{Place, Places};
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;

/// What is still to be looked at, the last first.
enum Ahead {
    Folder(Place),
    /// A file of a folder that was listed, by its place there.
    File(Rc<Listing>, usize),
}

/// Tells of the files after this path, until the teller has enough. Folders that end before it are not read.
pub fn in_order(
    places: &Places,
    after: Option<&Path>,
    each: &mut dyn FnMut(&Listing, &Found) -> ControlFlow<()>,
) {
    let mut ahead = vec![Ahead::Folder(places.top())];
    while let Some(next) = ahead.pop() {
        match next {
            Ahead::File(listing, at) => {
                let Some(found) = listing.videos.get(at) else { continue };
                if each(&listing, found).is_break() {
                    return;
                }
            }
            Ahead::Folder(place) => {
                let (listing, below) = list(places, place);
                ahead.extend(sorted(listing, below, after).into_iter().rev());
            }
        }
    }
}

/// The files and folders of a folder that come after the path, by name.
fn sorted(listing: Listing, below: Vec<Place>, after: Option<&Path>) -> Vec<Ahead> {
    let listing = Rc::new(listing);
    let is_after = |path: &Path| after.is_none_or(|it| it < path);
    let mut named: Vec<(OsString, Ahead)> = Vec::new();
    for (at, found) in listing.videos.iter().enumerate() {
        if is_after(&listing.folder.join(&found.name)) {
            named.push((found.name.clone(), Ahead::File(Rc::clone(&listing), at)));
        }
    }
    for place in below {
        // What is in a folder comes after the folder itself.
        if is_after(&place.folder) || after.is_some_and(|it| it.starts_with(&place.folder)) {
            let name = place.folder.file_name().unwrap_or_default().to_owned();
            named.push((name, Ahead::Folder(place)));
        }
    }
    named.sort_by(|one, other| one.0.cmp(&other.0));
    named.into_iter().map(|it| it.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn every_file_comes_once_in_order_from_any_place() {
        let dir = tempfile::tempdir().unwrap();
        let names = [
            "A b.mkv",
            "A/1.mkv",
            "A/2/x.mkv",
            "A/2.mkv",
            "A.mkv",
            "B/c/d/e.mkv",
            "b.mkv",
            "z/1.mkv",
        ];
        for name in names {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let mut sorted: Vec<PathBuf> = names.iter().map(|it| dir.path().join(it)).collect();
        sorted.sort();
        let places = Places::all_of(dir.path());
        let from = |after: Option<&Path>, count: usize| {
            let mut seen = Vec::new();
            in_order(&places, after, &mut |listing, found| {
                seen.push(listing.folder.join(&found.name));
                if seen.len() < count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            seen
        };
        assert_eq!(from(None, usize::MAX), sorted);
        for (at, path) in sorted.iter().enumerate() {
            assert_eq!(from(Some(path), usize::MAX), sorted[at + 1..], "{}", path.display());
            let some = from(Some(path), 2);
            assert_eq!(some, sorted[at + 1..].iter().take(2).cloned().collect::<Vec<_>>());
        }
        // One that is gone is a place to go on from too.
        assert_eq!(from(Some(&dir.path().join("A/15.mkv")), 1), [dir.path().join("A/2/x.mkv")]);
    }
}
