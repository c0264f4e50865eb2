//! Webhooks of other programs: what they tell is a hint, which looking through libraries confirms. Nothing they name is
//! trusted: a path counts where it leads into a library.

use super::daemon::Daemon;
use super::eyes;
use super::gone::{self, Standing};
use super::roots::{Root, root_of};
use super::scan::Look;
use crate::api::daemon::Refusal;
use crate::api::hooks::{Heard, Hooks, Source};
use crate::app::{intake, lock};
use crate::base::cancel::Cancel;
use crate::base::clock;
use crate::base::text::show_path;
use crate::domain::change::ActivityKind;
use crate::domain::fault::Fault;
use crate::domain::hook::{self, Hint, Playing, Thing};
use crate::domain::jellyfin::ItemId;
use crate::domain::job::JobId;
use crate::domain::lang::Lang;
use crate::engines::files;
use crate::pipeline::subtitle::wish;
use crate::runtime::Book;
use crossbeam::channel::bounded;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What somebody just got goes before what a scan found.
const PRIORITY: i8 = 1;
/// Places one message lets be looked at; where there are more, all libraries are looked through.
const LOOKS_MAX: usize = 16;
/// Questions to Jellyfin at once; whoever tells meanwhile gets a look through everything instead.
const QUESTIONS_MAX: usize = 4;
/// How long Jellyfin may take to answer one, while it waits for our answer to its message.
const QUESTION_PATIENCE: Duration = Duration::from_secs(5);

/// Questions that Jellyfin has not answered yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Questions(Arc<AtomicUsize>);

impl Questions {
    /// One more, where there may be one.
    fn begin(&self) -> Option<Question> {
        let more = |it: usize| (it < QUESTIONS_MAX).then_some(it + 1);
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok()?;
        Some(Question(Arc::clone(&self.0)))
    }
}

struct Question(Arc<AtomicUsize>);

impl Drop for Question {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a path of somebody else's is.
enum Place<'a> {
    /// In no library.
    Outside,
    /// In a library, but not there (yet), or its library is not.
    Missing(PathBuf),
    /// A folder of a library.
    Folder(PathBuf),
    /// A file of a library, by the name that looking through it finds.
    File(&'a Root, PathBuf),
}

/// What becomes of a file.
enum Wished {
    /// It has this job.
    Job(JobId),
    /// It is to be looked at later; why.
    Later(&'static str),
    /// It is none of our business; why.
    Not(String),
}

impl Hooks for Daemon {
    fn hear(&self, source: Source, message: &[u8]) -> Result<Heard, Refusal> {
        let hook = hook::read(source, message).map_err(|err| {
            let remedy = format!("GET /webhook/{} tells how it is set up", source.word());
            Refusal::Invalid(Fault::operator(err.to_string(), remedy))
        })?;
        let heard = Heard { told: hook.told, ..Heard::default() };
        let (looks, everywhere, unheeded) = (BTreeSet::new(), false, Vec::new());
        let mut ear = Ear { daemon: self, source, heard, looks, everywhere, unheeded };
        for hint in hook.hints {
            ear.heed(hint).map_err(Refusal::Failed)?;
        }
        Ok(ear.end())
    }
}

/// One message, while it is heeded.
struct Ear<'a> {
    daemon: &'a Daemon,
    source: Source,
    heard: Heard,
    looks: BTreeSet<PathBuf>,
    everywhere: bool,
    /// Why something of it is not heeded: its owner should know.
    unheeded: Vec<String>,
}

impl Ear<'_> {
    fn heed(&mut self, hint: Hint) -> Result<(), Fault> {
        match hint {
            Hint::Test => self.heard.done.push("it is heard".to_owned()),
            Hint::Nothing(why) => self.heard.done.push(why),
            Hint::Look(None) => self.everywhere = true,
            Hint::Look(Some(what)) => {
                let path = self.path_of(&what);
                path.iter().for_each(|it| self.look(it));
            }
            Hint::Gone(things) => {
                for thing in things {
                    match thing {
                        Thing::Path(there) => self.look(&self.here(&there)),
                        // Nobody knows any more where it was.
                        Thing::Item(_) => self.everywhere = true,
                    }
                }
            }
            Hint::Renamed { from, to } => {
                from.iter().chain(&to).for_each(|there| self.look(&self.here(there)));
            }
            Hint::Arrived { what, original } => {
                if let Some(here) = self.path_of(&what) {
                    self.arrived(&here, original)?;
                }
            }
            Hint::Playing(playing) => self.playing(&playing)?,
            Hint::Stopped(what) => self.stopped(&what),
        }
        Ok(())
    }

    /// Where we see what whoever tells sees there.
    fn here(&self, there: &str) -> PathBuf {
        self.daemon.config.webhook_paths.here(there)
    }

