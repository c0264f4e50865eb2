//! Reading the file of a backup. Nothing in it is believed: no name of it becomes a path, no length of it becomes
//! memory, and what it says of itself is compared with what is there.

use super::manifest::{MANIFEST_NAME, Manifest, Part, TEXT_BYTES_MAX};
use super::name;
use super::pack::{DIGITS, SEAL_HEAD, digest};
use crate::api::backup::BackupView;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 1024 * 1024;
/// Parts of a file: tables, and a few texts.
const PARTS_MAX: usize = 200;

/// A backup whose manifest could be read.
pub(super) struct Package {
    archive: ZipArchive<BufReader<File>>,
    file: File,
    path: PathBuf,
    pub(super) bytes: u64,
    pub(super) manifest: Manifest,
}

impl Package {
    /// Opens a file.
    ///
    /// # Errors
    /// Where it is no backup, a damaged one, or one of a newer Kinora.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
    pub(super) fn open(path: &Path) -> Result<Package, Fault> {
        let unread = |err: io::Error| match err.kind() {
            ErrorKind::NotFound => Fault::operator(
                format!("there is no backup {}", show_path(path)),
                "`kinora backup list` shows those there are",
            ),
            _ => Fault::operator(
                format!("{} cannot be read ({err})", show_path(path)),
                "run this as the user Kinora serves as, or as root",
            ),
        };
        let file = File::open(path).map_err(unread)?;
        let about = file.metadata().map_err(unread)?;
        if !about.is_file() {
            let what = format!("{} is no file", show_path(path));
            return Err(Fault::operator(what, "name the file of a backup"));
        }
        let bytes = about.len();
        // Whether somebody else's file, or ours without its end: both cannot be used.
        let no_backup = || damaged(path, "it does not end as a backup does");
        seal(&file, bytes).map_err(unread)?.ok_or_else(no_backup)?;
        let again = file.try_clone().map_err(unread)?;
        let reader = BufReader::with_capacity(BUFFER_BYTES, again);
        let mut archive = ZipArchive::new(reader).map_err(|it| damaged(path, &it.to_string()))?;
        if PARTS_MAX < archive.len() {
            return Err(damaged(path, "it has more parts than any"));
        }
        let manifest = text(&mut archive, MANIFEST_NAME).map_err(|it| damaged(path, &it))?;
        let manifest = Manifest::read(&manifest).map_err(|it| of(path, it))?;
        Ok(Package { archive, file, path: path.to_owned(), bytes, manifest })
    }

    /// Reads all of the file and compares it with its seal.
    ///
    /// # Errors
    /// Where a byte of it is not as it was written.
    pub(super) fn check_seal(&self) -> Result<(), Fault> {
        let unread = |it: io::Error| damaged(&self.path, &it.to_string());
        let sealed = seal(&self.file, self.bytes).map_err(unread)?;
        let digest = digest(&self.file, self.bytes).map_err(unread)?;
        if sealed.is_some_and(|it| it == digest.to_hex().as_bytes()) {
            return Ok(());
        }
        Err(damaged(&self.path, "some of it is not as it was written"))
    }

    /// A part that is no table; `None` where it has none of this name.
    ///
    /// # Errors
    /// Where it is not what the manifest says.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(part) = self.manifest.part(name).cloned() else { return Ok(None) };
        if TEXT_BYTES_MAX < part.bytes {
            return Err(damaged(&self.path, &format!("`{name}` is longer than any")));
        }
        let mut bytes = Vec::new();
        let path = self.path.clone();
        self.part(&part, |from| {
            from.read_to_end(&mut bytes).map_err(|it| damaged(&path, &format!("`{name}`: {it}")))
        })?;
        Ok(Some(bytes))
    }

    /// Lends the bytes of a part, and compares them afterwards with what the manifest says of them.
    ///
    /// # Errors
    /// Where they are not, or `act` fails.
    pub(super) fn part<T>(
        &mut self,
        part: &Part,
        act: impl FnOnce(&mut dyn Read) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let path = &self.path;
        let wrong = |why: &str| damaged(path, &format!("`{}` {why}", part.name));
        let found = self.archive.by_name(&part.name);
        let found = found.map_err(|it| wrong(&format!("cannot be read: {it}")))?;
        if found.size() != part.bytes {
            return Err(wrong("is longer or shorter than the manifest says"));
        }
        // It is what is read that counts, whatever lengths are told.
        let mut counted =
            Counted { from: found.take(part.bytes + 1), hasher: blake3::Hasher::new() };
        let done = act(&mut counted)?;
        let rest = io::copy(&mut counted, &mut io::sink());
        rest.map_err(|it| wrong(&format!("cannot be read: {it}")))?;
        let hasher = counted.hasher;
        if hasher.count() != part.bytes || *hasher.finalize().to_hex() != *part.blake3 {
            return Err(wrong("is not as it was written"));
        }
        Ok(done)
    }

    /// For people and programs.
    pub(super) fn view(&self) -> BackupView {
        let Manifest { kinora, made, host, rows, holds, .. } = &self.manifest;
        BackupView {
            made: made.clone(),
            rows: Some(*rows),
            version: Some(kinora.clone()),
            host: Some(host.clone()),
            holds: Some(*holds),
            ..plain_view(&self.path, self.bytes)
        }
    }
}

/// What is known of a file that cannot be used.
pub(super) fn plain_view(path: &Path, bytes: u64) -> BackupView {
    let name = path.file_name().unwrap_or_default();
    BackupView {
        name: show_path(Path::new(name)),
        path: show_path(path),
        made: name::made(name).map(name::rfc3339).unwrap_or_default(),
        bytes,
        ..BackupView::default()
    }
}

/// The digits of a seal; `None` where the file does not end with one.
fn seal(file: &File, bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let length = SEAL_HEAD.len() + DIGITS;
    let Some(at) = bytes.checked_sub(length as u64) else { return Ok(None) };
    let mut end = vec![0; length];
    file.read_exact_at(&mut end, at)?;
    Ok(end.strip_prefix(SEAL_HEAD).map(<[u8]>::to_vec))
}

fn text(archive: &mut ZipArchive<BufReader<File>>, name: &str) -> Result<Vec<u8>, String> {
    let found = archive.by_name(name).map_err(|it| it.to_string())?;
    let mut bytes = Vec::new();
    found.take(TEXT_BYTES_MAX).read_to_end(&mut bytes).map_err(|it| it.to_string())?;
    Ok(bytes)
}

/// Counts and digests what goes through.
struct Counted<R> {
    from: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.hasher.update(into.get(..read).unwrap_or_default());
        Ok(read)
    }
}

fn damaged(path: &Path, why: &str) -> Fault {
    let what = format!("the backup {} is damaged: {why}", show_path(path));
    Fault::operator(what, "use another one; `kinora backup list` shows them")
}

fn of(path: &Path, fault: Fault) -> Fault {
    Fault {
        what: format!("the backup {} cannot be used: {}", show_path(path), fault.what),
        ..fault
    }
}
