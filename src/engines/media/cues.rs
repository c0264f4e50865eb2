//! From the packets of a text track to a subtitle file of its own.
//!
//! What a packet holds depends on the codec; containers agree on it. SubRip and WebVTT: the text of one cue, the latter
//! with its settings beside. ASS (Matroska's `S_TEXT/ASS`): a dialogue line without its times, after the number it had
//! in its file. MOV text (3GPP TS 26.245): a length, the text, and boxes that style it, which are left aside.

use crate::domain::subtitle::{Format, encoding};

/// A cue that does not say how long it stays ends with the next one, and at the latest after so long.
const UNTIMED_MS_MAX: i64 = 7_000;
/// A time stamp beyond 100 hours is damage.
const TIME_MS_MAX: i64 = 100 * 3600 * 1000;
/// What a cue takes in a file beside its text, at most: its number, its times, commas and line ends.
const CUE_BYTES: usize = 96;
/// How an ASS file begins where the track carries no header.
const ASS_HEADER: &str = "[Script Info]\nScriptType: v4.00+\n";
/// The columns of dialogue lines, in the order in which Matroska has them.
const ASS_EVENTS: &str =
    "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";
/// Columns of an ASS packet: number, layer, style, name, three margins, effect, text.
const ASS_COLUMNS: usize = 9;

/// How a track's packets are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    SubRip,
    Ass,
    WebVtt,
    MovText,
}

impl Codec {
    /// By FFmpeg's name; `None` for those that no subtitle file can hold.
    pub(super) fn named(name: &str) -> Option<Codec> {
        match name {
            "subrip" | "srt" | "text" => Some(Codec::SubRip),
            "ass" | "ssa" => Some(Codec::Ass),
            "webvtt" => Some(Codec::WebVtt),
            "mov_text" => Some(Codec::MovText),
            _ => None,
        }
    }
}

/// A cue as it came.
#[derive(Debug)]
struct Cue {
    start_ms: i64,
    /// `None` where the packet does not tell it.
    end_ms: Option<i64>,
    /// ASS: its number in the file it was made of.
    order: i64,
    /// ASS: the layer; WebVTT: the settings.
    extra: Vec<u8>,
    body: Vec<u8>,
}

/// The text of one track.
#[derive(Debug)]
pub(super) struct Text {
    codec: Codec,
    header: Vec<u8>,
    cues: Vec<Cue>,
    bytes: usize,
}

impl Text {
    /// Nothing yet; `header` is what the container keeps beside the packets.
    pub(super) fn new(codec: Codec, header: Vec<u8>) -> Text {
        let bytes = header.len() + ASS_HEADER.len() + ASS_EVENTS.len();
        Text { codec, header, cues: Vec::new(), bytes }
    }

    /// Of the file that it becomes.
    pub(super) fn format(&self) -> Format {
        match self.codec {
            Codec::SubRip | Codec::MovText => Format::Srt,
            Codec::Ass => Format::Ass,
            Codec::WebVtt => Format::Vtt,
        }
    }

    /// How large the file becomes at most, in the track's own encoding.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a packet; what is damaged, empty or never on screen is left out. Times are on the video's clock.
    pub(super) fn take(&mut self, start_us: i64, lasts_us: Option<i64>, data: &[u8], extra: &[u8]) {
        let end_ms = lasts_us.map(|it| to_ms(start_us.saturating_add(it)));
        let start_ms = to_ms(start_us);
        if start_ms >= TIME_MS_MAX || end_ms.is_some_and(|it| it <= 0) {
            return;
        }
        let read = match self.codec {
            Codec::SubRip => Some((0, Vec::new(), lines(data))),
            Codec::WebVtt => Some((0, lines(extra), lines(data))),
            Codec::MovText => mov_text(data).map(|it| (0, Vec::new(), lines(it.as_bytes()))),
            Codec::Ass => ass(data),
        };
        let Some((order, extra, body)) = read.filter(|(_, _, body)| !body.is_empty()) else {
            return;
        };
        self.bytes += CUE_BYTES + extra.len() + body.len();
        self.cues.push(Cue { start_ms, end_ms, order, extra, body });
    }

    /// The file, UTF-8. A track that is not is converted as a file would be.
    pub(super) fn file(mut self) -> Vec<u8> {
        self.cues.sort_by_key(|it| it.start_ms);
        self.end_all();
        if self.codec == Codec::Ass {
            // The order of the lines decides what lies above what.
            self.cues.sort_by_key(|it| it.order);
        }
        let mut out = self.beginning();
        for (nth, cue) in self.cues.iter().enumerate() {
            self.write(nth, cue, &mut out);
        }
        match String::from_utf8(out) {
            Ok(text) => text.into_bytes(),
            Err(err) => encoding::to_utf8(err.as_bytes(), None).0.into_bytes(),
        }
    }

