//! What stands over a page for a while: a text to read, a plan to confirm, a line to type in.

use super::cells::{Cut, cell};
use super::prompt::Prompt;
use crate::tui::look::Look;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a popup takes at most: lines longer than this are hard to read.
const COLUMNS_MAX: u16 = 100;
/// Bytes in front of a text, spaces and a key, that what goes on below keeps clear at most; and the columns that are
/// left then at least.
const HANG_MAX: usize = 20;
const HANG_ROOM: usize = 12;

/// A text to read, that can be scrolled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) struct Reading {
    /// Its heading.
    pub(in crate::tui) title: String,
    /// Its lines.
    pub(in crate::tui) lines: Vec<String>,
    /// The first line that is seen.
    pub(in crate::tui) top: u16,
}

/// Draws a frame in the middle of `area` with room for so many lines, and answers what is inside of it.
pub(in crate::tui) fn frame_for(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    lines: usize,
    look: Look,
) -> Rect {
    let width = area.width.saturating_sub(2).min(COLUMNS_MAX);
    let height = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    let height = height.min(area.height.saturating_sub(2));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, place);
    let block = block(title, look);
    let inside = block.inner(place);
    frame.render_widget(block, place);
    inside
}

/// A frame with a heading.
pub(in crate::tui) fn block(title: &str, look: Look) -> Block<'_> {
    let kind = if look.ascii { ASCII } else { BorderType::Plain.to_border_set() };
    let title = if title.is_empty() { String::new() } else { format!(" {title} ") };
    Block::bordered()
        .border_set(kind)
        .border_style(look.dim())
        .title(Span::styled(title, look.heading()))
}

/// Frames in plain ASCII.
const ASCII: ratatui::symbols::border::Set<'_> = ratatui::symbols::border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Draws a text to read; at its lower edge, which keys do what, and how much of it is seen where that is not all.
pub(in crate::tui) fn reading(
    frame: &mut Frame<'_>,
    area: Rect,
    text: &mut Reading,
    keys: &str,
    look: Look,
) {
    let columns = usize::from(area.width.saturating_sub(4).clamp(1, COLUMNS_MAX - 2));
    let lines: Vec<String> = text.lines.iter().flat_map(|it| wrapped(it, columns)).collect();
    let inside = frame_for(frame, area, &text.title, lines.len(), look);
    let rows = usize::from(inside.height);
    let lowest = lines.len().saturating_sub(rows);
    text.top = text.top.min(u16::try_from(lowest).unwrap_or(u16::MAX));
    let top = usize::from(text.top);
    let seen: Vec<Line<'_>> = lines.iter().skip(top).take(rows).map(Line::raw).collect();
    frame.render_widget(Paragraph::new(seen), inside);
    let edge = Rect { y: inside.bottom(), height: 1, ..inside }.intersection(area);
    let foot = format!(" {keys} ");
    let mut room = usize::from(edge.width).saturating_sub(foot.width());
    frame.render_widget(Span::styled(foot, look.accent()), edge);
    // From the right, as far as there is room: where there is more, and which lines are seen.
    let arrows = format!(
        "{}{}",
        if top > 0 { look.sign("↑", "^") } else { "" },
        if top < lowest { look.sign("↓", "v") } else { "" },
    );
    let lines_seen = format!(" {}-{} of {} {arrows} ", top + 1, top + rows, lines.len());
    let told = if lines_seen.width() < room { lines_seen } else { arrows };
    room = room.saturating_sub(told.width());
    if lowest > 0 && room > 0 {
        frame.render_widget(Line::styled(told, look.accent()).right_aligned(), edge);
    }
}

/// A line in pieces of at most so many columns, cut between words where that is possible; what goes on below begins
/// where the text began, behind the spaces and the key in front of it.
pub(in crate::tui) fn wrapped(line: &str, columns: usize) -> Vec<String> {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    let behind_key = line[spaces..].find("  ").map_or(spaces, |it| spaces + it + 2);
    let hang = if behind_key <= HANG_MAX { behind_key } else { spaces };
    let hang = if hang + HANG_ROOM < columns { hang } else { 0 };
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for word in line.split_inclusive(' ') {
        let wide = word.trim_end_matches(' ').width();
        if used > hang && columns < used + wide {
            pieces.push(" ".repeat(hang));
            used = hang;
        }
        for letter in word.chars() {
            let wide = letter.width().unwrap_or(0);
            if columns < used + wide {
                // A word that is longer than the line, or a space at its end.
                if letter == ' ' {
                    break;
                }
                pieces.push(" ".repeat(hang));
                used = hang;
            }
            used += wide;
            if let Some(piece) = pieces.last_mut() {
                piece.push(letter);
            }
        }
    }
    pieces.iter_mut().for_each(|it| it.truncate(it.trim_end().len()));
    pieces
}

/// Draws a line to type in at the foot of `area`, with the terminal's cursor in it.
pub(in crate::tui) fn prompt(frame: &mut Frame<'_>, area: Rect, prompt: &Prompt, look: Look) {
    let foot = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
    let title = format!("{}: ", prompt.title);
    let room = usize::from(foot.width).saturating_sub(title.chars().count() + 1);
    // The end of a long text is where somebody types.
    let text: String = prompt.text().to_owned();
    let shift = prompt.cursor().saturating_sub(room);
    let seen: String = text.chars().skip(shift).collect();
    let line = Line::from(vec![
        Span::styled(title.clone(), look.accent()),
        Span::styled(cell(&seen, room, Cut::End), look.text()),
    ]);
    frame.render_widget(Clear, foot);
    frame.render_widget(line, foot);
    let column = title.chars().count() + prompt.cursor().min(room);
    frame.set_cursor_position(Position::new(foot.x + u16::try_from(column).unwrap_or(0), foot.y));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_goes_on_below_hangs() {
        let wrapped = |text| wrapped(text, 24);
        assert_eq!(
            wrapped("    q  leave this screen; it goes on"),
            ["    q  leave this", "       screen; it goes", "       on"]
        );
        assert_eq!(
            wrapped("  why: no track was in English"),
            ["  why: no track was in", "  English"]
        );
        assert_eq!(wrapped(""), [""]);
        assert_eq!(
            wrapped("/media/千と千尋の神隠し (2001).mkv"),
            ["/media/千と千尋の神隠し", "(2001).mkv"]
        );
        assert_eq!(
            wrapped("aaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
            ["aaaaaaaaaaaaaaaaaaaaaaaa", "aaaaab"]
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_too_wide(text in "[a-c 千é]{0,80}", columns in 2..40_usize) {
            let pieces = wrapped(&text, columns);
            let letters = |it: &str| it.chars().filter(|it| *it != ' ').collect::<String>();
            prop_assert_eq!(letters(&pieces.concat()), letters(&text));
            for piece in &pieces {
                prop_assert!(piece.width() <= columns, "{:?} in {}", pieces, columns);
            }
        }
    }
}
