//! What the operator does: keys, what is pasted, the mouse.

use super::{App, Over};
use crate::base::width::pad;
use crate::tui::keys::{self, Binding, Hint, letter, on};
use crate::tui::parts::popup::Reading;
use crate::tui::screen::Input;
use crate::tui::view::{Deed, Effect, Mouse, PageName, frame};
use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Position;
use unicode_width::UnicodeWidthStr;

/// Two clicks this soon after each other are one.
const DOUBLE_CLICK_MS: u64 = 400;
/// Rows that a turn of the wheel moves.
const WHEEL_ROWS: isize = 3;
/// Rows around a text that stands over the page, and one that stays in sight when it is turned by a page.
const ROWS_AROUND: u16 = 5;

/// Keys of every page.
pub(super) const KEYS: &[Binding<Key>] = &[
    letter('q', Key::Quit, "quit", "leave this screen; Kinora goes on working"),
    letter('?', Key::Help, "keys", "show the keys of this page"),
    on(KeyCode::Tab, Key::Next, "", "the next page; or its number"),
    on(KeyCode::BackTab, Key::Previous, "", "the page before"),
    control('l', Key::Redraw, "draw everything anew"),
    control('z', Key::Suspend, "put this screen aside; `fg` brings it back"),
    control('c', Key::Quit, ""),
];

/// A key of letters with the control key.
const fn control(key: char, act: Key, long: &'static str) -> Binding<Key> {
    Binding { code: KeyCode::Char(key), control: true, act, short: "", long }
}

/// What keys of every page do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    /// Leaves.
    Quit,
    /// Shows the keys.
    Help,
    /// The next page.
    Next,
    /// The page before.
    Previous,
    /// Draws anew.
    Redraw,
    /// Puts the screen aside.
    Suspend,
}

impl App {
    /// Takes what the operator did.
    pub(in crate::tui) fn input(&mut self, input: Input, now_unix_ms: u64) {
        self.dirty = true;
        match input {
            Input::End => self.wants.end = true,
            Input::Back => self.wants.redraw = true,
            Input::Terminal(Event::Key(key)) if key.kind != KeyEventKind::Release => {
                self.key(key, now_unix_ms);
            }
            Input::Terminal(Event::Paste(text)) => self.paste(&text, now_unix_ms),
            Input::Terminal(Event::Mouse(mouse)) => self.mouse(mouse, now_unix_ms),
            Input::Terminal(
                Event::Resize(..) | Event::FocusGained | Event::FocusLost | Event::Key(_),
            ) => {}
        }
    }

    /// As if it were typed, where somebody types, and nowhere else; line ends are no Enter.
    fn paste(&mut self, text: &str, now_unix_ms: u64) {
        for it in text.chars().filter(|it| !it.is_control()) {
            if self.over.is_none() && self.pages.of(self.page).is_typing() {
                self.key(KeyEvent::from(KeyCode::Char(it)), now_unix_ms);
            }
        }
    }

    fn key(&mut self, key: KeyEvent, now_unix_ms: u64) {
        let everywhere = keys::find(KEYS, key);
        if let (Some(act), true) = (everywhere, keys::is_control(key)) {
            return self.act(act, now_unix_ms);
        }
        if self.over.is_some() {
            return self.key_over(key, now_unix_ms);
        }
        let typing = self.pages.of(self.page).is_typing();
        let numbered = PageName::ALL.into_iter().find(|it| KeyCode::Char(it.key()) == key.code);
        match (everywhere, numbered) {
            (Some(act), _) if !typing => self.act(act, now_unix_ms),
            (_, Some(page)) if !typing => self.show(page, now_unix_ms),
            _ => self.with(self.page, now_unix_ms, |page, scene| page.key(key, scene)),
        }
    }

    fn act(&mut self, act: Key, now_unix_ms: u64) {
        match act {
            Key::Quit => self.wants.end = true,
            Key::Help => self.over = Some(Over::Help(self.help())),
            Key::Next => self.show(self.beside(1), now_unix_ms),
            Key::Previous => self.show(self.beside(PageName::ALL.len() - 1), now_unix_ms),
            Key::Redraw => self.wants.redraw = true,
            Key::Suspend => self.wants.suspend = true,
        }
    }

