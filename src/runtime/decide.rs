//! What is to be done, purely: the board, one input, the time and a grain of chance give actions, each with its reason.

mod clock;
mod command;
mod faults;
mod outcome;

pub use faults::{after_death, after_failure, backoff_ms};

use super::board::{Board, Lease, LeaseId, LibraryPlace, Now};
use super::notice::{Command, CommandRefused};
use super::work::{Outcome, Progress};
use crate::domain::change::{ActivityKind, StepDone};
use crate::domain::execution::{Event, Execution, PutBack, State};
use crate::domain::job::{ExecutionId, JobId, Wish};
use crate::domain::lane::LaneName;

/// What is decided about.
#[derive(Clone, Debug)]
pub enum Input {
    /// A wish changed the store: the execution it is now, and before it the one it took the place of.
    Submitted(Vec<Submitted>),
    /// A worker came back.
    Ended {
        /// With which lease.
        lease: LeaseId,
        /// How.
        outcome: Outcome,
    },
    /// A worker's thread is gone, and nothing came back.
    Lost {
        /// With which lease.
        lease: LeaseId,
    },
    /// A step came along.
    Progress {
        /// Which lease.
        lease: LeaseId,
        /// How far.
        progress: Progress,
    },
    /// A person asks for something.
    Command {
        /// What.
        command: Command,
        /// What it is about, as the store knows it.
        targets: Vec<Target>,
    },
    /// Hours began or ended.
    Hours {
        /// Whose.
        of: HoursOf,
        /// It is open now.
        open: bool,
    },
    /// A lane gives way to a player, or does not any more.
    Hold {
        /// Which lane.
        lane: LaneName,
        /// For whom, a sentence; `None` where it goes on.
        why: Option<String>,
    },
    /// No step is to start any more; running ones are put back after this many milliseconds.
    Drain {
        /// How long they have.
        for_ms: u64,
    },
    /// The process died while this execution ran: seen at the start only.
    Died {
        /// Which.
        execution: ExecutionId,
    },
    /// Time went on.
    Clock,
}

/// What has hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoursOf {
    /// A lane.
    Lane(LaneName),
    /// A library, by name.
    Library(String),
}

/// An execution that a wish made or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Submitted {
    /// Of which job.
    pub job: JobId,
    /// Which.
    pub execution: ExecutionId,
    /// As it stands now.
    pub stands: Execution,
    /// What happened to it; `None` where it is new.
    pub event: Option<Event>,
}

/// A job a command is about.
#[derive(Clone, Debug)]
pub struct Target {
    /// The job.
    pub job: JobId,
    /// Its latest execution.
    pub execution: ExecutionId,
    /// As that stands.
    pub stands: Execution,
    /// The wish that executes it again.
    pub again: Option<Wish>,
}

/// What is to be done. What is written is written first, all of it in one transaction; then the rest is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// An event is appended, with what a step leaves.
    Append {
        /// To which execution's log.
        execution: ExecutionId,
        /// What happened.
        event: Event,
        /// What the step leaves, where it succeeded.
        done: Option<Box<StepDone>>,
    },
    /// A wish is written.
    Wish(Wish),
    /// A switch is turned, for good.
    Switch(Switch),
    /// Something is told, for good.
    Tell {
        /// What kind.
        kind: ActivityKind,
        /// About which execution.
        execution: Option<ExecutionId>,
        /// A sentence.
        text: String,
    },
    /// A step starts: the event is written, then a worker of the lane has it.
    Start {
        /// Which execution.
        execution: ExecutionId,
        /// The lane's place on the board.
        lane: usize,
    },
    /// A worker is asked to stop.
    Stop {
        /// Which lease.
        lease: LeaseId,
        /// For want of progress; otherwise the reason is in the log already.
        for_standing_still: bool,
    },
    /// A lease is over: its worker is free.
    End(LeaseId),
    /// A lease is over, and its worker is replaced.
    GiveUp(LeaseId),
    /// The board takes an execution in.
    Adopt(Submitted),
    /// A lease came along.
    Renew(LeaseId, Progress),
    /// A lease's slowness was told.
    ToldSlow(LeaseId),
    /// An execution's worker stood still once more.
    CountStuck(ExecutionId),
    /// A service failed.
    ServiceFailed {
        /// Which.
        name: String,
        /// Whose lease met it.
        lease: LeaseId,
        /// It is left alone until then, milliseconds since the start.
        open_until_up_ms: Option<u64>,
    },
    /// What the lease's step needs works.
    ServiceWorks(LeaseId),
    /// A disk took nothing more.
    DiskFull {
        /// Which.
        disk: String,
        /// From which execution.
        execution: ExecutionId,
        /// It is left alone until then, milliseconds since the start.
        until_up_ms: u64,
    },
    /// A disk takes something again.
    DiskHasRoom(String),
    /// A lane opens or closes.
    Open(usize, bool),
    /// A library opens or closes.
    OpenLibrary(LibraryPlace, bool),
    /// A lane gives way, and for whom; or goes on.
    Hold(usize, Option<String>),
    /// No step starts any more.
    Drain {
        /// When running steps are put back, milliseconds since the start.
        until_up_ms: u64,
    },
    /// A command is not done.
    Refuse(CommandRefused),
}

