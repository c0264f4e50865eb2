//! What goes into a support archive, as it is: cleaned by whoever packs it.

use crate::api::doctor::DoctorView;
use crate::app::client;
use crate::app::config::{self, Config};
use crate::base::clock;
use crate::base::text::show_path;
use crate::engines::{files, gpu, media};
use crate::store::{Store, StoreFile};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Of all logs together, the newest first.
const LOG_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Records of runs that failed.
const RUNS_MAX: usize = 20;
/// Records that are looked at for such.
const RUNS_SEEN_MAX: usize = 500;
/// A record is never larger, but for one that is damaged.
const RUN_BYTES_MAX: u64 = 1024 * 1024;
/// Lines of what happened lately.
const ACTIVITY_MAX: usize = 500;

/// A file of the archive.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) text: String,
}

impl Piece {
    fn new(name: impl Into<String>, about: &str, text: String) -> Piece {
        Piece { name: name.into(), about: about.to_owned(), text }
    }

    fn json(name: &str, about: &str, value: &impl Serialize) -> Piece {
        Piece::new(name, about, serde_json::to_string_pretty(value).unwrap_or_default())
    }
}

/// All of it.
pub(super) fn pieces(config: &Config, doctor: &DoctorView) -> Vec<Piece> {
    let mut pieces = vec![
        Piece::json("doctor.json", "what `kinora doctor` found", doctor),
        configuration(config),
        Piece::json("machine.json", "this machine and this build of Kinora", &machine(config)),
    ];
    pieces.extend(service(config));
    pieces.extend(logs(&config.data_dir.join("logs")));
    pieces.extend(runs(&config.data_dir.join("runs")));
    pieces
}

fn configuration(config: &Config) -> Piece {
    let traced = config::trace(config.source.as_deref(), std::env::vars_os());
    let text = traced.and_then(|it| it.show_toml(&BTreeMap::new()));
    let text = text.unwrap_or_else(|_| format!("{:#}\n", config.show()));
    Piece::new("config.toml", "the configuration, without keys", text)
}

fn machine(config: &Config) -> Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let line = |text: &str, name: &str| {
        let found = text.lines().find(|it| it.starts_with(name));
        found.and_then(|it| it.split_once(':')).map(|it| it.1.trim().to_owned())
    };
    let (cpu, memory, os) = (read("/proc/cpuinfo"), read("/proc/meminfo"), read("/etc/os-release"));
    let system = os.lines().find_map(|it| it.strip_prefix("PRETTY_NAME="));
    let libraries = config.libraries.iter().map(|it| (it.name.as_str(), it.path.as_path()));
    let places = [("data", config.data_dir.as_path()), ("backups", config.backup.folder.as_path())];
    let mounts = places.into_iter().chain(libraries).map(|(name, path)| {
        let mount = files::mount_of(path).ok();
        let network = files::file_system(path).ok().map(|it| it.network);
        json!({ "of": name, "kind": mount.map(|it| it.kind), "network": network })
    });
    let versions = media::versions().into_iter().map(|(name, it)| (name.to_owned(), json!(it)));
    json!({
        "kinora": env!("CARGO_PKG_VERSION"),
        "built_for_gpu": gpu::supported(),
        "ffmpeg": versions.collect::<serde_json::Map<_, _>>(),
        "at_unix_ms": clock::now_unix_ms(),
        "system": system.map(|it| it.trim_matches('"')),
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "architecture": std::env::consts::ARCH,
        "processor": line(&cpu, "model name"),
        "processors": std::thread::available_parallelism().map_or(0, usize::from),
        "memory": { "total": line(&memory, "MemTotal"), "available": line(&memory, "MemAvailable") },
        "container": Path::new("/.dockerenv").exists() || Path::new("/run/.containerenv").exists(),
        "mounts": mounts.collect::<Vec<_>>(),
    })
}

