//! Which film or episode a file is.

mod release;

use release::Season;
pub(crate) use release::imdb as imdb_number;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A film or an episode, as its NFO, its folder or its name tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Title of the film, or of the series.
    pub title: String,
    /// Its title in the language it was made in, where that is told.
    pub original_title: Option<String>,
    /// Year of the film, or in which the series began.
    pub year: Option<u16>,
    /// Season and episode, where it is one of a series.
    pub episode: Option<(u16, u16)>,
    /// Title of the episode.
    pub episode_title: Option<String>,
    /// What it is about.
    pub plot: Option<String>,
    /// Names of characters, as metadata has them.
    pub characters: Vec<String>,
    /// `tt...`.
    pub imdb: Option<String>,
    /// TheMovieDB's number: of the film, or of the series.
    pub tmdb: Option<u64>,
    /// TheTVDB's number of the series.
    pub tvdb: Option<u64>,
}

impl Work {
    /// What all episodes of a series have in common, and a film has alone: `sherlock (2010)`. However a title is
    /// punctuated, it is the same: its words in small letters, with one space between two.
    pub fn key(&self) -> String {
        let words = plain(&self.title);
        let title = if words.is_empty() { self.title.trim().to_lowercase() } else { words };
        match self.year {
            Some(year) => format!("{title} ({year})"),
            None => title,
        }
    }

    /// Its title for people: `Sherlock, S01E02: The Blind Banker`.
    pub fn title_told(&self) -> String {
        let mut told = self.title.clone();
        if let Some((season, episode)) = self.episode {
            told.push_str(&format!(", S{season:02}E{episode:02}"));
        }
        if let Some(title) = &self.episode_title {
            told.push_str(&format!(": {title}"));
        }
        told
    }

    /// What a path tells by itself: `Film (2010)/Film (2010) [1080p].mkv`, `Show/Season 01/Show - S01E02 - Title.mkv`,
    /// `Show.S01E02.1080p.mkv`, `[Group] Show - 12.mkv`; numbers of databases in brackets, as Jellyfin, Plex and Emby
    /// write them. `in_series`: something beside it says that it is an episode, so its folder is that of a series, or
    /// of a season.
    pub fn of_path(path: &Path, in_series: bool) -> Work {
        let mut names = path
            .ancestors()
            .filter_map(Path::file_name)
            .map(|it| it.to_string_lossy().into_owned())
            .filter(|it| !release::is_disc_folder(it));
        let file = names.next().unwrap_or_default();
        let parent = path.parent().and_then(Path::file_name);
        let in_disc = parent.is_some_and(|it| release::is_disc_folder(&it.to_string_lossy()));
        let stem = match file.rsplit_once('.') {
            // On a disc they are numbers.
            _ if in_disc => String::new(),
            Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
            _ => file.clone(),
        };
        let folders: Vec<String> = names.take(2).collect();
        let inner = folders.first().map(String::as_str);
        let season = inner.and_then(release::season);
        let release = release::read(&stem, in_series || season.is_some());
        // The folder of the film or the series.
        let own = if season.is_some() { folders.get(1).map(String::as_str) } else { inner };
        let told = own.map(release::title);
        let trusted = told.filter(|it| {
            let (of_folder, of_file) = (plain(&it.title), plain(&release.title.title));
            let nameless = of_file.is_empty() && (in_disc || release.episode.is_some());
            // Episodes may be called more than their series, or less; films stand in folders of any name.
            let longer = release.episode.is_some() && !of_file.is_empty();
            let alike = nameless
                || of_file == of_folder
                || (longer && (starts_as(&of_file, &of_folder) || starts_as(&of_folder, &of_file)));
            let film_folder = release.episode.is_none() && it.year.is_some();
            let series_folder = release.episode.is_some() && (season.is_some() || in_series);
            !of_folder.is_empty() && (alike || film_folder || series_folder)
        });
        let mut work = Work {
            episode: release.episode.map(|it| {
                let of_folder = season.map(|Season(number)| number);
                (it.season.or(of_folder).unwrap_or(1), it.number)
            }),
            episode_title: release.episode_title.filter(|it| !it.is_empty()),
            ..Work::default()
        };
        let title = match trusted {
            Some(it) => release::Title { year: it.year.or(release.title.year), ..it },
            None => release.title,
        };
        (work.title, work.year) = (title.title, title.year);
        if work.title.is_empty() {
            work.title = if stem.is_empty() { file } else { stem.clone() };
        }
        // A series' numbers stand at its folder, a film's at either.
        let series = work.episode.is_some();
        let of_file = (!series).then_some(stem.as_str());
        for name in of_file.into_iter().chain(own).chain(inner) {
            let ids = release::ids(name);
            work.imdb = work.imdb.or(ids.imdb);
            work.tmdb = work.tmdb.or(ids.tmdb);
            work.tvdb = work.tvdb.or(ids.tvdb);
        }
        work
    }

    /// This, and what it does not tell from `other`.
    pub fn or(self, other: Work) -> Work {
        let characters =
            if self.characters.is_empty() { other.characters } else { self.characters };
        Work {
            title: if self.title.is_empty() { other.title } else { self.title },
            original_title: self.original_title.or(other.original_title),
            year: self.year.or(other.year),
            episode: self.episode.or(other.episode),
            episode_title: self.episode_title.or(other.episode_title),
            plot: self.plot.or(other.plot),
            characters,
            imdb: self.imdb.or(other.imdb),
            tmdb: self.tmdb.or(other.tmdb),
            tvdb: self.tvdb.or(other.tvdb),
        }
    }
}

/// The words of a title in small letters, one space between two; apostrophes and full stops within words are no ends.
pub(crate) fn plain(title: &str) -> String {
    let mut plain = String::with_capacity(title.len());
    let mut apart = false;
    for letter in title.chars() {
        if letter.is_alphanumeric() {
            if apart && !plain.is_empty() {
                plain.push(' ');
            }
            apart = false;
            plain.extend(letter.to_lowercase());
        } else {
            apart |= !matches!(letter, '\'' | '’' | '.');
        }
    }
    plain
}

/// True where `long` begins with the words of `short`.
fn starts_as(long: &str, short: &str) -> bool {
    long.strip_prefix(short).is_some_and(|it| it.is_empty() || it.starts_with(' '))
}

#[cfg(test)]
mod tests;
