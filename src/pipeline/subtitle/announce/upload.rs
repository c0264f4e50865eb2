//! Files that are uploaded, for media that Kinora may not write beside (PROTOCOLS.md 1.3).
//!
//! Jellyfin makes the name from what it is told is the language, and that takes all that stands in our name between the
//! video's and the ending: so the title comes along. It never overwrites, but numbers the new file: what we uploaded
//! before is deleted first, and a file that came out numbered is deleted too.

use super::talk::{Talk, Told, external, named};
use super::{Report, Trouble};
use crate::base::disk;
use crate::domain::fault::Fault;
use crate::domain::name::{OutputKind, Style, parts};
use crate::engines::jellyfin::{Upload, is_refused_request};
use crate::pipeline::subtitle::publish::{self, PublishPlan, Published};
use crate::pipeline::subtitle::{Asked, outputs};
use std::fs;
use std::path::{Path, PathBuf};

/// The version that refuses all uploads: it compares `.srt` with `srt`.
const REFUSES_ALL: &str = "10.11.7";
/// Tries of one file: the first may find that one of ours is there which Jellyfin did not show.
const ROUNDS_MAX: usize = 2;
/// Language of a file whose name tells none, and that nobody knows.
const UNDETERMINED: &str = "und";

/// What came of a file.
enum Put {
    /// It is there.
    Taken,
    /// Something of its name is there that is not ours.
    Left,
    /// Jellyfin takes none.
    Refused(Fault),
}

/// A file on its way.
struct Parcel<'a> {
    /// In our folder.
    file: &'a Path,
    bytes: Vec<u8>,
    /// What Jellyfin is told is the language.
    language: String,
    format: &'a str,
    /// The name it gets there.
    name: String,
}

/// Uploads all; what Jellyfin refuses is written beside the video. Gives what should be shown now.
pub(super) fn all(
    talk: &Talk<'_>,
    asked: &Asked<'_>,
    video: &Path,
    files: &[&Path],
    report: &mut Report,
) -> Result<Vec<Told>, Trouble> {
    let (mut told, mut beside) = (Vec::new(), Vec::new());
    for file in files {
        let Some(parcel) = parcel(talk, asked, file)? else {
            let shown = outputs::file_name(file);
            report.notice(format!("{shown} is not uploaded: its name is no UTF-8, or was cut off"));
            continue;
        };
        match put(talk, asked, &parcel)? {
            Put::Taken => {
                let uploaded = Some((video.to_owned(), *blake3::hash(&parcel.bytes).as_bytes()));
                report.note(format!("{}: uploaded", parcel.name));
                told.push(Told { name: parcel.name, uploaded });
            }
            Put::Left => report.notice(format!(
                "{} was not uploaded: a subtitle of this name that Kinora did not upload is there and was left",
                parcel.name
            )),
            Put::Refused(fault) => {
                beside.extend(write_beside(talk, asked, video, &parcel, &fault, report));
            }
        }
    }
    if !beside.is_empty() {
        let files: Vec<&Path> = beside.iter().map(PathBuf::as_path).collect();
        let item = talk.item()?;
        told.extend(talk.beside(&item, &files, report)?);
        report.summary.written.extend(beside);
    }
    Ok(told)
}

/// Reads a file, and finds out what it is called there; `None` where its name cannot be told.
fn parcel<'a>(
    talk: &Talk<'_>,
    asked: &Asked<'_>,
    file: &'a Path,
) -> Result<Option<Parcel<'a>>, Fault> {
    let whose = outputs::named_after(asked.path);
    let stem = Path::new(&whose).file_stem().and_then(|it| it.to_str());
    let name = file.file_name().and_then(|it| it.to_str());
    let (Some(stem), Some(name)) = (stem, name) else { return Ok(None) };
    let Some((middle, format)) = name.strip_prefix(stem).and_then(|it| it.rsplit_once('.')) else {
        return Ok(None);
    };
    let language = match middle.strip_prefix('.') {
        Some(middle) => middle.to_owned(),
        // Only what is spoken may have a name without a language.
        None => {
            let code = |lang| parts(Style::default(), lang, OutputKind::Spoken).code;
            let lang = asked.summary.language.as_ref();
            lang.and_then(code).unwrap_or_else(|| UNDETERMINED.to_owned())
        }
    };
    let bytes = fs::read(file).map_err(|it| publish::fault(&it))?;
    let name = format!("{}.{}.{format}", talk.stem, language.to_lowercase());
    Ok(Some(Parcel { file, bytes, language, format, name }))
}

