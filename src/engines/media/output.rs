//! What a decode gives out: frames of equal length, only the wanted part, gaps as silence.

use crate::domain::time::Ms;
use std::io;

/// Samples in one frame to the parent: half a second.
const FRAME_SAMPLES: usize = 8000;
/// While audio before the wanted part is skipped, an empty frame says every so many samples that work goes on.
const ALIVE_SAMPLES: i64 = 16_000 * 60;

/// Counts what is played and passes on what lies in the wanted part.
pub(super) struct Output<'a> {
    at: i64,
    from: i64,
    end: i64,
    alive_at: i64,
    buffer: Vec<f32>,
    given: u64,
    inserted: u64,
    give: &'a mut dyn FnMut(&[f32]) -> io::Result<()>,
}

impl<'a> Output<'a> {
    /// For the part that starts at `from` and is `length` long.
    pub(super) fn new(
        from: Option<Ms>,
        length: Option<Ms>,
        give: &'a mut dyn FnMut(&[f32]) -> io::Result<()>,
    ) -> Output<'a> {
        let sample = |at: Ms| i64::try_from(at.to_sample()).unwrap_or(i64::MAX);
        let from = from.map_or(0, sample);
        let end = length.map_or(i64::MAX, |it| from.saturating_add(sample(it)));
        let buffer = Vec::with_capacity(FRAME_SAMPLES);
        Output { at: 0, from, end, alive_at: 0, buffer, given: 0, inserted: 0, give }
    }

    /// The next sample to be played, counted from the container's start.
    pub(super) fn at(&self) -> i64 {
        self.at
    }

    /// First sample that is wanted.
    pub(super) fn from(&self) -> i64 {
        self.from
    }

    /// Says where playing begins, after a seek.
    pub(super) fn start_at(&mut self, at: i64) {
        self.at = at;
        self.alive_at = at;
    }

    /// Samples passed on.
    pub(super) fn given(&self) -> u64 {
        self.given
    }

    /// Silence among them.
    pub(super) fn inserted(&self) -> u64 {
        self.inserted
    }

    /// True once all that is wanted was played.
    pub(super) fn is_full(&self) -> bool {
        self.at >= self.end
    }

    /// Plays samples.
    pub(super) fn play(&mut self, samples: &[f32]) -> io::Result<()> {
        let length = samples.len() as i64;
        let skip = (self.from - self.at).clamp(0, length);
        let stop = (self.end - self.at).clamp(skip, length);
        self.at += length;
        let mut wanted = &samples[skip as usize..stop as usize];
        if wanted.is_empty() {
            return self.say_alive();
        }
        self.given += wanted.len() as u64;
        while !wanted.is_empty() {
            let room = FRAME_SAMPLES - self.buffer.len();
            let (now, later) = wanted.split_at(room.min(wanted.len()));
            self.buffer.extend_from_slice(now);
            wanted = later;
            if self.buffer.len() == FRAME_SAMPLES {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Plays silence up to this sample.
    pub(super) fn silence_until(&mut self, at: i64) -> io::Result<()> {
        static SILENCE: [f32; FRAME_SAMPLES] = [0.0; FRAME_SAMPLES];
        let before = self.given;
        while self.at < at && !self.is_full() {
            let now = (at - self.at).min(FRAME_SAMPLES as i64);
            self.play(&SILENCE[..now as usize])?;
        }
        self.inserted += self.given - before;
        Ok(())
    }

    /// Passes on what is left.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            (self.give)(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    fn say_alive(&mut self) -> io::Result<()> {
        if self.at < self.alive_at.saturating_add(ALIVE_SAMPLES) {
            return Ok(());
        }
        self.alive_at = self.at;
        (self.give)(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wanted_part_is_given_in_equal_frames() {
        let mut frames: Vec<Vec<f32>> = Vec::new();
        let mut give = |samples: &[f32]| {
            frames.push(samples.to_vec());
            Ok(())
        };
        let mut output = Output::new(Some(Ms(1000)), Some(Ms(1000)), &mut give);
        let ramp: Vec<f32> = (0..10_000).map(|it| it as f32).collect();
        output.play(&ramp).unwrap();
        output.play(&ramp).unwrap();
        output.silence_until(24_000).unwrap();
        output.play(&ramp).unwrap();
        output.flush().unwrap();
        assert!(output.is_full());
        assert_eq!((output.given(), output.inserted()), (16_000, 4000));
        assert_eq!(frames.iter().map(Vec::len).collect::<Vec<_>>(), [8000, 8000]);
        let all = frames.concat();
        assert_eq!((all[0], all[3999], all[4000], all[8000]), (6000.0, 9999.0, 0.0, 0.0));
    }
}
