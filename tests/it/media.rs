//! The media engine on files made by the `ffmpeg` command: what is fine, what is odd, what is refused.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stand outside the functions marked as tests"
)]

mod child;
mod clock;
mod damaged;
mod fine;
mod print;
mod refused;
mod texts;

use kinora::base::cancel::Cancel;
use kinora::domain::fault::Fault;
use kinora::domain::media::{DecodeReport, Probe};
use kinora::domain::time::Ms;
use kinora::engines::child::Launcher;
use kinora::engines::media::MediaEngine;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const SECOND: usize = 16_000;

/// A folder for files and an engine to read them with.
struct Studio {
    dir: TempDir,
    engine: MediaEngine,
}

impl Studio {
    fn new() -> Studio {
        let launcher = Launcher::new(env!("CARGO_BIN_EXE_kinora"));
        let engine = MediaEngine::start(&launcher).unwrap();
        Studio { dir: tempfile::tempdir().unwrap(), engine }
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.dir.path().join(name.as_ref())
    }

    /// Makes a file with the `ffmpeg` command; `args` are split at blanks.
    fn make(&self, name: &str, args: &str) -> PathBuf {
        let path = self.path(name);
        ffmpeg(args, &path);
        path
    }

    fn probe(&mut self, path: &Path) -> Result<Probe, Fault> {
        self.engine.probe(path)
    }

    fn decode(&mut self, path: &Path, track: u32) -> Result<(Vec<f32>, DecodeReport), Fault> {
        self.part(path, track, None, None)
    }

    fn part(
        &mut self,
        path: &Path,
        track: u32,
        from: Option<i64>,
        length: Option<i64>,
    ) -> Result<(Vec<f32>, DecodeReport), Fault> {
        let mut heard = Vec::new();
        let mut sink = |samples: Vec<f32>| {
            heard.extend(samples);
            Ok(())
        };
        let cancel = Cancel::default();
        let engine = &mut self.engine;
        let report =
            engine.decode(path, track, from.map(Ms), length.map(Ms), &cancel, &mut sink)?;
        assert_eq!(report.samples, heard.len() as u64, "the report counts what was given");
        Ok((heard, report))
    }

    /// Probes and decodes the first audio track.
    fn hear(&mut self, path: &Path) -> (Vec<f32>, DecodeReport) {
        let probe = self.probe(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
        let track = probe.audio[0].index;
        self.decode(path, track).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
    }
}

/// Runs `ffmpeg` quietly; it must succeed.
fn ffmpeg(args: &str, to: &Path) {
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y", "-bitexact"])
        .args(args.split(' '))
        .arg(to)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "ffmpeg {args}");
}

/// What the `ffmpeg` command makes of a track: 16 kHz mono, gaps and time stamps left aside.
fn reference(path: &Path, track: u32) -> Vec<f32> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "quiet", "-i"])
        .arg(path)
        .args(["-map", &format!("0:{track}"), "-ac", "1", "-ar", "16000", "-f", "f32le", "-"])
        .output()
        .unwrap();
    output.stdout.as_chunks::<4>().0.iter().map(|it| f32::from_le_bytes(*it)).collect()
}

/// Loudness of a part, in samples.
fn rms(samples: &[f32], from: usize, to: usize) -> f32 {
    let part = &samples[from.min(samples.len())..to.min(samples.len())];
    (part.iter().map(|it| it * it).sum::<f32>() / part.len().max(1) as f32).sqrt()
}

/// Amplitude of one frequency (Goertzel).
fn tone(samples: &[f32], hz: f32) -> f32 {
    let step = 2.0 * (std::f32::consts::TAU * hz / SECOND as f32).cos();
    let (mut a, mut b) = (0.0f32, 0.0f32);
    for sample in samples {
        (a, b) = (sample + step * a - b, a);
    }
    (a * a + b * b - step * a * b).max(0.0).sqrt() * 2.0 / samples.len() as f32
}

/// First sample that is clearly not silence.
fn onset(samples: &[f32]) -> usize {
    samples.iter().position(|it| it.abs() > 0.02).unwrap_or(samples.len())
}
