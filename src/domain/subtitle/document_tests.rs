//! Cues that are moved: their times are new, all else is as it was.

use super::super::super::time::Ms;
use super::super::write;
use super::*;
use proptest::prelude::*;

fn read(text: &str, format: Format) -> Document {
    Document::parse(text.as_bytes(), Some(format)).unwrap()
}

fn text(document: &Document) -> String {
    String::from_utf8(document.to_bytes()).unwrap()
}

/// Cue 0 of `before`, moved to `span`, is `after`.
fn moved(format: Format, before: &str, span: (i64, i64), after: &str) {
    let mut document = read(before, format);
    let own = document.cues()[0].span;
    document.set_span(0, Span::new(span.0, span.1));
    assert_eq!(text(&document), after, "{before:?}");
    let again = read(after, format).cues()[0].span;
    assert_eq!(document.cues()[0].span, again, "{before:?}");
    document.set_span(0, own);
    assert_eq!(text(&document), before);
}

/// A file, when its cue is shown now, and the file then.
const MOVED: [(Format, &str, (i64, i64), &str); 18] = [
    (
        Format::Srt,
        "1\n00:00:01,000 --> 00:00:02,500\nA",
        (61_234, 62_005),
        "1\n00:01:01,234 --> 00:01:02,005\nA",
    ),
    (
        Format::Srt,
        "00:00:01,000 --> 00:00:02,500 X1:1 X2:2\r\nA",
        (0, 1),
        "00:00:00,000 --> 00:00:00,001 X1:1 X2:2\r\nA",
    ),
    (Format::Srt, " 0:0:1.5-->0:0:2 \nA", (3_600_000, 3_601_000), " 1:00:00.000-->1:00:01,000 \nA"),
    (
        Format::Srt,
        "00: 00: 01, 000 -- > 00 :00:02 ,500\nA",
        (5, 6),
        "00:00:00,005 -- > 00:00:00,006\nA",
    ),
    (
        Format::Srt,
        "-00:00:01,000 --> 00:00:02,500\nA",
        (-5000, 2500),
        "00:00:00,000 --> 00:00:02,500\nA",
    ),
    (
        Format::Srt,
        "00:00:09,000 --> 00:00:02,500\nA",
        (9000, 9500),
        "00:00:09,000 --> 00:00:09,500\nA",
    ),
    (
        Format::Srt,
        "100:00:01,000 --> 100:00:02,500\nA",
        (1, 2),
        "000:00:00,001 --> 000:00:00,002\nA",
    ),
    (Format::Srt, "00:00:01:000 --> 00:00:02:500\nA", (1, 2), "00:00:00,001 --> 00:00:00,002\nA"),
    (
        Format::Srt,
        "00:00:01,123456 --> 00:00:02,5\nA",
        (1123, 2501),
        "00:00:01,123456 --> 00:00:02,501\nA",
    ),
    (
        Format::Vtt,
        "WEBVTT\n\n00:01.000 --> 00:02.500 line:0\nA",
        (59_999, 60_000),
        "WEBVTT\n\n00:59.999 --> 01:00.000 line:0\nA",
    ),
    (
        Format::Vtt,
        "WEBVTT\n\n00:01.000 --> 00:02.500\nA",
        (3_599_000, 3_600_001),
        "WEBVTT\n\n59:59.000 --> 01:00:00.001\nA",
    ),
    (
        Format::Vtt,
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nA<00:00:01.500>B",
        (0, 1500),
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nA<00:00:01.500>B",
    ),
    (
        Format::Ass,
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\k5}A, b",
        (61_234, 3_662_005),
        "Dialogue: 0,0:01:01.23,1:01:02.01,Default,,0,0,0,,{\\k5}A, b",
    ),
    (
        Format::Ass,
        "Dialogue: 0, 0:00:01.00 ,0:00:02.50,,,,,,,A",
        (-1, 4),
        "Dialogue: 0, 0:00:00.00 ,0:00:00.00,,,,,,,A",
    ),
    (
        Format::Ass,
        "Dialogue: 0,0:00:01.00,0:00:02.50,,,,,,,A",
        (35_999_999, 36_000_000),
        "Dialogue: 0,10:00:00.00,10:00:00.00,,,,,,,A",
    ),
    (
        Format::Ass,
        "Dialogue: 0,0:00:01.000,0:00:02.5,,,,,,,A",
        (1234, 2345),
        "Dialogue: 0,0:00:01.234,0:00:02.35,,,,,,,A",
    ),
    (
        Format::Ass,
        "Dialogue: Marked=0,0:00:01.00,0:00:02.50,,,,,,,A",
        (1, 9),
        "Dialogue: Marked=0,0:00:00.00,0:00:00.01,,,,,,,A",
    ),
    (
        Format::Ass,
        "Format: End, Start, Text\nDialogue: 0:00:02.50,0:00:01.00,A",
        (3000, 4000),
        "Format: End, Start, Text\nDialogue: 0:00:04.00,0:00:03.00,A",
    ),
];

