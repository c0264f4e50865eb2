//! Proper names in a subtitle that is there, for the prompt of Whisper: it then spells them as the subtitle does.

use super::cue::Cue;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Most names that are given.
pub const NAMES_MAX: usize = 30;
/// Most characters of all of them, with a comma and a space between two: Whisper's prompt has 224 tokens at most.
pub const NAMES_CHARS_MAX: usize = 200;
/// A capital in the middle of a sentence may be a slip once.
const TIMES_MIN: usize = 2;
/// Where more of the words inside of sentences have a capital, capitals do not tell names: German writes all nouns so.
const CAPITALS_PERCENT_MAX: usize = 15;
/// After these, and where a line begins with one, a sentence begins.
const BREAKS: &str = ".!?…:;\"“”«»„‹›♪♫[](){}<>-–—―¿¡*#";
/// Between the parts of `John's`, `O’Brien`, `l'Amérique`.
const APOSTROPHES: [char; 2] = ['\'', '’'];

/// Names in the order of how often they occur: words that have a capital in the middle of a sentence at least twice,
/// and more often than none; at most [`NAMES_MAX`], together at most [`NAMES_CHARS_MAX`] characters. None in scripts
/// without capitals, and in languages that write all nouns with one.
pub fn names_in(cues: &[Cue]) -> Vec<String> {
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for cue in cues {
        count_inside(cue, &mut seen);
    }
    let capitals: usize = seen.values().map(|it| it.capital).sum();
    let total: usize = capitals + seen.values().map(|it| it.small).sum::<usize>();
    if capitals * 100 > total * CAPITALS_PERCENT_MAX {
        return Vec::new();
    }
    let mut names: Vec<&Seen> =
        seen.values().filter(|it| it.capital >= TIMES_MIN && it.capital > it.small).collect();
    names.sort_by_key(|it| (Reverse(it.capital), it.nth));
    let mut chars = 0;
    let fits = |it: &&Seen| {
        chars += it.spelled.chars().count() + if chars > 0 { ", ".len() } else { 0 };
        chars <= NAMES_CHARS_MAX
    };
    names.into_iter().take(NAMES_MAX).take_while(fits).map(|it| it.spelled.clone()).collect()
}

/// How often a word stands inside of sentences, and how it is spelled with its capital.
struct Seen {
    spelled: String,
    capital: usize,
    small: usize,
    /// How many words were seen before it.
    nth: usize,
}

fn count_inside(cue: &Cue, seen: &mut BTreeMap<String, Seen>) {
    let is_break = |it: char| BREAKS.contains(it);
    let mut inside = false;
    for line in &cue.lines {
        for token in line.split_whitespace() {
            let core = token.trim_matches(|it: char| !it.is_alphanumeric());
            let at = token.find(core).unwrap_or(0);
            inside &= !token[..at].contains(is_break);
            if let Some(word) = word(core).filter(|_| inside) {
                let capital = word.starts_with(char::is_uppercase);
                let nth = seen.len();
                let it = seen.entry(word.to_lowercase()).or_insert_with(|| Seen {
                    spelled: String::new(),
                    capital: 0,
                    small: 0,
                    nth,
                });
                if capital && it.spelled.is_empty() {
                    it.spelled = word.to_owned();
                }
                it.capital += usize::from(capital);
                it.small += usize::from(!capital);
            }
            inside = !core.is_empty() && !token[at + core.len()..].contains(is_break);
        }
    }
}

