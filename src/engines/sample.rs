//! The recorded sample that is part of the program: 11 s of speech, how to hear it, and whether it was heard right.

use crate::base::text;
use crate::domain::transcript::{HearParams, RawHeard};
use crate::domain::words;

/// 16 kHz mono, 16 bits.
const WAV: &[u8] = include_bytes!("../../assets/jfk.wav");
/// What is said in it.
pub const TEXT: &str = "and so my fellow americans ask not what your country can do for you ask what you can do for \
    your country";
/// Words that may be heard otherwise, by weights other than ours.
const ERRORS_MAX: usize = 2;

/// What to do where the processor hears something else.
pub const REMEDY: &str =
    "run `kinora models verify`, and build Kinora on this machine with packaging/try.sh";

/// The file that it is.
pub fn wav() -> &'static [u8] {
    WAV
}

/// Its samples, 16 kHz mono.
pub fn pcm() -> Vec<f32> {
    let samples = data(WAV).unwrap_or_default().as_chunks::<2>().0;
    samples.iter().map(|it| f32::from(i16::from_le_bytes(*it)) / 32_768.0).collect()
}

/// The chunk of a WAV file that holds its samples.
fn data(wav: &[u8]) -> Option<&[u8]> {
    let mut chunks = wav.strip_prefix(b"RIFF")?.get(8..)?;
    loop {
        let (name, rest) = chunks.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if name == b"data" {
            return rest.get(..length);
        }
        // Chunks start at even places.
        chunks = rest.get(length.next_multiple_of(2)..)?;
    }
}

/// How to hear it.
pub fn params() -> HearParams {
    HearParams {
        language: "en".to_owned(),
        translate: false,
        beam: 1,
        temperature: 0.0,
        temperature_inc: 0.2,
        prompt: String::new(),
        // 12.8 s: the sample, and what it takes to hear its end.
        audio_ctx: 640,
    }
}

/// Compares what was heard with what is said; gives the beginning of it.
///
/// # Errors
/// The beginning of what was heard instead.
pub fn judge(heard: &RawHeard) -> Result<String, String> {
    let heard: String = heard.segments.iter().map(words::text).collect();
    let is_right = errors(&heard) <= ERRORS_MAX;
    let begins = text::clip(heard.trim(), 80);
    if is_right { Ok(begins) } else { Err(begins) }
}

/// Words that are missing, or that nobody said, whichever are more.
fn errors(heard: &str) -> usize {
    let folded = heard.to_lowercase().replace(|it: char| !it.is_alphabetic(), " ");
    let mut left: Vec<&str> = folded.split_whitespace().collect();
    let mut missing = 0;
    for word in TEXT.split_whitespace() {
        match left.iter().position(|it| *it == word) {
            Some(at) => drop(left.remove(at)),
            None => missing += 1,
        }
    }
    missing.max(left.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_whole() {
        let pcm = pcm();
        assert_eq!(pcm.len(), 176_000);
        assert!(pcm.iter().all(|it| it.abs() <= 1.0) && pcm.iter().any(|it| it.abs() > 0.3));
        assert_eq!(data(&WAV[..60]), None);
    }

    #[test]
    fn a_sample_that_is_nonsense_is_told() {
        let proper = " And so, my fellow Americans! Ask not what your country can do for you, ask what you can do \
            for your country.";
        for (heard, is_right) in [
            (TEXT, true),
            (proper, true),
            ("And so my fellow Americans", false),
            ("Thank you for watching.", false),
            ("", false),
        ] {
            assert_eq!(errors(heard) <= ERRORS_MAX, is_right, "{heard}");
        }
    }
}
