//! Text in lines of a width: wide characters take two columns, combining marks none.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The lines of a text, each at most so wide, at least one; what is wider than a line is cut where it is full. Nothing
/// in it moves the cursor.
pub(in crate::tui) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let plain = |it: char| it.is_ascii_graphic() || it == ' ';
    if text.len() <= columns && text.chars().all(plain) && !text.contains("  ") {
        return vec![text.trim().to_owned()];
    }
    let mut lines = vec![String::new()];
    let mut fill = |piece: &str, apart: bool| {
        if let Some(line) = lines.last_mut() {
            let space = if apart && !line.is_empty() { " " } else { "" };
            // Widths do not simply add up (ligatures, emoji).
            let longer = format!("{line}{space}{piece}");
            if line.is_empty() || longer.width() <= columns {
                *line = longer;
                return;
            }
        }
        lines.push(piece.to_owned());
    };
    for word in text.split_whitespace() {
        let word: String = word.chars().filter(|it| !it.is_control()).collect();
        let graphemes: Vec<&str> = word.graphemes(true).collect();
        // In scripts of wide characters lines break anywhere.
        if columns < word.width() || graphemes.len() < word.width() {
            for (place, grapheme) in graphemes.into_iter().enumerate() {
                fill(grapheme, place == 0);
            }
        } else if !word.is_empty() {
            fill(&word, true);
        }
    }
    lines
}

/// The same behind a heading of the first line, and as far to the right in further ones.
pub(in crate::tui) fn hanging(head: &str, text: &str, columns: usize) -> Vec<String> {
    let indent = head.width();
    let lines = wrap(text, columns.saturating_sub(indent)).into_iter().enumerate();
    lines
        .map(
            |(place, it)| if place == 0 { head.to_owned() + &it } else { " ".repeat(indent) + &it },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrap("one two  three", 8), ["one two", "three"]);
        assert_eq!(wrap("千与千寻是什么", 7), ["千与千", "寻是什", "么"]);
        assert_eq!(wrap("unpronounceable", 6), ["unpron", "ouncea", "ble"]);
        assert_eq!(hanging("- ", "one two", 6), ["- one", "  two"]);
        assert_eq!(wrap("", 5), [""]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_nothing_is_lost(text in "\\PC{0,80}", columns in 2_usize..40) {
            let lines = wrap(&text, columns);
            // A single emoji may be wider than it says in pieces.
            let fits = |it: &String| it.width() <= columns || it.graphemes(true).count() <= 1;
            prop_assert!(lines.iter().all(fits), "{lines:?}");
            let plain = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(plain(&lines.concat()), plain(&text));
        }
    }
}
