//! What the deciding thread knows: active executions in the order of their turns, lanes, libraries with hours, leases,
//! services. All of it follows from the store and from what was heard since the start; it is changed after the commit
//! and never before.

mod disks;
mod services;

pub(crate) use disks::Disks;
pub(crate) use services::Services;
pub use services::Standing;

use super::limits::{LaneSpec, Limits, Setup};
use super::work::Progress;
use crate::domain::execution::{Execution, State, Step, Tries};
use crate::domain::job::{ExecutionId, JobId, Rank};
use crate::domain::lane::{LaneKind, LaneName};
use std::collections::{BTreeMap, BTreeSet};

/// Number of a lease; each start of a step has its own, so that a late outcome is known as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub u64);

/// The time, as the loop was told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since the Unix epoch: for what is stored. May jump.
    pub unix_ms: u64,
    /// Milliseconds since the start: for limits. Never jumps.
    pub up_ms: u64,
}

/// Sorts executions: higher priority, lower place, older.
type TurnKey = (i16, i64, ExecutionId);

/// The place of a library in [`Board::libraries`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LibraryPlace(u16);

/// What is known of an active execution. There may be 100,000 of them, so it is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of which job.
    pub job: JobId,
    /// Its library, where that has hours.
    pub library: Option<LibraryPlace>,
    /// Its place in the queue.
    pub rank: Rank,
    /// Not before, milliseconds since the Unix epoch.
    pub due_unix_ms: u64,
    /// The step it is at.
    pub step: Step,
    /// How often that was tried.
    pub tries: Tries,
    /// Whether it waits, runs or rests.
    pub phase: Phase,
    /// How often the step was put back because its worker stood still, since the start.
    pub stuck: u8,
    /// The lease that holds it; may outlast its run while a worker is stopping.
    pub lease: Option<LeaseId>,
}

/// Where an active execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It waits for its turn.
    Ready,
    /// A worker has it.
    Running,
    /// A person put it aside.
    Paused,
}

/// A step that a worker has.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// Which execution.
    pub execution: ExecutionId,
    /// Of which job.
    pub job: JobId,
    /// Which step.
    pub step: Step,
    /// The lane's place in [`Board::lanes`].
    pub lane: usize,
    /// Since when.
    pub since: Now,
    /// When it last came along, milliseconds since the start.
    pub moved_up_ms: u64,
    /// How far it is.
    pub progress: Option<Progress>,
    /// Somebody was told that it is slow.
    pub told_slow: bool,
    /// It was asked to stop.
    pub stopping: Option<Stopping>,
}

/// A lease that was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopping {
    /// When, milliseconds since the start.
    pub at_up_ms: u64,
    /// Its own fault: it did not come along. Otherwise the reason is in the log already.
    pub for_standing_still: bool,
}

/// A lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its name.
    pub name: LaneName,
    /// How many workers it has.
    pub workers: usize,
    /// Leases on it, those that are stopping too.
    pub busy: usize,
    /// A person paused it.
    pub paused: bool,
    /// Inside of its hours.
    pub open: bool,
    /// Why it is not used any more.
    pub quarantined: Option<String>,
    /// For whom it gives way, a sentence; not remembered: whoever watches says so again after a start.
    pub held: Option<String>,
}

impl Lane {
    /// Steps may start on it.
    pub fn is_usable(&self) -> bool {
        self.open && !self.paused && self.quarantined.is_none() && self.held.is_none()
    }
}

/// A library with hours of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryState {
    /// Its name.
    pub name: String,
    /// Inside of its hours.
    pub open: bool,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Board {
    /// The limits that decisions keep.
    pub limits: Limits,
    /// The lanes, in the order of the configuration.
    pub lanes: Vec<Lane>,
    /// The libraries with hours.
    pub libraries: Vec<LibraryState>,
    /// Everything is paused.
    pub paused: bool,
    /// It is ending: when running steps are put back, milliseconds since the start.
    pub draining_until_up_ms: Option<u64>,
    pub(crate) services: Services,
    pub(crate) disks: Disks,
    entries: BTreeMap<ExecutionId, Entry>,
    /// Those whose turn may come, by step and library: first those of no library with hours, then as
    /// [`Board::libraries`]. However many of a closed library wait, none of them is looked at.
    ready: [Vec<BTreeSet<TurnKey>>; Step::ALL.len()],
    /// Those that were not due when the time was last looked at, by step.
    waiting: [BTreeSet<(u64, ExecutionId)>; Step::ALL.len()],
    leases: BTreeMap<LeaseId, Lease>,
    leases_begun: u64,
}

