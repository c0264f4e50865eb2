//! The steps of an execution, folded from its events.

use super::records::by_step;
use super::sentences::utc;
use crate::api::execution::{DecisionView, StepStatus, StepView};
use crate::domain::execution::{Event, Execution, State, Step, Then};
use crate::domain::fault::Fault;
use std::collections::BTreeMap;

/// What happens to the step that is looked at.
struct Open {
    step: Step,
    view: StepView,
    /// Since when a worker has it.
    since: Option<u64>,
}

impl Open {
    fn new(step: Step) -> Open {
        let view = StepView {
            name: step.name().to_owned(),
            status: StepStatus::Next,
            began: None,
            taken: None,
            ended: None,
            lane: None,
            took_ms: 0,
            tries: 0,
            fault: None,
        };
        Open { step, view, since: None }
    }

    fn started(&mut self, lane: &str, at_unix_ms: u64) {
        let taken = utc(at_unix_ms);
        self.since = Some(at_unix_ms);
        self.view.began.get_or_insert_with(|| taken.clone());
        self.view.taken = Some(taken);
        self.view.ended = None;
        self.view.lane = Some(lane.to_owned());
        self.view.tries += 1;
        self.view.status = StepStatus::Running;
    }

    /// A worker has it no more.
    fn ended(&mut self, at_unix_ms: u64, status: StepStatus, fault: Option<Fault>) {
        if let Some(since) = self.since.take() {
            self.view.took_ms += at_unix_ms.saturating_sub(since);
            self.view.ended = Some(utc(at_unix_ms));
        }
        self.view.status = status;
        self.view.fault = fault.or(self.view.fault.take());
    }

    fn told(mut self, now_unix_ms: u64) -> StepView {
        if let Some(since) = self.since {
            self.view.took_ms += now_unix_ms.saturating_sub(since);
        }
        self.view
    }
}

/// What each step decided and why, in the order of work.
pub(super) fn decisions(notes: &BTreeMap<Step, Vec<String>>) -> Vec<DecisionView> {
    let notes = Step::ALL.iter().filter_map(|it| Some((it, notes.get(it)?)));
    let of = |step: &Step, text: &String| DecisionView {
        step: step.name().to_owned(),
        text: text.clone(),
    };
    notes.flat_map(|(step, notes)| notes.iter().map(move |it| of(step, it))).collect()
}

/// The steps so far, in order, and the one that is next; `stands` is the execution as it is.
pub(super) fn steps(
    events: &[(u64, Event)],
    stands: &Execution,
    now_unix_ms: u64,
) -> Vec<StepView> {
    let mut done: Vec<StepView> = Vec::new();
    let mut open: Option<Open> = None;
    for (at, step, event) in by_step(events) {
        let mut now = match open.take() {
            Some(it) if it.step == step && it.view.status != StepStatus::Done => it,
            other => {
                done.extend(other.map(|it| it.told(now_unix_ms)));
                Open::new(step)
            }
        };
        match event {
            Event::Started { lane } => now.started(lane, at),
            Event::GotOn | Event::Moved { .. } => {}
            Event::Succeeded { .. } => now.ended(at, StepStatus::Done, None),
            Event::Failed { fault, then } => {
                now.ended(at, after(*then), Some(fault.clone()));
            }
            Event::Interrupted { then } => now.ended(at, after(*then), None),
            Event::PutBack { .. } | Event::Resumed | Event::Retried { .. } => {
                now.ended(at, StepStatus::Next, None);
            }
            Event::Paused | Event::Cancelled { .. } => now.ended(at, StepStatus::Stopped, None),
        }
        open = Some(now);
    }
    let over = open.as_ref().is_none_or(|it| it.view.status == StepStatus::Done);
    let next = match &stands.state {
        State::Ready { step, .. } | State::Running { step, .. } if over => Some(Open::new(*step)),
        State::Paused { step, .. } if over => {
            let mut next = Open::new(*step);
            next.view.status = StepStatus::Stopped;
            Some(next)
        }
        State::Parked { fault, .. } => {
            // A death is no event's fault, and is told with the state.
            open.iter_mut().for_each(|it| it.view.fault = Some(fault.clone()));
            None
        }
        State::Ready { .. }
        | State::Running { .. }
        | State::Paused { .. }
        | State::Done { .. }
        | State::Cancelled => None,
    };
    done.extend(open.into_iter().chain(next).map(|it| it.told(now_unix_ms)));
    done
}

