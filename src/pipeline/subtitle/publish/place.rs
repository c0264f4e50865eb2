//! A subtitle gets its place beside the video, whole, and nothing of the owner's is lost.
//!
//! A file that is already there is left, unless Kinora wrote it and nobody edited it since (its BLAKE3 is the one
//! recorded), or `force` asks to replace it. The order is: lock, look, record the temporary name, write, sync, rename,
//! record the end. A crash in between leaves at most a dotted file whose name is recorded; [`sweep`] ends
//! it.

use crate::base::clock;
use crate::base::disk::{self, TempFile};
use crate::base::text;
use crate::domain::fault::{DISK_FULL, DISK_READ_ONLY, Fault, QUOTA_USED_UP};
use crate::domain::library::{FileId, Placed};
use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// Largest subtitle that can be ours; larger files are left without reading them.
const SUBTITLE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Files that locks are spread over: two outputs that share one only wait for each other.
const LOCK_FILES: u8 = 64;
/// How long a temporary name is kept while its folder is away (a share that is not mounted), days.
const AWAY_DAYS_MAX: u64 = 30;

/// What is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishPlan {
    /// Where the subtitle goes.
    pub path: PathBuf,
    /// The video: owner, group and mode come from it.
    pub like: PathBuf,
    /// Replaces what is there, whoever wrote it.
    pub force: bool,
    /// See [`Publication::partial`].
    pub partial: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is there, whole; ours with the same content is not written again.
    Written {
        /// What the owner should know.
        notice: Option<String>,
    },
    /// What is there was left.
    LeftAlone {
        /// Why, and how to change it: one sentence.
        reason: String,
    },
}

/// A subtitle as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Its path; the folder is canonical.
    pub output: PathBuf,
    /// BLAKE3 of its content.
    pub content_blake3: [u8; 32],
    /// The film it belongs to, canonical.
    pub video: PathBuf,
    /// When, milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
    /// Listening goes on: it holds what was heard so far, and counts for nothing.
    pub partial: bool,
}

/// The book of what Kinora wrote. Every entry is durable when its method returns.
pub trait Ledger {
    /// Folder for lock files, the same for all processes of this user; made where absent.
    fn lock_folder(&self) -> PathBuf;

    /// What Kinora wrote at this path last.
    ///
    /// # Errors
    /// Where the book cannot be read.
    fn published(&self, output: &Path) -> Result<Option<Publication>, Fault>;

    /// A temporary file is going to be written.
    ///
    /// # Errors
    /// Where the book cannot be written; then nothing is published.
    fn begin(&self, temp: &Path, publication: &Publication) -> Result<(), Fault>;

    /// The temporary file became the subtitle: one entry, both or neither.
    ///
    /// # Errors
    /// Where the book cannot be written.
    fn finish(&self, temp: &Path) -> Result<(), Fault>;

    /// The temporary file is gone, the output is as it was.
    ///
    /// # Errors
    /// Where the book cannot be written.
    fn abandon(&self, temp: &Path) -> Result<(), Fault>;

    /// A file lies elsewhere than before and its subtitles do; where it lay, these are none of ours any more: one
    /// entry, all or nothing.
    ///
    /// # Errors
    /// Where the book cannot be written.
    fn followed(&self, file: &FileId, placed: &Placed, gone: &[PathBuf]) -> Result<(), Fault>;

    /// What began and did not end.
    ///
    /// # Errors
    /// Where the book cannot be read.
    fn unfinished(&self) -> Result<Vec<(PathBuf, Publication)>, Fault>;
}

/// Looks whether a subtitle can be written into a folder, before hours are spent on it. Nothing is seen there
/// meanwhile: the file that is tried has no name, or, where a file system needs one, a dotted one for a moment.
///
/// # Errors
/// Where it is away, read-only, full, or not ours to write.
pub fn check_folder(folder: &Path) -> Result<(), Fault> {
    tempfile::tempfile_in(folder).map(drop).map_err(|it| fault(&it))
}

