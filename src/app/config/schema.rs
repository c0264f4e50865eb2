//! The schema of `kinora.toml`, for editors: made from the very types that read it, so that it says what they do.

use super::keys::{fields, fields_of, is_list};
use super::raw::Raw;
use super::settings::{AT_ONCE, LISTS_AT_ONCE};
use super::shapes::RANGE;
use super::{Config, Env, Layers, Overrides, build};
use crate::domain::fault::Fault;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// Where data lies in what is shown to somebody who did not say it yet.
pub(super) const DATA_DIR: &str = "/var/lib/kinora";
const FILE: &str = "kinora.toml";
/// Keys whose value hangs on the machine: they have no default that could be told.
const OF_MACHINE: [(&str, &str); 3] =
    [("", "data_dir"), ("http", "token_file"), ("backup", "folder")];

/// The schema, a document of JSON Schema 2020-12: every key with what it is, its range and its default.
///
/// # Errors
/// None that an owner could cause.
pub fn schema() -> Result<Value, Fault> {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<Raw>().to_value();
    plain(&mut schema);
    let defaults = with_text("")?.show();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), "kinora.toml".into());
        root.insert("description".to_owned(), "The configuration of Kinora.".into());
    }
    for name in fields::<Raw>() {
        let of = &mut schema["properties"][*name];
        if is_list(name) {
            // What a list's keys are where nobody says it hangs on other keys.
            each_of(&mut of["items"]["properties"], |_, key| {
                describe(key, LISTS_AT_ONCE.contains(name));
            });
        } else if fields_of(name).is_empty() {
            let key = of.as_object_mut();
            key.into_iter().for_each(|it| complete("", name, it, defaults.get(name)));
        } else {
            each_of(&mut of["properties"], |key, of| {
                complete(name, key, of, defaults[name].get(key));
            });
        }
    }
    Ok(schema)
}

/// What a file with this text comes to, on a machine that says nothing.
pub(super) fn with_text(text: &str) -> Result<Config, Fault> {
    let text = format!("data_dir = \"{DATA_DIR}\"\n{text}");
    let base = text.parse().map_err(|err| Fault::bug(format!("an example is wrong ({err})")))?;
    let file = Some(FILE.into());
    let layers = Layers { file, base, text, ..Layers::default() };
    build(&layers, &Env::new(), Overrides::default())
}

fn each_of(properties: &mut Value, mut of: impl FnMut(&str, &mut Map<String, Value>)) {
    for (name, key) in properties.as_object_mut().into_iter().flatten() {
        if let Some(key) = key.as_object_mut() {
            of(name, key);
        }
    }
}

fn complete(section: &str, name: &str, key: &mut Map<String, Value>, shown: Option<&Value>) {
    let is_own = (section, name) == ("translate", "translators");
    match shown {
        _ if OF_MACHINE.contains(&(section, name)) => drop(key.remove("default")),
        // Its list is empty by itself, which stands for all there are.
        Some(value) if !is_own => drop(key.insert("default".to_owned(), value.clone())),
        Some(_) | None => {}
    }
    describe(key, AT_ONCE.contains(&(section, name)));
}

/// Editors show the description alone: it tells the range as well.
fn describe(key: &mut Map<String, Value>, at_once: bool) {
    let mut told: Vec<String> = Vec::new();
    told.extend(key.get("description").and_then(Value::as_str).map(str::to_owned));
    told.extend(range(key).map(|(min, max)| format!("From {min} to {max}.")));
    let words = words(key);
    if !words.is_empty() {
        let words: Vec<String> = words.iter().map(|it| format!("`{it}`")).collect();
        told.push(format!("One of {}.", words.join(", ")));
    }
    told.push(if at_once { "Holds at once." } else { "(from the next start on)" }.to_owned());
    key.insert("description".to_owned(), told.join(" ").into());
}

/// The least and the most a key takes, as they are written.
fn range(key: &Map<String, Value>) -> Option<(String, String)> {
    if let Some(Value::Array(range)) = key.get(RANGE) {
        let mut range = range.iter().filter_map(Value::as_str).map(str::to_owned);
        return Some((range.next()?, range.next()?));
    }
    let inside = key.get("anyOf").and_then(|it| it.get(0)).and_then(Value::as_object);
    let of = |it: &Map<String, Value>| {
        Some((it.get("minimum")?.to_string(), it.get("maximum")?.to_string()))
    };
    of(key).or_else(|| of(inside?))
}

/// The words a key takes, where it takes nothing else.
fn words(key: &Map<String, Value>) -> Vec<&str> {
    let items = key.get("items").and_then(Value::as_object);
    let inside = [Some(key), items].into_iter().flatten();
    let of = inside.flat_map(|it| it.get("oneOf").and_then(Value::as_array)).flatten();
    let named = of.flat_map(|it| {
        let one = it.get("const").and_then(Value::as_str);
        let many = it.get("enum").and_then(Value::as_array).into_iter().flatten();
        one.into_iter().chain(many.filter_map(Value::as_str))
    });
    let listed = key.get("enum").and_then(Value::as_array).into_iter().flatten();
    named.chain(listed.filter_map(Value::as_str)).collect()
}

/// TOML has no null, and no types of Rust.
fn plain(schema: &mut Value) {
    let is_null = |it: &Value| it.get("type").and_then(Value::as_str) == Some("null");
    match schema {
        Value::Array(list) => list.iter_mut().for_each(plain),
        Value::Object(object) => {
            if object.get("format").is_some_and(Value::is_string) {
                object.remove("format");
            }
            if object.get("default").is_some_and(Value::is_null) {
                object.remove("default");
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|it| it != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    object.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(any)) = object.get_mut("anyOf") {
                any.retain(|it| !is_null(it));
                if let [Value::Object(one)] = any.as_slice() {
                    let mut one = one.clone();
                    object.remove("anyOf");
                    one.append(object);
                    *object = one;
                }
            }
            object.values_mut().for_each(plain);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
