//! The addresses of jobs: wished, looked at, and what a person does with them.

use super::answer::{Named, Nothing, Question, Search, check_rows};
use super::openapi::{NoSuch, NotNow, Senseless, TakesJson};
use super::routes::{App, Shared};
use crate::api::daemon::{
    Act, JobDetail, JobView, JobsPage, JobsQuery, MoveTo, Target, WishRequest,
};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(jobs, wish))
        .routes(routes!(job, delete_job))
        .routes(routes!(job_log))
        .routes(routes!(retry_job))
        .routes(routes!(cancel_job))
        .routes(routes!(pause_job))
        .routes(routes!(resume_job))
        .routes(routes!(move_job))
}

type Done = Result<StatusCode, Problem>;

/// A page of jobs, newest first.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(JobsQuery),
    responses((status = 200, description = "The page", body = JobsPage)))]
async fn jobs(
    State(app): Shared,
    Search(query): Search<JobsQuery>,
) -> Result<Json<JobsPage>, Problem> {
    check_rows(query.limit)?;
    app.ask(move |it| it.jobs(&query)).await.map(Json)
}

/// Wishes for a file of a library.
///
/// The same wish twice is one. It is durable when this answers.
#[utoipa::path(post, path = "/jobs", tag = "jobs", request_body = WishRequest,
    responses((status = 202, description = "The job", body = JobView), TakesJson, NoSuch, NotNow, Senseless))]
async fn wish(
    State(app): Shared,
    Question(wish): Question<WishRequest>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let job = app.ask(move |it| it.wish(&wish)).await?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

/// A job, with what happened.
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", params(("id" = u64, Path, description = "The job's number")),
    responses((status = 200, description = "The job", body = JobDetail), NoSuch))]
async fn job(State(app): Shared, Named(id): Named<u64>) -> Result<Json<JobDetail>, Problem> {
    app.ask(move |it| it.job(id)).await.map(Json)
}

/// Nobody wants it any more: the same as `cancel`.
#[utoipa::path(delete, path = "/jobs/{id}", tag = "jobs", params(("id" = u64, Path, description = "The job's number")),
    responses((status = 204, description = "It is cancelled"), NoSuch, NotNow, Senseless))]
async fn delete_job(State(app): Shared, Named(id): Named<u64>) -> Done {
    app.act(Target::Job(id), Act::Cancel).await
}

/// The log of the job's latest execution, as text for people.
#[utoipa::path(get, path = "/jobs/{id}/log", tag = "jobs",
    params(("id" = u64, Path, description = "The job's number")),
    responses((status = 200, description = "The log", content_type = "text/plain", body = String), NoSuch))]
async fn job_log(State(app): Shared, Named(id): Named<u64>) -> Result<String, Problem> {
    app.ask(move |it| it.job_log(id)).await
}

/// Tries a job again that is parked, waiting, cancelled or done.
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", request_body = Option<Nothing>,
    params(("id" = u64, Path, description = "The job's number")),
    responses((status = 204, description = "Done"), NoSuch, NotNow, TakesJson, Senseless))]
async fn retry_job(app: Shared, id: Named<u64>, _: Question<Nothing>) -> Done {
    act(app, id, Act::Retry).await
}

/// Nobody wants it any more; a running step stops within two seconds.
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "jobs", request_body = Option<Nothing>,
    params(("id" = u64, Path, description = "The job's number")),
    responses((status = 204, description = "Done"), NoSuch, NotNow, TakesJson, Senseless))]
async fn cancel_job(app: Shared, id: Named<u64>, _: Question<Nothing>) -> Done {
    act(app, id, Act::Cancel).await
}

/// Stops a job until it is resumed; nothing that was heard is lost.
#[utoipa::path(post, path = "/jobs/{id}/pause", tag = "jobs", request_body = Option<Nothing>,
    params(("id" = u64, Path, description = "The job's number")),
    responses((status = 204, description = "Done"), NoSuch, NotNow, TakesJson, Senseless))]
async fn pause_job(app: Shared, id: Named<u64>, _: Question<Nothing>) -> Done {
    act(app, id, Act::Pause).await
}

/// Lets a job go on.
#[utoipa::path(post, path = "/jobs/{id}/resume", tag = "jobs", request_body = Option<Nothing>,
    params(("id" = u64, Path, description = "The job's number")),
    responses((status = 204, description = "Done"), NoSuch, NotNow, TakesJson, Senseless))]
async fn resume_job(app: Shared, id: Named<u64>, _: Question<Nothing>) -> Done {
    act(app, id, Act::Resume).await
}

async fn act(State(app): Shared, Named(id): Named<u64>, act: Act) -> Done {
    app.act(Target::Job(id), act).await
}

/// Where a job is moved to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MoveRequest {
    /// To the top, the bottom, or a priority.
    to: MoveTo,
}

/// Changes a job's place in the queue.
#[utoipa::path(post, path = "/jobs/{id}/move", tag = "jobs", request_body = MoveRequest,
    params(("id" = u64, Path, description = "The job's number")),
    responses((status = 204, description = "Done"), NoSuch, NotNow, TakesJson, Senseless))]
async fn move_job(
    app: Shared,
    id: Named<u64>,
    Question(MoveRequest { to }): Question<MoveRequest>,
) -> Done {
    act(app, id, Act::Move { to }).await
}
