//! How the page is drawn: libraries above, the files of the chosen one below.

use super::Library;
use super::files::Show;
use super::shelf::{Row, about, brief, heading, library};
use crate::api::catalog::ItemView;
use crate::api::daemon::JobStatus;
use crate::api::libraries::LibraryView;
use crate::api::run::Lang;
use crate::tui::look::Look;
use crate::tui::parts::cells::{Cut, cell};
use crate::tui::parts::popup;
use crate::tui::parts::when::thousands;
use crate::tui::view::Scene;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// Rows of a page from which on libraries have a line each; below only the chosen one is told.
const ROWS_FOR_LIBRARIES: u16 = 14;
/// Columns from which on a file's line has room for languages side by side.
const COLUMNS_FOR_LANGUAGES: usize = 60;
/// Columns from which on there is room for many of them.
const COLUMNS_FOR_MORE: usize = 110;
/// Columns of the word for a file's status.
const STATUS_COLUMNS: usize = 9;

/// Where things were drawn, in rows of the page.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The first row of libraries, how many, and the first line that is seen.
    libraries: (u16, u16, usize),
    /// The first row of files.
    files: u16,
}

impl Places {
    /// The line of libraries in this row.
    pub(super) fn library_at(&self, row: u16) -> Option<usize> {
        let (first, rows, top) = self.libraries;
        (first..first + rows).contains(&row).then(|| usize::from(row - first) + top)
    }

    /// The place of the file in this row, counted from the first that is seen.
    pub(super) fn file_at(&self, row: u16) -> Option<usize> {
        row.checked_sub(self.files).map(usize::from)
    }
}

impl Library {
    /// The library of a line; all of them have the first line, where there are several.
    pub(super) fn at_line(&self, line: usize) -> Option<usize> {
        if self.libraries.libraries.len() == 1 { None } else { line.checked_sub(1) }
    }

    fn rows(&self) -> Vec<Row> {
        let libraries = &self.libraries.libraries;
        let all = (libraries.len() > 1).then(|| Row::all(libraries));
        all.into_iter().chain(libraries.iter().map(Row::one)).collect()
    }

    fn line(&self) -> usize {
        self.chosen.map_or(0, |it| it + usize::from(self.libraries.libraries.len() > 1))
    }
}

/// Draws the page.
pub(super) fn draw(page: &mut Library, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let look = scene.look;
    if let Some(detail) = &mut page.detail {
        return detail.draw(frame, area, look);
    }
    if page.libraries.libraries.is_empty() {
        let (text, style) = no_library(page, look);
        frame.render_widget(Paragraph::new(text).style(style).wrap(Wrap { trim: false }), area);
        return prompt(page, frame, area, look);
    }
    let rows = page.rows();
    let wide = ROWS_FOR_LIBRARIES <= area.height;
    let at = page.line().min(rows.len() - 1);
    let told =
        if wide { about(page, &rows[at], area.width, scene) } else { brief(&rows[at], look) };
    let told = Paragraph::new(told).wrap(Wrap { trim: false });
    let told_rows = u16::try_from(told.line_count(area.width)).unwrap_or(u16::MAX);
    let lines = u16::try_from(rows.len()).unwrap_or(u16::MAX).clamp(1, (area.height / 4).max(1));
    let lines = if wide { lines } else { 0 };
    let told_rows = told_rows.min(area.height / 3);
    let parts = [u16::from(wide), lines, told_rows, 1, 1].map(Constraint::Length);
    let mut parts = parts.to_vec();
    parts.push(Constraint::Fill(1));
    let areas = Layout::vertical(parts).split(area);
    if wide {
        frame.render_widget(heading(page, scene, usize::from(area.width)), areas[0]);
        let room = usize::from(lines);
        let top = (at + 1).saturating_sub(room).min(rows.len().saturating_sub(room));
        let seen = rows.iter().enumerate().skip(top).take(room);
        let drawn: Vec<Line<'_>> = seen
            .map(|(line, row)| library(row, line == at, scene, usize::from(area.width)))
            .collect();
        frame.render_widget(Paragraph::new(drawn), areas[1]);
        page.places.libraries = (areas[1].y - area.y, lines, top);
    } else {
        page.places.libraries = (0, 0, 0);
    }
    frame.render_widget(told, areas[2]);
    page.places.files = areas[5].y - area.y;
    frame.render_widget(title(page, usize::from(area.width), look), areas[3]);
    files(page, frame, areas[4], areas[5], look);
    prompt(page, frame, area, look);
}

/// Why no library is shown, and what to do.
fn no_library(page: &Library, look: Look) -> (String, Style) {
    if let Some(fault) = &page.shelf_fault {
        return (fault.to_string(), look.bad());
    }
    if page.told_unix_ms.is_none() {
        return ("asking Kinora for its libraries".to_owned(), look.dim());
    }
    let text = "There is no library yet. Name a folder of videos in kinora.toml, such as\n\n    [[library]]\n    \
                name = \"Films\"\n    path = \"/media/films\"\n\nand start Kinora anew. It then gives every \
                video there subtitles by itself.";
    (text.to_owned(), look.dim())
}

fn prompt(page: &Library, frame: &mut Frame<'_>, area: Rect, look: Look) {
    if let Some(typing) = &page.typing {
        popup::prompt(frame, area, typing.prompt(), look);
    }
}

