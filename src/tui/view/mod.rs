//! Pages: what the operator looks at, one at a time. Each keeps its own state, takes keys, asks, and draws.

pub(super) mod execution;
pub(super) mod failures;
pub(super) mod frame;
pub(super) mod library;
pub(super) mod logs;
pub(super) mod models;
pub(super) mod overview;
pub(super) mod queue;
pub(super) mod settings;

use super::ask::{Answer, Ask};
use super::keys::Hint;
use super::known::Known;
use super::look::Look;
use super::parts::popup::Reading;
use crate::api::daemon::PushedEvent;
use crate::api::run::Fault;
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Rect;

/// The pages, in the order of their keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageName {
    /// How it goes, what needs a person.
    #[default]
    Overview,
    /// All executions.
    Queue,
    /// One execution.
    Execution,
    /// Files and their subtitles.
    Library,
    /// What waits for a person.
    Failures,
    /// What is written down.
    Logs,
    /// Models and engines.
    Models,
    /// Settings.
    Settings,
}

impl PageName {
    /// All of them.
    pub const ALL: [PageName; 8] = [
        PageName::Overview,
        PageName::Queue,
        PageName::Execution,
        PageName::Library,
        PageName::Failures,
        PageName::Logs,
        PageName::Models,
        PageName::Settings,
    ];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            PageName::Overview => "overview",
            PageName::Queue => "queue",
            PageName::Execution => "execution",
            PageName::Library => "library",
            PageName::Failures => "failures",
            PageName::Logs => "logs",
            PageName::Models => "models",
            PageName::Settings => "settings",
        }
    }

    /// The key that shows it.
    pub(super) fn key(self) -> char {
        match self {
            PageName::Overview => '1',
            PageName::Queue => '2',
            PageName::Execution => '3',
            PageName::Library => '4',
            PageName::Failures => '5',
            PageName::Logs => '6',
            PageName::Models => '7',
            PageName::Settings => '8',
        }
    }
}

/// What a page may look at beside its own state.
pub(super) struct Scene<'a> {
    /// What is known of the daemon.
    pub(super) known: &'a Known,
    /// The time, milliseconds since the Unix epoch.
    pub(super) now_unix_ms: u64,
    /// The looks.
    pub(super) look: Look,
    /// For times of day.
    pub(super) zone: &'a TimeZone,
}

/// What a page wants done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// Asks; the answer comes to this page, a fault too.
    Ask(Ask),
    /// Acts, and tells the operator what came of it.
    Do(Deed),
    /// Shows a plan, and acts where the operator says yes.
    Confirm(Plan),
    /// Shows the page of this job's execution.
    Open(u64),
    /// Shows the log of this job.
    LogOf(u64),
    /// Shows a text over the page.
    Read(Reading),
    /// Opens a text in the operator's pager: a name for its file, and what is in it.
    Page {
        /// Name of the file, without a folder.
        name: String,
        /// What is in it.
        text: String,
    },
    /// Tells something in the line above the keys.
    Say(String),
    /// Tells what went wrong there.
    Complain(Fault),
}

/// An act, and what is told when it is done.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deed {
    /// What is asked.
    pub(super) ask: Ask,
    /// Told when it went well; empty where the page tells it itself, from the answer.
    pub(super) done: String,
}

/// What would be done, shown before it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// A question: `Cancel 3 jobs?`.
    pub(super) title: String,
    /// What will happen, a sentence each.
    pub(super) lines: Vec<String>,
    /// What is done then.
    pub(super) deeds: Vec<Deed>,
}

/// A click or a turn of the wheel, inside of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mouse {
    /// A click at a column and row of the page's area, from 0.
    Click(u16, u16),
    /// Two of them soon after each other.
    DoubleClick(u16, u16),
    /// The wheel: rows, down where positive.
    Wheel(isize),
}

/// A page.
pub(super) trait Page {
    /// The keys of it as it stands, for the help and the footer; keys of a list's cursor are told by the frame.
    fn hints(&self) -> Vec<Hint>;
    /// Somebody types: letters are text, not keys.
    fn is_typing(&self) -> bool {
        false
    }
    /// It comes to the front.
    fn shown(&mut self, _scene: &Scene<'_>) -> Vec<Effect> {
        Vec::new()
    }
    /// A moment passed (see [`TICK`](super::screen::TICK)) while it is in front: asks for what should be fresh.
    fn tick(&mut self, _scene: &Scene<'_>) -> Vec<Effect> {
        Vec::new()
    }
    /// There is work that takes long, which is done in slices while nobody types: sorting, searching.
    fn is_busy(&self) -> bool {
        false
    }
    /// A slice of that, a millisecond or two.
    fn work(&mut self) {}
    /// A key that is nobody else's.
    fn key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Vec<Effect>;
    /// The mouse.
    fn mouse(&mut self, _mouse: Mouse, _scene: &Scene<'_>) -> Vec<Effect> {
        Vec::new()
    }
    /// An answer to what it asked, also while another page is in front.
    fn answered(&mut self, _answer: Answer, _scene: &Scene<'_>) -> Vec<Effect> {
        Vec::new()
    }
    /// What it asked went wrong.
    fn failed(&mut self, _ask: &Ask, _fault: &Fault, _scene: &Scene<'_>) {}
    /// Something was pushed, also while another page is in front; after [`PushedEvent::Reset`] all it knows is old.
    fn pushed(&mut self, _event: &PushedEvent, _scene: &Scene<'_>) -> Vec<Effect> {
        Vec::new()
    }
    /// Draws itself.
    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>);
}
