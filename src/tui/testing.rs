//! A stage for tests: keys in, screens and questions out; and the situations in which every page is drawn.

use super::app::App;
use super::ask::{Answer, Ask};
use super::conn::Told;
use super::look::{Colours, Look};
use super::once::text_of;
use super::parts::when::unix_ms;
use super::rehearsal;
use super::screen::Input;
use super::view::PageName;
use crate::api::daemon::{
    JobStatus, JobView, LaneView, MemoryView, PushedEvent, ServiceView, StatusView, WorkStage,
    WorkerView,
};
use crate::api::device::DeviceView;
use crate::api::rows::{RowDue, RowKind, RowsPage, RowsQuery};
use crate::api::run::Fault;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// When the tests play: 2026-11-22T12:00:00Z.
pub(super) const NOW: u64 = 1_795_348_800_000;
/// The sizes that every page is drawn in.
pub(super) const SIZES: [(u16, u16); 2] = [(80, 24), (140, 40)];

/// What is wrong where much is.
const LIBRARY_AWAY: &str = "library Films: /media/Films is empty although files were there before; mount its \
     disk, or, if this is meant, run `kinora scan --accept-disks`";
const LANE_AWAY: &str = "lane gpu0 is not used any more: it answers nonsense; when it is mended: `kinora jobs resume \
     --lane gpu0`";

/// In which every page is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    /// A new house: nothing there yet.
    Empty,
    /// Work goes on.
    Busy,
    /// Much went wrong.
    Failing,
    /// Busy, then the daemon was gone for 12 seconds.
    Away,
    /// Titles in Chinese, Japanese, Hebrew, Arabic and Thai, with combining marks.
    Wide,
    /// 100,000 executions.
    Many,
}

impl Situation {
    /// All of them.
    pub(super) const ALL: [Situation; 6] = [
        Situation::Empty,
        Situation::Busy,
        Situation::Failing,
        Situation::Away,
        Situation::Wide,
        Situation::Many,
    ];

