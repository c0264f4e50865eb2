//! Fetching a model: one of the manifest, a language model of the owner's choice, or one that Ollama is to fetch.

use super::{OLLAMA, known, ollama_url, ollama_view, own_view, view};
use crate::api::models::{ModelState, ModelView};
use crate::app::config::Config;
use crate::base::cancel::Cancel;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::engines::fetch::{self, Wanted, Watch};
use crate::engines::llm::ollama;
use crate::engines::models::{self, Model};
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How soon an interruption is seen while a server says nothing.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// Reports of progress that may wait to be shown.
const REPORTS_MAX: usize = 16;
/// The end of the name of a language model's file.
const GGUF: &str = ".gguf";

/// What is to be fetched.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// A name of the manifest, `ollama:` with a name that Ollama knows, or the address of a GGUF file.
    pub name: &'a str,
    /// Take a model of the manifest from this file, or from this mirror where it is an address.
    pub from: Option<&'a Path>,
    /// The digest of a file that is given by its address, hexadecimal.
    pub sha256: Option<&'a str>,
}

/// Fetches a model into the data folder, or lets Ollama fetch it. `progress` is told bytes done and bytes in all. What
/// is there and right already is left.
///
/// # Errors
/// Where the name is unknown, nothing can be fetched, there is no room for it, the digest differs, the file is no
/// language model, or the owner interrupts.
pub fn pull(
    config: &Config,
    asked: Asked<'_>,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ModelView, Fault> {
    if let Some(name) = asked.name.strip_prefix(OLLAMA) {
        return by_ollama(&ollama_url(config), name, cancel, progress);
    }
    if asked.name.contains("://") {
        return own(config, asked, cancel, progress);
    }
    if asked.sha256.is_some() {
        return Err(Fault::operator(
            format!("the digest of `{}` is known already", asked.name),
            "name one only for the address of a file",
        ));
    }
    listed(config, asked, cancel, progress)
}

fn listed(
    config: &Config,
    asked: Asked<'_>,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ModelView, Fault> {
    let model = known(asked.name)?;
    let dirs = models::search_dirs(&config.data_dir);
    if let Some((path, _)) = models::locate(model, &dirs) {
        match models::verify(&path, model, cancel, progress) {
            Ok(()) => return Ok(ModelView { state: ModelState::Verified, ..view(model, &dirs) }),
            Err(fault) if cancel.is_set() => return Err(fault),
            // Damaged: it is fetched anew, into the owner's folder, which is looked at first.
            Err(_) => (),
        }
    }
    let source = source_of(model, asked.from)?;
    let target = config.data_dir.join("models").join(&model.file);
    let (bytes, sha256) = (model.bytes, model.sha256.clone());
    let watching = cancel.clone();
    let work = move |tell: &mut dyn FnMut(u64, u64)| {
        let wanted = Wanted { bytes, sha256: Some(&sha256), target: &target };
        let pause = &mut fetch::pause(&watching);
        let mut watch = Watch { cancel: &watching, progress: tell, pause };
        match source {
            Source::Web(addresses) => fetch::fetch(&addresses, &wanted, &mut watch),
            Source::File(path) => fetch::copy(&path, &wanted, &mut watch),
        }
    };
    watched(work, cancel, progress)?;
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

/// A language model of the owner's choice, by its address.
fn own(
    config: &Config,
    asked: Asked<'_>,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ModelView, Fault> {
    let sha256 = asked.sha256.map(digest).transpose()?;
    if asked.from.is_some() {
        let remedy = "leave out one of both";
        return Err(Fault::operator("an address and --from say two different things", remedy));
    }
    let target = config.data_dir.join("models").join(file_name(asked.name)?);
    if target.exists() {
        let what = format!("there is a file {} already", text::show_path(&target));
        return Err(Fault::operator(what, "remove it first with `kinora models remove`"));
    }
    let (address, path, watching) = (asked.name.to_owned(), target.clone(), cancel.clone());
    let work = move |tell: &mut dyn FnMut(u64, u64)| {
        let bytes = fetch::size_of(&address)?;
        let wanted = Wanted { bytes, sha256: sha256.as_deref(), target: &path };
        let pause = &mut fetch::pause(&watching);
        let mut watch = Watch { cancel: &watching, progress: tell, pause };
        fetch::fetch(&[address], &wanted, &mut watch)
    };
    watched(work, cancel, progress)?;
    if let Err(fault) = models::open_gguf(&target) {
        // What cannot be used would only stand in the way of the next try.
        let _ = std::fs::remove_file(&target);
        return Err(fault);
    }
    let state = if asked.sha256.is_some() { ModelState::Verified } else { ModelState::Present };
    Ok(ModelView { state, ..own_view(&target) })
}

fn digest(typed: &str) -> Result<String, Fault> {
    let typed = typed.trim().to_ascii_lowercase();
    let hex = typed.len() == 64 && typed.bytes().all(|it| it.is_ascii_hexdigit());
    hex.then_some(typed).ok_or_else(|| {
        Fault::operator("the digest is no SHA-256", "copy all of its 64 hexadecimal digits")
    })
}

/// The name of the file at an address, where it is one of a language model and nothing else.
fn file_name(address: &str) -> Result<&str, Fault> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-');
    let stem = name.strip_suffix(GGUF).filter(|it| !it.is_empty() && !it.starts_with('.'));
    if stem.is_none() || !name.bytes().all(plain) {
        return Err(Fault::operator(
            format!("{address} names no GGUF file"),
            "write the address of the file itself, which ends in .gguf",
        ));
    }
    Ok(name)
}

