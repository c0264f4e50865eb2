//! Models for the owner: which there are, fetching, checking and removing them.

mod pull;
mod remove;

pub use pull::{Asked, pull};
pub use remove::{Removal, removal, remove};

use super::config::{Config, Setting};
use crate::api::models::{ModelState, ModelView};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::engines::llm::ollama;
use crate::engines::models::{self, Gguf, Manifest, Model};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What stands before the name of a model that Ollama keeps.
const OLLAMA: &str = "ollama:";
/// Where Ollama listens unless something else is said.
const OLLAMA_URL: &str = "http://127.0.0.1:11434";
const MIB: u64 = 1024 * 1024;

/// All models Kinora knows, whether they are here, and language models of the owner's own. Digests are not computed;
/// see [`verify`].
///
/// # Errors
/// None so far.
pub fn list(config: &Config) -> Result<Vec<ModelView>, Fault> {
    let dirs = models::search_dirs(&config.data_dir);
    let known = Manifest::embedded().models.iter().map(|it| view(it, &dirs));
    let own = models::own_files(&dirs);
    Ok(known.chain(own.iter().map(|it| own_view(it))).collect())
}

/// The models that Ollama has, where it answers at once: none is no fault.
pub fn list_ollama(config: &Config) -> Vec<ModelView> {
    let held = ollama::models(&ollama_url(config)).unwrap_or_default();
    held.into_iter().map(|it| ollama_view(&it.name, it.bytes)).collect()
}

/// Where Ollama is: as the first translator of its kind says, or `OLLAMA_BASE_URL`, or `OLLAMA_HOST` as its own program
/// understands it, or this machine.
fn ollama_url(config: &Config) -> String {
    let configured = config.translators.iter().find_map(|it| match &it.kind {
        Setting::Ollama { url, .. } => Some(url.clone()),
        Setting::OpenAi { .. } | Setting::Local { .. } => None,
    });
    if let Some(url) = configured {
        return url;
    }
    let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty());
    url_of(set("OLLAMA_BASE_URL").or_else(|| set("OLLAMA_HOST")))
}

fn url_of(set: Option<OsString>) -> String {
    let Some(host) = set.and_then(|it| it.into_string().ok()) else { return OLLAMA_URL.to_owned() };
    let host = host.trim().trim_end_matches('/');
    if host.contains("://") {
        return host.to_owned();
    }
    // What a server listens on as "everywhere" is reached here.
    let host = host.replacen("0.0.0.0", "127.0.0.1", 1);
    if host.contains(':') { format!("http://{host}") } else { format!("http://{host}:11434") }
}

fn ollama_view(name: &str, bytes: u64) -> ModelView {
    ModelView {
        name: format!("{OLLAMA}{name}"),
        kind: "translate".to_owned(),
        bytes,
        languages: String::new(),
        licence: String::new(),
        state: ModelState::Present,
        memory_mib: bytes / MIB,
        shipped: false,
        problem: None,
        path: None,
    }
}

/// A language model of the owner's own.
fn own_view(path: &Path) -> ModelView {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = std::fs::metadata(path).map_or(0, |it| it.len());
    let told = models::inspect_gguf(path);
    let problem = match &told {
        Ok(gguf) => gguf.obstacle(),
        Err(fault) => Some(fault.to_string()),
    };
    let languages = told.as_ref().ok().map(Gguf::shown).unwrap_or_default();
    ModelView {
        name: stem,
        kind: "translate".to_owned(),
        bytes,
        languages,
        licence: String::new(),
        state: if told.is_ok() { ModelState::Present } else { ModelState::Damaged },
        // Twice the weights, as for those of the manifest.
        memory_mib: 5 * bytes / 2 / MIB,
        shipped: false,
        problem,
        path: Some(path.to_owned()),
    }
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

/// Reads models through and compares their digests: the named one, or all that are here. `progress` is told the model's
/// name, bytes done and bytes in all. A damaged model is a result, with its `problem`. Nobody knows the digest of a
/// language model of the owner's own: it is only looked at whether all of it is there.
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
    let own = models::own_files(&dirs);
    let of_name = |path: &&PathBuf| name.is_none_or(|it| is_named(path, it));
    let mut views: Vec<ModelView> = own.iter().filter(of_name).map(|it| own_view(it)).collect();
    let chosen: Vec<&Model> = match name {
        Some(_) if !views.is_empty() => return Ok(views),
        Some(name) => vec![known(name)?],
        None => Manifest::embedded().models.iter().collect(),
    };
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
    Manifest::embedded().get(name).ok_or_else(|| models::unknown(name, None))
}

/// True where a file of the owner's own is meant by this name.
fn is_named(path: &Path, name: &str) -> bool {
    let is = |part: Option<&std::ffi::OsStr>| part.is_some_and(|it| it == name);
    is(path.file_name()) || is(path.file_stem())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ollama_is_found_as_its_own_program_finds_it() {
        for (set, url) in [
            (None, OLLAMA_URL),
            (Some("10.0.0.5"), "http://10.0.0.5:11434"),
            (Some("0.0.0.0:11434"), OLLAMA_URL),
            (Some("http://nas:11434/"), "http://nas:11434"),
            (Some("https://models.example/ollama"), "https://models.example/ollama"),
        ] {
            assert_eq!(url_of(set.map(OsString::from)), url, "{set:?}");
        }
    }
}
