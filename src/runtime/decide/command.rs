//! A person asks for something.

mod beside;

use super::{Action, List, Switch, Target, lease_of, word};
use crate::domain::change::ActivityKind;
use crate::domain::execution::{Event, PutBack, State};
use crate::domain::fault::Fault;
use crate::domain::job::{JobId, Rank, WATCHED};
use crate::domain::lane::LaneName;
use crate::runtime::board::{Board, Now};
use crate::runtime::notice::{Command, CommandRefused, MoveTo};

const ASKED: &str = "a person asked for it";

/// What a command comes to; one that changes nothing is done already.
pub(super) fn command(
    board: &Board,
    command: &Command,
    targets: &[Target],
    now: Now,
    list: &mut List,
) {
    let before = list.0.len();
    match command {
        Command::PauseLane(name) => pause_lane(board, name, list),
        Command::ResumeLane(name) => resume_lane(board, name, list),
        Command::PauseAll => {
            if !board.paused {
                list.add(ASKED, Action::Switch(Switch::PausedAll(true)));
            }
            list.put_lane_back(board, |_| true, PutBack::LanePaused, "everything is paused");
        }
        Command::ResumeAll if board.paused => {
            list.add(ASKED, Action::Switch(Switch::PausedAll(false)));
        }
        Command::ResumeAll => {}
        Command::RetryAllParked => {
            let parked = |it: &&Target| matches!(it.stands.state, State::Parked { .. });
            for target in targets.iter().filter(parked) {
                let event = Event::Retried { at_unix_ms: now.unix_ms };
                list.append(ASKED, target.execution, event);
            }
        }
        Command::Pause(job)
        | Command::Resume(job)
        | Command::Cancel(job, _)
        | Command::Retry(job)
        | Command::Move(job, _) => match targets.first() {
            Some(target) => of_job(board, command, target, now, list),
            None => list.add("unknown", Action::Refuse(CommandRefused::NoSuchJob(*job))),
        },
    }
    let done = list.0[before..].iter().all(|it| !matches!(it.action, Action::Refuse(_)));
    let in_person = !matches!(command, Command::Move(_, MoveTo::Watched));
    if done && in_person && before < list.0.len() {
        let about = targets.first().filter(|_| targets.len() == 1).map(|it| it.execution);
        list.tell(ASKED, ActivityKind::Commanded, about, words(command));
    }
}

fn pause_lane(board: &Board, name: &LaneName, list: &mut List) {
    let Some(lane) = board.lane(name) else {
        list.add("unknown", Action::Refuse(CommandRefused::NoSuchLane(name.clone())));
        return;
    };
    if !board.lanes[lane].paused {
        list.add(ASKED, Action::Switch(Switch::Paused(lane, true)));
    }
    list.put_lane_back(board, |it| it == lane, PutBack::LanePaused, "its lane is paused");
}

fn resume_lane(board: &Board, name: &LaneName, list: &mut List) {
    let Some(lane) = board.lane(name) else {
        list.add("unknown", Action::Refuse(CommandRefused::NoSuchLane(name.clone())));
        return;
    };
    if board.lanes[lane].paused {
        list.add(ASKED, Action::Switch(Switch::Paused(lane, false)));
    }
    if board.lanes[lane].quarantined.is_some() {
        list.add(ASKED, Action::Switch(Switch::Quarantined(lane, None)));
    }
}

fn of_job(board: &Board, command: &Command, target: &Target, now: Now, list: &mut List) {
    if let Command::Move(_, to @ (MoveTo::Up | MoveTo::Down)) = command
        && is_movable(&target.stands.state)
    {
        for (execution, rank) in beside::moved(board, target, *to == MoveTo::Up) {
            list.append(ASKED, execution, Event::Moved { rank });
        }
        return;
    }
    let event = match of_state(board, command, target, now) {
        OfJob::Event(event) => event,
        OfJob::Nothing => return,
        OfJob::Again => {
            if let Some(wish) = &target.again {
                list.add(ASKED, Action::Wish(wish.clone()));
            }
            return;
        }
        OfJob::Refuse => {
            let refused = conflict(command, &target.stands.state);
            list.add("its state does not allow it", Action::Refuse(refused));
            return;
        }
    };
    let stops = matches!(event, Event::Paused | Event::Cancelled { .. });
    list.append(ASKED, target.execution, event);
    if let Some(lease) = lease_of(board, target.execution).filter(|_| stops) {
        list.stop(lease, ASKED);
    }
}

/// What a command about a job comes to.
enum OfJob {
    Event(Event),
    /// It is wished anew.
    Again,
    /// What is asked for is so already.
    Nothing,
    Refuse,
}

