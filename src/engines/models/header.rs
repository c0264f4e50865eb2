//! Looks through a ggml file without loading it: what kind of weights it holds, and whether all of it is there.
//!
//! The layout is whisper.cpp's (`whisper_model_load`, `whisper_vad_init_with_params`): magic, parameters, for speech
//! models mel filters and vocabulary, then tensors up to the end of the file, each with its shape before its data.
//! ggml aborts the process on a header that lies, so sizes are held to those of real models.

use crate::domain::speech::VAD_FRAME_SAMPLES;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::RangeInclusive;
use std::path::Path;

const GGML_MAGIC: u32 = 0x6767_6d6c;
/// Tokens, special ones included, of English models, of multilingual ones and of those since large-v3.
const VOCABS: RangeInclusive<u32> = 51_864..=51_866;
/// Whisper's vocabulary with the multilingual tokens starts at this size (`whisper_vocab::is_multilingual`).
const MULTILINGUAL_VOCAB_MIN: u32 = 51_865;
/// Model type in the header of Silero's weights.
const SILERO: &[u8] = b"silero-16k";
/// No token, tensor name or model type is longer.
const NAME_BYTES_MAX: u32 = 1024;

/// What a ggml file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Whisper weights.
    Whisper(Shape),
    /// Silero weights for voice activity.
    Vad,
}

/// The sizes in a Whisper header that tell models apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Tokens, special ones included.
    pub vocab: u32,
    /// Layers of the encoder.
    pub audio_layers: u32,
    /// Layers of the decoder.
    pub text_layers: u32,
}

impl Shape {
    /// Knows more than English.
    pub fn multilingual(self) -> bool {
        self.vocab >= MULTILINGUAL_VOCAB_MIN
    }
}

