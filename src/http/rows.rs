//! The addresses of all executions as rows, and of one act on many jobs.

use super::answer::{Question, Search, check_limit};
use super::openapi::{Senseless, TakesJson};
use super::routes::{App, Shared};
use crate::api::problem::Problem;
use crate::api::rows::{ManyRequest, ManyView, ROWS_MAX, RowsPage, RowsQuery};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(executions)).routes(routes!(act_on_many))
}

/// A page of all executions, also those of one job, newest first: few bytes each, for a screen that shows all.
#[utoipa::path(get, path = "/executions", tag = "jobs", params(RowsQuery),
    responses((status = 200, description = "The page", body = RowsPage)))]
async fn executions(
    State(app): Shared,
    Search(query): Search<RowsQuery>,
) -> Result<Json<RowsPage>, Problem> {
    check_limit(query.limit, ROWS_MAX)?;
    app.ask_for_much(move |it| it.rows(&query)).await.map(Json)
}

/// Does the same with many jobs, in the order in which they are named.
///
/// One that is refused does not keep the others. It is durable when this answers.
#[utoipa::path(post, path = "/jobs/act", tag = "jobs", request_body = ManyRequest,
    responses((status = 200, description = "What came of it", body = ManyView), TakesJson, Senseless))]
async fn act_on_many(
    State(app): Shared,
    Question(request): Question<ManyRequest>,
) -> Result<Json<ManyView>, Problem> {
    app.ask_for_much(move |it| it.act_on_many(&request)).await.map(Json)
}
