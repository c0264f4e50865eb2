//! Nasty trees: links in circles, folders without rights, names in no encoding, paths longer than the system takes,
//! pipes, and folders that vanish. What cannot be looked at is told, and nothing else stops.

use crate::house::{House, finish, is_root, open_to_all};
use crate::run::machine::{as_somebody, set_mode};
use kinora::app::intake::{LeftOut, Listing, Places, files, list_folder, walk_library};
use kinora::base::cancel::Cancel;
use notify::event::{AccessKind, EventKind};
use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::channel;

/// What a walk of a tree tells, sorted by folder.
fn walked(root: &Path) -> Vec<Listing> {
    let all = Mutex::new(Vec::new());
    let each = |it: Listing| all.lock().unwrap().push(it);
    let totals = walk_library(&Places::all_of(root), 4, &Cancel::default(), &each);
    let mut all = all.into_inner().unwrap();
    assert_eq!(totals.troubles, all.iter().map(|it| it.troubles.len()).sum::<usize>());
    all.sort_by(|one, other| one.folder.cmp(&other.folder));
    all
}

fn videos(all: &[Listing]) -> Vec<PathBuf> {
    let of = |it: &Listing| it.videos.iter().map(|found| it.folder.join(&found.name)).collect();
    all.iter().flat_map(|it| -> Vec<PathBuf> { of(it) }).collect()
}

fn troubles(all: &[Listing]) -> Vec<(PathBuf, String)> {
    let all = all.iter().flat_map(|it| &it.troubles);
    all.map(|(path, fault)| (path.clone(), fault.to_string())).collect()
}

fn sh(folder: &Path, script: &str) {
    let status = Command::new("sh").args(["-ec", script]).current_dir(folder).status();
    assert!(status.unwrap().success(), "{script}");
}

#[test]
fn circles_of_links_end_and_dangling_ones_are_told() {
    let house = House::new();
    let films = house.films();
    fs::create_dir_all(films.join("a/b")).unwrap();
    house.write("a/b/film.mkv", b"x");
    symlink("../..", films.join("a/b/up")).unwrap();
    symlink(&films, films.join("root")).unwrap();
    symlink("two", films.join("one")).unwrap();
    symlink("one", films.join("two")).unwrap();
    symlink("/no/such/disk/film.mkv", films.join("away.mkv")).unwrap();
    symlink("a/b/film.mkv", films.join("linked.mkv")).unwrap();
    let all = walked(&films);
    assert_eq!(videos(&all), [films.join("linked.mkv"), films.join("a/b/film.mkv")]);
    assert_eq!(all[0].left_out, [("root".into(), LeftOut::LinkToFolder)]);
    assert_eq!(all[2].left_out, [("up".into(), LeftOut::LinkToFolder)]);
    let mut told = troubles(&all);
    told.sort();
    for ((path, said), (name, what)) in told.iter().zip([
        ("away.mkv", "not there; "),
        ("one", "leads back to itself; "),
        ("two", "leads back to itself; "),
    ]) {
        assert!(*path == films.join(name) && said.contains(what), "{}: {said}", path.display());
    }
    assert_eq!(told.len(), 3);
}

#[test]
fn a_folder_without_rights_is_told_and_its_neighbours_are_looked_at() {
    let house = House::new();
    let Some(mut command) = as_somebody(&house) else { return };
    open_to_all(&house.films());
    for folder in ["locked", "names only", "open"] {
        fs::create_dir(house.film(folder)).unwrap();
        house.write(format!("{folder}/film.mkv"), b"no film");
        house.write(format!("{folder}/second.mkv"), b"no film");
    }
    set_mode(&house.film("locked"), 0o000);
    // Its names may be read, what they stand for may not.
    set_mode(&house.film("names only"), 0o744);
    let marked = house.film("marked");
    fs::create_dir(&marked).unwrap();
    fs::write(marked.join(".kinoraignore"), "*.ts").unwrap();
    fs::write(marked.join("film.mkv"), "no film").unwrap();
    set_mode(&marked.join(".kinoraignore"), 0o000);
    let ran = finish(command.args(["run", "--from", "en"]).arg(house.films()));
    for folder in ["locked", "names only"] {
        set_mode(&house.film(folder), 0o755);
    }
    for (name, what) in [
        ("films/locked: ", "the folder may not be read; "),
        ("films/names only: ", "the folder may not be read; "),
        ("marked/.kinoraignore: ", "its whole folder is left out; "),
        ("open/film.mkv", "; "),
        ("open/second.mkv", "; "),
    ] {
        assert!(ran.complaint(name).contains(what), "{name}: {ran:?}");
    }
    assert!(!ran.err.contains("marked/film.mkv"), "{ran:?}");
}

