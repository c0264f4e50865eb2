//! One folder, looked at: its videos, what stands beside them, what is left out, and what is wrong with it.

use super::left_out::LeftOut;
use super::marks;
use super::names::{self, Kind};
use super::places::{Place, Places};
use crate::domain::fault::Fault;
use crate::domain::library::FileId;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirEntry, FileType, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Linux takes no longer path (`PATH_MAX` counts the byte that ends it too).
const PATH_BYTES_MAX: usize = 4095;
/// Written down by media servers for all that is in a folder, not for one file.
const NFO_OF_FOLDER: [&str; 3] = ["movie.nfo", "season.nfo", "tvshow.nfo"];

/// A file that was found. A link to a file is the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name in its folder.
    pub name: OsString,
    /// What it is as of now.
    pub id: FileId,
}

/// What was found in a folder, not below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The folder.
    pub folder: PathBuf,
    /// Files to work on, by name: videos, and audio files too.
    pub videos: Vec<Found>,
    /// Subtitles, locks of other tools and NFO files; first those that may be meant for all that is in the folder, then
    /// the others by name without regard to case.
    pub beside: Vec<Found>,
    /// Folders and media files that are left out; `.` is the folder itself, for its marker file.
    pub left_out: Vec<(OsString, LeftOut)>,
    /// What cannot be read, or not be understood.
    pub troubles: Vec<(PathBuf, Fault)>,
}

/// Looks at one folder of a library and at nothing below it.
pub fn list_folder(places: &Places, folder: &Path) -> Listing {
    match places.place_of(folder) {
        Ok(place) => list(places, place).0,
        Err(why) => {
            let left_out = vec![(OsString::from("."), why)];
            Listing { folder: folder.to_owned(), left_out, ..Listing::default() }
        }
    }
}

/// A name that may matter.
struct Entry {
    name: OsString,
    file_type: FileType,
    entry: DirEntry,
}

/// A folder, and the folders in it that are to be looked at too.
pub(super) fn list(places: &Places, mut place: Place) -> (Listing, Vec<Place>) {
    let mut listing = Listing { folder: place.folder.clone(), ..Listing::default() };
    let mut below = Vec::new();
    let (entries, markers) = match read(&place.folder, &mut listing.troubles) {
        Ok(read) => read,
        Err(err) => {
            let vanished = matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
            if !vanished || place.folder == places.root() {
                listing.troubles.push((place.folder, unreadable(&err)));
            }
            return (listing, below);
        }
    };
    let markers: Vec<&OsStr> = markers.iter().map(OsString::as_os_str).collect();
    if let Err(why) = place.mark(&markers, &mut listing.troubles) {
        listing.left_out.push((OsString::from("."), why));
        return (listing, below);
    }
    let beside = |as_wanted: &dyn Fn(&OsStr) -> bool| entries.iter().any(|it| as_wanted(&it.name));
    for entry in &entries {
        let name = &entry.name;
        if PATH_BYTES_MAX < place.folder.as_os_str().len() + 1 + name.len() {
            listing.troubles.push((place.folder.join(name), too_long()));
        } else if entry.file_type.is_dir() {
            match places.enter(&place, name, &beside) {
                Ok(found) => below.push(found),
                Err(why) => listing.left_out.push((name.clone(), why)),
            }
        } else if let Err(err) = listing.take(entry, || places.file_left_out(&place, name, &beside))
        {
            let denied = err.kind() == ErrorKind::PermissionDenied && !entry.file_type.is_symlink();
            if denied {
                // So it is with every file in here.
                listing.troubles.push((place.folder.clone(), unreadable(&err)));
                break;
            }
            listing.troubles.push((place.folder.join(name), bad_file(&err)));
        }
    }
    listing.videos.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    listing.beside.sort_by_cached_key(|it| {
        (!is_of_folder(&it.name), it.name.to_ascii_lowercase(), it.name.clone())
    });
    (listing, below)
}

/// The names that may matter, and those of marker files.
fn read(
    folder: &Path,
    troubles: &mut Vec<(PathBuf, Fault)>,
) -> io::Result<(Vec<Entry>, Vec<OsString>)> {
    let (mut entries, mut markers) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let entry = match entry {
            Ok(entry) => entry,
            Err(err) => {
                troubles.push((folder.to_owned(), unreadable(&err)));
                break;
            }
        };
        let name = entry.file_name();
        let file_type = match entry.file_type() {
            Ok(file_type) => file_type,
            Err(err) => {
                if err.kind() != ErrorKind::NotFound {
                    troubles.push((entry.path(), bad_file(&err)));
                }
                continue;
            }
        };
        if marks::is_marker(&name) {
            markers.push(name);
        } else if file_type.is_dir()
            || file_type.is_symlink()
            || names::kind(&name) != Kind::Other
            || names::is_release(&name)
        {
            entries.push(Entry { name, file_type, entry });
        }
    }
    Ok((entries, markers))
}

