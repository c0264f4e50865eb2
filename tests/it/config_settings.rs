//! The configuration in force as it is shown, and settings that are changed while Kinora runs.

use crate::config::read;
use kinora::app::config::{Config, Overrides, SETTINGS_FILE, change, load};
use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tempfile::TempDir;

const SECRET: &str = "sk-hunter2";

/// Every key says something else than it would by itself.
pub(crate) fn everything() -> String {
    format!(
        r#"
        data_dir = "/srv/kinora"
        to = ["zh-Hans", "en"]
        subtitle_mode = "reference"
        ignore_existing_subtitles = true
        reuse_good_percent = 55
        remake_on_change = true
        [listen]
        model = "small"
        threads = 3
        from = "ja"
        prefer_langs = ["ja", "en"]
        beam = 5
        asr_max_failures = 4
        asr_fail_cooldown = "90s"
        asr_fail_alert = true
        idle_unload = "2m"
        [cue]
        cps_target = 15.5
        cps_max = 22.3
        chars_per_line = 40
        chars_per_line_wide = 16
        lines = 1
        duration_min = "900ms"
        duration_max = "6s"
        gap_min = "100ms"
        [output]
        naming = "factory"
        formats = ["vtt", "ass"]
        json = true
        bilingual = true
        bilingual_order = "original_first"
        [translate]
        translators = ["deep", "attic"]
        batch_lines = 20
        batch_chars = 2000
        history_lines = 4
        scene_gap = "20s"
        infer_terms = true
        [[translator]]
        name = "deep"
        kind = "openai"
        url = "https://api.example.com/v1"
        model = "deep-1"
        key = "{SECRET}"
        answers = "json_object"
        temperature = 0.1
        parallel = 2
        silence_max = "2m"
        [[translator]]
        name = "attic"
        kind = "ollama"
        url = "http://10.0.0.5:11434"
        num_ctx = 4096
        think = true
        [[translator]]
        name = "filed"
        kind = "openai"
        url = "http://10.0.0.6/v1"
        key_file = "/run/secrets/key"
        [[translator]]
        name = "small"
        kind = "local"
        model = "qwen"
        threads = 2
        [metadata]
        tmdb_key_env = "TMDB"
        tmdb_url = "https://mirror.example.com"
        bangumi = true
        bangumi_url = "http://10.0.0.7"
        [http]
        listen = "[::]:80"
        token_file = "/run/secrets/token"
        hosts = ["nas.home"]
        [[library]]
        name = "Films"
        path = "/media/films"
        [[library]]
        name = "Anime"
        path = "/media/anime"
        to = ["de"]
        from = "auto"
        include = ["*.mkv"]
        exclude = ["Extras/**"]
        model = "base"
        formats = ["srt"]
        naming = "jellyfin"
        subtitle_mode = "ignore"
        ignore_existing_subtitles = false
        remake_on_change = false
        prefer_langs = ["ko"]
        schedule = ["01:00-07:00", "sat,sun 00:00-24:00", "fri-mon 22:30-06:15"]
        translators = ["attic"]
        bilingual = false
        cloud = false
        [[library]]
        name = "Home"
        path = "/media/home"
        translate = false
        [lanes]
        gpu = ["gpu1", "gpu0"]
        gpu_workers = 2
        cpu_workers = 3
        ffmpeg_workers = 4
        net_workers = 5
        disk_workers = 2
        nice = 5
        memory_max_mib = 900
        max_tasks = 50
        answer_max = "5m"
        schedule = {{ cpu = "23:00-07:00" }}
        [retry]
        tries_max = 5
        backoff_first = "30s"
        backoff_max = "2h"
        crashes_max = 3
        soft_limit = "20m"
        hard_limit = "40m"
        [serve]
        scan_interval = "0s"
        watch = false
        poll_interval = "1m"
        trigger_file = ""
        stable = "10s"
        lock_expiry = "0s"
        drain = "5s"
        runs_days = 7
        logs_days = 8
        log = "kinora=debug,warn"
        log_format = "json"
        disk_free_min_mib = 0
        [backup]
        at = ""
        folder = "/backups"
        second_folder = "/usb/backups"
        keep_days = 9
        [check]
        at = "4:05"
        gone_percent_max = 10
        [[notify]]
        name = "phone"
        kind = "ntfy"
        address_file = "/run/secrets/ntfy"
        key_env = "NTFY"
        on = ["fatal", "disk_low"]
        [[notify]]
        name = "house"
        kind = "webhook"
        address_env = "HOUSE"
        template = "{{{{ text }}}}"
        gather = "1m"
        "#
    )
}

