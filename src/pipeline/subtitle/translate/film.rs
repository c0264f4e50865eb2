//! The lines of a film on their way through translators: batches of a scene one after the other, scenes side by side,
//! each finished batch durable, and the next translator where one is away or fails.

use super::super::Phrases;
use super::super::onlooker::{Onlooker, Said, SaidLine};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::order::TranslateParams;
use crate::domain::terms::{self, Finder, Term};
use crate::domain::time::Ms;
use crate::domain::translate::cut;
use crate::domain::translate::line::{How, Line, Rendered};
use crate::domain::translate::prompt::{Brief, Context, Request};
use crate::domain::translate::talk::{self, Talk, Turn};
use crate::engines::llm::{Pending, Translators, Trouble, Usage};
use std::ops::Range;
use std::time::Duration;

/// Raised when the way from lines to translations changes: batches of before are then asked again.
pub const TRANSLATE_VERSION: u32 = 1;
/// Lines after a batch that go with it, so that its last one is understood.
const AFTER_LINES: usize = 2;
/// How long one answer is waited for before the others are looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// What is to be translated.
#[derive(Clone, Copy, Debug)]
pub struct Film<'a> {
    /// What holds for all of it.
    pub brief: &'a Brief,
    /// Its lines, in order.
    pub lines: &'a [Line],
    /// Translations that are known already, by the line's place.
    pub known: &'a [Option<Rendered>],
    /// Terms that may occur.
    pub terms: &'a [Term],
    /// Who translates, and how.
    pub params: &'a TranslateParams,
}

/// Who does it.
pub struct Crew<'a> {
    /// All translators; the film's are among them.
    pub translators: &'a Translators,
    /// Batches translated before.
    pub phrases: &'a dyn Phrases,
    /// Set when the work shall end.
    pub cancel: &'a Cancel,
    /// Told up to when in the film all lines are settled.
    pub progress: &'a mut dyn FnMut(Ms),
    /// Who reads along.
    pub onlooker: Option<&'a dyn Onlooker>,
}

/// A film, translated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filmed {
    /// One for each line.
    pub rendered: Vec<Rendered>,
    /// Answers that came.
    pub answers: u64,
    /// What they cost, as far as servers tell.
    pub usage: Usage,
    /// Batches that were translated before.
    pub recalled: u64,
    /// Translators that were away, and why.
    pub away: Vec<(String, Fault)>,
}

/// Why a film is not translated.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// No translator does its part; the first of them is named.
    Away {
        /// Its name in the configuration.
        name: String,
        /// What happened.
        fault: Fault,
    },
    /// It could not be, or shall not be.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

/// Translates a film. What is finished is durable, so that whoever comes again goes on from there.
///
/// # Errors
/// Where no translator answers, the store fails, or the work shall end.
pub fn film(film: &Film<'_>, crew: &mut Crew<'_>) -> Result<Filmed, Stop> {
    let mut desk = Desk::new(film, crew)?;
    while desk.advance(crew)? {
        let settled = desk.settled_until();
        (crew.progress)(settled);
    }
    Ok(desk.finish())
}

/// One request outside of batches, by the first translator that answers it: its answer's text.
///
/// # Errors
/// As [`film`].
pub(in super::super) fn ask_once(
    request: &Request,
    params: &TranslateParams,
    crew: &mut Crew<'_>,
) -> Result<String, Stop> {
    let mut chain = Chain::new(params)?;
    loop {
        let name = chain.first()?;
        let pending = crew.translators.ask(name, request, crew.cancel)?;
        let answer = loop {
            if crew.cancel.is_set() {
                return Err(interrupted().into());
            }
            if let Some(answer) = pending.wait(LOOK_INTERVAL) {
                break answer;
            }
            (crew.progress)(Ms(0));
        };
        match answer {
            Ok((talk::Reply::Text { text, .. }, _)) => return Ok(text),
            Ok((talk::Reply::TooLong | talk::Reply::Refused, _)) => return Ok(String::new()),
            Err(Trouble::Cancelled) => return Err(interrupted().into()),
            Err(Trouble::Away { fault, .. }) => {
                let place = chain.place()?;
                chain.lost(place, fault);
            }
        }
    }
}

/// The translators of a film, in order.
struct Chain<'a> {
    params: &'a TranslateParams,
    away: Vec<Option<Fault>>,
}

