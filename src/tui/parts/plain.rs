//! Screens in plain ASCII, whatever was drawn on them.

use ratatui::buffer::Buffer;

/// Whether a locale writes UTF-8.
pub(in crate::tui) fn is_utf8(env: impl Fn(&str) -> Option<String>) -> bool {
    let said = |name: &str| env(name).filter(|it| !it.is_empty());
    let locale = said("LC_ALL").or_else(|| said("LC_CTYPE")).or_else(|| said("LANG"));
    let locale = locale.unwrap_or_default().to_uppercase();
    locale.contains("UTF-8") || locale.contains("UTF8")
}

/// Takes all signs that are drawn from the screen. Letters of names stay where the terminal's locale can write them.
pub(in crate::tui) fn make_plain(buffer: &mut Buffer, letters_stay: bool) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if symbol.is_ascii() {
            continue;
        }
        let first = symbol.chars().next().and_then(plain);
        match first {
            Some(sign) => {
                cell.set_char(sign);
            }
            None if letters_stay => {}
            None => {
                cell.set_char('?');
            }
        }
    }
}

/// What a sign of ours is in ASCII; `None` for letters and the signs of others.
fn plain(sign: char) -> Option<char> {
    Some(match sign {
        '─' | '━' | '╌' | '┄' | '–' | '—' | '⎯' => '-',
        '│' | '┃' | '┆' | '┊' => '|',
        '←' | '◀' | '◂' | '‹' => '<',
        '→' | '▶' | '▸' | '›' => '>',
        '↑' | '▲' | '▴' => '^',
        '↓' | '▼' | '▾' => 'v',
        '·' | '•' | '░' | '◦' => '.',
        '…' => '~',
        '×' => 'x',
        '✓' | '✔' | '●' | '■' | '◆' => '*',
        '✗' | '✘' => '!',
        '○' | '□' | '◇' => 'o',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        // Frames, and blocks of bars.
        '\u{2500}'..='\u{257f}' => '+',
        '▁' | '▂' => '_',
        '▃' | '▄' => '-',
        '\u{2580}'..='\u{259f}' => '#',
        '\u{2800}'..='\u{28ff}' => ':',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    fn drawn(text: &str, letters_stay: bool) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        buffer.set_string(0, 0, text, ratatui::style::Style::new());
        make_plain(&mut buffer, letters_stay);
        buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn what_is_drawn_is_plain_and_names_are_where_they_can_be() {
        assert_eq!(drawn("┌─┐│█░·…→", true), "+-+|#..~>           ");
        assert_eq!(drawn("千と千尋 é", true).trim_end(), "千 と 千 尋  é");
        let plain = drawn("千と e\u{301} ┃", false);
        assert_eq!(plain.trim_end(), "? ?  ? |");
        assert!(plain.is_ascii());
    }

    #[test]
    fn the_locale_tells() {
        let env = |set: &'static [(&str, &str)]| {
            move |name: &str| set.iter().find(|it| it.0 == name).map(|it| it.1.to_owned())
        };
        assert!(is_utf8(env(&[("LANG", "de_DE.UTF-8")])));
        assert!(is_utf8(env(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")])));
        assert!(!is_utf8(env(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")])));
        assert!(!is_utf8(env(&[])));
    }
}
