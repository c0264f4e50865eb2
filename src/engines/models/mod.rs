//! Weights: the manifest, where they are sought, and whether they are what they say.

mod header;
mod gguf;
mod manifest;
mod translators;
#[cfg(test)]
mod tests;

pub use gguf::Gguf;
pub use header::{Header, Shape};
pub use manifest::{Kind, Languages, Manifest, Model};
pub(super) use translators::refused_by_decoder;
pub use translators::{
    FoundGguf, find_gguf, inspect_gguf, installed_translators, open_gguf, own_files,
};

use crate::base::cancel::Cancel;
use crate::base::text;
use crate::domain::fault::Fault;
use header::Flaw;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Name of the speech model that comes with Kinora.
pub const DEFAULT_MODEL: &str = "base-q8_0";
/// Name of the voice activity model that comes with Kinora.
pub const DEFAULT_VAD: &str = "silero-v6";

/// Bytes read at a time while a digest is computed.
const CHUNK_BYTES: usize = 256 * 1024;

/// Weights that are there, of the right kind and length. Their digest was not computed; see [`verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub path: PathBuf,
    /// What the manifest says of it; `None` for weights of the owner's own.
    pub model: Option<&'static Model>,
    /// What the file says of itself.
    pub header: Header,
}

impl Found {
    /// True where it knows more than English.
    pub fn multilingual(&self) -> bool {
        matches!(self.header, Header::Whisper(shape) if shape.multilingual())
    }

    /// What the weights are, for a recipe: equal identities mean equal weights. Weights of the owner's own are read
    /// through for it.
    ///
    /// # Errors
    /// Where such a file cannot be read.
    pub fn identity(&self) -> Result<String, Fault> {
        identity(&self.path, self.model)
    }
}

fn identity(path: &Path, model: Option<&Model>) -> Result<String, Fault> {
    if let Some(model) = model {
        return Ok(format!("sha256:{}", model.sha256));
    }
    let mut hasher = blake3::Hasher::new();
    let read = File::open(path).and_then(|it| hasher.update_reader(it).map(drop));
    read.map_err(|err| unreadable(path, &err))?;
    Ok(format!("blake3:{}", hasher.finalize().to_hex()))
}

/// Folders in which weights are sought, in this order: the owner's, the installed ones beside the program and of the
/// system, and those of the checkout the program was built in.
pub fn search_dirs(data_dir: &Path) -> Vec<PathBuf> {
    let mut dirs = vec![data_dir.join("models")];
    dirs.extend(installed_dirs());
    let mut seen = Vec::new();
    dirs.retain(|dir| {
        let new = !seen.contains(dir);
        seen.push(dir.clone());
        new
    });
    dirs
}

/// Where weights that come with Kinora may lie: beside the program, in the system, in the checkout it was built in.
fn installed_dirs() -> Vec<PathBuf> {
    let program = std::env::current_exe().ok();
    let prefix = program.as_deref().and_then(Path::parent).and_then(Path::parent);
    let beside = prefix.map(|it| it.join("share/kinora/models"));
    let system = PathBuf::from("/usr/share/kinora/models");
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    beside.into_iter().chain([system, checkout]).collect()
}

/// Finds a speech model: by the manifest's name or file name, by the name of a file of the owner's own in one of the
/// folders, or by a path (whatever has a `/` in it).
///
/// # Errors
/// Where it is missing, truncated or of the wrong kind, each told apart, with what to do.
pub fn find(name: &str, dirs: &[PathBuf]) -> Result<Found, Fault> {
    find_kind(name, Kind::Whisper, dirs)
}

/// Finds the voice activity model that comes with Kinora.
///
/// # Errors
/// As [`find`].
pub fn find_vad(dirs: &[PathBuf]) -> Result<Found, Fault> {
    find_kind(DEFAULT_VAD, Kind::Vad, dirs)
}

