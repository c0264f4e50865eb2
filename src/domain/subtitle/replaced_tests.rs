//! Cues whose text is replaced by one or two others: what stays, what goes, and that nothing else is touched.

use super::super::super::time::Ms;
use super::super::write;
use super::*;
use proptest::prelude::*;
use proptest::sample::select;

fn read(text: &str, format: Format) -> Document {
    Document::parse(text.as_bytes(), Some(format)).unwrap()
}

fn text(document: &Document) -> String {
    String::from_utf8(document.to_bytes()).unwrap()
}

fn file(format: Format, body: &str) -> String {
    match format {
        Format::Srt => format!("1\n00:00:01,000 --> 00:00:02,000\n{body}\n"),
        Format::Vtt => format!("WEBVTT\n\n00:01.000 --> 00:02.000 line:0\n{body}\n"),
        Format::Ass => format!("Dialogue: 0,0:00:01.00,0:00:02.00,Sign,Ann,1,2,3,Karaoke,{body}\n"),
    }
}

/// A body, what is read of it, and what it is with `Neu` in the place of that.
const REPLACED: [(Format, &str, &str, &str); 38] = [
    (Format::Srt, "Hello <i>my</i> friend", "Hello my friend", "Neu"),
    (Format::Srt, "<i>Hello my</i> friend", "Hello my friend", "Neu"),
    (Format::Srt, "{\\an8}Hello <i>my</i>", "Hello my", "{\\an8}Neu"),
    (Format::Srt, "Hello {\\an8}my", "Hello my", "{\\an8}Neu"),
    (Format::Srt, "<i>Hello {\\an8\\i1}my</i>", "Hello my", "<i>{\\an8}Neu</i>"),
    (Format::Srt, "Hello {\\i1}my{\\i0}", "Hello my", "Neu"),
    (Format::Srt, "<i>Hello", "Hello", "<i>Neu</i>"),
    (Format::Srt, "<b><i>Hello</b>", "Hello", "<b><i>Neu</i></b>"),
    (Format::Srt, "<b><i>Hello</i>", "Hello", "<b><i>Neu</i></b>"),
    (Format::Srt, "<font color=\"red\">A</font> b", "A b", "Neu"),
    (Format::Srt, "<font color=\"red\">A b", "A b", "<font color=\"red\">Neu</font>"),
    (Format::Srt, "<font color=\"red\">A</font><font color=\"blue\">b</font>", "Ab", "Neu"),
    (Format::Srt, "<i>A</i> <i>b</i>", "A b", "<i>Neu</i>"),
    (Format::Srt, "Hello</i>", "Hello", "Neu"),
    (Format::Srt, "<br>Hello", "Hello", "Neu"),
    (Format::Srt, "- <i>A</i>\n- B", "- A|- B", "Neu"),
    (Format::Vtt, "<v Ann>Hello <i>my</i>", "Hello my", "<v Ann>Neu"),
    (Format::Vtt, "<v Ann>A</v> <v Bob>B</v>", "A B", "Neu"),
    (Format::Vtt, "<v Ann>A <v Bob>B", "A B", "Neu"),
    (Format::Vtt, "<c.red>Hello", "Hello", "<c.red>Neu</c>"),
    (Format::Vtt, "<00:01.500>Hello <00:01.700>my", "Hello my", "Neu"),
    (Format::Ass, "Hello {\\i1}my{\\i0} friend", "Hello my friend", "Neu"),
    (Format::Ass, "{\\i1}Hello{\\i0}", "Hello", "{\\i1}Neu{\\i0}"),
    (Format::Ass, "{\\pos(10,20)\\fad(9,9)}Exit", "Exit", "{\\pos(10,20)\\fad(9,9)}Neu"),
    (Format::Ass, "{\\an8}{\\blur2} {\\c&HFF&}Exit", "Exit", "{\\an8}{\\blur2} {\\c&HFF&}Neu"),
    (Format::Ass, "Exit{\\b1} now{\\pos(1,2)\\b0}!", "Exit now!", "{\\pos(1,2)}Neu"),
    (Format::Ass, "{\\fs20}A{\\i1}b{\\move(1,2,3,4)}c", "Abc", "{\\fs20}{\\move(1,2,3,4)}Neu"),
    (Format::Ass, "A{\\t(0,9,\\clip(1,2,3,4))}b", "Ab", "Neu"),
    (Format::Ass, "{\\k20}Ka{\\k30}ra{\\kf9}o", "Karao", "{\\k20}Neu"),
    (Format::Ass, "{\\p1}m 0 0 l 9 9{\\p0}Exit", "Exit", "{\\p1}m 0 0 l 9 9{\\p0}Neu"),
    (Format::Ass, "Exit{\\p1}m 0 0 l 9 9{\\p0}", "Exit", "Neu{\\p1}m 0 0 l 9 9{\\p0}"),
    (Format::Ass, "A{\\p1}m 0 0{\\p0}b", "Ab", "Neu"),
    (Format::Ass, "{a note}A{another}", "A", "{a note}Neu{another}"),
    (Format::Ass, "{\\an8}A\\N{\\i1}b", "A|b", "{\\an8}Neu"),
    (Format::Ass, "A \\{b\\} {\\an8}c", "A {b} c", "{\\an8}Neu"),
    (Format::Ass, "\\N{\\an8}A", "A", "\\N{\\an8}Neu"),
    (Format::Ass, "{\\i1}A{not closed", "A{not closed", "{\\i1}Neu"),
    (Format::Ass, "{\\an8}{\\p1}m 0 0 l 9 9", "", "{\\an8}Neu"),
];

