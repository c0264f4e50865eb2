//! The addresses of webhooks: ours, and those that users of other tools have set up already.

use super::answer::{Named, problem, wrong};
use super::body;
use super::routes::{App, Shared};
use crate::api::hooks::{Heard, Source};
use crate::api::problem::{PROBLEM_JSON, Problem};
use crate::api::run::Fault;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(hear, how))
        .routes(routes!(hear_secret, how_secret))
        .routes(routes!(hear_jellyfin, how_jellyfin))
        .routes(routes!(hear_emby, how_emby))
        .routes(routes!(hear_plex, how_plex))
        .routes(routes!(hear_tautulli, how_tautulli))
}

type Taken = Result<(StatusCode, Json<Heard>), Problem>;

/// Hands a message over; 202 where work or a look follows from it, 200 where nothing does.
async fn take(app: &App, source: Source, request: Request) -> Taken {
    let message = message(source, request).await?;
    let heard = app.hear(move |it| it.hear(source, &message)).await?;
    let status = if heard.taken { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(heard)))
}

/// The message: the body, or the field of the form that some send.
async fn message(source: Source, request: Request) -> Result<Bytes, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let is_form = kind.is_some_and(|it| it.to_ascii_lowercase().starts_with("multipart/form-data"));
    if !is_form {
        let bytes = Bytes::from_request(request, &()).await;
        return bytes.map_err(|err| body::cut(&err));
    }
    let broken =
        || wrong(StatusCode::BAD_REQUEST, "the form of the request is broken", "correct it");
    let wanted = source.form_field().unwrap_or("data");
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
    while let Some(field) = form.next_field().await.map_err(|_| broken())? {
        if field.name() == Some(wanted) {
            return field.bytes().await.map_err(|_| broken());
        }
    }
    let what = format!("the form of the request has no field `{wanted}`");
    Err(wrong(StatusCode::BAD_REQUEST, what, "send the message in it"))
}

/// How a source is set up, a sentence.
fn told(app: &App, source: Source, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
    let fine =
        |it: &&str| it.bytes().all(|it| it.is_ascii_alphanumeric() || b".:-[]".contains(&it));
    let host = host.filter(fine).unwrap_or("kinora:8710");
    let address = format!("http://{host}/webhook/{}", source.word());
    let mut told = source.set_up(&address);
    if app.settings.webhook_secret.is_some() {
        told.push_str(
            " The secret goes into the header X-Kinora-Secret, a password, or behind the address.",
        );
    }
    told.push('\n');
    told
}

fn source_of(word: &str) -> Result<Source, Problem> {
    Source::parse(word).ok_or_else(|| {
        let known = Source::ALL.map(Source::word).join(", ");
        problem(
            StatusCode::NOT_FOUND,
            Fault::operator("nobody of this name sends webhooks", format!("known are {known}")),
        )
    })
}

/// Takes a webhook.
///
/// The message is a hint: a file it names is wished for, durable before this answers, and a folder looked at. The
/// message itself is that of its sender, JSON or nearly so, whatever its media type; Plex and older Embys send forms.
#[utoipa::path(
    method(post, put), path = "/webhook/{source}", tag = "webhooks",
    params(("source" = String, Path, description = "jellyfin, sonarr, radarr, emby, plex or tautulli")),
    request_body(content = String, description = "What the sender sends", content_type = "text/plain"),
    responses(
        (status = 200, description = "It was heard; nothing is to be done", body = Heard),
        (status = 202, description = "Work or a look follows from it", body = Heard),
        (status = 400, description = "Its form is broken", body = Problem, content_type = PROBLEM_JSON),
        (status = 404, description = "Nobody of this name sends webhooks", body = Problem, content_type = PROBLEM_JSON),
        (status = 422, description = "It cannot be read", body = Problem, content_type = PROBLEM_JSON),
    )
)]
async fn hear(State(app): Shared, Named(source): Named<String>, request: Request) -> Taken {
    take(&app, source_of(&source)?, request).await
}

