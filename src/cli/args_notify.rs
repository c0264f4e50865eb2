//! What may be typed about those who are told what happens.

use clap::Subcommand;

pub(super) const NOTIFY_EXAMPLES: &str = "\
Examples:
  kinora notify test                   sends a message to everybody in [[notify]], now
  kinora notify test phone             only to the one of this name

Whoever has a [[notify]] in kinora.toml is told by the service what happens: by ntfy, or by a POST to \
any address. Exit code 0: all took the message; 1: somebody did not.";

/// The commands about messages.
#[derive(Debug, Subcommand)]
pub(crate) enum NotifyCommand {
    /// Send a test message to everybody who is to be told, and tell whether it was taken
    Test {
        /// Only the one of this name
        name: Option<String>,
        /// Print JSON for scripts
        #[arg(long)]
        json: bool,
    },
}
