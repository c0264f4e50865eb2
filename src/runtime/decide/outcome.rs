//! A worker came back, or will not: what follows for its execution, its lane and the services it used.

use super::{Action, List, Switch, after_death, after_failure};
use crate::base::text::counted;
use crate::domain::change::{ActivityKind, Change, StepDone};
use crate::domain::execution::{Ending, Event, Next, ParkedWhy, PutBack, Then};
use crate::domain::fault::Fault;
use crate::domain::job::ExecutionId;
use crate::runtime::board::{Board, Lease, LeaseId, Now};
use crate::runtime::work::{Failure, Outcome};

/// A worker came back.
pub(super) fn ended(
    board: &Board,
    id: LeaseId,
    outcome: &Outcome,
    now: Now,
    chance: f64,
    list: &mut List,
) {
    // Too late: its worker was given up, and the step may be somebody else's by now.
    let Some(lease) = board.lease(id) else { return };
    if !board.runs_by(id, lease) {
        list.add("its step was taken from it before", Action::End(id));
        return;
    }
    let still = lease.stopping.is_some_and(|it| it.for_standing_still);
    match outcome {
        Ok(done) => succeeded(board, lease, id, done, list),
        Err(
            Failure::Step(_)
            | Failure::Service { .. }
            | Failure::DiskFull { .. }
            | Failure::Stopped,
        ) if still => {
            fail(board, lease, &stood_still(board, lease), now, chance, list);
        }
        Err(Failure::Step(fault)) => fail(board, lease, fault, now, chance, list),
        Err(Failure::Service { name, fault }) => {
            service_failed(board, (id, lease), name, fault, (now, chance), list);
        }
        Err(Failure::DiskFull { disk, fault }) => {
            disk_full(board, lease, disk, fault, (now, chance), list);
        }
        Err(Failure::LaneBroken(fault)) => lane_broken(board, lease, fault, list),
        Err(Failure::Stopped) => {
            let fault = Fault::bug("a worker stopped without being asked to");
            fail(board, lease, &fault, now, chance, list);
        }
    }
    list.add("its worker came back", Action::End(id));
}

/// A worker's thread is gone.
pub(super) fn lost(board: &Board, id: LeaseId, now: Now, chance: f64, list: &mut List) {
    let Some(lease) = board.lease(id) else { return };
    if board.runs_by(id, lease) {
        let fault =
            Fault::bug(format!("the thread of a worker of lane {} ended", lane(board, lease)));
        fail(board, lease, &fault, now, chance, list);
    }
    list.add("its worker's thread is gone", Action::GiveUp(id));
}

/// The process died while it ran.
pub(super) fn died(board: &Board, id: ExecutionId, now: Now, chance: f64, list: &mut List) {
    let Some(entry) = board.entry(id) else { return };
    let then = after_death(&board.limits, entry.tries, now.unix_ms, chance);
    list.append("the process died while it ran", id, Event::Interrupted { then });
    if let Then::Park(_) = then {
        let step = entry.step.name();
        let text =
            format!("Kinora ended too often while it was at `{step}`: it waits for a person");
        list.tell("it died too often", ActivityKind::Parked, id, text);
    }
}

/// What a worker that did not come along is told to have done.
pub(super) fn stood_still(board: &Board, lease: &Lease) -> Fault {
    let minutes = board.limits.hard_ms / 60_000;
    Fault::transient(
        format!("the step `{}` did not come along for {minutes} minutes", lease.step.name()),
        "it is tried again; if it happens often, look whether the disk or the network hangs",
    )
}

/// The step failed.
pub(super) fn fail(
    board: &Board,
    lease: &Lease,
    fault: &Fault,
    now: Now,
    chance: f64,
    list: &mut List,
) {
    let id = lease.execution;
    let Some(entry) = board.entry(id) else { return };
    let step = (entry.step, entry.tries);
    let then = after_failure(&board.limits, step, fault, now.unix_ms, chance);
    let (reason, kind) = match then {
        Then::RetryAt(_) => ("it may work later", ActivityKind::Failed),
        Then::Park(ParkedWhy::NeedsPerson) => ("a person must act", ActivityKind::Parked),
        Then::Park(ParkedWhy::TriesUsedUp) => ("its tries are used up", ActivityKind::Parked),
        Then::Park(ParkedWhy::AsrFatal) => {
            ("listening failed too often", ActivityKind::AsrFailedFatal)
        }
        Then::Park(ParkedWhy::Crashes) => ("it died too often", ActivityKind::Parked),
        Then::Park(ParkedWhy::Bug) => ("Kinora is wrong", ActivityKind::Parked),
    };
    list.append(reason, id, Event::Failed { fault: fault.clone(), then });
    list.tell(reason, kind, id, format!("`{}` failed: {fault}", lease.step.name()));
}

