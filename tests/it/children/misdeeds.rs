//! Engines that misbehave on purpose: shell scripts around the real one, and a processor that pretends to be a GPU.

use kinora::engines::child::Launcher;
use kinora::engines::sample;
use kinora::engines::wire::{self, LoadParams, ToWhisper};
use kinora::pipeline::subtitle::ears::{Ears, EarsLimits};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Nothing that is waited for takes longer, on a slow machine either.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Where their programs and marks lie.
pub(super) struct Den(TempDir);

impl Den {
    pub(super) fn new() -> Den {
        Den(tempfile::tempdir().expect("a temporary folder"))
    }

    /// The real engine.
    pub(super) fn kinora(&self) -> Launcher {
        Launcher::new(env!("CARGO_BIN_EXE_kinora"))
    }

    /// A shell script, in which `$KINORA` is the real one.
    pub(super) fn engine(&self, script: &str) -> Launcher {
        let path = self.0.path().join("engine.sh");
        let kinora = env!("CARGO_BIN_EXE_kinora");
        std::fs::write(&path, format!("#!/bin/sh\nKINORA={kinora}\n{script}\n")).expect("room");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("ours");
        Launcher::new(path)
    }

    /// A part of a script that only the first to come to it runs.
    pub(super) fn at_first(&self, script: &str) -> String {
        format!("if mkdir {} 2>/dev/null; then {script}; fi", self.0.path().join("first").display())
    }

    /// The real weights on the real engine.
    pub(super) fn ears(&self, limits: EarsLimits) -> Ears {
        self.ears_of(self.kinora(), limits)
    }

    /// The real weights on this engine.
    pub(super) fn ears_of(&self, launcher: Launcher, limits: EarsLimits) -> Ears {
        Ears::with_limits(launcher, load(None), limits)
    }

    /// Voice activity alone on this engine.
    pub(super) fn deaf_ears_of(&self, launcher: Launcher, limits: EarsLimits) -> Ears {
        Ears::with_limits(launcher, LoadParams { model: None, ..load(None) }, limits)
    }

    /// The real weights on a GPU of this engine.
    pub(super) fn gpu_ears(&self, number: u8, launcher: Launcher) -> Ears {
        Ears::new(launcher, load(Some(number)))
    }

    /// An engine whose GPU 0 is the processor: it never learns that a GPU was asked for. With other samples given, its
    /// first window, which is to be the recorded sample, is exchanged for them.
    pub(super) fn pretended_gpu(&self, lie: Option<&[f32]>) -> Launcher {
        let asked = frames(&ToWhisper::Load(load(Some(0))), None).len();
        let mut script = self.exchange("load", asked, &frames(&ToWhisper::Load(load(None)), None));
        if let Some(samples) = lie {
            let hear = ToWhisper::Hear { id: 0, params: sample::params() };
            let asked = frames(&hear, Some(&sample::pcm())).len();
            script += &self.exchange("hear", asked, &frames(&hear, Some(samples)));
        }
        self.engine(&format!("{{ {script} exec cat; }} | \"$KINORA\" \"$@\""))
    }

    /// Takes so many bytes from standard input, and gives these in their place.
    fn exchange(&self, name: &str, asked: usize, given: &[u8]) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, given).expect("room");
        format!("head -c {asked} > /dev/null; cat {}; ", path.display())
    }

    /// Looks again and again until it is so.
    pub(super) fn wait_for(&self, what: &str, so: impl Fn() -> bool) {
        let start = Instant::now();
        while !so() {
            assert!(start.elapsed() < PATIENCE, "{what} did not happen");
            std::thread::park_timeout(LOOK_EVERY);
        }
    }

    /// Sends a signal to a child.
    pub(super) fn signal(&self, pid: u32, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
        assert!(sent.expect("the kill command").success(), "{name} to {pid}");
    }
}

/// A process's state, such as `R` or `T`; `None` once it is gone.
pub(super) fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

fn load(gpu: Option<u8>) -> LoadParams {
    let model = Some(committed("models/ggml-base-q8_0.bin"));
    LoadParams {
        model,
        vad: committed("models/ggml-silero-v6.bin"),
        states: 1,
        threads_per_state: 1,
        gpu,
    }
}

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn frames(message: &ToWhisper, pcm: Option<&[f32]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::write_message(&mut bytes, message).expect("memory");
    if let Some(samples) = pcm {
        wire::write_pcm(&mut bytes, samples).expect("memory");
    }
    bytes
}