fn of_state(board: &Board, command: &Command, target: &Target, now: Now) -> OfJob {
    let state = &target.stands.state;
    match command {
        Command::Pause(_) => match state {
            State::Ready { .. } | State::Running { .. } => OfJob::Event(Event::Paused),
            State::Paused { .. } => OfJob::Nothing,
            State::Parked { .. } | State::Done { .. } | State::Cancelled => OfJob::Refuse,
        },
        Command::Resume(_) => match state {
            State::Paused { .. } => OfJob::Event(Event::Resumed),
            State::Ready { .. } | State::Running { .. } => OfJob::Nothing,
            State::Parked { .. } | State::Done { .. } | State::Cancelled => OfJob::Refuse,
        },
        Command::Cancel(_, reason) => match state {
            State::Ready { .. }
            | State::Running { .. }
            | State::Paused { .. }
            | State::Parked { .. } => OfJob::Event(Event::Cancelled { reason: reason.clone() }),
            State::Cancelled => OfJob::Nothing,
            State::Done { .. } => OfJob::Refuse,
        },
        Command::Retry(_) | Command::RetryAllParked => match state {
            State::Ready { .. } | State::Parked { .. } => {
                OfJob::Event(Event::Retried { at_unix_ms: now.unix_ms })
            }
            State::Done { .. } | State::Cancelled => OfJob::Again,
            State::Running { .. } | State::Paused { .. } => OfJob::Refuse,
        },
        Command::Move(_, to) if is_movable(state) => {
            OfJob::Event(Event::Moved { rank: moved(board, target, *to) })
        }
        Command::Move(..) => OfJob::Refuse,
        Command::PauseLane(_) | Command::ResumeLane(_) | Command::PauseAll | Command::ResumeAll => {
            OfJob::Nothing
        }
    }
}

/// It has a place in the queue.
fn is_movable(state: &State) -> bool {
    match state {
        State::Ready { .. } | State::Running { .. } | State::Paused { .. } => true,
        State::Parked { .. } | State::Done { .. } | State::Cancelled => false,
    }
}

fn moved(board: &Board, target: &Target, to: MoveTo) -> Rank {
    let Rank { priority, place } = target.stands.rank;
    let alike =
        board.entries().filter(|it| it.1.rank.priority == priority).map(|it| it.1.rank.place);
    match to {
        MoveTo::Priority(priority) => Rank { priority, place },
        // Others are moved with it, if at all: see `beside`.
        MoveTo::Up | MoveTo::Down => target.stands.rank,
        MoveTo::Watched => {
            let watched = board.entries().filter(|it| it.1.rank.priority == WATCHED);
            let first = watched.map(|it| it.1.rank.place).min().unwrap_or(place);
            Rank { priority: WATCHED, place: first.min(place).saturating_sub(1) }
        }
        MoveTo::Top => {
            let first = alike.min().unwrap_or(place);
            Rank { priority, place: first.saturating_sub(1) }
        }
        MoveTo::Bottom => {
            let last = alike.max().unwrap_or(place);
            Rank { priority, place: last.saturating_add(1) }
        }
    }
}

fn conflict(command: &Command, state: &State) -> CommandRefused {
    let remedy = match state {
        State::Paused { .. } => "resume it first",
        State::Parked { .. } => "retry or cancel it",
        State::Done { .. } | State::Cancelled => "retry it, then it is executed again",
        State::Ready { .. } | State::Running { .. } => "wait until it ends, or cancel it",
    };
    let what = format!("a job that is {} cannot be {}", word(state), participle(command));
    CommandRefused::Conflict(Fault::operator(what, remedy))
}

fn participle(command: &Command) -> &'static str {
    match command {
        Command::Pause(_) | Command::PauseLane(_) | Command::PauseAll => "paused",
        Command::Resume(_) | Command::ResumeLane(_) | Command::ResumeAll => "resumed",
        Command::Cancel(..) => "cancelled",
        Command::Retry(_) | Command::RetryAllParked => "retried",
        Command::Move(..) => "moved",
    }
}

fn words(command: &Command) -> String {
    let done = participle(command);
    match command {
        Command::Pause(JobId(id))
        | Command::Resume(JobId(id))
        | Command::Retry(JobId(id))
        | Command::Move(JobId(id), _) => format!("job {id} was {done}"),
        Command::Cancel(JobId(id), reason) => format!("job {id} was {done}: {reason}"),
        Command::PauseLane(lane) | Command::ResumeLane(lane) => format!("lane {lane} was {done}"),
        Command::PauseAll | Command::ResumeAll => format!("everything was {done}"),
        Command::RetryAllParked => format!("everything that was parked was {done}"),
    }
}
