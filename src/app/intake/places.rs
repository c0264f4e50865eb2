//! What of a library is looked at: its folder, the patterns of its configuration, and the rules for names and markers.

use super::left_out::LeftOut;
use super::marks::{self, Marks};
use super::names::{self, AnyBeside, Kind};
use crate::domain::fault::Fault;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// What of a library is looked at.
#[derive(Clone, Debug)]
pub struct Places {
    root: PathBuf,
    include: Patterns,
    exclude: Patterns,
}

/// Patterns in the order they were written.
#[derive(Clone, Debug)]
struct Patterns {
    set: GlobSet,
    written: Vec<String>,
}

/// A folder that is looked at, with what the folders above it say of what is in it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    /// Patterns of the marker files above; its own are not among them.
    marks: Option<Arc<Marks>>,
    /// An include pattern matches it or a folder above.
    included: bool,
}

impl Places {
    /// A library's folder with its patterns: globs for the path below `root`, without regard to case. `*` stands for
    /// no `/` and `**` for any folders; a folder that matches stands for all that is in it. Without `include` all is
    /// included.
    ///
    /// # Errors
    /// Where a pattern cannot be understood; it is named.
    pub fn new(root: &Path, include: &[String], exclude: &[String]) -> Result<Places, Fault> {
        let (include, exclude) = (Patterns::new(include)?, Patterns::new(exclude)?);
        Ok(Places { root: root.to_owned(), include, exclude })
    }

    /// A folder without patterns.
    pub fn all_of(root: &Path) -> Places {
        let none = Patterns { set: GlobSet::empty(), written: Vec::new() };
        Places { root: root.to_owned(), include: none.clone(), exclude: none }
    }

    /// The library's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Why a file, or a folder with all that is in it, is left out; `None` where it is looked at. Reads the marker
    /// files of the folders it is in. One that is gone is judged by its name, as a file.
    pub fn why_left_out(&self, path: &Path) -> Option<LeftOut> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return None };
        if path == self.root || !path.starts_with(&self.root) {
            return None;
        }
        let place = match self.place_of(folder) {
            Ok(place) => place,
            Err(why) => return Some(why),
        };
        let said = marks::look(folder, place.marks.clone());
        let place = Place { marks: said.marks, ..place };
        if said.whole.is_some() {
            return said.whole;
        }
        let beside = |as_wanted: &dyn Fn(&OsStr) -> bool| any_in(folder, as_wanted);
        let about = fs::symlink_metadata(path);
        if about.as_ref().is_ok_and(fs::Metadata::is_dir) {
            return self.enter(&place, name, &beside).err();
        }
        if names::is_hidden(name) {
            return Some(LeftOut::Hidden);
        }
        if about.is_ok_and(|it| it.is_symlink()) && path.is_dir() {
            return Some(LeftOut::LinkToFolder);
        }
        if matches!(names::kind(name), Kind::Beside | Kind::Other) {
            return Some(LeftOut::NotMedia);
        }
        if fs::metadata(path).is_ok_and(|it| !it.is_file()) {
            return Some(LeftOut::NotAFile);
        }
        self.file_left_out(&place, name, &beside)
    }

    /// The library's folder as a place; nothing is above it.
    pub(super) fn top(&self) -> Place {
        Place { folder: self.root.clone(), marks: None, included: self.include.is_empty() }
    }

    /// A folder of the library with all that the folders above say, or why one of them is left out.
    pub(super) fn place_of(&self, folder: &Path) -> Result<Place, LeftOut> {
        let mut place = self.top();
        let below = folder.strip_prefix(&self.root).unwrap_or(Path::new(""));
        for component in below.components() {
            let Component::Normal(name) = component else { continue };
            let said = marks::look(&place.folder, place.marks.take());
            if let Some(why) = said.whole {
                return Err(why);
            }
            place.marks = said.marks;
            if fs::symlink_metadata(place.folder.join(name)).is_ok_and(|it| it.is_symlink()) {
                return Err(LeftOut::LinkToFolder);
            }
            let beside = |as_wanted: &dyn Fn(&OsStr) -> bool| any_in(&place.folder, as_wanted);
            place = self.enter(&place, name, &beside)?;
        }
        Ok(place)
    }

    /// The place below, or why it is left out.
    pub(super) fn enter(
        &self,
        above: &Place,
        name: &OsStr,
        beside: AnyBeside<'_>,
    ) -> Result<Place, LeftOut> {
        if names::is_hidden(name) {
            return Err(LeftOut::Hidden);
        }
        let folder = above.folder.join(name);
        let is_top = above.folder == self.root;
        let why = names::folder_left_out(name, is_top, beside);
        let why = why.or_else(|| marks::left_out(above.marks.as_deref(), &folder, true));
        if let Some(why) = why.or_else(|| self.excluded(&folder)) {
            return Err(why);
        }
        let included = above.included || self.include.matching(self.below(&folder)).is_some();
        Ok(Place { folder, marks: above.marks.clone(), included })
    }

    /// Why a media file in a place is left out.
    pub(super) fn file_left_out(
        &self,
        place: &Place,
        name: &OsStr,
        beside: AnyBeside<'_>,
    ) -> Option<LeftOut> {
        if names::is_hidden(name) {
            return Some(LeftOut::Hidden);
        }
        // Most libraries have no patterns, and most folders no marks: then no path is made.
        if place.marks.is_some() || !self.exclude.is_empty() || !place.included {
            let path = place.folder.join(name);
            let why = marks::left_out(place.marks.as_deref(), &path, false);
            let why = why.or_else(|| self.excluded(&path));
            let included = place.included || self.include.matching(self.below(&path)).is_some();
            if let Some(why) = why.or((!included).then_some(LeftOut::NotIncluded)) {
                return Some(why);
            }
        }
        names::file_left_out(name, place.folder.file_name(), beside)
    }

    fn excluded(&self, path: &Path) -> Option<LeftOut> {
        let pattern = self.exclude.matching(self.below(path));
        pattern.map(|it| LeftOut::Excluded(it.to_owned()))
    }

    fn below<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

