//! Fourth step: cut cues, and write them down in a format.

use super::record::{self, Cued, CuedFile};
use super::select::{self, Target};
use super::{Asked, listen};
use crate::domain::change::StepDone;
use crate::domain::cue::{self, Cue, CueLimits};
use crate::domain::execution::{Next, Step};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::order::Order;
use crate::domain::script;
use crate::domain::subtitle::{self, Format};
use crate::domain::time::Ms;
use crate::domain::transcript::Transcript;

/// Takes the step.
///
/// # Errors
/// Where a record is missing.
pub fn run(asked: &Asked<'_>) -> Result<StepDone, Fault> {
    let Some((selected, heading, heard)) = record::heard(asked)? else {
        return Ok(record::start_again());
    };
    let order = asked.order;
    let mut summary = asked.summary.clone();
    let told = selected.probe.duration.filter(|_| !heard.report.truncated);
    let end = told.unwrap_or(summary.audio).max(summary.audio);
    let tasks = heading.tasks();
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    for target in &heading.targets {
        let task = tasks.iter().position(|it| *it == target.translate);
        let Some(transcript) = task.and_then(|it| heard.transcripts.get(it)) else { continue };
        let target = relabel(target, transcript, order);
        summary.language = summary.language.take().or_else(|| Some(target.lang.clone()));
        let (transcript, cues) = cut(transcript.clone(), &target, &order.cue, Some(end));
        if files.is_empty() {
            summary.cues = cues.len() as u64;
        }
        notes.push(format!("{}: {} cues", target.lang, cues.len()));
        let file = |extension: &str, bytes: Vec<u8>| CuedFile {
            target: target.clone(),
            extension: extension.to_owned(),
            bytes,
        };
        files.extend(
            order.formats.iter().map(|it| file(it.extension(), write(&cues, *it, &target))),
        );
        if order.transcript {
            files.push(file("json", subtitle::transcript_json(&transcript).into_bytes()));
        }
    }
    let complete = listen::lost(&heard.transcripts).is_none();
    let body = record::encode(&Cued { files, complete })?;
    Ok(StepDone { next: Next::Step(Step::Publish), body, notes, summary, changes: Vec::new() })
}

/// Where the owner named no language the file is labelled by what was mostly spoken in the end.
fn relabel(target: &Target, transcript: &Transcript, order: &Order) -> Target {
    let heard = transcript.most_spoken().and_then(Lang::from_whisper);
    match heard {
        Some(heard) if order.to.is_empty() && !heard.same_language(&target.lang) => {
            Target { lang: select::written(&heard, order.from.as_ref()), ..target.clone() }
        }
        Some(_) | None => target.clone(),
    }
}

/// Cuts a transcript into cues in the target's script; `end` is the film's length.
pub fn cut(
    mut transcript: Transcript,
    target: &Target,
    limits: &CueLimits,
    end: Option<Ms>,
) -> (Transcript, Vec<Cue>) {
    script::convert_transcript(&mut transcript, &target.lang);
    let cues = cue::build(&transcript, &target.lang, limits, end);
    (transcript, cues)
}

/// The subtitle file's bytes.
pub fn write(cues: &[Cue], format: Format, target: &Target) -> Vec<u8> {
    subtitle::write(cues, format, &target.lang).into_bytes()
}
