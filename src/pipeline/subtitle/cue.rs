//! Cut cues, or take those of a subtitle that is there, and write them down in a format.

use super::record::{self, Content, Cued, CuedFile, Heard, Known, Selected, TranslatedTarget};
use super::said::Said;
use super::select::{self, Source, Target};
use super::{Asked, adopt, listen};
use crate::base::cancel::Cancel;
use crate::domain::change::StepDone;
use crate::domain::cue::{self, Cue, CueLimits};
use crate::domain::execution::{Next, Step};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::name::Naming;
use crate::domain::order::{FailedLine, Order, Summary};
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
    let Some(translated) = record::translated(asked, &heading)? else {
        return Ok(record::start_again());
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
            Source::FromHeard | Source::FromExisting(_) => {
                let mine = translated.targets.iter().find(|it| it.target == *target);
                if let Some(mine) = mine {
                    made.translated(mine, &selected, asked.order)?;
                }
            }
        }
    }
    let complete = heard.is_none_or(|it| listen::lost(&it.transcripts).is_none());
    let Made { summary, files, notes } = made;
    let body = record::encode(&Cued { files, complete })?;
    Ok(StepDone { next: Next::Step(Step::Publish), body, notes, summary, changes: Vec::new() })
}

/// Where the film ends, as far as cues may reach.
pub(super) fn end(selected: &Selected, heard: Option<&Heard>, summary: &Summary) -> Ms {
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
        let target = relabel(target, transcript, &order.to, order);
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
        let content = Content::Alone;
        self.files.push(CuedFile { target, content, extension, bytes, made: None });
    }

    /// Writes what was translated: alone, and with what it was translated from where that is wanted.
    fn translated(
        &mut self,
        it: &TranslatedTarget,
        selected: &Selected,
        order: &Order,
    ) -> Result<(), Fault> {
        if it.cues.is_empty() {
            return Ok(());
        }
        self.tell(&it.target, it.cues.len());
        let said = Said::of(it, &order.cue);
        for format in &order.formats {
            let bytes = said.alone(*format)?;
            self.file(&it.target, format.extension(), bytes);
            if let Some(file) = self.files.last_mut() {
                file.made = Some(Box::new(said.made(&selected.work)));
            }
            if let Some(bilingual) = order.bilingual {
                let bytes = said.with_source(*format, bilingual)?;
                self.file(&it.target, format.extension(), bytes);
                if let Some(file) = self.files.last_mut() {
                    file.content = Content::With(it.from.clone());
                }
            }
        }
        let failed: Vec<_> =
            self.summary.failed_lines.iter().filter(|line| line.to == it.target.lang).collect();
        if order.naming == Naming::Factory && !failed.is_empty() {
            let line = |it: &&FailedLine| format!("{}  {}  ({})\n", it.at, it.text, it.why);
            let log: String = failed.iter().map(line).collect();
            self.file(&it.target, "log", log.into_bytes());
            if let Some(file) = self.files.last_mut() {
                file.content = Content::Failed;
            }
        }
        Ok(())
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
        return Err(adopt::gone(&existing.origin));
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

/// Where the owner named no language (`named`) the file is labelled by what was mostly spoken in the end.
pub(super) fn relabel(
    target: &Target,
    transcript: &Transcript,
    named: &[Lang],
    order: &Order,
) -> Target {
    let heard = transcript.most_spoken().and_then(Lang::from_whisper);
    match heard {
        Some(heard) if named.is_empty() && !heard.same_language(&target.lang) => {
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