impl Board {
    /// An empty one, all lanes and libraries open.
    pub fn new(setup: &Setup) -> Board {
        let lane = |it: &LaneSpec| Lane {
            name: it.name.clone(),
            workers: it.workers,
            busy: 0,
            paused: false,
            open: true,
            quarantined: None,
            held: None,
        };
        let timed = setup.libraries.iter().filter(|it| !it.1.is_always());
        let libraries: Vec<LibraryState> =
            timed.map(|(name, _)| LibraryState { name: name.clone(), open: true }).collect();
        let sets = vec![BTreeSet::new(); 1 + libraries.len()];
        Board {
            limits: setup.limits.clone(),
            lanes: setup.lanes.iter().map(lane).collect(),
            libraries,
            paused: false,
            draining_until_up_ms: None,
            services: Services::default(),
            disks: Disks::default(),
            entries: BTreeMap::new(),
            ready: std::array::from_fn(|_| sets.clone()),
            waiting: Default::default(),
            leases: BTreeMap::new(),
            leases_begun: 0,
        }
    }

    /// An execution stands like this now; one that ended or is parked is forgotten.
    pub fn put(
        &mut self,
        id: ExecutionId,
        job: JobId,
        library: Option<LibraryPlace>,
        execution: &Execution,
    ) {
        let before = self.take(id);
        let (phase, step, tries, due_unix_ms) = match execution.state {
            State::Ready { step, tries, due_unix_ms } => (Phase::Ready, step, tries, due_unix_ms),
            State::Running { step, tries } => (Phase::Running, step, tries, 0),
            State::Paused { step, tries } => (Phase::Paused, step, tries, 0),
            State::Parked { .. } | State::Done { .. } | State::Cancelled => return,
        };
        let stuck = before.filter(|it| it.step == step).map_or(0, |it| it.stuck);
        let lease = before.and_then(|it| it.lease);
        let rank = execution.rank;
        self.enter(id, Entry { job, library, rank, due_unix_ms, step, tries, phase, stuck, lease });
    }

    /// What is known of an execution; `None` where it is not active.
    pub fn entry(&self, id: ExecutionId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// All active executions.
    pub fn entries(&self) -> impl Iterator<Item = (ExecutionId, &Entry)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }

    /// How many wait for a time.
    pub fn not_due(&self) -> usize {
        self.waiting.iter().map(BTreeSet::len).sum()
    }

    /// The lane of this name: its place.
    pub fn lane(&self, name: &LaneName) -> Option<usize> {
        self.lanes.iter().position(|it| it.name == *name)
    }

    /// The library of this name: its place, where it has hours.
    pub fn library(&self, name: &str) -> Option<LibraryPlace> {
        let place = self.libraries.iter().position(|it| it.name == name)?;
        u16::try_from(place).ok().map(LibraryPlace)
    }

    /// A library with hours, by its place.
    pub fn library_at(&self, place: LibraryPlace) -> Option<&LibraryState> {
        self.libraries.get(usize::from(place.0))
    }

    /// A library's hours began or ended.
    pub fn open_library(&mut self, place: LibraryPlace, open: bool) {
        if let Some(library) = self.libraries.get_mut(usize::from(place.0)) {
            library.open = open;
        }
    }

    /// It is ending: running steps are put back then, or sooner where that was said before.
    pub fn drain(&mut self, until_up_ms: u64) {
        let until = self.draining_until_up_ms.map_or(until_up_ms, |it| it.min(until_up_ms));
        self.draining_until_up_ms = Some(until);
    }

    /// A lease, unless it ended or was given up.
    pub fn lease(&self, id: LeaseId) -> Option<&Lease> {
        self.leases.get(&id)
    }

    /// All leases.
    pub fn leases(&self) -> impl Iterator<Item = (LeaseId, &Lease)> {
        self.leases.iter().map(|(id, lease)| (*id, lease))
    }

    /// True where the execution runs, and runs by this lease: only then its outcome counts.
    pub fn runs_by(&self, id: LeaseId, lease: &Lease) -> bool {
        self.entries
            .get(&lease.execution)
            .is_some_and(|it| it.phase == Phase::Running && it.lease == Some(id))
    }

    /// The disks that something waits for, each as its owner knows it.
    pub(crate) fn full_disks(&self) -> Vec<String> {
        self.disks.full(|it| self.entries.contains_key(&it)).map(str::to_owned).collect()
    }

    /// A disk took nothing more from an execution: it waits until then, and one like it tries the disk.
    pub(crate) fn disk_full(&mut self, disk: &str, execution: ExecutionId, until_up_ms: u64) {
        let entries = &self.entries;
        self.disks.filled(disk, execution, until_up_ms, |it| entries.contains_key(&it));
    }

    /// The first so many at a step, first to go first, of libraries that are open, and of a full disk one that tries
    /// it.
    pub(crate) fn first(&self, step: Step, count: usize, now: Now) -> Vec<TurnKey> {
        let doors = std::iter::once(true).chain(self.libraries.iter().map(|it| it.open));
        let open = self.ready[step as usize].iter().zip(doors).filter(|it| it.1);
        let may = |it: &&TurnKey| !self.disks.bars(it.2, now);
        let mut first: Vec<TurnKey> =
            open.flat_map(|(ready, _)| ready.iter().filter(may).take(count)).copied().collect();
        first.sort_unstable();
        self.disks.one_each(&mut first);
        first.truncate(count);
        first
    }

