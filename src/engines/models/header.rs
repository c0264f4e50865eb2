//! Looks through a ggml file without loading it: what kind of weights it holds, and whether all of it is there.
//!
//! The layout is whisper.cpp's (`whisper_model_load`, `whisper_vad_init_with_params`): magic, parameters, for speech
//! models mel filters and vocabulary, then tensors up to the end of the file, each with its shape before its data.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const GGML_MAGIC: u32 = 0x6767_6d6c;
/// Whisper's vocabulary with the multilingual tokens starts at this size (`whisper_vocab::is_multilingual`).
const MULTILINGUAL_VOCAB_MIN: u32 = 51_865;
/// No token, tensor name or model type is longer.
const NAME_BYTES_MAX: u32 = 4096;
const LAYERS_MAX: u32 = 256;
const VOCAB_MAX: u32 = 1_000_000;
const DIMENSION_MAX: u32 = 1 << 24;

/// What a ggml file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    /// Whisper weights.
    Whisper {
        /// Knows more than English.
        multilingual: bool,
    },
    /// Silero weights for voice activity.
    Vad,
}

/// Why a file is no weights to work with.
#[derive(Debug)]
pub(super) enum Flaw {
    /// It cannot be read.
    Unreadable(io::Error),
    /// It is something else; says what, as in "a GGUF file".
    Other(&'static str),
    /// It starts rightly and ends too early.
    Truncated {
        /// Its size.
        bytes: u64,
    },
}

impl From<io::Error> for Flaw {
    fn from(err: io::Error) -> Flaw {
        Flaw::Unreadable(err)
    }
}

/// Reads the header and walks over all tensors; some hundred small reads, whatever the size.
///
/// # Errors
/// Where the file is not readable, not ggml weights, or cut short.
pub(super) fn inspect(path: &Path) -> Result<Header, Flaw> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(Flaw::Other("no file"));
    }
    if meta.len() == 0 {
        return Err(Flaw::Other("an empty file"));
    }
    let mut walk = Walk { file: BufReader::new(file), at: 0, bytes: meta.len() };
    let start = walk.array::<4>()?;
    if u32::from_le_bytes(start) != GGML_MAGIC {
        return Err(Flaw::Other(what_instead(start)));
    }
    let first = walk.u32()?;
    let (header, tensors) =
        if first <= 64 { vad(&mut walk, first)? } else { whisper(&mut walk, first)? };
    walk_tensors(&mut walk, tensors)?;
    Ok(header)
}

/// Names what people mistake for ggml weights.
fn what_instead(start: [u8; 4]) -> &'static str {
    match &start {
        b"GGUF" => "a GGUF file, the format of language models",
        b"PK\x03\x04" => "a zip archive or a PyTorch model",
        b"<!DO" | b"<!do" | b"<htm" | b"<HTM" => "a web page, not a download",
        b"vers" => "a pointer of Git LFS, not the file itself",
        _ => "no model in the ggml format",
    }
}

fn whisper(walk: &mut Walk, n_vocab: u32) -> Result<(Header, u64), Flaw> {
    let mut rest = [0; 10];
    for value in &mut rest {
        *value = walk.u32()?;
    }
    let [audio_ctx, state, heads, audio_layers, _, text_state, _, text_layers, mels, ftype] = rest;
    let plausible = n_vocab <= VOCAB_MAX
        && (1..=65_536).contains(&audio_ctx)
        && (1..=65_536).contains(&state)
        && state == text_state
        && heads > 0
        && state % heads == 0
        && (1..=LAYERS_MAX).contains(&audio_layers)
        && (1..=LAYERS_MAX).contains(&text_layers)
        && (1..=1024).contains(&mels)
        && ftype < 10_000;
    if !plausible {
        return Err(Flaw::Other("a ggml file, but no Whisper model"));
    }
    let filters = u64::from(walk.u32()?) * u64::from(walk.u32()?);
    if filters > u64::from(DIMENSION_MAX) {
        return Err(Flaw::Other("a ggml file, but no Whisper model"));
    }
    walk.skip(filters * 4)?;
    let words = walk.u32()?;
    if words > VOCAB_MAX {
        return Err(Flaw::Other("a ggml file, but no Whisper model"));
    }
    for _ in 0..words {
        let length = walk.u32()?;
        walk.skip_name(length)?;
    }
    // Seven tensors of the encoder and four of the decoder stand outside the layers.
    let tensors = 11 + 15 * u64::from(audio_layers) + 24 * u64::from(text_layers);
    Ok((Header::Whisper { multilingual: n_vocab >= MULTILINGUAL_VOCAB_MIN }, tensors))
}

fn vad(walk: &mut Walk, name_bytes: u32) -> Result<(Header, u64), Flaw> {
    let mut name = vec![0; name_bytes as usize];
    walk.fill(&mut name)?;
    if !name.starts_with(b"silero") {
        return Err(Flaw::Other("a ggml file, but neither a speech model nor Silero"));
    }
    // Version (three numbers), window and context length.
    walk.skip(5 * 4)?;
    let layers = walk.u32()?;
    if layers > LAYERS_MAX {
        return Err(Flaw::Other("a ggml file, but not Silero"));
    }
    walk.skip(u64::from(layers) * 3 * 4 + 4 * 4)?;
    Ok((Header::Vad, u64::from(layers) * 2 + 7))
}

fn walk_tensors(walk: &mut Walk, expected: u64) -> Result<(), Flaw> {
    let mut tensors = 0;
    while walk.at < walk.bytes {
        let (dimensions, name_bytes, kind) = (walk.u32()?, walk.u32()?, walk.u32()?);
        let (Some((block, block_bytes)), 0..=4) = (block_of(kind), dimensions) else {
            return Err(Flaw::Other("a ggml file with a tensor nobody can read"));
        };
        let mut elements = 1_u64;
        for _ in 0..dimensions {
            let length = walk.u32()?;
            if length > DIMENSION_MAX {
                return Err(Flaw::Other("a ggml file with a tensor nobody can read"));
            }
            elements = elements.saturating_mul(u64::from(length));
        }
        walk.skip_name(name_bytes)?;
        walk.skip((elements / block).saturating_mul(block_bytes))?;
        tensors += 1;
    }
    if tensors < expected {
        return Err(Flaw::Truncated { bytes: walk.bytes });
    }
    Ok(())
}

/// Elements and bytes of a block of a ggml tensor type, by its number in `ggml.h`.
fn block_of(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),
        1 | 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => return None,
    })
}

/// A reader that knows how far the file must reach.
struct Walk {
    file: BufReader<File>,
    at: u64,
    bytes: u64,
}

impl Walk {
    fn need(&mut self, count: u64) -> Result<(), Flaw> {
        let needs = self.at.saturating_add(count);
        if needs > self.bytes {
            return Err(Flaw::Truncated { bytes: self.bytes });
        }
        self.at = needs;
        Ok(())
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Flaw> {
        self.need(buffer.len() as u64)?;
        Ok(self.file.read_exact(buffer)?)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, Flaw> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn skip(&mut self, count: u64) -> Result<(), Flaw> {
        self.need(count)?;
        let count = i64::try_from(count).map_err(io::Error::other)?;
        Ok(self.file.seek_relative(count)?)
    }

    fn skip_name(&mut self, length: u32) -> Result<(), Flaw> {
        if length > NAME_BYTES_MAX {
            return Err(Flaw::Other("a garbled ggml file"));
        }
        self.skip(u64::from(length))
    }
}
