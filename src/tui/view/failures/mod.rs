//! The failures: what waits for a person, by its cause, with what to do and who must do it.

mod acts;
mod asks;
mod causes;
mod draw;
#[cfg(test)]
mod tests;

pub(in crate::tui) use asks::{Answer, Ask};

use super::{Effect, Mouse, Page, Scene};
use crate::api::daemon::{JobView, PushedEvent};
use crate::api::run::Fault;
use crate::tui::ask;
use crate::tui::keys::{self, Binding, Hint, letter, on};
use crate::tui::parts::list::Cursor;
use causes::{Cause, Causes, FILES_MAX, Group};
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use std::collections::{BTreeSet, HashMap};

/// What was pushed while pages come.
const PUSHED_MAX: usize = 1_024;
/// So few files are shown at once, below their causes.
const OPEN_FILES: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Open,
    Retry,
    Cancel,
    Mark,
    MarkAll,
    UnmarkAll,
    Unfold,
    Fold,
    Explain,
    Log,
    Scan,
}

const KEYS: &[Binding<Key>] = &[
    on(KeyCode::Enter, Key::Open, "open", "open a cause, or all that is known of a file"),
    letter(
        'r',
        Key::Retry,
        "retry",
        "try again: the file, all of the cause, or all that are marked",
    ),
    letter('x', Key::Cancel, "cancel", "cancel the same; asks first"),
    letter(' ', Key::Mark, "mark", "mark the file, or all of the cause"),
    letter('e', Key::Explain, "explain", "what would be done with the file, and why"),
    letter('l', Key::Log, "log", "the file's log"),
    letter('a', Key::MarkAll, "", "mark everything"),
    letter('A', Key::UnmarkAll, "", "take all marks away"),
    on(KeyCode::Right, Key::Unfold, "", "show the files of the cause"),
    on(KeyCode::Left, Key::Fold, "", "hide them"),
    letter('s', Key::Scan, "", "look through the libraries now"),
];

/// A line: a cause, or one of its files; places in the groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Cause(usize),
    File(usize, usize),
}

/// How the parked jobs come.
#[derive(Debug, Default)]
struct Load {
    asked: bool,
    whole: bool,
    stale: bool,
    next: Option<u64>,
    /// It was shown once.
    shown: bool,
    /// What came so far; shown when all is here, or at once where nothing is shown.
    fresh: Causes,
    /// What was pushed meanwhile, which may be newer.
    pushed: HashMap<u64, JobView>,
    fault: Option<Fault>,
}

/// The page.
#[derive(Debug, Default)]
pub(in crate::tui) struct Failures {
    causes: Causes,
    load: Load,
    groups: Vec<Group>,
    lines: Vec<Line>,
    /// Causes whose files are shown.
    open: BTreeSet<Cause>,
    /// Jobs.
    marked: BTreeSet<u64>,
    cursor: Cursor,
}

impl Failures {
    /// Groups and lines follow from what is known; the cursor stays on its line.
    fn regroup(&mut self) {
        let on = self.line().and_then(|it| self.key_of(it));
        self.groups = self.causes.groups();
        self.marked.retain(|job| {
            self.groups.iter().any(|it| it.files.iter().any(|file| file.job == *job))
        });
        self.lines.clear();
        for (at, group) in self.groups.iter().enumerate() {
            self.lines.push(Line::Cause(at));
            if self.open.contains(&self.general(at)) {
                self.lines.extend((0..group.files.len()).map(|file| Line::File(at, file)));
            }
        }
        let found = self.lines.iter().position(|it| self.key_of(*it) == on);
        let last = self.lines.len().saturating_sub(1);
        self.cursor.at = found.filter(|_| on.is_some()).unwrap_or(self.cursor.at).min(last);
    }

    /// What tells a line from all others.
    fn key_of(&self, line: Line) -> Option<(Cause, Option<u64>)> {
        match line {
            Line::Cause(at) => Some((self.general(at), None)),
            Line::File(at, file) => {
                Some((self.general(at), Some(self.groups.get(at)?.files.get(file)?.job)))
            }
        }
    }

    /// The cause without what is of one file.
    fn general(&self, group: usize) -> Cause {
        let job = self.groups.get(group).and_then(|it| it.files.first()).map_or(0, |it| it.job);
        self.causes.cause_of(job).cloned().unwrap_or_default()
    }

    fn line(&self) -> Option<Line> {
        self.lines.get(self.cursor.at).copied()
    }

    fn fold(&mut self, open: bool) {
        let Some(Line::Cause(at) | Line::File(at, _)) = self.line() else { return };
        let cause = self.general(at);
        let changed = if open { self.open.insert(cause) } else { self.open.remove(&cause) };
        if !open && let Some(line) = self.lines.iter().position(|it| *it == Line::Cause(at)) {
            self.cursor.at = line;
        }
        if changed {
            self.regroup();
        }
    }

    fn toggle(&mut self) {
        if let Some(Line::Cause(at)) = self.line() {
            self.fold(!self.open.contains(&self.general(at)));
        }
    }

