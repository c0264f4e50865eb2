//! `kinora.toml`, environment and flags: defaults, order, and messages that say where and what is near.

use kinora::app::config::{Config, Gpus, Library, Overrides, load};
use kinora::domain::cue::CueLimits;
use kinora::domain::lane::LaneName;
use kinora::domain::lang::Lang;
use kinora::domain::name::Naming;
use kinora::domain::order::{ExistingRules, SubtitleMode};
use kinora::domain::schedule::Schedule;
use kinora::domain::subtitle::Format;
use kinora::domain::time::Ms;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) fn read(text: &str, env: &[(&str, &str)], flags: Overrides) -> Result<Config, String> {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("kinora.toml");
    std::fs::write(&path, text).expect("written");
    let home = [("HOME", "/home/ann")];
    let env = home.iter().chain(env).map(|(name, value)| (name.into(), value.into()));
    let env: Vec<(OsString, OsString)> = env.collect();
    let shown = path.display().to_string();
    load(Some(&path), env, flags).map_err(|fault| fault.to_string().replace(&shown, "FILE"))
}

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).expect("a language")
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = read("", &[], Overrides::default()).expect("read");
    assert_eq!(config.listen.model, "base-q8_0");
    assert_eq!((config.listen.threads, config.listen.beam), (0, 3));
    assert_eq!((config.listen.from, config.to), (None, vec![]));
    assert_eq!(config.cue, CueLimits::default());
    assert_eq!(config.output.formats, [Format::Srt]);
    assert_eq!((config.output.naming, config.output.json), (Naming::Jellyfin, false));
    assert_eq!(config.existing, ExistingRules { keep_ours: true, ..ExistingRules::default() });
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn hours(windows: &[&str]) -> Schedule {
    Schedule::parse(windows).expect("a schedule")
}

#[test]
fn an_empty_file_gives_the_services_defaults() {
    let env = [("KINORA__DATA_DIR", "/srv/kinora")];
    let config = read("", &env, Overrides::default()).expect("read");
    let http = config.http;
    assert_eq!(http.listen.to_string(), "127.0.0.1:8710");
    assert_eq!(http.token_file, Path::new("/srv/kinora/token"));
    assert_eq!(http.hosts, [""; 0]);
    assert_eq!(config.libraries, []);
    let lanes = config.lanes;
    let workers = [lanes.gpu_workers, lanes.cpu_workers, lanes.ffmpeg_workers];
    assert_eq!((workers, lanes.net_workers, lanes.disk_workers), ([1; 3], 4, 1));
    assert_eq!((lanes.gpu, lanes.nice, lanes.schedule.len()), (Gpus::Auto, 10, 0));
    assert_eq!((lanes.memory_max_mib, lanes.max_tasks, lanes.answer_max), (None, 1000, s(600)));
    let listen = config.listen;
    assert_eq!((listen.asr_max_failures, listen.asr_fail_alert), (3, false));
    assert_eq!((listen.asr_fail_cooldown, listen.idle_unload), (s(300), s(60)));
    let retry = config.retry;
    assert_eq!((retry.tries_max, retry.crashes_max), (3, 8));
    assert_eq!((retry.backoff_first, retry.backoff_max), (s(60), s(3600)));
    assert_eq!((retry.soft_limit, retry.hard_limit), (s(3300), s(3600)));
    let serve = config.serve;
    assert_eq!((serve.scan_interval, serve.stable, serve.drain), (Some(s(3600)), s(30), s(30)));
    assert_eq!((serve.runs_days, serve.logs_days), (30, 30));
    assert_eq!((serve.watch, serve.trigger_file.as_deref()), (true, Some(".scan_now")));
    assert_eq!((serve.poll_interval, serve.lock_expiry), (s(300), s(7200)));
}

