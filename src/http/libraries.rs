//! The address of libraries at a glance.

use super::routes::{App, Shared};
use crate::api::libraries::LibrariesView;
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(libraries))
}

/// All libraries: files, how many have each wanted language, what is next, when they are through.
///
/// Files are counted in the background, so the answer tells when that was. A count that is older than 30 s, or than the
/// last look through the libraries, is made anew when this is asked, but so seldom that it takes a twentieth of a
/// processor at most.
#[utoipa::path(get, path = "/libraries", tag = "library",
    responses((status = 200, description = "The libraries", body = LibrariesView)))]
async fn libraries(State(app): Shared) -> Result<Json<LibrariesView>, Problem> {
    app.ask(|it| it.libraries()).await.map(Json)
}
