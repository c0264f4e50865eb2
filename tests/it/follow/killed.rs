//! Kinora is killed while subtitles follow: the next start comes to the same end.

use super::{OURS, Scene};
use kinora::domain::fault::Fault;
use kinora::domain::library::{FileId, Placed};
use kinora::pipeline::subtitle::follow::follow;
use kinora::pipeline::subtitle::publish::{Ledger, Publication, sweep};
use kinora::store::Store;
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

/// A book whose process is killed at one of its writes: before it, or right after it.
struct Mortal<'a> {
    store: &'a Store,
    /// Writes until then.
    left: Cell<u32>,
    after: bool,
}

impl Mortal<'_> {
    fn write(&self, act: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
        let dead = || Fault::bug("killed");
        match self.left.get() {
            0 => Err(dead()),
            1 => {
                self.left.set(0);
                if self.after {
                    act()?;
                }
                Err(dead())
            }
            left => {
                self.left.set(left - 1);
                act()
            }
        }
    }
}

impl Ledger for Mortal<'_> {
    fn lock_folder(&self) -> PathBuf {
        self.store.lock_folder()
    }

    fn published(&self, output: &Path) -> Result<Option<Publication>, Fault> {
        Ledger::published(self.store, output)
    }

    fn begin(&self, temp: &Path, publication: &Publication) -> Result<(), Fault> {
        self.write(|| self.store.begin(temp, publication))
    }

    fn finish(&self, temp: &Path) -> Result<(), Fault> {
        self.write(|| self.store.finish(temp))
    }

    fn abandon(&self, temp: &Path) -> Result<(), Fault> {
        self.write(|| self.store.abandon(temp))
    }

    fn followed(&self, file: &FileId, placed: &Placed, gone: &[PathBuf]) -> Result<(), Fault> {
        self.write(|| self.store.followed(file, placed, gone))
    }

    fn unfinished(&self) -> Result<Vec<(PathBuf, Publication)>, Fault> {
        self.store.unfinished()
    }
}

/// Killed at each write, the next start comes to the same end; how the film came to its new name makes no difference.
#[test]
fn a_kill_at_any_write_changes_nothing_about_the_end() {
    type Renaming = fn(&Scene);
    let renamings: [Renaming; 2] = [
        |it| it.rename("a/Film.mkv", "a/New.mkv"),
        // Its folder was renamed, then the film, and one of its subtitles.
        |it| {
            it.rename("a", "b");
            it.rename("b/Film.mkv", "b/New.mkv");
            it.rename("b/Film.eng.srt", "b/New.eng.srt");
        },
    ];
    for (nth, renaming) in renamings.into_iter().enumerate() {
        let mut kills = 0;
        for (left, after) in (1..).flat_map(|it| [(it, false), (it, true)]) {
            let scene = Scene::new();
            fs::create_dir(scene.at("a")).unwrap();
            scene.film("a/Film.mkv", &["a/Film.eng.srt", "a/Film.deu.srt", "a/Film.fra.srt"]);
            fs::write(scene.at("a/Film.fra.srt"), "corrected").unwrap();
            renaming(&scene);
            let folder = if nth == 0 { "a" } else { "b" };
            let film = format!("{folder}/New.mkv");
            let mortal = Mortal { store: &scene.store, left: Cell::new(left), after };
            let ended = follow(&scene.at(&film), &scene.id(&film), &*scene.store, &mortal);
            let when = format!("{nth}: write {left}, after it: {after}");
            assert_eq!(ended.is_err(), mortal.left.get() == 0, "{when}");
            kills += usize::from(ended.is_err());

            sweep(&*scene.store).unwrap();
            assert_eq!(scene.store.pending().unwrap(), [], "{when}");
            scene.follow(&film);
            assert_eq!(scene.follow(&film), Vec::<String>::new(), "{when}");
            let is: Vec<(String, String)> = scene.all().into_iter().collect();
            let subtitle = |name: &str, text: &str| (format!("{folder}/{name}"), text.to_owned());
            // What was edited is known by its place only.
            let edited = if nth == 0 { "New.fra.srt" } else { "Film.fra.srt" };
            let expected = [("New.deu.srt", OURS), ("New.eng.srt", OURS), (edited, "corrected")];
            let expected = expected.map(|(name, text)| subtitle(name, text));
            assert!(expected.iter().all(|it| is.contains(it)), "{when}: {is:?}");
            assert_eq!(is.len(), 4, "{when}: {is:?}");
            for name in ["New.eng.srt", "New.deu.srt"] {
                assert!(scene.is_ours(&film, &format!("{folder}/{name}")), "{when}: {name}");
            }
            if ended.is_ok() {
                break;
            }
        }
        assert!(kills >= 6, "{kills}");
    }
}

/// Between two names: the new one is made, the old one is not gone yet.
#[test]
fn a_kill_between_the_two_names_leaves_one_of_them() {
    let scene = Scene::with_film();
    scene.rename("Film.mkv", "New.mkv");
    let (from, to) = (scene.at("Film.eng.srt"), scene.at("New.eng.srt"));
    let before = Ledger::published(&*scene.store, &from).unwrap().unwrap();
    let publication = Publication { output: to.clone(), video: scene.at("New.mkv"), ..before };
    scene.store.begin(&scene.at(".kinora-0.tmp"), &publication).unwrap();
    fs::hard_link(&from, &to).unwrap();
    assert_eq!(sweep(&*scene.store), Ok(0));
    assert_eq!(scene.names(), ["Film.eng.srt", "New.eng.srt", "New.mkv"]);
    assert_eq!(scene.follow("New.mkv"), ["New.eng.srt"]);
    assert_eq!(scene.names(), ["New.eng.srt", "New.mkv"]);
    scene.has_followed("New.mkv", "New.eng.srt");
    // The same where somebody had edited it.
    fs::write(scene.at("New.eng.srt"), "corrected").unwrap();
    scene.rename("New.mkv", "Newer.mkv");
    fs::hard_link(scene.at("New.eng.srt"), scene.at("Newer.eng.srt")).unwrap();
    assert_eq!(sweep(&*scene.store), Ok(0));
    assert_eq!(scene.follow("Newer.mkv"), ["Newer.eng.srt"]);
    assert_eq!(scene.names(), ["Newer.eng.srt", "Newer.mkv"]);
    assert_eq!(scene.all()["Newer.eng.srt"], "corrected");
    assert_eq!(scene.video_of("Newer.eng.srt"), None);
}
