//! File and environment: each checked by itself, so that a mistake is told where it was made, then laid over one
//! another.

use super::mistakes::{self, explained};
use super::raw::Raw;
use super::{Env, Layers, filed};
use crate::base::text;
use crate::domain::fault::Fault;
use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A configuration is no longer than this.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
const PREFIX: &str = "KINORA__";
/// Keys that hold a table. Serde would take a list for one, its values in the order of the keys.
pub(super) const SECTIONS: [&str; 13] = [
    "listen",
    "cue",
    "output",
    "translate",
    "metadata",
    "jellyfin",
    "http",
    "webhooks",
    "lanes",
    "retry",
    "serve",
    "backup",
    "check",
];
/// Keys that hold a list of tables, and such a list.
const LISTS: [(&str, &str); 3] = [
    ("library", "{ name = \"Films\", path = \"/films\" }"),
    ("translator", "{ name = \"nas\", kind = \"ollama\", url = \"http://10.0.0.5:11434\" }"),
    ("notify", "{ name = \"phone\", kind = \"ntfy\", address_file = \"/etc/kinora/ntfy\" }"),
];
/// Variables with one of these in their name may hold a key: their value is not repeated.
const SECRET_WORDS: [&str; 6] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "TRANSLATOR", "NOTIFY"];
/// Variables of other programs' documents, and the key each one stands for.
const ALIASES: [(&str, &[&str], Alias); 11] = [
    ("SUBTITLE_MODE", &["subtitle_mode"], Alias::Plain),
    ("IGNORE_SIMPLIFIED_SUBTITLE", &["ignore_existing_subtitles"], Alias::Switch),
    ("ASR_MIN_DURATION_SECONDS", &["cue", "duration_min"], Alias::Seconds),
    ("ASR_MAX_DURATION_SECONDS", &["cue", "duration_max"], Alias::Seconds),
    ("ASR_FAIL_COOLDOWN_SECONDS", &["listen", "asr_fail_cooldown"], Alias::Seconds),
    ("ASR_MAX_FAILURES", &["listen", "asr_max_failures"], Alias::Plain),
    ("ASR_FAIL_ALERT", &["listen", "asr_fail_alert"], Alias::Switch),
    ("SCAN_INTERVAL", &["serve", "scan_interval"], Alias::Seconds),
    ("TRIGGER_SCAN_FILE", &["serve", "trigger_file"], Alias::Plain),
    ("JELLYFIN_BASE_URL", &["jellyfin", "url"], Alias::Plain),
    ("KINORA_LOG", &["serve", "log"], Alias::Plain),
];

/// Variables that stand for a key where that is not said otherwise, each in its own way.
const OTHERS: [&str; 7] = [
    "KINORA_CONFIG",
    "OLLAMA_BASE_URL",
    "OLLAMA_MODEL",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "OPENAI_API_KEY",
    "JELLYFIN_API_KEY",
];

/// How an alias's value is written.
#[derive(Clone, Copy, Debug)]
enum Alias {
    /// As its key's.
    Plain,
    /// A number without a unit is seconds.
    Seconds,
    /// Yes and no in all the usual words.
    Switch,
}

/// A file that was read: what it says, and its text, which knows the lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) table: Table,
    pub(super) text: String,
}

/// Reads and checks a file.
pub(super) fn read_file(path: &Path) -> Result<Told, Fault> {
    read_text(&text::show_path(path), content(path)?)
}

/// The text of a file.
pub(super) fn content(path: &Path) -> Result<String, Fault> {
    let shown = text::show_path(path);
    let mut content = Vec::new();
    let file = std::fs::File::open(path);
    file.and_then(|it| it.take(FILE_BYTES_MAX + 1).read_to_end(&mut content)).map_err(|err| {
        Fault::operator(
            format!("the configuration {shown} cannot be read ({err})"),
            "check that it is a file and may be read",
        )
    })?;
    if FILE_BYTES_MAX < content.len() as u64 {
        let what = format!("the configuration {shown} is longer than {FILE_BYTES_MAX} bytes");
        return Err(Fault::operator(what, "check that it is the right file"));
    }
    let is_wide = content.starts_with(&[0xFF, 0xFE]) || content.starts_with(&[0xFE, 0xFF]);
    let content = String::from_utf8(content).map_err(|err| {
        let at = err.utf8_error().valid_up_to();
        let line = err.as_bytes()[..at].iter().filter(|it| **it == b'\n').count() + 1;
        let (what, remedy) = match is_wide {
            true => (
                format!("the configuration {shown} is no text in UTF-8 but in UTF-16"),
                "save it as UTF-8, in the editor's \"Save as\"",
            ),
            false => (
                format!("the configuration {shown}, line {line}: it is no text in UTF-8"),
                "write that line anew, and save the file as UTF-8",
            ),
        };
        Fault::operator(what, remedy)
    })?;
    match content.strip_prefix('\u{FEFF}') {
        Some(text) => Ok(text.to_owned()),
        None => Ok(content),
    }
}

