//! Whether a wanted language is there already (P-7, P-11).

use super::counts::{Standing, evidence, label, standing};
use super::worth::{Good, Worth, anew, worth};
use super::{Candidate, Case, Outcome, Pick, Way, pick};
use crate::base::text::counted;
use crate::domain::existing::{Existing, Origin};
use crate::domain::lang::Lang;
use crate::domain::order::SubtitleMode;
use crate::domain::reason::Reason;

/// What came of looking for a language among what is there.
pub(super) struct Sought {
    /// How it is had, or what must be weighed to say, and that in words; `None` where it is not there.
    pub(super) found: Option<(Outcome, String)>,
    /// One reason for each that is in that language.
    pub(super) because: Vec<Reason>,
}

/// What is taken first: what can stay as it is, ours, a file, one that is not for the hard of hearing, the best fit.
type Rank = (bool, u8, bool, u8, usize);

/// Looks for `wanted` among what is there.
pub(super) fn seek(case: &Case<'_>, wanted: &Lang) -> Sought {
    let mut candidates: Vec<Candidate<Rank>> = Vec::new();
    let mut because = Vec::new();
    for (index, it) in case.existing.iter().enumerate() {
        let told = match standing(it, wanted) {
            Standing::Apart => continue,
            Standing::Falls(why) => format!("does not count: {why}"),
            Standing::Counts if case.policy.existing.work_anyway => {
                "does not count: the work is done all the same, as configured".to_owned()
            }
            Standing::Counts => match judged(case, index, it) {
                Worth::Bad(why) => format!("does not count: {why}"),
                Worth::Unknown => {
                    let rank = rank(it, index, !anew(case, it).is_empty(), 100);
                    candidates.push(Candidate { index, rank, weighed: false });
                    "may count: it must be held against the speech first".to_owned()
                }
                Worth::Good(good) => {
                    let rank = rank(it, index, !good.anew.is_empty(), good.percent);
                    candidates.push(Candidate { index, rank, weighed: true });
                    counting(it, &good)
                }
            },
        };
        because.push(Reason::leaf(format!("{}: {told}", label(it))));
    }
    Sought { found: found(case, &candidates), because }
}

/// What one is worth; where nobody asks for its worth, it is there and that is enough.
fn judged(case: &Case<'_>, index: usize, it: &Existing) -> Worth {
    match case.policy.existing.mode {
        SubtitleMode::Ignore | SubtitleMode::Reference => {
            Worth::Good(Good { percent: 100, told: String::new(), anew: Vec::new() })
        }
        SubtitleMode::ReuseIfGood => worth(case, index, it),
    }
}

fn found(case: &Case<'_>, candidates: &[Candidate<Rank>]) -> Option<(Outcome, String)> {
    match pick(candidates) {
        Pick::Nothing => None,
        Pick::Weigh(these) => {
            let count = counted(these.len(), "subtitle", "subtitles");
            let told = format!("{count} must be held against the speech first");
            Some((Outcome::Weigh(these), told))
        }
        Pick::Best(index) => {
            let it = case.existing.get(index)?;
            let anew = match judged(case, index, it) {
                Worth::Good(good) => good.anew,
                Worth::Bad(_) | Worth::Unknown => Vec::new(),
            };
            let name = label(it);
            Some(if anew.is_empty() {
                (Outcome::Way(Way::There(index)), format!("is there: {name}"))
            } else {
                let told = format!("{name} is written anew, {}", anew.join(" and "));
                (Outcome::Way(Way::Adopt(index)), told)
            })
        }
    }
}

fn rank(it: &Existing, index: usize, anew: bool, percent: u8) -> Rank {
    let origin = match it.origin {
        Origin::Ours(_) => 0,
        Origin::External(_) => 1,
        Origin::Embedded(_) => 2,
    };
    (anew, origin, it.hearing_impaired, u8::MAX - percent, index)
}

fn counting(it: &Existing, good: &Good) -> String {
    let mut told = format!("counts: {}, as wanted", evidence(it));
    if !good.told.is_empty() {
        told.push_str("; ");
        told.push_str(&good.told);
    }
    told
}
