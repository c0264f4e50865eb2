//! The command line: flags to a mode, views as text or JSON.

use std::process::ExitCode;

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|it| it == "engine") && words.next().is_some_and(|it| it == "media") {
        return crate::engines::media::serve();
    }
    ExitCode::SUCCESS
}
