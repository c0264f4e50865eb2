//! What the system gives Kinora: the time, open files, and notices of changes in libraries.

use super::places::changed_unix_ms;
use super::{good, unwell};
use crate::api::doctor::{Check, Health};
use crate::app::config::{Config, Setting};
use crate::base::clock::{self, Stopwatch};
use crate::base::text::counted;
use crate::domain::fault::Fault;
use crate::engines::child::Launcher;
use crate::engines::doorbell;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Clocks that differ less say nothing.
const DRIFT_MS_MAX: u64 = 2 * 60 * 1000;
/// A file from so far in the future may come from a clock that was corrected.
const AHEAD_MS_MAX: u64 = 60 * 60 * 1000;
/// Open files below which many requests and engines at once may fail.
const OPEN_FILES_MIN: u64 = 1024;
/// Folders that are counted, and for how long.
const FOLDERS_COUNTED_MAX: u64 = 1_000_000;
const COUNT_TIME_MAX: Duration = Duration::from_secs(10);
/// Watches that other programs of a NAS need too.
const WATCHES_OF_OTHERS: u64 = 1000;
const INSTANCES_MIN: u64 = 16;
const CLOCK: &str = "clock";

pub(super) fn time(config: &Config, _: &Launcher) -> Vec<Check> {
    let mut newest: Vec<(String, u64)> = Vec::new();
    let mut look = |what: &str, path: &Path| {
        let changed = std::fs::metadata(path).ok().and_then(|it| changed_unix_ms(&it));
        newest.extend(changed.map(|it| (what.to_owned(), it)));
    };
    look("this program", Path::new("/proc/self/exe"));
    look("the store", &config.data_dir.join("kinora.redb"));
    look("the newest backup", &config.backup.folder);
    let mut checks = vec![judge_time(&newest, clock::now_unix_ms())];
    checks.extend(drift(config));
    if jiff::tz::TimeZone::try_system().is_err() {
        let what = "the time zone is not known, so hours and daily times are in UTC";
        let remedy = "set TZ, such as TZ=Europe/Berlin, or link /etc/localtime";
        checks.push(unwell("time zone", Health::Warning, Fault::operator(what, remedy)));
    }
    checks
}

fn judge_time(files_unix_ms: &[(String, u64)], now_unix_ms: u64) -> Check {
    let newest = files_unix_ms.iter().max_by_key(|it| it.1);
    match newest.filter(|it| now_unix_ms.saturating_add(AHEAD_MS_MAX) < it.1) {
        None => good(CLOCK, "the time is later than all that was written"),
        Some((what, at)) => {
            let behind = (at - now_unix_ms) / AHEAD_MS_MAX;
            let told = format!(
                "the clock is wrong: {what} is {} newer than now",
                counted(behind as usize, "hour", "hours")
            );
            let remedy = "set the clock, and let it be kept right (`timedatectl set-ntp true`)";
            unwell(CLOCK, Health::Bad, Fault::operator(told, remedy))
        }
    }
}

/// How far the clocks of other machines are from ours.
fn drift(config: &Config) -> Option<Check> {
    let mut places: Vec<(String, &str)> = Vec::new();
    places.extend(config.jellyfin.iter().map(|it| ("Jellyfin".to_owned(), it.url.as_str())));
    for it in &config.translators {
        match &it.kind {
            Setting::Ollama { url, .. } | Setting::OpenAi { url, .. } => {
                places.push((format!("translator {}", it.name), url));
            }
            Setting::Local { .. } => {}
        }
    }
    // Each may take as long as a person waits, so the first that tells is enough.
    let (who, theirs) = places.into_iter().find_map(|it| Some((it.0, doorbell::time_of(it.1)?)))?;
    judge_drift(&who, theirs, clock::now_unix_ms())
}

fn judge_drift(who: &str, theirs_unix_ms: u64, ours_unix_ms: u64) -> Option<Check> {
    let apart = theirs_unix_ms.abs_diff(ours_unix_ms);
    if apart <= DRIFT_MS_MAX {
        return None;
    }
    let minutes = counted((apart / 60_000) as usize, "minute", "minutes");
    let side = if ours_unix_ms < theirs_unix_ms { "behind" } else { "ahead of" };
    let what = format!("this clock is {minutes} {side} that of {who}");
    let remedy = "let both be kept right (`timedatectl set-ntp true`)";
    Some(unwell("clocks", Health::Warning, Fault::operator(what, remedy)))
}

/// How many files may be open at once.
pub(super) fn open_files(_: &Config, _: &Launcher) -> Vec<Check> {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    vec![judge_open_files(soft_limit(&limits))]
}

/// The soft limit of open files; `None` where there is none, or the kernel does not tell.
fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|it| it.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn judge_open_files(limit: Option<u64>) -> Check {
    let name = "open files";
    match limit {
        Some(limit) if limit < OPEN_FILES_MIN => {
            let what = format!("{limit} files may be open at once, which may be too few");
            let remedy = "raise it: `ulimit -n 4096`, LimitNOFILE=4096 for a systemd service, `ulimits` in Docker";
            unwell(name, Health::Warning, Fault::operator(what, remedy))
        }
        Some(limit) => good(name, format!("{limit} may be open at once")),
        None => good(name, "any number may be open at once"),
    }
}