    /// Its name.
    pub(super) fn word(self) -> &'static str {
        match self {
            Situation::Empty => "empty",
            Situation::Busy => "busy",
            Situation::Failing => "failing",
            Situation::Away => "away",
            Situation::Wide => "wide",
            Situation::Many => "many",
        }
    }

    /// Paths of its files.
    pub(super) fn paths(self) -> Vec<&'static str> {
        match self {
            Situation::Empty => vec![],
            Situation::Wide => vec![
                "/media/电影/千与千寻 (2001)/千与千寻 (2001) - 1080p.mkv",
                "/media/Films/となりのトトロ (1988).mkv",
                "/media/Films/ואלס עם באשיר (2008).mkv",
                "/media/Films/وجدة (2012)/وجدة (2012).mkv",
                "/media/Films/ฉลาดเกมส์โกง (2017).mkv",
                "/media/Films/Ame\u{301}lie — e\u{301}te\u{301} 🎬 (2001).mkv",
            ],
            Situation::Busy | Situation::Failing | Situation::Away | Situation::Many => vec![
                "/media/Films/Metropolis (1927)/Metropolis (1927).mkv",
                "/media/Films/The General (1926).mkv",
                "/media/Series/The Twilight Zone/Season 01/The Twilight Zone S01E01.mkv",
                "/media/Series/The Twilight Zone/Season 01/The Twilight Zone S01E02.mkv",
                "/media/Films/M (1931).mkv",
                "/media/Films/Nosferatu (1922).mkv",
            ],
        }
    }

    /// How it goes.
    pub(super) fn status(self) -> StatusView {
        let counts = match self {
            Situation::Empty => [0; 7],
            Situation::Busy | Situation::Away | Situation::Wide => [212, 2, 1, 0, 0, 1840, 3],
            Situation::Failing => [40, 0, 6, 0, 23, 1840, 3],
            Situation::Many => [61_204, 10, 18, 4, 1_207, 37_540, 25],
        };
        let warnings: Vec<String> = match self {
            Situation::Failing => vec![
                LIBRARY_AWAY.to_owned(),
                LANE_AWAY.to_owned(),
                "the service house does not answer; it is tried again by itself".to_owned(),
                "23 files wait for a person: `kinora jobs list --status parked`".to_owned(),
            ],
            Situation::Many => {
                vec!["1207 files wait for a person: `kinora jobs list --status parked`".to_owned()]
            }
            Situation::Empty | Situation::Busy | Situation::Away | Situation::Wide => vec![],
        };
        let failing = self == Situation::Failing;
        let empty = self == Situation::Empty;
        let totals = if empty { [0; 4] } else { [1840, 9_870_000_000, 2_113, 702_000] };
        let names = ["files_written", "audio_ms", "steps_failed", "lines_translated"];
        StatusView {
            version: "0.1.0".to_owned(),
            uptime_ms: 273_000_000,
            jobs: JobStatus::ALL.into_iter().zip(counts).collect(),
            totals: names.into_iter().map(str::to_owned).zip(totals).collect(),
            lanes: self.lanes(),
            services: match empty {
                true => vec![],
                false => vec![
                    ServiceView { name: "house".to_owned(), up: !failing },
                    ServiceView { name: "jellyfin".to_owned(), up: true },
                ],
            },
            memory: MemoryView {
                daemon_bytes: 48 << 20,
                children_bytes: if empty { 0 } else { 712 << 20 },
            },
            warnings,
            troubles: failing.then(|| LIBRARY_AWAY.to_owned()).into_iter().collect(),
            libraries: Some(if empty { 0 } else { 2 }),
            ..StatusView::default()
        }
    }

    fn lanes(self) -> Vec<LaneView> {
        let lane = |name: &str, workers: Vec<WorkerView>| LaneView {
            name: name.to_owned(),
            paused: false,
            out_of_hours: false,
            quarantined: None,
            held: None,
            device: self.device(name),
            model: match name {
                "net" if self == Situation::Empty => None,
                "net" => Some("house (qwen3:8b), local".to_owned()),
                "ffmpeg" | "disk" => None,
                _ => Some("large-v3-turbo-q5_0".to_owned()),
            },
            waiting: 0,
            workers,
        };
        let idle = || vec![WorkerView::default()];
        let plain = |names: &[&str]| names.iter().map(|it| lane(it, idle())).collect::<Vec<_>>();
        match self {
            Situation::Empty => plain(&["cpu", "ffmpeg", "net", "disk"]),
            Situation::Failing => {
                let mut lanes = plain(&["gpu0", "cpu", "ffmpeg", "net", "disk"]);
                lanes[0].quarantined = Some("it answers nonsense".to_owned());
                lanes[0].waiting = 40;
                lanes
            }
            Situation::Busy | Situation::Away | Situation::Wide => {
                let mut lanes = plain(&["gpu0", "cpu", "ffmpeg", "net", "disk"]);
                lanes[0].waiting = 212;
                lanes[0].workers = vec![self.listens(1, 0.43)];
                lanes[3].workers = vec![self.translates(2, 0.8)];
                lanes
            }
            Situation::Many => {
                let mut lanes = vec![
                    lane("gpu0", vec![self.listens(1, 0.43), self.listens(3, 0.07)]),
                    lane("gpu1", vec![self.listens(4, 0.91), self.listens(5, 0.55)]),
                    lane("cpu", vec![self.listens(6, 0.2)]),
                    lane("ffmpeg", vec![self.looks(7), self.looks(8), WorkerView::default()]),
                    lane(
                        "net",
                        vec![2, 9, 10].into_iter().map(|it| self.translates(it, 0.8)).collect(),
                    ),
                    lane("disk", idle()),
                ];
                lanes[0].waiting = 61_204;
                lanes
            }
        }
    }

    fn device(self, lane: &str) -> Option<DeviceView> {
        let (name, load, gib, used) = match lane {
            "cpu" | "ffmpeg" if self == Situation::Empty => ("Intel N100", Some(2), 16, Some(5)),
            "cpu" | "ffmpeg" => ("Intel N100", Some(87), 16, Some(5)),
            "gpu0" if self == Situation::Failing => ("AMD Radeon RX 6600", Some(0), 8, Some(3)),
            "gpu0" => ("AMD Radeon RX 6600", Some(96), 8, Some(3)),
            // Of this maker only the memory is known.
            "gpu1" => ("NVIDIA GeForce RTX 3060", None, 12, None),
            _ => return None,
        };
        Some(DeviceView {
            name: name.to_owned(),
            load_percent: load,
            memory_bytes: Some(gib << 30),
            memory_used_bytes: used.map(|it: u64| it << 30),
        })
    }

    fn path(self, job: u64) -> Option<String> {
        let paths = self.paths();
        paths.get((job as usize - 1) % paths.len()).map(|it| (*it).to_owned())
    }

    fn listens(self, job: u64, progress: f32) -> WorkerView {
        WorkerView {
            job: Some(job),
            path: self.path(job),
            step: Some("listen".to_owned()),
            progress: Some(progress),
            for_ms: 312_000,
            speed: Some(11.2),
            left_ms: Some(414_000),
        }
    }

    fn translates(self, job: u64, progress: f32) -> WorkerView {
        WorkerView {
            step: Some("translate".to_owned()),
            for_ms: 95_000,
            speed: None,
            left_ms: Some(24_000),
            ..self.listens(job, progress)
        }
    }

    fn looks(self, job: u64) -> WorkerView {
        WorkerView {
            job: Some(job),
            path: self.path(job),
            step: Some("select".to_owned()),
            for_ms: 1_400,
            ..WorkerView::default()
        }
    }

    /// Its jobs: the first two run, others wait; where it fails, they are parked for three causes.
    pub(super) fn jobs(self) -> Vec<JobView> {
        self.paths().into_iter().zip(1..).map(|(path, id)| self.job(id, path)).collect()
    }

    /// Those of its jobs that are parked; of 100,000 executions some 1,200.
    pub(super) fn parked(self) -> Vec<JobView> {
        let parked = |(path, id): (&str, u64)| Situation::Failing.job(id, path);
        match self {
            Situation::Empty | Situation::Busy => Vec::new(),
            Situation::Failing | Situation::Away | Situation::Wide => {
                self.paths().into_iter().zip(1..).map(parked).collect()
            }
            Situation::Many => (1..=1_207)
                .map(|id| JobView {
                    changed: "2026-11-22T09:00:00Z".to_owned(),
                    ..parked((&rehearsal::path(id * 80), id * 80))
                })
                .collect(),
        }
    }

    /// Its executions as rows: those of its jobs, or 100,000.
    pub(super) fn rows(self, query: &RowsQuery) -> RowsPage {
        if self == Situation::Many {
            return rehearsal::rows(100_000, query);
        }
        let mut page = RowsPage::default();
        let before = query.before.unwrap_or(u64::MAX);
        for job in self.jobs().iter().rev().filter(|it| it.execution < before) {
            page.executions.push(job.execution);
            page.jobs.push(job.id);
            page.paths.push(job.path.clone());
            page.stands.push(u16::try_from(page.kinds.len()).unwrap_or_default());
            page.priorities.push(job.priority);
            page.places.push(job.place);
            page.tries.push(job.tries);
            page.submitted.push(unix_ms(&job.submitted).unwrap_or_default());
            page.changed.push(unix_ms(&job.changed).unwrap_or_default());
            page.changes.push(job.changes);
            let word = job.ending.clone().or_else(|| job.parked.clone());
            page.kinds.push(RowKind { status: job.status, step: job.step.clone(), word });
            let due = job.due.as_deref().and_then(unix_ms);
            page.due.extend(due.map(|at| RowDue { execution: job.execution, at }));
        }
        page
    }

    fn job(self, id: u64, path: &str) -> JobView {
        let failing = self == Situation::Failing;
        let status = match id {
            _ if failing => JobStatus::Parked,
            1 | 2 => JobStatus::Running,
            3 => JobStatus::Waiting,
            4 => JobStatus::Queued,
            _ => JobStatus::Done,
        };
        let running = status == JobStatus::Running;
        let faults = [
            Fault::operator(
                "no space is left on the disk of the video",
                "make room there, then retry",
            ),
            Fault::operator("the file holds no audio track", "nothing is to be done; cancel it"),
            Fault::bug("the recogniser ended three times"),
        ];
        JobView {
            id,
            execution: id,
            path: path.to_owned(),
            status,
            step: (status != JobStatus::Done)
                .then(|| if id == 2 { "translate" } else { "listen" }.to_owned()),
            stage: running.then_some(if id == 2 { WorkStage::Mt } else { WorkStage::Asr }),
            progress: running.then_some(if id == 2 { 0.8 } else { 0.43 }),
            tries: u8::from(status == JobStatus::Waiting),
            due: (status == JobStatus::Waiting).then(|| "2026-11-22T12:04:00Z".to_owned()),
            ending: (status == JobStatus::Done).then(|| "written".to_owned()),
            parked: failing
                .then(|| ["needs_person", "needs_person", "crashes"][id as usize % 3].to_owned()),
            fault: failing.then(|| faults[id as usize % 3].clone()),
            priority: 0,
            place: i64::try_from(id).unwrap_or_default(),
            submitted: format!("2026-11-22T11:{:02}:00Z", id % 60),
            changed: format!("2026-11-22T11:{:02}:30Z", id % 60),
            changes: 3,
        }
    }
}

