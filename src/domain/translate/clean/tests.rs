//! What models add, case by case, and what must hold for any text.

use super::clean;
use proptest::prelude::*;

/// What a model said, the source, and what is left.
const TABLE: &[(&str, &str, &str)] = &[
    // Nothing to take away.
    (
        "Wo warst du die ganze Nacht?",
        "Where have you been all night?",
        "Wo warst du die ganze Nacht?",
    ),
    ("Où étais-tu ?", "Where were you?", "Où étais-tu ?"),
    ("- Kommst du?\n- Nein.", "- Are you coming? - No.", "- Kommst du? - Nein."),
    ("Er sagte: Lauf!", "He said: run!", "Er sagte: Lauf!"),
    (
        "1984 war ein gutes Jahr.",
        "Nineteen eighty-four was a good year.",
        "1984 war ein gutes Jahr.",
    ),
    ("50. Stock, bitte.", "50th floor, please.", "50. Stock, bitte."),
    ("Der \"Boss\" kommt.", "The boss is coming.", "Der \"Boss\" kommt."),
    ("Das ist's", "That's it", "Das ist's"),
    ("می\u{200c}خواهم بروم.", "I want to go.", "می\u{200c}خواهم بروم."),
    ("彼は来ない。　行こう。", "He won't come. Let's go.", "彼は来ない。　行こう。"),
    ("", "Hello.", ""),
    // Prefixes.
    ("Translation: Hallo.", "Hello.", "Hallo."),
    ("**Translation:** Hallo.", "Hello.", "Hallo."),
    ("German translation: Hallo.", "Hello.", "Hallo."),
    ("Translation (German): Hallo.", "Hello.", "Hallo."),
    ("German: Hallo.", "Hello.", "Hallo."),
    ("Line 3: Hallo.", "Hello.", "Hallo."),
    ("Here is the translation: Hallo.", "Hello.", "Hallo."),
    ("Here's the German translation of the line:\n\nHallo.", "Hello.", "Hallo."),
    ("Sure! Here is the translated text:\n\"Hallo.\"", "Hello.", "Hallo."),
    ("译文：你好。", "Hello.", "你好。"),
    ("翻译: 你好。", "Hello.", "你好。"),
    ("以下是翻译：\n你好。", "Hello.", "你好。"),
    ("Übersetzung: Hallo.", "Hello.", "Hallo."),
    ("Traduction : Bonjour.", "Hello.", "Bonjour."),
    ("翻訳：こんにちは。", "Hello.", "こんにちは。"),
    ("Перевод: Привет.", "Hello.", "Привет."),
    ("Translation: it's a lie", "翻译：这是谎言", "Translation: it's a lie"),
    ("Answer: nein.", "Answer: no.", "Answer: nein."),
    // Numbers and bullets.
    ("1. Hallo.", "Hello.", "Hallo."),
    ("[12] Hallo.", "Hello.", "Hallo."),
    ("#3: Hallo.", "Hello.", "Hallo."),
    ("1、你好。", "Hello.", "你好。"),
    ("- Hallo.", "Hello.", "Hallo."),
    ("• Hallo.", "Hello.", "Hallo."),
    ("1. Januar", "January 1", "1. Januar"),
    ("3.5 Meter", "Three and a half metres", "3.5 Meter"),
    ("- Hallo.", "- Hello.", "- Hallo."),
    // Quotes.
    ("\"Hallo.\"", "Hello.", "Hallo."),
    ("“你好。”", "Hello.", "你好。"),
    ("「こんにちは。」", "Hello.", "こんにちは。"),
    ("«Bonjour.»", "Hello.", "Bonjour."),
    ("„Hallo.“", "Hello.", "Hallo."),
    ("'Hallo.'", "Hello.", "Hallo."),
    ("\"Hallo.", "Hello.", "Hallo."),
    ("\"Hallo.\"", "\"Hello.\"", "\"Hallo.\""),
    ("„Lauf!“", "“Run!”", "„Lauf!“"),
    ("\"Ja\" und \"Nein\"", "Yes and no", "\"Ja\" und \"Nein\""),
    ("\"**Hallo.**\"", "Hello.", "Hallo."),
    // Bold, italic, code.
    ("**Hallo.**", "Hello.", "Hallo."),
    ("*Hallo*, Welt.", "Hello, world.", "Hallo, Welt."),
    ("_Hallo._", "Hello.", "Hallo."),
    ("`Hallo.`", "Hello.", "Hallo."),
    ("### Hallo.", "Hello.", "Hallo."),
    ("*hustet* Hallo.", "*coughs* Hello.", "*hustet* Hallo."),
    // Tags and entities.
    ("<i>Hallo.</i>", "Hello.", "Hallo."),
    ("Hallo,<br/>Welt.", "Hello, world.", "Hallo, Welt."),
    ("<font color=\"#fff\">Hallo.</font>", "Hello.", "Hallo."),
    ("{\\an8}Hallo.", "Hello.", "Hallo."),
    ("Hallo,\\NWelt.", "Hello, world.", "Hallo, Welt."),
    ("<i>Hallo.</i>", "<i>Hello.</i>", "<i>Hallo.</i>"),
    ("Ich <3 dich.", "I love you.", "Ich <3 dich."),
    ("Tom &amp; Jerry", "Tom & Jerry", "Tom & Jerry"),
    ("&quot;Hallo&quot; &#39;x", "Hello 'x", "\"Hallo\" 'x"),
    ("AT&T und &foo;", "AT&T and", "AT&T und &foo;"),
    // Notes.
    ("Hallo. (Note: informal)", "Hello.", "Hallo."),
    ("你好。（注：非正式）", "Hello.", "你好。"),
    ("Hallo. [Translator's note: informal]", "Hello.", "Hallo."),
    ("Hallo (wörtlich: heil).", "Hello.", "Hallo"),
    ("你好。【译注：问候】", "Hello.", "你好。"),
    ("Hallo. (lacht)", "Hello. (laughs)", "Hallo. (lacht)"),
    ("Hallo. (lacht) (Note: informal)", "Hello. (laughs)", "Hallo. (lacht)"),
    ("(lacht)", "(laughs)", "(lacht)"),
    ("Hallo. Note: This is informal.", "Hello.", "Hallo."),
    ("Hallo.\n\nNote: This is informal.", "Hello.", "Hallo."),
    ("Hallo.\n\n**Explanation:** \"Hallo\" is\n- informal", "Hello.", "Hallo."),
    ("Hallo.\n(informal)", "Hello.", "Hallo."),
    ("你好。\n\n注：这是问候。", "Hello.", "你好。"),
    ("Hallo.\n\nLet me know if you need anything else!", "Hello.", "Hallo."),
    // The source again.
    ("Hello. -> Hallo.", "Hello.", "Hallo."),
    ("Hallo. → Hello.", "Hello.", "Hallo."),
    ("Hello. = Hallo.", "Hello.", "Hallo."),
    ("Hallo. | Hello.", "Hello.", "Hallo."),
    ("Hello.\nHallo.", "Hello.", "Hallo."),
    ("Hallo.\nHello.", "Hello.", "Hallo."),
    ("A -> B", "a -> b", "A -> B"),
    // Line breaks and what nobody sees.
    ("Hallo,\r\n\r\nWelt.", "Hello, world.", "Hallo, Welt."),
    ("你好，\n世界。", "Hello, world.", "你好，世界。"),
    ("안녕,\n세상.", "Hello, world.", "안녕, 세상."),
    ("\u{FEFF}Hal\u{200B}lo,\t\u{0} Welt.\u{2028}", "Hello, world.", "Hallo, Welt."),
    ("---\nHallo.", "Hello.", "Hallo."),
];

