//! Where Kinora writes: the data folder and what of it nobody else may read, the folders of libraries, backups, room.

use super::{good, unwell};
use crate::api::doctor::{Check, Health};
use crate::app::config::{Config, Library, SETTINGS_FILE};
use crate::app::intake;
use crate::base::clock;
use crate::base::text::{counted, show_path};
use crate::domain::fault::Fault;
use crate::engines::child::Launcher;
use crate::engines::ffi::free_bytes;
use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Free disk below which the data folder is worth a hint, MiB: windows heard, and room for a subtitle.
const DISK_FREE_MIB_MIN: u64 = 200;
/// Room below which a library is worth a hint, MiB: subtitles are small.
const LIBRARY_FREE_MIB_MIN: u64 = 50;
/// A backup that is older is worth a hint, where they are made daily.
const BACKUP_AGE_DAYS_MAX: u64 = 2;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// How names of backups begin.
const BACKUP_PREFIX: &str = "kinora-";
/// Bits of a mode that let everybody read.
const OTHERS_READ: u32 = 0o004;

/// Whose a folder is, and whose this process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    uid: u32,
    gid: u32,
    mode: u32,
}

impl Owner {
    fn of(metadata: &Metadata) -> Owner {
        Owner { uid: metadata.uid(), gid: metadata.gid(), mode: metadata.mode() & 0o7777 }
    }
}

/// The user this process runs as; `None` where the kernel does not tell.
pub(super) fn user() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("Uid:"))?;
    // Real, effective, saved, and that of files.
    line.split_whitespace().nth(1)?.parse().ok()
}

pub(super) fn data_dir(config: &Config, _: &Launcher) -> Vec<Check> {
    let (name, dir) = ("data folder", &config.data_dir);
    let shown = show_path(dir);
    let Some(there) = dir.ancestors().find(|it| it.exists()) else {
        return vec![unwell(name, Health::Bad, not_writable(dir, "there is no such disk"))];
    };
    // A file without a name: gone when it is closed, whatever happens.
    match tempfile::tempfile_in(there) {
        Ok(_) if there == dir => {
            let mut checks = vec![good(name, format!("{shown} can be written"))];
            let owner = std::fs::metadata(dir).ok().map(|it| Owner::of(&it));
            checks.extend(owner.zip(user()).and_then(|(owner, user)| judge_user(owner, user)));
            checks
        }
        Ok(_) => vec![good(name, format!("{shown} will be made at the first run"))],
        Err(err) => vec![unwell(name, Health::Bad, not_writable(dir, &err.to_string()))],
    }
}

/// Root may everything: what it finds says nothing of the user that the service runs as.
fn judge_user(owner: Owner, user: u32) -> Option<Check> {
    if user != 0 || owner.uid == 0 {
        return None;
    }
    let uid = owner.uid;
    let what = format!(
        "root asks, and the data folder is user {uid}'s: rights are not seen as the service has them"
    );
    let remedy = format!(
        "ask as that user: `setpriv --reuid {uid} --regid {} --init-groups kinora doctor`; in Docker `docker exec \
         --user {uid} ...`",
        owner.gid
    );
    Some(unwell("user", Health::Warning, Fault::operator(what, remedy)))
}

fn not_writable(dir: &Path, why: &str) -> Fault {
    Fault::operator(
        format!("the data folder {} cannot be written ({why})", show_path(dir)),
        "give the user Kinora runs as the right to write there, or set data_dir",
    )
}

/// What only Kinora's user may read: token, secret of webhooks, settings, store, backups.
pub(super) fn secrets(config: &Config, _: &Launcher) -> Vec<Check> {
    let mut paths = vec![
        config.http.token_file.clone(),
        config.data_dir.join(SETTINGS_FILE),
        config.backup.folder.clone(),
    ];
    paths.extend(config.http.webhook_secret_file.clone());
    paths.extend(config.backup.second_folder.clone());
    let mode = |path: PathBuf| {
        let mode = std::fs::metadata(&path).ok()?.mode() & 0o7777;
        Some((path, mode))
    };
    let seen: Vec<(PathBuf, u32)> = paths.into_iter().filter_map(mode).collect();
    judge_secrets(&seen).into_iter().collect()
}

fn judge_secrets(seen: &[(PathBuf, u32)]) -> Option<Check> {
    let name = "secrets";
    let open: Vec<&PathBuf> =
        seen.iter().filter(|it| it.1 & OTHERS_READ != 0).map(|it| &it.0).collect();
    if seen.is_empty() {
        return None;
    }
    if open.is_empty() {
        return Some(good(name, "token, settings and backups can be read by Kinora's user only"));
    }
    let shown: Vec<String> = open.iter().map(|it| show_path(it)).collect();
    let what = format!("everybody on this machine may read {}", shown.join(", "));
    let quoted: Vec<String> = shown.iter().map(|it| format!("'{it}'")).collect();
    let remedy = format!("run `chmod o-rwx {}`", quoted.join(" "));
    Some(unwell(name, Health::Warning, Fault::operator(what, remedy)))
}

