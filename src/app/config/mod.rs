//! The configuration: defaults, `kinora.toml`, changed settings, environment, flags; each beats the one before.

mod jellyfin;
mod keep;
mod keys;
mod filed;
mod layers;
mod mistakes;
mod names;
mod raw;
mod raw_jellyfin;
mod raw_hooks;
mod raw_keep;
mod raw_keys;
mod raw_library;
mod raw_paths;
mod raw_service;
mod raw_translate;
mod schema;
mod service;
mod settings;
mod shapes;
mod show;
mod span;
mod template;
#[cfg(test)]
mod tests;
mod translate;
mod verdict;

pub use jellyfin::{JellyfinSetting, YieldTo};
pub use keep::{Backup, Check, LogFormat, Notable, NotifyKind, NotifySetting};
pub use keys::{Traced, trace};
pub use layers::Origin;
pub(in crate::app) use names::{Names, check_names};
pub use schema::schema;
pub use service::{Gpus, Http, Lanes, Library, Retry, Serve};
pub use settings::{AT_ONCE, Change, LISTS_AT_ONCE, SETTINGS_FILE, change};
pub use template::template;
pub use translate::{
    Key, LocalModel, Metadata, Setting, Translate, TranslatorSetting, translator_spec,
    translator_specs,
};
pub use verdict::verdict;

use crate::base::text;
use crate::domain::cue::CueLimits;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::label::Ver;
use crate::domain::jellyfin::paths::PathMap;
use crate::domain::lang::Lang;
use crate::domain::name::Naming;
use crate::domain::order::{Bilingual, ExistingRules, SubtitleMode};
use crate::domain::subtitle::Format;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SYSTEM_FILE: &str = "/etc/kinora/kinora.toml";

/// The configuration, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file it was read from, if there is one.
    pub source: Option<PathBuf>,
    /// Where Kinora keeps what it remembers, and models.
    pub data_dir: PathBuf,
    /// Languages wanted; empty for the spoken one.
    pub to: Vec<Lang>,
    /// What existing subtitles count for: `subtitle_mode`, `ignore_existing_subtitles`, `reuse_good_percent`,
    /// `remake_on_change`.
    pub existing: ExistingRules,
    /// `[listen]`.
    pub listen: Listen,
    /// `[cue]`.
    pub cue: CueLimits,
    /// `[output]`.
    pub output: Output,
    /// A file with both languages, beside that of the translation: `bilingual` and `bilingual_order` of `[output]`.
    pub bilingual: Option<Bilingual>,
    /// `[translate]`.
    pub translate: Translate,
    /// `[[translator]]`, then those that environment variables stand for, then the local one; their names are unique.
    pub translators: Vec<TranslatorSetting>,
    /// `[metadata]`.
    pub metadata: Metadata,
    /// `[jellyfin]`, where there is one.
    pub jellyfin: Option<JellyfinSetting>,
    /// `[http]`.
    pub http: Http,
    /// `[webhooks]`: where programs other than Jellyfin see our files.
    pub webhook_paths: PathMap,
    /// `[[library]]`; their names are unique, and none lies inside of another.
    pub libraries: Vec<Library>,
    /// `[lanes]`.
    pub lanes: Lanes,
    /// `[retry]`.
    pub retry: Retry,
    /// `[serve]`.
    pub serve: Serve,
    /// `[backup]`.
    pub backup: Backup,
    /// `[check]`.
    pub check: Check,
    /// `[[notify]]`; their names are unique.
    pub notify: Vec<NotifySetting>,
}

