//! Folders as owners have them: patterns, markers, links, what changed, and walks that find what a simple walk finds.

use super::*;
use crate::domain::library::FileId;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// A library with these files in it; a name that ends with `/` is a folder, one with `=` has what follows in it.
fn library(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let (name, text) = name.split_once('=').unwrap_or((name, "x"));
        let path = folder.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    folder
}

fn patterns(root: &Path, include: &[&str], exclude: &[&str]) -> Places {
    let owned = |them: &[&str]| them.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    Places::new(root, &owned(include), &owned(exclude)).unwrap()
}

/// All listings of a walk, by folder.
fn listings(places: &Places, threads: usize) -> Vec<Listing> {
    let all = Mutex::new(Vec::new());
    let each = |it: Listing| all.lock().unwrap().push(it);
    let totals = walk_library(places, threads, &Cancel::default(), &each);
    let mut all = all.into_inner().unwrap();
    assert_eq!(totals.folders, all.len());
    assert_eq!(totals.videos, all.iter().map(|it| it.videos.len()).sum::<usize>());
    assert!(!totals.cancelled);
    all.sort_by(|one, other| one.folder.cmp(&other.folder));
    all
}

/// Paths of the videos below the root, sorted.
fn videos(places: &Places) -> Vec<String> {
    let below = |folder: &Path, name: &OsStr| {
        folder.join(name).strip_prefix(places.root()).unwrap().to_str().unwrap().to_owned()
    };
    let of = |it: &Listing| {
        it.videos.iter().map(|found| below(&it.folder, &found.name)).collect::<Vec<_>>()
    };
    let mut found: Vec<String> = listings(places, 3).iter().flat_map(of).collect();
    found.sort();
    found
}

/// What a walk takes and leaves is what is told of each path by itself.
fn agrees(places: &Places) {
    for listing in listings(places, 2) {
        assert_eq!(list_folder(places, &listing.folder), listing);
        for found in &listing.videos {
            let path = listing.folder.join(&found.name);
            assert_eq!(places.why_left_out(&path), None, "{}", path.display());
        }
        for (name, why) in &listing.left_out {
            let inside = if name == "." { OsStr::new("x.mkv") } else { name.as_os_str() };
            let path = listing.folder.join(inside);
            assert_eq!(places.why_left_out(&path).as_ref(), Some(why), "{}", path.display());
        }
    }
}

#[test]
fn folders_are_walked_in_order_and_hidden_files_left_out() {
    let folder = library(&["b/2.MKV", "b/1.mp4", "a.txt", "c.flac", ".hidden.mkv", "d.srt"]);
    let root = folder.path();
    fs::create_dir(root.join("b/.trash")).unwrap();
    fs::write(root.join("b/.trash/x.mkv"), "x").unwrap();
    let found = walk(&[root.to_owned(), root.join("c.flac"), root.join("d.srt")]);
    let names: Vec<_> = found.iter().map(|it| it.path.strip_prefix(root).unwrap()).collect();
    assert_eq!(names, ["b/1.mp4", "b/2.MKV", "c.flac", "d.srt"].map(Path::new));
    assert!(found.iter().all(|it| it.fault.is_none()), "a subtitle file is translated");
    agrees(&Places::all_of(root));
}

#[test]
fn a_file_named_by_itself_is_tried_whatever_its_name() {
    let item = &walk(&[PathBuf::from("/no/such/film")])[0];
    assert_eq!((item.path.as_path(), &item.fault), (Path::new("/no/such/film"), &None));
    let folder = library(&["Alien/Alien.mkv", "Alien/Alien-trailer.mkv"]);
    let trailer = folder.path().join("Alien/Alien-trailer.mkv");
    let items = walk(&[trailer.clone(), folder.path().join("Alien")]);
    let paths: Vec<_> = items.iter().map(|it| it.path.clone()).collect();
    assert_eq!(paths, [trailer, folder.path().join("Alien/Alien.mkv")]);
}

