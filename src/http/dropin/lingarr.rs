//! Lingarr's address, as Bazarr's translator knows it: lines with their positions, translated (PEERS.md 7.2).

use super::super::answer::wrong;
use super::super::routes::Shared;
use super::{language, wait};
use crate::api::problem::Problem;
use crate::api::run::Lang;
use crate::api::uploads::LinesAsked;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

/// Lines of a film or episode; what else is in it is left unread, since its clients differ.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Content {
    /// The film or episode.
    title: Option<String>,
    /// The language of the lines.
    source_language: String,
    /// The language wanted.
    target_language: String,
    /// The lines, in the order they are shown.
    lines: Vec<PlacedLine>,
}

/// A line in its place.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct PlacedLine {
    /// What the client knows it by.
    position: i64,
    /// What it says.
    #[serde(default)]
    line: String,
}

/// Translates lines, as Lingarr does.
///
/// Each position comes back once, in the order it was sent; a line that could not be translated as it was.
#[utoipa::path(post, path = "/api/translate/content", tag = "drop-in", request_body = Content,
    responses(
        (status = 200, description = "The lines, translated", body = Vec<PlacedLine>),
        (status = 400, description = "It cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It makes no sense", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "It failed", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nobody translates here, or not at the moment", body = Problem,
            content_type = "application/problem+json"),
        (status = 507, description = "There is no room", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn content(
    State(app): Shared,
    body: Bytes,
) -> Result<Json<Vec<PlacedLine>>, Problem> {
    let content: Content = serde_json::from_slice(&body).map_err(|err| {
        wrong(StatusCode::BAD_REQUEST, format!("the request's JSON is wrong: {err}"), "correct it")
    })?;
    let asked = Arc::new(asked(&content)?);
    let mut placed = content.lines;
    if asked.lines.iter().all(|it| it.trim().is_empty()) {
        return Ok(Json(placed));
    }
    let wished = Arc::clone(&asked);
    let job = app.ask(move |it| Ok(it.wish_lines(&wished))).await??;
    wait::done(&app, job.id).await?;
    let translated = app.ask(move |it| it.translated(job.id, &asked)).await?;
    for (line, text) in placed.iter_mut().zip(translated) {
        line.line = text;
    }
    Ok(Json(placed))
}

fn asked(content: &Content) -> Result<LinesAsked, Problem> {
    let senseless = |what: String| wrong(StatusCode::UNPROCESSABLE_ENTITY, what, "correct it");
    let mut seen = BTreeSet::new();
    if let Some(twice) = content.lines.iter().find(|it| !seen.insert(it.position)) {
        return Err(senseless(format!("position {} is there twice", twice.position)));
    }
    let lang = |told: &str| lang(told).ok_or_else(|| senseless(format!("`{told}` is no language")));
    Ok(LinesAsked {
        title: content.title.clone().unwrap_or_default(),
        from: lang(&content.source_language)?,
        to: lang(&content.target_language)?,
        lines: content.lines.iter().map(|it| it.line.clone()).collect(),
    })
}

/// A language by its code; Bazarr has some of its own.
fn lang(told: &str) -> Option<Lang> {
    let told = match told {
        "zt" => "zh-TW",
        "zh" => "zh-CN",
        "pb" => "pt-BR",
        "ea" => "es-419",
        other => other,
    };
    // A tag says more than Whisper's code.
    Lang::parse(told).ok().or_else(|| language(Some(told)).ok().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(languages: (&str, &str), lines: &str) -> Result<LinesAsked, u16> {
        let json = format!(
            r#"{{"arrMediaId": 7, "title": "Heat", "sourceLanguage": "{}", "targetLanguage": "{}",
                "mediaType": 1, "lines": {lines}}}"#,
            languages.0, languages.1
        );
        asked(&serde_json::from_str(&json).unwrap()).map_err(|it| it.status)
    }

    #[test]
    fn languages_are_named_as_bazarr_names_them() {
        for (told, tag) in
            [("zh-CN", "zh-CN"), ("zh", "zh-CN"), ("zt", "zh-TW"), ("pb", "pt-BR"), ("fr", "fr")]
        {
            let asked = read(("en", told), r#"[{"position": 0, "line": "Hi."}]"#).unwrap();
            assert_eq!((asked.from.tag(), asked.to.tag()), ("en", tag), "{told}");
        }
        assert_eq!(read(("en", "??"), "[]"), Err(422));
    }

    #[test]
    fn a_position_counts_once() {
        let lines = r#"[{"position": 5, "line": "a"}, {"position": -1}]"#;
        assert_eq!(read(("en", "fr"), lines).unwrap().lines, ["a", ""]);
        let twice = r#"[{"position": 5, "line": "a"}, {"position": 5, "line": "b"}]"#;
        assert_eq!(read(("en", "fr"), twice), Err(422));
    }
}
