//! Where files that are sent are kept: `data_dir/uploads/`, a folder for each file and what is asked of it, with what
//! comes of it in a folder `out` inside.

use crate::api::uploads::{Sent, Spool, Spooled, UploadRefused};
use crate::base::disk;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::media::is_media_name;
use crate::domain::sidecar;
use crate::engines::ffi::free_bytes;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The folder's name in `data_dir`.
const SHELF: &str = "uploads";
/// What comes of a file.
const OUT: &str = "out";
/// Whoever looks for media looks elsewhere: we do where a library holds the data directory, and so do media servers.
const NO_MEDIA: &str = ".nomedia";
/// All files together may take as much as so many of the largest.
const LARGEST_MAX: u64 = 4;
/// What is left free on the disk, which is the store's too.
const FREE_BYTES_MIN: u64 = 256 * 1024 * 1024;
/// Nothing that was asked for so lately gives way to others: somebody may be about to fetch it.
const YOUNG: Duration = Duration::from_secs(600);
/// Longest stem of a name that is kept; what Kinora adds to it must fit too.
const STEM_BYTES_MAX: usize = 120;
/// Letters of a folder's name: half of a BLAKE3 digest.
const DIGEST_LETTERS: usize = 32;

/// The folder of all uploads.
pub(super) struct Shelf {
    folder: PathBuf,
    bytes_max: u64,
    keep: Duration,
    /// Held while a file gets its place and its job, and while one is taken away.
    hands: Mutex<()>,
}

/// One upload on disk.
#[derive(Debug)]
struct Kept {
    folder: PathBuf,
    /// The file itself, where it is there.
    file: Option<PathBuf>,
    bytes: u64,
    /// When it was asked for last.
    used: SystemTime,
}

impl Shelf {
    /// Opens it, and removes what was not sent to its end before Kinora ended.
    ///
    /// # Errors
    /// Where the folder cannot be made or read.
    pub(super) fn open(data_dir: &Path, bytes_max: u64, keep: Duration) -> Result<Shelf, Fault> {
        let folder = data_dir.join(SHELF);
        let opened = make_private(&folder)
            .and_then(|()| sweep(&folder))
            .and_then(|()| fs::write(folder.join(NO_MEDIA), b""));
        opened.map_err(|err| {
            let what = format!("{} cannot be used ({err})", text::show_path(&folder));
            Fault::operator(what, disk::remedy(&err))
        })?;
        // Links are resolved once: paths of jobs and of files stay comparable.
        let folder = folder.canonicalize().unwrap_or(folder);
        Ok(Shelf { folder, bytes_max, keep, hands: Mutex::default() })
    }

    /// While this is held, nothing is taken away.
    pub(super) fn hands(&self) -> MutexGuard<'_, ()> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a spool. Where uploads take too much together, those that are done with give way, the oldest first;
    /// `is_busy` tells which are not.
    ///
    /// # Errors
    /// Where it is too large, or there is no room.
    pub(super) fn begin(
        &self,
        sent: Sent,
        bytes: Option<u64>,
        is_busy: &dyn Fn(&Path) -> bool,
    ) -> Result<Spool, UploadRefused> {
        let largest = self.bytes_max;
        let bytes = bytes.unwrap_or(0);
        if largest < bytes {
            let what = format!("it has {}, more than may be sent", text::bytes(bytes));
            let remedy = "send less, or raise http.upload_max_mib";
            return Err(UploadRefused::TooLarge(Fault::operator(what, remedy)));
        }
        let all_max = largest.saturating_mul(LARGEST_MAX);
        if !self.make_room(all_max.saturating_sub(bytes), is_busy)? {
            let what = "files that were sent before, and wait for their turn, take all room there is for such";
            return Err(UploadRefused::NoRoom(Fault::transient(what, "send it again later")));
        }
        let free = free_bytes(&self.folder)?.saturating_sub(FREE_BYTES_MIN);
        if free < bytes.max(1) {
            let what = "the disk of data_dir has no room for it";
            let remedy = "free some of it, then send it again";
            return Err(UploadRefused::NoRoom(Fault::operator(what, remedy)));
        }
        Ok(Spool::begin(&self.folder, sent, largest.min(free))?)
    }