#[test]
fn tags_around_a_text_stay_and_those_inside_go() {
    for (format, before, shown, after) in REPLACED {
        let mut document = read(&file(format, before), format);
        assert_eq!(document.cues()[0].lines.join("|"), shown, "{before}");
        document.set_text(0, "Neu");
        assert_eq!(text(&document), file(format, after), "{before}");
        assert_eq!(document.cues()[0].lines, ["Neu"], "{before}");
        document.set_text(0, &shown.replace('|', "\n"));
        assert_eq!(text(&document), file(format, before));
    }
}

#[test]
fn a_text_that_ends_in_a_backslash_does_not_eat_what_follows() {
    let mut document = read(&file(Format::Ass, "{\\i1}A{\\i0}"), Format::Ass);
    document.set_text(0, "C:\\");
    assert_eq!(text(&document), file(Format::Ass, "{\\i1}C:\\\u{2060}{\\i0}"));
    assert_eq!(read(&text(&document), Format::Ass).cues()[0].lines, ["C:\\"]);
}

#[test]
fn two_texts_are_lines_of_one_cue_inside_its_tags() {
    let rows = [
        (Format::Srt, "{\\an8}<i>Old</i>", "{\\an8}<i>Eins\nzwei\nOne</i>"),
        (Format::Vtt, "<v Ann>Old", "<v Ann>Eins\nzwei\nOne"),
        (Format::Ass, "{\\an8}Old{\\i0}", "{\\an8}Eins\\Nzwei\\NOne{\\i0}"),
    ];
    for (format, before, after) in rows {
        let mut document = read(&file(format, before), format);
        document.set_two(0, "Eins\nzwei", "One");
        assert_eq!(text(&document), file(format, after));
        document.set_two(0, "Same", "Same ");
        assert_eq!(document.cues()[0].lines, ["Same"]);
        document.set_two(0, " ", "Alone");
        assert_eq!(document.cues()[0].lines, ["Alone"]);
        document.set_two(0, "Old", "");
        assert_eq!(text(&document), file(format, before));
        document.set_two(1, "past", "the end");
        assert_eq!(text(&document), file(format, before));
    }
}

