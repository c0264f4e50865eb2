//! The shape of `[translate]`, `[[translator]]` and `[metadata]`: every key, its default and its range; and what the
//! variables `OLLAMA_BASE_URL`, `OPENAI_BASE_URL` and their kin stand for.

use super::layers::shown;
use super::raw::{filled, whole};
use super::raw_keys::{key, mistake, name, some_key, some_server, some_variable};
use super::shapes;
use super::span::{HOUR, MINUTE, SECOND, Span};
use super::translate::{Key, Metadata, Setting, Translate, TranslatorSetting, checked_key};
use super::{Env, filed};
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::translate::cut::CutLimits;
use crate::engines::llm::{Rung, Secret};
use crate::engines::server_url::ServerUrl;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::path::PathBuf;
use std::time::Duration;

/// More translators than anybody has.
const TRANSLATORS_MAX: usize = 20;
/// The translator that is always there, and does its part where a model is installed.
const LOCAL: &str = "local";
const CONTEXT_TOKENS: u32 = 8192;
/// A little freedom: with none at all a model that goes wrong goes wrong the same way again.
const TEMPERATURE: f32 = 0.2;
const HISTORY_LINES: u16 = 8;
const OLLAMA_URL: &str = "http://127.0.0.1:11434";
const TMDB_URL: &str = "https://api.themoviedb.org";
const BANGUMI_URL: &str = "https://api.bgm.tv";

/// `[translate]`; the defaults of grouping are those of [`CutLimits`].
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawTranslate {
    /// Who translates, by name, tried in this order. Empty for all there are, `local` last.
    pub(super) translators: Vec<String>,
    /// Lines that are translated at once, at most.
    #[serde(deserialize_with = "whole::<_, _, 1, 100>")]
    #[schemars(range(min = 1, max = 100))]
    batch_lines: u16,
    /// Characters that are translated at once, at most.
    #[serde(deserialize_with = "whole::<_, _, 100, 20_000>")]
    #[schemars(range(min = 100, max = 20_000))]
    batch_chars: u16,
    /// Lines before these that are shown to the translator.
    #[serde(deserialize_with = "whole::<_, _, 0, 50>")]
    #[schemars(range(min = 0, max = 50))]
    history_lines: u16,
    /// A silence of so long ends a scene; lines of two scenes are not translated at once.
    scene_gap: Span<SECOND, { 10 * MINUTE }>,
    /// Lets the translator find names and terms of a film first, so that they are always called the same.
    infer_terms: bool,
}

impl Default for RawTranslate {
    fn default() -> RawTranslate {
        let cut = CutLimits::default();
        RawTranslate {
            translators: Vec::new(),
            batch_lines: cut.batch_lines,
            batch_chars: cut.batch_chars,
            history_lines: HISTORY_LINES,
            scene_gap: Span(cut.scene_gap),
            infer_terms: false,
        }
    }
}

impl RawTranslate {
    pub(super) fn with_chain(self, chain: Vec<String>) -> Translate {
        Translate {
            chain,
            cut: CutLimits {
                scene_gap: self.scene_gap.0,
                batch_lines: self.batch_lines,
                batch_chars: self.batch_chars,
            },
            history_lines: self.history_lines,
            infer_terms: self.infer_terms,
        }
    }
}