/// Publishes a subtitle.
///
/// # Errors
/// Where the folder is away, read-only or not ours to write, the disk is full, or the book fails. What was at the
/// output is as it was, and nothing else is left.
pub fn publish(plan: &PublishPlan, bytes: &[u8], ledger: &dyn Ledger) -> Result<Published, Fault> {
    let name = plan.path.file_name().ok_or_else(|| Fault::bug("a subtitle without a name"))?;
    let folder = fs::canonicalize(disk::folder_of(&plan.path)).map_err(|it| fault(&it))?;
    let output = folder.join(name);
    let _lock = lock(&ledger.lock_folder(), &output)?;

    let content = *blake3::hash(bytes).as_bytes();
    let video = fs::canonicalize(&plan.like).unwrap_or_else(|_| plan.like.clone());
    let there = look(&output, &video, ledger)?;
    let replaces = match (&there, plan.force) {
        (There::Nothing, _) => false,
        (There::Folder, _) => return Err(folder_in_the_way()),
        (There::Ours { partial: false, .. }, _) if plan.partial => {
            return Ok(Published::LeftAlone { reason: left("that is whole") });
        }
        // A partial one that is whole now is recorded anew.
        (There::Ours { recorded, partial }, false)
            if *recorded == content && *partial == plan.partial =>
        {
            return Ok(Published::Written { notice: None });
        }
        (There::Ours { .. }, _) | (There::NotOurs(_), true) => true,
        (There::NotOurs(whose), false) => return Ok(Published::LeftAlone { reason: left(whose) }),
    };

    let temp = disk::temp_path(&folder);
    let publication = Publication {
        output: output.clone(),
        content_blake3: content,
        video,
        at_unix_ms: clock::now_unix_ms(),
        partial: plan.partial,
    };
    ledger.begin(&temp, &publication)?;
    match put(&temp, bytes, (&plan.like, "the video's"), &output, replaces) {
        Ok(notice) => {
            ledger.finish(&temp)?;
            let mut notices: Vec<String> = notice.into_iter().collect();
            if let There::NotOurs(whose) = &there {
                notices.push(format!("a subtitle {whose} was replaced, as --force asks"));
            }
            Ok(Published::Written { notice: (!notices.is_empty()).then(|| notices.join("; ")) })
        }
        Err(error) => {
            ledger.abandon(&temp)?;
            if error.kind() == ErrorKind::AlreadyExists {
                return Ok(Published::LeftAlone { reason: left("that appeared meanwhile") });
            }
            Err(fault(&error))
        }
    }
}

/// Puts new content into a subtitle file whoever wrote it, whole or not at all: for an owner who asks for that, and
/// after a copy was kept. Its owner, group and mode stay, as far as this user may; of a link the target is written.
/// Gives what the owner should know.
///
/// # Errors
/// As [`publish`]; what was there is as it was then.
pub fn rewrite(path: &Path, bytes: &[u8], lock_folder: &Path) -> Result<Option<String>, Fault> {
    let path = fs::canonicalize(path).map_err(|it| fault(&it))?;
    let _lock = lock(lock_folder, &path)?;
    let temp = disk::temp_path(disk::folder_of(&path));
    put(&temp, bytes, (&path, "the old file's"), &path, true).map_err(|it| fault(&it))
}

/// Why a subtitle would be left as it is, where it would: looked up before hours are spent on it.
///
/// # Errors
/// Where a folder has its name, or the book cannot be read.
pub fn leaves_alone(plan: &PublishPlan, ledger: &dyn Ledger) -> Result<Option<String>, Fault> {
    let name = plan.path.file_name().ok_or_else(|| Fault::bug("a subtitle without a name"))?;
    let folder = fs::canonicalize(disk::folder_of(&plan.path)).map_err(|it| fault(&it))?;
    let video = fs::canonicalize(&plan.like).unwrap_or_else(|_| plan.like.clone());
    match look(&folder.join(name), &video, ledger)? {
        There::Folder => Err(folder_in_the_way()),
        There::NotOurs(whose) if !plan.force => Ok(Some(left(&whose))),
        There::Nothing | There::Ours { .. } | There::NotOurs(_) => Ok(None),
    }
}

/// True for a subtitle that Kinora wrote and nobody edited since.
///
/// # Errors
/// Where the book cannot be read.
pub fn is_ours(file: &Path, ledger: &dyn Ledger) -> Result<bool, Fault> {
    let Ok(folder) = fs::canonicalize(disk::folder_of(file)) else { return Ok(false) };
    let plain = folder.join(file.file_name().unwrap_or_default());
    let Some(recorded) = ledger.published(&plain)? else { return Ok(false) };
    Ok(digest(&plain).is_ok_and(|it| it == recorded.content_blake3))
}

/// The sentence about a subtitle that was left.
fn left(whose: &str) -> String {
    format!("a subtitle {whose} is there and was left; use --force to replace it")
}

/// Ends what a crash left: temporary files are removed; a subtitle that got its name just before the crash is recorded
/// as ours. For the start of a process, before it publishes. Gives the number of files removed.
///
/// # Errors
/// Where the book fails; files that cannot be removed now are tried again at the next start.
pub fn sweep(ledger: &dyn Ledger) -> Result<usize, Fault> {
    sweep_at(ledger, clock::now_unix_ms())
}

