//! ggml: voice activity, language and listening, in a child process. Here is the parent's side.

mod serve;
mod hear;
mod vad;
mod cpu;
mod ffi;

pub use cpu::{BUILD, cpu_supported};
pub use serve::serve;

use super::child::{Engine, EngineKind, Launcher, Process, Sender};
use super::watch::Watch;
use super::wire::{FRAME_BYTES_MAX, Frame, FromWhisper, LoadParams, ToWhisper};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::transcript::{HearParams, RawHeard};
use crossbeam::channel::{self, Receiver};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How many requests of all kinds may be unanswered at one engine: enough that no state waits for its next window, few
/// enough that waiting audio stays small (2 MB a window of 30 s). A request over it waits until there is room.
pub fn in_flight_max(states: u8) -> usize {
    2 * usize::from(states.max(1)) + 4
}

/// A running whisper engine. Requests may come from any thread; answers come in any order.
///
/// The engine ends with the thread that started it, so start it in one that lives as long as the work.
#[derive(Debug)]
pub struct WhisperEngine {
    to: Sender,
    process: Process,
    waiting: Arc<Waiting>,
    next_id: AtomicU64,
    loaded: Loaded,
    reader: Option<JoinHandle<()>>,
}

/// What a child said of itself when its weights were loaded.
#[derive(Debug)]
struct Loaded {
    kind: String,
    multilingual: bool,
    device: String,
}

/// What was heard in a window, and how long that took.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// The window's result.
    pub heard: RawHeard,
    /// Compute time.
    pub elapsed_ms: u64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The engine is gone; the same request may be asked of another one.
    #[error(transparent)]
    Died(Fault),
    /// This request cannot be answered; the engine goes on.
    #[error("{0}")]
    Failed(String),
}

type Answer<T> = Result<T, EngineError>;

/// An answer to come. Dropping it is allowed; the engine computes all the same.
#[derive(Debug)]
pub struct Pending<T>(Receiver<Answer<T>>);

impl<T> Pending<T> {
    /// Waits for the answer.
    ///
    /// # Errors
    /// Where the engine died or cannot answer.
    pub fn wait(self) -> Result<T, EngineError> {
        let lost =
            |_| Err(EngineError::Died(Fault::bug("an answer of the whisper engine was lost")));
        self.0.recv().unwrap_or_else(lost)
    }

    /// Where the answer arrives, exactly once, to select over several.
    pub fn receiver(&self) -> &Receiver<Result<T, EngineError>> {
        &self.0
    }
}

impl WhisperEngine {
    /// Starts a child and waits until its weights are loaded.
    ///
    /// # Errors
    /// An operator fault where a model is missing, truncated or something else, the processor too old, or the GPU not
    /// there.
    pub fn start(launcher: &Launcher, params: &LoadParams) -> Result<WhisperEngine, Fault> {
        WhisperEngine::start_heeding(launcher, params, &Cancel::default())
    }

    /// As [`start`](WhisperEngine::start); the child is ended within a second once `cancel` is set.
    ///
    /// # Errors
    /// As [`start`](WhisperEngine::start), and a transient fault where it was interrupted.
    pub fn start_heeding(
        launcher: &Launcher,
        params: &LoadParams,
        cancel: &Cancel,
    ) -> Result<WhisperEngine, Fault> {
        let mut engine = launcher.start_heeding(EngineKind::Whisper, cancel)?;
        let (watch, answer_max) = (engine.watch(), launcher.answer_max);
        watch.await_answer(answer_max);
        // Where this fails the child is gone, and reading says how it went.
        let _ = engine.sender().send(&ToWhisper::Load(params.clone()), None);
        let loaded = match engine.receive::<FromWhisper>()? {
            Frame::Message(FromWhisper::Loaded { kind, multilingual, device }) => {
                Loaded { kind, multilingual, device }
            }
            Frame::Message(FromWhisper::Refused(fault)) => return Err(fault),
            Frame::Message(
                FromWhisper::Gpus(_)
                | FromWhisper::Vad { .. }
                | FromWhisper::Detected { .. }
                | FromWhisper::Heard { .. }
                | FromWhisper::Failed { .. },
            )
            | Frame::Pcm(_) => return Err(out_of_step()),
        };
        watch.rest();
        let waiting = Arc::new(Waiting::new(in_flight_max(params.states), watch, answer_max));
        let (to, process) = (engine.sender(), engine.process());
        let desk = Arc::clone(&waiting);
        let reader = std::thread::Builder::new()
            .name("whisper answers".to_owned())
            .spawn(move || read_answers(engine, &desk))
            .map_err(|err| {
                Fault::transient(
                    format!("no thread could be started ({err})"),
                    "check the limit of processes",
                )
            })?;
        let next_id = AtomicU64::new(0);
        Ok(WhisperEngine { to, process, waiting, next_id, loaded, reader: Some(reader) })
    }