/// Why a file is no weights to work with.
#[derive(Debug)]
pub(super) enum Flaw {
    /// It cannot be read.
    Unreadable(io::Error),
    /// It is something else; says what, as in "a GGUF file".
    Other(&'static str),
    /// It starts rightly and goes on wrongly; says how, as in "its vocabulary has another size".
    Odd(&'static str),
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

/// Reads the header and walks over all tensors; some hundred small reads, whatever the size. Hands the open file over.
///
/// # Errors
/// Where the file is not readable, not ggml weights, cut short, or of sizes that no model has.
pub(super) fn inspect(path: &Path) -> Result<(Header, File), Flaw> {
    let mut walk = Walk::start(File::open(path)?)?;
    let start = walk.array::<4>()?;
    if u32::from_le_bytes(start) != GGML_MAGIC {
        return Err(Flaw::Other(what_instead(start)));
    }
    let first = walk.u32()?;
    let (header, tensors) = if VOCABS.contains(&first) {
        whisper(&mut walk, first)?
    } else if first as usize == SILERO.len() {
        vad(&mut walk)?
    } else {
        return Err(Flaw::Other("a ggml file, but neither a Whisper model nor Silero"));
    };
    walk_tensors(&mut walk, tensors)?;
    Ok((header, walk.into_file()))
}

/// Names what people mistake for ggml weights.
pub(super) fn what_instead(start: [u8; 4]) -> &'static str {
    match &start {
        b"GGUF" => "a GGUF file, the format of language models",
        b"PK\x03\x04" => "a zip archive or a PyTorch model",
        b"<!DO" | b"<!do" | b"<htm" | b"<HTM" => "a web page, not a download",
        b"vers" => "a pointer of Git LFS, not the file itself",
        _ => "no model in the ggml format",
    }
}

fn whisper(walk: &mut Walk, vocab: u32) -> Result<(Header, u64), Flaw> {
    let [audio_ctx, state, heads, audio_layers] = walk.u32s()?;
    let [text_ctx, text_state, text_heads, text_layers, mels, _ftype] = walk.u32s()?;
    let plausible = (audio_ctx, text_ctx) == (1500, 448)
        && [384, 512, 768, 1024, 1280].contains(&state)
        && text_state == state
        && heads == state / 64
        && text_heads == heads
        && [4, 6, 12, 24, 32].contains(&audio_layers)
        && (1..=32).contains(&text_layers)
        && [80, 128].contains(&mels);
    if !plausible {
        return Err(Flaw::Odd("its sizes are not those of a Whisper model"));
    }
    let [filters, bins] = walk.u32s()?;
    if (filters, bins) != (mels, 201) {
        return Err(Flaw::Odd("its filters are not those of a Whisper model"));
    }
    walk.skip(u64::from(filters) * u64::from(bins) * 4)?;
    let words = walk.u32()?;
    if !(50_000..=vocab).contains(&words) {
        return Err(Flaw::Odd("its vocabulary has another size"));
    }
    for _ in 0..words {
        let length = walk.u32()?;
        walk.skip_name(length)?;
    }
    // Seven tensors of the encoder and four of the decoder stand outside the layers.
    let tensors = 11 + 15 * u64::from(audio_layers) + 24 * u64::from(text_layers);
    Ok((Header::Whisper(Shape { vocab, audio_layers, text_layers }), tensors))
}

fn vad(walk: &mut Walk) -> Result<(Header, u64), Flaw> {
    if walk.array::<{ SILERO.len() }>()? != SILERO {
        return Err(Flaw::Other("a ggml file, but neither a Whisper model nor Silero"));
    }
    let [_major, _minor, _patch, window, context, layers] = walk.u32s()?;
    if (u64::from(window), context, layers) != (VAD_FRAME_SAMPLES, 64, 4) {
        return Err(Flaw::Odd("its frames are not of 512 samples"));
    }
    // Input, output and kernel of each layer, then the sizes of the LSTM and of the end.
    if !walk.u32s::<16>()?.iter().all(|it| (1..=1024).contains(it)) {
        return Err(Flaw::Odd("its sizes are not Silero's"));
    }
    // One of the transform, four layers of two, four of the LSTM, two of the end.
    Ok((Header::Vad, 1 + 4 * 2 + 4 + 2))
}

/// Tensors up to the end of the file: exactly so many, each whole. Names and shapes are checked by ggml.
fn walk_tensors(walk: &mut Walk, wanted: u64) -> Result<(), Flaw> {
    let mut found = 0;
    while walk.at < walk.bytes {
        let [dimensions, name_bytes, kind] = walk.u32s()?;
        let (Some((block, block_bytes)), 0..=4) = (block_of(kind), dimensions) else {
            return Err(Flaw::Odd("a tensor of an unknown kind"));
        };
        let mut elements = 1_u64;
        for _ in 0..dimensions {
            let length = u64::from(walk.u32()?);
            elements = Some(elements.saturating_mul(length))
                .filter(|it| (1..=i32::MAX as u64).contains(it))
                .ok_or(Flaw::Odd("a tensor of impossible size"))?;
        }
        walk.skip_name(name_bytes)?;
        walk.skip(elements / block * block_bytes)?;
        found += 1;
    }
    if found < wanted {
        return Err(Flaw::Truncated { bytes: walk.bytes });
    }
    if found > wanted {
        return Err(Flaw::Odd("it has more tensors than its header says"));
    }
    Ok(())
}

/// Elements and bytes of a block of a ggml tensor type, by its number in `ggml.h`.
pub(super) fn block_of(kind: u32) -> Option<(u64, u64)> {
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
pub(super) struct Walk {
    file: BufReader<File>,
    at: u64,
    bytes: u64,
}

impl Walk {
    /// From the start of a file that is one.
    pub(super) fn start(file: File) -> Result<Walk, Flaw> {
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(Flaw::Other("no file"));
        }
        if meta.len() == 0 {
            return Err(Flaw::Other("an empty file"));
        }
        Ok(Walk { file: BufReader::new(file), at: 0, bytes: meta.len() })
    }

    /// Bytes read or skipped so far.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Bytes of the whole file.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file, wherever the reader stood in it.
    pub(super) fn into_file(self) -> File {
        self.file.into_inner()
    }

    fn need(&mut self, count: u64) -> Result<(), Flaw> {
        let needs = self.at.saturating_add(count);
        if needs > self.bytes {
            return Err(Flaw::Truncated { bytes: self.bytes });
        }
        self.at = needs;
        Ok(())
    }

    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Flaw> {
        self.need(buffer.len() as u64)?;
        Ok(self.file.read_exact(buffer)?)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Flaw> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u32s<const N: usize>(&mut self) -> Result<[u32; N], Flaw> {
        let mut values = [0; N];
        for value in &mut values {
            *value = self.u32()?;
        }
        Ok(values)
    }

    pub(super) fn skip(&mut self, count: u64) -> Result<(), Flaw> {
        self.need(count)?;
        let count = i64::try_from(count).map_err(io::Error::other)?;
        Ok(self.file.seek_relative(count)?)
    }

    fn skip_name(&mut self, length: u32) -> Result<(), Flaw> {
        if length > NAME_BYTES_MAX {
            return Err(Flaw::Odd("a name of impossible length"));
        }
        self.skip(u64::from(length))
    }
}
