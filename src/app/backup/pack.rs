//! Writing the file of a backup: a zip, whose tables are packed with Zstandard, and its seal.
//!
//! The seal is the zip's comment, so the last bytes of the file: the BLAKE3 digest of all bytes before it. So a changed
//! byte is told wherever it is, also where no part would show it.

use super::manifest::{MANIFEST_NAME, Manifest, Part, TABLES};
use crate::base::cancel::Cancel;
use crate::base::disk::{self, TempFile};
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::store::RowSink;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// What a seal begins with; 64 hexadecimal digits follow.
pub(super) const SEAL_HEAD: &[u8] = b"blake3:";
/// Digits of a digest.
pub(super) const DIGITS: usize = 64;
/// Quick, and nearly as small as any other: rows are much alike.
const ZSTD_LEVEL: i64 = 1;
/// Bytes that are written at once.
const BUFFER_BYTES: usize = 1024 * 1024;

/// How far it is: rows that were copied, and all there are.
pub(super) type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// A backup that is being written under a temporary name. Where it is dropped nothing of it is left.
pub(super) struct Pack<'a> {
    temp: TempFile,
    zip: ZipWriter<BufWriter<Out>>,
    /// Nothing is written any more.
    dead: Arc<AtomicBool>,
    cancel: &'a Cancel,
    progress: Progress<'a>,
    total: u64,
    parts: Vec<Part>,
    open: Option<(String, blake3::Hasher)>,
    shown: String,
}

impl<'a> Pack<'a> {
    /// Begins one in a folder, which must be there.
    pub(super) fn begin(
        folder: &Path,
        cancel: &'a Cancel,
        progress: Progress<'a>,
    ) -> Result<Pack<'a>, Fault> {
        let shown = show_path(folder);
        let temp = TempFile::create(&disk::temp_path(folder));
        let temp = temp.map_err(|it| unwritten(&shown, &it))?;
        // Who sweeps leaves it alone as long as it is locked; some network disks know no locks.
        let _ = temp.file().try_lock();
        let file = temp.file().try_clone().map_err(|it| unwritten(&shown, &it))?;
        let dead = Arc::new(AtomicBool::new(false));
        let out = Out { file, dead: Arc::clone(&dead) };
        let zip = ZipWriter::new(BufWriter::with_capacity(BUFFER_BYTES, out));
        Ok(Pack {
            temp,
            zip,
            dead,
            cancel,
            progress,
            total: 0,
            parts: Vec::new(),
            open: None,
            shown,
        })
    }

    /// A part that can be read without unpacking it.
    pub(super) fn text(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.start(name, CompressionMethod::Stored)?;
        self.put(bytes)?;
        self.close(None)
    }

    /// The parts so far.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Ends it with its manifest and its seal, waits until it is on the disk, and gives it its name.
    pub(super) fn finish(mut self, manifest: &Manifest, path: &Path) -> Result<(), Fault> {
        let text = serde_json::to_vec_pretty(manifest);
        let text = text.map_err(|it| Fault::bug(format!("no manifest can be written ({it})")))?;
        self.text(MANIFEST_NAME, &text)?;
        let seal = [SEAL_HEAD, &[b'0'; DIGITS]].concat();
        let sealed = self.zip.set_raw_comment(seal.into());
        let Pack { temp, zip, dead, shown, .. } = self;
        let failed = |it: io::Error| unwritten(&shown, &it);
        let done = sealed.and_then(|()| zip.finish()).map_err(|it| failed(plain(it)))?;
        let out = done.into_inner().map_err(|it| failed(it.into_error()))?;
        if dead.load(Ordering::SeqCst) {
            return Err(failed(io::Error::other("a write failed before")));
        }
        seal_up(&out.file).map_err(failed)?;
        temp.file().sync_all().map_err(failed)?;
        temp.place_new(path).map_err(failed)
    }

    fn start(&mut self, name: &str, method: CompressionMethod) -> Result<(), Fault> {
        let level = (method == CompressionMethod::Zstd).then_some(ZSTD_LEVEL);
        let options = SimpleFileOptions::default().compression_method(method);
        let options = options.compression_level(level).large_file(true).unix_permissions(0o600);
        let started = self.zip.start_file(name, options);
        self.open = Some((name.to_owned(), blake3::Hasher::new()));
        started.map_err(|it| self.failed(plain(it)))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if self.cancel.is_set() {
            return Err(self.failed(ErrorKind::Interrupted.into()));
        }
        if let Some((_, hasher)) = &mut self.open {
            hasher.update(bytes);
        }
        self.zip.write_all(bytes).map_err(|it| self.failed(it))
    }

    fn close(&mut self, rows: Option<u64>) -> Result<(), Fault> {
        if let Some((name, hasher)) = self.open.take() {
            let blake3 = hasher.finalize().to_hex().to_string();
            self.parts.push(Part { name, bytes: hasher.count(), blake3, rows });
        }
        Ok(())
    }

    /// What is told; the writer of the zip, which ends its file when it is dropped, finds nobody who takes that.
    fn failed(&mut self, err: io::Error) -> Fault {
        self.dead.store(true, Ordering::SeqCst);
        unwritten(&self.shown, &err)
    }
}

