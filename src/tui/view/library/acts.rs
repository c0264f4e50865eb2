//! What is done with a file, a folder or a library: plans and deeds.

use super::ask::Ask;
use crate::api::catalog::ItemView;
use crate::api::daemon::{Act, JobStatus, JobView, MoveTo, ScanRequest, Target, WishRequest};
use crate::api::libraries::LibraryView;
use crate::base::text::show_path;
use crate::tui::ask::Ask as Any;
use crate::tui::view::{Deed, Effect, Plan};
use std::path::{Path, PathBuf};

/// The name of a file, without its folder.
pub(super) fn name_of(path: &str) -> String {
    let name = Path::new(path).file_name().unwrap_or_default();
    show_path(Path::new(name))
}

/// Subtitles for this file, now: a wish; where it waits already, it goes next.
pub(super) fn wish(item: &ItemView) -> Effect {
    let name = name_of(&item.path);
    let wish = |again: bool| {
        let request = WishRequest { path: PathBuf::from(&item.path), priority: 0, again };
        Deed { ask: Any::Library(Ask::Wish(request)), done: String::new() }
    };
    match (item.status, item.job) {
        (None, _) | (Some(_), None) => Effect::Do(wish(false)),
        (Some(JobStatus::Parked), _) => Effect::Do(wish(true)),
        (Some(JobStatus::Queued | JobStatus::Waiting), Some(job)) => {
            Effect::Do(of_job(job, Act::Move { to: MoveTo::Top }, format!("{name} goes next")))
        }
        (Some(JobStatus::Running), _) => Effect::Say(format!("{name} is worked on already")),
        (Some(JobStatus::Paused), _) => Effect::Say(format!("{name} is paused: p lets it go on")),
        (Some(JobStatus::Done | JobStatus::Cancelled), _) => Effect::Confirm(Plan {
            title: format!("Work on {name} again?"),
            lines: vec![
                "Kinora looks at the file anew, and makes what is wanted and not there.".to_owned(),
                "What is there and good stays, and what was heard before is not heard again."
                    .to_owned(),
            ],
            deeds: vec![wish(true)],
        }),
    }
}

/// What came of a wish.
pub(super) fn wished(job: &JobView) -> Effect {
    let name = name_of(&job.path);
    Effect::Say(match job.status {
        JobStatus::Queued => format!("{name} waits for its turn, as job {}", job.id),
        JobStatus::Waiting => format!("{name} is tried again later, as job {}", job.id),
        JobStatus::Running => format!("{name} is worked on, as job {}", job.id),
        JobStatus::Paused => format!("{name} is paused: p lets it go on"),
        JobStatus::Parked => format!("{name} still waits for a person: Enter shows why"),
        JobStatus::Done => format!("{name} is done"),
        JobStatus::Cancelled => format!("{name} is not wanted any more"),
    })
}

/// Something with the job of a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum JobAct {
    Retry,
    Cancel,
    Pause,
    Top,
    Bottom,
    Log,
}

/// That, where the file has a job.
pub(super) fn act(item: &ItemView, act: JobAct) -> Effect {
    let name = name_of(&item.path);
    let Some(job) = item.job else {
        return Effect::Say(format!("{name} has no job yet: w wishes for it"));
    };
    let paused = item.status == Some(JobStatus::Paused);
    match act {
        JobAct::Retry => Effect::Do(of_job(job, Act::Retry, format!("{name} is tried again"))),
        JobAct::Cancel => Effect::Confirm(Plan {
            title: format!("Cancel {name}?"),
            lines: vec![
                "Nobody works on it any more. Subtitles that are there stay.".to_owned(),
                "r tries it again later, as long as it is not wished anew.".to_owned(),
            ],
            deeds: vec![of_job(job, Act::Cancel, format!("{name} is cancelled"))],
        }),
        JobAct::Pause if paused => Effect::Do(of_job(job, Act::Resume, format!("{name} goes on"))),
        JobAct::Pause => Effect::Do(of_job(job, Act::Pause, format!("{name} is paused"))),
        JobAct::Top => {
            Effect::Do(of_job(job, Act::Move { to: MoveTo::Top }, format!("{name} goes next")))
        }
        JobAct::Bottom => {
            Effect::Do(of_job(job, Act::Move { to: MoveTo::Bottom }, format!("{name} goes last")))
        }
        JobAct::Log => Effect::LogOf(job),
    }
}

fn of_job(job: u64, act: Act, done: String) -> Deed {
    Deed { ask: Any::Act(Target::Job(job), act), done }
}

/// Looks through this path, or all libraries.
pub(super) fn scan(path: Option<PathBuf>) -> Effect {
    let request = ScanRequest { path, accept_disks: false };
    Effect::Do(Deed { ask: Any::Scan(request), done: String::new() })
}

/// The disks of this library, or of all, are the right ones as they are now.
pub(super) fn accept(library: Option<&LibraryView>) -> Effect {
    let (of, path) = match library {
        Some(it) => (format!("the disk of {}", it.name), Some(PathBuf::from(&it.path))),
        None => ("the disks of all libraries".to_owned(), None),
    };
    let request = ScanRequest { path, accept_disks: true };
    let mut lines = vec![
        "Kinora leaves a library alone that is empty, or on another disk than before: its disk may not be mounted."
            .to_owned(),
        "Say yes only if it is meant to be as it is now. Jobs of files that are gone are then cancelled.".to_owned(),
    ];
    lines.extend(library.and_then(|it| it.away.clone()).map(|it| format!("Now: {it}.")));
    Effect::Confirm(Plan {
        title: format!("Accept {of} as it is now?"),
        lines,
        deeds: vec![Deed { ask: Any::Scan(request), done: format!("accepted: {of}") }],
    })
}
