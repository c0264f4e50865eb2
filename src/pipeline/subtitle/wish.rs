//! A wish for subtitles: what makes it the same wish, and what would make it give the same.

use super::publish::Ledger;
use super::{Library, recipe};
use crate::base::disk;
use crate::domain::fault::Fault;
use crate::domain::job::{Fingerprint, JobKey, Spec, Wish};
use crate::domain::library::FileId;
use crate::domain::order::{Order, Product};
use crate::domain::sidecar;
use crate::domain::track::TrackWish;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Raised when cues are cut or files are written otherwise: what was finished before is then made anew, from what was
/// heard.
const CUE_VERSION: u32 = 1;
/// Raised when lines are translated otherwise.
const TRANSLATE_VERSION: u32 = 1;
/// What is said where there is no file, here and by who opens it: parked jobs are known by it, so it stays as it is.
const NOT_THERE: &str = "is not there (any more)";

/// The wish for a file: of normal priority, and meant (`again`) where the order forces.
///
/// # Errors
/// Where the file cannot be looked at.
pub fn wish_for(path: &Path, order: &Order) -> Result<Wish, Fault> {
    Ok(Wish {
        key: key(path),
        fingerprint: fingerprint(path, order)?,
        spec: Spec::Subtitle { path: path.to_owned(), order: Box::new(order.clone()) },
        priority: 0,
        again: order.force,
    })
}

/// One file, one job.
pub fn key(path: &Path) -> JobKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"subtitle");
    hasher.update(path.as_os_str().as_bytes());
    JobKey(*hasher.finalize().as_bytes())
}

/// The file as it is on disk, all that is wished, and the versions that do it. `force` is no part of it.
///
/// # Errors
/// Where the file cannot be looked at.
pub fn fingerprint(path: &Path, order: &Order) -> Result<Fingerprint, Fault> {
    let meta = std::fs::metadata(path).map_err(|err| unreadable(&err))?;
    let file = (meta.dev(), meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec());
    let Order {
        to,
        from,
        wish,
        formats,
        transcript,
        naming,
        output,
        force: _,
        listen,
        multilingual: _,
        cue,
        existing,
        library: _,
        translate,
        bilingual,
        product,
        label,
        cloud: _,
        deliver: _,
    } = order;
    // What others tell of the film is no wish of the owner's: who finds it by himself means the same.
    let wish = &TrackWish { original: None, ..wish.clone() };
    let wishes = (to, from, wish, formats, transcript, naming, output, listen, cue, existing);
    let version = (recipe::LISTEN_VERSION, CUE_VERSION);
    let mut told = format!("{version:?} {path:?} {file:?} {wishes:?}");
    // What is wished without a translator has the fingerprint it had before there were any.
    if translate.is_some() || bilingual.is_some() {
        told.push_str(&format!("{TRANSLATE_VERSION} {translate:?} {bilingual:?}"));
    }
    if (*product, label) != (Product::Subtitles, &None) {
        told.push_str(&format!("{product:?} {label:?}"));
    }
    Ok(Fingerprint(*blake3::hash(told.as_bytes()).as_bytes()))
}

/// The same wish, but other subtitles beside the file make it another one: they may change what is decided. Those that
/// Kinora wrote do not, as long as they are there. `beside` is all that stands there under the file's name.
///
/// # Errors
/// Where the file cannot be looked at, or the store fails.
pub fn wish_among(
    path: &Path,
    order: &Order,
    beside: &[(PathBuf, FileId)],
    library: &dyn Library,
    ledger: &dyn Ledger,
) -> Result<Wish, Fault> {
    let mut wish = wish_for(path, order)?;
    let stem = path.file_stem().unwrap_or_default();
    let mut around = Vec::new();
    for (file, id) in beside {
        let name = file.file_name().unwrap_or_default();
        let is_subtitle = sidecar::parse(stem, name).is_some();
        if is_subtitle && ledger.published(&plain(file))?.is_none() {
            around.push((file.clone(), Some(*id)));
        }
    }
    let finished = library.finished(&wish.fingerprint)?;
    let outputs = finished.into_iter().flat_map(|it| it.outputs);
    around.extend(outputs.filter(|it| !it.exists()).map(|it| (it, None)));
    if !around.is_empty() {
        let told = format!("{:?} {around:?}", wish.fingerprint);
        wish.fingerprint = Fingerprint(*blake3::hash(told.as_bytes()).as_bytes());
    }
    Ok(wish)
}

/// A path as it is in the book: its folder without links.
fn plain(file: &Path) -> PathBuf {
    let folder = std::fs::canonicalize(disk::folder_of(file));
    folder.map_or_else(|_| file.to_owned(), |it| it.join(file.file_name().unwrap_or_default()))
}

/// True where work failed for want of its file: it goes on when the file is there again.
pub fn was_not_there(fault: &Fault) -> bool {
    fault.what.ends_with(NOT_THERE)
}

/// Why a file cannot be looked at.
pub(super) fn unreadable(err: &std::io::Error) -> Fault {
    if err.kind() == ErrorKind::NotFound {
        return Fault::operator(format!("it {NOT_THERE}"), "check the path, or the disk it is on");
    }
    if err.kind() == ErrorKind::PermissionDenied {
        let remedy = "give the user that runs Kinora the right to read it and its folder";
        return Fault::operator("it may not be read", remedy);
    }
    Fault::operator(format!("it cannot be read ({err})"), "check the disk it is on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_for_want_of_the_file_is_known_by_its_sentence() {
        assert!(was_not_there(&unreadable(&ErrorKind::NotFound.into())));
        assert!(!was_not_there(&unreadable(&ErrorKind::PermissionDenied.into())));
        let while_opened = Fault::operator("the file is not there (any more)", "check the path");
        assert!(was_not_there(&while_opened), "as the media engine says it");
    }
}
