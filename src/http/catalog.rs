//! The addresses of settings, and of the files of libraries.

use super::answer::{Named, Question, Search, check_rows};
use super::openapi::{NoSuch, NotNow, Senseless, TakesJson};
use super::routes::{App, Shared};
use crate::api::catalog::{ChangeQuery, ItemDetail, ItemsPage, ItemsQuery, Patch, SettingsView};
use crate::api::problem::Problem;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(settings, change_settings))
        .routes(routes!(items))
        .routes(routes!(item))
}

/// The settings, as they hold from the next start on.
#[utoipa::path(get, path = "/settings", tag = "settings",
    responses((status = 200, description = "The settings", body = SettingsView), NotNow))]
async fn settings(State(app): Shared) -> Result<Json<SettingsView>, Problem> {
    app.ask(|it| it.settings()).await.map(Json)
}

/// Changes settings by a merge patch (RFC 7396) of what GET tells.
///
/// All of it is made, or nothing; a key that is `null` is again as `kinora.toml` has it. What it says holds from the
/// next start on, but for keys of which it is told that they hold at once. Who may ask (`http`), where Kinora keeps its
/// data (`data_dir`), where texts and keys are sent (`translator`, `metadata`, `jellyfin`), the folders of libraries,
/// and that nothing of a library leaves the house (`cloud = false`) are changed in `kinora.toml` only. With `rehearsal`
/// nothing is changed: whether it could be, and what would come of it, is told.
#[utoipa::path(put, path = "/settings", tag = "settings", params(ChangeQuery), request_body = Object,
    responses((status = 200, description = "The settings with the change", body = SettingsView), TakesJson, NotNow,
        Senseless))]
async fn change_settings(
    State(app): Shared,
    Search(query): Search<ChangeQuery>,
    Question(patch): Question<Patch>,
) -> Result<Json<SettingsView>, Problem> {
    app.ask(move |it| it.change_settings(&patch, query.rehearsal)).await.map(Json)
}

/// A page of the files of libraries, in the order of their paths.
#[utoipa::path(get, path = "/items", tag = "library", params(ItemsQuery),
    responses((status = 200, description = "The page", body = ItemsPage), NoSuch, Senseless))]
async fn items(
    State(app): Shared,
    Search(query): Search<ItemsQuery>,
) -> Result<Json<ItemsPage>, Problem> {
    check_rows(query.limit)?;
    app.ask(move |it| it.items(&query)).await.map(Json)
}

/// A file of a library, with what is in it and beside it.
#[utoipa::path(get, path = "/items/{id}", tag = "library",
    params(("id" = String, Path, description = "The file's id, as a page tells it")),
    responses((status = 200, description = "The file", body = ItemDetail), NoSuch))]
async fn item(State(app): Shared, Named(id): Named<String>) -> Result<Json<ItemDetail>, Problem> {
    app.ask(move |it| it.item(&id)).await.map(Json)
}
