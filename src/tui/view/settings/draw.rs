//! How settings look: what waits for the next start, the list, and all of the one under the cursor.

use super::{Settings, Typing};
use crate::api::catalog::{SettingKey, SettingOrigin, SettingsView};
use crate::base::text::counted;
use crate::tui::look::Look;
use crate::tui::parts::cells::{Cut, cell};
use crate::tui::parts::popup;
use crate::tui::view::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Borders, Paragraph, Wrap};

/// What to do for the next start.
pub(super) const RESTART: &str = "`systemctl restart kinora`, or its container";
/// Rows from which on there is room for all of the setting under the cursor, and how many that takes.
const TOLD_FROM_ROWS: u16 = 14;
const TOLD_ROWS: u16 = 5;
const WIDE_COLUMNS: u16 = 120;
const NARROW_COLUMNS: u16 = 60;

impl Settings {
    pub(super) fn draw_all(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        let look = scene.look;
        let Some(view) = &self.view else {
            let text = match &self.trouble {
                Some(fault) => format!("The settings are not known: {fault}"),
                None => "Kinora is asked for its settings.".to_owned(),
            };
            frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
            return;
        };
        let head = self.head(view, look, area.width);
        let foot = match (area.height, &self.refused) {
            (TOLD_FROM_ROWS.., _) | (_, Some(_)) => TOLD_ROWS,
            (_, None) => 0,
        };
        let mut lines = vec![head, heading(area.width, look)];
        self.list_row = u16::try_from(lines.len()).unwrap_or(0);
        let rows = usize::from(area.height.saturating_sub(foot + self.list_row));
        let window = self.cursor.window(self.shown.len(), rows);
        for at in window {
            let Some(key) = self.shown.get(at).and_then(|it| view.keys.get(*it)) else { continue };
            lines.push(line(key, at == self.cursor.at, area.width, look));
        }
        if self.shown.is_empty() {
            lines.push(Line::styled(self.why_empty(), look.dim()));
        }
        let list = Rect { height: area.height - foot, ..area };
        frame.render_widget(Paragraph::new(lines), list);
        if foot > 0 {
            let below = Rect { y: list.bottom(), height: foot, ..area };
            self.draw_told(frame, below, look);
        }
        match &self.typing {
            Some(Typing::Search(prompt, _) | Typing::Value(prompt, _)) => {
                popup::prompt(frame, area, prompt, look);
            }
            None => {}
        }
    }

    fn why_empty(&self) -> String {
        match (self.search.is_empty(), self.only_set) {
            (false, _) => format!(" Nothing has \"{}\" in it; Esc shows all.", self.search),
            (true, true) => {
                " Nobody set anything: all is as it is by itself; f shows it.".to_owned()
            }
            (true, false) => " This daemon tells no settings by themselves; update it.".to_owned(),
        }
    }

    /// What waits for the next start, or what is shown.
    fn head(&self, view: &SettingsView, look: Look, columns: u16) -> Line<'static> {
        let waiting = view.keys.iter().filter(|it| it.in_force.is_some()).count() as u64;
        if view.restart_needed {
            let what = match waiting {
                0 => "restart needed".to_owned(),
                _ => format!("restart needed ({})", counted(waiting, "setting", "settings")),
            };
            let text = format!(" {what}: {RESTART}");
            return Line::styled(cell(&text, usize::from(columns), Cut::End), look.warning());
        }
        let all = view.keys.len();
        let mut text = match self.shown.len() {
            shown if shown == all => format!(" {all} settings, all in force"),
            shown => format!(" {shown} of {all} settings"),
        };
        if self.only_set {
            text += ", only those that somebody set";
        }
        if !self.search.is_empty() {
            text += &format!(", with \"{}\"", self.search);
        }
        Line::styled(cell(&text, usize::from(columns), Cut::End), look.dim())
    }

    fn draw_told(&self, frame: &mut Frame<'_>, area: Rect, look: Look) {
        let Some((_, key)) = self.under_cursor() else { return };
        let block = popup::block("", look).borders(Borders::TOP);
        if let Some(fault) = &self.refused {
            let text = Line::styled(format!("Not changed: {fault}."), look.bad());
            frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }).block(block), area);
            return;
        }
        let name = Span::styled(format!("{} ", key.key), look.heading());
        let value = Span::raw(format!("= {}", or_nothing(&key.value)));
        let mut lines = vec![Line::from_iter([name, value])];
        if let Some(before) = &key.in_force {
            let text = format!("Until the next start Kinora works with {}.", or_nothing(before));
            lines.push(Line::styled(text, look.warning()));
        }
        lines.push(Line::raw(origin(key)));
        lines.push(match &key.closed {
            Some(why) => Line::styled(format!("Not here: {why}."), look.dim()),
            None if key.at_once => Line::raw("Enter changes it; that holds at once."),
            None => Line::raw("Enter changes it; that holds from the next start on."),
        });
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }).block(block), area);
    }
}

