//! The queue: all executions, a hundred thousand of them too, and what is done with their jobs.

mod acts;
mod asks;
mod draw;
mod load;
mod order;
mod sorting;
mod table;
#[cfg(test)]
mod tests;

pub(in crate::tui) use asks::{Answer, Ask};

use super::{Effect, Mouse, Page, Scene};
use crate::api::daemon::PushedEvent;
use crate::api::run::Fault;
use crate::tui::ask;
use crate::tui::keys::{self, Binding, Hint, letter, on};
use crate::tui::parts::list::Cursor;
use crate::tui::parts::prompt::{Prompt, Typed};
use load::Rows;
use order::{Column, Filter, Wanted};
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

/// Letters that are searched for at most.
const SEARCH_LETTERS_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Open,
    Retry,
    Cancel,
    Pause,
    PauseAll,
    Top,
    Bottom,
    Up,
    Down,
    Explain,
    Search,
    Filter,
    Choose,
    Sort,
    Turn,
    Mark,
    MarkAll,
    UnmarkAll,
    Log,
    Scan,
    Back,
}

const KEYS: &[Binding<Key>] = &[
    on(KeyCode::Enter, Key::Open, "open", "all that is known of this execution"),
    letter('r', Key::Retry, "retry", "try it again, or all that are marked"),
    letter('x', Key::Cancel, "cancel", "cancel it, or all that are marked; asks first"),
    letter('/', Key::Search, "search", "search in paths; letters may be left out"),
    letter('f', Key::Filter, "filter", "show the next kind only: running, waiting, ..."),
    letter('F', Key::Choose, "", "choose the kind that is shown by its letter"),
    letter('p', Key::Pause, "pause", "pause or resume it, or all that are marked"),
    letter('P', Key::PauseAll, "", "pause or resume everything"),
    letter('t', Key::Top, "", "to the front of its priority"),
    letter('b', Key::Bottom, "", "to the back of its priority"),
    letter('K', Key::Up, "", "one place up in the queue"),
    letter('J', Key::Down, "", "one place down in the queue"),
    letter('o', Key::Sort, "sort", "sort by the next column"),
    letter('O', Key::Turn, "", "turn the order around"),
    letter(' ', Key::Mark, "mark", "mark it, or take its mark away"),
    letter('a', Key::MarkAll, "", "mark all that are shown"),
    letter('A', Key::UnmarkAll, "", "take all marks away"),
    letter('e', Key::Explain, "", "what would be done with the file, and why"),
    letter('l', Key::Log, "", "its log"),
    letter('s', Key::Scan, "", "look through the libraries now"),
    on(KeyCode::Esc, Key::Back, "", "end the search, then the filter, then the sorting"),
];

/// The page.
#[derive(Default)]
pub(in crate::tui) struct Queue {
    rows: Rows,
    cursor: Cursor,
    /// What is searched for is being typed.
    search: Option<Prompt>,
    /// The kind that is shown is being chosen.
    choosing: bool,
    /// Somebody moved the cursor: it stays on its row. Before, and where something else is wanted, it is on the first.
    moved: bool,
    /// Where the columns were drawn: from, to.
    columns: Vec<(u16, u16, Column)>,
    tally: acts::Tally,
}

impl Queue {
    /// The row that the cursor is on.
    fn row(&self) -> Option<u32> {
        self.rows.order.rows().get(self.cursor.at).copied()
    }

    /// Does something to the rows, while the cursor stays on its row, and that on its line where it can.
    fn steadily(&mut self, change: impl FnOnce(&mut Rows)) {
        let row = self.row().filter(|_| self.moved);
        change(&mut self.rows);
        let Some(row) = row.filter(|_| 0 < self.rows.table.len()) else {
            self.cursor.at = 0;
            return;
        };
        if self.row() != Some(row)
            && let Some(at) = self.rows.order.find(&self.rows.table, row)
        {
            // What comes in above the first row of all is seen; elsewhere the rows on the screen stay where they are.
            if 0 < self.cursor.top {
                self.cursor.top = (self.cursor.top + at).saturating_sub(self.cursor.at);
            }
            self.cursor.at = at;
        }
    }

    fn want(&mut self, change: impl FnOnce(&mut Wanted)) {
        let mut wanted = self.rows.wanted().clone();
        change(&mut wanted);
        if wanted != *self.rows.wanted() {
            self.moved = false;
            self.rows.arrange(wanted);
        }
    }

    fn search_for(&mut self, text: &str) {
        let text: String = text.chars().take(SEARCH_LETTERS_MAX).collect();
        self.want(|it| {
            // Best matches first, until somebody sorts them otherwise.
            if it.search.is_empty() && !text.is_empty() {
                (it.column, it.turned) = (Column::Match, false);
            } else if text.is_empty() && it.column == Column::Match {
                it.column = Column::Turn;
            }
            it.search = text;
        });
    }

    fn sort_by_next(&mut self) {
        self.want(|it| {
            let at = Column::ALL.iter().position(|column| *column == it.column);
            let next = at.map_or(0, |it| (it + 1) % Column::ALL.len());
            (it.column, it.turned) = (Column::ALL[next], false);
        });
    }

    fn typed(&mut self, key: KeyEvent) {
        let Some(prompt) = &mut self.search else { return };
        if matches!(key.code, KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown) {
            self.moved |= self.cursor.key(key, self.rows.order.rows().len());
            return;
        }
        match prompt.key(key) {
            Typed::More => {
                let text = prompt.text().to_owned();
                self.search_for(&text);
            }
            Typed::Done(_) => self.search = None,
            Typed::Left => {
                self.search = None;
                self.search_for("");
            }
        }
    }

