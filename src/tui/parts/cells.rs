//! Cells of a row, each exactly as wide as its column.

use crate::base::text::show_path;
use crate::base::width::{clip_end, clip_middle, pad};
use std::path::Path;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What is cut where a text is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Cut {
    /// Its end.
    End,
    /// Its middle: of paths, whose end tells most.
    Middle,
}

/// Text in a cell of exactly this width, at its left; nothing in it moves the cursor.
pub(in crate::tui) fn cell(text: &str, columns: usize, cut: Cut) -> String {
    let text = show_path(Path::new(text));
    let cut = match cut {
        Cut::End => clip_end(&text, columns),
        Cut::Middle => clip_middle(&text, columns),
    };
    pad(&cut, columns, false)
}

/// A path in a cell of exactly this width: of its folders only as much as there is room for beside its name.
pub(in crate::tui) fn file(path: &str, columns: usize) -> String {
    let path = show_path(Path::new(path));
    let name = path.rfind('/').map_or(path.as_str(), |it| &path[it..]);
    let folders = &path[..path.len() - name.len()];
    let room = columns.saturating_sub(name.width());
    let cut = if path.width() <= columns {
        path
    } else if room == 0 || folders.is_empty() {
        clip_middle(name.trim_start_matches('/'), columns)
    } else {
        clip_end(folders, room) + name
    };
    pad(&cut, columns, false)
}

/// A number in a cell of exactly this width, at its right.
pub(in crate::tui) fn number(text: &str, columns: usize) -> String {
    pad(&clip_end(text, columns), columns, true)
}

/// A text without its first columns; half of a wide character is a space.
pub(in crate::tui) fn skip_columns(text: &str, columns: usize) -> String {
    if columns == 0 {
        return text.to_owned();
    }
    let mut skipped = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if columns <= skipped {
            return " ".repeat(skipped - columns) + &text[at..];
        }
        skipped += grapheme.width();
    }
    " ".repeat(skipped.saturating_sub(columns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_goes_to_the_side_by_columns() {
        for (text, columns, expected) in [
            ("heat", 0, "heat"),
            ("heat", 2, "at"),
            ("heat", 9, ""),
            ("\u{5343}\u{4e0e}x", 2, "\u{4e0e}x"),
            ("\u{5343}\u{4e0e}x", 3, " x"),
            ("e\u{301}te\u{301}", 1, "te\u{301}"),
        ] {
            assert_eq!(skip_columns(text, columns), expected, "{text} {columns}");
        }
    }

    #[test]
    fn a_file_keeps_its_name_and_what_there_is_room_for_of_its_folders() {
        let path = "Series/The Twilight Zone/Season 01/S01E02.mkv";
        assert_eq!(file(path, 46), format!("{path} "));
        assert_eq!(file(path, 12), "…/S01E02.mkv");
    }

    proptest! {
        #[test]
        fn a_file_is_as_wide_as_its_column(path in "[a-c/\u{5fcd}\u{0301}\u{05d0}]{0,40}", columns in 0..30_usize) {
            prop_assert_eq!(file(&path, columns).width(), columns);
        }
    }
}
