//! Carries a plan out, and takes that back. What is done is written down first, so that a crash in between leaves a
//! file by which all of it can be taken back; doing and taking back twice is the same as once.

use super::look::{self, Scope};
use super::plan::{Act, Plan};
use crate::api::daemon::Refusal;
use crate::api::outputs::OutputsDone;
use crate::base::disk;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::domain::order::os_paths;
use crate::store::{FileRow, Refused, RowChange, Store, Write, Wrote};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The folder in the data directory.
const UNDO: &str = "undo";
const PREFIX: &str = "outputs-";
const SUFFIX: &str = ".json";
/// What is added to the name of a file that was taken back.
const TAKEN_BACK: &str = ".undone";
/// Rows changed in one transaction.
const BATCH_ROWS: usize = 500;
/// Largest file of what was done that is read.
const UNDO_BYTES_MAX: u64 = 64 * 1024 * 1024;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Makes writes durable, all in one transaction.
pub(crate) type Commit<'a> = &'a dyn Fn(Vec<Write>) -> Result<Vec<Result<Wrote, Refused>>, Fault>;

/// What was done, as it is written down.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Undo {
    /// A sentence each, for people.
    acts: Vec<String>,
    rows: Vec<RowChange>,
    moves: Vec<Move>,
}

/// A file that was put aside.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Move {
    #[serde(with = "os_paths")]
    from: PathBuf,
    #[serde(with = "os_paths")]
    to: PathBuf,
}

/// Carries a plan out.
///
/// # Errors
/// Where things changed since it was made: nothing is done then. Where it cannot be written down what is done, or the
/// store fails.
pub(crate) fn apply(
    store: &Store,
    commit: Commit<'_>,
    scope: &Scope,
    data_dir: &Path,
    plan: &Plan,
    now_unix_ms: u64,
) -> Result<OutputsDone, Refusal> {
    if plan.acts.is_empty() {
        let what = "there is nothing to do";
        return Err(Refusal::Conflict(Fault::operator(
            what,
            "look again with `kinora check --outputs`",
        )));
    }
    if let Err(what) = look::still_holds(store, scope, plan).map_err(Refusal::Failed)? {
        let what = format!("things changed since this plan was made ({what}), so nothing was done");
        return Err(Refusal::Conflict(Fault::operator(
            what,
            "look again with `kinora check --outputs`",
        )));
    }
    let folder = data_dir.join(UNDO);
    make_private(&folder).map_err(|it| Refusal::Failed(unwritable(&folder, &it)))?;
    let name = free_name(&folder, now_unix_ms);
    let aside = folder.join(name.trim_end_matches(SUFFIX));
    let undo = written_down(store, plan, &aside).map_err(Refusal::Failed)?;
    let file = folder.join(&name);
    let bytes = serde_json::to_vec(&undo).map_err(|it| {
        Refusal::Failed(Fault::bug(format!("what is done cannot be written down: {it}")))
    })?;
    disk::write_atomic(&file, &bytes).map_err(|it| Refusal::Failed(unwritable(&file, &it)))?;
    if !undo.moves.is_empty() {
        make_private(&aside).map_err(|it| Refusal::Failed(unwritable(&aside, &it)))?;
    }
    let mut left = Vec::new();
    for Move { from, to } in &undo.moves {
        if let Err(error) = carry(from, to) {
            left.push(format!("{} could not be put aside ({error})", show_path(from)));
        }
    }
    let many = undo.rows.len() as u64;
    change_rows(commit, undo.rows, &mut left).map_err(Refusal::Failed)?;
    Ok(OutputsDone { done: many.saturating_sub(left.len() as u64), left, undo_file: name })
}

