//! Kinora's own log as it grows, and the log of one job.

mod ask;
mod draw;
mod kept;
#[cfg(test)]
mod tests;

pub(in crate::tui) use ask::{Answer, Ask};

use super::{Effect, Mouse, Page, Scene};
use crate::api::daemon::PushedEvent;
use crate::api::logs::{LogLevel, LogLine};
use crate::api::run::Fault;
use crate::tui::ask::{Answer as AnyAnswer, Ask as Any};
use crate::tui::keys::{self, Binding, Hint, letter, on};
use crate::tui::parts::list::Cursor;
use crate::tui::parts::popup::Reading;
use crate::tui::parts::prompt::{Prompt, Typed};
use kept::{Kept, Lines, Sieve};
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

/// Columns that a step to the side goes.
const SIDE_COLUMNS: usize = 20;
/// Columns that it goes at most: no line is longer.
const SIDE_COLUMNS_MAX: usize = 4_200;
/// The levels that can be chosen, one after the other.
const LEVELS: [LogLevel; 4] = [LogLevel::Trace, LogLevel::Info, LogLevel::Warn, LogLevel::Error];

#[derive(Clone, Copy, Debug)]
enum Key {
    Follow,
    Level,
    Search,
    Next,
    Previous,
    Open,
    Only,
    Whole,
    Left,
    Right,
    Back,
}

const KEYS: &[Binding<Key>] = &[
    letter('F', Key::Follow, "follow", "go on to the newest line, and stay there"),
    letter(
        'f',
        Key::Level,
        "level",
        "all lines, without what is for finding faults, bad ones, the worst",
    ),
    letter('/', Key::Search, "search", "a word to find; it is marked"),
    letter('n', Key::Next, "next", "the next older line with that word"),
    letter('N', Key::Previous, "", "the next newer line with that word"),
    letter('l', Key::Only, "of job", "only what is about the job of this line, with its own log"),
    on(KeyCode::Enter, Key::Open, "execution", "what Kinora does with the file of this line"),
    letter(' ', Key::Whole, "whole", "the whole line, with who said it"),
    on(KeyCode::Right, Key::Right, "", "the ends of long lines"),
    on(KeyCode::Left, Key::Left, "", "their beginnings"),
    on(KeyCode::Esc, Key::Back, "", "no search; then the lines of all jobs again"),
];

/// The log of one job.
#[derive(Debug)]
struct Own {
    job: u64,
    /// `None` where it was not told yet.
    lines: Option<Result<Vec<String>, Fault>>,
    /// Something happened since it was told.
    old: bool,
    asking: bool,
}