#[test]
fn every_key_of_the_service_is_read() {
    let text = r#"
        to = ["en"]
        [http]
        listen = "[::]:80"
        token_file = "/run/secrets/kinora"
        hosts = ["NAS.home", "10.0.0.5"]
        [[library]]
        name = "Films"
        path = "/media/films/"
        [[library]]
        name = "Anime"
        path = "/media/anime"
        to = ["zh-Hans"]
        from = "ja"
        [lanes]
        gpu = ["gpu1", "gpu0"]
        gpu_workers = 2
        cpu_workers = 3
        ffmpeg_workers = 4
        net_workers = 5
        disk_workers = 6
        nice = 0
        schedule = { cpu = ["mon,wed 22:30-06:00"], gpu0 = "01:00-07:00" }
        memory_max_mib = 2048
        max_tasks = 7
        answer_max = "90s"
        [listen]
        asr_max_failures = 5
        asr_fail_cooldown = "2m"
        asr_fail_alert = true
        idle_unload = "0s"
        [retry]
        tries_max = 4
        backoff_first = "30s"
        backoff_max = "30s"
        crashes_max = 2
        soft_limit = "1m"
        hard_limit = "2m"
        [serve]
        scan_interval = "0s"
        stable = "1m"
        watch = false
        poll_interval = "90s"
        trigger_file = ""
        lock_expiry = "0s"
        drain = "5m"
        runs_days = 7
        logs_days = 8
    "#;
    let config = read(text, &[], Overrides::default()).expect("read");
    let http = config.http;
    assert_eq!(http.listen.to_string(), "[::]:80");
    assert_eq!(http.token_file, Path::new("/run/secrets/kinora"));
    assert_eq!(http.hosts, ["nas.home", "10.0.0.5"]);
    let of = |it: &Library| (it.name.clone(), it.path.clone(), it.to.clone(), it.from.clone());
    let films = ("Films".to_owned(), "/media/films".into(), vec![lang("en")], None);
    let anime =
        ("Anime".to_owned(), "/media/anime".into(), vec![lang("zh-Hans")], Some(lang("ja")));
    assert_eq!(config.libraries.iter().map(of).collect::<Vec<_>>(), [films, anime]);
    let lanes = config.lanes;
    assert_eq!(lanes.gpu, Gpus::Only(vec![LaneName::Gpu(1), LaneName::Gpu(0)]));
    let workers = [lanes.gpu_workers, lanes.cpu_workers, lanes.ffmpeg_workers, lanes.net_workers];
    assert_eq!((workers, lanes.disk_workers, lanes.nice), ([2, 3, 4, 5], 6, 0));
    let schedules = lanes.schedule.into_iter().collect::<Vec<_>>();
    let cpu = (LaneName::Cpu, hours(&["mon,wed 22:30-06:00"]));
    assert_eq!(schedules, [(LaneName::Gpu(0), hours(&["01:00-07:00"])), cpu]);
    assert_eq!((lanes.memory_max_mib, lanes.max_tasks, lanes.answer_max), (Some(2048), 7, s(90)));
    let listen = config.listen;
    assert_eq!((listen.asr_max_failures, listen.asr_fail_alert), (5, true));
    assert_eq!((listen.asr_fail_cooldown, listen.idle_unload), (s(120), s(0)));
    let retry = config.retry;
    assert_eq!((retry.tries_max, retry.crashes_max), (4, 2));
    assert_eq!((retry.backoff_first, retry.backoff_max), (s(30), s(30)));
    assert_eq!((retry.soft_limit, retry.hard_limit), (s(60), s(120)));
    let serve = config.serve;
    assert_eq!((serve.scan_interval, serve.stable, serve.drain), (None, s(60), s(300)));
    assert_eq!((serve.runs_days, serve.logs_days), (7, 8));
    assert_eq!((serve.watch, serve.trigger_file), (false, None));
    assert_eq!((serve.poll_interval, serve.lock_expiry), (s(90), s(0)));
}

