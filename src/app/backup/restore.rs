//! Putting a backup back: first a plan, then what it says. Whatever is replaced is kept beside under another name.

use super::create::{NAME_TRIES_MAX, text};
use super::list::Which;
use super::manifest::{CONFIGURATION, SETTINGS, TOKEN, WEBHOOK_SECRET};
use super::package::Package;
use super::verify::rebuild;
use super::{give, name};
use crate::api::backup::{Becomes, RestoreFile, RestoreView};
use crate::api::models::ModelState;
use crate::app::config::{Config, SETTINGS_FILE};
use crate::app::models;
use crate::base::cancel::Cancel;
use crate::base::clock;
use crate::base::disk::{self, TempFile};
use crate::base::text::{counted, show_path};
use crate::domain::fault::Fault;
use crate::store::{Hold, Present, Rebuild, StoreFile};
use std::fs;
use std::path::{Path, PathBuf};

/// After the name of a file for which there is no place yet, or whose place another one has.
const BESIDE: &str = "from-backup";

/// A plan, and what it is made of.
pub struct Restore {
    package: Package,
    /// What is put back beside the store.
    texts: Vec<Text>,
    /// The name that the store gets that is there.
    kept: PathBuf,
    view: RestoreView,
}

/// A small file.
struct Text {
    path: PathBuf,
    bytes: Vec<u8>,
    becomes: Becomes,
    kept_as: Option<PathBuf>,
}

/// What restoring a backup comes to; changes nothing. With `force` a whole store that is newer is replaced too.
///
/// # Errors
/// Where there is no such backup, it is damaged or of a newer Kinora, or a Kinora serves what is to be replaced.
pub fn plan(config: &Config, which: &Which, force: bool) -> Result<Restore, Fault> {
    let mut package = Package::open(&which.find(config)?)?;
    package.check_seal()?;
    Rebuild::can(package.manifest.schema)?;
    let present = Present::look(&config.data_dir)?;
    let now_unix_ms = clock::now_unix_ms();
    let texts = texts(config, &mut package, now_unix_ms)?;
    let refused = if force { None } else { refused(&present, package.manifest.made_unix_ms) };
    let store = config.data_dir.join(StoreFile::Daemon.name());
    let kept = aside(&store, now_unix_ms);
    let becomes = if present == Present::Nothing { Becomes::Made } else { Becomes::Replaced };
    let kept_as = (becomes == Becomes::Replaced).then_some(kept.as_path());
    let mut files = vec![file("store", &store, becomes, kept_as)];
    let words = [SETTINGS, TOKEN, WEBHOOK_SECRET, CONFIGURATION];
    files.extend(texts.iter().map(|(word, it)| {
        let what = words.iter().position(|name| name == word).map_or("", |at| WHAT[at]);
        file(what, &it.path, it.becomes, it.kept_as.as_deref())
    }));
    let view = RestoreView {
        backup: package.view(),
        present: told(&present),
        files,
        refused,
        done: false,
        hints: hints(config, &package, &texts)?,
        problems: Vec::new(),
    };
    let texts = texts.into_iter().map(|it| it.1).collect();
    Ok(Restore { package, texts, kept, view })
}

/// The parts in words, in the order of the plan.
const WHAT: [&str; 4] = ["settings", "token", "webhook secret", "configuration"];

impl Restore {
    /// The plan.
    pub fn view(&self) -> &RestoreView {
        &self.view
    }

    /// Does it, unless the plan says why not. The store is built beside the one that is there and looked through; only
    /// then things get their names, the store last.
    ///
    /// # Errors
    /// Where the plan refuses, the disk is full, or a Kinora began to serve meanwhile; then all that was there is
    /// there.
    pub fn apply(
        self,
        config: &Config,
        cancel: &Cancel,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<RestoreView, Fault> {
        let Restore { mut package, texts, kept, mut view } = self;
        if let Some(refused) = &view.refused {
            return Err(Fault::operator(refused, "look at the plan with --dry-run"));
        }
        let data = &config.data_dir;
        let failed = |path: &Path, err: std::io::Error| {
            let what = format!("{} cannot be written ({err})", show_path(path));
            Fault::operator(what, "see to that and restore again; what was there is there")
        };
        fs::create_dir_all(data).map_err(|it| failed(data, it))?;
        let rebuilt = rebuild(&mut package, data, cancel, progress)?;
        view.problems = rebuilt.problems().iter().map(|it| it.what.clone()).collect();
        give(rebuilt.path(), data);
        // Nobody begins to serve from here on.
        let hold = Hold::take(data)?;
        // All of it is on the disk before any of it has a name.
        let mut staged = Vec::new();
        for Text { path, bytes, becomes, kept_as } in &texts {
            if *becomes == Becomes::Same {
                continue;
            }
            let folder = disk::folder_of(path);
            fs::create_dir_all(folder).map_err(|it| failed(folder, it))?;
            let at = disk::temp_path(folder);
            let temp = TempFile::write(&at, bytes).map_err(|it| failed(path, it))?;
            give(&at, data);
            staged.push((path, kept_as, temp));
        }
        for (path, kept_as, temp) in staged {
            if let Some(kept) = kept_as {
                fs::rename(path, kept).map_err(|it| failed(path, it))?;
            }
            temp.replace(path).map_err(|it| failed(path, it))?;
        }
        rebuilt.put(&hold, &kept)?;
        view.done = true;
        Ok(view)
    }
}

fn file(what: &str, path: &Path, becomes: Becomes, kept_as: Option<&Path>) -> RestoreFile {
    let (what, path) = (what.to_owned(), show_path(path));
    RestoreFile { what, path, becomes, kept_as: kept_as.map(show_path) }
}

/// The name that something gets when something else takes its place. What was kept before stays: where one was in this
/// second, the name tells a later one.
fn aside(path: &Path, now_unix_ms: u64) -> PathBuf {
    let of = |unix_ms: u64| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".before-restore-{}", name::stamp(unix_ms)));
        path.with_file_name(name)
    };
    let mut names = (0..NAME_TRIES_MAX).map(|it| of(now_unix_ms + it * 1000));
    names.find(|it| fs::symlink_metadata(it).is_err()).unwrap_or_else(|| of(now_unix_ms))
}

