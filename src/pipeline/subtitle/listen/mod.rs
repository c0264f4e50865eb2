//! Third step: listen. Speech is packed into windows, each is heard, and what can be trusted becomes the transcript.
//!
//! Everything runs on the caller's thread: decoding, voice activity and hearing go on meanwhile in the engine children,
//! each some windows ahead of the next.

mod aloud;
mod desk;
mod partial;
mod passes;
mod turns;

use super::heading::{self, Heading};
use super::recipe::ListenParams;
use super::record::{self, Heard, Known, Selected};
use super::select::{Source, Target};
use super::{Asked, Cx, Library, known, notices};
use crate::domain::change::{Change, Counter, StepDone, Transcribed};
use crate::domain::execution::{Ending, Next, Step};
use crate::domain::fault::Fault;
use crate::domain::job::Fingerprint;
use crate::domain::media::{AudioTrack, DecodeReport};
use crate::domain::order::{Order, Summary};
use crate::domain::time::Ms;
use crate::domain::transcript::{GivenUp, GivenUpKind, RawHeard, Transcript};
use crate::domain::vote::{self, Ballot, Verdict};
use partial::Partials;
pub use partial::{Audience, Stage};
use passes::Recipe;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

/// Takes the step. What was heard of this audio before is not heard again: only the tasks that are missing are. Where
/// there is a stage, viewers get what they wait for first.
///
/// # Errors
/// Where the file cannot be decoded, the engine keeps dying, nothing could be listened to, or the work shall end.
pub fn run(
    asked: &Asked<'_>,
    cx: &mut Cx<'_>,
    library: &dyn Library,
    stage: Option<&Stage<'_>>,
) -> Result<StepDone, Fault> {
    let Some((selected, known)) = record::known(asked)? else {
        return Ok(record::start_again());
    };
    let (mut notes, mut changes) = (Vec::new(), Vec::new());
    let heard = match recall_all(asked.order, &selected, &known, library)? {
        Some(heard) => {
            notes.push("its audio was listened to before; that is used again".to_owned());
            heard
        }
        None => listen_to_missing(asked, cx, library, stage, &selected, &known, &mut changes)?,
    };
    let mut summary = asked.summary.clone();
    let next = conclude(&selected.key, &heard, &known, &mut summary, &mut changes)?;
    let speech = summary.speech;
    notes.push(format!("{speech} of speech in {} of audio", summary.audio));
    Ok(StepDone { next, body: record::encode(&heard)?, notes, summary, changes })
}

/// Listens as far as nobody did before.
fn listen_to_missing(
    asked: &Asked<'_>,
    cx: &mut Cx<'_>,
    library: &dyn Library,
    stage: Option<&Stage<'_>>,
    selected: &Selected,
    known: &Known,
    changes: &mut Vec<Change>,
) -> Result<Heard, Fault> {
    let (path, order) = (asked.path, &selected.order(asked.order));
    let track = selected.track()?;
    let spoken = known.spoken.as_ref().ok_or_else(|| Fault::bug("no language to listen in"))?;
    let tasks = tasks(known);
    let recalled = recall(order, selected, &tasks, library)?;
    let missing: Vec<bool> =
        tasks.iter().zip(&recalled).filter(|it| it.1.is_none()).map(|it| *it.0).collect();
    let file = known::audio_file(path, track.index)?;
    let mut partials = match (stage, &known.heading) {
        (Some(stage), Some(heading)) => {
            Partials::new(asked, stage, selected, heading, spoken, &missing)
        }
        (Some(_) | None, _) => None,
    };
    let onlooker = stage.map(|it| it.onlooker);
    let recipe = Recipe { spoken, translate: &missing, params: &order.listen, onlooker };
    let listened = passes::listen(cx, path, track, &recipe, partials.as_mut())?;
    let Listened { transcripts, report, .. } = listened;
    let settled = known::audio_file(path, track.index)? == file;
    if let Some(print) = report.print.filter(|_| settled) {
        changes.extend(known::remember(file, &print));
        let tag = heading::tag(track).and_then(|it| it.to_whisper());
        // What could not be heard, or is cut off, is tried again by whoever comes next.
        let whole = transcripts.iter().zip(&missing).filter(|_| !report.truncated);
        for (transcript, translate) in whole.filter(|it| lost(std::slice::from_ref(it.0)).is_none())
        {
            let key = known::transcript_key(&print.whole, order, tag, *translate);
            let verdict = spoken.verdict().cloned();
            let transcripts = vec![transcript.clone()];
            let transcribed = Transcribed { transcripts, report: report.clone(), verdict };
            changes.push(Change::Transcribed { key, transcribed: Box::new(transcribed) });
        }
    }
    let by = Ms::of_sample(report.samples).0.unsigned_abs();
    changes.push(Change::Count { counter: Counter::AudioMs, by });
    let mut fresh = transcripts.into_iter();
    let merged = recalled.into_iter().map(|it| {
        let recalled = it.and_then(|it| it.transcripts.into_iter().next());
        recalled.or_else(|| fresh.next()).unwrap_or_default()
    });
    Ok(Heard { transcripts: merged.collect(), report })
}

