//! What a server was asked, counted.

use super::asked::Asked;
use super::misdeed::Misdeed;
use super::said::Usage;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a word that are one token, about: tokenizers of today's models take longer pieces of English than of
/// Russian.
const LATIN_PER_TOKEN: usize = 5;
const OTHER_PER_TOKEN: usize = 3;
const SIGNS_PER_TOKEN: usize = 2;

/// What was asked so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Chat requests that came.
    pub(crate) requests: usize,
    /// What they cost, all together.
    pub(crate) sent: usize,
    /// What of it began an earlier request, too: servers have it in their cache.
    pub(crate) cached: usize,
    /// Answers.
    pub(crate) answered: usize,
    /// Requests at the same time, now and at most.
    pub(crate) at_once: usize,
    pub(crate) most_at_once: usize,
    /// How often each misdeed was done.
    pub(crate) misdeeds: BTreeMap<Misdeed, usize>,
    /// The lines of each request, and how often they came.
    pub(crate) lines: BTreeMap<Vec<String>, usize>,
    /// How requests broke the protocol; of answers those that are right.
    pub(crate) broken: Vec<String>,
    prompts: BTreeSet<String>,
}

impl Tally {
    /// Counts a request; gives the tokens of its prompt that began an earlier one.
    pub(crate) fn enters(&mut self, asked: &mut Asked) -> usize {
        asked.nth = self.requests;
        self.requests += 1;
        self.at_once += 1;
        self.most_at_once = self.most_at_once.max(self.at_once);
        let lines: Vec<String> = asked.lines.iter().map(|(_, text)| text.clone()).collect();
        let times = self.lines.entry(lines).or_default();
        asked.again = *times;
        *times += 1;
        // In the order of letters, the one with most in common is a neighbour.
        let before = self.prompts.range(..asked.prompt.clone()).next_back();
        let after = self.prompts.range(asked.prompt.clone()..).next();
        let common = before.into_iter().chain(after).map(|it| common(it, &asked.prompt)).max();
        let cached = tokens(common.unwrap_or_default());
        self.prompts.insert(asked.prompt.clone());
        cached
    }

    /// Counts what a request came to.
    pub(crate) fn leaves(&mut self, misdeed: Option<Misdeed>, usage: Usage) {
        self.at_once -= 1;
        self.sent += usage.sent;
        self.cached += usage.cached;
        self.answered += usage.answered;
        if let Some(misdeed) = misdeed {
            *self.misdeeds.entry(misdeed).or_default() += 1;
        }
    }
}

/// How both begin.
fn common<'a>(one: &str, other: &'a str) -> &'a str {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    &other[..same.map(|(a, _)| a.len_utf8()).sum()]
}

/// Tokens of a text, about: so many letters of a word each, so many signs. Spaces belong to what follows them.
pub(crate) fn tokens(text: &str) -> usize {
    let mut tokens = 0;
    let mut run: (Kind, usize) = (Kind::Space, 0);
    for sign in text.chars() {
        let kind = Kind::of(sign);
        if kind != run.0 {
            tokens += run.0.tokens(run.1);
            run = (kind, 0);
        }
        run.1 += 1;
    }
    tokens + run.0.tokens(run.1)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Space,
    Latin,
    Other,
    Sign,
}

impl Kind {
    fn of(sign: char) -> Kind {
        match sign {
            it if it.is_whitespace() => Kind::Space,
            it if it.is_ascii_alphanumeric() => Kind::Latin,
            it if it.is_alphanumeric() => Kind::Other,
            _ => Kind::Sign,
        }
    }

    fn tokens(self, length: usize) -> usize {
        match self {
            Kind::Space => 0,
            Kind::Latin => length.div_ceil(LATIN_PER_TOKEN),
            Kind::Other => length.div_ceil(OTHER_PER_TOKEN),
            Kind::Sign => length.div_ceil(SIGNS_PER_TOKEN),
        }
    }
}
