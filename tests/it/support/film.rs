//! Films made of recorded sentences, silence and music, with all about them known; equal seeds make equal films.

use super::clips::{Clip, SAMPLES_PER_S};
use super::onset;
use super::words::words;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

/// Loudness of the room's noise under everything (-66 dB): no film is digitally silent.
const ROOM: f32 = 0.0005;

/// How a film is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Whisper's code of the spoken language.
    pub(crate) lang: &'static str,
    /// Equal seeds make equal films.
    pub(crate) seed: u64,
    /// The film ends after the sentence that reaches this, or when all clips were used.
    pub(crate) length_s: usize,
    /// Of so many pauses one is music of 10 to 30 s and another a silence of 5 to 20 s; the others last 0.4 to 3 s.
    pub(crate) pauses_per_long: usize,
}

/// A sentence in a film; times are milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Number of the clip in the list the film was made of.
    pub(crate) clip: usize,
    /// From the clip's first to its last sample.
    pub(crate) span: Range<u64>,
}

/// A film and all that is known of it; times are milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Film {
    /// Whisper's code of the spoken language.
    pub(crate) lang: &'static str,
    /// 16 kHz mono.
    pub(crate) samples: Vec<f32>,
    /// Its sentences in order.
    pub(crate) said: Vec<Said>,
    /// All that is said, folded.
    pub(crate) words: Vec<String>,
    /// Where somebody truly speaks, in order.
    pub(crate) speech: Vec<Range<u64>>,
}

impl Film {
    /// Length in milliseconds.
    pub(crate) fn length_ms(&self) -> u64 {
        ms(self.samples.len())
    }

    /// Stretches where nobody speaks, from speech to speech: silence and music.
    pub(crate) fn passages(&self) -> Vec<Range<u64>> {
        let starts = std::iter::once(0).chain(self.speech.iter().map(|it| it.end));
        let ends = self.speech.iter().map(|it| it.start).chain([self.length_ms()]);
        starts.zip(ends).map(|(start, end)| start..end).collect()
    }

    /// Writes it as Matroska with a small picture, the audio as FFmpeg's arguments say, e.g. `-c:a flac`.
    pub(crate) fn write(&self, path: &Path, audio: &[&str]) {
        let mut child = Command::new("ffmpeg")
            .args([
                "-v", "error", "-nostdin", "-y", "-f", "f32le", "-ar", "16000", "-ac", "1", "-i",
                "pipe:0",
            ])
            .args(["-f", "lavfi", "-i", "color=black:size=64x36:rate=5", "-shortest"])
            .args(["-map", "1:v", "-map", "0:a", "-c:v", "mpeg4"])
            .args(audio)
            .arg(path)
            .stdin(Stdio::piped())
            .spawn()
            .expect("the ffmpeg command");
        let bytes: Vec<u8> = self.samples.iter().flat_map(|it| it.to_le_bytes()).collect();
        child.stdin.take().expect("a pipe").write_all(&bytes).expect("ffmpeg reads");
        assert!(child.wait().expect("ffmpeg ends").success());
    }

    /// The film's sentences, one a line: start and end in milliseconds, clip, text, tabs between them.
    pub(crate) fn manifest(&self, clips: &[Clip]) -> String {
        let line = |said: &Said| {
            let (Clip { name, text, .. }, Range { start, end }) = (&clips[said.clip], &said.span);
            format!("{start}\t{end}\t{name}\t{text}\n")
        };
        self.said.iter().map(line).collect()
    }

    /// Share of the film in which somebody speaks, percent.
    pub(crate) fn speech_percent(&self) -> f64 {
        let speech: u64 = self.speech.iter().map(|it| it.end - it.start).sum();
        100.0 * speech as f64 / self.length_ms().max(1) as f64
    }
}

/// Makes a film of the clips, each once, in an order of the seed's.
pub(crate) fn film(layout: &Layout, clips: &[Clip], music: &[Vec<f32>]) -> Film {
    let mut chance = Chance(layout.seed);
    let mut film = Film {
        lang: layout.lang,
        samples: Vec::new(),
        said: Vec::new(),
        words: Vec::new(),
        speech: Vec::new(),
    };
    for (pause, clip) in chance.shuffled(clips.len()).into_iter().enumerate() {
        if film.length_ms() >= layout.length_s as u64 * 1000 {
            break;
        }
        match pause % layout.pauses_per_long {
            2 => add_music(&mut film, music, &mut chance),
            4 => add_silence(&mut film, chance.between(5_000, 20_000)),
            _ => add_silence(&mut film, chance.between(400, 3_000)),
        }
        add_clip(&mut film, clip, &clips[clip]);
    }
    add_silence(&mut film, 1_500);
    for sample in &mut film.samples {
        *sample += ROOM * chance.unit();
    }
    film
}

fn add_clip(film: &mut Film, number: usize, clip: &Clip) {
    let samples = clip.samples();
    let start = ms(film.samples.len());
    film.speech
        .extend(onset::speech(&samples).into_iter().map(|it| start + it.start..start + it.end));
    film.words.extend(words(&clip.text, film.lang));
    film.samples.extend(samples);
    film.said.push(Said { clip: number, span: start..ms(film.samples.len()) });
}

fn add_music(film: &mut Film, music: &[Vec<f32>], chance: &mut Chance) {
    let piece = &music[chance.between(0, music.len() as u64 - 1) as usize];
    let length = (chance.between(10_000, 30_000) as usize * SAMPLES_PER_S / 1000).min(piece.len());
    let from = chance.between(0, (piece.len() - length) as u64) as usize;
    add_silence(film, chance.between(300, 800));
    film.samples.extend_from_slice(&piece[from..from + length]);
    add_silence(film, chance.between(300, 800));
}

/// Whole frames of 10 ms, so that times in milliseconds are exact.
fn add_silence(film: &mut Film, length_ms: u64) {
    let frame = SAMPLES_PER_S / 100;
    let end = film.samples.len() + length_ms as usize * SAMPLES_PER_S / 1000;
    film.samples.resize(end.next_multiple_of(frame), 0.0);
}

fn ms(samples: usize) -> u64 {
    (samples * 1000 / SAMPLES_PER_S) as u64
}

/// SplitMix64: chance that is the same everywhere.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// From -1 to 1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    pub(crate) fn shuffled(&mut self, length: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..length).collect();
        for at in (1..length).rev() {
            order.swap(at, self.between(0, at as u64) as usize);
        }
        order
    }
}