#[test]
fn the_service_is_set_by_the_environment_too() {
    let env = [
        ("KINORA__HTTP__LISTEN", "0.0.0.0:9000"),
        ("KINORA__HTTP__HOSTS", "nas, nas.home"),
        ("KINORA__LIBRARY", "[{ name = \"Films\", path = \"/films\" }]"),
        ("KINORA__LANES__GPU", "gpu0,gpu1"),
        ("KINORA__LANES__SCHEDULE__CPU", "mon,wed 22:30-06:00"),
        ("KINORA__LANES__SCHEDULE__GPU0", "01:00-07:00, 20:00-22:00"),
        ("KINORA__RETRY__TRIES_MAX", "5"),
        ("KINORA__SERVE__STABLE", "5s"),
        ("ASR_FAIL_COOLDOWN_SECONDS", "90"),
        ("ASR_MAX_FAILURES", "7"),
        ("ASR_FAIL_ALERT", "True"),
        ("SCAN_INTERVAL", "900"),
        ("SUBTITLE_MODE", "ignore"),
        ("IGNORE_SIMPLIFIED_SUBTITLE", "true"),
        ("KINORA__REUSE_GOOD_PERCENT", "85"),
        ("TRIGGER_SCAN_FILE", ".look"),
    ];
    let text = "[listen]\nasr_max_failures = 2\n[lanes]\nnice = 5\n[serve]\nstable = \"1m\"";
    let config = read(text, &env, Overrides::default()).expect("read");
    assert_eq!(config.http.listen.to_string(), "0.0.0.0:9000");
    assert_eq!(config.http.hosts, ["nas", "nas.home"]);
    assert_eq!(config.libraries[0].path, Path::new("/films"));
    assert_eq!(config.lanes.gpu, Gpus::Only(vec![LaneName::Gpu(0), LaneName::Gpu(1)]));
    assert_eq!(config.lanes.schedule[&LaneName::Cpu], hours(&["mon,wed 22:30-06:00"]));
    assert_eq!(config.lanes.schedule[&LaneName::Gpu(0)], hours(&["01:00-07:00", "20:00-22:00"]));
    assert_eq!((config.retry.tries_max, config.serve.stable), (5, s(5)));
    assert_eq!((config.listen.asr_fail_cooldown, config.listen.asr_max_failures), (s(90), 7));
    assert!(config.listen.asr_fail_alert);
    assert_eq!(config.serve.scan_interval, Some(s(900)));
    assert_eq!(config.serve.trigger_file.as_deref(), Some(".look"));
    let existing = ExistingRules {
        mode: SubtitleMode::Ignore,
        work_anyway: true,
        good_percent: 85,
        keep_ours: true,
    };
    assert_eq!(config.existing, existing);
    let own = [("SCAN_INTERVAL", "15m"), ("KINORA__SERVE__SCAN_INTERVAL", "2h")];
    let config = read("", &own, Overrides::default()).expect("read");
    assert_eq!(config.serve.scan_interval, Some(s(7200)), "our own name beats the alias");
}

