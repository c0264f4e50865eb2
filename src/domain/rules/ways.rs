//! How a wanted language is had that is not there: by listening, or by translating.

use super::counts::{Standing, evidence, label, standing, useless};
use super::worth::{Worth, worth};
use super::{Candidate, Case, Outcome, Pick, Way, pick};
use crate::base::text::counted;
use crate::domain::existing::{Existing, Origin};
use crate::domain::lang::Lang;
use crate::domain::order::SubtitleMode;
use crate::domain::reason::Reason;

/// What is translated first: what is in another form of the wanted language, what is in the spoken one, what people
/// made, one that is not for the hard of hearing, the best fit.
type Rank = (bool, bool, u8, bool, u8, usize);

/// How it is had, or what must be known first; that in words; and what it rests on.
pub(super) fn choose(case: &Case<'_>, wanted: &Lang) -> (Outcome, String, Vec<Reason>) {
    let Some(spoken) = &case.facts.spoken else {
        let told = "the spoken language must be found out first".to_owned();
        return (Outcome::Language, told, Vec::new());
    };
    let Case { facts, policy, .. } = *case;
    let same = wanted.same_language(spoken);
    let by_ear = wanted.primary() == "en" && policy.hears_english;
    // In a mixed film not all windows are in the spoken language; hearing all in English makes one language of them.
    if same && !(by_ear && facts.mixed) {
        return (Outcome::Way(Way::Listen), "by listening, as it is spoken".to_owned(), Vec::new());
    }
    let mut because = Vec::new();
    if policy.translates && !same && policy.existing.mode == SubtitleMode::ReuseIfGood {
        let (candidates, told) = sources(case, wanted, spoken);
        because = told;
        if let Some((outcome, text)) = source(case, &candidates) {
            return (outcome, text, because);
        }
    }
    let heard = spoken.name_en();
    if by_ear && (facts.mixed || !policy.translates) {
        let told = match facts.mixed {
            true => "by listening in English, since several languages are spoken".to_owned(),
            false => format!("by listening in English, while {heard} is spoken"),
        };
        return (Outcome::Way(Way::ListenInEnglish), told, because);
    }
    if policy.translates {
        let told = format!("by listening, and translating what is heard in {heard}");
        return (Outcome::Way(Way::TranslateHeard), told, because);
    }
    let told = match wanted.primary() {
        "en" => format!("{heard} is spoken, and the model cannot write it in English"),
        _ => format!("{heard} is spoken, and nobody translates it to {}", wanted.name_en()),
    };
    let because = would_be(case, wanted, spoken);
    (Outcome::Way(Way::No(told.clone())), format!("cannot be had: {told}"), because)
}

/// What could be translated, and what becomes of each.
fn sources(case: &Case<'_>, wanted: &Lang, spoken: &Lang) -> (Vec<Candidate<Rank>>, Vec<Reason>) {
    let mut candidates = Vec::new();
    let mut because = Vec::new();
    for (index, it) in case.existing.iter().enumerate() {
        let Some(lang) = source_language(it, wanted) else { continue };
        let mut add = |percent: u8, weighed: bool| {
            let rank = rank(it, index, lang, wanted, spoken, percent);
            candidates.push(Candidate { index, rank, weighed });
        };
        let told = match worth(case, index, it) {
            Worth::Bad(why) => format!("is not translated: {why}"),
            Worth::Unknown => {
                add(100, false);
                "may be translated: it must be held against the speech first".to_owned()
            }
            Worth::Good(good) => {
                add(good.percent, true);
                match good.told.is_empty() {
                    true => format!("can be translated: {}", evidence(it)),
                    false => format!("can be translated: {}; {}", evidence(it), good.told),
                }
            }
        };
        because.push(Reason::leaf(format!("{}: {told}", label(it))));
    }
    (candidates, because)
}

fn source(case: &Case<'_>, candidates: &[Candidate<Rank>]) -> Option<(Outcome, String)> {
    match pick(candidates) {
        Pick::Nothing => None,
        Pick::Weigh(these) => {
            let count = counted(these.len(), "subtitle", "subtitles");
            let told = format!("{count} to translate must be held against the speech first");
            Some((Outcome::Weigh(these), told))
        }
        Pick::Best(index) => {
            let it = case.existing.get(index)?;
            let told = format!("by translating {}", label(it));
            Some((Outcome::Way(Way::TranslateExisting(index)), told))
        }
    }
}

/// Its language, where it can be translated to the wanted one: one in the wanted language that does not count all the
/// same (bad, or worked on anyway) is no source of it.
fn source_language<'a>(it: &'a Existing, wanted: &Lang) -> Option<&'a Lang> {
    if useless(it).is_some() {
        return None;
    }
    match standing(it, wanted) {
        Standing::Counts => None,
        Standing::Falls(_) | Standing::Apart => it.lang(),
    }
}

fn rank(
    it: &Existing,
    index: usize,
    lang: &Lang,
    wanted: &Lang,
    spoken: &Lang,
    percent: u8,
) -> Rank {
    let origin = match it.origin {
        Origin::External(_) => 0,
        Origin::Embedded(_) => 1,
        Origin::Ours(_) => 2,
    };
    let (far, other) = (!lang.same_language(wanted), !lang.same_language(spoken));
    (far, other, origin, it.hearing_impaired, u8::MAX - percent, index)
}

/// The one a translator would take, were there one.
fn would_be(case: &Case<'_>, wanted: &Lang, spoken: &Lang) -> Vec<Reason> {
    if case.policy.existing.mode != SubtitleMode::ReuseIfGood {
        return Vec::new();
    }
    let (candidates, _) = sources(case, wanted, spoken);
    let best = candidates.iter().min_by(|a, b| a.rank.cmp(&b.rank));
    let best = best.and_then(|it| case.existing.get(it.index));
    let told = best.map(|it| format!("{} would be what is translated", label(it)));
    told.map(Reason::leaf).into_iter().collect()
}
