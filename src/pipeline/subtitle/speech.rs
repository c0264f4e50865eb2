//! Voice activity over a stream: audio goes in, windows of speech come out.

use super::Cx;
use super::ears::{self, Ears};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::media::DecodeReport;
use crate::domain::speech::{
    AudioBuffer, Packer, Segmenter, SpeechParams, VAD_FRAME_SAMPLES, Window,
};
use crate::domain::time::{Ms, Span};
use std::path::Path;

/// Audio asked about at once: half a minute.
const CHUNK_SAMPLES: u64 = 1024 * VAD_FRAME_SAMPLES;
/// Silero remembers what it heard, and the engine starts every request afresh: so each chunk begins two seconds early,
/// and what it says of those is thrown away.
const WARM_UP_SAMPLES: u64 = 64 * VAD_FRAME_SAMPLES;

/// The shortest pause a cue may begin after.
const PAUSE_MIN: Ms = Ms(64);

/// Where somebody speaks in all of a track, on the video's clock, in order and without overlaps; pauses of
/// 64 ms part the spans. Nothing is listened to: an engine that is started for this loads no speech model.
/// Progress tells how much was decoded and how much of it was looked through.
///
/// # Errors
/// Where the file cannot be decoded, the engine keeps dying, or the owner interrupted.
pub fn find_all(
    cx: &mut Cx<'_>,
    path: &Path,
    track: u32,
    params: &SpeechParams,
) -> Result<(Vec<Span>, DecodeReport), Fault> {
    let Cx { media, ears, cancel, progress, .. } = cx;
    let mut finder = SpeechFinder { alone: true, ..SpeechFinder::new(params) };
    let report = media.decode(path, track, None, None, cancel, &mut |pcm| {
        // Windows are for listening; here only where they would lie is of use.
        finder.push(&pcm, ears, cancel)?;
        progress(finder.received(), finder.looked());
        Ok(())
    })?;
    finder.finish(ears, cancel)?;
    if cancel.is_set() {
        return Err(ears::interrupted());
    }
    progress(finder.received(), finder.looked());
    Ok((finder.speech, report))
}

/// Finds speech in a stream of samples; memory is bounded whatever its length.
#[derive(Debug)]
pub(super) struct SpeechFinder {
    audio: AudioBuffer,
    /// First sample the detector was not asked about.
    asked: u64,
    segmenter: Segmenter,
    /// Sees shorter pauses: cues begin and end there, windows do not.
    fine: Segmenter,
    packer: Packer,
    pad: u64,
    speech: Vec<Span>,
    /// Nothing will be listened to.
    alone: bool,
}

impl SpeechFinder {
    /// Starts at the first sample.
    pub(super) fn new(params: &SpeechParams) -> SpeechFinder {
        SpeechFinder {
            audio: AudioBuffer::default(),
            asked: 0,
            segmenter: Segmenter::new(params.clone()),
            fine: Segmenter::new(SpeechParams { silence_min: PAUSE_MIN, ..params.clone() }),
            packer: Packer::new(params.clone()),
            pad: params.pad.to_sample(),
            speech: Vec::new(),
            alone: false,
        }
    }

    /// Takes the next samples; gives windows that are full.
    ///
    /// # Errors
    /// Where the detector fails, or the owner interrupted.
    pub(super) fn push(
        &mut self,
        pcm: &[f32],
        ears: &mut Ears,
        cancel: &Cancel,
    ) -> Result<Vec<Window>, Fault> {
        self.audio.push(pcm);
        let mut windows = Vec::new();
        // One padding more than the chunk is there, so that a window never depends on how the samples arrived.
        while self.asked + CHUNK_SAMPLES + self.pad <= self.audio.end() {
            windows.extend(self.ask(self.asked + CHUNK_SAMPLES, ears, cancel)?);
        }
        Ok(windows)
    }

    /// The audio ended; gives the last windows.
    ///
    /// # Errors
    /// As `push`.
    pub(super) fn finish(
        &mut self,
        ears: &mut Ears,
        cancel: &Cancel,
    ) -> Result<Vec<Window>, Fault> {
        let mut windows = Vec::new();
        while self.asked < self.audio.end() {
            let to = self.audio.end().min(self.asked + CHUNK_SAMPLES);
            windows.extend(self.ask(to, ears, cancel)?);
        }
        if let Some(segment) = self.fine.finish() {
            self.note(segment);
        }
        if let Some(segment) = self.segmenter.finish() {
            windows.extend(self.packer.push(segment, &self.audio));
        }
        windows.extend(self.packer.finish());
        Ok(windows)
    }

    /// Where speech was found so far.
    pub(super) fn speech(&self) -> &[Span] {
        &self.speech
    }

    /// How far the audio was looked through.
    pub(super) fn looked(&self) -> Ms {
        Ms::of_sample(self.asked)
    }

    /// How much audio came in.
    pub(super) fn received(&self) -> Ms {
        Ms::of_sample(self.audio.end())
    }

    fn ask(&mut self, to: u64, ears: &mut Ears, cancel: &Cancel) -> Result<Vec<Window>, Fault> {
        let from = self.asked.saturating_sub(WARM_UP_SAMPLES);
        let pcm: Vec<f32> = self.audio.range(from, to).collect();
        let probabilities =
            if self.alone { ears.vad_alone(&pcm, cancel) } else { ears.vad(&pcm, cancel) }?;
        let warm_up = ((self.asked - from) / VAD_FRAME_SAMPLES) as usize;
        self.asked = to;
        let mut windows = Vec::new();
        for probability in probabilities.into_iter().skip(warm_up) {
            if let Some(segment) = self.fine.push(probability) {
                self.note(segment);
            }
            if let Some(segment) = self.segmenter.push(probability) {
                windows.extend(self.packer.push(segment, &self.audio));
            }
        }
        let open = self.segmenter.open_since().unwrap_or(to);
        let needed = open.saturating_sub(self.pad + CHUNK_SAMPLES / 8);
        self.audio.forget_before(needed.min(to.saturating_sub(WARM_UP_SAMPLES)));
        Ok(windows)
    }

    fn note(&mut self, segment: crate::domain::speech::Segment) {
        let span = Span { start: Ms::of_sample(segment.start), end: Ms::of_sample(segment.end) };
        match self.speech.last_mut() {
            Some(last) if segment.joined => last.end = span.end,
            Some(_) | None => self.speech.push(span),
        }
    }
}