    /// A key while something stands over the page.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "not an enum of ours: most of it means nothing here"
    )]
    fn key_over(&mut self, key: KeyEvent, now_unix_ms: u64) {
        if matches!(keys::find(KEYS, key), Some(Key::Quit)) {
            self.wants.end = true;
            return;
        }
        let scrolled = self.scroll(key.code);
        match self.over.take() {
            Some(Over::Plan(plan)) => match key.code {
                KeyCode::Char('y') | KeyCode::Enter => {
                    for Deed { ask, done } in plan.deeds {
                        self.effect(Effect::Do(Deed { ask, done }), now_unix_ms);
                    }
                }
                KeyCode::Char('n') | KeyCode::Esc => {
                    self.tell("nothing was done".to_owned(), false, now_unix_ms);
                }
                _ => self.over = Some(Over::Plan(plan)),
            },
            // Any other key: it was read.
            Some(over @ (Over::Help(_) | Over::Text(_))) => self.over = scrolled.then_some(over),
            None => {}
        }
    }

    /// Scrolls what stands over the page; whether this was a key that does.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "not an enum of ours: most of it means nothing here"
    )]
    fn scroll(&mut self, code: KeyCode) -> bool {
        let page = self.body.height.saturating_sub(ROWS_AROUND).max(1);
        let Some(top) = self.top() else { return false };
        *top = match code {
            KeyCode::Up | KeyCode::Char('k') => top.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => top.saturating_add(1),
            KeyCode::PageUp | KeyCode::Char('b') => top.saturating_sub(page),
            KeyCode::PageDown | KeyCode::Char(' ') => top.saturating_add(page),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => u16::MAX,
            _ => return false,
        };
        true
    }

    /// The first line that is seen of what stands over the page.
    fn top(&mut self) -> Option<&mut u16> {
        match &mut self.over {
            Some(Over::Help(text) | Over::Text(text)) => Some(&mut text.top),
            Some(Over::Plan(_)) => Some(&mut self.plan_top),
            None => None,
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "not an enum of ours: most of it means nothing here"
    )]
    fn mouse(&mut self, mouse: MouseEvent, now_unix_ms: u64) {
        let at = Position::new(mouse.column, mouse.row);
        let wheel = match mouse.kind {
            MouseEventKind::ScrollDown => WHEEL_ROWS,
            MouseEventKind::ScrollUp => -WHEEL_ROWS,
            MouseEventKind::Down(MouseButton::Left) => 0,
            _ => return,
        };
        if let Some(top) = self.top() {
            *top = top.saturating_add_signed(i16::try_from(wheel).unwrap_or(0));
            if wheel == 0 && !matches!(self.over, Some(Over::Plan(_))) {
                self.over = None;
            }
            return;
        }
        if wheel == 0 && mouse.row == 0 {
            let found = frame::tab_at(self.page, mouse.column, self.body.width);
            return found.into_iter().for_each(|page| self.show(page, now_unix_ms));
        }
        let told = if wheel != 0 {
            Mouse::Wheel(wheel)
        } else if self.body.contains(at) {
            let (column, row) = (at.x - self.body.x, at.y - self.body.y);
            let soon = |(before, when): (Position, u64)| {
                before == at && now_unix_ms < when + DOUBLE_CLICK_MS
            };
            let double = self.clicked.is_some_and(soon);
            self.clicked = (!double).then_some((at, now_unix_ms));
            if double { Mouse::DoubleClick(column, row) } else { Mouse::Click(column, row) }
        } else {
            return;
        };
        self.with(self.page, now_unix_ms, |page, scene| page.mouse(told, scene));
    }

    /// The page so many behind this one, round and round.
    fn beside(&self, by: usize) -> PageName {
        let all = PageName::ALL;
        let at = all.iter().position(|it| *it == self.page).unwrap_or(0);
        all[(at + by) % all.len()]
    }

    fn help(&mut self) -> Reading {
        let mut keys: Vec<(String, &str)> =
            self.hints().into_iter().map(|it: Hint| (it.key, it.long)).collect();
        keys.push(("1-8".to_owned(), "the pages, as the first line shows them"));
        keys.push(("↑↓ j k".to_owned(), "move; PgUp, PgDn, Home, End, g, G too"));
        let columns = keys.iter().map(|it| it.0.width()).max().unwrap_or(0);
        let line = |(key, does): &(String, &str)| format!("{}  {does}", pad(key, columns, true));
        let lines = keys.iter().map(line).collect();
        let title = format!("Keys of the page {}", self.page.word());
        Reading { title, lines, top: 0 }
    }
}
