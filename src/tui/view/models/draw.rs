//! How models and engines look: two lists, and all of the row under the cursor.

use super::house::{House, Item, in_full, in_short, share, when};
use super::{Models, plan};
use crate::api::engines::{EngineKind, EngineState, EngineView};
use crate::api::models::{ModelState, ModelView, PullStatus, PullView};
use crate::base::text::{bytes, show_path};
use crate::tui::look::Look;
use crate::tui::parts::bar::bar;
use crate::tui::parts::cells::{Cut, cell, number};
use crate::tui::parts::popup;
use crate::tui::parts::when::length;
use crate::tui::view::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Wrap};

/// Rows from which on there is room for all of the row under the cursor, and how many that takes.
const TOLD_FROM_ROWS: u16 = 16;
const TOLD_ROWS: u16 = 6;
const TOLD_ROWS_MAX: u16 = 14;
/// Columns from which on more is told of each row.
const WIDE_COLUMNS: u16 = 120;
const NARROW_COLUMNS: u16 = 60;
/// Columns that all of a download takes.
const PULL_COLUMNS: usize = 66;
const MIB: u64 = 1024 * 1024;

/// A cell and how it looks.
type Cell = (String, Style);

impl Models {
    pub(super) fn draw_all(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        self.seen.clear();
        if self.house.engines.is_none() && self.house.models.is_none() {
            let text = match &self.trouble {
                Some(fault) => format!("Models and engines are not known: {fault}"),
                None => "Kinora is asked for its models and engines.".to_owned(),
            };
            frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
            return;
        }
        // Headings, and a line between the lists.
        let wanted = u16::try_from(self.house.len() + 3).unwrap_or(u16::MAX);
        let foot = match area.height {
            TOLD_FROM_ROWS.. => area.height.saturating_sub(wanted).clamp(TOLD_ROWS, TOLD_ROWS_MAX),
            _ => 0,
        };
        let lists = Rect { height: wanted.min(area.height - foot), ..area };
        self.draw_lists(frame, lists, scene);
        if foot > 0 {
            let below = Rect { y: lists.bottom(), height: foot, ..area };
            self.draw_told(frame, below, scene);
        }
        if let Some(prompt) = &self.prompt {
            popup::prompt(frame, area, prompt, scene.look);
        }
    }

    fn draw_lists(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        let (look, now) = (scene.look, scene.now_unix_ms);
        let (all, engines) = (self.house.len(), self.house.engines_len());
        let rows = usize::from(area.height).saturating_sub(2);
        let upper = engines.min(rows.saturating_sub(all - engines).max(rows / 2));
        self.cursor.window(all, rows);
        let at = self.cursor.at;
        self.upper.at = at.min(engines.saturating_sub(1));
        self.lower.at = at.saturating_sub(engines);
        let upper = self.upper.window(engines, upper);
        let lower = self.lower.window(all - engines, rows.saturating_sub(upper.len()));
        let items: Vec<Item<'_>> = self.house.items().collect();
        let mut lines = Vec::new();
        let mut seen = vec![None];
        lines.push(heading(engine_heads(area.width), look));
        for place in upper {
            seen.push(Some(place));
            lines.push(self.line(items[place], place == at, area.width, look, now));
        }
        if all + 2 < usize::from(area.height) {
            seen.push(None);
            lines.push(Line::raw(""));
        }
        seen.push(None);
        lines.push(heading(model_heads(area.width), look));
        for place in lower {
            let place = place + engines;
            seen.push(Some(place));
            lines.push(self.line(items[place], place == at, area.width, look, now));
        }
        self.seen = seen;
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn line(
        &self,
        item: Item<'_>,
        here: bool,
        columns: u16,
        look: Look,
        now: u64,
    ) -> Line<'static> {
        let cells = match item {
            Item::Engine(engine) => engine_cells(engine, columns, look, now),
            Item::Model(model, pull) => self.model_cells(model, pull, columns, look, now),
            Item::Pull(pull) => self.pull_cells(pull, columns, look, now),
        };
        let line =
            Line::from_iter(cells.into_iter().map(|(text, style)| Span::styled(text, style)));
        if here { line.patch_style(look.selected()) } else { line }
    }

