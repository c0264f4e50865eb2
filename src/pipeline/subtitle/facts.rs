//! What is to be known of a file before anybody listens to it: what it holds, which track is listened to, and which
//! subtitles are there, inside of it and beside it. The step `select` and `kinora explain` look with the same eyes.

use super::publish::{self, Ledger};
use super::select::select;
use super::{Library, Phrases, adopt, known};
use crate::base::cancel::Cancel;
use crate::base::disk;
use crate::base::text::counted;
use crate::domain::change::Change;
use crate::domain::cue::CueLimits;
use crate::domain::examine::examine;
use crate::domain::existing::{Existing, Origin};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::library::{FileId, Seen, SeenText};
use crate::domain::media::{AudioTrack, Probe, SubtitleTrack, is_media_name};
use crate::domain::order::Order;
use crate::domain::sidecar::{self, Sidecar};
use crate::domain::subtitle::SUBTITLE_BYTES_MAX;
use crate::domain::track::{Choice, TrackWish};
use crate::engines::media::MediaEngine;
use crate::engines::nfo;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Files beside a video that are looked at; more are no subtitles of one film.
const BESIDE_MAX: usize = 200;

/// What a look showed.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The file as it was.
    pub file: FileId,
    /// What it holds.
    pub probe: Probe,
    /// Which track is listened to.
    pub track: AudioTrack,
    /// Why.
    pub choice: Choice,
    /// The subtitles that are there.
    pub existing: Vec<Existing>,
    /// What is to be remembered.
    pub changes: Vec<Change>,
}

/// Who looks, and where it is looked up.
pub struct Eyes<'a> {
    /// FFmpeg.
    pub media: &'a mut MediaEngine,
    /// What is known.
    pub library: &'a dyn Library,
    /// What Kinora wrote.
    pub ledger: &'a dyn Ledger,
    /// What is known for translating.
    pub phrases: &'a dyn Phrases,
    /// Set when the work shall end.
    pub cancel: &'a Cancel,
    /// Called now and then where it takes long.
    pub alive: &'a mut dyn FnMut(),
}

/// Looks at a file; what was seen before is not looked at again while the file is the same.
///
/// # Errors
/// Where the file is refused or has no track to listen to, the store fails, or the work shall end.
pub fn look(path: &Path, order: &Order, eyes: &mut Eyes<'_>) -> Result<Looked, Fault> {
    let file = known::file_id(path)?;
    let before = eyes.library.seen(&file)?.filter(|_| !order.force);
    let probe = match &before {
        Some(seen) => seen.probe.clone(),
        None => eyes.media.probe_unless(path, eyes.cancel)?,
    };
    let (track, choice) = select(&probe, &track_wish(path, &order.wish))?;
    let counts = !order.force;
    let texts = match (&before, counts) {
        (Some(seen), _) => seen.texts.clone(),
        (None, true) => texts(path, &probe, eyes)?,
        (None, false) => Vec::new(),
    };
    let mut existing: Vec<Existing> = probe
        .subtitles
        .iter()
        .map(|it| inside(it, texts.iter().find(|text| text.index == it.index)))
        .collect();
    if counts {
        existing.extend(beside(path, order, eyes.ledger)?);
    }
    let settled = known::file_id(path)? == file;
    let changes = match before.is_none() && counts && settled {
        true => {
            let seen = Box::new(Seen { probe: probe.clone(), texts });
            vec![Change::Seen { file, seen }]
        }
        false => Vec::new(),
    };
    Ok(Looked { file, probe, track, choice, existing, changes })
}

/// What is wanted, and the language the film was made in where a file beside it tells.
fn track_wish(path: &Path, wish: &TrackWish) -> TrackWish {
    let original = wish.original.clone().or_else(|| nfo::original_language(path));
    TrackWish { original, ..wish.clone() }
}

/// Reads the text tracks.
fn texts(path: &Path, probe: &Probe, eyes: &mut Eyes<'_>) -> Result<Vec<SeenText>, Fault> {
    let wanted: Vec<&SubtitleTrack> = probe.subtitles.iter().filter(|it| it.text).collect();
    let tracks: Vec<u32> = wanted.iter().map(|it| it.index).collect();
    if tracks.is_empty() {
        return Ok(Vec::new());
    }
    let read = eyes.media.texts(path, &tracks, eyes.cancel, eyes.alive)?;
    let found = |track: &SubtitleTrack| {
        let text = read.iter().find(|it| it.index == track.index).ok_or("it cannot be read")?;
        let tag = tag_of(track.language.as_deref());
        let looked = examine(&text.bytes, Some(text.format), tag.as_ref(), cps_max());
        looked.map_err(|fault| fault.what)
    };
    Ok(wanted.into_iter().map(|it| SeenText { index: it.index, found: found(it) }).collect())
}

/// Existing subtitles are all held against the usual reading speed, whatever is wanted of ours.
fn cps_max() -> f32 {
    CueLimits::default().cps_max
}

