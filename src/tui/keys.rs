//! Keys and what they do, in tables: what `?` and the footer show is what the keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key that does something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding<A> {
    /// The key.
    pub(super) code: KeyCode,
    /// With the control key.
    pub(super) control: bool,
    /// What it does.
    pub(super) act: A,
    /// In a word, for the footer; empty where it stands only in the help.
    pub(super) short: &'static str,
    /// In a sentence, for the help; empty for a second key of the same act.
    pub(super) long: &'static str,
}

/// A line of the help, or a word of the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hint {
    /// The key as people write it.
    pub(super) key: String,
    /// For the footer; empty where it does not stand there.
    pub(super) short: &'static str,
    /// For the help.
    pub(super) long: &'static str,
}

/// A plain key.
pub(super) const fn on<A>(
    code: KeyCode,
    act: A,
    short: &'static str,
    long: &'static str,
) -> Binding<A> {
    Binding { code, control: false, act, short, long }
}

/// A key of letters.
pub(super) const fn letter<A>(
    key: char,
    act: A,
    short: &'static str,
    long: &'static str,
) -> Binding<A> {
    on(KeyCode::Char(key), act, short, long)
}

/// What a key does.
pub(super) fn find<A: Copy>(bindings: &[Binding<A>], key: KeyEvent) -> Option<A> {
    let control = is_control(key);
    let found = bindings.iter().find(|it| it.code == key.code && it.control == control);
    found.map(|it| it.act)
}

/// A key with the control key, which is a key also where somebody types.
pub(super) fn is_control(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL)
}

/// What the help tells of these keys.
pub(super) fn hints<A>(bindings: &[Binding<A>]) -> Vec<Hint> {
    let hint =
        |it: &Binding<A>| Hint { key: name(it.code, it.control), short: it.short, long: it.long };
    bindings.iter().filter(|it| !it.long.is_empty()).map(hint).collect()
}

/// A key as people write it.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "not an enum of ours: most of it means nothing here"
)]
fn name(code: KeyCode, control: bool) -> String {
    let plain = match code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(it) => it.to_string(),
        KeyCode::Enter => "Enter".to_owned(),
        KeyCode::Esc => "Esc".to_owned(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Right => "→".to_owned(),
        KeyCode::Up => "↑".to_owned(),
        KeyCode::Down => "↓".to_owned(),
        other => other.to_string(),
    };
    if control { format!("Ctrl-{}", plain.to_uppercase()) } else { plain }
}
