//! The addresses that tell how it goes: for people, for whoever watches over processes, for Prometheus.

use super::answer::problem;
use super::metrics::{OPEN_METRICS, Standing};
use super::openapi::Away;
use super::routes::{App, Shared};
use crate::api::daemon::StatusView;
use crate::api::problem::Problem;
use crate::api::run::Fault;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(health))
        .routes(routes!(live))
        .routes(routes!(extended))
        .routes(routes!(ready))
        .routes(routes!(status))
        .routes(routes!(metrics))
}

/// How it goes, on one page.
#[utoipa::path(get, path = "/status", tag = "health",
    responses((status = 200, description = "How it goes", body = StatusView)))]
async fn status(State(app): Shared) -> Result<Json<StatusView>, Problem> {
    app.ask(|it| it.status()).await.map(Json)
}

/// How healthy it is.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// `ok`; what is not is told as a problem.
    status: &'static str,
}

fn healthy(good: bool, otherwise: Fault) -> Result<Json<Health>, Problem> {
    if good {
        return Ok(Json(Health { status: "ok" }));
    }
    Err(problem(StatusCode::SERVICE_UNAVAILABLE, otherwise))
}

fn alive(app: &App) -> Result<Json<Health>, Problem> {
    let stuck = Fault::transient("Kinora does not come along any more", "restart it");
    healthy(app.service().is_alive(), stuck)
}

/// Whether it is alive; anybody may ask.
#[utoipa::path(get, path = "/health", tag = "health",
    responses((status = 200, description = "It is alive", body = Health), Away))]
async fn health(State(app): Shared) -> Result<Json<Health>, Problem> {
    alive(&app)
}

/// The same as `/health`.
#[utoipa::path(get, path = "/health/live", tag = "health",
    responses((status = 200, description = "It is alive", body = Health), Away))]
async fn live(State(app): Shared) -> Result<Json<Health>, Problem> {
    alive(&app)
}

/// Whether it takes work; anybody may ask.
#[utoipa::path(get, path = "/ready", tag = "health",
    responses((status = 200, description = "It takes work", body = Health), Away))]
async fn ready(State(app): Shared) -> Result<Json<Health>, Problem> {
    let busy = Fault::transient("Kinora takes no work at the moment", "try again later");
    healthy(app.service().is_ready(), busy)
}

/// Everything that tells of health, on one page.
#[derive(Debug, Serialize, ToSchema)]
struct ExtendedHealth {
    /// `ok` where it is alive and ready, otherwise `unwell`.
    status: &'static str,
    /// The deciding loop turned lately.
    alive: bool,
    /// It takes work.
    ready: bool,
    /// It is ending.
    draining: bool,
    /// A person paused everything.
    paused: bool,
    /// Kinora's version.
    version: String,
    /// For how long it runs, milliseconds.
    uptime_ms: u64,
    /// Lanes that are not used any more.
    quarantined: Vec<String>,
    /// What a person should look at, a sentence each.
    warnings: Vec<String>,
    /// Open connections.
    connections: usize,
    /// Watchers of events.
    watchers: usize,
}

/// Everything that tells of health, on one page.
#[utoipa::path(get, path = "/health/extended", tag = "health",
    responses(
        (status = 200, description = "All is well", body = ExtendedHealth),
        (status = 503, description = "Something is not", body = ExtendedHealth),
    ))]
async fn extended(State(app): Shared) -> Result<(StatusCode, Json<ExtendedHealth>), Problem> {
    let Standing { status, alive, ready, connections, watchers } = app.standing().await?;
    let lanes = status.lanes.into_iter().filter(|it| it.quarantined.is_some());
    let health = ExtendedHealth {
        status: if alive && ready { "ok" } else { "unwell" },
        alive,
        ready,
        draining: status.draining,
        paused: status.paused,
        version: status.version,
        uptime_ms: status.uptime_ms,
        quarantined: lanes.map(|it| it.name).collect(),
        warnings: status.warnings,
        connections,
        watchers,
    };
    let good = alive && ready;
    let status = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(health)))
}

/// Figures for Prometheus, as OpenMetrics text.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, description = "The figures", content_type = "application/openmetrics-text",
        body = String)))]
async fn metrics(State(app): Shared) -> Result<Response, Problem> {
    let standing = app.standing().await?;
    let text = app.requests().text(&standing);
    let text = text.map_err(|it| problem(StatusCode::INTERNAL_SERVER_ERROR, it))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