impl<'a> Chain<'a> {
    fn new(params: &'a TranslateParams) -> Result<Chain<'a>, Fault> {
        if params.translators.is_empty() {
            return Err(Fault::bug("a translation without a translator"));
        }
        Ok(Chain { params, away: vec![None; params.translators.len()] })
    }

    /// The first one from `from` on that is not away.
    fn next(&self, from: usize) -> Option<usize> {
        (from..self.away.len()).find(|it| self.away.get(*it).is_some_and(Option::is_none))
    }

    fn place(&self) -> Result<usize, Stop> {
        self.next(0).ok_or_else(|| self.all_away())
    }

    fn first(&self) -> Result<&'a str, Stop> {
        self.place().map(|it| self.name(it))
    }

    fn name(&self, place: usize) -> &'a str {
        self.params.translators.get(place).map_or("", |it| it.name.as_str())
    }

    fn lost(&mut self, place: usize, fault: Fault) {
        if let Some(away) = self.away.get_mut(place) {
            away.get_or_insert(fault);
        }
    }

    fn all_away(&self) -> Stop {
        let fault = self.away.iter().flatten().next().cloned();
        let fault = fault.unwrap_or_else(|| Fault::bug("no translator is away, and none is there"));
        Stop::Away { name: self.name(0).to_owned(), fault }
    }
}

/// A batch on its way.
struct Active {
    /// Which lines.
    batch: Range<usize>,
    /// Those of them that are asked, by their places in the film.
    asked: Vec<usize>,
    key: [u8; 32],
    talk: Talk,
    /// Who is asked, by the place in the chain.
    who: usize,
    pending: Option<Pending>,
}

/// The batches of a scene, one after the other.
struct Scene {
    batches: std::vec::IntoIter<Range<usize>>,
    active: Option<Active>,
    ended: bool,
}

struct Desk<'a> {
    film: Film<'a>,
    finder: Finder,
    chain: Chain<'a>,
    scenes: Vec<Scene>,
    done: Vec<Option<Rendered>>,
    filmed: Filmed,
    /// Requests on their way at the same time.
    parallel: usize,
}

