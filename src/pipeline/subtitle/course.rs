//! From what is known of a file to what follows: the rules decide, and the next step, or the end, comes of it. The
//! steps that find things out (`select`, `detect`, `weigh`) all end here.

use super::heading::{self, Heading};
use super::listen::{self, Spoken};
use super::outputs::file_name;
use super::publish::Ledger;
use super::record::{self, Known, Selected};
use super::select::written;
use super::{Asked, Library, outputs};
use crate::domain::change::{Change, StepDone};
use crate::domain::execution::{Ending, Next, Step};
use crate::domain::existing::{Existing, Origin};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::media::AudioTrack;
use crate::domain::order::{Deliver, Order, Product, Summary};
use crate::domain::reason::{self, Reason};
use crate::domain::rules::{self, Decision, Facts, Policy, TargetPlan, Verdict, Way};

/// What a step has to tell so far.
pub(super) struct Told {
    pub(super) notes: Vec<String>,
    pub(super) summary: Summary,
    pub(super) changes: Vec<Change>,
}

impl Told {
    /// Nothing beside what earlier steps told.
    pub(super) fn of(asked: &Asked<'_>) -> Told {
        Told { notes: Vec::new(), summary: asked.summary.clone(), changes: Vec::new() }
    }

    /// The end of a step that leaves what is known.
    ///
    /// # Errors
    /// Where the record cannot be written.
    pub(super) fn done<T: serde::Serialize>(
        self,
        next: Next,
        record: &T,
    ) -> Result<StepDone, Fault> {
        let Told { notes, summary, changes } = self;
        Ok(StepDone { next, body: record::encode(record)?, notes, summary, changes })
    }
}

/// What is wanted, as the rules want to know it.
pub fn policy(order: &Order) -> Policy<'_> {
    Policy {
        to: &order.to,
        existing: order.existing,
        force: order.force,
        // What is uploaded ends beside the video.
        elsewhere: order.output.is_some() && order.deliver != Some(Deliver::Upload),
        hears_english: order.multilingual,
        translates: order.translate.is_some(),
    }
}

/// The spoken language as it is written.
///
/// # Errors
/// Where Whisper's code is none.
pub(super) fn spoken_lang(
    spoken: &Spoken,
    order: &Order,
    track: &AudioTrack,
) -> Result<Lang, Fault> {
    let lang = Lang::from_whisper(spoken.main())
        .ok_or_else(|| Fault::bug(format!("no language for `{}`", spoken.main())))?;
    Ok(written(&lang, order.from.as_ref().or(heading::tag(track).as_ref())))
}

/// The spoken language, where it is known.
fn spoken(order: &Order, selected: &Selected, known: &Known) -> Result<Option<Lang>, Fault> {
    let Some(spoken) = &known.spoken else { return Ok(None) };
    spoken_lang(spoken, order, selected.track()?).map(Some)
}

/// Asks the rules.
///
/// # Errors
/// Where the spoken language is none.
pub(super) fn decide(order: &Order, selected: &Selected, known: &Known) -> Result<Decision, Fault> {
    let spoken = spoken(order, selected, known)?;
    let facts = Facts {
        spoken,
        mixed: known.spoken.as_ref().is_some_and(Spoken::is_mixed),
        existing: &selected.existing,
        weighed: known.weighed.clone(),
        duration: selected.probe.duration,
        ..Facts::default()
    };
    Ok(rules::decide(&facts, &policy(order)))
}

