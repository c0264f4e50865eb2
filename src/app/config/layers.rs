//! File and environment: each checked by itself, so that a mistake is told where it was made, then laid over one
//! another.

use super::raw::Raw;
use super::{Env, Layers};
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
const SECTIONS: [&str; 11] = [
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
];
/// Keys that hold a list of tables, and such a list.
const LISTS: [(&str, &str); 2] = [
    ("library", "{ name = \"Films\", path = \"/films\" }"),
    ("translator", "{ name = \"nas\", kind = \"ollama\", url = \"http://10.0.0.5:11434\" }"),
];
/// Variables with one of these in their name may hold a key: their value is not repeated.
const SECRET_WORDS: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "TRANSLATOR"];
/// Variables of other programs' documents, and the key each one stands for.
const ALIASES: [(&str, &[&str], Alias); 9] = [
    ("SUBTITLE_MODE", &["subtitle_mode"], Alias::Plain),
    ("IGNORE_SIMPLIFIED_SUBTITLE", &["ignore_existing_subtitles"], Alias::Switch),
    ("ASR_FAIL_COOLDOWN_SECONDS", &["listen", "asr_fail_cooldown"], Alias::Seconds),
    ("ASR_MAX_FAILURES", &["listen", "asr_max_failures"], Alias::Plain),
    ("ASR_FAIL_ALERT", &["listen", "asr_fail_alert"], Alias::Switch),
    ("SCAN_INTERVAL", &["serve", "scan_interval"], Alias::Seconds),
    ("TRIGGER_SCAN_FILE", &["serve", "trigger_file"], Alias::Plain),
    ("JELLYFIN_BASE_URL", &["jellyfin", "url"], Alias::Plain),
    ("KINORA_LOG", &["serve", "log"], Alias::Plain),
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

/// Reads and checks a file.
pub(super) fn read_file(path: &Path) -> Result<Table, Fault> {
    let shown = text::show_path(path);
    let mut content = Vec::new();
    let file = std::fs::File::open(path);
    file.and_then(|it| it.take(FILE_BYTES_MAX + 1).read_to_end(&mut content)).map_err(|err| {
        Fault::operator(
            format!("the configuration {shown} cannot be read ({err})"),
            "check that it is a file and may be read",
        )
    })?;
    let content = String::from_utf8(content).ok().filter(|it| it.len() as u64 <= FILE_BYTES_MAX);
    let Some(content) = content else {
        let what = format!("the configuration {shown} is no text in UTF-8");
        return Err(Fault::operator(what, "write it anew"));
    };
    read_text(&shown, content.trim_start_matches('\u{FEFF}'))
}

/// Reads and checks the settings that were changed, where there are any. A user who may not read them is not the one
/// Kinora runs as.
pub(super) fn read_settings(path: &Path) -> Result<Table, Fault> {
    match std::fs::File::open(path) {
        Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
            Ok(Table::new())
        }
        Ok(_) | Err(_) => read_file(path),
    }
}

/// Checks settings before they are written.
pub(super) fn check_settings(content: &str) -> Result<(), Fault> {
    read_text("the settings", content).map(drop)
}

fn read_text(shown: &str, content: &str) -> Result<Table, Fault> {
    // The table is what the environment is laid over; the typed reading alone knows the lines.
    let table = toml::from_str::<Table>(content).map_err(|err| mistake(shown, content, &err))?;
    if let Some(name) = SECTIONS.iter().find(|it| table.get(**it).is_some_and(Value::is_array)) {
        let what = format!("{shown}: `{name}` is no section");
        return Err(Fault::operator(what, format!("write [{name}] and its keys below it")));
    }
    let is_odd = |name: &str| table.get(name).is_some_and(|it| it.is_array() && !is_tables(it));
    if let Some((name, _)) = LISTS.iter().find(|(name, _)| is_odd(name)) {
        let what = format!("{shown}: `{name}` is no list of sections");
        let remedy = format!("write [[{name}]] and its keys below it, for each one");
        return Err(Fault::operator(what, remedy));
    }
    toml::from_str::<Raw>(content).map_err(|err| mistake(shown, content, &err))?;
    Ok(table)
}

fn is_tables(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_table))
}

/// Tells a mistake in a file: line, key, what is wrong, what is near.
fn mistake(shown: &str, content: &str, err: &toml::de::Error) -> Fault {
    let at = err.span().map_or(0, |span| span.start).min(content.len());
    let number = content.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    let line = content.lines().nth(number - 1).unwrap_or_default();
    let key = line.split_once('=').map_or("", |(key, _)| key.trim());
    let section = section_at(content, number);
    let key = match (section, key) {
        (_, "") => String::new(),
        (None, key) => format!(", `{key}`"),
        (Some(section), key) => format!(", `{section}.{key}`"),
    };
    let (what, remedy) = explained(err.message());
    Fault::operator(format!("{shown}, line {number}{key}: {what}"), remedy)
}

/// The table a line stands in, by the last header at or above it.
fn section_at(content: &str, number: usize) -> Option<&str> {
    let above = content.lines().take(number).filter_map(|line| {
        let name = line.trim().strip_prefix('[')?.split_once(']')?.0;
        Some(name.trim_start_matches('[').trim())
    });
    above.last()
}

/// Turns the reader's words into ours, with the nearest name for a mistyped one.
fn explained(message: &str) -> (String, String) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = ["unknown field ", "unknown variant "].iter().any(|it| message.starts_with(it));
    if let (true, Some(word)) = (unknown, quoted.next()) {
        let known: Vec<&str> = quoted.collect();
        let remedy = match text::nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        return (format!("`{word}` is unknown"), remedy);
    }
    if let (true, Some(word)) = (message.starts_with("missing field "), message.split('`').nth(1)) {
        return (format!("`{word}` is missing"), "add it".to_owned());
    }
    let message = message.trim_end().replace('\n', " ");
    match message.rsplit_once("; ") {
        Some((what, remedy)) => (what.to_owned(), remedy.to_owned()),
        None => (message, "correct it".to_owned()),
    }
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
    let layer = |name: &str, keys: &[String], value: &OsStr| {
        let origin = Origin::Variable(name.to_owned());
        from_variable(name, keys, value).map(|table| Layer { origin, table })
    };
    let mut layers = Vec::new();
    for (name, keys, alias) in ALIASES {
        let Some(value) = env.get(name) else { continue };
        let keys: Vec<String> = keys.iter().map(|it| (*it).to_owned()).collect();
        layers.push(layer(name, &keys, &alias.value(value))?);
    }
    for (name, value) in env {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let keys: Vec<String> = rest.split("__").map(str::to_lowercase).collect();
        layers.push(layer(name, &keys, value)?);
    }
    Ok(layers)
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
    own.cloned().or_else(|| alias.map(|it| it.0.to_owned()))
}

impl Alias {
    /// The value as its key takes it.
    fn value(self, value: &OsStr) -> OsString {
        let text = value.to_str().map(str::trim).unwrap_or_default();
        let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
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
    let is_secret = SECRET_WORDS.iter().any(|it| name.contains(it));
    let shown = if is_secret { name.to_owned() } else { format!("{name}={value}") };
    Err(Fault::operator(format!("{shown}: {what}"), remedy))
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