/// Which files these are, and where among them the cursor is.
fn title(page: &Library, columns: usize, look: Look) -> Line<'static> {
    let choice = page.files.choice();
    let mut text = format!("Files of {}", choice.library.as_deref().unwrap_or("all libraries"));
    match &choice.show {
        Show::All => {}
        Show::Lacks(lang) => text.push_str(&format!(" that lack {lang}")),
        Show::Failed => text.push_str(" that failed"),
    }
    if !choice.search.is_empty() {
        text.push_str(&format!(" with \"{}\"", choice.search));
    }
    let (at, len) = (page.cursor.at + 1, page.files.len());
    let more = if page.files.is_whole() { "" } else { "+" };
    let place = if len == 0 {
        String::new()
    } else {
        format!("{} of {}{more}", thousands(at as u64), thousands(len as u64))
    };
    let room = columns.saturating_sub(place.len() + 1);
    Line::styled(format!("{} {place}", cell(&text, room, Cut::End)), look.heading())
}

/// Columns of a file's line: the file, languages that are there, those that are missing.
fn file_columns(columns: usize) -> (usize, usize, usize) {
    let there = match columns {
        0..COLUMNS_FOR_LANGUAGES => 0,
        COLUMNS_FOR_LANGUAGES..COLUMNS_FOR_MORE => 12,
        _ => 24,
    };
    let missing = match columns {
        0..COLUMNS_FOR_LANGUAGES => 8,
        COLUMNS_FOR_LANGUAGES..COLUMNS_FOR_MORE => 12,
        _ => 20,
    };
    let gaps = if there > 0 { 3 } else { 2 };
    (columns.saturating_sub(there + missing + STATUS_COLUMNS + gaps), there, missing)
}

fn files(page: &mut Library, frame: &mut Frame<'_>, head: Rect, area: Rect, look: Look) {
    let columns = usize::from(area.width);
    let (file, there, missing) = file_columns(columns);
    let mut names = vec![cell("File", file, Cut::End)];
    names.extend((there > 0).then(|| cell("Has", there, Cut::End)));
    names.push(cell("Lacks", missing, Cut::End));
    names.push(cell("Job", STATUS_COLUMNS, Cut::End));
    frame.render_widget(Line::styled(names.join(" "), look.dim()), head);
    let window = page.cursor.window(page.files.len(), usize::from(area.height));
    page.files.look_at(window.start..window.start + usize::from(area.height));
    if page.files.len() == 0 {
        let (text, style) = empty(page, look);
        frame.render_widget(Paragraph::new(text).style(style).wrap(Wrap { trim: true }), area);
        return;
    }
    let rows = window.map(|row| {
        let line = match page.files.get(row) {
            Some(item) => item_line(page, item, columns, look),
            None => Line::styled(cell(look.sign("…", "..."), columns, Cut::End), look.dim()),
        };
        if row == page.cursor.at { line.style(look.selected()) } else { line }
    });
    let rows: Vec<Line<'_>> = rows.collect();
    frame.render_widget(Paragraph::new(rows), area);
}

/// Why no file is shown, and what to do.
fn empty(page: &Library, look: Look) -> (String, Style) {
    let choice = page.files.choice();
    if let Some(fault) = &page.fault {
        return (fault.to_string(), look.bad());
    }
    if !page.files.is_whole() {
        return ("Kinora looks for them.".to_owned(), look.dim());
    }
    let text = match (&choice.show, choice.search.is_empty()) {
        (_, false) => "No file has that in its path. Esc shows all files again.".to_owned(),
        (Show::Lacks(lang), true) => {
            format!("Every file has subtitles in {lang}, as far as that is known. f shows others.")
        }
        (Show::Failed, true) => "No file failed. f shows others.".to_owned(),
        (Show::All, true) => {
            "There is no video here yet. Put one there; S looks through the library at once."
                .to_owned()
        }
    };
    (text, look.dim())
}

fn item_line(page: &Library, item: &ItemView, columns: usize, look: Look) -> Line<'static> {
    let (file, there, missing) = file_columns(columns);
    let library = page.library_of(item);
    let below = library.and_then(|it| item.path.strip_prefix(it.path.as_str()));
    let path = below.map_or(item.path.as_str(), |it| it.trim_start_matches('/'));
    let lacks = library.map(|it| lacking(item, it)).unwrap_or_default();
    let (status, style) = status(item.status, look);
    let mut spans = vec![Span::raw(cell(path, file, Cut::Middle)), Span::raw(" ")];
    if there > 0 {
        spans.push(Span::styled(cell(&item.languages.join(" "), there, Cut::End), look.good()));
        spans.push(Span::raw(" "));
    }
    spans.push(Span::styled(cell(&lacks, missing, Cut::End), look.warning()));
    spans.push(Span::raw(" "));
    spans.push(Span::styled(cell(status, STATUS_COLUMNS, Cut::End), style));
    Line::from(spans)
}

/// Wanted languages that a file has no subtitle in, as far as that is known.
fn lacking(item: &ItemView, library: &LibraryView) -> String {
    let there: Vec<Lang> = item.languages.iter().filter_map(|it| it.parse().ok()).collect();
    let lacks = library.wanted.iter().filter_map(|it| match &it.language {
        Some(lang) => (!there.iter().any(|it| it.same_language(lang))).then(|| lang.to_string()),
        // Which one is spoken is not told here.
        None => there.is_empty().then(|| "spoken".to_owned()),
    });
    lacks.collect::<Vec<_>>().join(" ")
}

fn status(status: Option<JobStatus>, look: Look) -> (&'static str, Style) {
    let Some(status) = status else { return ("new", look.dim()) };
    let style = match status {
        JobStatus::Queued | JobStatus::Cancelled => look.dim(),
        JobStatus::Running => look.accent(),
        JobStatus::Waiting | JobStatus::Paused => look.warning(),
        JobStatus::Parked => look.bad(),
        JobStatus::Done => look.good(),
    };
    (status.word(), style)
}
