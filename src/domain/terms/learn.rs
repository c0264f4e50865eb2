//! What an owner's corrections of a finished file teach: lines to be remembered, and terms to be proposed.

use super::super::change::PhraseKey;
use super::super::lang::Lang;
use super::align::common;
use super::find::{Finder, is_name};
use super::fold::{Kind, kind};
use super::{Scope, Term, TermOrigin, TermState};
use crate::base::text::counted;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Raised when what goes into the digest changes.
const KEY_VERSION: &[u8] = b"kinora phrase 1";
/// Words, or letters of scripts without spaces, of what was replaced at most: more is another sentence.
const REPLACED_TOKENS_MAX: usize = 6;
/// Words, or letters, of a line that is compared at most.
const LINE_TOKENS_MAX: usize = 500;
/// Words of a source that is looked for, at most.
const SOURCE_TOKENS_MAX: usize = 3;
/// Characters of an uncapitalised word that may be a term, at least.
const WORD_CHARS_MIN: usize = 4;
/// Chinese letters that stand beside a name more often than in it.
const NOT_IN_NAMES: &str =
    "的了吗呢吧啊呀是在说不我你他她它们这那有和就也都很到去来要会能对跟把被给让叫问";

/// The digest of a line, its neighbours (empty for none) and its languages; how it is spaced does not count.
pub fn phrase_key(from: &Lang, to: &Lang, before: &str, text: &str, after: &str) -> PhraseKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(KEY_VERSION);
    for part in [from.tag(), to.tag(), before, text, after] {
        let plain = part.split_whitespace().collect::<Vec<_>>().join(" ");
        hasher.update(&(plain.len() as u64).to_le_bytes());
        hasher.update(plain.as_bytes());
    }
    PhraseKey(*hasher.finalize().as_bytes())
}

/// What was learnt from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learnt {
    /// Lines that were changed, by their place, with what stands there now.
    pub phrases: Vec<(usize, String)>,
    /// Terms to be proposed: [`TermState::Proposed`], [`TermOrigin::Learnt`].
    pub terms: Vec<Term>,
}

/// What an owner's corrections teach. `lines` are source, our translation and what stands there now, as
/// [`align`](super::align()) gives them. Every line that was changed is to be remembered. Where the same words were
/// replaced by the same in several lines, or once where it is a name, and it is clear what they stand for in the
/// source, a term is proposed for `scope`: what a `known` term stood for, or what these source lines have in common
/// and no other has.
pub fn learnt(
    lines: &[(String, String, String)],
    known: &[Term],
    scope: &Scope,
    from: &Lang,
    to: &Lang,
) -> Learnt {
    let mut learnt = Learnt::default();
    let mut groups: BTreeMap<(&str, &str), Vec<Replaced>> = BTreeMap::new();
    for (index, (_, ours, theirs)) in lines.iter().enumerate() {
        let plain = theirs.split_whitespace().collect::<Vec<_>>().join(" ");
        let without_spaces = |it: &str| it.split_whitespace().collect::<String>();
        if plain.is_empty() || without_spaces(ours) == without_spaces(theirs) {
            continue;
        }
        learnt.phrases.push((index, plain));
        for (old, new) in replaced(ours, theirs) {
            let key = (&ours[old.clone()], &theirs[new.clone()]);
            groups.entry(key).or_default().push(Replaced { line: index, old, new });
        }
    }
    let sources = Sources::of(lines);
    let known: Vec<&Term> =
        known.iter().filter(|it| it.state != TermState::Refused && it.is_for(from, to)).collect();
    let mut proposed: BTreeMap<String, (usize, Option<String>)> = BTreeMap::new();
    for group in groups.values() {
        let many = group.iter().map(|it| it.line).collect::<BTreeSet<_>>().len();
        let found =
            by_known(lines, group, &known, from, to).or_else(|| by_lines(lines, group, &sources));
        let Some((source, target)) = found else { continue };
        let before = proposed.get(&source).map_or(0, |it| it.0);
        if before < many && (many > 1 || is_name(&source)) {
            // A name that stands in the translation as it does in the source is one that is kept.
            let target = Some(target).filter(|it| *it != source);
            proposed.insert(source, (many, target));
        }
    }
    learnt.terms = proposed
        .into_iter()
        .filter_map(|(source, (many, target))| {
            let note = format!("you corrected it in {}", counted(many, "line", "lines"));
            let term = Term {
                source,
                target,
                from: Some(from.clone()),
                to: Some(to.clone()),
                scope: scope.clone(),
                origin: TermOrigin::Learnt,
                state: TermState::Proposed,
                note,
            };
            term.tidy().ok()
        })
        .collect();
    learnt
}

/// Words of our translation that stand no more, and what is in their place.
#[derive(Clone, Debug)]
struct Replaced {
    line: usize,
    /// Bytes of ours.
    old: Range<usize>,
    /// Bytes of theirs.
    new: Range<usize>,
}