fn config(text: &str) -> Config {
    read(text, &[("TMDB", SECRET)], Overrides::default()).unwrap_or_else(|it| panic!("{it}"))
}

#[test]
fn what_is_shown_is_the_configuration_again_and_holds_no_secret() {
    for text in ["", &everything()] {
        let config = config(text);
        let mut shown = config.show();
        let told = shown.to_string();
        assert!(!told.contains(SECRET), "{told}");
        // The secret itself is what the file alone knows.
        if let Some(deep) = shown["translator"].as_array_mut().and_then(|it| it.first_mut())
            && deep["name"] == "deep"
        {
            deep["key"] = json!(SECRET);
        }
        let again = toml::to_string(&shown).unwrap_or_else(|err| panic!("{err}: {told}"));
        let again = self::config(&again);
        let same = Config { source: config.source.clone(), ..again };
        assert_eq!(same, config, "{told}");
    }
    let shown = config(&everything()).show();
    assert_eq!(shown["translator"][2]["key_file"], "/run/secrets/key");
    assert_eq!(shown["metadata"]["tmdb_key_env"], "TMDB");
    assert_eq!(shown["cue"]["cps_max"], json!(22.3));
    assert_eq!(shown["library"][1]["schedule"][0], "01:00-07:00");
}

#[test]
fn every_section_and_key_of_the_file_is_shown() {
    let table: toml::Table = toml::from_str(&everything()).unwrap();
    let shown = config(&everything()).show();
    for (name, section) in &table {
        let keys = match section {
            toml::Value::Table(keys) => vec![(keys, &shown[name])],
            toml::Value::Array(all) if all.iter().all(toml::Value::is_table) => {
                let tables = all.iter().filter_map(toml::Value::as_table);
                tables.zip(shown[name].as_array().unwrap()).collect()
            }
            toml::Value::Array(_)
            | toml::Value::String(_)
            | toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_) => {
                assert!(!shown[name].is_null(), "{name}");
                continue;
            }
        };
        for (table, shown) in keys {
            for key in table.keys().filter(|it| *it != "key") {
                assert!(!shown[key].is_null(), "{name}.{key}: {shown}");
            }
        }
    }
}

/// A `kinora.toml` with its data folder.
struct Home {
    dir: TempDir,
    env: Vec<(String, String)>,
}

impl Home {
    fn with(text: &str, env: &[(&str, &str)]) -> Home {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let text = format!("data_dir = \"{}\"\n{text}", data.display());
        std::fs::write(dir.path().join("kinora.toml"), text).unwrap();
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Home { dir, env: env.collect() }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("kinora.toml")
    }

