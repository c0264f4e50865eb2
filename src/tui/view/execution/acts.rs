//! What keys do on this page.

use super::{Ask, Execution};
use crate::api::daemon::{Act, JobStatus, JobView, MoveTo, Target};
use crate::base::text::show_path;
use crate::tui::ask::Ask as AnyAsk;
use crate::tui::keys::{self, Binding, Hint, letter, on};
use crate::tui::parts::list::Cursor;
use crate::tui::view::{Deed, Effect, Plan, Scene};
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use std::path::Path;

const KEYS: &[Binding<Key>] = &[
    on(
        KeyCode::Right,
        Key::Next,
        "section",
        "the next section: steps, decisions, heard, log, files",
    ),
    on(KeyCode::Left, Key::Previous, "", "the section before"),
    letter('r', Key::Retry, "retry", "try it now: what failed, waits, was cancelled or is done"),
    letter('x', Key::Cancel, "cancel", "cancel it; the plan is shown first"),
    letter('p', Key::Pause, "pause", "pause it, or let it go on"),
    letter('v', Key::View, "view", "open the finished subtitle in your pager"),
    letter('l', Key::Log, "log", "what Kinora's own log says of it"),
    letter('e', Key::Explain, "explain", "what would be done with the file, and why"),
    letter('t', Key::Top, "front", "to the front of the queue"),
    letter('b', Key::Bottom, "back", "to the back of the queue"),
    letter('P', Key::PauseAll, "", "pause everything, or let everything go on"),
    letter(',', Key::Earlier, "", "an earlier execution of the same file"),
    letter('.', Key::Later, "", "a later execution"),
];

#[derive(Clone, Copy, Debug)]
enum Key {
    Next,
    Previous,
    Retry,
    Cancel,
    Pause,
    View,
    Log,
    Explain,
    Top,
    Bottom,
    PauseAll,
    Earlier,
    Later,
}

/// While a file is chosen.
const CHOOSING: &[Binding<Choice>] = &[
    on(KeyCode::Enter, Choice::Open, "open", "open this file in your pager"),
    letter('v', Choice::Open, "", ""),
    on(KeyCode::Esc, Choice::Leave, "leave", "open none"),
];

#[derive(Clone, Copy, Debug)]
enum Choice {
    Open,
    Leave,
}

/// The keys as the page stands.
pub(super) fn hints(page: &Execution) -> Vec<Hint> {
    if page.choosing.is_some() { keys::hints(CHOOSING) } else { keys::hints(KEYS) }
}

/// Takes a key.
pub(super) fn key(page: &mut Execution, key: KeyEvent, scene: &Scene<'_>) -> Vec<Effect> {
    if page.choosing.is_some() {
        return choose(page, key);
    }
    match keys::find(KEYS, key) {
        Some(Key::Next) => page.section = page.beside(1),
        Some(Key::Previous) => page.section = page.beside(super::Section::ALL.len() - 1),
        Some(Key::PauseAll) => return vec![pause_all(scene)],
        Some(act) => return of_job(page, act),
        None => {
            let section = page.section;
            page.scroll(section).key(key, section.grows());
        }
    }
    Vec::new()
}

/// What is done with the job.
fn of_job(page: &mut Execution, act: Key) -> Vec<Effect> {
    let Some(job) = page.detail.as_ref().map(|it| it.job.clone()) else {
        let what = "no execution is shown; Enter opens one in the queue (2)";
        return vec![Effect::Say(what.to_owned())];
    };
    let id = job.id;
    let deed = |act: Act, done: String| vec![Effect::Do(of(id, act, done))];
    match act {
        Key::Retry => deed(Act::Retry, format!("job {id} is tried again")),
        Key::Cancel => vec![cancel(&job)],
        Key::Pause if job.status == JobStatus::Paused => {
            deed(Act::Resume, format!("job {id} goes on"))
        }
        Key::Pause => deed(Act::Pause, format!("job {id} is paused; p lets it go on")),
        Key::Top => deed(Act::Move { to: MoveTo::Top }, format!("job {id} is at the front")),
        Key::Bottom => deed(Act::Move { to: MoveTo::Bottom }, format!("job {id} is at the back")),
        Key::View => view(page),
        Key::Log => vec![Effect::LogOf(id)],
        Key::Explain => vec![Effect::Ask(AnyAsk::Explain(job.path.into()))],
        Key::Earlier => other(page, 1),
        Key::Later => other(page, -1),
        Key::Next | Key::Previous | Key::PauseAll => Vec::new(),
    }
}

