//! Opening a file of any name and any content: what is no media file is told apart and refused in plain words.

use super::ffi;
use crate::base::clock::Stopwatch;
use crate::domain::fault::Fault;
use ffmpeg_next::format::context::{Input, StreamIo};
use ffmpeg_next::{Dictionary, Error, format, media};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// No protocol at all: a playlist inside a file must not open other files or addresses.
const PROTOCOLS: &str = "none";
/// How much is searched for streams where the container does not list them and no audio showed up at once.
const LATE_STREAMS_BYTES: &str = "268435456";
/// The same limit in time: audio that starts within two minutes is found.
const LATE_STREAMS_US: &str = "120000000";
/// Top-level boxes of an MP4 that are looked at for its index.
const MP4_BOXES_MAX: usize = 4096;
/// A sign of life goes to the parent so often while a file is read.
const ALIVE_EVERY: Duration = Duration::from_secs(2);
/// Enough of a file to know its container by.
const HEAD_BYTES: usize = 16;

/// Opens a media file.
///
/// # Errors
/// The reason, told apart: gone, not allowed, no regular file, empty, no media file, incomplete, damaged.
pub(super) fn open(path: &Path) -> Result<Input, Fault> {
    open_as(path, |file| file)
}

/// As [`open`], and as long as the file is read `alive` is told every few seconds: the demuxer may read through all of
/// a film before it finds one packet. Where `alive` fails, reading does.
///
/// # Errors
/// As [`open`].
pub(super) fn open_telling(path: &Path, alive: &Alive) -> Result<Input, Fault> {
    open_as(path, |file| Telling {
        file,
        alive: alive.clone(),
        every: ALIVE_EVERY,
        since: Stopwatch::start(),
    })
}

fn open_as<R: Read + Seek + Send + 'static>(
    path: &Path,
    reader: impl Fn(File) -> R,
) -> Result<Input, Fault> {
    let attach = |deeper| attach(reader(regular_file(path)?), deeper).map_err(|_| refusal(path));
    let input = attach(false)?;
    if has_audio(&input) || !ffi::streams_may_appear_late(&input) {
        return Ok(input);
    }
    let deeper = attach(true)?;
    Ok(if has_audio(&deeper) { deeper } else { input })
}

/// Gives a sign of life to the parent.
pub(super) type Alive = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;

/// A file that gives signs of life while it is read.
struct Telling {
    file: File,
    alive: Alive,
    every: Duration,
    since: Stopwatch,
}

impl Read for Telling {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.every <= self.since.elapsed() {
            (self.alive)()?;
            self.since = Stopwatch::start();
        }
        self.file.read(into)
    }
}

impl Seek for Telling {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// True where there is an audio stream.
pub(super) fn has_audio(input: &Input) -> bool {
    input.streams().any(|it| it.parameters().medium() == media::Type::Audio)
}

/// The fault for a file that no demuxer knows.
pub(super) fn not_media() -> Fault {
    Fault::operator(
        "this is not a media file, or not one that FFmpeg knows",
        "check that it plays elsewhere; remove it or copy it again",
    )
}

/// The fault for a file of which nothing can be decoded.
pub(super) fn damaged() -> Fault {
    Fault::operator(
        "the file is damaged beyond reading",
        "copy it again from where it came, or check the disk",
    )
}

/// True for a file that is shorter than its own header says (Matroska, AVI, WAV).
pub(super) fn is_cut(path: &Path) -> bool {
    let look = |file: File| {
        let mut file = io::BufReader::new(file);
        Ok(riff_is_cut(&mut file)? || segment_is_cut(&mut file)?)
    };
    File::open(path).and_then(look).unwrap_or(false)
}

/// RIFF: the size after the mark; recorders that were broken off leave 0 or all ones there. FFmpeg forgets what is
/// missing and tells a shorter duration.
fn riff_is_cut(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut head = [0u8; 8];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut head)?;
    let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    let missing = (u64::from(size) + 8).saturating_sub(end);
    Ok(head.starts_with(b"RIFF") && size != u32::MAX && missing > u64::from(size / 100))
}