/// How the service stands: as it tells itself, or as its store does where it does not run.
fn service(config: &Config) -> Vec<Piece> {
    if let Ok(client) = client(config)
        && client.is_there()
    {
        let mut pieces = Vec::new();
        match client.status() {
            Ok(status) => {
                pieces.push(Piece::json("status.json", "how the service stands", &status))
            }
            Err(fault) => {
                pieces.push(Piece::new("status.txt", "why it is not told", fault.to_string()))
            }
        }
        let activity = client.activity(ACTIVITY_MAX).ok();
        let about = "what happened lately";
        pieces.extend(activity.map(|it| Piece::json("activity.json", about, &it)));
        return pieces;
    }
    if !config.data_dir.join(StoreFile::Daemon.name()).exists() {
        return Vec::new();
    }
    match of_store(config) {
        Ok(value) => vec![Piece::json(
            "store.json",
            "what the store holds: the service does not run",
            &value,
        )],
        Err(fault) => {
            vec![Piece::new("store.txt", "why the store cannot be read", fault.to_string())]
        }
    }
}

fn of_store(config: &Config) -> Result<Value, crate::domain::fault::Fault> {
    let store = Store::open(&config.data_dir, StoreFile::Daemon)?;
    let counts = store.counts()?.into_iter();
    let counts: serde_json::Map<_, _> = counts
        .map(|(status, count)| (format!("{status:?}").to_lowercase(), json!(count)))
        .collect();
    let problems: Vec<String> = store.check()?.into_iter().map(|it| it.what).collect();
    let activity = store.activity(ACTIVITY_MAX)?.into_iter().map(|it| {
        let path = it.path.map(|it| show_path(&it));
        json!({ "at_unix_ms": it.at_unix_ms, "kind": it.kind.name(), "path": path, "text": it.text })
    });
    Ok(
        json!({ "executions": counts, "problems": problems, "activity": activity.collect::<Vec<_>>() }),
    )
}

/// Files of a folder with one of these endings, the newest first.
fn newest(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter(|it| it.file_type().is_ok_and(|it| it.is_file()))
        .map(|it| it.path())
        .filter(|path| endings.iter().any(|it| path.extension().is_some_and(|is| is == *it)))
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|it| it.1).collect()
}

fn logs(folder: &Path) -> Vec<Piece> {
    let mut left = LOG_BYTES_MAX;
    let mut pieces = Vec::new();
    for path in newest(folder, &["log", "json", "jsonl"]) {
        if left == 0 {
            break;
        }
        let Ok((text, bytes)) = end_of(&path, left) else { continue };
        left -= bytes.min(left);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        pieces.push(Piece::new(format!("logs/{name}"), "the log", text));
    }
    pieces
}

/// The last so many bytes of a file, from the beginning of a line on.
fn end_of(path: &Path, bytes_max: u64) -> std::io::Result<(String, u64)> {
    let mut file = fs::File::open(path)?;
    let bytes = file.metadata()?.len();
    let start = bytes.saturating_sub(bytes_max);
    file.seek(SeekFrom::Start(start))?;
    let mut read = Vec::new();
    file.take(bytes_max).read_to_end(&mut read)?;
    let count = read.len() as u64;
    let text = String::from_utf8_lossy(&read).into_owned();
    let cut = if start == 0 { 0 } else { text.find('\n').map_or(0, |it| it + 1) };
    Ok((text[cut..].to_owned(), count))
}

/// Records of runs in which something failed, the newest first.
fn runs(folder: &Path) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for path in newest(folder, &["json"]).into_iter().take(RUNS_SEEN_MAX) {
        if RUNS_MAX * 2 <= pieces.len() {
            break;
        }
        let Ok((text, _)) = end_of(&path, RUN_BYTES_MAX) else { continue };
        let record: Value = serde_json::from_str(&text).unwrap_or_default();
        if record["faults"].as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        for (path, about) in
            [(path.clone(), "a run that failed"), (path.with_extension("log"), "its log")]
        {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = end_of(&path, RUN_BYTES_MAX).map(|it| it.0);
            pieces.extend(text.ok().map(|it| Piece::new(format!("runs/{name}"), about, it)));
        }
    }
    pieces
}
