//! Settings that are changed while Kinora runs: a layer of their own between `kinora.toml` and the environment, written
//! as a whole or not at all. They hold from the next start on.
//!
//! A client that holds the token may change how Kinora works, not who may come in and what goes out: [`CLOSED`] and the
//! folders of libraries are set in `kinora.toml` only, by somebody who may write it.

use super::keys::{self, Traced};
use super::{Env, Layers, Library, Overrides, build, layers, read_layers, text};
use crate::base::disk;
use crate::domain::fault::Fault;
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::path::Path;
use toml::Table;

/// The layer's file, in the data folder.
pub const SETTINGS_FILE: &str = "settings.toml";

/// What begins the file.
const HEAD: &str = "# Settings that were changed over HTTP. They lie over kinora.toml and under the environment.\n\
                    # Kinora writes this file; delete it to have kinora.toml alone again.\n\n";

/// What is not changed over HTTP, and why.
pub(super) const CLOSED: [(&str, &str); 7] = [
    ("data_dir", "these very settings lie there"),
    ("http", "it says who may ask"),
    ("translator", "it says where films' texts and keys are sent"),
    ("metadata", "it says where titles and a key are sent"),
    ("jellyfin", "it says where a key is sent"),
    ("backup", "it says where copies of everything are written"),
    ("notify", "it says who is told of your files"),
];

/// What a running Kinora takes over as soon as it is changed; all else holds from its next start on.
pub const AT_ONCE: [(&str, &str); 25] = [
    ("listen", "asr_max_failures"),
    ("listen", "asr_fail_cooldown"),
    ("listen", "asr_fail_alert"),
    ("lanes", "schedule"),
    ("retry", "tries_max"),
    ("retry", "backoff_first"),
    ("retry", "backoff_max"),
    ("retry", "crashes_max"),
    ("retry", "soft_limit"),
    ("retry", "hard_limit"),
    ("serve", "scan_interval"),
    ("serve", "poll_interval"),
    ("serve", "trigger_file"),
    ("serve", "stable"),
    ("serve", "lock_expiry"),
    ("serve", "drain"),
    ("serve", "runs_days"),
    ("serve", "log"),
    ("serve", "disk_free_min_mib"),
    ("backup", "at"),
    ("backup", "folder"),
    ("backup", "second_folder"),
    ("backup", "keep_days"),
    ("check", "at"),
    ("check", "gone_percent_max"),
];

/// Lists of sections that it takes over as a whole.
pub const LISTS_AT_ONCE: [&str; 1] = ["notify"];

/// A change that may be made.
#[derive(Debug)]
pub struct Change {
    /// The configuration with it.
    pub traced: Traced,
    /// The layer with it, as it is written.
    text: String,
}

impl Change {
    /// Writes it.
    ///
    /// # Errors
    /// Where the file cannot be written; the old one is still there then.
    pub fn write(&self) -> Result<(), Fault> {
        let path = self.traced.config.data_dir.join(SETTINGS_FILE);
        disk::write_atomic(&path, self.text.as_bytes()).map_err(|err| {
            let what = format!("{} cannot be written ({err})", text::show_path(&path));
            Fault::operator(what, "make room, and let the user Kinora runs as write there")
        })
    }
}

/// What a patch (RFC 7396) of [`Config::show`](crate::app::config::Config::show) comes to; changes nothing yet. `file`
/// and `env` are those of [`load`](super::load).
///
/// # Errors
/// Where the configuration would not be right, or something is to be changed that is `CLOSED`; says which key, and
/// what is allowed.
pub fn change(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (OsString, OsString)>,
    patch: &Map<String, Value>,
) -> Result<Change, Fault> {
    let env = super::env_of(env)?;
    let layers = read_layers(file, &env, &Overrides::default())?;
    let now = build(&layers, &env, Overrides::default())?;
    let shown = now.show();
    refuse_closed(&shown, patch)?;
    let wanted = news(&shown, patch);
    refuse_overridden(&wanted, &env)?;
    let mut settings = serde_json::to_value(&layers.changed).unwrap_or_default();
    merge(&mut settings, &Value::Object(wanted));
    let changed = to_table(&settings)?;
    let layers = Layers { changed, changed_text: String::new(), ..layers };
    let text = toml::to_string(&layers.changed).map_err(|err| {
        Fault::operator(format!("the settings cannot be written down ({err})"), "correct them")
    })?;
    layers::check_settings(&text)?;
    let traced = keys::of(&layers, &env)?;
    refuse_doors(&now.libraries, &traced.config.libraries)?;
    Ok(Change { traced, text: format!("{HEAD}{text}") })
}

