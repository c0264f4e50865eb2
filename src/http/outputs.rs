//! The addresses of the check of what was written.

use super::answer::Question;
use super::openapi::{NoSuch, NotNow, Senseless, TakesJson};
use super::routes::{App, Shared};
use crate::api::outputs::{
    OutputsApplyRequest, OutputsCheckRequest, OutputsDone, OutputsUndoRequest, OutputsView,
};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(standing, check))
        .routes(routes!(apply))
        .routes(routes!(undo))
}

/// Where the check of subtitles that were written stands, and the plan of the last one.
///
/// It is made every day at `check.at`, and when it is asked for.
#[utoipa::path(get, path = "/outputs/check", tag = "library",
    responses((status = 200, description = "Where it stands", body = OutputsView)))]
async fn standing(State(app): Shared) -> Result<Json<OutputsView>, Problem> {
    app.ask(|it| Ok(it.outputs())).await.map(Json)
}

/// Begins a check, which changes nothing and goes on by itself.
#[utoipa::path(post, path = "/outputs/check", tag = "library", request_body = OutputsCheckRequest,
    responses((status = 202, description = "It goes on", body = OutputsView), TakesJson, NotNow))]
async fn check(
    State(app): Shared,
    Question(request): Question<OutputsCheckRequest>,
) -> Result<(StatusCode, Json<OutputsView>), Problem> {
    let begun = app.ask(move |it| it.check_outputs(&request)).await?;
    Ok((StatusCode::ACCEPTED, Json(begun)))
}

/// Carries out the plan that was looked at.
///
/// Where that is not the last one, or things changed since, nothing is done. What is done can be taken back.
#[utoipa::path(post, path = "/outputs/apply", tag = "library", request_body = OutputsApplyRequest,
    responses((status = 200, description = "What was done", body = OutputsDone), TakesJson, NotNow))]
async fn apply(
    State(app): Shared,
    Question(request): Question<OutputsApplyRequest>,
) -> Result<Json<OutputsDone>, Problem> {
    app.ask(move |it| it.apply_outputs(&request)).await.map(Json)
}

/// Takes back what was done: what a file of the folder `undo` tells, or the newest.
#[utoipa::path(post, path = "/outputs/undo", tag = "library", request_body = OutputsUndoRequest,
    responses((status = 200, description = "What was taken back", body = OutputsDone), NoSuch, TakesJson, Senseless))]
async fn undo(
    State(app): Shared,
    Question(request): Question<OutputsUndoRequest>,
) -> Result<Json<OutputsDone>, Problem> {
    app.ask(move |it| it.undo_outputs(&request)).await.map(Json)
}
