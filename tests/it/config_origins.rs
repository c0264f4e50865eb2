//! Where each setting comes from: told by the layers that the configuration is made of.

use kinora::api::catalog::{SettingKey, SettingOrigin};
use kinora::app::config::{Overrides, SETTINGS_FILE, Traced, change, load, trace};
use serde_json::json;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SECRET: &str = "sk-hunter2";

struct Home {
    dir: TempDir,
    env: Vec<(&'static str, &'static str)>,
}

impl Home {
    fn with(text: &str, env: &[(&'static str, &'static str)]) -> Home {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let text = format!("data_dir = \"{}\"\n{text}", data.display());
        std::fs::write(dir.path().join("kinora.toml"), text).unwrap();
        Home { dir, env: env.to_vec() }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("kinora.toml")
    }

    fn env(&self) -> Vec<(OsString, OsString)> {
        self.env.iter().map(|it| (it.0.into(), it.1.into())).collect()
    }

    fn trace(&self) -> Traced {
        let traced = trace(Some(&self.file()), self.env()).unwrap();
        let loaded = load(Some(&self.file()), self.env(), Overrides::default()).unwrap();
        assert_eq!(traced.config, loaded);
        traced
    }

    fn keys(&self) -> Vec<SettingKey> {
        let traced = self.trace();
        traced.keys(&traced.config)
    }
}

fn key<'a>(keys: &'a [SettingKey], name: &str) -> &'a SettingKey {
    keys.iter().find(|it| it.key == name).unwrap_or_else(|| panic!("{name} of {keys:?}"))
}

fn name(path: &Path) -> Option<String> {
    Some(path.display().to_string())
}

#[test]
fn each_layer_is_told_where_it_counts() {
    let env = [
        ("KINORA__LISTEN__BEAM", "3"),
        ("SCAN_INTERVAL", "600"),
        ("KINORA__SERVE__SCAN_INTERVAL", "2h"),
        ("ASR_MAX_FAILURES", "7"),
        ("KINORA__LANES__SCHEDULE__CPU", "01:00-02:00"),
        ("KINORA_LOG", "kinora=debug"),
    ];
    let text = "to = [\"en\"]\n[listen]\nbeam = 3\nthreads = 2\n[cue]\nlines = 2\n\
        [lanes]\nnice = 10\nschedule = { net = \"03:00-04:00\" }\n";
    let home = Home::with(text, &env);
    let patch = json!({"listen": {"threads": 3}, "retry": {"tries_max": 4}});
    let patched = change(Some(&home.file()), home.env(), patch.as_object().unwrap()).unwrap();
    patched.write().unwrap();
    let (keys, file) = (home.keys(), name(&home.file()));
    let settings = name(&home.dir.path().join("data").join(SETTINGS_FILE));
    let variable = |it: &str| Some(it.to_owned());
    use SettingOrigin::{Changed, Default, File, Variable};
    for (key_name, value, origin, from) in [
        // That a layer says what holds anyway is told too: without it others would count.
        ("listen.beam", "3", Variable, variable("KINORA__LISTEN__BEAM")),
        ("cue.lines", "2", File, file.clone()),
        ("lanes.nice", "10", File, file.clone()),
        ("to", "[\"en\"]", File, file.clone()),
        ("data_dir", "", File, file),
        ("listen.threads", "3", Changed, settings.clone()),
        ("retry.tries_max", "4", Changed, settings),
        ("serve.scan_interval", "\"2h\"", Variable, variable("KINORA__SERVE__SCAN_INTERVAL")),
        ("listen.asr_max_failures", "7", Variable, variable("ASR_MAX_FAILURES")),
        ("lanes.schedule", "", Variable, variable("KINORA__LANES__SCHEDULE__CPU")),
        ("serve.log", "\"kinora=debug\"", Variable, variable("KINORA_LOG")),
        ("listen.model", "\"base-q8_0\"", Default, None),
        ("jellyfin.key_file", "", Default, None),
        ("http.webhook_secret_file", "", Default, None),
    ] {
        let key = key(&keys, key_name);
        assert!(value.is_empty() || key.value == value, "{key:?}");
        assert_eq!((key.origin, &key.origin_name), (origin, &from), "{key_name}");
    }
    // Every key once, in the order of `kinora.toml`.
    let names: Vec<&str> = keys.iter().map(|it| it.key.as_str()).collect();
    let place = |name: &str| names.iter().position(|it| *it == name).unwrap();
    let order = ["data_dir", "to", "listen.model", "listen.beam", "cue.lines", "http.listen"];
    assert!(order.map(place).is_sorted(), "{names:?}");
    let once: std::collections::BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(once.len(), names.len());
}

