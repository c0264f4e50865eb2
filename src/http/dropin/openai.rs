//! OpenAI's transcriptions and translations, and its list of models (PROTOCOLS.md 4), for clients made for it.

use super::super::answer::wrong;
use super::super::routes::{App, Shared};
use super::form::{self, Form, Params};
use super::{language, shapes, wait};
use crate::api::models::ModelState;
use crate::api::problem::Problem;
use crate::api::uploads::{Heard, Sent, UploadAsked, UploadTask};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The model that everybody asks for: whatever listens here.
const USUAL_MODEL: &str = "whisper-1";
/// The part of the form that is the file.
const PART: &str = "file";

/// How an answer is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Json,
    Text,
    Srt,
    Vtt,
    Verbose,
}

impl Shape {
    fn of(told: &str) -> Option<Shape> {
        Some(match told {
            "json" => Shape::Json,
            "text" => Shape::Text,
            "srt" => Shape::Srt,
            "vtt" => Shape::Vtt,
            "verbose_json" => Shape::Verbose,
            _ => return None,
        })
    }
}

/// What is wrong, and with which part of the form.
struct Wrong(Problem, Option<Param>);

/// The part that is wrong, on its way to [`shaped`].
#[derive(Clone, Copy)]
struct Param(&'static str);

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Wrong {
        Wrong(problem, None)
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        if let Some(param) = self.1 {
            response.extensions_mut().insert(param);
        }
        response
    }
}

fn bad(what: impl Into<String>, remedy: &str, param: &'static str) -> Wrong {
    Wrong(wrong(StatusCode::BAD_REQUEST, what, remedy), Some(Param(param)))
}

/// What went wrong, as OpenAI tells it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenAiError {
    error: OpenAiFault,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
struct OpenAiFault {
    /// What happened and what to do.
    message: String,
    /// Whose fault it is.
    r#type: String,
    /// The part of the form that is wrong.
    param: Option<String>,
    /// What it is, in a word.
    code: Option<String>,
}

/// A problem in OpenAI's shape; `response` is as it would have been told.
pub(super) fn shaped(problem: &Problem, response: Response) -> Response {
    let (mut head, _) = response.into_parts();
    let (kind, code) = match head.status {
        StatusCode::UNAUTHORIZED => ("invalid_request_error", Some("invalid_api_key")),
        StatusCode::TOO_MANY_REQUESTS => ("rate_limit_error", Some("rate_limit_exceeded")),
        it if it.is_server_error() => ("server_error", None),
        _ => ("invalid_request_error", None),
    };
    let error = OpenAiFault {
        message: format!("{}; {}", problem.detail, problem.remedy),
        r#type: kind.to_owned(),
        param: head.extensions.remove::<Param>().map(|it| it.0.to_owned()),
        code: code.map(str::to_owned),
    };
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.remove(header::CONTENT_TYPE);
    let status = head.status;
    let mut told = (status, Json(OpenAiError { error })).into_response();
    told.headers_mut().extend(head.headers);
    told
}

/// The form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read as it comes; this tells the document")]
struct AudioForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Any: what listens is what Kinora is set to.
    model: Option<String>,
    /// The spoken language; found out where it is not said.
    language: Option<String>,
    /// Names and words to expect.
    prompt: Option<String>,
    /// `json`, `text`, `srt`, `vtt` or `verbose_json`.
    response_format: Option<String>,
    /// Taken, and left unread: Kinora listens again where it doubts.
    temperature: Option<f64>,
    /// `segment`, `word` or both, for `verbose_json`.
    #[schema(rename = "timestamp_granularities[]")]
    timestamp_granularities: Option<Vec<String>>,
}

/// What is said in a file, as OpenAI tells it.
#[utoipa::path(post, path = "/v1/audio/transcriptions", tag = "drop-in",
    request_body(content = AudioForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "What is said, in the format that was asked for", body = Object),
        (status = 400, description = "Something in the form is wrong", body = OpenAiError),
        (status = 401, description = "It needs the token", body = OpenAiError),
        (status = 403, description = "The request is of a page of another host", body = OpenAiError),
        (status = 408, description = "The file did not come in time", body = OpenAiError),
        (status = 413, description = "The file is too large", body = OpenAiError),
        (status = 415, description = "The request is no form", body = OpenAiError),
        (status = 422, description = "It makes no sense", body = OpenAiError),
        (status = 429, description = "Too many requests", body = OpenAiError),
        (status = 500, description = "It could not be heard", body = OpenAiError),
        (status = 503, description = "Not at the moment", body = OpenAiError),
        (status = 507, description = "There is no room for the file", body = OpenAiError),
    ))]
pub(super) async fn transcriptions(State(app): Shared, request: Request) -> Response {
    answer(&app, request, UploadTask::Transcribe).await.unwrap_or_else(Wrong::into_response)
}

