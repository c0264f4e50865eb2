//! What stands around every page: the pages' names, whether the daemon answers, what was told last, the main keys; and
//! over it: help, texts, plans.

use super::PageName;
use crate::api::daemon::{JobStatus, StatusView};
use crate::base::width::{clip_end, pad};
use crate::tui::app::{App, Over};
use crate::tui::keys::Hint;
use crate::tui::known::Link;
use crate::tui::parts::popup::{self, Reading, wrapped};
use crate::tui::parts::when::ago;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// The smallest screen that a page fits on, columns and rows.
pub(in crate::tui) const SCREEN_MIN: (u16, u16) = (40, 12);
/// Rows from which on there is room for a third line of what must be known.
const BANNER_HIGH_ROWS: u16 = 20;
/// Columns from which on all pages' names stand in the first line.
const NAMES_COLUMNS: u16 = 80;

/// Draws what stands around a page, and answers where the page goes; `None` where the screen is too small for any.
pub(in crate::tui) fn draw(
    app: &App,
    frame: &mut Frame<'_>,
    hints: &[Hint],
    now_unix_ms: u64,
) -> Option<Rect> {
    let area = frame.area();
    if area.width < SCREEN_MIN.0 || area.height < SCREEN_MIN.1 {
        let (columns, rows) = SCREEN_MIN;
        let kind = format!(
            "This window is {} x {}: a little small. Kinora's screen needs {columns} x {rows}; \
             please make it larger. q quits.",
            area.width, area.height
        );
        frame.render_widget(Paragraph::new(kind).wrap(Wrap { trim: true }), area);
        return None;
    }
    let banner = banner(app, area, now_unix_ms);
    let banner_rows = u16::try_from(banner.len()).unwrap_or(0);
    let rows = [
        Constraint::Length(1),
        Constraint::Length(banner_rows),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ];
    let [names, above, body, note, foot] = Layout::vertical(rows).areas(area);
    frame.render_widget(tabs(app, area.width), names);
    frame.render_widget(Paragraph::new(banner), above);
    frame.render_widget(told(app, area.width, now_unix_ms), note);
    frame.render_widget(keys(app, hints, area.width), foot);
    Some(body)
}

/// What must be known before anything of the page is believed: that the daemon does not answer or does not tell of
/// changes, how old is what is shown, what to do.
fn banner(app: &App, area: Rect, now_unix_ms: u64) -> Vec<Line<'static>> {
    let (text, style) = match (&app.known.link, &app.known.deaf) {
        (Link::Away { since_unix_ms, fault }, _) => {
            let what = if app.known.refused { "Kinora refuses" } else { "daemon away" };
            let since = ago(*since_unix_ms, now_unix_ms);
            let text = match app.known.status {
                None => format!("{what} ({since}): {fault}"),
                Some(_) => {
                    let old = ago(app.known.heard_unix_ms, now_unix_ms);
                    format!("{what}: this is {old} old; {fault}")
                }
            };
            (text, app.look.bad().patch(app.look.selected()))
        }
        (Link::Here | Link::Asking, Some((since_unix_ms, fault))) => {
            let since = ago(*since_unix_ms, now_unix_ms);
            let text = format!("changes do not come ({since}); they show with Ctrl-L: {fault}");
            (text, app.look.warning().patch(app.look.selected()))
        }
        (Link::Here | Link::Asking, None) => return Vec::new(),
    };
    let columns = usize::from(area.width);
    let rows_max = if area.height < BANNER_HIGH_ROWS { 2 } else { 3 };
    let mut lines = wrapped(&text, columns.saturating_sub(2));
    if rows_max < lines.len() {
        let rest = lines.split_off(rows_max - 1).join(" ");
        lines.push(clip_end(&rest, columns.saturating_sub(2)));
    }
    let line = |it: String| Line::styled(pad(&format!(" {it}"), columns, false), style);
    lines.into_iter().map(line).collect()
}

/// Names of pages with their keys, in the columns where they stand.
fn names(page: PageName, columns: u16) -> Vec<(PageName, String)> {
    let label = |it: PageName| {
        let mut word = it.word().to_owned();
        word[..1].make_ascii_uppercase();
        if NAMES_COLUMNS <= columns || it == page {
            format!("{} {word}", it.key())
        } else {
            it.key().to_string()
        }
    };
    PageName::ALL.into_iter().map(|it| (it, label(it))).collect()
}

