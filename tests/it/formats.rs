//! Subtitle files as they are found in the wild: read whole, changed in one place, written back as they were.

#[path = "../../fuzz/invariants.rs"]
mod invariants;

use kinora::domain::cue::Cue;
use kinora::domain::lang::Lang;
use kinora::domain::subtitle::{CUES_MAX, Document, Format, write};
use kinora::domain::time::{Ms, Span};
use proptest::prelude::*;

type Row = (i64, i64, String);

/// Start, end and lines joined by `|`, cue by cue.
fn shown(document: &Document) -> Vec<Row> {
    let row = |it: Cue| (it.span.start.0, it.span.end.0, it.lines.join("|"));
    document.cues().into_iter().map(row).collect()
}

fn read(text: &str, hint: Option<Format>) -> Document {
    let document = Document::parse(text.as_bytes(), hint).expect("it is a subtitle file");
    assert_eq!(document.to_bytes(), text.as_bytes());
    document
}

fn row(start: i64, end: i64, text: &str) -> Row {
    (start, end, text.to_owned())
}

#[test]
fn ugly_subrip_is_read_as_players_read_it() {
    let a = || row(1000, 2000, "A");
    let b = || row(3000, 4000, "B|C");
    let rows: Vec<(&str, &str, Vec<Row>)> = vec![
        (
            "clean",
            "1\n00:00:01,000 --> 00:00:02,000\nA\n\n2\n00:00:03,000 --> 00:00:04,000\nB\nC\n",
            vec![a(), b()],
        ),
        (
            "CRLF, no numbers, points, X1",
            "00:00:01.000 --> 00:00:02.000 X1:1 X2:2 Y1:3 Y2:4\r\nA\r\n\r\n0:0:3,0-->0:0:4\r\nB\r\nC",
            vec![a(), b()],
        ),
        ("no empty lines", "1\n0:01,0 --> 0:02,0\nA\n2\n0:03,0 --> 0:04,0\nB\nC", vec![a(), b()]),
        (
            "empty lines inside",
            "1\n0:01,0 --> 0:02,0\n\nA\n\n2\n0:03,0 --> 0:04,0\nB\n\n \nC\n\n\n",
            vec![a(), b()],
        ),
        ("CR only", "1\r0:01,0 --> 0:02,0\rA\r\r2\r0:03,0 --> 0:04,0\rB\rC\r", vec![a(), b()]),
        (
            "CRCRLF",
            "1\r\r\n0:01,0 --> 0:02,0\r\r\nA\r\r\n\r\r\n2\r\r\n0:03,0 --> 0:04,0\r\r\nB\r\r\nC",
            vec![a(), b()],
        ),
        (
            "joined files",
            "1\n0:01,0 --> 0:02,0\nA\n\n\u{FEFF}1\n0:03,0 --> 0:04,0\nB\nC",
            vec![a(), b()],
        ),
        ("bad order", "9\n0:03,0 --> 0:04,0\nB\nC\n\n1\n0:01,0 --> 0:02,0\nA\n", vec![b(), a()]),
        (
            "tags",
            "1\n0:01,0 --> 0:02,0\n{\\an8}<i>A</i>\n\n2\n0:03,0 --> 0:04,0\n\
             <font color=\"#fff\">B</font><br/><B>C</b>\n",
            vec![a(), b()],
        ),
        (
            "numbers as text",
            "1\n0:01,0 --> 0:02,0\n1984\n\n2\n0:03,0 --> 0:04,0\n42\n",
            vec![row(1000, 2000, "1984"), row(3000, 4000, "42")],
        ),
        (
            "no text",
            "1\n0:01,0 --> 0:02,0\n\n2\n0:03,0 --> 0:04,0",
            vec![row(1000, 2000, ""), row(3000, 4000, "")],
        ),
        (
            "no tags",
            "0:01,0 --> 0:02,0\na < b > c <3 <Name> {x}",
            vec![row(1000, 2000, "a < b > c <3 <Name> {x}")],
        ),
        ("noise in front", "made by x\n\n1\n0:01,0 --> 0:02,0\nA\n", vec![a()]),
        ("end before start", "1\n0:02,0 --> 0:01,0\nA\n", vec![row(2000, 2000, "A")]),
    ];
    for (name, text, wanted) in rows {
        assert_eq!(shown(&read(text, None)), wanted, "{name}");
        assert_eq!(read(text, Some(Format::Srt)).format(), Format::Srt);
    }
}

