//! What must hold at any time.

use super::world::{LIBRARY, World};
use crate::wishes::counts;
use kinora::domain::change::Counter;
use kinora::domain::execution::{Event, Execution, State, Step};
use kinora::domain::job::{ExecutionId, Rank};
use kinora::runtime::Notice;
use kinora::runtime::board::Phase;
use kinora::store::{ExecutionRow, ListQuery};
use std::collections::{BTreeMap, BTreeSet};

impl World {
    pub(super) fn rules_hold(&mut self) {
        assert_eq!(self.store.check().unwrap(), []);
        self.steps_count_once();
        self.waits_are_bounded();
        if !self.unheard {
            self.the_board_is_the_store();
            self.workers_do_what_the_store_says();
        }
    }

    /// Totals are those of the logs, each step's own, and its record is its own.
    fn steps_count_once(&self) {
        let (mut audio, mut succeeded) = (0, 0);
        for (id, row) in self.executions() {
            let mut stands = Execution::submitted(Rank::default(), Step::ALL[0], 0);
            for (_, event) in self.store.events(id).unwrap() {
                if let (State::Running { step, .. }, Event::Succeeded { .. }) =
                    (&stands.state, &event)
                {
                    audio += counts(*step);
                    succeeded += 1;
                }
                stands = stands.apply(&event).unwrap();
            }
            assert_eq!(stands.state.clone(), reset_due(&row.execution.state, &stands.state));
            for (step, record) in self.store.records(id).unwrap() {
                let ended = matches!(row.execution.state, State::Done { .. } | State::Cancelled);
                let body: &[u8] = if ended { &[] } else { &[step as u8] };
                assert_eq!(record.body, body, "the record of {} in {id:?}", step.name());
            }
        }
        assert_eq!(self.store.total(Counter::AudioMs).unwrap(), audio);
        assert_eq!(self.store.total(Counter::StepsSucceeded).unwrap(), succeeded);
    }

    fn waits_are_bounded(&self) {
        let limits = &self.setup.limits;
        let wait_max = limits.backoff_max_ms.max(limits.asr_cooldown_ms);
        for (id, row) in self.executions() {
            if let State::Ready { due_unix_ms, tries, .. } = row.execution.state {
                assert!(due_unix_ms <= self.now.unix_ms + wait_max, "{id:?} waits too long");
                let tries_max = limits.tries_max.max(limits.asr_failures_max);
                assert!(tries.failed < tries_max && tries.crashed < limits.crashes_max);
            }
        }
    }

    /// What the loop knows is what is durable, also where a write has just failed.
    fn the_board_is_the_store(&self) {
        let mut active = BTreeMap::new();
        for (id, row) in self.executions() {
            let (phase, step) = match row.execution.state {
                State::Ready { step, .. } => (Phase::Ready, step),
                State::Running { step, .. } => (Phase::Running, step),
                State::Paused { step, .. } => (Phase::Paused, step),
                State::Parked { .. } | State::Done { .. } | State::Cancelled => continue,
            };
            let spec = self.store.job(row.job).unwrap().unwrap().spec;
            let timed = spec.library() == Some(LIBRARY);
            active.insert(id, (phase, step, row.execution.rank, timed));
        }
        let known = self.core.board().entries();
        let known: BTreeMap<_, _> = known
            .map(|(id, it)| (id, (it.phase, it.step, it.rank, it.library.is_some())))
            .collect();
        assert_eq!(known, active);
    }

