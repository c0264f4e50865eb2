//! Every setting by itself: what it is, where that comes from, whether and how it may be changed. The layers are those
//! that the configuration is made of, so this tells of it and of nothing else.

use super::layers::Layer;
use super::raw::{Raw, RawCue, RawListen, RawOutput};
use super::raw_hooks::RawWebhooks;
use super::raw_jellyfin::RawJellyfin;
use super::raw_keep::{RawBackup, RawCheck};
use super::raw_service::{RawHttp, RawLanes, RawRetry, RawServe};
use super::raw_translate::{RawMetadata, RawTranslate};
use super::settings::{AT_ONCE, CLOSED, LISTS_AT_ONCE, closed, overridden};
use super::{
    Config, Env, Layers, Origin, Overrides, build, default_data_dir, is_root, layers, read_layers,
};
use crate::api::catalog::{SettingKey, SettingOrigin};
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use serde::de::value::Error as ValueError;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use toml::Table;

/// Keys that are secrets themselves.
const SECRETS: [&str; 3] = ["key", "tmdb_key", "address"];
/// What stands in the place of one.
const HIDDEN: &str = "(not shown)";
/// Variables that stand for a key of a translator that does not say it itself, by its kind.
const OF_TRANSLATORS: [(&str, &str, &str); 5] = [
    ("ollama", "url", "OLLAMA_BASE_URL"),
    ("ollama", "model", "OLLAMA_MODEL"),
    ("openai", "url", "OPENAI_BASE_URL"),
    ("openai", "model", "OPENAI_MODEL"),
    ("openai", "key", "OPENAI_API_KEY"),
];

/// A configuration that remembers where each of its values comes from.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The configuration.
    pub config: Config,
    /// Of keys that hold a value, by section and name.
    leaves: BTreeMap<Vec<String>, (usize, Origin)>,
    /// Lists of tables as they were written, and where.
    lists: BTreeMap<String, (Origin, Vec<Table>)>,
    env: Env,
}

