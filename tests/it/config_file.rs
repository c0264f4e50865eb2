//! The file to begin with, and the schema for editors: both say what the reading does.

use crate::config::read;
use crate::config_settings::everything;
use jsonschema::Validator;
use kinora::app::config::{Config, Overrides, schema, template};
use serde_json::Value;

const DATA_DIR: [(&str, &str); 1] = [("KINORA__DATA_DIR", "/var/lib/kinora")];

fn config(text: &str) -> Config {
    let config = read(text, &DATA_DIR, Overrides::default());
    Config { source: None, ..config.unwrap_or_else(|it| panic!("{it}\n{text}")) }
}

/// The line without the mark before its key, where it has this one.
fn bare<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let line = line.strip_prefix(mark)?;
    let name = line.trim_start_matches('[').split([' ', ']']).next()?;
    let is_key = line.starts_with("[[") || line[name.len()..].starts_with(" = ");
    let is_name = !name.is_empty() && name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    (is_key && is_name).then_some(line)
}

fn without(marks: &[&str], file: &str) -> String {
    let lines = file.lines().map(|line| {
        let found = marks.iter().find_map(|mark| bare(line, mark));
        found.unwrap_or(line).to_owned() + "\n"
    });
    lines.collect()
}

#[test]
fn the_file_to_begin_with_says_what_holds_anyway() {
    let file = template().unwrap();
    // What the README names; `kinora config default > packaging/kinora.toml` writes it anew.
    assert_eq!(file, include_str!("../../packaging/kinora.toml"));
    let nothing = config("");
    assert_eq!(config(&file), nothing);
    let said = without(&["#"], &file);
    assert_eq!(config(&said), nothing, "{said}");
    // Every key that has a value by itself is there with it.
    let table: toml::Table = toml::from_str(&said).unwrap();
    let said = serde_json::to_value(&table).unwrap();
    for (name, value) in nothing.show().as_object().unwrap() {
        for key in value.as_object().into_iter().flat_map(|it| it.keys()) {
            assert!(said[name].get(key).is_some(), "{name}.{key}");
        }
    }
    // Its examples are right, too, and none is left out.
    let all = without(&["# ", "#"], &file);
    let config = config(&all);
    assert_eq!((config.libraries.len(), config.notify.len()), (1, 2));
    assert!(config.jellyfin.is_some() && config.translators.len() > 2);
}

fn validator() -> Validator {
    let schema = schema().unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

#[test]
fn the_schema_takes_what_is_right() {
    let (validator, file) = (validator(), template().unwrap());
    let all = without(&["# ", "#"], &file);
    for text in ["", &file, &without(&["#"], &file), &all, &everything()] {
        let faults: Vec<String> = validator
            .iter_errors(&json(text))
            .map(|it| format!("{}: {it}", it.instance_path()))
            .collect();
        assert_eq!(faults, [""; 0], "{text}");
    }
    let schema = schema().unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["title"], "kinora.toml");
    for section in schema["properties"].as_object().unwrap().values() {
        let of = section.get("items").unwrap_or(section);
        assert!(of.get("properties").is_none() || of["additionalProperties"] == false, "{of}");
    }
}

/// The schema refuses what is wrong in its shape, and the reading refuses all of that, too.
#[test]
fn the_schema_refuses_what_is_wrong_in_its_shape() {
    let validator = validator();
    for text in [
        "lissen = 1",
        "[listen]\nmodle = \"x\"",
        "[listen]\nmodel = \"\"",
        "[listen]\nmodel = 5",
        "[listen]\nthreads = -1",
        "[listen]\nbeam = 9",
        "[listen]\nidle_unload = 60",
        "[listen]\nidle_unload = \"60 seconds\"",
        "[cue]\ncps_max = 4.5",
        "[cue]\nlines = 3",
        "[output]\nformats = [\"stt\"]",
        "[output]\nformats = []",
        "[output]\nnaming = \"plex\"",
        "[output]\nlabel = \"A.I.\"",
        "subtitle_mode = \"none\"",
        "remake_on_change = \"yes\"",
        "to = \"en\"",
        "[http]\nlisten = \"localhost:80\"",
        "[http]\nupload_max_mib = \"2 GB\"",
        "[http]\nupload_max_mib = 0",
        "[http]\ntrusted_networks = [\"home\"]",
        "[lanes]\ngpu = [\"cpu\"]",
        "[lanes.schedule]\ncpo = []",
        "[lanes.schedule]\ncpu = \"at night\"",
        "[serve]\ntrigger_file = \"a/b\"",
        "[backup]\nat = \"1:30 am\"",
        "[backup]\nfolder = \"backups\"",
        "[[library]]\nname = \"Films\"",
        "[[library]]\nname = \"Films\"\npath = \"films\"",
        "[[library]]\nname = \"Films\"\npath = \"/films\"\ninclude = [\"/films/*\"]",
        "[[translator]]\nname = \"Deep L\"\nkind = \"openai\"\nurl = \"http://nas\"",
        "[[translator]]\nname = \"x\"\nkind = \"openia\"",
        "[[translator]]\nname = \"x\"\nkind = \"openai\"\nurl = \"nas:8000\"",
        "[[notify]]\nname = \"x\"\nkind = \"ntfy\"\non = [\"everything\"]",
        "[jellyfin]\nyield = \"always\"",
        "[jellyfin]\nkey_env = \"not a name\"",
    ] {
        assert!(!validator.is_valid(&json(text)), "{text}");
        let told = read(text, &[], Overrides::default()).expect_err(text);
        assert!(told.contains("FILE, line "), "{text}: {told}");
    }
}

