//! From paths to files: folders are walked, in a stable order, without following links out of them.

use crate::domain::fault::Fault;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// What Kinora listens to in a folder. A file named by itself is tried whatever its name.
const MEDIA_EXTENSIONS: [&str; 44] = [
    "3gp", "aac", "ac3", "aif", "aiff", "alac", "amr", "ape", "asf", "avi", "caf", "divx", "dts",
    "dv", "eac3", "f4v", "flac", "flv", "m2ts", "m4a", "m4b", "m4v", "mka", "mkv", "mov", "mp2",
    "mp3", "mp4", "mpeg", "mpg", "mts", "mxf", "oga", "ogg", "ogm", "ogv", "opus", "rm", "rmvb",
    "ts", "vob", "wav", "webm", "wmv",
];
/// Named by themselves these are for translating, not for listening.
const SUBTITLE_EXTENSIONS: [&str; 4] = ["srt", "vtt", "ass", "ssa"];

/// A file to work on, or what is wrong with what was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The file, or the folder that cannot be read.
    pub path: PathBuf,
    /// Why it cannot be worked on.
    pub fault: Option<Fault>,
}

/// All files that are meant, each once, folders' files sorted by name.
pub fn walk(paths: &[PathBuf]) -> Vec<Item> {
    let mut seen = HashSet::new();
    let found = paths.iter().flat_map(|it| files(it));
    found.filter(|it| seen.insert(it.path.clone())).collect()
}

fn named(path: &Path) -> Item {
    let is_subtitle = has_extension(path, &SUBTITLE_EXTENSIONS) && path.is_file();
    let fault = is_subtitle.then(|| {
        Fault::operator(
            "it is a subtitle file; this version cannot translate those yet",
            "name the video instead",
        )
    });
    Item { path: path.to_owned(), fault }
}

/// The files of a folder, sorted by name, or the file itself; one after the other, since a library may be large.
pub(super) fn files(path: &Path) -> Box<dyn Iterator<Item = Item>> {
    if !path.is_dir() {
        return Box::new(std::iter::once(named(path)));
    }
    let folder = path.to_owned();
    let hidden = |it: &walkdir::DirEntry| {
        it.depth() > 0 && it.file_name().as_encoded_bytes().starts_with(b".")
    };
    let entries = WalkDir::new(path).sort_by_file_name().into_iter();
    Box::new(entries.filter_entry(move |it| !hidden(it)).filter_map(move |entry| match entry {
        Ok(entry) => {
            let path = entry.path();
            // A link to a file is somebody's film; a link to a folder may lead in a circle and is left out.
            let is_media = has_extension(path, &MEDIA_EXTENSIONS) && path.is_file();
            is_media.then(|| Item { path: path.to_owned(), fault: None })
        }
        Err(err) => {
            let path = err.path().unwrap_or(&folder).to_owned();
            Some(Item { path, fault: Some(unreadable(&err)) })
        }
    }))
}

fn unreadable(err: &walkdir::Error) -> Fault {
    let denied = err.io_error().is_some_and(|it| it.kind() == std::io::ErrorKind::PermissionDenied);
    if denied {
        return Fault::operator(
            "the folder may not be read",
            "give the user that runs Kinora the right to read it",
        );
    }
    let why = err.io_error().map_or_else(|| err.to_string(), ToString::to_string);
    Fault::operator(format!("the folder cannot be read ({why})"), "check the disk it is on")
}

fn has_extension(path: &Path, known: &[&str]) -> bool {
    let extension = path.extension().and_then(|it| it.to_str()).map(str::to_ascii_lowercase);
    extension.is_some_and(|it| known.contains(&it.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn folders_are_walked_in_order_and_hidden_files_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/.trash")).unwrap();
        for name in
            ["b/2.MKV", "b/1.mp4", "a.txt", "c.flac", ".hidden.mkv", "b/.trash/x.mkv", "d.srt"]
        {
            fs::write(root.join(name), "x").unwrap();
        }
        let found = walk(&[root.to_owned(), root.join("c.flac"), root.join("d.srt")]);
        let names: Vec<_> = found.iter().map(|it| it.path.strip_prefix(root).unwrap()).collect();
        assert_eq!(
            names,
            [Path::new("b/1.mp4"), Path::new("b/2.MKV"), Path::new("c.flac"), Path::new("d.srt")]
        );
        assert!(found[3].fault.is_some(), "a subtitle file is told apart");
    }

    #[test]
    fn a_file_named_by_itself_is_tried_whatever_its_name() {
        let item = &walk(&[PathBuf::from("/no/such/film")])[0];
        assert_eq!((item.path.as_path(), &item.fault), (Path::new("/no/such/film"), &None));
    }
}
