//! Answers as models give them, and what is read of them.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn said(parsed: &Parsed) -> Vec<(u16, &str)> {
    parsed.said.iter().map(|(number, it)| (*number, it.text.as_str())).collect()
}

/// Reads `1=a|2=b`.
fn wanted(table: &str) -> Vec<(u16, &str)> {
    let pairs = table.split('|').filter(|it| !it.is_empty()).map(|it| it.split_once('=').unwrap());
    pairs.map(|(number, text)| (number.parse().unwrap(), text)).collect()
}

/// Answers, for two lines, that models give where they were asked for numbered JSON.
const TWO: &[(&str, &str)] = &[
    (r#"{"1": "a", "2": "b"}"#, "1=a|2=b"),
    ("\u{FEFF}{\"1\": \"a\",\r\n\"2\": \"b\"}\r\n", "1=a|2=b"),
    ("```json\n{\"1\": \"a\", \"2\": \"b\"}\n```", "1=a|2=b"),
    ("Sure! Here {you} are [two]:\n{\"1\": \"a\", \"2\": \"b\"}\nAnything else?", "1=a|2=b"),
    // Thoughts.
    ("<think>{\"1\": \"x\"}</think>{\"1\": \"a\", \"2\": \"b\"}", "1=a|2=b"),
    ("First {\"1\": \"x\", \"2\": \"y\"}.</think>\n{\"1\": \"a\"}", "1=a"),
    ("<think>so {\"1\": \"a\", \"2\": \"b\"}", "1=a|2=b"),
    ("<think>1. is a. 2. is b, as I think", ""),
    ("{\"1\": \"a\", \"2\": \"b\"}\n<think>well done</think>", "1=a|2=b"),
    ("<Thinking>x</Thinking>1. a\n2. b", "1=a|2=b"),
    // Several objects.
    (r#"{"1": "x", "2": "y"} No, better: {"1": "a", "2": "b"}"#, "1=a|2=b"),
    (r#"{"1": "a", "2": "b"} and {"1": "x""#, "1=a|2=b"),
    ("{\"1\": \"a\"}\n{\"2\": \"b\"}", "1=a|2=b"),
    ("{\"1\": \"x\"}\n{\"1\": \"a\", \"2\": \"b\"}", "1=a|2=b"),
    ("{\"1\": \"a\"}\n{\"1\": \"b\"}", ""),
    // Half, and sloppy.
    (r#"{"1": "a", "2": "b"#, "1=a"),
    (r#"{"1": "a", "2": "b""#, "1=a|2=b"),
    (r#"{"1": "a", "2"#, "1=a"),
    (r#"{"1": "a", "#, "1=a"),
    (r#"{"1": 12, "2": 1"#, "1=12"),
    (r#"{"1": "a", "2": "b",}"#, "1=a|2=b"),
    ("{\"1\": \"a\"\n\"2\": \"b\"}", "1=a|2=b"),
    ("{'1': 'It's a', '2': 'b'}", "1=It's a|2=b"),
    ("{“1”: “a “c” d”, “2”: “b”}", "1=a “c” d|2=b"),
    ("{1: \"a\", 2: \"b\"}", "1=a|2=b"),
    ("{\"1\": \"a \"c\" d\", \"2\": \"b\"}", "1=a \"c\" d|2=b"),
    ("{\"1\": \"a \"c\", d\", \"2\": \"b, \"c\"\"}", "1=a \"c\", d|2=b, \"c\""),
    ("{\"1\": \"a\nc\", \"2\": \"b\u{2028}d\u{0}\"}", "1=a\nc|2=b\u{2028}d\u{0}"),
    (r#"{"1": "\N\u00e9\ud83d\ude00\q\"", "2": "\ud800 \u12"}"#, "1=\\Né😀\\q\"|2=\u{FFFD} \\u12"),
    // A string that was never closed must not swallow its neighbour.
    ("{\"1\": \"a,\n\"2\": \"b\"}", "2=b"),
    (r#"{"1": "a, "2": "b"}"#, "2=b"),
    // Other forms.
    (r#"{"1": {"t": "a"}, "2": {"source": "x", "translation": "b"}}"#, "1=a|2=b"),
    (r#"{"translations": {"1": "a", "2": "b"}}"#, "1=a|2=b"),
    (r#"{"result": {"lines": [{"id": 1, "text": "a"}, {"id": "2", "text": "b"}]}}"#, "1=a|2=b"),
    (r#"[{"id": 1, "text": "a"}, {"id": 2, "text": "b "c" d"}]"#, "1=a|2=b \"c\" d"),
    (r#"[{"line": 2, "t": "b"}]"#, "2=b"),
    (r#"[{"1": "a"}, {"2": "b"}]"#, "1=a|2=b"),
    (r#"["a", "b"]"#, "1=a|2=b"),
    (r#"["a", "b", "c"]"#, ""),
    (r#"["a"]"#, ""),
    (r##"{"line 1": "a", "#2": "b"}"##, "1=a|2=b"),
    (r#"{"１": "a", "第2行": "b"}"#, "1=a|2=b"),
    (r#"{"Line_1": ["a"], "chapter 2": "b"}"#, "1=a"),
    // No texts.
    (r#"{"1": null, "2": {"x": "b"}}"#, ""),
    (r#"{"1": 12, "2": true}"#, "1=12|2=true"),
    // Counted from 0: sure where all are there, else every text may be its neighbour's.
    (r#"{"0": "a", "1": "b"}"#, "1=a|2=b"),
    (r#"{"0": "a", "1": "b", "2": "c"}"#, ""),
    // Twice.
    (r#"{"1": "a", "1": "x", "2": "b"}"#, "2=b"),
    (r#"{"1": "a", "1": "a", "2": "b"}"#, "1=a|2=b"),
    // Numbered text.
    ("1. a\n2. b", "1=a|2=b"),
    ("1: a\n2: b\n", "1=a|2=b"),
    ("#1 a\n#2 b", "1=a|2=b"),
    ("[1] a\n[2] b", "1=a|2=b"),
    ("1) a\n\n2) b\n\nI hope this helps!", "1=a|2=b"),
    ("Here:\n**1.** a\n  and c\n**2.** b", "1=a and c|2=b"),
    ("Line 1: a\nLine 2: b", "1=a|2=b"),
    ("#1\na\n#2\nb", "1=a|2=b"),
    ("```\n1. a\n2. b\n```", "1=a|2=b"),
    ("1. 1.5 a\n2. 10:30", "1=1.5 a|2=10:30"),
    ("１、a\n２：b", "1=a|2=b"),
    ("1. a\n1. b", ""),
    ("I cannot do that.", ""),
    ("", ""),
    ("{", ""),
    ("{\"1\": ", ""),
];

#[test]
fn answers_of_two_lines() {
    for (answer, table) in TWO {
        let parsed = parse(answer, &Shape::Numbered(2));
        assert_eq!(said(&parsed), wanted(table), "{answer}");
    }
}

#[test]
fn what_came_twice_or_was_not_asked_for_is_told() {
    let parsed =
        parse(r#"{"1": "a", "2": "b", "2": "c", "3": "d", "99999": "e"}"#, &Shape::Numbered(2));
    assert_eq!(said(&parsed), [(1, "a")]);
    assert_eq!((parsed.twice, parsed.unknown), (vec![2], vec![3, u16::MAX]));
}

#[test]
fn text_that_was_cut_has_an_open_end() {
    let table = [
        ("1. a\n2. b and", Some(2)),
        ("1. a\n2. b\n", Some(2)),
        ("1. a\n2. b\n\nDone.", None),
        ("```\n1. a\n2. b\n```", None),
        ("{\"1\": \"a\", \"2\": \"b", None),
    ];
    for (answer, open) in table {
        assert_eq!(parse(answer, &Shape::Numbered(2)).open, open, "{answer}");
    }
}

#[test]
fn echoes_come_under_many_names() {
    let table = [
        r#"{"1": {"s": "go", "t": "geh"}, "2": {"s": "run", "t": "lauf"}}"#,
        r#"{"1": {"source": "go", "translation": "geh"}, "2": {"Echo": "run", "Target": "lauf"}}"#,
        r#"[{"id": 1, "src": "go", "text": "geh"}, {"id": 2, "original": "run", "text": "lauf"}]"#,
        "{\"1\": {\"s\": \"go\", \"t\": \"geh\"},\n \"2\": {\"s\": \"run\", \"t\": \"lauf\"},",
    ];
    for answer in table {
        let parsed = parse(answer, &Shape::Echoed(2));
        assert_eq!(said(&parsed), [(1, "geh"), (2, "lauf")], "{answer}");
        let echoes: Vec<_> = parsed.said.values().map(|it| it.echo.as_deref()).collect();
        assert_eq!(echoes, [Some("go"), Some("run")], "{answer}");
    }
    let flat = parse(r#"{"1": "geh"}"#, &Shape::Echoed(1));
    assert_eq!(flat.said[&1], Said { text: "geh".to_owned(), echo: None });
}

#[test]
fn a_plain_answer_is_unwrapped() {
    let table = [
        ("Hallo.", "1=Hallo."),
        ("  Hallo,\nWelt. \n", "1=Hallo,\nWelt."),
        ("<think>hm</think>\n\nHallo.", "1=Hallo."),
        ("```\nHallo.\n```", "1=Hallo."),
        ("```text\nHallo.\n```", "1=Hallo."),
        (r#"{"1": "Hallo."}"#, "1=Hallo."),
        (r#"{"translation": "Hallo."}"#, "1=Hallo."),
        (r#"["Hallo."]"#, "1=Hallo."),
        (r#""Er sagte: \"Hallo.\"""#, "1=Er sagte: \"Hallo.\""),
        ("#1 Hallo.", "1=Hallo."),
        ("1: Hallo.", "1=Hallo."),
        ("[1] Hallo.", "1=Hallo."),
        ("1. Januar", "1=1. Januar"),
        ("10:30", "1=10:30"),
        (r#"{"1": "Hal"#, ""),
        ("<think>hm, Hallo", ""),
        ("", ""),
    ];
    for (answer, table) in table {
        assert_eq!(said(&parse(answer, &Shape::Plain)), wanted(table), "{answer}");
    }
}

#[test]
fn an_object_that_is_no_lines() {
    let wanted = json!({"synopsis": "A {film}.", "terms": [{"source": "Bree", "target": "Bree"}]});
    let text = wanted.to_string();
    let table = [
        text.clone(),
        format!("<think>{{\"synopsis\": \"draft\"}}</think>Here:\n```json\n{text}\n```"),
        text.replace("}]}", "},],}"),
    ];
    for answer in table {
        assert_eq!(object(&answer), Some(wanted.clone()), "{answer}");
    }
    assert_eq!(object("{\"synopsis\": \"cut"), None);
    assert_eq!(object("none"), None);
    assert_eq!(parse(&text, &Shape::Terms), Parsed::default());
}

#[test]
fn huge_and_deep_answers_are_read_in_time() {
    // Enough for anything quadratic to be felt.
    let size = ANSWER_BYTES_MAX / 6;
    let units = [
        "{",
        "[",
        "{\"1\":",
        "[{\"1\":[",
        "\"",
        "{\"",
        "{\"1\": \"",
        "\\",
        "<think>",
        "</think>",
        "{\"1\":\"a\"}",
        "\" ",
        "\"}",
        "\", ",
        "ü",
        "1. a\n",
        "{'1': '",
        "{\"a\" ",
        "{\"1\": \"x\", \"2\": \"\\u",
    ];
    for unit in units {
        let answer = unit.repeat(size / unit.len());
        for answer in [answer.clone(), format!("{{\"1\": \"{answer}"), format!("{{\"1\": {answer}")]
        {
            parse(&answer, &Shape::Numbered(20));
            parse(&answer, &Shape::Plain);
            object(&answer);
        }
    }
}

/// Texts as they may be, and such as look like what is around them.
fn text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\"2\": \"",
        "\"}",
        "{\"1\": \"x\"}",
        "```",
        "</think>",
        "<think>",
        "\n",
        "\\",
        "'",
        "“",
        "\r\n2. ",
        ", ",
        "😀",
        "[1] ",
        "\u{2028}",
        "\u{0}",
        "你好。",
        "：",
        "]",
    ]);
    let parts =
        prop::collection::vec(prop_oneof![nasty.prop_map(str::to_owned), any::<String>()], 1..5);
    parts.prop_map(|it| it.concat())
}

fn wrapped(json: &str) -> Vec<String> {
    vec![
        json.to_owned(),
        format!("```json\n{json}\n```"),
        format!("Here is the translation:\n\n{json}\n\nLet me know if you need anything else!"),
        format!("<think>\nThe {{user}} wants \"1\": and \"2\".\n</think>\n\n{json}"),
        format!("I think {{\"1\": \"draft\"}} is good.\n</think>{json}"),
        format!("\u{FEFF}{{\"1\": \"draft\"}}\nFinally:\n{json}"),
        format!("{{\"translations\": {json}}}"),
    ]
}

proptest! {
    #[test]
    fn a_sound_answer_gives_its_texts(texts in prop::collection::vec(text(), 1..6)) {
        let count = texts.len() as u16;
        let numbers = || (1_u16..).zip(&texts);
        let flat: serde_json::Map<_, _> =
            numbers().map(|(number, it)| (number.to_string(), json!(it))).collect();
        let echoed: serde_json::Map<_, _> =
            numbers().map(|(number, it)| (number.to_string(), json!({"s": "first {words", "t": it}))).collect();
        for (object, echo) in [(flat, None), (echoed, Some("first {words"))] {
            let said = |(number, it): (u16, &String)| {
                (number, Said { text: it.clone(), echo: echo.map(str::to_owned) })
            };
            let wanted: BTreeMap<u16, Said> = numbers().map(said).collect();
            for json in [serde_json::to_string(&object).unwrap(), serde_json::to_string_pretty(&object).unwrap()] {
                for answer in wrapped(&json) {
                    for shape in [Shape::Numbered(count), Shape::Echoed(count)] {
                        let parsed = parse(&answer, &shape);
                        prop_assert_eq!(&parsed.said, &wanted, "{}", answer);
                    }
                }
            }
        }
    }

    /// What the lenient reader makes of sound JSON is what serde_json makes of it.
    #[test]
    fn the_lenient_reader_reads_sound_json(texts in prop::collection::vec(any::<String>(), 1..6)) {
        let object: serde_json::Map<_, _> =
            (1..).zip(&texts).map(|(number, it): (u16, _)| (number.to_string(), json!(it))).collect();
        let json = serde_json::to_string_pretty(&object).unwrap();
        let values = lenient::values(&json);
        prop_assert_eq!(values.len(), 1);
        prop_assert_eq!(&values[0].node, &serde_json::from_str::<Node>(&json).unwrap());
    }

    /// A cut answer has no more than the whole one, and nothing else.
    #[test]
    fn a_cut_answer_has_whole_texts_only(
        texts in prop::collection::vec(text(), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!texts.concat().contains("think>"));
        let object: serde_json::Map<_, _> =
            (1..).zip(&texts).map(|(number, it): (u16, _)| (number.to_string(), json!(it))).collect();
        let json = serde_json::to_string(&object).unwrap();
        let at = cut.index(json.len());
        let at = (0..=at).rfind(|it| json.is_char_boundary(*it)).unwrap();
        let parsed = parse(&json[..at], &Shape::Numbered(texts.len() as u16));
        for (number, said) in parsed.said {
            prop_assert_eq!(&said.text, &texts[usize::from(number) - 1], "{}", &json[..at]);
        }
    }

    #[test]
    fn no_answer_makes_it_panic(answer in "[\"'“”{}\\[\\]:,0-9a\\\\\n<think>/`#. ]{0,80}", count in 0_u16..4) {
        for shape in [Shape::Numbered(count), Shape::Echoed(count), Shape::Plain, Shape::Terms] {
            let parsed = parse(&answer, &shape);
            prop_assert!(parsed.said.keys().all(|it| (1..=count.max(1)).contains(it)));
        }
        object(&answer);
    }
}
