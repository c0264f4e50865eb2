//! The addresses of what libraries hold and what happens there; and of models.

use super::answer::{Question, Search, check_rows};
use super::limits::PAGE_ROWS;
use super::openapi::{NoSuch, NotNow, Senseless, TakesJson};
use super::routes::{App, Shared};
use crate::api::daemon::{ActivityView, ScanRequest, ScanView};
use crate::api::models::{ModelsView, PullRequest, PullView};
use crate::api::problem::Problem;
use crate::api::run::Explanation;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(activity))
        .routes(routes!(scan))
        .routes(routes!(explain))
        .routes(routes!(models))
        .routes(routes!(pull_model))
}

/// How much of it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ActivityQuery {
    /// At most so many; 50 where it is not said, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// What happened lately, newest first.
#[utoipa::path(get, path = "/activity", tag = "library", params(ActivityQuery),
    responses((status = 200, description = "What happened", body = Vec<ActivityView>)))]
async fn activity(
    State(app): Shared,
    Search(query): Search<ActivityQuery>,
) -> Result<Json<Vec<ActivityView>>, Problem> {
    check_rows(query.limit)?;
    app.ask(move |it| it.activity(query.limit.unwrap_or(PAGE_ROWS))).await.map(Json)
}

/// Looks through a path of a library, or all libraries, soon.
#[utoipa::path(post, path = "/scan", tag = "library", request_body = Option<ScanRequest>,
    responses((status = 202, description = "What is looked through", body = ScanView), NoSuch, NotNow, TakesJson,
        Senseless))]
async fn scan(
    State(app): Shared,
    Question(request): Question<ScanRequest>,
) -> Result<(StatusCode, Json<ScanView>), Problem> {
    let view = app.ask(move |it| it.scan(&request)).await?;
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Which file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExplainQuery {
    /// A file of a library.
    #[param(value_type = String)]
    path: PathBuf,
}

/// What would be done with a file, and why; changes nothing.
#[utoipa::path(get, path = "/explain", tag = "library", params(ExplainQuery),
    responses((status = 200, description = "The explanation", body = Explanation), NoSuch, NotNow, Senseless))]
async fn explain(
    State(app): Shared,
    Search(ExplainQuery { path }): Search<ExplainQuery>,
) -> Result<Json<Explanation>, Problem> {
    app.ask(move |it| it.explain(&path)).await.map(Json)
}

/// The models there are, and what is fetched.
#[utoipa::path(get, path = "/models", tag = "models",
    responses((status = 200, description = "The models", body = ModelsView)))]
async fn models(State(app): Shared) -> Result<Json<ModelsView>, Problem> {
    app.ask(|it| it.models()).await.map(Json)
}

/// Begins to fetch a model, or tells how it goes where it is fetched already.
#[utoipa::path(post, path = "/models/pull", tag = "models", request_body = PullRequest,
    responses((status = 202, description = "How it goes", body = PullView), NoSuch, NotNow, TakesJson, Senseless))]
async fn pull_model(
    State(app): Shared,
    Question(request): Question<PullRequest>,
) -> Result<(StatusCode, Json<PullView>), Problem> {
    let pull = app.ask(move |it| it.pull_model(&request)).await?;
    Ok((StatusCode::ACCEPTED, Json(pull)))
}
