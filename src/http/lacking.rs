//! The address of jobs by what items of Jellyfin's lack.

use super::answer::Question;
use super::openapi::{NotNow, Senseless, TakesJson};
use super::routes::{App, Shared};
use crate::api::lacking::{LackingRequest, LackingView};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(lacking))
}

/// Wishes for every item of a library of Jellyfin's that lacks subtitles in a language.
///
/// It may take most of a minute where the library is large. Asked again it wishes for nothing twice.
#[utoipa::path(post, path = "/jobs/lacking", tag = "jobs",
    responses(
        (status = 200, description = "What was wished, or would be", body = LackingView),
        TakesJson, NotNow, Senseless
    ))]
async fn lacking(
    State(app): Shared,
    Question(request): Question<LackingRequest>,
) -> Result<Json<LackingView>, Problem> {
    app.ask(move |it| it.lacking(&request)).await.map(Json)
}
