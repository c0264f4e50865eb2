//! What would be done with a file and why, without doing it: what `select` does, and what was found out before.

use super::course::{self, spoken_lang};
use super::facts::{self, Eyes, Looked};
use super::listen::Spoken;
use super::outputs;
use super::record::{Known, Selected};
use super::select::{self, Target, written};
use super::weigh::{self, speech_key};
use super::{heading, listen, wish};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::order::Order;
use crate::domain::rules::{self, Decision, Facts, Verdict};
use std::path::{Path, PathBuf};

/// What would be done.
pub struct Foreseen {
    /// What a look showed; `None` where it was done before, which needs none.
    pub looked: Option<Looked>,
    /// How the spoken language is known.
    pub spoken: KnownBy,
    /// What is decided, as far as it can be now.
    pub decision: Decision,
    /// What would be written, and where to.
    pub outputs: Vec<(Target, Vec<PathBuf>)>,
    /// All that is to be heard was heard before.
    pub heard: bool,
}

/// How the spoken language is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// The owner told it.
    Told(Lang),
    /// It was found out before, as the sentence says.
    Found(Lang, String),
    /// The track's tag says so; samples will decide.
    Tag(Lang),
    /// Not at all: samples will decide.
    Unknown,
}

impl KnownBy {
    /// The language, as far as it is known.
    fn lang(&self) -> Option<&Lang> {
        match self {
            KnownBy::Told(lang) | KnownBy::Found(lang, _) | KnownBy::Tag(lang) => Some(lang),
            KnownBy::Unknown => None,
        }
    }
}

/// Looks ahead.
///
/// # Errors
/// Where the file is refused, has no track to listen to, or the store fails.
pub fn foresee(path: &Path, order: &Order, eyes: &mut Eyes<'_>) -> Result<Foreseen, Fault> {
    let key = wish::fingerprint(path, order)?;
    if let Some(before) = eyes.library.finished(&key)?.filter(|_| !order.force)
        && let Some(done) = select::done_before(&before)
    {
        let facts = Facts { done: Some(done), ..Facts::default() };
        let decision = rules::decide(&facts, &course::policy(order));
        let (outputs, spoken) = (Vec::new(), KnownBy::Unknown);
        return Ok(Foreseen { looked: None, spoken, decision, outputs, heard: true });
    }
    let looked = facts::look(path, order, eyes)?;
    let (selected, _) = select::start(path, order, key, looked.clone(), eyes)?;
    let mut known = selected.known.clone();
    let spoken = known_by(order, &selected, &mut known)?;
    let mut decision = course::decide(order, &selected, &known)?;
    let speech = speech_key(&selected.file, selected.track()?.index, &order.listen.speech);
    if matches!(decision.verdict, Verdict::NeedsWeighing(_))
        && let Some(speech) = eyes.library.speech(&speech)?
    {
        let Eyes { media, cancel, alive, .. } = eyes;
        let verdict = &decision.verdict;
        weigh::weigh(path, verdict, &selected, &speech, &mut known, media, cancel, *alive)?;
        decision = course::decide(order, &selected, &known)?;
    }
    let (mut outputs, mut heard) = (Vec::new(), false);
    if let Verdict::Plan(plans) = &decision.verdict {
        let heading = heading::Heading::of(plans, spoken.lang(), &selected.existing);
        outputs = heading.targets.iter().map(|it| files(path, order, it)).collect();
        known.heading = Some(heading);
        heard = listen::recall_all(order, &selected, &known, eyes.library)?.is_some();
    }
    Ok(Foreseen { looked: Some(looked), spoken, decision, outputs, heard })
}

/// How the language is known; where only a tag tells it, it is supposed to be right.
fn known_by(order: &Order, selected: &Selected, known: &mut Known) -> Result<KnownBy, Fault> {
    if let Some(spoken) = &known.spoken {
        let lang = spoken_lang(spoken, order, selected.track()?)?;
        return Ok(match spoken {
            Spoken::Told(_) => KnownBy::Told(lang),
            Spoken::Voted(verdict) => KnownBy::Found(lang, verdict.reason.clone()),
        });
    }
    let Some(tag) = heading::tag(selected.track()?) else { return Ok(KnownBy::Unknown) };
    let Some(code) = tag.to_whisper() else { return Ok(KnownBy::Unknown) };
    known.spoken = Some(Spoken::Told(code.to_owned()));
    Ok(KnownBy::Tag(written(&tag, Some(&tag))))
}

/// What would be written of a target, and where to.
pub(super) fn files(path: &Path, order: &Order, target: &Target) -> (Target, Vec<PathBuf>) {
    let wanted = outputs::files(order, target).into_iter();
    let plan = |(content, extension): (_, &str)| {
        outputs::plan(path, order, target, &content, extension).0.path
    };
    (target.clone(), wanted.map(plan).collect())
}
