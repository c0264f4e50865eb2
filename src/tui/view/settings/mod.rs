//! Settings: every key, what it is, where that comes from; and changing those that may be changed here.

mod ask;
mod change;
mod draw;
#[cfg(test)]
mod tests;

pub(in crate::tui) use ask::{Answer, Ask};

use super::{Deed, Effect, Mouse, Page, Plan, Scene};
use crate::api::catalog::{SettingKey, SettingOrigin, SettingsView};
use crate::api::daemon::PushedEvent;
use crate::api::run::Fault;
use crate::tui::ask::{Answer as AnyAnswer, Ask as Any};
use crate::tui::keys::{Binding, Hint, find, hints, letter, on};
use crate::tui::parts::list::Cursor;
use crate::tui::parts::popup::Reading;
use crate::tui::parts::prompt::{Prompt, Typed};
use ask::Change;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

const KEYS: &[Binding<Key>] = &[
    on(KeyCode::Enter, Key::Change, "change", "change this setting; what follows is shown first"),
    letter('/', Key::Search, "search", "search in names, values and places"),
    letter('f', Key::Filter, "only set", "only what somebody set, or all"),
    letter('u', Key::TakeBack, "undo", "take a change back that was made here"),
    on(KeyCode::Esc, Key::Clear, "", "show all again"),
];

#[derive(Clone, Copy, Debug)]
enum Key {
    Change,
    Search,
    Filter,
    TakeBack,
    Clear,
}

/// Somebody types.
#[derive(Debug)]
enum Typing {
    /// What is searched; the search before.
    Search(Prompt, String),
    /// The new value of the setting at this place.
    Value(Prompt, usize),
}

/// The page.
#[derive(Debug, Default)]
pub(in crate::tui) struct Settings {
    view: Option<SettingsView>,
    /// Places of the keys that are shown.
    shown: Vec<usize>,
    only_set: bool,
    search: String,
    typing: Option<Typing>,
    cursor: Cursor,
    /// The first row of the list on the page.
    list_row: u16,
    asking: bool,
    trouble: Option<Fault>,
    /// Why what was typed cannot be.
    refused: Option<Fault>,
}

impl Settings {
    fn ask(&mut self) -> Vec<Effect> {
        if std::mem::replace(&mut self.asking, true) {
            return Vec::new();
        }
        vec![Effect::Ask(Any::Settings(Ask::Settings))]
    }

    fn take(&mut self, view: SettingsView) {
        self.view = Some(view);
        self.trouble = None;
        self.choose();
    }

    /// Which keys are shown; the cursor stays on its key, where that is still there.
    fn choose(&mut self) {
        let before = self.shown.get(self.cursor.at).copied();
        let search = self.search.to_lowercase();
        let (only_set, keys) = (self.only_set, self.view.iter().flat_map(|it| &it.keys));
        let is_shown = |it: &SettingKey| {
            let has = |text: &str| text.to_lowercase().contains(&search);
            let set = it.origin != SettingOrigin::Default || it.in_force.is_some();
            let found =
                has(&it.key) || has(&it.value) || it.origin_name.as_deref().is_some_and(has);
            (!only_set || set) && (search.is_empty() || found)
        };
        self.shown = keys.enumerate().filter(|it| is_shown(it.1)).map(|it| it.0).collect();
        let same = before.and_then(|it| self.shown.iter().position(|at| *at == it));
        self.cursor.at = same.unwrap_or(0);
    }

    /// The setting under the cursor, and its place among all.
    fn under_cursor(&self) -> Option<(usize, &SettingKey)> {
        let place = *self.shown.get(self.cursor.at)?;
        Some((place, self.view.as_ref()?.keys.get(place)?))
    }

    fn act(&mut self, act: Key) -> Vec<Effect> {
        match act {
            Key::Change => return self.change().into_iter().collect(),
            Key::TakeBack => return self.take_back().into_iter().collect(),
            Key::Search => {
                let before = std::mem::take(&mut self.search);
                self.typing = Some(Typing::Search(Prompt::new("search", &before), before));
            }
            Key::Filter => self.only_set = !self.only_set,
            Key::Clear => {
                self.only_set = false;
                self.search.clear();
            }
        }
        self.choose();
        Vec::new()
    }

    /// Lets somebody type a new value, or says why not.
    fn change(&mut self) -> Option<Effect> {
        let (place, key) = self.under_cursor()?;
        if let Some(closed) = &key.closed {
            let lines = closed.split("; ").map(|it| format!("{it}.")).collect();
            return Some(Effect::Read(Reading { title: key.key.clone(), lines, top: 0 }));
        }
        let text = change::to_type(self.view.as_ref()?, key);
        let prompt = Prompt::new(key.key.clone(), &text);
        self.typing = Some(Typing::Value(prompt, place));
        None
    }

    fn take_back(&self) -> Option<Effect> {
        let (_, key) = self.under_cursor()?;
        if key.origin != SettingOrigin::Changed {
            let told = format!("{} was not changed here, so there is nothing to undo", key.key);
            return Some(Effect::Say(told));
        }
        Some(rehearse(change::change(self.view.as_ref()?, key, None)))
    }