/// As [`load`](super::load) without flags, remembering where each value comes from.
///
/// # Errors
/// As [`load`](super::load).
pub fn trace(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Traced, Fault> {
    let env = super::env_of(env)?;
    of(&read_layers(file, &env, &Overrides::default())?, &env)
}

/// The configuration of these layers.
pub(super) fn of(layers: &Layers, env: &Env) -> Result<Traced, Fault> {
    let config = build(layers, env, Overrides::default())?;
    let (leaves, lists) = (BTreeMap::new(), BTreeMap::new());
    let mut traced = Traced { config, leaves, lists, env: env.clone() };
    if let Ok((_, Some(variable))) = default_data_dir(env, is_root()) {
        traced.leaf(vec!["data_dir".to_owned()], 0, &Origin::Variable(variable.to_owned()));
    }
    for (number, Layer { origin, table }) in layers.stack(env)?.into_iter().enumerate() {
        traced.lay_over(&[], &table, number + 1, &origin);
    }
    let variable = super::raw_jellyfin::key_variable(env).map(|it| layers::shown(it, env));
    if let Some(variable) = variable.filter(|_| traced.config.jellyfin.is_some()) {
        let key = ["jellyfin", "key"].map(str::to_owned).to_vec();
        traced.leaf(key, usize::MAX, &Origin::Variable(variable));
    }
    Ok(traced)
}

impl Traced {
    fn leaf(&mut self, key: Vec<String>, number: usize, origin: &Origin) {
        self.leaves.insert(key, (number, origin.clone()));
    }

    fn lay_over(&mut self, above: &[String], table: &Table, number: usize, origin: &Origin) {
        for (name, value) in table {
            let mut key = above.to_vec();
            key.push(name.clone());
            match value {
                toml::Value::Table(inner) => self.lay_over(&key, inner, number, origin),
                toml::Value::Array(list) if above.is_empty() && is_list(name) => {
                    let tables = list.iter().filter_map(toml::Value::as_table).cloned();
                    self.lists.insert(name.clone(), (origin.clone(), tables.collect()));
                }
                toml::Value::Array(_)
                | toml::Value::String(_)
                | toml::Value::Integer(_)
                | toml::Value::Float(_)
                | toml::Value::Boolean(_)
                | toml::Value::Datetime(_) => self.leaf(key, number, origin),
            }
        }
    }

    /// Where a key comes from; that of a table from whoever said the last of what is in it.
    fn origin(&self, key: &[&str]) -> Origin {
        let inside =
            |it: &Vec<String>| key.len() <= it.len() && key.iter().zip(it).all(|(a, b)| a == b);
        let found = self.leaves.iter().filter(|it| inside(it.0)).map(|it| it.1);
        found.max_by_key(|it| it.0).map(|it| it.1.clone()).unwrap_or_default()
    }

    /// Every key in the order of `kinora.toml`. `in_force` is what Kinora works with now.
    pub fn keys(&self, in_force: &Config) -> Vec<SettingKey> {
        let (next, now) = (self.config.show(), in_force.show());
        let mut keys = Vec::new();
        for name in fields::<Raw>() {
            match fields_of(name) {
                [] if is_list(name) => self.list(name, &next, &now, &mut keys),
                [] => keys.push(self.key(None, name, &next, &now)),
                inside => {
                    keys.extend(inside.iter().map(|it| self.key(Some(name), it, &next, &now)));
                }
            }
        }
        keys
    }

    /// The configuration as a `kinora.toml`; each value has behind it where it comes from, and what a `running` Kinora
    /// works with, by its key, where that is something else.
    ///
    /// # Errors
    /// None that an owner could cause.
    pub fn show_toml(&self, running: &BTreeMap<String, String>) -> Result<String, Fault> {
        let keys = self.keys(&self.config);
        let (mut section, mut place) = (None, None);
        let mut told = String::new();
        for line in self.config.show_toml()?.lines() {
            if let Some(name) = line.strip_prefix("[[").and_then(|it| it.strip_suffix("]]")) {
                place = place.filter(|_| section.as_deref() == Some(name)).map(|it: usize| it + 1);
                place = place.or(Some(0));
                section = Some(name.to_owned());
            } else if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
                (section, place) = (Some(name.to_owned()), None);
            }
            let name = line.split_once(" = ").map(|it| it.0);
            let is_it = |it: &&SettingKey| {
                Some(it.name.as_str()) == name && it.section == section && it.place == place
            };
            told.push_str(line);
            if let Some(key) = keys.iter().find(is_it) {
                let from = key.origin_name.as_deref().unwrap_or(key.origin.word());
                told.push_str(&format!("  # {from}"));
                if let Some(now) = running.get(&key.key) {
                    told.push_str(&format!("; Kinora works with {now} until it is started anew"));
                }
            }
            told.push('\n');
        }
        Ok(told)
    }

    fn key(&self, section: Option<&str>, name: &str, next: &Value, now: &Value) -> SettingKey {
        let path: Vec<&str> = section.into_iter().chain([name]).collect();
        let origin = self.origin(&path);
        let at = |all: &Value| {
            let found = path.iter().try_fold(all, |all, it| all.get(it));
            found.map(written).unwrap_or_default()
        };
        let (value, before) = (at(next), at(now));
        let key = path.join(".");
        let closed = self.why_closed(path[0], &key, &origin);
        let at_once = AT_ONCE.contains(&(section.unwrap_or_default(), name));
        SettingKey {
            section: section.map(str::to_owned),
            at_once,
            in_force: (value != before).then_some(before),
            ..self.row(key, name, value, origin, closed)
        }
    }

    /// The keys of each table of a list.
    fn list(&self, list: &str, next: &Value, now: &Value, keys: &mut Vec<SettingKey>) {
        let tables = |all: &Value| all.get(list).and_then(Value::as_array).cloned();
        let before = tables(now).unwrap_or_default();
        for (place, table) in tables(next).unwrap_or_default().iter().enumerate() {
            let called = table.get("name").and_then(Value::as_str).unwrap_or_default();
            let same = before.iter().find(|it| it.get("name") == table.get("name"));
            let said = self.said(list, called);
            let shown = table.as_object().into_iter().flat_map(|it| it.keys());
            let hidden = SECRETS.iter().copied().filter(|it| {
                let origin = self.of_table(list, table, said, it);
                origin != Origin::Default && table.get(it).is_none()
            });
            for name in shown.map(String::as_str).chain(hidden) {
                let origin = self.of_table(list, table, said, name);
                let value = table.get(name).map(written).unwrap_or_default();
                let before = same.and_then(|it| it.get(name)).map(written).unwrap_or_default();
                let key = format!("{list}[{called}].{name}");
                let closed = match (list, name) {
                    ("library", "path") => {
                        let why = "Kinora reads and writes in the folders of libraries";
                        Some(closed(&key, why).to_string())
                    }
                    _ => self.why_closed(list, &key, &origin),
                };
                keys.push(SettingKey {
                    section: Some(list.to_owned()),
                    place: Some(place),
                    at_once: LISTS_AT_ONCE.contains(&list),
                    in_force: (value != before).then_some(before),
                    ..self.row(key, name, value, origin, closed)
                });
            }
        }
    }

    /// A table of a list as its owner wrote it.
    fn said(&self, list: &str, called: &str) -> Option<&Table> {
        let (_, tables) = self.lists.get(list)?;
        tables.iter().find(|it| it.get("name").and_then(toml::Value::as_str) == Some(called))
    }

    /// Where a key of a table of a list comes from.
    fn of_table(&self, list: &str, table: &Value, said: Option<&Table>, name: &str) -> Origin {
        if said.is_some_and(|it| it.contains_key(name)) {
            return self.lists.get(list).map(|it| it.0.clone()).unwrap_or_default();
        }
        if list != "translator" {
            return Origin::Default;
        }
        let kind = table.get("kind").and_then(Value::as_str).unwrap_or_default();
        // One that the environment alone stands for is named by its address.
        let asked = if said.is_none() && matches!(name, "name" | "kind") { "url" } else { name };
        // The environment's key is for the environment's server.
        let own_server = asked == "key" && said.is_some_and(|it| it.contains_key("url"));
        let found = OF_TRANSLATORS.iter().find(|it| it.0 == kind && it.1 == asked);
        let found = found.filter(|it| self.env.contains_key(it.2) && !own_server);
        found.map_or(Origin::Default, |it| Origin::Variable(layers::shown(it.2, &self.env)))
    }

    fn why_closed(&self, section: &str, key: &str, origin: &Origin) -> Option<String> {
        if let Some((_, why)) = CLOSED.iter().find(|it| it.0 == section) {
            return Some(closed(key, why).to_string());
        }
        let list = self.lists.get(section).map(|it| &it.0);
        match list.unwrap_or(origin) {
            Origin::Variable(variable) => Some(overridden(key, variable).to_string()),
            Origin::Default | Origin::File(_) | Origin::Changed(_) => None,
        }
    }

    fn row(
        &self,
        key: String,
        name: &str,
        value: String,
        origin: Origin,
        closed: Option<String>,
    ) -> SettingKey {
        let is_secret = SECRETS.contains(&name) && origin != Origin::Default;
        let (origin, origin_name) = match origin {
            Origin::Default => (SettingOrigin::Default, None),
            Origin::File(path) => (SettingOrigin::File, Some(show_path(&path))),
            Origin::Changed(path) => (SettingOrigin::Changed, Some(show_path(&path))),
            Origin::Variable(name) => (SettingOrigin::Variable, Some(name)),
        };
        let value = if is_secret { HIDDEN.to_owned() } else { value };
        let name = name.to_owned();
        SettingKey { key, name, value, origin, origin_name, closed, ..SettingKey::default() }
    }
}

