//! Services outside, each behind a circuit breaker: one that fails several times in a row is left alone for a while,
//! then tried with one step.

use super::{LeaseId, Now};
use crate::domain::execution::Step;
use crate::domain::job::ExecutionId;
use std::collections::BTreeMap;

/// What is known of the services that failed lately; one that works is not in here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Services(BTreeMap<String, Service>);

#[derive(Clone, Debug)]
struct Service {
    /// The step that needs it.
    step: Step,
    /// In a row.
    failures: u8,
    /// Left alone until then, milliseconds since the start; `None` while it is used as ever.
    open_until_up_ms: Option<u64>,
    /// The lease that tries it.
    probe: Option<LeaseId>,
    /// Who met its last failure: somebody else tries it next, lest one bad file bars all others.
    failed_last: ExecutionId,
}

/// How a step stands with the services it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may start.
    Free,
    /// It waits.
    Barred,
    /// One may start, to try the service; rather not this one.
    Probe(ExecutionId),
}

impl Services {
    /// How often a service failed in a row.
    pub(crate) fn failures(&self, name: &str) -> u8 {
        self.0.get(name).map_or(0, |it| it.failures)
    }

    /// It is left alone, or just being tried.
    pub(crate) fn is_away(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|it| it.open_until_up_ms.is_some())
    }

    /// Those that are left alone.
    pub(crate) fn away(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|it| it.1.open_until_up_ms.is_some()).map(|it| it.0.as_str())
    }

    /// A step that needs it succeeded, or would close a breaker by it.
    pub(crate) fn knows(&self, step: Step) -> bool {
        self.0.values().any(|it| it.step == step)
    }

    /// May a step start?
    pub(crate) fn standing(&self, step: Step, now: Now) -> Standing {
        let mut standing = Standing::Free;
        for service in self.0.values().filter(|it| it.step == step) {
            match service.open_until_up_ms {
                None => {}
                Some(until) if now.up_ms < until || service.probe.is_some() => {
                    return Standing::Barred;
                }
                Some(_) => standing = Standing::Probe(service.failed_last),
            }
        }
        standing
    }

    /// It failed; `open_until_up_ms` where it is to be left alone from now on.
    pub(crate) fn failed(
        &mut self,
        name: &str,
        (step, execution): (Step, ExecutionId),
        open_until_up_ms: Option<u64>,
    ) {
        let fresh =
            Service { step, failures: 0, open_until_up_ms, probe: None, failed_last: execution };
        let service = self.0.entry(name.to_owned()).or_insert(fresh);
        service.failures = service.failures.saturating_add(1);
        service.open_until_up_ms = open_until_up_ms;
        service.failed_last = execution;
    }

    /// A step that needs them succeeded: all is well.
    pub(crate) fn succeeded(&mut self, step: Step) {
        self.0.retain(|_, service| service.step != step);
    }

    /// A step began: it is the one that tries what was left alone.
    pub(crate) fn lease_began(&mut self, step: Step, lease: LeaseId) {
        let away = self.0.values_mut().filter(|it| it.step == step);
        for service in away.filter(|it| it.open_until_up_ms.is_some()) {
            service.probe.get_or_insert(lease);
        }
    }

    /// It ended.
    pub(crate) fn lease_ended(&mut self, lease: LeaseId) {
        for service in self.0.values_mut() {
            service.probe = service.probe.filter(|it| *it != lease);
        }
    }

    /// When the next one may be tried.
    pub(crate) fn wake_up_ms(&self) -> impl Iterator<Item = u64> {
        self.0.values().filter_map(|it| it.open_until_up_ms)
    }
}