/// What was heard before for each task, where it was.
fn recall(
    order: &Order,
    selected: &Selected,
    tasks: &[bool],
    library: &dyn Library,
) -> Result<Vec<Option<Transcribed>>, Fault> {
    let Some(print) = selected.print.filter(|_| !order.force) else {
        return Ok(vec![None; tasks.len()]);
    };
    let tag = heading::tag(selected.track()?).and_then(|it| it.to_whisper());
    let recall = |translate: &bool| {
        let key = known::transcript_key(&print.whole, order, tag, *translate);
        let row = known::recall(&key, &print, library)?;
        Ok(row.filter(|it| it.transcripts.len() == 1))
    };
    tasks.iter().map(recall).collect()
}

/// Everything that is to be heard, where all of it was heard before.
pub(super) fn recall_all(
    order: &Order,
    selected: &Selected,
    known: &Known,
    library: &dyn Library,
) -> Result<Option<Heard>, Fault> {
    let recalled = recall(&selected.order(order), selected, &tasks(known), library)?;
    let Some(recalled) = recalled.into_iter().collect::<Option<Vec<Transcribed>>>() else {
        return Ok(None);
    };
    let Some(report) = recalled.first().map(|it| it.report.clone()) else { return Ok(None) };
    let transcripts = recalled.into_iter().flat_map(|it| it.transcripts).collect();
    Ok(Some(Heard { transcripts, report }))
}

/// The language that was found in this audio before.
pub(super) fn recall_spoken(
    order: &Order,
    selected: &Selected,
    library: &dyn Library,
) -> Result<Option<Verdict>, Fault> {
    let recalled = recall(&selected.order(order), selected, &[false, true], library)?;
    Ok(recalled.into_iter().flatten().find_map(|it| it.verdict))
}

/// What is to be heard.
fn tasks(known: &Known) -> Vec<bool> {
    known.heading.as_ref().map(Heading::tasks).unwrap_or_default()
}

/// What follows when all was heard: cues, or the end where nobody speaks and nothing else is to be written.
pub(super) fn conclude(
    key: &Fingerprint,
    heard: &Heard,
    known: &Known,
    summary: &mut Summary,
    changes: &mut Vec<Change>,
) -> Result<Next, Fault> {
    let Heard { transcripts, report } = heard;
    summary.audio = Ms::of_sample(report.samples);
    summary.notices.extend(notices::of_decoding(report));
    let first = transcripts.first();
    summary.speech = Ms(first.map_or(0, |it| it.speech.iter().map(|it| it.len().0).sum()));
    summary.notices.extend(first.map(notices::of_listening).unwrap_or_default());
    let adopts = |it: &Target| matches!(it.source, Source::Existing(_) | Source::FromExisting(_));
    let adopts = known.heading.as_ref().is_some_and(|it| it.targets.iter().any(adopts));
    if adopts || !transcripts.iter().all(|it| it.utterances.is_empty()) {
        let after = known.heading.as_ref().map_or(Step::Cue, Heading::after_listening);
        return Ok(Next::Step(after));
    }
    if let Some(lost) = lost(transcripts) {
        return Err(Fault::operator(
            format!("it could not be listened to ({})", lost.reason),
            "run `kinora doctor`; mostly memory is short",
        ));
    }
    summary.notices.push("nobody speaks in it; no subtitle file was written".to_owned());
    summary.language = None;
    changes.push(Change::Finished { key: *key, outputs: Vec::new(), language: None });
    Ok(Next::End(Ending::NoSpeech))
}

