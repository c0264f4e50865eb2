//! What must be in a translation as it is in the source: numbers, names, terms; and markup, which must not.

use super::super::super::terms::{Term, TermState};
use super::super::figures;
use super::super::fold::{fold, words};
use super::scripts::written_in;
use super::{Case, Complaint};

/// Numbers up to this, and round ones, are often written in words.
const IN_WORDS_MAX: u64 = 100;
/// Chinese and Japanese numerals.
const NUMERALS: &str = "零〇一二两兩三四五六七八九十百千万萬亿億半";
/// Letters of a word by which it is found again with another ending.
const STEM_CHARS: usize = 4;
/// Words with a capital inside of English sentences that other languages translate: days, months, peoples, titles.
const TRANSLATED: [&str; 72] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "christmas",
    "easter",
    "english",
    "french",
    "german",
    "spanish",
    "italian",
    "russian",
    "chinese",
    "japanese",
    "american",
    "british",
    "dutch",
    "greek",
    "roman",
    "europe",
    "america",
    "england",
    "france",
    "germany",
    "spain",
    "italy",
    "russia",
    "china",
    "japan",
    "mr",
    "mrs",
    "miss",
    "ms",
    "dr",
    "sir",
    "lord",
    "lady",
    "king",
    "queen",
    "prince",
    "princess",
    "captain",
    "doctor",
    "professor",
    "father",
    "mother",
    "mom",
    "mum",
    "dad",
    "god",
    "jesus",
    "uncle",
    "aunt",
    "grandma",
    "grandpa",
    "detective",
    "inspector",
];
/// Markup that cleaning takes away where the source has none: what is left of it.
const MARKUP: [&str; 11] =
    ["<i>", "</i>", "<b>", "</b>", "<br", "{\\", "**", "```", "\\N", "&nbsp;", "&amp;"];

/// Numbers in digits: those of the source are there, and no others instead of them. Small and round ones may be in
/// words, thousands in another unit (`100万`), times by another clock.
pub(super) fn numbers(case: Case<'_>) -> Option<Complaint> {
    let (wanted, said) = (figures::numbers(case.source), figures::numbers(case.said));
    let missing: Vec<&String> =
        wanted.iter().filter(|it| !said.iter().any(|other| same_number(it, other))).collect();
    let strange = said.iter().any(|it| !wanted.iter().any(|other| same_number(it, other)));
    if missing.is_empty() {
        return None;
    }
    let text = |it: &str| format!("The number {it} of the source is missing.");
    if strange && missing.len() == wanted.len() {
        return Some(Complaint::fatal(text(missing[0])));
    }
    let numerals = case.said.contains(|it| NUMERALS.contains(it));
    let in_words = |it: &str| {
        let value = it.parse::<u64>().ok();
        value.is_some_and(|it| it <= IN_WORDS_MAX || it % 100 == 0)
    };
    let lost = missing.into_iter().find(|it| !numerals && !in_words(it))?;
    Some(Complaint::mild(text(lost)))
}

/// True where two numbers are one but for zeros at the ends, or are one hour by two clocks.
fn same_number(a: &str, b: &str) -> bool {
    let bare = |it: &str| it.trim_start_matches('0').trim_end_matches('0').to_owned();
    let hours = a.parse::<u64>().ok().zip(b.parse::<u64>().ok());
    let by_clocks = hours.is_some_and(|(a, b)| a.max(b) < 24 && a.abs_diff(b) == 12);
    a == b || bare(a) == bare(b) || by_clocks
}

/// Terms that occur in the line are there as they are to be.
pub(super) fn terms(case: Case<'_>, terms: &[Term]) -> Vec<Complaint> {
    let accepted = terms.iter().filter(|it| it.state == TermState::Accepted);
    let here = accepted.filter(|it| occurs(&fold(case.source), &fold(&it.source)));
    let complaint = |term: &Term| match &term.target {
        None if case.said.contains(term.source.as_str()) => None,
        None => Some(Complaint::fatal(format!("Keep “{}” as it is.", term.source))),
        Some(target) if has_stems(case.said, target) => None,
        Some(target) => {
            Some(Complaint::mild(format!("Translate “{}” as “{target}”.", term.source)))
        }
    };
    here.filter_map(complaint).collect()
}

/// True where a term stands in a text, not inside of a longer word; both folded.
fn occurs(text: &str, term: &str) -> bool {
    let spaced = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() && it < '\u{E00}');
    !term.is_empty()
        && text.match_indices(term).any(|(at, it)| {
            let before = text[..at].chars().next_back();
            let after = text[at + it.len()..].chars().next();
            let joined = |beside, own| spaced(beside) && spaced(own);
            !(joined(before, term.chars().next()) || joined(after, term.chars().next_back()))
        })
}

/// True where each word of a term stands in a text, with whatever ending.
fn has_stems(text: &str, term: &str) -> bool {
    let text = fold(text);
    let stem = |it: String| it.chars().take(STEM_CHARS).collect::<String>();
    text.contains(&fold(term)) || words(term).into_iter().all(|it| text.contains(&stem(it)))
}

/// Names of the source, where both languages are written alike: words with a capital inside of a sentence. A complaint
/// only where none of them is there, and no other name is: many names of places are translated.
pub(super) fn names(case: Case<'_>, terms: &[Term]) -> Option<Complaint> {
    let nouns = |lang: &super::Lang| matches!(lang.primary(), "de" | "lb" | "gsw");
    let alike = written_in(case.from)
        .zip(written_in(case.to))
        .is_some_and(|(from, to)| from == to && from.iter().all(|it| is_cased(*it)));
    if !alike || nouns(case.from) || nouns(case.to) {
        return None;
    }
    let here = names_inside(case.source);
    let is_term = |name: &str| terms.iter().any(|it| it.source.contains(name));
    let names: Vec<&str> = here.into_iter().filter(|it| !is_term(it)).collect();
    let lost = names.first()?;
    let found =
        names.iter().any(|it| has_stems(case.said, it)) || !names_inside(case.said).is_empty();
    (!found).then(|| Complaint::mild(format!("The name “{lost}” is missing.")))
}

fn is_cased(script: super::scripts::Script) -> bool {
    use super::scripts::Script;
    matches!(script, Script::Latin | Script::Cyrillic | Script::Greek)
}

/// Words with a capital that do not begin a sentence, and that are no words one translates.
fn names_inside(text: &str) -> Vec<&str> {
    let mut begins = true;
    let mut names = Vec::new();
    for token in text.split_whitespace() {
        let word = token.trim_matches(|it: char| !it.is_alphanumeric());
        let name = word.split(['\'', '’']).next().unwrap_or(word);
        let capital = name.chars().next().is_some_and(char::is_uppercase);
        let quoted = !token.starts_with(|it: char| it.is_alphanumeric());
        let shouted = name.chars().all(|it| it.is_uppercase() || !it.is_alphabetic());
        let long = name.chars().count() > 2;
        if capital
            && !begins
            && !quoted
            && !shouted
            && long
            && !TRANSLATED.contains(&fold(name).as_str())
        {
            names.push(name);
        }
        begins = word.is_empty() && begins
            || token.ends_with(['.', '!', '?', '…', ':', '-', '–', '—', '"', '”', '»']);
    }
    names
}

/// Markup and line breaks that the source has not.
pub(super) fn markup(case: Case<'_>) -> Option<Complaint> {
    let left = MARKUP.iter().any(|it| case.said.contains(it) && !case.source.contains(it));
    let breaks = case.said.contains(['\n', '\r', '\u{2028}']);
    (left || breaks).then(|| Complaint::mild("Answer with plain text on one line, without markup."))
}
