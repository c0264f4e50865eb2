//! Which terms occur in a text.

use super::super::lang::Lang;
use super::super::names::{NAMES_CHARS_MAX, NAMES_MAX};
use super::fold::{Kind, Letter, kind, letters, may_begin, may_end};
use super::{Term, TermState};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// A cased source this short may be an ordinary word in small letters: `Al`, `May`, `It`.
const SHORT_CHARS_MAX: usize = 3;

/// The terms of a film, made ready to look for in many lines: where a source has several, the one that goes first.
#[derive(Debug)]
pub struct Finder {
    terms: Vec<Sought>,
    /// By the first word, or the first letter where words are not told apart by spaces.
    by_first: HashMap<String, Vec<usize>>,
}

/// A term and what is looked for.
#[derive(Debug)]
struct Sought {
    term: Term,
    /// Small letters, where `exact` is false.
    letters: Vec<char>,
    /// Capitals count.
    exact: bool,
}

/// A term at a place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Its place among the terms of the [`Finder`].
    pub(super) term: usize,
    /// Bytes of the text.
    pub(super) at: Range<usize>,
}

impl Finder {
    /// Accepted terms for these languages. Of those with one source the first goes first: by who says so, by the
    /// narrowest scope, by the one that names its languages.
    pub fn new(terms: &[Term], from: &Lang, to: &Lang) -> Finder {
        let mut good: Vec<&Term> = terms
            .iter()
            .filter(|it| it.state == TermState::Accepted && it.is_for(from, to))
            .collect();
        good.sort_by_key(|it| (it.origin, it.scope.width(), it.to.is_none(), it.from.is_none()));
        let mut finder = Finder { terms: Vec::new(), by_first: HashMap::new() };
        let mut taken = HashSet::new();
        for term in good {
            let letters = letters(&term.source);
            let exact = is_exact(&letters);
            let letters: Vec<char> =
                letters.iter().map(|it| if exact { it.plain } else { it.small }).collect();
            if !letters.is_empty() && taken.insert((exact, letters.clone())) {
                let small: Vec<char> =
                    letters.iter().map(|it| it.to_lowercase().next().unwrap_or(*it)).collect();
                let at = finder.terms.len();
                finder.by_first.entry(first_word(&small).iter().collect()).or_default().push(at);
                finder.terms.push(Sought { term: term.clone(), letters, exact });
            }
        }
        for group in finder.by_first.values_mut() {
            group.sort_by_key(|it| Reverse(finder.terms[*it].letters.len()));
        }
        finder
    }

    /// Terms that occur in a text as words of their own, each once, the longest source first. Where one is a part of
    /// another at the same place, the longer one counts.
    pub fn occurring(&self, text: &str) -> Vec<Term> {
        let found: BTreeMap<(Reverse<usize>, usize), &Term> = self
            .hits(text)
            .into_iter()
            .map(|it| (Reverse(self.terms[it.term].letters.len()), it.term))
            .map(|key| (key, &self.terms[key.1].term))
            .collect();
        found.into_values().cloned().collect()
    }

    /// Where terms stand in a text, in order, without overlap.
    pub(super) fn hits(&self, text: &str) -> Vec<Hit> {
        let letters = letters(text);
        let small: Vec<char> = letters.iter().map(|it| it.small).collect();
        let (mut hits, mut at) = (Vec::new(), 0);
        while at < letters.len() {
            let before = at.checked_sub(1).map(|it| small[it]);
            let found =
                may_begin(before, small[at]).then(|| self.at(&letters, &small, at)).flatten();
            match found {
                Some(term) => {
                    let end = at + self.terms[term].letters.len();
                    hits.push(Hit { term, at: letters[at].at.start..letters[end - 1].at.end });
                    at = end;
                }
                None => at += 1,
            }
        }
        hits
    }

    /// The longest term that begins here.
    fn at(&self, letters: &[Letter], small: &[char], at: usize) -> Option<usize> {
        let first: String = first_word(&small[at..]).iter().collect();
        let stands = |it: &Sought| {
            let Some(here) = letters.get(at..at + it.letters.len()) else { return false };
            let same = here
                .iter()
                .zip(&it.letters)
                .all(|(is, wanted)| *wanted == if it.exact { is.plain } else { is.small });
            let after = small.get(at + it.letters.len()).copied();
            same && here.last().is_some_and(|last| may_end(last.small, after))
        };
        self.by_first.get(&first)?.iter().copied().find(|it| stands(&self.terms[*it]))
    }
}