/// What is put back beside the store, by its name in the backup. Paths are those of the configuration in force, never
/// those of the backup.
fn texts(
    config: &Config,
    package: &mut Package,
    now_unix_ms: u64,
) -> Result<Vec<(&'static str, Text)>, Fault> {
    let data = &config.data_dir;
    let beside = |name: &str| data.join(format!("{name}.{BESIDE}"));
    let places = [
        (SETTINGS, data.join(SETTINGS_FILE), false),
        (TOKEN, config.http.token_file.clone(), false),
        match &config.http.webhook_secret_file {
            Some(path) => (WEBHOOK_SECRET, path.clone(), false),
            None => (WEBHOOK_SECRET, beside(WEBHOOK_SECRET), true),
        },
        // An owner's own file: it is not for us to write over.
        (CONFIGURATION, beside(CONFIGURATION), true),
    ];
    let mut texts = Vec::new();
    for (name, path, is_beside) in places {
        let Some(bytes) = package.text(name)? else { continue };
        let there = text(&path)?;
        let in_force = config.source.as_deref().filter(|_| name == CONFIGURATION);
        let in_force = in_force.map(text).transpose()?.flatten();
        let becomes = match &there {
            _ if in_force.as_ref() == Some(&bytes) => Becomes::Same,
            Some(there) if *there == bytes => Becomes::Same,
            Some(_) if !is_beside => Becomes::Replaced,
            None if !is_beside => Becomes::Made,
            Some(_) | None => Becomes::Beside,
        };
        let kept = there.is_some() && becomes != Becomes::Same;
        let kept_as = kept.then(|| aside(&path, now_unix_ms));
        texts.push((name, Text { path, bytes, becomes, kept_as }));
    }
    Ok(texts)
}

/// Why a store is not replaced unless somebody insists.
fn refused(present: &Present, made_unix_ms: u64) -> Option<String> {
    match present {
        Present::Nothing | Present::Damaged(_) => None,
        Present::Newer(fault) => Some(format!("{}; --force replaces it", fault.what)),
        Present::Whole { changed_unix_ms, .. } => {
            let changed = changed_unix_ms.filter(|it| made_unix_ms < *it)?;
            let (changed, made) = (name::rfc3339(changed), name::rfc3339(made_unix_ms));
            Some(format!(
                "the store that is there is whole and newer: it changed at {changed}, the backup was made at {made}; \
                 --force replaces it, and keeps it under another name"
            ))
        }
    }
}

/// The store that is there.
fn told(present: &Present) -> String {
    match present {
        Present::Nothing => "there is no store yet".to_owned(),
        Present::Damaged(fault) | Present::Newer(fault) => fault.what.clone(),
        Present::Whole { changed_unix_ms, jobs, transcripts, terms } => {
            let jobs = counted(*jobs, "job", "jobs");
            let transcripts = counted(*transcripts, "transcript", "transcripts");
            let terms = counted(*terms, "term", "terms");
            let changed = changed_unix_ms.map_or("it never changed".to_owned(), |it| {
                format!("it changed at {} last", name::rfc3339(it))
            });
            format!("a whole store with {jobs}, {transcripts} and {terms}; {changed}")
        }
    }
}

/// What its owner should do or know.
fn hints(
    config: &Config,
    package: &Package,
    texts: &[(&'static str, Text)],
) -> Result<Vec<String>, Fault> {
    let mut hints = Vec::new();
    for (name, text) in texts.iter().filter(|it| it.1.becomes == Becomes::Beside) {
        let shown = show_path(&text.path);
        hints.push(match (*name, &package.manifest.configuration) {
            (CONFIGURATION, Some(was)) => format!(
                "the configuration of then, which was {was}, is put to {shown}: it is not in force; compare, and move \
                 it there where you want it again"
            ),
            _ => format!(
                "the webhook secret is put to {shown}: no http.webhook_secret_file is configured here"
            ),
        });
    }
    let here = models::list(config)?;
    let is_here =
        |name: &str| here.iter().any(|it| it.name == name && it.state != ModelState::Missing);
    let missing = package.manifest.models.iter().filter(|it| !is_here(&it.name));
    hints.extend(missing.map(|it| match &it.sha256 {
        Some(_) => format!("the model {0} is not here: `kinora models pull {0}`", it.name),
        None => format!("the model {} was your own and is not here", it.name),
    }));
    Ok(hints)
}
