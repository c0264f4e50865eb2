//! Files written so that a reader sees the old or the new one, never half of one.

use std::collections::hash_map::RandomState;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

const TEMP_PREFIX: &str = ".kinora-";
const TEMP_SUFFIX: &str = ".tmp";

/// A temporary name in a folder, never used before. It starts with a dot: media servers do not look at it.
pub fn temp_path(folder: &Path) -> PathBuf {
    let chance = RandomState::new().build_hasher().finish();
    folder.join(format!("{TEMP_PREFIX}{chance:016x}{TEMP_SUFFIX}"))
}

/// True for names as [`temp_path`] makes them: what may be removed without asking.
pub fn is_temp_name(name: &OsStr) -> bool {
    let bytes = name.as_bytes();
    bytes.starts_with(TEMP_PREFIX.as_bytes()) && bytes.ends_with(TEMP_SUFFIX.as_bytes())
}

/// A whole file under a temporary name, on disk. Gone when it is dropped, by a failure or a panic too.
#[derive(Debug)]
pub struct TempFile(NamedTempFile);

impl TempFile {
    /// Writes a new file at `path`, a name of [`temp_path`], and waits until it is on disk. Only its owner can read it.
    ///
    /// # Errors
    /// Where it cannot be written whole; then nothing is left. The kind tells why: `ReadOnlyFilesystem`,
    /// `PermissionDenied`, `StorageFull`, `QuotaExceeded`, `NotFound` (no such folder).
    pub fn write(path: &Path, bytes: &[u8]) -> io::Result<TempFile> {
        let temp = TempFile::create(path)?;
        temp.file().write_all(bytes)?;
        temp.file().sync_all()?;
        Ok(temp)
    }

    /// A new empty file at `path`, a name of [`temp_path`], for who writes and syncs it piece by piece. Only its owner
    /// can read it.
    ///
    /// # Errors
    /// As [`TempFile::write`].
    pub fn create(path: &Path) -> io::Result<TempFile> {
        let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(name).rand_bytes(0).tempfile_in(folder_of(path)).map(TempFile)
    }

    /// The open file, for its owner and mode.
    pub fn file(&self) -> &File {
        self.0.as_file()
    }

    /// Gives it its name for good, in the same folder; what stood there is gone, a link itself and not its target.
    ///
    /// # Errors
    /// Where it cannot be renamed; then the temporary file is gone.
    pub fn replace(self, path: &Path) -> io::Result<()> {
        self.0.persist(path).map_err(|it| it.error)?;
        sync_folder(folder_of(path))
    }

    /// Gives it its name for good, where nothing has that name.
    ///
    /// # Errors
    /// `AlreadyExists`, or where it cannot be renamed; then the temporary file is gone.
    pub fn place_new(self, path: &Path) -> io::Result<()> {
        match self.0.persist_noclobber(path) {
            Ok(_) => sync_folder(folder_of(path)),
            Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => Err(failed.error),
            // Some network file systems know neither this rename nor hard links: look, then rename.
            Err(failed) => match fs::symlink_metadata(path) {
                Ok(_) => Err(ErrorKind::AlreadyExists.into()),
                Err(_) => TempFile(failed.file).replace(path),
            },
        }
    }
}

/// Writes a file so that after a power cut the old or the new one is there, whole. Its mode stays; a new one can be
/// read by its owner only.
///
/// # Errors
/// As [`TempFile::write`]; the old file is still there then, and nothing else is left.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temp = TempFile::write(&temp_path(folder_of(path)), bytes)?;
    if let Ok(old) = fs::metadata(path) {
        let mode = old.permissions().mode() & 0o7777;
        temp.file().set_permissions(Permissions::from_mode(mode))?;
    }
    temp.replace(path)
}

/// What a person can do where a file or folder cannot be written: an imperative sentence.
pub fn remedy(error: &io::Error) -> &'static str {
    let kind = error.kind();
    if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        return "make room on its disk, then try again";
    }
    if kind == ErrorKind::ReadOnlyFilesystem {
        return "check its disk and mount it writable, then try again";
    }
    "give the user Kinora runs as the right to write there"
}

/// The folder a path lies in; `.` for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a rename durable. Folders that cannot be opened or synced (no right to list, some network file systems) are
/// left to their system.
///
/// # Errors
/// What the system says.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|it| it.sync_all()) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_atomic(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_name_that_is_taken_is_not_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let temp = || TempFile::write(&temp_path(folder.path()), b"new").unwrap();
        temp().place_new(&path).unwrap();
        let error = temp().place_new(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert_eq!(temp().place_new(&link).unwrap_err().kind(), ErrorKind::AlreadyExists);
        temp().replace(&link).unwrap();
        assert_eq!(fs::read(&link).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.txt", "link"]);
    }

    #[test]
    fn failures_and_panics_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        assert!(write_atomic(&folder.path().join("b"), b"x").is_err());
        let here = folder.path().to_owned();
        let panicked = std::panic::catch_unwind(move || {
            let _temp = TempFile::write(&temp_path(&here), b"x").unwrap();
            panic!("in between");
        });
        assert!(panicked.is_err());
        assert_eq!(names(folder.path()), ["b"]);
        let gone = folder.path().join("gone/a.txt");
        assert_eq!(write_atomic(&gone, b"x").unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn temporary_names_are_dotted_known_and_all_different() {
        let one = temp_path(Path::new("/films"));
        assert_ne!(one, temp_path(Path::new("/films")));
        assert_eq!(one.parent(), Some(Path::new("/films")));
        assert!(is_temp_name(one.file_name().unwrap()));
        for name in [".kinora.tmp", "kinora-1.tmp", ".kinora-1.srt", "Film.mkv"] {
            assert!(!is_temp_name(OsStr::new(name)), "{name}");
        }
    }
}
