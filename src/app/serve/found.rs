//! What a look found, and the sentence it makes.

use crate::app::intake::Listing;
use crate::app::lock::Held;
use crate::base::text::{clock_duration, counted, show_path};
use std::fmt;
use std::path::Path;

/// What a look found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files that could be worked on.
    pub(super) files: usize,
    /// Those that were wished.
    pub(super) wished: usize,
    /// Those that are being written.
    pub(super) unstable: usize,
    /// Subtitles that came along with files that got another name.
    pub(super) followed: usize,
    /// Jobs that were cancelled since their files are gone.
    pub(super) gone: usize,
    locks: Several,
    pub(super) troubles: Several,
}

/// How many there are, and one of them.
#[derive(Debug, Default)]
pub(super) struct Several {
    pub(super) count: usize,
    first: Option<String>,
}

impl fmt::Display for Several {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}, such as {}", self.count, self.first.as_deref().unwrap_or("none"))
    }
}

impl Several {
    fn add(&mut self, other: Several) {
        self.count += other.count;
        self.first = self.first.take().or(other.first);
    }

    fn one(&mut self, text: impl FnOnce() -> String) {
        self.count += 1;
        self.first.get_or_insert_with(text);
    }
}

impl Found {
    /// A folder was looked at.
    pub(super) fn saw(&mut self, listing: &Listing) {
        self.files += listing.videos.len();
        for (path, fault) in &listing.troubles {
            self.troubles.one(|| format!("{}: {fault}", show_path(path)));
        }
    }

    /// Something that is in the way, where there is something.
    pub(super) fn note(&mut self, trouble: Option<String>) {
        if let Some(trouble) = trouble {
            self.troubles.one(|| trouble);
        }
    }

    /// Another tool holds a file.
    pub(super) fn locked(&mut self, path: &Path, held: &Held) {
        self.locks.one(|| {
            let (path, name) = (show_path(path), show_path(Path::new(&held.name)));
            format!("{path} by {name} for {} at most", clock_duration(held.left))
        });
    }

    /// This was found too.
    pub(super) fn add(&mut self, other: Found) {
        let Found { files, wished, unstable, followed, gone, locks, troubles } = other;
        self.files += files;
        self.wished += wished;
        self.unstable += unstable;
        self.followed += followed;
        self.gone += gone;
        self.locks.add(locks);
        self.troubles.add(troubles);
    }
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found { files, wished, unstable, followed, gone, locks, troubles } = self;
        write!(out, "{}, {wished} new or changed", counted(*files, "file", "files"))?;
        if *unstable > 0 {
            write!(out, ", {unstable} still being written")?;
        }
        if *followed > 0 {
            write!(out, ", {} came along", counted(*followed, "subtitle", "subtitles"))?;
        }
        if *gone > 0 {
            write!(out, ", {gone} gone")?;
        }
        if let Some(first) = &locks.first {
            write!(out, "; {} held by other programs, such as {first}", locks.count)?;
        }
        if let Some(first) = &troubles.first {
            write!(out, "; {} could not be looked at, such as {first}", troubles.count)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_sentence_says_what_is_and_not_what_is_not() {
        let mut found = Found { files: 1, ..Found::default() };
        assert_eq!(found.to_string(), "1 file, 0 new or changed");
        let held = Held { name: "film.mkv.lock".into(), left: Duration::from_secs(90) };
        found.locked(Path::new("/films/film.mkv"), &held);
        found.note(Some("/films/new: the folder may not be read".to_owned()));
        let more =
            Found { files: 2, wished: 1, unstable: 3, followed: 1, gone: 4, ..Found::default() };
        found.add(more);
        found.note(Some("another".to_owned()));
        assert_eq!(
            found.to_string(),
            "3 files, 1 new or changed, 3 still being written, 1 subtitle came along, 4 gone; 1 held by other \
             programs, such as /films/film.mkv by film.mkv.lock for 1:30 at most; 2 could not be looked at, such as \
             /films/new: the folder may not be read"
        );
    }
}
