//! Puts the pieces together: configuration, the run, engines.

pub mod config;
pub mod doctor;
pub mod models;

use crate::api::run::{Explanation, ItemReport, RunEvent, RunRequest};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
pub use crate::engines::child::EngineKind;
use config::Config;
use std::process::ExitCode;

/// Subtitles what is asked for, telling what happens meanwhile.
///
/// # Errors
/// Where the work cannot begin at all; what goes wrong with one file is in its report.
pub fn run(
    _config: &Config,
    _request: &RunRequest,
    _cancel: &Cancel,
    _on_event: &mut dyn FnMut(RunEvent),
) -> Result<Vec<ItemReport>, Fault> {
    Err(Fault::bug("the run is not built in yet"))
}

/// What [`run`] would do and why; changes nothing.
///
/// # Errors
/// Where the work could not begin at all.
pub fn explain(_config: &Config, _request: &RunRequest) -> Result<Vec<Explanation>, Fault> {
    Err(Fault::bug("explaining is not built in yet"))
}

/// Serves as an engine child on standard input and output, until the input ends.
pub fn serve_engine(_kind: EngineKind) -> ExitCode {
    ExitCode::FAILURE
}
