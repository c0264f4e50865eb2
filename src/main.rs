//! Kinora's only program: the command line, and the engine children it starts of itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    kinora::cli::main()
}
