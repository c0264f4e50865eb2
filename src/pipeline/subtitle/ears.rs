//! The whisper engine as the steps use it: started when first needed, started again when it died, grew, hung or was
//! worn out, given up when it keeps dying, and on a GPU only trusted after it heard the sample right.

use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::transcript::HearParams;
use crate::domain::vote::Ballot;
use crate::engines::child::{ANSWER_MAX, EngineKind, Launcher, keeps_ending};
use crate::engines::sample;
use crate::engines::whisper::{EngineError, Heard, Pending, WhisperEngine};
use crate::engines::wire::LoadParams;
use crossbeam::channel::RecvTimeoutError;
use std::path::Path;
use std::time::Duration;

/// Deaths without a window heard in between after which the engine, not a window, is to blame.
const DEATHS_IN_A_ROW_MAX: u32 = 6;
/// Windows heard before a child is replaced: what leaks in a driver or in foreign code goes back.
const TASKS_MAX: u32 = 1000;
/// How long a GPU may take over the sample: its driver builds programs at first.
const CANARY_MAX: Duration = Duration::from_secs(120);
/// Reasons that are kept; more of them only repeat.
const REASONS_MAX: usize = 20;
/// How often a wait looks whether the owner interrupted.
const CANCEL_LOOK: Duration = Duration::from_millis(50);

/// What to say when the owner interrupted.
pub fn interrupted() -> Fault {
    Fault::transient("interrupted", "run it again; what was heard so far is kept")
}

/// What a child may do before another one takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarsLimits {
    /// Resident memory, MiB; `None` for no limit.
    pub memory_max_mib: Option<u32>,
    /// Time without any answer while one is awaited.
    pub answer_max: Duration,
    /// Windows heard, after which it is replaced between two of them; 0 for no limit.
    pub tasks_max: u32,
    /// Time for the sample on a GPU.
    pub canary_max: Duration,
}

impl Default for EarsLimits {
    fn default() -> EarsLimits {
        EarsLimits {
            memory_max_mib: None,
            answer_max: ANSWER_MAX,
            tasks_max: TASKS_MAX,
            canary_max: CANARY_MAX,
        }
    }
}

/// How often children had to be replaced, and why; for the record of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Children that crashed, were killed, hung, or grew too large.
    pub deaths: u32,
    /// Children replaced in order.
    pub replaced: u32,
    /// The first of the reasons, in order, each a sentence.
    pub reasons: Vec<String>,
}

impl Tally {
    fn note(&mut self, reason: impl Into<String>) {
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(reason.into());
        }
    }
}

/// What came of the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// What computed: the name of a GPU, or "processor".
    pub device: String,
    /// How long it took, without the start of the child.
    pub took: Duration,
    /// What was heard where that is right, or what is wrong.
    pub heard: Result<String, Fault>,
}

/// The engine and its history.
#[derive(Debug)]
pub struct Ears {
    launcher: Launcher,
    load: LoadParams,
    limits: EarsLimits,
    engine: Option<WhisperEngine>,
    /// The child was started without the speech model.
    deaf: bool,
    /// Windows sent to this child.
    sent: u32,
    deaths_in_a_row: u32,
    tally: Tally,
    broken: Option<Fault>,
    sampled: Option<Sampled>,
    cancel: Cancel,
}

impl Ears {
    /// Nothing is started yet; the limits are the usual ones.
    pub fn new(launcher: Launcher, load: LoadParams) -> Ears {
        Ears::with_limits(launcher, load, EarsLimits::default())
    }

    /// As [`new`](Ears::new), with these limits; they go before those of the launcher.
    pub fn with_limits(launcher: Launcher, load: LoadParams, limits: EarsLimits) -> Ears {
        let EarsLimits { memory_max_mib, answer_max, .. } = limits;
        Ears {
            launcher: Launcher { memory_max_mib, answer_max, ..launcher },
            load,
            limits,
            engine: None,
            deaf: false,
            sent: 0,
            deaths_in_a_row: 0,
            tally: Tally::default(),
            broken: None,
            sampled: None,
            cancel: Cancel::default(),
        }
    }

    /// How many windows are listened to at once.
    pub fn states(&self) -> usize {
        usize::from(self.load.states)
    }

