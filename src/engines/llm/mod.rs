//! Language models that translate: a local one in a child, Ollama, and any server that speaks OpenAI's chat protocol
//! (PROTOCOLS.md section 4). Each is asked from threads of its own; whoever asks gets a [`Pending`] answer.

mod http;
mod local;
pub mod ollama;
pub mod openai;
mod pool;
mod problem;
mod sse;
mod tries;

pub use crate::base::secret::Secret;
pub use tries::{Pause, real_pause};

use super::child::Launcher;
use super::server_url::at_home;
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::translate::prompt::Request;
use crate::domain::translate::talk::Reply;
use crossbeam::channel::{Receiver, RecvTimeoutError};
use openai::Habits;
use pool::{Chat, Pool};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long a model stays in memory that nobody asks, unless told otherwise.
pub const IDLE_UNLOAD: Duration = Duration::from_secs(5 * 60);

/// How a translator is reached; from `[[translator]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct TranslatorSpec {
    /// Its name in the configuration.
    pub name: String,
    /// What it is.
    pub kind: TranslatorKind,
    /// Requests on their way at the same time.
    pub parallel: u16,
    /// The longest silence of a server, and of the local model.
    pub silence_max: Duration,
    /// 0 is the likeliest word always.
    pub temperature: f32,
}

/// What a translator is.
#[derive(Clone, Debug, PartialEq)]
pub enum TranslatorKind {
    /// Ollama's own API.
    Ollama {
        /// Such as `http://10.0.0.5:11434`.
        url: String,
        /// Empty for the first one that the server has.
        model: String,
        /// Context length that is asked for, tokens.
        num_ctx: u32,
        /// Lets a model that thinks do so.
        think: bool,
    },
    /// OpenAI's chat protocol.
    OpenAi {
        /// Such as `http://10.0.0.5:8000/v1`.
        url: String,
        /// Empty for the first one that the server has.
        model: String,
        /// The key; never told.
        key: Secret,
        /// How answers are constrained; `None` to find out.
        rung: Option<Rung>,
    },
    /// A GGUF model in a child of this program.
    Local {
        /// The weights.
        weights: PathBuf,
        /// What they are: equal identities mean equal weights.
        identity: String,
        /// Context length, tokens.
        context: u32,
        /// Threads to compute with.
        threads: u16,
    },
}

/// How the shape of answers is asked for; the first that a server takes is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// `response_format` of type `json_schema`.
    Schema,
    /// `response_format` of type `json_object`.
    Object,
    /// Nothing: numbered lines of text.
    Text,
}

impl Rung {
    /// All of them, the strictest first.
    pub const ALL: [Rung; 3] = [Rung::Schema, Rung::Object, Rung::Text];

    /// Its word, as it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Rung::Schema => "json_schema",
            Rung::Object => "json_object",
            Rung::Text => "text",
        }
    }

    /// The one of a word.
    pub fn of_word(word: &str) -> Option<Rung> {
        Rung::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What a request cost, where the server tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of requests.
    pub prompt_tokens: u64,
    /// Those of them that the server had in its cache.
    pub cached_tokens: u64,
    /// Tokens of answers.
    pub answer_tokens: u64,
}

/// Why a translator gave no answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// It does not do its part now; another one may, or this one later.
    Away {
        /// What happened.
        fault: Fault,
        /// When it says it may be asked again.
        retry_after: Option<Duration>,
    },
    /// Nobody wants the answer any more.
    Cancelled,
}

/// What a translator answers.
pub type Answer = Result<(Reply, Usage), Trouble>;

/// An answer on its way. Nobody computes for one that was dropped.
#[derive(Debug)]
pub struct Pending {
    answer: Receiver<Answer>,
    part: Cancel,
}

impl Pending {
    /// The answer, where it is there within `wait`. It is given once. What nobody wants any more is
    /// [`Trouble::Cancelled`], even where a thread has not noticed yet.
    pub fn wait(&self, wait: Duration) -> Option<Answer> {
        match self.answer.recv_timeout(wait) {
            Ok(answer) => Some(answer),
            Err(_) if self.part.is_set() => Some(Err(Trouble::Cancelled)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                let fault = Fault::bug("a translator's thread ended without an answer");
                Some(Err(Trouble::Away { fault, retry_after: None }))
            }
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.part.set();
    }
}

/// All translators, each with its threads; shared by all workers. Threads start when they are first needed, and end
/// when this is dropped: at once where they wait for work, otherwise with the next word of the server they listen to,
/// or its silence.
pub struct Translators {
    specs: Vec<TranslatorSpec>,
    staff: Vec<Staff>,
    launcher: Option<Launcher>,
    idle_unload: Duration,
    pause: Pause,
}

/// What belongs to one translator.
struct Staff {
    habits: Arc<Habits>,
    pool: OnceLock<Pool>,
}

impl std::fmt::Debug for Translators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Translators").field("specs", &self.specs).finish_non_exhaustive()
    }
}

impl Translators {
    /// Starts nothing yet.
    pub fn new(specs: Vec<TranslatorSpec>) -> Translators {
        let staff = |spec: &TranslatorSpec| Staff {
            habits: Arc::new(Habits::new(match &spec.kind {
                TranslatorKind::OpenAi { rung, .. } => *rung,
                TranslatorKind::Ollama { .. } | TranslatorKind::Local { .. } => None,
            })),
            pool: OnceLock::new(),
        };
        Translators {
            staff: specs.iter().map(staff).collect(),
            specs,
            launcher: None,
            idle_unload: IDLE_UNLOAD,
            pause: Arc::new(real_pause),
        }
    }

