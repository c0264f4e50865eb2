//! Which film or episode a file is, and what is known of its names.

use super::course::Told;
use super::translate::{Crew, Stop, TranslateCx, ask_once, once_key};
use super::{Phrases, heading};
use crate::base::text::counted;
use crate::domain::change::Change;
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::media::AudioTrack;
use crate::domain::order::{Order, TranslateParams};
use crate::domain::terms::{self, Scope, Term};
use crate::domain::translate::check;
use crate::domain::translate::digest::{self, Digest};
use crate::domain::translate::line::{How, Line, Rendered};
use crate::domain::work::Work;
use crate::engines::metadata::{self, Names, Sources};
use crate::engines::nfo;
use std::path::Path;

/// Characters of a work that prime the recogniser: its prompt is short.
const CHARACTERS_MAX: usize = 12;

/// The film or episode: as its NFO files tell, else its folder and its name.
pub(super) fn work_of(path: &Path) -> Work {
    nfo::work_of(path)
}

/// Where terms that matter for a file hold.
pub(super) fn scopes(path: &Path, order: &Order, work: &Work) -> Vec<Scope> {
    Scope::all_of(order.library.as_deref(), work, path)
}

/// Names of the work in both languages that databases of films tell; asked once, where the owner allows it. One that
/// does not answer holds nothing up: it is asked again with the next film.
///
/// # Errors
/// Where the store fails.
pub(super) fn ask_for_names(
    work: &Work,
    from: &Lang,
    to: &Lang,
    cx: &TranslateCx<'_>,
    told: &mut Told,
) -> Result<Vec<Term>, Fault> {
    if *cx.sources == Sources::default() {
        return Ok(Vec::new());
    }
    let asked = format!("names of {} from {from} to {to}", work.key());
    let key = *blake3::hash(asked.as_bytes()).as_bytes();
    if cx.phrases.batch(&key)?.is_some() {
        return Ok(Vec::new());
    }
    let Names { terms, faults, .. } = metadata::names(work, from, to, cx.sources, cx.cancel);
    told.notes.extend(faults.iter().map(|it| format!("names of characters: {it}")));
    if faults.is_empty() {
        // That they were asked; what they said is in the glossary.
        let said = Rendered { text: asked, how: How::AsIs, raw: None };
        cx.phrases.remember_batch(&key, &[said])?;
    }
    let found = counted(terms.len(), "name", "names");
    told.notes.push(format!("{found} found in databases of films"));
    told.changes.push(Change::Proposed(terms.clone()));
    Ok(terms)
}

/// What a model that reads the work says of it; asked once, and `None` where it says nothing that can be used.
///
/// # Errors
/// Where no translator answers, the store fails, or the work shall end.
pub(super) fn digest(
    work: &Work,
    lines: &[Line],
    (from, to): (&Lang, &Lang),
    params: &TranslateParams,
    cx: &mut TranslateCx<'_>,
) -> Result<Option<Digest>, Stop> {
    let request = digest::request(work, lines, from, to);
    let key = once_key(&request, params);
    let said = match cx.phrases.batch(&key)?.and_then(|it| it.into_iter().next()) {
        Some(said) => said.text,
        None => {
            let TranslateCx { translators, phrases, cancel, progress, .. } = cx;
            let mut crew = Crew {
                translators,
                phrases: *phrases,
                cancel,
                progress: *progress,
                onlooker: None,
            };
            let text = ask_once(&request, params, &mut crew)?;
            let said = Rendered { text: text.clone(), how: How::Translated, raw: None };
            cx.phrases.remember_batch(&key, &[said])?;
            text
        }
    };
    Ok(digest::parse(&said, lines, to))
}

/// Names that prime the recogniser: those of the glossary, and of the work's characters where they are written in the
/// script of what is spoken. None while nobody knows the language: names in another one would mislead it.
///
/// # Errors
/// Where the store fails.
pub(super) fn names(
    path: &Path,
    order: &Order,
    work: &Work,
    track: &AudioTrack,
    phrases: &dyn Phrases,
) -> Result<Vec<String>, Fault> {
    let Some(spoken) = order.from.clone().or_else(|| heading::tag(track)) else {
        return Ok(Vec::new());
    };
    let terms = phrases.terms(&scopes(path, order, work))?;
    let mut names = terms::for_prompt(&terms, &spoken);
    let readable = |it: &&String| check::is_written_in(it, &spoken);
    names.extend(work.characters.iter().filter(readable).take(CHARACTERS_MAX).cloned());
    Ok(names)
}
