//! Removing a model: only a file of the data folder, and only after it was shown which.

use super::{OLLAMA, is_named};
use crate::app::config::Config;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::engines::models::{self, Manifest};
use std::path::{Path, PathBuf};

/// What would be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The files: the model, and what an interrupted download of it left.
    pub files: Vec<PathBuf>,
    /// What that frees.
    pub bytes: u64,
    /// What stops working without it, as a sentence.
    pub warning: Option<String>,
}

/// Says what removing a model would remove; removes nothing.
///
/// # Errors
/// Where the name is unknown or its file is not Kinora's to remove.
pub fn removal(config: &Config, name: &str) -> Result<Removal, Fault> {
    if let Some(model) = name.strip_prefix(OLLAMA) {
        return Err(Fault::operator(
            format!("`{model}` is Ollama's, not Kinora's"),
            format!("remove it with `ollama rm {model}`"),
        ));
    }
    let folder = config.data_dir.join("models");
    let known = Manifest::embedded().get(name);
    let own = models::own_files(std::slice::from_ref(&folder));
    let target = match known {
        Some(model) => folder.join(&model.file),
        None => match own.iter().find(|it| is_named(it, name)) {
            Some(path) => path.clone(),
            // A name is a name: it never leads out of the folder.
            None if name.contains('/') => return Err(outside(Path::new(name), &folder)),
            None => folder.join(format!("{name}.gguf")),
        },
    };
    let mut part = target.clone().into_os_string();
    part.push(".part");
    let files: Vec<PathBuf> =
        [target, part.into()].into_iter().filter(|it| it.symlink_metadata().is_ok()).collect();
    if files.is_empty() {
        let elsewhere = known.and_then(|it| {
            models::locate(it, &models::search_dirs(&config.data_dir)).map(|(path, _)| path)
        });
        return Err(match (elsewhere, known) {
            (Some(path), _) => outside(&path, &folder),
            (None, Some(_)) => {
                Fault::operator(format!("model `{name}` is not installed"), "nothing is to do")
            }
            (None, None) => models::unknown(name, None),
        });
    }
    let bytes = files.iter().filter_map(|it| it.symlink_metadata().ok()).map(|it| it.len()).sum();
    let listens =
        known.is_some_and(|it| it.name == config.listen.model || it.file == config.listen.model);
    let warning = listens.then(|| "the configuration names it to listen with".to_owned());
    Ok(Removal { files, bytes, warning })
}

fn outside(path: &Path, folder: &Path) -> Fault {
    let (path, folder) = (text::show_path(path), text::show_path(folder));
    Fault::operator(
        format!("{path} does not lie in {folder}"),
        "remove it with whatever put it there",
    )
}

/// Removes what [`removal`] told.
///
/// # Errors
/// Where a file cannot be removed.
pub fn remove(removal: &Removal) -> Result<(), Fault> {
    for path in &removal.files {
        std::fs::remove_file(path).map_err(|err| {
            let what = format!("{} cannot be removed ({err})", text::show_path(path));
            Fault::operator(what, "check that the user Kinora runs as may write there")
        })?;
    }
    Ok(())
}
