//! Looks through a GGUF file without loading it: which language model it is, and whether all of it is there.
//!
//! The layout is that of ggml's `docs/gguf.md`: magic, version, counts, metadata as typed pairs, the list of tensors,
//! then their data. No length in it is believed: each is held to the file's size, and counts to those of real models.

use super::header::{Flaw, Walk, block_of, what_instead};
use std::fs::File;
use std::path::Path;

const VERSIONS: std::ops::RangeInclusive<u32> = 2..=3;
/// The largest models have some thousand tensors, and some fifty pairs.
const TENSORS_MAX: u64 = 65_536;
const PAIRS_MAX: u64 = 4_096;
/// No key, tensor name, model name or family is longer.
const NAME_BYTES_MAX: u64 = 1024;
/// The largest vocabularies have 262,144 tokens, with about as many merges.
const ELEMENTS_MAX: u64 = 4 * 1024 * 1024;
/// No text is longer: chat templates have some 10 kB.
const TEXT_BYTES_MAX: u64 = 4 * 1024 * 1024;
const DIMENSIONS_MAX: u32 = 4;
/// Data starts at the next multiple of this where the file names none.
const ALIGNMENT: u64 = 32;

/// What a GGUF file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gguf {
    /// Its family, such as `qwen2`.
    pub architecture: String,
    /// What it calls itself.
    pub name: Option<String>,
    /// Tokens it was made to read.
    pub context: u64,
    /// How its weights are packed, as in `Q4_K`: that of most bytes.
    pub packing: &'static str,
    /// Numbers in it.
    pub parameters: u64,
    /// It says how it is spoken to: it was taught to follow.
    pub instructed: bool,
    /// The kind of its tokenizer, such as `gpt2`.
    pub tokenizer: String,
}

/// Families that the decoder knows.
const FAMILIES: [&str; 3] = ["llama", "qwen2", "qwen3"];
/// The one kind of tokenizer that is read.
const TOKENIZER: &str = "gpt2";

impl Gguf {
    /// In a few words, as in "qwen2, 1.5 billion, Q4_K".
    pub fn shown(&self) -> String {
        let billions = self.parameters as f64 / 1e9;
        format!("{}, {billions:.1} billion, {}", self.architecture, self.packing)
    }

    /// Why it cannot translate here, as in "its family `gemma3` is not supported".
    pub fn obstacle(&self) -> Option<String> {
        if self.architecture == "gemma3" {
            // candle-transformers computes its feed-forward part with another function than it was trained with.
            return Some(
                "models of the family `gemma3` do not compute rightly here yet".to_owned(),
            );
        }
        if !FAMILIES.contains(&self.architecture.as_str()) {
            return Some(format!("its family `{}` is not supported", self.architecture));
        }
        if self.tokenizer != TOKENIZER {
            return Some(format!(
                "its tokenizer of the kind `{}` is not supported",
                self.tokenizer
            ));
        }
        if !self.instructed {
            return Some(
                "it was not taught to follow instructions: it has no chat template".to_owned(),
            );
        }
        None
    }
}

/// Reads the header and the list of tensors. Hands the open file over, rewound.
///
/// # Errors
/// Where the file is not readable, not a GGUF file, cut short, or of sizes that no model has.
pub(super) fn inspect(path: &Path) -> Result<(Gguf, File), Flaw> {
    let mut walk = Walk::start(File::open(path)?)?;
    let start = walk.array::<4>()?;
    if &start != b"GGUF" {
        let ggml = &start == b"lmgg";
        return Err(Flaw::Other(if ggml { "a model for listening" } else { what_instead(start) }));
    }
    if !VERSIONS.contains(&walk.u32()?) {
        return Err(Flaw::Odd("it is of an unknown version"));
    }
    let (tensors, pairs) = (u64_of(&mut walk)?, u64_of(&mut walk)?);
    if tensors == 0 || TENSORS_MAX < tensors || PAIRS_MAX < pairs {
        return Err(Flaw::Odd("it has more parts than any model"));
    }
    let mut told = Told::default();
    for _ in 0..pairs {
        pair(&mut walk, &mut told)?;
    }
    let weights = weights(&mut walk, tensors, told.alignment.unwrap_or(ALIGNMENT))?;
    let Some(architecture) = told.architecture else {
        return Err(Flaw::Odd("it does not tell its family"));
    };
    let context = format!("{architecture}.context_length");
    let context = told.contexts.iter().find(|(key, _)| *key == context);
    let gguf = Gguf {
        context: context.map_or(0, |(_, tokens)| *tokens),
        architecture,
        name: told.name,
        packing: weights.packing,
        parameters: weights.parameters,
        instructed: told.instructed,
        tokenizer: told.tokenizer.unwrap_or_default(),
    };
    let mut file = walk.into_file();
    std::io::Seek::rewind(&mut file)?;
    Ok((gguf, file))
}

/// What of the metadata is of interest.
#[derive(Default)]
struct Told {
    architecture: Option<String>,
    name: Option<String>,
    tokenizer: Option<String>,
    contexts: Vec<(String, u64)>,
    alignment: Option<u64>,
    instructed: bool,
}

fn u64_of(walk: &mut Walk) -> Result<u64, Flaw> {
    Ok(u64::from_le_bytes(walk.array()?))
}

