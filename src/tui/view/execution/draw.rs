//! How the page is laid out: one section at a time, or all of them where there is room.

use super::sections::{heard, lines};
use super::standing::{facts, standing};
use super::{Execution, Made, Section};
use crate::api::daemon::JobDetail;
use crate::base::width::clip_end;
use crate::tui::parts::cells::{Cut, cell};
use crate::tui::parts::popup::{block, frame_for};
use crate::tui::parts::wrap::wrap;
use crate::tui::view::Scene;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span, Text};
use std::rc::Rc;

/// From this size on all sections are seen.
const ROOMY: (u16, u16) = (110, 28);
/// Rows of the header.
const HEADER_ROWS: u16 = 2;
/// Rows under the steps that are worth to be filled with what is heard.
const BENEATH_ROWS_MIN: usize = 4;

/// Draws the page.
pub(super) fn draw(page: &mut Execution, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    page.places.clear();
    let Some(detail) = page.detail.clone() else {
        return frame.render_widget(Text::from(empty(page, area, scene)), area);
    };
    let [head, body] =
        Layout::vertical([Constraint::Length(HEADER_ROWS), Constraint::Fill(1)]).areas(area);
    frame.render_widget(Text::from(header(page, &detail, head, scene)), head);
    let mut canvas = Canvas { page, detail: &detail, origin: area, scene };
    if ROOMY.0 <= area.width && ROOMY.1 <= area.height {
        canvas.all(frame, body);
    } else {
        canvas.one(frame, body);
    }
    choices(page, frame, area, scene);
}

/// Why there is nothing, and what to do.
fn empty(page: &Execution, area: Rect, scene: &Scene<'_>) -> Vec<Line<'static>> {
    let look = scene.look;
    let text = |text: &str, style| -> Vec<Line<'static>> {
        let lines = wrap(text, usize::from(area.width.saturating_sub(2)));
        lines.into_iter().map(|it| Line::styled(format!(" {it}"), style)).collect()
    };
    let mut lines = vec![Line::default()];
    match (&page.trouble, page.job) {
        (Some(fault), _) => {
            lines.extend(text(&fault.what, look.bad()));
            lines.extend(text(&fault.remedy, look.text()));
        }
        (None, Some(job)) => lines.extend(text(&format!("asking for job {job}"), look.dim())),
        (None, None) if page.asking => lines.extend(text("asking what runs", look.dim())),
        (None, None) => {
            lines.extend(text("No execution is chosen, and there is none yet.", look.text()));
            lines.push(Line::default());
            let how = "As soon as Kinora works on a file this page shows how it comes along. Files come from the \
                       libraries of kinora.toml (s on the page Library looks through them now); Enter in the queue \
                       (2) opens an execution here.";
            lines.extend(text(how, look.dim()));
        }
    }
    lines
}

fn header(
    page: &Execution,
    detail: &JobDetail,
    area: Rect,
    scene: &Scene<'_>,
) -> Vec<Line<'static>> {
    let (look, columns) = (scene.look, usize::from(area.width));
    let (stands, style) = standing(&detail.job, scene);
    let mut rest = String::new();
    for fact in facts(page, detail, scene) {
        rest.push_str(&format!(" {} {fact}", look.sign("·", "|")));
    }
    let head = format!("job {} {} ", detail.job.id, look.sign("·", "|"));
    let stands = clip_end(&stands, columns.saturating_sub(Span::raw(head.as_str()).width()));
    let room = columns.saturating_sub(Span::raw(format!("{head}{stands}")).width());
    vec![
        Line::styled(cell(&detail.job.path, columns, Cut::Middle), look.heading()),
        Line::from(vec![
            Span::styled(head, look.dim()),
            Span::styled(stands, style),
            Span::styled(clip_end(&rest, room), look.dim()),
        ]),
    ]
}

/// Which file is to be opened.
fn choices(page: &mut Execution, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let (Some(cursor), Some(detail)) = (&mut page.choosing, &page.detail) else { return };
    let files = &detail.written;
    let inside = frame_for(frame, area, "Open which file?", files.len(), scene.look);
    let seen = cursor.window(files.len(), usize::from(inside.height));
    let first = seen.start;
    let row = |(place, path): (usize, &String)| {
        let style =
            if first + place == cursor.at { scene.look.selected() } else { scene.look.text() };
        Line::styled(cell(path, usize::from(inside.width), Cut::Middle), style)
    };
    let rows: Vec<Line<'_>> =
        files.get(seen).unwrap_or_default().iter().enumerate().map(row).collect();
    frame.render_widget(Text::from(rows), inside);
}

/// Where sections are drawn.
struct Canvas<'a, 'p> {
    page: &'p mut Execution,
    detail: &'a JobDetail,
    /// The page's area: places are told from its corner on.
    origin: Rect,
    scene: &'a Scene<'a>,
}

impl Canvas<'_, '_> {
    fn lines(&mut self, section: Section, columns: u16) -> Made {
        let may_be_long = match section {
            Section::Decisions | Section::Log => true,
            Section::Steps | Section::Heard | Section::Files => false,
        };
        let key = (self.page.version, columns);
        let slot = &self.page.made[section as usize];
        if let Some((_, made)) = slot.as_ref().filter(|it| may_be_long && it.0 == key) {
            return Rc::clone(made);
        }
        let lines = lines(self.page, section, self.detail, usize::from(columns), self.scene);
        let made = Rc::new(lines);
        self.page.made[section as usize] = Some((key, Rc::clone(&made)));
        made
    }