#[test]
fn what_the_service_cannot_be_set_to_is_told() {
    let films = "[[library]]\nname = \"Films\"\npath = ";
    let two = |name: &str, path: &str| {
        format!("{films}\"/media\"\n[[library]]\nname = \"{name}\"\npath = \"{path}\"")
    };
    for (text, says) in [
        (
            "[http]\nlisten = \"localhost:80\"",
            "line 2, `http.listen`: `localhost:80` is no address",
        ),
        ("[http]\nlisten = \":80\"", "write it like `127.0.0.1:8710`"),
        ("[http]\nhost = [\"nas\"]", "`host` is unknown; did you mean `hosts`?"),
        ("[http]\nhosts = [\"nas:80\"]", "`nas:80` is no name of a host; write it like `nas`"),
        ("[http]\nhosts = [\"http://nas\"]", "`http://nas` is no name of a host"),
        ("[http]\ntoken_file = \"token\"", "line 2: http.token_file is no absolute path"),
        ("[http]\ntrusted = []", "`trusted` is unknown"),
        ("[[library]]\nname = \"Films\"", "line 1: `path` is missing; add it"),
        ("[[library]]\npath = \"/films\"", "`name` is missing"),
        ("[[library]]\nname = \"\"\npath = \"/x\"", "line 2, `library.name`: it is empty"),
        (&format!("{films}\"films\""), "path of library `Films`: `films` is no absolute path"),
        (&format!("{films}\"/a/../b\""), "path of library `Films`: `/a/../b` has `..` in it"),
        (&format!("{films}\"/a\"\ncolour = 1"), "line 4, `library.colour`: `colour` is unknown"),
        ("[lanes.schedule]\ncpu = [\"mo 1:00-2:00\"]", "did you mean `mon`?"),
        (&two("FILMS", "/other"), "there are two libraries with the name `FILMS`"),
        (&two("Anime", "/media/anime"), "the folders of libraries `Films` and `Anime` overlap"),
        (&two("Anime", "/"), "the folders of libraries `Films` and `Anime` overlap"),
        (&two("Anime", "/media/"), "the folders of libraries `Films` and `Anime` overlap"),
        ("library = \"x\"", "FILE, line 1, `library`: a list such as"),
        (
            "library = [[\"Films\", \"/films\", [], \"auto\", []]]",
            "`library` is no list of sections; write [[lib",
        ),
        ("lanes = 1", "FILE, line 1, `lanes`: a section"),
        ("[lanes]\ngpu = \"all\"", "`all` is no GPU; write \"auto\", \"none\" or a list"),
        ("[lanes]\ngpu = [\"cpu\"]", "`cpu` is no GPU"),
        ("[lanes]\ngpu = []", "line 2, `lanes.gpu`: it names no GPU"),
        ("[lanes]\ngpu = 1", "line 2, `lanes.gpu`: write \"auto\""),
        ("[lanes]\ngpu = [\"gpu0\", \"gpu0\"]", "`gpu0` is there twice"),
        ("[lanes]\ngpu_workers = 17", "line 2, `lanes.gpu_workers`: a whole number from 1 to 16"),
        ("[lanes]\ncpu_workers = 0", "a whole number from 1 to 64"),
        ("[lanes]\nnice = 20", "a whole number from 0 to 19"),
        ("[lanes]\nmemory_max_mib = 100", "memory_max_mib is 100, too little; allow 256 or more"),
        ("[lanes]\nmax_tasks = 0", "a whole number from 1 to 1000000"),
        ("[lanes]\nanswer_max = \"1s\"", "a time from \"10s\" to \"12h\", such as \"90s\""),
        ("[lanes]\nanswer_max = \"60m\"", "lanes.answer_max (1h) is too long for retry.hard_l"),
        ("[lanes.schedule]\ncpo = []", "`cpo` is no lane; did you mean `cpu`?"),
        ("[lanes.schedule]\ngpu01 = []", "`gpu01` is no lane"),
        (
            "[lanes.schedule]\ncpu = [\"7-9\"]",
            "line 2, `lanes.schedule.cpu`: `7-9`: `7` is no time",
        ),
        ("[lanes.schedule]\ncpu = 7", "a list of hours such as [\"01:00-07:00\"] is expected"),
        (
            "[lanes]\ngpu = \"none\"\nschedule = { gpu0 = [] }",
            "lanes.schedule names gpu0, which lanes.gpu leaves out; name it in both or in none",
        ),
        ("[listen]\nasr_max_failures = 0", "a whole number from 1 to 100"),
        (
            "[listen]\nasr_fail_cooldown = 300",
            "`listen.asr_fail_cooldown`: a time from \"0s\" to \"7d\"",
        ),
        ("[listen]\nidle_unload = \"2d\"", "a time from \"0s\" to \"1d\""),
        ("[retry]\ntries_max = 0", "a whole number from 1 to 20"),
        (
            "[retry]\nbackoff_first = \"2h\"",
            "backoff_first (2h) is too long for retry.backoff_max (1h)",
        ),
        (
            "[retry]\nsoft_limit = \"1h\"",
            "retry.soft_limit (1h) is too long for retry.hard_limit (1h)",
        ),
        (
            "[serve]\nscan_interval = \"59s\"",
            "scan_interval (59s) is too short; write 1m or more, or 0s",
        ),
        ("[serve]\nruns_days = 0", "a whole number from 1 to 3650"),
        ("[serve]\nscan_intervall = \"1h\"", "did you mean `scan_interval`?"),
        ("[serve]\npoll_interval = \"1s\"", "a time from \"10s\" to \"1d\""),
        ("[serve]\nlock_expiry = \"31d\"", "a time from \"0s\" to \"30d\""),
        ("[serve]\nwatch = \"no\"", "line 2, `serve.watch`: true or false is expected, not \"no\""),
        (
            "[serve]\ntrigger_file = \"/tmp/scan\"",
            "line 2, `serve.trigger_file`: `/tmp/scan` is no name of a file; write it like",
        ),
        ("[serve]\ntrigger_file = \"..\"", "`..` is no name of a file"),
    ] {
        let told = read(text, &[], Overrides::default()).expect_err(text);
        assert!(told.contains(says), "{text}: {told}");
    }
}

