//! How lines are drawn.

use super::{Logs, Row};
use crate::api::logs::{LogLevel, LogLine};
use crate::base::text::{counted, show_path};
use crate::tui::look::Look;
use crate::tui::parts::cells::{Cut, cell, number, skip_columns};
use crate::tui::parts::popup;
use crate::tui::parts::when::{thousands, time_of_day, unix_ms};
use crate::tui::view::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use std::path::Path;

/// Rows above the lines.
pub(super) const HEAD_ROWS: usize = 1;
/// Columns from which on it is said who says something.
const COLUMNS_FOR_THREAD: usize = 110;
/// Columns from which on there is room for the job's number.
const COLUMNS_FOR_JOB: usize = 70;
/// Columns of the cells before a text.
const TIME_COLUMNS: usize = 8;
const LEVEL_COLUMNS: usize = 5;
const JOB_COLUMNS: usize = 7;
const THREAD_COLUMNS: usize = 12;
/// Where the time ends that a line of a job's own log begins with.
const STAMP_BYTES: usize = 20;

/// Draws the page.
pub(super) fn draw(page: &mut Logs, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let look = scene.look;
    let head = Rect { height: 1.min(area.height), ..area };
    let body = Rect { y: area.y + head.height, height: area.height - head.height, ..area };
    let columns = usize::from(area.width);
    let len = page.len();
    let window = page.cursor.window(len, usize::from(body.height));
    frame.render_widget(title(page, len, columns, look), head);
    if len == 0 {
        let (text, style) = empty(page, look);
        frame.render_widget(Paragraph::new(text).style(style).wrap(Wrap { trim: true }), body);
    } else {
        let rows = window.filter_map(|row| {
            let line = line(page, &page.row(row)?, columns, scene);
            Some(if row == page.cursor.at { line.style(look.selected()) } else { line })
        });
        let rows: Vec<Line<'_>> = rows.collect();
        frame.render_widget(Paragraph::new(rows), body);
    }
    if let Some(prompt) = &page.typing {
        popup::prompt(frame, area, prompt, look);
    }
}

fn title(page: &Logs, len: usize, columns: usize, look: Look) -> Line<'static> {
    let of = match &page.own {
        Some(own) => format!("Job {}", own.job),
        None => "Kinora's log".to_owned(),
    };
    let mut parts = vec![of, level_words(page.lines.sieve().level).to_owned()];
    parts.push(if page.follow { "following" } else { "F follows" }.to_owned());
    if !page.search.is_empty() {
        parts.push(format!("\"{}\"", page.search));
    }
    if page.side > 0 {
        parts.push(format!("from column {}", page.side));
    }
    if page.own.is_some() {
        parts.push("Esc: all jobs".to_owned());
    }
    let place = match len {
        0 => String::new(),
        len => format!("{} of {}", thousands(page.cursor.at as u64 + 1), thousands(len as u64)),
    };
    let room = columns.saturating_sub(place.len() + 1);
    Line::styled(format!("{} {place}", cell(&parts.join(" · "), room, Cut::End)), look.heading())
}

fn level_words(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace | LogLevel::Debug => "all lines",
        LogLevel::Info => "info and worse",
        LogLevel::Warn => "warnings and errors",
        LogLevel::Error => "errors only",
    }
}

/// Why no line is shown, and what to do.
fn empty(page: &Logs, look: Look) -> (String, Style) {
    if let Some(fault) = &page.fault {
        return (fault.to_string(), look.bad());
    }
    let text = match (page.lines.next(), page.lines.sieve().level) {
        (None, _) => "Kinora is asked for its log.",
        (Some(_), LogLevel::Warn | LogLevel::Error) => {
            "Nothing so bad was written down: all is well. f shows other lines too."
        }
        (Some(_), LogLevel::Info | LogLevel::Debug | LogLevel::Trace) => {
            "Nothing was written down yet. What Kinora does shows here as it happens."
        }
    };
    (text.to_owned(), look.dim())
}

fn line(page: &Logs, row: &Row<'_>, columns: usize, scene: &Scene<'_>) -> Line<'static> {
    let look = scene.look;
    match row {
        Row::Heading(text) => Line::styled(cell(text, columns, Cut::End), look.heading()),
        Row::None(text) => Line::styled(cell(&format!("  {text}"), columns, Cut::End), look.dim()),
        Row::Fault(fault) => {
            Line::styled(cell(&format!("  {fault}"), columns, Cut::End), look.bad())
        }
        Row::Lost(count) => {
            let lines = counted(*count, "line is", "lines are");
            let text = format!("  {lines} lost here; the files in logs/ have them");
            Line::styled(cell(&text, columns, Cut::End), look.warning())
        }
        Row::Text(text) => {
            let stamp = text.get(..STAMP_BYTES).and_then(unix_ms);
            let (time, rest) = match stamp {
                Some(at) => (time_of_day(at, scene.zone), &text[STAMP_BYTES..]),
                None => (String::new(), text.strip_prefix(BLANK_STAMP).unwrap_or(text)),
            };
            let is_own = rest.len() == text.len();
            let time = if is_own { String::new() } else { cell(&time, TIME_COLUMNS, Cut::End) };
            let room = columns.saturating_sub(time.len());
            let mut spans = vec![Span::styled(time, look.dim())];
            let bad = rest.contains(" failed: ");
            let style = if bad { look.warning() } else { look.text() };
            spans.extend(marked(page, rest, room, style, look));
            Line::from(spans)
        }
        Row::Line(it, _) => log_line(page, it, columns, scene),
    }
}