fn find_kind(name: &str, kind: Kind, dirs: &[PathBuf]) -> Result<Found, Fault> {
    if name.contains('/') {
        return own(Path::new(name), kind);
    }
    match Manifest::embedded().get(name) {
        Some(model) if model.kind != kind => Err(wrong_kind(name, kind)),
        Some(model) => listed(model, dirs),
        None => match own_in(name, dirs) {
            Some(path) => own(&path, kind),
            None => Err(unknown(name, Some(kind))),
        },
    }
}

/// Where a model of the manifest lies, if a file of its name is anywhere; a whole one goes before one of another size.
pub fn locate(model: &Model, dirs: &[PathBuf]) -> Option<(PathBuf, u64)> {
    let there: Vec<(PathBuf, u64)> = dirs
        .iter()
        .map(|dir| dir.join(&model.file))
        .filter_map(|path| {
            let meta = std::fs::metadata(&path).ok()?;
            meta.is_file().then_some((path, meta.len()))
        })
        .collect();
    there.iter().find(|(_, bytes)| *bytes == model.bytes).or(there.first()).cloned()
}

fn listed(model: &'static Model, dirs: &[PathBuf]) -> Result<Found, Fault> {
    let name = &model.name;
    let Some((path, bytes)) = locate(model, dirs) else {
        return Err(Fault::operator(format!("model `{name}` is not installed"), remedy(model)));
    };
    check_size(model, bytes)?;
    let (header, _) = header::inspect(&path).map_err(|flaw| flawed(&path, flaw))?;
    of_kind(name, header, model.kind)?;
    Ok(Found { path, model: Some(model), header })
}

/// What brings a missing or damaged model back.
fn remedy(model: &Model) -> String {
    if model.shipped {
        return "it comes with Kinora: install Kinora again, or choose another model".to_owned();
    }
    format!("run `kinora models pull {}`", model.name)
}

fn check_size(model: &Model, bytes: u64) -> Result<(), Fault> {
    let (name, whole) = (&model.name, model.bytes);
    if bytes < whole {
        let what = format!("model `{name}` is truncated: its file has {bytes} of {whole} bytes");
        return Err(Fault::operator(what, remedy(model)));
    }
    if bytes > whole {
        let what = format!("the file of model `{name}` has {bytes} bytes instead of {whole}");
        let remedy = format!("{}; weights of your own are named by their path", remedy(model));
        return Err(Fault::operator(what, remedy));
    }
    Ok(())
}

fn own_in(name: &str, dirs: &[PathBuf]) -> Option<PathBuf> {
    let files = [name.to_owned(), format!("ggml-{name}.bin")];
    let in_dirs = dirs.iter().flat_map(|dir| files.iter().map(|file| dir.join(file)));
    // A file of the current folder needs its suffix, so that no folder or note is taken for weights.
    let here = name.ends_with(".bin").then(|| PathBuf::from(name));
    in_dirs.chain(here).find(|path| path.is_file())
}

fn own(path: &Path, kind: Kind) -> Result<Found, Fault> {
    let (header, _) = open(path, kind)?;
    Ok(Found { path: path.to_owned(), model: None, header })
}

/// Opens weights after a look at all of the file, as whoever gives it to ggml must: ggml aborts on a header that lies.
///
/// # Errors
/// Where it is unreadable, truncated, damaged, of the other kind or something else, each told apart.
pub fn open(path: &Path, kind: Kind) -> Result<(Header, File), Fault> {
    let (header, file) = header::inspect(path).map_err(|flaw| flawed(path, flaw))?;
    of_kind(&text::show_path(path), header, kind)?;
    Ok((header, file))
}

/// Said where our look found nothing and ggml refused all the same.
pub(super) fn refused_by_ggml(path: &Path) -> Fault {
    flawed(path, Flaw::Odd("ggml refused it"))
}

