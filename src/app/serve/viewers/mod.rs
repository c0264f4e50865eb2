//! Who watches: what a viewer waits for goes first, and lanes give way to players.
//!
//! A webhook tells that somebody began to play something, and a thread asks Jellyfin again and again who plays what:
//! either is enough for a film without subtitles to be made first, from where the viewer is.

mod holding;
mod watcher;

pub(super) use watcher::Watcher;

use super::daemon::Daemon;
use super::herald::Teller;
use super::live::Live;
use super::roots::{Root, root_of};
use crate::app::intake;
use crate::app::lock;
use crate::base::cancel::Cancel;
use crate::base::disk;
use crate::base::text::show_path;
use crate::domain::change::ActivityKind;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::lacks::lacks_any;
use crate::domain::jellyfin::{Item, ItemId};
use crate::domain::job::{JobId, JobKey, WATCHED, Wish};
use crate::domain::time::Ms;
use crate::engines::jellyfin::Jellyfin;
use crate::pipeline::subtitle::publish;
use crate::pipeline::subtitle::wish::{self, wish_among};
use crate::runtime::{Book, Command, CommandRefused, MoveTo, Runtime, Viewers};
use crate::store::{RowStatus, Store};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is done about viewers.
pub(super) struct Watching {
    pub(super) store: Arc<Store>,
    pub(super) runtime: Arc<Runtime>,
    pub(super) viewers: Arc<Viewers>,
    pub(super) jellyfin: Option<Arc<Jellyfin>>,
    pub(super) roots: Vec<Root>,
    pub(super) live: Arc<Live>,
    pub(super) teller: Teller,
    /// Set when nobody waits for answers any more.
    pub(super) ending: Cancel,
}

impl Daemon {
    /// Somebody plays a file that has this job, from this place on: it goes first. How it is played sessions tell.
    pub(super) fn viewers_playing(
        &self,
        job: JobId,
        path: &Path,
        item: Option<&ItemId>,
        position: Ms,
    ) {
        if let Err(fault) = self.watching.goes_first(job, path, item, position) {
            tracing::warn!("{} is watched and does not go first: {fault}", show_path(path));
        }
    }

    /// Nobody plays it any more.
    pub(super) fn viewers_stopped(&self, path: Option<&Path>, item: Option<&ItemId>) {
        let of_item = item.map(|it| self.watching.viewers.videos_of(it)).unwrap_or_default();
        for video in of_item.iter().map(PathBuf::as_path).chain(path) {
            self.watching.stops(video);
        }
    }
}

impl Watching {
    /// An item of Jellyfin's, where there is one.
    fn item(&self, id: &ItemId) -> Result<Option<Item>, Fault> {
        match &self.jellyfin {
            Some(jellyfin) => jellyfin.item(id, &self.ending),
            None => Ok(None),
        }
    }

    /// The file of an item, where Kinora sees it.
    fn video_of(&self, item: &Item) -> Option<PathBuf> {
        Some(self.jellyfin.as_ref()?.paths().here(item.path.as_ref()?))
    }

    /// Somebody plays an item; gives its file where Kinora makes subtitles for it.
    fn plays(&self, item: &Item, at: Ms) -> Result<Option<PathBuf>, Fault> {
        let Some(video) = self.video_of(item) else { return Ok(None) };
        let Some((root, wish)) = self.wish_for(&video)? else { return Ok(None) };
        if !lacks_any(item, &root.order.to) && !self.is_active(&wish.key)? {
            return Ok(None);
        }
        let (job, ..) = self.runtime.wish(wish)?;
        Ok(self.goes_first(job, &video, Some(&item.id), at)?.then_some(video))
    }

    /// A job goes first, since somebody watches its file; false where nothing is made of it now: it is done, or was
    /// given up.
    fn goes_first(
        &self,
        job: JobId,
        video: &Path,
        item: Option<&ItemId>,
        at: Ms,
    ) -> Result<bool, Fault> {
        if !self.is_active(&wish::key(video))? {
            return Ok(false);
        }
        let is_new = self.viewers.place(video).is_none();
        self.viewers.watch(video, item, at);
        match self.runtime.command(Command::Move(job, MoveTo::Watched)) {
            // It came to an end just now.
            Ok(()) | Err(CommandRefused::Conflict(_) | CommandRefused::NoSuchJob(_)) => {}
            Err(CommandRefused::NoSuchLane(_)) => return Err(Fault::bug("a job is no lane")),
            Err(CommandRefused::Failed(fault)) => return Err(fault),
        }
        if is_new {
            let text = format!("{} is watched: it goes first, from {at} on", show_path(video));
            self.teller.tell(ActivityKind::Watched, text);
        }
        Ok(true)
    }

    fn stops(&self, video: &Path) {
        if self.viewers.place(video).is_none() {
            return;
        }
        if self.viewers.leave(video) {
            // The rest is filled in at once: half of a subtitle helps nobody.
            return;
        }
        let key = wish::key(video);
        let job = self.store.job_by_key(&key).ok().flatten();
        if let Some(job) = job.filter(|_| self.is_active(&key).unwrap_or_default()) {
            // As any other again; one that is refused just ended.
            let _ = self.runtime.command(Command::Move(job, MoveTo::Priority(0)));
        }
    }

    /// The wish for a video of a library, as a look through it would make it; `None` where it would not.
    fn wish_for(&self, video: &Path) -> Result<Option<(&Root, Wish)>, Fault> {
        let Some(root) = root_of(&self.roots, video) else { return Ok(None) };
        let (Ok(plain), Ok(folder)) = (fs::canonicalize(video), fs::canonicalize(&root.path))
        else {
            return Ok(None);
        };
        if !plain.starts_with(folder)
            || lock::now_on(video, self.live.config().serve.lock_expiry).is_some()
        {
            return Ok(None);
        }
        let folder = disk::folder_of(video);
        let listing = intake::list_folder(&root.places, folder);
        let name = video.file_name().unwrap_or_default();
        let Some(found) = listing.videos.iter().find(|it| it.name == name) else { return Ok(None) };
        let beside = listing.beside_of(&found.name).map(|it| (folder.join(&it.name), it.id));
        let beside: Vec<_> = beside.collect();
        let book = Book::through(&self.store, &self.teller.writer);
        let wish = wish_among(video, &root.order, &beside, &book, &book)?;
        Ok(Some((root, Wish { priority: WATCHED, ..wish })))
    }

    /// It waits, works or is paused.
    fn is_active(&self, key: &JobKey) -> Result<bool, Fault> {
        let Some(job) = self.store.job_by_key(key)? else { return Ok(false) };
        let Some(job) = self.store.job(job)? else { return Ok(false) };
        let latest = self.store.execution(job.latest)?;
        Ok(latest.is_some_and(|it| RowStatus::of(&it.execution.state).is_active()))
    }

    /// What was shown of videos that nobody listens to any more is taken away; whole files stay.
    fn tidy(&self) {
        for video in self.viewers.all_shown() {
            match self.is_active(&wish::key(&video)) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(fault) => {
                    tracing::warn!("{}: nothing is known of it: {fault}", show_path(&video));
                    continue;
                }
            }
            let book = Book::through(&self.store, &self.teller.writer);
            match publish::withdraw(&video, &book) {
                Ok(_) => self.viewers.withdrawn(&video),
                Err(fault) => {
                    let shown = show_path(&video);
                    tracing::warn!("{shown}: what was shown of it stays for now: {fault}");
                }
            }
        }
    }
}
