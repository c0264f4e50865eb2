//! `kinora sync`: how subtitles fit their videos, and what would make them fit.

use super::args_sync::SyncArgs;
use super::run::listen_for_signals;
use super::{Exit, json, out};
use crate::api::run::Fault;
use crate::api::sync::{Fit, SyncEvent, SyncReport, SyncRequest, SyncStatus};
use crate::app;
use crate::app::config::Config;
use crate::base::cancel::Cancel;
use crate::base::text::show_path;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::Path;
use std::time::Duration;

/// Holds subtitles against their videos, and mends them where `--apply` says so.
pub(crate) fn sync(config: &Config, args: SyncArgs) -> Result<Exit, Fault> {
    let cancel = Cancel::default();
    listen_for_signals(&cancel)?;
    let SyncArgs { paths, video, track, apply, json } = args;
    let request = SyncRequest { paths, video, track, apply };
    let bar = bar(json);
    let mut said = Ok(());
    let result = app::sync(config, &request, &cancel, &mut |event| match event {
        SyncEvent::Listening { video, done, total } => show(&bar, &video, done, total),
        SyncEvent::Ended(report) => {
            bar.finish_and_clear();
            bar.reset();
            let text = if json { json::synced(&report) } else { text(&report) };
            said = std::mem::replace(&mut said, Ok(())).and_then(|()| out::say(&text));
        }
    });
    bar.finish_and_clear();
    let reports = match result {
        Ok(reports) => reports,
        Err(_) if cancel.is_set() => Vec::new(),
        Err(fault) => return Err(fault),
    };
    said?;
    Ok(exit(&reports, cancel.is_set()))
}

/// A bar on a terminal; nothing elsewhere, and nothing where a script reads.
fn bar(json: bool) -> ProgressBar {
    let target = match !json && out::can_draw() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(None, target);
    match ProgressStyle::with_template("looking for speech  {bar:24}  {percent:>3} %  {msg}") {
        Ok(style) => bar.with_style(style),
        // Without its own look it shows as bars do by default.
        Err(_) => bar,
    }
}

fn show(bar: &ProgressBar, video: &Path, done: Duration, total: Option<Duration>) {
    bar.set_message(video.file_name().map(|it| show_path(Path::new(it))).unwrap_or_default());
    if let Some(total) = total {
        bar.set_length(total.as_secs());
    }
    bar.set_position(done.as_secs());
}

/// How it ended: interrupted before failed before good.
fn exit(reports: &[SyncReport], cancelled: bool) -> Exit {
    let any = |status| reports.iter().any(|it| it.status == status);
    if cancelled || any(SyncStatus::Interrupted) {
        Exit::Interrupted
    } else if any(SyncStatus::Failed) {
        Exit::Failed
    } else {
        Exit::Good
    }
}

/// A report as paragraphs of one file: its name, then what is known, a line each.
fn text(report: &SyncReport) -> String {
    let mut text = format!("{}\n", show_path(&report.path));
    let mut line = |head: &str, said: &str| text.push_str(&format!("  {head:<8}{said}\n"));
    if let Some(video) = &report.video {
        line("video", &show_path(video));
    }
    if let Some(it) = report.fit {
        line("now", &fit(it));
    }
    if let Some(change) = &report.change {
        line("change", change);
    }
    if let Some(it) = report.then {
        line("then", &fit(it));
    }
    for notice in &report.notices {
        line("note", notice);
    }
    match (report.status, &report.fault) {
        (SyncStatus::Fits, _) => line("result", "it fits; nothing to do"),
        (SyncStatus::Mendable, _) => line("result", "nothing was written; --apply does it"),
        (SyncStatus::Mended, _) => line("result", "mended"),
        (SyncStatus::Left, _) => line("result", "left as it is"),
        (SyncStatus::Interrupted, _) => line("result", "interrupted"),
        (SyncStatus::Failed, Some(fault)) => line("FAILED", &fault.to_string()),
        (SyncStatus::Failed, None) => line("FAILED", "it did not work"),
    }
    if let Some(backup) = &report.backup {
        line("before", &format!("{} is the file as it was", show_path(backup)));
    }
    text
}

fn fit(fit: Fit) -> String {
    let Fit { covered_percent, spoken_percent, starts_percent } = fit;
    format!(
        "{starts_percent} % of the cues begin with speech, {covered_percent} % of the speech has a cue, \
         {spoken_percent} % of the cues' time is spoken in"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(status: SyncStatus) -> SyncReport {
        let fit = |starts_percent| Fit { covered_percent: 61, spoken_percent: 58, starts_percent };
        SyncReport {
            path: "/films/Alien.en.srt".into(),
            video: Some("/films/Alien.mkv".into()),
            status,
            fit: Some(fit(37)),
            change: Some("2.1 s later".to_owned()),
            then: Some(fit(98)),
            backup: Some("/data/backups/subtitles/20260101-000000-Alien.en.srt".into()),
            notices: vec!["the audio ends early".to_owned()],
            fault: None,
        }
    }

    #[test]
    fn a_report_in_words() {
        insta::assert_snapshot!(text(&report(SyncStatus::Mended)), @r"
        /films/Alien.en.srt
          video   /films/Alien.mkv
          now     37 % of the cues begin with speech, 61 % of the speech has a cue, 58 % of the cues' time is spoken in
          change  2.1 s later
          then    98 % of the cues begin with speech, 61 % of the speech has a cue, 58 % of the cues' time is spoken in
          note    the audio ends early
          result  mended
          before  /data/backups/subtitles/20260101-000000-Alien.en.srt is the file as it was
        ");
    }

    #[test]
    fn one_failure_is_a_failure_and_an_interruption_beats_it() {
        let with = |status| vec![report(SyncStatus::Mended), report(status)];
        for (reports, cancelled, expected) in [
            (vec![], false, Exit::Good),
            (with(SyncStatus::Fits), false, Exit::Good),
            (with(SyncStatus::Left), false, Exit::Good),
            (with(SyncStatus::Mendable), false, Exit::Good),
            (with(SyncStatus::Failed), false, Exit::Failed),
            (with(SyncStatus::Interrupted), false, Exit::Interrupted),
            (with(SyncStatus::Failed), true, Exit::Interrupted),
        ] {
            assert_eq!(exit(&reports, cancelled), expected);
        }
    }
}