    /// Ends those that do not tell their end where the next one starts.
    fn end_all(&mut self) {
        let mut next: Option<i64> = None;
        let mut at = self.cues.last().map_or(0, |it| it.start_ms);
        for cue in self.cues.iter_mut().rev() {
            if cue.start_ms < at {
                next = Some(at);
                at = cue.start_ms;
            }
            let latest = cue.start_ms.saturating_add(UNTIMED_MS_MAX);
            let end = cue.end_ms.unwrap_or_else(|| next.map_or(latest, |it| it.min(latest)));
            cue.end_ms = Some(end.clamp(cue.start_ms, TIME_MS_MAX));
        }
    }

    fn beginning(&self) -> Vec<u8> {
        let header: Vec<u8> = self.header.iter().copied().filter(|it| *it != 0).collect();
        let header = header.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&header);
        match self.codec {
            Codec::SubRip | Codec::MovText => Vec::new(),
            Codec::WebVtt => vtt_header(header),
            Codec::Ass => ass_header(header),
        }
    }

    fn write(&self, nth: usize, cue: &Cue, out: &mut Vec<u8>) {
        let (start, end) = (cue.start_ms.max(0), cue.end_ms.unwrap_or(cue.start_ms).max(0));
        match self.codec {
            Codec::SubRip | Codec::MovText => {
                let (start, end) = (stamp(start, ','), stamp(end, ','));
                out.extend(format!("{}\n{start} --> {end}\n", nth + 1).bytes());
                out.extend(&cue.body);
                out.extend(b"\n\n");
            }
            Codec::WebVtt => {
                out.extend(format!("{} --> {}", stamp(start, '.'), stamp(end, '.')).bytes());
                if !cue.extra.is_empty() {
                    out.push(b' ');
                    out.extend(cue.extra.iter().map(|it| if *it == b'\n' { b' ' } else { *it }));
                }
                out.push(b'\n');
                out.extend(&cue.body);
                out.extend(b"\n\n");
            }
            Codec::Ass => {
                out.extend(b"Dialogue: ");
                out.extend(&cue.extra);
                out.extend(format!(",{},{},", ass_stamp(start), ass_stamp(end)).bytes());
                out.extend(&cue.body);
                out.push(b'\n');
            }
        }
    }
}

/// Rounded to the nearest.
fn to_ms(us: i64) -> i64 {
    us.saturating_add(500).div_euclid(1000)
}

fn stamp(ms: i64, point: char) -> String {
    let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{h:02}:{m:02}:{s:02}{point}{:03}", ms % 1000)
}

/// ASS counts centiseconds: the nearest.
fn ass_stamp(ms: i64) -> String {
    let cs = (ms + 5) / 10;
    let (h, m, s) = (cs / 360_000, cs / 6000 % 60, cs / 100 % 60);
    format!("{h}:{m:02}:{s:02}.{:02}", cs % 100)
}

/// Lines ended by LF, without empty ones, which would end the cue, and without zeros, which some muxers leave.
fn lines(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    for line in data.split(|it| matches!(it, b'\n' | b'\r')) {
        let before = out.len();
        if before > 0 {
            out.push(b'\n');
        }
        let text = out.len();
        out.extend(line.iter().filter(|it| **it != 0));
        if out[text..].trim_ascii().is_empty() {
            out.truncate(before);
        }
    }
    out
}

/// The text of a sample: UTF-8, or UTF-16 where it begins with a BOM.
fn mov_text(data: &[u8]) -> Option<String> {
    let (length, rest) = data.split_first_chunk::<2>()?;
    // A sample that is cut keeps what is there of it.
    let text = rest.get(..usize::from(u16::from_be_bytes(*length))).unwrap_or(rest);
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = text.as_chunks::<2>().0[1..].iter().map(|it| from(*it)).collect();
        String::from_utf16_lossy(&units)
    };
    Some(match text {
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        _ => String::from_utf8_lossy(text).into_owned(),
    })
}

/// Number, layer, and all columns from the style on.
fn ass(data: &[u8]) -> Option<(i64, Vec<u8>, Vec<u8>)> {
    if data.split(|it| *it == b',').count() < ASS_COLUMNS {
        return None;
    }
    let mut columns = data.splitn(3, |it| *it == b',');
    let (number, layer, rest) = (columns.next()?, columns.next()?, columns.next()?);
    let number = str::from_utf8(number).ok()?.trim().parse().ok()?;
    let body = lines(rest).split(|it| *it == b'\n').collect::<Vec<_>>().join(b"\\N".as_slice());
    Some((number, lines(layer).split(|it| *it == b'\n').next()?.to_vec(), body))
}

