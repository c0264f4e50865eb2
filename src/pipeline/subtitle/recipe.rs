//! How a window is listened to, and the key under which its result is remembered: all that it depends on.

pub use crate::domain::order::ListenParams;
use crate::domain::time::Ms;
use crate::domain::transcript::HearParams;

/// Raised when the way from samples to words changes: what was heard before is then not reused.
pub const LISTEN_VERSION: u32 = 1;
/// Whisper's encoder has 50 positions a second.
const ENCODER_FRAMES_PER_SECOND: u64 = 50;
const ENCODER_FRAMES_MAX: u64 = 1500;
/// With less room Whisper repeats short sentences: about 10 s.
const ENCODER_FRAMES_MIN: u64 = 512;
/// The first temperature of a second try; the first try starts at 0.
const SECOND_TEMPERATURE: f32 = 0.4;
/// Texts drawn in a second try, of which the most probable counts: each takes memory.
const SECOND_SAMPLES_MAX: u8 = 2;

/// Key of a window: equal samples, parameters, weights and code give equal results.
pub(super) fn key(samples: &[f32], params: &HearParams, model: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{LISTEN_VERSION} {model} {params:?} ").as_bytes());
    for chunk in samples.chunks(4096) {
        let bytes: Vec<u8> = chunk.iter().flat_map(|it| it.to_le_bytes()).collect();
        hasher.update(&bytes);
    }
    *hasher.finalize().as_bytes()
}

/// How a window is heard, for the first or the second time.
pub(super) fn hear_params(
    params: &ListenParams,
    samples: &[f32],
    language: &str,
    translate: bool,
    second: bool,
) -> HearParams {
    HearParams {
        language: language.to_owned(),
        translate,
        beam: if second { params.beam.min(SECOND_SAMPLES_MAX) } else { params.beam },
        temperature: if second { SECOND_TEMPERATURE } else { 0.0 },
        temperature_inc: 0.2,
        prompt: if second { String::new() } else { params.prompt.clone() },
        audio_ctx: encoder_frames(params, samples.len() as u64, second),
    }
}

/// The encoder's length fitted to the window, in steps of 64; 0 is the full one. A second try gets twice the room: too
/// little of it is what makes Whisper repeat itself.
fn encoder_frames(params: &ListenParams, samples: u64, second: bool) -> u16 {
    if params.encoder_margin == 0 {
        return 0;
    }
    let spoken = Ms::of_sample(samples).0 as u64 * ENCODER_FRAMES_PER_SECOND / 1000;
    let margin = u64::from(params.encoder_margin) * if second { 2 } else { 1 };
    let frames = (spoken + margin).max(ENCODER_FRAMES_MIN).next_multiple_of(64);
    if ENCODER_FRAMES_MAX <= frames { 0 } else { u16::try_from(frames).unwrap_or(0) }
}
