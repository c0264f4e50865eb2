//! Questions are read strictly; what is refused is told as a problem document.

use super::limits::PAGE_ROWS_MAX;
use crate::api::daemon::Refusal;
use crate::api::problem::{PROBLEM_JSON, Problem};
use crate::api::run::Fault;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// A problem under a status.
pub(super) fn problem(status: StatusCode, fault: Fault) -> Problem {
    Problem::new(status.as_u16(), status.canonical_reason().unwrap_or("Error"), fault)
}

/// A problem with how it was asked.
pub(super) fn wrong(status: StatusCode, what: impl Into<String>, remedy: &str) -> Problem {
    problem(status, Fault::operator(what, remedy))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::NotFound(fault) => problem(StatusCode::NOT_FOUND, fault),
            Refusal::Conflict(fault) => problem(StatusCode::CONFLICT, fault),
            Refusal::Invalid(fault) => problem(StatusCode::UNPROCESSABLE_ENTITY, fault),
            Refusal::Failed(fault) => problem(StatusCode::INTERNAL_SERVER_ERROR, fault),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        // Some addresses tell it in a shape of their own.
        response.extensions_mut().insert(self);
        response
    }
}

/// There is no such page.
pub(super) async fn no_route() -> Problem {
    wrong(StatusCode::NOT_FOUND, "there is no such address here", "check its spelling")
}

/// There is, but nothing of that kind can be done with it.
pub(super) async fn no_method() -> Problem {
    wrong(
        StatusCode::METHOD_NOT_ALLOWED,
        "this cannot be done with this address",
        "use a method that the header Allow names",
    )
}

/// A request that says nothing in its body.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// The body as JSON without anything unknown in it; no body is `{}`.
pub(super) struct Question<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Question<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Question<T>, Problem> {
        let is_json = is_json(&request);
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|err| wrong(err.status(), err.body_text(), "send it again"))?;
        if !bytes.is_empty() && !is_json {
            return Err(wrong(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the request is no JSON",
                "send JSON, with the header `Content-Type: application/json`",
            ));
        }
        let json: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(json).map(Question).map_err(|err| {
            let what = format!("the request's JSON is wrong: {err}");
            wrong(StatusCode::BAD_REQUEST, what, "correct it")
        })
    }
}

fn is_json(request: &Request) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = value.and_then(|it| it.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// What stands behind the question mark, without anything unknown in it.
pub(super) struct Search<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Search<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Search<T>, Problem> {
        // What is no text would be read as other text, and so as another file's name.
        let query = parts.uri.query().unwrap_or_default();
        if percent_decode_str(query).decode_utf8().is_err() {
            let what = "the address is no UTF-8 behind its `?`";
            return Err(wrong(StatusCode::BAD_REQUEST, what, "correct it"));
        }
        let query = Query::try_from_uri(&parts.uri);
        query.map(|Query(it)| Search(it)).map_err(|err| {
            let told = err.body_text();
            let told = told.rsplit("query string: ").next().unwrap_or_default();
            let what = format!("the address is wrong behind its `?`: {told}");
            wrong(StatusCode::BAD_REQUEST, what, "correct it")
        })
    }
}

/// What the address names.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Named<T>, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(it)| Named(it)).map_err(|_| {
            let what = "the address names nothing that can be here";
            wrong(StatusCode::NOT_FOUND, what, "use a number or name that a list told")
        })
    }
}

/// Refuses pages nobody could read.
pub(super) fn check_rows(limit: Option<usize>) -> Result<(), Problem> {
    check_limit(limit, PAGE_ROWS_MAX)
}

/// The same with another limit.
pub(super) fn check_limit(limit: Option<usize>, max: usize) -> Result<(), Problem> {
    if limit.is_none_or(|it| (1..=max).contains(&it)) {
        return Ok(());
    }
    let what = format!("limit is not between 1 and {max}");
    Err(wrong(StatusCode::BAD_REQUEST, what, "correct it"))
}
