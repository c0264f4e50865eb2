//! Puts the pieces together: configuration, intake, the run, models, the doctor.

pub mod config;
pub mod intake;
mod run;
mod explain;
pub mod models;
pub mod doctor;

pub use crate::engines::child::EngineKind;
pub use explain::explain;
pub use run::run;

use crate::engines;
use std::process::ExitCode;

/// Serves as an engine child on standard input and output, until the input ends.
pub fn serve_engine(kind: EngineKind) -> ExitCode {
    match kind {
        EngineKind::Media => engines::media::serve(),
        EngineKind::Whisper => engines::whisper::serve(),
    }
}
