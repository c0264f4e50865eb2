//! A wish for subtitles: what makes it the same wish, and what would make it give the same.

use super::recipe;
use crate::domain::fault::Fault;
use crate::domain::job::{Fingerprint, JobKey, Spec, Wish};
use crate::domain::order::Order;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Raised when cues are cut or files are written otherwise: what was finished before is then made anew, from what was
/// heard.
const CUE_VERSION: u32 = 1;

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
    } = order;
    let wishes = (to, from, wish, formats, transcript, naming, output, listen, cue);
    let version = (recipe::LISTEN_VERSION, CUE_VERSION);
    let told = format!("{version:?} {path:?} {file:?} {wishes:?}");
    Ok(Fingerprint(*blake3::hash(told.as_bytes()).as_bytes()))
}

/// Why a file cannot be looked at.
pub(super) fn unreadable(err: &std::io::Error) -> Fault {
    if err.kind() == ErrorKind::NotFound {
        return Fault::operator(
            "it is not there (any more)",
            "check the path, or the disk it is on",
        );
    }
    if err.kind() == ErrorKind::PermissionDenied {
        let remedy = "give the user that runs Kinora the right to read it and its folder";
        return Fault::operator("it may not be read", remedy);
    }
    Fault::operator(format!("it cannot be read ({err})"), "check the disk it is on")
}
