//! What the overview asks: what happened lately, and the last hour; the rest it is told.

use crate::api::client::Client;
use crate::api::daemon::ActivityView;
use crate::api::pace::{MINUTES_MAX, PaceMinute, PaceQuery, PaceView};
use crate::api::run::Fault;
use std::collections::VecDeque;

/// What happened that is kept.
pub(super) const HAPPENED_MAX: usize = 50;
/// How often the minute that runs is asked for.
const PACE_EVERY_MS: u64 = 10_000;

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Ask {
    /// What happened lately.
    Activity,
    /// The last minutes, or those since one.
    Pace(PaceQuery),
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Answer {
    /// Newest first.
    Activity(Vec<ActivityView>),
    /// Oldest first.
    Pace(PaceView),
}

impl Ask {
    /// Asks the daemon and waits for its answer.
    ///
    /// # Errors
    /// As the daemon tells, or where it does not answer.
    pub(in crate::tui) fn of(&self, client: &Client) -> Result<Answer, Fault> {
        Ok(match self {
            Ask::Activity => Answer::Activity(client.activity(HAPPENED_MAX)?),
            Ask::Pace(query) => Answer::Pace(client.pace(query)?),
        })
    }
}

/// What happened, newest first; asked for once, then pushed.
#[derive(Debug, Default)]
pub(super) struct Happened {
    /// `None` before it was told.
    pub(super) told: Option<VecDeque<ActivityView>>,
    asked: bool,
    /// Pushed while the question was open.
    meanwhile: Vec<ActivityView>,
}

impl Happened {
    /// The question, where it is to be asked.
    pub(super) fn ask(&mut self) -> Option<Ask> {
        let wanted = self.told.is_none() && !self.asked;
        self.asked |= wanted;
        wanted.then_some(Ask::Activity)
    }

    /// The answer.
    pub(super) fn answered(&mut self, activity: Vec<ActivityView>) {
        self.asked = false;
        let mut told: VecDeque<ActivityView> = activity.into();
        for pushed in self.meanwhile.drain(..) {
            if !told.contains(&pushed) {
                told.push_front(pushed);
            }
        }
        told.truncate(HAPPENED_MAX);
        self.told = Some(told);
    }

    /// It went wrong; it is asked again with the next moment.
    pub(super) fn failed(&mut self) {
        self.asked = false;
    }

    /// Something happened.
    pub(super) fn pushed(&mut self, activity: &ActivityView) {
        match &mut self.told {
            Some(told) => {
                told.push_front(activity.clone());
                told.truncate(HAPPENED_MAX);
            }
            None if self.asked && self.meanwhile.len() < HAPPENED_MAX => {
                self.meanwhile.push(activity.clone());
            }
            None => {}
        }
    }

    /// What is known is old.
    pub(super) fn reset(&mut self) {
        self.told = None;
        self.meanwhile.clear();
    }
}

/// The last hour; asked for whole once, then from the minute on that ran.
#[derive(Debug, Default)]
pub(super) struct Hour {
    /// Oldest first; `None` before they were told.
    pub(super) minutes: Option<Vec<PaceMinute>>,
    asked: bool,
    asked_unix_ms: u64,
}

impl Hour {
    /// The question, where it is to be asked.
    pub(super) fn ask(&mut self, now_unix_ms: u64) -> Option<Ask> {
        let due = self.asked_unix_ms + PACE_EVERY_MS <= now_unix_ms;
        if self.asked || !due {
            return None;
        }
        (self.asked, self.asked_unix_ms) = (true, now_unix_ms);
        let since = self.minutes.as_ref().and_then(|it| it.last()).map(|it| it.minute);
        Some(Ask::Pace(PaceQuery { since }))
    }

    /// The answer.
    pub(super) fn answered(&mut self, pace: PaceView) {
        self.asked = false;
        let minutes = self.minutes.get_or_insert_default();
        if let Some(first) = pace.minutes.first() {
            minutes.retain(|it| it.minute < first.minute);
        }
        minutes.extend(pace.minutes);
        // Those of the last hour, also where a part of it was never told.
        let newest = minutes.last().map_or(0, |it| it.minute);
        minutes.retain(|it| newest < it.minute + MINUTES_MAX as u64);
    }

    /// It went wrong; it is asked again when it is due.
    pub(super) fn failed(&mut self) {
        self.asked = false;
    }

    /// What is known is old.
    pub(super) fn reset(&mut self) {
        (self.minutes, self.asked_unix_ms) = (None, 0);
    }
}
