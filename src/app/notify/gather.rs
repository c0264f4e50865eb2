//! From activities to messages, for one who is told: what happens within a while goes into one message, urgent things
//! wait a minute at most, and files that end well are counted until the queue is empty. Nothing here reads a clock or a
//! store; what was told is known by the numbers of activities, so that nothing is lost or told twice after a crash.

use super::message::{Batch, Group, Message, News, is_urgent};
use super::{ROOM_AGAIN, notable};
use crate::app::config::{Notable, NotifySetting};
use crate::domain::change::{Activity, ActivityKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Things of one kind that are told one by one; more are counted.
const NEWS_MAX: usize = 20;
/// How long what is urgent waits for others, milliseconds.
const URGENT_WAIT_MS: u64 = 60_000;

/// What somebody was told of, by numbers of activities; durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::app) struct Cursor {
    /// All up to this one was told, or is nothing to tell.
    pub(in crate::app) events: u64,
    /// Files that ended up to this one were counted in a message.
    pub(in crate::app) batch: u64,
}

impl Cursor {
    /// Nothing up to this activity is told.
    pub(in crate::app) fn at(number: u64) -> Cursor {
        Cursor { events: number, batch: number }
    }
}

/// What waits to be told to one of them.
#[derive(Clone, Debug)]
pub(in crate::app) struct Gather {
    on: Vec<Notable>,
    wait_ms: u64,
    cursor: Cursor,
    seen: u64,
    groups: BTreeMap<Notable, Group>,
    /// When the message with them is due, milliseconds since the Unix epoch.
    due_ms: Option<u64>,
    batch: Batch,
    idle_since_ms: Option<u64>,
}

/// A message, and what was told once it arrived.
#[derive(Clone, Debug)]
pub(in crate::app) struct Draft {
    pub(in crate::app) message: Message,
    with_batch: bool,
}

impl Gather {
    /// Goes on where it was.
    pub(in crate::app) fn new(setting: &NotifySetting, cursor: Cursor) -> Gather {
        Gather {
            on: setting.on.clone(),
            wait_ms: u64::try_from(setting.gather.as_millis()).unwrap_or(u64::MAX),
            cursor,
            seen: cursor.events.min(cursor.batch),
            groups: BTreeMap::new(),
            due_ms: None,
            batch: Batch::default(),
            idle_since_ms: None,
        }
    }

    /// The number of the last activity it knows.
    pub(in crate::app) fn seen(&self) -> u64 {
        self.seen
    }

    /// What was told, with what is nothing to tell.
    pub(in crate::app) fn cursor(&self) -> Cursor {
        let Cursor { events, batch } = self.cursor;
        let nothing_ended = self.batch == Batch::default();
        Cursor {
            events: if self.groups.is_empty() { events.max(self.seen) } else { events },
            batch: if nothing_ended { batch.max(self.seen) } else { batch },
        }
    }

    /// The next activity, with its job and its file as people see it.
    pub(in crate::app) fn take(
        &mut self,
        number: u64,
        activity: &Activity,
        (job, path): (Option<u64>, Option<String>),
        now_unix_ms: u64,
    ) {
        if number <= self.seen {
            return;
        }
        // What is settled so far stays so.
        self.cursor = self.cursor();
        self.seen = number;
        if self.cursor.batch < number {
            self.count(activity.kind);
        }
        let Some(kind) = notable(activity).filter(|it| self.on.contains(it)) else { return };
        if number <= self.cursor.events {
            return;
        }
        // A clock that was ahead must not make it wait for ever.
        let at_unix_ms = activity.at_unix_ms;
        let wait_ms = if is_urgent(kind) { self.wait_ms.min(URGENT_WAIT_MS) } else { self.wait_ms };
        let due_ms = at_unix_ms.min(now_unix_ms).saturating_add(wait_ms);
        self.due_ms = Some(self.due_ms.map_or(due_ms, |it| it.min(due_ms)));
        let group = self.groups.entry(kind).or_default();
        group.count += 1;
        if group.first.len() < NEWS_MAX {
            let over = kind == Notable::DiskLow && activity.text.contains(ROOM_AGAIN);
            let text = activity.text.clone();
            group.first.push((number, News { at_unix_ms, kind, path, text, job, over }));
        }
    }

    fn count(&mut self, kind: ActivityKind) {
        match kind {
            ActivityKind::Finished => self.batch.finished += 1,
            ActivityKind::TranslateFailed => {
                self.batch.finished += 1;
                self.batch.review += 1;
            }
            ActivityKind::Parked | ActivityKind::AsrFailedFatal => self.batch.waiting += 1,
            ActivityKind::Started
            | ActivityKind::Stopped
            | ActivityKind::Scanned
            | ActivityKind::Failed
            | ActivityKind::GpuQuarantined
            | ActivityKind::Slow
            | ActivityKind::PutBack
            | ActivityKind::Commanded
            | ActivityKind::WrongLabel
            | ActivityKind::NotTold
            | ActivityKind::Watched
            | ActivityKind::Unheeded
            | ActivityKind::BackedUp
            | ActivityKind::BackupFailed
            | ActivityKind::OutputsChecked
            | ActivityKind::DiskLow
            | ActivityKind::Reloaded
            | ActivityKind::NotNotified => {}
        }
    }

    /// The message that is due; `idle` says that nothing waits for its turn or is worked on.
    pub(in crate::app) fn due(&mut self, now_unix_ms: u64, idle: bool) -> Option<Draft> {
        let ended = idle && self.batch.finished > 0;
        if ended && self.idle_since_ms.is_none() {
            self.idle_since_ms = Some(now_unix_ms);
        }
        let wants_batch = self.on.contains(&Notable::Finished);
        if idle && (!ended || !wants_batch) {
            self.end_batch();
        }
        let with_batch = ended && wants_batch;
        let waited = |since: u64| since.saturating_add(self.wait_ms) <= now_unix_ms;
        let batch_due = with_batch && self.idle_since_ms.is_some_and(waited);
        let due = self.due_ms.is_some_and(|it| it <= now_unix_ms);
        if !due && !batch_due {
            return None;
        }
        let batch = with_batch.then_some(self.batch);
        Some(Draft { message: Message::of(&self.groups, batch, now_unix_ms), with_batch })
    }

    /// It arrived, or was given up; nothing was taken meanwhile.
    pub(in crate::app) fn told(&mut self, draft: &Draft) {
        self.groups.clear();
        self.due_ms = None;
        self.cursor.events = self.cursor.events.max(self.seen);
        if draft.with_batch {
            self.end_batch();
        }
    }

    fn end_batch(&mut self) {
        self.batch = Batch::default();
        self.idle_since_ms = None;
        self.cursor.batch = self.cursor.batch.max(self.seen);
    }
}

#[cfg(test)]
mod tests;
