//! Any server that speaks OpenAI's chat protocol (PROTOCOLS.md section 4): what is sent, and what is
//! left out for servers that do not take all of it.

mod stream;

use super::http::{QUESTION_TIMEOUT, Refusal, Server, called};
use super::pool::Chat;
use super::problem::{Part, Problem, Remedy};
use super::tries::{Miss, Pause, persist};
use super::{Answer, Rung, Secret, TranslatorKind, TranslatorSpec, Usage};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::translate::prompt::{Request, Shape, schema, text_rules};
use crate::domain::translate::talk::Reply;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// Ends of an address that people copy from examples.
const ADDRESS_ENDS: [&str; 1] = ["/chat/completions"];
/// More than there are things to leave out, and rungs to go down.
const CHANGES_MAX: usize = 10;
/// Equal requests are to get equal answers.
const SEED: u64 = 1;
/// What a model that thinks may think, beside its answer: it counts into the same limit.
pub(super) const THINK_TOKENS_MAX: u32 = 8192;
/// JSON mode is refused where this word is not said (OpenAI, DeepSeek).
const JSON_WORD: &str = "json";
const JSON_RULE: &str = "Answer in json.";

/// What a server takes, as far as that was found out; shared by all who ask it.
#[derive(Debug)]
pub(super) struct Habits(Mutex<Habit>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Habit {
    rung: Rung,
    /// It was told, or answered to.
    rung_known: bool,
    stream_options: bool,
    max_completion_tokens: bool,
    temperature: bool,
    seed: bool,
    /// Its model was seen thinking.
    thinks: bool,
}

impl Habits {
    /// All that a perfect server takes; `rung` where that is known.
    pub(super) fn new(rung: Option<Rung>) -> Habits {
        Habits(Mutex::new(Habit {
            rung: rung.unwrap_or(Rung::Schema),
            rung_known: rung.is_some(),
            stream_options: true,
            max_completion_tokens: false,
            temperature: true,
            seed: true,
            thinks: false,
        }))
    }

    /// The rung, where it is known.
    pub(super) fn rung(&self) -> Option<Rung> {
        let habit = self.get();
        habit.rung_known.then_some(habit.rung)
    }

    /// Begins there.
    pub(super) fn set_rung(&self, rung: Rung) {
        self.put(Habit { rung, rung_known: true, ..self.get() });
    }

    fn get(&self) -> Habit {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, habit: Habit) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = habit;
    }
}

impl Habit {
    /// How the next request differs after a refusal; `None` where nothing is left to leave out.
    fn after(self, remedy: Remedy, shape: &Shape) -> Option<Habit> {
        let less = match remedy {
            Remedy::Without(Part::StreamOptions) => Habit { stream_options: false, ..self },
            Remedy::Without(Part::MaxTokens) => Habit { max_completion_tokens: true, ..self },
            Remedy::Without(Part::Temperature) => Habit { temperature: false, ..self },
            Remedy::Without(Part::Seed) => Habit { seed: false, ..self },
            // A vague refusal is most often of a format that the server does not know.
            Remedy::Without(Part::Format | Part::Think) | Remedy::Unknown => self,
            Remedy::Key
            | Remedy::Balance
            | Remedy::Model
            | Remedy::Address
            | Remedy::Shorter
            | Remedy::Filtered
            | Remedy::Later
            | Remedy::Odd => return None,
        };
        if less != self {
            return Some(less);
        }
        let rung = match self.rung {
            Rung::Schema => Rung::Object,
            Rung::Object => Rung::Text,
            Rung::Text => return None,
        };
        (*shape != Shape::Plain).then_some(Habit { rung, ..self })
    }
}

/// A server.
#[derive(Debug)]
pub(super) struct OpenAi {
    server: Server,
    /// As configured; empty for the first one there is.
    model: String,
    found: Mutex<Option<String>>,
    habits: Arc<Habits>,
    pause: Pauses,
}

/// A [`Pause`] with a name.
pub(super) struct Pauses(pub(super) Pause);

impl std::fmt::Debug for Pauses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pause")
    }
}

impl Chat for Arc<OpenAi> {
    fn chat(&mut self, request: &Request, temperature: f32, cancel: &Cancel) -> Answer {
        let once = || self.once(request, temperature, cancel);
        persist(&self.server.called, &self.pause.0, cancel, once)
    }
}

impl OpenAi {
    /// Connects to nothing yet.
    pub(super) fn new(
        spec: &TranslatorSpec,
        pause: &Pause,
        habits: &Arc<Habits>,
    ) -> Result<OpenAi, Fault> {
        let (url, model, key) = address(spec)?;
        Ok(OpenAi {
            server: Server::of(spec, url, &ADDRESS_ENDS, key)?,
            model: model.to_owned(),
            found: Mutex::default(),
            habits: Arc::clone(habits),
            pause: Pauses(Arc::clone(pause)),
        })
    }

