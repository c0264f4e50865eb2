//! Where Jellyfin, or another program, sees the files that we see elsewhere.

use std::path::{Component, Path, PathBuf};

/// Folders as we see them and as another program does. Where none fits, both see the same path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathMap {
    /// Here and there; the longest that fits counts, the first of two that are alike.
    pub pairs: Vec<(PathBuf, String)>,
}

impl PathMap {
    /// Where we see what the other program sees there; the same path where no folder of the map fits. Windows' paths
    /// are understood. `..` is resolved by name before anything is compared, so that what comes out of a folder of the
    /// map lies in it; whether it may be touched is for the caller to find out, as with any path from outside.
    pub fn here(&self, there: &str) -> PathBuf {
        let Some(path) = Foreign::read(there) else {
            return PathBuf::from(there);
        };
        let fits = |(_, from): &&(PathBuf, String)| {
            Foreign::read(from).is_some_and(|it| it.is_start_of(&path))
        };
        let depth = |from: &str| Foreign::read(from).map_or(0, |it| it.parts.len());
        let best = longest(self.pairs.iter().filter(fits), |it| depth(&it.1));
        match best {
            Some((to, from)) => {
                let rest = path.parts.iter().skip(depth(from));
                rest.fold(plain(to).unwrap_or_else(|| to.clone()), |all, part| all.join(part))
            }
            None => PathBuf::from(path.text()),
        }
    }

    /// Where the other program sees what we see here; `None` where it cannot be written down there: it is no UTF-8, or
    /// goes to Windows with a name that is several there.
    pub fn there(&self, here: &Path) -> Option<String> {
        let Some(path) = plain(here) else {
            return here.to_str().map(str::to_owned);
        };
        let fits = |(from, to): &&(PathBuf, String)| {
            Foreign::read(to).is_some() && plain(from).is_some_and(|it| path.starts_with(it))
        };
        let depth = |from: &Path| plain(from).map_or(0, |it| it.components().count());
        let Some((from, to)) = longest(self.pairs.iter().filter(fits), |it| depth(&it.0)) else {
            return path.to_str().map(str::to_owned);
        };
        let rest = path.strip_prefix(plain(from)?).ok()?.to_str()?;
        let mut to = Foreign::read(to)?;
        to.parts.extend(rest.split('/').filter(|it| !it.is_empty()));
        let is_one = |it: &&str| to.style == Style::Unix || !it.contains(['\\', ':']);
        to.parts.iter().all(is_one).then(|| to.text())
    }

    /// True where a folder of ours lies in one of the other program's, or one of those in it.
    pub fn is_seen(&self, here: &Path, locations: &[String]) -> bool {
        let Some(there) = self.there(here) else {
            return false;
        };
        let Some(ours) = Foreign::read(&there) else {
            return false;
        };
        let mut theirs = locations.iter().filter_map(|it| Foreign::read(it));
        theirs.any(|it| it.is_start_of(&ours) || ours.is_start_of(&it))
    }
}

/// True for a path from the root, as Unix or Windows writes it.
pub fn is_absolute(there: &str) -> bool {
    Foreign::read(there).is_some()
}

/// The last name of a path, as Unix or Windows writes it.
pub fn file_name(there: &str) -> Option<&str> {
    Foreign::read(there)?.parts.last().copied()
}

/// A folder and names of files somewhere in it, as one program sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its path.
    pub path: String,
    /// Some of the files in it, their last names.
    pub names: Vec<String>,
}

