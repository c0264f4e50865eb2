//! Two languages in one file of our own.

use super::super::Document;
use super::*;
use proptest::prelude::*;
use proptest::sample::select;

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

fn lines(text: &str) -> Vec<String> {
    text.split_terminator('|').map(str::to_owned).collect()
}

fn double(start: i64, first: &str, second: &str) -> Double {
    Double { span: Span::new(start, start + 1000), first: lines(first), second: lines(second) }
}

fn film() -> [Double; 5] {
    [
        double(1000, "Hallo,|Welt", "Hello {x} <i>"),
        double(2000, "Anna", " Anna "),
        double(3000, "", "Alone\\"),
        double(4000, " ", "\u{7}"),
        double(5000, "Ende\\", ""),
    ]
}

#[test]
fn both_texts_are_lines_of_one_cue() {
    let langs = [&lang("de"), &lang("en")];
    assert_eq!(
        write_bilingual(&film(), Format::Srt, langs),
        "1\n00:00:01,000 --> 00:00:02,000\nHallo,\nWelt\nHello {x} <\u{2060}i>\n\n\
         2\n00:00:02,000 --> 00:00:03,000\nAnna\n\n3\n00:00:03,000 --> 00:00:04,000\nAlone\\\n\n\
         4\n00:00:05,000 --> 00:00:06,000\nEnde\\\n\n"
    );
    let vtt = write_bilingual(&film(), Format::Vtt, langs);
    let head = "WEBVTT\nLanguage: de\n\n00:00:01.000 --> 00:00:02.000\nHallo,\nWelt\nHello {x} &lt;i&gt;\n\n";
    assert!(vtt.starts_with(head), "{vtt}");
}

#[test]
fn in_ass_the_second_has_its_own_style() {
    let ass = write_bilingual(&film(), Format::Ass, [&lang("de"), &lang("en")]);
    let styles: Vec<&str> = ass.lines().filter(|it| it.starts_with("Style: ")).collect();
    assert_eq!(styles.len(), 2);
    assert!(styles[0].starts_with("Style: Default,Arial,64,&H00FFFFFF,"));
    assert!(styles[1].starts_with("Style: Second,Arial,48,&H0099E6FF,"));
    assert!(styles.iter().all(|it| it.ends_with(",1")));
    let events: Vec<&str> =
        ass.lines().filter_map(|it| it.split_once(",,0,0,0,,")).map(|it| it.1).collect();
    let wanted = [
        "Hallo,\\NWelt\\N{\\rSecond}Hello \\{x\\} <i>",
        "Anna",
        "Alone\\\u{2060}",
        "Ende\\\u{2060}",
    ];
    assert_eq!(events, wanted);
    let ass = write_bilingual(&film(), Format::Ass, [&lang("de"), &lang("he")]);
    assert_eq!(
        ass.lines().filter(|it| it.starts_with("Style: ") && it.ends_with(",-1")).count(),
        2
    );
}

fn any_text() -> impl Strategy<Value = String> {
    let parts = [
        "a", "é", "你好", "שלום", "|", " ", "<i>", "</i>", "{\\an8}", "{", "}", "\\", "\\N",
        "&amp;", "-->", "1", "\u{2060}", "\r",
    ];
    prop::collection::vec(select(parts.to_vec()), 0..8).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(texts in prop::collection::vec((any_text(), any_text()), 0..8)) {
        let at = |index: usize| 2000 * index as i64;
        let cues: Vec<Double> =
            texts.iter().enumerate().map(|(index, it)| double(at(index), &it.0, &it.1)).collect();
        let wanted: Vec<_> = cues.iter().filter_map(|it| Some((it.span, it.texts()?.concat()))).collect();
        for format in Format::ALL {
            let text = write_bilingual(&cues, format, [&lang("zh"), &lang("en")]);
            let mut document = Document::parse(text.as_bytes(), Some(format)).unwrap();
            let read: Vec<_> = document.cues().into_iter().map(|it| (it.span, it.lines)).collect();
            prop_assert_eq!(&read, &wanted, "{}", text);
            let shown = cues.iter().filter_map(Double::texts);
            for (index, [first, second]) in shown.enumerate() {
                document.set_two(index, &first.join("\n"), &second.join("\n"));
            }
            prop_assert_eq!(document.to_bytes(), text.as_bytes(), "the same texts change nothing");
        }
    }
}
