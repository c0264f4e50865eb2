//! What one NFO file tells of a film, a series or an episode. Media managers write XML that is often none: several
//! roots, bad entities, a link behind it or a link alone. What can be understood counts, the rest is passed over.

use crate::domain::characters::{CHARACTERS_MAX, names_of_role};
use crate::domain::work::{Work, imdb_number};
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// A plot is shorter.
const VALUE_BYTES_MAX: usize = 4000;
const DEPTH_MAX: usize = 16;

/// What a file is about, by its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Film,
    Series,
    Episode,
}

/// What a file tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// `None` for links alone.
    pub(super) root: Option<Root>,
    /// For an episode, the series' own things are not in it.
    pub(super) work: Work,
}

/// Reads all of a file.
pub(super) fn read(text: &str) -> Told {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut state = State::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => state.start(&tag),
            Ok(Event::Text(text)) => state.push(&text),
            Ok(Event::CData(text)) => state.push(&text),
            Ok(Event::GeneralRef(name)) => state.push(entity(&name).as_bytes()),
            Ok(Event::End(tag)) => state.end(&name_of(tag.local_name().as_ref())),
            // What stands before a mistake counts.
            Ok(Event::Eof) | Err(_) => break,
            Ok(
                Event::Empty(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_),
            ) => {}
        }
    }
    state.ended(text)
}

#[derive(Default)]
struct State {
    told: Told,
    /// Open elements, in small letters.
    open: Vec<String>,
    /// The attribute `type` of the last one that was opened.
    kind: String,
    value: String,
    actor: Actor,
    year_of_date: Option<u16>,
    outline: Option<String>,
    season: Option<u16>,
    number: Option<u16>,
    /// How many roots were begun.
    roots: usize,
}

#[derive(Default)]
struct Actor {
    role: String,
    kind: String,
}

impl State {
    fn start(&mut self, tag: &BytesStart<'_>) {
        let name = name_of(tag.local_name().as_ref());
        if self.open.is_empty() {
            let root = match name.as_str() {
                "movie" => Some(Root::Film),
                "tvshow" => Some(Root::Series),
                "episodedetails" => Some(Root::Episode),
                _ => None,
            };
            self.roots += usize::from(root.is_some());
            self.told.root = self.told.root.or(root);
        }
        if name == "actor" {
            self.actor = Actor::default();
        }
        let kind = tag.try_get_attribute("type").ok().flatten();
        self.kind = kind.map_or_else(String::new, |it| name_of(&it.value));
        self.value.clear();
        if self.open.len() < DEPTH_MAX {
            self.open.push(name);
        }
    }

    fn push(&mut self, text: &[u8]) {
        if self.value.len() + text.len() <= VALUE_BYTES_MAX {
            self.value.push_str(&String::from_utf8_lossy(text));
        }
    }

    fn end(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|it| it == name) else { return };
        let value = std::mem::take(&mut self.value);
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        let depth = at;
        self.open.truncate(at);
        match self.open.last().map(String::as_str) {
            Some("actor") if name == "role" => self.actor.role = value,
            Some("actor") if name == "type" => self.actor.kind = value.to_lowercase(),
            Some(_) if name == "actor" => self.take_role(),
            Some(_) if depth == 1 && !value.is_empty() => self.take(name, value),
            Some(_) | None => {}
        }
    }

    /// A field of the root.
    fn take(&mut self, name: &str, value: String) {
        let is_episode = self.told.root == Some(Root::Episode);
        let work = &mut self.told.work;
        // Of several episodes in one file the first counts; their plots are one story.
        if self.roots > 1 && name != "plot" {
            return;
        }
        match name {
            "title" if is_episode => work.episode_title = work.episode_title.take().or(Some(value)),
            "title" if work.title.is_empty() => work.title = value,
            "originaltitle" if !is_episode => work.original_title = Some(value),
            "plot" => match &mut work.plot {
                Some(plot) if plot.len() + value.len() < VALUE_BYTES_MAX => {
                    plot.push(' ');
                    plot.push_str(&value);
                }
                Some(_) => {}
                None => work.plot = Some(value),
            },
            "outline" => self.outline = Some(value),
            "year" if !is_episode => work.year = value.parse().ok().or(work.year),
            "premiered" | "releasedate" | "aired" if !is_episode => {
                let year = value.get(..4).and_then(|it| it.parse().ok());
                self.year_of_date = self.year_of_date.or(year);
            }
            "season" if is_episode => self.season = value.parse().ok(),
            "episode" if is_episode => self.number = value.parse().ok(),
            // An episode's numbers are its own, not its series'.
            "uniqueid" if !is_episode => {
                let kind = std::mem::take(&mut self.kind);
                take_id(work, &kind, &value);
            }
            "tmdbid" | "imdbid" | "tvdbid" | "imdb_id" if !is_episode => {
                take_id(work, &name[..4], &value)
            }
            "id" if !is_episode => take_id(work, "imdb", &value),
            _ => {}
        }
    }

    fn take_role(&mut self) {
        let Actor { role, kind } = std::mem::take(&mut self.actor);
        if !matches!(kind.as_str(), "" | "actor" | "gueststar" | "guest star") {
            return;
        }
        let characters = &mut self.told.work.characters;
        for name in names_of_role(&role) {
            if characters.len() < CHARACTERS_MAX && !characters.contains(&name) {
                characters.push(name);
            }
        }
    }

    fn ended(self, text: &str) -> Told {
        let mut told = self.told;
        let work = &mut told.work;
        work.year = work.year.or(self.year_of_date);
        work.plot = work.plot.take().or(self.outline);
        work.episode = self.number.map(|it| (self.season.unwrap_or(1), it));
        if told.root != Some(Root::Episode) {
            let after = |link: &str| Some(&text[text.find(link)? + link.len()..]);
            let number = |link: &str| {
                let digits: String =
                    after(link)?.chars().take_while(char::is_ascii_digit).collect();
                digits.parse().ok()
            };
            let film = || number("themoviedb.org/movie/");
            work.tmdb = work.tmdb.or_else(film).or_else(|| number("themoviedb.org/tv/"));
            let is_series = |it: &str| it.contains("thetvdb.com/");
            let series = || number("?tab=series&id=").filter(|_| is_series(text));
            work.tvdb = work.tvdb.or_else(series);
            let title = after("imdb.com/title/").unwrap_or_default();
            let end = title.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(title.len());
            work.imdb = work.imdb.take().or_else(|| imdb_number(&title[..end]));
        }
        told
    }
}