    /// Gives a file its place: the same file under the same name, with the same question, has the same one. The caller
    /// holds [`Shelf::hands`].
    ///
    /// # Errors
    /// Where the disk cannot be written.
    pub(super) fn place(&self, file: Spooled, asked: &str, name: &str) -> io::Result<PathBuf> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&file.digest).update(name.as_bytes()).update(b"\0").update(asked.as_bytes());
        let mut digest = hasher.finalize().to_hex().to_string();
        digest.truncate(DIGEST_LETTERS);
        let folder = self.folder.join(digest);
        make_private(&folder)?;
        make_private(&folder.join(OUT))?;
        let path = folder.join(name);
        match file.file.persist_noclobber(&path) {
            Ok(()) => {
                disk::sync_folder(&folder)?;
                disk::sync_folder(&self.folder)?;
            }
            // As it is the job knows it: a new file would be another one.
            Err(err) if err.error.kind() == ErrorKind::AlreadyExists => {}
            Err(err) => return Err(err.error),
        }
        File::open(&folder)?.set_modified(now())?;
        Ok(path)
    }

    /// Where what comes of a file goes, where the file is on this shelf.
    pub(super) fn out(&self, file: &Path) -> Option<PathBuf> {
        let mut below = file.strip_prefix(&self.folder).ok()?.components();
        match (below.next(), below.next(), below.next()) {
            (Some(Component::Normal(folder)), Some(Component::Normal(_)), None) => {
                Some(self.folder.join(folder).join(OUT))
            }
            _ => None,
        }
    }

    /// Takes away what nobody asked for lately, unless it is busy; gives how many.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub(super) fn prune(&self, is_busy: &dyn Fn(&Path) -> bool) -> io::Result<usize> {
        let mut gone = 0;
        for kept in self.kept()? {
            gone += usize::from(self.take_away(&kept, self.keep, is_busy)?);
        }
        Ok(gone)
    }

    /// Takes away what is done with, the oldest first, until no more than this is left; false where more is.
    fn make_room(&self, bytes_max: u64, is_busy: &dyn Fn(&Path) -> bool) -> io::Result<bool> {
        let mut kept = self.kept()?;
        kept.sort_by_key(|it| it.used);
        let mut bytes: u64 = kept.iter().map(|it| it.bytes).sum();
        for it in kept {
            if bytes <= bytes_max {
                break;
            }
            if self.take_away(&it, YOUNG, is_busy)? {
                bytes = bytes.saturating_sub(it.bytes);
            }
        }
        Ok(bytes <= bytes_max)
    }

    fn take_away(
        &self,
        kept: &Kept,
        age: Duration,
        is_busy: &dyn Fn(&Path) -> bool,
    ) -> io::Result<bool> {
        let _hands = self.hands();
        // Somebody may have asked for it again meanwhile.
        let used = fs::metadata(&kept.folder).and_then(|it| it.modified());
        let old = used.is_ok_and(|it| it <= now().checked_sub(age).unwrap_or(UNIX_EPOCH));
        if !old || kept.file.as_deref().is_some_and(is_busy) {
            return Ok(false);
        }
        fs::remove_dir_all(&kept.folder).map(|()| true)
    }

    fn kept(&self) -> io::Result<Vec<Kept>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if is_digest(&entry.file_name()) && entry.file_type()?.is_dir() {
                let folder = entry.path();
                let used = entry.metadata()?.modified()?;
                let files = files_of(&folder)?;
                let bytes = files.iter().map(|it| it.1).sum::<u64>()
                    + files_of(&folder.join(OUT))?.iter().map(|it| it.1).sum::<u64>();
                let file = files.into_iter().next().map(|it| folder.join(it.0));
                all.push(Kept { folder, file, bytes, used });
            }
        }
        Ok(all)
    }
}

