//! Overview: how it goes, at a glance. What needs a person comes first, then lanes and what runs on them, counts, the
//! last hour, what happened.

mod ask;
mod needs;
mod lanes;
mod sums;
mod lately;
mod draw;

pub(in crate::tui) use ask::{Answer, Ask};

use super::{Deed, Effect, Mouse, Page, Plan, Scene};
use crate::api::daemon::{Act, JobStatus, LaneView, PushedEvent, ScanRequest, StatusView, Target};
use crate::api::run::Fault;
use crate::base::text::counted;
use crate::tui::ask as all;
use crate::tui::keys::{self, Binding, Hint, letter, on};
use crate::tui::parts::list::Cursor;
use crate::tui::parts::prompt::{Prompt, Typed};
use ask::{Happened, Hour};
use lanes::{Row, Spot, rows};
use needs::count;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use std::path::PathBuf;

/// What the keys of this page do.
#[derive(Clone, Copy, Debug)]
enum Key {
    Open,
    Lane,
    All,
    Retry,
    Scan,
    Explain,
}

const KEYS: &[Binding<Key>] = &[
    on(KeyCode::Enter, Key::Open, "open", "show the execution of the file the cursor is on"),
    letter('p', Key::Lane, "pause lane", "pause the lane the cursor is on, or let it go on"),
    letter('P', Key::All, "pause all", "pause everything, or let it go on"),
    letter('r', Key::Retry, "retry parked", "try everything again that waits for a person"),
    letter('s', Key::Scan, "scan", "look through the libraries now"),
    letter('e', Key::Explain, "explain", "ask what would be done with a file, and why"),
];

/// Keys of the line to type in.
const TYPING: &[Binding<()>] = &[
    on(KeyCode::Enter, (), "explain", "explain the file of this path"),
    on(KeyCode::Esc, (), "leave", "never mind"),
];

/// The page.
#[derive(Debug, Default)]
pub(in crate::tui) struct Overview {
    happened: Happened,
    hour: Hour,
    cursor: Cursor,
    /// What the cursor stands on, which may move.
    on: Option<Spot>,
    /// The line to type a path in, while it is there.
    prompt: Option<Prompt>,
    /// Where the rows of lanes were drawn, and whether only those that matter.
    list: Rect,
    brief: bool,
    /// Where the page begins on the screen.
    area_y: u16,
}

