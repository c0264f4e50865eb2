//! Performs what was decided: writes, all in one transaction; then what the board knows; then lanes; then notices.

use super::{Assignment, Commit, Core, Lanes, Message};
use crate::domain::change::Activity;
use crate::domain::execution::Event;
use crate::domain::fault::Fault;
use crate::domain::job::ExecutionId;
use crate::runtime::board::{LeaseId, Now, Stopping};
use crate::runtime::decide::{Action, Decision, Submitted, Switch};
use crate::runtime::notice::{CommandRefused, Notice};
use crate::store::{Control, Refused, Wished, Write, Wrote};

/// What is done after the board knows.
#[derive(Default)]
struct After {
    starts: Vec<(LeaseId, Assignment)>,
    stops: Vec<LeaseId>,
    given_up: Vec<LeaseId>,
    notices: Vec<Notice>,
    /// Commands that came to nothing, by the place of their decision.
    refusals: Vec<(usize, CommandRefused)>,
}

impl<C: Commit, L: Lanes> Core<C, L> {
    /// All of it, or nothing where the writes fail. Answers which decisions were refused.
    pub(super) fn perform(
        &mut self,
        decisions: Vec<Decision>,
        now: Now,
    ) -> Result<Vec<(usize, CommandRefused)>, Fault> {
        let mut writes = Vec::new();
        for it in &decisions {
            writes.extend(self.write(&it.action, it.reason, now)?);
        }
        let wrote =
            if writes.is_empty() { Vec::new() } else { self.commit.commit(writes.clone())? };
        if !writes.is_empty() {
            self.store_fault = None;
        }
        let mut wrote = writes.into_iter().zip(wrote);
        let mut after = After::default();
        for (place, decision) in decisions.into_iter().enumerate() {
            let written = if is_written(&decision.action) { wrote.next() } else { None };
            self.apply((place, decision.action), written, now, &mut after);
        }
        for (lease, assignment) in after.starts {
            self.lanes.start(lease, assignment);
        }
        after.stops.into_iter().for_each(|it| self.lanes.stop(it));
        after.given_up.into_iter().for_each(|it| self.lanes.give_up(it));
        after.notices.iter().for_each(|it| (self.sink)(it));
        Ok(after.refusals)
    }

    /// What an action writes.
    fn write(&self, action: &Action, reason: &str, now: Now) -> Result<Option<Write>, Fault> {
        let at_unix_ms = now.unix_ms;
        let write = match action {
            Action::Append { execution, event, done } => Write::Event {
                execution: *execution,
                event: event.clone(),
                at_unix_ms,
                done: done.clone(),
            },
            Action::Start { execution, lane } => Write::Event {
                execution: *execution,
                event: Event::Started { lane: self.board.lanes[*lane].name.to_string() },
                at_unix_ms,
                done: None,
            },
            Action::Wish(wish) => Write::Wish { wish: wish.clone(), at_unix_ms },
            Action::Switch(switch) => {
                let (control, on, why) = self.control(switch);
                let why = why.unwrap_or_else(|| reason.to_owned());
                Write::Control { control, on, why, at_unix_ms }
            }
            Action::Tell { kind, execution, text } => {
                let (kind, execution, text) = (*kind, *execution, text.clone());
                let path = match execution {
                    Some(execution) => self.path(execution)?,
                    None => None,
                };
                Write::Tell(Activity { at_unix_ms, kind, execution, path, text })
            }
            Action::Stop { .. }
            | Action::End(_)
            | Action::GiveUp(_)
            | Action::Adopt(_)
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
            | Action::Refuse(_) => return Ok(None),
        };
        Ok(Some(write))
    }

    fn control(&self, switch: &Switch) -> (Control, bool, Option<String>) {
        let name = |lane: &usize| self.board.lanes[*lane].name.clone();
        match switch {
            Switch::PausedAll(on) => (Control::PausedAll, *on, None),
            Switch::Paused(lane, on) => (Control::PausedLane(name(lane)), *on, None),
            Switch::Quarantined(lane, why) => {
                (Control::Quarantined(name(lane)), why.is_some(), why.clone())
            }
        }
    }

    fn path(&self, execution: ExecutionId) -> Result<Option<std::path::PathBuf>, Fault> {
        let Some(row) = self.store.execution(execution)? else { return Ok(None) };
        Ok(self.store.job(row.job)?.map(|it| it.spec.path().to_owned()))
    }