/// A value, or that there is none.
pub(super) fn or_nothing(value: &str) -> &str {
    if value.is_empty() { "(not set)" } else { value }
}

/// Where it comes from, in words.
fn origin(key: &SettingKey) -> String {
    let name = key.origin_name.as_deref().unwrap_or_default();
    match key.origin {
        SettingOrigin::Default => "Nobody set it: it is so by itself.".to_owned(),
        SettingOrigin::File => format!("It is set in the file {name}."),
        SettingOrigin::Changed => {
            format!("It was changed here or over HTTP ({name}); u undoes it.")
        }
        SettingOrigin::Variable => format!("It is set by the variable {name} of the environment."),
    }
}

/// A file by its path where there is room, else by its name; all of it stands below.
fn file(key: &SettingKey, columns: u16) -> &str {
    let path = key.origin_name.as_deref().unwrap_or("kinora.toml");
    match columns {
        WIDE_COLUMNS.. => path,
        _ => path.rsplit('/').next().unwrap_or(path),
    }
}

/// Columns of the name, the value, and where it comes from.
fn widths(columns: u16) -> [usize; 3] {
    let all = usize::from(columns);
    let name = match columns {
        WIDE_COLUMNS.. => 44,
        NARROW_COLUMNS.. => 34,
        _ => 24,
    };
    let from = match columns {
        WIDE_COLUMNS.. => 40,
        NARROW_COLUMNS.. => 20,
        _ => 0,
    };
    let gap = if from > 0 { 2 } else { 0 };
    [name, all.saturating_sub(2 + name + 1 + from + gap), from]
}

fn heading(columns: u16, look: Look) -> Line<'static> {
    let [name, value, from] = widths(columns);
    let mut text =
        format!("  {} {}", cell("Setting", name, Cut::End), cell("value", value, Cut::End));
    if from > 0 {
        text += &format!("  {}", cell("comes from", from, Cut::End));
    }
    Line::styled(text, look.heading())
}

fn line(key: &SettingKey, here: bool, columns: u16, look: Look) -> Line<'static> {
    let [name, value, from] = widths(columns);
    let is_set = key.origin != SettingOrigin::Default;
    let style = match (&key.in_force, is_set) {
        (Some(_), _) => look.warning(),
        (None, true) => look.text(),
        (None, false) => look.dim(),
    };
    // What waits for the next start is marked, what is changed elsewhere too.
    let mark = match (&key.in_force, &key.closed) {
        (Some(_), _) => "*",
        (None, Some(_)) => look.sign("·", "."),
        (None, None) => " ",
    };
    let mut cells = vec![
        Span::styled(format!("{mark} {}", cell(&key.key, name, Cut::Middle)), style),
        Span::styled(format!(" {}", cell(&key.value, value, Cut::End)), style),
    ];
    if from > 0 {
        let text = match key.origin {
            SettingOrigin::Default => "",
            SettingOrigin::File => file(key, columns),
            SettingOrigin::Changed => "changed here",
            SettingOrigin::Variable => key.origin_name.as_deref().unwrap_or("environment"),
        };
        cells.push(Span::styled(format!("  {}", cell(text, from, Cut::Middle)), look.dim()));
    }
    let line = Line::from(cells);
    if here { line.patch_style(look.selected()) } else { line }
}
