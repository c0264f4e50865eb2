//! Fetching a large file over HTTP, or from a local one: resumed, checked by digest, put in place whole.
//!
//! What arrives goes to `<target>.part`, which an interrupted fetch leaves behind for the next one. The digest
//! decides in the end whatever servers say, so a resumed file needs no validator: where it turns out wrong, it is
//! fetched anew once.

use super::ffi;
use super::http;
use super::models::hex;
use crate::base::cancel::Cancel;
use crate::base::disk::folder_of;
use crate::base::text;
use crate::domain::fault::Fault;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use reqwest::{StatusCode, Url};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a server may say nothing.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
const REDIRECTS_MAX: usize = 10;
/// Failures in a row, without progress, after which a source is given up.
const TRIES_MAX: u32 = 6;
/// What counts as progress: less than this a try, and a server could keep us busy for ever.
const PROGRESS_BYTES_MIN: u64 = 1024 * 1024;
const BACKOFF_MAX: Duration = Duration::from_secs(30);
const CHUNK_BYTES: usize = 64 * 1024;
/// Left free on the disk: what Kinora remembers lies there too, and a full disk stops it.
const ROOM_LEFT_BYTES: u64 = 256 * 1024 * 1024;

/// The file that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Exact size.
    pub bytes: u64,
    /// Lower-case hexadecimal; `None` where nobody knows it: then nothing that an earlier fetch left is believed.
    pub sha256: Option<&'a str>,
    /// Where it is to lie; its folder is made.
    pub target: &'a Path,
}

/// Who watches a fetch: may stop it, is told of it, and lets time pass between tries.
pub struct Watch<'a> {
    /// Stops the fetch; what has arrived stays for the next one.
    pub cancel: &'a Cancel,
    /// Told bytes done and bytes in all.
    pub progress: &'a mut dyn FnMut(u64, u64),
    /// Waits before another try; ends early when cancelled.
    pub pause: &'a mut dyn FnMut(Duration),
}

/// How a try ended that brought no whole file.
enum Stop {
    /// The owner interrupts.
    Cancelled,
    /// The connection failed; another try may bring the rest.
    Cut(String),
    /// This source does not have the file.
    Refused(String),
    /// Our own disk.
    Disk(Fault),
}

/// Fetches a file from the first of `sources` (http or https) that has it.
///
/// # Errors
/// Where no source brings the right file, the disk takes none, or the owner interrupts.
pub fn fetch(sources: &[String], wanted: &Wanted<'_>, watch: &mut Watch<'_>) -> Result<(), Fault> {
    let mut part = Part::open(wanted)?;
    part.check_room(wanted)?;
    let mut reasons: Vec<String> = Vec::new();
    for source in sources {
        let url = web_address(source)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        match from_source(&url, &mut part, wanted, watch) {
            Ok(()) => return part.publish(wanted),
            Err(Stop::Cancelled) => return Err(interrupted()),
            Err(Stop::Disk(fault)) => return Err(fault),
            Err(Stop::Cut(why) | Stop::Refused(why)) => reasons.push(format!("{host} {why}")),
        }
    }
    if part.bytes == 0 {
        part.discard();
    }
    Err(Fault::transient(
        format!("the download failed: {}", reasons.join("; ")),
        "check the network and run it again: it goes on where it stopped",
    ))
}

