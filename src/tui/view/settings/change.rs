//! From what somebody types to what the daemon takes, and back.

use super::ask::Change;
use crate::api::catalog::{SettingKey, SettingOrigin, SettingsView};
use serde_json::{Map, Value};

/// How the text of a setting begins that is to be changed: without marks that need not be typed.
pub(super) fn to_type(view: &SettingsView, key: &SettingKey) -> String {
    match value_of(view, key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Some(_) | None => key.value.clone(),
    }
}

/// A change of a setting to what was typed; `None` takes an earlier change back.
pub(super) fn change(view: &SettingsView, key: &SettingKey, typed: Option<&str>) -> Change {
    let value = typed.map_or(Value::Null, |it| meant(value_of(view, key), it));
    let mut patch = Map::new();
    match (&key.section, key.place) {
        (None, _) => drop(patch.insert(key.name.clone(), value)),
        (Some(section), None) => {
            let inside = Map::from_iter([(key.name.clone(), value)]);
            patch.insert(section.clone(), Value::Object(inside));
        }
        // A list is replaced as a whole, so a change in it is taken back as a whole, too.
        (Some(list), Some(_)) if typed.is_none() => drop(patch.insert(list.clone(), Value::Null)),
        (Some(list), Some(place)) => {
            patch.insert(list.clone(), Value::Array(tables(view, list, place, &key.name, value)));
        }
    }
    Change { key: key.key.clone(), typed: typed.map(str::to_owned), patch }
}

fn value_of<'a>(view: &'a SettingsView, key: &SettingKey) -> Option<&'a Value> {
    let section = match &key.section {
        Some(section) => view.settings.get(section)?,
        None => &view.settings,
    };
    let table = key.place.map_or(Some(section), |place| section.get(place))?;
    table.get(&key.name)
}

/// A list with one value changed. Only what somebody said goes into it: what a table does not say is as for all, and is
/// to stay so.
fn tables(view: &SettingsView, list: &str, place: usize, name: &str, value: Value) -> Vec<Value> {
    let of_list = |it: &&SettingKey| it.section.as_deref() == Some(list);
    let mut tables: Vec<Map<String, Value>> = Vec::new();
    for key in view.keys.iter().filter(of_list) {
        let at = key.place.unwrap_or(0);
        tables.resize_with(tables.len().max(at + 1), Map::new);
        if key.origin != SettingOrigin::Default
            && let Some(value) = value_of(view, key)
        {
            tables[at].insert(key.name.clone(), value.clone());
        }
    }
    if let Some(table) = tables.get_mut(place) {
        table.insert(name.to_owned(), value);
    }
    tables.into_iter().map(Value::Object).collect()
}

/// What is meant by a text, in the place of a value. What makes no sense there goes to the daemon as it is, which says
/// what is expected.
fn meant(before: Option<&Value>, text: &str) -> Value {
    let text = text.trim();
    let read = toml::from_str::<toml::Table>(&format!("it = {text}")).ok();
    let read = read.and_then(|mut it| it.remove("it")).filter(|_| !text.contains('\n'));
    let read = read.and_then(|it| serde_json::to_value(it).ok());
    match (before, read) {
        (_, Some(value @ (Value::String(_) | Value::Array(_) | Value::Object(_)))) => value,
        (Some(Value::Array(_)), _) => {
            let parts = text.split(',').map(str::trim).filter(|it| !it.is_empty());
            parts.map(Value::from).collect()
        }
        (Some(Value::Number(_) | Value::Bool(_)), Some(value)) => value,
        (_, _) => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_typed_is_meant_as_the_value_was() {
        for (before, text, value) in [
            (json!("base"), "small", json!("small")),
            (json!("base"), "\"small\"", json!("small")),
            (json!("base"), "5", json!("5")),
            (json!("30s"), "1m", json!("1m")),
            (json!(".scan_now"), "", json!("")),
            (json!(3), "5", json!(5)),
            (json!(3), "many", json!("many")),
            (json!(22.5), "21", json!(21)),
            (json!(true), "false", json!(false)),
            (json!(true), "no", json!("no")),
            (json!(["en"]), "de, zh-Hans", json!(["de", "zh-Hans"])),
            (json!(["en"]), "[\"de\"]", json!(["de"])),
            (json!(["en"]), "de", json!(["de"])),
            (json!(["en"]), "", json!([])),
            (json!("auto"), "[\"gpu1\"]", json!(["gpu1"])),
            (json!({}), "{ cpu = \"01:00-07:00\" }", json!({"cpu": "01:00-07:00"})),
        ] {
            assert_eq!(meant(Some(&before), text), value, "{before} {text}");
        }
        // It cannot say two things at once.
        assert_eq!(meant(Some(&json!(3)), "5\nother = 6"), json!("5\nother = 6"));
    }

    #[test]
    fn a_library_says_no_more_than_it_said() {
        let key = |name: &str, place, origin| SettingKey {
            key: format!("library[{place}].{name}"),
            section: Some("library".to_owned()),
            place: Some(place),
            name: name.to_owned(),
            origin,
            ..SettingKey::default()
        };
        use SettingOrigin::{Default, File};
        let view = SettingsView {
            settings: json!({"library": [
                {"name": "Films", "path": "/films", "to": ["de"], "model": "base"},
                {"name": "Fun", "path": "/fun", "to": [], "model": "base"},
            ]}),
            restart_needed: false,
            keys: vec![
                key("name", 0, File),
                key("path", 0, File),
                key("to", 0, File),
                key("model", 0, Default),
                key("name", 1, File),
                key("path", 1, File),
                key("to", 1, Default),
            ],
        };
        let changed = change(&view, &view.keys[6], Some("fr"));
        assert_eq!(
            Value::Object(changed.patch),
            json!({"library": [
                {"name": "Films", "path": "/films", "to": ["de"]},
                {"name": "Fun", "path": "/fun", "to": ["fr"]},
            ]})
        );
        assert_eq!(to_type(&view, &view.keys[2]), "de");
        let back = change(&view, &view.keys[2], None);
        assert_eq!(Value::Object(back.patch), json!({"library": null}));
    }
}
