//! Subtitles follow a video that was renamed or moved: nothing is lost, nothing is replaced, and what is ours stays
//! ours, also where Kinora is killed on the way.

mod killed;

use crate::house::among_mounts;
use kinora::domain::change::Change;
use kinora::domain::library::{FileId, Placed};
use kinora::pipeline::subtitle::follow::follow;
use kinora::pipeline::subtitle::publish::{Ledger, PublishPlan, Published, publish};
use kinora::runtime::{Book, Writer};
use kinora::store::{Store, StoreFile, Write};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

const OURS: &str = "1\n00:00:01,000 --> 00:00:02,000\nours\n";

/// A folder with films, and a data directory.
struct Scene {
    root: PathBuf,
    store: Arc<Store>,
    _folder: Option<TempDir>,
}

impl Scene {
    fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("films")).unwrap();
        let scene = Scene::inside(folder.path());
        Scene { _folder: Some(folder), ..scene }
    }

    fn inside(folder: &Path) -> Scene {
        let store = Arc::new(Store::open(&folder.join("data"), StoreFile::Run).unwrap());
        Scene { root: fs::canonicalize(folder).unwrap(), store, _folder: None }
    }

    /// A scene with a film and its subtitle, published.
    fn with_film() -> Scene {
        let scene = Scene::new();
        scene.film("Film.mkv", &["Film.eng.srt"]);
        scene
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.join("films").join(name)
    }

    /// Makes a film, publishes its subtitles, and remembers where they are, as the step does.
    fn film(&self, video: &str, outputs: &[&str]) {
        fs::write(self.at(video), format!("the film {video}")).unwrap();
        outputs.iter().for_each(|it| assert_eq!(self.publish(video, it, OURS), written()));
        self.place(video, outputs);
    }

    fn place(&self, video: &str, outputs: &[&str]) {
        let (file, video) = (self.id(video), self.at(video));
        let placed = Placed { video, outputs: outputs.iter().map(|it| self.at(it)).collect() };
        let change = Change::Placed { file, placed };
        self.store.commit(&[Write::Change { change, at_unix_ms: 1 }]).unwrap();
    }

    fn publish(&self, video: &str, output: &str, text: &str) -> Published {
        let plan = PublishPlan {
            path: self.at(output),
            like: self.at(video),
            force: false,
            partial: false,
        };
        publish(&plan, text.as_bytes(), &*self.store).unwrap()
    }

    fn id(&self, video: &str) -> FileId {
        FileId::of(&fs::metadata(self.at(video)).unwrap())
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.at(from), self.at(to)).unwrap();
    }

    /// Follows; the names that were brought, under `films`.
    fn follow(&self, video: &str) -> Vec<String> {
        let brought = follow(&self.at(video), &self.id(video), &*self.store, &*self.store).unwrap();
        assert_eq!(self.store.pending().unwrap(), []);
        let name = |it: PathBuf| it.strip_prefix(self.at("")).unwrap().to_str().unwrap().to_owned();
        brought.into_iter().map(name).collect()
    }

    /// All files under `films` with what is in them.
    fn all(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.at("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(self.at("")).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read_to_string(&path).unwrap_or_default());
            }
        }
        found
    }

    fn names(&self) -> Vec<String> {
        self.all().into_keys().collect()
    }

    fn placed(&self, video: &str) -> Placed {
        self.store.placed(&self.id(video)).unwrap().unwrap()
    }

    /// Whose the subtitle is, as the book has it.
    fn video_of(&self, output: &str) -> Option<PathBuf> {
        Ledger::published(&*self.store, &self.at(output)).unwrap().map(|it| it.video)
    }

    /// It is ours, and nobody edited it: it may be written anew.
    fn is_ours(&self, video: &str, output: &str) -> bool {
        self.video_of(output) == Some(self.at(video))
            && self.publish(video, output, "made anew") == written()
    }

    /// The whole of it: one subtitle, at this name, ours; nothing is left to do.
    fn has_followed(&self, video: &str, output: &str) {
        assert_eq!(self.follow(video), Vec::<String>::new(), "there is nothing left to do");
        assert_eq!(self.all()[output], OURS);
        assert_eq!(
            self.placed(video),
            Placed { video: self.at(video), outputs: vec![self.at(output)] }
        );
        assert!(self.is_ours(video, output));
    }
}

fn written() -> Published {
    Published::Written { notice: None }
}

