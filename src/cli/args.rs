//! What may be typed: commands and flags, with the help an owner reads.

use super::args_backup::{BACKUP_EXAMPLES, BackupCommand};
use super::args_check::{CHECK_EXAMPLES, CheckArgs};
use super::args_glossary::{GLOSSARY_EXAMPLES, GlossaryCommand};
use super::args_notify::{NOTIFY_EXAMPLES, NotifyCommand};
use super::args_service::{
    CONFIG_EXAMPLES, ConfigCommand, JOBS_EXAMPLES, JobsCommand, SCAN_EXAMPLES, SERVE_EXAMPLES,
};
use super::args_sync::{SYNC_EXAMPLES, SyncArgs};
use super::args_tui::{TUI_EXAMPLES, TuiArgs};
use crate::api::run::{Format, Lang, NoLanguage, SubtitleMode};
use crate::app::EngineKind;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  kinora run film.mkv                  subtitles in the language that is spoken, beside the film
  kinora run --to en /media/films      English subtitles for every film in a folder
  kinora explain film.mkv              what would be done and why; changes nothing
  kinora serve                         works on your libraries, unattended
  kinora tui                           the screen of whoever looks after it
  kinora status                        how that goes
  kinora doctor                        is this machine ready?

Exit codes: 0 all done or rightly skipped, 1 something failed, 2 wrong usage or configuration,
130 interrupted.";

const RUN_EXAMPLES: &str = "\
Examples:
  kinora run film.mkv
  kinora run --to en --format srt,vtt /media/films
  kinora run --from ja --prompt 'Chihiro, Haku, Yubaba' film.mkv
  kinora run --to zh-Hans --translator nas,local --bilingual film.mkv
  kinora run --output /tmp/subtitles --json /media/films > report.jsonl

Videos are never changed. A subtitle file that is already there is left alone, unless Kinora wrote \
it and nobody edited it since, or --force is given. Ctrl-C stops in order, and the same command \
goes on where it stopped; a second Ctrl-C stops at once.";

const EXPLAIN_EXAMPLES: &str = "\
Put `explain` in the place of `run`, with the same flags, to see what the run would do.";

const MAN_EXAMPLES: &str = "\
Examples:
  kinora man | man -l -                            shows the first page
  kinora man --out /usr/local/share/man/man1       writes them where `man kinora` finds them";

/// Subtitles for every video on your NAS, made on the NAS itself.
#[derive(Debug, Parser)]
#[command(name = "kinora", version, long_version = crate::app::BUILD)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// Configuration file to use instead of the usual places
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Subtitle videos, audio files and folders, now, and show how it goes
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Show what a run would do and why, track by track; changes nothing
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(RunArgs),
    /// Show how subtitle files fit their videos, and mend those that do not
    #[command(after_help = SYNC_EXAMPLES)]
    Sync(SyncArgs),
    /// Keep libraries subtitled, unattended, until it is told to end
    #[command(after_help = SERVE_EXAMPLES)]
    Serve,
    /// Show how the service goes: its jobs, its lanes, what needs a person
    Status {
        /// Print JSON for scripts
        #[arg(long)]
        json: bool,
    },
    /// The operator's screen: all of the service at a glance, on a terminal, also over SSH
    #[command(after_help = TUI_EXAMPLES)]
    Tui(TuiArgs),
    /// List the service's jobs; retry, cancel, pause, resume and move them
    #[command(subcommand, after_help = JOBS_EXAMPLES)]
    Jobs(JobsCommand),
    /// Say how names and words are translated; see what is proposed
    #[command(subcommand, after_help = GLOSSARY_EXAMPLES)]
    Glossary(GlossaryCommand),
    /// Try whether messages about what happens arrive
    #[command(subcommand, after_help = NOTIFY_EXAMPLES)]
    Notify(NotifyCommand),
    /// Have the service look through its libraries now
    #[command(after_help = SCAN_EXAMPLES)]
    Scan {
        /// A file or folder of a library; without it, all libraries
        path: Option<PathBuf>,
        /// Take the libraries' disks as they are now, also where they are empty or others than before
        #[arg(long)]
        accept_disks: bool,
    },
    /// Make, list, check and restore backups of all that Kinora remembers
    #[command(subcommand, after_help = BACKUP_EXAMPLES)]
    Backup(BackupCommand),
    /// Check what the service remembers, or whether its subtitles are still there
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Show what Kinora is set to, and check that the configuration is right
    #[command(subcommand, after_help = CONFIG_EXAMPLES)]
    Config(ConfigCommand),
    /// List, fetch and check the models that listen
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Check that this machine has what a run needs
    Doctor(super::doctor::DoctorArgs),
    /// Print a file that teaches your shell to complete kinora's commands
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual: a page for each command, for `man`
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// Folder for the pages; without it, the first page is printed
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Serve as an engine child; started by Kinora itself
    #[command(hide = true)]
    Engine {
        /// Which engine.
        #[arg(value_parser = one_of(EngineKind::ALL, EngineKind::word))]
        kind: EngineKind,
        /// How much it gives way to others.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=19))]
        nice: u8,
    },
}