#[test]
fn lists_and_those_the_environment_stands_for_are_told_table_by_table() {
    let env = [
        ("OLLAMA_BASE_URL", "http://10.0.0.9:11434"),
        ("OLLAMA_MODEL", "qwen3:8b"),
        ("OPENAI_API_KEY", SECRET),
        ("OPENAI_BASE_URL", "http://10.0.0.8:8000/v1"),
    ];
    let text = format!(
        "[[library]]\nname = \"Films\"\npath = \"/films\"\nto = [\"de\"]\n\
         [[translator]]\nname = \"deep\"\nkind = \"openai\"\nurl = \"https://api.example.com\"\nkey = \"{SECRET}\"\n\
         [[translator]]\nname = \"lan\"\nkind = \"openai\"\n"
    );
    let home = Home::with(&text, &env);
    let keys = home.keys();
    assert!(!format!("{keys:?}").contains(SECRET), "{keys:?}");
    use SettingOrigin::{Default, File, Variable};
    for (name, value, origin, from) in [
        ("library[Films].to", "[\"de\"]", File, None),
        ("library[Films].model", "\"base-q8_0\"", Default, None),
        ("translator[deep].url", "\"https://api.example.com\"", File, None),
        ("translator[deep].key", "(not shown)", File, None),
        ("translator[lan].url", "\"http://10.0.0.8:8000/v1\"", Variable, Some("OPENAI_BASE_URL")),
        ("translator[lan].key", "(not shown)", Variable, Some("OPENAI_API_KEY")),
        ("translator[ollama].model", "\"qwen3:8b\"", Variable, Some("OLLAMA_MODEL")),
        ("translator[ollama].name", "\"ollama\"", Variable, Some("OLLAMA_BASE_URL")),
        ("translator[local].name", "\"local\"", Default, None),
    ] {
        let key = key(&keys, name);
        assert_eq!((key.value.as_str(), key.origin), (value, origin), "{key:?}");
        assert!(from.is_none() || key.origin_name.as_deref() == from, "{key:?}");
    }
    let path = key(&keys, "library[Films].path");
    assert!(path.closed.as_ref().is_some_and(|it| it.contains("kinora.toml")), "{path:?}");
    assert_eq!(
        (path.section.as_deref(), path.place, path.name.as_str()),
        (Some("library"), Some(0), "path")
    );
    assert_eq!(key(&keys, "library[Films].to").closed, None);
}

#[test]
fn keys_in_variables_are_neither_shown_nor_overlooked() {
    let env = [("JELLYFIN_BASE_URL", "http://10.0.0.5:8096"), ("JELLYFIN_API_KEY", SECRET)];
    let home = Home::with("[jellyfin]\nkey_file = \"/run/key\"\n", &env);
    let keys = home.keys();
    assert!(!format!("{keys:?}").contains(SECRET), "{keys:?}");
    let secret = key(&keys, "jellyfin.key");
    assert_eq!((secret.value.as_str(), secret.origin), ("(not shown)", SettingOrigin::Variable));
    assert_eq!(secret.origin_name.as_deref(), Some("JELLYFIN_API_KEY"));
    let url = key(&keys, "jellyfin.url");
    assert_eq!(url.origin_name.as_deref(), Some("JELLYFIN_BASE_URL"));
    assert!(url.closed.as_ref().is_some_and(|it| it.contains("a key is sent")), "{url:?}");
}

