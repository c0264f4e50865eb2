//! What a target is translated from: the cues of what was heard, or of a subtitle that is there; and their texts back
//! in their places.

use super::super::record::{Heard, Known, Selected};
use super::super::select::{Source, Target};
use super::super::{Asked, adopt, cue};
use crate::base::cancel::Cancel;
use crate::domain::cue::Cue;
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::order::FailedLine;
use crate::domain::rules;
use crate::domain::subtitle::Format;
use crate::domain::translate::cut;
use crate::domain::translate::line::{How, Line, Rendered, SourceCue};
use crate::domain::translate::spread;
use crate::engines::media::MediaEngine;
use serde::{Deserialize, Serialize};

/// Cues to translate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sourced {
    /// Their language.
    pub(super) from: Lang,
    /// In the order of their file.
    pub(super) cues: Vec<Cue>,
    /// The file they are in, with the times that they are to have; `None` where they were heard.
    pub(super) document: Option<Written>,
}

/// A subtitle file in UTF-8.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in super::super) struct Written {
    /// Its format.
    pub(in super::super) format: Format,
    /// Its bytes.
    pub(in super::super) bytes: Vec<u8>,
}

/// Who is lent for it.
pub(super) struct Hands<'a> {
    /// FFmpeg, for tracks inside of files.
    pub(super) media: &'a mut MediaEngine,
    /// Set when the work shall end.
    pub(super) cancel: &'a Cancel,
}

/// The cues a target is translated from; `None` where its source is not translated.
///
/// # Errors
/// Where a subtitle that is there cannot be read any more, or the target's record is not whole.
pub(super) fn cues(
    asked: &Asked<'_>,
    selected: &Selected,
    known: &Known,
    heard: Option<&Heard>,
    target: &Target,
    hands: &mut Hands<'_>,
) -> Result<Option<Sourced>, Fault> {
    match target.source {
        Source::Spoken | Source::English | Source::Existing(_) => Ok(None),
        Source::FromHeard => {
            let heard = heard.ok_or_else(|| Fault::bug("nothing was heard to translate"))?;
            Ok(Some(spoken(asked, selected, known, heard, target)?))
        }
        Source::FromExisting(place) => {
            existing(asked, selected, known, place, target, hands).map(Some)
        }
    }
}

/// What was heard as it is spoken, cut into cues.
fn spoken(
    asked: &Asked<'_>,
    selected: &Selected,
    known: &Known,
    heard: &Heard,
    target: &Target,
) -> Result<Sourced, Fault> {
    let tasks = known.heading.as_ref().map(|it| it.tasks()).unwrap_or_default();
    let place = tasks.iter().position(|translate| !translate);
    let transcript = place.and_then(|it| heard.transcripts.get(it));
    let transcript = transcript.ok_or_else(|| Fault::bug("what is spoken was not heard"))?;
    let told = target.from.clone().ok_or_else(|| Fault::bug("a translation from no language"))?;
    let as_spoken = Target { lang: told, source: Source::Spoken, from: None };
    let end = cue::end(selected, Some(heard), asked.summary);
    let from = cue::relabel(&as_spoken, transcript, &[], asked.order);
    let (_, cues) = cue::cut(transcript.clone(), &from, &asked.order.cue, Some(end));
    Ok(Sourced { from: from.lang, cues, document: None })
}

/// A subtitle that is there, in sync.
fn existing(
    asked: &Asked<'_>,
    selected: &Selected,
    known: &Known,
    place: usize,
    target: &Target,
    hands: &mut Hands<'_>,
) -> Result<Sourced, Fault> {
    let existing = selected.existing.get(place).ok_or_else(|| Fault::bug("no such subtitle"))?;
    let from = target.from.clone().ok_or_else(|| Fault::bug("a translation from no language"))?;
    let wanted = [(place, existing)];
    let read = adopt::documents(asked.path, &wanted, hands.media, hands.cancel, &mut || ())?;
    let (_, mut document) = read.into_iter().next().ok_or_else(|| adopt::gone(&existing.origin))?;
    let weighed = known.weighed.get(&place);
    if let Some(alignment) = weighed.and_then(|it| rules::mending(it, asked.order.existing)) {
        adopt::retime(&mut document, alignment);
    }
    let written = Written { format: document.format(), bytes: document.to_utf8() };
    Ok(Sourced { from, cues: document.cues(), document: Some(written) })
}