/// A text whose length is held to `bytes_max` before anything is made for it.
fn text(walk: &mut Walk, bytes_max: u64) -> Result<String, Flaw> {
    let length = u64_of(walk)?;
    if bytes_max < length {
        return Err(Flaw::Odd("a text of impossible length"));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    walk.fill(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn skip_text(walk: &mut Walk) -> Result<(), Flaw> {
    let length = u64_of(walk)?;
    if TEXT_BYTES_MAX < length {
        return Err(Flaw::Odd("a text of impossible length"));
    }
    walk.skip(length)
}

const KIND_BOOL: u32 = 7;
const KIND_TEXT: u32 = 8;
const KIND_ARRAY: u32 = 9;

/// Bytes of a value that is a number, by its kind.
fn number_bytes(kind: u32) -> Option<u64> {
    Some(match kind {
        0 | 1 | KIND_BOOL => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}

fn pair(walk: &mut Walk, told: &mut Told) -> Result<(), Flaw> {
    let key = text(walk, NAME_BYTES_MAX)?;
    let kind = walk.u32()?;
    match kind {
        KIND_TEXT => match key.as_str() {
            "general.architecture" => told.architecture = Some(text(walk, NAME_BYTES_MAX)?),
            "general.name" => told.name = Some(text(walk, NAME_BYTES_MAX)?),
            "tokenizer.ggml.model" => told.tokenizer = Some(text(walk, NAME_BYTES_MAX)?),
            "tokenizer.chat_template" => {
                told.instructed = true;
                skip_text(walk)?;
            }
            _ => skip_text(walk)?,
        },
        KIND_ARRAY => skip_array(walk)?,
        _ => {
            let Some(bytes) = number_bytes(kind) else {
                return Err(Flaw::Odd("a value of an unknown kind"));
            };
            let mut value = [0; 8];
            walk.fill(&mut value[..bytes as usize])?;
            let whole = matches!(kind, 0 | 2 | 4 | 5 | 10 | 11);
            let value = u64::from_le_bytes(value);
            if key == "general.alignment" && whole {
                let sane = value.is_power_of_two() && value <= 65_536;
                told.alignment = Some(value).filter(|_| sane);
            } else if key.ends_with(".context_length") && whole {
                told.contexts.push((key, value));
            }
        }
    }
    Ok(())
}

fn skip_array(walk: &mut Walk) -> Result<(), Flaw> {
    let kind = walk.u32()?;
    let count = u64_of(walk)?;
    if ELEMENTS_MAX < count {
        return Err(Flaw::Odd("a list of impossible length"));
    }
    match (kind, number_bytes(kind)) {
        (_, Some(bytes)) => walk.skip(count * bytes),
        (KIND_TEXT, None) => (0..count).try_for_each(|_| skip_text(walk)),
        // Lists of lists stand in no model.
        (_, None) => Err(Flaw::Odd("a list of an unknown kind")),
    }
}

struct Weights {
    packing: &'static str,
    parameters: u64,
}

/// Walks over the list of tensors and holds where each lies to the size of the file.
fn weights(walk: &mut Walk, tensors: u64, alignment: u64) -> Result<Weights, Flaw> {
    let mut ends = 0_u64;
    let mut parameters = 0_u64;
    let mut packed: Vec<(u32, u64)> = Vec::new();
    for _ in 0..tensors {
        text(walk, NAME_BYTES_MAX)?;
        let dimensions = walk.u32()?;
        if dimensions > DIMENSIONS_MAX {
            return Err(Flaw::Odd("a tensor of impossible size"));
        }
        let mut elements = 1_u64;
        for _ in 0..dimensions {
            elements = elements.saturating_mul(u64_of(walk)?);
        }
        let kind = walk.u32()?;
        let offset = u64_of(walk)?;
        let Some((block, block_bytes)) = block_of(kind) else {
            return Err(Flaw::Odd("its weights are packed in an unknown way"));
        };
        let bytes = (elements / block).saturating_mul(block_bytes);
        if elements == 0 || !elements.is_multiple_of(block) || walk.bytes() < bytes {
            let short = walk.bytes() < bytes;
            let odd = Flaw::Odd("a tensor of impossible size");
            return Err(if short { Flaw::Truncated { bytes: walk.bytes() } } else { odd });
        }
        ends = ends.max(offset.saturating_add(bytes));
        parameters = parameters.saturating_add(elements);
        match packed.iter_mut().find(|(it, _)| *it == kind) {
            Some((_, whole)) => *whole += bytes,
            None => packed.push((kind, bytes)),
        }
    }
    let data = walk.at().next_multiple_of(alignment);
    if walk.bytes() < data.saturating_add(ends) {
        return Err(Flaw::Truncated { bytes: walk.bytes() });
    }
    let most = packed.iter().max_by_key(|(_, bytes)| *bytes);
    Ok(Weights { packing: most.map_or("", |(kind, _)| packing(*kind)), parameters })
}

/// What a ggml tensor type is called.
fn packing(kind: u32) -> &'static str {
    match kind {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        6 => "Q5_0",
        7 => "Q5_1",
        8 => "Q8_0",
        10 => "Q2_K",
        11 => "Q3_K",
        12 => "Q4_K",
        13 => "Q5_K",
        14 => "Q6_K",
        30 => "BF16",
        _ => "",
    }
}

#[cfg(test)]
#[path = "gguf_tests.rs"]
mod tests;
