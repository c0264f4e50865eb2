//! What the system knows of a file beside its content: whether somebody writes it, and which file system it lies on.

use super::ffi;
use crate::domain::library::Mount;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where the kernel lists what is mounted, as this process sees it.
const MOUNTS: &str = "/proc/self/mountinfo";

/// Kinds on which changes are also made elsewhere (by another machine, by the host of a virtual one), of which this
/// kernel learns nothing: it reports no events of them.
const CHANGED_ELSEWHERE: [&str; 25] = [
    "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "gfs2", "gpfs",
    "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "pvfs2", "smb3", "smbfs",
    "vboxsf", "virtiofs", "vmhgfs", "wslfs",
];
/// Kinds of FUSE whose content lies on disks of this machine. The kernel reports what is done through the mount, and
/// that is how downloaders and shares use them; what is done to a disk beneath a pool is seen by the next scan. All
/// other kinds of FUSE (sshfs, rclone, s3fs, glusterfs) are taken for remote.
const FUSE_OF_LOCAL_DISKS: [&str; 15] = [
    "fuse.bindfs",
    "fuse.cryfs",
    "fuse.encfs",
    "fuse.exfat",
    "fuse.gocryptfs",
    "fuse.lxcfs",
    "fuse.mergerfs",
    "fuse.mhddfs",
    "fuse.ntfs",
    "fuse.ntfs-3g",
    "fuse.shfs",
    "fuse.unionfs",
    "fuse.unionfs-fuse",
    "fuse.zfs-fuse",
    "fuseblk",
];
/// Kinds whose id is made from a UUID on the disk. Others make it from the device's number (XFS, FAT, F2FS), from
/// chance (tmpfs), or have none (NFS).
const WITH_ID_OF_THEIR_OWN: [&str; 8] =
    ["bcachefs", "btrfs", "ext2", "ext3", "ext4", "jfs", "reiserfs", "zfs"];

/// The file system a path lies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// Its type, as the kernel names it: `ext4`, `nfs4`, `fuse.mergerfs`, ...
    pub kind: String,
    /// True where events are not to be trusted: it may be changed by others than this machine.
    pub network: bool,
    /// What identifies its content and stays the same when it is mounted again; 0 where there is no such thing.
    pub id: u64,
}

/// Whether somebody has a file open for writing, as far as this machine knows. `None` where it cannot be told: not
/// every file system does, and none does for files of other users unless Kinora may take leases (`CAP_LEASE`).
pub fn written_elsewhere(path: &Path) -> Option<bool> {
    // Not to wait: neither for the writer of a pipe nor for somebody else's lease.
    let flags = libc::O_NONBLOCK | libc::O_CLOEXEC;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    ffi::is_open_for_writing(&file).ok()
}

/// The file system a path lies on.
///
/// # Errors
/// As [`mount_of`].
pub fn file_system(path: &Path) -> io::Result<FileSystem> {
    let Mount { kind, id, .. } = mount_of(path)?;
    Ok(FileSystem { network: is_changed_elsewhere(&kind), kind, id })
}

/// Where the file system of a path is mounted, and what it is.
///
/// # Errors
/// Where the path is not there or may not be looked at, or the kernel does not tell what is mounted.
pub fn mount_of(path: &Path) -> io::Result<Mount> {
    let path = path.canonicalize()?;
    let mounts = std::fs::read(MOUNTS)?;
    let (point, kind) = mount_in(&mounts, &path).ok_or_else(|| {
        io::Error::other(format!("{MOUNTS} does not say where {} lies", path.display()))
    })?;
    let told = WITH_ID_OF_THEIR_OWN.contains(&kind.as_str());
    let id = if told { ffi::file_system_id(&path)? } else { 0 };
    Ok(Mount { point, kind, id })
}

fn is_changed_elsewhere(kind: &str) -> bool {
    let fuse = kind.starts_with("fuse") && !FUSE_OF_LOCAL_DISKS.contains(&kind);
    fuse || CHANGED_ELSEWHERE.contains(&kind)
}

/// The mount that holds a path, which has no links in it, by the kernel's list: the deepest one, and of several on the
/// same point the last, which hides the others.
fn mount_in(mounts: &[u8], path: &Path) -> Option<(PathBuf, String)> {
    let lines = mounts.split(|it| *it == b'\n').filter_map(mount);
    let holding = lines.filter(|(point, _)| path.starts_with(point));
    holding.max_by_key(|(point, _)| point.as_os_str().len())
}

/// Point and kind of one line, as proc(5) has it: `36 35 98:0 /root /point options optional... - kind source options`.
fn mount(line: &[u8]) -> Option<(PathBuf, String)> {
    let mut fields = line.split(|it| *it == b' ');
    let point = unescaped(fields.nth(4)?);
    let kind = fields.skip_while(|it| *it != b"-").nth(1)?;
    let kind = String::from_utf8_lossy(&unescaped(kind)).into_owned();
    Some((PathBuf::from(OsString::from_vec(point)), kind))
}

