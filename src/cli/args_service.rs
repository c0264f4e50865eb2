//! What may be typed about the service and its jobs.

use super::args::one_of;
use crate::api::daemon::{JobStatus, MoveTo};
use clap::{Args, Subcommand};

/// Jobs that are listed where nobody says how many.
const JOBS_LISTED: u32 = 50;
const JOBS_LISTED_MAX: i64 = 100_000;

pub(super) const SERVE_EXAMPLES: &str = "\
Examples:
  kinora serve                         works on the libraries of /etc/kinora/kinora.toml
  kinora serve --config kinora.toml    those of this file

It needs a [[library]] with a name and a path in its configuration, looks through it, and puts \
subtitles beside the videos. `kinora status` shows how it goes. Ctrl-C or TERM ends it in order, \
a second one at once; HUP looks through the libraries. Nothing is lost in a power cut.";

pub(super) const JOBS_EXAMPLES: &str = "\
Examples:
  kinora jobs list --status parked     what waits for a person, and why
  kinora jobs show 12                  where a job stands, what happened, what to do
  kinora jobs retry 12 13              tries two jobs again; --all: everything that is parked
  kinora jobs pause --lane gpu0        stops a lane until `kinora jobs resume --lane gpu0`
  kinora jobs move 12 top              makes a job the next of its priority
  kinora jobs add --lacking zh-Hans --library Films --dry-run
                                       shows which films of Jellyfin's lack Chinese subtitles

They ask the service that runs on this machine (`kinora serve`).";

pub(super) const SCAN_EXAMPLES: &str = "\
Examples:
  kinora scan                          looks through all libraries
  kinora scan /media/films/new         looks through one folder of them, or at one file
  kinora scan --accept-disks           the disks are the right ones as they are now

A library whose folder is missing, empty although files were there, or on another disk than before \
is left alone until its disk is back, or until it is accepted.";

pub(super) const CONFIG_EXAMPLES: &str = "\
Examples:
  kinora config check                  is kinora.toml right? all that is wrong, line by line
  kinora config show                   every setting in force and where it comes from, without keys
  kinora config default                a file to begin with: every key, what it is, what it is by itself
  kinora config schema                 what editors need to help with the file";

/// The commands about jobs.
#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// Show jobs, the newest first
    List {
        /// Only those that stand so
        #[arg(long, value_parser = one_of(JobStatus::ALL, JobStatus::word))]
        status: Option<JobStatus>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = JOBS_LISTED,
              value_parser = clap::value_parser!(u32).range(1..=JOBS_LISTED_MAX))]
        limit: u32,
        /// Print JSON for scripts, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Ask for subtitles of every video of Jellyfin's that lacks a language
    Add(Lacking),
    /// Show one job: where it stands, what happened, what to do
    Show {
        /// The job's number
        id: u64,
        /// Print the log of its latest execution instead
        #[arg(long, conflicts_with = "json")]
        log: bool,
        /// Print JSON for scripts
        #[arg(long)]
        json: bool,
    },
    /// Try jobs again: parked and waiting ones, and those that are done or cancelled
    Retry {
        /// The jobs' numbers
        #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "ID")]
        ids: Vec<u64>,
        /// Everything that is parked
        #[arg(long)]
        all: bool,
    },
    /// Give jobs up; running ones stop within two seconds
    Cancel {
        /// The jobs' numbers
        #[arg(required = true, value_name = "ID")]
        ids: Vec<u64>,
    },
    /// Stop jobs, a lane or everything until they are resumed; nothing that was heard is lost
    Pause(Stoppable),
    /// Let jobs, a lane or everything go on
    Resume(Stoppable),
    /// Change a job's place in the queue
    Move {
        /// The job's number
        id: u64,
        /// Where to: the first or last of its priority, one place up or down, or a priority (0 is normal, higher
        /// goes first)
        #[arg(value_name = "top|bottom|up|down|PRIORITY", allow_negative_numbers = true, value_parser = place)]
        to: MoveTo,
    },
}