#[test]
fn a_renamed_film_keeps_its_subtitle() {
    let scene = Scene::with_film();
    assert_eq!(scene.follow("Film.mkv"), Vec::<String>::new(), "it lies where it lay");
    scene.rename("Film.mkv", "The Film (2001).mkv");
    assert_eq!(scene.follow("The Film (2001).mkv"), ["The Film (2001).eng.srt"]);
    assert_eq!(scene.names(), ["The Film (2001).eng.srt", "The Film (2001).mkv"]);
    assert_eq!(scene.video_of("Film.eng.srt"), None, "what comes there next is not ours");
    scene.has_followed("The Film (2001).mkv", "The Film (2001).eng.srt");
    // And back again.
    scene.publish("The Film (2001).mkv", "The Film (2001).eng.srt", OURS);
    scene.rename("The Film (2001).mkv", "Film.mkv");
    assert_eq!(scene.follow("Film.mkv"), ["Film.eng.srt"]);
    scene.has_followed("Film.mkv", "Film.eng.srt");
}

#[test]
fn all_its_subtitles_follow_into_another_folder() {
    let scene = Scene::new();
    scene.film("Film.mkv", &["Film.eng.srt", "Film.简体中文.zho.srt", "Film.eng.json", "Film.srt"]);
    fs::write(scene.at("Film.nfo"), "about it").unwrap();
    fs::write(scene.at("Film 2.eng.srt"), "of another film").unwrap();
    fs::create_dir(scene.at("sub")).unwrap();
    scene.rename("Film.mkv", "sub/film-1080p.mp4");
    assert_eq!(scene.follow("sub/film-1080p.mp4").len(), 4);
    assert_eq!(
        scene.names(),
        [
            "Film 2.eng.srt",
            "Film.nfo",
            "sub/film-1080p.eng.json",
            "sub/film-1080p.eng.srt",
            "sub/film-1080p.mp4",
            "sub/film-1080p.srt",
            "sub/film-1080p.简体中文.zho.srt",
        ]
    );
    for name in ["eng.json", "eng.srt", "srt", "简体中文.zho.srt"] {
        assert!(scene.is_ours("sub/film-1080p.mp4", &format!("sub/film-1080p.{name}")), "{name}");
    }
}

#[test]
fn what_came_along_with_its_folder_is_known_there() {
    let scene = Scene::new();
    fs::create_dir(scene.at("Film")).unwrap();
    scene.film("Film/Film.mkv", &["Film/Film.eng.srt"]);
    scene.rename("Film", "Film (2001)");
    assert_eq!(scene.follow("Film (2001)/Film.mkv"), ["Film (2001)/Film.eng.srt"]);
    assert_eq!(scene.names(), ["Film (2001)/Film.eng.srt", "Film (2001)/Film.mkv"]);
    assert_eq!(scene.store.published(&scene.at("Film/Film.eng.srt")), Ok(None));
    scene.has_followed("Film (2001)/Film.mkv", "Film (2001)/Film.eng.srt");
}

#[test]
fn only_another_ending_leaves_it_where_it_is() {
    let scene = Scene::with_film();
    scene.rename("Film.mkv", "Film.m4v");
    assert_eq!(scene.follow("Film.m4v"), ["Film.eng.srt"]);
    // Another film gets the old name: the subtitle is not its own.
    fs::write(scene.at("Film.mkv"), "another").unwrap();
    assert!(matches!(scene.publish("Film.mkv", "Film.eng.srt", "x"), Published::LeftAlone { .. }));
    scene.has_followed("Film.m4v", "Film.eng.srt");
}

#[test]
fn what_somebody_edited_goes_along_and_stays_theirs() {
    let scene = Scene::new();
    scene.film("Film.mkv", &["Film.eng.srt", "Film.deu.srt"]);
    fs::write(scene.at("Film.eng.srt"), "corrected").unwrap();
    scene.rename("Film.mkv", "New.mkv");
    assert_eq!(scene.follow("New.mkv"), ["New.eng.srt", "New.deu.srt"]);
    assert_eq!(scene.names(), ["New.deu.srt", "New.eng.srt", "New.mkv"]);
    assert_eq!(scene.all()["New.eng.srt"], "corrected");
    assert_eq!(scene.video_of("New.eng.srt"), None);
    assert!(matches!(scene.publish("New.mkv", "New.eng.srt", "x"), Published::LeftAlone { .. }));
    assert!(scene.is_ours("New.mkv", "New.deu.srt"));
    // The same within a folder that is renamed.
    fs::create_dir(scene.at("a")).unwrap();
    scene.film("a/Film.mkv", &["a/Film.eng.srt"]);
    fs::write(scene.at("a/Film.eng.srt"), "corrected").unwrap();
    scene.rename("a", "b");
    assert_eq!(scene.follow("b/Film.mkv"), ["b/Film.eng.srt"]);
    assert_eq!(scene.video_of("b/Film.eng.srt"), None);
}