/// Capitals count where they tell a name from a word: in what is all capitals, and in what is short.
fn is_exact(letters: &[Letter]) -> bool {
    let cased = |it: &&Letter| it.plain.is_uppercase() || it.plain.is_lowercase();
    let all = letters.iter().filter(cased).count();
    let capitals = letters.iter().filter(|it| it.plain.is_uppercase()).count();
    capitals > 0 && (capitals == all && all > 1 || letters.len() <= SHORT_CHARS_MAX)
}

/// The letters up to where a spaced word ends, else the first one.
fn first_word(letters: &[char]) -> &[char] {
    let spaced = letters.iter().take_while(|it| kind(**it) == Kind::Spaced).count();
    &letters[..spaced.max(1).min(letters.len())]
}

/// Accepted terms that occur in a text; see [`Finder`], which is quicker for many texts.
pub fn occurring(terms: &[Term], text: &str, from: &Lang, to: &Lang) -> Vec<Term> {
    Finder::new(terms, from, to).occurring(text)
}

/// Names that prime a recogniser of this language: sources that look like names, those of the owner and of narrow
/// scopes first; at most [`NAMES_MAX`], together at most [`NAMES_CHARS_MAX`] characters. Proposed ones help as well.
pub fn for_prompt(terms: &[Term], from: &Lang) -> Vec<String> {
    let spoken = |it: &&Term| {
        it.state != TermState::Refused && it.from.as_ref().is_none_or(|it| it.same_language(from))
    };
    let mut names: Vec<&Term> =
        terms.iter().filter(spoken).filter(|it| is_name(&it.source)).collect();
    names.sort_by_key(|it| (it.state, it.origin, it.scope.width()));
    let (mut seen, mut chars, mut primed) = (HashSet::new(), 0, Vec::new());
    for name in names {
        let room = NAMES_CHARS_MAX - chars;
        let long = name.source.chars().count() + if primed.is_empty() { 0 } else { ", ".len() };
        if long <= room && seen.insert(name.source.to_lowercase()) {
            chars += long;
            primed.push(name.source.clone());
        }
        if primed.len() == NAMES_MAX {
            break;
        }
    }
    primed
}

