//! The addresses, and what is asked of the service behind each.

use super::HttpSettings;
use super::answer::{Named, Question, Search, check_rows, no_method, no_route, problem, read_body};
use super::conn::{Peer, Seats};
use super::limits::PAGE_ROWS;
use super::metrics::{OPEN_METRICS, Requests, Standing};
use super::trust::{self, Asked, Denied};
use super::{glossary, watch};
use crate::api::daemon::{
    Act, ActivityView, JobDetail, JobView, JobsPage, JobsQuery, LaneView, MoveTo, Refusal,
    ScanRequest, ScanView, Service, StatusView, Target, WishRequest,
};
use crate::api::events::EventLog;
use crate::api::models::{ModelsView, PullRequest, PullView};
use crate::api::problem::Problem;
use crate::api::run::{Explanation, Fault};
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Json, Router};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch as signal};

/// What all requests share.
pub(super) struct App {
    service: Arc<dyn Service>,
    /// What watchers read.
    pub(super) events: Arc<EventLog>,
    /// How the server is set up.
    pub(super) settings: HttpSettings,
    /// A permit for each watcher.
    pub(super) watchers: Arc<Semaphore>,
    /// Turns true when the server ends.
    pub(super) stop: signal::Receiver<bool>,
    seats: Arc<Seats>,
    requests: Requests,
}

pub(super) type Shared = State<Arc<App>>;

/// All addresses, and the seats of those who ask.
pub(super) fn app(
    service: Arc<dyn Service>,
    events: Arc<EventLog>,
    settings: HttpSettings,
    stop: signal::Receiver<bool>,
) -> (Router, Arc<Seats>) {
    let seats = Seats::new(settings.limits);
    let watchers = Arc::new(Semaphore::new(settings.limits.watchers_max));
    let requests = Requests::default();
    let shared = Arc::clone(&seats);
    let app = Arc::new(App { service, events, settings, watchers, stop, seats: shared, requests });
    let router = Router::new()
        .route("/health", get(live))
        .route("/health/live", get(live))
        .route("/health/extended", get(extended))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .nest("/api/v1", api())
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(from_fn_with_state(Arc::clone(&app), front))
        .with_state(app);
    (router, seats)
}

fn api() -> Router<Arc<App>> {
    Router::new()
        .route("/jobs", get(jobs).post(wish))
        .route("/jobs/{id}", get(job).delete(cancel))
        .route("/jobs/{id}/log", get(job_log))
        .route("/jobs/{id}/retry", act_on_job(Act::Retry))
        .route("/jobs/{id}/cancel", act_on_job(Act::Cancel))
        .route("/jobs/{id}/pause", act_on_job(Act::Pause))
        .route("/jobs/{id}/resume", act_on_job(Act::Resume))
        .route("/jobs/{id}/move", post(move_job))
        .route("/workers", get(workers))
        .route("/workers/{lane}/pause", act_on_lane(Act::Pause))
        .route("/workers/{lane}/resume", act_on_lane(Act::Resume))
        .route("/pause", act_on_all(Act::Pause))
        .route("/resume", act_on_all(Act::Resume))
        .route("/retry", act_on_all(Act::Retry))
        .route("/activity", get(activity))
        .route("/scan", post(scan))
        .route("/explain", get(explain))
        .merge(glossary::routes())
        .route("/models", get(models))
        .route("/models/pull", post(pull_model))
        .route("/events", get(watch::events))
}

/// Before and after every answer: who asks, the whole of the question, the count.
async fn front(
    State(app): Shared,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    let method = request.method().clone();
    let answer = admit(&app, &peer, request, next).await;
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Neither address nor headers: they may hold secrets.
    tracing::debug!("{method} {route} from {} -> {}", peer.ip, response.status());
    app.requests.count(route, response.status().as_u16());
    response
}

async fn admit(app: &App, peer: &Peer, request: Request, next: Next) -> Result<Response, Problem> {
    let (method, path) = (request.method(), request.uri().path());
    let asked = Asked { peer: peer.ip, method, path, headers: request.headers() };
    if let Err(denied) = trust::judge(&asked, &app.settings) {
        return Ok(turned_away(denied));
    }
    let (head, mut body) = request.into_parts();
    if !body.is_end_stream() {
        body = Body::from(read_body(body, app.settings.limits.body_timeout).await?);
    }
    // Only from here on: whoever still sends gives way to others.
    let _working = peer.seat.work();
    Ok(next.run(Request::from_parts(head, body)).await)
}

fn turned_away(denied: Denied) -> Response {
    let mut response = problem(denied.status(), denied.fault()).into_response();
    let challenge = match denied {
        Denied::NoToken => "Bearer realm=\"kinora\"",
        Denied::WrongToken => "Bearer realm=\"kinora\", error=\"invalid_token\"",
        Denied::ForeignHost | Denied::ForeignOrigin => return response,
    };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

impl App {
    /// Asks the service on a thread that may wait for the disk.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Service) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let service = Arc::clone(&self.service);
        let answered = tokio::task::spawn_blocking(move || question(&*service)).await;
        let crashed = |_| {
            problem(StatusCode::INTERNAL_SERVER_ERROR, Fault::bug("answering this failed badly"))
        };
        Ok(answered.map_err(crashed)??)
    }

    async fn act(&self, target: Target, act: Act) -> Result<StatusCode, Problem> {
        self.ask(move |it| it.act(&target, &act)).await.map(|()| StatusCode::NO_CONTENT)
    }

    async fn standing(&self) -> Result<Standing, Problem> {
        let watching = self.watchers.available_permits();
        Ok(Standing {
            status: self.ask(|it| it.status()).await?,
            alive: self.service.is_alive(),
            ready: self.service.is_ready(),
            connections: self.seats.count(),
            watchers: self.settings.limits.watchers_max.saturating_sub(watching),
        })
    }
}