#[test]
fn webvtt_keeps_what_is_no_cue() {
    let text = "\u{FEFF}WEBVTT - title\nKind: captions\n\nNOTE\nA comment\n\nSTYLE\n::cue { color: red }\n\n\
        REGION\nid:a\n\n\
        intro\n00:01.000 --> 00:02.000 align:start position:10%\n<v Ann>A &amp; B&nbsp;&#x3C;x&gt;\n\n\
        NOTE 00:05.000\n\n00:00:03.000 --> 00:00:04.000\n<c.red>C</c> <00:03.500>D\n- 1 <3\n\nlost text\n\n\
        00:05.000 --> 00:06.000\nE\n00:07.000 --> 00:08.000\nF";
    let mut document = read(text, None);
    assert_eq!(document.format(), Format::Vtt);
    let wanted = [
        row(1000, 2000, "A & B\u{A0}<x>"),
        row(3000, 4000, "C D|- 1 <3"),
        row(5000, 6000, "E"),
        row(7000, 8000, "F"),
    ];
    assert_eq!(shown(&document), wanted);
    document.set_text(0, "1 < 2 --> 3");
    let wanted = text.replace("A &amp; B&nbsp;&#x3C;x&gt;", "1 &lt; 2 --&gt; 3");
    assert_eq!(document.to_bytes(), wanted.as_bytes());
}

const ASS: &str = "[Script Info]\r\n; a comment\r\nScriptType: v4.00+\r\nUnknown: kept\r\n\r\n[V4+ Styles]\r\n\
    Format: Name, Fontname\r\nStyle: Default,Arial\r\n\r\n[Events]\r\n\
    Format: Layer, End, Start, Style, Text\r\n\
    Comment: 0,0:00:02.00,0:00:01.00,Default,not shown\r\n\
    Dialogue: 0,0:00:02.00,0:00:01.00,Default,{\\an8\\i1}One, {\\b1}two{\\b0}\\Nthree\\hfour\r\n\
    Dialogue: 0,0:00:04.00,0:00:03.00,Sign,{\\p1}m 0 0 l 9 9{\\p0}\r\n\
    Dialogue: 1, 0:00:06.5 ,0:00:05.05,Default,{not closed \\{x\\}\r\n\r\n[Fonts]\r\nfontname: a.ttf\r\n!!!!\r\n";

#[test]
fn ass_fields_come_in_the_order_of_the_format_line() {
    let mut document = read(ASS, None);
    assert_eq!(document.format(), Format::Ass);
    let wanted =
        [row(1000, 2000, "One, two|three\u{A0}four"), row(3000, 4000, ""), row(5050, 6500, "")];
    assert_eq!(shown(&document), wanted);
    document.set_text(0, "Eins {a}\nzwei, drei");
    let wanted = ASS.replace("One, {\\b1}two{\\b0}\\Nthree\\hfour", "Eins \\{a\\}\\Nzwei, drei");
    assert_eq!(String::from_utf8(document.to_bytes()).unwrap(), wanted);
    let ssa = "[Script Info]\n[V4 Styles]\n[Events]\nDialogue: Marked=0,0:00:01.00,0:00:02.00,D,,0,0,0,,Hi, you\n";
    assert_eq!(shown(&read(ssa, None)), [row(1000, 2000, "Hi, you")]);
}

