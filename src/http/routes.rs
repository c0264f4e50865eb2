//! The addresses, and what is asked of the service behind each.

use super::HttpSettings;
use super::answer::{no_method, no_route, problem};
use super::conn::{Peer, Seats};
use super::limits::{ASKING_MAX, HEARING_MAX};
use super::metrics::{Requests, Standing};
use super::rates::Rates;
use super::trust::{self, Asked, Denied};
use super::{
    backup, body, catalog, dropin, engines, execution, glossary, health, hooks, jobs, lacking,
    lanes, libraries, library, logs, openapi, outputs, pace, rows, watch,
};
use crate::api::daemon::{Act, Refusal, Service, Target};
use crate::api::events::EventLog;
use crate::api::problem::Problem;
use crate::api::run::Fault;
use crate::base::clock::Stopwatch;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch as signal};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What all requests share.
pub(super) struct App {
    service: Arc<dyn Service>,
    /// What watchers read.
    pub(super) events: Arc<EventLog>,
    /// How the server is set up.
    pub(super) settings: HttpSettings,
    /// A permit for each watcher.
    pub(super) watchers: Arc<Semaphore>,
    /// A permit for each question, and for each webhook.
    asking: Semaphore,
    hearing: Semaphore,
    /// One large page at a time: whoever asks for many leaves the other turns to others.
    listing: Semaphore,
    /// Turns true when the server ends.
    pub(super) stop: signal::Receiver<bool>,
    seats: Arc<Seats>,
    requests: Requests,
    /// What tells of all addresses.
    document: OpenApi,
    rates: Rates,
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
    let rates = Rates::new(&settings.limits);
    let shared = Arc::clone(&seats);
    let (router, mut document) = OpenApiRouter::with_openapi(openapi::document())
        .merge(health::routes())
        .merge(hooks::routes())
        .merge(dropin::routes())
        .routes(routes!(openapi))
        .nest("/api/v1", api())
        .split_for_parts();
    openapi::complete(&mut document);
    let app = Arc::new(App {
        service,
        events,
        settings,
        watchers,
        asking: Semaphore::new(ASKING_MAX),
        hearing: Semaphore::new(HEARING_MAX),
        listing: Semaphore::new(1),
        stop,
        seats: shared,
        requests,
        document,
        rates,
    });
    let router = router
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        // Each address has its limit in front.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::clone(&app), front))
        .with_state(app);
    (router, seats)
}

/// All that stands below `/api/v1`.
fn api() -> OpenApiRouter<Arc<App>> {
    jobs::routes()
        .merge(lanes::routes())
        .merge(library::routes())
        .merge(glossary::routes())
        .merge(watch::routes())
        .merge(catalog::routes())
        .merge(lacking::routes())
        .merge(libraries::routes())
        .merge(logs::routes())
        .merge(rows::routes())
        .merge(execution::routes())
        .merge(engines::routes())
        .merge(pace::routes())
        .merge(backup::routes())
        .merge(outputs::routes())
}

/// This document (OpenAPI 3.1).
#[utoipa::path(get, path = "/openapi.json", tag = "health",
    responses((status = 200, description = "The document", body = Object)))]
async fn openapi(State(app): Shared) -> Json<OpenApi> {
    Json(app.document.clone())
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
    let began = Stopwatch::start();
    // Where a proxy sees another end of a body than we do, what it takes for its end would be a request of its own.
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let answer = admit(&app, &peer, route, request, next).await;
    let response = answer.unwrap_or_else(IntoResponse::into_response);
    let mut response = dropin::in_their_shape(route, response);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if chunked {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    // Neither address nor headers: they may hold secrets.
    tracing::debug!("{method} {route} from {} -> {}", peer.ip, response.status());
    app.requests.count(&method, route, response.status().as_u16(), began.elapsed());
    response
}

async fn admit(
    app: &App,
    peer: &Peer,
    route: &str,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    // A target that names its host means that one, whatever the header says (RFC 9112, 3.2.2).
    let named = request.uri().authority().map(|it| HeaderValue::from_str(it.as_str()));
    if let Some(Ok(host)) = named {
        request.headers_mut().insert(header::HOST, host);
    }
    let (method, path) = (request.method(), request.uri().path());
    let asked = Asked { peer: peer.ip, method, route, path, headers: request.headers() };
    let judged = trust::judge(&asked, &app.settings);
    if let Err(wait) = app.rates.count(peer.ip, &judged) {
        return Ok(too_many(wait));
    }
    if let Err(denied) = judged {
        return Ok(turned_away(denied));
    }
    let (head, body) = request.into_parts();
    body::check_encoding(&head.headers)?;
    let limits = &app.settings.limits;
    let (body, held) = body::admit(body, body::body_of(route, limits), limits, &peer.seat).await?;
    let answer = next.run(Request::from_parts(head, body)).await;
    held.end();
    Ok(answer)
}

fn too_many(wait: Duration) -> Response {
    let seconds = wait.as_secs() + 1;
    let fault = Fault::transient(
        "so many requests a minute are not taken from one machine",
        format!("come back in {seconds} s, or raise http.rate_per_minute"),
    );
    let mut response = problem(StatusCode::TOO_MANY_REQUESTS, fault).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
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
        self.wait_for(&self.asking, question).await
    }

    /// The same for webhooks, which do not take the turn of people who ask.
    pub(super) async fn hear<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Service) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        self.wait_for(&self.hearing, question).await
    }

    /// The same for what takes long, one at a time.
    pub(super) async fn ask_for_much<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Service) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = self.listing.acquire().await;
        let answered = self.ask(question).await;
        drop(turn);
        answered
    }

    async fn wait_for<T: Send + 'static>(
        &self,
        turns: &Semaphore,
        question: impl FnOnce(&dyn Service) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = turns.acquire().await;
        let service = Arc::clone(&self.service);
        let answered = tokio::task::spawn_blocking(move || question(&*service)).await;
        let crashed = |_| {
            problem(StatusCode::INTERNAL_SERVER_ERROR, Fault::bug("answering this failed badly"))
        };
        drop(turn);
        Ok(answered.map_err(crashed)??)
    }

    /// Whoever works.
    pub(super) fn service(&self) -> &dyn Service {
        &*self.service
    }

    /// What was answered so far.
    pub(super) fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Does something with something.
    pub(super) async fn act(&self, target: Target, act: Act) -> Result<StatusCode, Problem> {
        self.ask(move |it| it.act(&target, &act)).await.map(|()| StatusCode::NO_CONTENT)
    }

    /// How everything stands at the moment.
    pub(super) async fn standing(&self) -> Result<Standing, Problem> {
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
