//! Runs our own binary as a user would, and watches what it and its children take.

use super::clips::LANGS;
use super::film::Film;
use super::srt::{self, SrtCue};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a running process is looked at; what it does after the last look is not seen.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Processor time in `/proc` is counted in hundredths of a second, on every Linux.
const TICKS_PER_S: f64 = 100.0;

/// What a process took, as far as it was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Processor time, seconds.
    pub(crate) cpu_s: f64,
    /// Peak of resident memory, MiB.
    pub(crate) peak_mib: f64,
}

/// A finished `kinora run` of one film.
#[derive(Debug)]
pub(crate) struct Run {
    /// What it wrote.
    pub(crate) cues: Vec<SrtCue>,
    /// From start to end.
    pub(crate) wall: Duration,
    /// The process that was started.
    pub(crate) parent: Usage,
    /// Each child by the word after `kinora engine`; the processor time of all of a kind, the memory of the largest.
    pub(crate) children: BTreeMap<String, Usage>,
}

/// Subtitles a film, given its language, in a new data directory. `threads` of 0 leaves the choice to Kinora.
pub(crate) fn run(film: &Film, audio: &[&str], threads: usize) -> Run {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("film.mkv");
    film.write(&path, audio);
    let out = dir.path().join("out");
    std::fs::create_dir(&out).expect("a folder");
    let errors = dir.path().join("stderr");
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_kinora"))
        .args(["run", "--from", film.lang, "--force", "--json", "--output"])
        .args([&out, &path])
        .env("HOME", dir.path())
        .env("KINORA__DATA_DIR", dir.path().join("data"))
        .env("KINORA__LISTEN__THREADS", threads.to_string())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&errors).expect("a file"))
        .spawn()
        .expect("kinora starts");
    let mut seen: BTreeMap<u32, (String, Usage)> = BTreeMap::new();
    let status = loop {
        look(child.id(), &mut seen);
        if let Some(status) = child.try_wait().expect("kinora ends") {
            break status;
        }
        std::thread::park_timeout(LOOK_EVERY);
    };
    let wall = start.elapsed();
    assert!(status.success(), "{}", std::fs::read_to_string(&errors).unwrap_or_default());
    let (_, parent) = seen.remove(&child.id()).unwrap_or_default();
    let mut children: BTreeMap<String, Usage> = BTreeMap::new();
    for (word, usage) in seen.into_values() {
        let sum = children.entry(word).or_default();
        sum.cpu_s += usage.cpu_s;
        sum.peak_mib = sum.peak_mib.max(usage.peak_mib);
    }
    Run { cues: cues(film, &out), wall, parent, children }
}

/// The one file that `naming = "jellyfin"` asks for.
fn cues(film: &Film, out: &Path) -> Vec<SrtCue> {
    let code = LANGS.iter().find(|(lang, _, _)| *lang == film.lang).map_or("", |(_, code, _)| code);
    let path = out.join(format!("film.{code}.srt"));
    srt::read(
        &std::fs::read_to_string(&path)
            .unwrap_or_else(|_| panic!("{} was written", path.display())),
    )
}

/// Notes what a process and its children took so far.
fn look(pid: u32, seen: &mut BTreeMap<u32, (String, Usage)>) {
    let read =
        |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    if let Some(usage) = usage(&read("stat"), &read("status")) {
        let command = read("cmdline");
        let word = command.split('\0').skip_while(|it| *it != "engine").nth(1).unwrap_or_default();
        seen.insert(pid, (word.to_owned(), usage));
    }
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let children = tasks.filter_map(|it| std::fs::read_to_string(it.path().join("children")).ok());
    let pids: Vec<u32> = children
        .flat_map(|it| it.split_whitespace().filter_map(|it| it.parse().ok()).collect::<Vec<_>>())
        .collect();
    for child in pids {
        look(child, seen);
    }
}

/// Reads `stat` and `status`; `None` once the process is gone.
pub(crate) fn usage(stat: &str, status: &str) -> Option<Usage> {
    // The name in brackets may hold anything; after it the fields are counted from 3.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at - 3)?.parse::<f64>().ok();
    let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    let peak_kib: f64 = peak.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(Usage { cpu_s: (ticks(14)? + ticks(15)?) / TICKS_PER_S, peak_mib: peak_kib / 1024.0 })
}