#[test]
fn only_the_text_of_a_cue_is_replaced() {
    let rows = [
        (
            "7\r\n0:01 --> 0:02 X1:1\r\nold\r\ntext\r\n\r\n",
            "7\r\n0:01 --> 0:02 X1:1\r\nnew\r\nline\r\n\r\n",
        ),
        (
            "0:01 --> 0:02\n{\\an8}{\\fad(1,2)} old\n",
            "0:01 --> 0:02\n{\\an8}{\\fad(1,2)}new\nline\n",
        ),
        ("0:01 --> 0:02\n<i>old</i>\n<i>text</i>\n", "0:01 --> 0:02\n<i>new\nline</i>\n"),
        ("0:01 --> 0:02\n<i>old</i> text\n", "0:01 --> 0:02\nnew\nline\n"),
        (
            "0:01 --> 0:02\n{\\an8}<b><i>old</i></b>",
            "0:01 --> 0:02\n{\\an8}<b><i>new\nline</i></b>",
        ),
        ("0:01 --> 0:02", "0:01 --> 0:02\nnew\nline"),
        (
            "1\n0:01 --> 0:02\n\n2\n0:03 --> 0:04\nx",
            "1\n0:01 --> 0:02\nnew\nline\n\n2\n0:03 --> 0:04\nx",
        ),
        (
            "1\n0:01 --> 0:02\n2\n0:03 --> 0:04\nx",
            "1\n0:01 --> 0:02\nnew\nline\n2\n0:03 --> 0:04\nx",
        ),
    ];
    for (before, after) in rows {
        let mut document = read(before, Some(Format::Srt));
        document.set_text(0, " new \n\nline\n");
        document.set_text(999, "nobody");
        assert_eq!(String::from_utf8(document.to_bytes()).unwrap(), after);
    }
}

#[test]
fn a_changed_file_is_utf8_and_an_unchanged_one_is_what_it_was() {
    let text = "1\r\n00:00:01,000 --> 00:00:02,000\r\n我们明天早上在车站见面\r\n\r\n";
    let utf16 = |mark: &[u8]| {
        [mark, &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()].concat()
    };
    let rows = [
        (utf16(b"\xFF\xFE"), "UTF-16LE", false),
        (utf16(b""), "UTF-16LE", false),
        (encoding_rs::GBK.encode(text).0.into_owned(), "GBK", false),
        (format!("\u{FEFF}{text}").into_bytes(), "UTF-8", true),
        (text.as_bytes().to_vec(), "UTF-8", false),
    ];
    for (bytes, encoding, bom) in rows {
        let mut document = Document::parse(&bytes, None).unwrap();
        assert_eq!((document.encoding(), document.to_bytes()), (encoding, bytes));
        document.set_text(0, "See you");
        let mark = if bom { "\u{FEFF}" } else { "" };
        let wanted = format!("{mark}1\r\n00:00:01,000 --> 00:00:02,000\r\nSee you\r\n\r\n");
        assert_eq!(String::from_utf8(document.to_bytes()).unwrap(), wanted);
    }
}

#[test]
fn what_is_no_subtitle_file_is_refused_in_words() {
    for bytes in [&b""[..], b"hello", b"\x00\x01\x02", b"<SAMI></SAMI>", b"{1}{2}MicroDVD"] {
        let fault = Document::parse(bytes, None).unwrap_err();
        assert!(fault.to_string().contains("no subtitles"), "{fault}");
        assert!(Document::parse(bytes, Some(Format::Srt)).unwrap().cues().is_empty());
    }
    let many = "0:1-->0:2\n".repeat(CUES_MAX + 2);
    assert!(
        Document::parse(many.as_bytes(), Some(Format::Srt)).unwrap_err().what.contains("300000")
    );
}

fn cue(start: i64, end: i64, lines: &[&str]) -> Cue {
    let lines = lines.iter().map(|it| (*it).to_owned()).collect();
    Cue { span: Span::new(start, end), lines, confidence: 1.0 }
}