fn take_id(work: &mut Work, kind: &str, value: &str) {
    match kind {
        "tmdb" => work.tmdb = work.tmdb.or_else(|| value.parse().ok()),
        "tvdb" => work.tvdb = work.tvdb.or_else(|| value.parse().ok()),
        "imdb" => work.imdb = work.imdb.take().or_else(|| imdb_number(value)),
        _ => {}
    }
}

fn name_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_lowercase()
}

/// What an entity stands for; one that is not XML's own stays away.
fn entity(name: &BytesRef<'_>) -> String {
    if let Ok(Some(letter)) = name.resolve_char_ref() {
        return letter.to_string();
    }
    let name = String::from_utf8_lossy(name);
    resolve_xml_entity(&name).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn films_series_and_episodes_are_told_apart() {
        let film = read(
            "\u{FEFF}<?xml version=\"1.0\"?>\n<movie><title>Lilo &amp; Stitch&#39;s</title>\
             <originaltitle>L&S</originaltitle><year>2002</year><plot>It &nbsp;is. </plot>\
             <set><name>Set</name><title>No</title></set><tmdbId>11544</tmdbId><id>tt0275847</id>\
             <uniqueid type=\"tmdbcol\">97020</uniqueid>\
             <actor><name>A</name><role>Lilo (voice)</role><type>Actor</type></actor>\
             <actor><name>B</name><role>Boss</role><type>Director</type></actor>\
             <actor><name>C</name><role>Lilo / Nani</role></actor>\
             <actor><name>D</name></actor></movie>\nhttps://www.themoviedb.org/movie/1",
        );
        assert_eq!(film.root, Some(Root::Film));
        let work = film.work;
        assert_eq!(work.title, "Lilo & Stitch's");
        assert_eq!(work.original_title.as_deref(), Some("L&S"));
        assert_eq!((work.year, work.plot.as_deref()), (Some(2002), Some("It is.")));
        assert_eq!((work.tmdb, work.imdb.as_deref()), (Some(11544), Some("tt0275847")));
        assert_eq!(work.characters, ["Lilo", "Nani"]);
        let series = read(
            "<tvshow><title>Show</title><season>2</season><episode>16</episode><premiered>2017-04-30\
             </premiered><uniqueid type=\"tmdb\">46639</uniqueid><uniqueid type=\"TVDB\">253573</uniqueid></tvshow>",
        );
        assert_eq!(series.root, Some(Root::Series));
        let work = series.work;
        assert_eq!((work.title.as_str(), work.year, work.episode), ("Show", Some(2017), None));
        assert_eq!((work.tmdb, work.tvdb), (Some(46639), Some(253573)));
        let two = read(
            "<episodedetails><title>One</title><season>1</season><episode>3</episode><plot>A.</plot>\
             <uniqueid type=\"tmdb\">5</uniqueid></episodedetails>\n<episodedetails><title>Two</title>\
             <season>1</season><episode>4</episode><plot>B.</plot></episodedetails>",
        );
        assert_eq!(two.root, Some(Root::Episode));
        let work = two.work;
        assert_eq!((work.title.as_str(), work.episode_title.as_deref()), ("", Some("One")));
        assert_eq!((work.episode, work.plot.as_deref()), (Some((1, 3)), Some("A. B.")));
        assert_eq!(work.tmdb, None, "the number of an episode is none of its series");
    }

    #[test]
    fn links_alone_and_broken_files_tell_what_they_can() {
        let ids = |text: &str| {
            let work = read(text).work;
            (work.tmdb, work.tvdb, work.imdb)
        };
        let tt = || Some("tt4154796".to_owned());
        for (text, told) in [
            ("https://www.themoviedb.org/movie/30287-fallo", (Some(30287), None, None)),
            ("https://www.themoviedb.org/tv/1399", (Some(1399), None, None)),
            ("https://www.thetvdb.com/?tab=series&id=121361", (None, Some(121_361), None)),
            (
                "https://www.themoviedb.org/movie/583689\nhttps://www.imdb.com/title/tt4154796",
                (Some(583_689), None, tt()),
            ),
            ("<movie><imdbid>tt4154796</imdbid>", (None, None, tt())),
            ("<movie><title>A</b></title><imdb_id>tt4154796</imdb_id><c <", (None, None, tt())),
            (
                "<movie><uniqueid type=\"imdb\">nm1</uniqueid><tmdbid>x</tmdbid></movie>",
                (None, None, None),
            ),
            ("\0\u{1}<", (None, None, None)),
            ("", (None, None, None)),
        ] {
            assert_eq!(ids(text), told, "{text}");
        }
        let deep = format!("<movie>{}<title>x</title>", "<a>".repeat(1000));
        assert_eq!(read(&deep).work.title, "");
        let long = format!("<movie><plot>{}</plot><title>x</title></movie>", "p".repeat(9999));
        assert_eq!((read(&long).work.title.as_str(), read(&long).work.plot), ("x", None));
    }
}
