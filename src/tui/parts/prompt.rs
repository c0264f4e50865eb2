//! A line to type in.

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent};
use std::borrow::Cow;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

/// What came of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Typed {
    /// The text changed, or the place in it.
    More,
    /// Enter: this is it.
    Done(String),
    /// Esc: never mind.
    Left,
}

/// A line to type in, with what it is for.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Prompt {
    /// What it is for, in a word or two.
    pub(in crate::tui) title: Cow<'static, str>,
    input: Input,
}

impl Prompt {
    /// With a text to begin with.
    pub(in crate::tui) fn new(title: impl Into<Cow<'static, str>>, text: &str) -> Prompt {
        Prompt { title: title.into(), input: Input::new(text.to_owned()) }
    }

    /// The text so far.
    pub(in crate::tui) fn text(&self) -> &str {
        self.input.value()
    }

    /// Columns before the cursor.
    pub(in crate::tui) fn cursor(&self) -> usize {
        self.input.visual_cursor()
    }

    /// Takes a key.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "not an enum of ours: most of it means nothing here"
    )]
    pub(in crate::tui) fn key(&mut self, key: KeyEvent) -> Typed {
        match key.code {
            KeyCode::Enter => Typed::Done(self.input.value().to_owned()),
            KeyCode::Esc => Typed::Left,
            _ => {
                self.input.handle_event(&Event::Key(key));
                Typed::More
            }
        }
    }
}
