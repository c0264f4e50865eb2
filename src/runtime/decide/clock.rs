//! Time went on: limits of running steps, the end of draining, and who may start.

use super::outcome::{fail, stood_still};
use super::{Action, List};
use crate::domain::change::ActivityKind;
use crate::domain::execution::{Event, PutBack, Step};
use crate::domain::job::{ExecutionId, WATCHED};
use crate::domain::lane::{LaneKind, LaneName};
use crate::runtime::board::{Board, Lease, LeaseId, Now, Standing};

/// All that time brings.
pub(super) fn clock(board: &Board, now: Now, chance: f64, list: &mut List) {
    for (id, lease) in board.leases() {
        match lease.stopping {
            None => overdue(board, (id, lease), now, list),
            Some(it) if it.at_up_ms.saturating_add(board.limits.grace_ms) <= now.up_ms => {
                give_up(board, (id, lease), now, chance, list);
            }
            Some(_) => {}
        }
    }
    match board.draining_until_up_ms {
        Some(until) if until <= now.up_ms => {
            let reason = "Kinora waited for it long enough";
            list.put_lane_back(board, |_| true, PutBack::ShuttingDown, reason);
        }
        Some(_) => {}
        None if board.paused => {}
        None => {
            for kind in [LaneKind::Device, LaneKind::Ffmpeg, LaneKind::Network, LaneKind::Disk] {
                starts(board, kind, now, list);
            }
            // Only these take long, and keep what they did.
            for kind in [LaneKind::Device, LaneKind::Network] {
                make_room(board, kind, now, list);
            }
        }
    }
}

fn overdue(board: &Board, (id, lease): (LeaseId, &Lease), now: Now, list: &mut List) {
    let stood_ms = now.up_ms.saturating_sub(lease.moved_up_ms);
    if board.limits.hard_ms <= stood_ms {
        let stop = Action::Stop { lease: id, for_standing_still: true };
        list.add("it does not come along: the hard limit", stop);
    } else if board.limits.soft_ms <= stood_ms && !lease.told_slow {
        let minutes = stood_ms / 60_000;
        let step = lease.step.name();
        let text = format!("`{step}` did not come along for {minutes} minutes");
        list.tell("the soft limit", ActivityKind::Slow, lease.execution, text);
        list.add("told once", Action::ToldSlow(id));
    }
}

/// Its worker was asked to stop and does not.
fn give_up(board: &Board, (id, lease): (LeaseId, &Lease), now: Now, chance: f64, list: &mut List) {
    let execution = lease.execution;
    let stuck = board.entry(execution).map_or(0, |it| it.stuck);
    if board.runs_by(id, lease) {
        if stuck < board.limits.stuck_max {
            let reason = PutBack::Stuck;
            list.append("its worker stands still", execution, Event::PutBack { reason });
            list.add("so often at most", Action::CountStuck(execution));
        } else {
            // It is not the worker's fault each time.
            fail(board, lease, &stood_still(board, lease), now, chance, list);
        }
    }
    let (step, lane) = (lease.step.name(), &board.lanes[lease.lane].name);
    let text = format!("`{step}` did not stop when asked: its worker of lane {lane} is replaced");
    list.tell("its worker stands still", ActivityKind::PutBack, execution, text);
    list.add("its worker stands still", Action::GiveUp(id));
}

/// Free workers of a kind take the first ones that wait for it.
fn starts(board: &Board, kind: LaneKind, now: Now, list: &mut List) {
    let mut free: Vec<(usize, usize)> = usable(board, kind)
        .map(|lane| (lane, board.lanes[lane].workers.saturating_sub(board.lanes[lane].busy)))
        .collect();
    let workers: usize = free.iter().map(|it| it.1).sum();
    if workers == 0 {
        return;
    }
    let steps = Step::ALL.into_iter().filter(|it| it.lane() == kind);
    let mut waiting: Vec<_> =
        steps.flat_map(|step| candidates(board, step, workers, now)).collect();
    waiting.sort_unstable();
    for (.., execution) in waiting.into_iter().take(workers) {
        // The lane with the most free workers; of equals the first.
        let Some(lane) = free.iter_mut().rev().max_by_key(|it| it.1).filter(|it| 0 < it.1) else {
            return;
        };
        lane.1 -= 1;
        let lane = lane.0;
        list.add("its turn, and a worker is free", Action::Start { execution, lane });
    }
}

/// What a viewer waits for does not wait for other work: that is put back, the last in the queue first.
fn make_room(board: &Board, kind: LaneKind, now: Now, list: &mut List) {
    let lanes: Vec<usize> = usable(board, kind).collect();
    let busy: usize = lanes.iter().map(|it| board.lanes[*it].busy).sum();
    let workers: usize = lanes.iter().map(|it| board.lanes[*it].workers).sum();
    let (mut leaving, mut others) = (0, Vec::new());
    for (id, lease) in board.leases().filter(|it| lanes.contains(&it.1.lane)) {
        let entry = board.entry(lease.execution).filter(|_| board.runs_by(id, lease));
        match entry {
            Some(entry) if lease.stopping.is_none() => {
                if entry.rank.priority < WATCHED {
                    others.push((entry.rank.sort_key(), lease.execution, id));
                }
            }
            Some(_) | None => leaving += 1,
        }
    }
    let steps = Step::ALL.into_iter().filter(|it| it.lane() == kind);
    let waiting = steps.flat_map(|step| candidates(board, step, workers, now));
    let watched = waiting.filter(|it| it.0 == -i16::from(WATCHED)).count();
    let room = workers.saturating_sub(busy) + leaving;
    others.sort_unstable();
    for (.., execution, id) in others.into_iter().rev().take(watched.saturating_sub(room)) {
        let reason = "a viewer waits for another film";
        list.append(reason, execution, Event::PutBack { reason: PutBack::Watched });
        list.stop(id, reason);
    }
}

/// The first ones at a step, as many as there are workers; fewer where a service is away.
fn candidates(board: &Board, step: Step, workers: usize, now: Now) -> Vec<(i16, i64, ExecutionId)> {
    match board.services.standing(step, now) {
        Standing::Free => board.first(step, workers, now),
        Standing::Barred => Vec::new(),
        Standing::Probe(rather_not) => {
            let mut first = board.first(step, 2, now);
            // It comes last, and not at all where there is another one.
            first.sort_by_key(|it| it.2 == rather_not);
            first.truncate(1);
            first
        }
    }
}

/// The lanes that may serve a kind. The processor listens only where no GPU is left to do it.
fn usable(board: &Board, kind: LaneKind) -> impl Iterator<Item = usize> {
    let gpu_left = board
        .lanes
        .iter()
        .any(|it| matches!(it.name, LaneName::Gpu(_)) && it.quarantined.is_none());
    let lanes = board.lanes.iter().enumerate();
    let of_kind = lanes.filter(move |(_, lane)| lane.name.kind() == kind && lane.is_usable());
    of_kind.filter(move |(_, lane)| lane.name != LaneName::Cpu || !gpu_left).map(|it| it.0)
}
