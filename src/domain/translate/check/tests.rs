//! Every rule, with what it must find and what it must leave alone.

use super::super::shift::dialogue;
use super::*;
use crate::domain::terms::{Scope, TermOrigin, TermState};
use crate::domain::time::Span;

fn brief(from: &str, to: &str) -> Brief {
    Brief {
        from: Lang::parse(from).unwrap(),
        to: Lang::parse(to).unwrap(),
        title: None,
        synopsis: None,
        heard: true,
        cps_max: 25.0,
    }
}

fn line(text: &str, ms: i64) -> Line {
    Line { no: 0, cues: 0..1, span: Span::new(0, ms), text: text.to_owned(), group: 0, scene: 0 }
}

fn term(source: &str, target: Option<&str>) -> Term {
    Term {
        source: source.to_owned(),
        target: target.map(str::to_owned),
        from: None,
        to: None,
        scope: Scope::Everywhere,
        origin: TermOrigin::Hand,
        state: TermState::Accepted,
        note: String::new(),
    }
}

/// `!` and the beginning of a fatal complaint, `?` and that of a mild one, nothing for none.
fn verdict(from: &str, to: &str, source: &str, said: &str, terms: &[Term]) -> Vec<String> {
    let complaints = check(&brief(from, to), &line(source, 60_000), terms, said);
    let told = |it: Complaint| format!("{}{}", if it.fatal { '!' } else { '?' }, it.text);
    complaints.into_iter().map(told).collect()
}

