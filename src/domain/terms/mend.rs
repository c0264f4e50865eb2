//! Rules after translating (J-3): a name that was left as it was gets its translation, one that is to stay as it is
//! gets its capitals back.

use super::super::lang::Lang;
use super::Term;
use super::find::{Finder, is_name};
use super::fold::{Kind, kind, letters};

/// A word this short may be one of the other language as well.
const COMMON_CHARS_MAX: usize = 3;

/// The translation of a line, with the terms of its source put right where that is safe:
/// - a term's source that still stands in it becomes its target, where it looks like a name. Where both are written
///   alike (Latin in Latin), only where the target is missing, since a word may be one of both languages;
/// - a do-not-translate term whose capitals were changed gets those of the source.
pub fn apply_after(text: &str, source: &str, terms: &[Term], from: &Lang, to: &Lang) -> String {
    let mut text = text.to_owned();
    for term in Finder::new(terms, from, to).occurring(source) {
        text = match &term.target {
            Some(target) => translated(&text, &term.source, target),
            None => kept(&text, source, &term),
        };
    }
    text
}

/// Where the exact letters of a name stand in a text as words of their own.
fn places(text: &str, name: &str) -> Vec<std::ops::Range<usize>> {
    text.match_indices(name)
        .map(|(at, it)| at..at + it.len())
        .filter(|it| stands_alone(text, it))
        .collect()
}

fn stands_alone(text: &str, at: &std::ops::Range<usize>) -> bool {
    let joined = |left: Option<char>, right: Option<char>| {
        let spaced = |it: Option<char>| it.map(kind) == Some(Kind::Spaced);
        spaced(left) && spaced(right)
    };
    let inside = &text[at.clone()];
    !joined(text[..at.start].chars().next_back(), inside.chars().next())
        && !joined(inside.chars().next_back(), text[at.end..].chars().next())
}

fn translated(text: &str, source: &str, target: &str) -> String {
    let alike = script(source) == script(target);
    let safe = is_name(source) && source.chars().count() > if alike { COMMON_CHARS_MAX } else { 1 };
    if !safe || target.contains(source) || alike && text.contains(target) {
        return text.to_owned();
    }
    let mut mended = String::with_capacity(text.len());
    let mut done = 0;
    for at in places(text, source) {
        mended.push_str(&text[done..at.start]);
        done = at.end;
        let glossed = glossed(&mended, target, &text[at.end..]);
        if let Some(bracket) = glossed {
            mended.truncate(mended.len() - bracket);
            done += bracket;
            continue;
        }
        if is_unspaced(target.chars().next()) && mended.ends_with(' ') {
            let before = mended[..mended.len() - 1].chars().next_back();
            if is_unspaced(before) {
                mended.pop();
            }
        }
        mended.push_str(target);
        let mut after = text[at.end..].chars();
        let (next, then) = (after.next(), after.next());
        if is_unspaced(target.chars().next_back()) && next == Some(' ') && is_unspaced(then) {
            done += 1;
        }
    }
    mended.push_str(&text[done..]);
    mended
}

/// `福尔摩斯(Holmes)`: the name follows its translation in brackets. Answers the bytes of the bracket that opens, and of
/// that which closes, where both are of one length.
fn glossed(before: &str, target: &str, after: &str) -> Option<usize> {
    [("(", ")"), ("（", "）"), ("[", "]")].into_iter().find_map(|(open, close)| {
        let said = before.strip_suffix(open)?.ends_with(target);
        (said && after.starts_with(close)).then_some(open.len())
    })
}

fn is_unspaced(c: Option<char>) -> bool {
    c.map(kind) == Some(Kind::Unspaced)
}

/// How the first letter is written, roughly: enough to tell Latin from Han.
fn script(text: &str) -> Option<Kind> {
    text.chars().map(kind).find(|it| *it != Kind::Other)
}