    fn workers_do_what_the_store_says(&mut self) {
        let running: BTreeSet<ExecutionId> = self
            .executions()
            .filter(|it| matches!(it.1.execution.state, State::Running { .. }))
            .map(|it| it.0)
            .collect();
        let leases: BTreeSet<_> = self.core.board().leases().map(|it| it.0).collect();
        let lanes = self.core.board().lanes.clone();
        let timed = self.core.board().library(LIBRARY).unwrap();
        let closed = !self.core.board().library_at(timed).unwrap().open;
        let of_closed: BTreeSet<ExecutionId> = self
            .core
            .board()
            .entries()
            .filter(|it| closed && it.1.library == Some(timed))
            .map(|it| it.0)
            .collect();
        let faulty = self.core.view().store_fault.is_some();
        let held = &self.core.lanes_mut().held;
        if !faulty {
            assert_eq!(leases, held.keys().copied().collect());
        }
        let mut busy = BTreeMap::new();
        let mut working = BTreeSet::new();
        for held in held.values() {
            let (execution, lane) = (held.assignment.execution, &held.assignment.lane);
            *busy.entry(lane.clone()).or_insert(0) += 1;
            assert!(working.insert(execution), "two workers have {execution:?}");
            let wanted = running.contains(&execution);
            assert!(wanted || held.stopped, "nobody stops {execution:?}");
            let lane = lanes.iter().find(|it| it.name == *lane).unwrap();
            assert!(lane.held.is_none() || held.stopped, "{} does not give way", lane.name);
            let out_of_hours = of_closed.contains(&execution);
            assert!(!out_of_hours || held.stopped, "out of hours, {execution:?} goes on");
        }
        if !faulty {
            assert!(running.is_subset(&working), "nobody works on what runs");
        }
        for lane in lanes {
            assert!(busy.get(&lane.name).is_none_or(|it| *it <= lane.workers));
        }
    }

    /// All that somebody was told is in the store, in that order.
    pub(super) fn nothing_told_is_forgotten(&self) {
        let activity = self.store.activity(usize::MAX).unwrap();
        let logs: BTreeMap<ExecutionId, Vec<Event>> = self
            .executions()
            .map(|(id, _)| {
                (id, self.store.events(id).unwrap().into_iter().map(|it| it.1).collect())
            })
            .collect();
        let mut read: BTreeMap<ExecutionId, usize> = BTreeMap::new();
        for notice in self.told.lock().unwrap().iter() {
            match notice {
                Notice::Submitted { execution, .. } => assert!(logs.contains_key(execution)),
                Notice::Changed { execution, event, .. } => {
                    let from = read.entry(*execution).or_insert(0);
                    let found = logs[execution][*from..].iter().position(|it| it == event);
                    *from += found.expect("an event that was told is forgotten") + 1;
                }
                Notice::Told(told) => assert!(activity.contains(told), "{told:?} is forgotten"),
                Notice::Progress { .. } => {}
            }
        }
        assert!(self.promised.iter().all(|it| logs.contains_key(it)), "a wish is forgotten");
    }

    pub(super) fn all_rests(&self) {
        self.nothing_told_is_forgotten();
        for (id, row) in self.executions() {
            match row.execution.state {
                State::Done { .. }
                | State::Parked { .. }
                | State::Cancelled
                | State::Paused { .. } => {}
                State::Ready { .. } | State::Running { .. } => {
                    panic!("{id:?} is forgotten as {:?}", row.execution.state)
                }
            }
        }
    }

    pub(super) fn executions(&self) -> impl Iterator<Item = (ExecutionId, ExecutionRow)> + use<> {
        let all = ListQuery { status: None, before: None, limit: 10_000 };
        self.store.list(&all).unwrap().into_iter()
    }
}

/// A state as stored, with the time of submission that the log's first entry has and its events do not.
fn reset_due(stored: &State, folded: &State) -> State {
    match (stored, folded) {
        (State::Ready { step, tries, .. }, State::Ready { due_unix_ms: 0, .. }) => {
            State::Ready { step: *step, tries: *tries, due_unix_ms: 0 }
        }
        (
            State::Ready { .. }
            | State::Running { .. }
            | State::Paused { .. }
            | State::Parked { .. }
            | State::Done { .. }
            | State::Cancelled,
            _,
        ) => stored.clone(),
    }
}
