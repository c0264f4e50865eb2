//! The figures of issue 2 that a machine must be quiet for: `cargo bench --bench figures -- decode|whole|memory`.
//!
//! Each prints its table and ends with an error where a limit is exceeded. benches/README.md says more.

mod decode;
mod memory;
#[path = "../tests/it/support/mod.rs"]
mod support;
mod whole;

use std::process::ExitCode;
use support::clips::{self, Clip};

/// Weights that ship with the binary.
const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/ggml-base-q8_0.bin");
/// Equal seeds make equal films.
const SEED: u64 = 22;

fn main() -> ExitCode {
    // Cargo itself adds `--bench`.
    let asked: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let all: [(&str, fn() -> bool); 3] = [("decode", decode::run), ("whole", whole::run), ("memory", memory::run)];
    if let Some(unknown) = asked.iter().find(|it| all.iter().all(|(name, _)| name != it)) {
        eprintln!("there is no figure {unknown}; there are decode, whole and memory");
        return ExitCode::from(2);
    }
    let wanted = all.iter().filter(|(name, _)| asked.is_empty() || asked.iter().any(|it| it == name));
    // Every one runs, also after one that failed.
    let failed = wanted.filter(|(_, run)| !run()).count();
    ExitCode::from(u8::from(failed > 0))
}

/// Sentences and music, or a message where the packages are absent.
fn recordings(lang: &str) -> (Vec<Clip>, Vec<Vec<f32>>) {
    let found = clips::clips(lang).zip(clips::music());
    found.expect("needs the packages asterisk-core-sounds-*-g722 and asterisk-moh-opsound-wav")
}

/// Prints whether a figure keeps its limit.
fn held(what: &str, keeps: bool) -> bool {
    println!("{} {what}", if keeps { "holds:" } else { "FAILS:" });
    keeps
}
