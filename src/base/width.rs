//! Text in columns of a terminal: wide characters take two, combining marks none.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// At most `columns_max` columns wide, `…` in the middle where something was cut; no character is cut in two.
pub fn clip_middle(text: &str, columns_max: usize) -> String {
    if text.width() <= columns_max {
        return text.to_owned();
    }
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    // Widths do not simply add up (ligatures, emoji), so the whole is measured each time.
    for kept in (0..graphemes.len().min(columns_max)).rev() {
        let (head, tail) = (kept.div_ceil(2), graphemes.len() - kept / 2);
        let clipped = format!("{}…{}", graphemes[..head].concat(), graphemes[tail..].concat());
        if clipped.width() <= columns_max {
            return clipped;
        }
    }
    String::new()
}

/// Filled with spaces to a width; longer text is left as it is.
pub fn pad(text: &str, width: usize, right: bool) -> String {
    let spaces = " ".repeat(width.saturating_sub(text.width()));
    if right { spaces + text } else { text.to_owned() + &spaces }
}

/// At most `columns_max` columns wide, `…` at the end where something was cut; no character is cut in two.
pub fn clip_end(text: &str, columns_max: usize) -> String {
    if text.width() <= columns_max {
        return text.to_owned();
    }
    let mut clipped = String::new();
    for grapheme in text.graphemes(true) {
        let longer = format!("{clipped}{grapheme}");
        if columns_max < longer.width() + 1 {
            break;
        }
        clipped = longer;
    }
    if columns_max > 0 {
        clipped.push('…');
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_cut_at_its_end_begins_the_same(text in "\\PC{0,80}", columns_max in 0_usize..60) {
            let clipped = clip_end(&text, columns_max);
            prop_assert!(clipped.width() <= columns_max);
            prop_assert!(clipped == text || text.starts_with(clipped.trim_end_matches('…')));
        }
    }
}
