//! How fast it goes: what running steps have left, and what came along in each of the last minutes. In memory only; the
//! herald tells it what happens.

use super::daemon::Daemon;
use crate::api::pace::{MINUTES_MAX, Pace, PaceMinute, PaceQuery, PaceView};
use crate::base::clock;
use crate::domain::execution::{Ending, Event, Execution, State, Step};
use crate::domain::job::ExecutionId;
use crate::domain::time::Ms;
use crate::runtime::Progress;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

const MINUTE_MS: u64 = 60_000;
/// What a step's speed is reckoned from: how it came along in so long.
const WINDOW_MS: u64 = 180_000;
/// Advances that are kept of a step.
const ADVANCES_MAX: usize = 1024;
/// Before so many advances and so much time a speed means nothing.
const ADVANCES_MIN: usize = 4;
const SETTLED_MS: u64 = 15_000;
/// What goes so many times faster than playing was not listened to: it is remembered from before, or nobody speaks.
const LEAP: u64 = 500;
/// Where the last advances are so many times slower than those before, those before were of another kind, too.
const SLOWER: u64 = 3;
const SLOWER_ADVANCES: usize = 4;

/// What was seen of the work. Its calls are short: the herald waits for nobody who asks.
#[derive(Debug, Default)]
pub(super) struct Pacer(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    runs: BTreeMap<ExecutionId, Run>,
    /// The oldest first, without those in which nothing happened.
    minutes: VecDeque<PaceMinute>,
}

/// How a running step goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Going {
    /// How much faster than playing.
    pub(super) speed: f32,
    /// How long it will take from now on, milliseconds, where all of it is known.
    pub(super) left_ms: Option<u64>,
}

impl Pacer {
    /// A running step came along.
    pub(super) fn progress(&self, execution: ExecutionId, step: Step, at: Progress, now_ms: u64) {
        let mut seen = self.lock();
        let run = seen.runs.entry(execution).or_insert_with(|| Run::begun(step, at, now_ms));
        if run.step != step {
            *run = Run::begun(step, at, now_ms);
        }
        let more = run.advance(at, now_ms);
        if step == Step::Listen {
            seen.minute(now_ms).heard_ms += more;
        }
    }

    /// Something happened to an execution, whose step runs no more or anew.
    pub(super) fn changed(
        &self,
        execution: ExecutionId,
        event: &Event,
        after: &Execution,
        now_ms: u64,
    ) {
        let mut seen = self.lock();
        let run = match event {
            Event::GotOn | Event::Moved { .. } => None,
            Event::Started { .. }
            | Event::Succeeded { .. }
            | Event::Failed { .. }
            | Event::Interrupted { .. }
            | Event::PutBack { .. }
            | Event::Paused
            | Event::Resumed
            | Event::Cancelled { .. }
            | Event::Retried { .. } => seen.runs.remove(&execution),
        };
        if let (Some(mut run), Event::Succeeded { .. }) = (run, event)
            && run.step == Step::Listen
        {
            // The last of it is told by nothing but the end.
            let rest = run.total.map_or(0, |total| run.advance_to(total, now_ms));
            seen.minute(now_ms).heard_ms += rest;
        }
        if let State::Done { ending: Ending::Written | Ending::Review } = after.state {
            seen.minute(now_ms).files += 1;
        }
    }

    /// How a running step goes on; `None` where that cannot be told yet.
    pub(super) fn going(&self, execution: ExecutionId, now_ms: u64) -> Option<Going> {
        self.lock().runs.get(&execution)?.going(now_ms)
    }

