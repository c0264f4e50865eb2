//! Asking a model: its context is set, and watched, because Ollama cuts what is too long without a word.

use super::super::http::{BROKE_OFF, Body, QUESTION_TIMEOUT, Refusal, Server, again, unreadable};
use super::super::openai::{Pauses, THINK_TOKENS_MAX, messages, shown};
use super::super::pool::Chat;
use super::super::problem::{Part, Problem, Remedy};
use super::super::sse::Lines;
use super::super::tries::{Miss, Pause, persist};
use super::super::{Answer, Secret, TranslatorKind, TranslatorSpec, Usage};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::translate::prompt::{Request, Shape, schema};
use crate::domain::translate::talk::Reply;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Ends of an address that belong to its interfaces.
pub(super) const ADDRESS_ENDS: [&str; 2] = ["/v1", "/api"];
/// How long the server keeps the model in memory after a request.
const KEEP_ALIVE: &str = "5m";
/// Equal requests are to get equal answers.
const SEED: u64 = 1;
/// No text has fewer tokens than one for so many characters: what is longer by this measure is surely too long.
const CHARS_PER_TOKEN: usize = 3;
/// A prompt that leaves less room than this was cut to fit.
const CONTEXT_MARGIN_TOKENS: u64 = 8;

/// A server.
#[derive(Debug)]
pub(in super::super) struct Ollama {
    server: Server,
    /// As configured; empty for the first one there is.
    model: String,
    num_ctx: u32,
    think: bool,
    known: Mutex<Option<Known>>,
    /// The model was seen thinking, or is told to.
    thinks: AtomicBool,
    /// The model knows nothing of thinking, and refuses to be told so.
    thoughtless: AtomicBool,
    pause: Pauses,
}

/// What the server was asked once.
#[derive(Clone, Debug)]
struct Known {
    model: String,
    num_ctx: u32,
}

/// A model that a server has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Such as `qwen3:8b`.
    pub name: String,
    /// On its disk.
    pub bytes: u64,
}

impl Chat for Arc<Ollama> {
    fn chat(&mut self, request: &Request, temperature: f32, cancel: &Cancel) -> Answer {
        let once = || self.once(request, temperature, cancel);
        persist(&self.server.called, &self.pause.0, cancel, once)
    }
}

impl Ollama {
    /// Connects to nothing yet.
    pub(in super::super) fn new(spec: &TranslatorSpec, pause: &Pause) -> Result<Ollama, Fault> {
        let TranslatorKind::Ollama { url, model, num_ctx, think } = &spec.kind else {
            return Err(Fault::bug(format!("translator `{}` is no Ollama", spec.name)));
        };
        Ok(Ollama {
            server: Server::of(spec, url, &ADDRESS_ENDS, &Secret(None))?,
            model: model.clone(),
            num_ctx: *num_ctx,
            think: *think,
            known: Mutex::default(),
            thinks: AtomicBool::new(*think),
            thoughtless: AtomicBool::new(false),
            pause: Pauses(Arc::clone(pause)),
        })
    }

    fn once(
        &self,
        request: &Request,
        temperature: f32,
        cancel: &Cancel,
    ) -> Result<(Reply, Usage), Miss> {
        let known = self.known(cancel)?;
        let chars = request.system.chars().count() + request.user.chars().count();
        if known.num_ctx as usize * CHARS_PER_TOKEN < chars {
            return Ok((Reply::TooLong, Usage::default()));
        }
        loop {
            let (thinks, thoughtless) = (get(&self.thinks), get(&self.thoughtless));
            let body = self.body(&known, request, temperature);
            let sent = self.server.post(&["api", "chat"], &body, cancel);
            let problem = match sent.and_then(|it| hear(it, &self.server)) {
                Ok(told) => {
                    self.thinks.fetch_or(told.thought, Ordering::Relaxed);
                    if told.thought && !thinks && told.is_cut() {
                        continue;
                    }
                    return Ok(told.reply(known.num_ctx));
                }
                Err(Refusal::Miss(miss)) => return Err(miss),
                Err(Refusal::Problem(problem)) => problem,
            };
            match problem.remedy() {
                Remedy::Shorter => return Ok((Reply::TooLong, Usage::default())),
                Remedy::Without(Part::Think) if !thoughtless => {
                    self.thoughtless.store(true, Ordering::Relaxed);
                }
                Remedy::Without(_)
                | Remedy::Key
                | Remedy::Balance
                | Remedy::Model
                | Remedy::Address
                | Remedy::Filtered
                | Remedy::Later
                | Remedy::Unknown
                | Remedy::Odd => return Err(self.give_up(&problem, &known.model)),
            }
        }
    }