#[test]
fn a_folder_that_its_owner_marked_is_told_where_it_is_named() {
    let folder = library(&["a.mkv", ".nomedia="]);
    let items = walk(&[folder.path().to_owned()]);
    assert_eq!((items.len(), &items[0].path), (1, &folder.path().to_owned()));
    let fault = items[0].fault.clone().unwrap();
    assert!(fault.what.contains(".nomedia"), "{fault}");
}

#[test]
fn patterns_are_for_the_path_below_the_library() {
    let folder = library(&[
        "Kids/a.mkv",
        "Kids/deep/b.mkv",
        "kids.mkv",
        "Concerts/ÖRF/c.ts",
        "Concerts/d.ts",
        "e.ts",
    ]);
    let all =
        ["Concerts/d.ts", "Concerts/ÖRF/c.ts", "Kids/a.mkv", "Kids/deep/b.mkv", "e.ts", "kids.mkv"];
    for (include, exclude, left) in [
        (&[][..], &[][..], &[][..]),
        (&[], &["kids"], &[2, 3]),
        (&[], &["/Kids/"], &[2, 3]),
        (&[], &["kids/*.mkv"], &[2]),
        (&[], &["KIDS/**"], &[2, 3]),
        (&[], &["*.ts"], &[4]),
        (&[], &["**/*.ts"], &[0, 1, 4]),
        (&[], &["**/örf"], &[1]),
        (&[], &["**/ö??/*.{ts,mkv}"], &[1]),
        (&["kids"], &[], &[0, 1, 4, 5]),
        (&["kids", "*.ts"], &["**/deep"], &[0, 1, 3, 5]),
        (&["**/*.mkv"], &[], &[0, 1, 4]),
    ] {
        let places = patterns(folder.path(), include, exclude);
        let there = all.iter().enumerate().filter(|(at, _)| !left.contains(at));
        let there: Vec<&str> = there.map(|(_, it)| *it).collect();
        assert_eq!(videos(&places), there, "{include:?} {exclude:?}");
        agrees(&places);
    }
    let bad = Places::new(folder.path(), &[], &["good".to_owned(), "a{b".to_owned()]);
    assert!(bad.unwrap_err().what.contains("\"a{b\""));
}

#[test]
fn markers_leave_out_their_folder_or_what_their_lines_say() {
    let folder = library(&[
        "phone/.nomedia=",
        "phone/a.mkv",
        "phone/deep/a.mkv",
        "home/.kinoraignore= \n\n",
        "home/b.mkv",
        "jelly/.ignore=",
        "jelly/c.mkv",
        "some/.kinoraignore=\u{feff}# ours\n*.ts\n!good.ts\n/only/\ndeep/x.mkv\n",
        "some/d.ts",
        "some/good.ts",
        "some/d.mkv",
        "some/only/d.mkv",
        "some/deep/only/d.mkv",
        "some/deep/x.mkv",
        "some/deep/.ignore=*.avi\n",
        "some/deep/d.avi",
        "some/deep/d.ts",
        "some/deep/er/.kinoraignore=!*.ts\n",
        "some/deep/er/d.ts",
        "some/deep/er/d.avi",
        "notes/.ignore=# nothing\n",
        "notes/e.mkv",
    ]);
    let places = Places::all_of(folder.path());
    let kept =
        ["notes/e.mkv", "some/d.mkv", "some/deep/er/d.ts", "some/deep/only/d.mkv", "some/good.ts"];
    assert_eq!(videos(&places), kept);
    agrees(&places);
    for (path, said) in [
        ("phone/deep/a.mkv", "phone/.nomedia asks"),
        ("home/b.mkv", "home/.kinoraignore asks"),
        ("jelly/c.mkv", "jelly/.ignore asks"),
        ("some/d.ts", "the line \"*.ts\" in "),
        ("some/only/d.mkv", "the line \"/only/\" in "),
        ("some/deep/er/d.avi", "some/deep/.ignore asks"),
    ] {
        let why = places.why_left_out(&folder.path().join(path)).unwrap().to_string();
        assert!(why.contains(said), "{path}: {why}");
    }
}