    fn choose(&mut self, key: KeyEvent) {
        self.choosing = false;
        let chosen = Filter::ALL.into_iter().find(|it| key.code == KeyCode::Char(it.letter()));
        if let Some(filter) = chosen {
            self.want(|it| it.filter = filter);
        }
    }

    fn back(&mut self) {
        let wanted = self.rows.wanted();
        if !wanted.search.is_empty() {
            self.search_for("");
        } else if wanted.filter != Filter::All {
            self.want(|it| it.filter = Filter::All);
        } else {
            self.want(|it| (it.column, it.turned) = (Column::Turn, false));
        }
    }

    fn mark(&mut self) {
        if let Some(number) = self.row() {
            let marked = self.rows.table.row(number).marked;
            self.rows.table.mark(number, !marked);
            self.moved = true;
            self.cursor.at = (self.cursor.at + 1).min(self.rows.order.rows().len() - 1);
        }
    }

    fn mark_all(&mut self) {
        for number in self.rows.order.rows() {
            self.rows.table.mark(*number, true);
        }
    }

    fn ask_for_rows(&mut self) -> Vec<Effect> {
        let query = self.rows.ask();
        query.into_iter().map(|it| Effect::Ask(ask::Ask::Queue(Ask::Rows(it)))).collect()
    }
}

impl Page for Queue {
    fn hints(&self) -> Vec<Hint> {
        keys::hints(KEYS)
    }

    fn is_typing(&self) -> bool {
        self.search.is_some() || self.choosing
    }

    fn shown(&mut self, _scene: &Scene<'_>) -> Vec<Effect> {
        self.ask_for_rows()
    }

    fn tick(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        let now = scene.now_unix_ms;
        self.steadily(|rows| rows.tick(now));
        self.ask_for_rows()
    }

    fn is_busy(&self) -> bool {
        self.rows.arranging.is_some()
    }

    fn work(&mut self) {
        self.steadily(Rows::work);
    }

    fn key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Vec<Effect> {
        if self.search.is_some() {
            self.typed(key);
            return Vec::new();
        }
        if self.choosing {
            self.choose(key);
            return Vec::new();
        }
        if self.cursor.key(key, self.rows.order.rows().len()) {
            self.moved = true;
            return Vec::new();
        }
        let Some(act) = keys::find(KEYS, key) else { return Vec::new() };
        match act {
            Key::Search => {
                let text = self.rows.wanted().search.clone();
                self.search = Some(Prompt::new("search", &text));
            }
            Key::Filter => self.want(|it| {
                let at = Filter::ALL.iter().position(|filter| *filter == it.filter).unwrap_or(0);
                it.filter = Filter::ALL[(at + 1) % Filter::ALL.len()];
            }),
            Key::Choose => self.choosing = true,
            Key::Sort => self.sort_by_next(),
            Key::Turn => self.want(|it| it.turned = !it.turned),
            Key::Mark => self.mark(),
            Key::MarkAll => self.mark_all(),
            Key::UnmarkAll => self.rows.table.unmark_all(),
            Key::Back => self.back(),
            Key::Open
            | Key::Retry
            | Key::Cancel
            | Key::Pause
            | Key::PauseAll
            | Key::Top
            | Key::Bottom
            | Key::Up
            | Key::Down
            | Key::Explain
            | Key::Log
            | Key::Scan => {
                self.moved = true;
                return self.act(act, scene);
            }
        }
        Vec::new()
    }

    fn mouse(&mut self, mouse: Mouse, scene: &Scene<'_>) -> Vec<Effect> {
        let len = self.rows.order.rows().len();
        match mouse {
            Mouse::Wheel(rows) => {
                self.moved = true;
                self.cursor.wheel(rows, len);
            }
            Mouse::Click(column, draw::HEADER) => {
                let on = self.columns.iter().find(|it| (it.0..it.1).contains(&column));
                if let Some((_, _, column)) = on.copied() {
                    self.want(|it| {
                        it.turned = it.column == column && !it.turned;
                        it.column = column;
                    });
                }
            }
            Mouse::Click(_, row) => {
                let row = usize::from(row).checked_sub(usize::from(draw::HEADER) + 1);
                self.moved |= row.is_some_and(|it| self.cursor.click(it, len));
            }
            Mouse::DoubleClick(_, row) if draw::HEADER < row => return self.act(Key::Open, scene),
            Mouse::DoubleClick(..) => {}
        }
        Vec::new()
    }

    fn answered(&mut self, answer: ask::Answer, _scene: &Scene<'_>) -> Vec<Effect> {
        let ask::Answer::Queue(answer) = answer else { return Vec::new() };
        match answer {
            Answer::Rows(query, page) => {
                self.steadily(|rows| rows.take(&query, &page));
                self.ask_for_rows()
            }
            Answer::Many(act, view) => self.many_done(act, view),
        }
    }

    fn failed(&mut self, asked: &ask::Ask, fault: &Fault, _scene: &Scene<'_>) {
        let ask::Ask::Queue(asked) = asked else { return };
        match asked {
            Ask::Rows(_) => self.rows.failed(fault),
            Ask::Many(_) => self.tally.failed(),
        }
    }

    fn pushed(&mut self, event: &PushedEvent, _scene: &Scene<'_>) -> Vec<Effect> {
        match event {
            PushedEvent::Job { job } => self.steadily(|rows| rows.pushed(job)),
            PushedEvent::Reset => self.rows.reset(),
            PushedEvent::Progress { .. } | PushedEvent::Activity { .. } | PushedEvent::Model(_) => {
            }
        }
        Vec::new()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        self.draw_all(frame, area, scene);
    }
}
