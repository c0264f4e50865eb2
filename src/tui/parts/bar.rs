//! Bars that show a share, and small charts of what was lately.

use crate::tui::look::Look;

/// Parts of a column, from an eighth to seven of them, from its left.
const EIGHTHS: [&str; 7] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// Parts of a row, from nothing to all of it, from below.
const HEIGHTS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// The same in plain ASCII, as well as it can be told.
const HEIGHTS_ASCII: [&str; 9] = [" ", ".", ".", ":", ":", "+", "+", "#", "#"];

/// A bar of this width for a share from 0 to 1; dotted where nothing is known. It is full only where all is done.
pub(in crate::tui) fn bar(share: Option<f32>, columns: usize, look: Look) -> String {
    let Some(share) = share else { return look.sign("·", ".").repeat(columns) };
    let eighths = (share.clamp(0.0, 1.0) * columns as f32 * 8.0).floor() as usize;
    let (full, part) = ((eighths / 8).min(columns), eighths % 8);
    let mut text = look.sign("█", "#").repeat(full);
    let mut left = columns - full;
    if 0 < left && 0 < part && !look.ascii {
        text.push_str(EIGHTHS[part - 1]);
        left -= 1;
    }
    text + &look.sign("░", "-").repeat(left)
}

/// A chart of values, the oldest first, of so many columns and rows, the uppermost row first. `top` is what fills it;
/// anything above nothing is seen. Where there are more values than columns, a column shows the mean of some.
pub(in crate::tui) fn chart(
    values: &[u64],
    top: u64,
    (columns, rows): (usize, usize),
    look: Look,
) -> Vec<String> {
    let heights = if look.ascii { HEIGHTS_ASCII } else { HEIGHTS };
    let steps: Vec<usize> = squeezed(values, columns)
        .into_iter()
        .map(|value| match value {
            0.0 => 0,
            _ => ((value / top.max(1) as f64 * (rows * 8) as f64).round() as usize)
                .clamp(1, rows * 8),
        })
        .collect();
    let row = |from_top: usize| {
        let below = (rows - 1 - from_top) * 8;
        steps.iter().map(|it| heights[it.saturating_sub(below).min(8)]).collect()
    };
    (0..rows).map(row).collect()
}

/// What the highest column of such a chart stands for.
pub(in crate::tui) fn highest(values: &[u64], columns: usize) -> u64 {
    squeezed(values, columns).into_iter().fold(0.0, f64::max).ceil() as u64
}

/// As many values as there are columns, each the mean of neighbours; those of a chart that is wide enough as they are.
fn squeezed(values: &[u64], columns: usize) -> Vec<f64> {
    let columns = columns.min(values.len());
    let mean = |at: usize| {
        let (from, to) = (at * values.len() / columns, (at + 1) * values.len() / columns);
        let part = &values[from..to];
        part.iter().sum::<u64>() as f64 / part.len() as f64
    };
    (0..columns).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::Colours;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    fn look(ascii: bool) -> Look {
        Look { colours: Colours::None, light: false, ascii }
    }

    #[test]
    fn a_bar_shows_eighths_where_the_font_can() {
        for (share, unicode, ascii) in [
            (None, "····", "...."),
            (Some(0.0), "░░░░", "----"),
            (Some(0.04), "▏░░░", "----"),
            (Some(0.5), "██░░", "##--"),
            (Some(0.6), "██▍░", "##--"),
            (Some(0.999), "███▉", "###-"),
            (Some(1.0), "████", "####"),
            (Some(7.0), "████", "####"),
            (Some(-1.0), "░░░░", "----"),
            (Some(f32::NAN), "░░░░", "----"),
        ] {
            assert_eq!(bar(share, 4, look(false)), unicode, "{share:?}");
            assert_eq!(bar(share, 4, look(true)), ascii, "{share:?}");
        }
    }

    #[test]
    fn a_chart_stands_on_its_lowest_row() {
        let values = [0, 1, 8, 16];
        assert_eq!(chart(&values, 16, (4, 2), look(false)), ["   █", " ▁██"]);
        assert_eq!(chart(&values, 16, (4, 1), look(true)), [" .:#"]);
        // Two values a column, and next to nothing is not nothing.
        assert_eq!(chart(&[0, 0, 0, 1, 100, 100], 100, (3, 1), look(false)), [" ▁█"]);
        assert_eq!(highest(&[0, 0, 0, 1, 100, 101], 3), 101);
        assert_eq!(chart(&[], 1, (10, 1), look(false)), [""]);
        assert_eq!(chart(&[0, 0], 0, (2, 1), look(false)), ["  "]);
    }

    proptest! {
        #[test]
        fn bars_and_charts_are_never_wider_than_told(
            share in proptest::option::of(-1.0_f32..2.0), columns in 0..50_usize, ascii: bool,
            values in proptest::collection::vec(0..1_000_000_u64, 0..70), rows in 1..4_usize, top in 0..2_000_000_u64,
        ) {
            prop_assert_eq!(bar(share, columns, look(ascii)).width(), columns);
            let rows_drawn = chart(&values, top, (columns, rows), look(ascii));
            prop_assert_eq!(rows_drawn.len(), rows);
            for row in rows_drawn {
                prop_assert_eq!(row.width(), columns.min(values.len()));
            }
        }
    }
}