/// How to listen.
#[derive(Clone, Debug, PartialEq)]
pub struct Listen {
    /// Name of a model, or a path.
    pub model: String,
    /// Threads for listening; 0 for as many as fit the machine.
    pub threads: u16,
    /// The spoken language; `None` to find it out.
    pub from: Option<Lang>,
    /// Audio tracks in these languages are preferred, the first most.
    pub prefer_langs: Vec<Lang>,
    /// Beam width; 1 is greedy.
    pub beam: u8,
    /// After so many failures of listening a file waits for a person, and scans leave it alone.
    pub asr_max_failures: u8,
    /// The wait after listening failed.
    pub asr_fail_cooldown: Duration,
    /// A file that is given up is told loudly.
    pub asr_fail_alert: bool,
    /// Weights that were not used for so long give their memory back.
    pub idle_unload: Duration,
}

/// What to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// How files are named.
    pub naming: Naming,
    /// A word in every name, such as `AI`.
    pub label: Option<String>,
    /// The oldest Jellyfin that must show the files rightly.
    pub jellyfin: Ver,
    /// Subtitle formats, at least one.
    pub formats: Vec<Format>,
    /// Also write the transcript as JSON, with words and times.
    pub json: bool,
}

/// What the command line asks for; beats environment and file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// See [`Config::data_dir`]; may be relative.
    pub data_dir: Option<PathBuf>,
    /// See [`Listen::model`].
    pub model: Option<String>,
    /// See [`Listen::threads`].
    pub threads: Option<u16>,
    /// See [`Config::to`].
    pub to: Option<Vec<Lang>>,
    /// See [`Listen::from`]; `Some(None)` finds it out.
    pub from: Option<Option<Lang>>,
    /// See [`Output::formats`].
    pub formats: Option<Vec<Format>>,
    /// See [`Output::json`].
    pub json: Option<bool>,
    /// See [`Translate::chain`]; empty to translate nothing.
    pub translators: Option<Vec<String>>,
    /// Whether there is [`Config::bilingual`].
    pub bilingual: Option<bool>,
    /// See [`ExistingRules::mode`].
    pub subtitle_mode: Option<SubtitleMode>,
    /// See [`ExistingRules::work_anyway`].
    pub ignore_existing: Option<bool>,
}

/// The environment, as far as it is asked.
pub(crate) type Env = BTreeMap<String, OsString>;

/// Reads the configuration from `file`, or from the first file there is of `$KINORA_CONFIG`, `/etc/kinora/kinora.toml`
/// and `~/.config/kinora/kinora.toml`, and lays changed settings, environment and flags over it.
///
/// # Errors
/// Where a named file is missing, or anything in file or environment is wrong; says where and what is near.
pub fn load(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (OsString, OsString)>,
    overrides: Overrides,
) -> Result<Config, Fault> {
    let env = env_of(env)?;
    build(&read_layers(file, &env, &overrides)?, &env, overrides)
}