    /// One try, with as many requests as it takes to find out what the server takes.
    fn once(
        &self,
        request: &Request,
        temperature: f32,
        cancel: &Cancel,
    ) -> Result<(Reply, Usage), Miss> {
        let model = self.model(cancel)?;
        let mut habit = self.habits.get();
        for _ in 0..CHANGES_MAX {
            let body = body(&model, request, temperature, habit);
            let sent = self.server.post(&["chat", "completions"], &body, cancel);
            let problem = match sent.and_then(|it| stream::hear(it, &self.server)) {
                Ok(heard) => {
                    let short = heard.thought && !habit.thinks && heard.is_cut();
                    habit.thinks |= heard.thought;
                    // A line alone is asked without a format: that says nothing of rungs.
                    habit.rung_known |= request.shape != Shape::Plain;
                    self.habits.put(habit);
                    if short {
                        continue;
                    }
                    return Ok((heard.reply, heard.usage));
                }
                Err(Refusal::Miss(miss)) => return Err(miss),
                Err(Refusal::Problem(problem)) => problem,
            };
            match problem.remedy() {
                Remedy::Shorter => return Ok((Reply::TooLong, Usage::default())),
                Remedy::Filtered => return Ok((Reply::Refused, Usage::default())),
                remedy @ (Remedy::Key
                | Remedy::Balance
                | Remedy::Model
                | Remedy::Address
                | Remedy::Without(_)
                | Remedy::Later
                | Remedy::Unknown
                | Remedy::Odd) => match habit.after(remedy, &request.shape) {
                    Some(changed) => habit = changed,
                    None => return Err(self.give_up(&problem, &model)),
                },
            }
        }
        Err(Miss::Away(Fault::bug("a server refuses whatever is left out")))
    }

    fn give_up(&self, problem: &Problem, model: &str) -> Miss {
        if problem.remedy() == Remedy::Model {
            // The first one may be another one now.
            *self.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.server.give_up(problem, model, "set its model to one that the server has")
    }

    fn model(&self, cancel: &Cancel) -> Result<String, Miss> {
        if !self.model.is_empty() {
            return Ok(self.model.clone());
        }
        let known = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(model) = known {
            return Ok(model);
        }
        let listed = list(&self.server, cancel)?;
        // Servers for several uses list what makes vectors of text, too.
        let model = listed.into_iter().find(|it| !it.contains("embed")).ok_or_else(|| {
            Miss::Away(Fault::operator(
                format!("{} lists no model", self.server.called),
                "set its model",
            ))
        })?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(model.clone());
        Ok(model)
    }
}

/// The models that a server lists, in its order.
///
/// # Errors
/// Where it does not answer within a few seconds, or refuses.
pub fn models(spec: &TranslatorSpec) -> Result<Vec<String>, Fault> {
    let (url, _, key) = address(spec)?;
    let server = Server::new(&called(spec), url, &ADDRESS_ENDS, key, QUESTION_TIMEOUT)?;
    list(&server, &Cancel::default()).map_err(|miss| miss.into_fault(&server.called))
}

fn list(server: &Server, cancel: &Cancel) -> Result<Vec<String>, Miss> {
    let listed = server.get(&["models"], cancel).map_err(|refusal| match refusal {
        Refusal::Miss(miss) => miss,
        Refusal::Problem(problem) => server.give_up(&problem, "", "set its model"),
    })?;
    let listed = listed.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
    let id = |it: &Value| it.get("id").and_then(Value::as_str).map(str::to_owned);
    Ok(listed.iter().filter_map(id).collect())
}

fn address(spec: &TranslatorSpec) -> Result<(&str, &str, &Secret), Fault> {
    match &spec.kind {
        TranslatorKind::OpenAi { url, model, key, .. } => Ok((url, model, key)),
        TranslatorKind::Ollama { .. } | TranslatorKind::Local { .. } => {
            Err(Fault::bug(format!("translator `{}` is none of OpenAI's kind", spec.name)))
        }
    }
}

/// What is sent.
fn body(model: &str, request: &Request, temperature: f32, habit: Habit) -> Value {
    let plain = request.shape == Shape::Plain;
    let mut user = request.user.clone();
    let format = match habit.rung {
        Rung::Schema if !plain => Some(json!({
            "type": "json_schema",
            "json_schema": {"name": "subtitles", "strict": true, "schema": schema(&request.shape)},
        })),
        Rung::Object if !plain => {
            let said = format!("{} {user}", request.system).to_lowercase();
            if !said.contains(JSON_WORD) {
                user = format!("{user}\n{JSON_RULE}");
            }
            Some(json!({"type": "json_object"}))
        }
        Rung::Text if !plain => {
            let rules = text_rules(&request.shape);
            if !rules.is_empty() {
                user = format!("{user}\n{rules}");
            }
            None
        }
        Rung::Schema | Rung::Object | Rung::Text => None,
    };
    let mut body = json!({
        "model": model,
        "messages": messages(&request.system, &user),
        "stream": true,
    });
    let mut add = |name: &str, value: Value| {
        body[name] = value;
    };
    let thoughts = if habit.thinks { THINK_TOKENS_MAX } else { 0 };
    let tokens_max = request.answer_tokens_max.saturating_add(thoughts);
    let limit = if habit.max_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
    add(limit, tokens_max.into());
    if habit.temperature {
        add("temperature", shown(temperature).into());
    }
    if habit.seed {
        add("seed", SEED.into());
    }
    if habit.stream_options {
        add("stream_options", json!({"include_usage": true}));
    }
    if let Some(format) = format {
        add("response_format", format);
    }
    body
}

/// The two parts of a request; servers keep what is equal at the start of two requests.
pub(super) fn messages(system: &str, user: &str) -> Value {
    let user = json!({"role": "user", "content": user});
    if system.is_empty() {
        return json!([user]);
    }
    json!([{"role": "system", "content": system}, user])
}

/// 0.3 as 0.3, not as 0.30000001192092896.
pub(super) fn shown(temperature: f32) -> f64 {
    (f64::from(temperature) * 1000.0).round() / 1000.0
}
