//! One execution: its steps and how long they take, what was decided and why, what went wrong and what to do, what is
//! heard at the moment, and the files it wrote.

mod acts;
mod ask;
mod draw;
mod heard;
mod scroll;
mod sections;
mod standing;
#[cfg(test)]
mod tests;

pub(in crate::tui) use ask::{Answer, Ask};

use super::{Effect, Mouse, Page, Scene};
use crate::api::daemon::{ActivityView, JobDetail, JobEventView, JobStatus, PushedEvent};
use crate::api::run::Fault;
use crate::tui::ask::{Answer as AnyAnswer, Ask as AnyAsk};
use crate::tui::keys::Hint;
use crate::tui::parts::list::Cursor;
use heard::Heard;
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use scroll::Scroll;
use std::collections::VecDeque;
use std::rc::Rc;

/// What happened beside the execution's own events; more is forgotten, the oldest first.
const TOLD_MAX: usize = 200;
/// What the execution's own events tell as well.
const TOLD_TWICE: [&str; 5] = ["failed", "parked", "put_back", "finished", "asr_failed_fatal"];
/// Steps that tell lines.
const HEARING: [&str; 2] = ["listen", "translate"];

/// A part of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Section {
    /// The steps, and what went wrong.
    #[default]
    Steps,
    /// What was decided and why.
    Decisions,
    /// The lines that are heard.
    Heard,
    /// What happened.
    Log,
    /// The files it wrote.
    Files,
}

impl Section {
    const ALL: [Section; 5] =
        [Section::Steps, Section::Decisions, Section::Heard, Section::Log, Section::Files];

    fn word(self) -> &'static str {
        match self {
            Section::Steps => "Steps",
            Section::Decisions => "Decisions",
            Section::Heard => "Heard",
            Section::Log => "Log",
            Section::Files => "Files",
        }
    }

    /// Its end matters most.
    fn grows(self) -> bool {
        match self {
            Section::Heard | Section::Log => true,
            Section::Steps | Section::Decisions | Section::Files => false,
        }
    }
}

/// The page.
#[derive(Debug)]
pub(in crate::tui) struct Execution {
    /// Whose execution it is.
    job: Option<u64>,
    /// Nobody chose it: it is the one that runs, or the newest.
    picked: bool,
    /// An earlier execution that is looked at; `None` for the latest one.
    earlier: Option<u64>,
    /// All executions of the job, the newest first.
    all: Vec<u64>,
    detail: Option<Rc<JobDetail>>,
    /// When that was told, milliseconds since the Unix epoch.
    told_unix_ms: u64,
    /// Why nothing can be shown.
    trouble: Option<Fault>,
    /// A question for it is on its way; or what is known may be old.
    asking: bool,
    stale: bool,
    heard: Heard,
    /// The lines heard are on the screen.
    shows_heard: bool,
    /// What else happened.
    told: VecDeque<JobEventView>,
    section: Section,
    scrolls: [Scroll; Section::ALL.len()],
    /// Which file is to be opened.
    choosing: Option<Cursor>,
    /// Where sections, or their names, were drawn.
    places: Vec<(Section, Rect)>,
    /// Grows when what is told changes.
    version: u64,
    /// The lines of long sections, for a version and so many columns: they are not made anew for every frame.
    made: [Option<((u64, u16), Made)>; Section::ALL.len()],
}

/// The lines of a section.
type Made = Rc<Vec<Line<'static>>>;

impl Default for Execution {
    fn default() -> Execution {
        let scroll = |it: Section| if it.grows() { Scroll::following() } else { Scroll::default() };
        Execution {
            job: None,
            picked: false,
            earlier: None,
            all: Vec::new(),
            detail: None,
            told_unix_ms: 0,
            trouble: None,
            asking: false,
            stale: false,
            heard: Heard::default(),
            shows_heard: true,
            told: VecDeque::new(),
            section: Section::Steps,
            scrolls: Section::ALL.map(scroll),
            choosing: None,
            places: Vec::new(),
            version: 0,
            made: Default::default(),
        }
    }
}

impl Execution {
    /// Shows the execution of this job from now on.
    pub(in crate::tui) fn open(&mut self, job: u64) -> Vec<Effect> {
        self.begin(Some(job), None);
        self.picked = false;
        self.ask()
    }

    /// Another job, or another execution of it.
    fn begin(&mut self, job: Option<u64>, earlier: Option<u64>) {
        let same = self.job == job;
        let all = if same { std::mem::take(&mut self.all) } else { Vec::new() };
        let told = if same { std::mem::take(&mut self.told) } else { VecDeque::new() };
        let fresh =
            Execution { job, earlier, all, told, section: self.section, ..Execution::default() };
        *self = Execution { picked: self.picked, shows_heard: self.shows_heard, ..fresh };
    }

    /// Asks for what is shown.
    fn ask(&mut self) -> Vec<Effect> {
        if self.asking {
            return Vec::new();
        }
        (self.asking, self.stale) = (true, false);
        let ask = match self.job {
            Some(job) => Ask::Detail { job, execution: self.earlier },
            None => Ask::Pick,
        };
        vec![Effect::Ask(AnyAsk::Execution(ask))]
    }

