//! Files that are sent to Kinora itself: media and subtitles that lie in no library, and what comes of them.

use super::super::answer::{Named, wrong};
use super::super::routes::Shared;
use super::form::{self, Form};
use super::language;
use crate::api::daemon::JobView;
use crate::api::problem::Problem;
use crate::api::run::Lang;
use crate::api::uploads::{Sent, UploadAsked, UploadFile, UploadTask};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use utoipa::{IntoParams, ToSchema};

/// The part of the form that is the file.
const PART: &str = "file";

/// What may stand behind the `?`, or in the form.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it may stand in the form too; this tells the document")]
struct UploadQuery {
    /// Languages wanted, commas between them; those of the settings where none is named.
    to: Option<String>,
    /// The spoken language, or that of the subtitle; found out where it is not said.
    from: Option<String>,
}

/// The form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read as it comes; this tells the document")]
struct UploadForm {
    /// A video, audio or subtitle file, with its name.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// As behind the `?`.
    to: Option<String>,
    /// As behind the `?`.
    from: Option<String>,
}

/// Makes a file that is sent a job, as any file of a library.
///
/// The same file with the same question is one job for as long as what came of it is kept.
#[utoipa::path(post, path = "/api/v1/upload", tag = "jobs", params(UploadQuery),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 202, description = "The job", body = JobView),
        (status = 400, description = "The form cannot be read", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The file is too large", body = Problem,
            content_type = "application/problem+json"),
        (status = 415, description = "The request is no form", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "It makes no sense", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "As many files as are allowed are being sent", body = Problem,
            content_type = "application/problem+json"),
        (status = 507, description = "There is no room for it", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn upload(
    State(app): Shared,
    request: Request,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let Form { params, file } = form::receive(&app, request, PART, Sent::File).await?;
    let to = params.get("to").unwrap_or_default().split(',').map(str::trim);
    let to = to.filter(|it| !it.is_empty()).map(lang).collect::<Result<Vec<Lang>, Problem>>()?;
    let from = language(params.get("from")).map_err(no_language)?;
    let file = file.ok_or_else(|| form::no_file(PART))?;
    let prompt = String::new();
    let asked = UploadAsked { name: file.name, task: UploadTask::Subtitles(to), from, prompt };
    let job = app.ask(move |it| Ok(it.wish_upload(&asked, file.file))).await??;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

fn lang(told: &str) -> Result<Lang, Problem> {
    Lang::parse(told).map_err(|_| no_language(told.to_owned()))
}

fn no_language(told: String) -> Problem {
    let what = format!("`{told}` is no language");
    wrong(StatusCode::UNPROCESSABLE_ENTITY, what, "name it by its code, such as `en` or `zh-Hans`")
}

/// The files that came of an upload so far.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/files", tag = "jobs",
    params(("id" = u64, Path, description = "The job's number")),
    responses(
        (status = 200, description = "The files", body = Vec<UploadFile>),
        (status = 404, description = "There is no such upload", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn files(
    State(app): Shared,
    Named(id): Named<u64>,
) -> Result<Json<Vec<UploadFile>>, Problem> {
    app.ask(move |it| it.upload_files(id)).await.map(Json)
}

/// A file that came of an upload.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/files/{name}", tag = "jobs",
    params(
        ("id" = u64, Path, description = "The job's number"),
        ("name" = String, Path, description = "The file's name, as the list has it"),
    ),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "There is no such file", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn file(
    State(app): Shared,
    Named((id, name)): Named<(u64, String)>,
) -> Result<Response, Problem> {
    let encoded = utf8_percent_encode(&name, NON_ALPHANUMERIC).to_string();
    let bytes = app.ask(move |it| it.upload_file(id, &name)).await?;
    let disposition = format!("attachment; filename*=UTF-8''{encoded}");
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    let mut response = (kind, bytes).into_response();
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
