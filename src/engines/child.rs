//! A child of our own binary: started, greeted, spoken to over pipes, and surely ended.

use super::wire::{self, Frame, Hello, PROTOCOL_VERSION};
use crate::domain::fault::{Fault, FaultKind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::io::{BufReader, BufWriter, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Pipe buffers: a second of audio fits.
const PIPE_BUFFER_BYTES: usize = 64 * 1024;

/// How often an engine that ends before its greeting is started before it is given up.
const STARTS_MAX: u32 = 3;

/// Which engine a child runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// FFmpeg: probing and decoding.
    Media,
    /// ggml: voice activity, language, listening.
    Whisper,
}

impl EngineKind {
    /// All of them.
    pub const ALL: [EngineKind; 2] = [EngineKind::Media, EngineKind::Whisper];

    /// The word after `kinora engine`.
    pub fn word(self) -> &'static str {
        match self {
            EngineKind::Media => "media",
            EngineKind::Whisper => "whisper",
        }
    }
}

/// How children are started: which program, normally our own.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// Program that answers to `engine media|whisper`.
    pub program: PathBuf,
}

impl Launcher {
    /// Our own binary, or what `KINORA_ENGINE_PROGRAM` names (a wrapper to run an engine under a debugger, an
    /// emulator or a limit, and in tests one that misbehaves).
    ///
    /// # Errors
    /// Where the running program's path cannot be told.
    pub fn own() -> Result<Launcher, Fault> {
        if let Some(program) = std::env::var_os("KINORA_ENGINE_PROGRAM") {
            return Ok(Launcher { program: program.into() });
        }
        // The link, not its target: it still works when the binary was replaced by an upgrade.
        let program = PathBuf::from("/proc/self/exe");
        if program.exists() {
            return Ok(Launcher { program });
        }
        let program = std::env::current_exe()
            .map_err(|err| Fault::bug(format!("kinora's own program cannot be found ({err})")))?;
        Ok(Launcher { program })
    }

    /// Starts an engine and waits for its greeting; one that ends before is started again a few times.
    ///
    /// # Errors
    /// Where the program does not start, keeps ending, or is of another version.
    pub fn start(&self, kind: EngineKind) -> Result<Engine, Fault> {
        let mut started = self.start_once(kind);
        for _ in 1..STARTS_MAX {
            if !started.as_ref().is_err_and(|it| it.kind == FaultKind::Transient) {
                return started;
            }
            started = self.start_once(kind);
        }
        started.map_err(
            |it| if it.kind == FaultKind::Transient { keeps_ending(kind, &it) } else { it },
        )
    }

    fn start_once(&self, kind: EngineKind) -> Result<Engine, Fault> {
        let mut command = Command::new(&self.program);
        command
            .args([OsString::from("engine"), OsString::from(kind.word())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
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
        let mut engine = Engine {
            kind,
            process: Process(Arc::new(Mutex::new(child))),
            to: Sender(Arc::new(Mutex::new(BufWriter::with_capacity(PIPE_BUFFER_BYTES, stdin)))),
            from: BufReader::with_capacity(PIPE_BUFFER_BYTES, stdout),
        };
        match engine.receive::<Hello>()? {
            Frame::Message(Hello { version: PROTOCOL_VERSION }) => Ok(engine),
            Frame::Message(_) | Frame::Pcm(_) => {
                Err(Fault::bug(format!("the {} engine is of another version", kind.word())))
            }
        }
    }
}

/// A running engine: one thread reads it, any thread may write to it or kill it.
#[derive(Debug)]
pub struct Engine {
    kind: EngineKind,
    process: Process,
    to: Sender,
    from: BufReader<ChildStdout>,
}

/// The writing end, shared.
#[derive(Clone, Debug)]
pub struct Sender(Arc<Mutex<BufWriter<ChildStdin>>>);

/// The process itself, shared: killed from any thread, reaped once.
#[derive(Clone, Debug)]
pub struct Process(Arc<Mutex<Child>>);

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
    /// Ends the engine at once; harmless where it is gone already.
    pub fn kill(&self) {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Both fail only where the process has ended and was reaped: what we want.
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Process id, for a look at its memory.
    pub fn id(&self) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).id()
    }

    /// The signal of a crash (a bad memory access, an abort), where the engine ended with one; not of a kill.
    pub fn crash_signal(&self) -> Option<i32> {
        const CRASHES: [i32; 6] =
            [libc::SIGSEGV, libc::SIGBUS, libc::SIGABRT, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP];
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let status = child.try_wait().ok().flatten()?;
        status.signal().filter(|it| CRASHES.contains(it))
    }

    /// Told when its pipe closed: reaps the engine and says how it ended.
    fn ended(&self, kind: EngineKind) -> Fault {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let status = wait_briefly(&mut child);
        let how = match status {
            Some(status) => how_it_ended(status),
            None => "it closed its pipe and had to be killed".to_owned(),
        };
        Fault::transient(
            format!("the {} engine ended unexpectedly: {how}", kind.word()),
            "it is tried again; should it go on, look at memory and at the file",
        )
    }
}

/// What to say of an engine that was started again and again, and last ended with `fault`.
pub fn keeps_ending(kind: EngineKind, fault: &Fault) -> Fault {
    Fault::operator(
        format!("the {} engine keeps ending ({})", kind.word(), fault.what),
        "run `kinora doctor`; mostly memory is short or the model does not fit this machine",
    )
}

/// How long a child that closed its pipe may take to be gone.
const REAP_WAIT: Duration = Duration::from_secs(1);

fn wait_briefly(child: &mut Child) -> Option<ExitStatus> {
    let watch = crate::base::clock::Stopwatch::start();
    while watch.elapsed() < REAP_WAIT {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
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