/// `[[translator]]`; keys that its kind does not have are refused.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTranslator {
    /// What it is called: small letters, digits, `-` and `_`.
    #[serde(deserialize_with = "name")]
    #[schemars(schema_with = "shapes::name")]
    name: String,
    /// What it is.
    kind: Kind,
    /// Its address, such as `http://10.0.0.5:11434` or `https://api.example.com/v1`. Not for `local`.
    #[serde(default, deserialize_with = "some_server")]
    #[schemars(schema_with = "shapes::url")]
    url: Option<ServerUrl>,
    /// Name of its model, as the server calls it.
    #[serde(default, deserialize_with = "some_filled")]
    #[schemars(length(min = 1))]
    model: Option<String>,
    /// The server's API key, for `openai` alone. Better in a file: see `key_file`; one of the three is enough.
    #[serde(default, deserialize_with = "some_key")]
    #[schemars(schema_with = "shapes::secret")]
    key: Option<Secret>,
    /// The file with the server's API key.
    #[serde(default)]
    #[schemars(schema_with = "shapes::absolute")]
    key_file: Option<PathBuf>,
    /// The environment variable with the server's API key.
    #[serde(default, deserialize_with = "some_variable")]
    #[schemars(schema_with = "shapes::variable")]
    key_env: Option<String>,
    /// How much text it has in mind at a time, in tokens; for `ollama` and `local`.
    #[serde(default, deserialize_with = "some_whole::<_, _, 512, 1_048_576>")]
    #[schemars(range(min = 512, max = 1_048_576))]
    num_ctx: Option<u32>,
    /// Lets a model of `ollama` think before it answers: slower.
    think: Option<bool>,
    /// How many questions it is asked at a time.
    #[serde(default, deserialize_with = "some_whole::<_, _, 1, 64>")]
    #[schemars(range(min = 1, max = 64))]
    parallel: Option<u16>,
    /// One that says nothing for so long has failed.
    silence_max: Option<Span<{ 10 * SECOND }, HOUR>>,
    /// How freely it translates: 0 always says the same.
    #[serde(default, deserialize_with = "some_temperature")]
    #[schemars(range(min = 0, max = 2))]
    temperature: Option<f32>,
    /// How answers of `openai` are kept in shape.
    answers: Option<Answers>,
    /// Threads of `local`; 0 for as many as fit the machine.
    #[serde(default, deserialize_with = "some_whole::<_, _, 0, 256>")]
    #[schemars(range(min = 0, max = 256))]
    threads: Option<u16>,
}

/// What a translator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Ollama,
    OpenAi,
    Local,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Ollama => "ollama",
            Kind::OpenAi => "openai",
            Kind::Local => LOCAL,
        }
    }
}

/// How answers are constrained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Answers {
    Auto,
    JsonSchema,
    JsonObject,
    Text,
}

impl Answers {
    fn rung(self) -> Option<Rung> {
        match self {
            Answers::Auto => None,
            Answers::JsonSchema => Some(Rung::Schema),
            Answers::JsonObject => Some(Rung::Object),
            Answers::Text => Some(Rung::Text),
        }
    }
}

/// What the environment says of translators: for those that name no address of their own.
#[derive(Debug)]
struct Around<'a> {
    env: &'a Env,
    /// Workers of the lane that asks servers.
    net_workers: usize,
    ollama_url: Option<ServerUrl>,
    ollama_model: Option<String>,
    openai_url: Option<ServerUrl>,
    openai_model: Option<String>,
    openai_key: Option<Secret>,
}

impl<'a> Around<'a> {
    fn of(env: &'a Env, net_workers: usize) -> Result<Around<'a>, Fault> {
        let word = |name: &str| {
            let Some(value) = env.get(name) else { return Ok(None) };
            let value = value.to_str().map(str::trim).filter(|it| !it.is_empty());
            let told = || Fault::operator(format!("{name} is no text"), "write it anew");
            value.map(|it| Some(it.to_owned())).ok_or_else(told)
        };
        let url = |name: &str| {
            let Some(text) = word(name)? else { return Ok(None) };
            let told = |why: String| match why.contains(&text)
                && env.contains_key(&format!("{}{name}", filed::PREFIX))
            {
                true => "it is no web address".to_owned(),
                false => why,
            };
            ServerUrl::parse(&text).map(Some).map_err(|why| mistake(&shown(name, env), &told(why)))
        };
        let key = |name: &str| {
            let Some(text) = word(name)? else { return Ok(None) };
            checked_key(&text).map(Some).map_err(|why| mistake(&shown(name, env), &why))
        };
        Ok(Around {
            env,
            net_workers,
            ollama_url: url("OLLAMA_BASE_URL")?,
            ollama_model: word("OLLAMA_MODEL")?,
            openai_url: url("OPENAI_BASE_URL")?,
            openai_model: word("OPENAI_MODEL")?,
            openai_key: key("OPENAI_API_KEY")?,
        })
    }
}

/// All translators: those of the file in its order, then those the environment stands for, then the local one.
pub(super) fn translators(
    raw: Vec<RawTranslator>,
    env: &Env,
    net_workers: usize,
) -> Result<Vec<TranslatorSetting>, Fault> {
    if raw.len() > TRANSLATORS_MAX {
        let what = format!("{} translators are too many", raw.len());
        return Err(Fault::operator(what, format!("name at most {TRANSLATORS_MAX}")));
    }
    let around = Around::of(env, net_workers)?;
    let has = |kind| raw.iter().any(|it| it.kind == kind);
    // A key alone calls nobody: it may lie in the environment for other programs.
    let more: Vec<Kind> = [
        (Kind::Ollama, around.ollama_url.is_some()),
        (Kind::OpenAi, around.openai_url.is_some()),
        (Kind::Local, true),
    ]
    .into_iter()
    .filter_map(|(kind, called)| (called && !has(kind)).then_some(kind))
    .collect();
    let mut settings: Vec<TranslatorSetting> = Vec::new();
    for translator in raw.into_iter().chain(more.into_iter().map(RawTranslator::of_kind)) {
        let setting = translator.checked(&around)?;
        if settings.iter().any(|it| it.name == setting.name) {
            let what = format!("there are two translators with the name `{}`", setting.name);
            return Err(Fault::operator(what, "give the one in the file another name"));
        }
        settings.push(setting);
    }
    Ok(settings)
}

/// The names of a chain, each once; all there are where it is empty.
pub(super) fn chain(
    names: &[String],
    all: &[TranslatorSetting],
    whose: &str,
) -> Result<Vec<String>, Fault> {
    let known = || all.iter().map(|it| it.name.as_str());
    if names.is_empty() {
        return Ok(known().map(str::to_owned).collect());
    }
    let mut chain: Vec<String> = Vec::new();
    for name in names {
        if !known().any(|it| it == name) {
            let what = format!("{whose} names `{name}`, and there is no such translator");
            return Err(Fault::operator(
                what,
                match text::nearest(name, known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known are {}", known().collect::<Vec<_>>().join(", ")),
                },
            ));
        }
        if !chain.contains(name) {
            chain.push(name.clone());
        }
    }
    Ok(chain)
}

impl RawTranslator {
    /// One that says nothing but what it is, and is called so.
    fn of_kind(kind: Kind) -> RawTranslator {
        RawTranslator {
            name: kind.word().to_owned(),
            kind,
            url: None,
            model: None,
            key: None,
            key_file: None,
            key_env: None,
            num_ctx: None,
            think: None,
            parallel: None,
            silence_max: None,
            temperature: None,
            answers: None,
            threads: None,
        }
    }