#[test]
fn a_marker_that_cannot_be_understood_is_told_and_the_rest_of_it_counts() {
    let folder =
        library(&["a/.kinoraignore=x{y\n*.ts\n", "a/a.ts", "a/a.mkv", "b/.ignore/", "b/b.mkv"]);
    let places = Places::all_of(folder.path());
    assert_eq!(videos(&places), ["a/a.mkv"]);
    let troubles: Vec<_> = listings(&places, 1).into_iter().flat_map(|it| it.troubles).collect();
    let names: Vec<_> =
        troubles.iter().map(|it| it.0.strip_prefix(folder.path()).unwrap()).collect();
    assert_eq!(names, ["a/.kinoraignore", "b/.ignore"].map(Path::new));
    assert!(troubles[0].1.what.contains("x{y"), "{}", troubles[0].1);
}

#[test]
fn links_to_files_are_files_and_links_to_folders_are_left_out() {
    let folder = library(&["real/film.mkv", "film.mkv", "real/film.srt"]);
    let root = folder.path();
    symlink("..", root.join("real/up")).unwrap();
    symlink(root.join("real"), root.join("elsewhere")).unwrap();
    symlink("real/film.mkv", root.join("linked.mkv")).unwrap();
    symlink("real/film.srt", root.join("linked.srt")).unwrap();
    symlink("gone.mkv", root.join("dangling.mkv")).unwrap();
    symlink("self.mkv", root.join("self.mkv")).unwrap();
    let places = Places::all_of(root);
    assert_eq!(videos(&places), ["film.mkv", "linked.mkv", "real/film.mkv"]);
    agrees(&places);
    let top = list_folder(&places, root);
    assert_eq!(top.left_out, [(OsStr::new("elsewhere").to_owned(), LeftOut::LinkToFolder)]);
    let inode = |name: &str| FileId::of(&fs::metadata(root.join(name)).unwrap());
    assert_eq!(top.videos[1].id, inode("real/film.mkv"));
    assert_eq!(top.beside[0].id, inode("real/film.srt"));
    let mut said: Vec<_> = top.troubles.iter().map(|it| it.1.what.clone()).collect();
    said.sort();
    assert!(said[0].contains("leads back to itself") && said[1].contains("not there"), "{said:?}");
    let inside = places.why_left_out(&root.join("elsewhere/film.mkv"));
    assert_eq!(inside, Some(LeftOut::LinkToFolder));
}

#[test]
fn a_path_outside_or_the_library_itself_is_not_left_out() {
    let folder = library(&["a.mkv", "a.jpg", "Extras/x.mkv"]);
    let places = Places::all_of(folder.path());
    for path in [folder.path(), Path::new("/elsewhere/Extras/x.mkv"), Path::new("/")] {
        assert_eq!(places.why_left_out(path), None, "{}", path.display());
    }
    let why = |name: &str| places.why_left_out(&folder.path().join(name));
    assert_eq!(why("a.jpg"), Some(LeftOut::NotMedia));
    assert_eq!(why("gone.mkv"), None, "it may come");
    assert!(matches!(why("Extras"), Some(LeftOut::Extra(_))));
    assert!(matches!(why("Extras/gone.mkv"), Some(LeftOut::Extra(_))));
    let gone = listings(&Places::all_of(&folder.path().join("gone")), 2);
    assert_eq!((gone.len(), gone[0].troubles.len()), (1, 1), "a library that is gone is told");
    let gone = list_folder(&places, &folder.path().join("gone"));
    assert_eq!(gone.troubles, [], "a folder that vanished is not");
}

