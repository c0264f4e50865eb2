//! Where speech truly begins and ends in a clean recording, by its energy alone.

use super::clips::SAMPLES_PER_S;
use std::ops::Range;

const FRAME_SAMPLES: usize = SAMPLES_PER_S / 100;
const FRAME_MS: u64 = 10;
/// Speech is what lies above this, under the loudest frame of the clip.
const UNDER_PEAK_DB: f32 = 35.0;
/// Shorter bursts are clicks.
const SPEECH_FRAMES_MIN: usize = 3;
/// Shorter pauses are plosives inside of words: no onset follows them. A cue that begins in running speech can only be
/// held against pauses as short as these.
const PAUSE_FRAMES_MIN: usize = 6;

/// Stretches of speech in milliseconds, in order: at least 30 ms long, at least 60 ms apart.
pub(crate) fn speech(samples: &[f32]) -> Vec<Range<u64>> {
    let level = |frame: &[f32]| {
        let power = frame.iter().map(|it| it * it).sum::<f32>() / frame.len().max(1) as f32;
        10.0 * power.max(1e-12).log10()
    };
    let levels: Vec<f32> = samples.chunks(FRAME_SAMPLES).map(level).collect();
    let peak = levels.iter().copied().fold(f32::MIN, f32::max);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut begin = None;
    for at in 0..=levels.len() {
        let loud = levels.get(at).is_some_and(|it| *it > peak - UNDER_PEAK_DB);
        match (loud, begin) {
            (true, None) => begin = Some(at),
            (false, Some(from)) => {
                begin = None;
                if at - from < SPEECH_FRAMES_MIN {
                    continue;
                }
                match found.last_mut() {
                    Some(last) if from - last.end < PAUSE_FRAMES_MIN => last.end = at,
                    _ => found.push(from..at),
                }
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    found.into_iter().map(|it| it.start as u64 * FRAME_MS..it.end as u64 * FRAME_MS).collect()
}
