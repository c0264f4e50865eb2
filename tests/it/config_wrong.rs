//! What an owner is told of a configuration that is wrong: file, line, key, what is wrong, and what is near or what to
//! write. No message repeats a secret.

use kinora::app::config::{SETTINGS_FILE, verdict};
use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;
use tempfile::TempDir;

const SECRET: &str = "sk-hunter2";

/// A configuration: the file, changed settings, the environment.
struct Case<'a> {
    file: &'a [u8],
    settings: &'a str,
    env: &'a [(&'a str, &'a str)],
}

impl Case<'_> {
    /// What is told, with names that are the same in every run.
    fn told(&self) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kinora.toml");
        std::fs::write(&path, self.file).unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        if !self.settings.is_empty() {
            std::fs::write(data.join(SETTINGS_FILE), self.settings).unwrap();
        }
        told(&dir, &path, self.env)
    }
}

fn told(dir: &TempDir, path: &Path, env: &[(&str, &str)]) -> String {
    let folder = dir.path().display().to_string();
    let data = ("KINORA__DATA_DIR".to_owned(), format!("{folder}/data"));
    let home = ("HOME".to_owned(), "/home/ann".to_owned());
    let env = env.iter().map(|it| (it.0.to_owned(), it.1.replace("DIR", &folder)));
    let env = [data, home].into_iter().chain(env);
    let env = env.map(|it| (OsString::from(it.0), OsString::from(it.1)));
    let faults = match verdict(Some(path), env) {
        Ok(config) => panic!("it is right: {config:?}"),
        Err(faults) => faults,
    };
    let told: Vec<String> =
        faults.iter().map(|it| it.to_string().replace(&folder, "DIR")).collect();
    let told = told.join("\n");
    assert!(!told.contains(SECRET) && !told.contains("hunter2"), "a secret is told: {told}");
    told
}