impl Sourced {
    /// The cues as they go into translation, in time order; and the place of each in the file.
    pub(super) fn in_time(&self) -> (Vec<SourceCue>, Vec<usize>) {
        let mut places: Vec<usize> = (0..self.cues.len()).collect();
        places.sort_by_key(|it| self.cues.get(*it).map(|it| it.span));
        let source = |it: &usize| self.cues.get(*it).map(|it| cut::source(it, &self.from));
        (places.iter().filter_map(source).collect(), places)
    }
}

/// What each cue says, in the order of the file; `None` where it stays as it is. And the lines that could not be
/// translated.
pub(super) fn texts(
    lines: &[Line],
    rendered: &[Rendered],
    (cues, places): (&[SourceCue], &[usize]),
    to: &Lang,
) -> (Vec<Option<String>>, Vec<FailedLine>) {
    let mut texts: Vec<Option<String>> = vec![None; places.len()];
    let mut failed = Vec::new();
    for (line, rendered) in lines.iter().zip(rendered) {
        let parts = match &rendered.how {
            How::Kept(why) => {
                let (at, text) = (line.span.start, line.text.clone());
                failed.push(FailedLine { to: to.clone(), at, text, why: why.clone() });
                continue;
            }
            How::AsIs => continue,
            How::Translated | How::Doubtful(_) | How::Remembered => {
                parts(&rendered.text, cues.get(line.cues.clone()).unwrap_or_default(), to)
            }
        };
        for (cue, part) in line.cues.clone().zip(parts) {
            if let Some(slot) = places.get(cue).and_then(|it| texts.get_mut(*it)) {
                *slot = Some(part);
            }
        }
    }
    (texts, failed)
}

/// A translation over its cues. One that is too short for so many is shown in all of them: a viewer sees it stay.
fn parts(text: &str, cues: &[SourceCue], to: &Lang) -> Vec<String> {
    if cues.len() < 2 {
        return vec![text.to_owned()];
    }
    spread::spread(text, cues, to).unwrap_or_else(|| vec![text.to_owned(); cues.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    fn cue(start: i64, text: &str) -> Cue {
        Cue { span: Span::new(start, start + 900), lines: vec![text.to_owned()], confidence: 1.0 }
    }

    #[test]
    fn texts_come_back_to_the_cues_of_an_unordered_file() {
        let from = Lang::parse("en").unwrap();
        let cues = vec![cue(5000, "third"), cue(0, "first"), cue(2000, "♪"), cue(3000, "second")];
        let sourced = Sourced { from, cues, document: None };
        let (cues, places) = sourced.in_time();
        assert_eq!(places, [1, 2, 3, 0]);
        let line = |no: u32, cue: usize| Line {
            no,
            cues: cue..cue + 1,
            span: cues[cue].span,
            text: cues[cue].text.clone(),
            group: 0,
            scene: 0,
        };
        let lines = [line(0, 0), line(1, 2), line(2, 3)];
        let said = |text: &str, how| Rendered { text: text.to_owned(), how, raw: None };
        let rendered = [
            said("eins", How::Translated),
            said("second", How::Kept("it stayed empty".to_owned())),
            said("drei", How::Remembered),
        ];
        let to = Lang::parse("de").unwrap();
        let (texts, failed) = texts(&lines, &rendered, (&cues, &places), &to);
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(texts, [said("drei"), said("eins"), None, None]);
        assert_eq!((failed.len(), failed[0].text.as_str()), (1, "second"));
    }
}
