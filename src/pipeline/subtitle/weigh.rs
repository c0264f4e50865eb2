//! Existing subtitles held against the speech: where somebody speaks is found without listening to what is said.

use super::publish::Ledger;
use super::record::{self, Known, Selected};
use super::{Asked, Cx, Library, adopt, course, known, speech};
use crate::base::cancel::Cancel;
use crate::domain::change::{Change, SpeechKey, StepDone};
use crate::domain::existing::{Existing, Weighed};
use crate::domain::fault::Fault;
use crate::domain::library::FileId;
use crate::domain::rules::Verdict;
use crate::domain::speech::SpeechParams;
use crate::domain::sync;
use crate::domain::time::{Ms, Span};
use crate::engines::media::MediaEngine;
use std::path::Path;

/// Raised when speech is found otherwise: what was found before is then not used again.
const SPEECH_VERSION: u32 = 1;

/// Takes the step.
///
/// # Errors
/// Where the file cannot be decoded, the store fails, nothing that is wanted can be written, or the work shall end.
pub fn run(
    asked: &Asked<'_>,
    cx: &mut Cx<'_>,
    library: &dyn Library,
    ledger: &dyn Ledger,
) -> Result<StepDone, Fault> {
    let Some((selected, mut known)) = record::known(asked)? else {
        return Ok(record::start_again());
    };
    let mut told = course::Told::of(asked);
    let speech = find(asked, cx, library, &selected, &mut told)?;
    let verdict = course::decide(asked.order, &selected, &known)?.verdict;
    let (media, cancel) = (&mut *cx.media, cx.cancel);
    let mut alive = || (cx.progress)(Ms(0), Ms(0));
    weigh(asked.path, &verdict, &selected, &speech, &mut known, media, cancel, &mut alive)?;
    let next = course::proceed(asked, &selected, &mut known, library, ledger, &mut told)?;
    told.done(next, &known)
}

/// Holds those subtitles against the speech that a verdict names; what cannot be read fits nothing.
///
/// # Errors
/// Where the file is refused, or the work shall end.
#[expect(clippy::too_many_arguments, reason = "the file, what is known of it, and who reads it")]
pub(super) fn weigh(
    path: &Path,
    verdict: &Verdict,
    selected: &Selected,
    speech: &[Span],
    known: &mut Known,
    media: &mut MediaEngine,
    cancel: &Cancel,
    alive: &mut dyn FnMut(),
) -> Result<(), Fault> {
    let places = match verdict {
        Verdict::NeedsWeighing(places) => &places[..],
        Verdict::Done | Verdict::Locked | Verdict::NeedsLanguage | Verdict::Plan(_) => &[],
    };
    let wanted: Vec<(usize, &Existing)> =
        places.iter().filter_map(|it| Some((*it, selected.existing.get(*it)?))).collect();
    let documents = adopt::documents(path, &wanted, media, cancel, alive)?;
    for place in places {
        let document = documents.iter().find(|it| it.0 == *place);
        let weighed = document.map_or_else(nothing, |it| of_spans(&adopt::spans(&it.1), speech));
        known.weighed.insert(*place, weighed);
    }
    Ok(())
}

fn nothing() -> Weighed {
    Weighed { fit: sync::Fit::default(), alignment: None }
}

fn of_spans(cues: &[Span], speech: &[Span]) -> Weighed {
    Weighed { fit: sync::fit(cues, speech), alignment: sync::align(cues, speech) }
}

/// Where somebody speaks, as it was found before, or now.
fn find(
    asked: &Asked<'_>,
    cx: &mut Cx<'_>,
    library: &dyn Library,
    selected: &Selected,
    told: &mut course::Told,
) -> Result<Vec<Span>, Fault> {
    let (path, order) = (asked.path, asked.order);
    let key = speech_key(&selected.file, selected.track()?.index, &order.listen.speech);
    if let Some(speech) = library.speech(&key)? {
        return Ok(speech);
    }
    let (speech, report) =
        speech::find_all(cx, path, selected.track()?.index, &order.listen.speech)?;
    if known::file_id(path)? == selected.file && !report.truncated {
        told.changes.push(Change::Spoke { key, speech: speech.clone() });
    }
    Ok(speech)
}

/// Key of what is found in a track.
pub(super) fn speech_key(file: &FileId, track: u32, params: &SpeechParams) -> SpeechKey {
    let all = (SPEECH_VERSION, file, track, params);
    SpeechKey(*blake3::hash(format!("{all:?}").as_bytes()).as_bytes())
}