/// Which folder of the other program's may be which of ours, where nothing is known yet: the one with the most files
/// that are called the same, else the only one that ends in the most of the same names.
pub fn propose(here: &[Listed], there: &[Listed]) -> Vec<(PathBuf, String)> {
    let pair = |ours: &Listed| {
        let mut likely: Vec<((usize, usize), &Listed)> = there
            .iter()
            .map(|theirs| ((alike(ours, theirs), same_end(&ours.path, &theirs.path)), theirs))
            .filter(|(score, theirs)| {
                // Two full folders without one name in common are two folders, whatever they are called.
                let is_told = !ours.names.is_empty() && !theirs.names.is_empty();
                score.0 > 0 || (!is_told && score.1 > 0)
            })
            .collect();
        likely.sort_by_key(|it| std::cmp::Reverse(it.0));
        match likely.as_slice() {
            [(first, _), (second, _), ..] if first == second => None,
            [(_, theirs), ..] => Some((PathBuf::from(&ours.path), theirs.path.clone())),
            [] => None,
        }
    };
    here.iter().filter_map(pair).collect()
}

/// How many files of both are called the same.
fn alike(ours: &Listed, theirs: &Listed) -> usize {
    let known: std::collections::BTreeSet<String> =
        theirs.names.iter().map(|it| it.to_lowercase()).collect();
    ours.names.iter().filter(|it| known.contains(&it.to_lowercase())).count()
}

/// How many last names of two paths are the same, in any case.
fn same_end(ours: &str, theirs: &str) -> usize {
    let (Some(ours), Some(theirs)) = (Foreign::read(ours), Foreign::read(theirs)) else {
        return 0;
    };
    let pairs = ours.parts.iter().rev().zip(theirs.parts.iter().rev());
    pairs.take_while(|(one, other)| one.to_lowercase() == other.to_lowercase()).count()
}

/// The first of the longest.
fn longest<T>(all: impl Iterator<Item = T>, length: impl Fn(&T) -> usize) -> Option<T> {
    let better = |best: T, it: T| if length(&best) < length(&it) { it } else { best };
    all.reduce(better)
}

/// A path from the root without `.`, `..` and doubled slashes; `None` for one that does not begin there.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::RootDir | Component::Normal(_) => plain.push(part),
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => (),
            Component::Prefix(_) => return None,
        }
    }
    path.has_root().then_some(plain)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Unix,
    Drive,
    /// A share: its server and its name are its first parts.
    Share,
}

/// A path as another program writes it, in its names.
#[derive(Clone, Debug)]
struct Foreign<'a> {
    style: Style,
    /// What stands before the first name's separator: nothing, a drive, or a backslash of the two.
    root: &'a str,
    parts: Vec<&'a str>,
}

