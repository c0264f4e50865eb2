//! From what was heard, or from a subtitle that is there, into languages that listening cannot write. Every finished
//! batch is durable; what nobody can translate keeps its source text and is told.

mod film;
mod source;

pub use film::{Crew, Film, Filmed, Stop, TRANSLATE_VERSION, film};
pub(super) use film::{ask_once, once_key};
pub(super) use source::Written;

use super::onlooker::Onlooker;
use super::record::{self, Selected, Translated, TranslatedTarget};
use super::select::Target;
use super::{Asked, Phrases, course, notices, works};
use crate::base::cancel::Cancel;
use crate::base::text::counted;
use crate::domain::change::{Change, Counter, Phrase, PhraseKey, StepDone};
use crate::domain::characters;
use crate::domain::execution::{Next, Step};
use crate::domain::fault::Fault;
use crate::domain::order::TranslateParams;
use crate::domain::terms::{self, Finder, Term};
use crate::domain::time::Ms;
use crate::domain::translate::cut;
use crate::domain::translate::line::{How, Line, Rendered, SourceCue};
use crate::domain::translate::prompt::Brief;
use crate::engines::llm::Translators;
use crate::engines::media::MediaEngine;
use crate::engines::metadata::Sources;
use source::{Hands, Sourced};

/// What translating works with.
pub struct TranslateCx<'a> {
    /// FFmpeg, for subtitle tracks inside of files.
    pub media: &'a mut MediaEngine,
    /// All translators.
    pub translators: &'a Translators,
    /// Who is asked for names of characters.
    pub sources: &'a Sources,
    /// What is known.
    pub phrases: &'a dyn Phrases,
    /// Set when the work shall end.
    pub cancel: &'a Cancel,
    /// Told up to when in the film all is translated.
    pub progress: &'a mut dyn FnMut(Ms),
    /// Who reads along.
    pub onlooker: &'a dyn Onlooker,
}

/// Takes the step.
///
/// # Errors
/// Where no translator answers, a record is missing, a subtitle cannot be read any more, or the work shall end.
pub fn run(asked: &Asked<'_>, cx: &mut TranslateCx<'_>) -> Result<StepDone, Stop> {
    let Some((selected, mut known, heading)) = record::headed(asked)? else {
        return Ok(record::start_again());
    };
    let heard = match heading.tasks().is_empty() {
        true => None,
        false => match record::heard(asked, &mut known)? {
            Some(heard) => Some(heard),
            None => return Ok(record::start_again()),
        },
    };
    known.heading = Some(heading.clone());
    let mut made = Made { targets: Vec::new(), told: course::Told::of(asked) };
    for target in &heading.targets {
        let mut hands = Hands { media: cx.media, cancel: cx.cancel };
        let sourced = source::cues(asked, &selected, &known, heard.as_ref(), target, &mut hands)?;
        if let Some(sourced) = sourced {
            translate(asked, &selected, target, sourced, cx, &mut made)?;
        }
    }
    let Made { targets, told } = made;
    Ok(told.done(Next::Step(Step::Cue), &Translated { targets })?)
}

/// What is made so far.
struct Made {
    targets: Vec<TranslatedTarget>,
    told: course::Told,
}

/// One target.
fn translate(
    asked: &Asked<'_>,
    selected: &Selected,
    target: &Target,
    sourced: Sourced,
    cx: &mut TranslateCx<'_>,
    made: &mut Made,
) -> Result<(), Stop> {
    let order = asked.order;
    let params = order.translate.as_ref().ok_or_else(nobody_translates)?;
    let (cues, places) = sourced.in_time();
    let lines = cut::lines(&cues, &sourced.from, &params.cut);
    let scopes = works::scopes(asked.path, order, &selected.work);
    let mut terms = cx.phrases.terms(&scopes)?;
    terms.extend(characters::kept(&selected.work, &sourced.from, &target.lang));
    terms.extend(works::ask_for_names(
        &selected.work,
        &sourced.from,
        &target.lang,
        cx,
        &mut made.told,
    )?);
    let synopsis = synopsis(selected, &sourced, target, &lines, params, cx, made)?;
    let brief = Brief {
        from: sourced.from.clone(),
        to: target.lang.clone(),
        title: Some(selected.work.title_told()).filter(|it| !it.is_empty()),
        synopsis,
        heard: sourced.document.is_none(),
        cps_max: order.cue.cps_max,
    };
    let keys = keys(&brief, &cues, &lines, &terms, params);
    let known = remembered(&keys, cx.phrases)?;
    let work = Film { brief: &brief, lines: &lines, known: &known, terms: &terms, params };
    let TranslateCx { translators, phrases, cancel, progress, onlooker, .. } = cx;
    let (phrases, progress, onlooker) = (*phrases, &mut **progress, Some(*onlooker));
    let mut crew = Crew { translators, phrases, cancel, progress, onlooker };
    let filmed = film(&work, &mut crew)?;
    made.told.changes.extend(to_remember(&keys, &filmed.rendered));
    made.told.changes.extend(counts(&filmed));
    made.told.notes.extend(told(target, &filmed, &lines));
    let (texts, failed) = source::texts(&lines, &filmed.rendered, (&cues, &places), &target.lang);
    made.told.summary.notices.extend(notices::of_failed(&target.lang, &failed));
    made.told.summary.failed_lines.extend(failed);
    let Sourced { from, cues, document } = sourced;
    let target = target.clone();
    made.targets.push(TranslatedTarget { target, from, cues, texts, document });
    Ok(())
}

