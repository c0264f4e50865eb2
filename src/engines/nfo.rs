//! The language a film was made in, and which film or episode it is, from the NFO files that media managers leave
//! beside it (Kodi's format).

mod told;

use crate::domain::characters::CHARACTERS_MAX;
use crate::domain::lang::Lang;
use crate::domain::subtitle::encoding;
use crate::domain::work::Work;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use told::{Root, Told};

/// Of an NFO file; what stands after is not read.
const NFO_BYTES_MAX: u64 = 1024 * 1024;
/// A language is told in fewer bytes.
const VALUE_BYTES_MAX: usize = 256;
/// How far above its video a series' own file may lie: seasons and specials have folders of their own.
const SHOW_FOLDERS: usize = 3;

/// The language a video was made in: told by the file of its own name, by its film's, or by its series'; the first that
/// tells one counts. A file that cannot be read or understood tells none.
pub fn original_language(video: &Path) -> Option<Lang> {
    let folder = video.parent()?;
    let own = video.with_extension("nfo");
    let above = folder.ancestors().take(SHOW_FOLDERS).map(|it| it.join("tvshow.nfo"));
    [own, folder.join("movie.nfo")].into_iter().chain(above).find_map(|it| in_file(&it))
}

/// Which film or episode a video is: by the NFO files beside it, and by its path for what they do not tell.
pub fn work_of(video: &Path) -> Work {
    let told = work(video);
    let in_series = series_file(video).is_some();
    let path = Work::of_path(video, in_series);
    told.map_or_else(|| path.clone(), |it| it.or(path.clone()))
}

/// What NFO files tell of a video: that of its own name, that of its film, or that of its series; `None` where there
/// are none. One that cannot be read or understood tells nothing.
pub fn work(video: &Path) -> Option<Work> {
    let own = told_by(&video.with_extension("nfo"));
    let film = || told_by(&video.parent()?.join("movie.nfo"));
    let series = || told_by(&series_file(video)?);
    match own {
        Some(Told { root: Some(Root::Film), work }) => Some(work),
        Some(Told { root: Some(Root::Series | Root::Episode) | None, work }) => {
            Some(of_series(work, series()))
        }
        None => match film() {
            Some(told) => Some(told.work),
            // A film may lie in the folder of a series; its name tells.
            None => {
                let is_episode = Work::of_path(video, true).episode.is_some();
                series().filter(|_| is_episode).map(|it| it.work)
            }
        },
    }
}

/// An episode and what its series has: all its characters, with those of the episode first.
fn of_series(mut episode: Work, series: Option<Told>) -> Work {
    let Some(Told { work: series, .. }) = series else { return episode };
    for name in &series.characters {
        if !episode.characters.contains(name) {
            episode.characters.push(name.clone());
        }
    }
    episode.characters.truncate(CHARACTERS_MAX);
    episode.or(series)
}

/// The file of the series that a video belongs to.
fn series_file(video: &Path) -> Option<PathBuf> {
    let above = video.parent()?.ancestors().take(SHOW_FOLDERS);
    above.map(|it| it.join("tvshow.nfo")).find(|it| it.is_file())
}

fn told_by(path: &Path) -> Option<Told> {
    text_of(path).map(|it| told::read(&it))
}

fn in_file(path: &Path) -> Option<Lang> {
    in_text(&text_of(path)?)
}

/// The beginning of a file; `None` where it is none, or cannot be read.
fn text_of(path: &Path) -> Option<String> {
    // Looked at before it is opened: opening a pipe would wait for a writer.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(NFO_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(encoding::to_utf8(&bytes, None).0)
}

/// What the first element says that is named as some managers name it. Kodi's own format has none; `language` is that
/// of the descriptions, or of a track. Entities stay what they are: none is looked up.
fn in_text(text: &str) -> Option<Lang> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut value: Option<String> = None;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                value = is_original_language(tag.local_name().as_ref()).then(String::new);
            }
            Ok(Event::Text(text)) => push(&mut value, &text),
            Ok(Event::CData(text)) => push(&mut value, &text),
            Ok(Event::End(_)) => {
                if let Some(lang) = value.take().and_then(|it| language(&it)) {
                    return Some(lang);
                }
            }
            Ok(Event::Eof) | Err(_) => return None,
            Ok(
                Event::Empty(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_)
                | Event::GeneralRef(_),
            ) => {}
        }
    }
}

