//! Pseudonyms for names of films: the same name always has the same one, and what a file is stays visible.

use std::collections::BTreeMap;

/// Endings of files by which the end of a path in a text is known.
const ENDINGS: [&str; 24] = [
    ".mkv", ".mp4", ".m4v", ".avi", ".mov", ".webm", ".ts", ".m2ts", ".mpg", ".wmv", ".flv",
    ".ogv", ".srt", ".ass", ".ssa", ".vtt", ".sub", ".json", ".nfo", ".wav", ".mp3", ".flac",
    ".m4a", ".opus",
];
/// Hexadecimal digits of a pseudonym; more where two names would share it.
const DIGITS: usize = 4;

/// Names that were met, and what stands for them.
#[derive(Debug)]
pub(super) struct Names {
    /// Where films lie, here and for others; the longest first.
    roots: Vec<String>,
    /// Nobody who does not know it can guess names.
    key: [u8; 32],
    known: BTreeMap<String, String>,
}

impl Names {
    /// For films below these folders; `salt` is the same for the same house.
    pub(super) fn new(mut roots: Vec<String>, salt: &str) -> Names {
        roots.retain(|it| 1 < it.len());
        roots.sort_by_key(|it| std::cmp::Reverse(it.len()));
        Names { roots, key: *blake3::hash(salt.as_bytes()).as_bytes(), known: BTreeMap::new() }
    }

    /// Takes up the names of paths below the roots that stand in a text.
    pub(super) fn learn(&mut self, text: &str) {
        for line in text.lines() {
            for root in self.roots.clone() {
                let mut from = 0;
                while let Some(at) = line[from..].find(&root).map(|it| it + from + root.len()) {
                    from = at;
                    let Some(below) = line[at..].strip_prefix('/') else { continue };
                    for part in path_of(below).split('/') {
                        self.name(part);
                    }
                }
            }
        }
    }

    /// The text with pseudonyms for all names that were taken up.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut names: Vec<(&String, &String)> = self.known.iter().collect();
        names.sort_by_key(|it| std::cmp::Reverse(it.0.len()));
        names.into_iter().fold(text.to_owned(), |text, (name, other)| text.replace(name, other))
    }

    fn name(&mut self, part: &str) {
        let stem = stem(part);
        // Too short to be told from any other word.
        if stem.chars().count() < 3 || self.known.contains_key(stem) {
            return;
        }
        let digest = blake3::keyed_hash(&self.key, stem.as_bytes()).to_hex();
        let taken = |it: &String| self.known.values().any(|known| known == it);
        let names = (DIGITS..=digest.len()).map(|it| format!("film-{}", &digest[..it]));
        if let Some(name) = names.into_iter().find(|it| !taken(it)) {
            self.known.insert(stem.to_owned(), name);
        }
    }
}

/// The path at the beginning of a text: to the first ending of a file, or as far as it can go.
fn path_of(text: &str) -> &str {
    let small = text.to_ascii_lowercase();
    let ends = |at: usize| text[at..].chars().next().is_none_or(|it| !it.is_alphanumeric());
    let first = ENDINGS
        .iter()
        .flat_map(|it| small.match_indices(it).map(|found| found.0 + it.len()))
        .filter(|at| ends(*at))
        .min();
    let stop = text.find(['"', '\t']).unwrap_or(text.len());
    let end = match first.filter(|it| *it <= stop) {
        Some(end) => end,
        None => stop.min(text.find(": ").unwrap_or(text.len())),
    };
    &text[..end]
}

/// A name without what stands for language and kind: `Film (1999).eng.srt` is `Film (1999)`.
fn stem(part: &str) -> &str {
    let small = part.to_ascii_lowercase();
    let Some(ending) = ENDINGS.iter().find(|it| small.ends_with(*it)) else { return part };
    let stem = &part[..part.len() - ending.len()];
    match stem.rsplit_once('.') {
        Some((film, language)) if (2..=7).contains(&language.len()) && !film.is_empty() => film,
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn films_are_told_apart_and_not_named() {
        let mut names = Names::new(vec!["/media/films".to_owned()], "house");
        let log = "WARN /media/films/Spirited Away (2001)/Spirited Away (2001).mkv: the disk is full\n\
            wrote \"/media/films/Spirited Away (2001)/Spirited Away (2001).eng.srt\"\n\
            /media/films/Totoro.mkv and Totoro.mkv again\n";
        names.learn(log);
        let hidden = names.hide(log);
        assert!(!hidden.contains("Spirited") && !hidden.contains("Totoro"), "{hidden}");
        assert!(hidden.contains(".eng.srt") && hidden.contains("the disk is full"), "{hidden}");
        let film = |line: usize| {
            let line = hidden.lines().nth(line).unwrap();
            let at = line.find("film-").unwrap();
            line[at..at + 9].to_owned()
        };
        assert_eq!(film(0), film(1), "the same film");
        assert_ne!(film(0), film(2), "another one");
        let other = Names::new(vec![], "other house");
        assert_eq!(other.hide(log), log, "nothing was taken up");
    }
}
