//! The address of Kinora's own log.

use super::answer::{Search, wrong};
use super::routes::{App, Shared};
use crate::api::logs::{LOG_ROWS_MAX, LogsPage, LogsQuery};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(logs))
}

/// The last lines of Kinora's own log, or those after or before one.
///
/// Only so many are kept for this; the files in `logs/` hold more. What a job did is at `/jobs/{id}/log`.
#[utoipa::path(get, path = "/logs", tag = "health", params(LogsQuery),
    responses((status = 200, description = "The lines", body = LogsPage)))]
async fn logs(
    State(app): Shared,
    Search(query): Search<LogsQuery>,
) -> Result<Json<LogsPage>, Problem> {
    if query.limit.is_some_and(|it| !(1..=LOG_ROWS_MAX).contains(&it)) {
        let what = format!("limit is not between 1 and {LOG_ROWS_MAX}");
        return Err(wrong(StatusCode::BAD_REQUEST, what, "correct it"));
    }
    app.ask(move |it| it.logs(&query)).await.map(Json)
}
