//! What paths tell, as people and programs write them.

use super::*;
use proptest::prelude::*;
use std::path::PathBuf;

/// Title, year, season and episode, title of the episode.
type Told<'a> = (&'a str, Option<u16>, Option<(u16, u16)>, Option<&'a str>);

fn told(path: &str, in_series: bool) -> Work {
    Work::of_path(Path::new(path), in_series)
}

fn check(rows: &[(&str, Told<'_>)], in_series: bool) {
    let mut wrong = Vec::new();
    for (path, (title, year, episode, episode_title)) in rows {
        let work = told(path, in_series);
        let is = (work.title.as_str(), work.year, work.episode, work.episode_title.as_deref());
        if is != (*title, *year, *episode, *episode_title) {
            wrong.push(format!("{path}: {is:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn films_are_known_by_file_and_folder() {
    check(
        &[
            ("/f/Title (2010)/Title (2010) [1080p].mkv", ("Title", Some(2010), None, None)),
            ("/f/Title (2010)/title.mkv", ("Title", Some(2010), None, None)),
            ("/f/Title (2010)/abc-xyz.mkv", ("Title", Some(2010), None, None)),
            ("/f/Amélie (2001).mkv", ("Amélie", Some(2001), None, None)),
            (
                "/downloads/The.Matrix.1999.1080p.BluRay.x264-GROUP.mkv",
                ("The Matrix", Some(1999), None, None),
            ),
            ("/d/Blade.Runner.2049.2017.2160p.mkv", ("Blade Runner 2049", Some(2017), None, None)),
            ("/d/Blade Runner 2049.mkv", ("Blade Runner 2049", None, None, None)),
            (
                "/d/2001 A Space Odyssey (1968).mkv",
                ("2001 A Space Odyssey", Some(1968), None, None),
            ),
            ("/d/2012 (2009)/2012 (2009).mkv", ("2012", Some(2009), None, None)),
            ("/d/1917.mkv", ("1917", None, None, None)),
            (
                "/d/Dune Part Two (2024)/Dune.Part.Two.2024.WEB-DL.mkv",
                ("Dune Part Two", Some(2024), None, None),
            ),
            ("/d/Mr. Nobody (2009)/x.mkv", ("Mr. Nobody", Some(2009), None, None)),
            ("/d/Heat (1995)/BDMV/STREAM/00001.m2ts", ("Heat", Some(1995), None, None)),
            ("/d/Heat/VIDEO_TS/VTS_01_1.VOB", ("Heat", None, None, None)),
            ("/d/让子弹飞 (2010)/让子弹飞.mkv", ("让子弹飞", Some(2010), None, None)),
            ("/d/Se7en.mkv", ("Se7en", None, None, None)),
            ("/d/Movie - 12.mkv", ("Movie - 12", None, None, None)),
            ("/d/[REC].mkv", ("REC", None, None, None)),
            ("x.mkv", ("x", None, None, None)),
            ("/", ("", None, None, None)),
        ],
        false,
    );
}

#[test]
fn episodes_are_known_by_file_and_folder() {
    let e = |season, number| Some((season, number));
    check(
        &[
            (
                "/tv/Show/Season 01/Show - S01E02 - A Title.mkv",
                ("Show", None, e(1, 2), Some("A Title")),
            ),
            ("/tv/Show (2010)/Season 1/Show.s01e02.mkv", ("Show", Some(2010), e(1, 2), None)),
            ("/tv/Show (2010)/S02/shw.s02e03.mkv", ("Show", Some(2010), e(2, 3), None)),
            ("/tv/Show (2010)/Show S01E02.mkv", ("Show", Some(2010), e(1, 2), None)),
            ("/d/Show.S01E02.1080p.WEB-DL.x264.mkv", ("Show", None, e(1, 2), None)),
            (
                "/d/Show.2019.S01E02.Some.Words.720p.mkv",
                ("Show", Some(2019), e(1, 2), Some("Some Words")),
            ),
            ("/d/Show S01E02E03 Both.mkv", ("Show", None, e(1, 2), Some("Both"))),
            ("/d/Show S01E02-E03 Both.mkv", ("Show", None, e(1, 2), Some("Both"))),
            ("/d/Show - 1x02 - Title.mkv", ("Show", None, e(1, 2), Some("Title"))),
            ("/d/Show 1920x1080.mkv", ("Show 1920x1080", None, None, None)),
            ("/d/Show Season 2 Episode 11.mkv", ("Show", None, e(2, 11), None)),
            ("/d/Show EP03.mkv", ("Show", None, e(1, 3), None)),
            ("/tv/Show/Specials/Show S00E04.mkv", ("Show", None, e(0, 4), None)),
            ("/tv/Show/Season 3/04 - Title.mkv", ("Show", None, e(3, 4), Some("Title"))),
            ("/tv/Show/Season 3/04.mkv", ("Show", None, e(3, 4), None)),
            ("/tv/三体/第一季/三体 第03集.mkv", ("三体", None, e(1, 3), None)),
            ("/d/庆余年第二季第十二集.mp4", ("庆余年", None, e(2, 12), None)),
            (
                "/d/Marvel's Agents of S.H.I.E.L.D. S01E01.mkv",
                ("Marvel's Agents of S.H.I.E.L.D", None, e(1, 1), None),
            ),
            ("/d/Game.of.Thrones.S08E06.mkv", ("Game of Thrones", None, e(8, 6), None)),
            ("/a/[Group] Show - 12.mkv", ("Show", None, e(1, 12), None)),
            (
                "/a/[Group] Sousou no Frieren - 12v2 (1080p) [F02B9CEE].mkv",
                ("Sousou no Frieren", None, e(1, 12), None),
            ),
            ("/a/[Group] Show S2 - 05 [1080p].mkv", ("Show", None, e(2, 5), None)),
            ("/a/[Group][Show Name][12][1080p][JPSC].mkv", ("Show Name", None, e(1, 12), None)),
            ("/a/[Group] Show Movie (2019) [BD].mkv", ("Show Movie", Some(2019), None, None)),
        ],
        false,
    );
    check(
        &[
            ("/tv/Show (2010)/01.mkv", ("Show", Some(2010), e(1, 1), None)),
            ("/tv/Show/e05.mkv", ("Show", None, e(1, 5), None)),
            ("/tv/Show/Another - 12.mkv", ("Show", None, e(1, 12), None)),
            ("/tv/Show/tbs.s01e03.mkv", ("Show", None, e(1, 3), None)),
        ],
        true,
    );
}

#[test]
fn all_episodes_of_a_series_have_one_key_and_films_of_one_name_do_not() {
    let episodes = [
        "/tv/Marvel's Show (2010)/Season 01/Marvels.Show.S01E01.mkv",
        "/tv/Marvel's Show (2010)/Season 02/Marvel's Show - S02E01 - X.mkv",
        "/tv/Marvel's Show (2010)/Specials/odd name.mkv",
        "/tv/Marvel's Show (2010)/Season 02/03.mkv",
        "/tv/MARVELS SHOW (2010)/Season 02/03.mkv",
    ];
    for path in episodes {
        assert_eq!(told(path, true).key(), "marvels show (2010)", "{path}");
    }
    let film = |path: &str| told(path, false).key();
    assert_ne!(film("/f/Solaris (1972).mkv"), film("/f/Solaris (2002).mkv"));
    assert_eq!(film("/f/三体.mkv"), "三体");
    assert_eq!(film("/f/….mkv"), "…");
}

#[test]
fn numbers_of_databases_are_read_where_they_belong() {
    let ids = |path: &str| {
        let work = told(path, false);
        (work.tmdb, work.tvdb, work.imdb)
    };
    let tt = |digits: &str| Some(format!("tt{digits}"));
    for (path, told) in [
        ("/f/A (2010) [tmdbid-123]/A (2010).mkv", (Some(123), None, None)),
        ("/f/A (2010) {tmdb-123} {imdb-tt0111161}/A.mkv", (Some(123), None, tt("0111161"))),
        ("/f/A (2010) [imdbid-tt0111161].mkv", (None, None, tt("0111161"))),
        ("/f/A (2010) [tmdbid=7]/A (2010) {tmdb-8}.mkv", (Some(8), None, None)),
        ("/tv/A {tvdb-42}/Season 1/A S01E01 [tvdbid-43].mkv", (None, Some(42), None)),
        ("/tv/A [TVDBID-42]/A S01E01.mkv", (None, Some(42), None)),
        ("/f/A [imdbid-nm0111161] [tmdbid-x].mkv", (None, None, None)),
    ] {
        assert_eq!(ids(path), told, "{path}");
    }
}

#[test]
fn what_one_does_not_tell_the_other_does() {
    let nfo = Work {
        title: "Original".to_owned(),
        plot: Some("So it goes.".to_owned()),
        characters: vec!["Ann".to_owned()],
        ..Work::default()
    };
    let path = Work {
        title: "Path".to_owned(),
        year: Some(2010),
        episode: Some((1, 2)),
        characters: vec!["Bob".to_owned()],
        ..Work::default()
    };
    let both = nfo.clone().or(path.clone());
    assert_eq!(
        (both.title.as_str(), both.year, both.episode),
        ("Original", Some(2010), Some((1, 2)))
    );
    assert_eq!((both.plot, both.characters), (nfo.plot, nfo.characters));
    assert_eq!(Work::default().or(path.clone()), path);
}

proptest! {
    #[test]
    fn any_path_has_a_title(parts in prop::collection::vec("[ -~第季集十三\\[\\]]{1,24}", 1..4), hint: bool) {
        let path: PathBuf = parts.iter().collect();
        let work = Work::of_path(&path, hint);
        let has_name = path.file_name().is_some();
        prop_assert!(!has_name || !work.title.is_empty(), "{path:?}: {work:?}");
        prop_assert!(!has_name || !work.key().trim().is_empty() || work.title.trim().is_empty());
    }

    #[test]
    fn an_episode_is_found_whatever_surrounds_it(
        title in "[A-Z][a-z]{2,8}( [A-Z][a-z]{2,8}){0,2}", season in 0..30_u16, number in 0..999_u16,
        dots: bool,
    ) {
        let name = format!("{title} S{season:02}E{number:02} 1080p");
        let name = if dots { name.replace(' ', ".") } else { name };
        let work = Work::of_path(Path::new(&format!("/d/{name}.mkv")), false);
        prop_assert_eq!(work.episode, Some((season, number)));
        prop_assert_eq!(work.title, title);
    }
}