/// Decides, and says what follows.
///
/// # Errors
/// Where nothing that is wanted can be written, a folder is in the way, or the store fails.
pub(super) fn proceed(
    asked: &Asked<'_>,
    selected: &Selected,
    known: &mut Known,
    library: &dyn Library,
    ledger: &dyn Ledger,
    told: &mut Told,
) -> Result<Next, Fault> {
    told.summary.language = known.spoken.as_ref().and_then(|it| Lang::from_whisper(it.main()));
    if asked.order.product == Product::Language {
        return Ok(match known.spoken {
            Some(_) => Next::End(Ending::Skipped),
            None => Next::Step(Step::Detect),
        });
    }
    let Decision { verdict, reasons } = decide(asked.order, selected, known)?;
    match verdict {
        Verdict::NeedsLanguage => Ok(Next::Step(Step::Detect)),
        Verdict::NeedsWeighing(_) => Ok(Next::Step(Step::Weigh)),
        Verdict::Plan(plans) => {
            told.notes.extend(flat(&reasons));
            told.summary.notices.extend(worth_telling(&selected.existing, &plans));
            planned(asked, selected, known, library, ledger, told, &plans)
        }
        Verdict::Done | Verdict::Locked => Err(Fault::bug("a decision that was made before")),
    }
}

fn planned(
    asked: &Asked<'_>,
    selected: &Selected,
    known: &mut Known,
    library: &dyn Library,
    ledger: &dyn Ledger,
    told: &mut Told,
    plans: &[TargetPlan],
) -> Result<Next, Fault> {
    let Asked { path, order, .. } = *asked;
    let spoken = spoken(order, selected, known)?;
    let mut heading = Heading::of(plans, spoken.as_ref(), &selected.existing);
    if heading.targets.is_empty() {
        return match heading.unmet {
            Some(unmet) => Err(unmet),
            None => Ok(Next::End(Ending::Skipped)),
        };
    }
    if let Some(reasons) = outputs::all_taken(path, order, &heading.targets, ledger)? {
        told.summary.notices.extend(reasons);
        heading.taken = heading.unmet.is_some();
        let left = heading.taken;
        known.heading = Some(heading);
        return Ok(if left { Next::Step(Step::Publish) } else { Next::End(Ending::Skipped) });
    }
    let listens = !heading.tasks().is_empty();
    let after = heading.after_listening();
    known.heading = Some(heading);
    if !listens {
        return Ok(Next::Step(after));
    }
    let Some(heard) = listen::recall_all(order, selected, known, library)? else {
        return Ok(Next::Step(Step::Listen));
    };
    told.notes.push("its audio was listened to before; that is used again".to_owned());
    let next =
        listen::conclude(&selected.key, &heard, known, &mut told.summary, &mut told.changes)?;
    known.heard = Some(heard);
    Ok(next)
}

/// What the owner should know of the subtitles that are there: what stands for a wanted language, what is written
/// anew, and which tags lie.
fn worth_telling(existing: &[Existing], plans: &[TargetPlan]) -> Vec<String> {
    let named = |place: usize| existing.get(place).map(|it| name(&it.origin)).unwrap_or_default();
    let ways = plans.iter().filter_map(|plan| {
        let lang = plan.lang.name_en();
        match &plan.way {
            Way::There(place) => Some(format!("{lang} is there: {}", named(*place))),
            Way::Adopt(place) => Some(format!("{lang} is taken from {}", named(*place))),
            Way::TranslateExisting(place) => {
                Some(format!("{lang} is translated from {}", named(*place)))
            }
            Way::Listen | Way::ListenInEnglish | Way::TranslateHeard | Way::No(_) => None,
        }
    });
    let lies = existing.iter().filter_map(|it| {
        let (tag, is) = (it.tag.as_ref()?, it.lie()?);
        Some(format!(
            "{} says {}, but its text is {}",
            name(&it.origin),
            tag.name_en(),
            is.name_en()
        ))
    });
    ways.chain(lies).collect()
}

/// A subtitle's name, for people.
pub fn name(origin: &Origin) -> String {
    match origin {
        Origin::Embedded(index) => format!("track {index}"),
        Origin::External(file) | Origin::Ours(file) => file_name(file),
    }
}

/// A tree of reasons as lines.
pub(super) fn flat(reasons: &[Reason]) -> Vec<String> {
    let indented = |(depth, text): (usize, &str)| format!("{}{text}", "  ".repeat(depth));
    reason::lines(reasons).into_iter().map(indented).collect()
}
