//! Libraries: how much of them has subtitles, what is next, and their files.

mod acts;
mod ask;
mod detail;
mod draw;
mod files;
mod shelf;
#[cfg(test)]
mod staged_tests;
#[cfg(test)]
mod tests;

pub(in crate::tui) use ask::{Answer, Ask};

use super::{Effect, Mouse, Page, Scene};
use crate::api::catalog::ItemView;
use crate::api::daemon::PushedEvent;
use crate::api::libraries::{LibrariesView, LibraryView};
use crate::api::run::{Fault, Lang};
use crate::tui::ask::{Answer as AnyAnswer, Ask as Any};
use crate::tui::keys::{self, Binding, Hint, letter, on};
use crate::tui::parts::list::Cursor;
use crate::tui::parts::prompt::{Prompt, Typed};
use acts::JobAct;
use detail::Detail;
use files::{Choice, Files, Show};
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use std::path::{Path, PathBuf};

/// How often libraries are asked for while they are in front; the daemon answers with what it counted last.
const LIBRARIES_EVERY_MS: u64 = 5_000;
/// The same while it counts.
const COUNTING_EVERY_MS: u64 = 1_000;

#[derive(Clone, Copy, Debug)]
enum Key {
    Open,
    Left,
    Right,
    Search,
    Filter,
    Wish,
    Explain,
    ExplainAny,
    Scan,
    ScanLibrary,
    Accept,
    Job(JobAct),
    Back,
}

/// Keys of the list of files.
const LIST: &[Binding<Key>] = &[
    on(KeyCode::Enter, Key::Open, "open", "what is in the file, and why it is treated as it is"),
    on(KeyCode::Left, Key::Left, "", "the library before"),
    on(KeyCode::Right, Key::Right, "library", "the next library, or all of them"),
    letter('/', Key::Search, "search", "only files with this in their path"),
    letter(
        'f',
        Key::Filter,
        "filter",
        "all files, those that lack a wanted language, those that failed",
    ),
    letter('w', Key::Wish, "wish", "subtitles for this file, now; where it is done, again (asks)"),
    letter('s', Key::Scan, "scan", "look through the folder of this file now"),
    letter('S', Key::ScanLibrary, "", "look through the whole library now, or through all"),
    letter('e', Key::Explain, "explain", "what would be done with this file, and why"),
    letter('E', Key::ExplainAny, "", "the same for any path that you type"),
    letter('D', Key::Accept, "", "the disk of the library is the right one as it is now (asks)"),
    letter('r', Key::Job(JobAct::Retry), "", "try its job again"),
    letter('x', Key::Job(JobAct::Cancel), "", "cancel its job (asks)"),
    letter('p', Key::Job(JobAct::Pause), "", "pause its job, or let it go on"),
    letter('t', Key::Job(JobAct::Top), "", "put its job to the front of the queue"),
    letter('b', Key::Job(JobAct::Bottom), "", "put its job to the end of the queue"),
    letter('l', Key::Job(JobAct::Log), "", "the log of its job"),
    on(KeyCode::Esc, Key::Back, "", "all files again: without search and filter"),
];

/// Keys while one file is looked at.
const DETAIL: &[Binding<Key>] = &[
    on(KeyCode::Esc, Key::Back, "back", "back to the files"),
    on(KeyCode::Enter, Key::Open, "execution", "what Kinora did and does with it, step by step"),
    letter('w', Key::Wish, "wish", "subtitles for this file, now; where it is done, again (asks)"),
    letter('l', Key::Job(JobAct::Log), "log", "the log of its job"),
    letter('s', Key::Scan, "scan", "look through the folder of this file now"),
    letter('r', Key::Job(JobAct::Retry), "retry", "try its job again"),
    letter('x', Key::Job(JobAct::Cancel), "", "cancel its job (asks)"),
    letter('p', Key::Job(JobAct::Pause), "", "pause its job, or let it go on"),
    letter('t', Key::Job(JobAct::Top), "", "put its job to the front of the queue"),
    letter('b', Key::Job(JobAct::Bottom), "", "put its job to the end of the queue"),
];

/// What is typed.
#[derive(Debug)]
enum Typing {
    Search(Prompt),
    Explain(Prompt),
}

impl Typing {
    fn prompt(&self) -> &Prompt {
        match self {
            Typing::Search(prompt) | Typing::Explain(prompt) => prompt,
        }
    }
}

