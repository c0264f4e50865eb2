//! Figures that a machine must be quiet for: `benches/run.sh decode|whole|memory|workers|store|backup|idle|scan|translate|
//! webhooks|screen|frames`.
//!
//! Each prints its table and ends with an error where a limit is exceeded. benches/README.md says more.

mod backup;
mod decode;
mod frames;
mod idle;
mod memory;
mod scan;
mod screen;
mod store;
#[path = "../tests/it/translate/studio.rs"]
#[expect(dead_code, reason = "tests use more of it")]
mod studio;
#[path = "../tests/it/support/mod.rs"]
#[expect(dead_code, reason = "tests use more of it")]
mod support;
mod translate;
mod webhooks;
mod whole;
mod workers;

use std::path::Path;
use std::process::ExitCode;
use support::clips::{self, Clip};
use support::film::{Layout, film};

/// Weights that ship with the binary.
const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/ggml-base-q8_0.bin");
/// Equal seeds make equal films.
const SEED: u64 = 22;

fn main() -> ExitCode {
    // Cargo itself adds `--bench`.
    let asked: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let all = [
        "decode",
        "whole",
        "memory",
        "workers",
        "store",
        "backup",
        "idle",
        "scan",
        "translate",
        "webhooks",
        "screen",
        "frames",
    ]
    .map(str::to_owned);
    // Every one runs, also after one that failed.
    let mut good = true;
    for name in if asked.is_empty() { &all[..] } else { &asked } {
        good &= match name.as_str() {
            "decode" => decode::run(),
            "whole" => whole::run(),
            "memory" => memory::run(),
            "workers" => workers::run(),
            "store" => store::run(),
            "backup" => backup::run(),
            "idle" => idle::run(),
            "scan" => scan::run(),
            "translate" => translate::run(),
            "webhooks" => webhooks::run(),
            "screen" => screen::run(),
            "frames" => frames::run(),
            "films" => films(),
            unknown => {
                eprintln!("there is no figure {unknown}; there are {}, and films", all.join(", "));
                return ExitCode::from(2);
            }
        };
    }
    ExitCode::from(u8::from(!good))
}

/// Writes a film of two minutes in each language, with a list of its sentences, to be looked at.
fn films() -> bool {
    for (lang, _, _) in clips::LANGS {
        let (clips, music) = recordings(lang);
        let film =
            film(&Layout { lang, seed: SEED, length_s: 120, pauses_per_long: 7 }, &clips, &music);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("film-{lang}.mkv"));
        film.write(&path, &["-c:a", "flac"]);
        std::fs::write(path.with_extension("tsv"), film.manifest(&clips))
            .expect("room on the disk");
        println!("films: {} and .tsv", path.display());
    }
    true
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
