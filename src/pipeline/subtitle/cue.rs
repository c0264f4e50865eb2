//! Cut cues, or take those of a subtitle that is there, and write them down in a format.

use super::record::{self, Cued, CuedFile, Heard, Known, Selected};
use super::select::{self, Source, Target};
use super::{Asked, adopt, listen};
use crate::base::cancel::Cancel;
use crate::domain::change::StepDone;
use crate::domain::cue::{self, Cue, CueLimits};
use crate::domain::execution::{Next, Step};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::order::{Order, Summary};
use crate::domain::rules;
use crate::domain::script;
use crate::domain::subtitle::{self, Format};
use crate::domain::time::Ms;
use crate::domain::transcript::Transcript;
use crate::engines::media::MediaEngine;

/// Takes the step.
///
/// # Errors
/// Where a record is missing, or a subtitle that is there cannot be read any more.
pub fn run(
    asked: &Asked<'_>,
    media: &mut MediaEngine,
    cancel: &Cancel,
    alive: &mut dyn FnMut(),
) -> Result<StepDone, Fault> {
    let Some((selected, mut known, heading)) = record::headed(asked)? else {
        return Ok(record::start_again());
    };
    let tasks = heading.tasks();
    let heard = match tasks.is_empty() {
        true => None,
        false => match record::heard(asked, &mut known)? {
            Some(heard) => Some(heard),
            None => return Ok(record::start_again()),
        },
    };
    let mut made = Made { summary: asked.summary.clone(), files: Vec::new(), notes: Vec::new() };
    let end = end(&selected, heard.as_ref(), &made.summary);
    for target in &heading.targets {
        match target.source {
            Source::Spoken | Source::English => {
                let translate = target.source == Source::English;
                let task = tasks.iter().position(|it| *it == translate);
                let transcript = heard.as_ref().zip(task).and_then(|it| it.0.transcripts.get(it.1));
                if let Some(transcript) = transcript {
                    made.cut(transcript, target, asked.order, end);
                }
            }
            Source::Existing(place) => {
                let from = (place, target);
                adopted(asked, &selected, &known, from, media, cancel, alive, &mut made)?;
            }
        }
    }
    let complete = heard.is_none_or(|it| listen::lost(&it.transcripts).is_none());
    let Made { summary, files, notes } = made;
    let body = record::encode(&Cued { files, complete })?;
    Ok(StepDone { next: Next::Step(Step::Publish), body, notes, summary, changes: Vec::new() })
}

/// Where the film ends, as far as cues may reach.
fn end(selected: &Selected, heard: Option<&Heard>, summary: &Summary) -> Ms {
    let whole = |_: &Ms| heard.is_some_and(|it| !it.report.truncated);
    selected.probe.duration.filter(whole).unwrap_or(summary.audio).max(summary.audio)
}

/// What is made so far.
struct Made {
    summary: Summary,
    files: Vec<CuedFile>,
    notes: Vec<String>,
}

impl Made {
    /// Cuts a transcript.
    fn cut(&mut self, transcript: &Transcript, target: &Target, order: &Order, end: Ms) {
        // Where the samples of a film speak a language and nobody else does, there is nothing to write.
        if transcript.utterances.is_empty() {
            return;
        }
        let target = relabel(target, transcript, order);
        let (transcript, cues) = cut(transcript.clone(), &target, &order.cue, Some(end));
        self.tell(&target, cues.len());
        for format in &order.formats {
            self.file(&target, format.extension(), write(&cues, *format, &target));
        }
        if order.transcript {
            self.file(&target, "json", subtitle::transcript_json(&transcript).into_bytes());
        }
    }

    fn tell(&mut self, target: &Target, cues: usize) {
        let language = self.summary.language.take();
        self.summary.language = language.or_else(|| Some(target.lang.clone()));
        if self.files.is_empty() {
            self.summary.cues = cues as u64;
        }
        self.notes.push(format!("{}: {cues} cues", target.lang));
    }

    fn file(&mut self, target: &Target, extension: &str, bytes: Vec<u8>) {
        let (target, extension) = (target.clone(), extension.to_owned());
        self.files.push(CuedFile { target, extension, bytes });
    }
}

/// Takes the cues of a subtitle that is there, in sync.
#[expect(clippy::too_many_arguments, reason = "what the step has, and what it makes")]
fn adopted(
    asked: &Asked<'_>,
    selected: &Selected,
    known: &Known,
    (place, target): (usize, &Target),
    media: &mut MediaEngine,
    cancel: &Cancel,
    alive: &mut dyn FnMut(),
    made: &mut Made,
) -> Result<(), Fault> {
    let existing = selected.existing.get(place).ok_or_else(|| Fault::bug("no such subtitle"))?;
    let read = adopt::documents(asked.path, &[(place, existing)], media, cancel, alive)?;
    let Some((_, mut document)) = read.into_iter().next() else {
        let name = super::course::name(&existing.origin);
        return Err(Fault::transient(
            format!("{name} could be read a moment ago, and cannot any more"),
            "it is looked at again",
        ));
    };
    let weighed = known.weighed.get(&place);
    if let Some(alignment) = weighed.and_then(|it| rules::mending(it, asked.order.existing)) {
        adopt::retime(&mut document, alignment);
        made.summary.notices.push(format!("its times were corrected: {}", alignment.told()));
    }
    made.tell(target, adopt::spans(&document).len());
    for format in &asked.order.formats {
        let bytes = adopt::write(&document, *format, &target.lang);
        made.file(target, format.extension(), bytes);
    }
    Ok(())
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