/// What is asked of a run, as typed.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Videos, audio files, and folders, which are searched through
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Languages of the subtitles, such as zh-Hans,en; without it, the language that is spoken
    #[arg(long, value_name = "LANG", value_delimiter = ',', value_parser = lang)]
    pub(crate) to: Vec<Lang>,
    /// Language that is spoken, such as ja; `auto` finds it out
    #[arg(long, value_name = "auto|LANG", value_parser = spoken)]
    pub(crate) from: Option<Spoken>,
    /// Model to listen with; see `kinora models list`
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Formats of the subtitle files
    #[arg(long, value_name = "FORMAT", value_delimiter = ',',
          value_parser = one_of(Format::ALL, Format::extension))]
    pub(crate) format: Vec<Format>,
    /// Folder for the subtitles, instead of beside each video
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Audio track to listen to, by its number in `kinora explain`
    #[arg(long, value_name = "INDEX")]
    pub(crate) track: Option<u32>,
    /// Names and unusual words to expect
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// Who translates, by name, tried in this order; without it, all there are
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "no_translate")]
    pub(crate) translator: Vec<String>,
    /// Translate nothing; what cannot be had without a translation fails
    #[arg(long)]
    pub(crate) no_translate: bool,
    /// Also write a file with both languages
    #[arg(long)]
    pub(crate) bilingual: bool,
    /// What subtitles count for that are there already
    #[arg(long, value_name = "MODE", value_parser = one_of(SubtitleMode::ALL, SubtitleMode::word))]
    pub(crate) subtitle_mode: Option<SubtitleMode>,
    /// Make subtitles even where there are some in the language already
    #[arg(long)]
    pub(crate) ignore_existing: bool,
    /// Compute everything again and replace the subtitles that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// Print JSON for scripts, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// The commands about models.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Show which models there are and which are here
    List {
        /// Print JSON for scripts
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model; an interrupted download goes on where it stopped
    Pull {
        /// The model's name, the address of a GGUF file, or ollama:NAME to let Ollama fetch it
        name: String,
        /// Take it from this file instead of the network
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Digest of the file at an address
        #[arg(long, value_name = "HEX")]
        sha256: Option<String>,
    },
    /// Remove a model's file; without --yes, only say which
    Remove {
        /// The model's name
        name: String,
        /// Remove it
        #[arg(long)]
        yes: bool,
    },
    /// Read models through and compare them with their digests
    Verify {
        /// The model's name; without it, all that are here
        name: Option<String>,
    },
}

/// The spoken language, as typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Spoken {
    /// To be found out.
    Auto,
    /// Known.
    Is(Lang),
}

/// Understands the words of a closed list; help and completions show them.
pub(super) fn one_of<T: Copy + Send + Sync + 'static, const N: usize>(
    values: [T; N],
    word: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(values.map(word)).try_map(move |typed| {
        values.into_iter().find(|it| word(*it) == typed).ok_or("no word of the list")
    })
}

pub(super) fn lang(text: &str) -> Result<Lang, NoLanguage> {
    Lang::parse(text)
}

fn spoken(text: &str) -> Result<Spoken, NoLanguage> {
    if text.eq_ignore_ascii_case("auto") { Ok(Spoken::Auto) } else { lang(text).map(Spoken::Is) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_agree_with_each_other() {
        Args::command().debug_assert();
    }

    #[test]
    fn config_is_understood_before_and_after_the_command() {
        for line in
            [["kinora", "--config", "a.toml", "doctor"], ["kinora", "doctor", "--config", "a.toml"]]
        {
            let args = Args::try_parse_from(line).unwrap();
            assert_eq!(args.config, Some(PathBuf::from("a.toml")));
        }
    }

    #[test]
    fn lists_are_split_at_commas() {
        let line = "kinora run --to zh-Hans,en --format srt,vtt --translator a,b --translator c \
                    --from auto a.mkv b.mkv";
        let args = Args::try_parse_from(line.split(' ')).unwrap();
        let Command::Run(run) = args.command else { panic!("not a run") };
        assert_eq!(run.to.iter().map(Lang::tag).collect::<Vec<_>>(), ["zh-Hans", "en"]);
        assert_eq!(run.format, [Format::Srt, Format::Vtt]);
        assert_eq!(run.translator, ["a", "b", "c"]);
        assert_eq!(run.from, Some(Spoken::Auto));
        assert_eq!(run.paths.len(), 2);
    }
}