    fn model_cells(
        &self,
        model: &ModelView,
        pull: Option<&PullView>,
        columns: u16,
        look: Look,
        now: u64,
    ) -> Vec<Cell> {
        let widths = model_widths(columns);
        let (state, style) = match (pull, model.state) {
            (Some(pull), _) => self.pull_state(pull, widths.state, look, now),
            (None, ModelState::Damaged) => ("damaged".to_owned(), look.bad()),
            (None, ModelState::Missing) => ("not here".to_owned(), look.dim()),
            (None, ModelState::Present | ModelState::Verified) => {
                let used = self.house.user_of(model).is_some();
                let problem = model.problem.is_some();
                match (problem, used) {
                    (true, _) => ("cannot be used".to_owned(), look.warning()),
                    (false, true) => ("in use".to_owned(), look.good()),
                    (false, false) => ("here".to_owned(), look.text()),
                }
            }
        };
        let text = look.text();
        vec![
            (format!(" {}", cell(&model.name, widths.name, Cut::Middle)), text),
            (format!(" {}", cell(plan::job(model), widths.job, Cut::End)), look.dim()),
            (format!(" {}", number(&bytes(model.bytes), widths.size)), text),
            (room(widths.licence, &model.licence), look.dim()),
            (room(widths.languages, &model.languages), look.dim()),
            (format!("  {}", cell(&state, widths.state, Cut::End)), style),
        ]
    }

    fn pull_cells(&self, pull: &PullView, columns: u16, look: Look, now: u64) -> Vec<Cell> {
        let widths = model_widths(columns);
        let (state, style) = match pull.status {
            PullStatus::Done => ("here".to_owned(), look.good()),
            PullStatus::Pulling | PullStatus::Failed => {
                self.pull_state(pull, widths.state, look, now)
            }
        };
        let size = if pull.bytes_total == 0 { String::new() } else { bytes(pull.bytes_total) };
        vec![
            (format!(" {}", cell(&pull.name, widths.name, Cut::Middle)), look.text()),
            (format!(" {}", cell("", widths.job, Cut::End)), look.dim()),
            (format!(" {}", number(&size, widths.size)), look.text()),
            (room(widths.licence, ""), look.dim()),
            (room(widths.languages, ""), look.dim()),
            (format!("  {}", cell(&state, widths.state, Cut::End)), style),
        ]
    }

    fn pull_state(&self, pull: &PullView, columns: usize, look: Look, now: u64) -> (String, Style) {
        if pull.status == PullStatus::Failed {
            return ("download failed".to_owned(), look.bad());
        }
        let percent = share(pull).map_or_else(String::new, |it| format!("{:.0} % ", it * 100.0));
        let pace = self.house.pace(pull, now);
        let told = match pace {
            Some((_, left)) if columns < PULL_COLUMNS => format!("{} left", length(left)),
            // All of it stands below.
            None if columns < PULL_COLUMNS => String::new(),
            Some(_) | None => self.house.progress(pull, now),
        };
        let width = columns.saturating_sub(percent.len() + told.len() + 1).clamp(6, 20);
        (format!("{percent}{} {told}", bar(share(pull), width, look)), look.accent())
    }

    fn draw_told(&self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        let (look, now) = (scene.look, scene.now_unix_ms);
        let block = popup::block("", look).borders(Borders::TOP);
        let Some(item) = self.under_cursor() else {
            frame.render_widget(Block::new(), area);
            return;
        };
        let (title, told) = told(&self.house, item, now);
        let style = match item {
            Item::Engine(it) if it.state == EngineState::Quarantined => look.bad(),
            Item::Engine(it) if it.test.as_ref().is_some_and(|it| !it.passed) => look.warning(),
            Item::Engine(_) | Item::Model(..) | Item::Pull(_) => look.text(),
        };
        let mut lines = vec![Line::styled(title, look.heading())];
        // What matters most stands first.
        lines.extend(told.into_iter().map(|it| Line::styled(it, style)));
        let text = Paragraph::new(lines).wrap(Wrap { trim: true }).block(block);
        frame.render_widget(text, area);
    }
}

