//! The job engine with everything around it played: disk, workers, time, people.

use super::disk::Disk;
use super::{Act, OfJob};
use crate::wishes::{done, wish};
use kinora::domain::execution::{State, Step};
use kinora::domain::fault::Fault;
use kinora::domain::job::{ExecutionId, JobId, Spec};
use kinora::domain::lane::{LaneKind, LaneName};
use kinora::domain::schedule::Schedule;
use kinora::domain::transcript::RawHeard;
use kinora::runtime::board::{LeaseId, Now};
use kinora::runtime::core::{Assignment, Commit, Core, Lanes, Message, Turn};
use kinora::runtime::decide::{HoursOf, Input};
use kinora::runtime::{Command, Failure, LaneSpec, Limits, Notice, Outcome, Progress, Setup};
use kinora::store::{ListQuery, Refused, Store, Wished, Write, Wrote};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The library with hours: files of odd numbers belong to it.
pub(super) const LIBRARY: &str = "Anime";
/// Turns without rest, after which the loop is said to spin.
const TURNS_MAX: usize = 1_000;
/// What happens in one evening, at most.
const EVENING_MAX: usize = 5_000;

/// How a step ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Well,
    Transient,
    Operator,
    Bug,
    ServiceAway,
    DiskFull,
    LaneBroken,
    /// It stands still, and does not stop when asked.
    Never,
}

pub(super) struct World {
    pub(super) disk: Disk,
    pub(super) store: Arc<Store>,
    pub(super) core: Core<Plug, Hands>,
    pub(super) setup: Setup,
    pub(super) now: Now,
    pub(super) told: Arc<Mutex<Vec<Notice>>>,
    /// Executions that a caller was told of.
    pub(super) promised: Vec<ExecutionId>,
    /// A wish is written that the loop could not look at yet.
    pub(super) unheard: bool,
    plug: Arc<Mutex<PlugState>>,
    windows: u8,
}

/// Between the loop and the store.
pub(super) struct Plug {
    store: Arc<Store>,
    state: Arc<Mutex<PlugState>>,
}

#[derive(Default)]
struct PlugState {
    die_in: Option<(u8, bool)>,
    full: u8,
    dead: bool,
}

impl Commit for Plug {
    fn commit(&self, writes: Vec<Write>) -> Result<Vec<Result<Wrote, Refused>>, Fault> {
        let mut state = self.state.lock().unwrap();
        assert!(!state.dead, "the dead do not write");
        if let Some((commits, written)) = state.die_in {
            if commits == 0 {
                if written {
                    Store::commit(&self.store, &writes)?;
                }
                state.dead = true;
                return Err(Fault::bug("dead"));
            }
            state.die_in = Some((commits - 1, written));
        }
        if 0 < state.full {
            state.full -= 1;
            return Err(Fault::operator("the disk is full", "make room"));
        }
        Store::commit(&self.store, &writes)
    }
}

/// The workers.
#[derive(Default)]
pub(super) struct Hands {
    pub(super) held: BTreeMap<LeaseId, Held>,
    strays: Vec<(LeaseId, Step)>,
}

pub(super) struct Held {
    pub(super) assignment: Assignment,
    pub(super) stopped: bool,
    still: bool,
}

impl Lanes for Hands {
    fn start(&mut self, lease: LeaseId, assignment: Assignment) {
        let held = Held { assignment, stopped: false, still: false };
        assert!(self.held.insert(lease, held).is_none(), "a lease is given twice");
    }

    fn stop(&mut self, lease: LeaseId) {
        if let Some(held) = self.held.get_mut(&lease) {
            held.stopped = true;
        }
    }

    fn give_up(&mut self, lease: LeaseId) {
        let held = self.held.remove(&lease).expect("given up twice");
        assert!(held.stopped, "given up without being asked to stop");
        self.strays.push((lease, held.assignment.step));
    }
}

impl World {
    pub(super) fn new() -> World {
        let lane = |&(name, workers): &(&str, usize)| LaneSpec {
            name: LaneName::parse(name).unwrap(),
            workers,
            schedule: Schedule::always(),
        };
        let lanes = [("gpu0", 1), ("cpu", 2), ("ffmpeg", 1), ("net", 2), ("disk", 1)];
        let limits = Limits { tries_max: 9, backoff_max_ms: 600_000, ..Limits::default() };
        let night = Schedule::parse(&["01:00-07:00"]).unwrap();
        let libraries = BTreeMap::from([(LIBRARY.to_owned(), night)]);
        let setup = Setup { lanes: lanes.iter().map(lane).collect(), limits, libraries };
        let disk = Disk::default();
        let store = Arc::new(Store::on(disk.clone()).unwrap());
        let now = Now { unix_ms: 1_700_000_000_000, up_ms: 0 };
        let told = Arc::default();
        let plug = Arc::default();
        let core = open(&store, &plug, &setup, &told, now).unwrap();
        let (promised, unheard, windows) = (Vec::new(), false, 0);
        World { disk, store, core, setup, now, told, promised, unheard, plug, windows }
    }