fn of_kind(name: &str, header: Header, wanted: Kind) -> Result<(), Fault> {
    let kind = match header {
        Header::Whisper(_) => Kind::Whisper,
        Header::Vad => Kind::Vad,
    };
    if kind == wanted { Ok(()) } else { Err(wrong_kind(name, wanted)) }
}

fn wrong_kind(name: &str, wanted: Kind) -> Fault {
    let is = match (Manifest::embedded().get(name).map(|it| it.kind), wanted) {
        (Some(kind), _) => kind,
        (None, Kind::Whisper) => Kind::Vad,
        (None, Kind::Vad | Kind::Translate) => Kind::Whisper,
    };
    let what = format!("`{name}` is a {}, not a {}", is.noun(), wanted.noun());
    match wanted {
        Kind::Whisper | Kind::Translate => {
            let remedy = format!("choose one of kind {wanted} from `kinora models list`");
            Fault::operator(what, remedy)
        }
        Kind::Vad => Fault::operator(what, "install Kinora again"),
    }
}

/// No model has this name. `kind` is what was looked for; `None` for any.
pub(crate) fn unknown(name: &str, kind: Option<Kind>) -> Fault {
    let names = || {
        let models = Manifest::embedded().models.iter();
        let models = models.filter(|it| kind.is_none_or(|kind| it.kind == kind));
        models.map(|it| it.name.as_str())
    };
    let starting = names().find(|it| !name.is_empty() && it.starts_with(name));
    let remedy = match text::nearest(name, names()).or(starting) {
        Some(near) => format!("did you mean `{near}`? see `kinora models list`"),
        None => "see `kinora models list`; weights of your own are named by their path".to_owned(),
    };
    Fault::operator(format!("there is no model `{name}`"), remedy)
}

fn flawed(path: &Path, flaw: Flaw) -> Fault {
    let shown = text::show_path(path);
    match flaw {
        Flaw::Unreadable(err) => unreadable(path, &err),
        Flaw::Other(what) => Fault::operator(
            format!("{shown} is {what}"),
            "name a Whisper model in the ggml format, such as those of whisper.cpp",
        ),
        Flaw::Odd(what) => Fault::operator(
            format!("the model {shown} is damaged or of an unknown build: {what}"),
            "copy or download it again",
        ),
        Flaw::Truncated { bytes } => Fault::operator(
            format!("the model {shown} is truncated: it ends too early, after {bytes} bytes"),
            "copy or download it again",
        ),
    }
}

fn unreadable(path: &Path, err: &std::io::Error) -> Fault {
    let shown = text::show_path(path);
    if err.kind() == ErrorKind::NotFound {
        return Fault::operator(format!("there is no model file {shown}"), "check the path");
    }
    if err.kind() == ErrorKind::PermissionDenied {
        let remedy = "give the user Kinora runs as the right to read it";
        return Fault::operator(format!("the model {shown} may not be read"), remedy);
    }
    let what = format!("the model {shown} cannot be read ({err})");
    Fault::operator(what, "check the disk it lies on")
}

/// Reads a model's file through and compares size and digest; `progress` is told bytes done and bytes in all.
///
/// # Errors
/// Where the file cannot be read, differs from the manifest, or the owner interrupts.
pub fn verify(
    path: &Path,
    model: &Model,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), Fault> {
    let mut file = File::open(path).map_err(|err| unreadable(path, &err))?;
    let bytes = file.metadata().map_err(|err| unreadable(path, &err))?.len();
    check_size(model, bytes)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut done = 0;
    loop {
        if cancel.is_set() {
            return Err(Fault::transient("the check was interrupted", "run it again"));
        }
        let count = file.read(&mut buffer).map_err(|err| unreadable(path, &err))?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        done += count as u64;
        progress(done, model.bytes);
    }
    if hex(&hasher.finalize()) == model.sha256 {
        return Ok(());
    }
    Err(Fault::operator(
        format!("the file of model `{}` is damaged: its digest is wrong", model.name),
        remedy(model),
    ))
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