/// Blanks, tabs, line ends and backslashes are three octal digits after a backslash.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let octal = after.first_chunk::<3>().filter(|_| *first == b'\\');
        let digits = octal.filter(|it| it.iter().all(|digit| (b'0'..=b'7').contains(digit)));
        let value = digits.map(|it| it.iter().fold(0u32, |sum, it| sum * 8 + u32::from(it - b'0')));
        match value.and_then(|it| u8::try_from(it).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &after[3..];
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::fs::{self, File};
    use std::os::unix::ffi::OsStrExt;

    const LIST: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
23 22 0:21 / /proc rw - proc proc rw
30 22 0:40 / /mnt/My\\040Films rw,noatime shared:5 master:2 - nfs4 nas:/films rw,vers=4.2
31 22 0:41 / /mnt rw - tmpfs tmpfs rw
32 22 0:42 / /media rw - autofs systemd-1 rw,fd=44
33 32 0:43 / /media rw - cifs //nas/media rw,vers=3.1.1
34 22 0:44 /@sub /mnt/pool rw - fuse.mergerfs 1:2:3 rw
35 22 0:45 / /mnt/tab\\011back\\134slash\\0end rw - xfs /dev/sdb rw
a line that is none
36 22 0:46 / /mnt/\u{540d} rw - btrfs /dev/sdc rw
";

    #[test]
    fn the_deepest_mount_holds_a_path() {
        let rows = [
            ("/", "/", "ext4"),
            ("/home/a", "/", "ext4"),
            ("/proc/self", "/proc", "proc"),
            ("/mnt/My Films/a.mkv", "/mnt/My Films", "nfs4"),
            ("/mnt/My Films", "/mnt/My Films", "nfs4"),
            ("/mnt/My Films 2/a.mkv", "/mnt", "tmpfs"),
            ("/media/a.mkv", "/media", "cifs"),
            ("/mnt/pool/a/b/c.mkv", "/mnt/pool", "fuse.mergerfs"),
            ("/mnt/poolside", "/mnt", "tmpfs"),
            ("/mnt/tab\tback\\slash\\0end/a", "/mnt/tab\tback\\slash\\0end", "xfs"),
            ("/mnt/\u{540d}/a", "/mnt/\u{540d}", "btrfs"),
        ];
        for (path, point, kind) in rows {
            let found = mount_in(LIST.as_bytes(), Path::new(path));
            assert_eq!(found, Some((PathBuf::from(point), kind.to_owned())), "{path}");
        }
        assert_eq!(mount_in(b"", Path::new("/a")), None);
        let odd = b"1 2 3:4 / /a\xFF rw - ext4 x rw";
        let path = Path::new(OsStr::from_bytes(b"/a\xFF/b"));
        assert_eq!(mount_in(odd, path).map(|it| it.1).as_deref(), Some("ext4"));
    }

    #[test]
    fn damaged_lists_do_no_harm() {
        for cut in 0..LIST.len() {
            mount_in(&LIST.as_bytes()[..cut], Path::new("/mnt/pool/a"));
        }
        for line in
            ["1 2 3 4 /a - ", "1 2 3 4 /a rw x", "1 2 3 4 \\400 - a", "1 2 3 4 \\ - a", "- - - - -"]
        {
            mount_in(line.as_bytes(), Path::new("/a"));
        }
    }

    #[test]
    fn kinds_whose_events_are_not_to_be_trusted() {
        for kind in [
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "9p",
            "virtiofs",
            "ceph",
            "fuse.sshfs",
            "fuse.rclone",
            "fuse",
        ] {
            assert!(is_changed_elsewhere(kind), "{kind}");
        }
        for kind in [
            "ext4",
            "xfs",
            "btrfs",
            "zfs",
            "tmpfs",
            "overlay",
            "fuseblk",
            "fuse.mergerfs",
            "vfat",
            "ntfs3",
        ] {
            assert!(!is_changed_elsewhere(kind), "{kind}");
        }
    }

    #[test]
    fn this_machine_tells() {
        let proc = mount_of(Path::new("/proc/self/status")).unwrap();
        assert_eq!(
            (proc.point.as_path(), proc.kind.as_str(), proc.id),
            (Path::new("/proc"), "proc", 0)
        );
        let dir = tempfile::tempdir().unwrap();
        let mount = mount_of(dir.path()).unwrap();
        assert!(dir.path().canonicalize().unwrap().starts_with(&mount.point), "{mount:?}");
        assert_eq!(mount_of(&dir.path().join(".")).unwrap(), mount, "told again");
        let system = file_system(dir.path()).unwrap();
        assert_eq!((system.kind, system.id), (mount.kind, mount.id));
        assert_eq!(mount_of(&dir.path().join("gone")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_file_that_is_written_is_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("film.mkv");
        let writer = File::create(&path).unwrap();
        let before = written_elsewhere(&path);
        drop(writer);
        let after = written_elsewhere(&path);
        // Where this file system gives leases it tells both; where not, neither.
        assert_eq!(
            (before, after),
            if after.is_some() { (Some(true), Some(false)) } else { (before, None) }
        );
        let reader = File::open(&path).unwrap();
        assert_eq!(written_elsewhere(&path), after, "readers do not count");
        drop(reader);
        // The lease is gone at once: the next writer does not wait for it, and nobody is killed.
        fs::write(&path, "more").unwrap();
        assert_eq!(written_elsewhere(&dir.path().join("gone")), None);
    }

    /// A writer may come in the instant of the lease: it is neither held up nor is anybody killed.
    #[test]
    fn who_writes_while_it_is_asked_is_not_disturbed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("film.mkv");
        fs::write(&path, "begun").unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for _ in 0..5_000 {
                    OpenOptions::new().append(true).open(&path).unwrap();
                }
            });
            while !writer.is_finished() {
                written_elsewhere(&path);
            }
        });
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(written_elsewhere(&path) != Some(true));
    }
}
