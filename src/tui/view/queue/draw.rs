//! How the queue looks: what is shown of how many, the rows, and all of the path under the cursor.

use super::Queue;
use super::order::{Column, Filter};
use super::table::Row;
use crate::api::daemon::JobStatus;
use crate::tui::known::Link;
use crate::tui::look::Look;
use crate::tui::parts::bar::bar;
use crate::tui::parts::cells::{Cut, cell, file, number};
use crate::tui::parts::popup;
use crate::tui::parts::when::ago;
use crate::tui::view::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// The line of the columns' names, counted from the first of the page.
pub(super) const HEADER: u16 = 1;
/// From so many rows on, the last one shows all of the path under the cursor.
const DETAIL_ROWS: u16 = 10;

/// Columns' widths; 0 where there is no room.
#[derive(Clone, Copy, Debug, Default)]
struct Widths {
    job: usize,
    status: usize,
    priority: usize,
    doing: usize,
    file: usize,
    tries: usize,
    wished: usize,
    changed: usize,
}

impl Widths {
    fn of(columns: u16) -> Widths {
        let from = |least: u16, width: usize| if least <= columns { width } else { 0 };
        let mut it = Widths {
            job: from(100, 7),
            status: if columns < 60 { 1 } else { 9 },
            priority: from(110, 4),
            doing: from(60, if columns < 110 { 16 } else { 26 }),
            file: 0,
            tries: from(76, 5),
            wished: from(120, 7),
            changed: 7,
        };
        let fixed: usize =
            it.columns().iter().map(|it| it.0).filter(|it| 0 < *it).map(|it| it + 1).sum();
        it.file = usize::from(columns).saturating_sub(fixed + 2);
        it
    }

    /// The columns as they stand, with what they are sorted by and their name.
    fn columns(self) -> [(usize, Column, &'static str); 8] {
        [
            (self.job, Column::Wished, "job"),
            (self.status, Column::Status, "status"),
            (self.priority, Column::Priority, "prio"),
            (self.doing, Column::Step, "step or end"),
            (self.file, Column::File, "file"),
            (self.tries, Column::Tries, "tries"),
            (self.wished, Column::Wished, "wished"),
            (self.changed, Column::Changed, "changed"),
        ]
    }
}

impl Queue {
    pub(super) fn draw_all(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        let look = scene.look;
        let widths = Widths::of(area.width);
        let line = |row: u16| Rect { y: area.y + row, height: 1, ..area };
        frame.render_widget(self.summary(scene, usize::from(area.width)), line(0));
        let header = self.header(widths, look);
        frame.render_widget(header, line(HEADER));
        let detail = DETAIL_ROWS <= area.height;
        let top = HEADER + 1;
        let rows = Rect {
            y: area.y + top,
            height: area.height.saturating_sub(top + u16::from(detail)),
            ..area
        };
        let window = self.cursor.window(self.rows.order.rows().len(), usize::from(rows.height));
        if window.is_empty() {
            let text = Paragraph::new(self.why_empty(scene)).wrap(Wrap { trim: true });
            frame.render_widget(
                text.style(look.dim()),
                Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows },
            );
        }
        for (at, y) in window.zip(rows.y..) {
            let number = self.rows.order.rows()[at];
            let line = self.line(self.rows.table.row(number), widths, scene);
            let line = if at == self.cursor.at { line.patch_style(look.selected()) } else { line };
            frame.render_widget(line, Rect { y, height: 1, ..rows });
        }
        let foot = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
        if let Some(prompt) = &self.search {
            popup::prompt(frame, area, prompt, look);
        } else if self.choosing {
            frame.render_widget(choices(usize::from(area.width)).style(look.accent()), foot);
        } else if detail && let Some(number) = self.row() {
            frame.render_widget(self.detail(number, usize::from(area.width), scene), foot);
        }
    }