#[test]
fn a_walk_that_is_cancelled_ends_and_says_so() {
    let folder = library(&["a/1/", "a/2/", "b/"]);
    let cancel = Cancel::default();
    let each = |_: Listing| cancel.set();
    let totals = walk_library(&Places::all_of(folder.path()), 1, &cancel, &each);
    assert_eq!((totals.folders, totals.cancelled), (1, true));
}

#[test]
fn a_panic_of_who_is_told_ends_the_walk_instead_of_hanging_it() {
    let folder = library(&["a/", "b/", "c/"]);
    let first = AtomicBool::new(true);
    let each = |_: Listing| assert!(!first.swap(false, Ordering::SeqCst), "planted");
    let walk = || walk_library(&Places::all_of(folder.path()), 4, &Cancel::default(), &each);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(walk)).is_err());
}

fn digest(listing: &Listing, name: &str) -> u64 {
    listing.digest_of(listing.videos.iter().find(|it| it.name == name).unwrap())
}

#[test]
fn a_digest_changes_with_the_video_and_what_belongs_to_it_and_with_nothing_else() {
    let names =
        ["Film 1.mkv", "Film 10.mkv", "other.mkv", "Film 1.eng.srt", "Film 10.srt", "poster.jpg"];
    for (name, text, changed) in [
        ("Film 1.mkv", "longer", &["Film 1.mkv"][..]),
        ("film 1.ENG.srt", "new", &["Film 1.mkv"]),
        ("Film 1.eng.srt", "longer", &["Film 1.mkv"]),
        ("Film 1-de.ass", "new", &["Film 1.mkv"]),
        ("Film 1.nfo", "new", &["Film 1.mkv"]),
        ("Film 10.zh.srt", "new", &["Film 10.mkv"]),
        ("other.idx", "new", &["other.mkv"]),
        ("other.mkv.lock", "", &["Film 1.mkv", "Film 10.mkv", "other.mkv"]),
        ("movie.nfo", "new", &["Film 1.mkv", "Film 10.mkv", "other.mkv"]),
        ("poster.jpg", "longer", &[]),
        ("film.srt", "new", &[]),
        ("another.srt", "new", &[]),
        (".Film 1.srt", "new", &[]),
        ("Film 11.mkv", "new", &[]),
    ] {
        let folder = library(&names);
        let places = Places::all_of(folder.path());
        let before = list_folder(&places, folder.path());
        assert_eq!(digest(&before, "other.mkv"), digest(&before.clone(), "other.mkv"));
        fs::write(folder.path().join(name), text).unwrap();
        let after = list_folder(&places, folder.path());
        let differ = ["Film 1.mkv", "Film 10.mkv", "other.mkv"];
        let differ = differ.iter().filter(|it| digest(&before, it) != digest(&after, it));
        assert_eq!(differ.copied().collect::<Vec<_>>(), changed, "{name}");
    }
}

#[test]
fn what_was_seen_is_changed_until_it_is_set_and_forgotten_when_it_is_gone() {
    let folder = library(&["a.mkv", "b.mkv"]);
    let (a, b) = (folder.path().join("a.mkv"), folder.path().join("b.mkv"));
    let places = Places::all_of(&folder.path().join(""));
    let seen = SeenFiles::default();
    seen.begin_scan();
    // The library's folder was written with a slash at its end.
    let listing = list_folder(&places, places.root());
    let changed = seen.changed_in(&listing);
    assert_eq!(changed.len(), 2);
    for (found, digest) in changed {
        seen.set(&folder.path().join(&found.name), digest);
    }
    assert_eq!((seen.end_scan(), seen.len()), (0, 2));
    assert!(seen.changed_in(&listing).is_empty());
    assert!(!seen.changed(&a, digest(&listing, "a.mkv")));
    assert!(seen.changed(&a, 1) && seen.changed(&a, 1), "it stays changed until it is set");
    seen.forget(&a);
    assert!(seen.changed(&a, digest(&listing, "a.mkv")));
    seen.set(&a, 7);
    fs::remove_file(&b).unwrap();
    seen.begin_scan();
    let changed: Vec<_> = seen
        .changed_in(&list_folder(&places, folder.path()))
        .into_iter()
        .map(|it| it.0.name.clone())
        .collect();
    assert_eq!(changed, ["a.mkv"]);
    assert_eq!((seen.end_scan(), seen.len()), (1, 1));
    assert!(!seen.is_empty() && !seen.changed(&a, 7), "one that changed was met");
}