/// A durable switch and how it is turned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Everything is paused.
    PausedAll(bool),
    /// A lane is paused; its place on the board.
    Paused(usize, bool),
    /// A lane is not used, and why; or is used again.
    Quarantined(usize, Option<String>),
}

/// An action and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What is to be done.
    pub action: Action,
    /// Why, a few words for the log.
    pub reason: &'static str,
}

impl Decision {
    /// The execution it changes, where it changes one.
    pub(crate) fn touches(&self) -> Option<ExecutionId> {
        match &self.action {
            Action::Append { execution, .. } | Action::Start { execution, .. } => Some(*execution),
            Action::Adopt(submitted) => Some(submitted.execution),
            Action::Wish(_)
            | Action::Switch(_)
            | Action::Tell { .. }
            | Action::Stop { .. }
            | Action::End(_)
            | Action::GiveUp(_)
            | Action::Renew(..)
            | Action::ToldSlow(_)
            | Action::CountStuck(_)
            | Action::ServiceFailed { .. }
            | Action::ServiceWorks(_)
            | Action::DiskFull { .. }
            | Action::DiskHasRoom(_)
            | Action::Open(..)
            | Action::OpenLibrary(..)
            | Action::Hold(..)
            | Action::Drain { .. }
            | Action::Refuse(_) => None,
        }
    }
}

/// What is to be done about an input; `chance` is 0.0 to 1.0 and spreads the tries of many files.
pub fn decide(board: &Board, input: &Input, now: Now, chance: f64) -> Vec<Decision> {
    let mut list = List::default();
    match input {
        Input::Submitted(all) => {
            for submitted in all {
                list.add("a wish", Action::Adopt(submitted.clone()));
                let ended = matches!(submitted.stands.state, State::Cancelled);
                if let Some(lease) = lease_of(board, submitted.execution).filter(|_| ended) {
                    list.stop(lease, "another wish took its place");
                }
            }
        }
        Input::Ended { lease, outcome } => {
            outcome::ended(board, *lease, outcome, now, chance, &mut list)
        }
        Input::Lost { lease } => outcome::lost(board, *lease, now, chance, &mut list),
        Input::Progress { lease, progress } => {
            if board.lease(*lease).is_some_and(|it| it.stopping.is_none()) {
                list.add("it came along", Action::Renew(*lease, *progress));
            }
        }
        Input::Command { command, targets } => {
            command::command(board, command, targets, now, &mut list);
        }
        Input::Hours { of: HoursOf::Lane(name), open } => hours(board, name, *open, &mut list),
        Input::Hours { of: HoursOf::Library(name), open } => {
            library_hours(board, name, *open, &mut list);
        }
        Input::Hold { lane, why } => hold(board, lane, why.as_deref(), &mut list),
        Input::Drain { for_ms } => {
            // Asked again, the earlier end counts.
            let until = now.up_ms.saturating_add(*for_ms);
            let until_up_ms = board.draining_until_up_ms.map_or(until, |it| it.min(until));
            list.add("Kinora is to end", Action::Drain { until_up_ms });
        }
        Input::Died { execution } => outcome::died(board, *execution, now, chance, &mut list),
        Input::Clock => clock::clock(board, now, chance, &mut list),
    }
    list.0
}

