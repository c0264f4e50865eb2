//! Disks that take nothing more: who waits, who tries, and that it is told once.

use super::*;

const DISK: &str = "/media/films";

fn full() -> Failure {
    let fault = Fault::operator("the disk is full", "make room");
    Failure::DiskFull { disk: DISK.to_owned(), fault }
}

/// What is decided of a step that ended so, as on a page.
fn decided(board: &Board, lease: LeaseId, outcome: Outcome, now: Now) -> String {
    let decisions = decide(board, &Input::Ended { lease, outcome }, now, 0.0);
    decisions.iter().map(|it| format!("{:?}\n", it.action)).collect()
}

/// Those who start at a time.
fn starts(board: &mut Board, now: Now) -> Vec<u64> {
    board.advance(now.unix_ms);
    let decisions = decide(board, &Input::Clock, now, 0.0);
    let started = decisions.into_iter().filter_map(|it| {
        let Action::Start { execution, .. } = it.action else { return None };
        Some(execution.0)
    });
    started.collect()
}

/// It met a full disk at this time, and waits.
fn turned_away(board: &mut Board, id: u64, lease: LeaseId, now: Now) {
    let until = now.up_ms + board.limits.disk_full_ms;
    put(board, id, ready(Step::Publish, 0));
    board.disk_full(DISK, ExecutionId(id), until);
    board.end(lease);
}

#[test]
fn what_meets_a_full_disk_waits_and_one_of_them_tries_it() {
    let mut board = with_lanes(&[("disk", 2)]);
    let wait = board.limits.disk_full_ms;
    let lease = run(&mut board, 1, "disk", Step::Publish, tried(0));
    let first = decided(&board, lease, Err(full()), NOW);
    assert!(first.contains("PutBack { reason: DiskFull }"), "not counted: {first}");
    assert!(first.contains("DiskLow") && first.contains(DISK), "told: {first}");
    turned_away(&mut board, 1, lease, NOW);
    let lease = run(&mut board, 2, "disk", Step::Publish, tried(0));
    let second = decided(&board, lease, Err(full()), NOW);
    assert!(!second.contains("DiskLow"), "told once: {second}");
    turned_away(&mut board, 2, lease, NOW);
    assert_eq!(board.full_disks(), [DISK]);

    // Others do not wait for it.
    put(&mut board, 3, ready(Step::Publish, 0));
    assert_eq!(starts(&mut board, later(wait - 1)), [3]);
    assert_eq!(board.wake_up_ms(NOW), Some(NOW.up_ms + wait));
    board.put(ExecutionId(3), JobId(3), None, &execution(3, State::Cancelled));
    assert_eq!(starts(&mut board, later(wait)), [1], "one tries it");

    let lease = run(&mut board, 1, "disk", Step::Publish, tried(0));
    assert_eq!(starts(&mut board, later(wait)), [0; 0], "while it is tried the other waits");
    let well = decided(&board, lease, Ok(done(Next::End(Ending::Written))), later(wait));
    assert!(well.contains("has room again") && well.contains("DiskHasRoom"), "{well}");
    board.disks.has_room(DISK);
    assert_eq!(starts(&mut board, later(wait)), [2], "all go on");
}

#[test]
fn a_try_that_ends_otherwise_bars_nobody() {
    let mut board = with_lanes(&[("disk", 1)]);
    for id in [1, 2] {
        let lease = run(&mut board, id, "disk", Step::Publish, tried(0));
        turned_away(&mut board, id, lease, NOW);
    }
    let then = later(board.limits.disk_full_ms);
    let lease = run(&mut board, 1, "disk", Step::Publish, tried(0));
    board.put(ExecutionId(1), JobId(1), None, &execution(1, State::Cancelled));
    board.end(lease);
    assert_eq!(starts(&mut board, then), [2]);
    board.put(ExecutionId(2), JobId(2), None, &execution(2, State::Cancelled));
    assert_eq!(board.full_disks(), [""; 0], "nobody waits any more");
}

#[test]
fn where_somebody_waits_it_is_told_now() {
    let mut board = with_lanes(&[("disk", 1)]);
    board.limits.tries_max = 1;
    let lease = run(&mut board, 1, "disk", Step::Publish, tried(0));
    let told = decided(&board, lease, Err(full()), NOW);
    assert!(told.contains("Park(NeedsPerson)"), "{told}");
}