/// It has a capital, or is of a script without.
pub(super) fn is_name(text: &str) -> bool {
    text.chars().any(char::is_uppercase)
        || text.chars().any(|it| matches!(kind(it), Kind::Hangul | Kind::Unspaced))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lang, term};
    use super::super::{Scope, TermOrigin};
    use super::*;
    use proptest::prelude::*;

    fn found(sources: &[&str], text: &str) -> String {
        let terms: Vec<Term> = sources.iter().map(|it| term(it, "x")).collect();
        let found = occurring(&terms, text, &lang("en"), &lang("zh-Hans"));
        found.iter().map(|it| it.source.as_str()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn terms_occur_as_words() {
        let table: [(&[&str], &str, &str); 20] = [
            (&["Holmes"], "Mr. Holmes?", "Holmes"),
            (&["Holmes"], "HOLMES! holmes", "Holmes"),
            (&["Holmes"], "Holmes's and “Holmes”", "Holmes"),
            (&["Holmes"], "Sherholmes, Holmesian", ""),
            (&["Baker", "Baker Street"], "221B  Baker\u{a0}Street", "Baker Street"),
            (&["Baker", "Baker Street"], "Baker Streets", "Baker"),
            (&["Baker Street", "Baker"], "Baker of Baker Street", "Baker Street|Baker"),
            (&["US", "IT"], "let us do it", ""),
            (&["US"], "the US.", "US"),
            (&["Al"], "et al. Al", "Al"),
            (&["Al"], "et al.", ""),
            (&["O'Brien"], "O’Brien", "O'Brien"),
            (&["Jean-Luc"], "Jean–Luc", "Jean-Luc"),
            (&["東京", "東京都"], "彼は東京都にいる", "東京都"),
            (&["홈즈"], "홈즈는 갔다", "홈즈"),
            (&["즈"], "홈즈는 갔다", ""),
            (&["холмс"], "Где Холмс?", "холмс"),
            (&["C++"], "in C++, C+++", "C++"),
            (&["Café"], "CAFÉ Noir", "Café"),
            (&["caf"], "cafe\u{301} caf\u{301}", ""),
        ];
        for (sources, text, wanted) in table {
            assert_eq!(found(sources, text), wanted, "{sources:?} in {text}");
        }
    }

    #[test]
    fn of_one_source_the_first_goes_first() {
        let say = |target: &str, origin, scope| Term { origin, scope, ..term("Holmes", target) };
        let work = || Scope::Work("sherlock (2010)".to_owned());
        let file = || Scope::File("/a.mkv".into());
        let (hand, learnt, meta) = (TermOrigin::Hand, TermOrigin::Learnt, TermOrigin::Metadata);
        let all = vec![
            say("by metadata", meta, file()),
            say("learnt", learnt, file()),
            say("by hand, everywhere", hand, Scope::Everywhere),
            say("by hand, in the work", hand, work()),
            Term { state: TermState::Refused, ..say("refused", hand, file()) },
            Term { to: Some(lang("de")), ..say("for others", hand, file()) },
        ];
        let first = |terms: &[Term]| {
            let found = occurring(terms, "HOLMES", &lang("en"), &lang("zh-Hans"));
            assert!(found.len() <= 1);
            found.first().and_then(|it| it.target.clone())
        };
        assert_eq!(first(&all).as_deref(), Some("by hand, in the work"));
        assert_eq!(first(&all[..3]).as_deref(), Some("by hand, everywhere"));
        assert_eq!(first(&all[..2]).as_deref(), Some("learnt"));
        assert_eq!(first(&all[..1]).as_deref(), Some("by metadata"));
        assert_eq!(first(&all[4..]), None);
    }

    #[test]
    fn names_prime_within_bounds() {
        let mut terms = vec![
            Term { origin: TermOrigin::Metadata, ..term("Mycroft", "") },
            Term { state: TermState::Proposed, ..term("Moriarty", "") },
            Term { state: TermState::Refused, ..term("Refused", "") },
            Term { from: Some(lang("de")), ..term("Wasser", "") },
            term("a river", "x"),
            term("Holmes", "x"),
            term("HOLMES", "x"),
            term("福尔摩斯", "x"),
        ];
        let en = lang("en");
        assert_eq!(for_prompt(&terms, &en), ["Holmes", "福尔摩斯", "Mycroft", "Moriarty"]);
        terms.extend((0..100).map(|it| term(&format!("Name {it}"), "x")));
        let names = for_prompt(&terms, &en);
        assert!(names.len() <= NAMES_MAX && names.join(", ").chars().count() <= NAMES_CHARS_MAX);
    }

    proptest! {
        #[test]
        fn what_is_found_stands_there(
            sources in proptest::collection::vec("[A-Za-z' 福摩斯é]{1,6}", 0..20),
            text in "[A-Za-z'., 福摩斯é]{0,60}",
        ) {
            let terms: Vec<Term> = sources.iter().map(|it| term(it, "x")).collect();
            let finder = Finder::new(&terms, &lang("en"), &lang("zh"));
            let mut end = 0;
            for hit in finder.hits(&text) {
                prop_assert!(end <= hit.at.start && hit.at.start < hit.at.end);
                end = hit.at.end;
                let small = |it: &str| letters(it).iter().map(|it| it.small).collect::<String>();
                prop_assert_eq!(small(&text[hit.at.clone()]), small(&finder.terms[hit.term].term.source));
            }
        }

        #[test]
        fn a_term_between_spaces_is_found(source in "[A-Z][a-z]{3,9}( [A-Z][a-z]{3,9})?") {
            let text = format!("so, {}! she said", source.to_uppercase());
            prop_assert_eq!(occurring(&[term(&source, "x")], &text, &lang("en"), &lang("de")).len(), 1);
        }
    }
}