impl Listing {
    /// Sorts in what is no folder. Nothing is opened.
    ///
    /// # Errors
    /// Where it cannot be looked at. One that vanished meanwhile is no error.
    fn take(&mut self, entry: &Entry, why: impl Fn() -> Option<LeftOut>) -> io::Result<()> {
        let kind = names::kind(&entry.name);
        let is_media = matches!(kind, Kind::Video | Kind::Audio);
        if names::is_hidden(&entry.name) {
            if is_media {
                self.left_out.push((entry.name.clone(), LeftOut::Hidden));
            }
            return Ok(());
        }
        let mut about = None;
        let mut file_type = entry.file_type;
        if file_type.is_symlink() {
            let Some(target) = behind_link(&entry.entry)? else { return Ok(()) };
            file_type = target.file_type();
            about = Some(target);
        }
        if file_type.is_dir() {
            self.left_out.push((entry.name.clone(), LeftOut::LinkToFolder));
            return Ok(());
        }
        if kind == Kind::Other {
            return Ok(());
        }
        if !file_type.is_file() {
            if is_media {
                self.left_out.push((entry.name.clone(), LeftOut::NotAFile));
            }
            return Ok(());
        }
        if let Some(why) = is_media.then(why).flatten() {
            self.left_out.push((entry.name.clone(), why));
            return Ok(());
        }
        let about = match about.map_or_else(|| entry.entry.metadata(), Ok) {
            Ok(about) => about,
            Err(err) if err.kind() == ErrorKind::NotFound => return Ok(()),
            Err(err) => return Err(err),
        };
        let found = Found { name: entry.name.clone(), id: FileId::of(&about) };
        if is_media {
            self.videos.push(found);
        } else {
            self.beside.push(found);
        }
        Ok(())
    }

    /// A number for a video as it is now, with all beside it that could change what is to be done: another number
    /// means that it must be looked at again. It stays the same as long as this process only.
    pub fn digest_of(&self, video: &Found) -> u64 {
        let mut digest = DefaultHasher::new();
        video.id.hash(&mut digest);
        for found in self.beside_of(&video.name) {
            found.name.as_bytes().hash(&mut digest);
            (found.id.size, found.id.mtime_ns).hash(&mut digest);
        }
        digest.finish()
    }

    /// What stands beside a video: files that have its name and something after it, locks, and NFO files of the folder.
    pub(in crate::app) fn beside_of(&self, video: &OsStr) -> impl Iterator<Item = &Found> {
        let stem = names::stem(video);
        let of_folder = self.beside.iter().take_while(|it| is_of_folder(&it.name));
        let others = &self.beside[of_folder.clone().count()..];
        let lower = stem.to_ascii_lowercase();
        let before = |it: &Found| {
            it.name.as_bytes().iter().map(u8::to_ascii_lowercase).lt(lower.iter().copied())
        };
        let its = others[others.partition_point(before)..]
            .iter()
            .take_while(move |it| names::starts_with(it.name.as_bytes(), stem))
            // `Film 10.srt` belongs to no `Film 1`.
            .filter(move |it| {
                !it.name.as_bytes().get(stem.len()).is_some_and(u8::is_ascii_alphanumeric)
            });
        of_folder.chain(its)
    }
}

fn is_of_folder(name: &OsStr) -> bool {
    let name = name.as_bytes();
    let ends_with = |end: &[u8]| {
        let at = name.len().checked_sub(end.len());
        at.is_some_and(|at| name[at..].eq_ignore_ascii_case(end))
    };
    ends_with(b".lock") || NFO_OF_FOLDER.iter().any(|it| name.eq_ignore_ascii_case(it.as_bytes()))
}

/// What a link leads to; `None` where the link itself vanished meanwhile.
fn behind_link(entry: &DirEntry) -> io::Result<Option<Metadata>> {
    let path = entry.path();
    match fs::metadata(&path) {
        Ok(about) => Ok(Some(about)),
        Err(_) if fs::symlink_metadata(&path).is_err_and(|it| it.kind() == ErrorKind::NotFound) => {
            Ok(None)
        }
        Err(err) => Err(err),
    }
}

fn unreadable(err: &io::Error) -> Fault {
    if err.kind() == ErrorKind::InvalidFilename {
        return too_long();
    }
    if err.kind() == ErrorKind::PermissionDenied {
        return Fault::operator(
            "the folder may not be read",
            "give the user that runs Kinora the right to read it",
        );
    }
    Fault::operator(format!("the folder cannot be read ({err})"), "check the disk it is on")
}

fn too_long() -> Fault {
    Fault::operator(
        "its path is longer than the 4,095 bytes that the system can open",
        "give the folders it is in shorter names",
    )
}

fn bad_file(err: &io::Error) -> Fault {
    if err.raw_os_error() == Some(libc::ELOOP) {
        return Fault::operator("it is a link that leads back to itself", "remove the link");
    }
    if err.kind() == ErrorKind::NotFound {
        return Fault::operator(
            "it is a link to something that is not there",
            "remove the link, or mount the disk it leads to",
        );
    }
    if err.kind() == ErrorKind::PermissionDenied {
        return Fault::operator(
            "what the link leads to may not be looked at",
            "give the user that runs Kinora the right to read the folder it is in",
        );
    }
    Fault::operator(format!("it cannot be looked at ({err})"), "check the disk it is on")
}
