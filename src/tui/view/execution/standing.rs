//! How an execution stands, in a line.

use super::Execution;
use crate::api::daemon::{JobDetail, JobStatus, JobView};
use crate::tui::known::Link;
use crate::tui::parts::when::{self, ago, time_of_day, unix_ms};
use crate::tui::view::Scene;
use ratatui::style::Style;

/// The time up to which what is shown is fresh.
pub(super) fn fresh_until(scene: &Scene<'_>) -> u64 {
    match scene.known.link {
        Link::Away { .. } => scene.known.heard_unix_ms,
        Link::Asking | Link::Here => scene.now_unix_ms,
    }
}

/// How it stands, and in which style.
pub(super) fn standing(job: &JobView, scene: &Scene<'_>) -> (String, Style) {
    let look = scene.look;
    let step = job.step.as_deref().unwrap_or("its work");
    match job.status {
        JobStatus::Queued => (format!("waits for its turn to {step}"), look.text()),
        JobStatus::Running => (format!("running: {step}"), look.accent()),
        JobStatus::Waiting => (due(job, scene), look.warning()),
        JobStatus::Paused => ("paused; p lets it go on".to_owned(), look.warning()),
        JobStatus::Parked => {
            let why = match job.parked.as_deref() {
                Some("needs_person") => "waits for a person: only one can mend it",
                Some("tries_used_up") => "waits for a person: it was tried often enough",
                Some("asr_fatal") => "waits for a person: listening failed as often as it may",
                Some("crashes") => "waits for a person: Kinora ended with it too often",
                Some("bug") => "waits for a person: a fault of Kinora",
                Some(_) | None => "waits for a person",
            };
            (why.to_owned(), look.bad())
        }
        JobStatus::Done => {
            let how = match job.ending.as_deref() {
                Some("written") => "done: subtitles were written",
                Some("skipped") => "done: what is wanted is there",
                Some("no_speech") => "done: nobody speaks in it",
                Some("review") => "done; some lines could not be translated",
                Some(_) | None => "done",
            };
            (how.to_owned(), look.good())
        }
        JobStatus::Cancelled => ("cancelled; r takes it up again".to_owned(), look.dim()),
    }
}

/// When it is tried again.
pub(super) fn due(job: &JobView, scene: &Scene<'_>) -> String {
    let Some(at) = job.due.as_deref().and_then(unix_ms) else {
        return "waits to be tried again".to_owned();
    };
    let clock = time_of_day(at, scene.zone);
    if at <= scene.now_unix_ms {
        return format!("is tried again at {clock}");
    }
    format!("is tried again at {clock}, in {}", ago(scene.now_unix_ms, at))
}

/// The facts of the second line, after how it stands.
pub(super) fn facts(page: &Execution, detail: &JobDetail, scene: &Scene<'_>) -> Vec<String> {
    let job = &detail.job;
    let mut facts = Vec::new();
    if page.all.len() > 1 {
        let number =
            page.all.iter().rev().position(|it| *it == job.execution).map_or(1, |it| it + 1);
        facts.push(format!("execution {number} of {} (, .)", page.all.len()));
    }
    let tries = u32::from(job.tries) + 1;
    if job.tries > 0 && job.status != JobStatus::Parked {
        facts.push(format!("try {tries}"));
    }
    if job.priority != 0 {
        facts.push(format!("priority {}", job.priority));
    }
    facts.extend(detail.language.as_ref().map(|it| format!("spoken {it}")));
    if let Some(at) = unix_ms(&job.submitted) {
        facts.push(format!("wished {} ago", ago(at, scene.now_unix_ms)));
    }
    facts
}

/// A running step: how far it is, how long workers have it, and how long it takes still, milliseconds.
pub(super) struct Pace {
    pub(super) share: Option<f32>,
    pub(super) took_ms: u64,
    pub(super) left_ms: Option<u64>,
}

/// How a running step comes along; `took_ms` is what was told with the detail.
pub(super) fn pace(page: &Execution, job: &JobView, took_ms: u64, scene: &Scene<'_>) -> Pace {
    let told = scene.known.progress.get(&job.id).copied();
    let share = told.unwrap_or(job.progress);
    let took_ms = took_ms + fresh_until(scene).saturating_sub(page.told_unix_ms);
    // As the daemon estimates: it knows what was remembered from an earlier try, and came in no time.
    let lanes = scene.known.status.iter().flat_map(|it| &it.lanes);
    let worker = lanes.flat_map(|it| &it.workers).find(|it| it.job == Some(job.id));
    let left_ms = worker.and_then(|it| it.left_ms);
    Pace { share, took_ms, left_ms }
}

/// How long it takes still.
pub(super) fn left(ms: u64) -> String {
    format!("{} left", when::left(ms))
}