impl Overview {
    /// Sets the cursor on the row it stood on, wherever that is now.
    fn follow(&mut self, rows: &[Row<'_>]) {
        if let Some(at) = self.on.as_ref().and_then(|it| lanes::find(rows, it)) {
            self.cursor.at = at;
        }
        self.stand(rows);
    }

    /// Remembers what the cursor stands on.
    fn stand(&mut self, rows: &[Row<'_>]) {
        self.cursor.at = self.cursor.at.min(rows.len().saturating_sub(1));
        self.on = rows.get(self.cursor.at).map(|it| it.spot());
    }

    fn act(&mut self, key: Key, status: &StatusView) -> Vec<Effect> {
        let mut rows = rows(status, self.brief);
        self.follow(&rows);
        let here = (!rows.is_empty()).then(|| rows.swap_remove(self.cursor.at));
        let say = |text: &str| vec![Effect::Say(text.to_owned())];
        match key {
            Key::Open => match here.and_then(Row::worker).and_then(|it| it.job) {
                Some(job) => vec![Effect::Open(job)],
                None => say("no file is worked on there"),
            },
            Key::Lane => match here {
                Some(row) => vec![lane(row.lane())],
                None => say("there is no lane"),
            },
            Key::All => vec![everything(status)],
            Key::Retry => vec![retry(count(status, JobStatus::Parked))],
            Key::Scan if status.libraries == Some(0) => {
                say("there is no library to look through: write a [[library]] into kinora.toml")
            }
            Key::Scan => {
                let ask = all::Ask::Scan(ScanRequest::default());
                vec![Effect::Do(Deed { ask, done: String::new() })]
            }
            Key::Explain => {
                let path = here.and_then(Row::worker).and_then(|it| it.path.as_deref());
                self.prompt = Some(Prompt::new("Explain the file", path.unwrap_or_default()));
                Vec::new()
            }
        }
    }

    fn typed(&mut self, mut prompt: Prompt, key: KeyEvent) -> Vec<Effect> {
        match prompt.key(key) {
            Typed::More => self.prompt = Some(prompt),
            Typed::Done(path) if !path.trim().is_empty() => {
                return vec![Effect::Ask(all::Ask::Explain(PathBuf::from(path.trim())))];
            }
            Typed::Done(_) | Typed::Left => {}
        }
        Vec::new()
    }

    fn questions(&mut self, now_unix_ms: u64) -> Vec<Effect> {
        let asks = [self.happened.ask(), self.hour.ask(now_unix_ms)];
        asks.into_iter().flatten().map(|it| Effect::Ask(all::Ask::Overview(it))).collect()
    }
}

fn deed(target: Target, act: Act, done: &str) -> Deed {
    Deed { ask: all::Ask::Act(target, act), done: done.to_owned() }
}

/// Pauses a lane, or lets it go on; where something runs there, the plan comes first.
fn lane(lane: &LaneView) -> Effect {
    let name = &lane.name;
    let target = Target::Lane(name.clone());
    if lane.paused || lane.quarantined.is_some() {
        return Effect::Do(deed(target, Act::Resume, &format!("lane {name} goes on")));
    }
    let pause = deed(target, Act::Pause, &format!("lane {name} is paused; p lets it go on"));
    let running = lane.workers.iter().filter(|it| it.job.is_some()).count();
    if running == 0 {
        return Effect::Do(pause);
    }
    Effect::Confirm(Plan {
        title: format!("Pause lane {name}?"),
        lines: vec![put_back(running), "The lane begins nothing until p lets it go on.".to_owned()],
        deeds: vec![pause],
    })
}

fn put_back(running: usize) -> String {
    let files = counted(running, "file that runs there goes", "files that run there go");
    format!("{files} back into the queue; nothing that was heard is lost.")
}

/// Pauses everything, or lets it go on; always a plan.
fn everything(status: &StatusView) -> Effect {
    if status.paused {
        let paused: Vec<&str> =
            status.lanes.iter().filter(|it| it.paused).map(|it| it.name.as_str()).collect();
        let mut lines = vec!["Work begins again at once.".to_owned()];
        if !paused.is_empty() {
            lines.push(format!("Paused by themselves, and stay so: {}.", paused.join(", ")));
        }
        let deeds = vec![deed(Target::All, Act::Resume, "everything goes on")];
        return Effect::Confirm(Plan { title: "Let everything go on?".to_owned(), lines, deeds });
    }
    let running = status.lanes.iter().flat_map(|it| &it.workers).filter(|it| it.job.is_some());
    let running = match running.count() {
        0 => "Nothing runs at the moment.".to_owned(),
        running => put_back(running),
    };
    Effect::Confirm(Plan {
        title: "Pause everything?".to_owned(),
        lines: vec![
            running,
            "Nothing begins until P lets it go on, not after a restart either.".to_owned(),
        ],
        deeds: vec![deed(Target::All, Act::Pause, "everything is paused; P lets it go on")],
    })
}

/// Tries everything again that is parked.
fn retry(parked: u64) -> Effect {
    if parked == 0 {
        return Effect::Say("nothing waits for a person".to_owned());
    }
    let files = counted(parked, "file", "files");
    Effect::Confirm(Plan {
        title: format!("Try {files} again?"),
        lines: vec![
            "They go back into the queue, in the order they had.".to_owned(),
            "What is not mended yet ends here again; page 5 shows why each waits.".to_owned(),
        ],
        deeds: vec![deed(Target::All, Act::Retry, &format!("{files} will be tried again"))],
    })
}

impl Page for Overview {
    fn hints(&self) -> Vec<Hint> {
        if self.prompt.is_some() { keys::hints(TYPING) } else { keys::hints(KEYS) }
    }

    fn is_typing(&self) -> bool {
        self.prompt.is_some()
    }

    fn shown(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        self.questions(scene.now_unix_ms)
    }

    fn tick(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        self.questions(scene.now_unix_ms)
    }

    fn key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Vec<Effect> {
        if let Some(prompt) = self.prompt.take() {
            return self.typed(prompt, key);
        }
        let Some(status) = &scene.known.status else { return Vec::new() };
        if let Some(key) = keys::find(KEYS, key) {
            return self.act(key, status);
        }
        let rows = rows(status, self.brief);
        self.follow(&rows);
        if self.cursor.key(key, rows.len()) {
            self.stand(&rows);
        }
        Vec::new()
    }

    fn mouse(&mut self, mouse: Mouse, scene: &Scene<'_>) -> Vec<Effect> {
        let Some(status) = &scene.known.status else { return Vec::new() };
        let rows = rows(status, self.brief);
        self.follow(&rows);
        let mut open = false;
        match mouse {
            Mouse::Wheel(by) => self.cursor.wheel(by, rows.len()),
            Mouse::Click(_, row) | Mouse::DoubleClick(_, row) => {
                // The page begins below the frame's first rows; the list was drawn on the whole screen.
                let top = self.list.y.saturating_sub(self.area_y);
                let Some(row) = row.checked_sub(top) else { return Vec::new() };
                let hit = self.cursor.click(usize::from(row), rows.len());
                open = hit && matches!(mouse, Mouse::DoubleClick(..));
            }
        }
        self.stand(&rows);
        if open { self.act(Key::Open, status) } else { Vec::new() }
    }

    fn answered(&mut self, answer: all::Answer, _scene: &Scene<'_>) -> Vec<Effect> {
        match answer {
            all::Answer::Overview(Answer::Activity(activity)) => self.happened.answered(activity),
            all::Answer::Overview(Answer::Pace(pace)) => self.hour.answered(pace),
            all::Answer::Queue(_)
            | all::Answer::Execution(_)
            | all::Answer::Library(_)
            | all::Answer::Failures(_)
            | all::Answer::Logs(_)
            | all::Answer::Models(_)
            | all::Answer::Settings(_)
            | all::Answer::Acted
            | all::Answer::Scanned(_)
            | all::Answer::Explained(_) => {}
        }
        Vec::new()
    }

    fn failed(&mut self, ask: &all::Ask, _fault: &Fault, _scene: &Scene<'_>) {
        match ask {
            all::Ask::Overview(Ask::Activity) => self.happened.failed(),
            all::Ask::Overview(Ask::Pace(_)) => self.hour.failed(),
            all::Ask::Queue(_)
            | all::Ask::Execution(_)
            | all::Ask::Library(_)
            | all::Ask::Failures(_)
            | all::Ask::Logs(_)
            | all::Ask::Models(_)
            | all::Ask::Settings(_)
            | all::Ask::Act(..)
            | all::Ask::Scan(_)
            | all::Ask::Explain(_) => {}
        }
    }

    fn pushed(&mut self, event: &PushedEvent, _scene: &Scene<'_>) -> Vec<Effect> {
        match event {
            PushedEvent::Activity { activity } => self.happened.pushed(activity),
            PushedEvent::Reset => {
                self.happened.reset();
                self.hour.reset();
            }
            PushedEvent::Job { .. } | PushedEvent::Progress { .. } | PushedEvent::Model(_) => {}
        }
        Vec::new()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        self.area_y = area.y;
        self.draw_page(frame, area, scene);
    }
}

#[cfg(test)]
mod tests;
