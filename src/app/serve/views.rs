//! From rows to what watchers see.

use super::pace::Going;
use super::sentences::{ending_word, of_event, parked_word, utc};
use super::uploads::shown;
use crate::api::daemon::{
    ActivityView, JobEventView, JobStatus, JobView, LaneView, ServiceView, WorkStage, WorkerView,
};
use crate::app::config::{Config, Setting};
use crate::base::text::counted;
use crate::domain::change::Activity;
use crate::domain::execution::{Event, Execution, State, Step, Tries};
use crate::domain::job::{ExecutionId, JobId};
use crate::pipeline::subtitle::announce;
use crate::runtime::{LaneState, LeaseView, Progress, RuntimeView};
use crate::store::{ExecutionRow, JobRow};
use std::collections::BTreeSet;

/// A job as this execution of it stands.
pub(super) fn job(
    id: JobId,
    row: &JobRow,
    execution: ExecutionId,
    stands: &ExecutionRow,
    progress: Option<Progress>,
    now_unix_ms: u64,
) -> JobView {
    let Execution { state, rank } = &stands.execution;
    let (step, tries) = at(state);
    let (due, ending, parked, fault) = match state {
        State::Ready { due_unix_ms, .. } if now_unix_ms < *due_unix_ms => {
            (Some(utc(*due_unix_ms)), None, None, None)
        }
        State::Ready { .. } | State::Running { .. } | State::Paused { .. } | State::Cancelled => {
            (None, None, None, None)
        }
        State::Parked { why, fault, .. } => {
            (None, None, Some(parked_word(*why)), Some(fault.clone()))
        }
        State::Done { ending } => (None, Some(ending_word(*ending)), None, None),
    };
    JobView {
        id: id.0,
        execution: execution.0,
        path: shown(row.spec.path()),
        status: status(state, now_unix_ms),
        step: step.map(|it| it.name().to_owned()),
        stage: step.map(stage),
        progress: progress.and_then(share),
        tries: tries.failed.saturating_add(tries.crashed),
        due,
        ending: ending.map(str::to_owned),
        parked: parked.map(str::to_owned),
        fault,
        priority: rank.priority,
        place: rank.place,
        submitted: utc(stands.submitted_unix_ms),
        changed: utc(stands.changed_unix_ms),
        changes: stands.entries,
    }
}

/// Its status in one word.
pub(super) fn status(state: &State, now_unix_ms: u64) -> JobStatus {
    match state {
        State::Ready { due_unix_ms, .. } if now_unix_ms < *due_unix_ms => JobStatus::Waiting,
        State::Ready { .. } => JobStatus::Queued,
        State::Running { .. } => JobStatus::Running,
        State::Paused { .. } => JobStatus::Paused,
        State::Parked { .. } => JobStatus::Parked,
        State::Done { .. } => JobStatus::Done,
        State::Cancelled => JobStatus::Cancelled,
    }
}

/// The step it stands at, and how often that was tried.
pub(super) fn at(state: &State) -> (Option<Step>, Tries) {
    match state {
        State::Ready { step, tries, .. }
        | State::Running { step, tries }
        | State::Paused { step, tries } => (Some(*step), *tries),
        State::Parked { step, .. } => (Some(*step), Tries::default()),
        State::Done { .. } | State::Cancelled => (None, Tries::default()),
    }
}

/// The step as watchers know it.
pub(super) fn stage(step: Step) -> WorkStage {
    match step {
        Step::Select => WorkStage::Pull,
        Step::Detect | Step::Weigh | Step::Listen => WorkStage::Asr,
        Step::Translate => WorkStage::Mt,
        Step::Cue => WorkStage::Post,
        Step::Publish | Step::Announce => WorkStage::Writeback,
    }
}

/// How far it is, from 0 to 1.
pub(super) fn share(progress: Progress) -> Option<f32> {
    let total = progress.total.filter(|it| it.0 > 0)?;
    Some((progress.heard.0 as f32 / total.0 as f32).clamp(0.0, 1.0))
}

/// A lane; `worker` tells of what a worker has.
pub(super) fn lane(lane: &LaneState, worker: impl Fn(&LeaseView) -> WorkerView) -> LaneView {
    let mut workers: Vec<WorkerView> = lane.leases.iter().map(worker).collect();
    workers.resize_with(lane.workers.max(workers.len()), WorkerView::default);
    LaneView {
        name: lane.name.to_string(),
        paused: lane.paused,
        out_of_hours: lane.out_of_hours,
        quarantined: lane.quarantined.clone(),
        held: lane.held.clone(),
        device: None,
        model: None,
        waiting: lane.waiting,
        workers,
    }
}

/// What a worker has, as it goes.
pub(super) fn worker(
    lease: &LeaseView,
    path: Option<String>,
    going: Option<Going>,
    now_unix_ms: u64,
) -> WorkerView {
    let listens = lease.step == Step::Listen;
    WorkerView {
        job: Some(lease.job.0),
        path,
        step: Some(lease.step.name().to_owned()),
        progress: lease.progress.and_then(share),
        for_ms: now_unix_ms.saturating_sub(lease.since_unix_ms),
        speed: going.filter(|_| listens).map(|it| it.speed),
        left_ms: going.and_then(|it| it.left_ms),
    }
}

/// Something that happened; `job` is the one it is about.
pub(super) fn activity(activity: &Activity, job: Option<JobId>) -> ActivityView {
    ActivityView {
        at: utc(activity.at_unix_ms),
        name: activity.kind.name().to_owned(),
        job: job.map(|it| it.0),
        path: activity.path.as_deref().map(shown),
        text: activity.text.clone(),
    }
}

/// Events as sentences.
pub(super) fn events(events: &[(u64, Event)]) -> Vec<JobEventView> {
    events
        .iter()
        .map(|(at, event)| JobEventView { at: utc(*at), text: of_event(event, *at) })
        .collect()
}

/// Services outside: all that translate, but for models of our own, and whatever else is left alone at the moment.
pub(super) fn services(config: &Config, away: &[String]) -> Vec<ServiceView> {
    let outside = config.translators.iter().filter(|it| match &it.kind {
        Setting::Ollama { .. } | Setting::OpenAi { .. } => true,
        Setting::Local { .. } => false,
    });
    let mut names: BTreeSet<&str> = outside.map(|it| it.name.as_str()).collect();
    names.extend(config.jellyfin.as_ref().map(|_| announce::SERVICE));
    names.extend(away.iter().map(String::as_str));
    let is_away = |name: &str| away.iter().any(|it| it == name);
    let view = |name: &str| ServiceView { name: name.to_owned(), up: !is_away(name) };
    names.into_iter().map(view).collect()
}

/// What a person should look at of lanes, services and files.
pub(super) fn warnings(view: &RuntimeView, parked: u64) -> Vec<String> {
    let mut warnings = Vec::new();
    for lane in &view.lanes {
        if let Some(why) = &lane.quarantined {
            warnings.push(format!(
                "lane {} is not used any more: {why}; when it is mended: `kinora jobs resume --lane {}`",
                lane.name, lane.name
            ));
        }
    }
    for service in &view.services_away {
        warnings
            .push(format!("the service {service} does not answer; it is tried again by itself"));
    }
    for disk in &view.disks_full {
        warnings.push(format!(
            "the disk at {disk} is full or read-only: what goes there waits, and goes on by itself when there is room; \
             make some"
        ));
    }
    if parked > 0 {
        let files = counted(parked, "file waits", "files wait");
        warnings.push(format!("{files} for a person: `kinora jobs list --status parked`"));
    }
    warnings
}
