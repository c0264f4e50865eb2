//! A subtitle file named by itself: nobody listens, it is only translated.

use super::course::Told;
use super::heading::Heading;
use super::publish::Ledger;
use super::record::{Known, Selected};
use super::select::{Source, Target};
use super::{Asked, facts, known, outputs, works};
use crate::domain::change::StepDone;
use crate::domain::execution::{Ending, Next, Step};
use crate::domain::existing::Existing;
use crate::domain::fault::Fault;
use crate::domain::job::Fingerprint;
use crate::domain::lang::Lang;
use crate::domain::media::Probe;
use crate::domain::order::Order;
use crate::domain::sidecar;
use crate::domain::time::Ms;
use std::path::{Path, PathBuf};

/// What is to be done with a subtitle file.
#[derive(Clone, Debug)]
pub struct Lone {
    /// What it is.
    pub existing: Existing,
    /// Its language.
    pub from: Lang,
    /// What is to be written.
    pub targets: Vec<Target>,
    /// Languages wanted that it is in already.
    pub there: Vec<Lang>,
}

/// Looks at a subtitle file.
///
/// # Errors
/// Where it cannot be read, its language cannot be told, no other language is wanted, or nobody translates.
pub fn look(path: &Path, order: &Order, ledger: &dyn Ledger) -> Result<Lone, Fault> {
    let name = path.file_name().unwrap_or_default();
    let parsed = sidecar::parse(sidecar::stem_of_video(name), name);
    let parsed = parsed.ok_or_else(|| Fault::bug("a subtitle file without an ending"))?;
    let existing = facts::one_beside(path.to_owned(), parsed, ledger)?;
    if let Some(trouble) = &existing.trouble {
        return Err(Fault::operator(trouble.clone(), "check that it is a subtitle file"));
    }
    let from = order.from.clone().or_else(|| existing.lang().cloned()).ok_or_else(|| {
        Fault::operator("its language cannot be told from its text", "name it with --from")
    })?;
    if order.to.is_empty() {
        return Err(Fault::operator(
            "it is a subtitle file, and no language to translate it to is named",
            "name one with --to",
        ));
    }
    let is_in = |to: &&Lang| to.same_language(&from) && same_script(to, &from);
    let (there, others): (Vec<&Lang>, Vec<&Lang>) = order.to.iter().partition(is_in);
    if !others.is_empty() && order.translate.is_none() {
        return Err(super::heading::nobody_translates(&from, &others));
    }
    let target = |lang: &Lang| Target {
        lang: lang.clone(),
        source: Source::FromExisting(0),
        from: Some(from.clone()),
    };
    let targets = others.into_iter().map(target).collect();
    let there = there.into_iter().cloned().collect();
    Ok(Lone { existing, from, targets, there })
}

/// Where the files of a target would go.
pub fn files(path: &Path, order: &Order, target: &Target) -> Vec<PathBuf> {
    super::foresee::files(path, order, target).1
}

/// Scripts that are not told are taken to be the same.
fn same_script(one: &Lang, other: &Lang) -> bool {
    one.script().is_none_or(|it| other.script().is_none_or(|other| it == other))
}

/// The step `select` for it.
///
/// # Errors
/// As [`look`]; or where its folder cannot be written to.
pub(super) fn select(
    asked: &Asked<'_>,
    key: Fingerprint,
    ledger: &dyn Ledger,
) -> Result<StepDone, Fault> {
    let Asked { path, order, .. } = *asked;
    let Lone { existing, from, targets, there } = look(path, order, ledger)?;
    outputs::make_folder(path, order)?;
    super::publish::check_folder(&outputs::folder_of(path, order))?;
    let mut told = Told::of(asked);
    told.notes.push(format!("a subtitle file in {}, to be translated", from.name_en()));
    told.summary
        .notices
        .extend(there.iter().map(|it| format!("it is in {} already", it.name_en())));
    told.summary.language = Some(from);
    told.summary.audio = existing.examined.as_ref().map_or(Ms(0), |it| it.last);
    let taken = match targets.is_empty() {
        true => Some(Vec::new()),
        false => outputs::all_taken(path, order, &targets, ledger)?,
    };
    let heading = Heading { targets, unmet: None, taken: false };
    let selected = Selected {
        key,
        file: known::file_id(path)?,
        probe: nothing_heard(&existing),
        track: None,
        print: None,
        existing: vec![existing],
        names: String::new(),
        work: works::work_of(path),
        known: Known { heading: Some(heading), ..Known::default() },
    };
    let next = match taken {
        Some(reasons) => {
            told.summary.notices.extend(reasons);
            Next::End(Ending::Skipped)
        }
        None => Next::Step(Step::Translate),
    };
    told.done(next, &selected)
}

/// A file without sound, as long as its last cue.
fn nothing_heard(existing: &Existing) -> Probe {
    Probe {
        container: existing.codec.clone(),
        duration: existing.examined.as_ref().map(|it| it.last),
        start: Ms(0),
        audio: Vec::new(),
        subtitles: Vec::new(),
        has_video: false,
    }
}
