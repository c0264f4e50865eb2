//! Looks through libraries: every new or changed file that is whole, and that no other tool holds, becomes a wish. What
//! did not change since the last look costs a `stat`; what is wished already costs a read of the store once.

use super::found::Found;
use super::gone::{self, GONE, Standing};
use super::herald::Teller;
use super::live::Live;
use super::roots::{self, Notice, Root, Sight};
use super::settle::{Now, Settled, Settling, Stamp};
use super::stirred::Attention;
use super::timing::Timing;
use super::trigger::Heeded;
use crate::app::intake::{self, Listing, SeenFiles};
use crate::app::lock;
use crate::base::cancel::Cancel;
use crate::base::clock::{self, Stopwatch};
use crate::base::text::{counted, show_path};
use crate::domain::change::ActivityKind;
use crate::domain::fault::Fault;
use crate::domain::job::{JobId, Wish};
use crate::domain::library::{FileId, Mount};
use crate::engines::{ffi, files};
use crate::pipeline::subtitle::wish::wish_among;
use crate::runtime::{Book, Command, Runtime};
use crate::store::{Store, Write};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Wishes brought to the store at once.
const BATCH_MAX: usize = 256;
/// How soon a file that another tool holds is looked at again: nothing tells that its lock went where there are no
/// events.
const LOCK_LOOK_EVERY: Duration = Duration::from_secs(5);
/// Held files that are looked at by themselves; more wait for the next look through everything.
const LOCKED_MAX: usize = 4096;

/// What a person should look at, by what it is about.
pub(super) type Warnings = Arc<Mutex<BTreeMap<String, String>>>;

/// What a warning that a library is left alone is about.
pub(super) fn about(library: &str) -> String {
    format!("library {library}")
}

/// Who looks, and brings what is found to the runtime.
pub(super) struct Eyes {
    pub(super) sites: Vec<Site>,
    pub(super) timing: Timing,
    live: Arc<Live>,
    store: Arc<Store>,
    runtime: Arc<Runtime>,
    pub(super) teller: Teller,
    pub(super) warnings: Warnings,
    /// Set when nobody waits for what is found any more.
    pub(super) ending: Cancel,
    pub(super) clock: Stopwatch,
    pub(super) settling: Settling,
    /// Files that other tools hold, and when they are looked at again, since Kinora started.
    pub(super) locked: BTreeMap<PathBuf, Duration>,
    pub(super) attention: Attention,
}

/// A library as it is looked at.
pub(super) struct Site {
    pub(super) root: Root,
    seen: SeenFiles,
    /// Why it is left alone, where it is.
    fault: Option<Fault>,
    /// How changes in it are noticed.
    pub(super) notice: Notice,
    /// Its folders are watched.
    pub(super) watched: bool,
    pub(super) heeded: Heeded,
    /// When it was looked through last, since Kinora started.
    pub(super) looked_up: Duration,
}

/// A video that is new or changed.
struct Candidate {
    path: PathBuf,
    id: FileId,
    digest: u64,
    lock: Option<lock::Held>,
    /// What stands beside it under its name.
    beside: Vec<(PathBuf, FileId)>,
}

/// A wish with what is remembered when it is brought.
struct Brought {
    wish: Wish,
    digest: u64,
}

impl Site {
    pub(super) fn new(root: Root) -> Site {
        Site {
            root,
            seen: SeenFiles::default(),
            fault: None,
            notice: Notice::Polling,
            watched: false,
            heeded: None,
            looked_up: Duration::ZERO,
        }
    }

    pub(super) fn is_well(&self) -> bool {
        self.fault.is_none()
    }
}

impl Eyes {
    /// Nothing was looked at yet.
    pub(super) fn new(
        roots: Vec<Root>,
        live: Arc<Live>,
        store: Arc<Store>,
        runtime: Arc<Runtime>,
        teller: Teller,
    ) -> Eyes {
        let serve = &live.config().serve;
        let timing = Timing::of(serve, serve.watch);
        Eyes {
            sites: roots.into_iter().map(Site::new).collect(),
            settling: Settling::new(timing.stable),
            timing,
            live,
            store,
            runtime,
            teller,
            warnings: Warnings::default(),
            ending: Cancel::default(),
            clock: Stopwatch::start(),
            locked: BTreeMap::new(),
            attention: Attention::default(),
        }
    }