/// Reads and checks the settings that were changed, where there are any. A user who may not read them is not the one
/// Kinora runs as.
pub(super) fn read_settings(path: &Path) -> Result<Told, Fault> {
    match std::fs::File::open(path) {
        Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
            Ok(Told::default())
        }
        Ok(_) | Err(_) => read_file(path),
    }
}

/// Checks settings before they are written.
pub(super) fn check_settings(content: &str) -> Result<(), Fault> {
    read_text("the settings", content.to_owned()).map(drop)
}

fn read_text(shown: &str, text: String) -> Result<Told, Fault> {
    if let Some(fault) = mistakes::in_text(shown, &text).into_iter().next() {
        return Err(fault);
    }
    // The table is what the environment is laid over.
    let table = toml::from_str(&text)
        .map_err(|err| Fault::bug(format!("{shown} was read and is not read again ({err})")))?;
    Ok(Told { table, text })
}

fn is_tables(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_table))
}

/// What one place says, and which place that is.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) origin: Origin,
    pub(super) table: Table,
}

/// The place that a value comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    #[default]
    Default,
    /// `kinora.toml`.
    File(PathBuf),
    /// Settings that were changed since.
    Changed(PathBuf),
    /// A variable of the environment.
    Variable(String),
}

impl Layers {
    /// All that says something, each over the one before.
    pub(super) fn stack(&self, env: &Env) -> Result<Vec<Layer>, Fault> {
        let file = self.file.iter().map(|it| (Origin::File(it.clone()), &self.base));
        let changed = [(Origin::Changed(self.settings.clone()), &self.changed)];
        let read = file.chain(changed).map(|(origin, it)| Layer { origin, table: it.clone() });
        Ok(read.chain(of_env(env)?).collect())
    }
}

/// What the environment says: the aliases, and `KINORA__SECTION__KEY` over them.
pub(super) fn of_env(env: &Env) -> Result<Vec<Layer>, Fault> {
    of_variables(env).into_iter().collect()
}

/// The same, each variable by itself.
pub(super) fn of_variables(env: &Env) -> Vec<Result<Layer, Fault>> {
    let layer = |name: &str, keys: &[String], value: &OsStr| {
        let shown = shown(name, env);
        let origin = Origin::Variable(shown.clone());
        from_variable(&shown, keys, value).map(|table| Layer { origin, table })
    };
    let mut layers = Vec::new();
    for (name, keys, alias) in ALIASES {
        let Some(value) = env.get(name) else { continue };
        let keys: Vec<String> = keys.iter().map(|it| (*it).to_owned()).collect();
        layers.push(layer(name, &keys, &alias.value(value)));
    }
    for (name, value) in env {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let keys: Vec<String> = rest.split("__").map(str::to_lowercase).collect();
        layers.push(layer(name, &keys, value));
    }
    layers
}

/// A variable as its owner called it: one whose value stands in a file by the name that says so.
pub(super) fn shown(name: &str, env: &Env) -> String {
    let filed = format!("{}{name}", filed::PREFIX);
    if env.contains_key(&filed) { filed } else { name.to_owned() }
}

/// True for variables that mean something to Kinora.
pub(super) fn is_ours(name: &str) -> bool {
    let is_alias = ALIASES.iter().any(|it| it.0 == name);
    name.starts_with(PREFIX) || is_alias || OTHERS.contains(&name)
}

