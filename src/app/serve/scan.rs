//! The thread that looks: when, and at what. It is asked, it hears what the file system tells, and goes by the clock.

use super::eyes::{Eyes, Warnings};
use super::found::Found;
use super::gone::is_gone;
use super::roots::Notice;
use super::{stirred, trigger};
use crate::base::cancel::Cancel;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crossbeam::channel::{Receiver, Sender, TrySendError, bounded, never};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Orders that wait; one more than this is among them already, or is one of all.
const ORDERS_WAITING_MAX: usize = 64;
/// How often it is looked whether the libraries' disks are there, and for trigger files.
const TICK: Duration = Duration::from_secs(5);

/// What is to be looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    All,
    Path(PathBuf),
    /// All libraries, or the one this path is in; their disks are the right ones as they are now.
    Accept(Option<PathBuf>),
}

/// The thread that looks.
pub(super) struct Scanner {
    orders: Sender<Look>,
    /// Looks asked for and not ended.
    open: Arc<AtomicUsize>,
    /// A look through everything waits for its turn.
    all_waits: Arc<AtomicBool>,
    warnings: Warnings,
    ending: Cancel,
}

impl Scanner {
    /// Starts it; it ends with the `Scanner`.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn start(mut eyes: Eyes) -> Result<Scanner, Fault> {
        let (orders, inbox) = bounded(ORDERS_WAITING_MAX);
        let open = Arc::new(AtomicUsize::new(0));
        let (warnings, ending) = (Arc::clone(&eyes.warnings), eyes.ending.clone());
        let all_waits = Arc::new(AtomicBool::new(false));
        let (counted, taken) = (Arc::clone(&open), Arc::clone(&all_waits));
        std::thread::Builder::new()
            .name("scan".to_owned())
            .spawn(move || eyes.run(&inbox, &counted, &taken))
            .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
        Ok(Scanner { orders, open, all_waits, warnings, ending })
    }

    /// Asks for a look, soon. One through everything that waits already serves all who ask for it.
    pub(super) fn ask(&self, look: Look) {
        let is_all = look == Look::All;
        if is_all && self.all_waits.swap(true, Ordering::SeqCst) {
            return;
        }
        self.open.fetch_add(1, Ordering::SeqCst);
        match self.orders.try_send(look) {
            Ok(()) => {}
            // So many wait that a look through everything is among them or will be asked for by the clock.
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.open.fetch_sub(1, Ordering::SeqCst);
                if is_all {
                    self.all_waits.store(false, Ordering::SeqCst);
                }
            }
        }
    }

    /// A look goes on or waits.
    pub(super) fn is_busy(&self) -> bool {
        self.open.load(Ordering::SeqCst) > 0
    }

    /// What a person should look at: libraries that are left alone, folders that are not watched.
    pub(super) fn warnings(&self) -> Vec<String> {
        let warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.values().cloned().collect()
    }

    /// The one about this, where there is one.
    pub(super) fn warning(&self, about: &str) -> Option<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).get(about).cloned()
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.ending.set();
    }
}

/// When things are due that go by the clock, since Kinora started.
struct Agenda {
    /// A look through everything.
    all: Option<Duration>,
    /// A look at the disks and for trigger files.
    tick: Duration,
}

impl Eyes {
    fn run(&mut self, inbox: &Receiver<Look>, open: &AtomicUsize, all_waits: &AtomicBool) {
        let none = never();
        let mut agenda = Agenda { all: self.timing.every, tick: TICK };
        loop {
            if self.heed_settings() {
                self.postpone(&mut agenda);
            }
            let wait = self.due(&agenda).saturating_sub(self.clock.elapsed());
            let stirs = self.attention.stirs.as_ref().map_or(&none, |it| &it.paths).clone();
            crossbeam::select! {
                recv(inbox) -> look => {
                    let Ok(look) = look else { return };
                    if look == Look::All {
                        all_waits.store(false, Ordering::SeqCst);
                        self.postpone(&mut agenda);
                    }
                    self.asked(look);
                    open.fetch_sub(1, Ordering::SeqCst);
                }
                recv(stirs) -> path => {
                    let up = self.clock.elapsed();
                    match path {
                        Ok(path) => {
                            let all = std::iter::once(path).chain(stirs.try_iter());
                            all.for_each(|it| self.attention.stir(it, up));
                        }
                        Err(_) => self.attention.deafen(up),
                    }
                }
                default(wait) => {}
            }
            self.by_clock(&mut agenda);
        }
    }

    /// When there is something to do, since Kinora started.
    fn due(&self, agenda: &Agenda) -> Duration {
        let locked = self.locked.values().min().copied();
        let polls = (0..self.sites.len()).filter_map(|it| self.poll_due(it)).min();
        let dues = [agenda.all, polls, locked, self.settling.due(), self.attention.due()];
        dues.into_iter().flatten().fold(agenda.tick, Duration::min)
    }

