//! Times as people say them.

use crate::base::text::clock_duration;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// The moment of an RFC 3339 text, milliseconds since the Unix epoch.
pub(in crate::tui) fn unix_ms(text: &str) -> Option<u64> {
    let at: Timestamp = text.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok()
}

/// How long ago, in short: `12 s`, `5 min`, `3 h`, `9 d`.
pub(in crate::tui) fn ago(at_unix_ms: u64, now_unix_ms: u64) -> String {
    let seconds = now_unix_ms.saturating_sub(at_unix_ms) / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The time of day here, `13:05:09`.
pub(in crate::tui) fn time_of_day(at_unix_ms: u64, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(i64::try_from(at_unix_ms).unwrap_or(i64::MAX));
    at.map_or_else(
        |_| String::new(),
        |it| it.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string(),
    )
}

/// How long something will take, coarse enough not to flicker: `40 s`, `7 min`, `1 h 05`, `3 d`.
pub(in crate::tui) fn left(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..90 => format!("{seconds} s"),
        90..3600 => format!("{} min", (seconds + 30) / 60),
        3600..172_800 => format!("{} h {:02}", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A length, `1:02:33`.
pub(in crate::tui) fn length(ms: u64) -> String {
    clock_duration(Duration::from_millis(ms))
}

/// A moment to come, as short as it can be said: `16:40`, `Tue 16:40` on another day, `2026-12-24` beyond a week.
pub(in crate::tui) fn hour(at_unix_ms: u64, now_unix_ms: u64, zone: &TimeZone) -> String {
    let of = |ms: u64| {
        let at = Timestamp::from_millisecond(i64::try_from(ms).unwrap_or(i64::MAX)).ok()?;
        Some(at.to_zoned(zone.clone()))
    };
    let (Some(at), Some(now)) = (of(at_unix_ms), of(now_unix_ms)) else { return String::new() };
    let far = at_unix_ms.saturating_sub(now_unix_ms) >= 6 * 86_400_000;
    let form = match (at.date() == now.date(), far) {
        (true, _) => "%H:%M",
        (false, false) => "%a %H:%M",
        (false, true) => "%Y-%m-%d",
    };
    at.strftime(form).to_string()
}

/// A number with its thousands apart: `12,345`.
pub(in crate::tui) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_as_coarsely_as_it_is_known() {
        let s = 1000;
        for (ms, told) in [
            (0, "0 s"),
            (89 * s, "89 s"),
            (90 * s, "2 min"),
            (3599 * s, "60 min"),
            (3600 * s, "1 h 00"),
            (3900 * s, "1 h 05"),
            (172_800 * s, "2 d"),
            (u64::MAX, "213503982334 d"),
        ] {
            assert_eq!(left(ms), told);
        }
    }

    #[test]
    fn moments_and_numbers_are_short() {
        let now = unix_ms("2026-11-22T12:00:00Z").unwrap();
        let zone = TimeZone::UTC;
        for (at, said) in [
            ("2026-11-22T16:40:59Z", "16:40"),
            ("2026-11-24T00:05:00Z", "Tue 00:05"),
            ("2026-12-24T12:00:00Z", "2026-12-24"),
        ] {
            assert_eq!(hour(unix_ms(at).unwrap(), now, &zone), said);
        }
        for (count, said) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(count), said);
        }
    }
}