    /// From now on the child is ended within a second once `cancel` is set, whatever anybody waits for.
    pub fn heed(&self, cancel: &Cancel) {
        self.waiting.watch.heed(cancel);
    }

    /// False once the child is gone.
    pub fn is_alive(&self) -> bool {
        matches!(*self.waiting.lock(), Desk::Open(_))
    }

    /// Waits until every request is answered, or the child is gone; answers stay with whoever asked.
    pub fn wait_idle(&self) {
        let busy = |desk: &mut Desk| matches!(desk, Desk::Open(it) if !it.is_empty());
        drop(self.waiting.room.wait_while(self.waiting.lock(), busy));
    }

    /// What computes: the name of a GPU, or "processor".
    pub fn device(&self) -> &str {
        &self.loaded.device
    }

    /// Knows more than English.
    pub fn multilingual(&self) -> bool {
        self.loaded.multilingual
    }

    /// Model type, e.g. `base`; empty without a speech model.
    pub fn kind(&self) -> &str {
        &self.loaded.kind
    }

    /// The child's process id, for a look at its memory.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Ends the child at once; every answer to come is [`EngineError::Died`]. This is how work is cancelled.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Probability of speech in each [`VAD_FRAME_SAMPLES`](crate::domain::speech::VAD_FRAME_SAMPLES) of 16 kHz mono
    /// samples, the last one for the rest. The network starts afresh: whoever cuts audio in pieces lets them overlap.
    /// Waits where [`in_flight_max`] is reached.
    pub fn vad(&self, pcm: &[f32]) -> Pending<Vec<f32>> {
        self.ask(Reply::Vad, |id| ToWhisper::Vad { id }, pcm)
    }

    /// Whisper's language codes with their probability, most probable first, by the first 30 s of 16 kHz mono samples.
    /// Waits where [`in_flight_max`] is reached.
    pub fn detect(&self, pcm: &[f32]) -> Pending<Vec<(String, f32)>> {
        self.ask(Reply::Detect, |id| ToWhisper::Detect { id }, pcm)
    }

    /// Listens to a window of 16 kHz mono samples, at most 30 s of them for a fitted `audio_ctx` to count. Windows are
    /// taken up in the order asked. Waits where [`in_flight_max`] is reached.
    pub fn hear(&self, pcm: &[f32], params: &HearParams) -> Pending<Heard> {
        self.ask(Reply::Hear, |id| ToWhisper::Hear { id, params: params.clone() }, pcm)
    }

