//! The addresses of the glossary.

use super::answer::{Named, Question, Search};
use super::routes::{App, Shared};
use crate::api::glossary::{GlossaryAct, GlossaryQuery, TermChange, TermSaid, TermState, TermView};
use crate::api::problem::Problem;
use axum::extract::State;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/glossary", get(terms).post(say))
        .route("/glossary/proposals", post(propose))
        .route("/glossary/{id}", delete(forget))
        .route("/glossary/{id}/state", put(judge))
}

type Changes = Result<Json<Vec<TermChange>>, Problem>;

async fn change(app: &App, act: GlossaryAct) -> Changes {
    app.ask(move |it| it.change_glossary(&act)).await.map(Json)
}

async fn terms(
    State(app): Shared,
    Search(query): Search<GlossaryQuery>,
) -> Result<Json<Vec<TermView>>, Problem> {
    app.ask(move |it| it.glossary(&query)).await.map(Json)
}

async fn say(State(app): Shared, Question(terms): Question<Vec<TermSaid>>) -> Changes {
    change(&app, GlossaryAct::Say(terms)).await
}

async fn propose(State(app): Shared, Question(terms): Question<Vec<TermSaid>>) -> Changes {
    change(&app, GlossaryAct::Propose(terms)).await
}

async fn forget(State(app): Shared, Named(id): Named<u64>) -> Changes {
    change(&app, GlossaryAct::Forget(id)).await
}

/// What the owner thinks of a term.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    state: TermState,
}

async fn judge(
    State(app): Shared,
    Named(id): Named<u64>,
    Question(Judged { state }): Question<Judged>,
) -> Changes {
    change(&app, GlossaryAct::Judge(id, state)).await
}
