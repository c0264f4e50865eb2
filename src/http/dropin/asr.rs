//! The recogniser that Bazarr's whisper provider knows: whisper-asr-webservice's addresses and options (PEERS.md 7.1
//! and 7.3), and what subgen takes beside them.

use super::super::answer::wrong;
use super::super::routes::{App, Shared};
use super::form::{self, Filed, Form, Params};
use super::{language, shapes, wait};
use crate::api::problem::Problem;
use crate::api::run::Lang;
use crate::api::uploads::{Heard, Sent, UploadAsked, UploadTask};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Its address.
pub(super) const ASR: &str = "/asr";
/// The part of the form that is the file.
const PART: &str = "audio_file";
/// Names the recogniser in answers.
const ENGINE: &str = "kinora";

/// How an answer is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    Txt,
    Vtt,
    Srt,
    Tsv,
    Json,
}

impl Output {
    const ALL: [(&'static str, Output); 5] = [
        ("txt", Output::Txt),
        ("vtt", Output::Vtt),
        ("srt", Output::Srt),
        ("tsv", Output::Tsv),
        ("json", Output::Json),
    ];

    fn write(self, heard: &Heard, words: bool) -> String {
        match self {
            Output::Txt => shapes::txt(heard),
            Output::Vtt => heard.vtt.clone(),
            Output::Srt => heard.srt.clone(),
            Output::Tsv => shapes::tsv(heard),
            Output::Json => shapes::whisper_json(heard, words).to_string(),
        }
    }
}

/// What may stand behind the `?`; all else is left unread.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is read leniently; this tells the document")]
struct AsrQuery {
    /// `false`: the file is raw sound, s16le, mono, 16 kHz; `true` where it is not said.
    encode: Option<String>,
    /// `transcribe`, or `translate` to English.
    task: Option<String>,
    /// The spoken language; found out where it is not said.
    language: Option<String>,
    /// Names and words to expect.
    initial_prompt: Option<String>,
    /// Words too, where the output is `json`.
    word_timestamps: Option<String>,
    /// Taken, and always done.
    vad_filter: Option<String>,
    /// `txt`, `vtt`, `srt`, `tsv` or `json`.
    output: Option<String>,
    /// The file's name on the other machine; nothing is read there.
    video_file: Option<String>,
}

/// The form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read as it comes; this tells the document")]
struct AudioForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    audio_file: Vec<u8>,
}

/// Subtitles of a file that is sent, as whisper-asr-webservice gives them.
///
/// Whatever goes wrong, the answer is empty: Bazarr keeps what it gets as the subtitle.
#[utoipa::path(post, path = "/asr", tag = "drop-in", params(AsrQuery),
    request_body(content = AudioForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "What was heard; empty where nobody speaks, or it failed", body = String),
        (status = 401, description = "It needs the token"),
        (status = 413, description = "The file is too large"),
        (status = 429, description = "Too many requests"),
        (status = 415, description = "The request is packed"),
    ))]
pub(super) async fn asr(State(app): Shared, request: Request) -> Response {
    let answered = transcribed(&app, request).await;
    answered.unwrap_or_else(|problem| {
        tracing::warn!("{ASR} answers nothing: {}; {}", problem.detail, problem.remedy);
        told(String::new(), None)
    })
}

async fn transcribed(app: &App, request: Request) -> Result<Response, Problem> {
    let (params, file) = received(app, request).await?;
    let output = params.get("output").unwrap_or("txt");
    let found = Output::ALL.iter().find(|it| it.0 == output);
    let output = found.ok_or_else(|| senseless(format!("`{output}` is no output")))?;
    let task = match params.get("task") {
        None | Some("transcribe") => UploadTask::Transcribe,
        Some("translate") => UploadTask::Translate,
        Some(other) => return Err(senseless(format!("`{other}` is no task"))),
    };
    let words = params.flag("word_timestamps", false);
    let (name, asked) = (file.name.clone(), asked(&params, &file, task)?);
    let heard = wait::heard(app, file.file, asked).await?;
    let disposition = format!("{}.{}", utf8_percent_encode(&name, NON_ALPHANUMERIC), output.0);
    Ok(told(output.1.write(&heard, words), Some(disposition)))
}

/// What is asked of a file. Its ending is that of its name; raw sound has none.
fn asked(params: &Params, file: &Filed, task: UploadTask) -> Result<UploadAsked, Problem> {
    let from = language(params.get("language"))
        .map_err(|told| senseless(format!("`{told}` is no language")))?;
    let name = if is_raw(params) { "audio.wav".to_owned() } else { file.name.clone() };
    let prompt = params.get("initial_prompt").unwrap_or_default().to_owned();
    Ok(UploadAsked { name, task, from, prompt })
}

/// Raw sound is sent.
fn is_raw(params: &Params) -> bool {
    !params.flag("encode", true)
}

/// Reads the form; how the file is sent the address tells before it comes.
async fn received(app: &App, request: Request) -> Result<(Params, Filed), Problem> {
    let sent = if is_raw(&Params::of(&request)) { Sent::Pcm } else { Sent::File };
    let Form { params, file } = form::receive(app, request, PART, sent).await?;
    Ok((params, file.ok_or_else(|| form::no_file(PART))?))
}

fn senseless(what: String) -> Problem {
    wrong(StatusCode::UNPROCESSABLE_ENTITY, what, "see the options of whisper-asr-webservice")
}

fn told(body: String, file_name: Option<String>) -> Response {
    let kind =
        [(header::CONTENT_TYPE.as_str(), "text/plain; charset=utf-8"), ("asr-engine", ENGINE)];
    let mut response = (kind, body).into_response();
    let disposition = file_name.map(|it| format!("attachment; filename=\"{it}\""));
    if let Some(value) = disposition.and_then(|it| HeaderValue::from_str(&it).ok()) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// The spoken language of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Detected {
    /// Its English name in small letters; `unknown` where it is not known.
    detected_language: String,
    /// Whisper's code; `und` where it is not known.
    language_code: String,
}

impl Detected {
    fn of(lang: Option<&Lang>) -> Detected {
        match lang {
            Some(lang) => Detected {
                detected_language: shapes::name(Some(lang)),
                language_code: shapes::code(Some(lang)),
            },
            None => Detected {
                detected_language: "unknown".to_owned(),
                language_code: "und".to_owned(),
            },
        }
    }
}

/// The spoken language of a file that is sent, as whisper-asr-webservice gives it.
///
/// Whatever goes wrong, the language is unknown.
#[utoipa::path(post, path = "/detect-language", tag = "drop-in", params(AsrQuery),
    request_body(content = AudioForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The language, or that it is unknown", body = Detected)))]
pub(super) async fn detect_language(State(app): Shared, request: Request) -> Json<Detected> {
    let found = detected(&app, request).await.unwrap_or_else(|problem| {
        tracing::warn!("/detect-language finds nothing: {}; {}", problem.detail, problem.remedy);
        None
    });
    Json(Detected::of(found.as_ref()))
}

async fn detected(app: &App, request: Request) -> Result<Option<Lang>, Problem> {
    let (params, file) = received(app, request).await?;
    // What is asked is what is spoken, whatever the client supposes.
    let asked = UploadAsked { from: None, ..asked(&params, &file, UploadTask::Language)? };
    let job = app.ask(move |it| Ok(it.wish_upload(&asked, file.file))).await??;
    let detail = wait::done(app, job.id).await?;
    Ok(detail.language.and_then(|it| Lang::parse(&it).ok()))
}
