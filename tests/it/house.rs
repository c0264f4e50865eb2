//! A house with films in it, and Kinora in it as its owner would start it.

use kinora::engines::wire::{self, Frame, ToWhisper};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Nothing in these tests takes longer, on a slow machine either.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// How often something that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Exit codes of the command line.
pub(crate) const GOOD: i32 = 0;
pub(crate) const FAILED: i32 = 1;
pub(crate) const USAGE: i32 = 2;
pub(crate) const INTERRUPTED: i32 = 130;

/// A folder of films and a data directory of its own, both gone with it.
pub(crate) struct House {
    dir: TempDir,
}

/// A run that ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl House {
    pub(crate) fn new() -> House {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("films")).unwrap();
        // Other users shall be able to enter, where a test runs as one.
        open_to_all(dir.path());
        House { dir }
    }

    /// Where the films are.
    pub(crate) fn films(&self) -> PathBuf {
        self.dir.path().join("films")
    }

    /// A file in the folder of films.
    pub(crate) fn film(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.films().join(name.as_ref())
    }

    /// A file outside of the folder of films.
    pub(crate) fn aside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Four and a half seconds of speech as a film: "And so, my fellow Americans, ask not".
    pub(crate) fn speech(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.make(name, "-t 4.5")
    }

    /// A film made of the sample by the `ffmpeg` command; `args` are split at blanks.
    pub(crate) fn make(&self, name: impl AsRef<OsStr>, args: &str) -> PathBuf {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/jfk.wav");
        self.make_of(&format!("-i {}", sample.display()), name, args)
    }

    /// A film made of these inputs.
    pub(crate) fn make_of(&self, inputs: &str, name: impl AsRef<OsStr>, args: &str) -> PathBuf {
        let path = self.film(name);
        let status = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y", "-bitexact"])
            .args(inputs.split(' '))
            .args(args.split(' '))
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success(), "ffmpeg {inputs} {args}");
        path
    }

    /// A file with these bytes.
    pub(crate) fn write(&self, name: impl AsRef<OsStr>, bytes: &[u8]) -> PathBuf {
        let path = self.film(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A program with the settings of this house, whatever this machine has.
    pub(crate) fn dressed(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).env("HOME", self.dir.path());
        for name in ["KINORA_CONFIG", "STATE_DIRECTORY", "XDG_CONFIG_HOME", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command.env("KINORA__DATA_DIR", self.aside("data"));
        // One thread, so that other tests beside this one do not make the threads wait for each other.
        command.env("KINORA__LISTEN__THREADS", "1").env("KINORA__LISTEN__BEAM", "1");
        command
    }

    /// `kinora run` with flags, split at blanks, for files.
    pub(crate) fn command<P: AsRef<OsStr>>(&self, flags: &str, paths: &[P]) -> Command {
        let mut command = self.dressed(env!("CARGO_BIN_EXE_kinora"));
        command.arg("run").args(flags.split(' ').filter(|it| !it.is_empty())).args(paths);
        command
    }

    /// Runs it to its end.
    pub(crate) fn run<P: AsRef<OsStr>>(&self, flags: &str, paths: &[P]) -> Ran {
        finish(&mut self.command(flags, paths))
    }

    /// A program to use as engine: a shell script, in which `$KINORA` is the real one.
    pub(crate) fn engine(&self, script: &str) -> PathBuf {
        let path = self.aside("engine.sh");
        let kinora = env!("CARGO_BIN_EXE_kinora");
        std::fs::write(&path, format!("#!/bin/sh\nKINORA={kinora}\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        path
    }

    /// An engine that writes down what it is asked; see [`House::asked`].
    pub(crate) fn talkative_engine(&self) -> PathBuf {
        let log = self.aside("asked");
        let _ = std::fs::create_dir(&log);
        let script = format!("tee {}/$2.$$ | \"$KINORA\" \"$@\"", log.display());
        self.engine(&script)
    }

    /// What the talkative engines of a kind were asked, by process.
    pub(crate) fn asked(&self, kind: &str) -> BTreeMap<u32, Vec<u8>> {
        let logs = std::fs::read_dir(self.aside("asked")).into_iter().flatten().flatten();
        let of_kind = logs.filter_map(|it| {
            let name = it.file_name().into_string().ok()?;
            let pid = name.strip_prefix(kind)?.strip_prefix('.')?.parse().ok()?;
            Some((pid, std::fs::read(it.path()).ok()?))
        });
        of_kind.collect()
    }

    /// How many windows the talkative engines were asked to listen to, and forgets it.
    pub(crate) fn windows_asked(&self) -> usize {
        let count = self.asked("whisper").values().map(|it| hears(it)).sum();
        for log in std::fs::read_dir(self.aside("asked")).into_iter().flatten().flatten() {
            std::fs::remove_file(log.path()).unwrap();
        }
        count
    }

    /// All there is in the folder of films, dotted files too, with their bytes.
    pub(crate) fn listing(&self) -> BTreeMap<OsString, Vec<u8>> {
        listing(&self.films())
    }

    /// The subtitle of a film in English, read.
    pub(crate) fn subtitle(&self, stem: &str) -> String {
        let path = self.film(format!("{stem}.eng.srt"));
        std::fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
    }
}

impl Ran {
    /// The lines of `--json`; each must be an object.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        let parse = |line: &str| -> serde_json::Value {
            let value: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line:?}"));
            assert!(value.is_object(), "{line}");
            value
        };
        self.out.lines().map(parse).collect()
    }

    /// What `--json` tells of the end of each file, in order.
    pub(crate) fn ended(&self) -> Vec<serde_json::Value> {
        self.lines().into_iter().filter(|it| it["event"] == "ended").collect()
    }

    /// The status of each file, in order.
    pub(crate) fn statuses(&self) -> Vec<String> {
        self.ended().iter().map(|it| it["status"].as_str().unwrap().to_owned()).collect()
    }

    /// The notices of one file.
    pub(crate) fn notices(&self, item: usize) -> String {
        self.ended()[item]["notices"].to_string()
    }

    /// The one line of standard error that names this file.
    pub(crate) fn complaint(&self, name: &str) -> &str {
        let mut lines = self.err.lines().filter(|it| it.contains(name));
        let line = lines.next().unwrap_or_else(|| panic!("nothing about {name}: {}", self.err));
        assert_eq!(lines.next(), None, "one line about {name}");
        line
    }
}