    /// How many of how many, which, and in which order.
    fn summary(&self, scene: &Scene<'_>, columns: usize) -> Line<'static> {
        let (table, wanted) = (&self.rows.table, self.rows.wanted());
        let shown = self.rows.order.rows().len();
        let all = wanted.filter == Filter::All && wanted.search.is_empty();
        let mut parts = Vec::new();
        if 0 < table.marked() {
            parts.push(format!("{} marked", thousands(table.marked())));
        }
        parts.push(if all {
            format!("{} executions", thousands(table.len()))
        } else {
            format!("{} of {}", thousands(shown), thousands(table.len()))
        });
        let told = scene.known.status.as_ref();
        let total: u64 = told.map_or(0, |it| it.jobs.iter().map(|it| it.1).sum());
        let to_come = usize::try_from(total).unwrap_or(0).saturating_sub(table.len());
        if !self.rows.whole && 0 < to_come {
            parts.push(format!("{} to come", thousands(to_come)));
        }
        if wanted.filter != Filter::All {
            parts.push(format!("only: {}", wanted.filter.word()));
        }
        if !wanted.search.is_empty() {
            parts.push(format!("search: {}", wanted.search));
        }
        let turned = if wanted.turned { ", turned" } else { "" };
        parts.push(format!("by {}{turned}", wanted.column.word()));
        if all {
            let count = |it: JobStatus, word: &str| {
                let count = table.count(it);
                (0 < count).then(|| format!("{} {word}", thousands(count)))
            };
            parts.extend(count(JobStatus::Running, "running"));
            parts.extend(count(JobStatus::Parked, "for a person"));
            parts.extend(count(JobStatus::Paused, "paused"));
        }
        let separator = scene.look.sign(" · ", " | ");
        Line::styled(cell(&parts.join(separator), columns, Cut::End), scene.look.heading())
    }

    fn header(&mut self, widths: Widths, look: Look) -> Line<'static> {
        let wanted = self.rows.wanted().clone();
        self.columns.clear();
        let mut spans = vec![Span::raw("  ")];
        let mut x = 2;
        let arrow = if wanted.turned { look.sign("▲", "^") } else { look.sign("▼", "v") };
        for (at, (width, column, name)) in widths.columns().into_iter().enumerate() {
            if width == 0 {
                continue;
            }
            // The number of a job tells its age; the arrow stands where that is in words.
            let sorted = column == wanted.column && (column != Column::Wished || 0 < at);
            let mut name = if sorted { format!("{arrow}{name}") } else { name.to_owned() };
            if column == Column::File && 1 < self.rows.table.folder().len() {
                name.push_str(&format!(" in {}", self.rows.table.folder()));
            }
            let name = if width == 1 { String::new() } else { name };
            let right = matches!(at, 0 | 2 | 5..);
            let text = if right { number(&name, width) } else { cell(&name, width, Cut::End) };
            let style = if sorted { look.accent() } else { look.dim() };
            spans.extend([Span::styled(text, style), Span::raw(" ")]);
            self.columns.push((x, x + width as u16, column));
            x += width as u16 + 1;
        }
        Line::from(spans)
    }

