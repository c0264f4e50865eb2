//! What is to be done with a file and why: one pure function from facts to a decision, for a scan, `run`, a webhook and
//! `explain` alike (P-6 to P-8, P-11).

mod counts;
mod there;
mod ways;
mod worth;
#[cfg(test)]
mod tests;

pub use worth::{confidence, mending};

use super::existing::{Existing, Weighed};
use super::lang::Lang;
use super::order::ExistingRules;
use super::reason::Reason;
use super::time::Ms;
use crate::base::text::clock_duration;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is known of a file; more comes to be known, and it is decided again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts<'a> {
    /// Files that were written for this recipe before, all still there; or that nobody speaks in it.
    pub done: Option<Done>,
    /// Another program holds it: name of its lock file, and for how long it is honoured yet.
    pub lock: Option<(String, Ms)>,
    /// The spoken language, in the script it is written in; `None` while it is not known.
    pub spoken: Option<Lang>,
    /// Windows of the film are in different languages.
    pub mixed: bool,
    /// Length of the film, where the container tells it.
    pub duration: Option<Ms>,
    /// Subtitles that are there.
    pub existing: &'a [Existing],
    /// Those held against the speech, by their place in `existing`.
    pub weighed: BTreeMap<usize, Weighed>,
}

/// How it was done before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// These files were written.
    Written(Vec<String>),
    /// Nobody speaks in it.
    NoSpeech,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy<'a> {
    /// Languages wanted; empty for the spoken one.
    pub to: &'a [Lang],
    /// What existing subtitles count for.
    pub existing: ExistingRules,
    /// Everything again.
    pub force: bool,
    /// Files do not go beside the video: what is there cannot stand for them, but is written there as it is.
    pub elsewhere: bool,
    /// Speech can be heard in English whatever the language.
    pub hears_english: bool,
    /// A language model translates text.
    pub translates: bool,
}

/// What is to be done, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// Why: one entry a rule that had a say, in the order of the rules.
    pub reasons: Vec<Reason>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: it was done before.
    Done,
    /// Nothing now: another program holds it.
    Locked,
    /// The spoken language must be found out first.
    NeedsLanguage,
    /// These existing subtitles must be held against the speech first.
    NeedsWeighing(Vec<usize>),
    /// One plan a wanted language.
    Plan(Vec<TargetPlan>),
}

/// How a wanted language is had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetPlan {
    /// The language.
    pub lang: Lang,
    /// How.
    pub way: Way,
}

/// How a language is had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is there: this one of the existing.
    There(usize),
    /// This existing one is written anew: in sync, in UTF-8, or elsewhere.
    Adopt(usize),
    /// By listening, as it is spoken.
    Listen,
    /// By listening in English.
    ListenInEnglish,
    /// By translating this existing one.
    TranslateExisting(usize),
    /// By listening, and translating what was heard.
    TranslateHeard,
    /// Not at all: a sentence.
    No(String),
}

/// Decides. The rules, in the order they apply: `force`; done before; locked; which languages are wanted; for each of
/// them whether it is there, and how it is had where it is not. Where a fact is missing the verdict asks for it, and
/// only for one that is not there yet: so gathering what is asked for and deciding again comes to an end.
pub fn decide(facts: &Facts<'_>, policy: &Policy<'_>) -> Decision {
    let mut reasons = Vec::new();
    if policy.force {
        reasons.push(Reason::leaf("all is done again, as asked: nothing that is there counts"));
    }
    if let Some((verdict, reason)) = done(facts, policy).or_else(|| locked(facts)) {
        reasons.push(reason);
        return Decision { verdict, reasons };
    }
    let Some(wanted) = wanted(facts, policy) else {
        let unknown = "the spoken language is wanted, and must be found out first";
        reasons.push(Reason::leaf(unknown));
        return Decision { verdict: Verdict::NeedsLanguage, reasons };
    };
    let existing = if policy.force { &[] } else { facts.existing };
    if !policy.force {
        reasons.push(counts::inventory(existing));
    }
    let case = Case { facts, policy, existing };
    let answers: Vec<Answer> = wanted.iter().map(|it| answer(&case, it)).collect();
    let verdict = sum(&wanted, &answers);
    reasons.extend(answers.into_iter().map(|it| it.reason));
    Decision { verdict, reasons }
}

