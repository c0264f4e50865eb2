//! One file: its tracks and subtitles, what becomes of it and why.

use crate::api::catalog::{AudioTrackView, ItemDetail, ItemView, SubtitleView};
use crate::api::daemon::JobView;
use crate::api::run::{Explanation, Fault, lines};
use crate::base::text::{bytes, show_path};
use crate::tui::look::Look;
use crate::tui::parts::cells::{Cut, cell, number};
use crate::tui::parts::when::length;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use std::path::Path;

/// Rows of a page from which on its parts stand apart.
const ROWS_FOR_GAPS: u16 = 14;

/// A file that is looked at.
#[derive(Debug)]
pub(super) struct Detail {
    /// As the list had it.
    pub(super) item: ItemView,
    /// All of it; an answer that is on its way, or a fault.
    pub(super) told: Option<Result<Box<ItemDetail>, Fault>>,
    /// Why it is treated as it is.
    pub(super) why: Option<Result<Explanation, Fault>>,
    /// It changed since it was told.
    pub(super) old: bool,
    /// The first line that is seen.
    pub(super) top: usize,
    /// Rows on the screen, and lines in all, when it was last drawn.
    rows: usize,
    count: usize,
}

impl Detail {
    /// Nothing is told yet.
    pub(super) fn new(item: ItemView) -> Detail {
        Detail { item, told: None, why: None, old: false, top: 0, rows: 0, count: 0 }
    }

    /// Its file, as it is asked for.
    pub(super) fn path(&self) -> &Path {
        Path::new(&self.item.path)
    }

    /// Moves by so many lines, down where positive.
    pub(super) fn scroll(&mut self, by: isize) {
        let lowest = self.count.saturating_sub(self.rows);
        self.top = self.top.saturating_add_signed(by).min(lowest);
    }

    /// By how many lines a page goes.
    pub(super) fn page(&self) -> isize {
        isize::try_from(self.rows.max(2) - 1).unwrap_or(1)
    }

    /// Draws it.
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, look: Look) {
        let lines = self.lines(area, look);
        let paragraph = Paragraph::new(lines).wrap(Wrap { trim: false });
        self.rows = usize::from(area.height);
        self.count = paragraph.line_count(area.width);
        self.scroll(0);
        let top = u16::try_from(self.top).unwrap_or(u16::MAX);
        frame.render_widget(paragraph.scroll((top, 0)), area);
    }

    fn lines(&self, area: Rect, look: Look) -> Vec<Line<'static>> {
        let mut page = Page { lines: Vec::new(), look, airy: ROWS_FOR_GAPS <= area.height };
        let path = cell(&self.item.path, usize::from(area.width), Cut::Middle);
        page.add(path.trim_end().to_owned(), look.heading());
        match &self.why {
            None => page.add("Kinora thinks about it", look.dim()),
            Some(Err(fault)) => page.add(fault.to_string(), look.bad()),
            Some(Ok(why)) => page.add(format!("to do: {}", plain(&why.decision)), look.accent()),
        }
        match &self.told {
            None => page.add("Kinora looks into it", look.dim()),
            Some(Err(fault)) => page.add(fault.to_string(), look.bad()),
            Some(Ok(told)) => page.file(told),
        }
        if let Some(Ok(why)) = &self.why {
            page.title("Why");
            for (depth, text) in lines(&why.reasons) {
                page.add(format!("{}{}", "  ".repeat(depth + 1), plain(text)), look.text());
            }
        }
        page.lines
    }
}

/// Lines as they come.
struct Page {
    lines: Vec<Line<'static>>,
    look: Look,
    /// There is room for empty lines.
    airy: bool,
}

impl Page {
    fn add(&mut self, text: impl Into<String>, style: Style) {
        self.lines.push(Line::styled(text.into(), style));
    }

    fn title(&mut self, text: &str) {
        if self.airy {
            self.add("", self.look.text());
        }
        self.add(text, self.look.heading());
    }

    fn file(&mut self, told: &ItemDetail) {
        let mut about = vec![bytes(told.bytes)];
        about.extend(told.duration_ms.map(length));
        about.push(format!("library {}", plain(&told.item.library)));
        about.push(told.job.as_ref().map_or_else(|| "no job yet".to_owned(), of_job));
        self.add(about.join(" · "), self.look.text());
        if let Some(fault) = told.job.as_ref().and_then(|it| it.fault.as_ref()) {
            self.add(fault.to_string(), self.look.bad());
        }
        if let Some(trouble) = &told.trouble {
            self.add(format!("it cannot be looked into: {trouble}"), self.look.bad());
        }
        self.title("Sound");
        if told.audio.is_empty() {
            self.add("  no audio track is known", self.look.dim());
        }
        told.audio.iter().for_each(|it| self.audio(it));
        self.title("Subtitles");
        if told.subtitles.is_empty() {
            self.add("  none", self.look.dim());
        }
        told.subtitles.iter().for_each(|it| self.subtitle(it));
    }

    fn audio(&mut self, track: &AudioTrackView) {
        let channels = match track.channels {
            0 => String::new(),
            1 => "mono".to_owned(),
            2 => "stereo".to_owned(),
            count => format!("{count} channels"),
        };
        let cells = [
            number(&track.index.to_string(), 4),
            cell(track.language.as_deref().unwrap_or("?"), 8, Cut::End),
            cell(&track.codec, 10, Cut::End),
            cell(&channels, 10, Cut::End),
            plain(track.title.as_deref().unwrap_or_default()),
        ];
        self.add(cells.join(" ").trim_end().to_owned(), self.look.text());
    }

    fn subtitle(&mut self, it: &SubtitleView) {
        let place = it.index.map_or_else(|| "file".to_owned(), |it| it.to_string());
        let mut about: Vec<&str> = Vec::new();
        about.extend(it.ours.then_some("by Kinora"));
        about.extend(it.forced.then_some("only what must be read"));
        about.extend(it.hearing_impaired.then_some("for the hard of hearing"));
        about.extend((!it.text).then_some("pictures"));
        let name = it.file.as_deref().or(it.title.as_deref()).unwrap_or_default();
        let cells = [
            number(&place, 4),
            cell(it.language.as_deref().unwrap_or("?"), 8, Cut::End),
            cell(&it.codec, 10, Cut::End),
            plain(name),
        ];
        let style = if it.ours { self.look.good() } else { self.look.text() };
        let about = about.join(", ");
        let about = if about.is_empty() { about } else { format!("  {about}") };
        self.lines.push(Line::from(vec![
            Span::styled(cells.join(" ").trim_end().to_owned(), style),
            Span::styled(about, self.look.dim()),
        ]));
    }
}

/// A text from outside, on one line.
fn plain(text: &str) -> String {
    show_path(Path::new(text))
}

fn of_job(job: &JobView) -> String {
    let how = job.ending.as_deref().or(job.step.as_deref());
    let how = how.map(|it| format!(" ({})", it.replace('_', " "))).unwrap_or_default();
    format!("job {}: {}{how}", job.id, job.status.word())
}