/// The screen on a stage.
pub(super) struct Stage {
    pub(super) app: App,
    terminal: Terminal<TestBackend>,
    /// The time.
    pub(super) now: u64,
    asked: Vec<(u64, Ask)>,
}

impl Stage {
    /// An empty one of a size, with a page in front.
    pub(super) fn new((columns, rows): (u16, u16), page: PageName) -> Stage {
        let look = Look { colours: Colours::None, light: false, ascii: false };
        let Ok(terminal) = Terminal::new(TestBackend::new(columns, rows));
        let mut app = App::new(page, look).in_zone(TimeZone::UTC);
        app.shown(NOW);
        Stage { app, terminal, now: NOW, asked: Vec::new() }
    }

    /// In a situation: the daemon told how it goes. `answer` is what it says to what the page asks, `None` to leave a
    /// question open.
    pub(super) fn in_situation(
        size: (u16, u16),
        page: PageName,
        situation: Situation,
        mut answer: impl FnMut(&Ask) -> Option<Result<Answer, Fault>>,
    ) -> Stage {
        let mut stage = Stage::new(size, page);
        stage.told(Told::Status(Box::new(situation.status())));
        stage.told(Told::Pushed(PushedEvent::Reset));
        stage.answer_all(&mut answer);
        stage.tick();
        stage.answer_all(&mut answer);
        if situation == Situation::Away {
            let what = "no Kinora serves here (nothing answers at 127.0.0.1:8710)";
            stage.told(Told::Away(Fault::operator(what, "start it with `kinora serve`")));
            stage.now += 12_000;
        }
        stage
    }

