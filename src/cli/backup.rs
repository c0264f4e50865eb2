//! `kinora backup`: made, listed, looked through, put back.

use super::args_backup::BackupCommand;
use super::run::listen_for_signals;
use super::table::{Column, lay_out};
use super::{Exit, json, out};
use crate::api::backup::{BackupEndView, BackupView, Becomes, HoldsView, RestoreView, VerifyView};
use crate::api::client::Client;
use crate::api::run::Fault;
use crate::app::backup::{self, To};
use crate::app::client;
use crate::app::config::Config;
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::base::text::{bytes, clock_duration, counted, show_path};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the service is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// Does what is asked about backups.
pub(crate) fn backup(config: &Config, command: BackupCommand) -> Result<Exit, Fault> {
    let cancel = Cancel::default();
    listen_for_signals(&cancel)?;
    let done = match command {
        BackupCommand::Create { to, json } => create(config, to.as_deref(), json, &cancel),
        BackupCommand::List { folder, json } => list(config, folder, json),
        BackupCommand::Verify { which, quick, json } => {
            let bar = bar(json);
            let mut progress = |done, total| show(&bar, done, total);
            let verified = backup::verify(config, &which, quick, &cancel, &mut progress);
            bar.finish_and_clear();
            verified.and_then(|view| {
                out::say(&if json { json::line(&view) } else { verified_text(&view) })?;
                Ok(if view.problems.is_empty() { Exit::Good } else { Exit::Failed })
            })
        }
        BackupCommand::Restore { which, force, dry_run, json } => {
            let plan = backup::plan(config, &which, force)?;
            restore(config, plan, dry_run, json, &cancel)
        }
    };
    match done {
        Err(_) if cancel.is_set() => {
            out::complain("kinora: interrupted; nothing that was there was touched");
            Ok(Exit::Interrupted)
        }
        done => done,
    }
}

/// What `create` tells a script.
#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    backup: BackupView,
    took_ms: u64,
    problem_of_second_folder: Option<String>,
}

fn create(config: &Config, to: Option<&Path>, json: bool, cancel: &Cancel) -> Result<Exit, Fault> {
    let bar = bar(json);
    let watch = Stopwatch::start();
    let mut progress = |done, total| show(&bar, done, total);
    // A service that runs has the store. Whether one does is told by the store, not by an address.
    let served = backup::is_served(&config.data_dir);
    let made = if served {
        by_service(&client(config)?, cancel, &mut progress).and_then(|(view, problem)| {
            let view = to.map_or(Ok(view.clone()), |to| backup::copy_out(&view, to, cancel))?;
            Ok((view, problem))
        })
    } else {
        let to = to.map_or(To::Folder, |it| To::Path(it.to_owned()));
        backup::create(config, &to, cancel, &mut progress).map(|it| (it, None))
    };
    bar.finish_and_clear();
    let (view, problem) = made?;
    let took = watch.elapsed();
    if json {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let created = Created { backup: view, took_ms, problem_of_second_folder: problem.clone() };
        out::say(&json::line(&created))?;
    } else {
        let rows = counted(view.rows.unwrap_or_default(), "row", "rows");
        let (size, took) = (bytes(view.bytes), took.as_secs_f64());
        out::say(&format!("{}\n{size}, {rows}, {took:.1} s\n", view.path))?;
    }
    match problem {
        None => Ok(Exit::Good),
        Some(problem) => {
            out::complain(&format!("kinora: {problem}"));
            Ok(Exit::Failed)
        }
    }
}