fn nobody_translates() -> Fault {
    Fault::bug("a translation is due and nobody translates")
}

/// What the work is about: as its metadata tells, else as a model says that read it, where that is wanted; the terms
/// that it found are proposed.
fn synopsis(
    selected: &Selected,
    sourced: &Sourced,
    target: &Target,
    lines: &[Line],
    params: &TranslateParams,
    cx: &mut TranslateCx<'_>,
    made: &mut Made,
) -> Result<Option<String>, Stop> {
    if !params.infer_terms {
        return Ok(selected.work.plot.clone());
    }
    let (from, to) = (&sourced.from, &target.lang);
    let digest = works::digest(&selected.work, lines, (from, to), params, cx)?;
    let Some(digest) = digest else { return Ok(selected.work.plot.clone()) };
    let scope = terms::Scope::Work(selected.work.key());
    let proposals = digest.proposals(&scope, from, to);
    if !proposals.is_empty() {
        let count = counted(proposals.len(), "term is", "terms are");
        let note = format!("{count} proposed: see `kinora glossary list --state proposed`");
        made.told.notes.push(note);
        made.told.changes.push(Change::Proposed(proposals));
    }
    Ok(selected.work.plot.clone().or(Some(digest.synopsis)))
}

/// Under what a line's translation is remembered: by hand for all translators, else for these with these terms.
struct Keys {
    by_hand: PhraseKey,
    by_model: PhraseKey,
}

fn keys(
    brief: &Brief,
    cues: &[SourceCue],
    lines: &[Line],
    terms: &[Term],
    params: &TranslateParams,
) -> Vec<Keys> {
    // The neighbours are cues: a file that an owner corrected has no other lines.
    let text = |place: Option<usize>| place.and_then(|it| cues.get(it)).map(|it| it.text.as_str());
    let finder = Finder::new(terms, &brief.from, &brief.to);
    let key = |line: &Line| {
        let (before, after) = (text(line.cues.start.checked_sub(1)), text(Some(line.cues.end)));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let by_hand = terms::phrase_key(&brief.from, &brief.to, before, &line.text, after);
        let terms = finder.occurring(&line.text);
        let told = (TRANSLATE_VERSION, by_hand, &params.translators, terms);
        let by_model = PhraseKey(*blake3::hash(format!("{told:?}").as_bytes()).as_bytes());
        Keys { by_hand, by_model }
    };
    lines.iter().map(key).collect()
}

/// What is known of each line: what the owner wrote goes first.
fn remembered(keys: &[Keys], phrases: &dyn Phrases) -> Result<Vec<Option<Rendered>>, Fault> {
    let look = |keys: &Keys| {
        let by_hand = phrases.phrase(&keys.by_hand)?;
        let phrase = match by_hand {
            Some(phrase) => Some(phrase),
            None => phrases.phrase(&keys.by_model)?,
        };
        let rendered = |it: Phrase| Rendered { text: it.text, how: How::Remembered, raw: None };
        Ok(phrase.map(rendered))
    };
    keys.iter().map(look).collect()
}

fn to_remember(keys: &[Keys], rendered: &[Rendered]) -> Option<Change> {
    let fresh = keys.iter().zip(rendered).filter_map(|(keys, it)| match &it.how {
        How::Translated => Some((keys.by_model, Phrase { text: it.text.clone(), by_hand: false })),
        How::Doubtful(_) | How::Remembered | How::AsIs | How::Kept(_) => None,
    });
    let fresh: Vec<_> = fresh.collect();
    (!fresh.is_empty()).then_some(Change::Phrases(fresh))
}

fn counts(filmed: &Filmed) -> [Change; 2] {
    let fresh = |it: &&Rendered| matches!(it.how, How::Translated | How::Doubtful(_));
    let lines = filmed.rendered.iter().filter(fresh).count() as u64;
    [
        Change::Count { counter: Counter::LinesTranslated, by: lines },
        Change::Count { counter: Counter::TranslatorRequests, by: filmed.answers },
    ]
}

/// Sentences for the run's record.
fn told(target: &Target, filmed: &Filmed, lines: &[Line]) -> Vec<String> {
    let of = |how: fn(&How) -> bool| filmed.rendered.iter().filter(|it| how(&it.how)).count();
    let known = of(|it| matches!(it, How::Remembered));
    let mut told = vec![format!(
        "{}: {} in {} answered, {known} known before, {} recalled",
        target.lang,
        counted(lines.len(), "line", "lines"),
        counted(usize::try_from(filmed.answers).unwrap_or(usize::MAX), "request", "requests"),
        counted(usize::try_from(filmed.recalled).unwrap_or(usize::MAX), "batch", "batches"),
    )];
    let usage = filmed.usage;
    if usage.prompt_tokens > 0 {
        told.push(format!(
            "{}: {} tokens asked ({} of them from the server's cache), {} answered",
            target.lang, usage.prompt_tokens, usage.cached_tokens, usage.answer_tokens
        ));
    }
    told.extend(filmed.away.iter().map(|(name, fault)| format!("translator `{name}`: {fault}")));
    told.extend(lines.iter().zip(&filmed.rendered).filter_map(|(line, it)| match &it.how {
        How::Doubtful(why) => Some(format!("{} at {}: {why}", target.lang, line.span.start)),
        How::Kept(why) => Some(format!(
            "{} at {}: not translated: {why}: {}",
            target.lang, line.span.start, line.text
        )),
        How::Translated | How::Remembered | How::AsIs => None,
    }));
    told
}