/// A word, a letter of a script without spaces (a run of Katakana is a word), or a sign.
#[derive(Clone, Debug)]
struct Token<'a> {
    text: &'a str,
    start: usize,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    fn first(&self) -> char {
        self.text.chars().next().unwrap_or(' ')
    }

    fn is_word(&self) -> bool {
        kind(self.first()) != Kind::Other
    }

    /// Where it begins and ends is clear by itself.
    fn is_whole(&self) -> bool {
        is_katakana(self.first()) || matches!(kind(self.first()), Kind::Spaced | Kind::Hangul)
    }
}

fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30A1}'..='\u{30FF}')
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let glued = |it: char| match kind(it) {
        Kind::Spaced | Kind::Hangul => Some(false),
        Kind::Unspaced if is_katakana(it) => Some(true),
        Kind::Unspaced | Kind::Other => None,
    };
    let mut tokens: Vec<Token<'_>> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let grown = tokens.last_mut().filter(|last| {
            last.end() == at && glued(c).is_some() && glued(last.first()) == glued(c)
        });
        match grown {
            Some(last) => last.text = &text[last.start..end],
            None if c.is_whitespace() => {}
            None => tokens.push(Token { text: &text[at..end], start: at }),
        }
    }
    tokens
}

/// What was replaced by what, where it is short.
fn replaced(ours: &str, theirs: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let (old, new) = (tokens(ours), tokens(theirs));
    if old.len().max(new.len()) > LINE_TOKENS_MAX {
        return Vec::new();
    }
    let texts = |it: &[Token<'_>]| it.iter().map(|it| it.text.to_owned()).collect::<Vec<_>>();
    let mut anchors = common(&texts(&old), &texts(&new));
    anchors.push((old.len(), new.len()));
    let (mut found, mut i, mut j) = (Vec::new(), 0, 0);
    for (a, b) in anchors {
        let (gone, come) = (&old[i..a], &new[j..b]);
        let short = |it: &[Token<'_>]| {
            (1..=REPLACED_TOKENS_MAX).contains(&it.len()) && it.iter().all(Token::is_word)
        };
        if let (true, Some(first), Some(last), Some(new_first), Some(new_last)) =
            (short(gone) && short(come), gone.first(), gone.last(), come.first(), come.last())
        {
            found.push((first.start..last.end(), new_first.start..new_last.end()));
        }
        (i, j) = (a + 1, b + 1);
    }
    found
}

/// A known term whose target was there and was corrected, with the target as corrected.
fn by_known(
    lines: &[(String, String, String)],
    group: &[Replaced],
    known: &[&Term],
    from: &Lang,
    to: &Lang,
) -> Option<(String, String)> {
    known.iter().find_map(|term| {
        let old = term.target.as_deref()?;
        let corrected = |it: &Replaced| {
            let (_, ours, theirs) = lines.get(it.line)?;
            let covers = |at: &usize| *at <= it.old.start && it.old.end <= at + old.len();
            let at = ours.match_indices(old).map(|it| it.0).find(covers)?;
            let (head, tail) = (&old[..it.old.start - at], &old[it.old.end - at..]);
            Some(format!("{head}{}{tail}", &theirs[it.new.clone()]))
        };
        let first = corrected(group.first()?)?;
        let term = Term { state: TermState::Accepted, ..(*term).clone() };
        let finder = Finder::new(std::slice::from_ref(&term), from, to);
        let same = group.iter().all(|it| {
            let stands = lines.get(it.line).is_some_and(|it| !finder.hits(&it.0).is_empty());
            stands && corrected(it).as_ref() == Some(&first)
        });
        same.then_some((term.source, first))
    })
}

/// The words in a row of all source lines.
struct Sources {
    lines: Vec<BTreeMap<String, Ngram>>,
    /// Which lines have them.
    of: BTreeMap<String, Vec<usize>>,
}

impl Sources {
    fn of(lines: &[(String, String, String)]) -> Sources {
        let lines: Vec<_> = lines.iter().map(|it| ngrams(&it.0)).collect();
        let mut of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, line) in lines.iter().enumerate() {
            for text in line.keys() {
                of.entry(text.clone()).or_default().push(index);
            }
        }
        Sources { lines, of }
    }
}

/// What only these source lines have in common, and what became of its translation.
fn by_lines(
    lines: &[(String, String, String)],
    group: &[Replaced],
    sources: &Sources,
) -> Option<(String, String)> {
    let (old, new) = widened(lines, group)?;
    let of: BTreeSet<usize> = group.iter().map(|it| it.line).collect();
    let mut shared: Option<BTreeMap<String, Ngram>> = None;
    for index in &of {
        let here = sources.lines.get(*index)?;
        shared = Some(match shared {
            None => here.clone(),
            Some(before) => before
                .into_iter()
                .filter_map(|(text, it)| here.get(&text).map(|other| (text, it.and(*other))))
                .collect(),
        });
    }
    // Another line may have it where it also has what was, or what is, its translation.
    let told = |index: &usize| {
        of.contains(index)
            || lines.get(*index).is_some_and(|it| it.1.contains(&old) || it.2.contains(&new))
    };
    let mut shared = shared?;
    shared.retain(|text, _| sources.of.get(text).is_none_or(|it| it.iter().all(told)));
    if shared.get(&new).is_some_and(|it| it.name) {
        return Some((new.clone(), new));
    }
    if of.len() < 2 {
        // Of one line it is not known whether a neighbour belongs to the name.
        let words = tokens(&new).len();
        shared.retain(|_, it| it.words == words);
    }
    Some((source_of(shared, of.len())?, new))
}