/// What stands before the cues: all of the header but its events, which may be told in other columns.
fn ass_header(header: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut events = false;
    for line in header.split(|it| matches!(it, b'\n' | b'\r')) {
        let line = line.trim_ascii();
        if line.starts_with(b"[") {
            events = line.eq_ignore_ascii_case(b"[Events]");
            if !out.is_empty() && !events {
                out.push(b'\n');
            }
        }
        if !events && !line.is_empty() {
            out.extend(line);
            out.push(b'\n');
        }
    }
    if out.is_empty() {
        out.extend(ASS_HEADER.bytes());
    }
    out.push(b'\n');
    out.extend(ASS_EVENTS.bytes());
    out
}

/// The signature, and styles and regions where the track carries some; nothing that would be read as a cue.
fn vtt_header(header: &[u8]) -> Vec<u8> {
    let mut out = b"WEBVTT\n".to_vec();
    let first = header.starts_with(b"WEBVTT");
    for line in header.split(|it| *it == b'\n').skip(usize::from(first)) {
        let line = line.trim_ascii_end();
        if !line.windows(3).any(|it| it == b"-->") {
            out.extend(line);
            out.push(b'\n');
        }
    }
    out.push(b'\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subtitle::Document;
    use proptest::prelude::*;

    const CODECS: [Codec; 4] = [Codec::SubRip, Codec::Ass, Codec::WebVtt, Codec::MovText];

    /// A file of packets: start and length in milliseconds, data.
    fn file(codec: Codec, header: &str, packets: &[(i64, Option<i64>, &[u8])]) -> String {
        let mut text = Text::new(codec, header.as_bytes().to_vec());
        for (start, lasts, data) in packets {
            text.take(start * 1000, lasts.map(|it| it * 1000), data, &[]);
        }
        String::from_utf8(text.file()).unwrap()
    }

    fn spans(file: &str, format: Format) -> Vec<(i64, i64)> {
        let cues = Document::parse(file.as_bytes(), Some(format)).unwrap().cues();
        cues.iter().map(|it| (it.span.start.0, it.span.end.0)).collect()
    }

    #[test]
    fn a_subrip_file_is_written() {
        let packets: [(i64, Option<i64>, &[u8]); 3] = [
            (1000, Some(1500), b"\r\n<i>one</i>\r\n \r\ntwo\0\0"),
            (3_600_000, Some(1), b"three"),
            (5000, Some(1000), b" \n\r\n"),
        ];
        let expected = "1\n00:00:01,000 --> 00:00:02,500\n<i>one</i>\ntwo\n\n\
            2\n01:00:00,000 --> 01:00:00,001\nthree\n\n";
        assert_eq!(file(Codec::SubRip, "", &packets), expected);
    }

    #[test]
    fn what_does_not_tell_its_end_ends_with_the_next_one() {
        let packets: [(i64, Option<i64>, &[u8]); 6] = [
            (0, None, b"a"),
            (2000, None, b"b"),
            (2000, None, b"c"),
            (4000, Some(20_000), b"d"),
            (5000, None, b"e"),
            (60_000, None, b"f"),
        ];
        let expected = [
            (0, 2000),
            (2000, 4000),
            (2000, 4000),
            (4000, 24_000),
            (5000, 5000 + UNTIMED_MS_MAX),
            (60_000, 60_000 + UNTIMED_MS_MAX),
        ];
        assert_eq!(spans(&file(Codec::SubRip, "", &packets), Format::Srt), expected);
    }

    #[test]
    fn what_is_not_on_the_videos_clock_is_cut_or_left_out() {
        let packets: [(i64, Option<i64>, &[u8]); 5] = [
            (-3000, Some(2000), b"before"),
            (-1000, Some(2000), b"begins before"),
            (1000, Some(i64::MAX / 1000), b"endless"),
            (TIME_MS_MAX, Some(1), b"after"),
            (i64::MAX / 1000, None, b"never"),
        ];
        let found = spans(&file(Codec::WebVtt, "", &packets), Format::Vtt);
        assert_eq!(found, [(0, 1000), (1000, TIME_MS_MAX)]);
    }

    #[test]
    fn packets_may_come_in_any_order() {
        let packets: [(i64, Option<i64>, &[u8]); 3] =
            [(3000, Some(500), b"b"), (1000, Some(500), b"a"), (5000, Some(500), b"c")];
        let found = spans(&file(Codec::SubRip, "", &packets), Format::Srt);
        assert_eq!(found, [(1000, 1500), (3000, 3500), (5000, 5500)]);
    }

    #[test]
    fn samples_of_mov_text() {
        let long = [&[0, 2][..], b"ab\0\0\0\x0Estyl"].concat();
        let rows: [(&[u8], Option<&str>); 9] = [
            (b"\0\x02ab", Some("ab")),
            (&long, Some("ab")),
            (b"\0\0", Some("")),
            (b"\0\x09ab", Some("ab")),
            (b"\0", None),
            (b"", None),
            (b"\0\x06\xFE\xFF\0a\x4F\x60", Some("a\u{4f60}")),
            (b"\0\x06\xFF\xFEa\0\x60\x4F", Some("a\u{4f60}")),
            (b"\0\x03\xFE\xFFa", Some("")),
        ];
        for (data, text) in rows {
            assert_eq!(mov_text(data).as_deref(), text, "{data:?}");
        }
        let gap: [(i64, Option<i64>, &[u8]); 2] =
            [(0, Some(1000), b"\0\0"), (1000, Some(500), b"\0\x01a")];
        assert_eq!(spans(&file(Codec::MovText, "", &gap), Format::Srt), [(1000, 1500)]);
    }

    #[test]
    fn an_ass_file_is_written() {
        let header = "\u{FEFF}[Script Info]\r\nTitle: T\r\n\r\n[V4 Styles]\r\nStyle: A\r\n[Events]\r\n\
            Format: Marked, Start, End, Text\r\nComment: 0,gone\r\n\r\n[Fonts]\r\nfontname: f.ttf\r\n";
        let packets: [(i64, Option<i64>, &[u8]); 4] = [
            (1004, Some(996), b"1,0,A,,0,0,0,,later, in the file"),
            (2996, Some(1000), b"0,Marked=0,A,,0,0,0,,{\\i1}two\r\nlines"),
            (3000, Some(1000), b"0,0,A,,0,0,0"),
            (3000, Some(1000), b"x,0,A,,0,0,0,,no number"),
        ];
        let expected = "[Script Info]\nTitle: T\n\n[V4 Styles]\nStyle: A\n\n[Fonts]\nfontname: f.ttf\n\n[Events]\n\
            Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
            Dialogue: Marked=0,0:00:03.00,0:00:04.00,A,,0,0,0,,{\\i1}two\\Nlines\n\
            Dialogue: 0,0:00:01.00,0:00:02.00,A,,0,0,0,,later, in the file\n";
        assert_eq!(file(Codec::Ass, header, &packets), expected);
        let bare = file(Codec::Ass, "", &packets);
        assert!(
            bare.starts_with("[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer,"),
            "{bare}"
        );
    }

    #[test]
    fn a_webvtt_header_holds_no_cue() {
        let header = "WEBVTT - made by\n\nSTYLE\n::cue { color: red }\n\n00:00:01.000 --> 00:00:02.000\nno\n";
        let text = file(Codec::WebVtt, header, &[(5000, Some(1000), b"yes")]);
        assert!(text.starts_with("WEBVTT\n\nSTYLE\n::cue { color: red }\n"), "{text}");
        assert_eq!(spans(&text, Format::Vtt), [(5000, 6000)]);
    }

    proptest! {
        #[test]
        fn whatever_comes_becomes_a_file(
            codec in prop::sample::select(&CODECS[..]),
            header in prop::collection::vec(any::<u8>(), 0..80),
            packets in prop::collection::vec(
                (any::<i64>(), any::<Option<i64>>(), prop::collection::vec(any::<u8>(), 0..60)),
                0..12,
            ),
            near in prop::collection::vec((-2_000_000i64..90_000_000, "\\PC{0,40}"), 0..8),
        ) {
            let mut text = Text::new(codec, header);
            for (start, lasts, data) in &packets {
                text.take(*start, *lasts, data, data);
            }
            for (start, line) in &near {
                let length = (line.len() as u16).to_be_bytes();
                let data = match codec {
                    Codec::SubRip | Codec::WebVtt => line.clone().into_bytes(),
                    Codec::Ass => format!("{start},0,Default,,0,0,0,,{line}").into_bytes(),
                    Codec::MovText => [&length[..], line.as_bytes()].concat(),
                };
                text.take(*start, None, &data, &[]);
            }
            let (format, counted) = (text.format(), text.bytes());
            let file = text.file();
            let utf8 = str::from_utf8(&file);
            prop_assert!(utf8.is_ok());
            // Another encoding may make three bytes of one, more never.
            prop_assert!(file.len() <= 3 * counted, "{} of {counted}", file.len());
            prop_assert!(Document::parse(&file, Some(format)).is_ok());
        }
    }
}
