//! What the file system tells by itself (P-1): which paths stirred, when they are quiet again, and when so much
//! happened that everything is to be looked at.
//!
//! Each folder is watched by itself. Left to recurse, the library underneath gives up at the first folder that it may
//! not read, and watches folders in which nothing is ever looked for.

use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crossbeam::channel::{Receiver, Sender, bounded};
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{ErrorKind, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A path is looked at when nothing happened to it for so long.
const QUIET: Duration = Duration::from_millis(250);
/// Paths on their way to who looks; when more come, everything is looked at.
const STIRRED_MAX: usize = 8192;

/// Folders that are watched.
pub(super) struct Watch {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
}

/// Where stirred paths come in.
pub(super) struct Stirs {
    pub(super) paths: Receiver<PathBuf>,
    lost: Arc<AtomicBool>,
}

impl Stirs {
    /// Whether some are missing, so that everything is to be looked at; told once.
    pub(super) fn take_lost(&self) -> bool {
        self.lost.swap(false, Ordering::SeqCst)
    }
}

/// What an event means.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// Something came, changed or went at these paths.
    Stirred(Vec<PathBuf>),
    /// Events are missing.
    Lost,
    /// Nothing of interest.
    Nothing,
}

impl Watch {
    /// Watches no folder yet.
    ///
    /// # Errors
    /// Where the system has no watches left for us.
    pub(super) fn start() -> Result<(Watch, Stirs), Fault> {
        let (stirred, paths) = bounded(STIRRED_MAX);
        let lost = Arc::new(AtomicBool::new(false));
        let stirs = Stirs { paths, lost: Arc::clone(&lost) };
        let take = move |event: notify::Result<notify::Event>| deliver(event, &stirred, &lost);
        let watcher = notify::recommended_watcher(take).map_err(|err| refused(&err))?;
        Ok((Watch { watcher, folders: BTreeSet::new() }, stirs))
    }

    /// Watches a folder, not those below it. One that cannot be watched, since it is gone again or may not be read, is
    /// passed over: the look that comes with this tells it.
    ///
    /// # Errors
    /// Where the system has no watches left.
    pub(super) fn add(&mut self, folder: &Path) -> Result<(), Fault> {
        match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.folders.insert(folder.to_owned());
                Ok(())
            }
            Err(err) if matches!(err.kind, ErrorKind::MaxFilesWatch) => Err(refused(&err)),
            Err(err) => {
                tracing::debug!("{} is not watched ({err})", show_path(folder));
                Ok(())
            }
        }
    }

    /// A folder is gone, or is to be forgotten, with those below it; true where it was watched. The system ended its
    /// watch already where it is gone.
    pub(super) fn forget(&mut self, folder: &Path) -> bool {
        let below = self.folders.range(folder.to_path_buf()..);
        let gone: Vec<PathBuf> =
            below.take_while(|it| it.starts_with(folder)).map(PathBuf::clone).collect();
        for path in &gone {
            self.folders.remove(path);
            // It may be there still, under another name or on a disk that went.
            let _ = self.watcher.unwatch(path);
        }
        !gone.is_empty()
    }
}

/// On the thread of the watcher: never blocks.
fn deliver(event: notify::Result<notify::Event>, stirred: &Sender<PathBuf>, lost: &AtomicBool) {
    match told(event) {
        Told::Nothing => {}
        Told::Lost => {
            lost.store(true, Ordering::SeqCst);
            // Whoever sleeps wakes up; where there is no room, nobody sleeps.
            let _ = stirred.try_send(PathBuf::new());
        }
        Told::Stirred(paths) => {
            for path in paths {
                if stirred.try_send(path).is_err() {
                    lost.store(true, Ordering::SeqCst);
                }
            }
        }
    }
}

/// A link made to a file tells of itself by nothing but its creation; all else that is written is closed, or renamed.
fn told(event: notify::Result<notify::Event>) -> Told {
    let Ok(event) = event else { return Told::Lost };
    if event.need_rescan() {
        return Told::Lost;
    }
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Create(_)
        | EventKind::Modify(ModifyKind::Name(_))
        | EventKind::Remove(_) => Told::Stirred(event.paths),
        EventKind::Any | EventKind::Access(_) | EventKind::Modify(_) | EventKind::Other => {
            Told::Nothing
        }
    }
}

fn refused(err: &notify::Error) -> Fault {
    let (what, remedy) = match err.kind {
        ErrorKind::MaxFilesWatch => (
            "the system watches no more folders for Kinora".to_owned(),
            "raise fs.inotify.max_user_watches with sysctl and restart Kinora",
        ),
        ErrorKind::Generic(_)
        | ErrorKind::Io(_)
        | ErrorKind::PathNotFound
        | ErrorKind::WatchNotFound
        | ErrorKind::InvalidConfig(_) => (
            format!("folders cannot be watched ({err})"),
            "raise fs.inotify.max_user_instances with sysctl and restart Kinora",
        ),
    };
    Fault::operator(what, remedy)
}

/// Paths that stirred and may stir again at once: a file that is written is closed, renamed and touched.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    /// When they stirred last, since Kinora started.
    stirred: BTreeMap<PathBuf, Duration>,
}

impl Debounce {
    /// A path stirred. False where so many do that everything is to be looked at instead.
    pub(super) fn stir(&mut self, path: PathBuf, up: Duration) -> bool {
        if STIRRED_MAX <= self.stirred.len() && !self.stirred.contains_key(&path) {
            self.stirred.clear();
            return false;
        }
        self.stirred.insert(path, up);
        true
    }

