//! Subtitles follow a video that was renamed or moved; nothing is listened to again.
//!
//! A file is known by what it is on disk, whatever its name. Where it lies under another name than when its subtitles
//! were written, and nothing has that name any more, they get the new one too. Nothing that is there is ever replaced.
//!
//! Of each subtitle: lock its names, look, record the new one (as `publish` does: under a temporary name, which no
//! file ever has), link, unlink, record the end. When all are there, one entry tells where the file lies, and that the
//! old names are not ours any more. A kill in between leaves the old entry: [`sweep`](super::publish::sweep()) ends
//! what began, and who follows again goes on, since it looks at what is there, not at what was done.

use super::publish::{Ledger, Publication, digest, fault, lock_all, put};
use super::{Library, wish};
use crate::base::text::show_path;
use crate::base::{clock, disk};
use crate::domain::change::Change;
use crate::domain::fault::Fault;
use crate::domain::job::Fingerprint;
use crate::domain::library::{FileId, Placed};
use crate::domain::name::NAME_BYTES_MAX;
use crate::domain::order::Order;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Brings the subtitles of a video along, where it lay elsewhere when they were written; gives their new paths. `file`
/// is the video as it is on disk. One that somebody edited goes along too, and stays theirs. One in another folder than
/// the video stays there, and so does one whose new name is taken.
///
/// # Errors
/// Where a folder cannot be read or written, or the book fails. Whoever calls again goes on.
pub fn follow(
    video: &Path,
    file: &FileId,
    library: &dyn Library,
    ledger: &dyn Ledger,
) -> Result<Vec<PathBuf>, Fault> {
    let Some(before) = library.placed(file)?.filter(|it| it.video != video) else {
        return Ok(Vec::new());
    };
    let video = in_full(video).map_err(|it| fault(&it))?;
    if video == before.video || !is_gone(&before.video) {
        return Ok(Vec::new());
    }
    let (mut outputs, mut gone, mut brought) = (Vec::new(), Vec::new(), Vec::new());
    for output in before.outputs {
        let Some(to) = new_name(&output, &before.video, &video) else {
            outputs.push(output);
            continue;
        };
        match bring(&output, &to, &video, ledger)? {
            Came::There => {
                outputs.push(to.clone());
                brought.push(to.clone());
                if to != output {
                    gone.push(output);
                }
            }
            Came::Not => {
                let (shown, to) = (show_path(&output), show_path(&to));
                tracing::warn!("{shown} does not follow its video: {to} is taken, or out of reach");
                outputs.push(output);
            }
            Came::Nothing => {}
        }
    }
    ledger.followed(file, &Placed { video, outputs }, &gone)?;
    Ok(brought)
}

/// What is to be remembered, so that subtitles that were written beside a video can follow it; `None` where it is not
/// the file any more that the work began with.
pub(super) fn placed(
    video: &Path,
    order: &Order,
    began: &Fingerprint,
    outputs: &[PathBuf],
) -> Option<Change> {
    let file = FileId::of(&fs::metadata(video).ok()?);
    if wish::fingerprint(video, order).ok()? != *began {
        return None;
    }
    let outputs = outputs.iter().map(|it| in_full(it)).collect::<io::Result<_>>().ok()?;
    let placed = Placed { video: in_full(video).ok()?, outputs };
    Some(Change::Placed { file, placed })
}

/// The path with its folder as it really is. The last name stays: a link can be renamed as a file can.
fn in_full(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
    Ok(fs::canonicalize(disk::folder_of(path))?.join(name))
}

/// For sure: a disk that fails is no proof.
fn is_gone(path: &Path) -> bool {
    matches!(entry(path), Ok(Entry::Nothing))
}

/// Where a subtitle belongs now; `None` for one that is in another folder than its video was, or is not named after it.
fn new_name(output: &Path, before: &Path, video: &Path) -> Option<PathBuf> {
    if output.parent() != before.parent() {
        return None;
    }
    let suffix = output.file_name()?.as_bytes().strip_prefix(before.file_stem()?.as_bytes())?;
    let name = [video.file_stem()?.as_bytes(), suffix].concat();
    let fits = suffix.starts_with(b".") && name.len() <= NAME_BYTES_MAX;
    fits.then(|| video.with_file_name(OsString::from_vec(name)))
}

/// What came of one subtitle.
enum Came {
    /// It is at its new name.
    There,
    /// It is where it was.
    Not,
    /// Neither name has a file.
    Nothing,
}

/// Brings one subtitle to its new name, or finds it there; what is ours stays ours. `output` is where it was.
fn bring(output: &Path, to: &Path, video: &Path, ledger: &dyn Ledger) -> Result<Came, Fault> {
    // Its folder was renamed, and then the video.
    let along = video.with_file_name(output.file_name().unwrap_or_default());
    let _locks = lock_all(&ledger.lock_folder(), &[output, to, &along])?;
    let look = |at: &Path| entry(at).map_err(|it| fault(&it));
    let recorded = ledger.published(output)?.map(|it| Publication {
        output: to.to_path_buf(),
        video: video.to_path_buf(),
        at_unix_ms: clock::now_unix_ms(),
        ..it
    });
    let unedited = |at: &Path| {
        recorded.as_ref().filter(|it| digest(at).is_ok_and(|is| is == it.content_blake3))
    };
    let came_along = matches!(look(output)?, Entry::Nothing)
        && unedited(&along).is_some()
        && ledger.published(&along)?.is_none();
    let from = if came_along { &along } else { output };
    match (look(from)?, look(to)?) {
        (Entry::Nothing, Entry::Nothing) => Ok(Came::Nothing),
        (Entry::File(_), _) if from == to => record(unedited(to), ledger, |_| Ok(())),
        (Entry::File(_), Entry::Nothing) => {
            let ours = unedited(from);
            record(ours, ledger, |temp| rename_new(from, to, temp.map(|it| (it, video))))
        }
        // It came along with its folder, or somebody brought it, or we did and were killed then.
        (Entry::Nothing, Entry::File(_)) => record(unedited(to), ledger, |_| Ok(())),
        // We were killed between the two names; or it was made anew before it could follow.
        (Entry::File(old), Entry::File(new))
            if is_same(&old, &new) || unedited(from).is_some() && unedited(to).is_some() =>
        {
            record(unedited(to), ledger, |_| unlink_one_of_two(from, to))
        }
        (Entry::File(_) | Entry::Other, _) | (Entry::Nothing, Entry::Other) => Ok(Came::Not),
    }
}