    fn give_up(&self, problem: &Problem, model: &str) -> Miss {
        if problem.remedy() == Remedy::Model {
            // When it is there again it may be another one.
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.server.give_up(problem, model, &format!("run `kinora models pull ollama:{model}`"))
    }

    fn body(&self, known: &Known, request: &Request, temperature: f32) -> Value {
        let thoughts = if get(&self.thinks) { THINK_TOKENS_MAX } else { 0 };
        let mut body = json!({
            "model": known.model,
            "messages": messages(&request.system, &request.user),
            "stream": true,
            "keep_alive": KEEP_ALIVE,
            // Where the server knows these: a refusal instead of a prompt that was cut in silence.
            "truncate": false,
            "shift": false,
            "options": {
                "num_ctx": known.num_ctx,
                "num_predict": request.answer_tokens_max.saturating_add(thoughts),
                "temperature": shown(temperature),
                "seed": SEED,
            },
        });
        if !get(&self.thoughtless) {
            body["think"] = self.think.into();
        }
        if request.shape != Shape::Plain {
            body["format"] = schema(&request.shape);
        }
        body
    }

    /// Which model, and how long its context may be; asked once.
    fn known(&self, cancel: &Cancel) -> Result<Known, Miss> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let model = if self.model.is_empty() { self.first(cancel)? } else { self.model.clone() };
        let shown = self
            .server
            .post(&["api", "show"], &json!({"model": model}), cancel)
            .and_then(|it| self.server.document(it));
        let shown = match shown {
            Ok(shown) => shown,
            Err(Refusal::Miss(miss)) => return Err(miss),
            Err(Refusal::Problem(problem)) => return Err(self.give_up(&problem, &model)),
        };
        let most = context_length(&shown).unwrap_or(u32::MAX);
        let known = Known { model, num_ctx: self.num_ctx.min(most) };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    fn first(&self, cancel: &Cancel) -> Result<String, Miss> {
        let tags = tags(&self.server, cancel)?;
        let first = tags.iter().find(|it| it.chats).map(|it| it.held.name.clone());
        first.ok_or_else(|| {
            Miss::Away(Fault::operator(
                format!("{} has no model", self.server.called),
                "run `kinora models pull ollama:NAME` with the name of one, such as qwen3:4b",
            ))
        })
    }
}

fn get(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed)
}

/// The models that a server has, in its order.
///
/// # Errors
/// Where it does not answer within a few seconds, or refuses.
pub fn models(url: &str) -> Result<Vec<Held>, Fault> {
    let server = server(url)?;
    let tags = tags(&server, &Cancel::default());
    let tags = tags.map_err(|miss| miss.into_fault(&server.called))?;
    Ok(tags.into_iter().map(|it| it.held).collect())
}

/// The longest context of a model, tokens; `None` where its server does not tell.
///
/// # Errors
/// Where it does not answer within a few seconds, or refuses.
pub fn context_max(url: &str, model: &str) -> Result<Option<u32>, Fault> {
    let server = server(url)?;
    let cancel = Cancel::default();
    let shown = server
        .post(&["api", "show"], &json!({"model": model}), &cancel)
        .and_then(|it| server.document(it));
    match shown {
        Ok(shown) => Ok(context_length(&shown)),
        Err(Refusal::Miss(miss)) => Err(miss.into_fault(&server.called)),
        Err(Refusal::Problem(problem)) => {
            let miss = server.give_up(&problem, model, "update Ollama");
            Err(miss.into_fault(&server.called))
        }
    }
}