/// What is to get subtitles.
#[derive(Debug, Args)]
pub(crate) struct Lacking {
    /// The language they lack: zh-Hans, en, ja
    #[arg(long, value_name = "LANG", required = true)]
    pub(crate) lacking: String,
    /// Only videos of this library, by the name it has in Jellyfin
    #[arg(long, value_name = "NAME")]
    pub(crate) library: Option<String>,
    /// Only videos with an audio track in this language
    #[arg(long, value_name = "LANG")]
    pub(crate) audio: Option<String>,
    /// Only show what would be worked on
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be paused and resumed.
#[derive(Debug, Args)]
pub(crate) struct Stoppable {
    /// The jobs' numbers
    #[arg(required_unless_present_any = ["all", "lane"], conflicts_with_all = ["all", "lane"],
          value_name = "ID")]
    pub(crate) ids: Vec<u64>,
    /// A lane: cpu, gpu0, ffmpeg, net, disk
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub(crate) lane: Option<String>,
    /// Everything
    #[arg(long)]
    pub(crate) all: bool,
}

fn place(text: &str) -> Result<MoveTo, String> {
    match text {
        "top" => Ok(MoveTo::Top),
        "bottom" => Ok(MoveTo::Bottom),
        "up" => Ok(MoveTo::Up),
        "down" => Ok(MoveTo::Down),
        number => number.parse().map(MoveTo::Priority).map_err(|_| {
            format!("write top, bottom, up, down, or a priority from {} to {}", i8::MIN, i8::MAX)
        }),
    }
}

/// What is done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every setting in force with where it comes from, in the shape of kinora.toml; keys for servers are left out
    Show {
        /// Print JSON for scripts
        #[arg(long)]
        json: bool,
    },
    /// Say whether the configuration is right, and all that is wrong with file, line and key
    Check,
    /// Print a file to begin with: every key with what it is and what holds where nobody says anything
    Default,
    /// Print the JSON schema of kinora.toml, for editors
    Schema,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Args, Command};
    use clap::Parser;

    fn asked(line: &str) -> Option<JobsCommand> {
        let line = format!("kinora jobs {line}");
        let command = Args::try_parse_from(line.split(' ')).ok()?.command;
        let Command::Jobs(command) = command else { panic!("not about jobs: {line}") };
        Some(command)
    }

    #[test]
    fn a_job_is_moved_to_places_and_priorities() {
        for (typed, expected) in [
            ("top", Some(MoveTo::Top)),
            ("bottom", Some(MoveTo::Bottom)),
            ("5", Some(MoveTo::Priority(5))),
            ("-5", Some(MoveTo::Priority(-5))),
            ("up", Some(MoveTo::Up)),
            ("down", Some(MoveTo::Down)),
            ("128", None),
            ("upwards", None),
        ] {
            let to = asked(&format!("move 3 {typed}")).map(|it| {
                let JobsCommand::Move { id: 3, to } = it else { panic!("not a move: {typed}") };
                to
            });
            assert_eq!(to, expected, "{typed}");
        }
    }

    #[test]
    fn it_is_said_what_is_meant_and_only_once() {
        for good in [
            "list",
            "list --status parked --limit 3 --json",
            "show 1",
            "show 1 --log",
            "retry 1 2",
            "retry --all",
            "cancel 1",
            "pause 1 2",
            "pause --all",
            "resume --lane gpu0",
        ] {
            assert!(asked(good).is_some(), "{good}");
        }
        for bad in [
            "list --limit 0",
            "list --status lost",
            "show",
            "show x",
            "show 1 --log --json",
            "retry",
            "retry 1 --all",
            "cancel",
            "cancel --all",
            "pause",
            "pause 1 --lane cpu",
            "pause --all --lane cpu",
            "move 1",
            "move top",
        ] {
            assert!(asked(bad).is_none(), "{bad}");
        }
    }
}