    pub(super) fn perform(&mut self, act: Act) {
        match act {
            Act::Wish { file, fingerprint, priority, again } => {
                let mut wish = wish(file, fingerprint);
                let Spec::Subtitle { order, .. } = &mut wish.spec;
                order.library = (file % 2 == 1).then(|| LIBRARY.to_owned());
                self.wish(kinora::domain::job::Wish { priority, again, ..wish });
            }
            Act::Step { which, ends } => self.end_step(which, ends),
            Act::Checkpoint { which } => self.checkpoint(which),
            Act::Late { which } => {
                let strays = &mut self.core.lanes_mut().strays;
                if !strays.is_empty() {
                    let (lease, step) = strays.remove(usize::from(which) % strays.len());
                    self.post(Input::Ended { lease, outcome: Ok(done(step)) });
                }
            }
            Act::Wait { ms } => self.wait(ms),
            Act::Kill => self.kill(),
            Act::KillAtCommit { commits, written } => {
                self.plug.lock().unwrap().die_in = Some((commits, written));
            }
            Act::DiskFull { commits } => self.plug.lock().unwrap().full = commits,
            Act::Job { which, what } => {
                let job = JobId(u64::from(which) % 5 + 1);
                self.command(match what {
                    OfJob::Pause => Command::Pause(job),
                    OfJob::Resume => Command::Resume(job),
                    OfJob::Cancel => Command::Cancel(job, "nobody wants it".to_owned()),
                    OfJob::Retry => Command::Retry(job),
                    OfJob::Move(to) => Command::Move(job, to),
                });
            }
            Act::PauseLane { which } => self.command(Command::PauseLane(self.lane(which))),
            Act::ResumeLane { which } => self.command(Command::ResumeLane(self.lane(which))),
            Act::PauseAll => self.command(Command::PauseAll),
            Act::ResumeAll => self.command(Command::ResumeAll),
            Act::RetryAllParked => self.command(Command::RetryAllParked),
            Act::Hours { which, open } => {
                self.post(Input::Hours { of: HoursOf::Lane(self.lane(which)), open });
            }
            Act::Hold { which, on } => {
                let why = on.then(|| "somebody watches Heat (transcode)".to_owned());
                self.post(Input::Hold { lane: self.lane(which), why });
            }
            Act::LibraryHours { open } => {
                self.post(Input::Hours { of: HoursOf::Library(LIBRARY.to_owned()), open });
            }
        }
        self.settle();
    }

    /// The day is over: from now on every step ends like this, and everything comes to rest.
    pub(super) fn rest(&mut self, ends: Ends) {
        *self.plug.lock().unwrap() = PlugState::default();
        self.perform(Act::ResumeAll);
        self.perform(Act::LibraryHours { open: true });
        for which in 0..u8::try_from(self.setup.lanes.len()).unwrap() {
            self.perform(Act::ResumeLane { which });
            self.perform(Act::Hours { which, open: true });
            self.perform(Act::Hold { which, on: false });
        }
        for _ in 0..EVENING_MAX {
            let turn = self.settle();
            if self.core.lanes_mut().held.values().any(|it| !it.still) {
                self.end_step(0, ends);
                continue;
            }
            match turn {
                Turn::Again => {}
                Turn::SleepUntil(up_ms) => self.wait(up_ms - self.now.up_ms),
                Turn::Idle => {
                    self.rules_hold();
                    self.all_rests();
                    return;
                }
            }
        }
        panic!("it does not come to rest");
    }

    /// How many are parked.
    pub(super) fn parked(&self) -> usize {
        let all = self.store.list(&ListQuery { status: None, before: None, limit: 10_000 });
        let is_parked = |it: &State| matches!(it, State::Parked { .. });
        all.unwrap().iter().filter(|it| is_parked(&it.1.execution.state)).count()
    }

    /// Turns until the loop wants to sleep; a process that died on the way is started again.
    pub(super) fn settle(&mut self) -> Turn {
        for _ in 0..TURNS_MAX {
            let turn = self.core.turn(self.now);
            if self.is_dead() {
                self.kill();
            } else if turn != Turn::Again {
                self.unheard &= self.core.view().store_fault.is_some();
                return turn;
            }
        }
        panic!("it turns without rest");
    }

    fn is_dead(&self) -> bool {
        self.plug.lock().unwrap().dead
    }

    fn lane(&self, which: u8) -> LaneName {
        self.setup.lanes[usize::from(which) % self.setup.lanes.len()].name.clone()
    }