#[test]
fn every_key_is_read() {
    let text = r#"
        data_dir = "/srv/kinora"
        to = ["zh-Hans", "en"]
        [listen]
        model = "small-q8_0"
        threads = 4
        from = "ja"
        prefer_langs = ["ja", "en"]
        beam = 2
        [cue]
        cps_target = 15
        cps_max = 20.5
        chars_per_line = 37
        chars_per_line_wide = 16
        lines = 1
        duration_min = "1.2s"
        duration_max = "6s"
        gap_min = "120 ms"
        [output]
        naming = "factory"
        formats = ["vtt", "ass", "vtt"]
        json = true
    "#;
    let text = format!(
        "subtitle_mode = \"reference\"\nignore_existing_subtitles = true\n\
         reuse_good_percent = 60\n{text}"
    );
    let text = text.as_str();
    let config = read(text, &[], Overrides::default()).expect("read");
    assert_eq!(config.data_dir, PathBuf::from("/srv/kinora"));
    assert_eq!(config.to, [lang("zh-Hans"), lang("en")]);
    assert_eq!(config.listen.from, Some(lang("ja")));
    assert_eq!(config.listen.prefer_langs, [lang("ja"), lang("en")]);
    assert_eq!((config.listen.threads, config.listen.beam), (4, 2));
    let cue = CueLimits {
        cps_target: 15.0,
        cps_max: 20.5,
        chars_per_line: 37,
        chars_per_line_wide: 16,
        lines: 1,
        duration_min: Ms(1200),
        duration_max: Ms(6000),
        gap_min: Ms(120),
    };
    assert_eq!(config.cue, cue);
    assert_eq!(config.output.naming, Naming::Factory);
    let existing = ExistingRules {
        mode: SubtitleMode::Reference,
        work_anyway: true,
        good_percent: 60,
        keep_ours: true,
    };
    assert_eq!(config.existing, existing);
    assert_eq!((config.output.formats, config.output.json), (vec![Format::Vtt, Format::Ass], true));
}

