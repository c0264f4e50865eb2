//! The child: loads a model, reads requests one by one, writes answers.
//!
//! It computes in this one thread and those of the library below. It has no ear while it computes: whoever wants an
//! answer no more ends the process.

use super::chat::Chat;
use super::decoder::{Decoder, Family};
use super::frame::{self, Voice};
use super::pick::Picker;
use super::words::Words;
use crate::domain::fault::Fault;
use crate::engines::models::{self, Gguf};
use crate::engines::wire::{
    self, Frame, FromTranslate, Hello, LoadModel, PROTOCOL_VERSION, Question, ToTranslate,
};
use candle_core::quantized::gguf_file::Content;
use std::io::{self, BufReader, BufWriter, Stdout, Write};
use std::process::ExitCode;

/// Exit code where the code panicked, as Rust's own.
const EXIT_PANIC: i32 = 101;
/// Tokens read at a time: few enough that attention stays small and signs of life come often.
const PIECE_TOKENS: usize = 128;
/// A sign of life after so many tokens written.
const ALIVE_TOKENS: u32 = 8;

/// The loop of `kinora engine translate`, on standard input and output. Writes nothing but frames, to nowhere else.
pub fn serve() -> ExitCode {
    // A panic anywhere ends the child; its parent says so and starts another one.
    std::panic::set_hook(Box::new(|_| std::process::exit(EXIT_PANIC)));
    if crate::engines::ffi::die_with_parent().is_err() {
        return ExitCode::FAILURE;
    }
    match serve_pipes() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve_pipes() -> io::Result<()> {
    let mut answers = Answers(BufWriter::new(io::stdout()));
    answers.write(&Hello { version: PROTOCOL_VERSION })?;
    let mut requests = BufReader::new(io::stdin().lock());
    let out_of_step = || io::Error::other("out of step");
    let params = match wire::read_frame(&mut requests)? {
        Some(Frame::Message(ToTranslate::Load(params))) => params,
        Some(Frame::Message(ToTranslate::Ask(_)) | Frame::Pcm(_)) => return Err(out_of_step()),
        None => return Ok(()),
    };
    let mut model = match Model::load(&params) {
        Ok(model) => model,
        Err(fault) => return answers.write(&FromTranslate::Refused(fault)),
    };
    // Each tensor was in memory twice for a moment.
    crate::engines::ffi::give_memory_back();
    answers.write(&FromTranslate::Loaded {
        name: model.name.clone(),
        architecture: model.architecture.clone(),
        context: u32::try_from(model.decoder.context()).unwrap_or(u32::MAX),
    })?;
    while let Some(frame) = wire::read_frame(&mut requests)? {
        let Frame::Message(ToTranslate::Ask(question)) = frame else { return Err(out_of_step()) };
        let answer = model.answer(&question, &mut answers);
        answers.write(
            &answer.unwrap_or_else(|reason| FromTranslate::Failed { id: question.id, reason }),
        )?;
    }
    Ok(())
}

/// The way back to the parent.
struct Answers(BufWriter<Stdout>);

impl Answers {
    fn write(&mut self, message: &impl serde::Serialize) -> io::Result<()> {
        wire::write_message(&mut self.0, message).and_then(|()| self.0.flush())
    }
}

/// A model in memory.
struct Model {
    name: String,
    architecture: String,
    decoder: Decoder,
    words: Words,
    chat: Chat,
    /// What the decoder read, as far as it was read in whole pieces from the start: the next request goes on from there
    /// where it begins alike. Parts of pieces are read anew, so that sums are the same whatever came before.
    pieces: Vec<u32>,
}

impl Model {
    fn load(params: &LoadModel) -> Result<Model, Fault> {
        let (told, file) = models::open_gguf(&params.weights)?;
        let refused = |why: String| models::refused_by_decoder(&params.weights, &why);
        let mut from = BufReader::new(file);
        let content = Content::read(&mut from).map_err(|err| refused(first_line(&err)))?;
        let family = Family::of(&told.architecture).ok_or_else(|| {
            refused(format!("its family `{}` is not supported", told.architecture))
        })?;
        let words = Words::of(&content).map_err(refused)?;
        let template = content.metadata.get("tokenizer.chat_template");
        let template = template.and_then(|it| it.to_string().ok()).map(String::as_str);
        let chat = Chat::new(template, words.marks());
        let context = params.context as usize;
        let decoder = Decoder::load(family, &content, &mut from, context)
            .map_err(|err| refused(first_line(&err)))?;
        let Gguf { name, architecture, .. } = told;
        let name = name.unwrap_or_else(|| architecture.clone());
        Ok(Model { name, architecture, decoder, words, chat, pieces: Vec::new() })
    }

    fn answer(&mut self, question: &Question, out: &mut Answers) -> Result<FromTranslate, String> {
        let id = question.id;
        let prompt = self.chat.prompt(&question.system, &question.user);
        let mut tokens = self.words.prompt(&prompt)?;
        let prompt_tokens = tokens.len();
        tokens.extend(self.words.piece(frame::opening(&question.shape))?);
        let most = tokens.len() + question.tokens_max as usize;
        if self.decoder.context() < most || tokens.is_empty() {
            return Ok(FromTranslate::TooLong { id });
        }
        let (scores, cached) = self.read_prompt(&tokens, id, out)?;
        let picker = Picker::new(question.temperature, question.seed);
        let begun = tokens.len();
        let mut speech =
            Speech { model: self, out, id, picker, scores, begun, at: begun, full: false };
        let written = frame::write(&mut speech, &question.shape, question.tokens_max);
        let (spent, full) = (speech.spent(), speech.full);
        // The context ended before the answer: only frames can do that, for which no room was asked.
        if full {
            return Ok(FromTranslate::TooLong { id });
        }
        let written = written?;
        Ok(FromTranslate::Answered {
            id,
            text: written.text,
            cut: written.cut,
            prompt_tokens: u32::try_from(prompt_tokens).unwrap_or(u32::MAX),
            cached_tokens: u32::try_from(cached).unwrap_or(u32::MAX),
            answer_tokens: spent,
        })
    }

    /// Reads a prompt, but for what was read before; gives the scores of what follows, and how much was not read again.
    fn read_prompt(
        &mut self,
        tokens: &[u32],
        id: u64,
        out: &mut Answers,
    ) -> Result<(Vec<f32>, usize), String> {
        let same = self.pieces.iter().zip(tokens).take_while(|(one, other)| one == other).count();
        // The last token is always read: its scores are wanted.
        let cached = same.min(tokens.len() - 1) / PIECE_TOKENS * PIECE_TOKENS;
        self.pieces.truncate(cached);
        let mut scores = Vec::new();
        for piece in tokens[cached..].chunks(PIECE_TOKENS) {
            let at = self.pieces.len();
            scores = self.decoder.read(piece, at).map_err(|err| first_line(&err))?;
            if piece.len() == PIECE_TOKENS {
                self.pieces.extend_from_slice(piece);
            }
            out.write(&FromTranslate::Alive { id }).map_err(|err| err.to_string())?;
        }
        Ok((scores, cached))
    }
}

/// A model while it answers.
struct Speech<'a> {
    model: &'a mut Model,
    out: &'a mut Answers,
    id: u64,
    picker: Picker,
    scores: Vec<f32>,
    begun: usize,
    at: usize,
    full: bool,
}