/// What stands before a key's section so that the section alone is right in its shape.
fn within(section: &str) -> String {
    let more = match section {
        "library" => "name = \"x\"\npath = \"/x\"\n",
        "translator" => "name = \"x\"\nkind = \"ollama\"\n",
        "notify" => "name = \"x\"\nkind = \"ntfy\"\naddress_file = \"/x\"\n",
        _ => return format!("[{section}]\n"),
    };
    format!("[[{section}]]\n{more}")
}

/// True where the reading takes a value in itself, whether or not it fits to others.
fn takes(section: Option<&str>, name: &str, value: &str) -> bool {
    let text = format!("{}{name} = {value}\n", section.map(within).unwrap_or_default());
    match read(&text, &DATA_DIR, Overrides::default()) {
        Ok(_) => true,
        Err(told) => !told.contains("is expected"),
    }
}

fn milliseconds(text: &str) -> i64 {
    let units = [("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
    let (number, factor) =
        units.iter().find_map(|it| Some((text.strip_suffix(it.0)?, it.1))).unwrap();
    number.parse::<i64>().unwrap() * factor
}

/// Holds the range of a key against what is taken; false where it has none.
fn hold_range(section: Option<&str>, name: &str, key: &Value) -> bool {
    let shown = format!("{}.{name}", section.unwrap_or_default());
    if let Some(range) = key.get("x-range") {
        let [min, max] = [0, 1].map(|it| milliseconds(range[it].as_str().unwrap()));
        for (ms, is_in) in [(min, true), (max, true), (min - 1, false), (max + 1, false)] {
            let value = format!("\"{ms}ms\"");
            assert_eq!(takes(section, name, &value), is_in, "{shown} = {value}");
        }
        return true;
    }
    let number = key.get("anyOf").map_or(key, |it| &it[0]);
    let kind = number["type"].as_str().unwrap_or_default();
    if !["integer", "number"].contains(&kind) {
        return false;
    }
    let [min, max] = ["minimum", "maximum"]
        .map(|it| number[it].as_f64().unwrap_or_else(|| panic!("{shown} has no {it}: {key}")));
    let step = if kind == "integer" { 1.0 } else { 0.5 };
    for (value, is_in) in [(min, true), (max, true), (min - step, false), (max + step, false)] {
        let value = if kind == "integer" { format!("{value}") } else { format!("{value:?}") };
        assert_eq!(takes(section, name, &value), is_in, "{shown} = {value}");
    }
    true
}

/// What the schema says a key takes, and what is really taken, is the same for every key with a range.
#[test]
fn ranges_of_the_schema_are_those_of_the_reading() {
    let schema = schema().unwrap();
    let mut held = 0;
    for (name, of) in schema["properties"].as_object().unwrap() {
        let inner = of.get("properties").or_else(|| of["items"].get("properties"));
        match inner.and_then(Value::as_object) {
            Some(keys) => {
                for (key, of) in keys {
                    assert!(
                        of["description"].as_str().is_some_and(|it| 10 < it.len()),
                        "{name}.{key}"
                    );
                    held += usize::from(hold_range(Some(name), key, of));
                }
            }
            None => held += usize::from(hold_range(None, name, of)),
        }
    }
    assert!(50 < held, "{held}");
}

#[test]
fn sizes_may_be_written_with_their_unit() {
    for (text, mib) in [("3", 3), ("\"500 MiB\"", 500), ("\"2 GiB\"", 2048), ("\"1TiB\"", 1 << 20)]
    {
        let text = format!("[http]\nupload_max_mib = {text}");
        assert_eq!(config(&text).http.upload_bytes_max, mib << 20, "{text}");
    }
    let env = [("KINORA__HTTP__UPLOAD_MAX_MIB", "2 GiB"), DATA_DIR[0]];
    let config = read("", &env, Overrides::default()).unwrap();
    assert_eq!(config.http.upload_bytes_max, 2 << 30);
}