const STYLED: &str = "[Script Info]\r\nScriptType: v4.00+\r\n\r\n[V4+ Styles]\r\n\
    Format: Name, Fontname, Fontsize, PrimaryColour, Bold\r\nStyle: Default,Arial,60,&H00FFFFFF,0\r\n\
    Style: Top,Arial,40,&H0000FFFF,-1\r\nStyle: Unused,Arial,40,&H0000FFFF,-1\r\n\r\n[Events]\r\n\
    Format: Layer, Start, End, Style, Text\r\n\
    Dialogue: 0,0:00:01.00,0:00:02.00,Default,{\\an8}One, two\r\n\
    Dialogue: 0,0:00:02.00,0:00:03.00,*Top,Three\r\n\
    Dialogue: 0,0:00:02.00,0:00:03.00, Default ,Four\r\n\
    Dialogue: 0,0:00:02.00,0:00:03.00,Lost,Five\r\n";

#[test]
fn the_second_text_has_a_style_after_that_of_its_event() {
    let mut document = read(STYLED, Format::Ass);
    for (index, word) in ["Eins", "Drei", "Vier", "Fünf"].iter().enumerate() {
        document.set_two(index, word, "x");
    }
    let default = "Style: Default,Arial,60,&H00FFFFFF,0\r\n";
    let top = "Style: Top,Arial,40,&H0000FFFF,-1\r\n";
    let wanted = STYLED
        .replace(default, &format!("{default}Style: Default Second,Arial,45,&H0099E6FF,0\r\n"))
        .replace(top, &format!("{top}Style: Top Second,Arial,30,&H0099E6FF,-1\r\n"))
        .replace("One, two", "Eins\\N{\\rDefault Second}x")
        .replace("Three", "Drei\\N{\\rTop Second}x")
        .replace("Four", "Vier\\N{\\rDefault Second}x")
        .replace("Five", "Fünf\\N{\\rDefault Second}x");
    assert_eq!(text(&document), wanted);
    let again = read(&wanted, Format::Ass);
    assert_eq!(again.cues(), document.cues());
    document.set_text(1, "Drei");
    assert!(!text(&document).contains("Top Second"), "nobody needs it any more");
    for (index, word) in ["One, two", "Three", "Four", "Five"].iter().enumerate() {
        document.set_text(index, word);
    }
    assert_eq!(text(&document), STYLED);
}

fn part() -> impl Strategy<Value = &'static str> {
    select(vec![
        "a",
        "B ",
        "你好",
        "שלום",
        "\n",
        " ",
        "<i>",
        "</i>",
        "<b>",
        "<v Ann>",
        "</v>",
        "<c.x>",
        "<00:01.500>",
        "{\\an8}",
        "{\\i1}",
        "{\\i0}",
        "{\\pos(1,2)}",
        "{\\k20}",
        "{\\p1}",
        "{\\p0}",
        "m 0 0",
        "{note}",
        "{",
        "}",
        "\\",
        "\\N",
        "\\h",
        "&amp;",
        "&",
        "-",
        ",",
    ])
}

/// A file with these bodies, odd spacing and line ends, and what else stands in such files.
fn found(format: Format, bodies: &[String], end: &str) -> String {
    let mut out = match format {
        Format::Srt => String::new(),
        Format::Vtt => "WEBVTT - x\n\nSTYLE\n::cue { color: red }\n\nNOTE a\n\n".to_owned(),
        Format::Ass => {
            "[Script Info]\nTitle: x\n\n[V4+ Styles]\nStyle: Default,Arial,60,1\n\n[Events]\n"
                .to_owned()
        }
    };
    for (index, body) in bodies.iter().enumerate() {
        let body = if format == Format::Ass { body.replace('\n', "") } else { body.clone() };
        out.push_str(&match format {
            Format::Srt => {
                format!("{index}\n00:00:0{index},000 --> 0:00:0{index},5 X1:1\n{body}\n\n")
            }
            Format::Vtt => {
                format!("id {index}\n00:0{index}.000 --> 00:0{index}.500 line:0\n{body}\n\n")
            }
            Format::Ass => format!(
                "Comment: 0,0:0,0:0,,,,,,,x\n\
                 Dialogue: 0,0:00:0{index}.00,0:00:0{index}.5,Default,,0,0,0,,{body}\n"
            ),
        });
    }
    out.push_str("the end");
    out.replace('\n', end)
}