impl<'a> Foreign<'a> {
    /// `None` for what is no path from a root.
    fn read(text: &'a str) -> Option<Foreign<'a>> {
        let bytes = text.as_bytes();
        let (style, root, rest) = if let Some(rest) = text.strip_prefix(r"\\") {
            (Style::Share, r"\", rest)
        } else if let Some(rest) = text.strip_prefix('/') {
            (Style::Unix, "", rest)
        } else if bytes.first().is_some_and(u8::is_ascii_alphabetic)
            && bytes.get(1) == Some(&b':')
            && matches!(bytes.get(2), None | Some(b'/' | b'\\'))
        {
            (Style::Drive, &text[..2], &text[2..])
        } else {
            return None;
        };
        let mut parts = Vec::new();
        for part in rest.split(|it| it == '/' || (it == '\\' && style != Style::Unix)) {
            match part {
                "" | "." => (),
                ".." => drop(parts.pop()),
                name => parts.push(name),
            }
        }
        Some(Foreign { style, root, parts })
    }

    /// Windows' names are the same in any case.
    fn is_start_of(&self, other: &Foreign<'_>) -> bool {
        let same = |one: &str, other: &str| match self.style {
            Style::Unix => one == other,
            Style::Drive | Style::Share => one.to_lowercase() == other.to_lowercase(),
        };
        self.style == other.style
            && same(self.root, other.root)
            && self.parts.len() <= other.parts.len()
            && self.parts.iter().zip(&other.parts).all(|(one, other)| same(one, other))
    }

    fn text(&self) -> String {
        let separator = match self.style {
            Style::Unix => '/',
            Style::Drive | Style::Share => '\\',
        };
        let mut text = self.root.to_owned();
        for part in &self.parts {
            text.push(separator);
            text.push_str(part);
        }
        if self.parts.is_empty() {
            text.push(separator);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map(pairs: &[(&str, &str)]) -> PathMap {
        let pair = |(here, there): &(&str, &str)| (PathBuf::from(here), (*there).to_owned());
        PathMap { pairs: pairs.iter().map(pair).collect() }
    }

    #[test]
    fn the_longest_folder_counts_both_ways() {
        let map = map(&[
            ("/srv/media", "/media"),
            ("/srv/media/tv/", "/shows/"),
            ("/mnt/films", r"D:\Films"),
            ("/mnt/share", r"\\nas\films\"),
            ("/mnt/slash", "E:/Slash/"),
            ("/mnt/root", "Z:"),
        ]);
        for (here, there) in [
            ("/srv/media", "/media"),
            ("/srv/media/a/b.mkv", "/media/a/b.mkv"),
            ("/srv/media/tv/x.mkv", "/shows/x.mkv"),
            ("/srv/media/tvs/x.mkv", "/media/tvs/x.mkv"),
            ("/srv/mediathek/x.mkv", "/srv/mediathek/x.mkv"),
            ("/mnt/films/Ä b/x.mkv", r"D:\Films\Ä b\x.mkv"),
            ("/mnt/share/x.mkv", r"\\nas\films\x.mkv"),
            ("/mnt/slash/x.mkv", r"E:\Slash\x.mkv"),
            ("/mnt/root", r"Z:\"),
            ("/mnt/root/x.mkv", r"Z:\x.mkv"),
            ("/", "/"),
        ] {
            assert_eq!(map.there(Path::new(here)).as_deref(), Some(there));
            assert_eq!(map.here(there), PathBuf::from(here), "{there}");
        }
    }

    #[test]
    fn windows_does_not_mind_case_nor_slashes_and_others_do() {
        let map = map(&[("/mnt/films", r"D:\Films"), ("/srv", "/Media")]);
        for (there, here) in [
            (r"d:\FILMS\Mixed.mkv", "/mnt/films/Mixed.mkv"),
            ("D:/Films//a/x.mkv", "/mnt/films/a/x.mkv"),
            (r"D:\Filmstar\x.mkv", r"D:\Filmstar\x.mkv"),
            ("/Media/x", "/srv/x"),
            ("/media/x", "/media/x"),
            (r"/Media/a\b", r"/srv/a\b"),
            ("http://nas/Media/x", "http://nas/Media/x"),
            ("D:x.mkv", "D:x.mkv"),
            ("Media/x", "Media/x"),
            ("", ""),
        ] {
            assert_eq!(map.here(there), PathBuf::from(here), "{there}");
        }
    }

    #[test]
    fn nothing_leaves_a_folder_of_the_map() {
        let map = map(&[("/srv/media", "/media"), ("/mnt/films", r"D:\Films"), ("/", r"R:\all")]);
        for (there, here) in [
            ("/media/../etc/passwd", "/etc/passwd"),
            ("/media/a/../../../../etc/passwd", "/etc/passwd"),
            ("/media/./a/../b", "/srv/media/b"),
            (r"D:\Films\..\..\x", r"D:\x"),
            (r"D:\Films/../x", r"D:\x"),
        ] {
            assert_eq!(map.here(there), PathBuf::from(here), "{there}");
        }
        assert_eq!(map.there(Path::new("/srv/media/../x")).as_deref(), Some(r"R:\all\srv\x"));
        // One name here would be three there.
        assert_eq!(map.there(Path::new(r"/mnt/films/..\..\x.mkv")), None);
        assert_eq!(map.there(Path::new(r"/mnt/films/C:x.mkv")), None);
    }

    #[test]
    fn a_path_that_is_no_utf8_is_nowhere() {
        use std::os::unix::ffi::OsStrExt;
        let odd = Path::new(std::ffi::OsStr::from_bytes(b"/srv/\xff.mkv"));
        assert_eq!(PathMap::default().there(odd), None);
        assert_eq!(map(&[("/srv", "/media")]).there(odd), None);
    }

    #[test]
    fn a_folder_is_seen_where_one_lies_in_the_other() {
        let map = map(&[("/srv/media", "/media"), ("/mnt/films", r"D:\Films")]);
        let locations = ["/media/films/".to_owned(), r"d:\films".to_owned()];
        for (here, seen) in [
            ("/srv/media", true),
            ("/srv/media/films", true),
            ("/srv/media/films/new", true),
            ("/srv/media/filmsets", false),
            ("/mnt/films/new", true),
            ("/media/films", true),
            ("/elsewhere", false),
        ] {
            assert_eq!(map.is_seen(Path::new(here), &locations), seen, "{here}");
        }
    }

    #[test]
    fn pairs_are_proposed_by_files_and_by_names_and_never_by_luck() {
        let listed = |path: &str, names: &[&str]| Listed {
            path: path.to_owned(),
            names: names.iter().map(|it| (*it).to_owned()).collect(),
        };
        let there = [
            listed("/media/Films", &["Alien.mkv", "Up.mkv"]),
            listed("/media/Shows", &["Lost S01E01.mkv"]),
            listed(r"D:\Kids\films", &["Up.mkv"]),
            listed("/media/empty", &[]),
        ];
        for (here, proposed) in [
            (listed("/srv/x", &["Alien.mkv", "Up.mkv", "New.mkv"]), Some("/media/Films")),
            (listed("/srv/tv", &["lost s01e01.MKV"]), Some("/media/Shows")),
            // Found in two; the name tells.
            (listed("/srv/kids/films", &["Up.mkv"]), Some(r"D:\Kids\films")),
            (listed("/srv/k", &["Up.mkv"]), None),
            // Called the same, but with other files.
            (listed("/srv/shows", &["Dark.mkv"]), None),
            (listed("/srv/shows", &[]), Some("/media/Shows")),
            (listed("/srv/Empty", &["Dark.mkv"]), Some("/media/empty")),
            (listed("/srv/films", &[]), None),
            (listed("/srv/music", &[]), None),
        ] {
            let pairs = propose(std::slice::from_ref(&here), &there);
            let expected: Vec<_> =
                proposed.map(|it| (PathBuf::from(&here.path), it.to_owned())).into_iter().collect();
            assert_eq!(pairs, expected, "{here:?}");
        }
    }

    /// A name that is one on both sides.
    fn name() -> impl Strategy<Value = String> {
        "[a-zA-Z0-9 äöü中()_-]{1,8}(\\.mkv)?".prop_filter("a name", |it| it != "." && it != "..")
    }

    fn folder() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec(name(), 0..4)
    }

    proptest! {
        #[test]
        fn there_and_back_again(here in folder(), there in folder(), file in folder(), style in 0..3) {
            let there = match style {
                0 => format!("/{}", there.join("/")),
                1 => format!(r"D:\{}", there.join(r"\")),
                _ => format!(r"\\nas\{}", there.join(r"\")),
            };
            let here = PathBuf::from(format!("/{}", here.join("/")));
            let map = PathMap { pairs: vec![(here.clone(), there)] };
            let path = file.iter().fold(here, |all, part| all.join(part));
            let told = map.there(&path).expect("it can be written down");
            prop_assert_eq!(map.here(&told), path);
        }

        #[test]
        fn without_a_map_both_see_the_same(file in folder()) {
            let path = format!("/{}", file.join("/"));
            prop_assert_eq!(PathMap::default().here(&path), PathBuf::from(&path));
            prop_assert_eq!(PathMap::default().there(Path::new(&path)), Some(path));
        }

        #[test]
        fn no_way_up_is_left(text in r"(/|D:\\|\\\\)((\.\.|a|b|films)[/\\]){0,6}x") {
            let map = map(&[("/srv/films", "/films"), ("/mnt/films", r"D:\films"), ("/mnt/a", r"\\a")]);
            let here = map.here(&text);
            prop_assert!(!here.components().any(|it| it == Component::ParentDir), "{:?}", here);
        }
    }
}