impl<'a> Desk<'a> {
    fn new(film: &Film<'a>, crew: &Crew<'_>) -> Result<Desk<'a>, Stop> {
        let mut done = film.known.to_vec();
        done.resize(film.lines.len(), None);
        let mut scenes: Vec<(u32, Vec<Range<usize>>)> = Vec::new();
        for batch in cut::batches(film.lines, &film.params.cut) {
            let scene = film.lines.get(batch.start).map_or(0, |it| it.scene);
            match scenes.last_mut() {
                Some((last, batches)) if *last == scene => batches.push(batch),
                Some(_) | None => scenes.push((scene, vec![batch])),
            }
        }
        let scene =
            |batches: Vec<_>| Scene { batches: batches.into_iter(), active: None, ended: false };
        let scenes = scenes.into_iter().map(|it| scene(it.1)).collect();
        let chain = Chain::new(film.params)?;
        let mine = |name: &str| crew.translators.specs().iter().find(|it| it.name == name);
        let first = chain.first()?;
        let parallel = mine(first).map_or(1, |it| usize::from(it.parallel)).max(1);
        let finder = Finder::new(film.terms, &film.brief.from, &film.brief.to);
        let filmed = Filmed::default();
        Ok(Desk { film: *film, finder, chain, scenes, done, filmed, parallel })
    }

    /// Moves all that can move; false when all is done.
    fn advance(&mut self, crew: &mut Crew<'_>) -> Result<bool, Stop> {
        if crew.cancel.is_set() {
            return Err(interrupted().into());
        }
        let mut under_way = self.under_way();
        for index in 0..self.scenes.len() {
            if self.parallel <= under_way {
                break;
            }
            if self.send(index, crew)? {
                under_way += 1;
            }
        }
        let mut waited = false;
        for index in 0..self.scenes.len() {
            // The oldest is waited for; the others are only looked at.
            let wait = if waited { Duration::ZERO } else { LOOK_INTERVAL };
            let Some(active) = self.scenes[index].active.as_mut() else { continue };
            let Some(pending) = active.pending.as_ref() else { continue };
            waited = true;
            if let Some(answer) = pending.wait(wait) {
                active.pending = None;
                self.answered(index, answer)?;
            }
        }
        Ok(self.scenes.iter().any(|it| !it.ended))
    }

    fn under_way(&self) -> usize {
        let waits = |it: &&Scene| it.active.as_ref().is_some_and(|it| it.pending.is_some());
        self.scenes.iter().filter(waits).count()
    }

    /// Moves a scene along until it waits for an answer (true) or has ended, or waits already (false).
    fn send(&mut self, index: usize, crew: &mut Crew<'_>) -> Result<bool, Stop> {
        loop {
            let scene = &mut self.scenes[index];
            if scene.ended {
                return Ok(false);
            }
            let Some(active) = scene.active.as_mut() else {
                match scene.batches.next() {
                    Some(batch) => {
                        let begun = self.begin(batch, crew)?;
                        self.scenes[index].active = begun;
                    }
                    None => scene.ended = true,
                }
                continue;
            };
            if active.pending.is_some() {
                return Ok(false);
            }
            match active.talk.turn() {
                Turn::Ask(request) => {
                    let name = self.chain.name(active.who);
                    active.pending = Some(crew.translators.ask(name, &request, crew.cancel)?);
                    return Ok(true);
                }
                Turn::Done(rendered) => {
                    if let Some(active) = scene.active.take() {
                        let next = self.settled(active, rendered, crew)?;
                        self.scenes[index].active = next;
                    }
                }
            }
        }
    }

    /// Takes up a batch; `None` where all of it is known.
    fn begin(&mut self, batch: Range<usize>, crew: &Crew<'_>) -> Result<Option<Active>, Stop> {
        let unknown = |it: &usize| self.done.get(*it).is_some_and(Option::is_none);
        let asked: Vec<usize> = batch.clone().filter(unknown).collect();
        if asked.is_empty() {
            return Ok(None);
        }
        let context = self.context(&batch);
        let key = self.key(&asked, &context);
        let mut left = asked.clone();
        if let Some(recalled) = crew.phrases.batch(&key)?
            && recalled.len() == asked.len()
        {
            self.filmed.recalled += 1;
            // What could not be translated then is tried again, all else is not.
            for (place, rendered) in asked.iter().zip(recalled) {
                if !matches!(rendered.how, How::Kept(_)) {
                    self.put(*place, rendered, crew);
                }
            }
            left.retain(|it| self.done.get(*it).is_some_and(Option::is_none));
            if left.is_empty() {
                return Ok(None);
            }
        }
        let who = self.chain.place()?;
        let talk = self.talk(&left, context);
        Ok(Some(Active { batch, asked: left, key, talk, who, pending: None }))
    }

    fn talk(&self, places: &[usize], context: Context) -> Talk {
        let lines: Vec<Line> =
            places.iter().filter_map(|it| self.film.lines.get(*it)).cloned().collect();
        Talk::new(self.film.brief, &lines, context)
    }

    /// What is around a batch: pairs of its scene before it, lines of it after it, terms in it.
    fn context(&self, batch: &Range<usize>) -> Context {
        let Film { lines, params, .. } = self.film;
        let scene = lines.get(batch.start).map(|it| it.scene);
        let mine = |it: &&(&Line, Option<&Rendered>)| Some(it.0.scene) == scene;
        let beside = lines.iter().zip(self.done.iter().map(Option::as_ref));
        // A few more than are wanted: those that kept their source text are none.
        let from = batch.start.saturating_sub(4 * usize::from(params.history_lines));
        let before: Vec<(Line, Rendered)> = beside
            .take(batch.start)
            .skip(from)
            .filter(|it| mine(&it))
            .filter_map(|(line, rendered)| Some((line.clone(), rendered?.clone())))
            .collect();
        let before = talk::history(&before, usize::from(params.history_lines));
        let after = lines.get(batch.end..).unwrap_or_default().iter();
        let after = after.take_while(|it| Some(it.scene) == scene).take(AFTER_LINES);
        let after = after.map(|it| it.text.clone()).collect();
        let text: Vec<&str> = lines[batch.clone()].iter().map(|it| it.text.as_str()).collect();
        let terms = self.finder.occurring(&text.join("\n"));
        Context { before, after, terms }
    }

    /// All that the outcome of a batch depends on.
    fn key(&self, asked: &[usize], context: &Context) -> [u8; 32] {
        let Film { brief, lines, params, .. } = self.film;
        let texts: Vec<(&str, i64)> = asked
            .iter()
            .filter_map(|it| lines.get(*it))
            .map(|it| (it.text.as_str(), it.span.len().0))
            .collect();
        let told = (TRANSLATE_VERSION, brief, &params.translators, texts, context);
        *blake3::hash(format!("{told:?}").as_bytes()).as_bytes()
    }

    fn answered(&mut self, index: usize, answer: crate::engines::llm::Answer) -> Result<(), Stop> {
        let Some(active) = self.scenes[index].active.as_mut() else { return Ok(()) };
        match answer {
            Ok((reply, usage)) => {
                self.filmed.answers += 1;
                let sum = &mut self.filmed.usage;
                sum.prompt_tokens += usage.prompt_tokens;
                sum.cached_tokens += usage.cached_tokens;
                sum.answer_tokens += usage.answer_tokens;
                active.talk.answered(&reply);
                Ok(())
            }
            Err(Trouble::Cancelled) => Err(interrupted().into()),
            Err(Trouble::Away { fault, .. }) => {
                let name = self.chain.name(active.who).to_owned();
                self.chain.lost(active.who, fault.clone());
                if !self.filmed.away.iter().any(|it| it.0 == name) {
                    self.filmed.away.push((name, fault));
                }
                // The same question goes to the next one; from the first on, since it may have been a later one.
                active.who = self.chain.place()?;
                Ok(())
            }
        }
    }

    /// A talk ended: its lines are settled, or those that failed go to the next translator.
    fn settled(
        &mut self,
        active: Active,
        rendered: Vec<Rendered>,
        crew: &Crew<'_>,
    ) -> Result<Option<Active>, Stop> {
        let Active { batch, asked, key, who, .. } = active;
        if rendered.len() != asked.len() {
            return Err(Fault::bug("a batch came back with another number of lines").into());
        }
        let mut failed = Vec::new();
        for (place, rendered) in asked.into_iter().zip(rendered) {
            if matches!(rendered.how, How::Kept(_)) {
                failed.push(place);
            }
            self.put(place, rendered, crew);
        }
        if let Some(next) = self.chain.next(who + 1).filter(|_| !failed.is_empty()) {
            let context = self.context(&batch);
            let talk = self.talk(&failed, context);
            let asked = failed;
            return Ok(Some(Active { batch, asked, key, talk, who: next, pending: None }));
        }
        let all: Vec<Rendered> = self.of_batch(&batch);
        crew.phrases.remember_batch(&key, &all)?;
        Ok(None)
    }

    /// What the lines of a batch that were not known before became.
    fn of_batch(&self, batch: &Range<usize>) -> Vec<Rendered> {
        let was_known = |it: &usize| self.film.known.get(*it).is_some_and(Option::is_some);
        let asked = batch.clone().filter(|it| !was_known(it));
        asked.filter_map(|it| self.done.get(it).cloned().flatten()).collect()
    }

    fn put(&mut self, place: usize, mut rendered: Rendered, crew: &Crew<'_>) {
        let Film { lines, terms, brief, .. } = self.film;
        if let (Some(line), How::Translated | How::Doubtful(_)) = (lines.get(place), &rendered.how)
        {
            let after =
                terms::apply_after(&rendered.text, &line.text, terms, &brief.from, &brief.to);
            rendered.text = after;
            if let Some(onlooker) = crew.onlooker {
                let original = Said { language: brief.from.tag(), text: &line.text };
                let translation = Said { language: brief.to.tag(), text: &rendered.text };
                let (original, translation) = (Some(original), Some(translation));
                onlooker.told(&SaidLine { span: line.span, original, translation });
            }
        }
        if let Some(slot) = self.done.get_mut(place) {
            *slot = Some(rendered);
        }
    }

    /// The end of the last line up to which all are settled.
    fn settled_until(&self) -> Ms {
        let settled = self.done.iter().take_while(|it| it.is_some()).count();
        self.film.lines.get(..settled).and_then(<[Line]>::last).map_or(Ms(0), |it| it.span.end)
    }

    fn finish(self) -> Filmed {
        let rendered = self.done.into_iter().zip(self.film.lines);
        let lost = "nobody took it up";
        let whole = rendered.map(|(it, line)| {
            it.unwrap_or_else(|| Rendered {
                text: line.text.clone(),
                how: How::Kept(lost.to_owned()),
                raw: None,
            })
        });
        Filmed { rendered: whole.collect(), ..self.filmed }
    }
}

fn interrupted() -> Fault {
    Fault::transient("translating was interrupted", "run it again: it goes on where it stopped")
}

/// Under what the answer to a request outside of batches is kept.
pub(in super::super) fn once_key(request: &Request, params: &TranslateParams) -> [u8; 32] {
    let told = (TRANSLATE_VERSION, request, &params.translators);
    *blake3::hash(format!("{told:?}").as_bytes()).as_bytes()
}