/// A cell that is left out where there is no room for it.
fn room(columns: usize, text: &str) -> String {
    if columns == 0 { String::new() } else { format!("  {}", cell(text, columns, Cut::End)) }
}

fn heading(cells: Vec<String>, look: Look) -> Line<'static> {
    Line::styled(cells.concat(), look.heading())
}

struct EngineWidths {
    title: usize,
    state: usize,
    test: usize,
    model: usize,
    runs_on: usize,
}

fn engine_widths(columns: u16) -> EngineWidths {
    let all = usize::from(columns);
    let (title, model) = match columns {
        WIDE_COLUMNS.. => (30, 22),
        NARROW_COLUMNS.. => (24, 0),
        _ => (all.saturating_sub(14), 0),
    };
    let (state, test) = (11, if columns < NARROW_COLUMNS { 0 } else { 18 });
    // Each but the first has two columns before it.
    let taken =
        1 + title + 2 + state + test + model + 2 * (usize::from(test > 0) + usize::from(model > 0));
    let left = all.saturating_sub(taken + 2);
    EngineWidths { title, state, test, model, runs_on: if test == 0 { 0 } else { left } }
}

fn engine_heads(columns: u16) -> Vec<String> {
    let it = engine_widths(columns);
    vec![
        format!(" {}", cell("Engine", it.title, Cut::End)),
        room(it.state, "state"),
        room(it.test, "last test"),
        room(it.model, "model"),
        room(it.runs_on, "where"),
    ]
}

fn engine_cells(engine: &EngineView, columns: u16, look: Look, now: u64) -> Vec<Cell> {
    let it = engine_widths(columns);
    let state = match engine.state {
        EngineState::InUse => look.good(),
        EngineState::Idle => look.text(),
        EngineState::Paused | EngineState::Away => look.warning(),
        EngineState::Quarantined => look.bad(),
        EngineState::Missing => look.dim(),
    };
    let test = match &engine.test {
        _ if engine.testing => look.accent(),
        None => look.dim(),
        Some(test) if test.passed => look.good(),
        Some(_) => look.bad(),
    };
    let model = engine.model.as_deref().unwrap_or_default();
    vec![
        (format!(" {}", cell(&engine.title, it.title, Cut::End)), look.text()),
        (room(it.state, engine.state.word()), state),
        (room(it.test, &in_short(engine, now)), test),
        (room(it.model, model), look.dim()),
        (room(it.runs_on, &engine.runs_on), look.dim()),
    ]
}

struct ModelWidths {
    name: usize,
    job: usize,
    size: usize,
    licence: usize,
    languages: usize,
    state: usize,
}

fn model_widths(columns: u16) -> ModelWidths {
    let all = usize::from(columns);
    let (name, job, licence, languages) = match columns {
        WIDE_COLUMNS.. => (30, 12, 14, 20),
        NARROW_COLUMNS.. => (22, 12, 0, 0),
        _ => (14, 0, 0, 0),
    };
    let size = 9;
    let more = usize::from(licence > 0) + usize::from(languages > 0);
    let taken = 1 + name + 1 + job + 1 + size + licence + languages + 2 * more + 2;
    ModelWidths { name, job, size, licence, languages, state: all.saturating_sub(taken) }
}

fn model_heads(columns: u16) -> Vec<String> {
    let it = model_widths(columns);
    vec![
        format!(" {}", cell("Model", it.name, Cut::End)),
        format!(" {}", cell(if it.job > 0 { "does" } else { "" }, it.job, Cut::End)),
        format!(" {}", number("size", it.size)),
        room(it.licence, "licence"),
        room(it.languages, "languages"),
        room(it.state, "state"),
    ]
}

