//! Our decoder against the `ffmpeg` command doing the same: seconds of audio a second, and the ratio.

use crate::support::film::{Layout, film};
use kinora::base::cancel::Cancel;
use kinora::engines::child::Launcher;
use kinora::engines::media::MediaEngine;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const RUNS: usize = 7;
const RATIO_MIN: f64 = 0.9;
/// Codecs that films have, with FFmpeg's arguments.
const AUDIO: [(&str, &[&str]); 3] = [
    ("AAC stereo 48 kHz", &["-c:a", "aac", "-ac", "2", "-ar", "48000"]),
    ("AC-3 5.1 48 kHz", &["-c:a", "ac3", "-ac", "6", "-ar", "48000"]),
    ("FLAC mono 16 kHz", &["-c:a", "flac"]),
];

/// Starts included on both sides; runs alternate, so that a busy moment hits both.
pub(crate) fn run() -> bool {
    let (clips, music) = crate::recordings("en");
    let layout = Layout { lang: "en", seed: crate::SEED, length_s: 1_200, pauses_per_long: 9 };
    let film = film(&layout, &clips, &music);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("film.mkv");
    let seconds = film.length_ms() as f64 / 1000.0;
    let mut good = true;
    for (name, audio) in AUDIO {
        film.write(&path, audio);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.push(seconds / timed(|| kinora(&path)));
            theirs.push(seconds / timed(|| ffmpeg(&path)));
        }
        let (ours, theirs) = (median(ours), median(theirs));
        let ratio = ours / theirs;
        println!(
            "decode: {name}: kinora {ours:.0} s a second, ffmpeg {theirs:.0}, ratio {ratio:.2}"
        );
        good &= crate::held(
            &format!("decode ratio at least {RATIO_MIN} for {name}"),
            ratio >= RATIO_MIN,
        );
    }
    good
}

fn kinora(path: &Path) {
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_kinora"));
    let mut engine = MediaEngine::start(&launcher).expect("the media engine starts");
    let mut samples = 0;
    let mut sink = |pcm: Vec<f32>| {
        samples += pcm.len();
        Ok(())
    };
    // Stream 0 is the picture.
    engine.decode(path, 1, None, None, &Cancel::default(), &mut sink).expect("it decodes");
    assert!(samples > 0);
}

fn ffmpeg(path: &Path) {
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(path)
        .args(["-f", "f32le", "-ac", "1", "-ar", "16000", "-"])
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("the ffmpeg command").success());
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