    fn typed(&mut self, key: KeyEvent) -> Vec<Effect> {
        self.refused = None;
        match &mut self.typing {
            Some(Typing::Search(prompt, before)) => {
                match prompt.key(key) {
                    Typed::More => self.search = prompt.text().to_owned(),
                    Typed::Done(text) => {
                        self.search = text;
                        self.typing = None;
                    }
                    Typed::Left => {
                        self.search = std::mem::take(before);
                        self.typing = None;
                    }
                }
                self.choose();
                Vec::new()
            }
            Some(Typing::Value(prompt, place)) => match prompt.key(key) {
                Typed::More => Vec::new(),
                Typed::Left => {
                    self.typing = None;
                    Vec::new()
                }
                Typed::Done(text) => {
                    let place = *place;
                    self.typing = None;
                    let Some(view) = &self.view else { return Vec::new() };
                    let Some(key) = view.keys.get(place) else { return Vec::new() };
                    if text == change::to_type(view, key) {
                        return vec![Effect::Say(format!("{} stays as it is", key.key))];
                    }
                    vec![rehearse(change::change(view, key, Some(&text)))]
                }
            },
            None => Vec::new(),
        }
    }

    /// What a change comes to, to be confirmed.
    fn plan(&self, change: Change, next: &SettingsView) -> Option<Effect> {
        let of = |all: &SettingsView| all.keys.iter().find(|it| it.key == change.key).cloned();
        let (old, new) = (of(self.view.as_ref()?)?, of(next)?);
        if old.value == new.value && old.origin == new.origin {
            return Some(Effect::Say(format!("{} stays as it is", change.key)));
        }
        let from = if change.typed.is_none() { ", as it is without the change" } else { "" };
        let mut lines = vec![
            format!("before: {}", draw::or_nothing(&old.value)),
            format!("then:   {}{from}", draw::or_nothing(&new.value)),
            match (&new.in_force, new.at_once) {
                (None, true) => "It holds at once.".to_owned(),
                (None, false) => "Kinora works with this already.".to_owned(),
                (Some(_), _) => {
                    format!("It holds from the next start of Kinora on: {}.", draw::RESTART)
                }
            },
        ];
        if let Some(list) = new.section.as_ref().filter(|_| new.place.is_some()) {
            lines.push(match change.typed {
                Some(_) => format!(
                    "All of [[{list}]] is kept with the changed settings then: what kinora.toml says of it counts \
                     again when u takes this back."
                ),
                None => format!("All of [[{list}]] is as kinora.toml has it again."),
            });
        }
        let done = match new.in_force {
            None => format!("{} is {} now", change.key, draw::or_nothing(&new.value)),
            Some(_) => {
                format!("{} is {} from the next start on", change.key, draw::or_nothing(&new.value))
            }
        };
        let title = format!("Change {}?", change.key);
        let deeds = vec![Deed { ask: Any::Settings(Ask::Change(change)), done }];
        Some(Effect::Confirm(Plan { title, lines, deeds }))
    }
}

/// Asks what would come of a change; told where it is refused.
fn rehearse(change: Change) -> Effect {
    let ask = Any::Settings(Ask::Rehearse(change));
    Effect::Do(Deed { ask, done: String::new() })
}

impl Page for Settings {
    fn hints(&self) -> Vec<Hint> {
        hints(KEYS)
    }

    fn is_typing(&self) -> bool {
        self.typing.is_some()
    }

    fn shown(&mut self, _scene: &Scene<'_>) -> Vec<Effect> {
        self.ask()
    }

    fn key(&mut self, key: KeyEvent, _scene: &Scene<'_>) -> Vec<Effect> {
        if self.typing.is_some() {
            return self.typed(key);
        }
        if let Some(act) = find(KEYS, key) {
            return self.act(act);
        }
        self.cursor.key(key, self.shown.len());
        Vec::new()
    }

    fn mouse(&mut self, mouse: Mouse, _scene: &Scene<'_>) -> Vec<Effect> {
        let len = self.shown.len();
        match mouse {
            Mouse::Wheel(rows) => self.cursor.wheel(rows, len),
            Mouse::Click(_, row) | Mouse::DoubleClick(_, row) => {
                let Some(row) = row.checked_sub(self.list_row) else { return Vec::new() };
                let there = self.cursor.click(usize::from(row), len);
                if there && matches!(mouse, Mouse::DoubleClick(..)) && self.typing.is_none() {
                    return self.act(Key::Change);
                }
            }
        }
        Vec::new()
    }

    fn answered(&mut self, answer: AnyAnswer, _scene: &Scene<'_>) -> Vec<Effect> {
        let AnyAnswer::Settings(answer) = answer else { return Vec::new() };
        match answer {
            Answer::Settings(view) => {
                self.asking = false;
                self.take(view);
                Vec::new()
            }
            Answer::Rehearsed(change, view) => self.plan(change, &view).into_iter().collect(),
            Answer::Changed(_, view) => {
                self.take(view);
                Vec::new()
            }
        }
    }

    fn failed(&mut self, ask: &Any, fault: &Fault, _scene: &Scene<'_>) {
        let Any::Settings(ask) = ask else { return };
        match ask {
            Ask::Settings => {
                self.asking = false;
                self.trouble = Some(fault.clone());
            }
            // What was typed can be put right.
            Ask::Rehearse(Change { key, typed: Some(typed), .. }) => {
                let place = self.view.iter().flat_map(|it| &it.keys).position(|it| it.key == *key);
                let prompt = Prompt::new(key.clone(), typed);
                self.typing = place.map(|it| Typing::Value(prompt, it));
                self.refused = Some(fault.clone());
            }
            // Told to the operator already.
            Ask::Rehearse(_) | Ask::Change(_) => {}
        }
    }

    fn pushed(&mut self, event: &PushedEvent, _scene: &Scene<'_>) -> Vec<Effect> {
        if *event == PushedEvent::Reset {
            // What was asked of a daemon that is gone is answered by nobody.
            self.asking = false;
        }
        Vec::new()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        self.draw_all(frame, area, scene);
    }
}
