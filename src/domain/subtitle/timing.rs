//! Lines of a text with any line ends, and the time codes that stand in them.

use super::super::time::{Ms, Span};
use std::ops::Range;

/// Digits a number in a time code may have; more is no time code.
const DIGITS_MAX: usize = 9;
/// Latest time that is written: its hours have no more digits than are read.
const TIME_MAX: Ms = Ms(999_999_999 * 3_600_000);

/// Lines of `text` as byte ranges without their ends, which are LF, CRLF, CR, or CRCRLF (a CRLF file sent through a
/// text-mode copy once too often).
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = text.as_bytes();
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let rest = bytes.get(start..)?;
        let Some(length) = rest.iter().position(|it| matches!(it, b'\n' | b'\r')) else {
            next = None;
            return (!rest.is_empty()).then_some(start..bytes.len());
        };
        next = Some(start + length + break_bytes(&rest[length..]));
        Some(start..start + length)
    })
}

fn break_bytes(rest: &[u8]) -> usize {
    match rest {
        [b'\r', b'\r', b'\n', ..] => 3,
        [b'\r', b'\n', ..] => 2,
        _ => 1,
    }
}

/// The line end new lines get in this text: that of its first line.
pub(super) fn line_end(text: &str) -> &'static str {
    match text.find(['\n', '\r']).map(|at| &text.as_bytes()[at..]) {
        Some([b'\r', b'\n' | b'\r', ..]) => "\r\n",
        Some([b'\r', ..]) => "\r",
        _ => "\n",
    }
}

/// The two time codes of a line.
pub(super) struct Codes {
    /// What they say.
    pub(super) span: Span,
    /// Their bytes in the line, start and end.
    pub(super) at: [Range<usize>; 2],
}

/// Reads `00:00:01,000 --> 00:00:02,500 X1:...` with all that real files do to it: hours left out, `.` or `,` or `:`
/// before the fraction or no fraction, spaces anywhere, an arrow that is too long or torn. What follows is ignored.
pub(super) fn timing_line(line: &str) -> Option<Codes> {
    let at = |reader: &Reader<'_>| line.len() - reader.rest.len();
    // Nearly every line fails here, at its first character.
    let mut reader = Reader { rest: line.trim_start().as_bytes() };
    let from = at(&reader);
    let start = reader.time()?;
    let first = from..at(&reader);
    reader.spaces();
    let dashes = reader.rest.iter().take_while(|it| **it == b'-').count();
    reader.rest = &reader.rest[dashes..];
    reader.spaces();
    if dashes < 2 || !reader.take(b'>') {
        return None;
    }
    reader.spaces();
    let from = at(&reader);
    let end = reader.time()?;
    Some(Codes { span: Span::new(start.0, end.0), at: [first, from..at(&reader)] })
}

/// Reads one time code that fills `text` but for spaces around it.
pub(super) fn time(text: &str) -> Option<Ms> {
    let mut reader = Reader { rest: text.trim().as_bytes() };
    let time = reader.time()?;
    reader.rest.is_empty().then_some(time)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.rest.first() == Some(&byte);
        self.rest = &self.rest[usize::from(taken)..];
        taken
    }

    /// The next number and how many digits it has.
    fn number(&mut self) -> Option<(i64, usize)> {
        let digits = self.rest.iter().take_while(|it| it.is_ascii_digit()).count();
        if digits == 0 || digits > DIGITS_MAX {
            return None;
        }
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        Some((number.iter().fold(0, |sum, it| sum * 10 + i64::from(it - b'0')), digits))
    }

    /// A separator with spaces around it, where a digit follows.
    fn separator(&mut self, one_of: &[u8]) -> bool {
        let after = self.rest.trim_ascii_start();
        let Some((first, after)) = after.split_first() else { return false };
        let after = after.trim_ascii_start();
        let found = one_of.contains(first) && after.first().is_some_and(u8::is_ascii_digit);
        if found {
            self.rest = after;
        }
        found
    }

    fn time(&mut self) -> Option<Ms> {
        let negative = self.take(b'-');
        let (first, _) = self.number()?;
        if !self.separator(b":") {
            return None;
        }
        let (second, _) = self.number()?;
        let hours = self.separator(b":");
        let seconds =
            if hours { first * 3600 + second * 60 + self.number()?.0 } else { first * 60 + second };
        let fraction = self.separator(if hours { b",.:" } else { b",." });
        let ms = if fraction { self.thousandths()? } else { 0 };
        let total = seconds * 1000 + ms;
        Some(Ms(if negative { -total } else { total }))
    }

    /// The digits after the point as thousandths: `5` is 500, `1239` is 123.
    fn thousandths(&mut self) -> Option<i64> {
        let (mut value, digits) = self.number()?;
        for _ in digits..3 {
            value *= 10;
        }
        for _ in 3..digits {
            value /= 10;
        }
        Some(value)
    }
}

