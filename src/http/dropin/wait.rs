//! Waiting for the end of a job without holding a thread.

use super::super::answer::problem;
use super::super::routes::App;
use crate::api::daemon::{JobDetail, JobStatus, PushedEvent};
use crate::api::problem::Problem;
use crate::api::run::{Fault, FaultKind};
use crate::api::uploads::{Heard, Spooled, UploadAsked};
use axum::http::StatusCode;
use std::future::poll_fn;
use std::time::Duration;

/// Without news it is looked at again after so long.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Waits until a job is done, for as long as the caller does.
///
/// # Errors
/// Where it failed, was cancelled, or the server ends.
pub(super) async fn done(app: &App, job: u64) -> Result<JobDetail, Problem> {
    // Before the first look, so that nothing is missed after it.
    let mut news = app.events.watch(None);
    let mut stop = app.stop.clone();
    loop {
        let detail = app.ask(move |it| it.job(job)).await?;
        match detail.job.status {
            JobStatus::Done => return Ok(detail),
            JobStatus::Parked | JobStatus::Cancelled => {
                // Whoever asked is told, and asks again where it is wanted: it waits for no person.
                app.ask(move |it| {
                    it.let_go(job);
                    Ok(())
                })
                .await?;
                return Err(failed(detail.job.fault));
            }
            JobStatus::Queued | JobStatus::Running | JobStatus::Waiting | JobStatus::Paused => {}
        }
        let mut look = std::pin::pin!(tokio::time::sleep(LOOK_EVERY));
        loop {
            let pushed = tokio::select! {
                _ = stop.wait_for(|it| *it) => return Err(ending()),
                () = look.as_mut() => break,
                pushed = poll_fn(|cx| news.poll_next(cx)) => pushed,
            };
            match &*pushed.event {
                PushedEvent::Job { job: view } if view.id == job => break,
                PushedEvent::Reset => break,
                PushedEvent::Job { .. }
                | PushedEvent::Progress { .. }
                | PushedEvent::Activity { .. }
                | PushedEvent::Model(_) => {}
            }
        }
    }
}

/// What is heard in a file, once it is.
///
/// # Errors
/// As [`done`]; or where what is asked makes no sense.
pub(super) async fn heard(app: &App, file: Spooled, asked: UploadAsked) -> Result<Heard, Problem> {
    let job = app.ask(move |it| Ok(it.wish_upload(&asked, file))).await??;
    done(app, job.id).await?;
    app.ask(move |it| it.heard(job.id)).await
}

fn failed(fault: Option<Fault>) -> Problem {
    let fault = fault.unwrap_or_else(|| {
        Fault::transient("its job was cancelled", "send it again where it is wanted")
    });
    // Where a person must act, sending it again is of no use: most clients try again what is told as the server's
    // fault.
    let status = match fault.kind {
        FaultKind::Operator => StatusCode::UNPROCESSABLE_ENTITY,
        FaultKind::Transient | FaultKind::Bug => StatusCode::INTERNAL_SERVER_ERROR,
    };
    problem(status, fault)
}

fn ending() -> Problem {
    let fault =
        Fault::transient("Kinora is ending; the job goes on at its next start", "ask again");
    problem(StatusCode::SERVICE_UNAVAILABLE, fault)
}
