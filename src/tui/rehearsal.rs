//! The screen without a terminal and without a daemon, for figures: how long a key takes, and a frame.

use super::app::App;
use super::ask::{Answer, Ask};
use super::conn::Told;
use super::look::{Colours, Look};
use super::screen::Input;
use super::view::{PageName, queue};
use crate::api::daemon::{JobStatus, JobView, PushedEvent, StatusView};
use crate::api::rows::{ROWS_MAX, RowKind, RowsPage, RowsQuery};
use crate::api::run::Fault;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent};

/// When it plays: 2026-11-22T12:00:00Z, milliseconds since the Unix epoch.
pub const NOW_UNIX_MS: u64 = 1_795_348_800_000;
/// Ways in which the made-up executions stand.
const KINDS: [(JobStatus, Option<&str>, Option<&str>); 9] = [
    (JobStatus::Queued, Some("select"), None),
    (JobStatus::Queued, Some("listen"), None),
    (JobStatus::Done, None, Some("written")),
    (JobStatus::Done, None, Some("skipped")),
    (JobStatus::Done, None, Some("no_speech")),
    (JobStatus::Parked, Some("select"), Some("needs_person")),
    (JobStatus::Cancelled, None, None),
    (JobStatus::Paused, Some("translate"), None),
    (JobStatus::Running, Some("listen"), None),
];

/// The made-up file of an execution, the same for the same number.
pub fn path(execution: u64) -> String {
    const NAMES: [&str; 8] = [
        "The Twilight Zone",
        "Doctor Who",
        "Columbo",
        "Das Boot",
        "Maigret",
        "となりのトトロ",
        "Amélie",
        "The Prisoner",
    ];
    let chance = mixed(execution);
    let name = NAMES[(chance % 8) as usize];
    let number = chance / 8 % 700;
    if execution.is_multiple_of(3) {
        let year = 1920 + chance / 64 % 100;
        return format!(
            "/media/Films/{name} {number} ({year})/{name} {number} ({year}) - 1080p.mkv"
        );
    }
    let (season, episode) = (1 + chance / 64 % 9, 1 + chance / 1024 % 24);
    format!(
        "/media/Series/{name} {number}/Season {season:02}/{name} {number} S{season:02}E{episode:02}.mkv"
    )
}

/// A page of made-up executions, of so many, as a daemon would tell it.
pub fn rows(count: u64, query: &RowsQuery) -> RowsPage {
    let newest = query.before.map_or(count, |it| it.saturating_sub(1).min(count));
    let limit = query.limit.unwrap_or(ROWS_MAX).min(ROWS_MAX) as u64;
    let executions: Vec<u64> = (1..=newest).rev().take(limit as usize).collect();
    let kinds = KINDS.map(|(status, step, word)| RowKind {
        status,
        step: step.map(str::to_owned),
        word: word.map(str::to_owned),
    });
    let ago = |execution: &u64| (count - execution) * 60_000 + mixed(*execution) % 60_000;
    let all = |it: &dyn Fn(u64) -> u64| executions.iter().map(|id| it(*id)).collect::<Vec<u64>>();
    RowsPage {
        jobs: executions.clone(),
        paths: executions.iter().map(|it| path(*it)).collect(),
        stands: executions.iter().map(|it| kind(*it)).collect(),
        priorities: executions.iter().map(|it| i8::from(mixed(*it).is_multiple_of(50))).collect(),
        places: executions.iter().map(|it| i64::try_from(*it).unwrap_or(0)).collect(),
        tries: executions.iter().map(|it| u8::from(mixed(*it).is_multiple_of(20))).collect(),
        submitted: all(&|it| NOW_UNIX_MS - ago(&it) - 600_000),
        changed: all(&|it| NOW_UNIX_MS - ago(&it)),
        changes: executions.iter().map(|_| 3).collect(),
        kinds: kinds.to_vec(),
        due: Vec::new(),
        next: executions.last().copied().filter(|it| 1 < *it),
        executions,
    }
}

/// Two run, whatever their number; of the others most wait or are done.
fn kind(execution: u64) -> u16 {
    match mixed(execution) % 100 {
        _ if execution == 40 || execution == 41 => 8,
        0..40 => 0,
        40..60 => 1,
        60..85 => 2,
        85..92 => 3,
        92..95 => 4,
        95..97 => 5,
        97..99 => 6,
        _ => 7,
    }
}

fn mixed(number: u64) -> u64 {
    let bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (bits ^ (bits >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 16
}

/// A screen that is drawn into memory.
pub struct Rehearsal {
    app: App,
    terminal: Terminal<TestBackend>,
    now_unix_ms: u64,
}

impl Rehearsal {
    /// The page of the queue, of a size in columns and rows.
    pub fn queue(columns: u16, rows: u16) -> Rehearsal {
        let look = Look { colours: Colours::True, light: false, ascii: false };
        let mut app = App::new(PageName::Queue, look);
        app.shown(NOW_UNIX_MS);
        app.told(Told::Status(Box::default()), NOW_UNIX_MS);
        let Ok(terminal) = Terminal::new(TestBackend::new(columns, rows));
        Rehearsal { app, terminal, now_unix_ms: NOW_UNIX_MS }
    }

    /// What it asks next: the number of the question, and the rows that are asked for. Other questions are refused.
    pub fn asked(&mut self) -> Vec<(u64, RowsQuery)> {
        let mut rows = Vec::new();
        for (id, ask) in self.app.take_asks() {
            if let Ask::Queue(queue::Ask::Rows(query)) = ask {
                rows.push((id, query));
            } else {
                let nobody = Fault::transient("nobody is here", "this is a rehearsal");
                self.app.told(Told::Answer(id, Err(nobody)), self.now_unix_ms);
            }
        }
        rows
    }

    /// The answer to a question.
    pub fn answer(&mut self, id: u64, query: RowsQuery, page: RowsPage) {
        let answer = Answer::Queue(queue::Answer::Rows(query, Box::new(page)));
        self.app.told(Told::Answer(id, Ok(answer)), self.now_unix_ms);
    }

    /// A key.
    pub fn key(&mut self, key: KeyCode) {
        self.app.input(Input::Terminal(Event::Key(KeyEvent::from(key))), self.now_unix_ms);
    }

    /// A slice of what takes long; whether there is more.
    pub fn work(&mut self) -> bool {
        if self.app.is_busy() {
            self.app.work();
        }
        self.app.is_busy()
    }

    /// A job changed.
    pub fn pushed(&mut self, job: JobView) {
        let event = PushedEvent::Job { job: Box::new(job) };
        self.app.told(Told::Pushed(event), self.now_unix_ms);
    }

    /// A moment passes.
    pub fn tick(&mut self) {
        self.now_unix_ms += 500;
        let status = StatusView { uptime_ms: self.now_unix_ms, ..StatusView::default() };
        self.app.told(Told::Status(Box::new(status)), self.now_unix_ms);
        self.app.tick(self.now_unix_ms);
    }

    /// Draws.
    pub fn draw(&mut self) {
        let (app, now) = (&mut self.app, self.now_unix_ms);
        let Ok(_) = self.terminal.draw(|frame| app.draw(frame, now));
    }

    /// What is drawn, as text.
    pub fn text(&self) -> String {
        super::once::text_of(self.terminal.backend())
    }
}
