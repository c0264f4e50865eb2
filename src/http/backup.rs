//! The address of backups. None is put back over HTTP: whoever may ask is not whoever may replace everything.

use super::answer::{Nothing, Question};
use super::openapi::{NotNow, TakesJson};
use super::routes::{App, Shared};
use crate::api::backup::{BackupRunView, BackupsView};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(backups, back_up))
}

/// All backups, the newest first, and how it goes with the one that is being made.
#[utoipa::path(get, path = "/backups", tag = "settings",
    responses((status = 200, description = "The backups", body = BackupsView)))]
async fn backups(State(app): Shared) -> Result<Json<BackupsView>, Problem> {
    app.ask(|it| it.backups()).await.map(Json)
}

/// Makes a backup now. It is begun when this answers; asking for all backups tells how it goes and how it ended.
#[utoipa::path(post, path = "/backups", tag = "settings", request_body = Option<Nothing>,
    responses(
        (status = 202, description = "It has begun", body = BackupRunView),
        TakesJson, NotNow
    ))]
async fn back_up(
    State(app): Shared,
    _: Question<Nothing>,
) -> Result<(StatusCode, Json<BackupRunView>), Problem> {
    app.ask(|it| it.back_up()).await.map(|it| (StatusCode::ACCEPTED, Json(it)))
}
