//! A child of our own binary: started, greeted, spoken to over pipes, and surely ended.

use super::ffi;
use super::watch::Watch;
use super::wire::{self, Frame, Hello, PROTOCOL_VERSION};
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::domain::fault::{Fault, FaultKind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::io::{BufReader, BufWriter, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Pipe buffers: a second of audio fits.
const PIPE_BUFFER_BYTES: usize = 64 * 1024;

/// How often an engine that ends before its greeting is started before it is given up.
const STARTS_MAX: u32 = 3;

/// How long an engine may take to greet: a program read from a slow disk of a busy machine.
const GREETING_MAX: Duration = Duration::from_secs(120);

/// How long an engine may take over one answer unless told otherwise.
pub const ANSWER_MAX: Duration = Duration::from_secs(600);

/// Which engine a child runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// FFmpeg: probing and decoding.
    Media,
    /// ggml: voice activity, language, listening.
    Whisper,
    /// candle: a language model.
    Translate,
}

impl EngineKind {
    /// All of them.
    pub const ALL: [EngineKind; 3] =
        [EngineKind::Media, EngineKind::Whisper, EngineKind::Translate];

    /// The word after `kinora engine`.
    pub fn word(self) -> &'static str {
        match self {
            EngineKind::Media => "media",
            EngineKind::Whisper => "whisper",
            EngineKind::Translate => "translate",
        }
    }
}

/// How children are started and what they are allowed: which program, normally our own, and its limits.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// Program that answers to `engine media|whisper|translate`.
    pub program: PathBuf,
    /// Resident memory beyond which a child is ended, MiB; `None` for no limit.
    pub memory_max_mib: Option<u32>,
    /// A child of which an answer is awaited for longer hangs, and is ended.
    pub answer_max: Duration,
    /// Niceness of a child, 0 (as its parent) to 19.
    pub nice: u8,
    /// Threads of a child that is not told in another way; `None` for what its libraries choose.
    pub threads: Option<u16>,
}

impl Launcher {
    /// Starts children of this program, without a limit of memory, as urgent as their parent.
    pub fn new(program: impl Into<PathBuf>) -> Launcher {
        let program = program.into();
        Launcher { program, memory_max_mib: None, answer_max: ANSWER_MAX, nice: 0, threads: None }
    }

    /// Our own binary, or what `KINORA_ENGINE_PROGRAM` names (a wrapper to run an engine under a debugger, an
    /// emulator or a limit, and in tests one that misbehaves).
    ///
    /// # Errors
    /// Where the running program's path cannot be told.
    pub fn own() -> Result<Launcher, Fault> {
        if let Some(program) = std::env::var_os("KINORA_ENGINE_PROGRAM") {
            return Ok(Launcher::new(program));
        }
        // The link, not its target: it still works when the binary was replaced by an upgrade.
        let program = PathBuf::from("/proc/self/exe");
        if program.exists() {
            return Ok(Launcher::new(program));
        }
        let program = std::env::current_exe()
            .map_err(|err| Fault::bug(format!("kinora's own program cannot be found ({err})")))?;
        Ok(Launcher::new(program))
    }

    /// Starts an engine and waits for its greeting; one that ends before is started again a few times.
    ///
    /// # Errors
    /// Where the program does not start, keeps ending, or is of another version.
    pub fn start(&self, kind: EngineKind) -> Result<Engine, Fault> {
        self.start_heeding(kind, &Cancel::default())
    }

    /// As [`start`](Launcher::start); the engine is ended within a second once `cancel` is set.
    ///
    /// # Errors
    /// As [`start`](Launcher::start), and where it was interrupted.
    pub fn start_heeding(&self, kind: EngineKind, cancel: &Cancel) -> Result<Engine, Fault> {
        let mut started = self.start_once(kind, cancel);
        for _ in 1..STARTS_MAX {
            let again = started.as_ref().is_err_and(|it| it.kind == FaultKind::Transient);
            if !again || cancel.is_set() {
                return started;
            }
            started = self.start_once(kind, cancel);
        }
        started.map_err(
            |it| if it.kind == FaultKind::Transient { keeps_ending(kind, &it) } else { it },
        )
    }