    /// True while there is a child with weights in its memory.
    pub fn is_loaded(&self) -> bool {
        self.engine.is_some()
    }

    /// From now on it is listened with these weights: a child that has others ends, and the next request starts one
    /// with these.
    pub fn listen_with(&mut self, weights: &Path) {
        if self.load.model.as_deref() == Some(weights) {
            return;
        }
        self.load.model = Some(weights.to_owned());
        self.broken = None;
        // Others may have been to blame.
        self.deaths_in_a_row = 0;
        if self.engine.take().is_some() {
            self.tally.replaced += 1;
            self.tally.note("the whisper engine had other weights and was replaced");
        }
    }

    /// Ends the child, which gives its memory back; the next request starts another.
    pub fn unload(&mut self) {
        self.engine = None;
    }

    /// What computes, while there is a child: the name of a GPU, or "processor".
    pub fn device(&self) -> Option<&str> {
        self.engine.as_ref().map(WhisperEngine::device)
    }

    /// Process id of the child, while there is one.
    pub fn pid(&self) -> Option<u32> {
        self.engine.as_ref().map(WhisperEngine::pid)
    }

    /// How often children were replaced since this was last asked, and why.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// From now on the child is ended soon after this flag is set, even where starting it or sending to it takes long.
    /// Whatever waits for an answer heeds the flag it is given, from then on.
    pub fn heed(&mut self, cancel: &Cancel) {
        self.cancel = cancel.clone();
        if let Some(engine) = &self.engine {
            engine.heed(cancel);
        }
    }

    /// The fault of the GPU itself, after which its lane is to be left: it cannot be loaded, hears the sample wrong, or
    /// ends every child. `None` while it works, and always for the processor.
    pub fn broken(&self) -> Option<&Fault> {
        self.broken.as_ref()
    }

    /// Starts the child where there is none; one on a GPU has then heard the sample right. Every start of such a child
    /// is checked in this way; a worker asks for it before a window is risked.
    ///
    /// # Errors
    /// Where the child does not start, or the GPU hears nonsense: then [`broken`](Ears::broken) tells so too.
    pub fn canary(&mut self) -> Result<(), Fault> {
        self.engine().map(|_| ())
    }

    /// Starts a child anew and lets it hear the sample, one on the processor too.
    ///
    /// # Errors
    /// As [`canary`](Ears::canary); where the processor hears nonsense.
    pub fn try_sample(&mut self) -> Result<Sampled, Fault> {
        self.unload();
        self.deaf = false;
        let engine = self.start(&self.load.clone())?;
        if self.load.gpu.is_none() {
            self.sample(&engine, None)?;
        }
        self.engine = Some(engine);
        self.sampled.take().ok_or_else(gone)
    }

    /// What came of the sample, where one was heard since this was last asked.
    pub fn take_sampled(&mut self) -> Option<Sampled> {
        self.sampled.take()
    }

    /// The running engine, which can listen; one that cannot is replaced.
    ///
    /// # Errors
    /// Where it does not start, or died too often.
    pub fn engine(&mut self) -> Result<&WhisperEngine, Fault> {
        let able = self.engine.take().filter(|_| !self.deaf);
        self.deaf = false;
        let engine = match able {
            Some(engine) => engine,
            None => self.start(&self.load.clone())?,
        };
        Ok(self.engine.insert(engine))
    }

    /// The running engine, whatever it can; where there is none, one without the speech model, on the processor.
    fn detector(&mut self) -> Result<&WhisperEngine, Fault> {
        let engine = match self.engine.take() {
            Some(engine) => engine,
            None => {
                self.deaf = true;
                self.start(&LoadParams { model: None, gpu: None, ..self.load.clone() })?
            }
        };
        Ok(self.engine.insert(engine))
    }

    /// Starts it; one that dies while it loads its weights or hears the sample is started again.
    fn start(&mut self, load: &LoadParams) -> Result<WhisperEngine, Fault> {
        self.broken = None;
        loop {
            let started = WhisperEngine::start_heeding(&self.launcher, load, &self.cancel);
            let checked = started.and_then(|it| self.heard_sample(&it, load.gpu).map(|()| it));
            match checked {
                Ok(engine) => {
                    self.sent = 0;
                    return Ok(engine);
                }
                // One that is interrupted while it starts may look as if it kept ending; `died` tells.
                Err(fault) if fault.kind == FaultKind::Transient || self.cancel.is_set() => {
                    self.died::<()>(fault)?;
                }
                Err(fault) => return Err(self.blame_gpu(fault)),
            }
        }
    }

