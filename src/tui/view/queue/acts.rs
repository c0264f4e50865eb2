//! What is done with jobs: the one under the cursor, or all that are marked.

use super::asks::Ask;
use super::table::{Row, Table};
use super::{Key, Queue};
use crate::api::daemon::{Act, JobStatus, MoveTo, ScanRequest, Target};
use crate::api::rows::{JOBS_AT_ONCE_MAX, ManyRequest, ManyView};
use crate::api::run::Fault;
use crate::base::text::counted;
use crate::tui::ask;
use crate::tui::view::{Deed, Effect, Plan, Scene};
use std::path::PathBuf;

/// Files that a plan names; the rest is counted.
const NAMED_MAX: usize = 8;

/// What came so far of an act on many jobs, which may be several questions.
#[derive(Debug, Default)]
pub(super) struct Tally {
    open: usize,
    view: ManyView,
}

impl Tally {
    /// One of the questions went wrong.
    pub(super) fn failed(&mut self) {
        self.open = self.open.saturating_sub(1);
    }
}

/// What an act is called: to do, done with one, done with several.
struct Words {
    verb: &'static str,
    one: &'static str,
    many: &'static str,
}

fn words(act: Act) -> Words {
    let (verb, one, many) = match act {
        Act::Retry => ("try again", "is tried again", "are tried again"),
        Act::Cancel => ("cancel", "is cancelled", "are cancelled"),
        Act::Pause => ("pause", "rests until it is resumed", "rest until they are resumed"),
        Act::Resume => ("resume", "goes on", "go on"),
        Act::Move { to } => match to {
            MoveTo::Top => ("move", "goes first of its priority", "go first of their priority"),
            MoveTo::Bottom => ("move", "goes last of its priority", "go last of their priority"),
            MoveTo::Up => ("move", "goes one place sooner", "go one place sooner"),
            MoveTo::Down => ("move", "goes one place later", "go one place later"),
            MoveTo::Priority(_) => ("move", "has another priority", "have another priority"),
        },
    };
    Words { verb, one, many }
}

/// Why that cannot be done with a job of this status, as what to do instead.
fn instead(act: Act, status: JobStatus) -> Option<&'static str> {
    match (act, status) {
        (Act::Retry, JobStatus::Running) => Some("wait until it ends, or cancel it with x"),
        (Act::Retry, JobStatus::Queued) => {
            Some("its turn comes by itself; t brings it to the front")
        }
        (Act::Retry, JobStatus::Paused) => Some("resume it with p"),
        (Act::Cancel, JobStatus::Done | JobStatus::Cancelled) => {
            Some("there is nothing left to cancel")
        }
        (
            Act::Pause | Act::Resume | Act::Move { .. },
            JobStatus::Parked | JobStatus::Done | JobStatus::Cancelled,
        ) => Some("r tries it again"),
        (Act::Resume, JobStatus::Queued | JobStatus::Running | JobStatus::Waiting) => {
            Some("it goes on already")
        }
        (Act::Pause, JobStatus::Paused) => Some("it rests already; p resumes it"),
        (
            Act::Retry | Act::Cancel | Act::Pause | Act::Resume | Act::Move { .. },
            JobStatus::Queued
            | JobStatus::Running
            | JobStatus::Waiting
            | JobStatus::Paused
            | JobStatus::Parked
            | JobStatus::Done
            | JobStatus::Cancelled,
        ) => None,
    }
}

impl Queue {
    /// What a key does, where it does not only change what is shown.
    pub(super) fn act(&mut self, key: Key, scene: &Scene<'_>) -> Vec<Effect> {
        let done = |ask, done: &str| vec![Effect::Do(Deed { ask, done: done.to_owned() })];
        match key {
            Key::PauseAll => {
                let paused = scene.known.status.as_ref().is_some_and(|it| it.paused);
                let (act, told) = if paused {
                    (Act::Resume, "everything goes on")
                } else {
                    (Act::Pause, "everything rests; P lets it go on")
                };
                done(ask::Ask::Act(Target::All, act), told)
            }
            Key::Scan => done(ask::Ask::Scan(ScanRequest::default()), ""),
            Key::Retry => self.with_jobs(Act::Retry),
            Key::Cancel => self.with_jobs(Act::Cancel),
            Key::Pause => self.with_jobs(self.pause_or_resume()),
            Key::Top => self.with_jobs(Act::Move { to: MoveTo::Top }),
            Key::Bottom => self.with_jobs(Act::Move { to: MoveTo::Bottom }),
            Key::Up => self.with_jobs(Act::Move { to: MoveTo::Up }),
            Key::Down => self.with_jobs(Act::Move { to: MoveTo::Down }),
            Key::Open => self.at_row(|row, _| Effect::Open(row.job)),
            Key::Log => self.at_row(|row, _| Effect::LogOf(row.job)),
            Key::Explain => self.at_row(|_, path| {
                let ask = ask::Ask::Explain(PathBuf::from(path));
                Effect::Do(Deed { ask, done: String::new() })
            }),
            Key::Search
            | Key::Filter
            | Key::Choose
            | Key::Sort
            | Key::Turn
            | Key::Mark
            | Key::MarkAll
            | Key::UnmarkAll
            | Key::Back => Vec::new(),
        }
    }

