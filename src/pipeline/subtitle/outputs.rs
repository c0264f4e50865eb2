//! Which files are written of a video, and where they go.

use super::publish::{self, Ledger, PublishPlan};
use super::record::Content;
use super::select::{Source, Target};
use crate::base::{disk, text};
use crate::domain::fault::Fault;
use crate::domain::media::is_media_name;
use crate::domain::name::{self, OutputKind, Style};
use crate::domain::order::{Deliver, Order};
use crate::domain::sidecar;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Of a digest: names of folders of what is to be uploaded.
const DIGITS: usize = 32;

/// Where one file is to go, and what the owner should know about its name.
pub(super) fn plan(
    video: &Path,
    order: &Order,
    target: &Target,
    content: &Content,
    extension: &str,
) -> (PublishPlan, Option<String>) {
    let kind = match target.source {
        Source::English | Source::FromHeard | Source::FromExisting(_) => OutputKind::Translated,
        Source::Spoken | Source::Existing(_) => OutputKind::Spoken,
    };
    let whose = named_after(video);
    let style = Style { naming: order.naming, label: order.label.as_deref() };
    let lang = &target.lang;
    let named = match content {
        Content::Alone => name::output_name(style, &whose, lang, kind, extension),
        Content::With(other) => name::bilingual_name(style, &whose, lang, other, extension),
        Content::Failed => name::failed_name(&whose, lang),
    };
    let path = match &order.output {
        Some(_) => folder_of(video, order).join(named.name),
        // As the video is named, without a `./` that its owner did not type.
        None => video.with_file_name(named.name),
    };
    (
        PublishPlan { path, like: video.to_path_buf(), force: order.force, partial: false },
        named.notice,
    )
}

/// The name that outputs begin with: that of the video; of a subtitle file that of its video.
pub(super) fn named_after(path: &Path) -> OsString {
    let name = path.file_name().unwrap_or_default();
    if !is_subtitle(path) {
        return name.to_owned();
    }
    let video = video_beside(path);
    let stem = video.as_deref().and_then(|it| Path::new(it).file_stem());
    let mut whose = stem.unwrap_or_else(|| sidecar::stem_of_video(name)).to_owned();
    whose.push(".srt");
    whose
}

/// The video beside a subtitle file whose it is: the one with the longest name.
fn video_beside(subtitle: &Path) -> Option<OsString> {
    let name = subtitle.file_name()?;
    let entries = std::fs::read_dir(disk::folder_of(subtitle)).ok()?;
    let names = entries.filter_map(Result::ok).map(|it| it.file_name());
    let videos = names.filter(|it| is_media_name(it));
    let stem = |it: &OsString| Path::new(it).file_stem().map(OsStr::to_owned);
    let whose = |it: &OsString| stem(it).is_some_and(|it| sidecar::parse(&it, name).is_some());
    videos.filter(whose).max_by_key(|it| stem(it).map_or(0, |it| it.len()))
}

/// The video that a file is about: itself, or that of a subtitle file, where it lies beside it.
pub(super) fn video_of(path: &Path) -> Option<PathBuf> {
    if !is_subtitle(path) {
        return Some(path.to_owned());
    }
    video_beside(path).map(|it| path.with_file_name(it))
}

/// True for a file that is a subtitle itself: it is translated, and not listened to.
pub fn is_subtitle(path: &Path) -> bool {
    sidecar::text_format(path.file_name().unwrap_or_default()).is_some()
}

/// Why each file is left, where every file that would be written is there and would be left; `None` else.
pub(super) fn all_taken(
    path: &Path,
    order: &Order,
    targets: &[Target],
    ledger: &dyn Ledger,
) -> Result<Option<Vec<String>>, Fault> {
    let mut reasons = Vec::new();
    for target in targets {
        for (content, extension) in files(order, target) {
            let (plan, _) = plan(path, order, target, &content, extension);
            match publish::leaves_alone(&plan, ledger)? {
                Some(reason) => reasons.push(format!("{}: {reason}", file_name(&plan.path))),
                None => return Ok(None),
            }
        }
    }
    Ok(Some(reasons))
}

/// The files wanted of a target: what is in each, and its ending.
pub(super) fn files(order: &Order, target: &Target) -> Vec<(Content, &'static str)> {
    let formats = || order.formats.iter().map(|it| it.extension());
    let alone = formats().map(|it| (Content::Alone, it));
    let heard = matches!(target.source, Source::Spoken | Source::English);
    let transcript = (order.transcript && heard).then_some((Content::Alone, "json"));
    let with = target.from.clone().filter(|_| order.bilingual.is_some());
    let both =
        with.into_iter().flat_map(|it| formats().map(move |ext| (Content::With(it.clone()), ext)));
    alone.chain(transcript).chain(both).collect()
}

/// Where the files of a video go.
pub(super) fn folder_of(video: &Path, order: &Order) -> PathBuf {
    let beside = video.parent().filter(|it| !it.as_os_str().is_empty());
    let beside = beside.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    match (&order.output, order.deliver) {
        // What is uploaded waits in a folder of ours: each video has its own there, since names meet.
        (Some(folder), Some(Deliver::Upload)) => {
            folder.join(&blake3::hash(video.as_os_str().as_bytes()).to_hex()[..DIGITS])
        }
        (Some(folder), Some(Deliver::Sidecar) | None) => folder.clone(),
        (None, _) => beside,
    }
}

/// Makes the folder for the files of a video, where it is one of ours.
///
/// # Errors
/// Where it cannot be made.
pub(super) fn make_folder(video: &Path, order: &Order) -> Result<(), Fault> {
    match order.deliver {
        Some(Deliver::Upload) => {
            fs::create_dir_all(folder_of(video, order)).map_err(|it| publish::fault(&it))
        }
        Some(Deliver::Sidecar) | None => Ok(()),
    }
}

/// A file's name, for people.
pub(super) fn file_name(path: &Path) -> String {
    text::show_path(Path::new(path.file_name().unwrap_or_default()))
}