    fn checked(self, around: &Around<'_>) -> Result<TranslatorSetting, Fault> {
        self.refuse_strange_keys()?;
        let parallel = match self.kind {
            Kind::Ollama | Kind::Local => 1,
            Kind::OpenAi => u16::try_from(around.net_workers).unwrap_or(u16::MAX),
        };
        Ok(TranslatorSetting {
            name: self.name.clone(),
            parallel: self.parallel.unwrap_or(parallel),
            silence_max: self.silence_max.map_or(Duration::from_secs(5 * 60), |it| it.duration()),
            temperature: self.temperature.unwrap_or(TEMPERATURE),
            kind: self.setting(around)?,
        })
    }

    fn setting(self, around: &Around<'_>) -> Result<Setting, Fault> {
        let context = self.num_ctx.unwrap_or(CONTEXT_TOKENS);
        match self.kind {
            Kind::Ollama => {
                let url = self.url.as_ref().or(around.ollama_url.as_ref());
                Ok(Setting::Ollama {
                    url: url.map_or_else(|| OLLAMA_URL.to_owned(), |it| it.text.clone()),
                    model: self.model.or_else(|| around.ollama_model.clone()).unwrap_or_default(),
                    num_ctx: context,
                    think: self.think.unwrap_or(false),
                })
            }
            Kind::OpenAi => {
                let Some(url) = self.url.as_ref().or(around.openai_url.as_ref()) else {
                    let what = format!("translator `{}` has no url", self.name);
                    return Err(Fault::operator(what, "write one like `http://10.0.0.5:8000/v1`"));
                };
                let key = self.key(around)?;
                if key != Key::None && !url.encrypted && !url.at_home {
                    let what = format!(
                        "translator `{}` would send its key over the internet for all to read",
                        self.name
                    );
                    let remedy = "write https://, or the server's number such as 10.0.0.5";
                    return Err(Fault::operator(what, remedy));
                }
                Ok(Setting::OpenAi {
                    url: url.text.clone(),
                    key,
                    rung: self.answers.and_then(Answers::rung),
                    model: self.model.or_else(|| around.openai_model.clone()).unwrap_or_default(),
                })
            }
            Kind::Local => Ok(Setting::Local {
                model: self.model,
                context,
                threads: self.threads.unwrap_or(0),
            }),
        }
    }