    /// Where we see it. Jellyfin is asked for an item's path; where it does not answer, everything is looked through.
    fn path_of(&mut self, what: &Thing) -> Option<PathBuf> {
        let id = match what {
            Thing::Path(there) => return Some(self.here(there)),
            Thing::Item(id) => id,
        };
        match self.daemon.item_path(id) {
            Ok(Some(path)) => Some(path),
            Ok(None) => {
                self.unheeded.push(format!("Jellyfin knows no file of its item {id}"));
                None
            }
            Err(why) => {
                self.heard.done.push(format!("{why}, so all libraries are looked through"));
                self.everywhere = true;
                None
            }
        }
    }

    /// The job of a file that came; remembers what else is to be done about it.
    fn arrived(
        &mut self,
        here: &Path,
        original: Option<Lang>,
    ) -> Result<Option<(JobId, PathBuf)>, Fault> {
        let (root, path) = match self.daemon.place_of(here) {
            Place::File(root, path) => (root, path),
            Place::Outside | Place::Missing(_) | Place::Folder(_) => {
                self.look(here);
                return Ok(None);
            }
        };
        let shown = show_path(&path);
        match self.daemon.wish_told(self.source, root, &path, original)? {
            Wished::Job(job) => {
                self.heard.jobs.push(job.0);
                self.heard.done.push(format!("{shown} is job {}", job.0));
                return Ok(Some((job, path)));
            }
            Wished::Later(why) => {
                self.heard.done.push(format!("{shown} is looked at later: {why}"));
                self.looks.insert(path);
            }
            Wished::Not(why) => self.unheeded.push(format!("{shown}: {why}")),
        }
        Ok(None)
    }

    /// It is looked there, where that is in a library.
    fn look(&mut self, here: &Path) {
        match self.daemon.place_of(here) {
            Place::Outside => {
                let shown = show_path(here);
                self.unheeded.push(format!(
                    "{shown} is in no library; where {} sees the folders under other names, say so in [webhooks] paths",
                    self.source
                ));
            }
            Place::Missing(path) | Place::Folder(path) | Place::File(_, path) => {
                self.looks.insert(path);
            }
        }
    }

    fn playing(&mut self, playing: &Playing) -> Result<(), Fault> {
        let Some(here) = self.path_of(&playing.what) else { return Ok(()) };
        let item = match &playing.what {
            Thing::Item(id) => Some(id),
            Thing::Path(_) => None,
        };
        if let Some((job, path)) = self.arrived(&here, None)? {
            self.daemon.viewers_playing(job, &path, item, playing.position);
        }
        Ok(())
    }

    fn stopped(&mut self, what: &Thing) {
        match what {
            Thing::Path(there) => {
                if let Place::File(_, path) = self.daemon.place_of(&self.here(there)) {
                    self.daemon.viewers_stopped(Some(&path), None);
                }
            }
            Thing::Item(id) => self.daemon.viewers_stopped(None, Some(id)),
        }
        self.heard.done.push("who watches is known".to_owned());
    }

    /// Asks for the looks, tells what is not heeded.
    fn end(mut self) -> Heard {
        let scanner = &self.daemon.scanner;
        if self.everywhere || LOOKS_MAX < self.looks.len() {
            scanner.ask(Look::All);
            self.heard.done.push("all libraries are looked through".to_owned());
        } else {
            for path in &self.looks {
                self.heard.done.push(format!("it is looked at {}", show_path(path)));
                scanner.ask(Look::Path(path.clone()));
            }
        }
        let looks = self.everywhere || !self.looks.is_empty();
        self.heard.taken = looks || !self.heard.jobs.is_empty();
        if !self.unheeded.is_empty() {
            let text = format!("{}; {}", self.heard.told, self.unheeded.join("; "));
            self.daemon.teller.tell(ActivityKind::Unheeded, text);
        }
        self.heard.done.append(&mut self.unheeded);
        self.heard
    }
}