#[test]
fn what_waits_for_the_next_start_has_both_values() {
    let home = Home::with("[[library]]\nname = \"Films\"\npath = \"/films\"\n", &[]);
    let before = home.trace().config;
    let patch = json!({"cue": {"lines": 1}, "serve": {"drain": "1m"}});
    let next = change(Some(&home.file()), home.env(), patch.as_object().unwrap()).unwrap();
    let keys = next.traced.keys(&before);
    for (name, value, at_once, in_force) in [
        ("cue.lines", "1", false, Some("2")),
        ("serve.drain", "\"1m\"", true, Some("\"30s\"")),
        ("cue.gap_min", "\"83ms\"", false, None),
        ("library[Films].cloud", "true", false, None),
    ] {
        let key = key(&keys, name);
        assert_eq!((key.value.as_str(), key.at_once), (value, at_once), "{key:?}");
        assert_eq!(key.in_force.as_deref(), in_force, "{key:?}");
    }
}

#[test]
fn what_is_shown_says_where_it_comes_from_and_is_read_again() {
    let env = [("KINORA__LISTEN__BEAM", "4")];
    let text = "to = [\"en\", \"de\"]\n[listen]\nmodel = \"base\"\n\
        [[library]]\nname = \"A\"\npath = \"/a\"\n[[library]]\nname = \"B\"\npath = \"/b\"\nto = [\"fr\"]\n";
    let home = Home::with(text, &env);
    let traced = home.trace();
    let shown = traced.show_toml(&std::collections::BTreeMap::new()).unwrap();
    let file = home.file().display().to_string();
    for line in [
        format!("model = \"base\"  # {file}"),
        "beam = 4  # KINORA__LISTEN__BEAM".to_owned(),
        "threads = 0  # default".to_owned(),
        format!("path = \"/b\"  # {file}"),
    ] {
        assert!(shown.lines().any(|it| it == line), "{line}: {shown}");
    }
    std::fs::write(home.file(), &shown).unwrap();
    assert_eq!(home.trace().config, traced.config, "{shown}");
}

/// `FILE__NAME` names a file with the value, as secrets of containers do.
#[test]
fn values_that_stand_in_files_are_read_and_named_by_their_variable() {
    let home = Home::with("", &[]);
    let write = |name: &str, text: &str| {
        let path = home.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        OsString::from(path)
    };
    let env: Vec<(OsString, OsString)> = vec![
        ("FILE__KINORA__LISTEN__BEAM".into(), write("beam", "4\n")),
        ("FILE__SCAN_INTERVAL".into(), write("interval", "600\r\n")),
        ("FILE__JELLYFIN_API_KEY".into(), write("key", SECRET)),
        ("JELLYFIN_BASE_URL".into(), "http://10.0.0.5:8096".into()),
        // Of another program.
        ("FILE__PASSWORD".into(), "/nowhere/password".into()),
    ];
    let traced = trace(Some(&home.file()), env).unwrap();
    let keys = traced.keys(&traced.config);
    assert!(!format!("{keys:?}").contains(SECRET), "{keys:?}");
    for (name, value, from) in [
        ("listen.beam", "4", "FILE__KINORA__LISTEN__BEAM"),
        ("serve.scan_interval", "\"10m\"", "FILE__SCAN_INTERVAL"),
        ("jellyfin.key", "(not shown)", "FILE__JELLYFIN_API_KEY"),
    ] {
        let key = key(&keys, name);
        assert_eq!(
            (key.value.as_str(), key.origin_name.as_deref()),
            (value, Some(from)),
            "{key:?}"
        );
    }
}

#[test]
fn the_limits_of_cues_have_their_aliases() {
    let env = [("ASR_MIN_DURATION_SECONDS", "0.9"), ("ASR_MAX_DURATION_SECONDS", "6")];
    let keys = Home::with("", &env).keys();
    for (name, value) in [("cue.duration_min", "\"900ms\""), ("cue.duration_max", "\"6s\"")] {
        assert_eq!(key(&keys, name).value, value);
    }
}
