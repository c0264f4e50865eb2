//! What a file of ggml weights is, read before ggml reads it: ggml aborts on a header that lies.

use crate::domain::fault::Fault;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// First four bytes of a file of ggml weights, little-endian: `lmgg`.
const MAGIC: u32 = 0x6767_6d6c;
/// Model type in the header of Silero's weights.
const SILERO: &[u8] = b"silero-16k";
/// Longest word of a vocabulary and longest name of a tensor.
const NAME_BYTES_MAX: i32 = 1024;

/// What weights are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whisper: listening.
    Speech,
    /// Silero: voice activity.
    Vad,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Speech => "speech model",
            Kind::Vad => "voice activity model",
        }
    }
}

/// The sizes in a Whisper header that tell models apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Tokens, special ones included.
    pub(super) n_vocab: i32,
    /// Layers of the encoder.
    pub(super) n_audio_layer: i32,
    /// Layers of the decoder.
    pub(super) n_text_layer: i32,
}

/// Why a file is not what was asked for.
enum Defect {
    Unreadable(io::Error),
    Truncated,
    NoWeights,
    Other(Kind),
    Odd(&'static str),
}

impl From<io::Error> for Defect {
    fn from(err: io::Error) -> Defect {
        if err.kind() == io::ErrorKind::UnexpectedEof {
            Defect::Truncated
        } else {
            Defect::Unreadable(err)
        }
    }
}

impl Defect {
    fn fault(self, wanted: Kind) -> Fault {
        const AGAIN: &str = "fetch it again with `kinora models pull`, or name another one";
        let name = wanted.name();
        match self {
            Defect::Unreadable(err) => Fault::operator(
                format!("the {name} cannot be read ({err})"),
                "check its path and permissions",
            ),
            Defect::Truncated => Fault::operator(format!("the {name} is truncated"), AGAIN),
            Defect::NoWeights => Fault::operator(
                format!("the file named as {name} holds no ggml weights"),
                "name a Whisper model in ggml format, as `kinora models list` shows them",
            ),
            Defect::Other(kind) => Fault::operator(
                format!("the file named as {name} is a {}", kind.name()),
                format!("name a {name}, as `kinora models list` shows them"),
            ),
            Defect::Odd(what) => Fault::operator(
                format!("the {name} is damaged or of an unknown build: {what}"),
                AGAIN,
            ),
        }
    }
}

/// Said where our look found nothing and ggml refused all the same.
pub(super) fn refused_by_ggml(kind: Kind) -> Fault {
    Defect::Odd("ggml refused it").fault(kind)
}

/// Walks through Whisper weights, every tensor's header and length.
///
/// # Errors
/// An operator fault that tells unreadable, truncated, other kind and garbage apart.
pub(super) fn check_speech(path: &Path) -> Result<Shape, Fault> {
    let walk = || {
        let mut walk = Walk::open(path)?;
        let shape = walk.whisper_header()?;
        let tensors = 11 + 15 * i64::from(shape.n_audio_layer) + 24 * i64::from(shape.n_text_layer);
        walk.tensors(tensors)?;
        Ok(shape)
    };
    walk().map_err(|defect: Defect| defect.fault(Kind::Speech))
}

/// Walks through Silero weights and hands the open file over.
///
/// # Errors
/// As [`check_speech`].
pub(super) fn check_vad(path: &Path) -> Result<File, Fault> {
    let walk = || {
        let mut walk = Walk::open(path)?;
        walk.silero_header()?;
        // One of the transform, four layers of two, four of the LSTM, two of the end.
        walk.tensors(1 + 4 * 2 + 4 + 2)?;
        Ok(walk.from.into_inner())
    };
    walk().map_err(|defect: Defect| defect.fault(Kind::Vad))
}

struct Walk {
    from: BufReader<File>,
    at: u64,
    length: u64,
}

impl Walk {
    fn open(path: &Path) -> Result<Walk, Defect> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut walk = Walk { from: BufReader::new(file), at: 0, length };
        if length < 4 {
            return Err(Defect::NoWeights);
        }
        let magic = walk.int()?;
        if magic as u32 == MAGIC { Ok(walk) } else { Err(Defect::NoWeights) }
    }

    fn int(&mut self) -> Result<i32, Defect> {
        let mut bytes = [0u8; 4];
        self.from.read_exact(&mut bytes)?;
        self.at += 4;
        Ok(i32::from_le_bytes(bytes))
    }