fn attach(reader: impl Read + Seek + Send + 'static, deeper: bool) -> Result<Input, Error> {
    let mut options = Dictionary::new();
    options.set("protocol_whitelist", PROTOCOLS);
    if deeper {
        options.set("probesize", LATE_STREAMS_BYTES);
        options.set("analyzeduration", LATE_STREAMS_US);
    }
    format::input_from_stream(StreamIo::from_read_seek(reader)?, None, Some(options))
}

/// Looks before it opens: opening a pipe would wait for a writer.
fn regular_file(path: &Path) -> Result<File, Fault> {
    let about = std::fs::metadata(path).map_err(|err| io_fault(&err))?;
    if about.is_dir() {
        return Err(Fault::operator("this is a folder, not a file", "name the files inside it"));
    }
    if !about.is_file() {
        return Err(Fault::operator(
            "this is a device, a pipe or a socket, not a regular file",
            "save what it gives to a file first",
        ));
    }
    if about.len() == 0 {
        return Err(Fault::operator("the file is empty", "copy it again, or remove it"));
    }
    File::open(path).map_err(|err| io_fault(&err))
}

fn io_fault(err: &io::Error) -> Fault {
    if err.kind() == ErrorKind::NotFound || err.kind() == ErrorKind::NotADirectory {
        return Fault::operator(
            "the file is not there (any more)",
            "check that it was not moved or renamed, and that its disk is mounted",
        );
    }
    if err.kind() == ErrorKind::PermissionDenied {
        return Fault::operator(
            "the file may not be read",
            "give the user that Kinora runs as the right to read it and to enter its folder",
        );
    }
    Fault::transient(
        format!("the file cannot be read ({err})"),
        "check the disk or the network share it lies on",
    )
}

/// Why FFmpeg would not open it: its own error numbers tell little (noise may even read as "out of memory"), the first
/// bytes more.
fn refusal(path: &Path) -> Fault {
    let mut head = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(HEAD_BYTES as u64).read_to_end(&mut head));
    if let Err(err) = read {
        return io_fault(&err);
    }
    if head.get(4..8) == Some(b"ftyp") {
        let indexed = File::open(path).and_then(|mut it| mp4_has_index(&mut it)).unwrap_or(false);
        return if indexed { damaged() } else { without_index() };
    }
    const KNOWN: [&[u8]; 6] =
        [b"\x1A\x45\xDF\xA3", b"RIFF", b"OggS", b"fLaC", b"FLV\x01", b"\x30\x26\xB2\x75"];
    if KNOWN.iter().any(|it| head.starts_with(it)) { damaged() } else { not_media() }
}

fn without_index() -> Fault {
    Fault::operator(
        "the file is incomplete: its index is missing, the copy or the recording was broken off",
        "copy it again; a broken recording may be mended with untrunc",
    )
}

/// Walks the top-level boxes of an MP4 for `moov`, and sees that it is whole.
fn mp4_has_index(file: &mut File) -> io::Result<bool> {
    let end = file.metadata()?.len();
    let mut at = 0u64;
    for _ in 0..MP4_BOXES_MAX {
        let mut header = [0u8; 16];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut header[..8])?;
        let mut size = u64::from(u32::from_be_bytes([header[0], header[1], header[2], header[3]]));
        if size == 1 {
            file.read_exact(&mut header[8..])?;
            size = header[8..].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        }
        let next = if size == 0 { end } else { at.saturating_add(size.max(8)) };
        if &header[4..8] == b"moov" {
            return Ok(next <= end);
        }
        at = next;
    }
    Ok(false)
}

