//! Server-sent events: what happened since an id, what happens now, and a heartbeat.

use super::answer::{Search, problem};
use super::conn::{Peer, Working};
use super::limits::Limits;
use super::openapi::Away;
use super::routes::App;
use crate::api::events::{EventId, Pushed, Watcher};
use crate::api::problem::Problem;
use crate::api::run::Fault;
use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use serde::Deserialize;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Interval;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const HEARTBEAT: &[u8] = b": all is well\n\n";

/// For clients that cannot set the header `Last-Event-ID`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WatchQuery {
    /// What the header `Last-Event-ID` says, for clients that cannot set it: the id of the last event that was seen.
    last_event_id: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(events))
}

/// A stream of events, as server-sent events.
///
/// Each has an `id`, an `event` (its kind) and `data`, JSON of the schema `PushedEvent`. Who comes back with the last
/// id misses nothing, or is told by `reset` that it should read everything again. A comment comes now and then, so
/// that both sides know that the other is there.
#[utoipa::path(get, path = "/events", tag = "health",
    params(WatchQuery, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event seen")),
    responses((status = 200, description = "The stream", content_type = "text/event-stream", body = String), Away))]
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Search(query): Search<WatchQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let full = |_| {
        let what = "as many as are allowed watch already";
        let fault = Fault::transient(what, "close some of them, or try again later");
        problem(StatusCode::SERVICE_UNAVAILABLE, fault)
    };
    let permit = Arc::clone(&app.watchers).try_acquire_owned().map_err(full)?;
    // A browser that comes back sends the header; it knows better than the address it was first given.
    let header = headers.get("last-event-id").map(|it| it.to_str().unwrap_or_default());
    let watcher = app.events.watch(header.or(query.last_event_id.as_deref()));
    let mut stop = app.stop.clone();
    let Limits { heartbeat, retry, .. } = app.settings.limits;
    let stream = EventStream {
        // An id without data: whoever is cut off before the first event comes back to here.
        greeting: Some(greeting(retry, watcher.position())),
        watcher,
        heartbeat: tokio::time::interval(heartbeat),
        stop: Box::pin(async move {
            // Ends as well where nobody could stop it any more.
            let _ = stop.wait_for(|it| *it).await;
        }),
        _held: (permit, peer.seat.work()),
    };
    let kind = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        // Proxies shall not gather events before they pass them on.
        ("x-accel-buffering", "no"),
    ];
    Ok((kind, Body::new(stream)).into_response())
}

/// The body of the answer. Nothing is queued for it: it reads the log at the client's speed.
struct EventStream {
    greeting: Option<String>,
    watcher: Watcher,
    heartbeat: Interval,
    stop: Pin<Box<dyn Future<Output = ()> + Send>>,
    _held: (OwnedSemaphorePermit, Working),
}

impl HttpBody for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = |bytes: Bytes| Poll::Ready(Some(Ok(Frame::data(bytes))));
        if let Some(greeting) = self.greeting.take() {
            self.heartbeat.reset();
            return frame(greeting.into());
        }
        if let Poll::Ready(pushed) = self.watcher.poll_next(cx) {
            self.heartbeat.reset();
            return frame(written(&pushed).into());
        }
        // After all that was told before: the end is no loss.
        if self.stop.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        match self.heartbeat.poll_tick(cx) {
            Poll::Ready(_) => frame(Bytes::from_static(HEARTBEAT)),
            Poll::Pending => Poll::Pending,
        }
    }
}

fn greeting(retry: Duration, position: EventId) -> String {
    format!("retry: {}\nid: {position}\n\n", retry.as_millis())
}

/// An event as it goes over the wire; JSON has no line breaks of its own.
fn written(pushed: &Pushed) -> String {
    let data = serde_json::to_string(&*pushed.event).unwrap_or_default();
    format!("id: {}\nevent: {}\ndata: {data}\n\n", pushed.id, pushed.event.kind())
}
