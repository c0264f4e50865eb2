//! A GGUF model in a child of this program, from the parent's side.

use super::{Answer, Trouble, Usage};
use crate::base::cancel::Cancel;
use crate::domain::translate::prompt::Request;
use crate::domain::translate::talk::Reply;
use crate::engines::child::Launcher;
use crate::engines::translate::{LocalModel, Told};
use std::path::Path;

/// A model, loaded when it is first asked. Belongs to one thread.
#[derive(Debug)]
pub(super) struct Local(LocalModel);

impl Local {
    /// Starts nothing yet. `launcher` already has the longest silence as its `answer_max`.
    pub(super) fn new(launcher: Launcher, weights: &Path, context: u32, threads: u16) -> Local {
        Local(LocalModel::new(launcher, weights, context, threads))
    }

    /// Answers one request.
    pub(super) fn chat(&mut self, request: &Request, temperature: f32, cancel: &Cancel) -> Answer {
        if cancel.is_set() {
            return Err(Trouble::Cancelled);
        }
        match self.0.ask(request, temperature, cancel) {
            Ok(Told::Answer { text, cut, prompt_tokens, cached_tokens, answer_tokens }) => {
                let usage = Usage {
                    prompt_tokens: u64::from(prompt_tokens),
                    cached_tokens: u64::from(cached_tokens),
                    answer_tokens: u64::from(answer_tokens),
                };
                Ok((Reply::Text { text, cut }, usage))
            }
            Ok(Told::TooLong) => Ok((Reply::TooLong, Usage::default())),
            Err(_) if cancel.is_set() => Err(Trouble::Cancelled),
            Err(fault) => Err(Trouble::Away { fault, retry_after: None }),
        }
    }

    /// Gives its memory back until it is asked again.
    pub(super) fn rest(&mut self) {
        self.0.rest();
    }
}
