//! The folders of libraries, and whether they are to be trusted: a disk that is not mounted never reads as "everything
//! is gone".

use crate::app::intake::Places;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::domain::library::Mount;
use crate::domain::order::Order;
use crate::engines::files::{self, FileSystem};
use std::io;
use std::path::{Path, PathBuf};

/// A library with what is wanted of its files.
#[derive(Clone, Debug)]
pub(super) struct Root {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) order: Order,
    /// What of it is looked at.
    pub(super) places: Places,
}

/// The library a path lies in; the longest root wins.
pub(super) fn root_of<'a>(roots: &'a [Root], path: &Path) -> Option<&'a Root> {
    roots.iter().filter(|it| path.starts_with(&it.path)).max_by_key(|it| it.path.as_os_str().len())
}

/// How changes in a library are noticed, beside the looks by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The system tells them.
    Events,
    /// It is looked again and again: other machines change a file system on the network, and nobody tells this one.
    Polling,
}

/// How changes on this file system are noticed; one that cannot be asked is looked at again and again.
pub(super) fn notice(file_system: Option<&FileSystem>) -> Notice {
    match file_system {
        Some(FileSystem { network: false, .. }) => Notice::Events,
        Some(FileSystem { network: true, .. }) | None => Notice::Polling,
    }
}

/// A library's folder as it is now.
#[derive(Debug)]
pub(super) struct Sight {
    /// The file system it lies on, where that could be found out.
    pub(super) mount: Option<Mount>,
    /// There is nothing in it, but for what is hidden.
    pub(super) empty: bool,
    /// How changes in it are noticed.
    pub(super) notice: Notice,
}

/// Looks at a library's folder, not into those below it.
///
/// # Errors
/// Where there is none, or it cannot be read.
pub(super) fn see(path: &Path) -> io::Result<Sight> {
    let mut entries = std::fs::read_dir(path)?;
    let shown = |it: &std::fs::DirEntry| !it.file_name().as_encoded_bytes().starts_with(b".");
    let empty = !entries.any(|it| it.is_ok_and(|it| shown(&it)));
    let file_system = files::file_system(path).ok();
    let notice = notice(file_system.as_ref());
    Ok(Sight { mount: files::mount_of(path).ok(), empty, notice })
}

/// Says whether what is seen is the library, `before` being where it lay when it had files.
///
/// # Errors
/// Where it is not: why, and what to do.
pub(super) fn judge(
    name: &str,
    path: &Path,
    before: Option<&Mount>,
    seen: &io::Result<Sight>,
) -> Result<(), Fault> {
    let shown = show_path(path);
    let fault = |what: String, remedy: &str| {
        Err(Fault::operator(format!("library {name}: {shown} {what}"), remedy))
    };
    let if_meant = "mount its disk, or, if this is meant, run `kinora scan --accept-disks`";
    let sight = match seen {
        Ok(sight) => sight,
        Err(err) if err.kind() == io::ErrorKind::PermissionDenied => {
            let remedy = "give the user that runs Kinora the right to read it";
            return fault("may not be read".to_owned(), remedy);
        }
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            let remedy = "mount its disk or share, or correct its path in kinora.toml";
            return fault("is not there".to_owned(), remedy);
        }
        Err(err) => {
            return fault(format!("cannot be read ({err})"), "check its disk or share");
        }
    };
    let Some(before) = before.filter(|it| **it != nowhere()) else { return Ok(()) };
    if let Some(now) = sight.mount.as_ref().filter(|it| !same(before, it)) {
        let what = format!(
            "lies on another disk than before ({}, not {})",
            told(now, before),
            told(before, now)
        );
        return fault(what, if_meant);
    }
    if sight.empty {
        return fault("is empty although files were there before".to_owned(), if_meant);
    }
    Ok(())
}

/// Looks at a library's folder, and says whether it is the library, as [`judge`] does.
///
/// # Errors
/// Where it is not: why, and what to do.
pub(in crate::app) fn trusted(
    name: &str,
    path: &Path,
    before: Option<&Mount>,
) -> Result<(), Fault> {
    judge(name, path, before, &see(path))
}

/// What is remembered of a library whose owner says that it is empty now: as if it never had a file.
pub(super) fn nowhere() -> Mount {
    Mount { point: PathBuf::new(), kind: String::new(), id: 0 }
}

