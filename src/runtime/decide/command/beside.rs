//! One place sooner or later in the queue.

use crate::domain::job::{ExecutionId, Rank};
use crate::runtime::board::{Board, Entry, Phase};
use crate::runtime::decide::Target;

/// What sorts those of one priority.
type Key = (i64, ExecutionId);

/// The new ranks when an execution changes places with the one before or behind it among those of its priority that
/// wait; none where there is no such one. They are those of the two, but where places are shared, which pushes others
/// on.
pub(super) fn moved(board: &Board, target: &Target, up: bool) -> Vec<(ExecutionId, Rank)> {
    let priority = target.stands.rank.priority;
    let mine = (target.stands.rank.place, target.execution);
    let waits = |it: &(ExecutionId, &Entry)| {
        it.1.rank.priority == priority && it.1.phase != Phase::Running && it.0 != target.execution
    };
    let others = || board.entries().filter(waits).map(|(id, it)| (it.rank.place, id));
    let before = |key: Key| others().filter(|it| *it < key).max();
    let behind = |key: Key| others().filter(|it| key < *it).min();
    let pair =
        if up { before(mine).map(|it| (it, mine)) } else { behind(mine).map(|it| (mine, it)) };
    let Some((first, second)) = pair else { return Vec::new() };
    let mut moved = Vec::new();
    let mut last = before(first);
    let mut next = Some((second, first.0));
    let mut turn = vec![(first, first.0)];
    while let Some(((old, id), wanted)) = next {
        let place = place_behind(last, wanted, id);
        if place != old {
            moved.push((id, Rank { priority, place }));
        } else if turn.is_empty() {
            break;
        }
        last = Some((place, id));
        next = turn.pop().or_else(|| behind(second.max((old, id))).map(|it| (it, it.0)));
    }
    moved
}

/// The wanted place, or the lowest that is behind another execution's.
fn place_behind(last: Option<Key>, wanted: i64, id: ExecutionId) -> i64 {
    match last {
        Some(last) if (wanted, id) < last && last.1 < id => last.0,
        Some(last) if (wanted, id) < last => last.0.saturating_add(1),
        Some(_) | None => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::execution::{Execution, State, Step, Tries};
    use crate::domain::job::JobId;
    use crate::runtime::limits::{Limits, Setup};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn state(phase: u8) -> State {
        let (step, tries) = (Step::Listen, Tries::default());
        match phase {
            0 => State::Running { step, tries },
            1 => State::Paused { step, tries },
            due => State::Ready { step, tries, due_unix_ms: u64::from(due) },
        }
    }

    fn queue(board: &Board, but: ExecutionId, priority: i8) -> Vec<ExecutionId> {
        let counts = |it: &(ExecutionId, &Entry)| {
            it.1.rank.priority == priority && (it.1.phase != Phase::Running || it.0 == but)
        };
        let mut all: Vec<_> =
            board.entries().filter(counts).map(|(id, it)| (it.rank.place, id)).collect();
        all.sort_unstable();
        all.into_iter().map(|it| it.1).collect()
    }

    proptest! {
        /// Whatever places are shared: the two change places, and nobody else does.
        #[test]
        fn two_change_places_and_nobody_else(
            all in prop::collection::vec((0..2i8, -3..4i64, 0..4u8), 1..14),
            which in any::<prop::sample::Index>(),
            up in any::<bool>(),
        ) {
            let setup = Setup { lanes: Vec::new(), limits: Limits::default(), libraries: BTreeMap::new() };
            let mut board = Board::new(&setup);
            let mut stands = BTreeMap::new();
            for ((priority, place, phase), id) in all.into_iter().zip(1..) {
                let it = Execution { state: state(phase), rank: Rank { priority, place } };
                board.put(ExecutionId(id), JobId(id), None, &it);
                stands.insert(ExecutionId(id), it);
            }
            let execution = *which.get(&stands.keys().copied().collect::<Vec<_>>());
            let target =
                Target { job: JobId(execution.0), execution, stands: stands[&execution].clone(), again: None };
            let priority = target.stands.rank.priority;
            let mut wanted = queue(&board, execution, priority);
            let at = wanted.iter().position(|it| *it == execution).unwrap();
            let other = if up { at.checked_sub(1) } else { Some(at + 1).filter(|it| *it < wanted.len()) };
            let changes = moved(&board, &target, up);
            prop_assert_eq!(changes.is_empty(), other.is_none());
            if let Some(other) = other {
                wanted.swap(at, other);
            }
            for (id, rank) in changes {
                let it = Execution { rank, ..stands[&id].clone() };
                board.put(id, JobId(id.0), None, &it);
            }
            prop_assert_eq!(queue(&board, execution, priority), wanted);
        }
    }

    #[test]
    fn mostly_two_change_and_each_has_the_place_of_the_other() {
        let setup =
            Setup { lanes: Vec::new(), limits: Limits::default(), libraries: BTreeMap::new() };
        let mut board = Board::new(&setup);
        let stands = |place| Execution { state: state(2), rank: Rank { priority: 0, place } };
        for id in 1..=9 {
            board.put(ExecutionId(id), JobId(id), None, &stands(id as i64 * 10));
        }
        let target =
            Target { job: JobId(5), execution: ExecutionId(5), stands: stands(50), again: None };
        let places = |up| {
            moved(&board, &target, up)
                .into_iter()
                .map(|(id, it)| (id.0, it.place))
                .collect::<Vec<_>>()
        };
        assert_eq!(places(true), [(5, 40), (4, 41)]);
        assert_eq!(places(false), [(6, 50), (5, 51)]);
    }
}