#[test]
fn files_are_written_strictly() {
    let cues = [
        cue(-5, 1999, &["Hi <i>", "& --> {x}"]),
        cue(2000, 2500, &["  ", "\u{7}"]),
        cue(3_600_004, 3_601_996, &["שלום"]),
    ];
    let lang = Lang::parse("he").unwrap();
    let srt = "1\n00:00:00,000 --> 00:00:01,999\nHi <\u{2060}i>\n& --\u{2060}> {x}\n\n\
        2\n01:00:00,004 --> 01:00:01,996\nשלום\n\n";
    assert_eq!(write(&cues, Format::Srt, &lang), srt);
    let vtt = "WEBVTT\nLanguage: he\n\n00:00:00.000 --> 00:00:01.999\nHi &lt;i&gt;\n&amp; --&gt; {x}\n\n\
        01:00:00.004 --> 01:00:01.996\nשלום\n\n";
    assert_eq!(write(&cues, Format::Vtt, &lang), vtt);
    let ass = write(&cues, Format::Ass, &lang);
    assert!(ass.contains(",54,-1\n"), "right to left is found line by line");
    assert!(ass.ends_with(
        "Dialogue: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,,Hi <i>\\N& --> \\{x\\}\n\
         Dialogue: 0,1:00:00.00,1:00:02.00,Default,,0,0,0,,שלום\n"
    ));
}

#[test]
fn ffmpeg_and_kinora_read_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let cues = [cue(1000, 2500, &["Hello, world", "second line"]), cue(2500, 4000, &["你好 ünï"])];
    let lang = Lang::parse("en").unwrap();
    for from in [Format::Srt, Format::Vtt, Format::Ass] {
        for to in [Format::Srt, Format::Vtt, Format::Ass] {
            let input = dir.path().join(format!("in.{}", from.extension()));
            let output = dir.path().join(format!("out.{}", to.extension()));
            std::fs::write(&input, write(&cues, from, &lang)).unwrap();
            let mut command = std::process::Command::new("ffmpeg");
            command.args(["-nostdin", "-loglevel", "error", "-y", "-i"]).arg(&input).arg(&output);
            let Ok(status) = command.status() else {
                return println!("skipped: there is no ffmpeg command here");
            };
            assert!(status.success());
            let bytes = std::fs::read(&output).unwrap();
            let document = Document::parse(&bytes, None).unwrap();
            assert_eq!(
                (document.format(), document.cues()),
                (to, cues.to_vec()),
                "{from:?} {to:?}"
            );
            assert_eq!(document.to_bytes(), bytes);
        }
    }
}

/// Pieces that meet a parser's special cases sooner than random characters do.
fn fragment() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " ",
        "1",
        "2\n",
        "00:00:01,000 --> 00:00:02,000\n",
        "0:01.5-->0:02",
        "-->",
        "--",
        ">",
        "<",
        "</",
        "<i>",
        "</i>",
        "<b>",
        "</b>",
        "<v Ann>",
        "</v>",
        "<c.x>",
        "{",
        "}",
        "{\\an8}",
        "{\\p1}",
        "{\\p0}",
        "{\\pos(1,2)\\i1}",
        "{\\k9}",
        "- ",
        "[V4+ Styles]\n",
        "Style: Default,Arial,20,1\n",
        "\\",
        "\\N",
        "\\h",
        "\\{",
        "&",
        "&amp;",
        "&lt;",
        "&#10;",
        ";",
        "\u{2060}",
        "\u{FEFF}",
        "\0",
        "WEBVTT\n\n",
        "NOTE x\n",
        "[Script Info]\n",
        "[Events]\n",
        "Format: Layer, Start, End, Style, Text\n",
        "Format: Text, Start, End\n",
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,",
        "Dialogue: ",
        "Comment: ",
        ",",
        "a",
        "é",
        "你好",
        "שלום",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)]
}

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..60).prop_map(|it| it.concat())
}

fn written() -> impl Strategy<Value = Vec<Cue>> {
    let line = prop::collection::vec(fragment(), 1..6).prop_map(|it| it.concat());
    let row = (0i64..5000, 1i64..9000, prop::collection::vec(line, 1..3));
    prop::collection::vec(row, 0..8).prop_map(|rows| {
        let mut at = 0;
        let cue = |(gap, length, lines): (i64, i64, Vec<String>)| {
            let span = Span::new(at + gap, at + gap + length);
            at = span.end.0;
            Cue { span, lines, confidence: 1.0 }
        };
        rows.into_iter().map(cue).collect()
    })
}