/// Uploads one file in place of what we uploaded before.
fn put(talk: &Talk<'_>, asked: &Asked<'_>, parcel: &Parcel<'_>) -> Result<Put, Trouble> {
    if talk.version == REFUSES_ALL {
        let remedy = "update it to 10.11.8 or later";
        return Ok(Put::Refused(Fault::operator("Jellyfin 10.11.7 takes no uploads", remedy)));
    }
    let mark = mark(parcel.file);
    let marked = mark.exists();
    let ours = marked || asked.order.force;
    for _ in 0..ROUNDS_MAX {
        // Numbers of streams change with each look that Jellyfin takes: it is asked right before.
        let before = talk.item()?;
        if let Some(stream) = named(&before, &parcel.name) {
            if !ours {
                return Ok(Put::Left);
            }
            talk.jellyfin.delete_subtitle(&talk.id, stream.index, talk.cx.cancel)?;
        }
        // Marked first: whatever happens next, what comes to stand there is ours.
        disk::write_atomic(&mark, b"").map_err(|it| publish::fault(&it))?;
        let upload = Upload {
            language: &parcel.language,
            format: parcel.format,
            is_forced: false,
            is_hearing_impaired: false,
            bytes: &parcel.bytes,
        };
        match talk.jellyfin.upload(&talk.id, &upload, talk.cx.cancel) {
            Ok(()) => {}
            Err(fault) if is_refused_request(&fault) => {
                unmark(&mark, marked)?;
                return Ok(Put::Refused(fault));
            }
            Err(fault) => return Err(fault.into()),
        }
        let old: Vec<&str> = external(&before).map(|it| it.1).collect();
        let is_new = |name: &str| is_numbered(name, parcel) && !old.contains(&name);
        let after = talk.look_until(|item| {
            named(item, &parcel.name).is_some() || external(item).any(|it| is_new(it.1))
        })?;
        let Some((stream, _)) = external(&after).find(|it| is_new(it.1)) else {
            return Ok(Put::Taken);
        };
        talk.jellyfin.delete_subtitle(&talk.id, stream.index, talk.cx.cancel)?;
        if !ours {
            unmark(&mark, marked)?;
            return Ok(Put::Left);
        }
    }
    Ok(Put::Left)
}

/// A file that Jellyfin numbered because the name was taken: `Film.zho.0.srt`.
fn is_numbered(name: &str, parcel: &Parcel<'_>) -> bool {
    let ending = format!(".{}", parcel.format);
    let whole = parcel.name.strip_suffix(&ending).unwrap_or(&parcel.name);
    let number = name.strip_prefix(whole).and_then(|it| it.strip_suffix(&ending));
    let number = number.and_then(|it| it.strip_prefix('.')).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit())
}

/// Stands beside a file in our folder once it was uploaded.
fn mark(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default();
    let digest = blake3::hash(name.as_encoded_bytes()).to_hex();
    file.with_file_name(format!("{}.uploaded", &digest[..32]))
}

fn unmark(mark: &Path, was_there: bool) -> Result<(), Fault> {
    match was_there {
        true => Ok(()),
        false => fs::remove_file(mark).map_err(|it| publish::fault(&it)),
    }
}

/// Writes beside the video what Jellyfin does not take.
fn write_beside(
    talk: &Talk<'_>,
    asked: &Asked<'_>,
    video: &Path,
    parcel: &Parcel<'_>,
    why: &Fault,
    report: &mut Report,
) -> Option<PathBuf> {
    let name = parcel.file.file_name()?;
    let shown = outputs::file_name(parcel.file);
    let plan = PublishPlan {
        path: video.with_file_name(name),
        like: video.to_owned(),
        force: asked.order.force,
        partial: false,
    };
    match publish::publish(&plan, &parcel.bytes, talk.cx.ledger) {
        Ok(Published::Written { notice }) => {
            report.notice(format!("{}; {shown} was written beside the video instead", why.what));
            notice.into_iter().for_each(|it| report.notice(it));
            Some(plan.path)
        }
        Ok(Published::LeftAlone { reason }) => {
            report.notice(format!("{}; and beside the video {reason}", why.what));
            None
        }
        Err(fault) => {
            let Fault { what, remedy, .. } = why;
            report.not_told(&format!("{what}, and beside the video {}; {remedy}", fault.what));
            None
        }
    }
}