fn kept(text: &str, source: &str, term: &Term) -> String {
    let name = term.source.as_str();
    let small = |it: &str| letters(it).iter().map(|it| it.small).collect::<String>();
    let wanted = small(name);
    let long = wanted.chars().count() > COMMON_CHARS_MAX;
    // As the source has it: a line in capitals has them here too.
    let places_of = |within: &str| -> Vec<std::ops::Range<usize>> {
        let letters = letters(within);
        let small: Vec<char> = letters.iter().map(|it| it.small).collect();
        let sought: Vec<char> = wanted.chars().collect();
        let windows = small.windows(sought.len().max(1)).enumerate();
        windows
            .filter(|(_, it)| **it == sought)
            .map(|(at, it)| letters[at].at.start..letters[at + it.len() - 1].at.end)
            .filter(|it| stands_alone(within, it))
            .collect()
    };
    let forms: Vec<&str> = places_of(source).into_iter().map(|it| &source[it]).collect();
    let form = if forms.contains(&name) { name } else { forms.first().copied().unwrap_or(name) };
    let there = places_of(text);
    if !long || there.iter().any(|it| forms.contains(&&text[it.clone()])) {
        return text.to_owned();
    }
    let mut mended = text.to_owned();
    for at in there.into_iter().rev() {
        mended.replace_range(at, form);
    }
    mended
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lang, term};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_put_right_where_that_is_safe() {
        let table = [
            // (term, its target, source, translation, mended)
            ("Holmes", "福尔摩斯", "Where is Holmes?", "Holmes 在哪里？", "福尔摩斯在哪里？"),
            ("Holmes", "福尔摩斯", "I saw Holmes.", "我见过 Holmes 先生", "我见过福尔摩斯先生"),
            ("Holmes", "福尔摩斯", "Holmes!", "福尔摩斯（Holmes）！", "福尔摩斯！"),
            ("Holmes", "福尔摩斯", "Holmes!", "Holmesian", "Holmesian"),
            ("Holmes", "福尔摩斯", "Who?", "Holmes", "Holmes"),
            ("Holmes", "Sherlock Holmes", "Holmes!", "Sherlock Holmes!", "Sherlock Holmes!"),
            ("Munich", "München", "To Munich", "Nach Munich", "Nach München"),
            ("Munich", "München", "To Munich", "München, Munich", "München, Munich"),
            ("die", "sterben", "they die", "die sterben", "die sterben"),
            ("Die", "Sterben", "they Die", "Die Hand", "Die Hand"),
            ("手紙", "信", "手紙だ", "这是手紙", "这是手紙"),
            ("iPhone", "", "my iPhone", "mein Iphone", "mein iPhone"),
            ("iPhone", "", "MY IPHONE", "我的IPHONE", "我的IPHONE"),
            ("iPhone", "", "my iPhone", "我的 IPHONE 和iphone", "我的 iPhone 和iPhone"),
            ("Die", "", "Die played", "die spielten", "die spielten"),
            ("Evil", "", "Evil played", "Devil, evil", "Devil, Evil"),
        ];
        for (source, target, line, text, wanted) in table {
            // The target of a name in Han may be a single character, and stand in any word.
            let terms = [term(source, target)];
            let mended = apply_after(text, line, &terms, &lang("en"), &lang("zh-Hans"));
            assert_eq!(mended, wanted, "{source} = {target} in {text}");
        }
    }

    proptest! {
        #[test]
        fn without_a_term_in_the_source_nothing_changes(text in "\\PC{0,40}", line in "[a-z ]{0,20}") {
            let terms = [term("Holmes", "福尔摩斯"), term("iPhone", "")];
            prop_assert_eq!(&apply_after(&text, &line, &terms, &lang("en"), &lang("zh")), &text);
        }

        #[test]
        fn what_is_mended_stays_so(text in "([a-zA-Z 我见过]|Holmes|IPHONE|\\(|\\)){0,12}") {
            let terms = [term("Holmes", "福尔摩斯"), term("iPhone", "")];
            let mend = |it: &str| apply_after(it, "Holmes, iPhone", &terms, &lang("en"), &lang("zh"));
            prop_assert_eq!(mend(&mend(&text)), mend(&text));
        }
    }
}
