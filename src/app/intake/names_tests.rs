//! Real-life names, both ways: what is an extra, a sample, a trailer or a menu, and what only sounds like one.

use super::left_out::LeftOut;
use super::names::{self, Kind};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Judges a file of a folder, with other names beside it.
fn file(folder: &str, name: &str, others: &[&str]) -> Option<LeftOut> {
    let names: Vec<&OsStr> = others.iter().copied().chain([name]).map(OsStr::new).collect();
    let folder = (!folder.is_empty()).then(|| OsStr::new(folder));
    names::file_left_out(OsStr::new(name), folder, &|test| names.iter().any(|it| test(it)))
}

fn folder(name: &str, is_top: bool, others: &[&str]) -> Option<LeftOut> {
    names::folder_left_out(OsStr::new(name), is_top, &|test| {
        others.iter().any(|it| test(OsStr::new(it)))
    })
}

#[test]
fn extras_samples_trailers_and_menus_are_known_by_their_names() {
    let film = "Blade Runner (1982).mkv";
    for (name, why) in [
        ("Blade Runner (1982)-trailer.mkv", LeftOut::Trailer),
        ("Blade Runner (1982)-TRAILER2.mp4", LeftOut::Trailer),
        ("Blade Runner (1982).trailer.mkv", LeftOut::Trailer),
        ("Blade Runner (1982)_trailer.mkv", LeftOut::Trailer),
        ("Blade Runner (1982) trailer.mkv", LeftOut::Trailer),
        ("Blade Runner (1982) - Trailer.mkv", LeftOut::Trailer),
        ("trailer.mp4", LeftOut::Trailer),
        ("Trailer 2.mp4", LeftOut::Trailer),
        ("-trailer.mp4", LeftOut::Trailer),
        ("Blade Runner (1982)-sample.mkv", LeftOut::Sample),
        ("Blade Runner (1982).Sample.mkv", LeftOut::Sample),
        ("blade runner (1982)_sample.mkv", LeftOut::Sample),
        ("blade runner (1982) SAMPLE.mkv", LeftOut::Sample),
        ("sample.mkv", LeftOut::Sample),
        ("SAMPLE1.AVI", LeftOut::Sample),
        ("sample-blade runner (1982).mkv", LeftOut::Sample),
        ("Making of-featurette.mkv", LeftOut::Extra("a featurette")),
        ("Ridley Scott-interview.mkv", LeftOut::Extra("an interview")),
        ("Tears in rain-scene.mkv", LeftOut::Extra("a scene")),
        ("Spinner-clip.mkv", LeftOut::Extra("a clip")),
        ("Sets-behindthescenes.mkv", LeftOut::Extra("behind the scenes")),
        ("Unicorn-deleted.mkv", LeftOut::Extra("a deleted scene")),
        ("Unicorn-DeletedScene.mkv", LeftOut::Extra("a deleted scene")),
        ("Black out-short.mkv", LeftOut::Extra("a short")),
        ("Convention reel-other.mkv", LeftOut::Extra("one of several")),
        ("Convention reel-extra.mkv", LeftOut::Extra("one of several")),
        ("theme.mp3", LeftOut::Extra("theme music")),
        ("VIDEO_TS.VOB", LeftOut::DvdMenu),
        ("VTS_01_0.VOB", LeftOut::DvdMenu),
        ("vts_12_0.vob", LeftOut::DvdMenu),
    ] {
        let judged = file("Blade Runner (1982)", name, &[film]);
        assert_eq!(judged, Some(why), "{name}");
    }
}

