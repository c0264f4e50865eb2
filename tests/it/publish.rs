//! Publishing beside a video: what is written, what is left, and what a crash leaves behind.

use crate::house::among_mounts;
use kinora::domain::fault::Fault;
use kinora::pipeline::subtitle::publish::{
    Ledger, Publication, PublishPlan, Published, check_folder, is_partial, publish, sweep_at,
    withdraw,
};
use kinora::store::{Store, StoreFile};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A folder with a video, and a data directory.
struct Scene {
    root: TempDir,
    store: Store,
}

impl Scene {
    fn new() -> Scene {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(&root.path().join("data"), StoreFile::Run).unwrap();
        fs::create_dir(root.path().join("films")).unwrap();
        fs::write(root.path().join("films/Film.mkv"), b"video").unwrap();
        Scene { root, store }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.path().join("films").join(name)
    }

    fn plan(&self, name: &str, force: bool) -> PublishPlan {
        PublishPlan { path: self.at(name), like: self.at("Film.mkv"), force, partial: false }
    }

    fn publish(&self, text: &str, force: bool) -> Result<Published, Fault> {
        publish(&self.plan("Film.eng.srt", force), text.as_bytes(), &self.store)
    }

    /// The folder's names, sorted, and no record of a temporary file.
    fn names(&self) -> Vec<String> {
        assert_eq!(self.store.pending().unwrap(), []);
        let entries = fs::read_dir(self.at("")).unwrap();
        let mut names: Vec<String> =
            entries.map(|it| it.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn written() -> Published {
    Published::Written { notice: None }
}

fn left(result: Result<Published, Fault>) -> String {
    match result.unwrap() {
        Published::LeftAlone { reason } => reason,
        other => panic!("{other:?}"),
    }
}

fn is_root() -> bool {
    let root = fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0);
    if root {
        println!("in part skipped: the superuser may do everything");
    }
    root
}

/// What a viewer is shown while it is listened to is ours, never stands in the way of the whole file, and goes.
#[test]
fn partial_files_are_replaced_and_taken_away() {
    let scene = Scene::new();
    let (film, sidecar) = (scene.at("Film.mkv"), scene.at("Film.eng.srt"));
    let partial = |text: &str| {
        let plan = PublishPlan { partial: true, ..scene.plan("Film.eng.srt", false) };
        publish(&plan, text.as_bytes(), &scene.store)
    };
    let is = |partial: bool, text: &str| {
        assert_eq!(is_partial(&sidecar, &scene.store), Ok(partial), "{text}");
        assert_eq!(fs::read(&sidecar).unwrap(), text.as_bytes());
    };
    for text in ["a", "a b", "a b"] {
        assert_eq!(partial(text), Ok(written()));
        is(true, text);
    }
    // The same, and whole.
    assert_eq!(scene.publish("a b", false), Ok(written()));
    is(false, "a b");
    assert_eq!(withdraw(&film, &scene.store), Ok(0));
    assert!(left(partial("a")).contains("that is whole"));
    is(false, "a b");

    fs::remove_file(&sidecar).unwrap();
    assert_eq!(partial("a"), Ok(written()));
    assert_eq!(scene.publish("a b c", false), Ok(written()));
    is(false, "a b c");

    fs::remove_file(&sidecar).unwrap();
    assert_eq!(partial("a"), Ok(written()));
    fs::write(scene.at("Film.fre.srt"), "theirs").unwrap();
    fs::write(scene.at("Film 2.mkv"), "video").unwrap();
    assert_eq!(withdraw(&film, &scene.store), Ok(1));
    assert_eq!(scene.names(), ["Film 2.mkv", "Film.fre.srt", "Film.mkv"]);

    // Edited, it is theirs.
    assert_eq!(partial("a"), Ok(written()));
    fs::write(&sidecar, "a, corrected").unwrap();
    is(false, "a, corrected");
    assert!(left(partial("a b")).contains("edited"));
    assert!(left(scene.publish("a b", false)).contains("edited"));
    assert_eq!(withdraw(&film, &scene.store), Ok(0));
}

#[test]
fn ours_is_replaced_while_nobody_edited_it() {
    let scene = Scene::new();
    assert_eq!(scene.publish("one", false), Ok(written()));
    assert_eq!(scene.publish("one", false), Ok(written()));
    assert_eq!(scene.publish("two", false), Ok(written()));
    assert_eq!(fs::read(scene.at("Film.eng.srt")).unwrap(), b"two");

    fs::write(scene.at("Film.eng.srt"), b"two, corrected").unwrap();
    assert!(left(scene.publish("three", false)).contains("edited since Kinora wrote it"));
    assert_eq!(fs::read(scene.at("Film.eng.srt")).unwrap(), b"two, corrected");
    let Ok(Published::Written { notice: Some(notice) }) = scene.publish("three", true) else {
        panic!()
    };
    assert!(notice.contains("was replaced, as --force asks"), "{notice}");
    assert_eq!(scene.publish("four", false), Ok(written()));
    assert_eq!(scene.names(), ["Film.eng.srt", "Film.mkv"]);
}

#[test]
fn what_is_not_ours_is_left() {
    let scene = Scene::new();
    fs::write(scene.at("Film.eng.srt"), b"theirs").unwrap();
    assert!(left(scene.publish("theirs", false)).contains("Kinora did not write"));
    assert!(left(scene.publish("ours", false)).contains("--force"));
    assert_eq!(fs::read(scene.at("Film.eng.srt")).unwrap(), b"theirs");
    assert!(matches!(scene.publish("ours", true), Ok(Published::Written { .. })));
    assert_eq!(fs::read(scene.at("Film.eng.srt")).unwrap(), b"ours");
    fs::remove_file(scene.at("Film.eng.srt")).unwrap();
    assert_eq!(scene.publish("again", false), Ok(written()));
}

#[test]
fn a_link_is_not_followed() {
    let scene = Scene::new();
    let outside = scene.root.path().join("outside.txt");
    fs::write(&outside, b"outside").unwrap();
    for target in [outside.as_path(), Path::new("nowhere")] {
        symlink(target, scene.at("Film.eng.srt")).unwrap();
        assert!(left(scene.publish("ours", false)).contains("link"));
        assert!(scene.publish("ours", true).is_ok());
        assert!(fs::symlink_metadata(scene.at("Film.eng.srt")).unwrap().is_file());
        assert_eq!(fs::read(&outside).unwrap(), b"outside");
        fs::remove_file(scene.at("Film.eng.srt")).unwrap();
    }
}

#[test]
fn one_file_by_several_paths_is_one_file() {
    let scene = Scene::new();
    symlink(scene.at(""), scene.root.path().join("link")).unwrap();
    assert_eq!(scene.publish("one", false), Ok(written()));
    let mut plan = scene.plan("x", false);
    plan.path = scene.root.path().join("link/../link/Film.eng.srt");
    assert_eq!(publish(&plan, b"two", &scene.store), Ok(written()));
    assert_eq!(scene.publish("two", false), Ok(written()));
}

#[test]
fn the_subtitle_is_owned_and_readable_as_the_video_is() {
    let scene = Scene::new();
    for (video, subtitle) in [(0o644, 0o644), (0o775, 0o664), (0o600, 0o600), (0o444, 0o444)] {
        fs::set_permissions(scene.at("Film.mkv"), Permissions::from_mode(video)).unwrap();
        assert_eq!(scene.publish(&format!("{video}"), false), Ok(written()));
        let mode = fs::metadata(scene.at("Film.eng.srt")).unwrap().mode() & 0o7777;
        assert_eq!(mode, subtitle, "{video:o}");
    }
    if is_root() {
        chown(scene.at("Film.mkv"), Some(1234), Some(5678)).unwrap();
        assert_eq!(scene.publish("owned", false), Ok(written()));
        let it = fs::metadata(scene.at("Film.eng.srt")).unwrap();
        assert_eq!((it.uid(), it.gid()), (1234, 5678));
    }
    fs::remove_file(scene.at("Film.mkv")).unwrap();
    let Ok(Published::Written { notice: Some(notice) }) = scene.publish("without a video", false)
    else {
        panic!()
    };
    assert!(notice.contains("cannot be read"), "{notice}");
}

#[test]
fn what_cannot_be_written_is_told_and_leaves_nothing() {
    let scene = Scene::new();
    fs::create_dir(scene.at("Film.eng.srt")).unwrap();
    assert!(scene.publish("x", true).unwrap_err().what.contains("a folder has the name"));
    assert!(check_folder(&scene.at("gone")).unwrap_err().what.contains("is gone"));
    assert_eq!(check_folder(&scene.at("")), Ok(()));
    let gone = publish(&scene.plan("gone/Film.eng.srt", false), b"x", &scene.store);
    assert!(gone.unwrap_err().what.contains("is gone"));
    let long = format!("{}.srt", "x".repeat(300));
    let long = publish(&scene.plan(&long, false), b"x", &scene.store);
    assert!(long.unwrap_err().what.contains("name"));
    assert_eq!(scene.names(), ["Film.eng.srt", "Film.mkv"]);
    if !is_root() {
        fs::remove_dir(scene.at("Film.eng.srt")).unwrap();
        fs::set_permissions(scene.at(""), Permissions::from_mode(0o555)).unwrap();
        assert!(scene.publish("x", false).unwrap_err().what.contains("may not write"));
        assert!(check_folder(&scene.at("")).unwrap_err().what.contains("may not write"));
        assert_eq!(scene.names(), ["Film.mkv"]);
        fs::set_permissions(scene.at(""), Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn a_crash_leaves_nothing_after_the_next_start() {
    let scene = Scene::new();
    let book = &scene.store;
    let folder = fs::canonicalize(scene.at("")).unwrap();
    let publication = |name: &str| Publication {
        output: folder.join(name),
        content_blake3: *blake3::hash(b"new").as_bytes(),
        video: folder.join("Film.mkv"),
        at_unix_ms: 1_000,
        partial: false,
    };
    // Killed before the file, while it was written, after the rename; and one whose share is not mounted.
    book.begin(&folder.join(".kinora-1.tmp"), &publication("a.srt")).unwrap();
    book.begin(&folder.join(".kinora-2.tmp"), &publication("b.srt")).unwrap();
    fs::write(folder.join(".kinora-2.tmp"), b"ne").unwrap();
    book.begin(&folder.join(".kinora-3.tmp"), &publication("c.srt")).unwrap();
    fs::write(folder.join("c.srt"), b"new").unwrap();
    let away = folder.join("share/.kinora-4.tmp");
    book.begin(&away, &publication("share/d.srt")).unwrap();

    assert_eq!(sweep_at(book, 2_000), Ok(1));
    assert_eq!(
        scene.store.pending().unwrap().into_iter().map(|it| it.0).collect::<Vec<_>>(),
        [away]
    );
    let days_31_ms = 31 * 24 * 60 * 60 * 1000;
    assert_eq!(sweep_at(book, 2_000 + days_31_ms), Ok(0));
    assert_eq!(scene.names(), ["Film.mkv", "c.srt"]);
    assert!(Ledger::published(book, &folder.join("c.srt")).unwrap().is_some(), "it is ours");
    assert_eq!(Ledger::published(book, &folder.join("b.srt")), Ok(None));
}

#[test]
fn a_record_never_makes_us_delete_what_is_not_temporary() {
    let scene = Scene::new();
    let book = &scene.store;
    let publication = Publication {
        output: scene.at("a.srt"),
        content_blake3: [0; 32],
        video: scene.at("Film.mkv"),
        at_unix_ms: 0,
        partial: false,
    };
    book.begin(&scene.at("Film.mkv.damaged"), &publication).unwrap();
    fs::write(scene.at("Film.mkv.damaged"), b"x").unwrap();
    assert_eq!(sweep_at(book, 0), Ok(0));
    assert_eq!(scene.names(), ["Film.mkv", "Film.mkv.damaged"]);
}

#[test]
fn many_at_once_write_one_whole_file() {
    let scene = Scene::new();
    let texts: Vec<String> = (0..8).map(|it| format!("{it}").repeat(10_000)).collect();
    std::thread::scope(|scope| {
        for text in &texts {
            scope.spawn(|| scene.publish(text, true).unwrap());
        }
    });
    let last = fs::read_to_string(scene.at("Film.eng.srt")).unwrap();
    assert!(texts.contains(&last));
    assert_eq!(scene.names(), ["Film.eng.srt", "Film.mkv"]);
    assert_eq!(scene.publish(&last, false), Ok(written()));
}

/// The mount point of a small disk of our own, set in the child that has one.
const DISK: &str = "KINORA_TEST_DISK";

/// Runs itself again in a mount name space of its own, with a disk of 128 KiB.
#[test]
fn a_full_and_a_read_only_disk_are_told_and_leave_nothing() {
    if let Some(disk) = std::env::var_os(DISK) {
        return on_a_small_disk(Path::new(&disk));
    }
    let disk = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=128k tmpfs \"$KINORA_TEST_DISK\" || exit 77; exec \"$@\"";
    let name = "publish::a_full_and_a_read_only_disk_are_told_and_leave_nothing";
    among_mounts(name, script, DISK, disk.path(), "both were told");
}

fn on_a_small_disk(disk: &Path) {
    let scene = Scene::new();
    let plan = PublishPlan { path: disk.join("Film.eng.srt"), ..scene.plan("", false) };
    let book = &scene.store;
    let names =
        || fs::read_dir(disk).unwrap().map(|it| it.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(publish(&plan, b"small", book), Ok(written()));
    let full = publish(&plan, &[b'x'; 300_000], book).unwrap_err();
    assert_eq!(full.what, "the disk is full");
    assert_eq!(fs::read(&plan.path).unwrap(), b"small");
    assert_eq!(names(), ["Film.eng.srt"]);
    assert_eq!(publish(&plan, b"small again", book), Ok(written()));

    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(disk).status().unwrap();
    assert!(remounted.success());
    assert_eq!(
        check_folder(disk).unwrap_err().what,
        "the folder for the subtitle is on a read-only file system"
    );
    let read_only = publish(&plan, b"other", book).unwrap_err();
    assert!(read_only.what.contains("read-only file system"), "{read_only}");
    assert_eq!(fs::read(&plan.path).unwrap(), b"small again");
    assert_eq!(names(), ["Film.eng.srt"]);
    assert_eq!(scene.store.pending().unwrap(), []);
    println!("both were told");
}