#[test]
fn nothing_is_replaced() {
    type Way = fn(&Path);
    let in_the_way: [Way; 4] = [
        |at| fs::write(at, "theirs").unwrap(),
        |at| fs::create_dir(at).unwrap(),
        |at| symlink("nowhere", at).unwrap(),
        |at| symlink("Film.eng.srt", at).unwrap(),
    ];
    for put in in_the_way {
        let scene = Scene::with_film();
        put(&scene.at("New.eng.srt"));
        let before = fs::symlink_metadata(scene.at("New.eng.srt")).unwrap();
        scene.rename("Film.mkv", "New.mkv");
        assert_eq!(scene.follow("New.mkv"), Vec::<String>::new());
        let after = fs::symlink_metadata(scene.at("New.eng.srt")).unwrap();
        assert_eq!(FileId::of(&before), FileId::of(&after));
        assert_eq!(scene.all()["Film.eng.srt"], OURS);
        assert!(
            scene.video_of("Film.eng.srt").is_some() && scene.video_of("New.eng.srt").is_none()
        );
        assert_eq!(scene.placed("New.mkv").outputs, [scene.at("Film.eng.srt")]);
    }
}

#[test]
fn where_the_old_name_is_there_nothing_happens() {
    let scene = Scene::with_film();
    let before = scene.placed("Film.mkv");
    fs::hard_link(scene.at("Film.mkv"), scene.at("Link.mkv")).unwrap();
    assert_eq!(scene.follow("Link.mkv"), Vec::<String>::new());
    assert_eq!((scene.names().len(), scene.placed("Link.mkv")), (3, before.clone()));
    // Another film has it now, or a link that leads nowhere.
    fs::remove_file(scene.at("Film.mkv")).unwrap();
    symlink("nowhere", scene.at("Film.mkv")).unwrap();
    assert_eq!(scene.follow("Link.mkv"), Vec::<String>::new());
    fs::remove_file(scene.at("Film.mkv")).unwrap();
    fs::write(scene.at("Film.mkv"), "a better release").unwrap();
    assert_eq!(scene.follow("Link.mkv"), Vec::<String>::new());
    assert_eq!((scene.names().len(), scene.placed("Link.mkv")), (3, before));
    // What nobody knows, nobody follows.
    assert_eq!(scene.follow("Film.mkv"), Vec::<String>::new());
    fs::remove_file(scene.at("Film.mkv")).unwrap();
    assert_eq!(scene.follow("Link.mkv"), ["Link.eng.srt"]);
}

#[test]
fn what_is_elsewhere_or_named_otherwise_stays() {
    let scene = Scene::new();
    fs::create_dir(scene.at("out")).unwrap();
    let long = "x".repeat(240);
    let names = ["out/Film.eng.srt", "Fil.eng.srt", "Film.Srpski (latinica).srp.srt", "Film.srt"];
    scene.film("Film.mkv", &names);
    scene.rename("Film.mkv", &format!("{long}.mkv"));
    let brought = scene.follow(&format!("{long}.mkv"));
    assert_eq!(brought, [format!("{long}.srt")]);
    let placed = scene.placed(&format!("{long}.mkv"));
    let [out, cut, too_long, _] = names.map(|it| scene.at(it));
    assert_eq!(placed.outputs, [out, cut, too_long, scene.at(&brought[0])]);
    assert!(placed.outputs.iter().all(|it| fs::read_to_string(it).unwrap() == OURS));
}

#[test]
fn what_is_gone_is_forgotten_and_a_link_in_its_place_stays() {
    let scene = Scene::new();
    scene.film("Film.mkv", &["Film.eng.srt", "Film.deu.srt"]);
    fs::remove_file(scene.at("Film.eng.srt")).unwrap();
    fs::remove_file(scene.at("Film.deu.srt")).unwrap();
    symlink("/dev/null", scene.at("Film.deu.srt")).unwrap();
    scene.rename("Film.mkv", "New.mkv");
    assert_eq!(scene.follow("New.mkv"), Vec::<String>::new());
    assert_eq!(scene.names(), ["Film.deu.srt", "New.mkv"]);
    assert_eq!(scene.placed("New.mkv").outputs, [scene.at("Film.deu.srt")]);
}

/// A worker was quicker than the scan: both names have what we wrote.
#[test]
fn what_was_made_anew_meanwhile_is_not_there_twice() {
    let scene = Scene::with_film();
    scene.rename("Film.mkv", "New.mkv");
    assert_eq!(scene.publish("New.mkv", "New.eng.srt", OURS), written());
    assert_eq!(scene.follow("New.mkv"), ["New.eng.srt"]);
    assert_eq!(scene.names(), ["New.eng.srt", "New.mkv"]);
    scene.has_followed("New.mkv", "New.eng.srt");
    // Where they differ, both stay.
    scene.rename("New.mkv", "Newer.mkv");
    fs::write(scene.at("New.eng.srt"), "corrected").unwrap();
    assert_eq!(scene.publish("Newer.mkv", "Newer.eng.srt", OURS), written());
    assert_eq!(scene.follow("Newer.mkv"), Vec::<String>::new());
    assert_eq!(scene.names(), ["New.eng.srt", "Newer.eng.srt", "Newer.mkv"]);
}