    /// Asks what is heard, where somebody sees it and more may have come.
    fn ask_heard(&mut self) -> Option<Effect> {
        let job = self.job.filter(|_| self.earlier.is_none() && !self.heard.asking)?;
        let hears = self.is_hearing() && self.shows_heard;
        if !hears && self.heard.asked {
            return None;
        }
        self.heard.asking = true;
        let after = self.heard.after();
        Some(Effect::Ask(AnyAsk::Execution(Ask::Heard { job, after })))
    }

    fn is_running(&self) -> bool {
        self.detail.as_ref().is_some_and(|it| it.job.status == JobStatus::Running)
    }

    /// A step that tells lines is on its way.
    fn is_hearing(&self) -> bool {
        let step = self.detail.as_ref().and_then(|it| it.job.step.as_deref());
        self.is_running() && step.is_some_and(|it| HEARING.contains(&it))
    }

    fn take(&mut self, execution: Option<u64>, detail: JobDetail, now_unix_ms: u64) {
        if Some(detail.job.id) != self.job || execution != self.earlier {
            return;
        }
        if execution.is_none() {
            self.all = vec![detail.job.execution];
            self.all.extend(&detail.earlier);
        }
        (self.asking, self.trouble, self.told_unix_ms) = (false, None, now_unix_ms);
        self.detail = Some(Rc::new(detail));
        self.version += 1;
    }

    /// What happened beside the events of the execution.
    fn note(&mut self, activity: &ActivityView) {
        if TOLD_TWICE.contains(&activity.name.as_str()) {
            return;
        }
        if TOLD_MAX <= self.told.len() {
            self.told.pop_front();
        }
        let (at, text) = (activity.at.clone(), activity.text.clone());
        self.told.push_back(JobEventView { at, text });
        self.version += 1;
    }

    fn scroll(&mut self, section: Section) -> &mut Scroll {
        &mut self.scrolls[section as usize]
    }

    /// The section so many behind this one, round and round.
    fn beside(&self, by: usize) -> Section {
        Section::ALL[(self.section as usize + by) % Section::ALL.len()]
    }
}

impl Page for Execution {
    fn hints(&self) -> Vec<Hint> {
        acts::hints(self)
    }

    fn shown(&mut self, _scene: &Scene<'_>) -> Vec<Effect> {
        if self.picked && !self.is_running() {
            self.job = None;
        }
        self.ask()
    }

    fn tick(&mut self, _scene: &Scene<'_>) -> Vec<Effect> {
        let mut effects = if self.stale { self.ask() } else { Vec::new() };
        effects.extend(self.ask_heard());
        effects
    }

    fn key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Vec<Effect> {
        acts::key(self, key, scene)
    }

    fn mouse(&mut self, mouse: Mouse, _scene: &Scene<'_>) -> Vec<Effect> {
        match mouse {
            Mouse::Click(column, row) | Mouse::DoubleClick(column, row) => {
                let at = Position::new(column, row);
                let place = self.places.iter().find(|it| it.1.contains(at));
                self.section = place.map_or(self.section, |it| it.0);
            }
            Mouse::Wheel(rows) => {
                let section = self.section;
                self.scroll(section).by(rows, section.grows());
            }
        }
        Vec::new()
    }

    fn answered(&mut self, answer: AnyAnswer, scene: &Scene<'_>) -> Vec<Effect> {
        let AnyAnswer::Execution(answer) = answer else { return Vec::new() };
        match answer {
            Answer::Picked(job) if self.job.is_none() => {
                (self.asking, self.trouble) = (false, None);
                if job.is_none() {
                    return Vec::new();
                }
                if self.detail.as_ref().map(|it| it.job.id) != job {
                    self.begin(job, None);
                }
                (self.job, self.picked) = (job, true);
                self.ask()
            }
            // Somebody chose one meanwhile.
            Answer::Picked(_) => Vec::new(),
            Answer::Detail { execution, detail } => {
                self.take(execution, *detail, scene.now_unix_ms);
                self.ask_heard().into_iter().collect()
            }
            Answer::Heard { job, heard } => {
                if Some(job) == self.job {
                    self.heard.take(heard);
                }
                Vec::new()
            }
            Answer::Text { name, text } => vec![Effect::Page { name, text }],
        }
    }

    fn failed(&mut self, ask: &AnyAsk, fault: &Fault, _scene: &Scene<'_>) {
        let AnyAsk::Execution(ask) = ask else { return };
        match ask {
            Ask::Detail { job, execution }
                if (Some(*job), *execution) != (self.job, self.earlier) => {}
            Ask::Pick | Ask::Detail { .. } => {
                self.asking = false;
                self.trouble = Some(fault.clone());
            }
            Ask::Heard { .. } => self.heard.asking = false,
            // The frame tells it.
            Ask::Text { .. } => {}
        }
    }

    fn pushed(&mut self, event: &PushedEvent, _scene: &Scene<'_>) -> Vec<Effect> {
        match event {
            PushedEvent::Job { job } if Some(job.id) == self.job || self.job.is_none() => {
                self.stale = true;
            }
            PushedEvent::Activity { activity } if activity.job.is_some() => {
                if activity.job == self.job {
                    self.note(activity);
                }
            }
            PushedEvent::Reset => {
                self.stale = true;
                self.heard.asked = false;
            }
            PushedEvent::Job { .. }
            | PushedEvent::Activity { .. }
            | PushedEvent::Progress { .. }
            | PushedEvent::Model(_) => {}
        }
        Vec::new()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        draw::draw(self, frame, area, scene);
    }
}