fn hours(board: &Board, lane: &LaneName, open: bool, list: &mut List) {
    let Some(lane) = board.lane(lane).filter(|it| board.lanes[*it].open != open) else { return };
    list.add("by the clock on the wall", Action::Open(lane, open));
    if !open {
        let reason = PutBack::OutOfHours;
        list.put_lane_back(board, |it| it == lane, reason, "the lane's hours are over");
    }
}

/// A lane that gives way starts nothing, and what runs on it is put back: what was heard is kept.
fn hold(board: &Board, name: &LaneName, why: Option<&str>, list: &mut List) {
    let Some(place) = board.lane(name) else { return };
    let before = board.lanes[place].held.as_deref();
    if before == why {
        return;
    }
    list.add("who watches is known", Action::Hold(place, why.map(str::to_owned)));
    let told = match (before, why) {
        (None, Some(why)) => {
            let reason = "its lane gives way to a player";
            list.put_lane_back(board, |it| it == place, PutBack::Watched, reason);
            format!("lane {name} gives way: {why}")
        }
        (Some(_), None) => format!("lane {name} goes on: it gave way to a player"),
        // Somebody else watches now: it gives way as before.
        (Some(_), Some(_)) | (None, None) => return,
    };
    list.tell("who watches is known", ActivityKind::Watched, None, told);
}

fn library_hours(board: &Board, name: &str, open: bool, list: &mut List) {
    let Some(place) = board.library(name) else { return };
    if board.library_at(place).is_none_or(|it| it.open == open) {
        return;
    }
    list.add("by the clock on the wall", Action::OpenLibrary(place, open));
    if !open {
        let reason = PutBack::OutOfHours;
        let of_library = |lease: &Lease| {
            board.entry(lease.execution).is_some_and(|it| it.library == Some(place))
        };
        list.put_back(board, of_library, reason, "its library's hours are over");
    }
}

/// The lease by which an execution is held, running or stopping.
fn lease_of(board: &Board, execution: ExecutionId) -> Option<LeaseId> {
    board.entry(execution)?.lease
}

/// Decisions as they are made.
#[derive(Default)]
struct List(Vec<Decision>);

impl List {
    fn add(&mut self, reason: &'static str, action: Action) {
        self.0.push(Decision { action, reason });
    }

    fn append(&mut self, reason: &'static str, execution: ExecutionId, event: Event) {
        self.add(reason, Action::Append { execution, event, done: None });
    }

    fn tell(
        &mut self,
        reason: &'static str,
        kind: ActivityKind,
        execution: impl Into<Option<ExecutionId>>,
        text: String,
    ) {
        self.add(reason, Action::Tell { kind, execution: execution.into(), text });
    }

    fn stop(&mut self, lease: LeaseId, reason: &'static str) {
        self.add(reason, Action::Stop { lease, for_standing_still: false });
    }

    /// Whatever runs on these lanes is put back and stopped.
    fn put_lane_back(
        &mut self,
        board: &Board,
        lanes: impl Fn(usize) -> bool,
        why: PutBack,
        reason: &'static str,
    ) {
        self.put_back(board, |it| lanes(it.lane), why, reason);
    }

    /// Whatever runs by these leases is put back and stopped.
    fn put_back(
        &mut self,
        board: &Board,
        these: impl Fn(&Lease) -> bool,
        why: PutBack,
        reason: &'static str,
    ) {
        for (id, lease) in board.leases().filter(|(_, it)| these(it)) {
            if board.runs_by(id, lease) {
                self.append(reason, lease.execution, Event::PutBack { reason: why });
                self.stop(id, reason);
            }
        }
    }
}

/// In one word, for refusals.
fn word(state: &State) -> &'static str {
    match state {
        State::Ready { .. } => "waiting",
        State::Running { .. } => "running",
        State::Paused { .. } => "paused",
        State::Parked { .. } => "parked",
        State::Done { .. } => "done",
        State::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests;