#[test]
fn names_with_any_bytes_and_a_linked_library_are_followed() {
    use std::os::unix::ffi::OsStrExt;
    let scene = Scene::new();
    let odd = |ending: &[u8]| {
        let name = [b"a\xff\nb", ending].concat();
        scene.at("").join(std::ffi::OsStr::from_bytes(&name))
    };
    scene.film("Film.mkv", &["Film.eng.srt"]);
    fs::rename(scene.at("Film.mkv"), odd(b".mkv")).unwrap();
    // Named by a path that leads through a link.
    symlink(scene.at(""), scene.root.join("library")).unwrap();
    let named = scene.root.join("library").join(odd(b".mkv").file_name().unwrap());
    let id = FileId::of(&fs::metadata(&named).unwrap());
    let brought = follow(&named, &id, &*scene.store, &*scene.store).unwrap();
    assert_eq!(brought, [odd(b".eng.srt")]);
    assert_eq!(follow(&named, &id, &*scene.store, &*scene.store).unwrap(), Vec::<PathBuf>::new());
    assert_eq!(fs::read_to_string(odd(b".eng.srt")).unwrap(), OURS);
}

/// While a job engine runs, all writes go through its writer.
#[test]
fn it_follows_through_the_writer() {
    let scene = Scene::with_film();
    let writer = Writer::start(Arc::clone(&scene.store)).unwrap();
    scene.rename("Film.mkv", "New.mkv");
    let book = Book::through(&scene.store, &writer);
    let brought = follow(&scene.at("New.mkv"), &scene.id("New.mkv"), &book, &book).unwrap();
    assert_eq!(brought, [scene.at("New.eng.srt")]);
    scene.has_followed("New.mkv", "New.eng.srt");
}

/// Two at once, and a worker who publishes at the new name meanwhile.
#[test]
fn many_at_once_leave_one_whole_subtitle() {
    for _ in 0..20 {
        let scene = Scene::with_film();
        scene.rename("Film.mkv", "New.mkv");
        let id = scene.id("New.mkv");
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    follow(&scene.at("New.mkv"), &id, &*scene.store, &*scene.store).unwrap();
                });
            }
            scope.spawn(|| assert_eq!(scene.publish("New.mkv", "New.eng.srt", OURS), written()));
        });
        assert_eq!(scene.names(), ["New.eng.srt", "New.mkv"]);
        scene.has_followed("New.mkv", "New.eng.srt");
    }
}

/// Where one disk is mounted twice, set in the child that sees it so.
const MOUNTS: &str = "KINORA_TEST_MOUNTS";

/// Runs itself again in a mount name space of its own: `a` and `b` are one disk, and yet nothing can be renamed from
/// one to the other, as in a container that has two folders of it.
#[test]
fn on_another_mount_of_the_same_disk_it_follows_too() {
    if let Some(folder) = std::env::var_os(MOUNTS) {
        return on_two_mounts(&Scene::inside(Path::new(&folder)));
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["films/a", "films/b", "whole"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    let script = "cd \"$KINORA_TEST_MOUNTS\" && mount --bind films whole && mount --bind films/a films/a && \
                  mount --bind films/b films/b || exit 77; exec \"$@\"";
    let name = "follow::on_another_mount_of_the_same_disk_it_follows_too";
    among_mounts(name, script, MOUNTS, folder.path(), "ours followed");
}

fn on_two_mounts(scene: &Scene) {
    scene.film("a/Film.mkv", &["a/Film.eng.srt", "a/Film.deu.srt"]);
    fs::write(scene.at("a/Film.deu.srt"), "corrected").unwrap();
    let whole = scene.root.join("whole");
    fs::rename(whole.join("a/Film.mkv"), whole.join("b/New.mkv")).unwrap();
    let across = fs::hard_link(scene.at("b/New.mkv"), scene.at("a/New.mkv")).unwrap_err();
    assert_eq!(across.kind(), std::io::ErrorKind::CrossesDevices);
    assert_eq!(scene.follow("b/New.mkv"), ["b/New.eng.srt"]);
    assert_eq!(scene.names(), ["a/Film.deu.srt", "b/New.eng.srt", "b/New.mkv"]);
    assert!(scene.is_ours("b/New.mkv", "b/New.eng.srt"));
    println!("ours followed");
}
