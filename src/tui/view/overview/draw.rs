//! Where everything stands: at a glance on a small screen, in two columns on a wide one, the most important on a tiny
//! one.

use super::Overview;
use super::lanes::{self, rows};
use super::needs::{Need, is_new, needs};
use super::{lately, sums};
use crate::api::daemon::StatusView;
use crate::base::width::clip_end;
use crate::tui::known::Link;
use crate::tui::look::Look;
use crate::tui::parts::popup;
use crate::tui::view::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

/// From here on there are two columns, where the right one fits but for its last rows.
const TWO_COLUMNS: u16 = 120;
const LAST_ROWS: usize = 4;
/// The right one: a minute a column of its chart.
const RIGHT: u16 = 62;
/// Below so many rows only what matters most is there.
const BRIEF_ROWS: u16 = 14;
/// Columns between the two.
const GAP: u16 = 2;
/// Columns of the sign before a sentence.
const SIGN: u16 = 2;
/// Rows of what happened that are worth their heading.
const LATELY_MIN: u16 = 3;

/// What to do in a new house.
const FIRST_STEPS: [&str; 7] = [
    "Kinora looks through no library yet. Write into kinora.toml where films are:",
    "",
    "  [[library]]",
    "  name = \"Films\"",
    "  path = \"/media/Films\"",
    "",
    "Then start `kinora serve` anew: what lacks subtitles is found and shown here.",
];

impl Overview {
    /// Draws all of it.
    pub(super) fn draw_page(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        let mut rest = area;
        self.list = Rect::default();
        let Some(status) = &scene.known.status else {
            let text = "Kinora was not heard yet; what it says will stand here.";
            return frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        };
        self.brief = area.height < BRIEF_ROWS;
        let share = if self.brief { 2 } else { 3 };
        let needs = needs(status, scene.known.link == Link::Here);
        draw_needs(frame, &mut rest, area.height / share, &needs, scene.look);
        if is_new(status) {
            draw_text(frame, &mut rest, FIRST_STEPS.map(Line::raw).to_vec());
            let lanes = take(&mut rest, self.lanes_rows(status));
            self.draw_lanes(frame, lanes, status, scene);
            take(&mut rest, 1);
            self.draw_lately(frame, rest, scene);
        } else if self.brief {
            self.draw_lanes(frame, rest, status, scene);
        } else if !self.draw_two_columns(frame, rest, status, scene) {
            self.draw_one_column(frame, rest, status, scene);
        }
        if let Some(prompt) = &self.prompt {
            popup::prompt(frame, area, prompt, scene.look);
        }
    }

    /// Draws lanes and what happened beside counts, where there is room; whether there was.
    fn draw_two_columns(
        &mut self,
        frame: &mut Frame<'_>,
        area: Rect,
        status: &StatusView,
        scene: &Scene<'_>,
    ) -> bool {
        let hour = self.hour.minutes.as_deref();
        let lines = sums::column(status, hour, usize::from(RIGHT), scene.look);
        if area.width < TWO_COLUMNS || usize::from(area.height) + LAST_ROWS < lines.len() {
            return false;
        }
        let right = Rect { x: area.right() - RIGHT, width: RIGHT, ..area };
        frame.render_widget(Paragraph::new(lines), right);
        let mut left = Rect { width: area.width - RIGHT - GAP, ..area };
        let room = left.height.saturating_sub(LATELY_MIN);
        let lanes = take(&mut left, self.lanes_rows(status).min(room));
        self.draw_lanes(frame, lanes, status, scene);
        take(&mut left, 1);
        self.draw_lately(frame, left, scene);
        true
    }

    fn draw_one_column(
        &mut self,
        frame: &mut Frame<'_>,
        mut area: Rect,
        status: &StatusView,
        scene: &Scene<'_>,
    ) {
        let hour = self.hour.minutes.as_deref();
        let sums = sums::lines(status, hour, usize::from(area.width), scene.look);
        let sums_rows = u16::try_from(sums.len()).unwrap_or(0);
        let room = area.height.saturating_sub(sums_rows + 1);
        let lanes = take(&mut area, self.lanes_rows(status).min(room));
        self.draw_lanes(frame, lanes, status, scene);
        take(&mut area, 1);
        frame.render_widget(Paragraph::new(sums), take(&mut area, sums_rows));
        if LATELY_MIN < area.height {
            take(&mut area, 1);
            self.draw_lately(frame, area, scene);
        }
    }

