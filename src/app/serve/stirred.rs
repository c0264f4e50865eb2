//! What is done about what the file system tells: the folders in which something stirred are looked at, files that went
//! lose their jobs, folders that came are watched. Where events are missing, everything is looked at.

use super::eyes::{Eyes, Site};
use super::found::Found;
use super::gone::is_gone;
use super::roots::Notice;
use super::watch::{Debounce, Stirs, Watch};
use crate::app::intake::{self, Places};
use crate::base::text::clock_duration;
use crate::domain::fault::Fault;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use walkdir::WalkDir;

/// The wait before everything is looked at because events are missing. It doubles each time: a look may itself be what
/// was too much.
const LOST_WAIT_MIN: Duration = Duration::from_secs(1);
const LOST_WAIT_MAX: Duration = Duration::from_secs(60 * 60);
/// What the warning is about that not all folders are watched.
const EVENTS: &str = "events";

/// What is noticed between looks.
#[derive(Default)]
pub(super) struct Attention {
    watch: Option<Watch>,
    pub(super) stirs: Option<Stirs>,
    pub(super) paths: Debounce,
    lost: Lost,
    /// The trouble that was told last, not to tell it with each event.
    told: String,
}

/// Events that are missing.
#[derive(Debug, Default)]
struct Lost {
    /// When everything is looked at, since Kinora started.
    due: Option<Duration>,
    /// How long was waited the last time.
    wait: Duration,
    /// When that was.
    at: Duration,
}

impl Lost {
    fn lose(&mut self, up: Duration) {
        if self.due.is_some() {
            return;
        }
        let quiet = LOST_WAIT_MAX <= up.saturating_sub(self.at);
        let doubled = if quiet { Duration::ZERO } else { self.wait.saturating_mul(2) };
        self.wait = doubled.clamp(LOST_WAIT_MIN, LOST_WAIT_MAX);
        self.at = up.saturating_add(self.wait);
        self.due = Some(self.at);
    }
}

impl Attention {
    /// Something is missing: everything is looked at, soon.
    pub(super) fn lose(&mut self, up: Duration) {
        self.lost.lose(up);
    }

    /// Who tells is gone: everything is looked at, and watched anew.
    pub(super) fn deafen(&mut self, up: Duration) {
        (self.watch, self.stirs) = (None, None);
        self.lose(up);
    }

    /// A path stirred.
    pub(super) fn stir(&mut self, path: PathBuf, up: Duration) {
        if !path.as_os_str().is_empty() && !self.paths.stir(path, up) {
            self.lose(up);
        }
    }

    /// Whether it is time to look at everything, since events are missing. What is watched is watched anew.
    pub(super) fn take_lost(&mut self, up: Duration) -> bool {
        if self.stirs.as_ref().is_some_and(Stirs::take_lost) {
            self.lose(up);
        }
        let due = self.lost.due.is_some_and(|it| it <= up);
        if due {
            self.lost.due = None;
            (self.watch, self.stirs) = (None, None);
        }
        due
    }

    /// When there is something to do, since Kinora started.
    pub(super) fn due(&self) -> Option<Duration> {
        [self.paths.due(), self.lost.due].into_iter().flatten().min()
    }
}

impl Eyes {
    /// Watches the folders of a library, where the system tells of changes in them.
    pub(super) fn watch_all(&mut self, site: usize) {
        let Site { root, notice, watched, .. } = &mut self.sites[site];
        if *watched || !self.timing.watch || *notice == Notice::Polling {
            return;
        }
        *watched = true;
        let (places, path) = (root.places.clone(), root.path.clone());
        self.watch(folders(&places, &path));
    }

    /// Watches folders; says so where the system watches no more of them.
    fn watch(&mut self, mut folders: impl Iterator<Item = PathBuf>) {
        let Attention { watch, stirs, .. } = &mut self.attention;
        let started = match watch {
            Some(_) => Ok(()),
            None => Watch::start().map(|it| (*watch, *stirs) = (Some(it.0), Some(it.1))),
        };
        let mut add = |watch: &mut Watch| folders.try_for_each(|it| watch.add(&it));
        let added = started.and_then(|()| watch.as_mut().map_or(Ok(()), &mut add));
        if let Err(fault) = added {
            self.warn(EVENTS, Some(self.unwatched(&fault)));
        }
    }

    fn unwatched(&self, fault: &Fault) -> String {
        match self.timing.every {
            Some(every) => {
                let every = clock_duration(every);
                format!("{fault}; until then the scan every {every} finds what is new there")
            }
            None => format!("{fault}; until then `kinora scan` finds what is new there"),
        }
    }