fn by_ollama(
    url: &str,
    name: &str,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ModelView, Fault> {
    if name.is_empty() {
        return Err(Fault::operator("no model is named", "write it as in ollama:qwen3:8b"));
    }
    let (address, model, watching) = (url.to_owned(), name.to_owned(), cancel.clone());
    let work = move |tell: &mut dyn FnMut(u64, u64)| {
        ollama::pull(&address, &model, &watching, &mut |_, done, total| tell(done, total))
    };
    watched(work, cancel, progress)?;
    let held = ollama::models(url).unwrap_or_default();
    let is_it = |it: &str| it == name || it.strip_suffix(":latest") == Some(name);
    let bytes = held.iter().find(|it| is_it(&it.name)).map_or(0, |it| it.bytes);
    Ok(ollama_view(name, bytes))
}

/// Runs a fetch on a thread of its own, so that an interruption is heard while a server stalls. An abandoned fetch sees
/// the interruption at its next step and ends.
fn watched(
    work: impl FnOnce(&mut dyn FnMut(u64, u64)) -> Result<(), Fault> + Send + 'static,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), Fault> {
    let (tell, told): (Sender<(u64, u64)>, _) = bounded(REPORTS_MAX);
    let (finish, finished) = bounded(1);
    let work = move || {
        // A report nobody has time for is left out.
        let result = work(&mut |done, total| {
            let _ = tell.try_send((done, total));
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_file() {
        for (address, name) in [
            ("https://example.org/a/Model-1.5B_Q4.gguf", Some("Model-1.5B_Q4.gguf")),
            ("https://example.org/a/model.gguf?download=true", Some("model.gguf")),
            ("https://example.org/a/model.bin", None),
            ("https://example.org/.gguf", None),
            ("https://example.org/..%2fx.gguf", None),
            ("https://example.org/", None),
        ] {
            assert_eq!(file_name(address).ok(), name, "{address}");
        }
    }

    #[test]
    fn a_digest_is_one_or_is_refused() {
        assert_eq!(digest(&"AB".repeat(32)), Ok("ab".repeat(32)));
        for typed in ["", "ab", &"g".repeat(64)] {
            assert!(digest(typed).is_err(), "{typed}");
        }
    }
}