/// The files of a folder that are no temporary ones, with their sizes; none where there is no such folder.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn files_of(folder: &Path) -> io::Result<Vec<(String, u64)>> {
    let entries = match fs::read_dir(folder) {
        Err(err) if err.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Neither folders nor links: nothing outside is ever read.
        if entry.file_type()?.is_file() && !name.starts_with('.') {
            files.push((name, entry.metadata()?.len()));
        }
    }
    files.sort();
    Ok(files)
}

/// A path, for people: that of an upload is its name.
pub(in super::super) fn shown(path: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name);
    let shelf = path.parent().and_then(Path::parent).and_then(Path::file_name);
    let is_upload = folder.is_some_and(is_digest) && shelf == Some(OsStr::new(SHELF));
    match path.file_name().filter(|_| is_upload) {
        Some(name) => format!("upload {}", text::show_path(Path::new(name))),
        None => text::show_path(path),
    }
}

/// A name for a file by what its sender calls it: the last part, no longer than it may be, without what is no text;
/// `None` where it is neither media nor a subtitle by its ending.
pub(super) fn clean(told: &str) -> Option<String> {
    let last = told.rsplit(['/', '\\']).next().unwrap_or_default();
    let path = Path::new(last.trim_start_matches(|it: char| it == '.' || it.is_whitespace()));
    let (stem, ending) = (path.file_stem()?.to_str()?, path.extension()?.to_str()?);
    let mut stem: String = stem.chars().filter(|it| !it.is_control()).collect();
    while STEM_BYTES_MAX < stem.len() {
        stem.pop();
    }
    let name = format!("{}.{}", stem.trim_end(), ending.to_ascii_lowercase());
    let known = is_media_name(name.as_ref()) || sidecar::text_format(name.as_ref()).is_some();
    known.then_some(name)
}

/// A name for a title.
pub(super) fn titled(title: &str) -> String {
    let plain = |it: char| it.is_alphanumeric() || "-'&+,!()".contains(it);
    let spaced: String = title.chars().map(|it| if plain(it) { it } else { ' ' }).collect();
    let mut stem = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    while STEM_BYTES_MAX < stem.len() {
        stem.pop();
    }
    if stem.is_empty() { "lines.srt".to_owned() } else { format!("{stem}.srt") }
}

fn is_digest(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    let hex = |it: &u8| it.is_ascii_digit() || (b'a'..=b'f').contains(it);
    bytes.len() == DIGEST_LETTERS && bytes.iter().all(hex)
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(crate::base::clock::now_unix_ms())
}

fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if disk::is_temp_name(&entry.file_name()) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: &dyn Fn(&Path) -> bool = &|_| false;

    fn shelf(folder: &Path, bytes_max: u64) -> Shelf {
        Shelf::open(folder, bytes_max, Duration::from_secs(3600)).unwrap()
    }

    fn put(shelf: &Shelf, bytes: &[u8], asked: &str) -> PathBuf {
        let mut spool = shelf.begin(Sent::File, None, IDLE).unwrap();
        spool.write(bytes).unwrap();
        shelf.place(spool.finish().unwrap(), asked, "audio.wav").unwrap()
    }

    fn age(file: &Path, seconds: u64) {
        let then = now() - Duration::from_secs(seconds);
        File::open(file.parent().unwrap()).unwrap().set_modified(then).unwrap();
    }

    #[test]
    fn the_same_file_and_question_have_one_place() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path(), 1000);
        let first = put(&shelf, b"one", "in English");
        let before = fs::metadata(&first).unwrap();
        let again = put(&shelf, b"one", "in English");
        assert_eq!(first, again);
        use std::os::unix::fs::MetadataExt;
        assert_eq!(before.ino(), fs::metadata(&again).unwrap().ino(), "the job knows this file");
        assert_ne!(first, put(&shelf, b"one", "in French"));
        assert_ne!(first, put(&shelf, b"two", "in English"));
        let names: Vec<_> = files_of(&dir.path().join(SHELF)).unwrap();
        assert_eq!(names, [], "nothing lies about");
        assert_eq!(shown(&first), "upload audio.wav");
        assert_eq!(shelf.out(&first), Some(first.with_file_name(OUT)));
        for strange in ["/etc/passwd", "uploads/x", "/"] {
            assert_eq!(shelf.out(Path::new(strange)), None, "{strange}");
        }
        assert_eq!(shelf.out(&first.join("deeper")), None);
        assert_eq!(shown(Path::new("/films/uploads/audio.wav")), "/films/uploads/audio.wav");
    }

    #[test]
    fn what_nobody_asked_for_goes_and_what_is_busy_stays() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path(), 1000);
        let [old, busy, new] = [&b"1"[..], b"2", b"3"].map(|it| put(&shelf, it, ""));
        age(&old, 4000);
        age(&busy, 4000);
        assert_eq!(shelf.prune(&|it| it == busy).unwrap(), 1);
        assert_eq!([&old, &busy, &new].map(|it| it.exists()), [false, true, true]);
        assert_eq!(shelf.prune(IDLE).unwrap(), 1);
        assert!(new.exists());
    }

    #[test]
    fn when_there_is_too_much_the_oldest_give_way() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path(), 100);
        let old: Vec<PathBuf> = (0..4u8).map(|it| put(&shelf, &[it; 90], "")).collect();
        for (number, file) in old.iter().enumerate() {
            age(file, 2000 - number as u64);
        }
        let begin = |bytes, is_busy| shelf.begin(Sent::File, Some(bytes), is_busy);
        assert!(matches!(begin(101, IDLE), Err(UploadRefused::TooLarge(_))));
        begin(100, IDLE).unwrap();
        assert_eq!(old.iter().map(|it| it.exists()).collect::<Vec<_>>(), [false, true, true, true]);
        let fresh = put(&shelf, &[9; 90], "");
        assert!(matches!(begin(100, &|_| true), Err(UploadRefused::NoRoom(_))));
        age(&old[1], 60);
        begin(100, IDLE).unwrap();
        assert!(old[1].exists() && !old[2].exists() && fresh.exists(), "young ones stay");
    }

    #[test]
    fn what_was_not_sent_to_its_end_is_swept_at_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let half = shelf(dir.path(), 10).begin(Sent::File, None, IDLE).unwrap();
        std::mem::forget(half);
        let count = || fs::read_dir(dir.path().join(SHELF)).unwrap().count();
        assert_eq!(count(), 2);
        shelf(dir.path(), 10);
        assert!(count() == 1 && dir.path().join(SHELF).join(NO_MEDIA).exists());
    }

    #[test]
    fn names_are_names_and_nothing_else() {
        for (told, name) in [
            ("film.mkv", Some("film.mkv")),
            ("../../etc/Film 2.MKV", Some("Film 2.mkv")),
            ("C:\\films\\film.srt", Some("film.srt")),
            ("..film\n.wav", Some("film.wav")),
            ("passwd", None),
            (".mkv", None),
            ("x.sh", None),
            ("", None),
            ("a/", None),
        ] {
            assert_eq!(clean(told).as_deref(), name, "{told:?}");
        }
        let long = clean(&format!("{}.mkv", "é".repeat(300))).unwrap();
        assert!(long.len() <= STEM_BYTES_MAX + 4 && long.ends_with("é.mkv"));
        assert_eq!(titled("Alien: Covenant (2017) ../x"), "Alien Covenant (2017) x.srt");
        assert_eq!(titled("../"), "lines.srt");
    }
}