pub(super) fn disks(config: &Config, _: &Launcher) -> Vec<Check> {
    let min = match config.serve.disk_free_min_mib {
        0 => DISK_FREE_MIB_MIN,
        min => min,
    };
    let mut checks = vec![judge_disk("disk", "the data folder", free_mib(&config.data_dir), min)];
    let backups = &config.backup;
    if backups.at.is_some() && !same_disk(&backups.folder, &config.data_dir) {
        checks.push(judge_disk("disk of backups", "backups", free_mib(&backups.folder), min));
    }
    if let Some(second) = &backups.second_folder {
        let name = "disk of the second backups";
        checks.push(judge_disk(name, "the second backups", free_mib(second), min));
    }
    checks
}

fn free_mib(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|it| it.exists())?;
    free_bytes(there).ok().map(|it| it / (1024 * 1024))
}

fn same_disk(one: &Path, other: &Path) -> bool {
    let device = |path: &Path| {
        let there = path.ancestors().find(|it| it.exists())?;
        std::fs::metadata(there).ok().map(|it| it.dev())
    };
    device(one) == device(other)
}

fn judge_disk(name: &str, whose: &str, free_mib: Option<u64>, min_mib: u64) -> Check {
    let Some(free) = free_mib else {
        let fault = Fault::operator("free room cannot be told", "look at it yourself");
        return unwell(name, Health::Warning, fault);
    };
    let what = if whose == "the data folder" { "is" } else { "are" };
    let found = format!("{free} MiB are free where {whose} {what}");
    if min_mib <= free {
        return good(name, found);
    }
    let remedy = match whose {
        "the data folder" => "make room, or set data_dir",
        _ => "make room there",
    };
    unwell(name, Health::Warning, Fault::operator(found, remedy))
}

/// Whether subtitles can be written beside the videos of each library.
pub(super) fn libraries(config: &Config, _: &Launcher) -> Vec<Check> {
    config.libraries.iter().map(library).collect()
}

fn library(library: &Library) -> Check {
    let name = format!("folder {}", library.name);
    // Mostly the folders below it have other owners than itself.
    let first = intake::files(&library.path).find(|it| it.fault.is_none()).map(|it| it.path);
    let beside = first.as_deref().and_then(Path::parent);
    for folder in [Some(library.path.as_path()), beside].into_iter().flatten() {
        if let Err(error) = tempfile::tempfile_in(folder) {
            let owner = std::fs::metadata(folder).ok().map(|it| Owner::of(&it));
            return judge_unwritable(&name, folder, &error, owner.zip(user()));
        }
    }
    judge_library_room(&name, &library.path, free_mib(&library.path))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
fn judge_unwritable(
    name: &str,
    folder: &Path,
    error: &io::Error,
    whose: Option<(Owner, u32)>,
) -> Check {
    let shown = show_path(folder);
    let (what, remedy) = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            let remedy = "mount its disk or share, or correct its path in kinora.toml";
            (format!("{shown} is not there"), remedy.to_owned())
        }
        ErrorKind::ReadOnlyFilesystem => (
            format!("{shown} is read-only, so no subtitle can be written beside the videos"),
            format!(
                "mount it writable: in Docker without `:ro`; as a systemd service let `systemctl edit kinora` say \
                 [Service] ReadWritePaths={shown}"
            ),
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            (format!("the disk of {shown} is full"), "make room there".to_owned())
        }
        ErrorKind::PermissionDenied => not_ours(&shown, whose),
        _ => (format!("{shown} cannot be written ({error})"), "check its disk or share".to_owned()),
    };
    unwell(name, Health::Bad, Fault::operator(what, remedy))
}

fn not_ours(shown: &str, whose: Option<(Owner, u32)>) -> (String, String) {
    let Some((Owner { uid, gid, mode }, user)) = whose else {
        let remedy = "give the user Kinora runs as the right to write there";
        return (format!("{shown} may not be written by this user"), remedy.to_owned());
    };
    let what = format!(
        "{shown} may not be written by user {user}: it belongs to user {uid} and group {gid} (mode {mode:o})"
    );
    let remedy = if mode & 0o020 == 0 {
        format!(
            "let Kinora run as user {uid} (in Docker PUID={uid} and PGID={gid}), or run `chmod -R g+w '{shown}'` and \
             make it a member of group {gid}"
        )
    } else {
        format!(
            "make Kinora's user a member of group {gid} (`usermod -aG`, in Docker PGID={gid}), or let it run as user \
             {uid} (in Docker PUID={uid})"
        )
    };
    (what, remedy)
}

fn judge_library_room(name: &str, folder: &Path, free_mib: Option<u64>) -> Check {
    let shown = show_path(folder);
    match free_mib {
        Some(free) if free < LIBRARY_FREE_MIB_MIN => {
            let what = format!("{free} MiB are free on the disk of {shown}");
            unwell(name, Health::Warning, Fault::operator(what, "make room there"))
        }
        Some(free) => good(name, format!("{shown} can be written, {free} MiB are free")),
        None => good(name, format!("{shown} can be written")),
    }
}