/// What a plan changes, with all that is needed to take it back.
fn written_down(store: &Store, plan: &Plan, aside: &Path) -> Result<Undo, Fault> {
    let mut undo = Undo { acts: Vec::new(), rows: Vec::new(), moves: Vec::new() };
    for (number, act) in plan.acts.iter().enumerate() {
        undo.acts.push(act.text());
        let row = match act {
            Act::Forget { output, .. } => FileRow::Published(output.clone()),
            Act::PutAside { temp, there, .. } => {
                if *there {
                    undo.moves
                        .push(Move { from: temp.clone(), to: aside.join(number.to_string()) });
                }
                FileRow::Pending(temp.clone())
            }
            Act::ForgetPlace { file, .. } => FileRow::Placed(*file),
        };
        let before = store.file_row(&row)?;
        undo.rows.push(RowChange { row, before, after: None });
    }
    Ok(undo)
}

fn change_rows(
    commit: Commit<'_>,
    rows: Vec<RowChange>,
    left: &mut Vec<String>,
) -> Result<(), Fault> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let batch: Vec<RowChange> = rows.by_ref().take(BATCH_ROWS).collect();
        let answers = commit(batch.iter().cloned().map(Write::FileRow).collect())?;
        for (change, answer) in batch.iter().zip(answers) {
            if let Err(refused) = answer {
                left.push(format!("what is known of {} was left: {refused}", shown(&change.row)));
            }
        }
    }
    Ok(())
}

fn shown(row: &FileRow) -> String {
    match row {
        FileRow::Published(path) | FileRow::Pending(path) => show_path(path),
        FileRow::Placed(file) => format!("file {} of device {}", file.inode, file.device),
    }
}

/// Takes back what was done: this file of the folder `undo`, or the newest that was not taken back.
///
/// # Errors
/// Where there is none, it cannot be read, or the store fails.
pub(crate) fn undo(
    commit: Commit<'_>,
    data_dir: &Path,
    file: Option<&str>,
) -> Result<OutputsDone, Refusal> {
    let folder = data_dir.join(UNDO);
    let none = || {
        let what = format!("there is nothing to take back in {}", show_path(&folder));
        Refusal::NotFound(Fault::operator(
            what,
            "`kinora check --outputs --apply` writes what it does there",
        ))
    };
    let name = match file {
        Some(name) if is_undo_name(name) => name.to_owned(),
        Some(name) => {
            let what = format!("{name} is no name of a file in {}", show_path(&folder));
            return Err(Refusal::Invalid(Fault::operator(what, "name one as it stands there")));
        }
        None => names(&folder).into_iter().max().ok_or_else(none)?,
    };
    let path = folder.join(&name);
    let unreadable = |why: &dyn std::fmt::Display| {
        let what = format!("{} cannot be read ({why})", show_path(&path));
        Fault::operator(what, "name another file of that folder")
    };
    let bytes = match read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(none()),
        Err(error) => return Err(Refusal::Failed(unreadable(&error))),
    };
    let undo: Undo =
        serde_json::from_slice(&bytes).map_err(|it| Refusal::Failed(unreadable(&it)))?;
    let mut left = Vec::new();
    for Move { from, to } in &undo.moves {
        // Only what was put aside here is ever moved, and only under a name of ours.
        let ours = to.starts_with(&folder) && from.file_name().is_some_and(disk::is_temp_name);
        if !ours {
            left.push(format!("{} is no file that was put aside", show_path(to)));
        } else if let Err(error) = carry(to, from) {
            left.push(format!("{} could not be put back ({error})", show_path(from)));
        }
    }
    let many = undo.rows.len() as u64;
    let rows = undo.rows.into_iter().map(RowChange::back).collect();
    change_rows(commit, rows, &mut left).map_err(Refusal::Failed)?;
    if left.is_empty() {
        // Taking it back once more would change nothing; it is only not the newest any more.
        let _ = fs::rename(&path, folder.join(format!("{name}{TAKEN_BACK}")));
    }
    Ok(OutputsDone { done: many.saturating_sub(left.len() as u64), left, undo_file: name })
}

