//! The address of how much came along lately.

use super::answer::Search;
use super::routes::{App, Shared};
use crate::api::pace::{PaceQuery, PaceView};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(pace))
}

/// How much was heard, and how many files were finished, in each of the last 60 minutes.
///
/// Who asks again needs only `since` the last minute that was told, which went on meanwhile.
#[utoipa::path(get, path = "/pace", tag = "lanes", params(PaceQuery),
    responses((status = 200, description = "The minutes", body = PaceView)))]
async fn pace(
    State(app): Shared,
    Search(query): Search<PaceQuery>,
) -> Result<Json<PaceView>, Problem> {
    app.ask(move |it| Ok(it.pace(&query))).await.map(Json)
}