    fn ints<const N: usize>(&mut self) -> Result<[i32; N], Defect> {
        let mut ints = [0; N];
        for it in &mut ints {
            *it = self.int()?;
        }
        Ok(ints)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Defect> {
        let end = self.at.checked_add(bytes).filter(|it| *it <= self.length);
        self.at = end.ok_or(Defect::Truncated)?;
        let step = i64::try_from(bytes).map_err(|_| Defect::Truncated)?;
        self.from.seek_relative(step)?;
        Ok(())
    }

    fn name(&mut self, length: i32) -> Result<Vec<u8>, Defect> {
        let length = Some(length).filter(|it| (0..=NAME_BYTES_MAX).contains(it));
        let length = length.ok_or(Defect::Odd("a name of impossible length"))?;
        let mut name = vec![0; length as usize];
        self.from.read_exact(&mut name)?;
        self.at += length as u64;
        Ok(name)
    }

    /// Sizes, filters and vocabulary.
    fn whisper_header(&mut self) -> Result<Shape, Defect> {
        let first = self.int()?;
        if first == SILERO.len() as i32 && self.name(first)? == SILERO {
            return Err(Defect::Other(Kind::Vad));
        }
        let n_vocab = first;
        let [n_audio_ctx, n_audio_state, n_audio_head, n_audio_layer] = self.ints()?;
        let [n_text_ctx, n_text_state, n_text_head, n_text_layer, n_mels, _ftype] = self.ints()?;
        let plausible = (51_864..=51_866).contains(&n_vocab)
            && (n_audio_ctx, n_text_ctx) == (1500, 448)
            && n_audio_state == n_text_state
            && [384, 512, 768, 1024, 1280].contains(&n_audio_state)
            && n_audio_head == n_audio_state / 64
            && n_text_head == n_audio_head
            && [4, 6, 12, 24, 32].contains(&n_audio_layer)
            && (1..=32).contains(&n_text_layer)
            && [80, 128].contains(&n_mels);
        if !plausible {
            return Err(Defect::Odd("its sizes are not those of a Whisper model"));
        }
        let [filters, bins] = self.ints()?;
        if (filters, bins) != (n_mels, 201) {
            return Err(Defect::Odd("its filters are not those of a Whisper model"));
        }
        self.skip(filters as u64 * bins as u64 * 4)?;
        let words = self.int()?;
        if !(50_000..=n_vocab).contains(&words) {
            return Err(Defect::Odd("its vocabulary has another size"));
        }
        for _ in 0..words {
            let length = self.int()?;
            self.name(length)?;
        }
        Ok(Shape { n_vocab, n_audio_layer, n_text_layer })
    }

    /// Kind, version and sizes.
    fn silero_header(&mut self) -> Result<(), Defect> {
        let length = self.int()?;
        if (51_864..=51_866).contains(&length) {
            return Err(Defect::Other(Kind::Speech));
        }
        if self.name(length)? != SILERO {
            return Err(Defect::Odd("it is not Silero's for 16 kHz"));
        }
        let [_major, _minor, _patch, window, context, layers] = self.ints()?;
        if (window, context, layers) != (super::vad::VAD_FRAME_SAMPLES as i32, 64, 4) {
            return Err(Defect::Odd("its frames are not of 512 samples"));
        }
        let layers: [[i32; 3]; 4] = [self.ints()?, self.ints()?, self.ints()?, self.ints()?];
        let ends: [i32; 4] = self.ints()?;
        let sizes = layers.iter().flatten().chain(&ends);
        if sizes.into_iter().all(|it| (1..=1024).contains(it)) {
            Ok(())
        } else {
            Err(Defect::Odd("its sizes are not Silero's"))
        }
    }

    /// Tensors up to the end of the file: exactly so many, each whole. Names and shapes are checked by ggml.
    fn tensors(&mut self, wanted: i64) -> Result<(), Defect> {
        let mut found = 0;
        while self.at < self.length {
            let [dims, name_length, kind] = self.ints()?;
            if !(0..=4).contains(&dims) {
                return Err(Defect::Odd("a tensor of impossible shape"));
            }
            let mut elements: u64 = 1;
            for _ in 0..dims {
                let size = u64::try_from(self.int()?).ok().filter(|it| *it > 0);
                elements = size
                    .and_then(|it| elements.checked_mul(it))
                    .filter(|it| *it <= u64::from(i32::MAX as u32))
                    .ok_or(Defect::Odd("a tensor of impossible size"))?;
            }
            self.name(name_length)?;
            let (block, bytes) =
                block_bytes(kind).ok_or(Defect::Odd("a tensor of an unknown kind of number"))?;
            self.skip(elements / block * bytes)?;
            found += 1;
        }
        match found == wanted {
            true => Ok(()),
            false if found < wanted => Err(Defect::Truncated),
            false => Err(Defect::Odd("it has more tensors than its header says")),
        }
    }
}

/// Numbers in a block and bytes of a block, by ggml's number of the type (`ggml_type` in ggml.h).
fn block_bytes(kind: i32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),
        1 => (1, 2),
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