impl Daemon {
    /// What a path is. Links are followed, and what leads out of a library is outside.
    fn place_of(&self, here: &Path) -> Place<'_> {
        let Some(plain) = plain(here) else { return Place::Outside };
        let is_missing =
            |kind: ErrorKind| matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory);
        match plain.canonicalize() {
            Ok(real) => {
                let folder = plain.parent().and_then(|it| it.canonicalize().ok());
                let is_folder = real.is_dir();
                for (root, top) in self.tops() {
                    let Ok(below) = real.strip_prefix(&top) else { continue };
                    if is_folder {
                        return Place::Folder(joined(&root.path, below));
                    }
                    // A link to a file has its own name; the folder it is in must be in the library as well.
                    let folder = folder.as_ref().and_then(|it| it.strip_prefix(&top).ok());
                    let (Some(folder), Some(name)) = (folder, plain.file_name()) else { continue };
                    return Place::File(root, joined(&root.path, folder).join(name));
                }
                Place::Outside
            }
            Err(err) if is_missing(err.kind()) => self.missing(&plain),
            Err(_) => Place::Outside,
        }
    }

    /// A path where nothing is: in a library where the folder is that it would be in, or where the library is missing.
    fn missing(&self, plain: &Path) -> Place<'_> {
        let there = plain.ancestors().skip(1).find_map(|it| Some((it, it.canonicalize().ok()?)));
        let Some((above, real)) = there else { return Place::Outside };
        let rest = plain.strip_prefix(above).unwrap_or(Path::new(""));
        for (root, top) in self.tops() {
            if let Ok(below) = real.strip_prefix(&top) {
                return Place::Missing(joined(&root.path, below).join(rest));
            }
        }
        let root = root_of(&self.roots, plain).filter(|it| it.path.canonicalize().is_err());
        root.map_or(Place::Outside, |_| Place::Missing(plain.to_owned()))
    }

    /// Libraries that are there, with their folders behind all links.
    fn tops(&self) -> impl Iterator<Item = (&Root, PathBuf)> {
        self.roots.iter().filter_map(|it| Some((it, it.path.canonicalize().ok()?)))
    }

    /// Wishes for a file as a look through its library would, so that both are one job.
    fn wish_told(
        &self,
        source: Source,
        root: &Root,
        path: &Path,
        original: Option<Lang>,
    ) -> Result<Wished, Fault> {
        if let Some(why) = root.places.why_left_out(path) {
            return Ok(Wished::Not(why.to_string()));
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(Wished::Not("it has no name".to_owned()));
        };
        let listing = intake::list_folder(&root.places, folder);
        let Some(video) = listing.videos.iter().find(|it| it.name == name) else {
            return Ok(Wished::Later("it is no video, or not there yet"));
        };
        let now = Duration::from_millis(clock::now_unix_ms());
        if lock::of(&listing, name, self.live.config().serve.lock_expiry, now).is_some() {
            return Ok(Wished::Later("another tool holds it"));
        }
        if files::written_elsewhere(path) == Some(true) || self.is_fresh(source, video.id.mtime_ns)
        {
            return Ok(Wished::Later("it may still be written"));
        }
        eyes::follow(&self.store, &self.teller, path, &video.id)?;
        let beside: Vec<_> =
            listing.beside_of(name).map(|it| (folder.join(&it.name), it.id)).collect();
        let mut order = root.order.clone();
        order.wish.original = original.or(order.wish.original);
        let writer = self.runtime.writer();
        let book = Book::through(&self.store, &writer);
        let mut wish = wish::wish_among(path, &order, &beside, &book, &book)?;
        let key = wish.key;
        match gone::standing(&self.store, &wish)? {
            Standing::Leave => {
                let job = self.store.job_by_key(&key)?;
                job.map(Wished::Job).ok_or_else(|| Fault::bug("a file is left without a job"))
            }
            Standing::Wish { again } => {
                wish.again = again;
                wish.priority = PRIORITY;
                self.runtime.wish(wish).map(|it| Wished::Job(it.0))
            }
        }
    }

    /// Changed so lately that it may not be whole. Sonarr and Radarr tell of what they brought to its end; media
    /// servers tell of what they see.
    fn is_fresh(&self, source: Source, mtime_ns: i128) -> bool {
        let age_ns = i128::from(clock::now_unix_ms()) * 1_000_000 - mtime_ns;
        let stable = self.live.config().serve.stable;
        let stable_ns = i128::try_from(stable.as_nanos()).unwrap_or(i128::MAX);
        match source {
            Source::Sonarr | Source::Radarr => false,
            Source::Jellyfin | Source::Emby | Source::Plex | Source::Tautulli => age_ns < stable_ns,
        }
    }

    /// Where we see the file of an item of Jellyfin's; `None` where it knows of none.
    ///
    /// # Errors
    /// Where it does not answer in time; why, without a full stop.
    fn item_path(&self, id: &ItemId) -> Result<Option<PathBuf>, String> {
        let Some(jellyfin) = self.jellyfin.clone() else {
            return Err("no [jellyfin] is configured that could be asked for the file".to_owned());
        };
        let busy = || "Jellyfin is being asked too much already".to_owned();
        let question = self.questions.begin().ok_or_else(busy)?;
        let (asker, answer) = bounded(1);
        let cancel = Cancel::default();
        let (id, until) = (id.clone(), cancel.clone());
        let asking = move || {
            let item = jellyfin.item(&id, &until);
            drop(question);
            // Whoever waited may have gone.
            let _ = asker.try_send(
                item.map(|it| it.and_then(|it| it.path).map(|path| jellyfin.paths().here(&path))),
            );
        };
        let started = std::thread::Builder::new().name("ask-jellyfin".to_owned()).spawn(asking);
        if started.is_err() {
            return Err("no thread can be started".to_owned());
        }
        match answer.recv_timeout(QUESTION_PATIENCE) {
            Ok(Ok(path)) => Ok(path),
            Ok(Err(fault)) => Err(fault.what),
            Err(_) => {
                cancel.set();
                Err("Jellyfin did not answer in time".to_owned())
            }
        }
    }
}

/// A whole path without `.` and `..`, resolved by name; `None` for others.
fn plain(path: &Path) -> Option<PathBuf> {
    if !path.is_absolute() {
        return None;
    }
    let mut plain = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => {
                plain.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    Some(plain)
}

/// `below` may be empty, which must not leave a slash.
fn joined(top: &Path, below: &Path) -> PathBuf {
    if below.as_os_str().is_empty() { top.to_owned() } else { top.join(below) }
}