    fn mark(&mut self) {
        let jobs = self.under_cursor();
        let marked = jobs.iter().all(|it| self.marked.contains(it));
        for job in jobs {
            if marked {
                self.marked.remove(&job)
            } else {
                self.marked.insert(job)
            };
        }
        self.cursor.at = (self.cursor.at + 1).min(self.lines.len().saturating_sub(1));
    }

    /// The jobs of the cause under the cursor, or of the file.
    fn under_cursor(&self) -> Vec<u64> {
        match self.line() {
            None => Vec::new(),
            Some(Line::Cause(at)) => self.groups[at].files.iter().map(|it| it.job).collect(),
            Some(Line::File(at, file)) => vec![self.groups[at].files[file].job],
        }
    }

    fn ask(&mut self) -> Vec<Effect> {
        let load = &mut self.load;
        if load.asked || (load.whole && !load.stale) {
            return Vec::new();
        }
        if load.stale {
            (load.stale, load.whole, load.next) = (false, false, None);
        }
        if load.next.is_none() {
            load.fresh = Causes::default();
        }
        load.asked = true;
        vec![Effect::Ask(ask::Ask::Failures(Ask::Parked(load.next)))]
    }

    fn take(&mut self, jobs: &[JobView], next: Option<u64>) {
        let load = &mut self.load;
        (load.asked, load.fault) = (false, None);
        for job in jobs {
            load.fresh.take(job);
        }
        load.next = next.filter(|_| load.fresh.len() < FILES_MAX);
        load.fresh.more |= next.is_some() && load.next.is_none();
        load.whole = load.next.is_none();
        if load.whole {
            self.causes = std::mem::take(&mut load.fresh);
            for job in std::mem::take(&mut load.pushed).into_values() {
                self.causes.take(&job);
            }
            if !std::mem::replace(&mut self.load.shown, true) && self.causes.len() <= OPEN_FILES {
                self.open = self.causes.all().cloned().collect();
            }
            self.regroup();
        }
    }
}

impl Page for Failures {
    fn hints(&self) -> Vec<Hint> {
        keys::hints(KEYS)
    }

    fn shown(&mut self, _scene: &Scene<'_>) -> Vec<Effect> {
        self.ask()
    }

    fn tick(&mut self, _scene: &Scene<'_>) -> Vec<Effect> {
        self.ask()
    }

    fn key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Vec<Effect> {
        if self.cursor.key(key, self.lines.len()) {
            return Vec::new();
        }
        let Some(act) = keys::find(KEYS, key) else { return Vec::new() };
        match act {
            Key::Mark => self.mark(),
            Key::MarkAll => {
                self.marked =
                    self.groups.iter().flat_map(|it| &it.files).map(|it| it.job).collect();
            }
            Key::UnmarkAll => self.marked.clear(),
            Key::Unfold => self.fold(true),
            Key::Fold => self.fold(false),
            Key::Open if matches!(self.line(), Some(Line::Cause(_))) => self.toggle(),
            Key::Open | Key::Retry | Key::Cancel | Key::Explain | Key::Log | Key::Scan => {
                return self.act(act, scene);
            }
        }
        Vec::new()
    }

    fn mouse(&mut self, mouse: Mouse, scene: &Scene<'_>) -> Vec<Effect> {
        let len = self.lines.len();
        match mouse {
            Mouse::Wheel(rows) => self.cursor.wheel(rows, len),
            Mouse::Click(_, row) | Mouse::DoubleClick(_, row) => {
                let row = usize::from(row).checked_sub(usize::from(draw::HEADER) + 1);
                let there = row.is_some_and(|it| self.cursor.click(it, len));
                if there && matches!(mouse, Mouse::DoubleClick(..)) {
                    return self.key(KeyEvent::from(KeyCode::Enter), scene);
                }
            }
        }
        Vec::new()
    }

    fn answered(&mut self, answer: ask::Answer, _scene: &Scene<'_>) -> Vec<Effect> {
        let ask::Answer::Failures(answer) = answer else { return Vec::new() };
        match answer {
            Answer::Parked(page) => {
                self.take(&page.jobs, page.next);
                self.ask()
            }
            Answer::Many(act, view) => self.many_done(act, view),
        }
    }

    fn failed(&mut self, asked: &ask::Ask, fault: &Fault, _scene: &Scene<'_>) {
        if let ask::Ask::Failures(Ask::Parked(_)) = asked {
            (self.load.asked, self.load.fault) = (false, Some(fault.clone()));
        }
    }

    fn pushed(&mut self, event: &PushedEvent, _scene: &Scene<'_>) -> Vec<Effect> {
        match event {
            PushedEvent::Job { job } => {
                if self.load.asked && PUSHED_MAX <= self.load.pushed.len() {
                    self.load.stale = true;
                } else if self.load.asked {
                    self.load.pushed.insert(job.id, (**job).clone());
                }
                if self.causes.take(job) {
                    self.regroup();
                }
            }
            PushedEvent::Reset => self.load.stale = true,
            PushedEvent::Progress { .. } | PushedEvent::Activity { .. } | PushedEvent::Model(_) => {
            }
        }
        Vec::new()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        self.draw_all(frame, area, scene);
    }
}
