//! Windows on their way through the engine: each is heard, judged, heard again where it is doubtful, and what can be
//! trusted becomes the transcript.

use super::super::ears::{Answer, Ears};
use super::super::recipe::{ListenParams, hear_params, key};
use super::{Memory, Spoken};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::guard::{Complaint, Guard};
use crate::domain::speech::Window;
use crate::domain::time::{Ms, Span};
use crate::domain::transcript::{
    GivenUp, GivenUpKind, HearParams, RawHeard, RawSegment, Transcript,
};
use crate::domain::vote::Ballot;
use crate::domain::words;
use crate::engines::whisper::{Heard, Pending};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

/// A window that ended the engine this often is given up.
const DEATHS_MAX: u8 = 2;
/// Windows waiting to be heard, for each state: enough to be ahead, few enough for a small machine.
const AHEAD_PER_STATE: usize = 2;

/// Windows on their way through the engine, in order.
pub(super) struct Desk<'a> {
    spoken: &'a Spoken,
    params: &'a ListenParams,
    memory: &'a dyn Memory,
    cancel: &'a Cancel,
    slots: VecDeque<Slot>,
    /// After the engine died: so many windows go alone, so that the one to blame is found.
    alone: usize,
    windows: u32,
    done: Vec<Task>,
    compute: Duration,
}

/// One window for one task.
struct Slot {
    window: Rc<Window>,
    number: u32,
    task: usize,
    stage: Stage,
    language: Option<String>,
    /// The first try, where it was doubtful.
    first: Option<RawHeard>,
    deaths: u8,
}

enum Stage {
    Waiting,
    Detecting(Pending<Ballot>),
    Hearing(HearParams, Pending<Heard>),
    Heard(RawHeard),
    GivenUp(String),
}

/// A transcript as it grows.
struct Task {
    translate: bool,
    guard: Guard,
    transcript: Transcript,
}

impl Task {
    fn into_transcript(self, speech: &[Span]) -> Transcript {
        Transcript { speech: speech.to_vec(), ..self.transcript }
    }
}

