//! Translation on this machine: a language model read from a GGUF file, in a child process. Here is the parent's side.

mod serve;
mod decoder;
mod words;
mod chat;
mod frame;
mod pick;

pub use serve::serve;

use super::child::{Engine, EngineKind, Launcher, Process, keeps_ending};
use super::wire::{Frame, FromTranslate, LoadModel, Question, ToTranslate};
use crate::base::cancel::Cancel;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::translate::prompt::Request;
use std::path::{Path, PathBuf};

/// Where chance begins, where there is a temperature: the same request is answered the same.
const SEED: u64 = 1;

/// What a model said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An answer in the shape asked for.
    Answer {
        /// All of it.
        text: String,
        /// It was not done when it had its length.
        cut: bool,
        /// Tokens of the request.
        prompt_tokens: u32,
        /// Those of them that were read before.
        cached_tokens: u32,
        /// Tokens of the answer.
        answer_tokens: u32,
    },
    /// The request and its answer are longer than the model's context.
    TooLong,
}

/// A language model that is loaded when it is first asked, and again after its child ended. Its child ends with the
/// thread that asked first, so it belongs to one thread.
#[derive(Debug)]
pub struct LocalModel {
    launcher: Launcher,
    load: LoadModel,
    child: Option<Child>,
}

impl LocalModel {
    /// Starts nothing yet. `launcher` says how long the model may be silent and how much memory it may take; 0 threads
    /// are as many as there are.
    pub fn new(launcher: Launcher, weights: &Path, context: u32, threads: u16) -> LocalModel {
        let launcher = Launcher { threads: Some(threads).filter(|it| *it > 0), ..launcher };
        let load = LoadModel { weights: PathBuf::from(weights), context };
        LocalModel { launcher, load, child: None }
    }

    /// Asks; a child that ends is replaced once. The child is ended within a second once `cancel` is set.
    ///
    /// # Errors
    /// An operator fault where the model does not load; a transient one where its child ends again, or was
    /// interrupted.
    pub fn ask(
        &mut self,
        request: &Request,
        temperature: f32,
        cancel: &Cancel,
    ) -> Result<Told, Fault> {
        let mut child = match self.child.take() {
            Some(child) => child,
            None => Child::start(&self.launcher, &self.load, cancel)?,
        };
        let mut told = child.ask(request, temperature, cancel);
        if matches!(told, Err(Failure::Died(_))) && !cancel.is_set() {
            child = Child::start(&self.launcher, &self.load, cancel)?;
            told = child.ask(request, temperature, cancel);
        }
        match told {
            Ok(told) => {
                self.child = Some(child);
                Ok(told)
            }
            Err(Failure::Said(fault)) => {
                self.child = Some(child);
                Err(fault)
            }
            Err(Failure::Died(fault)) if fault.kind == FaultKind::Transient && !cancel.is_set() => {
                Err(keeps_ending(EngineKind::Translate, &fault))
            }
            Err(Failure::Died(fault)) => Err(fault),
        }
    }

    /// Ends the child, so that its memory goes back, until it is asked again.
    pub fn rest(&mut self) {
        self.child = None;
    }

    /// The child's process, where there is one.
    pub fn process(&self) -> Option<Process> {
        self.child.as_ref().map(|it| it.engine.process())
    }
}

/// A child with its model in memory.
#[derive(Debug)]
struct Child {
    engine: Engine,
    next_id: u64,
    answer_max: std::time::Duration,
}

/// Why there is no answer.
enum Failure {
    /// The child is gone.
    Died(Fault),
    /// It goes on, but not with this.
    Said(Fault),
}

impl Child {
    fn start(launcher: &Launcher, load: &LoadModel, cancel: &Cancel) -> Result<Child, Fault> {
        let mut engine = launcher.start_heeding(EngineKind::Translate, cancel)?;
        // A large model from a slow disk takes its time, and says nothing meanwhile.
        let answer_max = launcher.answer_max;
        engine.watch().await_answer(answer_max.max(super::child::ANSWER_MAX));
        // Where this fails the child is gone, and reading says how it went.
        let _ = engine.sender().send(&ToTranslate::Load(load.clone()), None);
        match engine.receive::<FromTranslate>()? {
            Frame::Message(FromTranslate::Loaded { name, architecture, context }) => {
                tracing::debug!(name, architecture, context, "language model loaded");
            }
            Frame::Message(FromTranslate::Refused(fault)) => return Err(fault),
            Frame::Message(
                FromTranslate::Alive { .. }
                | FromTranslate::Answered { .. }
                | FromTranslate::TooLong { .. }
                | FromTranslate::Failed { .. },
            )
            | Frame::Pcm(_) => return Err(out_of_step()),
        }
        engine.watch().rest();
        Ok(Child { engine, next_id: 0, answer_max })
    }

    fn ask(
        &mut self,
        request: &Request,
        temperature: f32,
        cancel: &Cancel,
    ) -> Result<Told, Failure> {
        self.next_id += 1;
        let question = Question {
            id: self.next_id,
            system: request.system.clone(),
            user: request.user.clone(),
            shape: request.shape.clone(),
            tokens_max: request.answer_tokens_max,
            temperature,
            seed: SEED,
        };
        let watch = self.engine.watch();
        watch.heed(cancel);
        watch.await_answer(self.answer_max);
        // Where this fails the child is gone, and reading says how it went.
        let _ = self.engine.sender().send(&ToTranslate::Ask(question), None);
        let told = self.receive();
        watch.rest();
        watch.heed(&Cancel::default());
        told
    }

    fn receive(&mut self) -> Result<Told, Failure> {
        let wanted = self.next_id;
        loop {
            let frame = self.engine.receive::<FromTranslate>().map_err(Failure::Died)?;
            let Frame::Message(message) = frame else { return Err(Failure::Died(out_of_step())) };
            match message {
                // Each sign of life is one: a child hangs when none comes, not when an answer is long.
                FromTranslate::Alive { id } if id == wanted => {
                    self.engine.watch().await_answer(self.answer_max);
                }
                FromTranslate::Answered {
                    id,
                    text,
                    cut,
                    prompt_tokens,
                    cached_tokens,
                    answer_tokens,
                } if id == wanted => {
                    let told =
                        Told::Answer { text, cut, prompt_tokens, cached_tokens, answer_tokens };
                    return Ok(told);
                }
                FromTranslate::TooLong { id } if id == wanted => return Ok(Told::TooLong),
                FromTranslate::Failed { id, reason } if id == wanted => {
                    return Err(Failure::Said(Fault::transient(
                        format!("the language model failed: {reason}"),
                        "choose another model, should it go on",
                    )));
                }
                FromTranslate::Alive { .. }
                | FromTranslate::Answered { .. }
                | FromTranslate::TooLong { .. }
                | FromTranslate::Failed { .. }
                | FromTranslate::Loaded { .. }
                | FromTranslate::Refused(_) => return Err(Failure::Died(out_of_step())),
            }
        }
    }
}

fn out_of_step() -> Fault {
    Fault::bug("the translating engine answered something that was not asked")
}

/// The model that tests load: what `KINORA_TEST_GGUF` names, or what lies where tests put it. Says so where there is
/// none.
#[cfg(test)]
fn test_weights() -> Option<PathBuf> {
    let named = std::env::var_os("KINORA_TEST_GGUF").map(PathBuf::from);
    let cached = std::env::var_os("HOME")
        .map(|it| PathBuf::from(it).join(".cache/kinora/models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    let found = named.or(cached).filter(|it| it.is_file());
    if found.is_none() {
        println!("skipped: no language model here");
    }
    found
}
