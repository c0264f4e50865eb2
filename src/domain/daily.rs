//! A time of day at which something is done once a day, by the clock on the wall.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::fmt;

/// A time of day, to the minute.
///
/// Where clocks are set forward over it, it comes as much later as they are set forward; where they are set back over
/// it, it comes once, the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DailyTime {
    hour: i8,
    minute: i8,
}

/// A text that is no time of day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time of day; write it from `00:00` to `23:59`")]
pub struct NoDailyTime(String);

impl DailyTime {
    /// Reads `7:05` and `07:05`.
    ///
    /// # Errors
    /// Where the text is something else.
    pub fn parse(text: &str) -> Result<DailyTime, NoDailyTime> {
        let wrong = || NoDailyTime(text.to_owned());
        let (hour, minute) = text.trim().split_once(':').ok_or_else(wrong)?;
        let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
        let shaped = (1..=2).contains(&hour.len()) && minute.len() == 2;
        if !shaped || !digits(hour) || !digits(minute) {
            return Err(wrong());
        }
        let number = |text: &str| text.parse::<i8>().map_err(|_| wrong());
        let (hour, minute) = (number(hour)?, number(minute)?);
        if hour < 24 && minute < 60 { Ok(DailyTime { hour, minute }) } else { Err(wrong()) }
    }

    /// The first moment after `now` at which it is this time, where clocks go by `zone`.
    pub fn next_after(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let today = zone.to_datetime(now).date();
        // The day before too: clocks that are set back over midnight make yesterday come again.
        let moments = (-1..=2).filter_map(|ahead: i64| {
            let wall = today.checked_add(ahead.days()).ok()?.at(self.hour, self.minute, 0, 0);
            zone.to_ambiguous_timestamp(wall).compatible().ok()
        });
        moments.filter(|it| *it > now).min().unwrap_or(Timestamp::MAX)
    }
}

impl fmt::Display for DailyTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_and_written() {
        for (text, shown) in
            [("01:30", Some("01:30")), ("7:05", Some("07:05")), (" 23:59 ", Some("23:59"))]
        {
            let read = DailyTime::parse(text).ok().map(|it| it.to_string());
            assert_eq!(read.as_deref(), shown, "{text}");
        }
        for wrong in ["", "1", "24:00", "12:60", "1:5", "123:00", "-1:00", "01:30:00", "noon"] {
            assert!(DailyTime::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn it_comes_once_a_day_whatever_clocks_do() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let half_past_one = DailyTime::parse("01:30").unwrap();
        let half_past_two = DailyTime::parse("02:30").unwrap();
        for (time, now, next) in [
            (half_past_one, "2026-06-01T00:00:00Z", "2026-06-01T23:30:00Z"),
            (half_past_one, "2026-06-01T23:29:59Z", "2026-06-01T23:30:00Z"),
            (half_past_one, "2026-06-01T23:30:00Z", "2026-06-02T23:30:00Z"),
            // There is no 02:30 on this day: 03:30 stands for it.
            (half_past_two, "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"),
            // And twice on this one: the first counts, and the second does not.
            (half_past_two, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            (half_past_two, "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        ] {
            assert_eq!(time.next_after(at(now), &zone), at(next), "{time} after {now}");
        }
    }
}