impl Speech<'_> {
    fn read(&mut self, tokens: &[u32]) -> Result<(), String> {
        let before = self.spent() / ALIVE_TOKENS;
        if self.model.decoder.context() < self.at + tokens.len() {
            self.full = true;
            return Err("the context is full".to_owned());
        }
        let read = self.model.decoder.read(tokens, self.at);
        self.scores = read.map_err(|err| first_line(&err))?;
        self.at += tokens.len();
        if before != self.spent() / ALIVE_TOKENS {
            let alive = FromTranslate::Alive { id: self.id };
            self.out.write(&alive).map_err(|err| err.to_string())?;
        }
        Ok(())
    }
}

impl Voice for Speech<'_> {
    fn next(&mut self, allowed: &dyn Fn(&Self, u32) -> bool) -> Option<u32> {
        let scores = std::mem::take(&mut self.scores);
        let mut picker = self.picker.clone();
        let words = &self.model.words;
        let spoken = |it: u32| !words.is_control(it) || words.ends(it);
        let token = picker.pick(&scores, |it| spoken(it) && allowed(self, it));
        (self.picker, self.scores) = (picker, scores);
        token
    }

    fn say(&mut self, token: u32) -> Result<(), String> {
        self.read(&[token])
    }

    fn frame(&mut self, text: &str) -> Result<(), String> {
        let tokens = self.model.words.piece(text)?;
        self.read(&tokens)
    }

    fn spent(&self) -> u32 {
        u32::try_from(self.at - self.begun).unwrap_or(u32::MAX)
    }

    fn bytes(&self, token: u32) -> &[u8] {
        self.model.words.bytes(token)
    }

    fn ends(&self, token: u32) -> bool {
        self.model.words.ends(token)
    }
}

/// The library adds a backtrace below the first line where one is asked for.
fn first_line(err: &candle_core::Error) -> String {
    err.to_string().lines().next().unwrap_or_default().to_owned()
}