/// A request that says nothing in its body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn act_on_job(act: Act) -> MethodRouter<Arc<App>> {
    post(async move |State(app): Shared, Named(id): Named<u64>, _: Question<Nothing>| {
        app.act(Target::Job(id), act).await
    })
}

fn act_on_lane(act: Act) -> MethodRouter<Arc<App>> {
    post(async move |State(app): Shared, Named(lane): Named<String>, _: Question<Nothing>| {
        app.act(Target::Lane(lane), act).await
    })
}

fn act_on_all(act: Act) -> MethodRouter<Arc<App>> {
    post(async move |State(app): Shared, _: Question<Nothing>| app.act(Target::All, act).await)
}

async fn jobs(
    State(app): Shared,
    Search(query): Search<JobsQuery>,
) -> Result<Json<JobsPage>, Problem> {
    check_rows(query.limit)?;
    app.ask(move |it| it.jobs(&query)).await.map(Json)
}

async fn wish(
    State(app): Shared,
    Question(wish): Question<WishRequest>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let job = app.ask(move |it| it.wish(&wish)).await?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

async fn job(State(app): Shared, Named(id): Named<u64>) -> Result<Json<JobDetail>, Problem> {
    app.ask(move |it| it.job(id)).await.map(Json)
}

async fn cancel(State(app): Shared, Named(id): Named<u64>) -> Result<StatusCode, Problem> {
    app.act(Target::Job(id), Act::Cancel).await
}

async fn job_log(State(app): Shared, Named(id): Named<u64>) -> Result<String, Problem> {
    app.ask(move |it| it.job_log(id)).await
}

/// Where a job is moved to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveRequest {
    to: MoveTo,
}

async fn move_job(
    State(app): Shared,
    Named(id): Named<u64>,
    Question(MoveRequest { to }): Question<MoveRequest>,
) -> Result<StatusCode, Problem> {
    app.act(Target::Job(id), Act::Move { to }).await
}

async fn workers(State(app): Shared) -> Result<Json<Vec<LaneView>>, Problem> {
    app.ask(|it| Ok(it.workers())).await.map(Json)
}

/// How much of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ActivityQuery {
    limit: Option<usize>,
}

async fn activity(
    State(app): Shared,
    Search(query): Search<ActivityQuery>,
) -> Result<Json<Vec<ActivityView>>, Problem> {
    check_rows(query.limit)?;
    app.ask(move |it| it.activity(query.limit.unwrap_or(PAGE_ROWS))).await.map(Json)
}

async fn scan(
    State(app): Shared,
    Question(request): Question<ScanRequest>,
) -> Result<(StatusCode, Json<ScanView>), Problem> {
    let view = app.ask(move |it| it.scan(&request)).await?;
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Which file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExplainQuery {
    path: PathBuf,
}

async fn explain(
    State(app): Shared,
    Search(ExplainQuery { path }): Search<ExplainQuery>,
) -> Result<Json<Explanation>, Problem> {
    app.ask(move |it| it.explain(&path)).await.map(Json)
}

async fn models(State(app): Shared) -> Result<Json<ModelsView>, Problem> {
    app.ask(|it| it.models()).await.map(Json)
}

async fn pull_model(
    State(app): Shared,
    Question(request): Question<PullRequest>,
) -> Result<(StatusCode, Json<PullView>), Problem> {
    let pull = app.ask(move |it| it.pull_model(&request)).await?;
    Ok((StatusCode::ACCEPTED, Json(pull)))
}

async fn status(State(app): Shared) -> Result<Json<StatusView>, Problem> {
    app.ask(|it| it.status()).await.map(Json)
}

/// How healthy it is.
#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
}

fn health(good: bool, otherwise: Fault) -> Result<Json<Health>, Problem> {
    if good {
        return Ok(Json(Health { status: "ok" }));
    }
    Err(problem(StatusCode::SERVICE_UNAVAILABLE, otherwise))
}

async fn live(State(app): Shared) -> Result<Json<Health>, Problem> {
    let stuck = Fault::transient("Kinora does not come along any more", "restart it");
    health(app.service.is_alive(), stuck)
}

async fn ready(State(app): Shared) -> Result<Json<Health>, Problem> {
    let busy = Fault::transient("Kinora takes no work at the moment", "try again later");
    health(app.service.is_ready(), busy)
}

/// Everything that tells of health, on one page.
#[derive(Debug, Serialize)]
struct ExtendedHealth {
    status: &'static str,
    alive: bool,
    ready: bool,
    draining: bool,
    paused: bool,
    version: String,
    uptime_ms: u64,
    quarantined: Vec<String>,
    warnings: Vec<String>,
    connections: usize,
    watchers: usize,
}

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

async fn metrics(State(app): Shared) -> Result<Response, Problem> {
    let standing = app.standing().await?;
    let text = app.requests.text(&standing);
    let text = text.map_err(|it| problem(StatusCode::INTERNAL_SERVER_ERROR, it))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