    fn apply(
        &mut self,
        (place, action): (usize, Action),
        written: Option<(Write, Result<Wrote, Refused>)>,
        now: Now,
        after: &mut After,
    ) {
        match action {
            Action::Append { execution, .. } => {
                if !self.happened(execution, written, after) {
                    after.refusals.push((place, changed_meanwhile()));
                }
            }
            Action::Start { execution, lane } => {
                if self.happened(execution, written, after) {
                    self.start(execution, lane, now, after);
                }
            }
            Action::Wish(_) => self.wished(written),
            Action::Switch(switch) => self.switch(switch),
            Action::Tell { .. } => {
                if let Some((Write::Tell(activity), Ok(_))) = written {
                    after.notices.push(Notice::Told(activity));
                }
            }
            Action::Stop { lease, for_standing_still } => {
                self.board.stop(lease, Stopping { at_up_ms: now.up_ms, for_standing_still });
                after.stops.push(lease);
            }
            Action::End(lease) => self.board.end(lease),
            Action::GiveUp(lease) => {
                self.board.end(lease);
                after.given_up.push(lease);
            }
            Action::Adopt(submitted) => self.adopt(submitted, after),
            Action::Renew(lease, progress) => {
                self.board.renew(lease, progress, now.up_ms);
                if let Some(it) = self.board.lease(lease) {
                    let (job, execution, step) = (it.job, it.execution, it.step);
                    after.notices.push(Notice::Progress { job, execution, step, progress });
                }
            }
            Action::ToldSlow(lease) => self.board.told_slow(lease),
            Action::CountStuck(execution) => self.board.count_stuck(execution),
            Action::ServiceFailed { name, lease, open_until_up_ms } => {
                self.service_failed(&name, lease, open_until_up_ms);
            }
            Action::ServiceWorks(lease) => {
                if let Some(step) = self.board.lease(lease).map(|it| it.step) {
                    self.board.services.succeeded(step);
                }
            }
            Action::DiskFull { disk, execution, until_up_ms } => {
                self.board.disk_full(&disk, execution, until_up_ms);
            }
            Action::DiskHasRoom(disk) => self.board.disks.has_room(&disk),
            Action::Open(lane, open) => self.board.lanes[lane].open = open,
            Action::OpenLibrary(place, open) => self.board.open_library(place, open),
            Action::Hold(lane, why) => self.board.lanes[lane].held = why,
            Action::Drain { until_up_ms } => self.board.drain(until_up_ms),
            Action::Refuse(refused) => after.refusals.push((place, refused)),
        }
    }

    fn wished(&mut self, written: Option<(Write, Result<Wrote, Refused>)>) {
        let Some((_, Ok(Wrote::Wished { job, execution, what }))) = written else { return };
        match what {
            Wished::Left => {}
            Wished::New | Wished::Superseded { .. } | Wished::Retried => {
                self.queue.push_back(Message::Submitted { job, execution, what });
            }
        }
    }

    fn switch(&mut self, switch: Switch) {
        match switch {
            Switch::PausedAll(on) => self.board.paused = on,
            Switch::Paused(lane, on) => self.board.lanes[lane].paused = on,
            Switch::Quarantined(lane, why) => self.board.lanes[lane].quarantined = why,
        }
    }

    fn service_failed(&mut self, name: &str, lease: LeaseId, open_until_up_ms: Option<u64>) {
        if let Some(it) = self.board.lease(lease) {
            let met = (it.step, it.execution);
            self.board.services.failed(name, met, open_until_up_ms);
        }
    }

    /// The board takes over what the store says an event made of an execution; false where the store refused it.
    fn happened(
        &mut self,
        execution: ExecutionId,
        written: Option<(Write, Result<Wrote, Refused>)>,
        after: &mut After,
    ) -> bool {
        let Some((Write::Event { event, .. }, Ok(Wrote::Event(stands)))) = written else {
            // Somebody was quicker: a wish that took its place, or a command in the same turn.
            if let Err(fault) = self.refresh(execution) {
                tracing::error!(%fault, execution = execution.0, "an execution cannot be read");
            }
            return false;
        };
        let job = match self.board.entry(execution) {
            Some(entry) => Some(entry.job),
            None => self.store.execution(execution).ok().flatten().map(|it| it.job),
        };
        if let Some(job) = job {
            self.put(execution, job, &stands);
            after.notices.push(Notice::Changed { job, execution, event, after: stands });
        }
        true
    }

    fn start(&mut self, execution: ExecutionId, lane: usize, now: Now, after: &mut After) {
        let Some(lease) = self.board.begin(execution, lane, now) else { return };
        let Some(entry) = self.board.entry(execution) else { return };
        let assignment = Assignment {
            execution,
            job: entry.job,
            step: entry.step,
            tries: entry.tries,
            lane: self.board.lanes[lane].name.clone(),
        };
        after.starts.push((lease, assignment));
    }

    fn adopt(&mut self, submitted: Submitted, after: &mut After) {
        let Submitted { job, execution, stands, event } = submitted;
        self.put(execution, job, &stands);
        after.notices.push(match event {
            None => Notice::Submitted { job, execution, after: stands },
            Some(event) => Notice::Changed { job, execution, event, after: stands },
        });
    }
}

fn is_written(action: &Action) -> bool {
    match action {
        Action::Append { .. }
        | Action::Start { .. }
        | Action::Wish(_)
        | Action::Switch(_)
        | Action::Tell { .. } => true,
        Action::Stop { .. }
        | Action::End(_)
        | Action::GiveUp(_)
        | Action::Adopt(_)
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
        | Action::Refuse(_) => false,
    }
}

fn changed_meanwhile() -> CommandRefused {
    CommandRefused::Conflict(Fault::operator("the job changed at this moment", "ask again"))
}