    fn wait(&mut self, ms: u64) {
        self.now = Now { unix_ms: self.now.unix_ms + ms, up_ms: self.now.up_ms + ms };
    }

    fn post(&mut self, input: Input) {
        self.core.post(Message::Input(input));
    }

    fn command(&mut self, command: Command) {
        let (asker, answer) = crossbeam::channel::bounded(1);
        self.core.post(Message::Command(command, asker));
        self.settle();
        // Who asks a process that dies is not answered.
        let _ = answer.try_recv();
    }

    fn write(&mut self, write: Write) -> Option<Wrote> {
        let plug = Plug { store: Arc::clone(&self.store), state: Arc::clone(&self.plug) };
        let wrote = plug.commit(vec![write]);
        drop(plug);
        if self.is_dead() {
            self.kill();
        }
        Some(wrote.ok()?.pop()?.unwrap())
    }

    fn wish(&mut self, wish: kinora::domain::job::Wish) {
        let written = self.write(Write::Wish { wish, at_unix_ms: self.now.unix_ms });
        let Some(Wrote::Wished { job, execution, what }) = written else { return };
        self.promised.push(execution);
        if what != Wished::Left {
            self.unheard = true;
            self.core.post(Message::Submitted { job, execution, what });
        }
    }

    fn checkpoint(&mut self, which: u8) {
        let Some((lease, execution)) = self.held(which).map(|it| (it.0, it.1.assignment.execution))
        else {
            return;
        };
        self.windows = self.windows.wrapping_add(1);
        let heard = RawHeard { segments: Vec::new(), language: "en".to_owned() };
        let (key, at_unix_ms) = ([self.windows; 32], self.now.unix_ms);
        if self.write(Write::Window { key, heard, at_unix_ms, of: Some(execution) }).is_some() {
            self.post(Input::Progress { lease, progress: Progress::default() });
        }
    }

    fn held(&mut self, which: u8) -> Option<(LeaseId, &mut Held)> {
        let held = &mut self.core.lanes_mut().held;
        let moving = held.iter_mut().filter(|it| !it.1.still).map(|(id, held)| (*id, held));
        let mut moving: Vec<_> = moving.collect();
        let count = moving.len().max(1);
        (!moving.is_empty()).then(|| moving.swap_remove(usize::from(which) % count))
    }

    fn end_step(&mut self, which: u8, ends: Ends) {
        let Some((lease, held)) = self.held(which) else { return };
        if ends == Ends::Never {
            held.still = true;
            return;
        }
        let (step, stopped) = (held.assignment.step, held.stopped);
        let outcome = if stopped { Err(Failure::Stopped) } else { outcome(step, ends) };
        self.core.lanes_mut().held.remove(&lease);
        self.post(Input::Ended { lease, outcome });
    }

    /// Dies, and starts again from what is on the disk.
    fn kill(&mut self) {
        self.disk = self.disk.as_left();
        self.store = Arc::new(Store::on(self.disk.clone()).unwrap());
        self.unheard = false;
        *self.plug.lock().unwrap() = PlugState::default();
        self.core = open(&self.store, &self.plug, &self.setup, &self.told, self.now).unwrap();
        self.nothing_told_is_forgotten();
    }
}

fn open(
    store: &Arc<Store>,
    plug: &Arc<Mutex<PlugState>>,
    setup: &Setup,
    told: &Arc<Mutex<Vec<Notice>>>,
    now: Now,
) -> Result<Core<Plug, Hands>, Fault> {
    let plug = Plug { store: Arc::clone(store), state: Arc::clone(plug) };
    let told = Arc::clone(told);
    let sink = Arc::new(move |it: &Notice| told.lock().unwrap().push(it.clone()));
    Core::recover(Arc::clone(store), plug, Hands::default(), setup, sink, now)
}

fn outcome(step: Step, ends: Ends) -> Outcome {
    match ends {
        Ends::Well | Ends::Never => Ok(done(step)),
        Ends::Operator => Err(Failure::Step(Fault::operator("it is locked", "unlock it"))),
        Ends::Bug => Err(Failure::Step(Fault::bug("off by one"))),
        Ends::ServiceAway if step == Step::Translate => {
            let fault = Fault::transient("nobody answers", "start it");
            Err(Failure::Service { name: "lan".to_owned(), fault })
        }
        Ends::DiskFull => {
            let fault = Fault::operator("the disk is full", "make room");
            Err(Failure::DiskFull { disk: "/media".to_owned(), fault })
        }
        Ends::LaneBroken if step.lane() == LaneKind::Device => {
            Err(Failure::LaneBroken(Fault::operator("it computes wrongly", "look at it")))
        }
        Ends::Transient | Ends::ServiceAway | Ends::LaneBroken => {
            Err(Failure::Step(Fault::transient("it hiccups", "wait")))
        }
    }
}
