//! The numbers of one library, and what follows from them.

use crate::domain::execution::{Ending, State, Step};
use crate::domain::job::{ExecutionId, JobId};
use crate::store::ExecutionRow;
use std::collections::BinaryHeap;

/// Files kept as the next ones: more than are told, since some begin before somebody asks.
const NEXT_KEPT_MAX: usize = 32;
/// How far back it is looked how fast files end.
const PACE_WINDOW_MS: u64 = 6 * 60 * 60 * 1000;
/// Fewer files that ended with work say nothing about the next one.
const PACE_FILES_MIN: u64 = 3;

/// The numbers of a library; every file is in one of those that follow `files`.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) files: u64,
    pub(super) done: u64,
    pub(super) skipped: u64,
    pub(super) running: u64,
    pub(super) waiting: u64,
    pub(super) failed: u64,
    pub(super) cancelled: u64,
    pub(super) unwished: u64,
    /// Files that have each wanted language, in the order of [`wanted`](super::census::wanted).
    pub(super) have: Vec<u64>,
    next: BinaryHeap<Queued>,
    pace: Pace,
}

/// A file that waits for its turn; sorts the first to go first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Queued {
    /// When it is due where that is not yet, milliseconds since the Unix epoch; then what sorts by turns.
    key: (u64, (i16, i64)),
    pub(super) execution: ExecutionId,
    pub(super) job: JobId,
    pub(super) path: String,
}

/// How fast files end, and what still waits.
#[derive(Clone, Debug, Default)]
struct Pace {
    now_unix_ms: u64,
    /// Files that ended with work in the window, the first of them, and files that ended without.
    worked: u64,
    first_unix_ms: Option<u64>,
    unworked: u64,
    /// Files that wait and were looked into, and those that were not.
    looked: u64,
    unlooked: u64,
}

impl Tally {
    /// Of no file yet; how fast they end is measured up to now.
    pub(super) fn new(languages: usize, now_unix_ms: u64) -> Tally {
        let pace = Pace { now_unix_ms, ..Pace::default() };
        Tally { have: vec![0; languages], pace, ..Tally::default() }
    }

    /// A file, whose job stands like this; `path` is what is shown of it.
    pub(super) fn add(
        &mut self,
        job: Option<(JobId, ExecutionId, &ExecutionRow)>,
        path: impl FnOnce() -> String,
    ) {
        self.files += 1;
        let Some((job, execution, row)) = job else {
            self.unwished += 1;
            return;
        };
        let state = &row.execution.state;
        match state {
            State::Ready { .. } | State::Paused { .. } => self.waiting += 1,
            State::Running { .. } => self.running += 1,
            State::Parked { .. } => self.failed += 1,
            State::Done { ending: Ending::Skipped } => self.skipped += 1,
            State::Done { ending: Ending::Written | Ending::NoSpeech | Ending::Review } => {
                self.done += 1;
            }
            State::Cancelled => self.cancelled += 1,
        }
        self.pace.add(state, row.changed_unix_ms);
        if let State::Ready { due_unix_ms, .. } = state {
            let due = if *due_unix_ms <= self.pace.now_unix_ms { 0 } else { *due_unix_ms };
            let key = (due, row.execution.rank.sort_key());
            let is_sooner =
                self.next.peek().is_none_or(|last| (key, execution) < (last.key, last.execution));
            if self.next.len() < NEXT_KEPT_MAX || is_sooner {
                self.next.push(Queued { key, execution, job, path: path() });
            }
            if NEXT_KEPT_MAX < self.next.len() {
                self.next.pop();
            }
        }
    }

    /// Files that go next, the first first.
    pub(super) fn next(&self) -> Vec<&Queued> {
        let mut next: Vec<&Queued> = self.next.iter().collect();
        next.sort_unstable();
        next
    }

    /// When all of it is probably through, milliseconds since the Unix epoch.
    pub(super) fn through_unix_ms(&self) -> Option<u64> {
        self.pace.through_unix_ms()
    }
}

impl Pace {
    fn add(&mut self, state: &State, changed_unix_ms: u64) {
        let is_new = self.now_unix_ms.saturating_sub(changed_unix_ms) <= PACE_WINDOW_MS;
        match state {
            State::Ready { step, .. } | State::Running { step, .. } => match step {
                Step::Select => self.unlooked += 1,
                Step::Detect
                | Step::Weigh
                | Step::Listen
                | Step::Translate
                | Step::Cue
                | Step::Publish
                | Step::Announce => self.looked += 1,
            },
            State::Done { ending: Ending::Skipped } => self.unworked += u64::from(is_new),
            State::Done { ending: Ending::Written | Ending::NoSpeech | Ending::Review } => {
                if is_new {
                    self.worked += 1;
                    let first = self.first_unix_ms.unwrap_or(changed_unix_ms);
                    self.first_unix_ms = Some(first.min(changed_unix_ms));
                }
            }
            State::Paused { .. } | State::Parked { .. } | State::Cancelled => {}
        }
    }