    /// When the first is quiet, since Kinora started.
    pub(super) fn due(&self) -> Option<Duration> {
        self.stirred.values().min().map(|it| it.saturating_add(QUIET))
    }

    /// Those that are quiet, in order.
    pub(super) fn take_quiet(&mut self, up: Duration) -> Vec<PathBuf> {
        let quiet = |it: &Duration| it.saturating_add(QUIET) <= up;
        let paths: Vec<PathBuf> =
            self.stirred.iter().filter(|it| quiet(it.1)).map(|it| it.0.clone()).collect();
        self.stirred.retain(|_, it| !quiet(it));
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::Event;
    use notify::event::{CreateKind, Flag, MetadataKind, RemoveKind, RenameMode};

    fn at(kind: EventKind) -> Event {
        Event::new(kind).add_path(PathBuf::from("/films/film.mkv"))
    }

    #[test]
    fn what_came_changed_or_went_is_told_and_nothing_else() {
        for (kind, interests) in [
            (EventKind::Access(AccessKind::Close(AccessMode::Write)), true),
            (EventKind::Modify(ModifyKind::Name(RenameMode::To)), true),
            (EventKind::Modify(ModifyKind::Name(RenameMode::From)), true),
            (EventKind::Modify(ModifyKind::Name(RenameMode::Both)), true),
            (EventKind::Create(CreateKind::File), true),
            (EventKind::Create(CreateKind::Folder), true),
            (EventKind::Remove(RemoveKind::File), true),
            (EventKind::Remove(RemoveKind::Folder), true),
            (EventKind::Access(AccessKind::Open(AccessMode::Any)), false),
            (EventKind::Access(AccessKind::Close(AccessMode::Read)), false),
            (EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)), false),
            (EventKind::Other, false),
        ] {
            let expected = match interests {
                true => Told::Stirred(vec![PathBuf::from("/films/film.mkv")]),
                false => Told::Nothing,
            };
            assert_eq!(told(Ok(at(kind))), expected, "{kind:?}");
        }
    }

    #[test]
    fn events_that_are_missing_lead_to_a_look_at_everything() {
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(told(Ok(overflow.clone())), Told::Lost);
        assert_eq!(told(Err(notify::Error::generic("read failed"))), Told::Lost);

        let (stirred, paths) = bounded(1);
        let lost = Arc::new(AtomicBool::new(false));
        let stirs = Stirs { paths, lost: Arc::clone(&lost) };
        let file = || Ok(at(EventKind::Remove(RemoveKind::File)));
        deliver(file(), &stirred, &lost);
        assert!(!stirs.take_lost());
        deliver(file(), &stirred, &lost);
        assert!(stirs.take_lost(), "there was no room for it");
        assert!(!stirs.take_lost(), "told once");
        deliver(Ok(overflow), &stirred, &lost);
        assert!(stirs.take_lost(), "without room too");
    }

    #[test]
    fn a_path_is_looked_at_once_when_it_is_quiet() {
        let ms = Duration::from_millis;
        let path = |it: &str| PathBuf::from(it);
        let mut paths = Debounce::default();
        assert_eq!(paths.due(), None);
        paths.stir(path("b"), ms(0));
        paths.stir(path("a"), ms(100));
        paths.stir(path("b"), ms(200));
        assert_eq!(paths.due(), Some(ms(350)));
        assert_eq!(paths.take_quiet(ms(349)), Vec::<PathBuf>::new());
        assert_eq!(paths.take_quiet(ms(350)), [path("a")]);
        assert_eq!(paths.take_quiet(ms(450)), [path("b")]);
        assert_eq!(paths.due(), None);
    }

    #[test]
    fn too_many_paths_are_everything() {
        let mut paths = Debounce::default();
        for number in 0..STIRRED_MAX {
            assert!(paths.stir(PathBuf::from(number.to_string()), Duration::ZERO));
        }
        assert!(paths.stir(PathBuf::from("0"), Duration::ZERO), "it is among them");
        assert!(!paths.stir(PathBuf::from("more"), Duration::ZERO));
        assert_eq!(paths.due(), None, "they are forgotten");
    }

    #[test]
    fn folders_are_watched_each_by_itself() {
        let dir = tempfile::tempdir().unwrap();
        let (new, old) = (dir.path().join("new"), dir.path().join("old"));
        for folder in ["new/season", "old", ".trash"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        let (mut watch, stirs) = Watch::start().unwrap();
        for folder in [dir.path(), &new, &new.join("season"), &old, &dir.path().join("none")] {
            watch.add(folder).unwrap();
        }
        assert_eq!(watch.folders.len(), 4, "{:?}", watch.folders);

        std::fs::write(dir.path().join(".trash/film.mkv"), "x").unwrap();
        std::fs::write(new.join("season/film.mkv"), "x").unwrap();
        let wait = Duration::from_secs(20);
        assert_eq!(stirs.paths.recv_timeout(wait), Ok(new.join("season/film.mkv")));

        std::fs::rename(new.join("season"), old.join("season")).unwrap();
        assert!(watch.forget(&new), "it and its season");
        assert!(!watch.forget(&new), "not watched any more");
        assert_eq!(watch.folders.len(), 2);
        assert!(!watch.forget(&dir.path().join("film.mkv")), "never was");
    }
}