/// All that is known of a row: what it is called, and lines of which the first matter most.
pub(super) fn told(house: &House, item: Item<'_>, now_unix_ms: u64) -> (String, Vec<String>) {
    match item {
        Item::Engine(engine) => (engine.title.clone(), engine_told(engine, now_unix_ms)),
        Item::Model(model, pull) => {
            let mut lines: Vec<String> =
                pull.iter().map(|it| pull_told(house, it, now_unix_ms)).collect();
            lines.extend(model_told(house, model));
            (model.name.clone(), lines)
        }
        Item::Pull(pull) => (pull.name.clone(), vec![pull_told(house, pull, now_unix_ms)]),
    }
}

fn engine_told(engine: &EngineView, now_unix_ms: u64) -> Vec<String> {
    let mut state = engine.state.word().to_owned();
    if let Some(why) = &engine.why {
        state += &format!(": {why}");
    }
    if engine.lane.is_some() && engine.state == EngineState::Quarantined {
        state += " (r uses it again)";
    }
    let test = match &engine.test {
        _ if engine.testing => "It is being tested now.".to_owned(),
        // It was put out of use for just that.
        Some(test) if engine.why.as_ref().is_some_and(|it| it.starts_with(&test.told)) => {
            format!("Its last test showed that, {}.", when(test, now_unix_ms))
        }
        Some(test) => format!("Last test: {}.", in_full(test, now_unix_ms)),
        None => format!("Not tested since Kinora started. T {}.", trial(engine.kind)),
    };
    let model = engine.model.as_ref().map(|it| format!(" It works with {it}.")).unwrap_or_default();
    vec![format!("It is {state}."), test, format!("Where: {}.{model}", engine.runs_on)]
}

/// What a test does.
fn trial(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Whisper => "lets it hear a recorded sentence; films go on",
        EngineKind::Vad => "lets it find the speech in a recorded sentence",
        EngineKind::Media => "lets it read a recorded sentence",
        EngineKind::Translator => "asks it to translate one sentence",
        EngineKind::Jellyfin => "asks it what it is, and whether it sees our libraries",
    }
}

fn pull_told(house: &House, pull: &PullView, now_unix_ms: u64) -> String {
    match pull.status {
        PullStatus::Pulling => format!("Downloading: {}.", house.progress(pull, now_unix_ms)),
        PullStatus::Done => "It is here.".to_owned(),
        PullStatus::Failed => {
            let problem = pull.problem.as_deref().unwrap_or("nobody told why");
            format!("It was not downloaded: {problem}. d tries again.")
        }
    }
}

fn model_told(house: &House, model: &ModelView) -> Vec<String> {
    let state = match (model.state, house.user_of(model)) {
        (ModelState::Missing, _) => "It is not here; d downloads it.".to_owned(),
        (ModelState::Damaged, _) => "It is damaged; d downloads it anew.".to_owned(),
        (ModelState::Present | ModelState::Verified, Some(engine)) => {
            format!("It is in use: {}.", engine.title)
        }
        (ModelState::Present | ModelState::Verified, None) => {
            "It is here, and not in use.".to_owned()
        }
    };
    let licence = if model.licence.is_empty() { "unknown" } else { &model.licence };
    let languages = if model.languages.is_empty() { "unknown" } else { &model.languages };
    let memory = bytes(model.memory_mib * MIB);
    let mut lines: Vec<String> =
        model.problem.iter().map(|it| format!("Wrong with it: {it}.")).collect();
    lines.push(state);
    lines.push(format!(
        "It {}; languages: {languages}; licence: {licence}; takes about {memory} of memory.",
        plan::job(model)
    ));
    lines.extend(model.path.iter().map(|it| format!("Its file: {}", show_path(it))));
    lines
}