    /// With the row under the cursor and its path.
    fn at_row(&self, effect: impl Fn(&Row, &str) -> Effect) -> Vec<Effect> {
        let row = self.row().map(|it| self.rows.table.row(it));
        row.into_iter().map(|it| effect(it, self.rows.table.path(it))).collect()
    }

    /// What rests goes on, where nothing else is among them.
    fn pause_or_resume(&self) -> Act {
        let table = &self.rows.table;
        let rest = self.meant().iter().all(|it| table.kind(it).status == JobStatus::Paused);
        if rest { Act::Resume } else { Act::Pause }
    }

    /// The rows that are meant, in the order in which they are shown: those that are marked, or the one under the
    /// cursor.
    fn meant(&self) -> Vec<Row> {
        let table = &self.rows.table;
        let shown = self.rows.order.rows().iter().map(|it| *table.row(*it));
        if table.marked() == 0 {
            return self.row().map(|it| *table.row(it)).into_iter().collect();
        }
        let mut rows: Vec<Row> = shown.filter(|it| it.marked).collect();
        if rows.len() < table.marked() {
            let seen: std::collections::HashSet<u64> = rows.iter().map(|it| it.execution).collect();
            rows.extend(table.marked_rows().filter(|it| !seen.contains(&it.execution)));
        }
        rows
    }

    fn with_jobs(&mut self, act: Act) -> Vec<Effect> {
        let table = &self.rows.table;
        let meant = self.meant();
        let Some(first) = meant.first().copied() else { return Vec::new() };
        let can = |it: &Row| instead(act, table.kind(it).status).is_none();
        let mut rows: Vec<Row> = meant.into_iter().filter(can).collect();
        if rows.is_empty() {
            let status = table.kind(&first).status;
            let remedy = instead(act, status).unwrap_or_default();
            let what = format!(
                "job {} is {}: {} is not for it",
                first.job,
                status.word(),
                words(act).verb
            );
            return vec![Effect::Complain(Fault::operator(what, remedy))];
        }
        // Each in its turn: the last one first, where they change places with those before them.
        match act {
            Act::Move { to: MoveTo::Top | MoveTo::Down } => rows.reverse(),
            Act::Move { .. } | Act::Retry | Act::Cancel | Act::Pause | Act::Resume => {}
        }
        if matches!(act, Act::Move { .. }) && JOBS_AT_ONCE_MAX < rows.len() {
            let what = format!("more than {JOBS_AT_ONCE_MAX} jobs are marked");
            return vec![Effect::Complain(Fault::operator(what, "move fewer at once"))];
        }
        let deeds = self.deeds(act, &rows);
        if act == Act::Cancel {
            return vec![Effect::Confirm(plan(&self.rows.table, &rows, deeds))];
        }
        self.begin(deeds.len());
        deeds.into_iter().map(Effect::Do).collect()
    }

    fn deeds(&self, act: Act, rows: &[Row]) -> Vec<Deed> {
        if let ([row], 0) = (rows, self.rows.table.marked()) {
            let done = format!("job {} {}", row.job, words(act).one);
            return vec![Deed { ask: ask::Ask::Act(Target::Job(row.job), act), done }];
        }
        let many = rows.chunks(JOBS_AT_ONCE_MAX).map(|some| {
            let jobs = some.iter().map(|it| it.job).collect();
            let ask = ask::Ask::Queue(Ask::Many(ManyRequest { jobs, act }));
            Deed { ask, done: String::new() }
        });
        many.collect()
    }

    fn begin(&mut self, questions: usize) {
        self.tally.open += questions;
    }

    /// Some of them are done.
    pub(super) fn many_done(&mut self, act: Act, view: ManyView) -> Vec<Effect> {
        self.tally.open = self.tally.open.saturating_sub(1);
        self.tally.view.done += view.done;
        self.tally.view.refused.extend(view.refused);
        if 0 < self.tally.open {
            return Vec::new();
        }
        let ManyView { done, refused } = std::mem::take(&mut self.tally.view);
        if !matches!(act, Act::Move { .. }) {
            self.rows.table.unmark_all();
        }
        let many = if done == 1 { words(act).one } else { words(act).many };
        let told = format!("{} {many}", counted(done as u64, "job", "jobs"));
        vec![match refused.first() {
            None => Effect::Say(told),
            Some(first) => {
                let others = refused.len() - 1;
                let others =
                    if others == 0 { String::new() } else { format!(" (and {others} more)") };
                let what = format!("{told}; job {}{others}: {}", first.job, first.fault.what);
                Effect::Complain(Fault { what, ..first.fault.clone() })
            }
        }]
    }
}

fn plan(table: &Table, rows: &[Row], deeds: Vec<Deed>) -> Plan {
    let count = rows.len() as u64;
    let mut lines: Vec<String> =
        rows.iter().take(NAMED_MAX).map(|it| format!("  {}", table.path(it))).collect();
    if NAMED_MAX < rows.len() {
        lines.push(format!("  and {} more", rows.len() - NAMED_MAX));
    }
    let running = rows.iter().filter(|it| table.kind(it).status == JobStatus::Running).count();
    lines.push(String::new());
    if 0 < running {
        let it = counted(running as u64, "of them runs and stops", "of them run and stop");
        lines.push(format!("{it} within two seconds."));
    }
    lines.push(
        "What was heard so far is kept, no file is deleted, and r tries them again.".to_owned(),
    );
    Plan { title: format!("Cancel {}?", counted(count, "job", "jobs")), lines, deeds }
}