/// What the rules for one wanted language look at.
struct Case<'a> {
    facts: &'a Facts<'a>,
    policy: &'a Policy<'a>,
    /// What is there and may be used.
    existing: &'a [Existing],
}

/// What the rules say of one wanted language.
struct Answer {
    outcome: Outcome,
    reason: Reason,
}

/// How a wanted language is had, or what must be known first.
#[derive(Clone)]
enum Outcome {
    Way(Way),
    /// The spoken language must be known.
    Language,
    /// These must be held against the speech.
    Weigh(Vec<usize>),
}

/// What was done before for the same recipe is not done again.
fn done(facts: &Facts<'_>, policy: &Policy<'_>) -> Option<(Verdict, Reason)> {
    let told = match facts.done.as_ref().filter(|_| !policy.force)? {
        Done::Written(files) => format!("done before: {}", files.join(", ")),
        Done::NoSpeech => "nobody speaks in it, as an earlier run found out".to_owned(),
    };
    Some((Verdict::Done, Reason::leaf(told)))
}

/// What another program works on is left to it, with `force` too.
fn locked(facts: &Facts<'_>) -> Option<(Verdict, Reason)> {
    let (file, left) = facts.lock.as_ref()?;
    let left = Duration::from_millis(u64::try_from(left.0).unwrap_or(0));
    let left = clock_duration(left);
    let told = format!("another program works on it: its lock `{file}` holds for {left} more");
    Some((Verdict::Locked, Reason::leaf(told)))
}

/// The languages that are wanted, each once; `None` where that is the spoken one and nobody knows it.
fn wanted(facts: &Facts<'_>, policy: &Policy<'_>) -> Option<Vec<Lang>> {
    if policy.to.is_empty() {
        return facts.spoken.clone().map(|it| vec![it]);
    }
    let mut seen = BTreeSet::new();
    Some(policy.to.iter().filter(|it| seen.insert(*it)).cloned().collect())
}

/// One wanted language: whether it is there, else how it is had.
fn answer(case: &Case<'_>, wanted: &Lang) -> Answer {
    let there::Sought { found, mut because } = there::seek(case, wanted);
    let (outcome, text) = found.unwrap_or_else(|| {
        let (outcome, text, more) = ways::choose(case, wanted);
        because.extend(more);
        (outcome, text)
    });
    Answer { outcome, reason: Reason::of(format!("{}: {text}", wanted.name_en()), because) }
}

/// All languages together: what must be weighed goes first, since that may settle all of them before anybody listens.
fn sum(wanted: &[Lang], answers: &[Answer]) -> Verdict {
    let mut weigh = BTreeSet::new();
    let mut plans = Vec::new();
    for (lang, answer) in wanted.iter().zip(answers) {
        match &answer.outcome {
            Outcome::Way(way) => plans.push(TargetPlan { lang: lang.clone(), way: way.clone() }),
            Outcome::Language => {}
            Outcome::Weigh(these) => weigh.extend(these.iter().copied()),
        }
    }
    if !weigh.is_empty() {
        return Verdict::NeedsWeighing(weigh.into_iter().collect());
    }
    if plans.len() < answers.len() { Verdict::NeedsLanguage } else { Verdict::Plan(plans) }
}

/// One that may be taken; smaller ranks are better.
struct Candidate<R> {
    index: usize,
    /// Where it is not weighed yet: the best it can turn out to have.
    rank: R,
    weighed: bool,
}

/// The best of them.
enum Pick {
    Nothing,
    Best(usize),
    /// These may turn out to be the best.
    Weigh(Vec<usize>),
}

fn pick<R: Ord>(candidates: &[Candidate<R>]) -> Pick {
    let weighed = candidates.iter().filter(|it| it.weighed);
    let best = weighed.min_by(|a, b| a.rank.cmp(&b.rank));
    let open = candidates.iter().filter(|it| !it.weighed);
    let open = open.filter(|it| best.is_none_or(|best| it.rank < best.rank));
    let open: Vec<usize> = open.map(|it| it.index).collect();
    match best {
        _ if !open.is_empty() => Pick::Weigh(open),
        Some(best) => Pick::Best(best.index),
        None => Pick::Nothing,
    }
}