/// `originallanguage`, `original_language`, `originalLanguage`.
fn is_original_language(name: &[u8]) -> bool {
    let letters = name.iter().filter(|it| **it != b'_').map(u8::to_ascii_lowercase);
    letters.eq(b"originallanguage".iter().copied())
}

fn push(value: &mut Option<String>, text: &[u8]) {
    if let Some(value) = value
        && value.len() + text.len() <= VALUE_BYTES_MAX
    {
        value.push_str(&String::from_utf8_lossy(text));
    }
}

/// A code or a name; of several the first. The Movie Database, where most of it comes from, calls Cantonese `cn`.
fn language(value: &str) -> Option<Lang> {
    let first = value.split(['/', ',', '|', ';']).map(str::trim).find(|it| !it.is_empty())?;
    let code = if first.eq_ignore_ascii_case("cn") { "yue" } else { first };
    Lang::parse(code).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_nfo_files_say() {
        let rows = [
            ("<movie><originallanguage>ja</originallanguage></movie>", Some("ja")),
            ("<movie><original_language>Japanese</original_language></movie>", Some("ja")),
            ("<movie>\n<originalLanguage> fr-CA\n</originalLanguage></movie>", Some("fr-CA")),
            ("<movie><originallanguage><![CDATA[deu]]></originallanguage></movie>", Some("de")),
            ("<movie><originallanguage>cn</originallanguage></movie>", Some("yue")),
            ("<movie><originallanguage>English / French</originallanguage></movie>", Some("en")),
            (
                "<movie><originallanguage>ko</originallanguage></movie>\nhttps://a.example/1?a&b",
                Some("ko"),
            ),
            (
                "https://a.example/?a=1&b=2\n<movie><originallanguage>ko</originallanguage>",
                Some("ko"),
            ),
            (
                "\u{FEFF}<?xml version=\"1.0\"?><movie><a>R&B</a><originallanguage>ko</originallanguage>",
                Some("ko"),
            ),
            ("<movie></b><a><originallanguage>ko</originallanguage>", Some("ko")),
            ("<movie><originallanguage/><originallanguage>xx</originallanguage></movie>", None),
            (
                "<movie><originallanguage>xx</originallanguage><originallanguage>it</originallanguage>",
                Some("it"),
            ),
            ("<movie><language>en</language><originaltitle>ja</originaltitle></movie>", None),
            (
                "<!DOCTYPE movie [<!ENTITY l \"ja\">]><movie><originallanguage>&l;</originallanguage></movie>",
                None,
            ),
            ("<movie><originallanguage>ja", None),
            ("<movie><originallanguage <<>>ja</originallanguage>", None),
            ("https://www.imdb.com/title/tt0944947/", None),
            ("\0\u{1}\u{2}", None),
            ("", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(in_text(text).as_ref().map(Lang::tag), wanted, "{text}");
        }
    }

    /// Files that media managers wrote, in the folder that `KINORA_NFO` names: none of the known ones tells it.
    #[test]
    fn real_files_are_read() {
        let Some(folder) = std::env::var_os("KINORA_NFO") else { return };
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|it| it == "nfo") {
                assert_eq!(in_file(&path), None, "{}", path.display());
            }
        }
    }

    #[test]
    fn a_value_is_read_as_far_as_a_language_goes() {
        let long = "x".repeat(10 * VALUE_BYTES_MAX);
        assert_eq!(in_text(&format!("<a><originallanguage>{long}</originallanguage></a>")), None);
    }

    #[test]
    fn the_nearest_file_counts() {
        let dir = tempfile::tempdir().unwrap();
        let season = dir.path().join("Show/Season 1");
        fs::create_dir_all(&season).unwrap();
        let video = season.join("Show S01E01.mkv");
        let told = || original_language(&video).map(|it| it.tag().to_owned());
        let nfo = |name: &str, code: &str| {
            let text = format!("<a><originallanguage>{code}</originallanguage></a>");
            fs::write(dir.path().join(name), text).unwrap();
        };
        assert_eq!(told(), None);
        nfo("tvshow.nfo", "en");
        assert_eq!(told().as_deref(), Some("en"), "two folders above");
        nfo("Show/tvshow.nfo", "ja");
        assert_eq!(told().as_deref(), Some("ja"));
        nfo("Show/Season 1/movie.nfo", "ko");
        assert_eq!(told().as_deref(), Some("ko"));
        nfo("Show/Season 1/Show S01E01.nfo", "fr");
        assert_eq!(told().as_deref(), Some("fr"));
        fs::write(season.join("Show S01E01.nfo"), b"\xFF\xFE<\0a\0").unwrap();
        assert_eq!(told().as_deref(), Some("ko"), "a broken one tells nothing");
        let far = "x".repeat(NFO_BYTES_MAX as usize);
        fs::write(
            season.join("movie.nfo"),
            format!("<a>{far}<originallanguage>de</originallanguage></a>"),
        )
        .unwrap();
        assert_eq!(told().as_deref(), Some("ja"), "too far inside");
        assert_eq!(original_language(Path::new("/")), None);
    }

    #[test]
    fn an_episode_is_what_its_own_file_its_series_and_its_path_tell() {
        let dir = tempfile::tempdir().unwrap();
        let season = dir.path().join("Show (2010)/Season 1");
        fs::create_dir_all(&season).unwrap();
        let video = season.join("Show - S01E02.mkv");
        assert_eq!(work(&video), None);
        let path = work_of(&video);
        assert_eq!(
            (path.title.as_str(), path.year, path.episode),
            ("Show", Some(2010), Some((1, 2)))
        );
        let series = "<tvshow><title>The Show</title><plot>All.</plot><tmdbid>7</tmdbid>\
                      <actor><role>Ann</role></actor></tvshow>";
        fs::write(dir.path().join("Show (2010)/tvshow.nfo"), series).unwrap();
        let by_series = work_of(&video);
        assert_eq!((by_series.title.as_str(), by_series.tmdb), ("The Show", Some(7)));
        assert_eq!(by_series.plot.as_deref(), Some("All."));
        let own = "<episodedetails><title>Two</title><plot>One day.</plot><uniqueid type=\"tmdb\">9</uniqueid>\
                   <actor><role>Bob</role></actor></episodedetails>";
        fs::write(season.join("Show - S01E02.nfo"), own).unwrap();
        let work = work_of(&video);
        assert_eq!(work.key(), by_series.key());
        assert_eq!((work.episode, work.episode_title.as_deref()), (Some((1, 2)), Some("Two")));
        assert_eq!((work.plot.as_deref(), work.tmdb), (Some("One day."), Some(7)));
        assert_eq!(work.characters, ["Bob", "Ann"]);
        let bare = work_of(&season.join("03.mkv"));
        assert_eq!((bare.key(), bare.episode), (work.key(), Some((1, 3))), "a number in a series");
        let film = season.join("Making of.mkv");
        assert_eq!(work_of(&film).title, "Show", "in the folder of a season");
        fs::write(season.join("movie.nfo"), "<movie><title>Film</title></movie>").unwrap();
        assert_eq!(work_of(&film).title, "Film");
    }

    #[test]
    fn real_files_tell_their_works() {
        let folder = Path::new("../shared/data/nfo");
        let read = |name: &str| told_by(&folder.join(name)).map(|it| it.work);
        let Some(series) = read("American_Gods.nfo") else {
            return eprintln!("skipped: there is no folder {}", folder.display());
        };
        let ids = (series.tmdb, series.tvdb, series.episode);
        assert_eq!(
            (series.title.as_str(), ids),
            ("American Gods", (Some(46639), Some(253_573), None))
        );
        assert_eq!(series.characters[..2], ["Shadow Moon", "Mr. Wednesday"]);
        let film = read("Justice_League.nfo").unwrap();
        assert_eq!((film.title.as_str(), film.tmdb), ("Justice League", Some(141_052)));
        assert_eq!(read("Lilo_&_Stitch.nfo").unwrap().title, "Lilo & Stitch");
        let four = read("Stargate_Atlantis_S01E01-E04.nfo").unwrap();
        assert_eq!((four.episode, four.episode_title.as_deref()), (Some((1, 1)), Some("Rising")));
        assert_eq!(four.characters, ["John Sheppard", "Rodney McKay"]);
        let bone = read("The_Bone_Orchard.nfo").unwrap();
        assert_eq!((bone.tmdb, bone.imdb, bone.episode), (None, None, Some((1, 1))));
        assert_eq!(read("Imdb.nfo").unwrap().imdb.as_deref(), Some("tt0944947"));
        assert_eq!(read("Tvdb.nfo").unwrap().tvdb, Some(121_361));
    }
}