/// The word of a token that may be a name, without what an apostrophe joins to it; `None` for what is all capitals
/// (shouted, or who speaks), has digits, or is a single letter.
fn word(core: &str) -> Option<&str> {
    let word = match core.split_once(APOSTROPHES) {
        None => core,
        Some((before, after)) if after.starts_with(char::is_uppercase) => {
            // `O'Brien` is one name, `l'Amérique` is an article and a name.
            if before.starts_with(char::is_uppercase) { core } else { after }
        }
        Some((before, _)) => before,
    };
    let cased = word.starts_with(char::is_uppercase) || word.starts_with(char::is_lowercase);
    let letters =
        word.chars().all(|it| it.is_alphabetic() || it == '-' || APOSTROPHES.contains(&it));
    let quiet = word.chars().any(char::is_lowercase);
    (cased && letters && quiet && word.chars().nth(1).is_some()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;
    use proptest::prelude::*;

    fn cues(texts: &[&str]) -> Vec<Cue> {
        let cue = |(index, text): (usize, &&str)| Cue {
            span: Span::new(index as i64 * 2000, index as i64 * 2000 + 1500),
            lines: text.split('|').map(str::to_owned).collect(),
            confidence: 1.0,
        };
        texts.iter().enumerate().map(cue).collect()
    }

    /// Sentences without names, so that capitals are few.
    const PLAIN: &str = "this is what happens when you do not listen to anybody and|go out into the rain at night \
                         without a coat or a light or anything at all to keep you warm and dry";

    fn names(texts: &[&str]) -> String {
        let plain = [PLAIN; 6];
        names_in(&cues(&[texts, plain.as_slice()].concat())).join(", ")
    }

    #[test]
    fn names_are_what_has_a_capital_inside_of_sentences() {
        let table: [(&[&str], &str); 14] = [
            (
                &["Where is Aragorn?", "I saw Aragorn and Gimli.", "Ask Gimli, Aragorn!"],
                "Aragorn, Gimli",
            ),
            (&["Aragorn is here.", "Aragorn left.", "- Aragorn!|- Aragorn?"], ""),
            (&["I saw Gandalf."], ""),
            (&["It is John's.", "so I'm with John, and I'll|go. I know John"], "John"),
            (
                &["ask O'Brien", "and O'Brien said", "vers l'Amérique", "de l’Amérique"],
                "O'Brien, Amérique",
            ),
            (&["and Jean-Luc said", "to Jean-Luc"], "Jean-Luc"),
            (&["is Mother here", "my mother, her mother", "ask Mother"], ""),
            (&["he went to NASA and NASA said", "ask MARIA, ask MARIA"], ""),
            (&["the 3rd and the 3rd", "a B2B B2B"], ""),
            (&["well... Maybe not", "so: Maybe", "he said \"Maybe not\"", "a - Maybe"], ""),
            (&["(whispers) Bilbo", "[he sees Bilbo]", "so Bilbo"], "Bilbo"),
            (&["我看见张三，张三说", "彼は東京、東京"], ""),
            (&["я вижу Анну и Анну", "а Пётр и Пётр, Анну"], "Анну, Пётр"),
            (&[], ""),
        ];
        for (texts, wanted) in table {
            assert_eq!(names(texts), wanted, "{texts:?}");
        }
    }

    #[test]
    fn capitals_of_every_noun_are_no_names() {
        let german = [
            "wir haben das Haus und den Garten|gesehen, und die Katze schlief im Haus",
            "dann kam der Hund in den Garten und die Katze lief ins Haus",
        ];
        assert_eq!(names_in(&cues(&german)), Vec::<String>::new());
    }

    #[test]
    fn there_are_never_too_many() {
        let words: Vec<String> =
            (0..26u8).map(|it| format!("X{}", char::from(b'a' + it))).collect();
        let more: Vec<String> = (0..26u8).map(|it| format!("Y{}", char::from(b'a' + it))).collect();
        let short: Vec<String> = words.iter().chain(&more).map(|it| format!("so {it}")).collect();
        let twice: Vec<&str> = short.iter().chain(&short).map(String::as_str).collect();
        let plain = [PLAIN; 30];
        assert_eq!(names_in(&cues(&[twice.as_slice(), &plain].concat())).len(), NAMES_MAX);
        let long: Vec<String> =
            words.iter().map(|it| format!("so {it}{}", "o".repeat(30))).collect();
        let twice: Vec<&str> = long.iter().chain(&long).map(String::as_str).collect();
        let found = names_in(&cues(&[twice.as_slice(), &plain].concat()));
        assert_eq!(found.len(), 5);
    }

    proptest! {
        #[test]
        fn limits_hold_for_any_text(texts in prop::collection::vec("[ A-Da-d'’\\-.]{0,40}", 0..60)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let found = names_in(&cues(&texts));
            prop_assert!(found.len() <= NAMES_MAX);
            prop_assert!(found.join(", ").chars().count() <= NAMES_CHARS_MAX);
        }
    }
}
