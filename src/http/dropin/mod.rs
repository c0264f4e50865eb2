//! The addresses that other tools know: whisper-asr-webservice's, as Bazarr uses them, OpenAI's, Lingarr's; and those
//! of files that are sent to Kinora itself. What is sent becomes a job; who sent it waits for its end.

mod asr;
mod form;
mod lingarr;
mod openai;
mod shapes;
mod upload;
mod wait;

use super::answer::problem;
use super::routes::App;
use crate::api::problem::Problem;
use crate::api::run::Lang;
use crate::api::uploads::UploadRefused;
use axum::Extension;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use form::Spools;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(asr::asr))
        .routes(routes!(asr::detect_language))
        .routes(routes!(openai::transcriptions))
        .routes(routes!(openai::translations))
        .routes(routes!(openai::models))
        .routes(routes!(lingarr::content))
        .routes(routes!(upload::upload))
        .routes(routes!(upload::files))
        .routes(routes!(upload::file))
        .layer(Extension(Spools::default()))
}

/// An answer as the clients of its address read it: a problem that arose anywhere is told in their shape.
pub(super) fn in_their_shape(route: &str, mut response: Response) -> Response {
    if response.status().is_success() {
        return response;
    }
    if route == asr::ASR {
        // Whatever it is, Bazarr keeps it as the subtitle.
        response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
        *response.body_mut() = Body::empty();
        return response;
    }
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) if route.starts_with("/v1/") => openai::shaped(&problem, response),
        Some(_) | None => response,
    }
}

impl From<UploadRefused> for Problem {
    fn from(refused: UploadRefused) -> Problem {
        match refused {
            UploadRefused::TooLarge(fault) => problem(StatusCode::PAYLOAD_TOO_LARGE, fault),
            UploadRefused::NoRoom(fault) => problem(StatusCode::INSUFFICIENT_STORAGE, fault),
            UploadRefused::Unavailable(fault) => problem(StatusCode::SERVICE_UNAVAILABLE, fault),
            UploadRefused::Refused(refusal) => Problem::from(refusal),
        }
    }
}

/// The language of a code, tag or name; `None` where it is said that nobody knows. `Err` holds what is no language.
fn language(told: Option<&str>) -> Result<Option<Lang>, String> {
    let told = told.map(str::trim).unwrap_or_default();
    if ["", "auto", "und", "unknown", "none", "null"].iter().any(|it| told.eq_ignore_ascii_case(it))
    {
        return Ok(None);
    }
    let read = Lang::from_whisper(told).or_else(|| Lang::parse(told).ok());
    read.map(Some).ok_or_else(|| told.to_owned())
}