/// One disk, as far as can be told: an id of 0 says nothing.
fn same(before: &Mount, now: &Mount) -> bool {
    let ids_differ = before.id != 0 && now.id != 0 && before.id != now.id;
    before.point == now.point && before.kind == now.kind && !ids_differ
}

/// A disk, by what tells it from another.
fn told(mount: &Mount, other: &Mount) -> String {
    if (&mount.point, &mount.kind) == (&other.point, &other.kind) {
        return format!("{} with id {:x}", mount.kind, mount.id);
    }
    format!("{} at {}", mount.kind, show_path(&mount.point))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(line: &str) -> Mount {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap();
        Mount { point: word().into(), kind: word().to_owned(), id: word().parse().unwrap() }
    }

    /// What is said of a library that lay there, and is seen so; nothing where it is well.
    fn said(before: Option<&str>, seen: io::Result<(&str, bool)>) -> String {
        let sight = |(now, empty)| Sight { mount: Some(mount(now)), empty, notice: Notice::Events };
        let path = Path::new("/media/films");
        let fault = judge("Films", path, before.map(mount).as_ref(), &seen.map(sight)).err();
        fault.map_or(String::new(), |it| it.to_string())
    }

    #[test]
    fn a_library_is_the_one_it_was_or_is_left_alone() {
        let ext4 = "/media ext4 7";
        for (before, now, empty, expected) in [
            (None, ext4, false, ""),
            (None, ext4, true, ""),
            (Some(ext4), ext4, false, ""),
            (Some(ext4), "/media ext4 0", false, ""),
            (Some("/media ext4 0"), ext4, false, ""),
            (
                Some(ext4),
                ext4,
                true,
                "library Films: /media/films is empty although files were there before; mount its disk, or, if this \
                 is meant, run `kinora scan --accept-disks`",
            ),
            (
                Some(ext4),
                "/ ext4 9",
                true,
                "library Films: /media/films lies on another disk than before (ext4 at /, not ext4 at /media); mount \
                 its disk, or, if this is meant, run `kinora scan --accept-disks`",
            ),
            (
                Some(ext4),
                "/media ext4 255",
                false,
                "library Films: /media/films lies on another disk than before (ext4 with id ff, not ext4 with id 7); \
                 mount its disk, or, if this is meant, run `kinora scan --accept-disks`",
            ),
        ] {
            assert_eq!(said(before, Ok((now, empty))), expected, "{before:?} {now} {empty}");
        }
        let other_kind = said(Some("/media nfs4 0"), Ok(("/media ext4 0", false)));
        assert!(other_kind.contains("(ext4 at /media, not nfs4 at /media)"), "{other_kind}");
    }

    #[test]
    fn a_library_that_cannot_be_read_is_left_alone() {
        for (kind, expected) in [
            (io::ErrorKind::NotFound, "is not there; mount its disk or share"),
            (io::ErrorKind::PermissionDenied, "may not be read; give the user"),
            (io::ErrorKind::StaleNetworkFileHandle, "cannot be read (stale network file handle)"),
        ] {
            for before in [None, Some("/media nfs4 0")] {
                let said = said(before, Err(kind.into()));
                assert!(said.contains(expected), "{said}");
            }
        }
    }

    #[test]
    fn an_empty_library_that_was_accepted_is_well() {
        let now = |before: &Mount| {
            let sight = Sight { mount: None, empty: true, notice: Notice::Events };
            judge("Films", Path::new("/media/films"), Some(before), &Ok(sight))
        };
        assert!(now(&nowhere()).is_ok());
        assert!(now(&mount("/media ext4 7")).is_err());
    }

    #[test]
    fn a_network_is_polled_and_so_is_what_cannot_be_asked() {
        let on = |network| FileSystem { kind: "any".to_owned(), network, id: 0 };
        assert_eq!(notice(Some(&on(false))), Notice::Events);
        assert_eq!(notice(Some(&on(true))), Notice::Polling);
        assert_eq!(notice(None), Notice::Polling);
    }

    #[test]
    fn hidden_files_do_not_make_a_folder_full() {
        let folder = tempfile::tempdir().unwrap();
        assert!(see(folder.path()).unwrap().empty);
        std::fs::write(folder.path().join(".scan_now"), "").unwrap();
        assert!(see(folder.path()).unwrap().empty);
        std::fs::write(folder.path().join("film.mkv"), "").unwrap();
        let sight = see(folder.path()).unwrap();
        assert!(!sight.empty && sight.mount.is_some(), "{sight:?}");
        assert!(see(&folder.path().join("none")).is_err());
    }
}