/// The first stretch that the engine could not listen to.
pub(super) fn lost(transcripts: &[Transcript]) -> Option<&GivenUp> {
    let mut given_up = transcripts.iter().flat_map(|it| &it.given_up);
    given_up.find(|it| it.kind == GivenUpKind::NotHeard)
}

/// Which language the windows are heard in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Spoken {
    /// Told by the owner, or the only one the model knows. Whisper's code.
    Told(String),
    /// Found by vote. In a mixed film each window is asked by itself, in another one only doubtful windows are.
    Voted(Verdict),
}

impl Spoken {
    /// The film's main language, Whisper's code.
    pub fn main(&self) -> &str {
        match self {
            Spoken::Told(language) => language,
            Spoken::Voted(verdict) => &verdict.language,
        }
    }

    /// True where windows speak different languages.
    pub fn is_mixed(&self) -> bool {
        match self {
            Spoken::Told(_) => false,
            Spoken::Voted(verdict) => verdict.mixed,
        }
    }

    /// What the vote said, where there was one.
    fn verdict(&self) -> Option<&Verdict> {
        match self {
            Spoken::Told(_) => None,
            Spoken::Voted(verdict) => Some(verdict),
        }
    }

    /// What a window is heard in at first; `None` where it must be asked.
    fn at_first(&self) -> Option<String> {
        (!self.is_mixed()).then(|| self.main().to_owned())
    }

    /// What a doubtful window is heard in; `None` where it must be asked.
    fn in_doubt(&self) -> Option<String> {
        match self {
            Spoken::Told(language) => Some(language.clone()),
            Spoken::Voted(_) => None,
        }
    }

    fn of_window(&self, ballot: &Ballot) -> String {
        match self {
            Spoken::Told(language) => language.clone(),
            Spoken::Voted(film) => vote::of_window(ballot, film),
        }
    }
}

/// What listening gave.
#[derive(Debug)]
pub struct Listened {
    /// One for each wanted task, in that order.
    pub transcripts: Vec<Transcript>,
    /// What decoding showed.
    pub report: DecodeReport,
    /// Compute time of the windows heard now, not of those remembered.
    pub compute: Duration,
}

/// Listens to a track; `translate` has one entry for each transcript wanted: false as spoken, true in English.
///
/// # Errors
/// Where the file cannot be decoded, the engine keeps dying, or the owner interrupted.
pub fn listen(
    cx: &mut Cx<'_>,
    path: &Path,
    track: &AudioTrack,
    spoken: &Spoken,
    translate: &[bool],
    params: &ListenParams,
) -> Result<Listened, Fault> {
    let recipe = Recipe { spoken, translate, params, onlooker: None };
    passes::listen(cx, path, track, &recipe, None)
}

/// Where finished windows are remembered, so that none is heard twice: the key holds the samples' and the recipe's
/// digest.
pub trait Memory {
    /// What was heard before under this key.
    ///
    /// # Errors
    /// Where the store fails.
    fn recall(&self, key: &[u8; 32]) -> Result<Option<RawHeard>, Fault>;

    /// Remembers what was heard; durable when it returns.
    ///
    /// # Errors
    /// Where the store fails.
    fn remember(&self, key: &[u8; 32], heard: &RawHeard) -> Result<(), Fault>;
}