/// The page.
#[derive(Debug, Default)]
pub(in crate::tui) struct Library {
    libraries: LibrariesView,
    /// When they were told, milliseconds since the Unix epoch; `None` where they were not, or are old.
    told_unix_ms: Option<u64>,
    asking_libraries: bool,
    /// The library that is looked at; `None` for all.
    chosen: Option<usize>,
    files: Files,
    cursor: Cursor,
    /// Why libraries were not told, and why files were not.
    shelf_fault: Option<Fault>,
    fault: Option<Fault>,
    detail: Option<Detail>,
    typing: Option<Typing>,
    /// Where rows of libraries and files were drawn, and the first of the libraries there.
    places: draw::Places,
}

impl Library {
    fn library(&self) -> Option<&LibraryView> {
        self.chosen.and_then(|it| self.libraries.libraries.get(it))
    }

    fn library_of(&self, item: &ItemView) -> Option<&LibraryView> {
        self.libraries.libraries.iter().find(|it| it.name == item.library)
    }

    /// The file that is looked at, or the one under the cursor.
    fn item(&self) -> Option<&ItemView> {
        match &self.detail {
            Some(detail) => Some(&detail.item),
            None => self.files.get(self.cursor.at),
        }
    }

    /// Asks what is missing, each once.
    fn ask(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        let mut asks = Vec::new();
        let every = if self.libraries.counting { COUNTING_EVERY_MS } else { LIBRARIES_EVERY_MS };
        let due = self.told_unix_ms.is_none_or(|it| it + every <= scene.now_unix_ms);
        if due && !self.asking_libraries {
            self.asking_libraries = true;
            asks.push(Ask::Libraries);
        }
        asks.extend(self.files.need());
        if let Some(detail) = self.detail.as_mut().filter(|it| it.old) {
            detail.old = false;
            asks.push(Ask::File(detail.item.id.clone()));
            asks.push(Ask::Why(detail.path().to_owned()));
        }
        asks.into_iter().map(|it| Effect::Ask(Any::Library(it))).collect()
    }

    /// Other files are chosen; the cursor begins at the first.
    fn choose(&mut self, choice: Choice, scene: &Scene<'_>) -> Vec<Effect> {
        self.files.choose(choice);
        self.cursor = Cursor::default();
        self.fault = None;
        self.ask(scene)
    }

    fn choose_library(&mut self, chosen: Option<usize>, scene: &Scene<'_>) -> Vec<Effect> {
        if chosen == self.chosen {
            return Vec::new();
        }
        self.chosen = chosen;
        let library = self.library().map(|it| it.name.clone());
        let mut choice = Choice { library, ..self.files.choice().clone() };
        if matches!(&choice.show, Show::Lacks(lang) if !self.wanted().contains(lang)) {
            choice.show = Show::All;
        }
        self.choose(choice, scene)
    }

    /// The library before or behind; all of them come first, where there are several.
    fn next_library(&mut self, forward: bool, scene: &Scene<'_>) -> Vec<Effect> {
        let len = self.libraries.libraries.len();
        if len < 2 {
            return Vec::new();
        }
        let at = self.chosen.map_or(0, |it| it + 1);
        let next = if forward { (at + 1) % (len + 1) } else { (at + len) % (len + 1) };
        self.choose_library(next.checked_sub(1), scene)
    }

    /// Languages that are wanted of the files that are shown, each once.
    fn wanted(&self) -> Vec<Lang> {
        let all = self.libraries.libraries.iter();
        let shown = all.enumerate().filter(|it| self.chosen.is_none_or(|chosen| it.0 == chosen));
        let mut wanted: Vec<Lang> = Vec::new();
        for lang in shown.flat_map(|it| &it.1.wanted).filter_map(|it| it.language.as_ref()) {
            if !wanted.contains(lang) {
                wanted.push(lang.clone());
            }
        }
        wanted
    }

    fn next_filter(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        let mut shows = vec![Show::All];
        shows.extend(self.wanted().into_iter().map(Show::Lacks));
        shows.push(Show::Failed);
        let at = shows.iter().position(|it| *it == self.files.choice().show).unwrap_or(0);
        let show = shows.swap_remove((at + 1) % shows.len());
        let choice = Choice { show, ..self.files.choice().clone() };
        self.choose(choice, scene)
    }

    fn open(&mut self) -> Vec<Effect> {
        if let Some(detail) = &self.detail {
            let job = detail.item.job;
            let name = acts::name_of(&detail.item.path);
            let none = || Effect::Say(format!("{name} has no job yet: w wishes for it"));
            return vec![job.map_or_else(none, Effect::Open)];
        }
        let Some(item) = self.files.get(self.cursor.at) else { return Vec::new() };
        let detail = Detail::new(item.clone());
        let asks = [Ask::File(item.id.clone()), Ask::Why(detail.path().to_owned())];
        self.detail = Some(detail);
        asks.into_iter().map(|it| Effect::Ask(Any::Library(it))).collect()
    }