    /// How many executions wait for a kind of lane, due or not.
    pub fn waiting(&self, kind: LaneKind) -> usize {
        let of_kind = Step::ALL.into_iter().filter(|it| it.lane() == kind).map(|it| it as usize);
        let ready = |step: usize| self.ready[step].iter().map(BTreeSet::len).sum::<usize>();
        of_kind.map(|step| ready(step) + self.waiting[step].len()).sum()
    }

    /// Time went on: what became due may have its turn.
    pub fn advance(&mut self, now_unix_ms: u64) {
        for (waiting, ready) in self.waiting.iter_mut().zip(&mut self.ready) {
            while let Some(&(due, id)) = waiting.first().filter(|it| it.0 <= now_unix_ms) {
                waiting.remove(&(due, id));
                if let Some(entry) = self.entries.get(&id) {
                    ready[door(entry)].insert(turn_key(id, entry));
                }
            }
        }
    }

    /// A worker takes an execution that was [`put`](Board::put) as running.
    pub fn begin(&mut self, execution: ExecutionId, lane: usize, now: Now) -> Option<LeaseId> {
        let entry = self.entries.get_mut(&execution)?;
        self.leases_begun += 1;
        let id = LeaseId(self.leases_begun);
        entry.lease = Some(id);
        self.lanes[lane].busy += 1;
        self.services.lease_began(entry.step, id);
        self.disks.lease_began(execution, id);
        let lease = Lease {
            execution,
            job: entry.job,
            step: entry.step,
            lane,
            since: now,
            moved_up_ms: now.up_ms,
            progress: None,
            told_slow: false,
            stopping: None,
        };
        self.leases.insert(id, lease);
        Some(id)
    }

    /// Its worker is free again, or was given up; the execution may be taken by another one.
    pub fn end(&mut self, id: LeaseId) {
        let Some(lease) = self.leases.remove(&id) else { return };
        self.lanes[lease.lane].busy -= 1;
        self.services.lease_ended(id);
        self.disks.lease_ended(id);
        if let Some(mut entry) = self.take(lease.execution) {
            entry.lease = entry.lease.filter(|it| *it != id);
            self.enter(lease.execution, entry);
        }
    }

    /// It is asked to stop; asked again, the first time counts.
    pub fn stop(&mut self, id: LeaseId, stopping: Stopping) {
        if let Some(lease) = self.leases.get_mut(&id) {
            lease.stopping.get_or_insert(stopping);
        }
    }

    /// It came along.
    pub fn renew(&mut self, id: LeaseId, progress: Progress, up_ms: u64) {
        if let Some(lease) = self.leases.get_mut(&id) {
            (lease.progress, lease.moved_up_ms, lease.told_slow) = (Some(progress), up_ms, false);
        }
    }

    /// Somebody was told that it is slow.
    pub fn told_slow(&mut self, id: LeaseId) {
        if let Some(lease) = self.leases.get_mut(&id) {
            lease.told_slow = true;
        }
    }

    /// Its worker stood still once more.
    pub fn count_stuck(&mut self, id: ExecutionId) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.stuck = entry.stuck.saturating_add(1);
        }
    }

    /// The next time at which something is to be decided without any input, milliseconds since the start.
    pub fn wake_up_ms(&self, now: Now) -> Option<u64> {
        let first = self.waiting.iter().filter_map(|it| it.first()).map(|it| it.0);
        let due = first.map(|due| now.up_ms + due.saturating_sub(now.unix_ms));
        let drained = self.draining_until_up_ms.filter(|_| !self.leases.is_empty());
        let leases = self.leases.values().map(|it| self.lease_wakes_up_ms(it));
        let all = leases.chain(due).chain(drained).chain(self.services.wake_up_ms());
        let all = all.chain(self.disks.wake_up_ms());
        all.filter(|it| now.up_ms < *it).min()
    }

    fn lease_wakes_up_ms(&self, lease: &Lease) -> u64 {
        match lease.stopping {
            Some(stopping) => stopping.at_up_ms + self.limits.grace_ms,
            None if lease.told_slow => lease.moved_up_ms + self.limits.hard_ms,
            None => lease.moved_up_ms + self.limits.soft_ms.min(self.limits.hard_ms),
        }
    }

    fn take(&mut self, id: ExecutionId) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        self.waiting[entry.step as usize].remove(&(entry.due_unix_ms, id));
        self.ready[entry.step as usize][door(&entry)].remove(&turn_key(id, &entry));
        Some(entry)
    }

    /// It is not taken for due before [`advance`](Board::advance) says so. One that a worker still holds has no turn.
    fn enter(&mut self, id: ExecutionId, entry: Entry) {
        if entry.phase == Phase::Ready && entry.lease.is_none() {
            self.waiting[entry.step as usize].insert((entry.due_unix_ms, id));
        }
        self.entries.insert(id, entry);
    }
}

/// Its library's place among the sets of those that are ready.
fn door(entry: &Entry) -> usize {
    entry.library.map_or(0, |it| 1 + usize::from(it.0))
}

fn turn_key(id: ExecutionId, entry: &Entry) -> TurnKey {
    let (priority, place) = entry.rank.sort_key();
    (priority, place, id)
}