/// The variable of the environment that says what a key is, where one does.
pub(super) fn variable_of(key: &[&str], env: &Env) -> Option<String> {
    let named = format!("{PREFIX}{}", key.join("__").to_uppercase());
    let alias = ALIASES.iter().find(|(name, of, _)| *of == key && env.contains_key(*name));
    // A variable may also stand for a key below this one.
    let own = env.keys().find(|it| {
        let below = it.strip_prefix(&named);
        below.is_some_and(|it| it.is_empty() || it.starts_with("__"))
    });
    own.map(String::as_str).or(alias.map(|it| it.0)).map(|it| shown(it, env))
}

impl Alias {
    /// The value as its key takes it.
    fn value(self, value: &OsStr) -> OsString {
        let text = value.to_str().map(str::trim).unwrap_or_default();
        let is_digit = |it: u8| it.is_ascii_digit() || it == b'.';
        let is_number = !text.is_empty() && text.bytes().all(is_digit);
        match (self, text.to_lowercase().as_str()) {
            (Alias::Seconds, number) if is_number => format!("{number}s").into(),
            (Alias::Switch, "1" | "true" | "yes" | "on") => "true".into(),
            (Alias::Switch, "0" | "false" | "no" | "off") => "false".into(),
            (Alias::Plain | Alias::Seconds | Alias::Switch, _) => value.to_owned(),
        }
    }
}

/// Reads a variable's value as what its key takes: text, a TOML value, or a list with commas.
fn from_variable(name: &str, keys: &[String], value: &OsStr) -> Result<Table, Fault> {
    let Some(value) = value.to_str() else {
        return Err(Fault::operator(format!("{name} is no UTF-8"), "write it anew"));
    };
    if let [key] = keys
        && SECTIONS.contains(&key.as_str())
    {
        let remedy = format!("write {name}__KEY for one of its keys");
        return Err(Fault::operator(format!("{name} names a section"), remedy));
    }
    let list = value.split(',').map(str::trim).filter(|it| !it.is_empty());
    let readings = [
        value.parse::<Value>().ok(),
        Some(Value::Array(list.map(|it| Value::String(it.to_owned())).collect())),
    ];
    let nested = |value| {
        keys.iter()
            .rev()
            .fold(value, |inner, key| Value::Table(Table::from_iter([(key.clone(), inner)])))
    };
    let read = |value| Raw::try_from_value(nested(value));
    let first = match read(Value::String(value.to_owned())) {
        Ok(table) => return Ok(table),
        Err(message) => message,
    };
    let mut best = first;
    for reading in readings.into_iter().flatten() {
        let listed = reading.is_array();
        match read(reading) {
            Ok(table) => return Ok(table),
            // A number that is out of range says more than "no text".
            Err(message) if !listed || value.contains(',') => best = message,
            Err(_) => (),
        }
    }
    let (what, remedy) = explained(&best);
    let is_secret = SECRET_WORDS.iter().any(|it| name.contains(it))
        || name.starts_with(filed::PREFIX)
        || value.contains('@');
    match is_secret {
        // The reader's words may repeat it.
        true if what.contains(value.trim()) => {
            let what = format!("{name}: its value is not what the key takes");
            Err(Fault::operator(what, "correct it; it is not shown, since it may be a secret"))
        }
        true => Err(Fault::operator(format!("{name}: {what}"), remedy)),
        false => Err(Fault::operator(format!("{name}={value}: {what}"), remedy)),
    }
}

impl Raw {
    /// The table itself, where it reads as a configuration.
    fn try_from_value(value: Value) -> Result<Table, String> {
        let Value::Table(table) = value else { return Err("it has no name".to_owned()) };
        let is_odd = |name: &str| table.get(name).is_some_and(|it| !is_tables(it));
        if let Some((_, such)) = LISTS.iter().find(|(name, _)| is_odd(name)) {
            return Err(format!("a list of tables such as [{such}] is expected"));
        }
        match table.clone().try_into::<Raw>() {
            Ok(_) => Ok(table),
            Err(err) => Err(err.message().to_owned()),
        }
    }
}

/// Lays a table over another: sections are merged, all else is replaced.
pub(super) fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => drop(below.insert(key, value)),
        }
    }
}

/// The layers together; each was read alone before, so this finds nothing new.
pub(super) fn typed(table: Table) -> Result<Raw, Fault> {
    table.try_into::<Raw>().map_err(|err| {
        let (what, remedy) = explained(err.message());
        Fault::operator(format!("the configuration does not fit together: {what}"), remedy)
    })
}
