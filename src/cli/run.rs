//! `kinora run` and `kinora explain`: from flags to a request, from what happened to an exit code.

use super::args::{RunArgs, Spoken};
use super::screen::Screen;
use super::{Exit, json, out, render};
use crate::api::run::{Fault, ItemReport, RunRequest, Status};
use crate::app;
use crate::app::config::{Config, Overrides};
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Subtitles what was asked for, showing how it goes.
pub(crate) fn run(config: &Config, args: RunArgs) -> Result<Exit, Fault> {
    let cancel = Cancel::default();
    listen_for_signals(&cancel)?;
    let json = args.json;
    let request = request(config, args);
    let watch = Stopwatch::start();
    let mut screen = Screen::new(json);
    let result = app::run(config, &request, &cancel, &mut |event| {
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
pub(crate) fn explain(config: &Config, args: RunArgs) -> Result<Exit, Fault> {
    let json = args.json;
    // Without a flag that says otherwise a library's file is explained as the service sees it.
    let as_library = asks_nothing(&args);
    let request = request(config, args);
    let daemon = app::client(config).ok().filter(|it| as_library && it.status().is_ok());
    for it in app::explain(config, &request, as_library, daemon.as_ref())? {
        out::say(&if json {
            json::explanation(&it)
        } else {
            render::explanation(&it, out::columns_max())
        })?;
    }
    Ok(Exit::Good)
}

/// True where no flag changes what is wanted.
fn asks_nothing(args: &RunArgs) -> bool {
    overrides(args) == Overrides::default()
        && args.track.is_none()
        && args.output.is_none()
        && args.prompt.is_none()
        && !args.force
}

/// The flags that stand for settings; those that were not given are left to environment and file.
pub(crate) fn overrides(args: &RunArgs) -> Overrides {
    Overrides {
        model: args.model.clone(),
        to: given(&args.to),
        from: args.from.clone().map(|it| match it {
            Spoken::Auto => None,
            Spoken::Is(lang) => Some(lang),
        }),
        formats: given(&args.format),
        translators: if args.no_translate { Some(Vec::new()) } else { given(&args.translator) },
        bilingual: args.bilingual.then_some(true),
        subtitle_mode: args.subtitle_mode,
        ignore_existing: args.ignore_existing.then_some(true),
        ..Overrides::default()
    }
}

/// What is asked for, settings and flags together.
fn request(config: &Config, args: RunArgs) -> RunRequest {
    RunRequest {
        paths: args.paths,
        to: config.to.clone(),
        from: config.listen.from.clone(),
        track: args.track,
        formats: config.output.formats.clone(),
        output: args.output,
        force: args.force,
        prompt: args.prompt.unwrap_or_default(),
        translators: config.translate.chain.clone(),
        bilingual: config.bilingual,
    }
}

/// A list from the command line without repeats; `None` where the flag was not given.
fn given<T: Clone + PartialEq>(items: &[T]) -> Option<Vec<T>> {
    let mut kept: Vec<T> = Vec::new();
    for item in items {
        if !kept.contains(item) {
            kept.push(item.clone());
        }
    }
    (!kept.is_empty()).then_some(kept)
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
    } else if any(Status::Failed) || any(Status::Review) {
        Exit::Failed
    } else {
        Exit::Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::run::{Format, Lang, SubtitleMode};
    use crate::cli::args::{Args, Command};
    use crate::cli::render::tests::{failed, film};
    use clap::Parser;

    fn asked(line: &str) -> (Overrides, RunRequest) {
        let args = Args::try_parse_from(line.split(' ')).unwrap();
        let Command::Run(args) = args.command else { panic!("not a run") };
        let overrides = overrides(&args);
        let settings = Overrides { data_dir: Some("data".into()), ..overrides.clone() };
        let config = app::config::load(None, [], settings).unwrap();
        (overrides, request(&config, args))
    }

    #[test]
    fn flags_that_are_not_given_override_nothing() {
        let (overrides, request) = asked("kinora run a.mkv");
        assert_eq!(overrides, Overrides::default());
        assert_eq!((request.from, request.formats), (None, vec![Format::Srt]));
    }

    #[test]
    fn flags_that_are_given_override_each_once() {
        let lang = |tag| Lang::parse(tag).unwrap();
        let line = "kinora run --from auto --format srt,ass,srt --to en,en --model large a.mkv";
        let (overrides, request) = asked(line);
        assert_eq!(overrides.from, Some(None), "`auto` beats a language in the file");
        assert_eq!(overrides.model.as_deref(), Some("large"));
        assert_eq!(request.formats, [Format::Srt, Format::Ass]);
        assert_eq!(request.to, [lang("en")]);
        let (overrides, _) =
            asked("kinora run --subtitle-mode reuse_if_good --ignore-existing a.mkv");
        assert_eq!(overrides.subtitle_mode, Some(SubtitleMode::ReuseIfGood));
        assert_eq!(overrides.ignore_existing, Some(true));
        let (_, request) = asked("kinora run --from ja --track 2 --prompt Haku --force a.mkv");
        assert_eq!((request.from, request.track), (Some(lang("ja")), Some(2)));
        assert_eq!((request.prompt.as_str(), request.force), ("Haku", true));
    }

    #[test]
    fn the_first_signal_asks_in_order() {
        let cancel = Cancel::default();
        listen_for_signals(&cancel).unwrap();
        assert!(!cancel.is_set());
        signal_hook::low_level::raise(SIGTERM).unwrap();
        assert!(cancel.is_set());
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
            (with(Status::Review), false, Exit::Failed),
            (with(Status::Interrupted), false, Exit::Interrupted),
            (with(Status::Failed), true, Exit::Interrupted),
        ] {
            assert_eq!(exit(&reports, cancelled), expected);
        }
    }
}
