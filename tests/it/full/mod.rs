//! Disks that are full, really: a small one at each place that is written to. Nothing is lost, nothing half-written has
//! a name, somebody is told what to do, and it goes on when there is room.

mod commands;
mod data;
mod library;

use super::support::*;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A disk of its own at a folder; gone when the test is over.
struct Disk {
    at: PathBuf,
}

impl Disk {
    /// Mounts it over a folder, which is made; `None` where that may not be done here.
    fn at(folder: &Path, size: &str) -> Option<Disk> {
        if !is_root() {
            return None;
        }
        std::fs::create_dir_all(folder).unwrap();
        let options = format!("size={size},mode=0777");
        let mount = ["-t", "tmpfs", "-o", &options, "none"];
        if !Command::new("mount").args(mount).arg(folder).status().unwrap().success() {
            println!("skipped: nothing can be mounted here");
            return None;
        }
        Some(Disk { at: folder.to_owned() })
    }

    /// Takes all room there is.
    fn fill(&self) {
        let mut options = OpenOptions::new();
        let mut file: File = options.create(true).append(true).open(self.filled()).unwrap();
        for piece in [65_536, 4_096, 1] {
            while file.write_all(&vec![0; piece]).is_ok() {}
        }
    }

    /// There is room again.
    fn empty(&self) {
        std::fs::remove_file(self.filled()).unwrap();
    }

    fn filled(&self) -> PathBuf {
        self.at.join("fill.bin")
    }

    /// What is on it beside of what fills it.
    fn names(&self) -> Vec<String> {
        let names = listing(&self.at).into_keys().filter_map(|it| it.into_string().ok());
        names.filter(|it| it != "fill.bin").collect()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

/// Waits are a second, not minutes.
const SOON: &str = "[retry]\nbackoff_first = \"1s\"\nbackoff_max = \"1s\"\n";

/// What was told of disks, the oldest first.
fn told(daemon: &Daemon) -> Vec<String> {
    let activity = daemon.json("/api/v1/activity");
    let of_disks = activity.as_array().unwrap().iter().filter(|it| it["name"] == "disk_low");
    let mut texts: Vec<String> =
        of_disks.map(|it| it["text"].as_str().unwrap().to_owned()).collect();
    texts.reverse();
    texts
}
