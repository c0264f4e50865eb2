//! The whisper engine as the steps use it: started when first needed, started again when it died, given up when it
//! keeps dying.

use crate::base::cancel::Cancel;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::transcript::HearParams;
use crate::domain::vote::Ballot;
use crate::engines::child::{EngineKind, Launcher, keeps_ending};
use crate::engines::whisper::{EngineError, Heard, Pending, WhisperEngine};
use crate::engines::wire::LoadParams;
use crossbeam::channel::RecvTimeoutError;
use std::time::Duration;

/// Deaths without a window heard in between after which the engine, not a window, is to blame.
const DEATHS_IN_A_ROW_MAX: u32 = 6;
/// How often a wait looks whether the owner interrupted.
const CANCEL_LOOK: Duration = Duration::from_millis(50);

/// What to say when the owner interrupted.
pub fn interrupted() -> Fault {
    Fault::transient("interrupted", "run it again; what was heard so far is kept")
}

/// The engine and its history.
#[derive(Debug)]
pub struct Ears {
    launcher: Launcher,
    load: LoadParams,
    engine: Option<WhisperEngine>,
    deaths_in_a_row: u32,
}

impl Ears {
    /// Nothing is started yet.
    pub fn new(launcher: Launcher, load: LoadParams) -> Ears {
        Ears { launcher, load, engine: None, deaths_in_a_row: 0 }
    }

    /// How many windows are listened to at once.
    pub fn states(&self) -> usize {
        usize::from(self.load.states)
    }

    /// The running engine.
    ///
    /// # Errors
    /// Where it does not start, or died too often.
    pub fn engine(&mut self) -> Result<&WhisperEngine, Fault> {
        let engine = match self.engine.take() {
            Some(engine) => engine,
            None => self.start()?,
        };
        Ok(self.engine.insert(engine))
    }

    /// Starts it; one that dies while it loads its weights is started again.
    fn start(&mut self) -> Result<WhisperEngine, Fault> {
        loop {
            match WhisperEngine::start(&self.launcher, &self.load) {
                Err(fault) if fault.kind == FaultKind::Transient => {
                    self.died::<()>(fault)?;
                }
                started => return started,
            }
        }
    }

    /// Asks for speech probabilities and waits for them; an engine that dies meanwhile is started again.
    ///
    /// # Errors
    /// Where the engine keeps dying, or the owner interrupted.
    pub fn vad(&mut self, pcm: &[f32], cancel: &Cancel) -> Result<Vec<f32>, Fault> {
        loop {
            let pending = self.engine()?.vad(pcm);
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
        loop {
            let pending = self.engine()?.detect(pcm);
            match self.wait(&pending, cancel)? {
                Answer::Here(ballot) => return Ok(ballot),
                Answer::Failed(reason) => return Err(failed(&reason)),
                Answer::Died => {}
            }
        }
    }

    /// Sends a window off.
    ///
    /// # Errors
    /// Where the engine does not start.
    pub fn hear(&mut self, pcm: &[f32], params: &HearParams) -> Result<Pending<Heard>, Fault> {
        Ok(self.engine()?.hear(pcm, params))
    }

    /// Waits for an answer.
    ///
    /// # Errors
    /// Where the owner interrupted, or the engine died too often; a single death is an answer.
    pub fn wait<T>(&mut self, pending: &Pending<T>, cancel: &Cancel) -> Result<Answer<T>, Fault> {
        loop {
            if cancel.is_set() {
                self.engine = None;
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
        self.engine = None;
        self.deaths_in_a_row += 1;
        if DEATHS_IN_A_ROW_MAX <= self.deaths_in_a_row {
            self.deaths_in_a_row = 0;
            return Err(keeps_ending(EngineKind::Whisper, &fault));
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
