//! The shape of `[translate]`, `[[translator]]` and `[metadata]`: every key, its default and its range; and what the
//! variables `OLLAMA_BASE_URL`, `OPENAI_BASE_URL` and their kin stand for.

use super::Env;
use super::raw::{filled, whole};
use super::raw_service::absolute;
use super::span::{HOUR, MINUTE, SECOND, Span};
use super::translate::{Key, Metadata, Setting, Translate, TranslatorSetting, checked_key};
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::translate::cut::CutLimits;
use crate::engines::llm::{Rung, Secret};
use crate::engines::server_url::ServerUrl;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::path::PathBuf;
use std::time::Duration;

/// More translators than anybody has.
const TRANSLATORS_MAX: usize = 20;
const NAME_CHARS_MAX: usize = 40;
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
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawTranslate {
    pub(super) translators: Vec<String>,
    #[serde(deserialize_with = "whole::<_, _, 1, 100>")]
    batch_lines: u16,
    #[serde(deserialize_with = "whole::<_, _, 100, 20_000>")]
    batch_chars: u16,
    #[serde(deserialize_with = "whole::<_, _, 0, 50>")]
    history_lines: u16,
    scene_gap: Span<SECOND, { 10 * MINUTE }>,
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTranslator {
    #[serde(deserialize_with = "name")]
    name: String,
    kind: Kind,
    #[serde(default, deserialize_with = "some_server")]
    url: Option<ServerUrl>,
    #[serde(default, deserialize_with = "some_filled")]
    model: Option<String>,
    #[serde(default, deserialize_with = "some_key")]
    key: Option<Secret>,
    key_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "some_variable")]
    key_env: Option<String>,
    #[serde(default, deserialize_with = "some_whole::<_, _, 512, 1_048_576>")]
    num_ctx: Option<u32>,
    think: Option<bool>,
    #[serde(default, deserialize_with = "some_whole::<_, _, 1, 64>")]
    parallel: Option<u16>,
    silence_max: Option<Span<{ 10 * SECOND }, HOUR>>,
    #[serde(default, deserialize_with = "some_temperature")]
    temperature: Option<f32>,
    answers: Option<Answers>,
    #[serde(default, deserialize_with = "some_whole::<_, _, 0, 256>")]
    threads: Option<u16>,
}

/// What a translator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
            ServerUrl::parse(&text).map(Some).map_err(|why| mistake(name, &why))
        };
        let key = |name: &str| {
            let Some(text) = word(name)? else { return Ok(None) };
            checked_key(&text).map(Some).map_err(|why| mistake(name, &why))
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
        let whose = format!("translator `{}`", self.name);
        let named = key(
            &whose,
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
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawMetadata {
    #[serde(deserialize_with = "some_key")]
    tmdb_key: Option<Secret>,
    tmdb_key_file: Option<PathBuf>,
    #[serde(deserialize_with = "some_variable")]
    tmdb_key_env: Option<String>,
    #[serde(deserialize_with = "some_server")]
    tmdb_url: Option<ServerUrl>,
    bangumi: bool,
    #[serde(deserialize_with = "some_server")]
    bangumi_url: Option<ServerUrl>,
}

impl RawMetadata {
    pub(super) fn checked(self, env: &Env) -> Result<Metadata, Fault> {
        let (file, variable) = (self.tmdb_key_file.as_ref(), self.tmdb_key_env.as_ref());
        let here = self.tmdb_key.as_ref();
        let tmdb_key = key("metadata: tmdb", here, file, variable, env)?;
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

/// Where a key is: in at most one place.
pub(super) fn key(
    whose: &str,
    here: Option<&Secret>,
    file: Option<&PathBuf>,
    variable: Option<&String>,
    env: &Env,
) -> Result<Key, Fault> {
    match (here, file, variable) {
        (None, None, None) => Ok(Key::None),
        (Some(secret), None, None) => Ok(Key::Is(secret.clone())),
        (None, Some(path), None) => {
            absolute(&format!("{whose}: key_file"), path.clone()).map(Key::File)
        }
        (None, None, Some(name)) => {
            let value = env.get(name).map(|it| it.to_string_lossy().into_owned());
            Ok(Key::Env { variable: name.clone(), value: Secret(value) })
        }
        (_, _, _) => {
            let what = format!("{whose} has its key in more than one place");
            Err(Fault::operator(what, "keep one of key_file, key_env and key"))
        }
    }
}

/// A mistake in a variable, whose value is not repeated.
pub(super) fn mistake(variable: &str, why: &str) -> Fault {
    let (what, remedy) = why.rsplit_once("; ").unwrap_or((why, "correct it"));
    Fault::operator(format!("{variable}: {what}"), remedy)
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    let fine = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'_' | b'-');
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.bytes().all(fine) {
        let told = format!(
            "`{}` is no name of a translator; write up to {NAME_CHARS_MAX} small letters, digits, `-` and `_`",
            text::clip(&name, NAME_CHARS_MAX)
        );
        return Err(D::Error::custom(told));
    }
    Ok(name)
}

pub(super) fn some_server<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<ServerUrl>, D::Error> {
    let text = String::deserialize(from)?;
    ServerUrl::parse(&text).map(Some).map_err(D::Error::custom)
}

fn some_filled<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    filled(from).map(Some)
}

pub(super) fn some_key<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    // What stands here may be a key, whatever its type: it is not repeated.
    let text = String::deserialize(from).map_err(|_| D::Error::custom("a text is expected"))?;
    checked_key(&text).map(Some).map_err(D::Error::custom)
}

pub(super) fn some_variable<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    let fine = |it: u8| it.is_ascii_alphanumeric() || it == b'_';
    // A key that was written here in the place of a variable's name is not repeated.
    if text.is_empty() || !text.bytes().all(fine) {
        let told = "it is no name of a variable; write one like `DEEPSEEK_API_KEY`";
        return Err(D::Error::custom(told));
    }
    Ok(Some(text))
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