impl<'a> Desk<'a> {
    /// Starts without a window.
    pub(super) fn new(
        spoken: &'a Spoken,
        translate: &[bool],
        params: &'a ListenParams,
        memory: &'a dyn Memory,
        cancel: &'a Cancel,
    ) -> Desk<'a> {
        let task = |translate: &bool| Task {
            translate: *translate,
            guard: Guard::default(),
            transcript: Transcript {
                language: spoken.main().to_owned(),
                translated: *translate,
                ..Transcript::default()
            },
        };
        Desk {
            spoken,
            params,
            memory,
            cancel,
            slots: VecDeque::new(),
            alone: 0,
            windows: 0,
            done: translate.iter().map(task).collect(),
            compute: Duration::ZERO,
        }
    }

    /// The transcripts in the order of the tasks, with where speech was found; and the compute time.
    pub(super) fn finish(self, speech: &[Span]) -> (Vec<Transcript>, Duration) {
        let done = self.done.into_iter().map(|it| it.into_transcript(speech)).collect();
        (done, self.compute)
    }

    /// Takes the next window, and waits for the oldest while too many are on their way.
    pub(super) fn take(&mut self, window: Window, ears: &mut Ears) -> Result<(), Fault> {
        let window = Rc::new(window);
        for task in 0..self.done.len() {
            let (window, number) = (Rc::clone(&window), self.windows);
            let (language, stage) = (self.spoken.at_first(), Stage::Waiting);
            let slot = Slot { window, number, task, stage, language, first: None, deaths: 0 };
            self.slots.push_back(slot);
        }
        self.windows += 1;
        while ears.states() * AHEAD_PER_STATE < self.slots.len() {
            self.finish_one(ears)?;
        }
        self.move_on(ears)
    }

    /// True where a window was heard before, for every task. Where its language must be asked nobody knows.
    ///
    /// # Errors
    /// Where the store fails.
    pub(super) fn remembers(&self, window: &Window) -> Result<bool, Fault> {
        let Some(language) = self.spoken.at_first() else { return Ok(false) };
        for task in &self.done {
            let samples = &window.samples;
            let params = hear_params(self.params, samples, &language, task.translate, false);
            if self.memory.recall(&key(samples, &params, &self.params.model))?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The next window is not heard now; what comes is no whole transcript then.
    pub(super) fn leave_out(&mut self) {
        self.windows += 1;
    }

    /// What was heard so far: a transcript for each task, without where speech was found.
    pub(super) fn so_far(&self) -> impl Iterator<Item = &Transcript> {
        self.done.iter().map(|it| &it.transcript)
    }

    /// Everything before this was heard, given that speech was looked for up to `looked`.
    pub(super) fn heard_until(&self, looked: Ms) -> Ms {
        self.slots.front().map_or(looked, |it| it.window.span().start.min(looked))
    }

    /// Moves every window along as far as it goes without waiting.
    pub(super) fn move_on(&mut self, ears: &mut Ears) -> Result<(), Fault> {
        let count = if self.alone > 0 { self.slots.len().min(1) } else { self.slots.len() };
        for index in 0..count {
            self.step(index, false, ears)?;
        }
        while matches!(self.slots.front(), Some(Slot { stage: Stage::Heard(_), .. })) {
            self.settle(ears)?;
        }
        Ok(())
    }

    /// Waits until the oldest window is settled; false where there is none.
    pub(super) fn finish_one(&mut self, ears: &mut Ears) -> Result<bool, Fault> {
        let before = self.slots.len();
        while before > 0 && self.slots.len() == before {
            match self.slots.front().map(|it| &it.stage) {
                Some(Stage::Heard(_) | Stage::GivenUp(_)) => self.settle(ears)?,
                Some(Stage::Waiting | Stage::Detecting(_) | Stage::Hearing(..)) => {
                    // All move first, so that the engine is never idle while the oldest is waited for.
                    self.move_on(ears)?;
                    if self.slots.len() == before {
                        self.step(0, true, ears)?;
                    }
                }
                None => return Ok(false),
            }
        }
        Ok(before > 0)
    }

    /// One step of one window: sends it off, or takes its answer, waiting for it where told to.
    fn step(&mut self, index: usize, wait: bool, ears: &mut Ears) -> Result<(), Fault> {
        let Some(slot) = self.slots.get_mut(index) else { return Ok(()) };
        let answered = match &slot.stage {
            Stage::Waiting => return self.send(index, ears),
            Stage::Heard(_) | Stage::GivenUp(_) => return Ok(()),
            Stage::Detecting(pending) => match get(ears, pending, wait, self.cancel)? {
                None => return Ok(()),
                Some(Answer::Here(ballot)) => {
                    slot.language = Some(self.spoken.of_window(&ballot));
                    slot.stage = Stage::Waiting;
                    return self.send(index, ears);
                }
                Some(Answer::Failed(reason)) => Answer::Failed(reason),
                Some(Answer::Died) => Answer::Died,
            },
            Stage::Hearing(_, pending) => match get(ears, pending, wait, self.cancel)? {
                None => return Ok(()),
                Some(answer) => answer,
            },
        };
        match answered {
            Answer::Here(heard) => self.note(index, heard)?,
            Answer::Failed(reason) => slot.stage = Stage::GivenUp(reason),
            Answer::Died => self.after_death(),
        }
        Ok(())
    }

    fn note(&mut self, index: usize, heard: Heard) -> Result<(), Fault> {
        let Some(slot) = self.slots.get_mut(index) else { return Ok(()) };
        self.compute += Duration::from_millis(heard.elapsed_ms);
        if let Stage::Hearing(params, _) = &slot.stage {
            let key = key(&slot.window.samples, params, &self.params.model);
            self.memory.remember(&key, &heard.heard)?;
        }
        slot.stage = Stage::Heard(heard.heard);
        Ok(())
    }

    /// Sends a waiting window off, or recalls what was heard before.
    fn send(&mut self, index: usize, ears: &mut Ears) -> Result<(), Fault> {
        let Some(slot) = self.slots.get_mut(index) else { return Ok(()) };
        let samples = &slot.window.samples;
        let Some(language) = &slot.language else {
            slot.stage = Stage::Detecting(ears.engine()?.detect(samples));
            return Ok(());
        };
        let translate = self.done.get(slot.task).is_some_and(|it| it.translate);
        let params = hear_params(self.params, samples, language, translate, slot.first.is_some());
        let key = key(samples, &params, &self.params.model);
        slot.stage = match self.memory.recall(&key)? {
            Some(heard) => Stage::Heard(heard),
            None => {
                let pending = ears.hear(samples, &params)?;
                Stage::Hearing(params, pending)
            }
        };
        Ok(())
    }

    /// The engine died: all that were with it wait again, and go alone until the one to blame is found.
    fn after_death(&mut self) {
        let blamed = self.alone > 0 || self.slots.len() == 1;
        self.alone = self.slots.len();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            match slot.stage {
                Stage::Detecting(_) | Stage::Hearing(..) => slot.stage = Stage::Waiting,
                Stage::Waiting | Stage::Heard(_) | Stage::GivenUp(_) => {}
            }
            if index == 0 && blamed {
                slot.deaths += 1;
                if DEATHS_MAX <= slot.deaths {
                    slot.stage = Stage::GivenUp("it ends the whisper engine".to_owned());
                }
            }
        }
    }

    /// Judges the oldest window: into the transcript with it, or once more.
    fn settle(&mut self, ears: &mut Ears) -> Result<(), Fault> {
        let Some(slot) = self.slots.pop_front() else { return Ok(()) };
        let Some(task) = self.done.get_mut(slot.task) else { return Ok(()) };
        let Slot { window, number, first, .. } = slot;
        let heard = match slot.stage {
            Stage::Heard(heard) => heard,
            Stage::GivenUp(reason) => {
                task.give_up(window.span(), GivenUpKind::NotHeard, reason);
                self.alone = self.alone.saturating_sub(1);
                return Ok(());
            }
            stage @ (Stage::Waiting | Stage::Detecting(_) | Stage::Hearing(..)) => {
                self.slots.push_front(Slot { window, number, first, stage, ..slot });
                return Ok(());
            }
        };
        let doubtful = task.guard.judge(&heard, &window).iter().any(Option::is_some);
        if doubtful && first.is_none() {
            let (stage, first) = (Stage::Waiting, Some(heard));
            // Asked again where the language was not told: a wrong one is the commonest cause of nonsense.
            let language = self.spoken.in_doubt();
            self.slots.push_front(Slot { window, number, first, stage, language, ..slot });
            return self.send(0, ears);
        }
        task.keep_better(first, heard, &window, number);
        self.alone = self.alone.saturating_sub(1);
        Ok(())
    }
}