    fn back(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        if self.detail.take().is_some() {
            return Vec::new();
        }
        let choice = self.files.choice();
        let all = Choice { library: choice.library.clone(), ..Choice::default() };
        if *choice == all { Vec::new() } else { self.choose(all, scene) }
    }

    /// Does something with the file.
    fn with_item(&self, act: impl FnOnce(&ItemView) -> Effect) -> Vec<Effect> {
        let none = || Effect::Say("there is no file under the cursor".to_owned());
        vec![self.item().map_or_else(none, act)]
    }

    fn act(&mut self, key: Key, scene: &Scene<'_>) -> Vec<Effect> {
        match key {
            Key::Open => self.open(),
            Key::Left => self.next_library(false, scene),
            Key::Right => self.next_library(true, scene),
            Key::Search => {
                let prompt = Prompt::new("search", &self.files.choice().search);
                self.typing = Some(Typing::Search(prompt));
                Vec::new()
            }
            Key::Filter => self.next_filter(scene),
            Key::Wish => self.with_item(acts::wish),
            Key::Explain => self.with_item(|it| Effect::Ask(Any::Explain(PathBuf::from(&it.path)))),
            Key::ExplainAny => {
                let path = self.item().map_or("", |it| &it.path);
                self.typing = Some(Typing::Explain(Prompt::new("explain", path)));
                Vec::new()
            }
            Key::Scan => {
                let folder =
                    |it: &ItemView| Path::new(&it.path).parent().map(std::path::Path::to_owned);
                self.with_item(|it| acts::scan(folder(it)))
            }
            Key::ScanLibrary => {
                vec![acts::scan(self.library().map(|it| PathBuf::from(&it.path)))]
            }
            Key::Accept => {
                let only = self.libraries.libraries.first();
                let library =
                    self.library().or(only.filter(|_| self.libraries.libraries.len() == 1));
                vec![acts::accept(library)]
            }
            Key::Job(act) => self.with_item(|it| acts::act(it, act)),
            Key::Back => self.back(scene),
        }
    }

    fn typed(&mut self, mut typing: Typing, key: KeyEvent, scene: &Scene<'_>) -> Vec<Effect> {
        let typed = match &mut typing {
            Typing::Search(prompt) | Typing::Explain(prompt) => prompt.key(key),
        };
        match (typed, typing) {
            (Typed::More, typing) => {
                self.typing = Some(typing);
                Vec::new()
            }
            (Typed::Left, _) => Vec::new(),
            (Typed::Done(text), Typing::Search(_)) => {
                let search = text.trim().to_owned();
                self.choose(Choice { search, ..self.files.choice().clone() }, scene)
            }
            (Typed::Done(text), Typing::Explain(_)) if text.trim().is_empty() => Vec::new(),
            (Typed::Done(text), Typing::Explain(_)) => {
                vec![Effect::Ask(Any::Explain(PathBuf::from(text.trim())))]
            }
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "not an enum of ours: most of it means nothing here"
    )]
    fn scroll(detail: &mut Detail, key: KeyEvent) -> bool {
        let by = match key.code {
            KeyCode::Up | KeyCode::Char('k') => -1,
            KeyCode::Down | KeyCode::Char('j') => 1,
            KeyCode::PageUp => -detail.page(),
            KeyCode::PageDown | KeyCode::Char(' ') => detail.page(),
            KeyCode::Home | KeyCode::Char('g') => isize::MIN / 2,
            KeyCode::End | KeyCode::Char('G') => isize::MAX / 2,
            _ => return false,
        };
        detail.scroll(by);
        true
    }
}

impl Page for Library {
    fn hints(&self) -> Vec<Hint> {
        keys::hints(if self.detail.is_some() { DETAIL } else { LIST })
    }

    fn is_typing(&self) -> bool {
        self.typing.is_some()
    }

    fn shown(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        self.ask(scene)
    }

    fn tick(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        self.ask(scene)
    }

    fn key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Vec<Effect> {
        if let Some(typing) = self.typing.take() {
            return self.typed(typing, key, scene);
        }
        let moved = match &mut self.detail {
            Some(detail) => Library::scroll(detail, key),
            None => self.cursor.key(key, self.files.len()),
        };
        if moved {
            return Vec::new();
        }
        let keys = if self.detail.is_some() { DETAIL } else { LIST };
        keys::find(keys, key).map_or_else(Vec::new, |it| self.act(it, scene))
    }