/// How large the file at an address is.
///
/// # Errors
/// Where the server cannot be reached, refuses, or does not say.
pub fn size_of(source: &str) -> Result<u64, Fault> {
    let url = web_address(source)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let failed = |why: String| {
        Fault::transient(
            format!("the download failed: {host} {why}"),
            "check the address and the network",
        )
    };
    let client = http::client(&url, STALL_TIMEOUT, http::Redirects::Anywhere(REDIRECTS_MAX));
    let client = client.map_err(|err| failed(http::told(&err)))?;
    // Not every server answers HEAD; one byte tells the size as well.
    let response = client.get(url).header(RANGE, "bytes=0-0").send();
    let response = response.map_err(|err| failed(http::told(&err)))?;
    let header = |name| response.headers().get(name).and_then(|it| it.to_str().ok());
    let status = response.status();
    if status != StatusCode::OK && status != StatusCode::PARTIAL_CONTENT {
        return Err(failed(format!("answered {}", status.as_u16())));
    }
    if header(CONTENT_TYPE).is_some_and(|it| it.starts_with("text/html")) {
        return Err(failed(
            "sent a web page instead of the file (a login page, or a proxy's)".to_owned(),
        ));
    }
    let whole = header(CONTENT_RANGE).and_then(|it| it.rsplit_once('/')?.1.trim().parse().ok());
    let length = header(CONTENT_LENGTH).and_then(|it| it.parse().ok());
    let bytes = if status == StatusCode::OK { length } else { whole };
    bytes
        .filter(|it| *it > 0)
        .ok_or_else(|| failed("does not say how large the file is".to_owned()))
}

/// Takes a file from this machine, with the same checks.
///
/// # Errors
/// As [`fetch`].
pub fn copy(source: &Path, wanted: &Wanted<'_>, watch: &mut Watch<'_>) -> Result<(), Fault> {
    let shown = text::show_path(source);
    let remedy = "check the path and that it may be read";
    let opened = File::open(source).and_then(|file| file.metadata().map(|meta| (file, meta)));
    let (mut file, meta) =
        opened.map_err(|err| Fault::operator(format!("{shown} cannot be read ({err})"), remedy))?;
    let differs = |how: String| {
        Err(Fault::operator(format!("{shown} is not that file: {how}"), "take it from its source"))
    };
    if !meta.is_file() || meta.len() != wanted.bytes {
        return differs(format!("it has {} bytes instead of {}", meta.len(), wanted.bytes));
    }
    let mut part = Part::open(wanted)?;
    part.restart()?;
    part.check_room(wanted)?;
    match part.take(&mut file, wanted, watch) {
        Ok(()) if part.is_right(wanted) => part.publish(wanted),
        Ok(()) => {
            part.discard();
            differs("its digest is wrong".to_owned())
        }
        Err(Stop::Cancelled) => Err(interrupted()),
        Err(Stop::Disk(fault)) => Err(fault),
        Err(Stop::Cut(why) | Stop::Refused(why)) => {
            Err(Fault::operator(format!("{shown} cannot be read ({why})"), remedy))
        }
    }
}

