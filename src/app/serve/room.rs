//! Whether there is room on the disks: where Kinora's data lies, its backups, and each library. Told once when one is
//! nearly full, and once when it has room again.

use super::daemon::Daemon;
use super::live::Live;
use crate::app::config::Config;
use crate::app::notify::ROOM_AGAIN;
use crate::base::text::{bytes, show_path};
use crate::domain::change::ActivityKind;
use crate::domain::fault::Fault;
use crate::engines::ffi::free_bytes;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(60);
const MIB: u64 = 1024 * 1024;

/// Starts the thread that looks; it ends when the handle is dropped. It has its own, because a network share that is
/// away holds up whoever looks at it.
///
/// # Errors
/// Where no thread can be started.
pub(super) fn start(daemon: &Arc<Daemon>) -> Result<Sender<()>, Fault> {
    let (handle, closed) = bounded(0);
    let room = Arc::clone(&daemon.room);
    let live = Arc::clone(&daemon.live);
    let daemon = Arc::downgrade(daemon);
    std::thread::Builder::new()
        .name("room".to_owned())
        .spawn(move || watch(&room, &live, &daemon, &closed))
        .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
    Ok(handle)
}

fn watch(room: &Room, live: &Live, daemon: &Weak<Daemon>, closed: &Receiver<()>) {
    loop {
        let told = room.look(&live.config());
        let Some(daemon) = daemon.upgrade() else { return };
        for text in told {
            daemon.teller.tell(ActivityKind::DiskLow, text);
        }
        drop(daemon);
        match closed.recv_timeout(LOOK_EVERY) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Folders whose disks were nearly full at the last look.
#[derive(Debug, Default)]
pub(super) struct Room(Mutex<BTreeSet<Place>>);

/// A folder, and what is kept there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    folder: PathBuf,
    what: String,
    free_bytes: u64,
}

impl Room {
    fn low(&self) -> MutexGuard<'_, BTreeSet<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a person should look at, a sentence each.
    pub(super) fn troubles(&self) -> Vec<String> {
        self.low().iter().map(nearly_full).collect()
    }

    /// Looks at all disks; gives what is new, a sentence each.
    pub(super) fn look(&self, config: &Config) -> Vec<String> {
        self.look_at(places(config), config.serve.disk_free_min_mib, |it| free_bytes(it).ok())
    }

    fn look_at(
        &self,
        places: Vec<(PathBuf, String)>,
        min_mib: u64,
        free: impl Fn(&Path) -> Option<u64>,
    ) -> Vec<String> {
        let mut low = self.low();
        let mut told = Vec::new();
        let before = std::mem::take(&mut *low);
        for (folder, what) in places {
            let was = before.iter().find(|it| it.folder == folder);
            // Of a disk that is not there nothing is known; what it was before counts.
            let Some(free_bytes) = free(&folder) else {
                low.extend(was.cloned());
                continue;
            };
            let place = Place { folder, what, free_bytes };
            match (was.is_some(), is_low(free_bytes, min_mib, was.is_some())) {
                (false, true) => told.push(nearly_full(&place)),
                (true, false) => told.push(recovered(&place)),
                (true, true) | (false, false) => {}
            }
            if is_low(free_bytes, min_mib, was.is_some()) {
                low.insert(place);
            }
        }
        told
    }
}

/// A quarter more than the limit has to be free until it counts as room again: what is at the edge is not told twice.
fn is_low(free_bytes: u64, min_mib: u64, was: bool) -> bool {
    let min = min_mib.saturating_mul(MIB);
    let enough = if was { min.saturating_add(min / 4) } else { min };
    min > 0 && free_bytes < enough
}

fn nearly_full(place: &Place) -> String {
    format!(
        "only {} are left on the disk of {} ({}); make room there, or Kinora has to stop",
        bytes(place.free_bytes),
        show_path(&place.folder),
        place.what
    )
}

fn recovered(place: &Place) -> String {
    let Place { folder, what, free_bytes } = place;
    let (folder, free) = (show_path(folder), bytes(*free_bytes));
    format!("the disk of {folder} ({what}) {ROOM_AGAIN}: {free} are left")
}

/// Each disk once, by the first folder on it, with what is kept there.
fn places(config: &Config) -> Vec<(PathBuf, String)> {
    let data = [(config.data_dir.clone(), "Kinora's data".to_owned())];
    let backups = [Some(&config.backup.folder), config.backup.second_folder.as_ref()];
    // A folder for backups that is not made yet lies where it will be made.
    let backups = backups.into_iter().flatten().map(|it| (there(it), "backups".to_owned()));
    let libraries = config.libraries.iter();
    let libraries = libraries.map(|it| (it.path.clone(), format!("the library {}", it.name)));
    let mut disks: Vec<(Option<u64>, PathBuf, String)> = Vec::new();
    for (folder, what) in data.into_iter().chain(backups).chain(libraries) {
        let disk = std::fs::metadata(&folder).ok().map(|it| it.dev());
        match disks.iter_mut().find(|it| it.1 == folder || disk.is_some() && it.0 == disk) {
            Some((_, _, all)) if all.contains(&what) => {}
            Some((_, _, all)) => *all = format!("{all}, {what}"),
            None => disks.push((disk, folder, what)),
        }
    }
    disks.into_iter().map(|(_, folder, what)| (folder, what)).collect()
}

/// The folder, or what is there of the path to it.
fn there(folder: &Path) -> PathBuf {
    folder.ancestors().find(|it| it.exists()).unwrap_or(folder).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_told_when_it_gets_full_and_when_it_has_room_again_and_never_twice() {
        let room = Room::default();
        let place = || vec![(PathBuf::from("/data"), "Kinora's data".to_owned())];
        let look = |free_mib: Option<u64>, min_mib: u64| {
            let told = room.look_at(place(), min_mib, |_| free_mib.map(|it| it * MIB));
            (told.concat(), room.troubles().len())
        };
        assert_eq!(look(Some(1000), 1000), (String::new(), 0));
        let (told, low) = look(Some(999), 1000);
        let expected = "only 999.0 MiB are left on the disk of /data (Kinora's data); \
                        make room there, or Kinora has to stop";
        assert_eq!((told.as_str(), low), (expected, 1));
        for free in [Some(999), Some(1000), Some(1249), None, Some(10)] {
            assert_eq!(look(free, 1000), (String::new(), 1), "{free:?}");
        }
        let (told, low) = look(Some(1250), 1000);
        assert!(told.contains(ROOM_AGAIN) && low == 0, "{told}");
        assert_eq!(look(Some(1000), 1000), (String::new(), 0));
        // Nobody wants to know.
        assert_eq!(look(Some(0), 0), (String::new(), 0));
        // A library that is not configured any more is no trouble any more.
        let _ = look(Some(1), 1000);
        assert_eq!(room.look_at(Vec::new(), 1000, |_| Some(1)), Vec::<String>::new());
        assert!(room.troubles().is_empty());
    }
}