/// What stands in a row.
enum Row<'a> {
    Heading(String),
    /// A line of the job's own log.
    Text(&'a str),
    Line(&'a LogLine, &'a str),
    Lost(u64),
    /// Nothing is there, a sentence.
    None(&'static str),
    Fault(&'a Fault),
}

/// The page.
#[derive(Debug)]
pub(in crate::tui) struct Logs {
    lines: Lines,
    cursor: Cursor,
    /// The cursor stays on the newest line.
    follow: bool,
    asking: bool,
    asking_before: bool,
    own: Option<Own>,
    typing: Option<Prompt>,
    /// What is marked, in small letters; empty for nothing.
    search: String,
    /// Columns of every line that are left out at its beginning.
    side: usize,
    fault: Option<Fault>,
}

impl Default for Logs {
    fn default() -> Logs {
        Logs {
            lines: Lines::default(),
            cursor: Cursor::default(),
            follow: true,
            asking: false,
            asking_before: false,
            own: None,
            typing: None,
            search: String::new(),
            side: 0,
            fault: None,
        }
    }
}

impl Logs {
    /// Shows only what concerns this job.
    pub(in crate::tui) fn only(&mut self, job: u64) -> Vec<Effect> {
        self.own = Some(Own { job, lines: None, old: true, asking: false });
        self.lines.sift(Sieve { job: Some(job), ..self.lines.sieve() });
        (self.follow, self.side, self.search) = (true, 0, String::new());
        self.go_to_end();
        self.ask_own()
    }

    /// Rows in all.
    fn len(&self) -> usize {
        match &self.own {
            None => self.lines.len(),
            Some(_) => 1 + self.own_len() + 1 + self.lines.len().max(1),
        }
    }

    /// Rows of the job's own log.
    fn own_len(&self) -> usize {
        match self.own.as_ref().and_then(|it| it.lines.as_ref()) {
            Some(Ok(lines)) => lines.len().max(1),
            Some(Err(_)) | None => 1,
        }
    }

    fn row(&self, row: usize) -> Option<Row<'_>> {
        let line = |row: usize| match self.lines.get(row)? {
            Kept::Line(line, lower) => Some(Row::Line(line, lower)),
            Kept::Lost(count) => Some(Row::Lost(*count)),
        };
        let Some(own) = &self.own else { return line(row) };
        let mine = self.own_len();
        Some(match row {
            0 => Row::Heading(format!("The log of job {}", own.job)),
            row if row <= mine => match &own.lines {
                Some(Ok(lines)) => {
                    lines.get(row - 1).map_or(Row::None("nothing happened yet"), |it| Row::Text(it))
                }
                Some(Err(fault)) => Row::Fault(fault),
                None => Row::None("asking Kinora for it"),
            },
            row if row == mine + 1 => Row::Heading("What Kinora's own log says of it".to_owned()),
            row if self.lines.len() == 0 && row == mine + 2 => {
                Row::None("nothing since Kinora began, or so long ago that it is not kept")
            }
            row => return line(row - mine - 2),
        })
    }

    /// The job that the row under the cursor is about.
    fn job(&self) -> Option<u64> {
        match (&self.own, self.row(self.cursor.at)) {
            (Some(own), _) => Some(own.job),
            (None, Some(Row::Line(line, _))) => line.job,
            (None, _) => None,
        }
    }

    fn go_to_end(&mut self) {
        self.cursor.at = self.len().saturating_sub(1);
    }

    /// Rows came or went; the cursor stays on the line it is on, or on the newest.
    fn moved(&mut self, come: usize, gone: usize) {
        if self.follow {
            return self.go_to_end();
        }
        // Before the lines are those of the job's own log, where one is looked at.
        let head = if self.own.is_some() { self.own_len() + 2 } else { 0 };
        if head <= self.cursor.at {
            self.cursor.at = (self.cursor.at + come).saturating_sub(gone).max(head);
            self.cursor.top = (self.cursor.top + come).saturating_sub(gone);
        }
        self.cursor.at = self.cursor.at.min(self.len().saturating_sub(1));
    }

    fn ask(&mut self) -> Vec<Effect> {
        let mut asks = Vec::new();
        if !self.asking {
            self.asking = true;
            asks.push(self.lines.next().map_or(Ask::Last, Ask::After));
        }
        if self.cursor.at == 0
            && !self.follow
            && !self.asking_before
            && let Some(before) = self.lines.before()
        {
            self.asking_before = true;
            asks.push(Ask::Before(before));
        }
        let mut effects: Vec<Effect> =
            asks.into_iter().map(|it| Effect::Ask(Any::Logs(it))).collect();
        effects.extend(self.ask_own());
        effects
    }

    fn ask_own(&mut self) -> Vec<Effect> {
        let Some(own) = self.own.as_mut().filter(|it| it.old && !it.asking) else {
            return Vec::new();
        };
        (own.asking, own.old) = (true, false);
        vec![Effect::Ask(Any::Logs(Ask::Job(own.job)))]
    }

    fn next_level(&mut self) {
        let Sieve { level, job } = self.lines.sieve();
        let at = LEVELS.iter().position(|it| *it == level).unwrap_or(0);
        let under = self.under();
        self.lines.sift(Sieve { level: LEVELS[(at + 1) % LEVELS.len()], job });
        self.back_to(under);
    }

    /// The number of the line under the cursor.
    fn under(&self) -> Option<u64> {
        match self.row(self.cursor.at) {
            Some(Row::Line(line, _)) => Some(line.number),
            Some(_) | None => None,
        }
    }

    /// The cursor on that line again, or the first after it.
    fn back_to(&mut self, number: Option<u64>) {
        if self.follow {
            return self.go_to_end();
        }
        let head = if self.own.is_some() { self.own_len() + 2 } else { 0 };
        let after = |row: &usize| match self.lines.get(*row) {
            Some(Kept::Line(line, _)) => Some(line.number) >= number,
            Some(Kept::Lost(_)) | None => false,
        };
        let found = (0..self.lines.len()).find(after);
        if number.is_some() {
            self.cursor.at = found.map_or(self.len().saturating_sub(1), |it| it + head);
        }
    }

    /// The next row with the word, from the cursor on.
    fn find(&mut self, older: bool) -> Vec<Effect> {
        if self.search.is_empty() {
            self.typing = Some(Prompt::new("search", ""));
            return Vec::new();
        }
        let has = |row: &usize| self.row(*row).is_some_and(|it| self.is_found(&it));
        let (at, len) = (self.cursor.at, self.len());
        let found = if older { (0..at).rev().find(has) } else { (at + 1..len).find(has) };
        match found {
            Some(row) => {
                self.cursor.at = row;
                self.follow = false;
                Vec::new()
            }
            None => {
                let way = if older { "older" } else { "newer" };
                vec![Effect::Say(format!("no {way} line has \"{}\"", self.search))]
            }
        }
    }

    fn is_found(&self, row: &Row<'_>) -> bool {
        match row {
            Row::Line(_, lower) => lower.contains(&self.search),
            Row::Text(text) => text.to_lowercase().contains(&self.search),
            Row::Heading(_) | Row::Lost(_) | Row::None(_) | Row::Fault(_) => false,
        }
    }

    fn act(&mut self, key: Key, scene: &Scene<'_>) -> Vec<Effect> {
        let no_job = || vec![Effect::Say("this line is about no job".to_owned())];
        match key {
            Key::Follow => {
                self.follow = true;
                self.go_to_end();
            }
            Key::Level => self.next_level(),
            Key::Search => self.typing = Some(Prompt::new("search", "")),
            Key::Next => return self.find(true),
            Key::Previous => return self.find(false),
            Key::Open => return self.job().map_or_else(no_job, |it| vec![Effect::Open(it)]),
            Key::Only if self.own.is_some() => {}
            Key::Only => return self.job().map_or_else(no_job, |it| self.only(it)),
            Key::Whole => return self.whole(scene).into_iter().collect(),
            Key::Left => self.side = self.side.saturating_sub(SIDE_COLUMNS),
            Key::Right => self.side = (self.side + SIDE_COLUMNS).min(SIDE_COLUMNS_MAX),
            Key::Back if !self.search.is_empty() => self.search.clear(),
            Key::Back if self.own.is_some() => {
                let under = self.under();
                self.own = None;
                self.lines.sift(Sieve { job: None, ..self.lines.sieve() });
                self.back_to(under);
            }
            Key::Back => self.side = 0,
        }
        Vec::new()
    }

    /// The whole line under the cursor, as a text to read.
    fn whole(&self, scene: &Scene<'_>) -> Option<Effect> {
        let (title, lines) = match self.row(self.cursor.at)? {
            Row::Line(line, _) => draw::whole(line, scene),
            Row::Text(text) => ("A line of the job's log".to_owned(), vec![draw::plain(text)]),
            Row::Heading(_) | Row::Lost(_) | Row::None(_) | Row::Fault(_) => return None,
        };
        Some(Effect::Read(Reading { title, lines, top: 0 }))
    }
}

impl Page for Logs {
    fn hints(&self) -> Vec<Hint> {
        keys::hints(KEYS)
    }

    fn is_typing(&self) -> bool {
        self.typing.is_some()
    }

    fn shown(&mut self, _scene: &Scene<'_>) -> Vec<Effect> {
        self.ask()
    }

    fn tick(&mut self, _scene: &Scene<'_>) -> Vec<Effect> {
        self.ask()
    }

    fn key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Vec<Effect> {
        if let Some(mut prompt) = self.typing.take() {
            match prompt.key(key) {
                Typed::More => self.typing = Some(prompt),
                Typed::Left => {}
                Typed::Done(text) => {
                    self.search = text.trim().to_lowercase();
                    let here = self.row(self.cursor.at).is_some_and(|it| self.is_found(&it));
                    if !self.search.is_empty() && !here {
                        return self.find(true);
                    }
                }
            }
            return Vec::new();
        }
        if let Some(key) = keys::find(KEYS, key) {
            return self.act(key, scene);
        }
        let len = self.len();
        if self.cursor.key(key, len) {
            // Whoever goes up wants to read; at the end it goes on.
            self.follow = matches!(key.code, KeyCode::End | KeyCode::Char('G'))
                || self.follow && self.cursor.at + 1 == len;
        }
        Vec::new()
    }

    fn mouse(&mut self, mouse: Mouse, _scene: &Scene<'_>) -> Vec<Effect> {
        let len = self.len();
        match mouse {
            Mouse::Wheel(rows) => {
                self.cursor.wheel(rows, len);
                self.follow &= self.cursor.at + 1 == len;
            }
            Mouse::Click(_, row) | Mouse::DoubleClick(_, row) => {
                let row = usize::from(row).checked_sub(draw::HEAD_ROWS);
                if row.is_some_and(|it| self.cursor.click(it, len)) {
                    self.follow &= self.cursor.at + 1 == len;
                }
                if let (Mouse::DoubleClick(..), Some(_), Some(job)) = (mouse, row, self.job()) {
                    return vec![Effect::Open(job)];
                }
            }
        }
        Vec::new()
    }

    fn answered(&mut self, answer: AnyAnswer, _scene: &Scene<'_>) -> Vec<Effect> {
        let AnyAnswer::Logs(answer) = answer else { return Vec::new() };
        match answer {
            Answer::Last(page) => {
                (self.asking, self.fault) = (false, None);
                self.lines.begin(page);
                self.moved(0, 0);
            }
            Answer::After(page) => {
                (self.asking, self.fault) = (false, None);
                let gone = self.lines.add(page);
                self.moved(0, gone);
            }
            Answer::Before(page) => {
                self.asking_before = false;
                let come = self.lines.add_before(page);
                self.moved(come, 0);
            }
            Answer::Job { job, lines } => {
                if let Some(own) = self.own.as_mut().filter(|it| it.job == job) {
                    own.asking = false;
                    own.lines = Some(Ok(lines));
                    self.moved(0, 0);
                }
            }
        }
        Vec::new()
    }

    fn failed(&mut self, ask: &Any, fault: &Fault, _scene: &Scene<'_>) {
        let Any::Logs(ask) = ask else { return };
        match ask {
            Ask::Last | Ask::After(_) => {
                (self.asking, self.fault) = (false, Some(fault.clone()));
            }
            Ask::Before(_) => self.asking_before = false,
            Ask::Job(job) => {
                if let Some(own) = self.own.as_mut().filter(|it| it.job == *job) {
                    own.asking = false;
                    own.lines = Some(Err(fault.clone()));
                }
            }
        }
    }

    fn pushed(&mut self, event: &PushedEvent, _scene: &Scene<'_>) -> Vec<Effect> {
        let Some(own) = &mut self.own else { return Vec::new() };
        own.old |= match event {
            PushedEvent::Job { job } => job.id == own.job,
            PushedEvent::Reset => true,
            PushedEvent::Progress { .. } | PushedEvent::Activity { .. } | PushedEvent::Model(_) => {
                false
            }
        };
        Vec::new()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        draw::draw(self, frame, area, scene);
    }
}