/// Takes a webhook whose sender can only be told an address.
#[utoipa::path(
    method(post, put), path = "/webhook/{source}/{secret}", tag = "webhooks",
    params(
        ("source" = String, Path, description = "jellyfin, sonarr, radarr, emby, plex or tautulli"),
        ("secret" = String, Path, description = "The secret of http.webhook_secret_file"),
    ),
    request_body(content = String, description = "What the sender sends", content_type = "text/plain"),
    responses(
        (status = 200, description = "It was heard; nothing is to be done", body = Heard),
        (status = 202, description = "Work or a look follows from it", body = Heard),
        (status = 400, description = "Its form is broken", body = Problem, content_type = PROBLEM_JSON),
        (status = 404, description = "Nobody of this name sends webhooks", body = Problem, content_type = PROBLEM_JSON),
        (status = 422, description = "It cannot be read", body = Problem, content_type = PROBLEM_JSON),
    )
)]
async fn hear_secret(
    State(app): Shared,
    Named(parts): Named<(String, String)>,
    request: Request,
) -> Taken {
    take(&app, source_of(&parts.0)?, request).await
}

/// How a webhook is set up.
#[utoipa::path(
    get, path = "/webhook/{source}", tag = "webhooks",
    params(("source" = String, Path, description = "jellyfin, sonarr, radarr, emby, plex or tautulli")),
    responses(
        (status = 200, description = "A sentence", body = String, content_type = "text/plain"),
        (status = 404, description = "Nobody of this name sends webhooks", body = Problem, content_type = PROBLEM_JSON),
    )
)]
async fn how(
    State(app): Shared,
    Named(source): Named<String>,
    headers: HeaderMap,
) -> Result<String, Problem> {
    Ok(told(&app, source_of(&source)?, &headers))
}

/// How a webhook is set up, and that the secret is right.
#[utoipa::path(
    get, path = "/webhook/{source}/{secret}", tag = "webhooks",
    params(
        ("source" = String, Path, description = "jellyfin, sonarr, radarr, emby, plex or tautulli"),
        ("secret" = String, Path, description = "The secret of http.webhook_secret_file"),
    ),
    responses(
        (status = 200, description = "A sentence", body = String, content_type = "text/plain"),
        (status = 404, description = "Nobody of this name sends webhooks", body = Problem, content_type = PROBLEM_JSON),
    )
)]
async fn how_secret(
    State(app): Shared,
    Named(parts): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<String, Problem> {
    Ok(told(&app, source_of(&parts.0)?, &headers))
}

/// An address as users of subgen have it: its webhook, and how it is set up.
macro_rules! alias {
    ($hear:ident, $how:ident, $source:expr, $path:literal) => {
        /// Takes a webhook at the address that subgen has for it.
        #[utoipa::path(
            method(post, put), path = $path, tag = "webhooks",
            request_body(content = String, description = "What the sender sends", content_type = "text/plain"),
            responses(
                (status = 200, description = "It was heard; nothing is to be done", body = Heard),
                (status = 202, description = "Work or a look follows from it", body = Heard),
                (status = 400, description = "Its form is broken", body = Problem, content_type = PROBLEM_JSON),
                (status = 422, description = "It cannot be read", body = Problem, content_type = PROBLEM_JSON),
            )
        )]
        async fn $hear(State(app): Shared, request: Request) -> Taken {
            take(&app, $source, request).await
        }

        /// How this webhook is set up.
        #[utoipa::path(
            get, path = $path, tag = "webhooks",
            responses((status = 200, description = "A sentence", body = String, content_type = "text/plain"))
        )]
        async fn $how(State(app): Shared, headers: HeaderMap) -> String {
            told(&app, $source, &headers)
        }
    };
}

alias!(hear_jellyfin, how_jellyfin, Source::Jellyfin, "/jellyfin");
alias!(hear_emby, how_emby, Source::Emby, "/emby");
alias!(hear_plex, how_plex, Source::Plex, "/plex");
alias!(hear_tautulli, how_tautulli, Source::Tautulli, "/tautulli");