    /// When a library is looked through since nobody tells of changes in it.
    fn poll_due(&self, site: usize) -> Option<Duration> {
        let site = &self.sites[site];
        let polled = site.is_well() && site.notice == Notice::Polling;
        polled.then(|| site.looked_up.saturating_add(self.timing.poll))
    }

    fn postpone(&self, agenda: &mut Agenda) {
        agenda.all = self.timing.every.map(|it| self.clock.elapsed().saturating_add(it));
    }

    fn all(&self) -> Vec<usize> {
        (0..self.sites.len()).collect()
    }

    fn by_clock(&mut self, agenda: &mut Agenda) {
        let up = self.clock.elapsed();
        let quiet = self.attention.paths.take_quiet(up);
        if !quiet.is_empty() {
            self.stirred(quiet);
        }
        self.recheck(up);
        if agenda.tick <= up {
            self.tick();
            agenda.tick = self.clock.elapsed().saturating_add(TICK);
        }
        if self.attention.take_lost(up) {
            self.sites.iter_mut().for_each(|it| it.watched = false);
            self.postpone(agenda);
            let found = self.look_through(&self.all());
            self.tell("all libraries, since so much happened that some of it was missed", &found);
        } else if agenda.all.is_some_and(|it| it <= up) {
            self.postpone(agenda);
            self.asked(Look::All);
        }
        for site in self.all() {
            if self.poll_due(site).is_some_and(|it| it <= up) {
                let found = self.look_through(&[site]);
                if found.wished + found.gone > 0 {
                    self.tell(&format!("library {}", self.sites[site].root.name), &found);
                }
            }
        }
    }

    fn asked(&mut self, look: Look) {
        match look {
            Look::All => {
                let found = self.look_through(&self.all());
                self.tell("all libraries", &found);
            }
            Look::Path(path) => {
                let found = self.look_at(&path);
                self.tell(&show_path(&path), &found);
            }
            Look::Accept(path) => {
                let sites = match &path {
                    Some(path) => self.site_of(path).into_iter().collect(),
                    None => self.all(),
                };
                let mut found = Found::default();
                sites.iter().for_each(|it| self.accept(*it, &mut found));
                found.add(self.look_through(&sites));
                self.tell("libraries with the disks that are there now", &found);
            }
        }
    }

    /// Looks at a file, or at a folder with all below it.
    fn look_at(&mut self, path: &Path) -> Found {
        let mut found = Found::default();
        let Some(site) = self.site_of(path) else { return found };
        if path == self.sites[site].root.path {
            return self.look_through(&[site]);
        }
        if !self.check(site) {
            return found;
        }
        if is_gone(path) {
            self.cancel_below(site, path, &mut found);
        } else if path.is_dir() {
            let places = self.sites[site].root.places.clone();
            self.look_in(site, stirred::folders(&places, path), None, &mut found);
        } else if let Some(folder) = path.parent() {
            self.look_in(site, [folder.to_owned()], Some(path), &mut found);
        }
        found
    }

    /// Files that were being written, or held by other tools, are looked at again when that is due.
    fn recheck(&mut self, up: Duration) {
        let mut due = self.settling.take_due(up);
        due.extend(self.locked.iter().filter(|it| *it.1 <= up).map(|it| it.0.clone()));
        let mut look: BTreeMap<usize, BTreeSet<PathBuf>> = BTreeMap::new();
        for path in due {
            self.locked.remove(&path);
            if is_gone(&path) {
                self.settling.forget(&path);
            }
            let site = self.site_of(&path).filter(|it| self.sites[*it].is_well());
            if let (Some(site), Some(folder)) = (site, path.parent()) {
                look.entry(site).or_default().insert(folder.to_owned());
            }
        }
        let mut found = Found::default();
        for (site, folders) in look {
            self.look_in(site, folders, None, &mut found);
        }
    }

    /// Libraries whose disks came or went, and those whose owner asks for a look.
    fn tick(&mut self) {
        for site in self.all() {
            let was_well = self.sites[site].is_well();
            if !self.check(site) {
                continue;
            }
            if was_well {
                self.look_where_asked(site);
            } else {
                let found = self.look_through(&[site]);
                self.tell(&format!("library {}", self.sites[site].root.name), &found);
            }
        }
    }

    /// True for the path of a library's trigger file.
    pub(super) fn is_trigger(&self, site: usize, path: &Path) -> bool {
        self.trigger_of(site).is_some_and(|it| it == path)
    }

    fn trigger_of(&self, site: usize) -> Option<PathBuf> {
        let name = self.timing.trigger_file.as_ref()?;
        Some(self.sites[site].root.path.join(name))
    }

    /// Looks through a library where its trigger file asks for it.
    pub(super) fn look_where_asked(&mut self, site: usize) {
        let Some(file) = self.trigger_of(site) else { return };
        if trigger::asks(&file, &mut self.sites[site].heeded) {
            let found = self.look_through(&[site]);
            let name = &self.sites[site].root.name;
            self.tell(&format!("library {name}, as its trigger file asks"), &found);
        }
    }
}