/// EBML: the header is skipped; the segment after it says how long it is, unless it was recorded live.
fn segment_is_cut(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    const EBML: [u8; 4] = [0x1A, 0x45, 0xDF, 0xA3];
    const SEGMENT: [u8; 4] = [0x18, 0x53, 0x80, 0x67];
    let end = file.seek(SeekFrom::End(0))?;
    let mut mark = [0u8; 4];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut mark)?;
    if mark != EBML {
        return Ok(false);
    }
    let header = ebml_size(file)?.unwrap_or(0);
    file.seek_relative(i64::try_from(header).unwrap_or(i64::MAX))?;
    let mut id = [0u8; 4];
    file.read_exact(&mut id)?;
    if id != SEGMENT {
        return Ok(false);
    }
    let Some(size) = ebml_size(file)? else { return Ok(false) };
    Ok(file.stream_position()?.saturating_add(size) > end)
}

/// A variable-length size; `None` where all its bits are set: unknown.
fn ebml_size(file: &mut impl Read) -> io::Result<Option<u64>> {
    let mut first = [0u8; 1];
    file.read_exact(&mut first)?;
    let more = first[0].leading_zeros() as usize;
    if more > 7 {
        return Err(io::Error::other("no EBML size"));
    }
    let mut rest = [0u8; 7];
    file.read_exact(&mut rest[..more])?;
    let head = u64::from(first[0]) & ((1 << (7 - more)) - 1);
    let size = rest[..more].iter().fold(head, |sum, byte| sum << 8 | u64::from(*byte));
    let unknown = (1u64 << (7 * (more + 1))) - 1;
    Ok((size != unknown).then_some(size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn a_cut_matroska_is_seen() {
        let file = |size: [u8; 2], body: usize| {
            let mut bytes = b"\x1A\x45\xDF\xA3\x82ab\x18\x53\x80\x67".to_vec();
            bytes.extend(size);
            bytes.resize(bytes.len() + body, 0);
            Cursor::new(bytes)
        };
        let size = [0x40, 100];
        assert!(!segment_is_cut(&mut file(size, 100)).unwrap());
        assert!(segment_is_cut(&mut file(size, 99)).unwrap());
        assert!(!segment_is_cut(&mut file([0x7F, 0xFF], 9)).unwrap(), "unknown size");
        assert!(segment_is_cut(&mut Cursor::new(b"\x1A\x45".to_vec())).is_err());
    }

    #[test]
    fn reading_tells_that_it_goes_on() {
        let told = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = told.clone();
        let alive: Alive = Arc::new(move || {
            if counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 3 {
                return Ok(());
            }
            Err(ErrorKind::BrokenPipe.into())
        });
        let file = || File::open("/proc/self/exe").unwrap();
        let telling = |every| Telling {
            file: file(),
            alive: alive.clone(),
            every,
            since: Stopwatch::start(),
        };
        let count = || told.load(std::sync::atomic::Ordering::Relaxed);
        telling(Duration::from_secs(3600)).read_exact(&mut [0; 64]).unwrap();
        assert_eq!(count(), 0, "not before its time");
        let mut eager = telling(Duration::ZERO);
        for _ in 0..3 {
            eager.read_exact(&mut [0; 64]).unwrap();
        }
        assert_eq!(count(), 3);
        assert!(eager.read(&mut [0; 64]).is_err(), "reading ends when the parent is gone");
    }

    #[test]
    fn a_cut_riff_is_seen() {
        let file = |size: u32, body: usize| {
            let mut bytes = [b"RIFF".as_slice(), &size.to_le_bytes()].concat();
            bytes.resize(bytes.len() + body, 0);
            Cursor::new(bytes)
        };
        assert!(!riff_is_cut(&mut file(1000, 1000)).unwrap());
        assert!(!riff_is_cut(&mut file(1000, 995)).unwrap(), "a sloppy writer");
        assert!(riff_is_cut(&mut file(1000, 900)).unwrap());
        assert!(!riff_is_cut(&mut file(u32::MAX, 900)).unwrap(), "never finished");
    }
}