    fn env(&self) -> Vec<(OsString, OsString)> {
        self.env.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn load(&self) -> Config {
        load(Some(&self.file()), self.env(), Overrides::default()).unwrap()
    }

    fn written(&self) -> Option<String> {
        std::fs::read_to_string(self.settings()).ok()
    }

    fn settings(&self) -> PathBuf {
        self.dir.path().join("data").join(SETTINGS_FILE)
    }

    /// Changes and writes; what was told where that is refused.
    fn change(&self, patch: Value) -> Result<Config, String> {
        let Value::Object(patch) = patch else { panic!("{patch}") };
        let before = self.written();
        let change = change(Some(&self.file()), self.env(), &patch).map_err(|it| {
            assert_eq!(self.written(), before, "a refusal changes nothing");
            it.to_string()
        })?;
        assert_eq!(self.written(), before, "nothing is written yet");
        change.write().unwrap();
        assert_eq!(self.load(), change.traced.config);
        Ok(change.traced.config)
    }
}

#[test]
fn a_change_lies_over_the_file_and_holds_from_the_next_start() {
    let home = Home::with("to = [\"en\"]\n[listen]\nbeam = 2\nmodel = \"small\"\n", &[]);
    let changed = home.change(json!({"listen": {"beam": 5}, "to": ["de", "fr"]})).unwrap();
    assert_eq!((changed.listen.beam, changed.listen.model.as_str()), (5, "small"));
    assert_eq!(changed.to.len(), 2);
    let mode = std::fs::metadata(home.settings()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Another change leaves this one as it is.
    let changed = home.change(json!({"cue": {"lines": 1}})).unwrap();
    assert_eq!((changed.listen.beam, changed.cue.lines), (5, 1));
    // What is taken back is as the file has it.
    let changed = home.change(json!({"listen": {"beam": null}, "to": null})).unwrap();
    assert_eq!((changed.listen.beam, changed.to.len(), changed.cue.lines), (2, 1, 1));
    assert!(!home.written().unwrap().contains("beam"));
}

#[test]
fn who_sends_everything_back_sets_nothing() {
    let home = Home::with(
        "[[library]]\nname = \"Films\"\npath = \"/films\"\n[[translator]]\nname = \"deep\"\nkind = \"openai\"\n\
         url = \"https://api.example.com\"\nkey = \"sk-hunter2\"\n",
        &[],
    );
    let mut all = home.load().show();
    all["serve"]["runs_days"] = json!(9);
    let changed = home.change(all).unwrap();
    assert_eq!(changed.serve.runs_days, 9);
    let written = home.written().unwrap();
    let set: Vec<&str> =
        written.lines().filter(|it| !it.starts_with('#') && !it.is_empty()).collect();
    assert_eq!(set, ["[serve]", "runs_days = 9"]);
}

#[test]
fn what_is_wrong_is_told_by_its_key_and_changes_nothing() {
    let home = Home::with("[retry]\nhard_limit = \"40m\"\nsoft_limit = \"30m\"\n", &[]);
    for (patch, told) in [
        (json!({"listen": {"beam": 9}}), "`listen.beam`: a whole number from 1 to 8 is expected"),
        (json!({"listen": {"beem": 2}}), "`listen.beem`: `beem` is unknown; did you mean `beam`?"),
        (json!({"lissen": {"beam": 2}}), "`lissen` is unknown; did you mean `listen`?"),
        (json!({"listen": 3}), "`listen`"),
        (json!({"cue": {"duration_max": "1h"}}), "`cue.duration_max`"),
        (json!({"to": ["klingonese"]}), "`klingonese` is no language"),
        (json!({"serve": {"runs_days": 1e300}}), "`serve.runs_days`"),
        (json!({"to": [null]}), "a value that no setting has"),
        (json!({"output": {"formats": []}}), "output.formats is empty"),
        // Right alone, and wrong with what the file says.
        (json!({"retry": {"soft_limit": "50m"}}), "retry.soft_limit (50m) is too long"),
        (json!({"translate": {"translators": ["nobody"]}}), "there is no such translator"),
    ] {
        let shown = patch.to_string();
        let refused = home.change(patch).expect_err(&shown);
        assert!(refused.contains(told), "{shown}: {refused}");
        assert_eq!(home.written(), None, "{shown}");
    }
}

#[test]
fn doors_and_secrets_are_changed_in_the_file_only() {
    let home = Home::with(
        "[[library]]\nname = \"Films\"\npath = \"/films\"\ncloud = false\n\
         [[library]]\nname = \"Fun\"\npath = \"/fun\"\n",
        &[],
    );
    let films = |more: Value| {
        let mut films = json!({"name": "Films", "path": "/films", "cloud": false});
        for (key, value) in more.as_object().unwrap_or(&Map::new()) {
            films[key] = value.clone();
        }
        json!({ "library": [films] })
    };
    for (patch, door) in [
        (json!({"data_dir": "/tmp"}), "`data_dir`"),
        (json!({"http": {"listen": "0.0.0.0:80"}}), "`http`"),
        (json!({"http": {"token_file": "/tmp/token"}}), "`http`"),
        (json!({"http": {"hosts": ["evil.example"]}}), "`http`"),
        (json!({"http": null}), "`http`"),
        (json!({"translator": []}), "`translator`"),
        (json!({"metadata": {"tmdb_url": "https://evil.example"}}), "`metadata`"),
        (films(json!({"path": "/etc"})), "`path of library: /etc`"),
        (films(json!({"path": "/films/../etc"})), "has `..` in it"),
        (films(json!({"path": "/films/inner"})), "`path of library: /films/inner`"),
        (films(json!({"cloud": true})), "`cloud of library Films`"),
        (json!({"library": [{"name": "Films", "path": "/films"}]}), "`cloud of library Films`"),
    ] {
        let shown = patch.to_string();
        let refused = home.change(patch).expect_err(&shown);
        assert!(refused.contains(door), "{shown}: {refused}");
        assert_eq!(home.written(), None, "{shown}");
    }
    let changed = home.change(films(json!({"to": ["de"]}))).unwrap();
    assert_eq!((changed.libraries.len(), changed.libraries[0].to.len()), (1, 1));
    assert!(!changed.libraries[0].cloud);
}

#[test]
fn the_environment_goes_before_settings_and_that_is_told() {
    let env = [("KINORA__LISTEN__BEAM", "4"), ("SCAN_INTERVAL", "600")];
    let home = Home::with("", &env);
    for (patch, variable) in [
        (json!({"listen": {"beam": 2}}), "KINORA__LISTEN__BEAM"),
        (json!({"serve": {"scan_interval": "2h"}}), "SCAN_INTERVAL"),
    ] {
        let refused = home.change(patch).expect_err(variable);
        assert!(refused.contains(variable), "{refused}");
    }
    assert_eq!(home.change(json!({"listen": {"threads": 2}})).unwrap().listen.beam, 4);
}

#[test]
fn settings_that_somebody_made_wrong_are_told_with_their_file() {
    let home = Home::with("", &[]);
    std::fs::write(home.settings(), "[listen]\nbeam = 99\n").unwrap();
    let told = load(Some(&home.file()), home.env(), Overrides::default()).unwrap_err().to_string();
    assert!(told.contains("settings.toml, line 2, `listen.beam`"), "{told}");
}

#[test]
fn the_command_line_shows_checks_and_gives_a_file_to_begin_with() {
    let home = Home::with("[listen]\nbeam = 2\n", &[]);
    let kinora = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kinora"));
        command.env_clear().env("HOME", home.dir.path()).arg("--config").arg(home.file());
        let output = command.arg("config").args(args).output().unwrap();
        let said = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), said(output.stdout), said(output.stderr))
    };
    let (code, shown, _) = kinora(&["show"]);
    assert_eq!(code, Some(0));
    assert_eq!(config(&shown).show(), home.load().show());
    let (_, json, _) = kinora(&["show", "--json"]);
    let view: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(view["settings"], home.load().show());
    let beam = view["keys"].as_array().unwrap().iter().find(|it| it["key"] == "listen.beam");
    let beam = beam.unwrap();
    assert_eq!((&beam["value"], &beam["origin"]), (&json!("2"), &json!("file")));
    let (code, schema, _) = kinora(&["schema"]);
    assert!(code == Some(0) && schema.contains("2020-12"), "{schema}");
    let (code, told, _) = kinora(&["check"]);
    assert!(code == Some(0) && told.ends_with("kinora.toml is right\n"), "{told}");
    home.change(json!({"listen": {"beam": 5}})).unwrap();
    assert!(kinora(&["check"]).1.contains(SETTINGS_FILE));
    std::fs::write(home.file(), "[listen]\nbeam = 9\n").unwrap();
    let (code, _, told) = kinora(&["check"]);
    assert!(code == Some(2) && told.contains("line 2, `listen.beam`"), "{told}");
    // What stands there by itself is told where the file is wrong, too.
    let (code, by_itself, _) = kinora(&["default"]);
    assert_eq!((code, config(&by_itself).listen.beam), (Some(0), 3));
}
