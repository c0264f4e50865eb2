//! The thread that asks Jellyfin who plays what.

use super::Watching;
use super::holding::Holding;
use crate::app::config::{JellyfinSetting, YieldTo};
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::base::text::show_path;
use crate::domain::change::ActivityKind;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::{ItemId, Session};
use crate::domain::lane::LaneKind;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Time between looks where there is no Jellyfin: webhooks alone tell of viewers then.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Sessions that are looked at; no house has more.
const SESSIONS_MAX: usize = 64;
/// How often Jellyfin is asked to look at files that are new to it.
const TRIES_MAX: u8 = 5;

/// The thread; it ends when this is dropped.
pub(in crate::app::serve) struct Watcher {
    ending: Cancel,
    _handle: Sender<()>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.ending.set();
    }
}

impl Watcher {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(in crate::app::serve) fn start(
        watching: Arc<Watching>,
        jellyfin: Option<&JellyfinSetting>,
    ) -> Result<Watcher, Fault> {
        let (handle, closed) = bounded(0);
        let ending = watching.ending.clone();
        let every = jellyfin.map_or(LOOK_EVERY, |it| it.poll_interval);
        let rule = jellyfin.map_or(YieldTo::Never, |it| it.yield_to);
        let view = watching.runtime.view();
        let lanes = view.lanes.into_iter().map(|it| it.name);
        let lanes = lanes.filter(|it| it.kind() == LaneKind::Device).collect();
        let mut look = Look {
            watching,
            holding: Holding::new(rule, lanes),
            played: BTreeMap::new(),
            new: BTreeMap::new(),
            told_away: false,
            clock: Stopwatch::start(),
        };
        std::thread::Builder::new()
            .name("viewers".to_owned())
            .spawn(move || look.go_on(every, &closed))
            .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
        Ok(Watcher { ending, _handle: handle })
    }
}

/// A session's viewer and what they play.
type Seat = (String, ItemId);

/// What is played.
struct Played {
    name: String,
    /// Its file, where somebody waits for its subtitles.
    video: Option<PathBuf>,
}

/// What was seen so far.
struct Look {
    watching: Arc<Watching>,
    holding: Holding,
    played: BTreeMap<Seat, Played>,
    /// Videos with files that Jellyfin was not told of yet, and how often that was tried.
    new: BTreeMap<PathBuf, (Option<ItemId>, u8)>,
    told_away: bool,
    clock: Stopwatch,
}

impl Look {
    fn go_on(&mut self, every: Duration, closed: &Receiver<()>) {
        loop {
            self.look();
            match closed.recv_timeout(every) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn look(&mut self) {
        self.sessions();
        self.tell_of_new();
        self.watching.tidy();
    }

    fn sessions(&mut self) {
        let watching = Arc::clone(&self.watching);
        let Some(jellyfin) = &watching.jellyfin else { return };
        let sessions = match jellyfin.sessions(&watching.ending) {
            Ok(mut sessions) => {
                sessions.truncate(SESSIONS_MAX);
                self.told_away = false;
                self.follow(&sessions);
                Some(sessions)
            }
            Err(_) if watching.ending.is_set() => return,
            Err(fault) => {
                if !self.told_away {
                    self.told_away = true;
                    tracing::warn!("nobody tells who plays something: {fault}");
                }
                None
            }
        };
        let names = self.played.iter().map(|(seat, it)| (seat.1.clone(), it.name.clone()));
        let (names, gave_way) = (names.collect(), self.holding.any());
        let changes = self.holding.changes(sessions.as_deref(), &names, self.clock.elapsed());
        if sessions.is_none() && gave_way && !self.holding.any() {
            let text = "Jellyfin does not answer: lanes that gave way to players go on";
            watching.teller.tell(ActivityKind::Watched, text.to_owned());
        }
        for (lane, why) in changes {
            watching.runtime.hold(lane, why);
        }
    }

    /// Who came, who went, and where everybody is.
    fn follow(&mut self, sessions: &[Session]) {
        let seat = |it: &Session| (it.id.clone(), it.item.clone());
        let gone: Vec<Seat> = self
            .played
            .keys()
            .filter(|it| !sessions.iter().any(|session| seat(session) == **it))
            .cloned()
            .collect();
        for it in gone {
            let video = self.played.remove(&it).and_then(|it| it.video);
            let others = self.played.values().any(|it| it.video == video);
            if let Some(video) = video.filter(|_| !others) {
                self.watching.stops(&video);
            }
        }
        for session in sessions {
            match self.played.get(&seat(session)) {
                Some(Played { video: Some(video), .. }) => {
                    let (item, at) = (&session.item, session.position);
                    self.watching.viewers.watch(video, Some(item), at);
                }
                Some(Played { video: None, .. }) => {}
                None => match self.begins(session) {
                    Ok(played) => drop(self.played.insert(seat(session), played)),
                    Err(fault) => tracing::warn!("what is played cannot be looked up: {fault}"),
                },
            }
        }
    }

    /// Somebody began to play something, or was there when Kinora started.
    fn begins(&self, session: &Session) -> Result<Played, Fault> {
        let Some(item) = self.watching.item(&session.item)? else {
            return Ok(Played { name: session.item.to_string(), video: None });
        };
        let video = self.watching.plays(&item, session.position)?;
        Ok(Played { name: item.name, video })
    }

    /// Asks Jellyfin to look at videos beside which files are new, so that players can offer them.
    fn tell_of_new(&mut self) {
        let fresh = self.watching.viewers.take_new();
        let Some(jellyfin) = &self.watching.jellyfin else { return };
        self.new.extend(fresh.into_iter().map(|(video, item)| (video, (item, 0))));
        let ending = &self.watching.ending;
        self.new.retain(|video, (item, tries)| {
            let told = match item {
                Some(item) => jellyfin.refresh(item, false, ending),
                None => jellyfin.updated(&[video], ending),
            };
            *tries += 1;
            match told {
                Ok(()) => false,
                Err(fault) if *tries < TRIES_MAX => {
                    tracing::debug!(%fault, "Jellyfin is told again later");
                    true
                }
                Err(fault) => {
                    let shown = show_path(video);
                    tracing::warn!("Jellyfin does not know what is shown of {shown}: {fault}");
                    false
                }
            }
        });
    }
}
