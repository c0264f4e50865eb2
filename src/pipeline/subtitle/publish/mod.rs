//! Last step: every file gets its place, and what was written is told.

mod partial;
mod place;

pub use partial::{is_partial, withdraw};
pub use place::{
    Ledger, Publication, PublishPlan, Published, check_folder, is_ours, leaves_alone, publish,
    rewrite, sweep, sweep_at,
};
pub(super) use place::{digest, fault, lock_all, put};

use super::outputs::{self, file_name};
use super::{Asked, follow, record};
use crate::domain::change::{Change, Counter, StepDone};
use crate::domain::execution::{Ending, Next, Step};
use crate::domain::fault::Fault;
use crate::domain::order::Summary;

/// Takes the step. Where a language that is wanted cannot be written it is taken twice: the first time writes the
/// others, the second one fails, so that what was written is told as well as what was not.
///
/// # Errors
/// Where a file cannot be written, or a language cannot.
pub fn run(asked: &Asked<'_>, ledger: &dyn Ledger) -> Result<StepDone, Fault> {
    let Asked { path, order, records, .. } = *asked;
    let Some((selected, _, heading)) = record::headed(asked)? else {
        return Ok(record::start_again());
    };
    let digest = records.get(&Step::Cue).map(|it| blake3::hash(it).as_bytes().to_vec());
    if let Some(unmet) = &heading.unmet
        && (heading.taken || digest.as_ref() == records.get(&Step::Publish))
    {
        return Err(unmet.clone());
    }
    let Some(cued) = record::cued(asked)? else { return Ok(record::start_again()) };
    let mut summary = asked.summary.clone();
    let (mut outputs, mut notes, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    outputs::make_folder(path, order)?;
    for file in &cued.files {
        let (plan, notice) =
            outputs::plan(path, order, &file.target, &file.content, &file.extension);
        summary.notices.extend(notice);
        let name = file_name(&plan.path);
        match publish(&plan, &file.bytes, ledger)? {
            Published::Written { notice } => {
                summary.notices.extend(notice);
                notes.push(format!("{name}: written"));
                summary.written.push(plan.path.clone());
                changes.extend(
                    file.made.clone().map(|made| Change::Made { output: plan.path.clone(), made }),
                );
            }
            Published::LeftAlone { reason } => {
                notes.push(format!("{name}: left"));
                summary.notices.push(format!("{name}: {reason}"));
            }
        }
        outputs.push(plan.path);
    }
    // Those that were shown under another name, since the language turned out to be another one.
    withdraw(path, ledger)?;
    let written = summary.written.len() as u64;
    changes.push(Change::Count { counter: Counter::FilesWritten, by: written });
    if written > 0 {
        changes.extend(follow::placed(path, order, &selected.key, &summary.written));
    }
    let whole = cued.complete && summary.failed_lines.is_empty();
    // What could not be heard or translated this time is tried again by whoever comes next, the rest is recalled; and
    // what was left alone may be somebody else's, whose file may be gone then.
    if whole && summary.written.len() == outputs.len() {
        let language = summary.language.as_ref().map(|it| it.tag().to_owned());
        changes.push(Change::Finished { key: selected.key, outputs, language });
    }
    let next = match heading.unmet {
        _ if written > 0 && order.deliver.is_some() => Next::Step(Step::Announce),
        Some(_) => Next::Step(Step::Publish),
        None if written == 0 => Next::End(Ending::Skipped),
        None => Next::End(ending(&summary)),
    };
    Ok(StepDone { next, body: digest.unwrap_or_default(), notes, summary, changes })
}

/// How an execution ends that wrote files.
pub(super) fn ending(summary: &Summary) -> Ending {
    if summary.failed_lines.is_empty() { Ending::Written } else { Ending::Review }
}
