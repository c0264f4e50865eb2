//! The addresses of one execution, looked at closely.

use super::answer::{Named, Search};
use super::openapi::{NoSuch, NotNow};
use super::routes::{App, Shared};
use crate::api::daemon::JobDetail;
use crate::api::execution::{HeardQuery, HeardView, OfQuery};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(execution_of_job))
        .routes(routes!(heard_of_job))
        .routes(routes!(subtitle_of_job))
}

/// A job, with what happened in one of its executions: an earlier one.
#[utoipa::path(get, path = "/jobs/{id}/executions/{execution}", tag = "jobs",
    params(("id" = u64, Path, description = "The job's number"),
        ("execution" = u64, Path, description = "The number of the execution")),
    responses((status = 200, description = "The job", body = JobDetail), NoSuch))]
async fn execution_of_job(
    State(app): Shared,
    Named((id, execution)): Named<(u64, u64)>,
) -> Result<Json<JobDetail>, Problem> {
    app.ask(move |it| it.execution(id, execution)).await.map(Json)
}

/// What is heard and translated at the moment.
///
/// Some fifty lines of the job's latest execution, while a step tells more and for a minute after.
#[utoipa::path(get, path = "/jobs/{id}/heard", tag = "jobs",
    params(("id" = u64, Path, description = "The job's number"), HeardQuery),
    responses((status = 200, description = "The lines", body = HeardView), NoSuch))]
async fn heard_of_job(
    State(app): Shared,
    Named(id): Named<u64>,
    Search(query): Search<HeardQuery>,
) -> Result<Json<HeardView>, Problem> {
    app.ask(move |it| it.heard_lines(id, &query)).await.map(Json)
}

/// The text of a file that the job wrote.
#[utoipa::path(get, path = "/jobs/{id}/subtitles/{number}", tag = "jobs",
    params(("id" = u64, Path, description = "The job's number"),
        ("number" = usize, Path, description = "The place of the file in the job's `written`, from 0"), OfQuery),
    responses((status = 200, description = "The text", content_type = "text/plain", body = String),
        NoSuch, NotNow))]
async fn subtitle_of_job(
    State(app): Shared,
    Named((id, number)): Named<(u64, usize)>,
    Search(query): Search<OfQuery>,
) -> Result<String, Problem> {
    app.ask(move |it| it.written_text(id, number, &query)).await
}