const TABLE: &[(&str, &str, &str, &str, &str)] = &[
    ("en", "de", "Where were you?", "Wo warst du?", ""),
    ("en", "de", "Where were you?", "", "!The translation is empty"),
    ("en", "de", "Where were you?", "  ", "!The translation is empty"),
    // Not translated.
    (
        "en",
        "de",
        "Where have you been?",
        "Where have you been?",
        "!It is not translated: write it in German",
    ),
    (
        "en",
        "de",
        "I have been at the station all night.",
        "I have been at the station all Nacht.",
        "!It is not",
    ),
    ("en", "de", "John Smith!", "John Smith!", ""),
    ("en", "de", "Taxi!", "Taxi!", ""),
    ("en", "de", "OK, Anna.", "OK, Anna.", ""),
    ("en", "fr", "The Lord Of The Rings", "The Lord Of The Rings", ""),
    ("zh", "ja", "你昨天去哪儿了？", "你昨天去哪儿了？", "!It is not translated"),
    ("zh-Hans", "zh-Hant", "你去哪儿了？", "你去哪儿了？", ""),
    // Another script.
    ("en", "zh-Hans", "Where have you been?", "Where have you been?", "!It is not translated"),
    ("en", "zh-Hans", "Where have you been?", "Wo warst du?", "!Write it in Chinese (Simplified)"),
    ("en", "zh-Hans", "Where have you been?", "你去哪儿了？", ""),
    ("en", "zh-Hans", "Where have you been?", "你去哪裡了？", ""),
    ("en", "zh-Hans", "Where have you been?", "どこにいたの？", "!Write it in Chinese"),
    ("en", "ja", "Where have you been?", "どこにいたの？", ""),
    (
        "en",
        "ja",
        "Where have you been all night?",
        "你昨天晚上一整夜到底都去了什么地方？",
        "!Write it in Japanese",
    ),
    ("en", "ko", "Where have you been?", "어디 있었어?", ""),
    ("en", "ru", "Where have you been?", "Где ты был?", ""),
    ("en", "ru", "Where have you been?", "Gde ty byl?", "!Write it in Russian"),
    ("en", "ru", "He works for the FBI.", "Он работает на FBI.", ""),
    ("en", "sr", "Where have you been?", "Gde si bio?", ""),
    ("en", "sr-Cyrl", "Where have you been?", "Gde si bio?", "!Write it in Serbian"),
    ("en", "el", "Where have you been?", "Πού ήσουν;", ""),
    ("en", "ar", "Where have you been?", "أين كنت؟", ""),
    ("en", "he", "Where have you been?", "איפה היית?", ""),
    ("en", "th", "Where have you been?", "คุณไปไหนมา", ""),
    ("en", "hi", "Where have you been?", "तुम कहाँ थे?", ""),
    ("en", "ka", "Where have you been?", "სად იყავი?", ""),
    ("zh", "en", "你去哪儿了？", "Where have you been?", ""),
    ("zh", "en", "你去哪儿了？", "Where have you 去 been all this time?", "?Write it in English"),
    ("en", "zh", "I bought an iPhone and a MacBook.", "我买了iPhone和MacBook。", ""),
    (
        "en",
        "fr",
        "Where is the dog?",
        "It looks like the translation of another line.",
        "!Answer with the translation only",
    ),
    ("en", "zh", "Netflix", "Netflix", "?It is not translated"),
    // Chatter.
    (
        "en",
        "de",
        "Hello there.",
        "Here is the translation: Hallo.",
        "!Answer with the translation only",
    ),
    ("en", "de", "Hello there.", "Sure! Hallo.", "!Answer with"),
    (
        "zh",
        "en",
        "我要杀了你。",
        "As an AI language model, I cannot help with that.",
        "!Answer with",
    ),
    ("zh", "en", "我要杀了你。", "I cannot translate this.", "!Answer with"),
    ("zh", "en", "我不会翻译。", "I cannot translate this.", ""),
    ("zh", "en", "我是AI助手。", "I'm an AI assistant.", ""),
    ("en", "zh", "Hello there.", "请提供需要翻译的文本。", "!Answer with"),
    ("en", "zh", "Your papers, please.", "请提供证件。", ""),
    ("zh", "en", "当然。", "Of course.", ""),
    ("zh", "en", "这是钥匙。", "Here is the key.", ""),
    // Length.
    ("en", "de", "Go.", "Geh jetzt bitte sofort.", ""),
    ("en", "de", "Go.", "Geh jetzt bitte sofort da hinüber zu ihnen.", "?It is far longer"),
    (
        "en",
        "de",
        "Who is it?",
        "Wer ist es, der da so spät in der Nacht noch durch den Wind reitet, und was will er von uns allen hier?",
        "!It is far longer",
    ),
    (
        "en",
        "zh",
        "I never thought I would see you again in this life.",
        "我没想到这辈子还能见到你。",
        "",
    ),
    (
        "en",
        "zh",
        "I never thought I would see you again in this life.",
        "是。",
        "!It is far shorter",
    ),
    ("en", "de", "I never thought I would see you again.", "Ich auch nie.", ""),
    // Numbers.
    ("en", "de", "He won 1,500 dollars in 1987.", "Er gewann 1987 1.500 Dollar.", ""),
    ("en", "de", "He died in 1987.", "Er starb.", "?The number 1987"),
    ("en", "de", "He died in 1987.", "Er starb 1978.", "!The number 1987"),
    ("en", "de", "I have 3 sons.", "Ich habe drei Söhne.", ""),
    ("en", "zh", "He won 1,000,000 dollars.", "他赢了100万美元。", ""),
    ("en", "zh", "He won 2500 dollars in 1987.", "他在一九八七年赢了两千五百美元。", ""),
    ("en", "de", "Meet me at 2:30 pm.", "Triff mich um 14:30 Uhr.", ""),
    ("en", "ar", "Room 412.", "الغرفة ٤١٢.", ""),
    ("en", "de", "two days ago", "vor 2 Tagen", ""),
    ("en", "de", "412", "412", ""),
    ("en", "de", "412", "7", "!The number 412"),
    // Names.
    ("en", "fr", "I saw Holmes at the station.", "J'ai vu Holmes à la gare.", ""),
    ("en", "fr", "I saw Holmes at the station.", "Je l'ai vu à la gare.", "?The name “Holmes”"),
    ("en", "fr", "We go to London on Monday.", "On va à Londres lundi.", ""),
    ("en", "pl", "I saw Anna.", "Widziałem Annę.", ""),
    ("en", "de", "I saw Holmes at the station.", "Ich sah ihn am Bahnhof.", ""),
    ("en", "zh", "I saw Holmes at the station.", "我在车站看见他了。", ""),
    // Markup.
    ("en", "de", "Where were you?", "Wo\nwarst du?", "?Answer with plain text"),
    ("en", "de", "Where were you?", "**Wo** warst du?", "?Answer with plain text"),
    ("en", "de", "<i>Where were you?</i>", "<i>Wo warst du?</i>", ""),
    // Loops.
    ("en", "de", "Where were you?", "Wo wo wo wo wo wo wo wo warst du?", "!It repeats itself"),
    ("en", "de", "No, no, no, no, no, no, no!", "Nein, nein, nein, nein, nein, nein, nein!", ""),
    ("en", "zh", "He laughs.", "哈哈哈哈哈哈哈哈哈哈哈哈哈哈", "!It repeats itself"),
    ("en", "zh", "Hahaha!", "哈哈哈！", ""),
];

