//! Who watches what, and where: known while Kinora runs, and lost at its end without harm.

use crate::base::clock::Stopwatch;
use crate::domain::jellyfin::ItemId;
use crate::domain::time::Ms;
use crate::pipeline::subtitle::listen::Audience;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Videos that are remembered; of more the one that was heard of longest ago is forgotten.
const VIDEOS_MAX: usize = 64;
/// A viewer of whom nothing was heard for so long is gone.
const SILENT_MAX: Duration = Duration::from_secs(15 * 60);

/// The viewers of all videos, shared by who hears of them and who listens for them.
#[derive(Debug)]
pub struct Viewers {
    videos: Mutex<BTreeMap<PathBuf, Video>>,
    clock: Stopwatch,
}

#[derive(Clone, Debug)]
struct Video {
    item: Option<ItemId>,
    /// Where the viewer was, and when that was told, since the start; `None` where nobody watches.
    place: Option<(Ms, Duration)>,
    /// When it was heard of last.
    at: Duration,
    shown: Shown,
}

/// Files with what was heard so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// There are none.
    Nothing,
    /// They stand beside the video.
    New,
    /// The player's server was told of them.
    Told,
}

impl Default for Viewers {
    fn default() -> Viewers {
        Viewers { videos: Mutex::default(), clock: Stopwatch::start() }
    }
}

impl Viewers {
    /// Somebody watches this video, from this place on; of several viewers the last one told counts.
    pub fn watch(&self, video: &Path, item: Option<&ItemId>, place: Ms) {
        self.watch_at(video, item, place, self.clock.elapsed());
    }

    fn watch_at(&self, video: &Path, item: Option<&ItemId>, place: Ms, now: Duration) {
        let mut videos = self.videos();
        if !videos.contains_key(video) && VIDEOS_MAX <= videos.len() {
            let oldest = videos.iter().min_by_key(|it| it.1.at).map(|it| it.0.clone());
            oldest.map(|it| videos.remove(&it));
        }
        let fresh = Video { item: None, place: None, at: now, shown: Shown::Nothing };
        let it = videos.entry(video.to_owned()).or_insert(fresh);
        (it.place, it.at) = (Some((place, now)), now);
        it.item = item.cloned().or(it.item.take());
    }

    /// Nobody watches it any more. True where something is shown of it, which stays until all was listened to, or
    /// nobody listens any more.
    pub fn leave(&self, video: &Path) -> bool {
        let mut videos = self.videos();
        let Some(it) = videos.get_mut(video) else { return false };
        it.place = None;
        let is_shown = it.shown != Shown::Nothing;
        if !is_shown {
            videos.remove(video);
        }
        is_shown
    }

    /// The videos of an item.
    pub fn videos_of(&self, item: &ItemId) -> Vec<PathBuf> {
        let videos = self.videos();
        let of_item = videos.iter().filter(|it| it.1.item.as_ref() == Some(item));
        of_item.map(|it| it.0.clone()).collect()
    }

    /// Where the viewer of a video is.
    pub fn place(&self, video: &Path) -> Option<Ms> {
        self.place_at(video, self.clock.elapsed())
    }

    fn place_at(&self, video: &Path, now: Duration) -> Option<Ms> {
        let (place, told) = self.videos().get(video)?.place?;
        (now.saturating_sub(told) < SILENT_MAX).then_some(place)
    }

    /// What was heard so far of a video stands beside it.
    pub fn shown(&self, video: &Path) {
        if let Some(it) = self.videos().get_mut(video)
            && it.shown == Shown::Nothing
        {
            it.shown = Shown::New;
        }
    }

    /// Videos of which something is shown since the last call, and their items: for who tells the player's server.
    pub fn take_new(&self) -> Vec<(PathBuf, Option<ItemId>)> {
        let mut videos = self.videos();
        let new = videos.iter_mut().filter(|it| it.1.shown == Shown::New);
        new.map(|(path, it)| {
            it.shown = Shown::Told;
            (path.clone(), it.item.clone())
        })
        .collect()
    }

    /// Videos of which something is shown.
    pub fn all_shown(&self) -> Vec<PathBuf> {
        let videos = self.videos();
        let shown = videos.iter().filter(|it| it.1.shown != Shown::Nothing);
        shown.map(|it| it.0.clone()).collect()
    }

    /// Nothing is shown of it any more: it was listened to, or nobody does.
    pub fn withdrawn(&self, video: &Path) {
        let mut videos = self.videos();
        if let Some(it) = videos.get_mut(video) {
            it.shown = Shown::Nothing;
            if it.place.is_none() {
                videos.remove(video);
            }
        }
    }

    fn videos(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Video>> {
        self.videos.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The viewers of one video.
pub(super) struct Seats<'a> {
    pub(super) viewers: &'a Viewers,
    pub(super) video: &'a Path,
}

impl Audience for Seats<'_> {
    fn place(&self) -> Option<Ms> {
        self.viewers.place(self.video)
    }

    fn shown(&self) {
        self.viewers.shown(self.video);
    }

    fn elapsed(&self) -> Duration {
        self.viewers.clock.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_come_and_go() {
        let viewers = Viewers::default();
        let (heat, alien) = (Path::new("/f/Heat.mkv"), Path::new("/f/Alien.mkv"));
        let item = ItemId::parse("0123456789abcdef0123456789abcdef").unwrap();
        let minutes = |it: u64| Duration::from_secs(it * 60);
        viewers.watch_at(heat, Some(&item), Ms(5), minutes(1));
        assert_eq!(viewers.place_at(heat, minutes(1)), Some(Ms(5)));
        assert_eq!(viewers.place_at(alien, minutes(1)), None);
        viewers.watch_at(heat, None, Ms(9), minutes(2));
        assert_eq!(viewers.place_at(heat, minutes(16)), Some(Ms(9)));
        assert_eq!(viewers.place_at(heat, minutes(17)), None, "nothing was heard of them");

        viewers.shown(alien);
        assert_eq!(viewers.all_shown(), Vec::<PathBuf>::new(), "nobody watches it");
        viewers.shown(heat);
        viewers.shown(heat);
        assert_eq!(viewers.take_new(), [(heat.to_owned(), Some(item))]);
        viewers.shown(heat);
        assert_eq!(viewers.take_new(), [], "told once");
        assert!(viewers.leave(heat) && !viewers.leave(alien));
        assert_eq!(viewers.all_shown(), [heat.to_owned()]);
        viewers.withdrawn(heat);
        assert_eq!(viewers.all_shown(), Vec::<PathBuf>::new());
        assert!(viewers.videos().is_empty());
    }

    #[test]
    fn the_book_is_bounded() {
        let viewers = Viewers::default();
        let name = |number: u64| PathBuf::from(format!("/f/{number}.mkv"));
        let videos = VIDEOS_MAX as u64;
        for number in 0..videos + 10 {
            viewers.watch_at(&name(number), None, Ms(0), Duration::from_secs(number));
        }
        assert_eq!(viewers.videos().len(), VIDEOS_MAX);
        let now = Duration::from_secs(videos + 10);
        assert_eq!(viewers.place_at(&name(9), now), None);
        assert_eq!(viewers.place_at(&name(10), now), Some(Ms(0)));
    }
}
