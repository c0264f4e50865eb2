//! Sonarr's and Radarr's webhooks, which have paths and the language a title was made in. Both imports, of one file and
//! of several, are `Download`; old versions name files by their folder only.

use super::super::lang::Lang;
use super::{Hint, Hook, Source, Thing, Unreadable, fields, no_json, nothing, quoted};
use serde_json::Value;

/// Reads a message of either.
pub(super) fn read(source: Source, content: &str) -> Result<Hook, Unreadable> {
    let json = fields::object(content).ok_or_else(|| no_json(source))?;
    let Some(event) = fields::text(&json, &["eventType"]) else {
        return Ok(nothing(source, "the message names no event"));
    };
    let title = fields::text(&json, &["series", "title"])
        .or_else(|| fields::text(&json, &["movie", "title"]));
    let title = title.map_or_else(|| "a title".to_owned(), |it| quoted(&it));
    let is = |names: &[&str]| names.iter().any(|it| fields::same(it, &event));
    let (hints, told) = if is(&["Test"]) {
        (vec![Hint::Test], "it tries whether it is heard".to_owned())
    } else if is(&["Download"]) {
        (imported(&json), format!("{title} was imported"))
    } else if is(&["Rename"]) {
        (vec![renamed(&json)], format!("files of {title} were renamed"))
    } else if is(&["EpisodeFileDelete", "MovieFileDelete"]) {
        let gone = files(&json).chain(of_folder(&json)).take(1);
        (vec![Hint::Gone(gone.map(Thing::Path).collect())], format!("a file of {title} is gone"))
    } else if is(&["SeriesDelete", "MovieDelete"]) {
        let gone = of_folder(&json).map(Thing::Path);
        (vec![Hint::Gone(gone.into_iter().collect())], format!("{title} was deleted"))
    } else {
        return Ok(nothing(source, format!("{} is nothing to Kinora", quoted(&event))));
    };
    Ok(Hook { hints, told: format!("{source}: {told}") })
}

/// The folder of the series or film.
fn of_folder(json: &Value) -> Option<String> {
    let series = fields::text(json, &["series", "path"]);
    series.or_else(|| fields::text(json, &["movie", "folderPath"]))
}

/// The files a message is about.
fn files(json: &Value) -> impl Iterator<Item = String> {
    let folder = of_folder(json);
    let one = ["episodeFile", "movieFile"].into_iter().filter_map(|it| fields::value(json, &[it]));
    let several =
        ["episodeFiles", "movieFiles"].into_iter().flat_map(|it| fields::list(json, &[it]));
    one.chain(several).filter_map(move |file| path_of(file, folder.as_deref()))
}

/// A file's path; that of its folder and its name there in old versions.
fn path_of(file: &Value, folder: Option<&str>) -> Option<String> {
    fields::text(file, &["path"]).or_else(|| {
        let below = fields::text(file, &["relativePath"])?;
        folder.map(|it| joined(it, &below))
    })
}

/// Joins in the way of the system the folder is of.
fn joined(folder: &str, below: &str) -> String {
    let is_windows = folder.contains('\\') && !folder.contains('/');
    let mark = if is_windows { '\\' } else { '/' };
    format!("{}{mark}{}", folder.trim_end_matches(mark), below.trim_start_matches(mark))
}

fn imported(json: &Value) -> Vec<Hint> {
    let original = ["series", "movie"].into_iter().find_map(|it| {
        let name = fields::text(json, &[it, "originalLanguage", "name"]);
        name.or_else(|| fields::text(json, &[it, "originalLanguage"]))
    });
    let original = original.and_then(|it| Lang::parse(&it).ok());
    let folder = of_folder(json);
    let mut paths: Vec<String> = files(json).collect();
    if paths.is_empty() {
        paths.extend(fields::text(json, &["movie", "filePath"]));
    }
    paths.dedup();
    let arrived = |path| Hint::Arrived { what: Thing::Path(path), original: original.clone() };
    let mut hints: Vec<Hint> = paths.into_iter().map(arrived).collect();
    if hints.is_empty() {
        hints.push(Hint::Look(folder.clone().map(Thing::Path)));
    }
    let replaced = fields::list(json, &["deletedFiles"]).iter();
    let replaced = replaced.filter_map(|it| path_of(it, folder.as_deref())).map(Thing::Path);
    let replaced: Vec<Thing> = replaced.take(super::FILES_MAX).collect();
    if !replaced.is_empty() {
        hints.push(Hint::Gone(replaced));
    }
    hints
}

fn renamed(json: &Value) -> Hint {
    let folder = of_folder(json);
    let lists = ["renamedEpisodeFiles", "renamedMovieFiles"];
    let files = lists.into_iter().flat_map(|it| fields::list(json, &[it])).take(super::FILES_MAX);
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for file in files {
        let before = fields::text(file, &["previousPath"]).or_else(|| {
            let below = fields::text(file, &["previousRelativePath"])?;
            folder.as_deref().map(|it| joined(it, &below))
        });
        from.extend(before);
        to.extend(path_of(file, folder.as_deref()));
    }
    if from.is_empty() && to.is_empty() {
        return Hint::Look(folder.map(Thing::Path));
    }
    Hint::Renamed { from, to }
}