#[test]
fn names_in_no_encoding_are_names() {
    let house = House::new();
    let folder = house.film(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir_all(folder.join("Extras")).unwrap();
    for name in [&b"fil\xff.mkv"[..], b"fil\xff.eng.srt", b"fil\xff-trailer.mkv"] {
        fs::write(folder.join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let exclude = ["**/*.avi".to_owned()];
    let places = Places::new(&house.films(), &["caf*".to_owned()], &exclude).unwrap();
    assert_eq!(places.why_left_out(&folder.join(OsStr::from_bytes(b"fil\xff.mkv"))), None);
    let listing = list_folder(&places, &folder);
    assert_eq!(listing.videos[0].name.as_bytes(), b"fil\xff.mkv");
    assert_eq!(listing.beside[0].name.as_bytes(), b"fil\xff.eng.srt");
    let trailer = OsString::from_vec(b"fil\xff-trailer.mkv".to_vec());
    assert!(listing.left_out.contains(&(trailer, LeftOut::Trailer)), "{listing:?}");
    assert_eq!(videos(&walked(&house.films())).len(), 1);
}

#[test]
fn paths_longer_than_the_system_takes_are_told_once_and_the_rest_is_found() {
    let house = House::new();
    house.write("short.mkv", b"x");
    // Each level has a film; the last ones are too far down for anybody to open.
    let script = "name=$(printf 'd%.0s' $(seq 250)); i=0
        while [ $i -lt 18 ]; do mkdir $name; cd -P $name; : >film.mkv; i=$((i + 1)); done";
    sh(&house.films(), script);
    fs::create_dir(house.film("z")).unwrap();
    house.write("z/last.mkv", b"x");
    let all = walked(&house.films());
    let told = troubles(&all);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].0.as_os_str().len() > 4095, "the first that is too long is named");
    assert!(told[0].1.contains("4,095 bytes"), "{}", told[0].1);
    let found = videos(&all);
    assert!(found.len() > 15 && found.contains(&house.film("z/last.mkv")), "{}", found.len());
    for path in &found {
        assert!(fs::File::open(path).is_ok(), "what is found can be opened");
    }
    let items: Vec<_> = files(&house.films()).collect();
    assert_eq!(items.len(), found.len() + 1);
    assert_eq!(items.iter().filter(|it| it.fault.is_some()).count(), 1);
}

#[test]
fn pipes_sockets_and_devices_with_names_of_films_are_never_opened() {
    let house = House::new();
    // Whoever opens a pipe that nobody writes to waits forever.
    sh(
        &house.films(),
        "mkfifo pipe.mkv pipe.srt folder.kinoraignore; mkdir marked; mkfifo marked/.ignore",
    );
    let _socket = UnixListener::bind(house.film("socket.mkv")).unwrap();
    symlink("/dev/zero", house.film("endless.mkv")).unwrap();
    if is_root() {
        sh(&house.films(), "mknod device.mkv c 1 5 || true");
    }
    house.write("film.mkv", b"x");
    house.write("marked/film.mkv", b"x");
    let all = walked(&house.films());
    assert_eq!(videos(&all), [house.film("film.mkv")]);
    assert_eq!(all[0].beside, []);
    for name in ["pipe.mkv", "socket.mkv", "endless.mkv"] {
        assert!(all[0].left_out.contains(&(name.into(), LeftOut::NotAFile)), "{name}");
        let told = Places::all_of(&house.films()).why_left_out(&house.film(name));
        assert_eq!(told, Some(LeftOut::NotAFile), "{name}");
    }
    let told = troubles(&all);
    assert!(told[0].0.ends_with("marked/.ignore") && told.len() == 1, "{told:?}");
}

#[test]
fn a_folder_that_vanishes_while_it_is_walked_is_no_trouble() {
    let house = House::new();
    for folder in ["gone", "stays"] {
        fs::create_dir(house.film(folder)).unwrap();
        house.write(format!("{folder}/film.mkv"), b"x");
    }
    let (root, all) = (house.films(), Mutex::new(Vec::new()));
    let each = |it: Listing| {
        if it.folder == root {
            // Both are known to the walk by now, and none was looked at.
            fs::remove_dir_all(house.film("gone")).unwrap();
        }
        all.lock().unwrap().push(it);
    };
    let totals = walk_library(&Places::all_of(&root), 1, &Cancel::default(), &each);
    assert_eq!((totals.videos, totals.troubles), (1, 0), "{all:?}");
}

#[test]
fn no_file_is_opened_but_marker_files_with_lines_in_them() {
    let house = House::new();
    for folder in ["a", "a/b", "c", "Extras"] {
        fs::create_dir_all(house.film(folder)).unwrap();
        for name in ["film.mkv", "film.srt", "film.nfo", "film.mkv.lock", "poster.jpg"] {
            house.write(format!("{folder}/{name}"), b"x");
        }
    }
    house.write("a/.nomedia", b"x");
    house.write("c/.ignore", b"");
    house.write("Extras/.kinoraignore", b"*.ts");
    let (send, events) = channel();
    let mut watcher = RecommendedWatcher::new(send, Config::default()).unwrap();
    watcher.watch(&house.films(), RecursiveMode::Recursive).unwrap();
    walked(&house.films());
    // The last event: when it is there, all before it are.
    let last = house.write("last", b"x");
    let mut opened = Vec::new();
    loop {
        let event: Event = events.recv_timeout(crate::house::PATIENCE).unwrap().unwrap();
        if event.paths.contains(&last) {
            break;
        }
        if matches!(event.kind, EventKind::Access(AccessKind::Open(_))) {
            opened.extend(event.paths);
        }
    }
    let folders = opened.iter().filter(|it| it.is_dir()).count();
    assert!(folders > 0, "events come: {opened:?}");
    opened.retain(|it| !it.is_dir());
    opened.dedup();
    assert_eq!(opened, [house.film("Extras/.kinoraignore")]);
}
