//! Text for people: paths, durations and sizes that fit on one line of a terminal.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

/// A path as one printable line: control characters and those that turn text around are escaped, bytes that are no
/// UTF-8 shown as `\xNN`.
pub fn show_path(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut shown = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for it in chunk.valid().chars() {
            if moves_text(it) { shown.extend(it.escape_default()) } else { shown.push(it) }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02X}"));
        }
    }
    shown
}

/// True for control characters, and for those that end a line or turn its direction around (UAX 9).
fn moves_text(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `1:02:03` for an hour and more, `2:03` below.
pub fn clock_duration(duration: Duration) -> String {
    let s = duration.as_secs();
    let (hours, minutes, seconds) = (s / 3600, s / 60 % 60, s % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// At most `chars_max` characters, the last one an ellipsis where something was cut.
pub fn clip(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Bytes with a binary unit and at most one decimal: `81.8 MiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A number with what it counts: `1 file` with the word for one, `0 files` and `2 files` with the other.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let word = if count == N::from(1) { one } else { many };
    format!("{count} {word}")
}

/// The candidate a mistyped word was most likely meant to be; `None` where nothing is near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = word.chars().count();
    let near = |it: &str| letters.max(it.chars().count()).div_ceil(3);
    candidates
        .into_iter()
        .map(|it| (edit_distance(&word.to_lowercase(), &it.to_lowercase()), it))
        .filter(|(distance, it)| *distance <= near(it))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, it)| it)
}

/// Levenshtein's distance.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn odd_names_are_shown_on_one_line() {
        let path = Path::new(OsStr::from_bytes(b"a\nb\xffc.mkv"));
        assert_eq!(show_path(path), "a\\nb\\xFFc.mkv");
    }

    #[test]
    fn durations_and_sizes() {
        assert_eq!(clock_duration(Duration::from_secs(3723)), "1:02:03");
        assert_eq!(clock_duration(Duration::from_secs(123)), "2:03");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(85_773_189), "81.8 MiB");
        assert_eq!(clip("héllo", 3), "hé…");
    }

    #[test]
    fn one_is_singular() {
        for (count, told) in [(0_usize, "0 files"), (1, "1 file"), (2, "2 files")] {
            assert_eq!(counted(count, "file", "files"), told);
        }
        assert_eq!(counted(1_u64, "file waits", "files wait"), "1 file waits");
    }

    #[test]
    fn a_mistyped_word_finds_its_neighbour() {
        let words = ["model", "threads", "from", "prefer_langs"];
        assert_eq!(nearest("modle", words), Some("model"));
        assert_eq!(nearest("thread", words), Some("threads"));
        assert_eq!(nearest("colour", words), None);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }
}
