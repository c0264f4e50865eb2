//! Who translates, and how; where names of characters come from. Checked; keys are read when they are needed.

use super::Config;
use crate::app::work;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::translate::cut::CutLimits;
use crate::engines::llm::{Rung, Secret, TranslatorKind, TranslatorSpec};
use crate::engines::metadata::Sources;
use crate::engines::server_url::at_home;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A key is no longer than this.
const KEY_BYTES_MAX: u64 = 4096;

/// `[translate]`: how lines are translated.
#[derive(Clone, Debug, PartialEq)]
pub struct Translate {
    /// Names of translators, tried in this order; each is in [`Config::translators`]. Empty for none.
    pub chain: Vec<String>,
    /// How lines are grouped.
    pub cut: CutLimits,
    /// Pairs before a batch that go with it as context.
    pub history_lines: u16,
    /// A model is asked once a work what it is about, and which terms it has.
    pub infer_terms: bool,
}

/// `[[translator]]`: who translates, as it is configured.
#[derive(Clone, Debug, PartialEq)]
pub struct TranslatorSetting {
    /// What its owner calls it.
    pub name: String,
    /// What it is.
    pub kind: Setting,
    /// Requests on their way at the same time.
    pub parallel: u16,
    /// The longest silence of a server, and of the local model.
    pub silence_max: Duration,
    /// 0 is the likeliest word always.
    pub temperature: f32,
}

impl TranslatorSetting {
    /// What it is asked stays in the owner's own network.
    pub fn at_home(&self) -> bool {
        match &self.kind {
            Setting::Ollama { url, .. } | Setting::OpenAi { url, .. } => at_home(url),
            Setting::Local { .. } => true,
        }
    }
}

/// What a translator is, as it is configured.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
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
        /// Where its key is.
        key: Key,
        /// How answers are constrained; `None` to find out.
        rung: Option<Rung>,
    },
    /// A GGUF model in a child of this program.
    Local {
        /// Name of the model or a path; `None` for one that is installed.
        model: Option<String>,
        /// Context length, tokens.
        context: u32,
        /// Threads to compute with; 0 for as many as fit the machine.
        threads: u16,
    },
}

/// Where a key is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// None is needed.
    #[default]
    None,
    /// In the configuration itself.
    Is(Secret),
    /// In a file, read when it is needed.
    File(PathBuf),
    /// In a variable of the environment.
    Env {
        /// Its name.
        variable: String,
        /// What it held at the start; none where it was not set.
        value: Secret,
    },
}

/// `[metadata]`: where names of characters are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The key for TheMovieDB, which is asked where there is one.
    pub tmdb_key: Key,
    /// TheMovieDB's address, or that of a mirror.
    pub tmdb_url: String,
    /// Bangumi is asked.
    pub bangumi: bool,
    /// Bangumi's address, or that of a mirror.
    pub bangumi_url: String,
}

impl Metadata {
    /// Who is asked, keys read.
    ///
    /// # Errors
    /// Where the key cannot be read.
    pub fn sources(&self) -> Result<Sources, Fault> {
        let tmdb = match &self.tmdb_key {
            Key::None => None,
            key @ (Key::Is(_) | Key::File(_) | Key::Env { .. }) => {
                Some((self.tmdb_url.clone(), key.read()?))
            }
        };
        Ok(Sources { tmdb, bangumi: self.bangumi.then(|| self.bangumi_url.clone()) })
    }
}

/// Weights for translating that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalModel {
    /// The weights.
    pub weights: PathBuf,
    /// Equal identities mean equal weights.
    pub identity: String,
}

impl Key {
    /// The key itself.
    ///
    /// # Errors
    /// Where the file cannot be read or holds no key, or the variable is not set; the key is in no error.
    pub fn read(&self) -> Result<Secret, Fault> {
        match self {
            Key::None => Ok(Secret(None)),
            Key::Is(secret) => Ok(secret.clone()),
            Key::File(path) => read_file(path),
            Key::Env { variable, value: Secret(None) } => {
                let what = format!("the variable {variable}, which is to hold a key, is not set");
                Err(Fault::operator(what, "set it, or name a key_file"))
            }
            Key::Env { variable, value: Secret(Some(key)) } => checked_key(key)
                .map_err(|why| Fault::operator(format!("{variable}: {why}"), "set it anew")),
        }
    }
}

