//! Speech in audio: from voice activity probabilities to windows that are cut in silence and mapped back exactly.
//!
//! [`Segmenter`] turns probabilities into speech segments, [`Packer`] joins segments into windows of at most 30 s, and
//! [`Window::to_source`] maps times inside a window back to the audio, piece by piece.

use super::time::{Ms, Span};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Samples of one voice activity probability: 32 ms, the frame Silero was trained on.
pub const VAD_FRAME_SAMPLES: u64 = 512;

/// How speech is found and packed; every one a setting in `[listen]`, part of the recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeechParams {
    /// Probability at which speech begins; it ends 0.15 below, as Silero's authors do.
    pub threshold: f32,
    /// Speech shorter than this is a click.
    pub speech_min: Ms,
    /// Silence shorter than this is a pause inside speech.
    pub silence_min: Ms,
    /// Audio kept before and after each segment: soft onsets lie there.
    pub pad: Ms,
    /// Longest window. Whisper hears up to 30 s at once, but then the engine takes more than 300 MB beside the weights.
    pub window_max: Ms,
    /// A window that is this long is closed at the next pause: short windows are heard faster, too short ones worse.
    pub window_aim: Ms,
    /// Silence that makes a pause; shorter ones lie inside sentences.
    pub close_pause: Ms,
    /// A window that is half as long as it should be is closed at a silence of this length.
    pub close_gap: Ms,
}

impl Default for SpeechParams {
    fn default() -> SpeechParams {
        SpeechParams {
            threshold: 0.5,
            speech_min: Ms(96),
            silence_min: Ms(160),
            pad: Ms(200),
            window_max: Ms(18_000),
            window_aim: Ms(12_000),
            close_pause: Ms(400),
            close_gap: Ms(3_000),
        }
    }
}

/// How far below the threshold speech ends.
const HYSTERESIS: f32 = 0.15;

fn frames(ms: Ms) -> u64 {
    ms.to_sample().div_ceil(VAD_FRAME_SAMPLES)
}

/// A stretch of speech in samples, unpadded. `joined` where it goes on without silence from the one before, because
/// a window holds no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First sample.
    pub start: u64,
    /// First sample after it.
    pub end: u64,
    /// Cut in the middle of speech, at its quietest point.
    pub joined: bool,
}

/// Folds voice activity probabilities into segments, one frame at a time, with a bounded look back.
#[derive(Debug)]
pub struct Segmenter {
    params: SpeechParams,
    frame: u64,
    /// Frame at which the running segment began.
    start: Option<u64>,
    /// First frame of the silence that may end the running segment.
    quiet_since: Option<u64>,
    /// Probabilities of the running segment, to cut it at its quietest point.
    heard: VecDeque<f32>,
    joined: bool,
}

impl Segmenter {
    /// Starts at the first sample of the audio.
    pub fn new(params: SpeechParams) -> Segmenter {
        let heard = VecDeque::new();
        Segmenter { params, frame: 0, start: None, quiet_since: None, heard, joined: false }
    }

    /// Takes the next frame's probability; gives a segment that ended with it.
    pub fn push(&mut self, probability: f32) -> Option<Segment> {
        let frame = self.frame;
        self.frame += 1;
        let Some(start) = self.start else {
            if self.params.threshold <= probability {
                self.start = Some(frame);
                self.heard.clear();
                self.heard.push_back(probability);
            }
            return None;
        };
        self.heard.push_back(probability);
        if self.params.threshold <= probability {
            self.quiet_since = None;
        } else if probability < self.params.threshold - HYSTERESIS {
            let since = *self.quiet_since.get_or_insert(frame);
            if frames(self.params.silence_min) <= frame + 1 - since {
                return self.close(start, since);
            }
        }
        // The padding on both sides must fit into the window with it.
        let longest = frames(self.params.window_max - self.params.pad - self.params.pad);
        if longest <= frame + 1 - start {
            return Some(self.cut(start, longest));
        }
        None
    }

    /// The audio ended: gives the running segment. Ready for nothing more.
    pub fn finish(&mut self) -> Option<Segment> {
        let start = self.start?;
        let end = self.quiet_since.unwrap_or(self.frame);
        self.close(start, end)
    }

    /// Where the running segment began, in samples: audio before it is needed no more but for padding.
    pub fn open_since(&self) -> Option<u64> {
        self.start.map(|it| it * VAD_FRAME_SAMPLES)
    }

    fn close(&mut self, start: u64, end: u64) -> Option<Segment> {
        let joined = self.joined;
        self.start = None;
        self.quiet_since = None;
        self.joined = false;
        let long_enough = joined || frames(self.params.speech_min) <= end - start;
        long_enough.then(|| segment(start, end, joined))
    }

    /// Cuts an endless segment at its quietest frame in the second half, and goes on behind the cut.
    fn cut(&mut self, start: u64, longest: u64) -> Segment {
        let from = (longest / 2) as usize;
        let quietest = self.heard.iter().enumerate().skip(from).min_by(|a, b| a.1.total_cmp(b.1));
        let at = quietest.map_or(longest, |(index, _)| (index as u64).max(1));
        self.heard.drain(..at as usize);
        let cut = segment(start, start + at, self.joined);
        self.start = Some(start + at);
        self.joined = true;
        self.quiet_since = self.quiet_since.map(|it| it.max(start + at));
        cut
    }
}

fn segment(start: u64, end: u64, joined: bool) -> Segment {
    Segment { start: start * VAD_FRAME_SAMPLES, end: end * VAD_FRAME_SAMPLES, joined }
}