    /// Takes over times that were changed; true where the time between looks through everything is another.
    pub(super) fn heed_settings(&mut self) -> bool {
        let timing = Timing::of(&self.live.config().serve, self.timing.watch);
        let is_other = timing.every != self.timing.every;
        self.settling.set(timing.stable);
        self.timing = timing;
        is_other
    }

    /// Looks at a library's folder. Where it is not the library, that is told once, and it is left alone: nothing in it
    /// counts as gone.
    pub(super) fn check(&mut self, site: usize) -> bool {
        let Site { root, fault: before, .. } = &self.sites[site];
        let known = match self.store.library_seen(&root.name) {
            Ok(known) => known,
            Err(fault) => {
                tracing::warn!("nothing is known of library {}: {fault}", root.name);
                return false;
            }
        };
        let seen = roots::see(&root.path);
        let fault = roots::judge(&root.name, &root.path, known.as_ref(), &seen).err();
        if fault != *before {
            let text = match &fault {
                Some(fault) => format!("{fault}; until then it is left alone"),
                None => format!("library {} is there again", root.name),
            };
            self.warn(&about(&root.name), fault.as_ref().map(ToString::to_string));
            self.teller.tell(ActivityKind::Scanned, text);
            // What was seen before it went says nothing about what is there now.
            self.unwatch(site);
            let root = self.sites[site].root.clone();
            self.sites[site] = Site { fault, ..Site::new(root) };
        }
        if let Ok(Sight { notice, .. }) = &seen {
            self.sites[site].notice = *notice;
        }
        self.sites[site].is_well()
    }

