//! The addresses of lanes, and of everything at once.

use super::answer::{Named, Nothing, Question};
use super::openapi::{NoSuch, NotNow, Senseless, TakesJson};
use super::routes::{App, Shared};
use crate::api::daemon::{Act, LaneView, Target};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(workers))
        .routes(routes!(pause_lane))
        .routes(routes!(resume_lane))
        .routes(routes!(pause_all))
        .routes(routes!(resume_all))
        .routes(routes!(retry_all))
}

type Done = Result<StatusCode, Problem>;

/// The lanes, and what their workers do.
#[utoipa::path(get, path = "/workers", tag = "lanes",
    responses((status = 200, description = "The lanes", body = Vec<LaneView>)))]
async fn workers(State(app): Shared) -> Result<Json<Vec<LaneView>>, Problem> {
    app.ask(|it| Ok(it.workers())).await.map(Json)
}

/// Stops a lane until it is resumed; what runs there is put back and loses nothing that was heard.
#[utoipa::path(post, path = "/workers/{lane}/pause", tag = "lanes", request_body = Option<Nothing>,
    params(("lane" = String, Path, description = "The lane's name: `gpu0`, `cpu`, `ffmpeg`, `net`, `disk`")),
    responses((status = 204, description = "Done"), NoSuch, NotNow, TakesJson, Senseless))]
async fn pause_lane(State(app): Shared, Named(lane): Named<String>, _: Question<Nothing>) -> Done {
    app.act(Target::Lane(lane), Act::Pause).await
}

/// Lets a lane go on; one that was quarantined is tried again.
#[utoipa::path(post, path = "/workers/{lane}/resume", tag = "lanes", request_body = Option<Nothing>,
    params(("lane" = String, Path, description = "The lane's name: `gpu0`, `cpu`, `ffmpeg`, `net`, `disk`")),
    responses((status = 204, description = "Done"), NoSuch, NotNow, TakesJson, Senseless))]
async fn resume_lane(State(app): Shared, Named(lane): Named<String>, _: Question<Nothing>) -> Done {
    app.act(Target::Lane(lane), Act::Resume).await
}

/// Stops everything until it is resumed.
#[utoipa::path(post, path = "/pause", tag = "lanes", request_body = Option<Nothing>,
    responses((status = 204, description = "Done"), NotNow, TakesJson, Senseless))]
async fn pause_all(State(app): Shared, _: Question<Nothing>) -> Done {
    app.act(Target::All, Act::Pause).await
}

/// Lets everything go on.
#[utoipa::path(post, path = "/resume", tag = "lanes", request_body = Option<Nothing>,
    responses((status = 204, description = "Done"), NotNow, TakesJson, Senseless))]
async fn resume_all(State(app): Shared, _: Question<Nothing>) -> Done {
    app.act(Target::All, Act::Resume).await
}

/// Tries everything again that is parked.
#[utoipa::path(post, path = "/retry", tag = "jobs", request_body = Option<Nothing>,
    responses((status = 204, description = "Done"), NotNow, TakesJson, Senseless))]
async fn retry_all(State(app): Shared, _: Question<Nothing>) -> Done {
    app.act(Target::All, Act::Retry).await
}