/// What stands instead of a time where a line of a job's log goes on.
const BLANK_STAMP: &str = "                    ";

fn log_line(page: &Logs, it: &LogLine, columns: usize, scene: &Scene<'_>) -> Line<'static> {
    let look = scene.look;
    let style = style(it.level, look);
    let mut spans = vec![
        Span::styled(
            cell(&time_of_day(it.at_unix_ms, scene.zone), TIME_COLUMNS, Cut::End),
            look.dim(),
        ),
        Span::raw(" "),
        Span::styled(cell(it.level.word(), LEVEL_COLUMNS, Cut::End), style),
        Span::raw(" "),
    ];
    let mut used = TIME_COLUMNS + LEVEL_COLUMNS + 2;
    if COLUMNS_FOR_JOB <= columns && page.own.is_none() {
        let job = it.job.map(|job| format!("#{job}")).unwrap_or_default();
        spans.push(Span::styled(number(&job, JOB_COLUMNS), look.accent()));
        spans.push(Span::raw(" "));
        used += JOB_COLUMNS + 1;
    }
    if COLUMNS_FOR_THREAD <= columns {
        spans.push(Span::styled(cell(&it.thread, THREAD_COLUMNS, Cut::End), look.dim()));
        spans.push(Span::raw(" "));
        used += THREAD_COLUMNS + 1;
    }
    let text = match it.level {
        LogLevel::Error | LogLevel::Warn => style,
        LogLevel::Info => look.text(),
        LogLevel::Debug | LogLevel::Trace => look.dim(),
    };
    // What happened matters more than the folder; a search and a step to the side show all of it.
    let all = page.side > 0 || !page.search.is_empty();
    let said = if all { it.text.as_str() } else { without_folder(&it.text) };
    spans.extend(marked(page, said, columns.saturating_sub(used), text, look));
    Line::from(spans)
}

/// A text that begins with a file, with its name alone.
fn without_folder(text: &str) -> &str {
    let path = text.split(": ").next().unwrap_or_default();
    let folder = if path.starts_with('/') { path.rfind('/') } else { None };
    folder.map_or(text, |it| &text[it + 1..])
}

fn style(level: LogLevel, look: Look) -> Style {
    match level {
        LogLevel::Error => look.bad(),
        LogLevel::Warn => look.warning(),
        LogLevel::Info => look.good(),
        LogLevel::Debug | LogLevel::Trace => look.dim(),
    }
}

/// What is seen of a text, with the searched word marked.
fn marked(page: &Logs, text: &str, columns: usize, style: Style, look: Look) -> Vec<Span<'static>> {
    let text = plain(text);
    let seen = cell(&skip_columns(&text, page.side), columns, Cut::End);
    let mark = look.selected();
    let mut spans = Vec::new();
    let mut from = 0;
    for (start, end) in found(&seen, &page.search) {
        spans.push(Span::styled(seen[from..start].to_owned(), style));
        spans.push(Span::styled(seen[start..end].to_owned(), style.patch(mark)));
        from = end;
    }
    spans.push(Span::styled(seen[from..].to_owned(), style));
    spans
}

/// Where a word in small letters stands in a text, whatever its letters: bytes from and to.
fn found(text: &str, word: &str) -> Vec<(usize, usize)> {
    if word.is_empty() {
        return Vec::new();
    }
    // Letters may be longer or shorter when they are small, so each byte knows where it comes from.
    let (mut lower, mut from) = (String::new(), Vec::new());
    for (at, letter) in text.char_indices() {
        lower.extend(letter.to_lowercase());
        from.resize(lower.len(), (at, at + letter.len_utf8()));
    }
    let places = lower.match_indices(word);
    places.map(|(at, it)| (from[at].0, from[at + it.len() - 1].1)).collect()
}

/// A text from outside, on one line.
pub(super) fn plain(text: &str) -> String {
    show_path(Path::new(text))
}

/// A whole line to read: its heading, and the line with who said it.
pub(super) fn whole(line: &LogLine, scene: &Scene<'_>) -> (String, Vec<String>) {
    let time = time_of_day(line.at_unix_ms, scene.zone);
    let mut lines: Vec<String> = line.text.lines().map(plain).collect();
    lines.push(String::new());
    lines.extend(line.job.map(|it| format!("job {it}")));
    lines.push(format!("said by {}, thread {}", line.target, line.thread));
    (format!("{time} {}", line.level.word()), lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_file_its_name_is_enough() {
        for (text, said) in [
            ("/films/M (1931).mkv: begins", "M (1931).mkv: begins"),
            ("/films/a: b/c.mkv: begins", "a: b/c.mkv: begins"),
            ("nothing can be written: /films is full", "nothing can be written: /films is full"),
            ("", ""),
        ] {
            assert_eq!(without_folder(text), said);
        }
    }

    #[test]
    fn a_word_is_found_whatever_its_letters() {
        for (text, word, expected) in [
            ("Heat and HEAT", "heat", vec!["Heat", "HEAT"]),
            ("\u{130}stanbul, istanbul", "stanbul", vec!["stanbul", "stanbul"]),
            ("\u{4e71} (Ran)", "\u{4e71}", vec!["\u{4e71}"]),
            ("nothing", "x", vec![]),
            ("anything", "", vec![]),
        ] {
            let found: Vec<&str> =
                found(text, word).into_iter().map(|(from, to)| &text[from..to]).collect();
            assert_eq!(found, expected, "{word}");
        }
    }
}