/// [`sweep`] at a given time.
///
/// # Errors
/// As [`sweep`].
pub fn sweep_at(ledger: &dyn Ledger, now_unix_ms: u64) -> Result<usize, Fault> {
    let mut removed = 0;
    for (temp, publication) in ledger.unfinished()? {
        if digest(&publication.output).ok() == Some(publication.content_blake3) {
            removed += usize::from(remove(&temp).is_ok_and(|it| it));
            ledger.finish(&temp)?;
            continue;
        }
        let age_ms = now_unix_ms.saturating_sub(publication.at_unix_ms);
        let away = !disk::folder_of(&temp).is_dir();
        match remove(&temp) {
            Ok(was_there) => {
                removed += usize::from(was_there);
                if !away || age_ms > AWAY_DAYS_MAX * 24 * 60 * 60 * 1000 {
                    ledger.abandon(&temp)?;
                }
            }
            Err(error) => tracing::warn!(%error, "a temporary file cannot be removed now"),
        }
    }
    Ok(removed)
}

/// Removes a temporary file of ours; false where it is not there.
fn remove(temp: &Path) -> io::Result<bool> {
    if !temp.file_name().is_some_and(disk::is_temp_name) {
        return Ok(false);
    }
    match fs::remove_file(temp) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// What is at the output.
enum There {
    Nothing,
    /// Kinora wrote it, with this content, and nobody edited it.
    Ours {
        recorded: [u8; 32],
        partial: bool,
    },
    /// Whose it is, for a sentence.
    NotOurs(String),
    Folder,
}

fn look(output: &Path, video: &Path, ledger: &dyn Ledger) -> Result<There, Fault> {
    let not_ours = |whose: &str| Ok(There::NotOurs(whose.to_owned()));
    let metadata = match fs::symlink_metadata(output) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(There::Nothing),
        Err(error) => return Err(fault(&error)),
    };
    if metadata.is_dir() {
        return Ok(There::Folder);
    }
    if !metadata.is_file() {
        return not_ours("that is a link or no plain file");
    }
    let Some(recorded) = ledger.published(output)? else {
        return not_ours("that Kinora did not write");
    };
    let edited = "that was edited since Kinora wrote it";
    if metadata.len() > SUBTITLE_BYTES_MAX {
        return not_ours(edited);
    }
    // One that cannot be read is not known to be ours.
    if !digest(output).is_ok_and(|it| it == recorded.content_blake3) {
        return not_ours(edited);
    }
    // Films of one name in two containers, or in two folders with one --output, share the subtitle's name.
    if recorded.video != video && recorded.video.exists() {
        let other = text::show_path(&recorded.video);
        return Ok(There::NotOurs(format!("that belongs to another film of this name ({other})")));
    }
    Ok(There::Ours { recorded: recorded.content_blake3, partial: recorded.partial })
}

/// BLAKE3 of a subtitle's content.
pub(in crate::pipeline::subtitle) fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(path)?.take(SUBTITLE_BYTES_MAX + 1), &mut hasher)?;
    Ok(*hasher.finalize().as_bytes())
}

/// Writes, dresses and places the file; on an error the temporary file is gone.
pub(in crate::pipeline::subtitle) fn put(
    temp: &Path,
    bytes: &[u8],
    (like, whose): (&Path, &str),
    output: &Path,
    replaces: bool,
) -> io::Result<Option<String>> {
    let temp = TempFile::write(temp, bytes)?;
    let notice = dress(temp.file(), like, whose);
    if replaces {
        temp.replace(output)?
    } else {
        temp.place_new(output)?
    }
    Ok(notice)
}

/// Gives a file the mode (without execution), group and owner of another one, as far as this user may; says what it
/// could not.
fn dress(file: &File, like: &Path, whose: &str) -> Option<String> {
    let (Ok(wanted), Ok(own)) = (fs::metadata(like), file.metadata()) else {
        return Some(format!(
            "{whose} owner and rights cannot be read, so only this user can read the subtitle"
        ));
    };
    let mode = file.set_permissions(Permissions::from_mode(wanted.mode() & 0o666));
    let group =
        if own.gid() == wanted.gid() { Ok(()) } else { fchown(file, None, Some(wanted.gid())) };
    let owner =
        if own.uid() == wanted.uid() { Ok(()) } else { fchown(file, Some(wanted.uid()), None) };
    let parts = [("mode", mode), ("group", group), ("owner", owner)];
    let kept: Vec<&str> = parts.iter().filter(|it| it.1.is_err()).map(|it| it.0).collect();
    (!kept.is_empty()).then(|| {
        let kept = kept.join(" and ");
        format!("the subtitle keeps its own {kept}, because this user may not give it {whose}")
    })
}

