//! Where the cursor stands in a list that is longer than the screen.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A cursor and the first row that is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) struct Cursor {
    /// The row it stands on.
    pub(in crate::tui) at: usize,
    /// The first row on the screen.
    pub(in crate::tui) top: usize,
    /// Rows on the screen when it was last drawn.
    rows: usize,
}

impl Cursor {
    /// Moves it; whether this was a key that moves.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "not an enum of ours: most of it means nothing here"
    )]
    pub(in crate::tui) fn key(&mut self, key: KeyEvent, len: usize) -> bool {
        let page = self.rows.max(2) - 1;
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return false;
        }
        self.at = match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.at.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.at + 1,
            KeyCode::PageUp => self.at.saturating_sub(page),
            KeyCode::PageDown => self.at + page,
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => usize::MAX,
            _ => return false,
        };
        self.at = self.at.min(len.saturating_sub(1));
        true
    }

    /// Moves it by the mouse's wheel: rows, down where positive.
    pub(in crate::tui) fn wheel(&mut self, rows: isize, len: usize) {
        self.at = self.at.saturating_add_signed(rows).min(len.saturating_sub(1));
    }

    /// Sets it on the row that was clicked, counted from the first on the screen; whether there is one.
    pub(in crate::tui) fn click(&mut self, row: usize, len: usize) -> bool {
        let there = row < self.rows && self.top + row < len;
        if there {
            self.at = self.top + row;
        }
        there
    }

    /// The rows to draw on a screen of so many, the cursor's among them.
    pub(in crate::tui) fn window(&mut self, len: usize, rows: usize) -> std::ops::Range<usize> {
        self.rows = rows;
        self.at = self.at.min(len.saturating_sub(1));
        let lowest = (self.at + 1).saturating_sub(rows);
        self.top = self.top.clamp(lowest, self.at.max(lowest)).min(len.saturating_sub(rows));
        self.top..(self.top + rows).min(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cursor_is_always_on_the_screen(
            moves in proptest::collection::vec((0..7_u8, 0..60_usize, 0..20_usize), 1..40),
        ) {
            let mut cursor = Cursor::default();
            let keys = [KeyCode::Up, KeyCode::Down, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End];
            for (key, len, rows) in moves {
                if let Some(key) = keys.get(usize::from(key)) {
                    cursor.key(KeyEvent::from(*key), len);
                } else {
                    cursor.wheel(3, len);
                }
                let seen = cursor.window(len, rows);
                prop_assert!(seen.len() <= rows && seen.end <= len);
                prop_assert!(len == 0 || rows == 0 || seen.contains(&cursor.at), "{cursor:?} of {len} in {rows}");
            }
        }
    }
}
