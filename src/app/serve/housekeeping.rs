//! What is tidied up by the clock: records of old runs, rows nobody needs, uploads, scratch.

use super::daemon::Daemon;
use crate::base::text::{counted, show_path};
use crate::base::{clock, disk};
use crate::domain::fault::Fault;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, UNIX_EPOCH};

/// How often it is tidied up.
const EVERY: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Starts the thread, which tidies `runs/` too; it ends when the handle is dropped.
///
/// # Errors
/// Where no thread can be started.
pub(super) fn start(runs: PathBuf, daemon: &Arc<Daemon>) -> Result<Sender<()>, Fault> {
    let (handle, closed) = bounded(0);
    // It must not keep the daemon from ending.
    let daemon = Arc::downgrade(daemon);
    std::thread::Builder::new()
        .name("housekeeping".to_owned())
        .spawn(move || keep(&runs, &daemon, &closed))
        .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
    Ok(handle)
}

fn keep(runs: &Path, daemon: &Weak<Daemon>, closed: &Receiver<()>) {
    loop {
        if let Some(daemon) = daemon.upgrade() {
            tidy(runs, &daemon);
        }
        match closed.recv_timeout(EVERY) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn tidy(runs: &Path, daemon: &Daemon) {
    let now = clock::now_unix_ms();
    // The files of runs; their rows stay for ever.
    let days = daemon.live.config().serve.runs_days;
    match sweep_runs(runs, DAY * u32::from(days), now) {
        Ok(0) => {}
        Ok(count) => {
            let files = counted(count, "file of old runs was", "files of old runs were");
            tracing::info!("{files} removed");
        }
        Err(error) => tracing::warn!(%error, "old runs in {} stay", show_path(runs)),
    }
    daemon.tidy_uploads();
    if let Err(fault) = daemon.store.prune(now) {
        tracing::warn!("the store could not be tidied: {fault}");
    }
}

/// Removes files of runs that ended longer ago than `age`; gives their number.
pub(super) fn sweep_runs(folder: &Path, age: Duration, now_unix_ms: u64) -> std::io::Result<usize> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let oldest = Duration::from_millis(now_unix_ms).saturating_sub(age);
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        let changed = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        if changed < oldest && is_run_file(&entry.path()) {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn is_run_file(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "json" || it == "log")
}

/// Empties the folder for scratch: nobody works yet.
///
/// # Errors
/// Where it cannot be emptied or made.
pub(super) fn sweep_scratch(folder: &Path) -> Result<(), Fault> {
    let emptied = match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    };
    emptied.map_err(|err| {
        Fault::operator(
            format!("the folder for scratch, {}, cannot be emptied ({err})", show_path(folder)),
            disk::remedy(&err),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_files_of_runs_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["1.json", "1.log", "notes.txt"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let now = clock::now_unix_ms();
        assert_eq!(sweep_runs(folder.path(), DAY * 30, now).unwrap(), 0);
        let later = now + 31 * 24 * 60 * 60 * 1000;
        assert_eq!(sweep_runs(folder.path(), DAY * 30, later).unwrap(), 2);
        assert!(folder.path().join("notes.txt").exists(), "what is not ours stays");
        assert_eq!(sweep_runs(&folder.path().join("none"), DAY, now).unwrap(), 0);
    }
}
