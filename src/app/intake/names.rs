//! What a name tells: media and what stands beside it, and the names by which Jellyfin knows extras, samples, trailers
//! and the menus of DVDs (its documentation calls these rules "extras" and "ignore patterns").

use super::left_out::LeftOut;
use crate::domain::media::{AUDIO_EXTENSIONS, VIDEO_EXTENSIONS};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Subtitles, locks of other tools, and what media servers write down about a film.
const BESIDE_EXTENSIONS: [&str; 10] =
    ["srt", "ass", "ssa", "vtt", "sub", "idx", "sup", "smi", "lock", "nfo"];
/// A release as it is downloaded may still be packed.
const PACKED_EXTENSIONS: [&str; 6] = ["rar", "r00", "zip", "7z", "iso", "001"];

/// Folders of extras, by Jellyfin's names.
const EXTRA_FOLDERS: [(&str, LeftOut); 13] = [
    ("backdrops", LeftOut::Extra("a backdrop")),
    ("behind the scenes", LeftOut::Extra("behind the scenes")),
    ("clips", LeftOut::Extra("a clip")),
    ("deleted scenes", LeftOut::Extra("a deleted scene")),
    ("extras", LeftOut::Extra("one of several")),
    ("featurettes", LeftOut::Extra("a featurette")),
    ("interviews", LeftOut::Extra("an interview")),
    ("other", LeftOut::Extra("one of several")),
    ("samples", LeftOut::Sample),
    ("scenes", LeftOut::Extra("a scene")),
    ("shorts", LeftOut::Extra("a short")),
    ("theme-music", LeftOut::Extra("theme music")),
    ("trailers", LeftOut::Trailer),
];
/// Folders that releases have, by names that films have too.
const RELEASE_FOLDERS: [(&str, LeftOut); 2] =
    [("sample", LeftOut::Sample), ("trailer", LeftOut::Trailer)];

/// Last words of the names of extras. A hyphen stands before them; before the first ones any separator.
const EXTRA_WORDS: [(&str, LeftOut); 12] = [
    ("sample", LeftOut::Sample),
    ("trailer", LeftOut::Trailer),
    ("behindthescenes", LeftOut::Extra("behind the scenes")),
    ("clip", LeftOut::Extra("a clip")),
    ("deleted", LeftOut::Extra("a deleted scene")),
    ("deletedscene", LeftOut::Extra("a deleted scene")),
    ("extra", LeftOut::Extra("one of several")),
    ("featurette", LeftOut::Extra("a featurette")),
    ("interview", LeftOut::Extra("an interview")),
    ("other", LeftOut::Extra("one of several")),
    ("scene", LeftOut::Extra("a scene")),
    ("short", LeftOut::Extra("a short")),
];

/// So many of the words may follow any separator.
const LOOSE_WORDS: usize = 2;

/// Folders that a NAS or an operating system keeps for itself; those that start with a dot are hidden anyway.
const SYSTEM_FOLDERS: [&str; 12] = [
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "@eadir",
    "@recently-snapshot",
    "@recycle",
    "@tmp",
    "@transcode",
    "eadir",
    "lost+found",
    "recycler",
    "system volume information",
];

/// What a file is by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Video,
    Audio,
    Beside,
    Other,
}

/// Asks all names of the folder that something is in, one after the other, until one is as wanted.
pub(super) type AnyBeside<'a> = &'a dyn Fn(&dyn Fn(&OsStr) -> bool) -> bool;

pub(super) fn kind(name: &OsStr) -> Kind {
    let extension = split(name).1;
    if one_of(extension, &VIDEO_EXTENSIONS) {
        Kind::Video
    } else if one_of(extension, &BESIDE_EXTENSIONS) {
        Kind::Beside
    } else if one_of(extension, &AUDIO_EXTENSIONS) {
        Kind::Audio
    } else {
        Kind::Other
    }
}

pub(super) fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
}

/// Why a folder is left out by its name. `is_top` where it lies in the library's own folder: there a folder with the
/// name of extras may as well be a series or a kind of films, so it needs a release that it could belong to.
pub(super) fn folder_left_out(
    name: &OsStr,
    is_top: bool,
    beside: AnyBeside<'_>,
) -> Option<LeftOut> {
    let name = name.as_bytes();
    if SYSTEM_FOLDERS.iter().any(|it| name.eq_ignore_ascii_case(it.as_bytes())) {
        return Some(LeftOut::System(String::from_utf8_lossy(name).into_owned()));
    }
    let find = |table: &[(&str, LeftOut)]| {
        let found = table.iter().find(|(it, _)| name.eq_ignore_ascii_case(it.as_bytes()));
        found.map(|(_, why)| why.clone())
    };
    if let Some(why) = find(&EXTRA_FOLDERS) {
        return (!is_top || beside(&is_release)).then_some(why);
    }
    find(&RELEASE_FOLDERS).filter(|_| beside(&is_release))
}