/// Acts, with a record around it where the subtitle is ours; `act` gets the recorded temporary name.
fn record(
    ours: Option<&Publication>,
    ledger: &dyn Ledger,
    act: impl FnOnce(Option<&Path>) -> io::Result<()>,
) -> Result<Came, Fault> {
    let temp = ours.map(|it| (disk::temp_path(disk::folder_of(&it.output)), it));
    if let Some((temp, publication)) = &temp {
        ledger.begin(temp, publication)?;
    }
    let temp = temp.map(|it| it.0);
    let done = act(temp.as_deref());
    if let Some(temp) = &temp {
        if done.is_ok() { ledger.finish(temp)? } else { ledger.abandon(temp)? }
    }
    match done {
        Ok(()) => Ok(Came::There),
        Err(error)
            if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::CrossesDevices) =>
        {
            Ok(Came::Not)
        }
        Err(error) => Err(fault(&error)),
    }
}

/// Gives a file another name, where nothing has that name. One that is ours (`copied`: the recorded temporary name, and
/// the video whose owner and rights it gets) is copied to another mount.
fn rename_new(from: &Path, to: &Path, copied: Option<(&Path, &Path)>) -> io::Result<()> {
    match (fs::hard_link(from, to), copied) {
        (Ok(()), _) => fs::remove_file(from)?,
        (Err(error), _) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
        // The same disk may be mounted in several places, as containers do.
        (Err(error), Some((temp, video))) if error.kind() == ErrorKind::CrossesDevices => {
            put(temp, &fs::read(from)?, (video, "the video's"), to, false)?;
            fs::remove_file(from)?;
        }
        // Some file systems know no such links, and systems forbid them to other people's files: look, then rename.
        (Err(_), _) => match entry(to)? {
            Entry::Nothing => fs::rename(from, to)?,
            Entry::File(_) | Entry::Other => return Err(ErrorKind::AlreadyExists.into()),
        },
    }
    disk::sync_folder(disk::folder_of(to))?;
    disk::sync_folder(disk::folder_of(from))
}

/// Both names have the same content; only the new one stays. Where a folder does not tell capitals from small letters
/// both may be one: that one stays.
fn unlink_one_of_two(from: &Path, to: &Path) -> io::Result<()> {
    if is_listed(from)? && is_listed(to)? {
        fs::remove_file(from)?;
        disk::sync_folder(disk::folder_of(from))?;
    }
    Ok(())
}

/// The folder has an entry of exactly this name.
fn is_listed(path: &Path) -> io::Result<bool> {
    for found in fs::read_dir(disk::folder_of(path))? {
        if Some(found?.file_name().as_os_str()) == path.file_name() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What has a name.
enum Entry {
    Nothing,
    File(Metadata),
    /// A link, a folder, or no plain file.
    Other,
}

fn entry(path: &Path) -> io::Result<Entry> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Entry::File(metadata)),
        Ok(_) => Ok(Entry::Other),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Entry::Nothing)
        }
        Err(error) => Err(error),
    }
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_where_they_are_the_videos() {
        let table = [
            ("/f/Film.eng.srt", "/f/Film.mkv", "/g/New.mkv", Some("/g/New.eng.srt")),
            ("/f/Film.srt", "/f/Film.mkv", "/f/a.b.c.mp4", Some("/f/a.b.c.srt")),
            ("/f/a.b.llm.zh.srt", "/f/a.b.mkv", "/f/a.mkv", Some("/f/a.llm.zh.srt")),
            ("/f/.mkv.eng.srt", "/f/.mkv", "/f/x.mkv", Some("/f/x.eng.srt")),
            // In another folder, shortened, of another film.
            ("/out/Film.eng.srt", "/f/Film.mkv", "/f/New.mkv", None),
            ("/f/Fil.eng.srt", "/f/Film.mkv", "/f/New.mkv", None),
            ("/f/Film 2.eng.srt", "/f/Film.mkv", "/f/New.mkv", None),
            ("/f/Film", "/f/Film.mkv", "/f/New.mkv", None),
        ];
        for (output, before, video, expected) in table {
            let is = new_name(Path::new(output), Path::new(before), Path::new(video));
            assert_eq!(is.as_deref(), expected.map(Path::new), "{output}");
        }
        let room = NAME_BYTES_MAX - ".eng.srt".len();
        for (letters, fits) in [(room, true), (room + 1, false)] {
            let video = format!("/f/{}.mkv", "x".repeat(letters));
            let to = new_name(Path::new("/f/a.eng.srt"), Path::new("/f/a.mkv"), Path::new(&video));
            assert_eq!(to.is_some(), fits, "{letters}");
        }
    }
}