/// A server that is asked because a person waits, whether a translator or not.
pub(super) fn server(url: &str) -> Result<Server, Fault> {
    Server::new("Ollama", url, &ADDRESS_ENDS, &Secret(None), QUESTION_TIMEOUT)
}

struct Tag {
    held: Held,
    /// It is not only for vectors of text.
    chats: bool,
}

fn tags(server: &Server, cancel: &Cancel) -> Result<Vec<Tag>, Miss> {
    let listed = server.get(&["api", "tags"], cancel).map_err(|refusal| match refusal {
        Refusal::Miss(miss) => miss,
        Refusal::Problem(problem) => server.give_up(&problem, "", "update Ollama"),
    })?;
    let listed = listed.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
    let tag = |it: &Value| {
        let name = it.get("name").or_else(|| it.get("model")).and_then(Value::as_str)?.to_owned();
        let bytes = it.get("size").and_then(Value::as_u64).unwrap_or(0);
        let can = it.get("capabilities").and_then(Value::as_array);
        let chats = can.is_none_or(|it| it.iter().any(|it| it.as_str() == Some("completion")));
        Some(Tag { held: Held { name, bytes }, chats })
    };
    Ok(listed.iter().filter_map(tag).collect())
}

/// `<architecture>.context_length` of `/api/show`.
fn context_length(shown: &Value) -> Option<u32> {
    let info = shown.get("model_info")?.as_object()?;
    let family = info.get("general.architecture").and_then(Value::as_str).unwrap_or_default();
    let own = info.get(&format!("{family}.context_length"));
    let any = || info.iter().find(|(name, _)| name.ends_with(".context_length")).map(|it| it.1);
    own.or_else(any)?.as_u64().and_then(|it| u32::try_from(it).ok()).filter(|it| *it > 0)
}

/// Reads an answer to its end.
fn hear(mut body: Body<'_>, server: &Server) -> Result<Told, Refusal> {
    let mut lines = Lines::default();
    let mut told = Told::default();
    while !told.done {
        let part = body.next()?;
        if part.is_empty() {
            break;
        }
        for line in lines.push(&part) {
            told.take(&line, server)?;
        }
    }
    if !told.done {
        told.take(&lines.end(), server)?;
    }
    if told.done { Ok(told) } else { Err(again(BROKE_OFF).into()) }
}

/// What was told so far.
#[derive(Default)]
struct Told {
    text: String,
    thought: bool,
    done: bool,
    reason: String,
    usage: Usage,
}

impl Told {
    fn take(&mut self, line: &str, server: &Server) -> Result<(), Refusal> {
        if line.trim().is_empty() {
            return Ok(());
        }
        let piece: Value =
            serde_json::from_str(line).map_err(|_| unreadable(line.as_bytes(), server.key()))?;
        if piece.get("error").is_some_and(|it| !it.is_null()) {
            return Err(server.problem(&piece).into());
        }
        let word = |path: &str| piece.pointer(path).and_then(Value::as_str).unwrap_or_default();
        self.text.push_str(word("/message/content"));
        self.thought |= !word("/message/thinking").is_empty();
        if piece.get("done").and_then(Value::as_bool) == Some(true) {
            let count = |path: &str| piece.pointer(path).and_then(Value::as_u64).unwrap_or(0);
            self.done = true;
            self.reason = word("/done_reason").to_owned();
            self.usage.prompt_tokens = count("/prompt_eval_count");
            self.usage.answer_tokens = count("/eval_count");
        }
        Ok(())
    }

    fn is_cut(&self) -> bool {
        self.reason == "length"
    }

    fn reply(self, num_ctx: u32) -> (Reply, Usage) {
        if u64::from(num_ctx) <= self.usage.prompt_tokens + CONTEXT_MARGIN_TOKENS {
            return (Reply::TooLong, self.usage);
        }
        let cut = self.is_cut();
        (Reply::Text { text: self.text, cut }, self.usage)
    }
}