#[test]
fn what_models_add_is_taken_away() {
    for (said, source, wanted) in TABLE {
        let cleaned = clean(said, source);
        assert_eq!(&cleaned, wanted, "{said:?} for {source:?}");
        assert_eq!(clean(&cleaned, source), cleaned, "{said:?}");
    }
}

fn nasty() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "\"",
        "“",
        "”",
        "«",
        "»",
        "'",
        "(",
        ")",
        "（注：",
        "）",
        "[",
        "]",
        "**",
        "*",
        "_",
        "`",
        "<i>",
        "</i>",
        "<br>",
        "&amp;",
        "&",
        "amp;",
        "#39;",
        "->",
        "→",
        "=",
        "|",
        "1.",
        "1)",
        "#",
        "-",
        "–",
        " ",
        "\n",
        "\n\n",
        "Note:",
        "Translation:",
        "译文：",
        ":",
        "Hallo",
        "你好",
        "\\N",
        "{\\an8}",
        "\u{200B}",
        "…",
        ".",
        "Here is the translation:",
        "Hello.",
        "\u{3000}",
    ]);
    prop::collection::vec(part, 0..12).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn clean_text_stays(
        said in "[a-zà-ÿа-я你-倀]{1,9}(,? [A-Za-zà-ÿа-яא-ת你-倀]{1,9}){0,7}[.!?…。？]?",
        source in "[A-Z][a-z]{1,9}( [a-z]{1,9}){0,7}[.!?]?",
    ) {
        prop_assert_eq!(clean(&said, &source), said);
    }

    #[test]
    fn cleaning_twice_is_cleaning_once(said in nasty(), source in nasty()) {
        let once = clean(&said, &source);
        prop_assert_eq!(clean(&once, &source), once);
    }

    /// What the source has itself stays: the source is its own translation.
    #[test]
    fn the_source_itself_stays(source in nasty()) {
        let line = clean(&source, &source);
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(clean(&words, &words), words);
    }

    #[test]
    fn one_line_comes_out(said in any::<String>(), source in any::<String>()) {
        let cleaned = clean(&said, &source);
        prop_assert!(!cleaned.contains(|it: char| it.is_control()) && cleaned.trim() == cleaned);
        prop_assert_eq!(clean(&cleaned, &source), cleaned);
    }
}