/// Forgets what was done longer ago than so many days.
pub(crate) fn sweep(data_dir: &Path, keep_days: u16, now_unix_ms: u64) {
    let folder = data_dir.join(UNDO);
    let oldest = now_unix_ms.saturating_sub(u64::from(keep_days) * DAY_MS);
    let Ok(entries) = fs::read_dir(&folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|it| it.starts_with(PREFIX)) else { continue };
        let stamp = name.trim_start_matches(PREFIX).get(..STAMP_LETTERS);
        let Some(at) = stamp.and_then(|it| jiff::civil::DateTime::strptime(STAMP, it).ok()) else {
            continue;
        };
        let Ok(at) = at.to_zoned(jiff::tz::TimeZone::UTC) else { continue };
        if u64::try_from(at.timestamp().as_millisecond()).unwrap_or(0) < oldest {
            let path = entry.path();
            let removed =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            if let Err(error) = removed {
                tracing::warn!(%error, "{} stays", show_path(&path));
            }
        }
    }
}

const STAMP: &str = "%Y%m%dT%H%M%S";
const STAMP_LETTERS: usize = "20260102T030405".len();

/// A name for now, in UTC, that nothing has.
fn free_name(folder: &Path, now_unix_ms: u64) -> String {
    let at = i64::try_from(now_unix_ms).ok().and_then(|it| Timestamp::from_millisecond(it).ok());
    let stamp = at.unwrap_or_default().strftime(STAMP).to_string();
    let name = |number: u32| match number {
        0 => format!("{PREFIX}{stamp}{SUFFIX}"),
        number => format!("{PREFIX}{stamp}-{number:03}{SUFFIX}"),
    };
    let taken = |it: &String| {
        let undone = folder.join(format!("{it}{TAKEN_BACK}"));
        folder.join(it).exists() || undone.exists()
    };
    (0..u32::MAX).map(name).find(|it| !taken(it)).unwrap_or_else(|| name(u32::MAX))
}

fn is_undo_name(name: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.');
    name.starts_with(PREFIX)
        && (name.ends_with(SUFFIX) || name.ends_with(TAKEN_BACK))
        && name.chars().all(plain)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|it| it.file_name().into_string().ok());
    names.filter(|it| it.starts_with(PREFIX) && it.ends_with(SUFFIX)).collect()
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(File::open(path)?, UNDO_BYTES_MAX), &mut bytes)?;
    Ok(bytes)
}

/// Moves a file to where nothing is, to another disk too; one that is there already, and not here, was moved before.
fn carry(from: &Path, to: &Path) -> io::Result<()> {
    match fs::symlink_metadata(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(meta) if !meta.is_file() => return Err(ErrorKind::InvalidInput.into()),
        Ok(_) => {}
    }
    let mut source = File::open(from)?;
    let mut target = match File::options().write(true).create_new(true).open(to) {
        Ok(target) => target,
        // A crash left a part of it, unless it is another file.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && is_ours(to) => {
            File::options().write(true).truncate(true).open(to)?
        }
        Err(error) => return Err(error),
    };
    io::copy(&mut source, &mut target)?;
    target.set_permissions(source.metadata()?.permissions())?;
    target.sync_all()?;
    disk::sync_folder(disk::folder_of(to))?;
    fs::remove_file(from)
}

/// A plain file under a temporary name, or one of ours in `undo`: nobody else's.
fn is_ours(path: &Path) -> bool {
    let aside = disk::folder_of(path).file_name().and_then(|it| it.to_str());
    let plain = fs::symlink_metadata(path).is_ok_and(|it| it.is_file());
    let temp = path.file_name().is_some_and(disk::is_temp_name);
    plain && (temp || aside.is_some_and(|it| it.starts_with(PREFIX)))
}

fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn unwritable(path: &Path, error: &io::Error) -> Fault {
    let what = format!(
        "{} cannot be written ({error}), where it stands what is done; so nothing was done",
        show_path(path)
    );
    Fault::operator(what, "make room there, or give this user the right to write, and ask again")
}

#[cfg(test)]
mod tests;
