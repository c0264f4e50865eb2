//! Puts the pieces together: configuration, intake, the run, the daemon, models, the doctor.

pub mod backup;
pub mod config;
pub mod intake;
mod lock;
mod work;
mod run;
mod explain;
mod sync;
mod logging;
mod serve;
mod check;
pub mod models;
pub mod bundle;
pub mod doctor;
pub mod notify;
pub mod glossary;
pub mod outputs;
mod client;

pub use crate::engines::child::EngineKind;
pub use crate::engines::whisper::{BUILD, cpu_supported as processor};
pub use check::check;
pub use client::client;
pub use explain::explain;
pub use run::run;
pub use serve::serve;
pub use sync::sync;

use crate::engines;
use std::process::ExitCode;

/// Serves as an engine child on standard input and output, until the input ends; `nice` is 0 to 19.
pub fn serve_engine(kind: EngineKind, nice: u8) -> ExitCode {
    // Where this is refused the engine is merely as urgent as its parent.
    let _ = engines::ffi::be_nice(nice);
    match kind {
        EngineKind::Media => engines::media::serve(),
        EngineKind::Whisper => engines::whisper::serve(),
        EngineKind::Translate => engines::translate::serve(),
    }
}
