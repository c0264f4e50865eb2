//! The command line: flags to a mode, views as text or JSON.

use std::process::ExitCode;

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
