//! Tables that fit a terminal: widths are columns on the screen, and what is too long loses its middle.

use crate::base::width::{clip_middle, pad};
use unicode_width::UnicodeWidthStr;

/// Spaces between two columns.
const GAP: &str = "  ";

/// A column and what happens to it when there is no room.
pub(crate) struct Column {
    /// Its heading.
    pub(crate) title: &'static str,
    /// Numbers stand at the right.
    pub(crate) right: bool,
    /// It is cut down to this width before any column is left out; `None` if it is never cut.
    pub(crate) columns_min: Option<usize>,
    /// Where cutting is not enough, the column with the highest rank is left out; rank 0 stays.
    pub(crate) rank: u8,
}

impl Column {
    /// A column of short words, never cut.
    pub(crate) const fn word(title: &'static str, rank: u8) -> Column {
        Column { title, right: false, columns_min: None, rank }
    }

    /// A column of numbers, never cut.
    pub(crate) const fn number(title: &'static str, rank: u8) -> Column {
        Column { title, right: true, columns_min: None, rank }
    }

    /// A column of text that may be cut down to `columns_min`.
    pub(crate) const fn text(title: &'static str, rank: u8, columns_min: usize) -> Column {
        Column { title, right: false, columns_min: Some(columns_min), rank }
    }
}

/// Lays out a table, heading first, each line ended; empty columns are left out. `columns_max` is the terminal's
/// width, `None` to cut nothing. Every row has as many cells as there are columns.
pub(crate) fn lay_out(
    columns: &[Column],
    rows: &[Vec<String>],
    columns_max: Option<usize>,
) -> String {
    let natural = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width());
        cells.max().unwrap_or(0)
    };
    // (number of the column, its width)
    let mut shown: Vec<(usize, usize)> = (0..columns.len())
        .filter(|&at| rows.is_empty() || natural(at) > 0)
        .map(|at| (at, natural(at).max(columns[at].title.width())))
        .collect();
    if let Some(columns_max) = columns_max {
        fit(columns, &mut shown, columns_max);
    }
    let mut text = String::new();
    let heading: Vec<String> = columns.iter().map(|it| it.title.to_owned()).collect();
    for row in std::iter::once(&heading).chain(rows) {
        let cells = shown.iter().map(|&(at, width)| {
            let cell = row.get(at).map_or("", String::as_str);
            pad(&clip_middle(cell, width), width, columns[at].right)
        });
        let line = cells.collect::<Vec<_>>().join(GAP);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Narrows the widest columns that may be cut; where that is not enough, leaves the least important out and begins
/// anew.
fn fit(columns: &[Column], wish: &mut Vec<(usize, usize)>, columns_max: usize) {
    loop {
        let mut shown = wish.clone();
        let least = loop {
            let gaps = GAP.len() * shown.len().saturating_sub(1);
            if shown.iter().map(|it| it.1).sum::<usize>() + gaps <= columns_max {
                break 0;
            }
            let widest = shown
                .iter_mut()
                .filter(|(at, width)| columns[*at].columns_min.is_some_and(|min| *width > min))
                .max_by_key(|it| it.1);
            match widest {
                Some(it) => it.1 -= 1,
                None => break shown.iter().map(|it| columns[it.0].rank).max().unwrap_or(0),
            }
        };
        if least == 0 {
            *wish = shown;
            return;
        }
        wish.retain(|it| columns[it.0].rank != least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: [Column; 4] = [
        Column::text("file", 0, 8),
        Column::word("lang", 1),
        Column::number("cues", 2),
        Column::text("note", 3, 8),
    ];

    fn row(cells: [&str; 4]) -> Vec<String> {
        cells.map(str::to_owned).to_vec()
    }

    #[test]
    fn wide_characters_count_twice_and_columns_line_up() {
        let rows = [row(["千と千尋の神隠し.mkv", "ja", "812", ""]), row(["a.mkv", "en", "9", ""])];
        insta::assert_snapshot!(lay_out(&COLUMNS, &rows, None), @"
        file                  lang  cues
        千と千尋の神隠し.mkv  ja     812
        a.mkv                 en       9
        ");
    }

    #[test]
    fn the_longest_text_loses_its_middle_first() {
        let rows =
            [row(["A long name of a film (2019).mkv", "en", "9", "two packets were damaged"])];
        insta::assert_snapshot!(lay_out(&COLUMNS, &rows, Some(44)), @r"
        file             lang  cues  note
        A long …19).mkv  en       9  two pac…damaged
        ");
        insta::assert_snapshot!(lay_out(&COLUMNS, &rows, Some(24)), @r"
        file          lang  cues
        A long…).mkv  en       9
        ");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(
            names in proptest::collection::vec("\\PC{0,60}", 1..6),
            columns_max in 8_usize..120,
        ) {
            let rows: Vec<_> = names.iter().map(|it| row([it, "en", "12", it])).collect();
            for line in lay_out(&COLUMNS, &rows, Some(columns_max)).lines() {
                prop_assert!(line.width() <= columns_max, "{line:?}");
            }
        }

        #[test]
        fn clipping_keeps_the_ends(text in "\\PC{0,80}", columns_max in 1_usize..60) {
            let clipped = clip_middle(&text, columns_max);
            prop_assert!(clipped.width() <= columns_max);
            match clipped.split_once('…') {
                Some((head, tail)) if clipped != text => {
                    prop_assert!(text.starts_with(head) && text.ends_with(tail));
                }
                Some(_) | None => prop_assert_eq!(clipped, text),
            }
        }
    }
}