    fn mouse(&mut self, mouse: Mouse, scene: &Scene<'_>) -> Vec<Effect> {
        if let Some(detail) = &mut self.detail {
            if let Mouse::Wheel(rows) = mouse {
                detail.scroll(rows);
            }
            return Vec::new();
        }
        match mouse {
            Mouse::Wheel(rows) => self.cursor.wheel(rows, self.files.len()),
            Mouse::Click(_, row) => {
                if let Some(line) = self.places.library_at(row) {
                    return self.choose_library(self.at_line(line), scene);
                }
                if let Some(row) = self.places.file_at(row) {
                    self.cursor.click(row, self.files.len());
                }
            }
            Mouse::DoubleClick(_, row) => {
                let row = self.places.file_at(row);
                if row.is_some_and(|it| self.cursor.click(it, self.files.len())) {
                    return self.open();
                }
            }
        }
        Vec::new()
    }

    fn answered(&mut self, answer: AnyAnswer, scene: &Scene<'_>) -> Vec<Effect> {
        let AnyAnswer::Library(answer) = answer else { return Vec::new() };
        match answer {
            Answer::Libraries(told) => {
                (self.asking_libraries, self.shelf_fault) = (false, None);
                self.told_unix_ms = Some(scene.now_unix_ms);
                self.libraries = told;
                let name = self.files.choice().library.clone();
                let mut names = self.libraries.libraries.iter().map(|it| &it.name);
                self.chosen = name.as_ref().and_then(|name| names.position(|it| it == name));
                if name.is_some() && self.chosen.is_none() {
                    // It is in the configuration no more.
                    let choice = Choice { library: None, ..self.files.choice().clone() };
                    return self.choose(choice, scene);
                }
                Vec::new()
            }
            Answer::Files { choice, page, files } => {
                self.fault = None;
                self.files.take(choice, page, files);
                self.files.need().map(|it| Effect::Ask(Any::Library(it))).into_iter().collect()
            }
            Answer::File(told) => {
                if let Some(detail) = self.detail.as_mut().filter(|it| it.item.id == told.item.id) {
                    detail.item = told.item.clone();
                    detail.told = Some(Ok(told));
                }
                Vec::new()
            }
            Answer::Why(told) => {
                if let Some(detail) = self.detail.as_mut().filter(|it| it.path() == told.path) {
                    detail.why = Some(Ok(told));
                }
                Vec::new()
            }
            Answer::Wished(job) => vec![acts::wished(&job)],
        }
    }

    fn failed(&mut self, ask: &Any, fault: &Fault, scene: &Scene<'_>) {
        let Any::Library(ask) = ask else { return };
        match ask {
            Ask::Libraries => {
                (self.asking_libraries, self.shelf_fault) = (false, Some(fault.clone()));
                self.told_unix_ms = Some(scene.now_unix_ms);
            }
            Ask::Files { choice, .. } => {
                self.files.failed(*choice);
                self.fault = Some(fault.clone());
            }
            Ask::File(id) => {
                if let Some(detail) = self.detail.as_mut().filter(|it| it.item.id == *id) {
                    detail.told = Some(Err(fault.clone()));
                }
            }
            Ask::Why(path) => {
                if let Some(detail) = self.detail.as_mut().filter(|it| it.path() == path) {
                    detail.why = Some(Err(fault.clone()));
                }
            }
            // The operator was told.
            Ask::Wish(_) => {}
        }
    }

    fn pushed(&mut self, event: &PushedEvent, _scene: &Scene<'_>) -> Vec<Effect> {
        match event {
            PushedEvent::Job { job } => {
                self.files.changed(job);
                if let Some(detail) = self.detail.as_mut().filter(|it| it.item.path == job.path) {
                    detail.old = true;
                }
            }
            PushedEvent::Activity { activity } if activity.name == "scanned" => {
                self.files.grow_old();
            }
            PushedEvent::Reset => {
                self.files.begin_anew();
                self.asking_libraries = false;
                self.told_unix_ms = None;
                if let Some(detail) = &mut self.detail {
                    detail.old = true;
                }
            }
            PushedEvent::Activity { .. } | PushedEvent::Progress { .. } | PushedEvent::Model(_) => {
            }
        }
        Vec::new()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        draw::draw(self, frame, area, scene);
    }
}