pub(super) fn is_list(name: &str) -> bool {
    matches!(name, "library" | "translator" | "notify")
}

/// A value as `kinora.toml` would say it.
pub(super) fn written(value: &Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| value.to_string(), |it| it.to_string())
}

/// The keys of a section; none where that is no section.
pub(super) fn fields_of(section: &str) -> &'static [&'static str] {
    match section {
        "listen" => fields::<RawListen>(),
        "cue" => fields::<RawCue>(),
        "output" => fields::<RawOutput>(),
        "translate" => fields::<RawTranslate>(),
        "metadata" => fields::<RawMetadata>(),
        "jellyfin" => fields::<RawJellyfin>(),
        "http" => fields::<RawHttp>(),
        "webhooks" => fields::<RawWebhooks>(),
        "lanes" => fields::<RawLanes>(),
        "retry" => fields::<RawRetry>(),
        "serve" => fields::<RawServe>(),
        "backup" => fields::<RawBackup>(),
        "check" => fields::<RawCheck>(),
        _ => &[],
    }
}

/// The names of a struct's fields, as its reading asks for them.
pub(super) fn fields<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut found: &'static [&'static str] = &[];
    // It reads nothing and always fails, with the names.
    let _ = T::deserialize(Listener(&mut found));
    found
}

/// Hears which fields are asked for.
struct Listener<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Listener<'_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ValueError> {
        Err(ValueError::custom("only names are heard"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_known_by_its_keys() {
        let shown = super::super::defaults([("HOME".into(), "/home/ann".into())]).expect("read");
        let shown = shown.show();
        for (name, value) in shown.as_object().expect("a table") {
            assert!(fields::<Raw>().contains(&name.as_str()), "{name}");
            for key in value.as_object().into_iter().flat_map(|it| it.keys()) {
                assert!(fields_of(name).contains(&key.as_str()), "{name}.{key}");
            }
        }
        for name in fields::<Raw>() {
            let is_section = shown.get(name).is_none_or(Value::is_object) && *name != "data_dir";
            assert_eq!(is_section, !fields_of(name).is_empty(), "{name}");
        }
    }
}
