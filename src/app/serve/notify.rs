//! Tells whoever is to be told what happens: a thread that follows the activity in the store from a place that is
//! durable, so that neither a crash nor a server that is away loses a message.

mod shelf;

use super::daemon::Daemon;
use crate::app::config::NotifySetting;
use crate::app::notify::{self, Cursor, Draft, Gather};
use crate::base::clock::{self, Stopwatch};
use crate::base::text::counted;
use crate::domain::change::{Activity, ActivityKind};
use crate::domain::fault::Fault;
use crate::engines::notify::Trouble;
use crate::store::{RowStatus, Store};
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use shelf::{Shelf, Standing};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How often it is looked what happened.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Activities that are read at once.
const ROWS_MAX: usize = 1000;
/// The first wait after a message was not taken; it doubles.
const WAIT_MIN: Duration = Duration::from_secs(5);
const WAIT_MAX: Duration = Duration::from_secs(10 * 60);
/// The longest wait that a server may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);
/// A message that nobody took for so long is given up, milliseconds.
const GIVE_UP_MS: u64 = 24 * 60 * 60 * 1000;
/// What is nothing to tell is written down this often, so that a start does not look through all of it again.
const SAVE_EVERY: Duration = Duration::from_secs(60 * 60);
/// How long a message on its way may keep the daemon from ending.
const END_MAX: Duration = Duration::from_secs(2);

/// The thread; ends when it is told to.
pub(super) struct Notifier {
    closed: Sender<()>,
    ended: Receiver<()>,
}

impl Notifier {
    /// Starts it.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn start(file: PathBuf, daemon: &Arc<Daemon>) -> Result<Notifier, Fault> {
        let (closed, over) = bounded(0);
        let (end, ended) = bounded(0);
        // It must not keep the daemon from ending.
        let daemon = Arc::downgrade(daemon);
        std::thread::Builder::new()
            .name("notify".to_owned())
            .spawn(move || {
                let _end = end;
                follow(&mut Desk::open(file), &daemon, &over);
            })
            .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
        Ok(Notifier { closed, ended })
    }

    /// Ends it; a message on its way is waited for a little, and sent again after the next start.
    pub(super) fn end(self) {
        drop(self.closed);
        let _ = self.ended.recv_timeout(END_MAX);
    }
}

/// All who are told.
struct Desk {
    shelf: Shelf,
    people: BTreeMap<String, Person>,
    saved: Stopwatch,
}

/// One who is told.
struct Person {
    setting: NotifySetting,
    gather: Gather,
    failing: Option<Failing>,
}

/// A message that was not taken.
struct Failing {
    times: u32,
    watch: Stopwatch,
    wait: Duration,
}