fn of(job: u64, act: Act, done: String) -> Deed {
    Deed { ask: AnyAsk::Act(Target::Job(job), act), done }
}

fn cancel(job: &JobView) -> Effect {
    let id = job.id;
    match job.status {
        JobStatus::Done => Effect::Say(format!("job {id} is done: there is nothing to cancel")),
        JobStatus::Cancelled => Effect::Say(format!("job {id} is cancelled already")),
        JobStatus::Queued
        | JobStatus::Running
        | JobStatus::Waiting
        | JobStatus::Paused
        | JobStatus::Parked => {
            let mut lines = vec![job.path.clone(), String::new()];
            if job.status == JobStatus::Running {
                lines.push("What runs stops within two seconds.".to_owned());
            }
            lines.push("No subtitle is written; what was heard so far is kept.".to_owned());
            lines.push("Scans leave the file alone then; r takes it up again.".to_owned());
            let deeds = vec![of(id, Act::Cancel, format!("job {id} is cancelled"))];
            Effect::Confirm(Plan { title: format!("Cancel job {id}?"), lines, deeds })
        }
    }
}

fn pause_all(scene: &Scene<'_>) -> Effect {
    let paused = scene.known.status.as_ref().is_some_and(|it| it.paused);
    let (act, done) = if paused {
        (Act::Resume, "everything goes on")
    } else {
        (Act::Pause, "everything is paused; P lets it go on")
    };
    Effect::Do(Deed { ask: AnyAsk::Act(Target::All, act), done: done.to_owned() })
}

/// Opens the file that was written, or asks which.
fn view(page: &mut Execution) -> Vec<Effect> {
    match page.detail.as_ref().map_or(0, |it| it.written.len()) {
        0 => vec![Effect::Say("it wrote no subtitle so far".to_owned())],
        1 => open(page, 0),
        _ => {
            page.choosing = Some(Cursor::default());
            Vec::new()
        }
    }
}

fn open(page: &Execution, number: usize) -> Vec<Effect> {
    let Some(detail) = &page.detail else { return Vec::new() };
    let Some(path) = detail.written.get(number) else { return Vec::new() };
    let name = Path::new(path).file_name().map(|it| show_path(Path::new(it))).unwrap_or_default();
    let (job, execution) = (detail.job.id, detail.job.execution);
    let ask = AnyAsk::Execution(Ask::Text { job, execution, number, name });
    // As a deed, so that a refusal is told.
    vec![Effect::Do(Deed { ask, done: String::new() })]
}

fn choose(page: &mut Execution, key: KeyEvent) -> Vec<Effect> {
    let Some(mut cursor) = page.choosing.take() else { return Vec::new() };
    match keys::find(CHOOSING, key) {
        Some(Choice::Open) => return open(page, cursor.at),
        Some(Choice::Leave) => return Vec::new(),
        None => {
            cursor.key(key, page.detail.as_ref().map_or(0, |it| it.written.len()));
        }
    }
    page.choosing = Some(cursor);
    Vec::new()
}

/// An earlier execution, or a later one.
fn other(page: &mut Execution, by: isize) -> Vec<Effect> {
    let here = page.detail.as_ref().map(|it| it.job.execution);
    let at = page.all.iter().position(|it| Some(*it) == here);
    let to = at.and_then(|it| it.checked_add_signed(by)).filter(|it| *it < page.all.len());
    match to {
        Some(to) => {
            let earlier = page.all.get(to).copied().filter(|_| to > 0);
            page.begin(page.job, earlier);
            page.ask()
        }
        None if by > 0 => {
            vec![Effect::Say("there is no earlier execution of this file".to_owned())]
        }
        None => vec![Effect::Say("this is the latest execution".to_owned())],
    }
}