    fn place(&mut self, section: Section, area: Rect) {
        let (x, y) = (area.x - self.origin.x, area.y - self.origin.y);
        self.page.places.push((section, Rect { x, y, ..area }));
    }

    /// All sections, each in a frame.
    fn all(&mut self, frame: &mut Frame<'_>, area: Rect) {
        self.page.shows_heard = true;
        let [left, right] =
            Layout::horizontal([Constraint::Percentage(46), Constraint::Fill(1)]).areas(area);
        let inner = left.width.saturating_sub(4);
        let mut count = |section| {
            u16::try_from(self.lines(section, inner).len()).unwrap_or(u16::MAX).saturating_add(2)
        };
        let most = area.height / 2;
        let (steps, files) = (count(Section::Steps).min(most), count(Section::Files).min(most / 2));
        let rows = [Constraint::Length(steps), Constraint::Fill(1), Constraint::Length(files)];
        let [steps, decisions, files] = Layout::vertical(rows).areas(left);
        let [heard, log] =
            Layout::vertical([Constraint::Percentage(58), Constraint::Fill(1)]).areas(right);
        for (section, area) in [
            (Section::Steps, steps),
            (Section::Decisions, decisions),
            (Section::Heard, heard),
            (Section::Log, log),
            (Section::Files, files),
        ] {
            self.panel(frame, section, area);
        }
    }

    fn panel(&mut self, frame: &mut Frame<'_>, section: Section, area: Rect) {
        let look = self.scene.look;
        self.place(section, area);
        let lines = self.lines(section, area.width.saturating_sub(4));
        let scroll = self.page.scroll(section);
        let seen = scroll.window(lines.len(), usize::from(area.height.saturating_sub(2)));
        let told = scroll.told().map_or(String::new(), |it| format!("  {it}"));
        // Where colours are none the mark tells which one moves.
        let here = self.page.section == section;
        let mark = if here { look.sign("▸ ", "> ") } else { "" };
        let title = format!("{mark}{}{told}", self.heading(section));
        let frame_style = if here { look.accent() } else { look.dim() };
        let block = block(&title, look).border_style(frame_style);
        let inside = block.inner(area);
        frame.render_widget(block, area);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        frame.render_widget(Text::from(cut(&lines, seen)), inside);
    }

    /// The name of a section, with the languages where lines are heard.
    fn heading(&self, section: Section) -> String {
        let word = section.word();
        let last = self.page.heard.lines.back().filter(|_| section == Section::Heard);
        let Some(line) = last else { return word.to_owned() };
        let arrow = self.scene.look.sign("→", "to");
        match (&line.language, &line.translation_language) {
            (Some(from), Some(to)) => format!("{word} {from} {arrow} {to}"),
            (Some(only), None) | (None, Some(only)) => format!("{word} {only}"),
            (None, None) => word.to_owned(),
        }
    }

    /// One section, under the names of all.
    fn one(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let [names, body] =
            Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        let section = self.page.section;
        self.page.shows_heard = matches!(section, Section::Heard | Section::Steps);
        let lines = self.lines(section, body.width);
        let scroll = self.page.scroll(section);
        let count = lines.len();
        let seen = scroll.window(count, usize::from(body.height));
        let told = scroll.told().unwrap_or_default();
        self.names(frame, names, &told);
        frame.render_widget(Text::from(cut(&lines, seen)), body);
        if section == Section::Steps {
            self.beneath(frame, body, count);
        }
    }

    /// The names of sections, that of the one that is seen marked.
    fn names(&mut self, frame: &mut Frame<'_>, area: Rect, told: &str) {
        let look = self.scene.look;
        let mut spans = Vec::new();
        let mut x = area.x;
        for section in Section::ALL {
            let here = self.page.section == section;
            let name =
                if here { format!("[{}]", section.word()) } else { section.word().to_owned() };
            let width = u16::try_from(name.len()).unwrap_or(0);
            let place = Rect { x, width, ..area }.intersection(area);
            self.place(section, place);
            x += width + 1;
            spans.push(Span::styled(name, if here { look.selected() } else { look.dim() }));
            spans.push(Span::raw(" "));
        }
        let room = usize::from(area.right().saturating_sub(x));
        if told.len() <= room {
            spans.push(Span::styled(format!("{told:>room$}"), look.dim()));
        }
        frame.render_widget(Line::from(spans), area);
    }

    /// The last lines heard, under the steps, where there is room.
    fn beneath(&mut self, frame: &mut Frame<'_>, area: Rect, used: usize) {
        let room = usize::from(area.height).saturating_sub(used + 1);
        if room < BENEATH_ROWS_MIN || self.page.earlier.is_some() {
            return;
        }
        let (page, detail, scene) = (&*self.page, self.detail, self.scene);
        if page.heard.lines.is_empty() && !page.is_hearing() {
            return;
        }
        let lines = heard(page, detail, usize::from(area.width), scene);
        let from = lines.len().saturating_sub(room - 1);
        let mut shown = vec![Line::styled(self.heading(Section::Heard), scene.look.heading())];
        shown.extend(lines.into_iter().skip(from));
        let top = u16::try_from(used + 1).unwrap_or(u16::MAX);
        let place = Rect { y: area.y + top, height: area.height - top, ..area };
        frame.render_widget(Text::from(shown), place);
    }
}

fn cut(lines: &[Line<'static>], seen: std::ops::Range<usize>) -> Vec<Line<'static>> {
    lines.get(seen).unwrap_or_default().to_vec()
}
