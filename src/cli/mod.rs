//! The command line: flags to a mode, views as text or JSON.

mod args;
mod args_backup;
mod args_check;
mod args_glossary;
mod args_notify;
mod args_service;
mod args_sync;
mod args_tui;
mod run;
mod screen;
mod models;
mod config;
mod backup;
mod doctor;
mod sync;
mod service;
mod jobs;
mod lacking;
mod glossary;
mod notify;
mod outputs;
mod render;
mod render_jobs;
mod render_status;
mod table;
mod tui;
mod man;
mod fold;
mod json;
mod out;

use crate::api::run::Fault;
use crate::app;
use crate::app::config::{Config, Overrides};
use args::{Args, Command};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use std::path::Path;
use std::process::ExitCode;

/// How a command ended, told to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// All done or rightly skipped.
    Good,
    /// At least one thing failed.
    Failed,
    /// Asked wrongly, or configured wrongly.
    Usage,
    /// Stopped by the owner.
    Interrupted,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Exit::Good => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        }
    }
}

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    match Args::try_parse() {
        Ok(args) => dispatch(args),
        Err(err) => {
            // Help and version come this way too, with code 0; a reader who left is no failure.
            let _ = err.print();
            if err.kind() == ErrorKind::DisplayVersion
                && let Err(fault) = app::processor()
            {
                out::complain(&format!("kinora: {fault}"));
            }
            ExitCode::from(if err.use_stderr() { Exit::Usage.code() } else { Exit::Good.code() })
        }
    }
}

/// One match on the command, each arm one call.
fn dispatch(args: Args) -> ExitCode {
    let file = args.config.as_deref();
    match args.command {
        Command::Run(asked) => {
            configured(file, run::overrides(&asked), |config| run::run(&config, asked))
        }
        Command::Explain(asked) => {
            configured(file, run::overrides(&asked), |config| run::explain(&config, asked))
        }
        Command::Sync(asked) => {
            configured(file, Overrides::default(), |config| sync::sync(&config, asked))
        }
        Command::Models(asked) => {
            configured(file, Overrides::default(), |config| models::models(&config, asked))
        }
        Command::Doctor(asked) => {
            configured(file, Overrides::default(), |config| doctor::doctor(&config, &asked))
        }
        Command::Config(asked) => ended(config::config(file, &asked)),
        Command::Serve => configured(file, Overrides::default(), |config| service::serve(&config)),
        Command::Jobs(asked) => {
            configured(file, Overrides::default(), |config| jobs::jobs(&config, asked))
        }
        Command::Glossary(asked) => {
            configured(file, Overrides::default(), |config| glossary::glossary(&config, asked))
        }
        Command::Notify(asked) => {
            configured(file, Overrides::default(), |config| notify::notify(&config, &asked))
        }
        Command::Status { json } => {
            configured(file, Overrides::default(), |config| service::status(&config, json))
        }
        // Where it is told where to go, it needs no configuration, and none that is right.
        Command::Tui(asked) if asked.url.is_some() => ended(tui::remote(asked)),
        Command::Tui(asked) => {
            configured(file, Overrides::default(), |config| tui::here(&config, asked))
        }
        Command::Scan { path, accept_disks } => {
            let scan = |config: Config| service::scan(&config, path, accept_disks);
            configured(file, Overrides::default(), scan)
        }
        Command::Check(asked) if asked.outputs => {
            configured(file, Overrides::default(), |config| outputs::outputs(&config, &asked))
        }
        Command::Check(asked) => configured(file, Overrides::default(), |config| {
            service::check(&config, asked.repair, asked.json)
        }),
        Command::Backup(asked) => {
            configured(file, Overrides::default(), |config| backup::backup(&config, asked))
        }
        Command::Completions { shell } => ended(completions(shell)),
        Command::Man { out } => ended(man::man(out.as_deref())),
        // A child has no configuration: its parent tells it everything.
        Command::Engine { kind, nice } => app::serve_engine(kind, nice),
    }
}

/// Reads the configuration, flags over environment over file, and goes on with it.
fn configured(
    file: Option<&Path>,
    overrides: Overrides,
    go_on: impl FnOnce(Config) -> Result<Exit, Fault>,
) -> ExitCode {
    match app::config::load(file, std::env::vars_os(), overrides) {
        Ok(config) => ended(go_on(config)),
        Err(fault) => {
            out::complain(&format!("kinora: {fault}"));
            ExitCode::from(Exit::Usage.code())
        }
    }
}

/// Says what went wrong with the command as a whole, and how it ended.
fn ended(result: Result<Exit, Fault>) -> ExitCode {
    let exit = result.unwrap_or_else(|fault| {
        out::complain(&format!("kinora: {fault}"));
        Exit::Failed
    });
    ExitCode::from(exit.code())
}

/// Prints what a shell needs to complete our commands.
fn completions(shell: clap_complete::Shell) -> Result<Exit, Fault> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "kinora", &mut script);
    out::say(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Good)
}