    /// The last minutes, from one on.
    fn minutes(&self, since: Option<u64>, now_ms: u64) -> Vec<PaceMinute> {
        let now = now_ms / MINUTE_MS;
        let first = (now + 1).saturating_sub(MINUTES_MAX as u64).max(since.unwrap_or(0));
        let seen = self.lock();
        let of = |minute: u64| {
            let found = seen.minutes.iter().find(|it| it.minute == minute);
            found.copied().unwrap_or(PaceMinute { minute, ..PaceMinute::default() })
        };
        (first..=now).map(of).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// The minute that runs.
    fn minute(&mut self, now_ms: u64) -> &mut PaceMinute {
        let minute = now_ms / MINUTE_MS;
        // A clock that was set back goes on with the latest.
        if self.minutes.back().is_none_or(|it| it.minute < minute) {
            if self.minutes.len() == MINUTES_MAX {
                self.minutes.pop_front();
            }
            self.minutes.push_back(PaceMinute { minute, ..PaceMinute::default() });
        }
        let last = self.minutes.len() - 1;
        &mut self.minutes[last]
    }
}

/// A running step, as it came along.
#[derive(Debug)]
struct Run {
    step: Step,
    heard: u64,
    total: Option<u64>,
    at_ms: u64,
    /// How much came along, and how long that took, milliseconds both; the oldest first.
    advances: VecDeque<(u64, u64)>,
}

impl Run {
    /// What it knows from before counts as nothing.
    fn begun(step: Step, at: Progress, now_ms: u64) -> Run {
        let advances = VecDeque::new();
        Run { step, heard: ms(at.heard), total: at.total.map(ms), at_ms: now_ms, advances }
    }

    fn advance(&mut self, at: Progress, now_ms: u64) -> u64 {
        self.total = at.total.map(ms);
        self.advance_to(ms(at.heard), now_ms)
    }

    /// Takes how far it is; answers how much was listened to since.
    fn advance_to(&mut self, heard: u64, now_ms: u64) -> u64 {
        let (more, took) = (heard.saturating_sub(self.heard), now_ms.saturating_sub(self.at_ms));
        if heard == self.heard {
            return 0;
        }
        // Where a viewer jumped, it goes back.
        (self.heard, self.at_ms) = (heard, now_ms);
        if more == 0 || LEAP * took < more {
            return 0;
        }
        self.advances.push_back((more, took));
        self.forget();
        more
    }

    /// Forgets what is long ago, and what went in another way.
    fn forget(&mut self) {
        let mut all: u64 = self.advances.iter().map(|it| it.1).sum();
        while let Some((_, oldest)) = self.advances.front().copied() {
            let old = ADVANCES_MIN < self.advances.len() && WINDOW_MS < all - oldest;
            if !old && self.advances.len() <= ADVANCES_MAX {
                break;
            }
            self.advances.pop_front();
            all -= oldest;
        }
        let Some(before) = self.advances.len().checked_sub(SLOWER_ADVANCES).filter(|it| *it > 0)
        else {
            return;
        };
        let sums = |from: usize, to: usize| {
            let part = self.advances.range(from..to);
            part.fold((0_u128, 0_u128), |sum, it| {
                (sum.0 + u128::from(it.0), sum.1 + u128::from(it.1))
            })
        };
        let (old, new) = (sums(0, before), sums(before, self.advances.len()));
        // As speeds: new * SLOWER < old.
        if new.0 * u128::from(SLOWER) * old.1.max(1) < old.0 * new.1.max(1) {
            self.advances.drain(..before);
        }
    }

    fn going(&self, now_ms: u64) -> Option<Going> {
        let (heard, took) =
            self.advances.iter().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        let settled = ADVANCES_MIN <= self.advances.len() && SETTLED_MS <= took;
        if !settled {
            return None;
        }
        let usual = took / self.advances.len() as u64;
        let silent = now_ms.saturating_sub(self.at_ms);
        // One that stands still takes longer and longer.
        let took = took + silent.saturating_sub(usual);
        let speed = heard as f64 / took as f64;
        let left = self.total.map(|total| total.saturating_sub(self.heard) as f64 / speed);
        let left_ms = left.map(|it| (it as u64).saturating_sub(silent.min(usual)));
        Some(Going { speed: speed as f32, left_ms })
    }
}

fn ms(it: Ms) -> u64 {
    u64::try_from(it.0).unwrap_or(0)
}

impl Pace for Daemon {
    fn pace(&self, query: &PaceQuery) -> PaceView {
        PaceView { minutes: self.pacer.minutes(query.since, clock::now_unix_ms()) }
    }
}

#[cfg(test)]
mod tests;