    fn line(&self, row: &Row, widths: Widths, scene: &Scene<'_>) -> Line<'static> {
        let (table, look) = (&self.rows.table, scene.look);
        let kind = table.kind(row);
        let style = style_of(kind.status, look);
        let mark = if row.marked { look.sign("● ", "* ") } else { "  " };
        let mut spans = vec![Span::styled(mark, look.accent())];
        let mut push = |width: usize, text: String, style: Style| {
            if 0 < width {
                spans.extend([Span::styled(text, style), Span::raw(" ")]);
            }
        };
        let ended = matches!(kind.status, JobStatus::Done | JobStatus::Cancelled);
        let plain = if ended { look.dim() } else { look.text() };
        push(widths.job, number(&row.job.to_string(), widths.job), look.dim());
        let status =
            if widths.status < 9 { sign_of(kind.status, look) } else { kind.status.word() };
        push(widths.status, cell(status, widths.status, Cut::End), style);
        let priority =
            if row.priority == 0 { String::new() } else { format!("{:+}", row.priority) };
        push(widths.priority, number(&priority, widths.priority), plain);
        push(widths.doing, self.doing(row, widths.doing, scene), style);
        push(widths.file, file(&table.path(row)[table.folder().len()..], widths.file), plain);
        let tries = if row.tries == 0 { String::new() } else { row.tries.to_string() };
        push(widths.tries, number(&tries, widths.tries), look.warning());
        let age = |at_s: u32| ago(u64::from(at_s) * 1000, scene.now_unix_ms);
        push(widths.wished, number(&age(row.submitted_s), widths.wished), look.dim());
        push(widths.changed, number(&age(row.changed_s), widths.changed), look.dim());
        Line::from(spans)
    }

    /// At which step it is, and how far; or how it ended, or what it waits for.
    fn doing(&self, row: &Row, columns: usize, scene: &Scene<'_>) -> String {
        let kind = self.rows.table.kind(row);
        let step = kind.step.as_deref().unwrap_or_default();
        let word = kind.word.as_deref().unwrap_or_default().replace('_', " ");
        let text = match kind.status {
            JobStatus::Running => {
                let share = scene.known.share(row.job);
                let percent = share.map_or(String::new(), |it| format!("{:.0}%", it * 100.0));
                if share.is_some() && 20 < columns {
                    let bar = bar(share, columns - 15, scene.look);
                    format!("{step:<9} {bar} {percent:>4}")
                } else {
                    format!("{step} {percent}")
                }
            }
            JobStatus::Waiting => match self.rows.table.due(row) {
                Some(at) => format!("{step} in {}", ago(scene.now_unix_ms, at)),
                None => step.to_owned(),
            },
            JobStatus::Queued | JobStatus::Paused => step.to_owned(),
            JobStatus::Parked | JobStatus::Done | JobStatus::Cancelled => word,
        };
        cell(&text, columns, Cut::End)
    }

    fn detail(&self, number: u32, columns: usize, scene: &Scene<'_>) -> Line<'static> {
        let row = self.rows.table.row(number);
        let wished = ago(u64::from(row.submitted_s) * 1000, scene.now_unix_ms);
        let head = format!("job {}, wished {wished} ago: ", row.job);
        let room = columns.saturating_sub(head.len());
        let path = cell(self.rows.table.path(row), room, Cut::Middle);
        Line::from(vec![
            Span::styled(head, scene.look.dim()),
            Span::styled(path, scene.look.text()),
        ])
    }

    /// Why nothing is shown, and what to do.
    fn why_empty(&self, scene: &Scene<'_>) -> String {
        let wanted = self.rows.wanted();
        if 0 < self.rows.table.len() {
            return if wanted.search.is_empty() {
                format!(
                    "Nothing is of the kind `{}`. f shows the next kind, Esc shows all.",
                    wanted.filter.word()
                )
            } else {
                format!(
                    "No path matches `{}`. Backspace takes letters away, Esc ends the search.",
                    wanted.search
                )
            };
        }
        match (&self.rows.fault, &scene.known.link) {
            (Some(fault), _) => format!("The executions cannot be shown: {fault}."),
            (None, Link::Away { .. }) => "They are shown as soon as Kinora answers.".to_owned(),
            (None, Link::Here | Link::Asking) if !self.rows.whole => {
                "Asking Kinora for its executions.".to_owned()
            }
            (None, Link::Here | Link::Asking) => {
                "Nothing was ever wished for: no video was found yet. Kinora looks through its libraries by itself; s \
                 looks now. Libraries are named in kinora.toml, below [[library]]."
                    .to_owned()
            }
        }
    }
}

fn choices(columns: usize) -> Line<'static> {
    let all = Filter::ALL.map(|it| format!("{} {}", it.letter(), it.word()));
    Line::raw(cell(&format!("show: {}", all.join("  ")), columns, Cut::End))
}

fn style_of(status: JobStatus, look: Look) -> Style {
    match status {
        JobStatus::Running => look.accent(),
        JobStatus::Queued => look.text(),
        JobStatus::Waiting | JobStatus::Paused => look.warning(),
        JobStatus::Parked => look.bad(),
        JobStatus::Done => look.good(),
        JobStatus::Cancelled => look.dim(),
    }
}

fn sign_of(status: JobStatus, look: Look) -> &'static str {
    match status {
        JobStatus::Running => look.sign("▶", ">"),
        JobStatus::Queued => look.sign("·", "."),
        JobStatus::Waiting => look.sign("…", "~"),
        JobStatus::Paused => look.sign("‖", "="),
        JobStatus::Parked => "!",
        JobStatus::Done => look.sign("✓", "+"),
        JobStatus::Cancelled => look.sign("×", "x"),
    }
}

/// A number with its thousands apart.
fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if 0 < at && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