    fn key(&self, around: &Around<'_>) -> Result<Key, Fault> {
        let whose = format!("translator `{}`: ", self.name);
        let named = key(
            &whose,
            "key",
            self.key.as_ref(),
            self.key_file.as_ref(),
            self.key_env.as_ref(),
            around.env,
        )?;
        // The environment's key is for the environment's server and for no other.
        let from_env = around.openai_key.as_ref().filter(|_| self.url.is_none());
        Ok(match (named, from_env) {
            (Key::None, Some(key)) => Key::Is(key.clone()),
            (named, _) => named,
        })
    }

    fn refuse_strange_keys(&self) -> Result<(), Fault> {
        use Kind::{Local, Ollama, OpenAi};
        let has_key = self.key.is_some() || self.key_file.is_some() || self.key_env.is_some();
        let fitting: [(&str, bool, &[Kind]); 6] = [
            ("url", self.url.is_some(), &[Ollama, OpenAi]),
            ("key", has_key, &[OpenAi]),
            ("num_ctx", self.num_ctx.is_some(), &[Ollama, Local]),
            ("think", self.think.is_some(), &[Ollama]),
            ("answers", self.answers.is_some(), &[OpenAi]),
            ("threads", self.threads.is_some(), &[Local]),
        ];
        let strange = fitting.iter().find(|(_, is, kinds)| *is && !kinds.contains(&self.kind));
        if let Some((key, _, _)) = strange {
            let (name, kind) = (&self.name, self.kind.word());
            let what = format!("translator `{name}` has a {key}, which the kind `{kind}` has not");
            return Err(Fault::operator(what, "take it out, or correct its kind"));
        }
        if self.name == LOCAL && self.kind != Local {
            let what = format!("a translator of the kind `{}` is called `local`", self.kind.word());
            return Err(Fault::operator(what, "call it otherwise"));
        }
        Ok(())
    }
}

/// `[metadata]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawMetadata {
    /// A key of TMDB. Better in a file: see `tmdb_key_file`.
    #[serde(deserialize_with = "some_key")]
    #[schemars(schema_with = "shapes::secret")]
    tmdb_key: Option<Secret>,
    /// The file with a key of TMDB. Without a key TMDB is not asked.
    #[schemars(schema_with = "shapes::absolute")]
    tmdb_key_file: Option<PathBuf>,
    /// The environment variable with a key of TMDB.
    #[serde(deserialize_with = "some_variable")]
    #[schemars(schema_with = "shapes::variable")]
    tmdb_key_env: Option<String>,
    /// Where TMDB is.
    #[serde(deserialize_with = "some_server")]
    #[schemars(schema_with = "shapes::url")]
    tmdb_url: Option<ServerUrl>,
    /// Asks Bangumi, for anime.
    bangumi: bool,
    /// Where Bangumi is.
    #[serde(deserialize_with = "some_server")]
    #[schemars(schema_with = "shapes::url")]
    bangumi_url: Option<ServerUrl>,
}

impl RawMetadata {
    pub(super) fn checked(self, env: &Env) -> Result<Metadata, Fault> {
        let (file, variable) = (self.tmdb_key_file.as_ref(), self.tmdb_key_env.as_ref());
        let here = self.tmdb_key.as_ref();
        let tmdb_key = key("metadata.", "tmdb_key", here, file, variable, env)?;
        let open = self.tmdb_url.as_ref().is_some_and(|it| !it.encrypted && !it.at_home);
        if open && tmdb_key != Key::None {
            let what = "metadata.tmdb_url would send the key over the internet for all to read";
            return Err(Fault::operator(what, "write https://"));
        }
        let text = |url: Option<ServerUrl>, usual: &str| {
            url.map_or_else(|| usual.to_owned(), |it| it.text)
        };
        Ok(Metadata {
            tmdb_key,
            tmdb_url: text(self.tmdb_url, TMDB_URL),
            bangumi: self.bangumi,
            bangumi_url: text(self.bangumi_url, BANGUMI_URL),
        })
    }
}

fn some_filled<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    filled(from).map(Some)
}

fn some_whole<'de, D, T, const MIN: i64, const MAX: i64>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    whole::<_, _, MIN, MAX>(from).map(Some)
}

fn some_temperature<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f32>, D::Error> {
    let wrong = || D::Error::custom("a number from 0 to 2 is expected");
    let value = f32::deserialize(from).map_err(|_| wrong())?;
    if (0.0..=2.0).contains(&value) { Ok(Some(value)) } else { Err(wrong()) }
}