fn follow(desk: &mut Desk, daemon: &Weak<Daemon>, over: &Receiver<()>) {
    loop {
        let Some(now) = daemon.upgrade() else { break };
        let drafts = desk.look(&now);
        // Nobody waits for a server with the daemon in his hands.
        drop(now);
        for (name, draft) in drafts {
            desk.send(&name, &draft, daemon);
        }
        match over.recv_timeout(LOOK_EVERY) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    desk.save();
}

impl Desk {
    fn open(file: PathBuf) -> Desk {
        Desk { shelf: Shelf::open(file), people: BTreeMap::new(), saved: Stopwatch::start() }
    }

    /// What happened since the last look, and the messages that are due.
    fn look(&mut self, daemon: &Daemon) -> Vec<(String, Draft)> {
        let config = daemon.live.config();
        if config.notify.is_empty() && self.people.is_empty() && self.shelf.is_empty() {
            return Vec::new();
        }
        match self.looked(&daemon.store, &config.notify) {
            Ok(drafts) => drafts,
            Err(fault) => {
                tracing::debug!("what happened cannot be read: {fault}");
                Vec::new()
            }
        }
    }

    fn looked(
        &mut self,
        store: &Store,
        settings: &[NotifySetting],
    ) -> Result<Vec<(String, Draft)>, Fault> {
        let newest = store.activity_newest()?;
        self.heed(settings, newest);
        let now_ms = clock::now_unix_ms();
        for person in self.people.values_mut() {
            while person.gather.seen() < newest {
                let rows = store.activity_after(person.gather.seen(), ROWS_MAX)?;
                if rows.is_empty() {
                    break;
                }
                for (number, activity) in &rows {
                    person.gather.take(*number, activity, about(store, activity)?, now_ms);
                }
            }
        }
        let counts = store.counts()?;
        let of = |status: RowStatus| counts.get(&status).copied().unwrap_or(0);
        let idle = of(RowStatus::Ready) == 0 && of(RowStatus::Running) == 0;
        let ready = |it: &&mut Person| it.failing.as_ref().is_none_or(Failing::is_over);
        let people = self.people.values_mut().filter(ready);
        let drafts =
            people.filter_map(|it| Some((it.setting.name.clone(), it.gather.due(now_ms, idle)?)));
        let drafts = drafts.collect();
        if SAVE_EVERY <= self.saved.elapsed() {
            self.save();
        }
        Ok(drafts)
    }

    /// Takes over who is to be told now: somebody new from here on, who is known from where it was.
    fn heed(&mut self, settings: &[NotifySetting], newest: u64) {
        let known = |name: &str| settings.iter().any(|it| it.name == name);
        self.people.retain(|name, _| known(name));
        let mut changed = self.shelf.forget_but(known);
        for setting in settings {
            let same = self.people.get(&setting.name).is_some_and(|it| it.setting == *setting);
            if same {
                continue;
            }
            if let Some(before) = self.people.get(&setting.name) {
                // Whoever corrects an address waits for no pause, and hears it when that is wrong as well.
                let standing = Standing::new(before.gather.cursor());
                self.shelf.put(&setting.name, standing);
            }
            let standing = self.shelf.get(&setting.name).copied();
            // A store that was restored has fewer activities than were told.
            let standing = standing.filter(|it| it.cursor.events <= newest);
            changed |= standing.is_none();
            let standing = standing.unwrap_or_else(|| Standing::new(Cursor::at(newest)));
            self.shelf.put(&setting.name, standing);
            let gather = Gather::new(setting, standing.cursor);
            let person = Person { setting: setting.clone(), gather, failing: None };
            self.people.insert(setting.name.clone(), person);
        }
        if changed {
            self.save();
        }
    }

    /// Sends a message, and heeds what came of it.
    fn send(&mut self, name: &str, draft: &Draft, daemon: &Weak<Daemon>) {
        let Some(person) = self.people.get_mut(name) else { return };
        let Some(standing) = self.shelf.get(name).copied() else { return };
        let now_ms = clock::now_unix_ms();
        let result = notify::send(&person.setting, &draft.message);
        let mut next = standing;
        let mut given_up = None;
        match result {
            Ok(()) => {
                tracing::info!("{name} was told: {}", draft.message.title);
                next = Standing::new(person.gather.cursor());
            }
            Err(Trouble::Later { why, after }) => {
                let since_ms = standing.failing_since_ms.unwrap_or(now_ms);
                next.failing_since_ms = Some(since_ms);
                if now_ms.saturating_sub(since_ms) < GIVE_UP_MS {
                    person.failing = Some(Failing::next(person.failing.take(), after));
                    tracing::warn!("{name} cannot be told now: {why}; it is tried again");
                } else {
                    given_up = Some(format!("{why}, for a day; check its address and the network"));
                }
            }
            Err(Trouble::Refused(fault)) => given_up = Some(fault.to_string()),
        }
        let arrived = next.failing_since_ms.is_none() && given_up.is_none();
        if arrived || given_up.is_some() {
            person.gather.told(draft);
            person.failing = None;
            next.failing_since_ms = None;
            next.cursor = person.gather.cursor();
        }
        next.refused |= given_up.is_some();
        self.shelf.put(name, next);
        self.save();
        if let Some(why) = given_up {
            let lost = draft.message.events.len() as u64 + draft.message.more;
            give_up(daemon, name, &why, lost, standing.refused);
        }
    }

    /// Writes down what was told, and what is nothing to tell.
    fn save(&mut self) {
        for (name, person) in &self.people {
            if let Some(standing) = self.shelf.get(name).copied() {
                self.shelf.put(name, Standing { cursor: person.gather.cursor(), ..standing });
            }
        }
        self.shelf.save();
        self.saved = Stopwatch::start();
    }
}

/// Says that somebody could not be told: once, until a message arrives again.
fn give_up(daemon: &Weak<Daemon>, name: &str, why: &str, lost: u64, known: bool) {
    let what = counted(lost, "thing that happened was", "things that happened were");
    let text = format!("{name} could not be told: {why} ({what} not told)");
    match daemon.upgrade() {
        Some(daemon) if !known => daemon.teller.tell(ActivityKind::NotNotified, text),
        _ => tracing::warn!("{text}"),
    }
}

/// The job of an activity, and its file as people see it.
fn about(store: &Store, activity: &Activity) -> Result<(Option<u64>, Option<String>), Fault> {
    let row = activity.execution.map(|it| store.execution(it)).transpose()?.flatten();
    let path = activity.path.as_deref().map(super::uploads::shown);
    Ok((row.map(|it| it.job.0), path))
}

impl Failing {
    /// After one more time.
    fn next(before: Option<Failing>, after: Option<Duration>) -> Failing {
        let times = before.map_or(0, |it| it.times);
        let doubled = WAIT_MIN.saturating_mul(2_u32.saturating_pow(times)).min(WAIT_MAX);
        let wait = after.map_or(doubled, |it| it.clamp(WAIT_MIN, RETRY_AFTER_MAX));
        Failing { times: times.saturating_add(1), watch: Stopwatch::start(), wait }
    }

    fn is_over(&self) -> bool {
        self.wait <= self.watch.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_ten_minutes_and_heed_the_server() {
        let mut failing = None;
        let mut waits = Vec::new();
        for _ in 0..9 {
            let next = Failing::next(failing, None);
            waits.push(next.wait.as_secs());
            failing = Some(next);
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        for (asked, seconds) in [(0, 5), (30, 30), (100_000, 3600)] {
            let asked = Some(Duration::from_secs(asked));
            assert_eq!(Failing::next(None, asked).wait.as_secs(), seconds);
        }
    }
}