#[test]
fn time_codes_keep_their_shape() {
    for (format, before, span, after) in MOVED {
        moved(format, before, span, after);
    }
}

#[test]
fn times_and_text_change_together() {
    let mut document =
        read("1\r\n0:01,0 --> 0:02,0\r\n\r\n2\r\n0:03,0 --> 0:04,0\r\n<i>B</i>\r\n", Format::Srt);
    document.set_span(0, Span::new(500, 900));
    document.set_text(0, "A");
    document.set_span(1, Span::new(5000, 6000));
    document.set_text(1, "C");
    document.set_span(2, Span::new(1, 2));
    let wanted =
        "1\r\n0:00,500 --> 0:00,900\r\nA\r\n\r\n2\r\n0:05,000 --> 0:06,000\r\n<i>C</i>\r\n";
    assert_eq!(text(&document), wanted);
    assert_eq!(document.to_utf8(), wanted.as_bytes());
}

#[test]
fn as_utf8_a_file_has_no_mark_and_nothing_else_is_new() {
    let text = "1\r\n00:00:01,000 --> 00:00:02,000\r\nДа\r\n\r\nloose end";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files = [
        text.as_bytes().to_vec(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        [b"\xEF\xBB\xBF\xEF\xBB\xBF", text.as_bytes()].concat(),
        [b"\xFF\xFE".to_vec(), utf16.clone()].concat(),
        utf16,
    ];
    for bytes in files {
        let mut document = Document::parse(&bytes, Some(Format::Srt)).unwrap();
        assert_eq!(document.to_utf8(), text.as_bytes());
        assert_eq!(document.to_bytes(), bytes);
        document.set_span(0, Span::new(0, 2000));
        assert_eq!(document.to_utf8(), text.replace("01,000", "00,000").as_bytes());
    }
}

#[test]
fn the_longest_times_are_written_so_that_they_are_read() {
    for format in Format::ALL {
        let cue = Cue { span: Span::new(0, 1), lines: vec!["A".to_owned()], confidence: 1.0 };
        let lang = Lang::parse("en").unwrap();
        let mut document = read(&write(&[cue], format, &lang), format);
        document.set_span(0, Span::new(i64::MIN, i64::MAX));
        let again = Document::parse(&document.to_bytes(), Some(format)).unwrap().cues()[0].span;
        assert_eq!(again, document.cues()[0].span);
        assert_eq!(again, Span::new(0, 999_999_999 * 3_600_000));
    }
}

proptest! {
    #[test]
    fn a_moved_cue_is_where_it_was_put(
        starts in prop::collection::vec((0i64..40_000_000, 1i64..9000), 1..6),
        to in (-5000i64..400_000_000, 0i64..9000),
        pick in any::<prop::sample::Index>(),
        format in prop::sample::select(Format::ALL.to_vec()),
    ) {
        let cue = |it: &(i64, i64)| Cue {
            span: Span::new(it.0, it.0 + it.1),
            lines: vec![format!("at {}", it.0)],
            confidence: 1.0,
        };
        let cues: Vec<Cue> = starts.iter().map(cue).collect();
        let file = write(&cues, format, &Lang::parse("en").unwrap());
        let mut document = read(&file, format);
        let before = document.cues();
        for (index, it) in before.iter().enumerate() {
            document.set_span(index, it.span);
        }
        prop_assert_eq!(text(&document), file.as_str());
        let index = pick.index(cues.len());
        let span = Span::new(to.0, to.0 + to.1);
        document.set_span(index, span);
        let near = |a: Ms, b: Ms| (a.0 - b.0.max(0)).abs() <= if format == Format::Ass { 5 } else { 0 };
        let after = read(&text(&document), format).cues();
        prop_assert_eq!(&after, &document.cues());
        for (at, (old, new)) in before.iter().zip(&after).enumerate() {
            let wanted = if at == index { span } else { old.span };
            prop_assert!(near(new.span.start, wanted.start) && near(new.span.end, wanted.end));
            prop_assert_eq!(&old.lines, &new.lines);
        }
        document.set_span(index, before[index].span);
        prop_assert_eq!(text(&document), file);
    }
}