/// Whether backups are made.
pub(super) fn backups(config: &Config, _: &Launcher) -> Vec<Check> {
    let folder = &config.backup.folder;
    // Before the first start there is nothing to keep.
    if config.backup.at.is_none() || !config.data_dir.join("kinora.redb").exists() {
        return Vec::new();
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries
        .filter(|it| it.file_name().as_encoded_bytes().starts_with(BACKUP_PREFIX.as_bytes()));
    let newest = ours.filter_map(|it| changed_unix_ms(&it.metadata().ok()?)).max();
    vec![judge_backups(folder, newest, clock::now_unix_ms())]
}

/// When a file was changed, milliseconds since the Unix epoch.
pub(super) fn changed_unix_ms(metadata: &Metadata) -> Option<u64> {
    u64::try_from(metadata.mtime()).ok().map(|it| it.saturating_mul(1000))
}

fn judge_backups(folder: &Path, newest_unix_ms: Option<u64>, now_unix_ms: u64) -> Check {
    let (name, shown) = ("backups", show_path(folder));
    let remedy =
        "run `kinora backup create`, and look at `kinora status` for why none is made by itself";
    let Some(newest) = newest_unix_ms else {
        let what = format!("there is none in {shown} yet");
        return unwell(name, Health::Warning, Fault::operator(what, remedy));
    };
    let days = now_unix_ms.saturating_sub(newest) / DAY_MS;
    if days < BACKUP_AGE_DAYS_MAX {
        return good(
            name,
            format!(
                "the newest in {shown} is {} h old",
                now_unix_ms.saturating_sub(newest) / 3_600_000
            ),
        );
    }
    let what = format!("the newest in {shown} is {} old", counted(days as usize, "day", "days"));
    unwell(name, Health::Warning, Fault::operator(what, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_on_the_disk_is_a_hint() {
        for (free, health) in
            [(Some(199), Health::Warning), (Some(200), Health::Good), (None, Health::Warning)]
        {
            assert_eq!(judge_disk("disk", "the data folder", free, 200).health, health);
        }
        let told = judge_library_room("folder Films", Path::new("/films"), Some(49));
        assert_eq!(told.health, Health::Warning, "{told:?}");
        assert_eq!(judge_library_room("x", Path::new("/films"), Some(50)).health, Health::Good);
        assert_eq!(judge_library_room("x", Path::new("/films"), None).health, Health::Good);
    }

    #[test]
    fn what_everybody_may_read_is_a_hint() {
        let of = |modes: &[u32]| {
            let seen: Vec<(PathBuf, u32)> =
                modes.iter().map(|it| (PathBuf::from(format!("/data/{it:o}")), *it)).collect();
            judge_secrets(&seen)
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[0o600, 0o640, 0o750]).unwrap().health, Health::Good);
        let told = of(&[0o600, 0o644, 0o755]).unwrap();
        assert_eq!(told.health, Health::Warning);
        assert_eq!(told.remedy.unwrap(), "run `chmod o-rwx '/data/644' '/data/755'`");
    }

    #[test]
    fn a_folder_that_takes_no_subtitle_comes_with_what_to_do() {
        let owner = |mode| Some((Owner { uid: 1026, gid: 100, mode }, 996));
        let table = [
            (libc::ENOENT, owner(0o755), "is not there", "mount its disk"),
            (libc::EROFS, owner(0o755), "is read-only", "ReadWritePaths=/films"),
            (libc::ENOSPC, owner(0o755), "is full", "make room"),
            (
                libc::EACCES,
                owner(0o755),
                "user 1026 and group 100 (mode 755)",
                "PUID=1026 and PGID=100",
            ),
            (libc::EACCES, owner(0o775), "by user 996", "a member of group 100"),
            (libc::EACCES, None, "by this user", "the right to write"),
            (libc::EIO, None, "cannot be written", "check its disk"),
        ];
        for (code, whose, what, remedy) in table {
            let error = io::Error::from_raw_os_error(code);
            let told = judge_unwritable("folder Films", Path::new("/films"), &error, whose);
            assert_eq!(told.health, Health::Bad);
            assert!(told.found.contains(what), "{told:?}");
            assert!(told.remedy.as_ref().unwrap().contains(remedy), "{told:?}");
        }
    }

    #[test]
    fn root_is_told_that_it_is_not_the_service() {
        let owner = Owner { uid: 996, gid: 996, mode: 0o750 };
        assert_eq!(judge_user(owner, 0).map(|it| it.health), Some(Health::Warning));
        assert_eq!(judge_user(owner, 996), None);
        assert_eq!(judge_user(Owner { uid: 0, ..owner }, 0), None);
    }

    #[test]
    fn backups_that_are_not_made_are_a_hint() {
        let now = 1_800_000_000_000;
        for (newest, health) in [
            (None, Health::Warning),
            (Some(now - 2 * DAY_MS), Health::Warning),
            (Some(now - 2 * DAY_MS + 1), Health::Good),
            (Some(now + DAY_MS), Health::Good),
        ] {
            assert_eq!(judge_backups(Path::new("/backups"), newest, now).health, health);
        }
    }
}