    /// Rows of all lanes with their heading.
    fn lanes_rows(&self, status: &StatusView) -> u16 {
        u16::try_from(rows(status, false).len() + 1).unwrap_or(u16::MAX)
    }

    fn draw_lanes(
        &mut self,
        frame: &mut Frame<'_>,
        mut area: Rect,
        status: &StatusView,
        scene: &Scene<'_>,
    ) {
        let brief = self.brief;
        let rows = rows(status, brief);
        if rows.is_empty() {
            return draw_text(
                frame,
                &mut area,
                vec![Line::styled("Nothing runs.", scene.look.dim())],
            );
        }
        self.follow(&rows);
        let columns = usize::from(area.width);
        let room = usize::from(area.height).saturating_sub(usize::from(!brief));
        let seen = self.cursor.window(rows.len(), room);
        if !brief {
            let heading = lanes::heading(&seen, rows.len(), columns, scene.look);
            frame.render_widget(heading, take(&mut area, 1));
        }
        self.list = area;
        for at in seen {
            let place = take(&mut area, 1);
            frame.render_widget(lanes::line(rows[at], columns, scene.known, scene.look), place);
            if at == self.cursor.at {
                frame.buffer_mut().set_style(place, scene.look.selected());
            }
        }
    }

    fn draw_lately(&self, frame: &mut Frame<'_>, mut area: Rect, scene: &Scene<'_>) {
        if area.height < 2 {
            return;
        }
        frame.render_widget(Line::styled("Lately", scene.look.heading()), take(&mut area, 1));
        let Some(told) = &self.happened.told else {
            return frame.render_widget(Line::styled("asking", scene.look.dim()), area);
        };
        let columns = usize::from(area.width);
        let seen = told.iter().take(usize::from(area.height));
        let mut lines = lately::lines(seen, columns, scene);
        if lines.is_empty() {
            lines.push(Line::styled("nothing yet", scene.look.dim()));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }
}

/// Takes rows off the top.
fn take(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let top = Rect { height: rows, ..*area };
    (area.y, area.height) = (area.y + rows, area.height - rows);
    top
}

/// Draws a text and an empty row below it.
fn draw_text(frame: &mut Frame<'_>, area: &mut Rect, lines: Vec<Line<'_>>) {
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    let rows = u16::try_from(text.line_count(area.width)).unwrap_or(u16::MAX);
    frame.render_widget(text, take(area, rows));
    take(area, 1);
}

/// Draws sentences in so many rows at most: where they are too long together, each loses its end, the last ones most;
/// where they are too many, those that are left out are counted.
fn draw_needs(frame: &mut Frame<'_>, area: &mut Rect, rows_max: u16, needs: &[Need], look: Look) {
    let width = area.width.saturating_sub(SIGN);
    let text = |it: &Need, text: String| {
        Paragraph::new(Line::styled(text, it.weight.style(look))).wrap(Wrap { trim: true })
    };
    let rows_max = usize::from(rows_max.max(2));
    let shown = if rows_max < needs.len() { rows_max - 1 } else { needs.len() };
    // One row each, and what is left to the first ones.
    let mut spare = rows_max - shown - usize::from(shown < needs.len());
    for need in &needs[..shown] {
        let whole = text(need, need.text.clone()).line_count(width);
        let more = whole.saturating_sub(1).min(spare);
        spare -= more;
        let place = take(area, u16::try_from(1 + more).unwrap_or(1));
        let cut = match 1 + more < whole {
            // Lines end between words, so that a row or two hold a little less than they could.
            true => clip_end(
                &need.text,
                usize::from(width) * (1 + more) - more * usize::from(width) / 6,
            ),
            false => need.text.clone(),
        };
        let sign = Rect { width: SIGN.min(place.width), height: place.height.min(1), ..place };
        frame.render_widget(Line::styled(need.weight.sign(look), need.weight.style(look)), sign);
        let place = Rect { x: place.x + sign.width, width: place.width - sign.width, ..place };
        frame.render_widget(text(need, cut), place);
    }
    if shown < needs.len() {
        let text = format!("  and {} more; a higher window shows them", needs.len() - shown);
        frame.render_widget(Line::styled(text, look.dim()), take(area, 1));
    }
    take(area, 1);
}