    pub(super) fn warn(&self, about: &str, text: Option<String>) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        match text {
            Some(text) => warnings.insert(about.to_owned(), text),
            None => warnings.remove(about),
        };
    }

    /// The disk of a library is the right one as it is now.
    pub(super) fn accept(&mut self, site: usize, found: &mut Found) {
        let root = &self.sites[site].root;
        let Ok(Sight { mount, empty, .. }) = roots::see(&root.path) else { return };
        let mount = if empty { Some(roots::nowhere()) } else { mount };
        self.remember(site, mount, found);
    }

    fn remember(&self, site: usize, mount: Option<Mount>, found: &mut Found) {
        let name = self.sites[site].root.name.clone();
        let Some(mount) = mount else { return };
        if self.store.library_seen(&name).is_ok_and(|it| it.as_ref() == Some(&mount)) {
            return;
        }
        let at_unix_ms = clock::now_unix_ms();
        let wrote = self.teller.writer.write(Write::LibrarySeen { name, mount, at_unix_ms });
        found.note(wrote.err().map(|fault| fault.to_string()));
    }

    /// Looks through libraries, but for those that are left alone.
    pub(super) fn look_through(&mut self, sites: &[usize]) -> Found {
        let mut found = Found::default();
        for &site in sites {
            self.sites[site].looked_up = self.clock.elapsed();
            if self.check(site) {
                self.walk(site, &mut found);
            }
        }
        found
    }

    fn walk(&mut self, site: usize, found: &mut Found) {
        self.watch_all(site);
        let Site { root, seen, .. } = &self.sites[site];
        let gathered = Mutex::new((Vec::new(), Found::default()));
        let each = |listing: Listing| {
            let is_new = !seen.changed_in(&listing).is_empty();
            let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
            gathered.1.saw(&listing);
            if is_new {
                // Its name alone: the first look at a large library would hold all of its files at once.
                gathered.0.push(listing.folder);
            }
        };
        seen.begin_scan();
        let totals = intake::walk_library(&root.places, intake::WALK_THREADS, &self.ending, &each);
        if totals.cancelled {
            return;
        }
        seen.end_scan();
        let (mut folders, saw) = gathered.into_inner().unwrap_or_else(PoisonError::into_inner);
        let there = saw.files > 0;
        found.add(saw);
        folders.sort_unstable();
        self.consider_folders(site, &folders, found);
        let folder = self.sites[site].root.path.clone();
        self.cancel_below(site, &folder, found);
        if there && let Ok(sight) = roots::see(&folder) {
            self.remember(site, sight.mount, found);
        }
        ffi::give_memory_back();
    }

    /// Considers what is new or changed in these folders, in their order.
    fn consider_folders(&mut self, site: usize, folders: &[PathBuf], found: &mut Found) {
        let mut batch = Vec::new();
        for folder in folders {
            let Site { root, seen, .. } = &self.sites[site];
            let listing = intake::list_folder(&root.places, folder);
            let new = candidates(&listing, seen, self.timing.lock_expiry, unix_now());
            self.consider_all(site, new, &mut batch, found);
        }
        self.bring(site, batch, found);
    }

    /// Looks at these folders, not below them: at what is new or changed, or at `only` this file, whatever it is.
    pub(super) fn look_in(
        &mut self,
        site: usize,
        folders: impl IntoIterator<Item = PathBuf>,
        only: Option<&Path>,
        found: &mut Found,
    ) {
        for folder in folders {
            let Site { root, seen, .. } = &self.sites[site];
            let listing = intake::list_folder(&root.places, &folder);
            if let Some(path) = only {
                seen.forget(path);
                let name = path.file_name().unwrap_or_default();
                let why = listing.left_out.iter().find(|it| it.0 == name || it.0 == ".");
                found.note(why.map(|it| format!("{}: {}", show_path(path), it.1)));
            }
            let mut new = candidates(&listing, seen, self.timing.lock_expiry, unix_now());
            match only {
                Some(path) => {
                    new.retain(|it| it.path == path);
                    found.files += new.len();
                }
                None => found.saw(&listing),
            }
            let mut batch = Vec::new();
            self.consider_all(site, new, &mut batch, found);
            self.bring(site, batch, found);
        }
        self.get_to_know(site, found);
    }

    /// A library that got its first files between two looks through everything is known from now on.
    fn get_to_know(&self, site: usize, found: &mut Found) {
        let root = &self.sites[site].root;
        let is_new = || self.store.library_seen(&root.name).is_ok_and(|it| it.is_none());
        if found.files > 0
            && is_new()
            && let Ok(sight) = roots::see(&root.path)
        {
            self.remember(site, sight.mount, found);
        }
    }

    /// Considers files, in their order; those that are wished are brought whenever there are enough of them.
    fn consider_all(
        &mut self,
        site: usize,
        mut new: Vec<Candidate>,
        batch: &mut Vec<Brought>,
        found: &mut Found,
    ) {
        new.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        for candidate in new {
            if self.ending.is_set() {
                return;
            }
            let shown = show_path(&candidate.path);
            match self.consider(site, candidate, found) {
                Ok(brought) => batch.extend(brought),
                Err(fault) => found.note(Some(format!("{shown}: {fault}"))),
            }
            if BATCH_MAX <= batch.len() {
                self.bring(site, std::mem::take(batch), found);
            }
        }
    }

    fn consider(
        &mut self,
        site: usize,
        candidate: Candidate,
        found: &mut Found,
    ) -> Result<Option<Brought>, Fault> {
        let Candidate { path, id, digest, lock, beside } = candidate;
        match follow(&self.store, &self.teller, &path, &id) {
            Ok(count) => found.followed += count,
            Err(fault) => found.note(Some(format!("{}: {fault}", show_path(&path)))),
        }
        let Site { root, seen, .. } = &self.sites[site];
        let book = Book::through(&self.store, &self.teller.writer);
        let mut wish = wish_among(&path, &root.order, &beside, &book, &book)?;
        let again = match gone::standing(&self.store, &wish)? {
            Standing::Leave => {
                seen.set(&path, digest);
                self.settling.forget(&path);
                return Ok(None);
            }
            Standing::Wish { again } => again,
        };
        let up = self.clock.elapsed();
        if let Some(held) = lock {
            found.locked(&path, &held);
            if self.locked.len() < LOCKED_MAX {
                self.locked.insert(path, up.saturating_add(held.left.min(LOCK_LOOK_EVERY)));
            }
            return Ok(None);
        }
        let stamp = Stamp { size: id.size, mtime_ns: id.mtime_ns };
        let now = Now { up, unix: unix_now() };
        match self.settling.look(&path, stamp, files::written_elsewhere(&path), now) {
            Settled::Yes => {}
            Settled::NotYet => {
                found.unstable += 1;
                return Ok(None);
            }
            Settled::NotYetAndForgotten => {
                found.unstable += 1;
                self.attention.lose(up);
                return Ok(None);
            }
        }
        wish.again = again;
        Ok(Some(Brought { wish, digest }))
    }

    fn bring(&mut self, site: usize, batch: Vec<Brought>, found: &mut Found) {
        if batch.is_empty() {
            return;
        }
        let wishes: Vec<Wish> = batch.iter().map(|it| it.wish.clone()).collect();
        match self.runtime.wish_all(wishes) {
            Ok(()) => {
                found.wished += batch.len();
                let seen = &self.sites[site].seen;
                batch.iter().for_each(|it| seen.set(it.wish.spec.path(), it.digest));
            }
            Err(fault) => found.note(Some(fault.to_string())),
        }
    }

    /// Cancels jobs whose files are gone from below a folder.
    pub(super) fn cancel_below(&mut self, site: usize, folder: &Path, found: &mut Found) {
        match gone::jobs_below(&self.store, folder) {
            Ok(jobs) => self.cancel(site, jobs, found),
            Err(fault) => found.note(Some(fault.to_string())),
        }
    }

    /// Cancels the job of a file that is gone, where it has one.
    pub(super) fn cancel_one(&mut self, site: usize, path: PathBuf, found: &mut Found) {
        self.settling.forget(&path);
        self.locked.remove(&path);
        match gone::job_of(&self.store, &path) {
            Ok(job) => {
                self.cancel(site, job.into_iter().map(|it| (it, path.clone())).collect(), found)
            }
            Err(fault) => found.note(Some(fault.to_string())),
        }
    }

    fn cancel(&mut self, site: usize, jobs: Vec<(JobId, PathBuf)>, found: &mut Found) {
        // They were found gone before this: a disk that went meanwhile shows now.
        if jobs.is_empty() || !self.check(site) {
            return;
        }
        for (job, path) in jobs {
            // One that ended meanwhile cannot be cancelled, and need not be.
            let cancelled = self.runtime.command(Command::Cancel(job, GONE.to_owned()));
            found.gone += usize::from(cancelled.is_ok());
            self.sites[site].seen.forget(&path);
        }
    }

    /// The library a path lies in, by its place.
    pub(super) fn site_of(&self, path: &Path) -> Option<usize> {
        self.sites.iter().position(|it| path.starts_with(&it.root.path))
    }

    pub(super) fn tell(&self, what: &str, found: &Found) {
        self.teller.tell(ActivityKind::Scanned, format!("{what}: {found}"));
    }
}