/// Media files of a tree without names that are left out, as simply as it can be said.
fn simple_walk(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            simple_walk(&entry.path(), found);
        } else if entry.path().extension().is_some_and(|it| it == "mkv") && entry.path().is_file() {
            found.insert(entry.path());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_walk_finds_what_a_simple_walk_finds(
        paths in proptest::collection::vec("([abc]{1,2}/){0,5}[abc]{1,2}\\.(mkv|srt|jpg)", 0..40),
        links in proptest::collection::vec("([ab]/){0,2}[ab]\\.link\\.mkv", 0..4),
        threads in 1_usize..5,
    ) {
        let folder = tempfile::tempdir().unwrap();
        for path in paths.iter().map(|it| folder.path().join(it)) {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        for (number, link) in links.iter().map(|it| folder.path().join(it)).enumerate() {
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            let first = folder.path().join(paths.first().map_or("", String::as_str));
            let target = if number % 2 == 0 { PathBuf::from("..") } else { first };
            let _ = symlink::<PathBuf, _>(target, link);
        }
        let mut simple = BTreeSet::new();
        simple_walk(folder.path(), &mut simple);
        let places = Places::all_of(folder.path());
        let all = listings(&places, threads);
        let folders: BTreeSet<_> = all.iter().map(|it| &it.folder).collect();
        prop_assert_eq!(folders.len(), all.len(), "each folder once");
        let of = |it: &Listing| it.videos.iter().map(|found| it.folder.join(&found.name)).collect::<Vec<_>>();
        let found: Vec<PathBuf> = all.iter().flat_map(of).collect();
        prop_assert_eq!(found.len(), simple.len());
        prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), simple.clone());
        let items: Vec<_> = files(folder.path()).filter(|it| it.fault.is_none()).map(|it| it.path).collect();
        prop_assert_eq!(items, simple.into_iter().collect::<Vec<_>>(), "sorted by path");
    }

    #[test]
    fn a_digest_changes_exactly_when_something_relevant_does(
        there in proptest::collection::btree_set(BESIDE, 0..8),
        name in BESIDE,
        change in 0..3,
    ) {
        let folder = library(&["A.mkv", "AB.mkv"]);
        for name in &there {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let places = Places::all_of(folder.path());
        let before = list_folder(&places, folder.path());
        let path = folder.path().join(&name);
        let changed = match change {
            0 => fs::remove_file(&path).is_ok(),
            1 => !there.contains(&name) && fs::write(&path, "y").is_ok(),
            _ => fs::write(&path, "longer").is_ok(),
        };
        let after = list_folder(&places, folder.path());
        for (video, stem) in [("A.mkv", "a"), ("AB.mkv", "ab")] {
            let name = name.to_lowercase();
            let rest = name.strip_prefix(stem).filter(|it| it.starts_with(['.', '-']));
            let its = !name.ends_with(".jpg") && rest.is_some();
            let relevant = changed && (its || name.ends_with(".lock") || name == "movie.nfo");
            let differs = digest(&before, video) != digest(&after, video);
            prop_assert_eq!(differs, relevant, "{} {}", video, name);
        }
    }
}

/// Names beside the videos `A` and `AB`.
const BESIDE: &str = "(movie\\.nfo|[aA][bB]?(\\.en|-x|\\.mkv)?\\.(srt|nfo|lock|jpg|SUB))";