    /// Watches the folders of a library no more.
    pub(super) fn unwatch(&mut self, site: usize) {
        if let Some(watch) = &mut self.attention.watch {
            watch.forget(&self.sites[site].root.path);
        }
    }

    /// These paths stirred, and are quiet now.
    pub(super) fn stirred(&mut self, paths: Vec<PathBuf>) {
        let mut found = Found::default();
        let mut look: BTreeMap<usize, BTreeSet<PathBuf>> = BTreeMap::new();
        let mut triggered = BTreeSet::new();
        for path in paths {
            let site = self.site_of(&path).filter(|it| self.sites[*it].is_well());
            let Some(site) = site else { continue };
            if self.is_trigger(site, &path) {
                triggered.insert(site);
            } else {
                look.entry(site).or_default().extend(self.stirred_at(site, path, &mut found));
            }
        }
        for (site, folders) in look {
            if self.sites[site].is_well() {
                self.look_in(site, folders, None, &mut found);
            }
        }
        if found.troubles.count > 0 {
            let text = found.troubles.to_string();
            if text != self.attention.told {
                self.tell("what changed just now", &found);
                self.attention.told = text;
            }
        }
        triggered.into_iter().for_each(|it| self.look_where_asked(it));
    }

    /// The folders to be looked at since something stirred at this path; what went is done with.
    fn stirred_at(&mut self, site: usize, path: PathBuf, found: &mut Found) -> Vec<PathBuf> {
        let Some(folder) = path.parent().map(Path::to_owned) else { return Vec::new() };
        let name = path.file_name().unwrap_or_default();
        let marker = intake::is_marker(name);
        if name.as_encoded_bytes().starts_with(b".") && !marker {
            return Vec::new();
        }
        let places = self.sites[site].root.places.clone();
        if marker {
            return self.came(&places, &folder);
        }
        if path.is_dir() && !path.is_symlink() {
            return match places.why_left_out(&path) {
                None => self.came(&places, &path),
                Some(_) => Vec::new(),
            };
        }
        if is_gone(&path) {
            let was_folder = self.attention.watch.as_mut().is_some_and(|it| it.forget(&path));
            if was_folder {
                self.cancel_below(site, &path, found);
            } else {
                self.cancel_one(site, path, found);
            }
        }
        vec![folder]
    }

    /// A folder came, or is looked at again: with those below it, all watched.
    fn came(&mut self, places: &Places, folder: &Path) -> Vec<PathBuf> {
        let all: Vec<PathBuf> = folders(places, folder).collect();
        // Watched first: what comes while it is looked at is told.
        self.watch(all.iter().cloned());
        all
    }
}

/// A folder with those below it, but for those that are left out. Links are not followed.
pub(super) fn folders<'a>(
    places: &'a Places,
    folder: &Path,
) -> impl Iterator<Item = PathBuf> + use<'a> {
    let all = WalkDir::new(folder).into_iter().filter_entry(|it| {
        it.file_type().is_dir() && (it.depth() == 0 || places.why_left_out(it.path()).is_none())
    });
    all.filter_map(Result::ok).map(walkdir::DirEntry::into_path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loss_of_events_waits_longer_until_it_is_quiet() {
        let s = Duration::from_secs;
        let mut lost = Lost::default();
        let mut up = s(10);
        let mut waits = Vec::new();
        for _ in 0..14 {
            lost.lose(up);
            lost.lose(up + s(1));
            let due = lost.due.take().unwrap();
            waits.push((due - up).as_secs());
            up = due;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
        lost.lose(up + LOST_WAIT_MAX);
        assert_eq!(lost.due, Some(up + LOST_WAIT_MAX + LOST_WAIT_MIN), "forgiven");
    }

    #[test]
    fn folders_that_are_left_out_are_not_gone_into() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["new/season", ".trash/new", "marked/below", "real"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        std::fs::write(dir.path().join("marked/.nomedia"), "").unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("real/loop")).unwrap();
        let places = Places::all_of(dir.path());
        let mut found: Vec<PathBuf> = folders(&places, dir.path()).collect();
        found.sort();
        let names: Vec<_> = found.iter().map(|it| it.strip_prefix(dir.path()).unwrap()).collect();
        // The marked one is among them: its marker may go.
        assert_eq!(names, ["", "marked", "new", "new/season", "real"].map(Path::new));
    }
}