#[test]
fn flags_beat_environment_beats_file() {
    let text = "data_dir = \"/file\"\n[listen]\nmodel = \"file\"\nthreads = 1\nbeam = 2\n";
    let env = [
        ("KINORA__DATA_DIR", "/env"),
        ("KINORA__LISTEN__MODEL", "7"),
        ("KINORA__LISTEN__THREADS", "2"),
        ("KINORA__LISTEN__PREFER_LANGS", "ja, en"),
        ("KINORA__TO", "de"),
        ("KINORA__OUTPUT__FORMATS", "[\"ass\"]"),
        ("KINORA__OUTPUT__JSON", "true"),
        ("KINORA__CUE__DURATION_MAX", "5s"),
        ("KINORA__CUE__CPS_MAX", ""),
        ("KINORA_OTHER", "not ours"),
    ];
    let flags = Overrides {
        data_dir: Some("/flag".into()),
        threads: Some(3),
        formats: Some(vec![Format::Vtt]),
        subtitle_mode: Some(SubtitleMode::Ignore),
        ignore_existing: Some(true),
        ..Overrides::default()
    };
    let text = &format!("subtitle_mode = \"reference\"\n{text}");
    let config = read(text, &env, flags).expect("read");
    assert_eq!(config.data_dir, PathBuf::from("/flag"));
    assert_eq!((config.listen.threads, config.listen.beam), (3, 2));
    assert_eq!(config.listen.model, "7");
    assert_eq!(config.listen.prefer_langs, [lang("ja"), lang("en")]);
    assert_eq!(config.to, [lang("de")]);
    assert_eq!((config.output.formats, config.output.json), (vec![Format::Vtt], true));
    assert_eq!((config.existing.mode, config.existing.work_anyway), (SubtitleMode::Ignore, true));
    assert_eq!(config.cue.duration_max, Ms(5000));
    assert_eq!(config.cue.cps_max, CueLimits::default().cps_max);
}

#[test]
fn a_mistake_in_the_file_is_told_with_its_line_and_what_is_near() {
    for (text, says) in [
        (
            "\n[listen]\nmodle = \"x\"\n",
            "FILE, line 3, `listen.modle`: `modle` is unknown; did you mean `model`?",
        ),
        ("[lisen]\nmodel = \"x\"\n", "FILE, line 1: `lisen` is unknown; did you mean `listen`?"),
        ("[listen]\nthreads = \"four\"", "line 2, `listen.threads`: a whole number from 0 to 256"),
        ("[listen]\nbeam = 9", "line 2, `listen.beam`: a whole number from 1 to 8"),
        ("[listen]\nmodel = \"\"", "line 2, `listen.model`: it is empty"),
        (
            "subtitle_mode = \"reuse_if_god\"",
            "line 1, `subtitle_mode`: `reuse_if_god` is unknown; did you mean `reuse_if_",
        ),
        ("ignore_existing_subtitles = 1", "line 1, `ignore_existing_subtitles`: true or false"),
        ("reuse_good_percent = 101", "`reuse_good_percent`: a whole number from 0 to 100"),
        ("to = [\"123\"]", "line 1, `to`: `123` is no language; write a code like en"),
        ("[listen]\nfrom = \"123\"", "line 2, `listen.from`: `123` is no language"),
        ("[cue]\n\nduration_max = 7", "line 3, `cue.duration_max`: a time from"),
        ("[cue]\nduration_max = \"7\"", "such as \"7s\" or \"83ms\""),
        ("[cue]\nduration_max = \"1h\"", "a time from \"1s\" to \"30s\""),
        ("[cue]\ncps_max = nan", "line 2, `cue.cps_max`: a number from 5 to 100"),
        ("[cue]\nlines = 3", "line 2, `cue.lines`: a whole number from 1 to 2"),
        ("[cue]\ncps_target = 30", "cue.cps_target is above cue.cps_max"),
        ("[cue]\nduration_min = \"9s\"", "cue.duration_min is above cue.duration_max"),
        (
            "[output]\nformats = [\"stt\"]",
            "line 2, `output.formats`: `stt` is unknown; did you mean `srt`?",
        ),
        ("[output]\nnaming = \"plex\"", "`plex` is unknown; known are jellyfin, factory"),
        ("[output]\nformats = []", "output.formats is empty; name srt"),
        ("data_dir = \"here\"", "data_dir `here` is no absolute path"),
        ("listen = [\"x\"]", "FILE, line 1: `listen` is no section; write [listen]"),
        ("[listen\n", "FILE, line 1"),
        ("[listen]\nbeam = 1\nbeam = 2", "line 3, `listen.beam`: it is there twice; keep one"),
    ] {
        let told = read(text, &[], Overrides::default()).expect_err(text);
        assert!(told.contains(says), "{text}: {told}");
    }
}