/// Hours, minutes, seconds and milliseconds of a time that is not before zero.
pub(super) fn parts(time: Ms) -> (i64, i64, i64, i64) {
    let ms = time.0.max(0);
    (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}

/// Digits after the point that ASS has.
const ASS_DIGITS: usize = 2;

/// A time in the shape of the time code `like`: with hours or without, with as many digits and the same separator.
/// Times before zero become zero. A fraction has `digits` digits, or three where `like` has that many; it is rounded
/// to the nearest.
pub(super) fn shaped(time: Ms, like: &str, separator: char, digits: usize) -> String {
    let like = like.trim_start_matches('-');
    let width = |it: &str| it.trim().len();
    let fraction = like.rfind([',', '.']).map(|at| (&like[at..=at], width(&like[at + 1..])));
    let colons = like.matches(':').count();
    let exact = digits != ASS_DIGITS || fraction.is_some_and(|(_, digits)| digits > ASS_DIGITS);
    let (h, m, s, ms) = parts(Ms(time.0.clamp(0, TIME_MAX.0) + if exact { 0 } else { 5 }));
    let first = width(like.split(':').next().unwrap_or_default());
    let mark = fraction.map_or(String::from(separator), |(mark, _)| mark.to_owned());
    let fraction = if exact { format!("{ms:03}") } else { format!("{:02}", ms / 10) };
    match (colons > 1, h) {
        (true, h) => format!("{h:0first$}:{m:02}:{s:02}{mark}{fraction}"),
        (false, 0) => format!("{m:0first$}:{s:02}{mark}{fraction}"),
        (false, h) => format!("{h:02}:{m:02}:{s:02}{mark}{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_codes_as_they_are_found() {
        let rows = [
            ("00:00:01,000 --> 00:00:02,500", Some((1000, 2500))),
            ("00:00:01.000 --> 00:00:02.500", Some((1000, 2500))),
            ("  0:0:1,0-->0:0:2,5  ", Some((1000, 2500))),
            ("00:01,000 --> 00:02,500", Some((1000, 2500))),
            ("00:01 --> 00:02", Some((1000, 2000))),
            ("00: 00: 01, 000 -- > 00 :00:02 ,500", Some((1000, 2500))),
            ("00:00:01:000 ---> 00:00:02:500", Some((1000, 2500))),
            ("00:00:01,000 --> 00:00:02,500 X1:053 X2:303 Y1:438 Y2:453", Some((1000, 2500))),
            ("00:00:01.000 --> 00:00:02.500 align:start position:10%", Some((1000, 2500))),
            ("00:00:01,000\t-->\t00:00:02,500", Some((1000, 2500))),
            ("100:00:01,000 --> 100:00:02,500", Some((360_001_000, 360_002_500))),
            ("-00:00:01,000 --> 00:00:02,500", Some((-1000, 2500))),
            ("00:00:05,000 --> 00:00:02,500", Some((5000, 5000))),
            ("00:00:01,123456 --> 00:00:02,50", Some((1123, 2500))),
            ("00:00:01,000 -> 00:00:02,500", None),
            ("00:00:01,000 --> ", None),
            ("--> 00:00:01,000", None),
            ("1 --> 2", None),
            ("9999999999:00:01,000 --> 00:00:02,500", None),
            ("On 00:00:01,000 --> 00:00:02,500", None),
            ("", None),
        ];
        for (line, wanted) in rows {
            let wanted = wanted.map(|(start, end)| Span::new(start, end));
            assert_eq!(timing_line(line).map(|it| it.span), wanted, "{line:?}");
        }
        assert_eq!(time(" 0:00:01.05 "), Some(Ms(1050)));
        assert_eq!(time("0:00:01.05x"), None);
    }

    #[test]
    fn every_line_end_ends_a_line() {
        let text = "a\nb\r\nc\rd\r\r\ne\n\n\rf";
        let found: Vec<&str> = lines(text).map(|it| &text[it]).collect();
        assert_eq!(found, ["a", "b", "c", "d", "e", "", "", "f"]);
        assert_eq!(lines("").count(), 0);
        assert_eq!(lines("\n").count(), 1);
    }
}
