//! Which lines of a section are seen.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::ops::Range;

/// The first line that is seen of a text that is longer than its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scroll {
    top: usize,
    /// The end is seen, also when more comes.
    pub(super) follows: bool,
    /// Lines of the text, and of its place, when it was last drawn.
    lines: usize,
    rows: usize,
}

impl Scroll {
    /// That shows the end.
    pub(super) fn following() -> Scroll {
        Scroll { follows: true, ..Scroll::default() }
    }

    /// Moves; whether this was a key that moves.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "not an enum of ours: most of it means nothing here"
    )]
    pub(super) fn key(&mut self, key: KeyEvent, ends_follow: bool) -> bool {
        let page = isize::try_from(self.rows.max(2) - 1).unwrap_or(1);
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return false;
        }
        let by = match key.code {
            KeyCode::Up | KeyCode::Char('k') => -1,
            KeyCode::Down | KeyCode::Char('j') => 1,
            KeyCode::PageUp => -page,
            KeyCode::PageDown => page,
            KeyCode::Home | KeyCode::Char('g') => isize::MIN,
            KeyCode::End | KeyCode::Char('G') => isize::MAX,
            _ => return false,
        };
        self.by(by, ends_follow);
        true
    }

    /// Moves by lines, down where positive. Where the end is reached of what grows, it is followed.
    pub(super) fn by(&mut self, lines: isize, ends_follow: bool) {
        let lowest = self.lines.saturating_sub(self.rows);
        self.top = self.top.saturating_add_signed(lines).min(lowest);
        self.follows = ends_follow && self.top == lowest;
    }

    /// The lines to draw in a place of so many rows.
    pub(super) fn window(&mut self, lines: usize, rows: usize) -> Range<usize> {
        (self.lines, self.rows) = (lines, rows);
        let lowest = lines.saturating_sub(rows);
        self.top = if self.follows { lowest } else { self.top.min(lowest) };
        self.top..(self.top + rows).min(lines)
    }

    /// Which lines are seen, where these are not all: `12-30 of 85`.
    pub(super) fn told(&self) -> Option<String> {
        let last = (self.top + self.rows).min(self.lines);
        (self.rows < self.lines).then(|| format!("{}-{last} of {}", self.top + 1, self.lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_followed_until_somebody_looks_back() {
        let mut scroll = Scroll::following();
        assert_eq!(scroll.window(20, 5), 15..20);
        assert_eq!(scroll.told().as_deref(), Some("16-20 of 20"));
        let press = |scroll: &mut Scroll, code| scroll.key(KeyEvent::from(code), true);
        assert!(press(&mut scroll, KeyCode::Up));
        assert_eq!(scroll.window(22, 5), 14..19);
        assert!(press(&mut scroll, KeyCode::End));
        assert_eq!(scroll.window(30, 5), 25..30);
        assert!(press(&mut scroll, KeyCode::Home));
        assert_eq!(scroll.window(30, 5), 0..5);
        assert!(press(&mut scroll, KeyCode::PageDown));
        assert_eq!(scroll.window(3, 5), 0..3);
        assert_eq!(scroll.told(), None);
        assert!(!press(&mut scroll, KeyCode::Char('r')));
    }
}