/// Waits until nobody else publishes this output; the lock goes with the file.
pub(super) fn lock(lock_dir: &Path, output: &Path) -> Result<Vec<File>, Fault> {
    lock_all(lock_dir, &[output])
}

/// Waits until nobody else publishes any of these outputs; the locks go with the files.
pub(in crate::pipeline::subtitle) fn lock_all(
    lock_dir: &Path,
    outputs: &[&Path],
) -> Result<Vec<File>, Fault> {
    let shard = |it: &&Path| blake3::hash(it.as_os_str().as_bytes()).as_bytes()[0] % LOCK_FILES;
    // Each once, and in one order: nobody waits for itself, and no two for each other.
    let shards: BTreeSet<u8> = outputs.iter().map(shard).collect();
    shards.into_iter().map(|it| lock_shard(lock_dir, it)).collect()
}

fn lock_shard(lock_dir: &Path, shard: u8) -> Result<File, Fault> {
    let failed = |error: io::Error| no_lock(&error);
    fs::create_dir_all(lock_dir).map_err(failed)?;
    let path = lock_dir.join(format!("publish-{shard:02}.lock"));
    let file =
        File::options().write(true).create(true).truncate(false).open(path).map_err(failed)?;
    match file.lock() {
        // A file system without locks: the rename alone keeps every file whole.
        Err(error) if error.kind() != ErrorKind::Unsupported => Err(failed(error)),
        _ => Ok(file),
    }
}

/// Why the lock cannot be taken. A disk without room is told as such: what fails by it waits.
#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
fn no_lock(error: &io::Error) -> Fault {
    let what = "the lock for writing subtitles cannot be taken in the data directory";
    let full = match error.kind() {
        ErrorKind::StorageFull => Some(DISK_FULL),
        ErrorKind::QuotaExceeded => Some(QUOTA_USED_UP),
        ErrorKind::ReadOnlyFilesystem => Some(DISK_READ_ONLY),
        _ => None,
    };
    match full {
        Some(full) => Fault::operator(
            format!("{full}, so {what}"),
            "make room there, or mount it writable; then run again",
        ),
        None => Fault::operator(
            format!("{what} ({error})"),
            "give this user the right to write there, or set data_dir to another folder",
        ),
    }
}

fn folder_in_the_way() -> Fault {
    Fault::operator(
        "a folder has the name of the subtitle",
        "rename the folder, or use --output with another one",
    )
}

/// Why a subtitle cannot be written, for the owner.
#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
pub(in crate::pipeline::subtitle) fn fault(error: &io::Error) -> Fault {
    match error.kind() {
        ErrorKind::ReadOnlyFilesystem => Fault::operator(
            "the folder for the subtitle is on a read-only file system",
            "mount it writable, or use --output with another folder",
        ),
        ErrorKind::PermissionDenied => Fault::operator(
            "this user may not write into the folder for the subtitle",
            "give it the right to, or use --output with another folder",
        ),
        ErrorKind::StorageFull => {
            Fault::operator(DISK_FULL, "make room and run again; what was heard is remembered")
        }
        ErrorKind::QuotaExceeded => {
            Fault::operator(QUOTA_USED_UP, "make room and run again; what was heard is remembered")
        }
        ErrorKind::NotFound | ErrorKind::NotADirectory => Fault::operator(
            "the folder for the subtitle is gone",
            "look whether its disk or share is mounted, then run again",
        ),
        ErrorKind::IsADirectory => folder_in_the_way(),
        ErrorKind::InvalidFilename => Fault::operator(
            "the folder's file system does not take the subtitle's name",
            "rename the video to a shorter, plain name",
        ),
        _ => Fault::transient(
            format!("the subtitle cannot be written ({error})"),
            "run again; if it stays so, look at the disk",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultKind;

    #[test]
    fn each_failure_has_its_sentence() {
        let table = [
            (libc::EROFS, FaultKind::Operator, "read-only"),
            (libc::EACCES, FaultKind::Operator, "may not write"),
            (libc::EPERM, FaultKind::Operator, "may not write"),
            (libc::ENOSPC, FaultKind::Operator, "full"),
            (libc::EDQUOT, FaultKind::Operator, "quota"),
            (libc::ENOENT, FaultKind::Operator, "gone"),
            (libc::ENAMETOOLONG, FaultKind::Operator, "name"),
            (libc::EIO, FaultKind::Transient, "cannot be written"),
            (libc::ESTALE, FaultKind::Transient, "cannot be written"),
        ];
        for (code, kind, word) in table {
            let told = fault(&io::Error::from_raw_os_error(code));
            assert_eq!(told.kind, kind, "{told}");
            assert!(told.what.contains(word), "{told}");
        }
    }
}
