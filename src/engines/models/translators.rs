//! Language models for translation: GGUF files, of the manifest or the owner's own.

use super::gguf::{self, Gguf};
use super::header::Flaw;
use super::manifest::{Kind, Manifest, Model};
use super::{check_size, locate, remedy, unknown, wrong_kind};
use crate::base::text;
use crate::domain::fault::Fault;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A language model that is there, whole and of a kind that translates here. Its digest was not computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundGguf {
    /// Where.
    pub path: PathBuf,
    /// What the manifest says of it; `None` for weights of the owner's own.
    pub model: Option<&'static Model>,
    /// What the file says of itself.
    pub gguf: Gguf,
}

impl FoundGguf {
    /// The name it is found by.
    pub fn name(&self) -> String {
        let stem = || self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.model.map_or_else(stem, |it| it.name.clone())
    }

    /// What the weights are, for a recipe: equal identities mean equal weights. Weights of the owner's own are read
    /// through for it.
    ///
    /// # Errors
    /// Where such a file cannot be read.
    pub fn identity(&self) -> Result<String, Fault> {
        super::identity(&self.path, self.model)
    }
}

/// Finds a language model: by the manifest's name or file name, by the name of a file in one of the folders with or
/// without `.gguf`, or by a path (whatever has a `/` in it).
///
/// # Errors
/// Where it is missing, truncated, or cannot translate here, each told apart, with what to do.
pub fn find_gguf(name: &str, dirs: &[PathBuf]) -> Result<FoundGguf, Fault> {
    if name.contains('/') {
        return own(Path::new(name));
    }
    match Manifest::embedded().get(name) {
        Some(model) if model.kind == Kind::Translate => listed(model, dirs),
        Some(_) => Err(wrong_kind(name, Kind::Translate)),
        None => {
            let files = [name.to_owned(), format!("{name}.gguf")];
            let files = files.iter().filter(|it| it.ends_with(".gguf"));
            let mut paths = files.flat_map(|file| dirs.iter().map(move |dir| dir.join(file)));
            let path = paths
                .find(|it| it.is_file())
                .ok_or_else(|| unknown(name, Some(Kind::Translate)))?;
            own(&path)
        }
    }
}

/// Language models in these folders that can translate here, the best first: those of the manifest in its order from
/// the last, which are its largest, then the owner's own by their size.
pub fn installed_translators(dirs: &[PathBuf]) -> Vec<FoundGguf> {
    let models = Manifest::embedded().models.iter().rev().filter(|it| it.kind == Kind::Translate);
    let mut found: Vec<FoundGguf> = models.filter_map(|it| listed(it, dirs).ok()).collect();
    let mut own: Vec<FoundGguf> =
        own_files(dirs).iter().filter_map(|it| self::own(it).ok()).collect();
    own.sort_by(|one, other| {
        other.gguf.parameters.cmp(&one.gguf.parameters).then(one.path.cmp(&other.path))
    });
    found.extend(own);
    found
}

/// GGUF files in these folders that are not of the manifest, sorted by path.
pub fn own_files(dirs: &[PathBuf]) -> Vec<PathBuf> {
    let entries = dirs.iter().filter_map(|dir| std::fs::read_dir(dir).ok()).flatten();
    let paths = entries.filter_map(|it| Some(it.ok()?.path()));
    let mut files: Vec<PathBuf> = paths
        .filter(|path| {
            let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
            let hidden = name.starts_with('.');
            !hidden
                && name.ends_with(".gguf")
                && Manifest::embedded().get(name).is_none()
                && path.is_file()
        })
        .collect();
    files.sort();
    files
}

fn listed(model: &'static Model, dirs: &[PathBuf]) -> Result<FoundGguf, Fault> {
    let Some((path, bytes)) = locate(model, dirs) else {
        let what = format!("model `{}` is not installed", model.name);
        return Err(Fault::operator(what, remedy(model)));
    };
    check_size(model, bytes)?;
    let (gguf, _) = open_gguf(&path)?;
    Ok(FoundGguf { path, model: Some(model), gguf })
}

fn own(path: &Path) -> Result<FoundGguf, Fault> {
    let (gguf, _) = open_gguf(path)?;
    Ok(FoundGguf { path: path.to_owned(), model: None, gguf })
}

/// What a GGUF file says of itself, whether or not it can translate.
///
/// # Errors
/// Where it is unreadable, truncated, damaged or something else, each told apart.
pub fn inspect_gguf(path: &Path) -> Result<Gguf, Fault> {
    gguf::inspect(path).map(|(gguf, _)| gguf).map_err(|flaw| flawed(path, flaw))
}

/// Opens weights for the decoder, after a look at all that says how large they are.
///
/// # Errors
/// As [`inspect_gguf`], and where it cannot translate here.
pub fn open_gguf(path: &Path) -> Result<(Gguf, File), Fault> {
    let (gguf, file) = gguf::inspect(path).map_err(|flaw| flawed(path, flaw))?;
    match gguf.obstacle() {
        Some(why) => Err(refused_by_decoder(path, &why)),
        None => Ok((gguf, file)),
    }
}

/// Said of a whole file that does not translate here.
pub(in crate::engines) fn refused_by_decoder(path: &Path, why: &str) -> Fault {
    let shown = text::show_path(path);
    Fault::operator(
        format!("the model {shown} cannot translate here: {why}"),
        "choose one of kind translate from `kinora models list`, or run it in Ollama",
    )
}

fn flawed(path: &Path, flaw: Flaw) -> Fault {
    match flaw {
        Flaw::Other(what) => Fault::operator(
            format!("{} is {what}, not a language model", text::show_path(path)),
            "name a model in the GGUF format",
        ),
        flaw @ (Flaw::Unreadable(_) | Flaw::Odd(_) | Flaw::Truncated { .. }) => {
            super::flawed(path, flaw)
        }
    }
}