/// Runs a command to its end, which must come.
pub(crate) fn finish(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// How many windows a recorded talk asks to listen to.
pub(crate) fn hears(talk: &[u8]) -> usize {
    let mut talk = talk;
    let mut count = 0;
    while let Ok(Some(frame)) = wire::read_frame::<ToWhisper>(&mut talk) {
        count += usize::from(matches!(frame, Frame::Message(ToWhisper::Hear { .. })));
    }
    count
}

/// All files of a folder with their bytes.
pub(crate) fn listing(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let read = |path: PathBuf| std::fs::read(path).unwrap_or_default();
    entries.map(|it| (it.file_name(), read(it.path()))).collect()
}

/// Looks again and again until there is an answer.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::park_timeout(LOOK_EVERY);
    }
}

/// Sends a signal; false where the process is gone. A negative id is a whole process group.
pub(crate) fn signal(pid: i64, name: &str) -> bool {
    let args = ["-s", name, "--", &pid.to_string()];
    let status = Command::new("kill").args(args).stderr(Stdio::null()).status();
    status.unwrap().success()
}

/// Processes that have this text in their command line or environment.
pub(crate) fn processes_with(text: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    let has = |pid: &u32| {
        let read = |name| std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let (command, environment) = (read("cmdline"), read("environ"));
        let holds = |it: &[u8]| it.windows(text.len()).any(|it| it == text.as_bytes());
        *pid != std::process::id() && (holds(&command) || holds(&environment))
    };
    pids.filter(has).collect()
}

/// True where `program` can be run.
pub(crate) fn there_is(program: &str) -> bool {
    let there = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
    let there = there.is_ok_and(|it| it.status.success());
    if !there {
        println!("skipped: there is no {program}");
    }
    there
}

/// True where this is root, which may mount and become others.
pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    let root = id.stdout == b"0\n";
    if !root {
        println!("skipped: needs root");
    }
    root
}

/// Runs a test again in a name space of its own, where it may mount: `script` does, and then executes what it is given.
/// The folder is told by the variable; what shows that the test was there must be said. Skips where that is forbidden.
pub(crate) fn among_mounts(test: &str, script: &str, variable: &str, folder: &Path, said: &str) {
    let ended = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(variable, folder)
        .output();
    let Ok(ended) = ended else { return println!("skipped: no unshare command") };
    let all = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
    match ended.status.code() {
        Some(77) => println!("skipped: no mounting here"),
        Some(1) if all.contains("unshare: ") => println!("skipped: no mounting here"),
        code => assert!(code == Some(0) && all.contains(said), "{all}"),
    }
}

/// Gives everybody all rights.
pub(crate) fn open_to_all(path: &Path) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o777)).unwrap();
}

/// Small letters and blanks only, so that words can be compared.
pub(crate) fn folded(srt: &str) -> String {
    let lines = srt.lines().filter(|it| !it.contains("-->") && it.parse::<u32>().is_err());
    let text = lines.collect::<Vec<_>>().join(" ").to_lowercase();
    let letters: String =
        text.chars().map(|it| if it.is_alphabetic() { it } else { ' ' }).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Bytes without meaning, the same in each run.
pub(crate) fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..count).map(|_| next()).collect()
}