fn succeeded(board: &Board, lease: &Lease, id: LeaseId, done: &StepDone, list: &mut List) {
    let execution = lease.execution;
    let event = Event::Succeeded { next: done.next };
    let left = Some(Box::new(done.clone()));
    list.add("the step succeeded", Action::Append { execution, event, done: left });
    for change in &done.changes {
        if let Change::Tell { kind, text } = change {
            list.tell("the step saw it", *kind, execution, text.clone());
        }
    }
    if board.services.knows(lease.step) {
        list.add("what it needs works", Action::ServiceWorks(id));
    }
    for disk in board.disks.waited_for(execution) {
        let text = format!("the disk at {disk} has room again: what waited for it goes on");
        list.tell("it wrote there", ActivityKind::DiskLow, None, text);
        list.add("it wrote there", Action::DiskHasRoom(disk.to_owned()));
    }
    if let Next::End(ending) = done.next {
        let text = match ending {
            Ending::Written => {
                counted(done.summary.written.len(), "file was written", "files were written")
            }
            Ending::Skipped => "what is wanted was there".to_owned(),
            Ending::NoSpeech => "nobody speaks in it".to_owned(),
            Ending::Review => {
                let lines = counted(done.summary.failed_lines.len(), "line", "lines");
                format!("{lines} could not be translated and kept the source text")
            }
        };
        let kind = match ending {
            Ending::Written | Ending::Skipped | Ending::NoSpeech => ActivityKind::Finished,
            Ending::Review => ActivityKind::TranslateFailed,
        };
        list.tell("it ended well", kind, execution, text);
    }
}

fn service_failed(
    board: &Board,
    (id, lease): (LeaseId, &Lease),
    name: &str,
    fault: &Fault,
    (now, chance): (Now, f64),
    list: &mut List,
) {
    let limits = &board.limits;
    let in_a_row = board.services.failures(name).saturating_add(1);
    let away = board.services.is_away(name) || limits.breaker_failures_max <= in_a_row;
    let open_until_up_ms = away.then(|| now.up_ms.saturating_add(limits.breaker_open_ms));
    if away {
        let reason = PutBack::ServiceAway;
        let why = "its service is left alone for a while";
        list.append(why, lease.execution, Event::PutBack { reason });
        if !board.services.is_away(name) {
            let text = format!("the service `{name}` is left alone for a while: {fault}");
            list.tell("it failed several times in a row", ActivityKind::Failed, None, text);
        }
    } else {
        fail(board, lease, fault, now, chance, list);
    }
    let failed = Action::ServiceFailed { name: name.to_owned(), lease: id, open_until_up_ms };
    list.add("its service failed", failed);
}

/// What goes to a full disk waits until there is room; told once for each disk.
fn disk_full(
    board: &Board,
    lease: &Lease,
    disk: &str,
    fault: &Fault,
    (now, chance): (Now, f64),
    list: &mut List,
) {
    let limits = &board.limits;
    if limits.tries_max <= 1 {
        // Somebody waits, and can make room.
        return fail(board, lease, fault, now, chance, list);
    }
    let (execution, reason) = (lease.execution, PutBack::DiskFull);
    list.append("its disk is left alone for a while", execution, Event::PutBack { reason });
    if !board.disks.is_full(disk) {
        let text = format!(
            "the disk at {disk} takes nothing more ({}): what goes there waits, and goes on by itself when there is \
             room; make some",
            fault.what
        );
        list.tell("told once for each disk", ActivityKind::DiskLow, None, text);
    }
    let until_up_ms = now.up_ms.saturating_add(limits.disk_full_ms);
    let disk = disk.to_owned();
    list.add("it took nothing", Action::DiskFull { disk, execution, until_up_ms });
}

fn lane_broken(board: &Board, lease: &Lease, fault: &Fault, list: &mut List) {
    let reason = "its lane is broken: another one takes over, or it waits";
    list.append(reason, lease.execution, Event::PutBack { reason: PutBack::Quarantined });
    if board.lanes[lease.lane].quarantined.is_none() {
        let switch = Switch::Quarantined(lease.lane, Some(fault.to_string()));
        list.add("a broken lane does not get steps", Action::Switch(switch));
        let name = lane(board, lease);
        let text = format!("lane {name} is not used any more until it is resumed: {fault}");
        list.tell("somebody must look at it", ActivityKind::GpuQuarantined, lease.execution, text);
    }
}

fn lane(board: &Board, lease: &Lease) -> String {
    board.lanes[lease.lane].name.to_string()
}
