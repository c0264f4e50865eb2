//! Jellyfin's tables of languages: the facts of its versions, in one table.

use super::super::super::lang::Lang;
use super::Ver;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A row each: the versions that have it (`a` is 10.10, `b` 10.11, `c` 12), the code of three letters, the other one of
/// three letters, the short code, the name. Where two rows of a version have a word in common the first one counts.
/// Versions before 12 leave out what has no short code, and so does this table for them.
const TEXT: &str = include_str!("languages.tsv");

/// A language, as some versions have it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    versions: &'static str,
    first: &'static str,
    second: &'static str,
    short: &'static str,
    name: &'static str,
}

impl Row {
    /// The code that this version stores for it: that of three letters; from 10.11 the name, where there is a hyphen
    /// in it, and the name of `zh-hans` is its code.
    pub(super) fn stored(&self, version: Ver) -> &'static str {
        match version {
            Ver::V10_10 => self.first,
            Ver::V10_11 | Ver::V12 if self.short.contains('-') => self.short,
            Ver::V10_11 | Ver::V12 if self.name.contains('-') => self.name,
            Ver::V10_11 | Ver::V12 => self.first,
        }
    }

    /// Its name for people, without synonyms.
    pub(super) fn name(&self) -> &'static str {
        self.name.split(';').next().unwrap_or(self.name)
    }

    /// The language; `None` for those that are none (`und`, groups of languages).
    pub(super) fn lang(self) -> Option<Lang> {
        match (self.short, self.first) {
            // Chinese with another language below it, as one site of subtitles calls it.
            ("ze", _) => Lang::parse("zh").ok(),
            ("", code) => Lang::parse(code).ok(),
            (short, _) => Lang::parse(short).ok(),
        }
    }

    fn is_of(&self, version: Ver) -> bool {
        self.versions.contains(match version {
            Ver::V10_10 => 'a',
            Ver::V10_11 => 'b',
            Ver::V12 => 'c',
        })
    }
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| TEXT.lines().filter_map(row).collect());

/// The rows by each of their words, for each version.
static WORDS: LazyLock<[HashMap<String, Row>; 3]> = LazyLock::new(|| {
    Ver::ALL.map(|version| {
        let mut words = HashMap::new();
        for row in rows(version) {
            for word in [row.first, row.second, row.short, row.name] {
                if !word.is_empty() {
                    words.entry(word.to_lowercase()).or_insert(*row);
                }
            }
        }
        words
    })
});

fn row(line: &'static str) -> Option<Row> {
    let mut cells = line.split('\t');
    Some(Row {
        versions: cells.next()?,
        first: cells.next()?,
        second: cells.next()?,
        short: cells.next()?,
        name: cells.next()?,
    })
}

/// The rows of a version.
pub(super) fn rows(version: Ver) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |it| it.is_of(version))
}

/// The row that a version takes a word for; `lower` is lower case.
pub(super) fn find(version: Ver, lower: &str) -> Option<Row> {
    let [v10_10, v10_11, v12] = &*WORDS;
    let words = match version {
        Ver::V10_10 => v10_10,
        Ver::V10_11 => v10_11,
        Ver::V12 => v12,
    };
    words.get(lower).copied()
}

/// The row that some version stores this code for, the newest first; `lower` is lower case.
pub(super) fn any(lower: &str) -> Option<Row> {
    Ver::ALL.into_iter().rev().find_map(|it| find(it, lower))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_line_is_a_row() {
        assert_eq!(ROWS.len(), TEXT.lines().count());
        for it in ROWS.iter() {
            assert!(it.versions.chars().all(|it| "abc".contains(it)), "{it:?}");
            assert!(it.first.len() == 3 || it.first == "qaa-qtz", "{it:?}");
            assert!(matches!(it.second.len(), 0 | 3) && !it.name.is_empty(), "{it:?}");
        }
    }

    /// Jellyfin's own tables, where they are.
    #[test]
    fn the_table_is_jellyfins() {
        let files = ["10.10.7", "10.11.11", "12.0-rc5"];
        for (version, file) in Ver::ALL.into_iter().zip(files) {
            let path = format!("../shared/data/jellyfin-iso6392-{file}.txt");
            let Ok(text) = fs::read_to_string(Path::new(&path)) else {
                eprintln!("skipped: {path} is not there");
                continue;
            };
            // The first row that has a word, as Jellyfin looks it up: the code it stores.
            let mut told = BTreeMap::new();
            for line in text.lines().filter(|it| !it.trim().is_empty()) {
                let cells: Vec<&str> = line.trim_start_matches('\u{feff}').split('|').collect();
                let [first, second, short, name, _] = cells[..] else { panic!("{line}") };
                if short.is_empty() && version != Ver::V12 {
                    continue;
                }
                let hyphen = [short, name].into_iter().find(|it| it.contains('-'));
                let stored = hyphen.filter(|_| version != Ver::V10_10).unwrap_or(first);
                for word in [first, second, short, name].into_iter().filter(|it| !it.is_empty()) {
                    told.entry(word.trim().to_lowercase()).or_insert(stored.trim().to_owned());
                }
            }
            let ours: BTreeMap<String, String> = WORDS[version as usize]
                .iter()
                .map(|(word, row)| (word.clone(), row.stored(version).to_owned()))
                .collect();
            assert_eq!(ours, told, "{version}");
        }
    }
}