/// A stretch of the audio inside a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// First sample in the audio.
    pub source: u64,
    /// First sample in the window.
    pub at: u64,
    /// Samples.
    pub len: u64,
}

/// Up to 30 s of speech to listen to at once: pieces of the audio, one behind the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The samples, padding included.
    pub samples: Vec<f32>,
    /// Where they come from, in order, without gaps in the window.
    pub pieces: Vec<Piece>,
    /// Speech without padding, in the audio.
    pub speech: Vec<Span>,
}

impl Window {
    /// A time inside the window on the audio's clock: exact inside a piece, and never outside the pieces.
    pub fn to_source(&self, at: Ms) -> Ms {
        let sample = at.to_sample();
        let inside = self.pieces.iter().rev().find(|it| it.at <= sample).or(self.pieces.first());
        let Some(piece) = inside else { return Ms(0) };
        Ms::of_sample(piece.source + (sample - piece.at.min(sample)).min(piece.len))
    }

    /// A span inside the window on the audio's clock. It may not reach over the seam between two pieces: where it
    /// would, the piece that holds more of it takes it whole.
    pub fn span_to_source(&self, span: Span) -> Span {
        let (from, to) = (span.start.to_sample(), span.end.to_sample());
        let held = |piece: &&Piece| to.min(piece.at + piece.len).saturating_sub(from.max(piece.at));
        let most = self.pieces.iter().max_by_key(held);
        let Some(piece) = most.filter(|it| held(it) > 0) else {
            let at = self.to_source(span.start);
            return Span { start: at, end: at };
        };
        let clamp = |sample: u64| {
            let sample = sample.clamp(piece.at, piece.at + piece.len);
            Ms::of_sample(piece.source + sample - piece.at)
        };
        Span { start: clamp(from), end: clamp(to) }
    }

    /// From the first to the last sample, on the audio's clock.
    pub fn span(&self) -> Span {
        let start = self.pieces.first().map_or(0, |it| it.source);
        let end = self.pieces.last().map_or(0, |it| it.source + it.len);
        Span { start: Ms::of_sample(start), end: Ms::of_sample(end) }
    }
}

/// Joins segments to windows. Silence between two segments shrinks to their padding; nothing of the speech is left out.
#[derive(Debug)]
pub struct Packer {
    params: SpeechParams,
    open: Option<Window>,
}

impl Packer {
    /// An empty packer.
    pub fn new(params: SpeechParams) -> Packer {
        Packer { params, open: None }
    }

    /// Takes the next segment; `audio` gives the samples of a range, which may reach before or beyond what exists.
    /// Gives the window that was full before it.
    pub fn push(&mut self, segment: Segment, audio: &AudioBuffer) -> Option<Window> {
        let pad = self.params.pad.to_sample();
        let start = segment.start.saturating_sub(if segment.joined { 0 } else { pad });
        // The segment before may own this padding already.
        let start = self.last_end().map_or(start, |end| start.max(end));
        let end = (segment.end + pad).min(audio.end()).max(start);
        let full = self.closes_before(segment, end - start).then(|| self.open.take()).flatten();
        let window = self.open.get_or_insert_with(|| Window {
            samples: Vec::new(),
            pieces: Vec::new(),
            speech: Vec::new(),
        });
        let at = window.samples.len() as u64;
        window.samples.extend(audio.range(start, end));
        let len = window.samples.len() as u64 - at;
        window.pieces.push(Piece { source: start, at, len });
        let span = Span { start: Ms::of_sample(segment.start), end: Ms::of_sample(segment.end) };
        window.speech.push(span);
        full
    }

    /// The audio ended, or a break is wanted: gives the window that is open.
    pub fn finish(&mut self) -> Option<Window> {
        self.open.take()
    }

    fn last_end(&self) -> Option<u64> {
        let piece = self.open.as_ref()?.pieces.last()?;
        Some(piece.source + piece.len)
    }

    fn closes_before(&self, next: Segment, next_len: u64) -> bool {
        let Some(window) = &self.open else { return false };
        let len = window.samples.len() as u64;
        let max = self.params.window_max.to_sample();
        let gap =
            window.pieces.last().map_or(0, |it| next.start.saturating_sub(it.source + it.len));
        let aim = self.params.window_aim.to_sample();
        let closes = |from: u64, pause: Ms| from <= len && pause.to_sample() <= gap;
        max < len + next_len
            || closes(aim, self.params.close_pause)
            || closes(aim / 2, self.params.close_gap)
    }
}

/// The latest stretch of the audio, from which segments take their samples; older ones are forgotten.
#[derive(Debug, Default)]
pub struct AudioBuffer {
    first: u64,
    samples: VecDeque<f32>,
}

impl AudioBuffer {
    /// Adds samples at the end.
    pub fn push(&mut self, samples: &[f32]) {
        self.samples.extend(samples);
    }

    /// First sample that does not exist yet.
    pub fn end(&self) -> u64 {
        self.first + self.samples.len() as u64
    }

    /// Forgets what lies before `sample`.
    pub fn forget_before(&mut self, sample: u64) {
        let count = sample.clamp(self.first, self.end()) - self.first;
        self.samples.drain(..count as usize);
        self.first += count;
    }

    /// The samples of a range, as far as they are there.
    pub fn range(&self, start: u64, end: u64) -> impl Iterator<Item = f32> + '_ {
        let from = start.clamp(self.first, self.end()) - self.first;
        let to = end.clamp(self.first, self.end()) - self.first;
        self.samples.range(from as usize..to.max(from) as usize).copied()
    }
}

#[cfg(test)]
#[path = "speech_tests.rs"]
mod tests;