    fn start_once(&self, kind: EngineKind, cancel: &Cancel) -> Result<Engine, Fault> {
        let mut command = Command::new(&self.program);
        command
            .args([OsString::from("engine"), OsString::from(kind.word())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if self.nice > 0 {
            command.arg("--nice").arg(self.nice.to_string());
        }
        if let Some(threads) = self.threads {
            // Candle and rayon below it take it from here, before their first thread, and from nowhere else.
            command.env("RAYON_NUM_THREADS", threads.max(1).to_string());
        }
        // Ctrl-C goes to the whole foreground group; the parent alone decides when its children end.
        command.process_group(0);
        let mut child = command.spawn().map_err(|err| {
            Fault::operator(
                format!("the {} engine did not start ({err})", kind.word()),
                "check free memory and the limit of processes",
            )
        })?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Fault::bug("an engine without pipes"));
        };
        if let Some(mib) = self.memory_max_mib {
            // Only against growth faster than the watch looks; where it is refused, the watch alone has to do.
            let _ = ffi::limit_data(child.id(), data_bytes_max(mib));
        }
        let process = Process::new(child);
        let watch = Watch::start(&process, self.memory_max_mib).inspect_err(|_| process.kill())?;
        watch.heed(cancel);
        watch.await_answer(GREETING_MAX);
        let mut engine = Engine {
            kind,
            process,
            to: Sender(Arc::new(Mutex::new(BufWriter::with_capacity(PIPE_BUFFER_BYTES, stdin)))),
            from: BufReader::with_capacity(PIPE_BUFFER_BYTES, stdout),
            watch,
        };
        match engine.receive::<Hello>()? {
            Frame::Message(Hello { version: PROTOCOL_VERSION }) => {
                engine.watch.rest();
                Ok(engine)
            }
            Frame::Message(_) | Frame::Pcm(_) => {
                Err(Fault::bug(format!("the {} engine is of another version", kind.word())))
            }
        }
    }
}

/// Memory of its own that a child limited to so many resident MiB may reserve: much of what is reserved is never used,
/// so this only stops what is out of bounds.
fn data_bytes_max(memory_max_mib: u32) -> u64 {
    const RESERVED_MIB: u64 = 1024;
    (2 * u64::from(memory_max_mib) + RESERVED_MIB) * 1024 * 1024
}

/// A running engine: one thread reads it, any thread may write to it or kill it.
#[derive(Debug)]
pub struct Engine {
    kind: EngineKind,
    process: Process,
    to: Sender,
    from: BufReader<ChildStdout>,
    watch: Watch,
}

/// The writing end, shared.
#[derive(Clone, Debug)]
pub struct Sender(Arc<Mutex<BufWriter<ChildStdin>>>);

/// The process itself, shared: killed from any thread, reaped once.
#[derive(Clone, Debug)]
pub struct Process(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    child: Mutex<Child>,
    /// Why we ended it: what it did, such as "grew past 900 MiB".
    ended_for: Mutex<Option<String>>,
}

impl Engine {
    /// Waits for the next frame.
    ///
    /// # Errors
    /// A transient fault that says how the engine ended, where it did.
    pub fn receive<M: DeserializeOwned>(&mut self) -> Result<Frame<M>, Fault> {
        match wire::read_frame(&mut self.from) {
            Ok(Some(frame)) => Ok(frame),
            Ok(None) | Err(_) => Err(self.process.ended(self.kind)),
        }
    }

    /// The writing end for another thread.
    pub fn sender(&self) -> Sender {
        self.to.clone()
    }

    /// The process for another thread, to kill it.
    pub fn process(&self) -> Process {
        self.process.clone()
    }

    /// What keeps it within its limits, to be told when an answer is awaited.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.process.kill();
    }
}

