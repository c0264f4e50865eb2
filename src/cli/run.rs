//! `kinora run` and `kinora explain`: from flags to a request, from what happened to an exit code.

use super::args::{RunArgs, Spoken};
use super::screen::Screen;
use super::{Exit, json, out, render};
use crate::api::run::{Fault, ItemReport, RunRequest, Status};
use crate::app;
use crate::app::config::Config;
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Subtitles what was asked for, showing how it goes.
pub(crate) fn run(mut config: Config, args: RunArgs) -> Result<Exit, Fault> {
    let cancel = Cancel::default();
    listen_for_signals(&cancel)?;
    let json = args.json;
    let request = request(&mut config, args);
    let watch = Stopwatch::start();
    let mut screen = Screen::new(json);
    let result = app::run(&config, &request, &cancel, &mut |event| {
        screen.show(event, cancel.is_set());
    });
    let reports = match result {
        Ok(reports) => reports,
        Err(_) if cancel.is_set() => Vec::new(),
        Err(fault) => return Err(fault),
    };
    let exit = exit(&reports, cancel.is_set());
    screen.end(&reports, watch.elapsed(), exit)?;
    Ok(exit)
}

/// Shows what a run would do; changes nothing.
pub(crate) fn explain(mut config: Config, args: RunArgs) -> Result<Exit, Fault> {
    let json = args.json;
    let request = request(&mut config, args);
    for it in app::explain(&config, &request)? {
        out::say(&if json { json::explanation(&it) } else { render::explanation(&it) })?;
    }
    Ok(Exit::Good)
}

/// What the flags ask for; where they are silent the configuration speaks, and where they speak they beat it.
fn request(config: &mut Config, args: RunArgs) -> RunRequest {
    if let Some(model) = args.model {
        config.listen.model = model;
    }
    let from = match args.from {
        Some(Spoken::Is(lang)) => Some(lang),
        Some(Spoken::Auto) => None,
        None => config.listen.from.clone(),
    };
    config.listen.from.clone_from(&from);
    RunRequest {
        paths: args.paths,
        to: without_repeats(args.to),
        from,
        track: args.track,
        formats: without_repeats(if args.format.is_empty() {
            config.output.formats.clone()
        } else {
            args.format
        }),
        output: args.output,
        force: args.force,
        prompt: args.prompt.unwrap_or_default(),
    }
}

/// In the same order, each once.
fn without_repeats<T: PartialEq>(items: Vec<T>) -> Vec<T> {
    let mut kept = Vec::new();
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

/// The first signal asks the work to stop in order, the second ends the program at once.
pub(crate) fn listen_for_signals(cancel: &Cancel) -> Result<(), Fault> {
    for signal in [SIGINT, SIGTERM] {
        // Handlers run in this order: the first must still see the flag as it was before this signal.
        let exit = i32::from(Exit::Interrupted.code());
        flag::register_conditional_shutdown(signal, exit, cancel.flag())
            .and_then(|_| flag::register(signal, cancel.flag()))
            .map_err(|err| Fault::bug(format!("signals cannot be heard ({err})")))?;
    }
    Ok(())
}

/// How a run ended: interrupted before failed before good.
fn exit(reports: &[ItemReport], cancelled: bool) -> Exit {
    let any = |status| reports.iter().any(|it| it.status == status);
    if cancelled || any(Status::Interrupted) {
        Exit::Interrupted
    } else if any(Status::Failed) {
        Exit::Failed
    } else {
        Exit::Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::run::{Format, Lang};
    use crate::cli::args::{Args, Command};
    use crate::cli::render::tests::{failed, film};
    use clap::Parser;

    fn asked(line: &str, config: &mut Config) -> RunRequest {
        let args = Args::try_parse_from(line.split(' ')).unwrap();
        let Command::Run(args) = args.command else { panic!("not a run") };
        request(config, args)
    }

    #[test]
    fn flags_beat_the_configuration() {
        let mut config = app::config::load(None).unwrap();
        config.listen.from = Some(Lang::parse("ja").unwrap());
        config.output.formats = vec![Format::Vtt];
        let silent = asked("kinora run a.mkv", &mut config.clone());
        assert_eq!(silent.from, Some(Lang::parse("ja").unwrap()));
        assert_eq!(silent.formats, [Format::Vtt]);
        let line = "kinora run --from auto --format srt,ass,srt --to en,en --model large a.mkv";
        let spoken = asked(line, &mut config);
        assert_eq!((spoken.from, &config.listen.from), (None, &None));
        assert_eq!(spoken.formats, [Format::Srt, Format::Ass]);
        assert_eq!(spoken.to, [Lang::parse("en").unwrap()]);
        assert_eq!(config.listen.model, "large");
    }

    #[test]
    fn one_failure_is_a_failed_run_and_an_interruption_beats_it() {
        let with = |status| vec![film(), ItemReport { status, ..failed() }];
        for (reports, cancelled, expected) in [
            (vec![], false, Exit::Good),
            (vec![film()], false, Exit::Good),
            (with(Status::Skipped), false, Exit::Good),
            (with(Status::NoSpeech), false, Exit::Good),
            (with(Status::Failed), false, Exit::Failed),
            (with(Status::Interrupted), false, Exit::Interrupted),
            (with(Status::Failed), true, Exit::Interrupted),
        ] {
            assert_eq!(exit(&reports, cancelled), expected);
        }
    }
}