#[test]
fn every_rule_has_its_sentence() {
    let mut wrong = Vec::new();
    for (from, to, source, said, wanted) in TABLE {
        let found = verdict(from, to, source, said, &[]);
        let fits = match *wanted {
            "" => found.is_empty(),
            wanted => found.iter().any(|it| it.starts_with(wanted)),
        };
        if !fits {
            wrong.push(format!("{from} {to} {source:?} {said:?}: {found:?}, not {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_right_is_left_alone() {
    let langs = ["en", "de", "fr", "zh-Hans"];
    let mut complaints = 0;
    for (a, b) in (0..16).map(|it| (it / 4, it % 4)).filter(|(a, b)| a != b) {
        for texts in dialogue() {
            let found = verdict(langs[a], langs[b], texts[a], texts[b], &[]);
            assert!(!found.iter().any(|it| it.starts_with('!')), "{texts:?} {found:?}");
            complaints += found.len();
        }
    }
    assert!(complaints <= 5, "{complaints} of {}", dialogue().len() * 12);
}

#[test]
fn terms_are_kept_or_translated_as_told() {
    let terms =
        [term("Kinora", None), term("Bree", Some("Bryn")), term("the Shire", Some("das Auenland"))];
    let table = [
        ("Kinora is far.", "Kinora ist weit.", ""),
        ("Kinora is far.", "Kinoras Weg ist weit.", ""),
        ("Kinora is far.", "Es ist weit.", "!Keep “Kinora” as it is."),
        ("We go to Bree.", "Wir gehen nach Bryn.", ""),
        ("We go to Bree.", "Wir gehen nach Bree.", "?Translate “Bree” as “Bryn”."),
        ("A breeze.", "Eine Brise.", ""),
        ("In the Shire", "Im Auenland", "?Translate"),
        ("In the Shire", "In das Auenlande", ""),
    ];
    for (source, said, wanted) in table {
        let found = verdict("en", "de", source, said, &terms).join("|");
        assert!(
            found.starts_with(wanted) && found.is_empty() == wanted.is_empty(),
            "{said}: {found}"
        );
    }
    let mut proposed = term("Kinora", None);
    proposed.state = TermState::Proposed;
    assert_eq!(verdict("en", "de", "Kinora is far.", "Es ist weit.", &[proposed]), [""; 0]);
}

#[test]
fn a_line_too_fast_is_asked_to_be_shorter() {
    let said = "Das ist viel zu lang, um es in einer Sekunde zu lesen.";
    let fast = |source: &str, ms: i64, to: &str, said: &str| {
        let found = check(&brief("en", to), &line(source, ms), &[], said);
        found.into_iter().filter(|it| it.text.contains("in time")).collect::<Vec<_>>()
    };
    let complaint =
        Complaint::mild("It is too long to be read in time: say it in at most 25 characters.");
    assert_eq!(fast("This is too long to read it.", 1000, "de", said), [complaint]);
    assert_eq!(fast("This is too long to read it.", 3000, "de", said), []);
    // The source was as fast.
    let source = "This is much too long to be read, all of it, in a second.";
    assert_eq!(fast(source, 1000, "de", said), []);
    assert_eq!(fast("Too fast to be read.", 500, "zh", "太快了，来不及看完这句话的。").len(), 1);
    assert_eq!(fast("Too fast to be read.", 2000, "zh", "太快了，来不及看完。").len(), 0);
}

#[test]
fn what_needs_no_translation() {
    for text in ["", "412", "♪ ♪", "...", "10:30!", "—", "😀", "$1,000"] {
        assert!(is_as_is(text), "{text}");
    }
    for text in ["No.", "♪ La ♪", "你", "4K", "Ж"] {
        assert!(!is_as_is(text), "{text}");
    }
}
