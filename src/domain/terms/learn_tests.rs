//! What corrections teach, and what they do not.

use super::super::tests::{lang, term};
use super::*;
use proptest::prelude::*;

/// (source, ours, theirs) -> `source=target`, and how many phrases.
fn learn(known: &[Term], lines: &[(&str, &str, &str)], from: &str, to: &str) -> (String, usize) {
    let own = |it: &(&str, &str, &str)| (it.0.to_owned(), it.1.to_owned(), it.2.to_owned());
    let lines: Vec<_> = lines.iter().map(own).collect();
    let scope = Scope::Work("sherlock".to_owned());
    let learnt = learnt(&lines, known, &scope, &lang(from), &lang(to));
    let terms = learnt.terms.iter().map(|it| {
        assert_eq!((it.origin, it.state), (TermOrigin::Learnt, TermState::Proposed));
        assert_eq!((&it.scope, &it.to), (&scope, &Some(lang(to))));
        format!("{}={}", it.source, it.target.as_deref().unwrap_or_default())
    });
    (terms.collect::<Vec<_>>().join("; "), learnt.phrases.len())
}

#[test]
fn names_are_learnt() {
    let watson = ("Ask Watson.", "问华生", "问华生");
    let holmes = [
        ("Where is Holmes?", "霍姆斯在哪里？", "福尔摩斯在哪里？"),
        watson,
        ("I saw Holmes.", "我见过霍姆斯。", "我见过福尔摩斯。"),
    ];
    assert_eq!(learn(&[], &holmes, "en", "zh"), ("Holmes=福尔摩斯".to_owned(), 2));
    // Once, and unclear how far the name reaches.
    assert_eq!(learn(&[], &holmes[1..], "en", "zh"), (String::new(), 1));
    // A known term says so.
    let known = [term("Holmes", "霍姆斯")];
    assert_eq!(learn(&known, &holmes[1..], "en", "zh"), ("Holmes=福尔摩斯".to_owned(), 1));
    // Once, where words have spaces between.
    let jon = [("It was John Smith.", "Es war Jon Smith.", "Es war John Smith.")];
    assert_eq!(learn(&[], &jon, "en", "de").0, "John=");
    let jon = [("It was John Smith.", "Es war Jonny.", "Es war Hans.")];
    assert_eq!(learn(&[], &jon, "en", "de").0, "");
    let munich = [("We go to Munich now", "Wir gehen nach Munich", "Wir gehen nach München")];
    assert_eq!(learn(&[], &munich, "en", "de").0, "Munich=München");
    // From a script without spaces.
    let ja = [
        ("ホームズさん", "Mr. Homes", "Mr. Holmes"),
        ("さようなら、ホームズ", "Bye, Homes", "Bye, Holmes"),
        ("さん", "Mr.", "Mr."),
    ];
    assert_eq!(learn(&[], &ja, "ja", "en").0, "ホームズ=Holmes");
}

#[test]
fn words_are_learnt_where_they_are_clear() {
    let engine = [
        ("the engine is hot", "der Motor ist heiß", "die Maschine ist heiß"),
        ("start that engine", "starte den Motor", "starte die Maschine"),
        ("it is hot", "es ist heiß", "es ist heiß"),
        ("start that", "starte das", "starte das"),
    ];
    // `der Motor` and `den Motor` are two, each once.
    assert_eq!(learn(&[], &engine, "en", "de"), (String::new(), 2));
    let engine = [
        ("engine failure", "Motor kaputt", "Triebwerk kaputt"),
        ("the engine is hot", "Motor heiß", "Triebwerk heiß"),
        ("it is hot", "heiß", "heiß"),
    ];
    assert_eq!(learn(&[], &engine, "en", "de"), ("engine=Triebwerk".to_owned(), 2));
    // Another line has the word, and no such correction.
    let other = [engine[0], engine[1], ("my engine", "mein Antrieb", "mein Antrieb")];
    assert_eq!(learn(&[], &other, "en", "de").0, "");
    // It was said otherwise, or only spaced otherwise.
    let free = [(
        "Go away, John, please",
        "Geh weg, Johann, bitte",
        "Hau jetzt endlich bloß ab du da drüben",
    )];
    assert_eq!(learn(&[], &free, "en", "de"), (String::new(), 1));
    let same = [("Go, Holmes", "Geh  Holmes", "Geh\nHolmes"), ("a", "b", " ")];
    assert_eq!(learn(&[], &same, "en", "de"), (String::new(), 0));
}

#[test]
fn keys_know_lines_and_neighbours() {
    let (en, zh) = (lang("en"), lang("zh"));
    let key = |before, text, after| phrase_key(&en, &zh, before, text, after);
    assert_eq!(key("a", "b  c ", ""), key(" a", "b\nc", ""));
    let keys = [
        key("a", "b", "c"),
        key("ab", "", "c"),
        key("a", "b", ""),
        key("", "b", "c"),
        phrase_key(&zh, &en, "a", "b", "c"),
    ];
    assert_eq!(BTreeSet::from(keys).len(), keys.len());
}

proptest! {
    #[test]
    fn every_change_is_remembered_and_no_term_is_made_up(
        lines in proptest::collection::vec(("[A-Ba-b ]{0,9}", "[福尔a霍 ]{0,6}", "[福尔a摩 ]{0,6}"), 0..8),
    ) {
        let learnt = learnt(&lines, &[], &Scope::Everywhere, &lang("en"), &lang("zh"));
        for (index, text) in &learnt.phrases {
            prop_assert!(!text.is_empty() && lines[*index].1 != lines[*index].2);
        }
        for term in &learnt.terms {
            let target = term.target.clone().unwrap_or_default();
            let words = |it: &str| it.split_whitespace().collect::<Vec<_>>().join(" ");
            let there = |it: &(String, String, String)| {
                words(&it.0).contains(&term.source) && words(&it.2).contains(&target)
            };
            prop_assert!(lines.iter().any(there));
        }
    }
}