/// What of a folder is new or changed; what is known is done with.
fn candidates(
    listing: &Listing,
    seen: &SeenFiles,
    expiry: Duration,
    now: Duration,
) -> Vec<Candidate> {
    let new = seen.changed_in(listing).into_iter();
    let new = new.map(|(video, digest)| Candidate {
        path: listing.folder.join(&video.name),
        id: video.id,
        digest,
        beside: listing
            .beside_of(&video.name)
            .map(|it| (listing.folder.join(&it.name), it.id))
            .collect(),
        lock: lock::of(listing, &video.name, expiry, now),
    });
    new.collect()
}

/// The subtitles of a file that had another name come along; how many.
///
/// # Errors
/// Where the store fails.
pub(super) fn follow(
    store: &Store,
    teller: &Teller,
    path: &Path,
    id: &FileId,
) -> Result<usize, Fault> {
    let book = Book::through(store, &teller.writer);
    let brought = crate::pipeline::subtitle::follow::follow(path, id, store, &book)?;
    if !brought.is_empty() {
        let files = counted(brought.len(), "subtitle came", "subtitles came");
        let text = format!("{}: {files} along from its old name", show_path(path));
        teller.tell(ActivityKind::Scanned, text);
    }
    Ok(brought.len())
}

fn unix_now() -> Duration {
    Duration::from_millis(clock::now_unix_ms())
}
