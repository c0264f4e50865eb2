//! How failures look: causes with their files, and below them all of the one under the cursor.

use super::causes::{Group, parked_words};
use super::{Failures, Line as At};
use crate::api::run::FaultKind;
use crate::base::text::counted;
use crate::tui::known::Link;
use crate::tui::look::Look;
use crate::tui::parts::cells::{Cut, cell, file, number};
use crate::tui::parts::popup::block;
use crate::tui::parts::when::ago;
use crate::tui::view::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// The line of the columns' names, counted from the first of the page.
pub(super) const HEADER: u16 = 1;
/// From so many rows on all of the cause is told below.
const DETAIL_FROM_ROWS: u16 = 14;
/// Rows of that, with its frame.
const DETAIL_ROWS: u16 = 6;
/// Columns from which on it is told in a word what a cause waits for.
const WORDS_COLUMNS: u16 = 100;

impl Failures {
    pub(super) fn draw_all(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        let look = scene.look;
        let line = |row: u16| Rect { y: area.y + row, height: 1, ..area };
        frame.render_widget(self.summary(scene, area.width), line(0));
        if self.lines.is_empty() {
            let text = Paragraph::new(self.why_empty(scene)).wrap(Wrap { trim: true });
            let height = area.height.saturating_sub(2);
            frame.render_widget(text.style(look.dim()), Rect { y: area.y + 2, height, ..area });
            return;
        }
        frame.render_widget(header(area.width, look), line(HEADER));
        let detail = if DETAIL_FROM_ROWS <= area.height { DETAIL_ROWS } else { 0 };
        let height = area.height.saturating_sub(HEADER + 1 + detail);
        let rows = Rect { y: area.y + HEADER + 1, height, ..area };
        for (at, y) in self.cursor.window(self.lines.len(), usize::from(height)).zip(rows.y..) {
            let line = match self.lines[at] {
                At::Cause(group) => self.cause(group, area.width, scene),
                At::File(group, file) => self.file(group, file, area.width, scene),
            };
            let line = if at == self.cursor.at { line.patch_style(look.selected()) } else { line };
            frame.render_widget(line, Rect { y, height: 1, ..rows });
        }
        if 0 < detail {
            self.detail(frame, Rect { y: rows.bottom(), height: detail, ..area }, look);
        }
    }