impl RowSink for Pack<'_> {
    fn total(&mut self, rows: u64) -> Result<(), Fault> {
        self.total = rows;
        Ok(())
    }

    fn begin(&mut self, table: &str) -> Result<(), Fault> {
        self.start(&format!("{TABLES}{table}"), CompressionMethod::Zstd)
    }

    fn piece(&mut self, bytes: &[u8], rows: u64) -> Result<(), Fault> {
        self.put(bytes)?;
        (self.progress)(rows, self.total);
        Ok(())
    }

    fn end(&mut self, rows: u64) -> Result<(), Fault> {
        self.close(Some(rows))
    }
}

/// The file. After a failure it takes all and keeps nothing.
struct Out {
    file: File,
    dead: Arc<AtomicBool>,
}

impl Out {
    fn noting<T>(&self, done: io::Result<T>) -> io::Result<T> {
        if done.is_err() {
            self.dead.store(true, Ordering::SeqCst);
        }
        done
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.dead.load(Ordering::SeqCst) {
            return Ok(bytes.len());
        }
        let done = self.file.write(bytes);
        self.noting(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Out {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let done = self.file.seek(to);
        self.noting(done)
    }
}

/// Digest of all but the last digits of a file of this length.
pub(super) fn digest(file: &File, length: u64) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut file = file;
    file.rewind()?;
    hasher.update_reader(file.take(length.saturating_sub(DIGITS as u64)))?;
    Ok(hasher.finalize())
}

fn seal_up(file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    let digest = digest(file, length)?;
    file.write_all_at(digest.to_hex().as_bytes(), length - DIGITS as u64)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's enum is open")]
fn plain(err: ZipError) -> io::Error {
    match err {
        ZipError::Io(err) => err,
        other => io::Error::other(other),
    }
}

/// What is told where a backup cannot be written into a folder.
#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
pub(super) fn unwritten(shown: &str, err: &io::Error) -> Fault {
    match err.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::operator(
            format!("the disk of {shown} is full, so no backup was made"),
            "make room there, or set backup.folder to another disk",
        ),
        ErrorKind::Interrupted => {
            Fault::transient("making the backup was interrupted", "make it again")
        }
        ErrorKind::AlreadyExists => Fault::transient(
            format!("there is a file of that name in {shown} already"),
            "name another one, or make it again",
        ),
        ErrorKind::NotFound => Fault::operator(
            format!("the folder {shown} is not there"),
            "make it, or mount its disk",
        ),
        _ => Fault::operator(
            format!("no backup can be written into {shown} ({err})"),
            "give the user Kinora runs as the right to write there",
        ),
    }
}