/// Whether the kernel can tell of changes in all folders of all libraries.
pub(super) fn notices(config: &Config, _: &Launcher) -> Vec<Check> {
    if config.libraries.is_empty() || !config.serve.watch {
        return Vec::new();
    }
    let read = |name: &str| -> Option<u64> {
        let path = format!("/proc/sys/fs/inotify/{name}");
        std::fs::read_to_string(path).ok()?.trim().parse().ok()
    };
    let (watches, instances) = (read("max_user_watches"), read("max_user_instances"));
    let roots = config.libraries.iter().map(|it| it.path.clone()).collect();
    vec![judge_notices(folders(roots), watches, instances)]
}

/// Folders in and below these, as many as can be counted in some seconds.
fn folders(mut waiting: Vec<PathBuf>) -> u64 {
    let watch = Stopwatch::start();
    let mut count = 0;
    while let Some(folder) = waiting.pop() {
        count += 1;
        if FOLDERS_COUNTED_MAX <= count || COUNT_TIME_MAX <= watch.elapsed() {
            break;
        }
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        // Not through links: they are not followed when folders are watched.
        let inner = entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir()));
        waiting.extend(inner.map(|it| it.path()));
    }
    count
}

fn judge_notices(folders: u64, watches: Option<u64>, instances: Option<u64>) -> Check {
    let name = "notices of changes";
    let unwell =
        |what: String, remedy: String| unwell(name, Health::Warning, Fault::operator(what, remedy));
    let need = folders.saturating_add(WATCHES_OF_OTHERS);
    match (watches, instances) {
        (Some(watches), _) if watches < need => unwell(
            format!(
                "{watches} folders can be watched, and libraries have {folders} or more: new films are found late"
            ),
            sysctl("max_user_watches", need.next_power_of_two().max(65_536)),
        ),
        (_, Some(instances)) if instances < INSTANCES_MIN => unwell(
            format!("only {instances} programs of a user may watch folders"),
            sysctl("max_user_instances", 128),
        ),
        (Some(watches), _) => {
            good(name, format!("libraries have {folders} folders, and {watches} can be watched"))
        }
        (None, _) => unwell(
            "this kernel tells of no changes: libraries are looked through by the clock only"
                .to_owned(),
            "set serve.scan_interval as short as new films shall wait".to_owned(),
        ),
    }
}

fn sysctl(name: &str, value: u64) -> String {
    format!(
        "write `fs.inotify.{name} = {value}` into /etc/sysctl.d/90-kinora.conf and run `sysctl --system` (of a \
         container: on its host)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_went_back_is_told() {
        let now = 1_800_000_000_000;
        let files = |at: u64| [("the store".to_owned(), at), ("this program".to_owned(), 1)];
        assert_eq!(judge_time(&[], now).health, Health::Good);
        for (at, health) in [
            (now, Health::Good),
            (now + AHEAD_MS_MAX, Health::Good),
            (now + AHEAD_MS_MAX + 1, Health::Bad),
            (now * 2, Health::Bad),
        ] {
            let told = judge_time(&files(at), now);
            assert_eq!(told.health, health, "{told:?}");
        }
        assert!(judge_time(&files(now * 2), now).found.contains("the store"));
    }

    #[test]
    fn clocks_that_differ_are_a_hint() {
        let now = 1_800_000_000_000;
        for (theirs, said) in [
            (now, None),
            (now - DRIFT_MS_MAX, None),
            (now - DRIFT_MS_MAX - 60_000, Some("3 minutes ahead of that of Jellyfin")),
            (now + DRIFT_MS_MAX + 1, Some("2 minutes behind that of Jellyfin")),
        ] {
            let told = judge_drift("Jellyfin", theirs, now);
            assert_eq!(told.is_some(), said.is_some(), "{told:?}");
            assert!(told.is_none_or(|it| it.found.ends_with(said.unwrap())));
        }
    }

    #[test]
    fn few_open_files_are_a_hint() {
        let limits =
            "Limit Soft Limit Hard Limit Units\nMax open files            256  4096  files\n";
        assert_eq!(soft_limit(limits), Some(256));
        assert_eq!(soft_limit("Max open files            unlimited  unlimited  files"), None);
        for (limit, health) in
            [(Some(1023), Health::Warning), (Some(1024), Health::Good), (None, Health::Good)]
        {
            assert_eq!(judge_open_files(limit).health, health);
        }
    }

    #[test]
    fn folders_that_cannot_be_watched_come_with_the_line_to_write() {
        for (folders, watches, instances, said) in [
            (10, Some(8192), Some(128), None),
            (7192, Some(8192), Some(128), None),
            (7193, Some(8192), Some(128), Some("fs.inotify.max_user_watches = 65536")),
            (100_000, Some(8192), None, Some("fs.inotify.max_user_watches = 131072")),
            (10, Some(8192), Some(4), Some("fs.inotify.max_user_instances = 128")),
            (10, None, None, Some("serve.scan_interval")),
        ] {
            let told = judge_notices(folders, watches, instances);
            assert_eq!(told.remedy.is_some(), said.is_some(), "{told:?}");
            assert!(told.remedy.is_none_or(|it| it.contains(said.unwrap())));
        }
    }

    #[test]
    fn folders_are_counted_and_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/b")).unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("a/round")).unwrap();
        std::fs::write(dir.path().join("film.mkv"), "x").unwrap();
        assert_eq!(folders(vec![dir.path().to_owned()]), 3);
    }
}