/// Every case with what is told of it.
fn table(cases: &[Case<'_>]) -> String {
    let mut all = String::new();
    for Case { file, settings, env } in cases {
        for line in String::from_utf8_lossy(file).lines() {
            writeln!(all, "    {line}").unwrap();
        }
        for line in settings.lines() {
            writeln!(all, "    settings.toml: {line}").unwrap();
        }
        for (name, value) in *env {
            writeln!(all, "    {name}={value}").unwrap();
        }
        let case = Case { file, settings, env };
        writeln!(all, "{}\n", case.told()).unwrap();
    }
    all.replace('\t', "<tab>").replace(SECRET, "<secret>").replace("hunter2", "<secret>")
}

fn files(texts: &[&str]) -> String {
    let cases = texts.iter().map(|it| Case { file: it.as_bytes(), settings: "", env: &[] });
    table(&cases.collect::<Vec<_>>())
}

#[test]
fn what_is_no_toml() {
    insta::assert_snapshot!(files(&[
        "[listen",
        "[listen]\nbeam = ",
        "[listen]\nbeam 3",
        "[listen]\nbeam: 3",
        "[listen]\nidle_unload = 60s",
        "[listen]\nmodel = base",
        "to = [\"en\"\nsubtitle_mode = \"ignore\"",
        "[listen]\nbeam = 1\nbeam = 2",
        "[listen]\nbeam = 1\n[cue]\nlines = 1\n[listen]\nthreads = 2",
        "data_dir = \"/srv",
        "[listen]\nmodel = \"C:\\models\"",
        "[serve]\n\twatch = yes",
        "hunter2==\n",
        "[jellyfin]\nkey = sk-hunter2",
    ]));
}

#[test]
fn names_that_are_none() {
    insta::assert_snapshot!(files(&[
        "[listen]\nmodle = \"x\"",
        "[lisen]\nmodel = \"x\"",
        "modell = \"x\"",
        "beam = 3",
        "listen.beem = 3",
        "[listen]\n\n# a comment\nasr_max_failure = 3",
        "[libary]\nname = \"Films\"",
        "[library]\nname = \"Films\"\npath = \"/films\"",
        "[[listen]]\nbeam = 2",
        "listen = 3",
        "[output]\nformats = [\"stt\"]",
        "[output]\nnaming = \"plex\"",
        "subtitle_mode = \"reuse_if_god\"",
        "[[translator]]\nname = \"x\"\nkind = \"openia\"",
        "[[notify]]\nname = \"x\"\nkind = \"mail\"\naddress = \"https://sk-hunter2\"",
        "[jellyfin]\nyield = \"always\"",
    ]));
}

#[test]
fn values_that_no_key_takes() {
    insta::assert_snapshot!(files(&[
        "[listen]\nthreads = \"four\"",
        "[listen]\nbeam = 9",
        "[listen]\nbeam = 2.5",
        "[listen]\nmodel = \"\"",
        "[listen]\nasr_fail_alert = \"yes\"",
        "[listen]\nasr_fail_alert = 1",
        "[listen]\nidle_unload = 60",
        "[listen]\nidle_unload = \"60 seconds\"",
        "[listen]\nidle_unload = \"2d\"",
        "[cue]\nduration_max = \"1h\"",
        "[cue]\ncps_max = nan",
        "to = \"en\"",
        "to = [\n  \"en\",\n  \"123\",\n]",
        "to = [1, 2]",
        "lanes = { nice = 20 }",
        "[http]\nupload_max_mib = \"2 GB\"",
        "[http]\nupload_max_mib = \"4 MiB of films\"",
        "[lanes]\nmemory_max_mib = 2000000",
        "[http]\nlisten = \"localhost:80\"",
        "[http]\nlisten = 8710",
        "[http]\nhosts = [\"http://nas\"]",
        "[http]\ntrusted_networks = [\"192.168.1.0/33\"]",
        "[http]\ntrusted_networks = [\"0.0.0.0/0\"]",
        "[lanes]\nschedule = { cpu = \"25:00-26:00\" }",
        "[lanes.schedule]\ncpo = \"01:00-02:00\"",
        "[lanes]\ngpu = \"all\"",
        "[backup]\nat = \"1:30 am\"",
        "[backup]\nat = 1",
        "[check]\nat = \"24:00\"",
        "[serve]\ntrigger_file = \"/tmp/scan\"",
        "[serve]\nlog = \"everything\"",
        "[output]\nlabel = \"A.I.\"",
        "[output]\njellyfin = \"9\"",
        "[[library]]\nname = \"Films\"\npath = \"/films\"\ninclude = [\"[a\"]",
        "[[library]]\nname = \"Films\"\npath = \"/films\"\nschedule = \"at night\"",
    ]));
}

#[test]
fn what_does_not_fit_together() {
    let library = "[[library]]\nname = \"Films\"\npath = \"/media\"\n";
    let with = |more: &str| format!("{library}{more}");
    insta::assert_snapshot!(files(&[
        "[cue]\ncps_target = 30",
        "[cue]\nduration_min = \"9s\"",
        "[retry]\nsoft_limit = \"1h\"",
        "[retry]\nbackoff_first = \"2h\"",
        "[lanes]\nanswer_max = \"2h\"",
        "[lanes]\nmemory_max_mib = 100",
        "[lanes]\ngpu = \"none\"\nschedule = { gpu0 = \"01:00-02:00\" }",
        "[serve]\nscan_interval = \"5s\"",
        "[output]\nformats = []",
        "[backup]\nfolder = \"backups\"",
        "[backup]\nfolder = \"/b\"\nsecond_folder = \"/b\"",
        &with("[[library]]\nname = \"Anime\"\npath = \"/media/anime\""),
        &with("[[library]]\nname = \"films\"\npath = \"/other\""),
        &with("translators = [\"nobody\"]"),
        &with("translators = [\"locl\"]\ntranslate = false"),
        "[[library]]\nname = \"Films\"",
        "[[library]]\nname = \"Films\"\npath = \"films\"",
        "[[library]]\nname = \"Films\"\npath = \"/a/../b\"",
        "[translate]\ntranslators = [\"locl\"]",
        "[[translator]]\nname = \"x\"\nkind = \"openai\"",
        "[[translator]]\nname = \"x\"\nkind = \"ollama\"\nkey_file = \"/k\"",
        "to = [\"zh-Hans\"]\n[output]\nnaming = \"tag\"",
        "[jellyfin]\nurl = \"http://10.0.0.5:8096\"",
        "[jellyfin]\nkey_file = \"/k\"",
        "[[notify]]\nname = \"phone\"\nkind = \"ntfy\"",
        "[[notify]]\nname = \"phone\"\nkind = \"ntfy\"\naddress = \"ntfy.sh/x\"",
        "[[notify]]\nname = \"x\"\nkind = \"webhook\"\naddress_file = \"/a\"\ntemplate = \"{{ text\"",
        "[[notify]]\nname = \"x\"\nkind = \"ntfy\"\naddress_file = \"/a\"\ntemplate = \"x\"",
    ]));
}

#[test]
fn secrets_in_wrong_places() {
    insta::assert_snapshot!(files(&[
        "[jellyfin]\nurl = \"http://10.0.0.5\"\nkey_file = \"sk-hunter2\"",
        "[jellyfin]\nurl = \"http://10.0.0.5\"\nkey_env = \"sk-hunter2\"",
        "[jellyfin]\nurl = \"http://ann:hunter2@10.0.0.5\"\nkey_file = \"/k\"",
        "[jellyfin]\nurl = \"http://jellyfin.example.com\"\nkey = \"sk-hunter2\"",
        "[jellyfin]\nurl = \"http://10.0.0.5\"\nkey = \"sk-hunter2\"\nkey_file = \"/k\"",
        "[jellyfin]\nkey = [\"sk-hunter2\"]",
        "[http]\ntoken_file = \"sk-hunter2\"",
        "[http]\nwebhook_secret_file = \"sk-hunter2\"",
        "[metadata]\ntmdb_key = \"sk-hunter2 \\n x\"",
        "[metadata]\ntmdb_key_file = \"sk-hunter2\"",
        "[[notify]]\nname = \"x\"\nkind = \"ntfy\"\naddress = \"https://ann:hunter2@ntfy.sh/x\"",
        "[[translator]]\nname = \"x\"\nkind = \"openai\"\nurl = \"http://8.8.8.8\"\nkey = \"sk-hunter2\"",
    ]));
}

#[test]
fn what_variables_and_changed_settings_say() {
    let env = |env| Case { file: b"", settings: "", env };
    let changed = |settings| Case { file: b"[listen]\nbeam = 2", settings, env: &[] };
    insta::assert_snapshot!(table(&[
        env(&[("KINORA__LISTEN__MODLE", "x")]),
        env(&[("KINORA__LISTEN", "x")]),
        env(&[("KINORA__LISTEN__THREADS", "many")]),
        env(&[("KINORA__HTTP__UPLOAD_MAX_MIB", "2 GB")]),
        env(&[("KINORA__TO", "en,123")]),
        env(&[("KINORA__LIBRARY", "/films")]),
        env(&[("KINORA__RETRY__SOFT_LIMIT", "2h")]),
        env(&[("ASR_MAX_DURATION_SECONDS", "90")]),
        env(&[("ASR_FAIL_ALERT", "loud")]),
        env(&[("SCAN_INTERVAL", "5")]),
        env(&[("OLLAMA_BASE_URL", "nas:11434")]),
        env(&[("KINORA__JELLYFIN__URL", "http://ann:hunter2@nas")]),
        env(&[("KINORA__METADATA__TMDB_KEY", "sk-hunter2 x")]),
        env(&[("JELLYFIN_BASE_URL", "http://nas"), ("JELLYFIN_API_KEY", "sk-hunter2 x")]),
        env(&[("KINORA__LISTEN__BEAM", "99"), ("KINORA__CUE__LINES", "9")]),
        changed("[listen]\nbeam = 99"),
        changed("[listen]\nbeem = 3"),
        changed("[retry]\nsoft_limit = \"5h\""),
        Case {
            file: b"[listen]\nbeam = 9\nmodle = \"x\"\n[cue]\nlines = 3\n[[library]]\nname = \"A\"\n[lisen]\nx = 1",
            settings: "",
            env: &[("SCAN_INTERVAL", "often")],
        },
    ]));
}

#[test]
fn files_that_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let wide: Vec<u8> = "\u{FEFF}to = []".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut all = String::new();
    for path in [
        dir.path().join("nowhere.toml"),
        dir.path().to_owned(),
        file("utf16.toml", &wide),
        file("latin1.toml", b"[output]\nlabel = \"\xFCbersetzt\""),
        file("long.toml", &vec![b'\n'; 2 << 20]),
        file("bom.toml", b"\xEF\xBB\xBF[listen]\nbeam = 99"),
    ] {
        writeln!(all, "{}", told(&dir, &path, &[])).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn values_that_stand_in_files() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("empty.toml", "");
    write("key", "sk-hunter2 x\n");
    write("url", "sk-hunter2");
    write("nothing", "\n");
    let mut all = String::new();
    for env in [
        [("FILE__KINORA__METADATA__TMDB_KEY", "DIR/nowhere"), ("X", "")],
        [("FILE__KINORA__METADATA__TMDB_KEY", "DIR"), ("X", "")],
        [("FILE__KINORA__METADATA__TMDB_KEY", "DIR/nothing"), ("X", "")],
        [("FILE__KINORA__METADATA__TMDB_KEY", "DIR/key"), ("X", "")],
        [("FILE__KINORA__LISTEN__BEAM", "DIR/url"), ("X", "")],
        [("FILE__KINORA__TO", "DIR/url"), ("KINORA__TO", "en")],
        [("FILE__OLLAMA_BASE_URL", "DIR/url"), ("X", "")],
        [("FILE__JELLYFIN_BASE_URL", "DIR/url"), ("X", "")],
        [("FILE__JELLYFIN_API_KEY", "DIR/key"), ("JELLYFIN_BASE_URL", "http://nas")],
    ] {
        writeln!(all, "{}", told(&dir, &dir.path().join("empty.toml"), &env)).unwrap();
    }
    insta::assert_snapshot!(all);
}