/// What was replaced, with the letters beside it that all lines have: where a script puts no spaces, a name that was
/// corrected may have kept some of its letters. `None` where it is unclear how far it reaches.
fn widened(lines: &[(String, String, String)], group: &[Replaced]) -> Option<(String, String)> {
    let first = group.first()?;
    let (_, ours, theirs) = lines.get(first.line)?;
    let (old, new) = (&ours[first.old.clone()], &theirs[first.new.clone()]);
    let whole = |it: &str| tokens(it).iter().all(Token::is_whole);
    if whole(old) && whole(new) {
        return Some((old.to_owned(), new.to_owned()));
    }
    let beside = |after: bool| -> String {
        let sides = group.iter().filter_map(|it| {
            let ours = &lines.get(it.line)?.1;
            Some(if after { &ours[it.old.end..] } else { &ours[..it.old.start] })
        });
        let in_name = |it: &char| kind(*it) == Kind::Unspaced && !NOT_IN_NAMES.contains(*it);
        let sides: Vec<Vec<char>> = sides
            .map(|it| match after {
                true => it.chars().take_while(in_name).collect(),
                false => it.chars().rev().take_while(in_name).collect(),
            })
            .collect();
        let most = sides.iter().map(Vec::len).min().unwrap_or(0);
        let same = |at: &usize| sides.iter().all(|it| it[*at] == sides[0][*at]);
        let mut letters: Vec<char> = (0..most).take_while(same).map(|at| sides[0][at]).collect();
        if !after {
            letters.reverse();
        }
        letters.into_iter().collect()
    };
    let (head, tail) = (beside(false), beside(true));
    let many = group.iter().map(|it| it.line).collect::<BTreeSet<_>>().len();
    // Of one line all its letters would be the name's.
    let clear = many > 1 || head.is_empty() && tail.is_empty();
    clear.then(|| (format!("{head}{old}{tail}"), format!("{head}{new}{tail}")))
}

/// Words in a row, in a source line.
#[derive(Clone, Copy, Debug)]
struct Ngram {
    /// How many.
    words: usize,
    /// All have a capital, or are of Katakana or Han alone.
    name: bool,
    /// A capital may be there because a sentence begins.
    begins: bool,
}

impl Ngram {
    /// It is at several places.
    fn and(self, other: Ngram) -> Ngram {
        let (name, begins) = (self.name && other.name, self.begins && other.begins);
        Ngram { words: self.words, name, begins }
    }
}

fn ngrams(source: &str) -> BTreeMap<String, Ngram> {
    let tokens = tokens(source);
    let mut found: BTreeMap<String, Ngram> = BTreeMap::new();
    for start in 0..tokens.len() {
        for words in 1..=SOURCE_TOKENS_MAX.min(tokens.len() - start) {
            let part = &tokens[start..start + words];
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            if !part.iter().all(Token::is_word)
                || last.text.chars().nth(1).is_none() && last.is_whole()
            {
                break;
            }
            let begins = start.checked_sub(1).is_none_or(|it| !tokens[it].is_word());
            let name = part.iter().all(|it| is_name_like(it));
            let text =
                source[first.start..last.end()].split_whitespace().collect::<Vec<_>>().join(" ");
            let it = Ngram { words, name, begins };
            found.entry(text).and_modify(|known| *known = known.and(it)).or_insert(it);
        }
    }
    found
}

fn is_name_like(token: &Token<'_>) -> bool {
    let first = token.first();
    let hiragana = matches!(first, '\u{3041}'..='\u{309F}');
    first.is_uppercase() || matches!(kind(first), Kind::Hangul | Kind::Unspaced) && !hiragana
}

/// The one that is meant, where that is clear: the longest name, else the only word.
fn source_of(shared: BTreeMap<String, Ngram>, lines: usize) -> Option<String> {
    let names = |sure: bool| {
        let names = shared.iter().filter(move |it| it.1.name && (!sure || !it.1.begins));
        let most = names.clone().map(|it| it.1.words).max()?;
        let mut longest = names.filter(|it| it.1.words == most).map(|it| it.0.clone());
        longest.next().filter(|_| longest.next().is_none())
    };
    if let Some(name) = names(true) {
        return Some(name);
    }
    if lines < 2 {
        return None;
    }
    names(false).or_else(|| {
        let long = |it: &&String| it.chars().count() >= WORD_CHARS_MIN;
        let mut words = shared.iter().filter(|it| it.1.words == 1).map(|it| it.0).filter(long);
        words.next().filter(|_| words.next().is_none()).cloned()
    })
}

#[cfg(test)]
#[path = "learn_tests.rs"]
mod tests;