fn get<T>(
    ears: &mut Ears,
    pending: &Pending<T>,
    wait: bool,
    cancel: &Cancel,
) -> Result<Option<Answer<T>>, Fault> {
    if wait { ears.wait(pending, cancel).map(Some) } else { ears.look(pending) }
}

impl Task {
    fn give_up(&mut self, span: Span, kind: GivenUpKind, reason: String) {
        self.transcript.given_up.push(GivenUp { span, kind, reason });
    }

    /// Of two tries the less doubtful one; what is made up even so is left out, and told.
    fn keep_better(
        &mut self,
        first: Option<RawHeard>,
        last: RawHeard,
        window: &Window,
        number: u32,
    ) {
        let (heard, judged) = {
            let judged = self.guard.judge(&last, window);
            match first.map(|it| (self.guard.judge(&it, window), it)) {
                Some((first_judged, first))
                    if badness(&first_judged, &first) < badness(&judged, &last) =>
                {
                    (first, first_judged)
                }
                Some(_) | None => (last, judged),
            }
        };
        let mut kept: Vec<RawSegment> = Vec::with_capacity(heard.segments.len());
        for (segment, complaint) in heard.segments.into_iter().zip(judged) {
            match complaint.filter(|it| it.is_made_up()) {
                Some(complaint) => {
                    let span = words::segment_span(&segment, window);
                    self.give_up(span, GivenUpKind::MadeUp, complaint.why().to_owned());
                }
                None => kept.push(segment),
            }
        }
        self.guard.accept(&kept);
        let kept = RawHeard { segments: kept, language: heard.language };
        self.transcript.utterances.extend(words::utterances(&kept, window, number));
    }
}

/// Orders tries: made-up segments first, then unsure ones, then the recogniser's own confidence.
fn badness(judged: &[Option<Complaint>], heard: &RawHeard) -> (usize, usize, i64) {
    let made_up = judged.iter().flatten().filter(|it| it.is_made_up()).count();
    let unsure = judged.iter().flatten().count() - made_up;
    let count = heard.segments.len().max(1) as f32;
    let confidence = heard.segments.iter().map(words::mean_logprob).sum::<f32>() / count;
    // A try that heard nothing is worse than any text that was not made up.
    let silent = usize::from(heard.segments.is_empty());
    (made_up, unsure + silent, -(confidence * 1000.0) as i64)
}
