//! Lengths of time as an owner writes them: `"83ms"`, `"1.5s"`, `"10m"`, `"1h"`, `"2d"`.

use crate::domain::time::Ms;
use serde::de::{self, Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

pub(super) const SECOND: i64 = 1000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// The units, the largest first; `ms` before `s` and `m`, which it ends with and begins with.
const UNITS: [(&str, i64); 5] = [("ms", 1), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND)];

/// A length of time from `MIN` to `MAX` milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<const MIN: i64, const MAX: i64>(pub(super) Ms);

impl<const MIN: i64, const MAX: i64> Span<MIN, MAX> {
    /// The same, never negative where `MIN` is not.
    pub(super) fn duration(self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.0).unwrap_or(0))
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Span<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(SpanVisitor::<MIN, MAX>)
    }
}

impl<const MIN: i64, const MAX: i64> Serialize for Span<MIN, MAX> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&shown(self.0.0))
    }
}

struct SpanVisitor<const MIN: i64, const MAX: i64>;

impl<const MIN: i64, const MAX: i64> de::Visitor<'_> for SpanVisitor<MIN, MAX> {
    type Value = Span<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (shown(MIN), shown(MAX));
        let such = if MAX < MINUTE { "\"7s\" or \"83ms\"" } else { "\"90s\", \"10m\" or \"1h\"" };
        write!(f, "a time from \"{min}\" to \"{max}\", such as {such}")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let ms = milliseconds(text).filter(|it| (MIN..=MAX).contains(it));
        ms.map(|it| Span(Ms(it))).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

fn milliseconds(text: &str) -> Option<i64> {
    let (number, factor) =
        UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))?;
    let number = number.trim_end();
    let plain = number.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let value: f64 = number.parse().ok().filter(|_| plain)?;
    Some((value * factor as f64).round() as i64)
}

/// As an owner would write it.
pub(super) fn shown(ms: i64) -> String {
    let largest = |it: &&(&str, i64)| ms % it.1 == 0 && ms >= it.1;
    match UNITS.iter().skip(1).find(largest) {
        Some((unit, factor)) => format!("{}{unit}", ms / factor),
        None if ms == 0 => "0s".to_owned(),
        None => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_understood_and_shown_again() {
        for (text, ms, again) in [
            ("83ms", 83, "83ms"),
            ("1.5s", 1500, "1500ms"),
            ("90s", 90_000, "90s"),
            ("10m", 600_000, "10m"),
            ("120 m", 2 * HOUR, "2h"),
            ("36h", 36 * HOUR, "36h"),
            ("30d", 30 * DAY, "30d"),
            ("0s", 0, "0s"),
        ] {
            assert_eq!((milliseconds(text), shown(ms).as_str()), (Some(ms), again), "{text}");
        }
        for text in ["", "s", "10", "-1s", "1e3s", "1h30m", "1 week", "nan s"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