/// What a cue's text is once control characters, outer spaces and empty lines are gone.
fn clean(cue: &Cue) -> Vec<String> {
    let joined = cue.lines.join("\n");
    let lines =
        joined.split(['\n', '\r']).map(|it| it.replace(char::is_control, " ").trim().to_owned());
    lines.filter(|it| !it.is_empty()).collect()
}

/// Enough that quadratic code is seen: each row would take a minute and more.
const GARBAGE_BYTES: usize = 256 * 1024;

/// What makes a careless parser look ahead again and again.
#[test]
fn garbage_is_read_in_one_pass() {
    let rows = [
        "<",
        "<i>",
        "<i ",
        "</i>",
        "<v a>",
        "{",
        "{\\",
        "{\\an8}",
        "}",
        "\\",
        "\\p1",
        "&",
        "&#",
        "\r",
        "\n",
        " ",
        "-",
        "--\u{2060}",
        "-->",
        "0",
        "0:",
        "0:0 ",
        "0:1-->0:2 ",
        "1\n",
        "1\n\n",
        "0:1-->0:2\n1\n\n\n\n",
        "Format: ,",
        "Dialogue: ",
        "Dialogue: ,,,\n",
        "Style: ,\n",
        "a{\\pos(1)}",
        "a - ",
        ",",
        "\0",
        "\u{FEFF}",
        "é",
        "\u{2060}",
    ];
    for row in rows {
        let garbage = row.repeat(GARBAGE_BYTES / row.len());
        for head in ["", "0:1-->0:2\n", "Dialogue: 0,0:1,0:2,,,,,,,"] {
            let text = format!("{head}{garbage}");
            for hint in [Format::Srt, Format::Vtt, Format::Ass] {
                let mut document = read(&text, Some(hint));
                assert!(document.cues().len() <= CUES_MAX);
                document.set_text(0, &garbage[..garbage.floor_char_boundary(10_000)]);
                document.set_two(0, "x", "y");
                document.set_text(0, "x");
                assert!(document.cues().is_empty() || document.cues()[0].lines == ["x"]);
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(cues in written()) {
        let lang = Lang::parse("zh-Hans").unwrap();
        let wanted: Vec<_> = cues.iter().map(|it| (it.span, clean(it))).filter(|it| !it.1.is_empty()).collect();
        for format in [Format::Srt, Format::Vtt, Format::Ass] {
            let text = write(&cues, format, &lang);
            let document = Document::parse(text.as_bytes(), Some(format)).unwrap();
            let near = |a: Ms, b: Ms| (a - b).0.abs() <= if format == Format::Ass { 5 } else { 0 };
            let read = document.cues();
            prop_assert_eq!(read.len(), wanted.len(), "{}", text);
            for (read, (span, lines)) in read.iter().zip(&wanted) {
                prop_assert_eq!(&read.lines, lines, "{}", text);
                prop_assert!(near(read.span.start, span.start) && near(read.span.end, span.end));
            }
            prop_assert!(read.is_sorted_by(|a, b| a.span.end <= b.span.start));
        }
    }

    #[test]
    fn invariants_hold_for_soup(text in soup()) {
        invariants::srt(text.as_bytes());
        invariants::vtt(text.as_bytes());
        invariants::ass(text.as_bytes());
        invariants::encoding(text.as_bytes());
        invariants::answer(text.as_bytes());
        invariants::hook(text.as_bytes());
    }

    #[test]
    fn invariants_hold_for_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        invariants::srt(&bytes);
        invariants::vtt(&bytes);
        invariants::ass(&bytes);
        invariants::encoding(&bytes);
        invariants::wire(&bytes);
        invariants::hook(&bytes);
    }
}