impl Place {
    /// The marker files in it that have these names are read; `Err` where they leave all of it out.
    pub(super) fn mark(
        &mut self,
        markers: &[&OsStr],
        troubles: &mut Vec<(PathBuf, Fault)>,
    ) -> Result<(), LeftOut> {
        if markers.is_empty() {
            return Ok(());
        }
        let said = marks::read(&self.folder, markers, self.marks.take());
        self.marks = said.marks;
        troubles.extend(said.troubles);
        said.whole.map_or(Ok(()), Err)
    }
}

impl Patterns {
    fn new(written: &[String]) -> Result<Patterns, Fault> {
        let mut set = GlobSetBuilder::new();
        for pattern in written {
            let bad = |err: globset::Error| {
                Fault::operator(
                    format!("the pattern {pattern:?} cannot be understood ({})", err.kind()),
                    "correct it; `*` stands for anything in a name, `**` for any folders",
                )
            };
            let plain = pattern.trim_start_matches("./").trim_matches('/');
            let glob = GlobBuilder::new(&plain.to_lowercase())
                .case_insensitive(true)
                .literal_separator(true)
                .build()
                .map_err(bad)?;
            set.add(glob);
        }
        let set = set.build().map_err(|err| {
            Fault::operator(format!("the patterns cannot be understood ({err})"), "write fewer")
        })?;
        Ok(Patterns { set, written: written.to_vec() })
    }

    fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// The first pattern that matches.
    fn matching(&self, path: &Path) -> Option<&str> {
        if self.is_empty() {
            return None;
        }
        let first = self.set.matches(folded(path)).into_iter().next();
        first.and_then(|it| self.written.get(it)).map(String::as_str)
    }
}

/// `globset` knows the case of ASCII letters only.
fn folded(path: &Path) -> Cow<'_, Path> {
    match path.to_str() {
        Some(text) if !text.is_ascii() => Cow::Owned(PathBuf::from(text.to_lowercase())),
        _ => Cow::Borrowed(path),
    }
}

/// True where a folder has a name as wanted.
fn any_in(folder: &Path, as_wanted: &dyn Fn(&OsStr) -> bool) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|it| it.file_name()).any(|it| as_wanted(&it))
}
