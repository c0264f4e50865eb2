//! TheMovieDB, version 3 of its API: the credits of a film or a series, asked for once in each language.

use super::ask::Server;
use super::{Pair, Wanted, year_of};
use crate::domain::characters::{CHARACTERS_MAX, names_of_role};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What something is to TheMovieDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Film,
    Series,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Film => "movie",
            Kind::Series => "tv",
        }
    }

    /// Credits: of a series those of all its seasons.
    fn credits(self) -> &'static str {
        match self {
            Kind::Film => "credits",
            Kind::Series => "aggregate_credits",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Found {
    results: Vec<Entry>,
    movie_results: Vec<Entry>,
    tv_results: Vec<Entry>,
}

/// A film, or a series: its title is called its name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    id: u64,
    title: Option<String>,
    name: Option<String>,
    original_title: Option<String>,
    original_name: Option<String>,
    release_date: Option<String>,
    first_air_date: Option<String>,
    credits: Credits,
    aggregate_credits: Credits,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Credits {
    cast: Vec<Actor>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Actor {
    character: Option<String>,
    credit_id: Option<String>,
    roles: Vec<Role>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Role {
    character: Option<String>,
    credit_id: Option<String>,
}

impl Entry {
    fn title(&self) -> Option<&str> {
        self.title.as_deref().or(self.name.as_deref())
    }

    fn titles(&self) -> Vec<&str> {
        let all = [&self.title, &self.name, &self.original_title, &self.original_name];
        all.into_iter().flatten().map(String::as_str).collect()
    }

    fn year(&self) -> Option<u16> {
        self.release_date.as_deref().or(self.first_air_date.as_deref()).and_then(year_of)
    }

    /// What each credit is called, in the order of importance.
    fn roles(&self) -> Vec<(&str, &str)> {
        let cast = self.credits.cast.iter().chain(&self.aggregate_credits.cast);
        let roles = cast.flat_map(|it| {
            let own = (it.credit_id.as_deref(), it.character.as_deref());
            let more = it.roles.iter().map(|it| (it.credit_id.as_deref(), it.character.as_deref()));
            std::iter::once(own).chain(more)
        });
        roles.filter_map(|(id, character)| Some((id?, character?))).collect()
    }
}

/// Names in both languages; none where it does not know the work.
pub(super) fn pairs(server: &Server<'_>, wanted: &Wanted<'_>) -> Result<Vec<Pair>, Fault> {
    let Some((kind, id)) = find(server, wanted)? else { return Ok(Vec::new()) };
    let id = id.to_string();
    let details = |lang: &Lang| -> Result<Option<Entry>, Fault> {
        let query =
            [("language", language(lang)), ("append_to_response", kind.credits().to_owned())];
        ask(server, &[kind.word(), &id], &query)
    };
    let (Some(source), Some(target)) = (details(wanted.from)?, details(wanted.to)?) else {
        return Ok(Vec::new());
    };
    let titles = source.title().zip(target.title());
    let mut pairs: Vec<Pair> =
        titles.map(|(a, b)| Pair::Title(a.to_owned(), b.to_owned())).into_iter().collect();
    let there: BTreeMap<&str, &str> = target.roles().into_iter().collect();
    for (credit, role) in source.roles().into_iter().take(CHARACTERS_MAX) {
        let (here, there) =
            (names_of_role(role), there.get(credit).map_or_else(Vec::new, |it| names_of_role(it)));
        if here.len() == there.len() {
            pairs.extend(here.into_iter().zip(there).map(|(a, b)| Pair::Character(a, b)));
        }
    }
    Ok(pairs)
}

/// By a number that is known, or by title and year.
fn find(server: &Server<'_>, wanted: &Wanted<'_>) -> Result<Option<(Kind, u64)>, Fault> {
    let work = wanted.work;
    let kind = if work.episode.is_some() { Kind::Series } else { Kind::Film };
    if let Some(id) = work.tmdb {
        return Ok(Some((kind, id)));
    }
    let tvdb = work.tvdb.filter(|_| kind == Kind::Series).map(|it| it.to_string());
    for (id, source) in [(&work.imdb, "imdb_id"), (&tvdb, "tvdb_id")] {
        let Some(id) = id else { continue };
        let query = [("external_source", source.to_owned())];
        let found: Option<Found> = ask(server, &["find", id], &query)?;
        let found = found.unwrap_or_default();
        let first = match kind {
            Kind::Film => found.movie_results.first(),
            Kind::Series => found.tv_results.first(),
        };
        if let Some(first) = first {
            return Ok(Some((kind, first.id)));
        }
    }
    let mut query = vec![("query", work.title.clone()), ("language", language(wanted.from))];
    query.extend(work.year.map(|it| {
        let key = if kind == Kind::Film { "year" } else { "first_air_date_year" };
        (key, it.to_string())
    }));
    let found: Option<Found> = ask(server, &["search", kind.word()], &query)?;
    let found = found.unwrap_or_default().results;
    let mut fitting = found.iter().filter(|it| wanted.is_it(&it.titles(), it.year()));
    // Without a year two of one name cannot be told apart.
    let first = fitting.next();
    let sure = first.filter(|_| work.year.is_some() || fitting.next().is_none());
    Ok(sure.map(|it| (kind, it.id)))
}

/// Keys of version 4 are tokens in a header, those of version 3 stand in the query.
fn ask<T: serde::de::DeserializeOwned>(
    server: &Server<'_>,
    path: &[&str],
    query: &[(&str, String)],
) -> Result<Option<T>, Fault> {
    let path: Vec<&str> = std::iter::once("3").chain(path.iter().copied()).collect();
    let mut query: Vec<(&str, &str)> = query.iter().map(|(key, it)| (*key, it.as_str())).collect();
    let is_token = |it: &&str| it.contains('.');
    let key = server.key();
    query.extend(key.filter(|it| !is_token(it)).map(|it| ("api_key", it)));
    server.get(&path, &query, key.filter(is_token))
}

/// As TheMovieDB calls a language: ISO 639-1, with a region where one makes a difference.
fn language(lang: &Lang) -> String {
    match (lang.primary(), lang.script(), lang.region()) {
        ("zh", _, Some(region @ ("CN" | "TW" | "HK" | "SG"))) => format!("zh-{region}"),
        ("zh", Some("Hant"), _) => "zh-TW".to_owned(),
        ("zh", _, _) => "zh-CN".to_owned(),
        (primary, _, Some(region)) if region.len() == 2 => format!("{primary}-{region}"),
        (primary, _, _) => primary.to_owned(),
    }
}
