//! What is remembered of files and libraries, so that what did not change is not looked at again.

use super::existing::Examined;
use super::media::Probe;
use super::order::os_paths;
use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// A file as it is on disk, without its name: a renamed or moved one is the same, a changed one is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId {
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, nanoseconds since the Unix epoch.
    pub mtime_ns: i128,
}

impl FileId {
    /// The file that was looked at like this.
    pub fn of(meta: &Metadata) -> FileId {
        FileId {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            mtime_ns: i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()),
        }
    }
}

/// What a look into a file showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// What it holds.
    pub probe: Probe,
    /// Its text tracks, as far as they were looked at.
    pub texts: Vec<SeenText>,
}

/// A text track that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenText {
    /// FFmpeg's stream index.
    pub index: u32,
    /// What was found, or why nothing was.
    pub found: Result<Examined, String>,
}

/// Where a file lay when its subtitles were written, and what they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The file.
    #[serde(with = "os_paths")]
    pub video: PathBuf,
    /// Its subtitles.
    #[serde(with = "os_paths::list")]
    pub outputs: Vec<PathBuf>,
}

/// Which file system a library's folder lies on. Device numbers change from start to start, so they are no part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Where the file system is mounted.
    #[serde(with = "os_paths")]
    pub point: PathBuf,
    /// Its type: `ext4`, `nfs4`, ...
    pub kind: String,
    /// What identifies its content: the id that `statfs` tells, where that stays the same; 0 where it does not.
    pub id: u64,
}
