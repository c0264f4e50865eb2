//! Bangumi, version 0 of its API: what is called how in Chinese, above all anime.

use super::ask::Server;
use super::{Pair, Wanted, year_of};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use serde::Deserialize;
use serde_json::{Value, json};

/// Each costs a question.
const CHARACTERS_MAX: usize = 24;
const RESULTS_MAX: &str = "10";
/// Kinds of its subjects: anime, and films and series with people.
const ANIME: u8 = 2;
const REAL: u8 = 6;
/// What characters are to a subject, the most important first: leading, supporting, guest.
const RELATIONS: [&str; 3] = ["主角", "配角", "客串"];

#[derive(Debug, Deserialize)]
struct Found {
    #[serde(default)]
    data: Vec<Subject>,
}

#[derive(Debug, Deserialize)]
struct Subject {
    id: u64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    name_cn: String,
    date: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Related {
    id: u64,
    #[serde(default)]
    relation: String,
}

#[derive(Debug, Deserialize)]
struct Character {
    #[serde(default)]
    name: String,
    /// A list of `{key, value}`, where a value is text or a list of `{k, v}`; null where its wiki is broken.
    infobox: Option<Vec<Value>>,
}

/// It knows Chinese names of what is Japanese or English.
pub(super) fn is_of_use(from: &Lang, to: &Lang) -> bool {
    to.primary() == "zh" && matches!(from.primary(), "ja" | "en")
}

/// Names in both languages; none where it does not know the work.
pub(super) fn pairs(server: &Server<'_>, wanted: &Wanted<'_>) -> Result<Vec<Pair>, Fault> {
    let Some(subject) = find(server, wanted)? else { return Ok(Vec::new()) };
    let mut pairs = Vec::new();
    // The title is in the language it was made in.
    if !subject.name_cn.is_empty() {
        pairs.push(Pair::Title(subject.name.clone(), subject.name_cn.clone()));
    }
    let id = subject.id.to_string();
    let related = server.get(&["v0", "subjects", &id, "characters"], &[], None)?;
    let mut related: Vec<Related> = related.unwrap_or_default();
    let weight = |it: &Related| RELATIONS.iter().position(|relation| *relation == it.relation);
    related.sort_by_key(|it| weight(it).unwrap_or(RELATIONS.len()));
    for related in related.iter().take(CHARACTERS_MAX) {
        let path = ["v0", "characters", &related.id.to_string()];
        let Some(character): Option<Character> = server.get(&path, &[], None)? else { continue };
        let Some(target) = character.told("简体中文名") else { continue };
        let source = match wanted.from.primary() {
            "ja" => Some(character.name.clone()),
            _ => character.told("英文名"),
        };
        pairs.extend(source.map(|it| Pair::Character(it, target)));
    }
    Ok(pairs)
}

/// By title and year.
fn find(server: &Server<'_>, wanted: &Wanted<'_>) -> Result<Option<Subject>, Fault> {
    let work = wanted.work;
    let keyword = work.original_title.as_deref().unwrap_or(&work.title);
    let mut filter = json!({ "type": [ANIME, REAL] });
    if let Some(year) = work.year {
        let span = [format!(">={}-01-01", year - 1), format!("<{}-01-01", year + 2)];
        filter["air_date"] = json!(span);
    }
    let body = json!({ "keyword": keyword, "sort": "match", "filter": filter });
    let path = ["v0", "search", "subjects"];
    let found: Option<Found> = server.post(&path, &[("limit", RESULTS_MAX)], &body)?;
    let found = found.map_or_else(Vec::new, |it| it.data);
    let is_it = |it: &Subject| {
        let year = it.date.as_deref().and_then(year_of);
        wanted.is_it(&[&it.name, &it.name_cn], year)
    };
    let mut fitting = found.into_iter().filter(is_it);
    let first = fitting.next();
    Ok(first.filter(|_| work.year.is_some() || fitting.next().is_none()))
}

impl Character {
    /// What its infobox says under a key, or among its other names.
    fn told(&self, key: &str) -> Option<String> {
        let entries = self.infobox.as_deref().unwrap_or_default();
        let text =
            |it: &Value| it.as_str().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned);
        let own = entries.iter().filter(|it| it["key"] == key).find_map(|it| text(&it["value"]));
        let others = || {
            let lists = entries.iter().filter_map(|it| it["value"].as_array()).flatten();
            lists.filter(|it| it["k"] == key).find_map(|it| text(&it["v"]))
        };
        own.or_else(others)
    }
}