#[test]
fn a_mistake_in_the_environment_names_the_variable() {
    for (name, value, says) in [
        (
            "KINORA__LISTEN__MODLE",
            "x",
            "KINORA__LISTEN__MODLE=x: `modle` is unknown; did you mean `model`?",
        ),
        ("KINORA__LISTEN__THREADS", "900", "a whole number from 0 to 256"),
        ("KINORA__LISTEN__THREADS", "many", "a whole number from 0 to 256"),
        ("KINORA__OUTPUT__FORMATS", "srt,stt", "did you mean `srt`?"),
        ("KINORA__LISTEN", "x", "KINORA__LISTEN names a section; write KINORA__LISTEN__KEY"),
        ("KINORA__", "x", "KINORA__=x: `` is unknown"),
        ("SUBTITLE_MODE", "none", "SUBTITLE_MODE=none: `none` is unknown; known are ignore, refer"),
        ("TRIGGER_SCAN_FILE", "a/b", "TRIGGER_SCAN_FILE=a/b: `a/b` is no name of a file"),
        ("KINORA__LANES", "x", "KINORA__LANES names a section"),
        ("KINORA__LIBRARY", "/films", "[{ name = \"Films\", path = \"/films\" }] is expected"),
        ("KINORA__LIBRARY", "[[\"Films\", \"/films\"]]", "is expected"),
        ("KINORA__LANES__GPU", "gpu0,cpu", "`cpu` is no GPU"),
        ("KINORA__LANES__SCHEDULE__CPO", "1:00-2:00", "`cpo` is no lane; did you mean `cpu`?"),
        ("KINORA__LANES__SCHEDULE__CPU", "always", "`always` is no window of hours"),
        ("ASR_MAX_FAILURES", "many", "ASR_MAX_FAILURES=many: a whole number from 1 to 100"),
        ("ASR_FAIL_ALERT", "loud", "ASR_FAIL_ALERT=loud"),
        ("SCAN_INTERVAL", "often", "SCAN_INTERVAL=often"),
    ] {
        let told = read("", &[(name, value)], Overrides::default()).expect_err(name);
        assert!(told.contains(says), "{name}: {told}");
    }
}

#[test]
fn a_file_that_is_none_is_told() {
    let env = || Vec::<(OsString, OsString)>::new();
    let dir = tempfile::tempdir().expect("temporary folder");
    let told = |path: &std::path::Path| {
        load(Some(path), env(), Overrides::default()).expect_err("refused").what
    };
    assert!(told(dir.path()).contains("cannot be read"));
    assert!(told(&dir.path().join("absent")).contains("there is no configuration file"));
    let bytes = dir.path().join("bytes");
    std::fs::write(&bytes, b"to = \"\xFF\"").expect("written");
    assert!(told(&bytes).contains("is no text in UTF-8"));
}

#[test]
fn files_that_are_sent_have_a_size_and_a_time() {
    let of = |text: &str| read(text, &[], Overrides::default()).map(|it| it.http);
    let usual = of("").expect("read");
    assert_eq!((usual.upload_bytes_max, usual.uploads_keep), (4 << 30, s(24 * 3600)));
    let own = of("[http]\nupload_max_mib = 3\nuploads_keep = \"2h\"").expect("read");
    assert_eq!((own.upload_bytes_max, own.uploads_keep), (3 << 20, s(7200)));
    of("[http]\nupload_max_mib = 0").expect_err("nothing could be sent");
}
