//! A `kinora.toml` to begin with: every key, with what it is and what it is by itself, all of it commented out, so
//! that what Kinora does better later reaches whoever did not say otherwise.

use super::keys::{fields_of, is_list, written};
use super::raw::Raw;
use super::schema::{schema, with_text};
use super::{keys, raw_keep, raw_library, raw_translate};
use crate::domain::fault::Fault;
use serde_json::Value;

const COLUMNS: usize = 100;
/// What begins the file.
const HEAD: &str = "\
# Kinora's configuration: every key, with what it is by itself. An empty file is a good one.
#
# `#key = value` is so by itself: take the `#` away and write another value to change it. Leave the
# others as they are, so that what a later Kinora does better reaches you.
# `# key = value`, with a blank, is an example.
#
# Times are texts with their unit: \"500ms\", \"90s\", \"10m\", \"1h\", \"7d\".
# Every key is also a variable of the environment, which goes before this file: `listen.beam` is
# KINORA__LISTEN__BEAM; FILE__KINORA__LISTEN__BEAM names a file with its value.
#
# `kinora config check` says whether this file is right and what is wrong in which line;
# `kinora config show` says what holds and where that comes from. What \"holds at once\" is taken over
# when Kinora is told to read this file again (`systemctl reload kinora`, or SIGHUP); all else holds
# from the next start on.
#
# An editor that reads schemas (Even Better TOML, taplo) helps while you write: save what
# `kinora config schema` prints as kinora.schema.json beside this file, and make the first line
# `#:schema ./kinora.schema.json`.
";
/// What those sections may look like that are not there by themselves.
const EXAMPLES: &str = "
[[library]]
name = \"Films\"
path = \"/media/films\"
to = [\"en\", \"zh-Hans\"]
[[translator]]
name = \"nas\"
kind = \"ollama\"
url = \"http://10.0.0.5:11434\"
model = \"qwen3:8b\"
[[translator]]
name = \"cloud\"
kind = \"openai\"
url = \"https://api.example.com/v1\"
model = \"large-1\"
key_file = \"/etc/kinora/cloud.key\"
[[translator]]
name = \"small\"
kind = \"local\"
[jellyfin]
url = \"http://10.0.0.5:8096\"
key_file = \"/etc/kinora/jellyfin.key\"
[[notify]]
name = \"phone\"
kind = \"ntfy\"
address_file = \"/etc/kinora/ntfy.address\"
[[notify]]
name = \"house\"
kind = \"webhook\"
address_file = \"/etc/kinora/house.address\"
template = '{\"message\": {{ text | tojson }}}'
";

/// The file.
///
/// # Errors
/// None that an owner could cause.
pub fn template() -> Result<String, Fault> {
    let (schema, by_itself, such) = (schema()?, with_text("")?.show(), with_text(EXAMPLES)?.show());
    let mut file = HEAD.to_owned();
    for name in keys::fields::<Raw>() {
        let of = &schema["properties"][*name];
        if is_list(name) {
            list(&mut file, name, of, &such);
        } else if fields_of(name).is_empty() {
            key(&mut file, name, of, by_itself.get(name), None);
        } else {
            file.push('\n');
            prose(&mut file, of);
            file.push_str(&format!("[{name}]\n"));
            for inner in fields_of(name) {
                let of = &of["properties"][*inner];
                let usual = of.get("default").or_else(|| by_itself[*name].get(inner));
                key(&mut file, inner, of, usual, such[*name].get(inner));
            }
        }
    }
    Ok(file)
}

/// A key with what it is by itself, else with an example; one that has neither is told of.
fn key(file: &mut String, name: &str, of: &Value, usual: Option<&Value>, such: Option<&Value>) {
    file.push('\n');
    match (usual, such) {
        (Some(value), _) => {
            prose(file, of);
            file.push_str(&format!("#{name} = {}\n", written(value)));
        }
        (None, Some(value)) => {
            prose(file, of);
            file.push_str(&format!("# {name} = {}\n", written(value)));
        }
        (None, None) => comment(file, &format!("`{name}`: {}", told(of))),
    }
}

/// Examples of a list of sections; what a key is stands at its first place.
fn list(file: &mut String, name: &str, of: &Value, such: &Value) {
    let tables: Vec<&Value> = such[name].as_array().into_iter().flatten().collect();
    // What is there by itself needs no example.
    let tables = tables.into_iter().filter(|it| it["name"] != "local");
    let mut left = names_of(name).to_vec();
    file.push('\n');
    prose(file, of);
    for table in tables {
        file.push_str(&format!("# [[{name}]]\n"));
        for inner in names_of(name) {
            let Some(value) = table.get(inner) else { continue };
            if left.contains(inner) {
                left.retain(|it| it != inner);
                prose(file, &of["items"]["properties"][*inner]);
            }
            file.push_str(&format!("# {inner} = {}\n", written(value)));
        }
        file.push('\n');
    }
    for inner in left {
        comment(file, &format!("`{inner}`: {}", told(&of["items"]["properties"][inner])));
    }
}

fn names_of(list: &str) -> &'static [&'static str] {
    match list {
        "library" => keys::fields::<raw_library::RawLibrary>(),
        "translator" => keys::fields::<raw_translate::RawTranslator>(),
        "notify" => keys::fields::<raw_keep::RawNotify>(),
        _ => &[],
    }
}

fn told(of: &Value) -> &str {
    of["description"].as_str().unwrap_or_default()
}

fn prose(file: &mut String, of: &Value) {
    comment(file, told(of));
}

/// Text as lines of a comment; what stands in backticks stays on one line, so that none of them looks like a key.
fn comment(file: &mut String, text: &str) {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut().filter(|it| it.matches('`').count() % 2 == 1) {
            Some(open) => {
                open.push(' ');
                open.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
    }
    let mut line = String::from("#");
    for word in &words {
        if COLUMNS < line.len() + 1 + word.len() {
            file.push_str(&line);
            file.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    file.push_str(&line);
    file.push('\n');
}