    /// Starts children with this instead of [`Launcher::own`].
    #[must_use]
    pub fn launcher(self, launcher: Launcher) -> Translators {
        Translators { launcher: Some(launcher), ..self }
    }

    /// Unloads a local model that was not asked for so long, instead of [`IDLE_UNLOAD`].
    #[must_use]
    pub fn idle_unload(self, idle_unload: Duration) -> Translators {
        Translators { idle_unload, ..self }
    }

    /// Lets time pass between tries in another way than waiting.
    #[must_use]
    pub fn pause(self, pause: Pause) -> Translators {
        Translators { pause, ..self }
    }

    /// Those there are.
    pub fn specs(&self) -> &[TranslatorSpec] {
        &self.specs
    }

    /// Whether what the translator of this name is asked stays in the owner's own network; one that is not known does
    /// not.
    pub fn is_at_home(&self, name: &str) -> bool {
        self.find(name).is_some_and(|(spec, _)| spec.is_at_home())
    }

    /// Whether somebody waits for an answer of the translator of this name.
    pub fn is_busy(&self, name: &str) -> bool {
        let pool = self.find(name).and_then(|(_, staff)| staff.pool.get());
        pool.is_some_and(Pool::is_busy)
    }

    /// What answers depend on beside the request: kind, model, temperature; no address, no key. Part of the recipe.
    pub fn identity(&self, name: &str) -> Option<String> {
        self.find(name).map(|(spec, _)| spec.identity())
    }

    /// The rung on which the translator of this name answered, was told to, or answered an earlier process: what is
    /// worth remembering. `None` where that is not known, or it has no rungs.
    pub fn rung(&self, name: &str) -> Option<Rung> {
        self.find(name).and_then(|(_, staff)| staff.habits.rung())
    }

    /// Begins at a rung that an earlier process found out; one that is configured counts more.
    pub fn set_rung(&self, name: &str, rung: Rung) {
        if let Some((spec, staff)) = self.find(name)
            && matches!(spec.kind, TranslatorKind::OpenAi { rung: None, .. })
        {
            staff.habits.set_rung(rung);
        }
    }

    /// Sends a request to the translator of this name. It waits its turn; once `cancel` is set, or what is returned is
    /// dropped, nobody computes for it. A translator that cannot even be addressed is [`Trouble::Away`].
    ///
    /// # Errors
    /// Where there is none of this name.
    pub fn ask(&self, name: &str, request: &Request, cancel: &Cancel) -> Result<Pending, Fault> {
        let (spec, staff) = self
            .find(name)
            .ok_or_else(|| Fault::bug(format!("there is no translator `{name}`")))?;
        let pool = staff.pool.get_or_init(|| self.pool_for(spec, &staff.habits));
        Ok(pool.ask(request, cancel))
    }

    fn find(&self, name: &str) -> Option<(&TranslatorSpec, &Staff)> {
        self.specs.iter().zip(&self.staff).find(|(spec, _)| spec.name == name)
    }

    fn pool_for(&self, spec: &TranslatorSpec, habits: &Arc<Habits>) -> Pool {
        let made: Result<pool::Make, Fault> = match &spec.kind {
            TranslatorKind::Ollama { .. } => ollama::Ollama::new(spec, &self.pause).map(shared),
            TranslatorKind::OpenAi { .. } => {
                openai::OpenAi::new(spec, &self.pause, habits).map(shared)
            }
            TranslatorKind::Local { weights, context, threads, .. } => {
                let launcher = self.launcher.clone().map_or_else(Launcher::own, Ok);
                launcher.map(|launcher| {
                    let launcher = Launcher { answer_max: spec.silence_max, ..launcher };
                    let (weights, context, threads) = (weights.clone(), *context, *threads);
                    let make = move || -> Box<dyn Chat> {
                        Box::new(local::Local::new(launcher.clone(), &weights, context, threads))
                    };
                    Box::new(make) as pool::Make
                })
            }
        };
        Pool::new(spec, made, self.idle_unload)
    }
}

/// All threads of a pool ask through one.
fn shared<T>(server: T) -> pool::Make
where
    T: Send + Sync + 'static,
    Arc<T>: Chat,
{
    let server = Arc::new(server);
    Box::new(move || Box::new(Arc::clone(&server)))
}

impl TranslatorSpec {
    /// As [`Translators::is_at_home`].
    pub fn is_at_home(&self) -> bool {
        match &self.kind {
            TranslatorKind::Ollama { url, .. } | TranslatorKind::OpenAi { url, .. } => at_home(url),
            TranslatorKind::Local { .. } => true,
        }
    }

    /// As [`Translators::identity`].
    pub fn identity(&self) -> String {
        // An empty model stands for whatever the server has: asking it would make a recipe depend on the network.
        let (kind, model, how) = match &self.kind {
            TranslatorKind::Ollama { model, think, .. } => {
                ("ollama", model, if *think { " thinking" } else { "" })
            }
            TranslatorKind::OpenAi { model, .. } => ("openai", model, ""),
            TranslatorKind::Local { identity, .. } => ("local", identity, ""),
        };
        format!("{kind} {model} t{}{how}", self.temperature)
    }
}

/// The models that a translator could use: what its server has, or the one file it is.
///
/// # Errors
/// Where the server does not answer, or refuses.
pub fn models(spec: &TranslatorSpec) -> Result<Vec<String>, Fault> {
    match &spec.kind {
        TranslatorKind::Ollama { url, .. } => {
            Ok(ollama::models(url)?.into_iter().map(|it| it.name).collect())
        }
        TranslatorKind::OpenAi { .. } => openai::models(spec),
        TranslatorKind::Local { identity, .. } => Ok(vec![identity.clone()]),
    }
}