#[test]
fn films_that_only_sound_like_extras_are_taken() {
    for (folder, name, others) in [
        // A film of that name has a folder of that name.
        ("The Sample (2020)", "The Sample (2020).mkv", &[][..]),
        ("Sample (2020)", "Sample (2020).mkv", &[]),
        ("Sample (2020)", "Sample.mkv", &[]),
        ("Sample", "sample.mkv", &[]),
        ("Sample [imdbid-tt0000001]", "SAMPLE [1080p].mkv", &[]),
        ("Free Sample 2012", "Free.Sample.mkv", &[]),
        ("The Interview (2014) {tmdb-228967}", "the-interview.mkv", &[]),
        ("The Big Short (2015)", "The.Big-Short.mkv", &[]),
        ("Trailer (2022)", "Trailer.mkv", &[]),
        // Other words, or in other places of the name.
        ("Films", "Free Sample.mkv", &["Alien.mkv"]),
        ("Films", "Movie Trailer.mkv", &["Alien.mkv"]),
        ("Films", "The Big Short (2015).mkv", &[]),
        ("Films", "the-big-short-2015.mkv", &[]),
        ("Films", "The Interview.mkv", &[]),
        ("Films", "Sample People (2000).mkv", &[]),
        ("Films", "sample-people.mkv", &[]),
        ("Films", "Sampler.mkv", &[]),
        ("Films", "Trailer Park Boys.mkv", &[]),
        ("Films", "The Others (2001).mkv", &[]),
        ("Films", "Scene of the Crime.mkv", &[]),
        ("Films", "Video-Clipper.mkv", &[]),
        ("Films", "Film.shorts.mkv", &[]),
        ("Films", "Clip.mkv", &[]),
        ("Films", "Short.mkv", &[]),
        ("Films", "1917.mkv", &[]),
        ("Films", "300.mkv", &[]),
        ("Films", "-.mkv", &[]),
        // Titles of episodes.
        ("Season 1", "Extras S01E02.mkv", &[]),
        ("Season 1", "Show S01E05-Interview.mkv", &["Show S01E06.mkv"]),
        ("Season 1", "Show - S01E05 - Sample.mkv", &["Show - S01E06 - End.mkv"]),
        ("Season 1", "show.s01e05.trailer.mkv", &["show.s01e06.end.mkv"]),
        // The parts of a DVD with the film, and other VOB files.
        ("VIDEO_TS", "VTS_01_1.VOB", &["VIDEO_TS.VOB"]),
        ("VIDEO_TS", "VTS_01_9.VOB", &[]),
        ("VIDEO_TS", "VTS_010_0.VOB", &[]),
        ("Films", "Holiday.vob", &[]),
        // Audio files have Jellyfin's suffixes as parts of titles.
        ("Album", "Free-Sample.flac", &[]),
        ("Album", "Main theme.flac", &[]),
        ("", "Alien.mkv", &[]),
    ] {
        assert_eq!(file(folder, name, others), None, "{folder}/{name}");
    }
    let trailer = file("Season 1", "show.s01e05.trailer.mkv", &["show.s01e05.mkv"]);
    assert_eq!(trailer, Some(LeftOut::Trailer), "that of an episode is beside it");
}

#[test]
fn a_trailer_beside_a_film_whose_name_is_like_its_folder_stays_a_trailer() {
    for name in ["Sample (2020)-sample.mkv", "Sample (2020).trailer.mkv", "sample-trailer.mkv"] {
        assert!(file("Sample (2020)", name, &["Sample (2020).mkv"]).is_some(), "{name}");
    }
}

#[test]
fn folders_of_extras_are_known_and_series_of_that_name_are_not() {
    for name in [
        "behind the scenes",
        "Deleted Scenes",
        "INTERVIEWS",
        "Scenes",
        "Samples",
        "Shorts",
        "Featurettes",
        "clips",
        "Other",
        "Extras",
        "Trailers",
        "theme-music",
        "backdrops",
    ] {
        assert!(folder(name, false, &[]).is_some(), "{name} in a film's folder");
        assert_eq!(folder(name, true, &["Alien (1979)"]), None, "{name} among films' folders");
        assert!(folder(name, true, &["Alien.mkv"]).is_some(), "{name} beside a film");
    }
    for name in ["Extras (2005)", "Short Films", "Season 1", "Specials", "Subs", "Clip", "Bonus"] {
        assert_eq!(folder(name, false, &["Alien.mkv"]), None, "{name}");
    }
    for (others, is_sample) in [
        (&["film-grp.mkv", "film-grp.nfo"][..], true),
        (&["film-grp.rar", "film-grp.r00"], true),
        (&["FILM-GRP.R00"], true),
        (&["Alien (1979)", "poster.jpg"], false),
    ] {
        for is_top in [true, false] {
            let judged = folder("Sample", is_top, others);
            assert_eq!(judged, is_sample.then_some(LeftOut::Sample), "beside {others:?}");
        }
    }
    for name in ["#recycle", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"] {
        let judged = folder(name, true, &[]);
        assert_eq!(judged, Some(LeftOut::System(name.to_owned())));
    }
}

#[test]
fn kinds_are_known_by_the_extension_in_any_case_and_encoding() {
    for (name, kind) in [
        (&b"Film.MKV"[..], Kind::Video),
        (b"Fil\xff.m2ts", Kind::Video),
        (b"a.flac", Kind::Audio),
        (b"a.eng.SRT", Kind::Beside),
        (b"a.mkv.lock", Kind::Beside),
        (b"tvshow.nfo", Kind::Beside),
        (b"mkv", Kind::Other),
        (b".mkv", Kind::Other),
        (b"a.mkv.part", Kind::Other),
        (b"a.", Kind::Other),
        (b"a.mk\xff", Kind::Other),
    ] {
        assert_eq!(names::kind(OsStr::from_bytes(name)), kind, "{}", name.escape_ascii());
    }
}
