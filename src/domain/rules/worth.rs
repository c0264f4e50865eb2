//! What a subtitle that is there is worth: how it fits the speech, and whether it must be written anew (P-11).

use super::Case;
use crate::domain::existing::{Examined, Existing, Origin, Weighed};
use crate::domain::order::ExistingRules;
use crate::domain::sync::{Alignment, Fit};
use crate::domain::time::Ms;

/// One with more cues than this that are too fast to read is bad, however it fits.
const TOO_FAST_PERCENT_MAX: u8 = 50;
/// One whose cues reach over less of the film than this is bad: a part of it, or of another video. Weighing judges the
/// rest better.
const REACH_PERCENT_MIN: i64 = 10;
/// One whose cues are on screen for less of the film than this is bad: signs and songs that nobody marked as such.
const SHOWN_PERCENT_MIN: i64 = 1;
/// One that is good as it is, is mended all the same where that is worth so much: where somebody speaks nearly all the
/// time, cues fit by chance.
const CLEARLY_PERCENT: u8 = 10;
/// The name of what all files are written in.
const UTF_8: &str = "UTF-8";

/// What one is worth.
pub(super) enum Worth {
    /// It can be used.
    Good(Good),
    /// It cannot: why.
    Bad(String),
    /// It must be held against the speech first.
    Unknown,
}

/// One that can be used.
pub(super) struct Good {
    /// How well it fits, percent.
    pub(super) percent: u8,
    /// The same, a sentence that begins with "it"; empty where nobody needed to look.
    pub(super) told: String,
    /// Why it does not serve as it lies there; empty where it does.
    pub(super) anew: Vec<String>,
}

/// How much one is trusted, in percent: the least of how much speech has a cue, and how many cues begin with speech.
/// The first is low where text is missing, the second where it is out of sync. How much of the cues' time is speech
/// does not count: cues stay on screen so that they can be read, and those for the hard of hearing tell of sounds.
pub fn confidence(fit: Fit) -> u8 {
    fit.covered_percent.min(fit.starts_percent)
}

/// How the cues of one must be moved before they are used: it is good that way and not as it is, or clearly better.
pub fn mending(weighed: &Weighed, rules: ExistingRules) -> Option<&Alignment> {
    let alignment = weighed.alignment.as_ref()?;
    let (is, becomes) = (confidence(weighed.fit), confidence(alignment.fit));
    let worth_it = is < rules.good_percent || is.saturating_add(CLEARLY_PERCENT) <= becomes;
    (worth_it && rules.good_percent <= becomes).then_some(alignment)
}

/// What the existing one at `index` is worth: what needs no weighing first.
pub(super) fn worth(case: &Case<'_>, index: usize, it: &Existing) -> Worth {
    let mut anew = anew(case, it);
    if matches!(it.origin, Origin::Ours(_)) {
        return Worth::Good(Good { percent: 100, told: String::new(), anew });
    }
    if let Some(why) = it.examined.as_ref().and_then(|it| hopeless(it, case.facts.duration)) {
        return Worth::Bad(why);
    }
    let Some(weighed) = case.facts.weighed.get(&index) else { return Worth::Unknown };
    let rules = case.policy.existing;
    let as_it_is = figures(weighed.fit);
    if let Some(alignment) = mending(weighed, rules) {
        let (moved, fits) = (alignment.told(), figures(alignment.fit));
        anew.push(format!("to be in sync ({moved})"));
        let told = format!("it fits when it is mended: {fits}; as it is: {as_it_is}");
        return Worth::Good(Good { percent: confidence(alignment.fit), told, anew });
    }
    if confidence(weighed.fit) < rules.good_percent {
        let wanted = rules.good_percent;
        return Worth::Bad(format!(
            "it does not fit the speech: {as_it_is}; {wanted} % are wanted"
        ));
    }
    let told = format!("it fits the speech: {as_it_is}");
    Worth::Good(Good { percent: confidence(weighed.fit), told, anew })
}

/// Why one does not serve as it lies there, apart from how it fits.
pub(super) fn anew(case: &Case<'_>, it: &Existing) -> Vec<String> {
    let mut anew = Vec::new();
    let encoding = it.examined.as_ref().map(|it| it.encoding.as_str());
    let is_file = match it.origin {
        Origin::External(_) => true,
        // Text from inside of a file is UTF-8, and ours is.
        Origin::Embedded(_) | Origin::Ours(_) => false,
    };
    if let Some(encoding) = encoding.filter(|it| is_file && !it.eq_ignore_ascii_case(UTF_8)) {
        anew.push(format!("in UTF-8 (it is in {encoding})"));
    }
    // Players believe the name.
    if let Some(is) = it.lie().filter(|_| is_file) {
        anew.push(format!("under a name that says {}", is.name_en()));
    }
    if case.policy.elsewhere {
        anew.push("in the folder where subtitles go".to_owned());
    }
    anew
}

/// Why one is bad, where that shows without listening.
fn hopeless(it: &Examined, duration: Option<Ms>) -> Option<String> {
    if it.cues == 0 {
        return Some("there are no cues in it".to_owned());
    }
    if TOO_FAST_PERCENT_MAX < it.too_fast_percent {
        return Some(format!("{} % of its cues are too fast to read", it.too_fast_percent));
    }
    let film = duration.map(|it| it.0).filter(|it| 0 < *it)?;
    let less = |part: i64, percent: i64| part.saturating_mul(100) < film.saturating_mul(percent);
    let reach = it.last.0.saturating_sub(it.first.0);
    if less(reach, REACH_PERCENT_MIN) {
        return Some("its cues reach over a small part of the film only".to_owned());
    }
    less(it.shown.0, SHOWN_PERCENT_MIN)
        .then(|| "it has cues for a small part of the film only".to_owned())
}

fn figures(fit: Fit) -> String {
    let Fit { covered_percent, starts_percent, spoken_percent: _ } = fit;
    format!(
        "{covered_percent} % of the speech has a cue, {starts_percent} % of the cues begin with speech"
    )
}