fn tag_of(language: Option<&str>) -> Option<Lang> {
    language.and_then(|it| Lang::parse(it).ok())
}

/// A track inside of the file.
fn inside(track: &SubtitleTrack, text: Option<&SeenText>) -> Existing {
    let partial = track.title.as_deref().is_some_and(sidecar::partial_title);
    let found = text.map(|it| it.found.clone());
    Existing {
        origin: Origin::Embedded(track.index),
        codec: track.codec.clone(),
        text: track.text,
        tag: tag_of(track.language.as_deref()),
        title: track.title.clone(),
        forced: track.disposition.forced || partial,
        hearing_impaired: track.disposition.hearing_impaired,
        examined: found.clone().and_then(Result::ok),
        trouble: found.and_then(Result::err),
    }
}

fn stem_of(name: &OsStr) -> &OsStr {
    Path::new(name).file_stem().unwrap_or(name)
}

/// Subtitle files beside a video, by name, and how its name's parts read.
///
/// # Errors
/// Where the folder cannot be read.
pub(super) fn sidecars(path: &Path) -> Result<Vec<(PathBuf, Sidecar)>, Fault> {
    let stem = path.file_stem().unwrap_or_default();
    let folder = disk::folder_of(path);
    let entries = std::fs::read_dir(folder).map_err(|err| {
        Fault::transient(
            format!("the folder it lies in cannot be read ({err})"),
            "check the disk, and the rights of the user that runs Kinora",
        )
    })?;
    let names: Vec<OsString> = entries.filter_map(Result::ok).map(|it| it.file_name()).collect();
    // `Film.2.eng.srt` is that of `Film.2.mkv`, where there is one, and not that of `Film.mkv`.
    let others: Vec<&OsStr> =
        names.iter().filter(|it| is_media_name(it)).map(|it| stem_of(it)).collect();
    let nearer = |name: &OsStr| {
        let longer = others.iter().filter(|it| stem.len() < it.len());
        longer.into_iter().any(|it| sidecar::parse(it, name).is_some())
    };
    let named = |name: &OsString| {
        let parsed = sidecar::parse(stem, name).filter(|_| !nearer(name))?;
        Some((path.with_file_name(name), parsed))
    };
    let mut found: Vec<_> = names.iter().filter_map(named).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.truncate(BESIDE_MAX);
    Ok(found)
}

/// Subtitles beside the file. Ours are among them where they are kept, and are there in all formats that are wanted:
/// others are made anew, mostly from what was heard before.
fn beside(path: &Path, order: &Order, ledger: &dyn Ledger) -> Result<Vec<Existing>, Fault> {
    let wanted =
        |file: &Path| order.formats.iter().all(|it| file.with_extension(it.extension()).exists());
    let counts = |it: &Existing| match &it.origin {
        Origin::Ours(file) => order.existing.keep_ours && wanted(file),
        Origin::Embedded(_) | Origin::External(_) => true,
    };
    let mut existing = Vec::new();
    for (file, parsed) in sidecars(path)? {
        // What was shown to a viewer while it was listened to is not the film's subtitle.
        if !publish::is_partial(&file, ledger)? {
            existing.extend(Some(one_beside(file, parsed, ledger)?).filter(counts));
        }
    }
    Ok(existing)
}

/// A subtitle file, and whose it is.
///
/// # Errors
/// Where the book cannot be read.
pub(super) fn one_beside(
    file: PathBuf,
    parsed: Sidecar,
    ledger: &dyn Ledger,
) -> Result<Existing, Fault> {
    let looked = match (parsed.text, parsed.format) {
        (false, _) => None,
        (true, None) => Some(Err(format!("Kinora does not read .{} files", parsed.codec))),
        (true, Some(format)) => {
            let tag = parsed.tag.as_ref();
            let looked =
                adopt::read(&file).and_then(|it| examine(&it, Some(format), tag, cps_max()));
            Some(looked.map_err(|fault| fault.what))
        }
    };
    let ours = publish::is_ours(&file, ledger)?;
    Ok(Existing {
        origin: if ours { Origin::Ours(file) } else { Origin::External(file) },
        codec: parsed.codec,
        text: parsed.text,
        tag: parsed.tag,
        title: parsed.title,
        forced: parsed.forced,
        hearing_impaired: parsed.hearing_impaired,
        examined: looked.clone().and_then(Result::ok),
        trouble: looked.and_then(Result::err),
    })
}

/// A sentence on what is there, for the log.
pub(super) fn told(existing: &[Existing]) -> Option<String> {
    let files = existing.iter().filter(|it| !matches!(it.origin, Origin::Embedded(_))).count();
    let tracks = existing.len() - files;
    let tracks = counted(tracks, "subtitle track inside", "subtitle tracks inside");
    let files = counted(files, "subtitle file beside it", "subtitle files beside it");
    (!existing.is_empty()).then(|| format!("{tracks}, {files}"))
}

/// The longest file that is read.
pub(super) const READ_BYTES_MAX: u64 = SUBTITLE_BYTES_MAX as u64;
