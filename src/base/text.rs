//! Text for people: paths, durations and sizes that fit on one line of a terminal.

use std::path::Path;
use std::time::Duration;

/// A path as one printable line: control characters are escaped, bytes that are no UTF-8 shown as `\xNN`.
pub fn show_path(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut shown = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for it in chunk.valid().chars() {
            if it.is_control() { shown.extend(it.escape_default()) } else { shown.push(it) }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02X}"));
        }
    }
    shown
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
}