    fn ask<T>(
        &self,
        reply: impl FnOnce(channel::Sender<Answer<T>>) -> Reply,
        message: impl FnOnce(u64) -> ToWhisper,
        pcm: &[f32],
    ) -> Pending<T> {
        let (answer, pending) = channel::bounded(1);
        if pcm.len() > FRAME_BYTES_MAX as usize / size_of::<f32>() {
            let _ = answer.send(Err(EngineError::Failed("the window is too long".to_owned())));
            return Pending(pending);
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        match self.waiting.enter(id, reply(answer)) {
            // Where this fails the child is gone, and the reader tells everybody how it went.
            Ok(()) => drop(self.to.send(&message(id), Some(pcm))),
            Err((reply, fault)) => reply.died(fault),
        }
        Pending(pending)
    }
}

impl Drop for WhisperEngine {
    fn drop(&mut self) {
        self.process.kill();
        if let Some(reader) = self.reader.take() {
            // It ends with the pipe; had it panicked, there would be nobody left to tell.
            let _ = reader.join();
        }
    }
}

fn out_of_step() -> Fault {
    Fault::bug("the whisper engine answered something that was not asked")
}

/// The pipe reader: hands every answer to whoever waits for it, until the child ends.
fn read_answers(mut engine: Engine, waiting: &Waiting) {
    let fault = loop {
        let delivered = match engine.receive::<FromWhisper>() {
            Ok(Frame::Message(message)) => waiting.deliver(message),
            Ok(Frame::Pcm(_)) => Err(out_of_step()),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = delivered {
            break fault;
        }
    };
    waiting.close(&fault);
}

/// Where an answer goes.
#[derive(Debug)]
enum Reply {
    Vad(channel::Sender<Answer<Vec<f32>>>),
    Detect(channel::Sender<Answer<Vec<(String, f32)>>>),
    Hear(channel::Sender<Answer<Heard>>),
}

impl Reply {
    fn fail(self, error: EngineError) {
        // Whoever asked may have gone; each channel has room for its one answer.
        match self {
            Reply::Vad(to) => drop(to.send(Err(error))),
            Reply::Detect(to) => drop(to.send(Err(error))),
            Reply::Hear(to) => drop(to.send(Err(error))),
        }
    }

    fn died(self, fault: Fault) {
        self.fail(EngineError::Died(fault));
    }
}

/// Requests without an answer yet, shared by those who ask and the reader.
#[derive(Debug)]
struct Waiting {
    desk: Mutex<Desk>,
    room: Condvar,
    in_flight_max: usize,
    watch: Watch,
    answer_max: Duration,
}

#[derive(Debug)]
enum Desk {
    Open(HashMap<u64, Reply>),
    Closed(Fault),
}

impl Waiting {
    fn new(in_flight_max: usize, watch: Watch, answer_max: Duration) -> Waiting {
        let desk = Mutex::new(Desk::Open(HashMap::new()));
        Waiting { desk, room: Condvar::new(), in_flight_max, watch, answer_max }
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room and registers; gives the reply back where the engine is gone.
    fn enter(&self, id: u64, reply: Reply) -> Result<(), (Reply, Fault)> {
        let full =
            |desk: &mut Desk| matches!(desk, Desk::Open(it) if it.len() >= self.in_flight_max);
        let waited = self.room.wait_while(self.lock(), full);
        match &mut *waited.unwrap_or_else(PoisonError::into_inner) {
            Desk::Open(replies) => {
                if replies.is_empty() {
                    self.watch.await_answer(self.answer_max);
                }
                replies.insert(id, reply);
                Ok(())
            }
            Desk::Closed(fault) => Err((reply, fault.clone())),
        }
    }

    fn leave(&self, id: u64) -> Result<Reply, Fault> {
        let reply = match &mut *self.lock() {
            Desk::Open(replies) => {
                let reply = replies.remove(&id);
                // Each answer is a sign of life: a child hangs when none comes, not when many are waited for.
                match replies.is_empty() {
                    true => self.watch.rest(),
                    false => self.watch.await_answer(self.answer_max),
                }
                reply
            }
            Desk::Closed(_) => None,
        };
        self.room.notify_all();
        reply.ok_or_else(out_of_step)
    }

    fn deliver(&self, message: FromWhisper) -> Result<(), Fault> {
        match message {
            FromWhisper::Vad { id, probabilities } => match self.leave(id)? {
                Reply::Vad(to) => drop(to.send(Ok(probabilities))),
                Reply::Detect(_) | Reply::Hear(_) => return Err(out_of_step()),
            },
            FromWhisper::Detected { id, languages } => match self.leave(id)? {
                Reply::Detect(to) => drop(to.send(Ok(languages))),
                Reply::Vad(_) | Reply::Hear(_) => return Err(out_of_step()),
            },
            FromWhisper::Heard { id, heard, elapsed_ms } => match self.leave(id)? {
                Reply::Hear(to) => drop(to.send(Ok(Heard { heard, elapsed_ms }))),
                Reply::Vad(_) | Reply::Detect(_) => return Err(out_of_step()),
            },
            FromWhisper::Failed { id, reason } => self.leave(id)?.fail(EngineError::Failed(reason)),
            FromWhisper::Loaded { .. } | FromWhisper::Gpus(_) | FromWhisper::Refused(_) => {
                return Err(out_of_step());
            }
        }
        Ok(())
    }

    /// Tells everybody that the engine is gone, and all who ask later.
    fn close(&self, fault: &Fault) {
        let desk = std::mem::replace(&mut *self.lock(), Desk::Closed(fault.clone()));
        self.room.notify_all();
        if let Desk::Open(replies) = desk {
            replies.into_values().for_each(|it| it.died(fault.clone()));
        }
    }
}
