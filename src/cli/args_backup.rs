//! What may be typed about backups.

use crate::app::backup::Which;
use clap::Subcommand;
use std::path::PathBuf;

pub(super) const BACKUP_EXAMPLES: &str = "\
Examples:
  kinora backup create                 makes one now, also while the service runs
  kinora backup create --to /mnt/usb   and puts it there
  kinora backup list                   those there are
  kinora backup verify latest          would it come back? It is tried, in a folder of its own
  kinora backup restore latest --dry-run
                                       what would be replaced, by what
  kinora backup restore /mnt/usb/kinora-2026-01-31T013000Z.kinora-backup

A backup is one file with all that Kinora remembers: jobs, transcripts, translations, the glossary, \
settings, kinora.toml, and the keys in it: keep it where only you can read it. The service makes one \
a day. To restore, stop the service first; what is replaced is kept beside under another name.";

/// What is done with backups.
#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    /// Make a backup now, whether the service runs or not
    Create {
        /// A folder, or the name of a file; without it, where all backups lie
        #[arg(long, value_name = "FILE|DIR")]
        to: Option<PathBuf>,
        /// Print JSON for scripts
        #[arg(long)]
        json: bool,
    },
    /// Show the backups there are, the newest first
    List {
        /// Look there instead
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
        /// Print JSON for scripts, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Look whether a backup is whole, and would come back
    Verify {
        /// A file, or `latest`
        #[arg(value_name = "FILE|latest", value_parser = which)]
        which: Which,
        /// Look at digests only, and do not try to restore it
        #[arg(long)]
        quick: bool,
        /// Print JSON for scripts
        #[arg(long)]
        json: bool,
    },
    /// Put a backup back, while the service does not run
    Restore {
        /// A file, or `latest`
        #[arg(value_name = "FILE|latest", value_parser = which)]
        which: Which,
        /// Replace a whole store that is newer as well
        #[arg(long)]
        force: bool,
        /// Only show what would be replaced
        #[arg(long)]
        dry_run: bool,
        /// Print JSON for scripts
        #[arg(long)]
        json: bool,
    },
}

fn which(text: &str) -> Result<Which, String> {
    match text {
        "" => Err("name a file, or `latest`".to_owned()),
        "latest" => Ok(Which::Latest),
        path => Ok(Which::File(path.into())),
    }
}