pub(super) fn closed(what: &str, why: &str) -> Fault {
    let what = format!("`{what}` is not changed over HTTP, since {why}");
    Fault::operator(what, "change it in kinora.toml")
}

/// What a variable says stays.
pub(super) fn overridden(what: &str, variable: &str) -> Fault {
    let what = format!("`{what}` is set by the variable {variable}");
    Fault::operator(what, "change it there, or take the variable away")
}

/// What is closed may be sent as it is, by whoever sends all settings back, and not otherwise.
fn refuse_closed(shown: &Value, patch: &Map<String, Value>) -> Result<(), Fault> {
    for (key, why) in CLOSED {
        let Some(wanted) = patch.get(key) else { continue };
        let mut merged = shown.get(key).cloned().unwrap_or_default();
        merge(&mut merged, wanted);
        if Some(&merged) != shown.get(key) {
            return Err(closed(key, why));
        }
    }
    Ok(())
}

/// Libraries stay where they are, and what stays at home stays there.
fn refuse_doors(before: &[Library], after: &[Library]) -> Result<(), Fault> {
    for library in after {
        let Some(old) = before.iter().find(|it| it.path == library.path) else {
            let why = "Kinora reads and writes in the folders of libraries";
            let folder = text::show_path(&library.path);
            return Err(closed(&format!("path of library: {folder}"), why));
        };
        if library.cloud && !old.cloud {
            let name = text::show_path(Path::new(&library.name));
            let why = "it keeps what is in these files at home; send `cloud = false` with it";
            return Err(closed(&format!("cloud of library {name}"), why));
        }
    }
    Ok(())
}

/// What the environment says stays, whatever the settings say: a change that would do nothing is refused.
fn refuse_overridden(wanted: &Map<String, Value>, env: &Env) -> Result<(), Fault> {
    for (section, value) in wanted {
        let keys: Vec<Vec<&str>> = match value.as_object() {
            Some(keys) => keys.keys().map(|it| vec![section.as_str(), it.as_str()]).collect(),
            None => vec![vec![section.as_str()]],
        };
        for key in keys {
            if let Some(variable) = layers::variable_of(&key, env) {
                return Err(overridden(&key.join("."), &variable));
            }
        }
    }
    Ok(())
}

/// Those parts of a patch that are not as shown already, so that a client that sends everything back sets nothing.
fn news(shown: &Value, patch: &Map<String, Value>) -> Map<String, Value> {
    let mut news = Map::new();
    for (key, value) in patch {
        match (shown.get(key), value) {
            (Some(same), value) if same == value => {}
            (Some(inner @ Value::Object(_)), Value::Object(patch)) => {
                let inner = self::news(inner, patch);
                if !inner.is_empty() {
                    news.insert(key.clone(), Value::Object(inner));
                }
            }
            (Some(_) | None, value) => {
                news.insert(key.clone(), value.clone());
            }
        }
    }
    news
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

fn to_table(settings: &Value) -> Result<Table, Fault> {
    Table::try_from(settings).map_err(|err| {
        let what = format!("the settings hold a value that no setting has ({err})");
        Fault::operator(what, "correct it; leave out what is to be as kinora.toml has it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn patches_merge_as_the_standard_says() {
        for (mut target, patch, merged) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let shown = format!("{target} + {patch}");
            merge(&mut target, &patch);
            assert_eq!(target, merged, "{shown}");
        }
    }
}