/// What holds where nobody says anything. The environment tells where data lies, and nothing else.
///
/// # Errors
/// Where there is no place for data.
pub fn defaults(env: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Config, Fault> {
    let mut env = env_of(env)?;
    env.retain(|name, _| ["HOME", "XDG_DATA_HOME", "STATE_DIRECTORY"].contains(&name.as_str()));
    build(&Layers::default(), &env, Overrides::default())
}

fn env_of(env: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Env, Fault> {
    let env = env
        .into_iter()
        // An empty variable counts as none: Docker Compose passes those on for what is not set.
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .collect();
    filed::read(env)
}

/// What is read of disks.
#[derive(Clone, Debug, Default)]
struct Layers {
    /// `kinora.toml`, where there is one.
    file: Option<PathBuf>,
    /// What is in it.
    base: toml::Table,
    /// Its text.
    text: String,
    /// Where the settings that were changed since lie.
    settings: PathBuf,
    /// What is in there.
    changed: toml::Table,
    /// Its text; empty where it is not written yet.
    changed_text: String,
}

fn read_layers(file: Option<&Path>, env: &Env, flags: &Overrides) -> Result<Layers, Fault> {
    let file = find_file(file, env, Path::new(SYSTEM_FILE))?;
    let read = file.as_deref().map(layers::read_file).transpose()?.unwrap_or_default();
    let (base, text) = (read.table, read.text);
    // Settings say nothing of the data folder.
    let mut seen = base.clone();
    layers::of_env(env)?.into_iter().for_each(|it| layers::lay_over(&mut seen, it.table));
    let raw = layers::typed(seen)?;
    let data_dir = data_dir(flags.data_dir.clone(), raw.data_dir, env, is_root())?;
    let settings = data_dir.join(SETTINGS_FILE);
    let read = layers::read_settings(&settings)?;
    Ok(Layers { file, base, text, settings, changed: read.table, changed_text: read.text })
}

/// The configuration of these layers, environment and flags over them.
fn build(layers: &Layers, env: &Env, flags: Overrides) -> Result<Config, Fault> {
    let mut table = toml::Table::new();
    for layer in layers.stack(env)? {
        layers::lay_over(&mut table, layer.table);
    }
    let config = finish(layers::typed(table)?, layers.file.clone(), env, flags, is_root());
    config.map_err(|fault| mistakes::located(fault, layers, env))
}

/// Which file is read: a named one must be there, the others may.
fn find_file(named: Option<&Path>, env: &Env, system: &Path) -> Result<Option<PathBuf>, Fault> {
    let from_env = env.get("KINORA_CONFIG").map(PathBuf::from);
    if let Some(path) = named.map(Path::to_owned).or(from_env) {
        if path.exists() {
            return Ok(Some(path));
        }
        let what = format!("there is no configuration file {}", text::show_path(&path));
        return Err(Fault::operator(what, "check --config and KINORA_CONFIG"));
    }
    let home = env.get("HOME").map(|it| Path::new(it).join(".config"));
    let users = env.get("XDG_CONFIG_HOME").map(PathBuf::from).or(home);
    let places = [Some(system.to_owned()), users.map(|it| it.join("kinora/kinora.toml"))];
    Ok(places.into_iter().flatten().find(|it| it.exists()))
}

fn finish(
    raw: raw::Raw,
    source: Option<PathBuf>,
    env: &Env,
    flags: Overrides,
    root: bool,
) -> Result<Config, Fault> {
    let data_dir = data_dir(flags.data_dir, raw.data_dir, env, root)?;
    let (listen, output) = (raw.listen, raw.output);
    let cue = raw.cue.limits();
    check_cue(&cue)?;
    let formats = once(flags.formats.unwrap_or(output.formats));
    if formats.is_empty() {
        return Err(Fault::operator("output.formats is empty", "name srt, vtt or ass"));
    }
    let lanes = raw.lanes.checked()?;
    let translators = raw_translate::translators(raw.translator, env, lanes.net_workers)?;
    let chain = chain(&raw.translate.translators, flags.translators.as_deref(), &translators)?;
    let bilingual = flags.bilingual.unwrap_or(output.bilingual).then_some(output.bilingual_order);
    let mut config = Config {
        source,
        http: raw.http.checked(&data_dir)?,
        webhook_paths: raw.webhooks.checked()?,
        libraries: Vec::new(),
        bilingual,
        translate: raw.translate.with_chain(chain),
        translators,
        metadata: raw.metadata.checked(env)?,
        jellyfin: raw.jellyfin.checked(env)?,
        retry: raw.retry.checked(lanes.answer_max)?,
        serve: raw.serve.checked()?,
        backup: raw.backup.checked(&data_dir)?,
        check: raw.check.checked(),
        notify: raw_keep::notify(raw.notify, env)?,
        lanes,
        data_dir,
        to: flags.to.unwrap_or(raw.to),
        existing: ExistingRules {
            mode: flags.subtitle_mode.unwrap_or(raw.subtitle_mode),
            work_anyway: flags.ignore_existing.unwrap_or(raw.ignore_existing_subtitles),
            good_percent: raw.reuse_good_percent,
            keep_ours: !raw.remake_on_change,
        },
        listen: Listen {
            model: flags.model.unwrap_or(listen.model),
            threads: flags.threads.unwrap_or(listen.threads),
            from: flags.from.unwrap_or(listen.from.0),
            prefer_langs: listen.prefer_langs,
            beam: listen.beam,
            asr_max_failures: listen.asr_max_failures,
            asr_fail_cooldown: listen.asr_fail_cooldown.duration(),
            asr_fail_alert: listen.asr_fail_alert,
            idle_unload: listen.idle_unload.duration(),
        },
        cue,
        output: Output {
            naming: output.naming,
            label: output.label,
            jellyfin: output.jellyfin,
            formats,
            json: flags.json.unwrap_or(output.json),
        },
    };
    config.libraries = raw_library::libraries(raw.library, &config, output.bilingual_order)?;
    check_names(&config, config.output.jellyfin)?;
    Ok(config)
}

/// Who translates: what flags name, or what the file does; both must be there.
fn chain(
    file: &[String],
    flag: Option<&[String]>,
    all: &[TranslatorSetting],
) -> Result<Vec<String>, Fault> {
    let of_file = raw_translate::chain(file, all, "translate.translators")?;
    match flag {
        None => Ok(of_file),
        Some([]) => Ok(Vec::new()),
        Some(names) => raw_translate::chain(names, all, "--translator"),
    }
}

/// Each once, in the order of their first places.
fn once(mut formats: Vec<Format>) -> Vec<Format> {
    let mut seen = Vec::new();
    formats.retain(|it| {
        let is_new = !seen.contains(it);
        seen.push(*it);
        is_new
    });
    formats
}

/// Limits that contradict each other.
fn check_cue(cue: &CueLimits) -> Result<(), Fault> {
    let wrong = |what: &str| Err(Fault::operator(what, "set one of the two in [cue]"));
    if cue.cps_target > cue.cps_max {
        return wrong("cue.cps_target is above cue.cps_max");
    }
    if cue.duration_min > cue.duration_max {
        return wrong("cue.duration_min is above cue.duration_max");
    }
    Ok(())
}

fn data_dir(
    flag: Option<PathBuf>,
    file: Option<PathBuf>,
    env: &Env,
    root: bool,
) -> Result<PathBuf, Fault> {
    match (flag, file) {
        (Some(path), _) => std::path::absolute(&path)
            .map_err(|err| Fault::operator(format!("data_dir is unusable ({err})"), "name one")),
        (None, Some(path)) if path.is_absolute() => Ok(path),
        (None, Some(path)) => {
            let what = format!("data_dir `{}` is no absolute path", text::show_path(&path));
            Err(Fault::operator(what, "start it with /"))
        }
        (None, None) => default_data_dir(env, root).map(|it| it.0),
    }
}

/// Where data lies where nobody says so, and the variable that tells, where one does.
fn default_data_dir(env: &Env, root: bool) -> Result<(PathBuf, Option<&'static str>), Fault> {
    // Systemd lists several folders with a colon; the first one is ours.
    let state = env.get("STATE_DIRECTORY").and_then(|it| {
        let first = it.as_bytes().split(|byte| *byte == b':').next()?;
        Some(PathBuf::from(std::ffi::OsStr::from_bytes(first)))
    });
    if let Some(path) = state {
        return Ok((path, Some("STATE_DIRECTORY")));
    }
    if root {
        return Ok((PathBuf::from("/var/lib/kinora"), None));
    }
    let share = env.get("XDG_DATA_HOME").map(PathBuf::from).filter(|it| it.is_absolute());
    let share = share.map(|it| (it, Some("XDG_DATA_HOME")));
    let home = || Some((Path::new(env.get("HOME")?).join(".local/share"), None));
    share.or_else(home).map(|(it, variable)| (it.join("kinora"), variable)).ok_or_else(|| {
        let remedy = "set data_dir in kinora.toml or KINORA__DATA_DIR";
        Fault::operator("there is no home folder to keep data in", remedy)
    })
}

/// True for the superuser: `/proc/self` belongs to the user we run as.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}
