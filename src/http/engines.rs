//! The addresses of engines.

use super::answer::Named;
use super::openapi::{NoSuch, NotNow};
use super::routes::{App, Shared};
use crate::api::engines::{EngineView, EnginesView};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(engines)).routes(routes!(test_engine))
}

/// What hears, reads and translates, how each stands, and what came of its last test.
#[utoipa::path(get, path = "/engines", tag = "models",
    responses((status = 200, description = "The engines", body = EnginesView)))]
async fn engines(State(app): Shared) -> Result<Json<EnginesView>, Problem> {
    app.ask(|it| Ok(it.engines())).await.map(Json)
}

/// Begins to test an engine; `GET /api/v1/engines` tells what comes of it.
///
/// What listens hears the recorded sample in a child of its own, what translates gets one sentence, what reads files
/// reads the sample, Jellyfin is asked as `kinora doctor` does. One at a time. A lane that was quarantined stays so,
/// whatever comes of it, until it is resumed.
#[utoipa::path(post, path = "/engines/{name}/test", tag = "models",
    params(("name" = String, Path, description = "The engine's name")),
    responses((status = 202, description = "It is being tested", body = EngineView), NoSuch, NotNow))]
async fn test_engine(
    State(app): Shared,
    Named(name): Named<String>,
) -> Result<(StatusCode, Json<EngineView>), Problem> {
    let view = app.ask(move |it| it.test_engine(&name)).await?;
    Ok((StatusCode::ACCEPTED, Json(view)))
}
