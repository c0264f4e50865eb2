//! The trigger file (P-3): its being there asks for a look through its library.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// When a trigger file changed that was heeded and is still there: seconds and nanoseconds since the Unix epoch.
pub(super) type Heeded = Option<(i64, i64)>;

/// True where a trigger file is there that was not heeded yet. An empty one is removed; what somebody wrote something
/// into is left, and so is one that cannot be removed: it counts again when it changes.
pub(super) fn asks(file: &Path, heeded: &mut Heeded) -> bool {
    let about = fs::symlink_metadata(file).ok().filter(|it| !it.is_dir());
    let Some(about) = about else {
        *heeded = None;
        return false;
    };
    let changed = Some((about.mtime(), about.mtime_nsec()));
    if *heeded == changed {
        return false;
    }
    let removed = about.is_file() && about.len() == 0 && fs::remove_file(file).is_ok();
    *heeded = changed.filter(|_| !removed);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn an_empty_file_asks_once_and_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".scan_now");
        let mut heeded = None;
        assert!(!asks(&file, &mut heeded));
        for _ in 0..2 {
            fs::write(&file, "").unwrap();
            assert!(asks(&file, &mut heeded));
            assert!(!file.exists());
            assert!(!asks(&file, &mut heeded));
        }
    }

    #[test]
    fn one_with_content_stays_and_asks_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".scan_now");
        let touch = |seconds: u64| {
            fs::write(&file, "mine").unwrap();
            let file = fs::File::open(&file).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        };
        let mut heeded = None;
        touch(1);
        assert!(asks(&file, &mut heeded));
        assert!(!asks(&file, &mut heeded), "not for ever");
        touch(2);
        assert!(asks(&file, &mut heeded));
        assert_eq!(fs::read(&file).unwrap(), b"mine");
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(!asks(&file, &mut heeded), "a folder asks for nothing");
    }
}
