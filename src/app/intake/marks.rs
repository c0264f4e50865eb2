//! Marker files by which an owner leaves folders out: `.nomedia` as for Android, `.ignore` as for Jellyfin, and our own
//! `.kinoraignore`. An empty one means its folder and all below; lines in one of the latter are patterns as in
//! `.gitignore`.

use super::left_out::LeftOut;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Marks a folder by being there.
const NO_MEDIA: &str = ".nomedia";
/// May hold patterns; what comes first is asked first.
const WITH_PATTERNS: [&str; 2] = [".kinoraignore", ".ignore"];
/// More than this is no list of patterns.
const MARKER_BYTES_MAX: u64 = 1024 * 1024;

/// Patterns of marker files, from a folder up to the library's.
#[derive(Debug)]
pub(super) struct Marks {
    up: Option<Arc<Marks>>,
    patterns: Gitignore,
    /// The file they are from.
    marker: PathBuf,
}

/// What the marker files of one folder say.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// The folder and all below is left out.
    pub(super) whole: Option<LeftOut>,
    /// Patterns for what is in it, with those of the folders above.
    pub(super) marks: Option<Arc<Marks>>,
    pub(super) troubles: Vec<(PathBuf, Fault)>,
}

/// True for the name of a marker file.
pub(in crate::app) fn is_marker(name: &OsStr) -> bool {
    name == NO_MEDIA || WITH_PATTERNS.iter().any(|it| name == *it)
}

/// Looks for marker files in a folder and reads them.
pub(super) fn look(folder: &Path, up: Option<Arc<Marks>>) -> Said {
    let names = [NO_MEDIA].into_iter().chain(WITH_PATTERNS);
    let there = names.filter(|it| fs::symlink_metadata(folder.join(it)).is_ok());
    read(folder, &there.map(OsStr::new).collect::<Vec<_>>(), up)
}

/// Reads these marker files of a folder.
pub(super) fn read(folder: &Path, there: &[&OsStr], up: Option<Arc<Marks>>) -> Said {
    let mut said = Said { marks: up, ..Said::default() };
    let is_there = |name: &str| there.iter().any(|it| *it == name);
    let whole = |marker: &Path| Some(LeftOut::Marked(show_path(marker)));
    if is_there(NO_MEDIA) {
        said.whole = whole(&folder.join(NO_MEDIA));
        return said;
    }
    // The last one that is put on the chain is asked first.
    for name in WITH_PATTERNS.into_iter().rev().filter(|it| is_there(it)) {
        let marker = folder.join(name);
        match text_of(&marker) {
            Ok(text) if text.trim().is_empty() => {
                said.whole = whole(&marker);
                return said;
            }
            Ok(text) => {
                let patterns = parse(folder, &marker, &text, &mut said.troubles);
                let up = said.marks.take();
                said.marks = Some(Arc::new(Marks { up, patterns, marker }));
            }
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            Err(err) => {
                // Somebody wants something left out here; what, cannot be known.
                said.whole = whole(&marker);
                said.troubles.push((
                    marker,
                    Fault::operator(
                        format!("it cannot be read ({err}), so its whole folder is left out"),
                        "give the user that runs Kinora the right to read it, or remove it",
                    ),
                ));
                return said;
            }
        }
    }
    said
}

fn text_of(marker: &Path) -> io::Result<String> {
    let about = fs::metadata(marker)?;
    if !about.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if about.len() == 0 {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    File::open(marker)?.take(MARKER_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse(
    folder: &Path,
    marker: &Path,
    text: &str,
    troubles: &mut Vec<(PathBuf, Fault)>,
) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.trim_start_matches('\u{feff}').lines() {
        if let Err(err) = builder.add_line(None, line) {
            troubles.push((marker.to_owned(), bad_line(line, &err)));
        }
    }
    builder.build().unwrap_or_else(|err| {
        troubles.push((marker.to_owned(), bad_line("all of it", &err)));
        Gitignore::empty()
    })
}

fn bad_line(line: &str, err: &ignore::Error) -> Fault {
    Fault::operator(
        format!("the pattern {line:?} cannot be understood ({err}) and counts for nothing"),
        "write it as in a .gitignore",
    )
}

/// Why a path is left out by the patterns of the folders it is in; the nearest that says something counts.
pub(super) fn left_out(marks: Option<&Marks>, path: &Path, is_folder: bool) -> Option<LeftOut> {
    let mut next = marks;
    while let Some(marks) = next {
        match marks.patterns.matched(path, is_folder) {
            Match::None => next = marks.up.as_deref(),
            Match::Whitelist(_) => return None,
            Match::Ignore(glob) => {
                let (pattern, marker) = (glob.original(), show_path(&marks.marker));
                return Some(LeftOut::Marked(format!("the line {pattern:?} in {marker}")));
            }
        }
    }
    None
}