/// Why a media file is left out by its name. `folder` is the name of the folder it is in.
pub(super) fn file_left_out(
    name: &OsStr,
    folder: Option<&OsStr>,
    beside: AnyBeside<'_>,
) -> Option<LeftOut> {
    let stem = stem(name);
    if kind(name) == Kind::Audio {
        return stem.eq_ignore_ascii_case(b"theme").then_some(LeftOut::Extra("theme music"));
    }
    if is_dvd_menu(name) {
        return Some(LeftOut::DvdMenu);
    }
    let (why, owner) = extra(stem)?;
    // A film that is called so has a folder of that name.
    let own_film = folder.is_some_and(|it| plain_title(stem) == plain_title(it.as_bytes()));
    let owned = |of: &[u8]| {
        beside(&|other| {
            let other_stem = self::stem(other);
            kind(other) == Kind::Video && other_stem != stem && starts_with(other_stem, of)
        })
    };
    (!own_film && owner.is_none_or(owned)).then_some(why)
}

/// An extra by its stem; where films have such names too, with how the name of what it belongs to begins.
fn extra(stem: &[u8]) -> Option<(LeftOut, Option<&[u8]>)> {
    let is_word = |it: &&(&str, LeftOut), word: &[u8]| word.eq_ignore_ascii_case(it.0.as_bytes());
    let loose = &EXTRA_WORDS[..LOOSE_WORDS];
    // Jellyfin takes `-trailer2` for a trailer.
    let numberless = trim_end(stem, u8::is_ascii_digit);
    let alone = trim_end(numberless, is_separator);
    if let Some((_, why)) = loose.iter().find(|it| is_word(it, alone)) {
        return Some((why.clone(), None));
    }
    let at = numberless.iter().rposition(is_separator)?;
    let (before, separator, word) = (&stem[..at], stem[at], &numberless[at + 1..]);
    let before = trim_end(before, is_separator);
    let table = if separator == b'-' { &EXTRA_WORDS[..] } else { loose };
    if let Some((_, why)) = table.iter().find(|it| is_word(it, word)) {
        let may_be_title = separator == b' ' || ends_with_episode(before);
        return Some((why.clone(), may_be_title.then_some(before)));
    }
    // As in `sample-film-group.mkv` beside `film-group.mkv`.
    let first = b"sample-";
    starts_with(stem, first).then(|| (LeftOut::Sample, Some(&stem[first.len()..])))
}

/// True for a file that makes a folder that of a release: a video, or an archive with one in it.
pub(super) fn is_release(name: &OsStr) -> bool {
    kind(name) == Kind::Video || one_of(split(name).1, &PACKED_EXTENSIONS)
}

/// Video managers, and titles' menus: the first number is the title set, 0 as the second is its menu (DVD-Video).
fn is_dvd_menu(name: &OsStr) -> bool {
    let name = name.as_bytes().to_ascii_lowercase();
    let titles = name.strip_prefix(b"vts_").and_then(|it| it.strip_suffix(b"_0.vob"));
    name == b"video_ts.vob"
        || titles.is_some_and(|it| it.len() == 2 && it.iter().all(u8::is_ascii_digit))
}

/// Letters and digits of a title; without what stands in brackets, and without a year at its end.
fn plain_title(name: &[u8]) -> Vec<u8> {
    let mut depth = 0_u32;
    let mut plain = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            it if depth == 0 && (it.is_ascii_alphanumeric() || !it.is_ascii()) => {
                plain.push(it.to_ascii_lowercase());
            }
            _ => {}
        }
    }
    let year = plain.len().checked_sub(4).filter(|it| *it > 0).filter(|it| {
        let year = &plain[*it..];
        (year.starts_with(b"19") || year.starts_with(b"20")) && year.iter().all(u8::is_ascii_digit)
    });
    plain.truncate(year.unwrap_or(plain.len()));
    plain
}

/// As in `Series S01E05`: what follows is an episode's title.
fn ends_with_episode(name: &[u8]) -> bool {
    let season = |it| trim_end(it, u8::is_ascii_digit);
    let mark = |it: &[u8], mark: u8| it.last().is_some_and(|last| last.eq_ignore_ascii_case(&mark));
    let before_episode = season(name);
    let Some((_, of_season)) = before_episode.split_last() else { return false };
    let before_season = season(of_season);
    before_episode.len() < name.len()
        && mark(before_episode, b'e')
        && before_season.len() < of_season.len()
        && mark(before_season, b's')
}

/// A name without its extension; all of one that has none.
pub(super) fn stem(name: &OsStr) -> &[u8] {
    split(name).0
}

/// As `Path::file_stem` and `Path::extension`, which look for folders first: a walk asks for every name.
fn split(name: &OsStr) -> (&[u8], &[u8]) {
    let name = name.as_bytes();
    match name.iter().rposition(|it| *it == b'.') {
        None | Some(0) => (name, b""),
        Some(at) => (&name[..at], &name[at + 1..]),
    }
}

/// As Jellyfin compares names: without regard to the case of ASCII letters.
pub(super) fn starts_with(name: &[u8], start: &[u8]) -> bool {
    name.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start))
}

fn one_of(extension: &[u8], known: &[&str]) -> bool {
    (2..=5).contains(&extension.len())
        && known.iter().any(|it| extension.eq_ignore_ascii_case(it.as_bytes()))
}

fn is_separator(byte: &u8) -> bool {
    matches!(byte, b'-' | b'.' | b'_' | b' ')
}

fn trim_end(name: &[u8], of: impl Fn(&u8) -> bool) -> &[u8] {
    let end = name.iter().rposition(|it| !of(it)).map_or(0, |it| it + 1);
    &name[..end]
}
