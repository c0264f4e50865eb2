//! Models for the owner: which there are, fetching and checking them.

use super::config::Config;
use crate::api::models::{ModelState, ModelView};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::engines::fetch::{self, Wanted, Watch};
use crate::engines::models::{self, Kind, Manifest, Model};
use crossbeam::channel::{Receiver, RecvTimeoutError, bounded};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How soon an interruption is seen while a server says nothing.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// Reports of progress that may wait to be shown.
const REPORTS_MAX: usize = 16;

/// All models Kinora knows, and whether they are here. Digests are not computed; see [`verify`].
///
/// # Errors
/// None so far.
pub fn list(config: &Config) -> Result<Vec<ModelView>, Fault> {
    let dirs = models::search_dirs(&config.data_dir);
    Ok(Manifest::embedded().models.iter().map(|it| view(it, &dirs)).collect())
}

fn view(model: &Model, dirs: &[PathBuf]) -> ModelView {
    let there = models::locate(model, dirs);
    let state = match &there {
        None => ModelState::Missing,
        Some((_, bytes)) if *bytes == model.bytes => ModelState::Present,
        Some(_) => ModelState::Damaged,
    };
    let problem = there.as_ref().filter(|(_, bytes)| *bytes != model.bytes);
    ModelView {
        name: model.name.clone(),
        kind: model.kind.to_string(),
        bytes: model.bytes,
        languages: model.languages.to_string(),
        licence: model.licence.clone(),
        state,
        memory_mib: model.memory_mib,
        shipped: model.shipped,
        problem: problem.map(|(_, bytes)| {
            format!("its file has {bytes} of {} bytes; pull it again", model.bytes)
        }),
        path: there.map(|(path, _)| path),
    }
}

/// Fetches a model into the data folder: from its sources, from a file (`from` is a path) or from a mirror (`from`
/// is an address). `progress` is told bytes done and bytes in all. What is there and right already is left.
///
/// # Errors
/// Where the name is unknown, nothing can be fetched, the digest differs, or the owner interrupts.
pub fn pull(
    config: &Config,
    name: &str,
    from: Option<&Path>,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ModelView, Fault> {
    let model = known(name)?;
    let dirs = models::search_dirs(&config.data_dir);
    if let Some((path, _)) = models::locate(model, &dirs) {
        match models::verify(&path, model, cancel, progress) {
            Ok(()) => return Ok(ModelView { state: ModelState::Verified, ..view(model, &dirs) }),
            Err(fault) if cancel.is_set() => return Err(fault),
            // Damaged: it is fetched anew, into the owner's folder, which is looked at first.
            Err(_) => (),
        }
    }
    let source = source_of(model, from)?;
    let target = config.data_dir.join("models").join(&model.file);
    watched(source, model, target, cancel, progress)?;
    Ok(ModelView { state: ModelState::Verified, ..view(model, &dirs) })
}

/// Where a model is taken from.
enum Source {
    Web(Vec<String>),
    File(PathBuf),
}

fn source_of(model: &Model, from: Option<&Path>) -> Result<Source, Fault> {
    let Some(from) = from else {
        if model.sources.is_empty() {
            return Err(Fault::operator(
                format!("model `{}` comes with Kinora; there is no download of it", model.name),
                "install Kinora again, or take it from a file with --from",
            ));
        }
        return Ok(Source::Web(model.sources.clone()));
    };
    Ok(match from.to_str().filter(|it| it.contains("://")) {
        Some(address) => Source::Web(vec![address.to_owned()]),
        None => Source::File(from.to_owned()),
    })
}

/// Runs the fetch on a thread of its own, so that an interruption is heard while a server stalls. An abandoned fetch
/// sees the interruption at its next step and ends.
fn watched(
    source: Source,
    model: &'static Model,
    target: PathBuf,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), Fault> {
    let (tell, told) = bounded(REPORTS_MAX);
    let (finish, finished) = bounded(1);
    let watching = cancel.clone();
    let work = move || {
        let wanted = Wanted { bytes: model.bytes, sha256: &model.sha256, target: &target };
        let mut watch = Watch {
            cancel: &watching,
            // A report nobody has time for is left out.
            progress: &mut |done, total| {
                let _ = tell.try_send((done, total));
            },
            pause: &mut fetch::pause(&watching),
        };
        let result = match source {
            Source::Web(addresses) => fetch::fetch(&addresses, &wanted, &mut watch),
            Source::File(path) => fetch::copy(&path, &wanted, &mut watch),
        };
        // Fails only where nobody waits any more.
        let _ = finish.send(result);
    };
    std::thread::Builder::new().name("fetch".to_owned()).spawn(work).map_err(|err| {
        Fault::transient(format!("no thread could be started ({err})"), "try again")
    })?;
    wait(&told, &finished, cancel, progress)
}

fn wait(
    told: &Receiver<(u64, u64)>,
    finished: &Receiver<Result<(), Fault>>,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), Fault> {
    loop {
        let result = finished.recv_timeout(LOOK_INTERVAL);
        if let Some((done, total)) = told.try_iter().last() {
            progress(done, total);
        }
        match result {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) if cancel.is_set() => {
                let remedy = "run it again: it goes on where it stopped";
                return Err(Fault::transient("the download was interrupted", remedy));
            }
            Err(RecvTimeoutError::Timeout) => (),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Fault::bug("the download ended without a result"));
            }
        }
    }
}

/// Reads models through and compares their digests: the named one, or all that are here. `progress` is told the model's
/// name, bytes done and bytes in all. A damaged model is a result, with its `problem`.
///
/// # Errors
/// Where the name is unknown or not here, or the owner interrupts.
pub fn verify(
    config: &Config,
    name: Option<&str>,
    cancel: &Cancel,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<Vec<ModelView>, Fault> {
    let dirs = models::search_dirs(&config.data_dir);
    let chosen: Vec<&Model> = match name {
        Some(name) => vec![known(name)?],
        None => Manifest::embedded().models.iter().collect(),
    };
    let mut views = Vec::new();
    for model in chosen {
        let Some((path, _)) = models::locate(model, &dirs) else {
            if name.is_some() {
                let remedy = format!("run `kinora models pull {}`", model.name);
                let what = format!("model `{}` is not installed", model.name);
                return Err(Fault::operator(what, remedy));
            }
            continue;
        };
        let mut tell = |done, total| progress(&model.name, done, total);
        let result = models::verify(&path, model, cancel, &mut tell);
        let (state, problem) = match result {
            Ok(()) => (ModelState::Verified, None),
            Err(fault) if cancel.is_set() => return Err(fault),
            Err(fault) => (ModelState::Damaged, Some(fault.to_string())),
        };
        views.push(ModelView { state, problem, ..view(model, &dirs) });
    }
    Ok(views)
}

fn known(name: &str) -> Result<&'static Model, Fault> {
    Manifest::embedded().get(name).ok_or_else(|| models::unknown(name, Kind::Whisper))
}