/// What is said in a file, in English, as OpenAI tells it.
#[utoipa::path(post, path = "/v1/audio/translations", tag = "drop-in",
    request_body(content = AudioForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "What is said, in the format that was asked for", body = Object),
        (status = 400, description = "Something in the form is wrong", body = OpenAiError),
        (status = 401, description = "It needs the token", body = OpenAiError),
        (status = 403, description = "The request is of a page of another host", body = OpenAiError),
        (status = 408, description = "The file did not come in time", body = OpenAiError),
        (status = 413, description = "The file is too large", body = OpenAiError),
        (status = 415, description = "The request is no form", body = OpenAiError),
        (status = 422, description = "It makes no sense", body = OpenAiError),
        (status = 429, description = "Too many requests", body = OpenAiError),
        (status = 500, description = "It could not be heard", body = OpenAiError),
        (status = 503, description = "Not at the moment", body = OpenAiError),
        (status = 507, description = "There is no room for the file", body = OpenAiError),
    ))]
pub(super) async fn translations(State(app): Shared, request: Request) -> Response {
    answer(&app, request, UploadTask::Translate).await.unwrap_or_else(Wrong::into_response)
}

async fn answer(app: &App, request: Request, task: UploadTask) -> Result<Response, Wrong> {
    let Form { params, file } = form::receive(app, request, PART, Sent::File).await?;
    let told = params.get("response_format").unwrap_or("json");
    let shape = Shape::of(told).ok_or_else(|| {
        let remedy = "ask for json, text, srt, vtt or verbose_json";
        bad(format!("`{told}` is no format that is written here"), remedy, "response_format")
    })?;
    let granularities = granularities(&params)?;
    let from = language(params.get("language")).map_err(|told| {
        bad(format!("`{told}` is no language"), "name it by its ISO 639-1 code", "language")
    })?;
    let file = file.ok_or_else(|| bad("there is no file in the form", "send one", PART))?;
    let prompt = params.get("prompt").unwrap_or_default().to_owned();
    let asked = UploadAsked { name: file.name, task: task.clone(), from, prompt };
    let heard = wait::heard(app, file.file, asked).await?;
    let plain = |text: String| {
        ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
    };
    Ok(match shape {
        Shape::Json => Json(brief(&heard)).into_response(),
        Shape::Text => plain(format!("{}\n", shapes::text(&heard))),
        Shape::Srt => plain(heard.srt),
        Shape::Vtt => plain(heard.vtt),
        Shape::Verbose => Json(verbose(&heard, &task, granularities)).into_response(),
    })
}

/// Whether segments are wanted, and whether words are.
fn granularities(params: &Params) -> Result<(bool, bool), Wrong> {
    const NAME: &str = "timestamp_granularities[]";
    let (mut segments, mut words) = (false, false);
    for told in params.all(NAME).chain(params.all("timestamp_granularities")) {
        match told {
            "segment" => segments = true,
            "word" => words = true,
            _ => return Err(bad(format!("`{told}` is none"), "ask for word or segment", NAME)),
        }
    }
    Ok((segments || !words, words))
}

fn usage(heard: &Heard) -> Value {
    json!({ "type": "duration", "seconds": heard.duration_s })
}

fn brief(heard: &Heard) -> Value {
    json!({ "text": shapes::text(heard), "usage": usage(heard) })
}

fn verbose(heard: &Heard, task: &UploadTask, (segments, words): (bool, bool)) -> Value {
    let (task, language) = match task {
        // What is told is the language of the text.
        UploadTask::Translate => ("translate", "english".to_owned()),
        UploadTask::Transcribe | UploadTask::Language | UploadTask::Subtitles(_) => {
            ("transcribe", shapes::name(heard.language.as_ref()))
        }
    };
    let mut told = json!({
        "task": task,
        "language": language,
        "duration": heard.duration_s,
        "text": shapes::text(heard),
        "usage": usage(heard),
    });
    if segments {
        told["segments"] = shapes::segments(heard).map(Value::Object).collect();
    }
    if words {
        let words = heard.segments.iter().flat_map(|it| &it.words);
        told["words"] =
            words.map(|it| json!({ "word": it.text, "start": it.start, "end": it.end })).collect();
    }
    told
}

/// A model, as OpenAI tells of it.
#[derive(Debug, Serialize, ToSchema)]
struct OpenAiModel {
    /// Its name.
    id: String,
    /// Always `model`.
    object: &'static str,
    /// When it was made; nobody knows.
    created: u64,
    /// Whose it is.
    owned_by: &'static str,
}

/// The models there are, as OpenAI tells of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenAiModels {
    /// Always `list`.
    object: &'static str,
    data: Vec<OpenAiModel>,
}

/// The models that listen, as OpenAI tells of them.
#[utoipa::path(get, path = "/v1/models", tag = "drop-in", responses(
    (status = 200, description = "The models", body = OpenAiModels),
    (status = 401, description = "It needs the token", body = OpenAiError),
    (status = 403, description = "The request is for another host", body = OpenAiError),
    (status = 429, description = "Too many requests", body = OpenAiError),
    (status = 500, description = "They cannot be looked at", body = OpenAiError),
))]
pub(super) async fn models(State(app): Shared) -> Result<Json<OpenAiModels>, Problem> {
    let known = app.ask(|it| it.models()).await?.models;
    let here = known.into_iter().filter(|it| {
        it.kind == "whisper" && matches!(it.state, ModelState::Present | ModelState::Verified)
    });
    let names = std::iter::once(USUAL_MODEL.to_owned()).chain(here.map(|it| it.name));
    let model = |id| OpenAiModel { id, object: "model", created: 0, owned_by: "kinora" };
    Ok(Json(OpenAiModels { object: "list", data: names.map(model).collect() }))
}