proptest! {
    #[test]
    fn nothing_but_the_text_is_touched(
        bodies in prop::collection::vec(prop::collection::vec(part(), 0..9).prop_map(|it| it.concat()), 1..8),
        format in select(Format::ALL.to_vec()),
        end in select(vec!["\n", "\r\n"]),
        new in prop::collection::vec(prop::option::of((part(), part(), part())), 8),
    ) {
        let file = found(format, &bodies, end);
        let mut document = read(&file, format);
        let before = document.cues();
        for (index, cue) in before.iter().enumerate() {
            document.set_text(index, &cue.lines.join("\n"));
        }
        prop_assert_eq!(text(&document), file.as_str());
        let mut wanted = before.clone();
        let mut changed = Vec::new();
        for (index, new) in new.iter().enumerate().take(before.len()) {
            let Some((a, b, c)) = new else { continue };
            let (first, second) = (format!("{a}{b}x"), format!("{c}y"));
            let two = index % 2 == 0;
            if two { document.set_two(index, &first, &second) } else { document.set_text(index, &first) }
            let lines = [clean_lines(&first), if two { clean_lines(&second) } else { Vec::new() }];
            if lines.concat() != before[index].lines {
                changed.push(index);
            }
            wanted[index].lines = lines.concat();
        }
        prop_assert_eq!(&document.cues(), &wanted);
        let after = text(&document);
        prop_assert_eq!(&read(&after, format).cues(), &wanted, "{}", after);
        // What is left of both files without the bodies that changed is the same.
        let rest = |document: &Document| {
            let mut rest = document.text.clone();
            for index in changed.iter().rev() {
                rest.replace_range(document.entries[*index].body.clone(), "");
            }
            rest.replace(&format!("{end}Style: Default Second,Arial,45,&H0099E6FF"), "")
        };
        let (old, new) = (rest(&read(&file, format)), rest(&read(&after, format)));
        // An empty body has no line yet.
        let squeezed = |it: String| it.replace(['\r', '\n'], "");
        prop_assert_eq!(squeezed(new), squeezed(old));
        for (index, cue) in before.iter().enumerate() {
            document.set_text(index, &cue.lines.join("\n"));
        }
        prop_assert_eq!(text(&document), file);
    }

    #[test]
    fn cues_of_our_own_come_back(
        texts in prop::collection::vec(prop::collection::vec(part(), 0..6).prop_map(|it| it.concat()), 0..8),
        format in select(Format::ALL.to_vec()),
    ) {
        let cue = |(index, text): (usize, &String)| {
            let start = 1230 * index as i64;
            Cue { span: Span::new(start, start + 1000), lines: clean_lines(text), confidence: 1.0 }
        };
        let cues: Vec<Cue> = texts.iter().enumerate().map(cue).filter(|it| !it.lines.is_empty()).collect();
        let file = write(&cues, format, &Lang::parse("en").unwrap());
        let mut document = read(&file, format);
        prop_assert_eq!(document.cues(), cues.clone());
        for (index, cue) in cues.iter().enumerate() {
            document.set_text(index, &cue.lines.join("\n"));
            document.set_span(index, Span::new(cue.span.start.0, cue.span.end.0));
        }
        prop_assert_eq!(text(&document), file);
        prop_assert!(cues.iter().all(|it| it.span.start >= Ms(0)));
    }
}