    fn summary(&self, scene: &Scene<'_>, columns: u16) -> Line<'static> {
        let mut parts = Vec::new();
        if !self.marked.is_empty() {
            parts.push(format!("{} marked", self.marked.len()));
        }
        if self.lines.is_empty() {
            parts.push("what waits for a person".to_owned());
        } else {
            let files = counted(self.causes.len() as u64, "file waits", "files wait");
            let causes = counted(self.groups.len() as u64, "cause", "causes");
            parts.push(format!("{files} for a person, for {causes}"));
        }
        if self.causes.more {
            parts.push("the newest are shown".to_owned());
        }
        if self.load.asked && self.lines.is_empty() {
            parts.push("asking".to_owned());
        }
        let text = parts.join(scene.look.sign(" · ", " | "));
        Line::styled(cell(&text, usize::from(columns), Cut::End), scene.look.heading())
    }

    fn cause(&self, group: usize, columns: u16, scene: &Scene<'_>) -> Line<'static> {
        let (look, it) = (scene.look, &self.groups[group]);
        let marked = it.files.iter().filter(|it| self.marked.contains(&it.job)).count();
        let mark = match marked {
            0 => " ",
            all if all == it.files.len() => look.sign("●", "*"),
            _ => look.sign("○", "o"),
        };
        let open = self.open.contains(&self.general(group));
        let fold = if open { look.sign("▾", "-") } else { look.sign("▸", "+") };
        let words = if WORDS_COLUMNS <= columns { 26 } else { 0 };
        let room = usize::from(columns).saturating_sub(20 + words);
        let mut spans = vec![
            Span::styled(format!("{mark} {fold}"), look.accent()),
            Span::styled(number(&it.files.len().to_string(), 6), look.text()),
            Span::raw("  "),
            Span::styled(cell(&it.cause.what, room, Cut::End), style_of(it, look)),
        ];
        if 0 < words {
            let text = cell(parked_words(&it.cause.parked), words - 1, Cut::End);
            spans.push(Span::styled(format!(" {text}"), look.dim()));
        }
        let newest = number(&ago(it.newest_unix_ms(), scene.now_unix_ms), 9);
        spans.push(Span::styled(newest, look.dim()));
        Line::from(spans)
    }

    fn file(&self, group: usize, at: usize, columns: u16, scene: &Scene<'_>) -> Line<'static> {
        let (look, it) = (scene.look, &self.groups[group].files[at]);
        let mark = if self.marked.contains(&it.job) { look.sign("●", "*") } else { " " };
        let room = usize::from(columns).saturating_sub(16);
        Line::from(vec![
            Span::styled(format!("{mark}     "), look.accent()),
            Span::styled(file(&it.path, room), look.text()),
            Span::styled(number(&ago(it.changed_unix_ms, scene.now_unix_ms), 10), look.dim()),
        ])
    }

    /// All of what is under the cursor: what happened, what to do, who must act.
    fn detail(&self, frame: &mut Frame<'_>, area: Rect, look: Look) {
        let (title, what, remedy, group) = match self.line() {
            None => return,
            Some(At::Cause(at)) => {
                let it = &self.groups[at];
                (parked_words(&it.cause.parked).to_owned(), &it.cause.what, &it.cause.remedy, it)
            }
            Some(At::File(at, file)) => {
                let it = &self.groups[at].files[file];
                let title = cell(&it.path, usize::from(area.width.saturating_sub(4)), Cut::Middle);
                (title.trim_end().to_owned(), &it.fault.what, &it.fault.remedy, &self.groups[at])
            }
        };
        let line = |name: &'static str, text: &str, style: Style| {
            Line::from(vec![Span::styled(name, look.dim()), Span::styled(text.to_owned(), style)])
        };
        let lines = vec![
            line("what happened  ", what, look.text()),
            line("what to do     ", remedy, look.good()),
            line("who must act   ", group.who(), look.text()),
        ];
        let block = block(&title, look);
        let inside = block.inner(area);
        frame.render_widget(block, area);
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inside);
    }

    fn why_empty(&self, scene: &Scene<'_>) -> String {
        match (&self.load.fault, &scene.known.link) {
            (Some(fault), _) => format!("What waits for a person cannot be shown: {fault}."),
            (None, Link::Away { .. }) if !self.load.whole => {
                "It is shown as soon as Kinora answers.".to_owned()
            }
            (None, Link::Here | Link::Asking) if !self.load.whole => {
                "Asking Kinora what waits for a person.".to_owned()
            }
            (None, Link::Away { .. } | Link::Here | Link::Asking) => {
                "Nothing failed, and nothing waits for you. What Kinora cannot do by itself stands here, with what to \
                 do about it."
                    .to_owned()
            }
        }
    }
}

fn header(columns: u16, look: Look) -> Line<'static> {
    let words = if WORDS_COLUMNS <= columns { 26 } else { 0 };
    let room = usize::from(columns).saturating_sub(20 + words);
    let mut text = format!("    files  {}", cell("why", room, Cut::End));
    if 0 < words {
        text.push_str(&format!(" {}", cell("state", words - 1, Cut::End)));
    }
    text.push_str(&number("newest", 9));
    Line::styled(text, look.dim())
}

fn style_of(group: &Group, look: Look) -> Style {
    match group.kind {
        FaultKind::Operator => look.bad(),
        FaultKind::Transient => look.warning(),
        FaultKind::Bug => look.accent(),
    }
}
