//! The language a film was made in, from the NFO files that media managers leave beside it (Kodi's format).

use crate::domain::lang::Lang;
use crate::domain::subtitle::encoding;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::fs::File;
use std::io::Read;
use std::path::Path;

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

fn in_file(path: &Path) -> Option<Lang> {
    // Looked at before it is opened: opening a pipe would wait for a writer.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(NFO_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    in_text(&encoding::to_utf8(&bytes, None).0)
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
}
