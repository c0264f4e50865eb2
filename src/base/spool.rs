//! What is sent, on its way to the disk: never whole in memory, digested while it is written, gone when it is dropped.

use super::disk;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use tempfile::{NamedTempFile, TempPath};

/// Bytes of a WAV header as [`wav_header`] writes it.
const WAV_HEADER_BYTES: u64 = 44;
/// Samples a second of raw audio, as recognisers are sent it.
const RAW_HZ: u32 = 16_000;
/// Bytes of one raw sample: signed, 16 bits, mono.
const RAW_SAMPLE_BYTES: u16 = 2;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A file as it is.
    File,
    /// Samples without a header: s16le, mono, 16 kHz. They get the header of a WAV file.
    Pcm,
}

/// A file that is being written under a temporary name.
#[derive(Debug)]
pub struct Spool {
    file: NamedTempFile,
    hasher: blake3::Hasher,
    sent: Sent,
    bytes: u64,
    bytes_max: u64,
}

/// A file that is on disk whole, under its temporary name; gone when it is dropped, unless it is given another one.
#[derive(Debug)]
pub struct Spooled {
    /// Where it is.
    pub file: TempPath,
    /// BLAKE3 of what was sent.
    pub digest: [u8; 32],
    /// How much was sent.
    pub bytes: u64,
}

/// Why a spool takes no more.
#[derive(Debug)]
pub enum SpoolStop {
    /// More was sent than it may hold.
    Full,
    /// The disk does not take it.
    Disk(io::Error),
}

impl From<io::Error> for SpoolStop {
    fn from(error: io::Error) -> SpoolStop {
        SpoolStop::Disk(error)
    }
}

impl Spool {
    /// A new one in this folder, for so many bytes at most. Only its owner can read it.
    ///
    /// # Errors
    /// Where no file can be made there.
    pub fn begin(folder: &Path, sent: Sent, bytes_max: u64) -> io::Result<Spool> {
        let path = disk::temp_path(folder);
        let name = path.file_name().unwrap_or_default();
        let mut builder = tempfile::Builder::new();
        let mut file = builder.prefix(name).rand_bytes(0).tempfile_in(folder)?;
        if sent == Sent::Pcm {
            file.write_all(&wav_header(0))?;
        }
        Ok(Spool { file, hasher: blake3::Hasher::new(), sent, bytes: 0, bytes_max })
    }

    /// Takes what was sent next; waits for the disk.
    ///
    /// # Errors
    /// Where it is too much, or the disk does not take it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), SpoolStop> {
        let all = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes_max < all {
            return Err(SpoolStop::Full);
        }
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.bytes = all;
        Ok(())
    }

    /// All was sent; waits until it is on disk.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn finish(self) -> io::Result<Spooled> {
        let Spool { mut file, hasher, sent, bytes, .. } = self;
        if sent == Sent::Pcm {
            // Half a sample says nothing.
            let samples = bytes - bytes % u64::from(RAW_SAMPLE_BYTES);
            file.as_file().set_len(WAV_HEADER_BYTES + samples)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&wav_header(samples))?;
        }
        File::sync_all(file.as_file())?;
        let digest = *hasher.finalize().as_bytes();
        Ok(Spooled { file: file.into_temp_path(), digest, bytes })
    }
}

/// The header of a WAV file of so many bytes of raw samples (RIFF, a `fmt ` and a `data` chunk). Sizes have 32 bits
/// there; what is longer tells the greatest, which readers take for "to the end".
fn wav_header(samples_bytes: u64) -> Vec<u8> {
    let size = |it: u64| u32::try_from(it).unwrap_or(u32::MAX).to_le_bytes();
    let (pcm, channels) = (1u16, 1u16);
    let bytes_per_s = RAW_HZ * u32::from(RAW_SAMPLE_BYTES);
    let mut header = Vec::new();
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&size(samples_bytes + WAV_HEADER_BYTES - 8));
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&16u32.to_le_bytes());
    header.extend_from_slice(&pcm.to_le_bytes());
    header.extend_from_slice(&channels.to_le_bytes());
    header.extend_from_slice(&RAW_HZ.to_le_bytes());
    header.extend_from_slice(&bytes_per_s.to_le_bytes());
    header.extend_from_slice(&RAW_SAMPLE_BYTES.to_le_bytes());
    header.extend_from_slice(&(RAW_SAMPLE_BYTES * 8).to_le_bytes());
    header.extend_from_slice(b"data");
    header.extend_from_slice(&size(samples_bytes));
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        entries.map(|it| it.file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_what_was_sent_and_so_is_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::begin(folder.path(), Sent::File, 10).unwrap();
        let [name] = &names(folder.path())[..] else { panic!("one file") };
        assert!(disk::is_temp_name(name.as_ref()), "{name} is swept after a crash");
        spool.write(b"hello").unwrap();
        spool.write(b" you").unwrap();
        let spooled = spool.finish().unwrap();
        assert_eq!(std::fs::read(&spooled.file).unwrap(), b"hello you");
        assert_eq!((spooled.digest, spooled.bytes), (*blake3::hash(b"hello you").as_bytes(), 9));
        drop(spooled);
        assert_eq!(names(folder.path()), [""; 0], "nobody wanted it");
    }

    #[test]
    fn raw_samples_become_a_wav_file() {
        let folder = tempfile::tempdir().unwrap();
        for (sent, kept) in [(&b""[..], 0), (b"1", 0), (b"12", 2), (b"12345", 4)] {
            let mut spool = Spool::begin(folder.path(), Sent::Pcm, 10).unwrap();
            sent.chunks(2).for_each(|it| spool.write(it).unwrap());
            let spooled = spool.finish().unwrap();
            let wav = std::fs::read(&spooled.file).unwrap();
            assert_eq!(&wav[44..], &sent[..kept]);
            let number = |at: usize| u32::from_le_bytes(wav[at..at + 4].try_into().unwrap());
            assert_eq!((&wav[..4], number(4) as usize), (&b"RIFF"[..], wav.len() - 8));
            assert_eq!((number(24), number(28), number(40) as usize), (16_000, 32_000, kept));
            assert_eq!(spooled.bytes as usize, sent.len(), "what was sent, not what is kept");
        }
    }

    #[test]
    fn too_much_is_too_much_at_any_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::begin(folder.path(), Sent::Pcm, 3).unwrap();
        spool.write(b"123").unwrap();
        assert!(matches!(spool.write(b"4"), Err(SpoolStop::Full)));
        drop(spool);
        assert_eq!(names(folder.path()), [""; 0], "nothing is left");
    }
}
