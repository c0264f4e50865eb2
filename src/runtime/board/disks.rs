//! Disks that take nothing more. What goes there waits, and does not use up tries; after a while one of those that wait
//! tries the disk, and when that succeeds all go on. Nothing of it is remembered: after a start each tries once.

use super::{LeaseId, Now, TurnKey};
use crate::domain::job::ExecutionId;
use std::collections::{BTreeMap, BTreeSet};

/// The disks that were full when something was last written there, by the name their owner knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disks(BTreeMap<String, Full>);

#[derive(Clone, Debug)]
struct Full {
    /// Not tried before then, milliseconds since the start.
    until_up_ms: u64,
    /// Those that were turned away.
    waiting: BTreeSet<ExecutionId>,
    /// The lease that tries it.
    probe: Option<LeaseId>,
}

impl Disks {
    /// It is known to be full.
    pub(crate) fn is_full(&self, disk: &str) -> bool {
        self.0.contains_key(disk)
    }

    /// Those that somebody waits for who is still there.
    pub(crate) fn full(
        &self,
        is_there: impl Fn(ExecutionId) -> bool,
    ) -> impl Iterator<Item = &str> {
        let waited_for = move |it: &(&String, &Full)| it.1.waiting.iter().any(|id| is_there(*id));
        self.0.iter().filter(waited_for).map(|it| it.0.as_str())
    }

    /// It took nothing from this one, and is left alone until then.
    pub(crate) fn filled(
        &mut self,
        disk: &str,
        execution: ExecutionId,
        until_up_ms: u64,
        is_there: impl Fn(ExecutionId) -> bool,
    ) {
        let fresh = || Full { until_up_ms, waiting: BTreeSet::new(), probe: None };
        let full = self.0.entry(disk.to_owned()).or_insert_with(fresh);
        full.until_up_ms = until_up_ms;
        full.waiting.retain(|it| is_there(*it));
        full.waiting.insert(execution);
    }

    /// A step of one that waited succeeded: the disks it waited for, which take something again.
    pub(crate) fn waited_for(&self, execution: ExecutionId) -> impl Iterator<Item = &str> {
        let waited = move |it: &(&String, &Full)| it.1.waiting.contains(&execution);
        self.0.iter().filter(waited).map(|it| it.0.as_str())
    }

    /// It takes something again: all go on.
    pub(crate) fn has_room(&mut self, disk: &str) {
        self.0.remove(disk);
    }

    /// It has to wait.
    pub(crate) fn bars(&self, execution: ExecutionId, now: Now) -> bool {
        let waits = self.0.values().filter(|it| it.waiting.contains(&execution));
        waits.into_iter().any(|it| now.up_ms < it.until_up_ms || it.probe.is_some())
    }

    /// Of those that wait for one disk only the first is left: it tries the disk.
    pub(crate) fn one_each(&self, first: &mut Vec<TurnKey>) {
        let mut tried = BTreeSet::new();
        first.retain(|it| self.waited_for(it.2).all(|disk| tried.insert(disk)));
    }

    /// A step began: where it waited, it is the one that tries the disk.
    pub(crate) fn lease_began(&mut self, execution: ExecutionId, lease: LeaseId) {
        for full in self.0.values_mut().filter(|it| it.waiting.contains(&execution)) {
            full.probe.get_or_insert(lease);
        }
    }

    /// It ended.
    pub(crate) fn lease_ended(&mut self, lease: LeaseId) {
        for full in self.0.values_mut() {
            full.probe = full.probe.filter(|it| *it != lease);
        }
    }

    /// When the next one may be tried.
    pub(crate) fn wake_up_ms(&self) -> impl Iterator<Item = u64> {
        self.0.values().map(|it| it.until_up_ms)
    }
}