    /// Lets a child on a GPU hear the sample; one on the processor is trusted.
    fn heard_sample(&mut self, engine: &WhisperEngine, gpu: Option<u8>) -> Result<(), Fault> {
        gpu.map_or(Ok(()), |_| self.sample(engine, gpu))
    }

    fn sample(&mut self, engine: &WhisperEngine, gpu: Option<u8>) -> Result<(), Fault> {
        let watch = Stopwatch::start();
        let heard = self.hear_sample(engine, gpu, &watch);
        // A child that ends says nothing of how it hears.
        if !heard.as_ref().is_err_and(|it| it.kind == FaultKind::Transient) {
            let (device, heard) = (engine.device().to_owned(), heard.clone());
            self.sampled = Some(Sampled { device, took: watch.elapsed(), heard });
        }
        heard.map(drop)
    }

    fn hear_sample(
        &self,
        engine: &WhisperEngine,
        gpu: Option<u8>,
        watch: &Stopwatch,
    ) -> Result<String, Fault> {
        let (who, remedy) = match gpu {
            Some(number) => (
                format!("GPU {number} ({})", engine.device()),
                "check its driver and its memory; the processor listens meanwhile",
            ),
            None => ("the processor".to_owned(), sample::REMEDY),
        };
        let pending = engine.hear(&sample::pcm(), &sample::params());
        loop {
            match pending.receiver().recv_timeout(CANCEL_LOOK) {
                Ok(Ok(heard)) => {
                    return sample::judge(&heard.heard).map_err(|heard| {
                        let what = format!("{who} hears the sample as \"{heard}\"");
                        Fault::operator(what, remedy)
                    });
                }
                Ok(Err(EngineError::Died(fault))) => return Err(fault),
                Ok(Err(EngineError::Failed(reason))) => {
                    let what = format!("{who} cannot hear the sample ({reason})");
                    return Err(Fault::operator(what, remedy));
                }
                Err(RecvTimeoutError::Timeout) if self.limits.canary_max < watch.elapsed() => {
                    let seconds = self.limits.canary_max.as_secs();
                    let what = format!("{who} did not hear the sample within {seconds} s");
                    return Err(Fault::operator(what, remedy));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            }
        }
    }

    /// On a GPU, whatever keeps a child from working is the lane's fault, not a file's.
    fn blame_gpu(&mut self, fault: Fault) -> Fault {
        if self.load.gpu.is_some() && !self.deaf {
            self.broken = Some(fault.clone());
        }
        fault
    }

    /// Asks for speech probabilities and waits for them; an engine that dies meanwhile is started again.
    ///
    /// # Errors
    /// Where the engine keeps dying, or the owner interrupted.
    pub fn vad(&mut self, pcm: &[f32], cancel: &Cancel) -> Result<Vec<f32>, Fault> {
        self.ask_vad(pcm, cancel, false)
    }

    /// As [`vad`](Ears::vad), where nothing is listened to: a child that is started for it loads no speech model.
    ///
    /// # Errors
    /// As [`vad`](Ears::vad).
    pub fn vad_alone(&mut self, pcm: &[f32], cancel: &Cancel) -> Result<Vec<f32>, Fault> {
        self.ask_vad(pcm, cancel, true)
    }

    fn ask_vad(&mut self, pcm: &[f32], cancel: &Cancel, alone: bool) -> Result<Vec<f32>, Fault> {
        self.heed(cancel);
        loop {
            let engine = if alone { self.detector() } else { self.engine() };
            let pending = engine?.vad(pcm);
            let deaths = self.deaths_in_a_row;
            match self.wait(&pending, cancel)? {
                Answer::Here(probabilities) => {
                    // That it finds speech does not say that it can hear it.
                    self.deaths_in_a_row = deaths;
                    return Ok(probabilities);
                }
                Answer::Failed(reason) => return Err(failed(&reason)),
                Answer::Died => {}
            }
        }
    }

    /// Asks for the language and waits for it; an engine that dies meanwhile is started again.
    ///
    /// # Errors
    /// Where the engine keeps dying, or the owner interrupted.
    pub fn detect(&mut self, pcm: &[f32], cancel: &Cancel) -> Result<Ballot, Fault> {
        self.heed(cancel);
        loop {
            let pending = self.engine()?.detect(pcm);
            match self.wait(&pending, cancel)? {
                Answer::Here(ballot) => return Ok(ballot),
                Answer::Failed(reason) => return Err(failed(&reason)),
                Answer::Died => {}
            }
        }
    }

    /// Sends a window off; a child that heard enough of them is replaced first.
    ///
    /// # Errors
    /// Where the engine does not start.
    pub fn hear(&mut self, pcm: &[f32], params: &HearParams) -> Result<Pending<Heard>, Fault> {
        let tasks_max = self.limits.tasks_max;
        if tasks_max > 0
            && tasks_max <= self.sent
            && let Some(engine) = self.engine.take()
        {
            // What is on its way is answered first; whoever asked finds it where it waits for it.
            engine.wait_idle();
            self.sent = 0;
            self.tally.replaced += 1;
            self.tally
                .note(format!("the whisper engine had heard {tasks_max} windows and was replaced"));
        }
        let pending = self.engine()?.hear(pcm, params);
        self.sent += 1;
        Ok(pending)
    }

    /// Waits for an answer.
    ///
    /// # Errors
    /// Where the owner interrupted, or the engine died too often; a single death is an answer.
    pub fn wait<T>(&mut self, pending: &Pending<T>, cancel: &Cancel) -> Result<Answer<T>, Fault> {
        self.heed(cancel);
        loop {
            if cancel.is_set() {
                self.engine = None;
                self.cancel = Cancel::default();
                return Err(interrupted());
            }
            match pending.receiver().recv_timeout(CANCEL_LOOK) {
                Ok(answer) => return self.take(answer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.died(gone()),
            }
        }
    }

    /// Looks whether an answer is there.
    ///
    /// # Errors
    /// Where the engine died too often.
    pub fn look<T>(&mut self, pending: &Pending<T>) -> Result<Option<Answer<T>>, Fault> {
        match pending.receiver().try_recv() {
            Ok(answer) => self.take(answer).map(Some),
            Err(crossbeam::channel::TryRecvError::Empty) => Ok(None),
            Err(crossbeam::channel::TryRecvError::Disconnected) => self.died(gone()).map(Some),
        }
    }

    fn take<T>(&mut self, answer: Result<T, EngineError>) -> Result<Answer<T>, Fault> {
        match answer {
            Ok(answer) => {
                self.deaths_in_a_row = 0;
                Ok(Answer::Here(answer))
            }
            Err(EngineError::Failed(reason)) => Ok(Answer::Failed(reason)),
            Err(EngineError::Died(fault)) => self.died(fault),
        }
    }

    fn died<T>(&mut self, fault: Fault) -> Result<Answer<T>, Fault> {
        // The news may be of a child that was replaced since; the one that lives is kept.
        self.engine = self.engine.take().filter(WhisperEngine::is_alive);
        if self.cancel.is_set() {
            self.cancel = Cancel::default();
            return Err(interrupted());
        }
        self.tally.deaths += 1;
        self.tally.note(&fault.what);
        self.deaths_in_a_row += 1;
        if DEATHS_IN_A_ROW_MAX <= self.deaths_in_a_row {
            self.deaths_in_a_row = 0;
            return Err(self.blame_gpu(keeps_ending(EngineKind::Whisper, &fault)));
        }
        Ok(Answer::Died)
    }
}

fn gone() -> Fault {
    Fault::transient("the whisper engine is gone", "it is started again")
}

fn failed(reason: &str) -> Fault {
    Fault::bug(format!("the whisper engine could not do its work ({reason})"))
}

/// How a request ended.
#[derive(Debug)]
pub enum Answer<T> {
    /// With this.
    Here(T),
    /// The engine could not do it, and goes on.
    Failed(String),
    /// The engine died; it is started again with the next request.
    Died,
}