/// The page whose name stands in this column of the first line.
pub(in crate::tui) fn tab_at(page: PageName, column: u16, columns: u16) -> Option<PageName> {
    let mut end = 0;
    for (name, label) in names(page, columns) {
        end += label.len() + 1;
        if usize::from(column) < end {
            return Some(name);
        }
    }
    None
}

fn tabs(app: &App, columns: u16) -> Line<'static> {
    let mut spans = Vec::new();
    for (name, label) in names(app.page, columns) {
        let style = if name == app.page { app.look.selected() } else { app.look.dim() };
        spans.push(Span::styled(label, style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

/// What was told last, or how it goes in a few words; how it went, where the daemon is away.
fn told(app: &App, columns: u16, now_unix_ms: u64) -> Line<'static> {
    let (text, style) = match (&app.note, &app.known.status, &app.known.link) {
        (Some(note), _, _) if note.bad => (note.text.clone(), app.look.bad()),
        (Some(note), _, _) => (note.text.clone(), app.look.good()),
        (None, Some(status), Link::Away { .. }) => {
            let old = ago(app.known.heard_unix_ms, now_unix_ms);
            (format!("{old} ago: {}", in_short(status)), app.look.dim())
        }
        (None, Some(status), Link::Here | Link::Asking) => (in_short(status), app.look.dim()),
        (None, None, Link::Here | Link::Asking) => {
            ("asking Kinora how it goes".to_owned(), app.look.dim())
        }
        (None, None, Link::Away { .. }) => {
            ("asking again until Kinora answers".to_owned(), app.look.dim())
        }
    };
    Line::styled(clip_end(&text, usize::from(columns)), style)
}

fn in_short(status: &StatusView) -> String {
    let count =
        |wanted: JobStatus| status.jobs.iter().find(|it| it.0 == wanted).map_or(0, |it| it.1);
    let mut parts = vec![format!("Kinora {}", status.version)];
    let shown = [JobStatus::Running, JobStatus::Queued, JobStatus::Waiting, JobStatus::Parked];
    parts.extend(
        shown
            .into_iter()
            .filter(|it| count(*it) > 0)
            .map(|it| format!("{} {}", count(it), it.word())),
    );
    parts.extend(status.paused.then(|| "paused".to_owned()));
    parts.extend(status.draining.then(|| "ending".to_owned()));
    parts.extend(status.scanning.then(|| "looking through libraries".to_owned()));
    parts.join(" · ")
}

/// As many main keys as there is room for; those of every page are always there.
fn keys(app: &App, hints: &[Hint], columns: u16) -> Line<'static> {
    let main: Vec<&Hint> = hints.iter().filter(|it| !it.short.is_empty()).collect();
    let width = |it: &Hint| it.key.chars().count() + it.short.chars().count() + 3;
    let (own, everywhere) = main.split_at(main.len().saturating_sub(2));
    let mut room = usize::from(columns).saturating_sub(everywhere.iter().map(|it| width(it)).sum());
    let mut spans = Vec::new();
    for hint in own.iter().take_while(|it| {
        let fits = width(it) <= room;
        room = room.saturating_sub(width(it));
        fits
    }) {
        push(app, hint, &mut spans);
    }
    everywhere.iter().for_each(|it| push(app, it, &mut spans));
    Line::from(spans)
}

fn push(app: &App, hint: &Hint, spans: &mut Vec<Span<'static>>) {
    spans.push(Span::styled(hint.key.clone(), app.look.accent()));
    spans.push(Span::styled(format!(" {}  ", hint.short), app.look.dim()));
}

/// Draws what stands over the page.
pub(in crate::tui) fn draw_over(app: &mut App, frame: &mut Frame<'_>, body: Rect) {
    let look = app.look;
    match &mut app.over {
        None => {}
        Some(Over::Help(text) | Over::Text(text)) => {
            popup::reading(frame, body, text, "any key closes", look);
        }
        Some(Over::Plan(plan)) => {
            let (title, lines) = (plan.title.clone(), plan.lines.clone());
            let mut text = Reading { title, lines, top: app.plan_top };
            popup::reading(frame, body, &mut text, "y Enter: do it   n Esc: leave it", look);
            app.plan_top = text.top;
        }
    }
}