    fn through_unix_ms(&self) -> Option<u64> {
        let first = self.first_unix_ms.filter(|_| PACE_FILES_MIN <= self.worked)?;
        if self.looked + self.unlooked == 0 {
            return None;
        }
        let each_ms = self.now_unix_ms.saturating_sub(first) as f64 / (self.worked - 1) as f64;
        let share = self.worked as f64 / (self.worked + self.unworked) as f64;
        let need_work = self.looked as f64 + self.unlooked as f64 * share;
        Some(self.now_unix_ms.saturating_add((need_work * each_ms) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::execution::{Execution, ParkedWhy, Tries};
    use crate::domain::fault::Fault;
    use crate::domain::job::Rank;

    const NOW: u64 = 1_000 * HOUR;
    const HOUR: u64 = 60 * 60 * 1000;

    fn row(state: State, place: i64, changed_unix_ms: u64) -> ExecutionRow {
        let execution = Execution { state, rank: Rank { priority: 0, place } };
        ExecutionRow { job: JobId(1), execution, submitted_unix_ms: 0, changed_unix_ms, entries: 1 }
    }

    fn ready(step: Step, due_unix_ms: u64) -> State {
        State::Ready { step, tries: Tries::default(), due_unix_ms }
    }

    fn done(ending: Ending) -> State {
        State::Done { ending }
    }

    fn tally(states: &[(State, u64)]) -> Tally {
        let mut tally = Tally::new(0, NOW);
        for ((state, changed), id) in states.iter().zip(1..) {
            let row = row(state.clone(), i64::try_from(id).unwrap(), *changed);
            tally.add(Some((JobId(id), ExecutionId(id), &row)), || format!("film {id}"));
        }
        tally
    }

    #[test]
    fn every_file_is_counted_once() {
        let tries = Tries::default();
        let fault = Fault::bug("it broke");
        let parked = State::Parked { step: Step::Listen, why: ParkedWhy::Bug, fault };
        let states = [
            ready(Step::Listen, 0),
            State::Paused { step: Step::Cue, tries },
            State::Running { step: Step::Listen, tries },
            parked,
            done(Ending::Skipped),
            done(Ending::Written),
            done(Ending::NoSpeech),
            done(Ending::Review),
            State::Cancelled,
        ];
        let mut tally = tally(&states.map(|it| (it, NOW)));
        tally.add(None, || "never".to_owned());
        let Tally { files, done, skipped, running, waiting, failed, cancelled, unwished, .. } =
            tally;
        let counts = [done, skipped, running, waiting, failed, cancelled, unwished];
        assert_eq!(counts, [3, 1, 1, 2, 1, 1, 1]);
        assert_eq!(files, counts.iter().sum::<u64>());
    }

    #[test]
    fn the_next_are_those_whose_turn_comes_first_and_what_is_not_due_comes_last() {
        let mut tally = Tally::new(0, NOW);
        for id in (1..=100_u64).rev() {
            let due = if id < 4 { NOW + id } else { 0 };
            let mut row = row(ready(Step::Select, due), i64::try_from(id).unwrap(), NOW);
            row.execution.rank.priority = if id == 77 { 1 } else { 0 };
            tally.add(Some((JobId(id), ExecutionId(id), &row)), || format!("film {id}"));
        }
        let next: Vec<u64> = tally.next().iter().map(|it| it.job.0).collect();
        let expected: Vec<u64> = std::iter::once(77).chain(4..=34).collect();
        assert_eq!(next, expected);
        assert_eq!(tally.next()[0].path, "film 77");
    }

    #[test]
    fn it_is_through_when_what_waits_has_ended_at_the_pace_of_those_before() {
        let worked = |hours: u64| (done(Ending::Written), NOW - hours * HOUR);
        let looked = (ready(Step::Listen, 0), NOW);
        let unlooked = (ready(Step::Select, 0), NOW);
        let skipped = (done(Ending::Skipped), NOW - HOUR);
        for (states, hours) in [
            // Nothing waits; too few ended; those that did are too long ago.
            (vec![worked(1), worked(2), worked(3)], None),
            (vec![worked(1), worked(2), looked.clone()], None),
            (vec![worked(7), worked(8), worked(9), looked.clone()], None),
            // Four hours for the two behind the first.
            (vec![worked(1), worked(2), worked(4), looked.clone()], Some(2)),
            (vec![worked(1), worked(2), worked(4), looked.clone(), looked.clone()], Some(4)),
            // Of those that ended, half needed work.
            (
                [
                    vec![worked(1), worked(2), worked(4)],
                    vec![skipped; 3],
                    vec![unlooked; 4],
                    vec![looked],
                ]
                .concat(),
                Some(6),
            ),
        ] {
            let through = tally(&states).through_unix_ms();
            assert_eq!(through, hours.map(|it| NOW + it * HOUR), "{states:?}");
        }
    }
}