fn read_file(path: &Path) -> Result<Secret, Fault> {
    let shown = text::show_path(path);
    let mut content = String::new();
    let read = std::fs::File::open(path)
        .and_then(|it| it.take(KEY_BYTES_MAX + 1).read_to_string(&mut content));
    read.map_err(|err| {
        let what = format!("the key file {shown} cannot be read ({err})");
        Fault::operator(what, "check its path, and that the user Kinora runs as may read it")
    })?;
    checked_key(&content).map_err(|why| {
        let remedy = "write the key alone into it, on one line";
        Fault::operator(format!("the key file {shown} is no key: {why}"), remedy)
    })
}

/// A key as it goes into a request: without the white space around it.
///
/// # Errors
/// What is wrong with it; nothing of the key.
pub(super) fn checked_key(text: &str) -> Result<Secret, String> {
    let key = text.trim_start_matches('\u{FEFF}').trim();
    if key.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() as u64 > KEY_BYTES_MAX {
        return Err(format!("it is longer than {KEY_BYTES_MAX} bytes"));
    }
    if !key.bytes().all(|it| it.is_ascii_graphic()) {
        return Err("it has spaces, line breaks or letters that no key has".to_owned());
    }
    Ok(Secret(Some(key.to_owned())))
}

/// The translators of the configuration as engines take them, keys read. `local` finds the weights of this name, or
/// those that are installed where no name is given: `None` leaves the translator out, so chains may name one that is
/// not here.
///
/// # Errors
/// Where a key cannot be read, and those of `local`.
pub fn translator_specs(
    config: &Config,
    mut local: impl FnMut(Option<&str>) -> Result<Option<LocalModel>, Fault>,
) -> Result<Vec<TranslatorSpec>, Fault> {
    let specs = config.translators.iter().map(|it| translator_spec(config, it, &mut local));
    specs.filter_map(Result::transpose).collect()
}

/// One of them; `None` where `local` finds nothing for it.
///
/// # Errors
/// As [`translator_specs`].
pub fn translator_spec(
    config: &Config,
    setting: &TranslatorSetting,
    local: &mut impl FnMut(Option<&str>) -> Result<Option<LocalModel>, Fault>,
) -> Result<Option<TranslatorSpec>, Fault> {
    let of_it = |fault| of_translator(&setting.name, fault);
    let kind = match &setting.kind {
        Setting::Ollama { url, model, num_ctx, think } => TranslatorKind::Ollama {
            url: url.clone(),
            model: model.clone(),
            num_ctx: *num_ctx,
            think: *think,
        },
        Setting::OpenAi { url, model, key, rung } => TranslatorKind::OpenAi {
            url: url.clone(),
            model: model.clone(),
            key: key.read().map_err(of_it)?,
            rung: *rung,
        },
        Setting::Local { model, context, threads } => {
            let Some(found) = local(model.as_deref()).map_err(of_it)? else { return Ok(None) };
            let fitting = || u16::try_from(work::threads(config)).unwrap_or(u16::MAX);
            let threads = Some(*threads).filter(|it| *it > 0).unwrap_or_else(fitting);
            let LocalModel { weights, identity } = found;
            TranslatorKind::Local { weights, identity, context: *context, threads }
        }
    };
    Ok(Some(TranslatorSpec {
        name: setting.name.clone(),
        kind,
        parallel: setting.parallel,
        silence_max: setting.silence_max,
        temperature: setting.temperature,
    }))
}

fn of_translator(name: &str, fault: Fault) -> Fault {
    Fault { what: format!("translator `{name}`: {}", fault.what), ..fault }
}