    /// Answers what was asked, and what is asked then, until nothing is.
    pub(super) fn answer_all(
        &mut self,
        answer: &mut impl FnMut(&Ask) -> Option<Result<Answer, Fault>>,
    ) {
        loop {
            self.take();
            let asked = std::mem::take(&mut self.asked);
            while self.app.is_busy() {
                self.app.work();
            }
            if asked.is_empty() {
                return;
            }
            for (id, ask) in asked {
                if let Some(result) = answer(&ask) {
                    self.told(Told::Answer(id, result));
                }
            }
        }
    }

    /// Answers the oldest question that is open.
    pub(super) fn answer(&mut self, result: Result<Answer, Fault>) {
        self.take();
        let (id, _) = self.asked.remove(0);
        self.told(Told::Answer(id, result));
    }

    /// The daemon tells something.
    pub(super) fn told(&mut self, told: Told) {
        self.app.told(told, self.now);
    }

    /// A moment passes.
    pub(super) fn tick(&mut self) {
        self.app.tick(self.now);
    }

    /// Presses a key: `r`, `Enter`, `Esc`, `Down`, `C-c`, ...
    pub(super) fn press(&mut self, key: &str) {
        let (control, name) = key.strip_prefix("C-").map_or((false, key), |it| (true, it));
        let code = match name {
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Tab" => KeyCode::Tab,
            "BackTab" => KeyCode::BackTab,
            "Up" => KeyCode::Up,
            "Down" => KeyCode::Down,
            "Left" => KeyCode::Left,
            "Right" => KeyCode::Right,
            "PageUp" => KeyCode::PageUp,
            "PageDown" => KeyCode::PageDown,
            "Home" => KeyCode::Home,
            "End" => KeyCode::End,
            "Space" => KeyCode::Char(' '),
            "Backspace" => KeyCode::Backspace,
            letter => letter.chars().next().map_or(KeyCode::Null, KeyCode::Char),
        };
        let modifiers = if control { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
        self.app.input(Input::Terminal(Event::Key(KeyEvent::new(code, modifiers))), self.now);
    }

    /// Types a text.
    pub(super) fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            let key = KeyEvent::from(KeyCode::Char(letter));
            self.app.input(Input::Terminal(Event::Key(key)), self.now);
        }
    }

    /// What was asked since the last look; it stays open.
    pub(super) fn asked(&mut self) -> Vec<Ask> {
        let before = self.asked.len();
        self.take();
        self.asked[before..].iter().map(|it| it.1.clone()).collect()
    }

    fn take(&mut self) {
        self.asked.extend(self.app.take_asks());
    }

    /// What is on the screen.
    pub(super) fn screen(&mut self) -> String {
        while self.app.is_busy() {
            self.app.work();
        }
        let (app, now) = (&mut self.app, self.now);
        // Other than a terminal this one keeps what stood under the second half of a wide letter.
        let Ok(()) = self.terminal.clear();
        let Ok(_) = self.terminal.draw(|frame| app.draw(frame, now));
        text_of(self.terminal.backend())
    }
}

impl Stage {
    /// The cells of the screen as it was drawn last.
    pub(super) fn cells(&self) -> &[ratatui::buffer::Cell] {
        &self.terminal.backend().buffer().content
    }
}

/// Draws a page in every situation and size, and compares with what was seen before.
pub(super) fn snapshots(
    page: PageName,
    mut answer: impl FnMut(Situation, &Ask) -> Option<Result<Answer, Fault>>,
) {
    for situation in Situation::ALL {
        for size in SIZES {
            let mut stage =
                Stage::in_situation(size, page, situation, |ask| answer(situation, ask));
            let name = format!("{}_{}_{}x{}", page.word(), situation.word(), size.0, size.1);
            insta::assert_snapshot!(name, stage.screen());
        }
    }
}
