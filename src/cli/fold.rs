//! Long sentences on several lines, as wide as the terminal.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Breaks one line of text at spaces, so that each piece is at most `columns_max` columns wide; a word that is wider (a
/// path, Chinese) is broken between characters. At least one piece; one character always fits.
pub(crate) fn fold(text: &str, columns_max: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|it| !it.is_empty()) {
        let line = lines.last().map_or("", String::as_str);
        let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if joined.width() <= columns_max {
            lines.pop();
            lines.push(joined);
            continue;
        }
        if line.is_empty() {
            lines.pop();
        }
        lines.extend(pieces(word, columns_max));
    }
    lines
}

/// A word in pieces that fit.
fn pieces(word: &str, columns_max: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for grapheme in word.graphemes(true) {
        if !piece.is_empty() && columns_max < format!("{piece}{grapheme}").width() {
            pieces.push(std::mem::take(&mut piece));
        }
        piece.push_str(grapheme);
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sentences_break_at_spaces_and_long_words_anywhere() {
        let table = [
            ("", 10, ""),
            ("short", 10, "short"),
            ("one two three", 7, "one two|three"),
            ("one two three", 6, "one|two|three"),
            ("see /films/Heat.mkv now", 8, "see|/films/H|eat.mkv|now"),
            ("千と千尋", 5, "千と|千尋"),
            ("千", 1, "千"),
        ];
        for (text, columns, expected) in table {
            assert_eq!(fold(text, columns).join("|"), expected, "{text} {columns}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_all_fits(text in "[a-z千 e\u{301}]{0,60}", columns in 2_usize..40) {
            let lines = fold(&text, columns);
            let joined: String = lines.concat().replace(' ', "");
            prop_assert_eq!(joined, text.replace(' ', ""));
            prop_assert!(lines.iter().all(|it| it.width() <= columns));
        }
    }
}