/// A pause that really waits, and ends early when cancelled.
pub fn pause(cancel: &Cancel) -> impl FnMut(Duration) + use<> {
    let cancel = cancel.clone();
    move |duration| {
        let watch = crate::base::clock::Stopwatch::start();
        while !cancel.is_set() && watch.elapsed() < duration {
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
}

fn interrupted() -> Fault {
    Fault::transient("the download was interrupted", "run it again: it goes on where it stopped")
}

fn web_address(source: &str) -> Result<Url, Fault> {
    http::web_address(source).ok_or_else(|| {
        Fault::operator(format!("{source} is no web address"), "write one with https:// or http://")
    })
}

fn from_source(
    url: &Url,
    part: &mut Part,
    wanted: &Wanted<'_>,
    watch: &mut Watch<'_>,
) -> Result<(), Stop> {
    let client = http::client(url, STALL_TIMEOUT, http::Redirects::Anywhere(REDIRECTS_MAX));
    let client = client.map_err(|err| Stop::Refused(http::told(&err)))?;
    // Bytes of an earlier fetch, or of another source, may be of another file.
    let mut trusted = part.bytes == 0;
    let mut failures = 0;
    loop {
        let before = part.bytes;
        let tried = one_try(&client, url, part, wanted, watch);
        match tried {
            Ok(()) if part.is_right(wanted) => return Ok(()),
            Ok(()) => {
                part.restart().map_err(Stop::Disk)?;
                if std::mem::replace(&mut trusted, true) {
                    return Err(Stop::Refused(
                        "sent another file (its digest is wrong)".to_owned(),
                    ));
                }
            }
            Err(Stop::Cut(why)) => {
                failures = if part.bytes >= before + PROGRESS_BYTES_MIN { 1 } else { failures + 1 };
                if failures >= TRIES_MAX {
                    return Err(Stop::Cut(why));
                }
                (watch.pause)(Duration::from_secs(1 << failures.min(8)).min(BACKOFF_MAX));
            }
            Err(stop @ (Stop::Cancelled | Stop::Refused(_) | Stop::Disk(_))) => return Err(stop),
        }
    }
}

fn one_try(
    client: &Client,
    url: &Url,
    part: &mut Part,
    wanted: &Wanted<'_>,
    watch: &mut Watch<'_>,
) -> Result<(), Stop> {
    if watch.cancel.is_set() {
        return Err(Stop::Cancelled);
    }
    if part.bytes == wanted.bytes {
        return Ok(());
    }
    let mut request = client.get(url.clone());
    if part.bytes > 0 {
        request = request.header(RANGE, format!("bytes={}-", part.bytes));
    }
    let mut response = request.send().map_err(|err| Stop::Cut(http::told(&err)))?;
    if starts_anew(&response, part.bytes, wanted.bytes)? {
        part.restart().map_err(Stop::Disk)?;
        if response.status() != StatusCode::OK {
            return Err(Stop::Cut("does not continue where the download stopped".to_owned()));
        }
    }
    part.take(&mut response, wanted, watch)
}

/// Judges an answer's head: does its body start at byte 0 (`true`) or where we are?
fn starts_anew(response: &Response, have: u64, whole: u64) -> Result<bool, Stop> {
    let header = |name| response.headers().get(name).and_then(|it| it.to_str().ok());
    let status = response.status();
    if status == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(true);
    }
    if status == StatusCode::PARTIAL_CONTENT {
        return Ok(header(CONTENT_RANGE).and_then(range_start) != Some(have));
    }
    if status != StatusCode::OK {
        let why = format!("answered {}", status.as_u16());
        let later = status.is_server_error()
            || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        return Err(if later { Stop::Cut(why) } else { Stop::Refused(why) });
    }
    if header(CONTENT_TYPE).is_some_and(|it| it.starts_with("text/html")) {
        let why = "sent a web page instead of the file (a login page, or a proxy's)";
        return Err(Stop::Refused(why.to_owned()));
    }
    match header(CONTENT_LENGTH).and_then(|it| it.parse::<u64>().ok()) {
        Some(bytes) if bytes != whole => {
            Err(Stop::Refused(format!("has another file ({bytes} bytes instead of {whole})")))
        }
        Some(_) | None => Ok(true),
    }
}

/// The first byte of `Content-Range: bytes 5-9/10`.
fn range_start(value: &str) -> Option<u64> {
    value.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

/// The unfinished file: what has arrived, and its digest so far. Locked, so that two fetches never mix.
struct Part {
    path: PathBuf,
    file: File,
    bytes: u64,
    hasher: Sha256,
}

impl Part {
    fn open(wanted: &Wanted<'_>) -> Result<Part, Fault> {
        let mut path = wanted.target.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|err| disk(folder, &err))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).map_err(|err| disk(&path, &err))?;
        match file.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => {
                return Err(Fault::transient("another download of it is running", "wait for it"));
            }
            // Some network file systems have no locks; the digest still guards.
            Err(TryLockError::Error(_)) => (),
        }
        let mut part = Part { path, file, bytes: 0, hasher: Sha256::new() };
        if wanted.sha256.is_none() {
            part.restart()?;
        }
        part.read_again(wanted).map_err(|err| disk(&part.path, &err))?;
        Ok(part)
    }

    /// Whether the disk has room for the rest. A system that cannot tell is believed to have.
    fn check_room(&self, wanted: &Wanted<'_>) -> Result<(), Fault> {
        let folder = folder_of(&self.path);
        let needed = wanted.bytes.saturating_sub(self.bytes).saturating_add(ROOM_LEFT_BYTES);
        let free = ffi::free_bytes(folder).unwrap_or(u64::MAX);
        if needed <= free {
            return Ok(());
        }
        let (shown, count) = (text::show_path(folder), text::bytes);
        let (rest, missing) =
            (count(wanted.bytes.saturating_sub(self.bytes)), count(needed - free));
        Err(Fault::operator(
            format!(
                "there is no room in {shown}: {rest} are to be fetched, {} are free",
                count(free)
            ),
            format!("make room for {missing} more, or let data_dir name a larger disk"),
        ))
    }

    /// Takes what an earlier fetch left into the digest.
    fn read_again(&mut self, wanted: &Wanted<'_>) -> io::Result<()> {
        if self.file.metadata()?.len() > wanted.bytes {
            return self.file.set_len(0);
        }
        self.bytes = io::copy(&mut self.file, &mut self.hasher)?;
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Fault> {
        self.bytes = 0;
        self.hasher = Sha256::new();
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map(drop).map_err(|err| disk(&self.path, &err))
    }

    /// Appends from `source` until it ends; never more than the wanted file has.
    fn take(
        &mut self,
        source: &mut impl Read,
        wanted: &Wanted<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<(), Stop> {
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            if watch.cancel.is_set() {
                return Err(Stop::Cancelled);
            }
            let count = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(err) if err.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Err(Stop::Cut("broke off in the middle".to_owned())),
            };
            if self.bytes + count as u64 > wanted.bytes {
                self.restart().map_err(Stop::Disk)?;
                return Err(Stop::Refused("sent more than the file has".to_owned()));
            }
            let written = self.file.write_all(&buffer[..count]);
            written.map_err(|err| Stop::Disk(disk(&self.path, &err)))?;
            self.hasher.update(&buffer[..count]);
            self.bytes += count as u64;
            (watch.progress)(self.bytes, wanted.bytes);
        }
        if self.bytes < wanted.bytes {
            return Err(Stop::Cut("broke off in the middle".to_owned()));
        }
        Ok(())
    }

    fn is_right(&self, wanted: &Wanted<'_>) -> bool {
        let right = |wanted: &str| hex(&self.hasher.clone().finalize()) == wanted;
        self.bytes == wanted.bytes && wanted.sha256.is_none_or(right)
    }

    /// Puts the whole file in place, durably.
    fn publish(self, wanted: &Wanted<'_>) -> Result<(), Fault> {
        let done = self.file.sync_all().and_then(|()| std::fs::rename(&self.path, wanted.target));
        let folder = wanted.target.parent().unwrap_or(Path::new("/"));
        done.and_then(|()| File::open(folder)?.sync_all()).map_err(|err| disk(folder, &err))
    }

    fn discard(self) {
        // Left behind, it would only be found wrong once more.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn disk(path: &Path, err: &io::Error) -> Fault {
    let shown = text::show_path(path);
    if matches!(err.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        return Fault::operator(
            format!("the disk is full; {shown} could not be written"),
            "make room and run it again: it goes on where it stopped",
        );
    }
    Fault::operator(
        format!("{shown} cannot be written ({err})"),
        "check that the user Kinora runs as may write there, or set data_dir",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_as_such() {
        let err = io::Error::from_raw_os_error(libc::ENOSPC);
        assert!(disk(Path::new("/x"), &err).what.contains("the disk is full"));
        let err = io::Error::from_raw_os_error(libc::EACCES);
        assert!(disk(Path::new("/x"), &err).remedy.contains("may write there"));
    }

    #[test]
    fn ranges_are_read() {
        for (value, start) in [
            ("bytes 5-9/10", Some(5)),
            ("bytes 0-9/*", Some(0)),
            ("bytes */10", None),
            ("items 5-9/10", None),
            ("", None),
        ] {
            assert_eq!(range_start(value), start, "{value}");
        }
    }
}