/// Has the service make one, and waits for it.
fn by_service(
    client: &Client,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(BackupView, Option<String>), Fault> {
    let run = client.back_up()?;
    loop {
        let view = client.backups()?;
        if let Some(last) = view.last.filter(|it| run.number <= it.number) {
            let BackupEndView { backup, problem, .. } = last;
            return match (backup, problem) {
                (Some(backup), problem) => Ok((backup, problem)),
                (None, problem) => {
                    let what = problem.unwrap_or_else(|| "no backup was made".to_owned());
                    Err(Fault::operator(what, "`kinora status` tells more"))
                }
            };
        }
        if let Some(run) = view.running {
            progress(run.rows_done, run.rows_total);
        }
        if !cancel.wait(ASK_EVERY) {
            let what = "the service goes on with the backup";
            return Err(Fault::transient(what, "see `kinora backup list`"));
        }
    }
}

fn list(config: &Config, folder: Option<PathBuf>, json: bool) -> Result<Exit, Fault> {
    let folder = folder.unwrap_or_else(|| config.backup.folder.clone());
    let views = backup::list(&folder)?;
    let text = match (json, views.is_empty()) {
        (true, _) => views.iter().map(json::line).collect(),
        (false, true) => format!("there is no backup in {}\n", show_path(&folder)),
        (false, false) => table(&views, out::columns_max()),
    };
    out::say(&text)?;
    for problem in views.iter().filter_map(|it| it.problem.as_ref()).filter(|_| !json) {
        out::complain(problem);
    }
    Ok(Exit::Good)
}

fn restore(
    config: &Config,
    plan: backup::Restore,
    dry_run: bool,
    json: bool,
    cancel: &Cancel,
) -> Result<Exit, Fault> {
    let refused = plan.view().refused.clone();
    if dry_run || refused.is_some() {
        let view = plan.view();
        out::say(&if json { json::line(view) } else { plan_text(view) })?;
        return match refused {
            Some(refused) => {
                out::complain(&format!("kinora: {refused}"));
                Ok(Exit::Failed)
            }
            None => Ok(Exit::Good),
        };
    }
    if !json {
        out::say(&plan_text(plan.view()))?;
    }
    let bar = bar(json);
    let mut progress = |done, total| show(&bar, done, total);
    let done = plan.apply(config, cancel, &mut progress);
    bar.finish_and_clear();
    let view = done?;
    out::say(&if json { json::line(&view) } else { done_text(&view) })?;
    Ok(Exit::Good)
}

/// A bar in rows on a terminal; nothing elsewhere, and nothing where a script reads.
fn bar(json: bool) -> ProgressBar {
    let target = match !json && out::can_draw() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(None, target);
    match ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} rows  {percent:>3} %")
    {
        Ok(style) => bar.with_style(style.progress_chars("━━─")),
        // Without its own look it shows as bars do by default.
        Err(_) => bar,
    }
}

fn show(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}

fn table(views: &[BackupView], columns_max: Option<usize>) -> String {
    const COLUMNS: [Column; 6] = [
        Column::text("made", 0, 20),
        Column::number("size", 1),
        Column::number("rows", 3),
        Column::word("Kinora", 4),
        Column::word("state", 2),
        Column::text("file", 5, 16),
    ];
    let rows = views.iter().map(|view| {
        vec![
            view.made.clone(),
            bytes(view.bytes),
            view.rows.map_or(String::new(), |it| it.to_string()),
            view.version.clone().unwrap_or_default(),
            if view.problem.is_none() { "readable" } else { "DAMAGED" }.to_owned(),
            view.name.clone(),
        ]
    });
    lay_out(&COLUMNS, &rows.collect::<Vec<_>>(), columns_max)
}

fn holds_text(holds: &HoldsView) -> String {
    let HoldsView { jobs, transcripts, terms, lines, subtitles } = *holds;
    [
        counted(jobs, "job", "jobs"),
        counted(transcripts, "transcript", "transcripts"),
        counted(terms, "term of the glossary", "terms of the glossary"),
        counted(lines, "translated line", "translated lines"),
        counted(subtitles, "subtitle", "subtitles"),
    ]
    .join(", ")
}

fn about(view: &BackupView) -> String {
    let host = view.host.as_deref().filter(|it| !it.is_empty());
    let host = host.map_or(String::new(), |it| format!(" on {it}"));
    let holds = view.holds.as_ref().map(holds_text).unwrap_or_default();
    let version = view.version.as_deref().unwrap_or_default();
    format!("{}\nmade {}{host} by Kinora {version}: {holds}\n", view.path, view.made)
}

fn verified_text(view: &VerifyView) -> String {
    let took = clock_duration(Duration::from_millis(view.took_ms));
    let mut text = about(&view.backup);
    text.push_str(match view.restored {
        true => "it is whole, and came back where it was tried",
        false => "it is as it was written",
    });
    text.push_str(&format!(" ({took})\n"));
    for problem in &view.problems {
        text.push_str(&format!("! it was so in the store already: {problem}\n"));
    }
    text
}

fn plan_text(view: &RestoreView) -> String {
    let mut text = about(&view.backup);
    text.push_str(&format!("there now: {}\n", view.present));
    for file in &view.files {
        let path = &file.path;
        let becomes = match file.becomes {
            Becomes::Made => "is made".to_owned(),
            Becomes::Same => "stays as it is".to_owned(),
            Becomes::Beside => "is put beside".to_owned(),
            Becomes::Replaced => "is replaced".to_owned(),
        };
        text.push_str(&format!("  {:<14}{path} {becomes}\n", file.what));
        if let Some(kept) = &file.kept_as {
            text.push_str(&format!("  {:<14}what is there is kept as {kept}\n", ""));
        }
    }
    text
}

fn done_text(view: &RestoreView) -> String {
    let mut text = "it is restored; start Kinora again\n".to_owned();
    for hint in &view.hints {
        text.push_str(&format!("- {hint}\n"));
    }
    for problem in &view.problems {
        text.push_str(&format!("! it was so when the backup was made: {problem}\n"));
    }
    text
}