fn after(then: Then) -> StepStatus {
    match then {
        Then::RetryAt(_) => StepStatus::Next,
        Then::Park(_) => StepStatus::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::execution::{Ending, Next, ParkedWhy, PutBack};
    use crate::domain::job::Rank;

    fn started() -> Event {
        Event::Started { lane: "cpu".to_owned() }
    }

    fn to(step: Step) -> Event {
        Event::Succeeded { next: Next::Step(step) }
    }

    /// Events a second apart, and what the steps look like eight and a half seconds after the first one.
    fn check(events: Vec<Event>, expected: &[&str]) {
        let mut stands = Execution::submitted(Rank::default(), Step::Select, 0);
        for event in &events {
            stands = stands.apply(event).unwrap();
        }
        let events = events.into_iter().enumerate().map(|(it, event)| (1000 * it as u64, event));
        let steps = steps(&events.collect::<Vec<_>>(), &stands, 8500);
        let shown = |it: StepView| {
            let fault = it.fault.map_or(String::new(), |it| format!(" {}", it.what));
            let ended = it.ended.map_or("-".to_owned(), |it| it[17..19].to_owned());
            let began = it.began.map_or("-".to_owned(), |it| it[17..19].to_owned());
            let (name, tries, took) = (it.name, it.tries, it.took_ms);
            format!("{name} {:?} {began}..{ended} {took} ms, {tries} tries{fault}", it.status)
        };
        assert_eq!(steps.into_iter().map(shown).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn steps_are_told_with_their_times_and_tries() {
        let fault = Fault::transient("the disk is away", "it is tried again");
        let failed = |then| Event::Failed { fault: fault.clone(), then };
        check(vec![], &["select Next -..- 0 ms, 0 tries"]);
        let before = [started(), to(Step::Listen), started(), failed(Then::RetryAt(0)), started()];
        let first = "select Done 00..01 1000 ms, 1 tries";
        let with = |more: Vec<Event>| before.iter().cloned().chain(more).collect::<Vec<_>>();
        let listen = "listen Running 02..- 5500 ms, 2 tries the disk is away";
        check(with(vec![]), &[first, listen]);
        check(
            with(vec![Event::PutBack { reason: PutBack::LanePaused }]),
            &[first, "listen Next 02..05 2000 ms, 2 tries the disk is away"],
        );
        check(
            with(vec![failed(Then::Park(ParkedWhy::NeedsPerson))]),
            &[first, "listen Failed 02..05 2000 ms, 2 tries the disk is away"],
        );
        check(
            with(vec![Event::GotOn, to(Step::Cue), Event::Paused]),
            &[
                first,
                "listen Done 02..06 3000 ms, 2 tries the disk is away",
                "cue Stopped -..- 0 ms, 0 tries",
            ],
        );
        check(
            vec![started(), Event::Interrupted { then: Then::Park(ParkedWhy::Crashes) }],
            &["select Failed 00..01 1000 ms, 1 tries \
                 Kinora itself ended several times while this file was at `select`"],
        );
    }

    #[test]
    fn a_step_that_is_taken_again_is_told_again() {
        let end = Event::Succeeded { next: Next::End(Ending::Written) };
        check(
            vec![started(), to(Step::Publish), started(), to(Step::Publish), started(), end],
            &[
                "select Done 00..01 1000 ms, 1 tries",
                "publish Done 02..03 1000 ms, 1 tries",
                "publish Done 04..05 1000 ms, 1 tries",
            ],
        );
        check(
            vec![started(), Event::Cancelled { reason: "no".to_owned() }],
            &["select Stopped 00..01 1000 ms, 1 tries"],
        );
    }
}