impl Sender {
    /// Sends a message, with audio behind it where there is some, and flushes.
    ///
    /// # Errors
    /// Where the engine is gone; its reader learns how it ended.
    pub fn send(&self, message: &impl Serialize, pcm: Option<&[f32]>) -> std::io::Result<()> {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wire::write_message(&mut *out, message)?;
        if let Some(samples) = pcm {
            wire::write_pcm(&mut *out, samples)?;
        }
        out.flush()
    }
}

impl Process {
    fn new(child: Child) -> Process {
        Process(Arc::new(Inner { child: Mutex::new(child), ended_for: Mutex::default() }))
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.0.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the engine at once, and what a wrapper started with it; harmless where it is gone already.
    pub fn kill(&self) {
        end(&mut self.child());
    }

    /// As [`kill`](Process::kill), for what it did: "grew past 900 MiB". Whoever waits for it is told so.
    pub(super) fn kill_for(&self, deed: String) {
        let mut child = self.child();
        if child.try_wait().is_ok_and(|it| it.is_none()) {
            *self.0.ended_for.lock().unwrap_or_else(PoisonError::into_inner) = Some(deed);
            end(&mut child);
        }
    }

    /// Process id, for a look at its memory.
    pub fn id(&self) -> u32 {
        self.child().id()
    }

    /// The signal of a crash (a bad memory access, an abort), where the engine ended with one; not of a kill.
    pub fn crash_signal(&self) -> Option<i32> {
        const CRASHES: [i32; 6] =
            [libc::SIGSEGV, libc::SIGBUS, libc::SIGABRT, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP];
        let status = self.child().try_wait().ok().flatten()?;
        status.signal().filter(|it| CRASHES.contains(it))
    }

    /// Told when its pipe closed: reaps the engine and says how it ended.
    fn ended(&self, kind: EngineKind) -> Fault {
        let mut child = self.child();
        let status = wait_briefly(&mut child);
        let word = kind.word();
        let ended_for = self.0.ended_for.lock().unwrap_or_else(PoisonError::into_inner);
        let what = match (&*ended_for, status) {
            (Some(deed), _) => format!("the {word} engine {deed} and was ended"),
            (None, Some(status)) => {
                format!("the {word} engine ended unexpectedly: {}", how_it_ended(status))
            }
            (None, None) => {
                end(&mut child);
                format!("the {word} engine closed its pipe and had to be killed")
            }
        };
        Fault::transient(what, "it is tried again; should it go on, look at memory and at the file")
    }
}

/// What to say of an engine that was started again and again, and last ended with `fault`.
pub fn keeps_ending(kind: EngineKind, fault: &Fault) -> Fault {
    Fault::transient(
        format!("the {} engine keeps ending ({})", kind.word(), fault.what),
        "run `kinora doctor`; mostly memory is short or the model does not fit this machine",
    )
}

/// How long a child that closed its pipe or was killed may take to be gone.
const REAP_WAIT: Duration = Duration::from_secs(1);

fn wait_briefly(child: &mut Child) -> Option<ExitStatus> {
    let watch = Stopwatch::start();
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if REAP_WAIT <= watch.elapsed() {
            return None;
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Kills a child and its group, and reaps it. One that hangs in the kernel, on a network share that went away, is not
/// waited for: it ends when the kernel lets go of it.
fn end(child: &mut Child) {
    if !matches!(child.try_wait(), Ok(None)) {
        return;
    }
    // Both fail only where the process ended meanwhile: what we want.
    let _ = ffi::kill_group(child.id());
    let _ = child.kill();
    wait_briefly(child);
}

fn how_it_ended(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(libc::SIGKILL), _) => {
            "it was killed (signal 9), mostly because memory ran out".to_owned()
        }
        (Some(signal), _) => format!("it crashed (signal {signal})"),
        (None, Some(code)) => format!("it ended with code {code}"),
        (None, None) => "it is gone".to_owned(),
    }
}
