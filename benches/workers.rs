//! Which layout of a processor's workers hears most: children of their own, states of one child, or threads of one state.

use crate::support::clips::SAMPLES_PER_S;
use crate::support::film::{Layout, film};
use kinora::domain::transcript::HearParams;
use kinora::engines::child::Launcher;
use kinora::engines::sample;
use kinora::engines::whisper::{Heard, Pending, WhisperEngine};
use kinora::engines::wire::LoadParams;
use std::path::PathBuf;
use std::time::Instant;

const LENGTH_S: usize = 120;
const WINDOW_S: usize = 15;
const RUNS: usize = 3;
/// Name, children, states of each, threads of each state.
const LAYOUTS: [(&str, usize, u8, u8); 4] = [
    ("2 children of 1 thread", 2, 1, 1),
    ("1 child, 2 states of 1 thread", 1, 2, 1),
    ("1 child, 1 state of 2 threads", 1, 1, 2),
    ("1 child, 1 state of 1 thread", 1, 1, 1),
];

/// The same windows of real speech for each layout, loading left out; runs alternate, so that a busy moment hits all.
pub(crate) fn run() -> bool {
    let (clips, music) = crate::recordings("en");
    let layout = Layout { lang: "en", seed: crate::SEED, length_s: LENGTH_S, pauses_per_long: 99 };
    let film = film(&layout, &clips, &music);
    let windows: Vec<&[f32]> = film.samples.chunks(WINDOW_S * SAMPLES_PER_S).collect();
    let seconds = film.length_ms() as f64 / 1000.0;
    println!("workers: {seconds:.0} s of film, {:.0} % speech", film.speech_percent());
    let mut best = vec![(0.0f64, 0.0f64, 0.0f64); LAYOUTS.len()];
    for _ in 0..RUNS {
        for ((name, children, states, threads), best) in LAYOUTS.into_iter().zip(&mut best) {
            let (wall_s, cpu_s, peak_mib) = hear_all(&windows, children, states, threads);
            println!(
                "workers: {name}: {wall_s:.1} s, {cpu_s:.1} s of processor time, {peak_mib:.0} MiB"
            );
            *best = (best.0.max(seconds / wall_s), best.1.max(seconds / cpu_s), peak_mib);
        }
    }
    for ((name, ..), (rate, cpu_rate, peak_mib)) in LAYOUTS.iter().zip(best) {
        println!(
            "workers: {name}: {rate:.2} s a second, {cpu_rate:.2} s a second of processor time, {peak_mib:.0} MiB"
        );
    }
    true
}

/// Wall time, processor time (seconds) and the sum of the children's peaks (MiB).
fn hear_all(windows: &[&[f32]], children: usize, states: u8, threads: u8) -> (f64, f64, f64) {
    let vad = PathBuf::from(crate::MODEL).with_file_name("ggml-silero-v6.bin");
    let (model, launcher) =
        (Some(crate::MODEL.into()), Launcher::new(env!("CARGO_BIN_EXE_kinora")));
    let load = LoadParams { model, vad, states, threads_per_state: threads, gpu: None };
    let engines: Vec<WhisperEngine> = (0..children)
        .map(|_| WhisperEngine::start(&launcher, &load).expect("the whisper engine starts"))
        .collect();
    let params = HearParams { beam: 3, audio_ctx: 50 * WINDOW_S as u16 + 64, ..sample::params() };
    let usage = |engine: &WhisperEngine| {
        let read = |name| std::fs::read_to_string(format!("/proc/{}/{name}", engine.pid()));
        let text = |name| read(name).expect("the engine lives");
        crate::support::kinora::usage(&text("stat"), &text("status")).expect("it can be read")
    };
    let before: f64 = engines.iter().map(|it| usage(it).cpu_s).sum();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for (number, engine) in engines.iter().enumerate() {
            let own = windows.iter().skip(number).step_by(children);
            let params = &params;
            scope.spawn(move || {
                let asked: Vec<Pending<Heard>> = own.map(|it| engine.hear(it, params)).collect();
                asked.into_iter().for_each(|it| drop(it.wait().expect("it is heard")));
            });
        }
    });
    let wall_s = start.elapsed().as_secs_f64();
    let used: Vec<_> = engines.iter().map(usage).collect();
    let cpu_s = used.iter().map(|it| it.cpu_s).sum::<f64>() - before;
    (wall_s, cpu_s, used.iter().map(|it| it.peak_mib).sum())
}
