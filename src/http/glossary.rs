//! The addresses of the glossary.

use super::answer::{Named, Question, Search};
use super::openapi::{NoSuch, Senseless, TakesJson};
use super::routes::{App, Shared};
use crate::api::glossary::{GlossaryAct, GlossaryQuery, TermChange, TermSaid, TermState, TermView};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(terms, say))
        .routes(routes!(propose))
        .routes(routes!(forget))
        .routes(routes!(judge))
}

type Changes = Result<Json<Vec<TermChange>>, Problem>;

async fn change(app: &App, act: GlossaryAct) -> Changes {
    app.ask(move |it| it.change_glossary(&act)).await.map(Json)
}

/// Terms, the oldest first.
#[utoipa::path(get, path = "/glossary", tag = "glossary", params(GlossaryQuery),
    responses((status = 200, description = "The terms", body = Vec<TermView>), Senseless))]
async fn terms(
    State(app): Shared,
    Search(query): Search<GlossaryQuery>,
) -> Result<Json<Vec<TermView>>, Problem> {
    app.ask(move |it| it.glossary(&query)).await.map(Json)
}

/// The owner says terms.
///
/// Each takes the place of the one with the same source, languages and scope.
#[utoipa::path(post, path = "/glossary", tag = "glossary", request_body = Vec<TermSaid>,
    responses((status = 200, description = "What changed", body = Vec<TermChange>), TakesJson, Senseless))]
async fn say(State(app): Shared, Question(terms): Question<Vec<TermSaid>>) -> Changes {
    change(&app, GlossaryAct::Say(terms)).await
}

/// A program proposes terms; what is known stays as it is.
#[utoipa::path(post, path = "/glossary/proposals", tag = "glossary", request_body = Vec<TermSaid>,
    responses((status = 200, description = "What changed", body = Vec<TermChange>), TakesJson, Senseless))]
async fn propose(State(app): Shared, Question(terms): Question<Vec<TermSaid>>) -> Changes {
    change(&app, GlossaryAct::Propose(terms)).await
}

/// The owner forgets a term.
#[utoipa::path(delete, path = "/glossary/{id}", tag = "glossary",
    params(("id" = u64, Path, description = "The term's number")),
    responses((status = 200, description = "What changed", body = Vec<TermChange>), NoSuch))]
async fn forget(State(app): Shared, Named(id): Named<u64>) -> Changes {
    change(&app, GlossaryAct::Forget(id)).await
}

/// What the owner thinks of a term.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Judged {
    /// Whether it counts.
    state: TermState,
}

/// The owner accepts or refuses a term.
#[utoipa::path(put, path = "/glossary/{id}/state", tag = "glossary", request_body = Judged,
    params(("id" = u64, Path, description = "The term's number")),
    responses((status = 200, description = "What changed", body = Vec<TermChange>), NoSuch, TakesJson, Senseless))]
async fn judge(
    State(app): Shared,
    Named(id): Named<u64>,
    Question(Judged { state }): Question<Judged>,
) -> Changes {
    change(&app, GlossaryAct::Judge(id, state)).await
}
