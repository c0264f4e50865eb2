//! Listening to one window and telling its language, with whisper.cpp tuned and kept from its known faults.

use super::ffi::PassGuard;
use crate::domain::fault::Fault;
use crate::domain::time::SAMPLE_RATE_HZ;
use crate::domain::transcript::{HearParams, RawHeard, RawSegment, Token};
use crate::engines::gpu::Gpu;
use crate::engines::models::{self, Header, Kind, Shape};
use std::collections::HashMap;
use std::path::Path;
use whisper_rs::{
    DtwMode, DtwModelPreset, DtwParameters, FullParams, SamplingStrategy, WhisperContext,
    WhisperContextParameters, WhisperSegment, WhisperState,
};

/// Shorter audio is filled up with silence: whisper.cpp 1.8.3 reads past the end of very short audio.
const WINDOW_SAMPLES_MIN: usize = SAMPLE_RATE_HZ as usize * 11 / 10;
/// Samples of one encoder frame (20 ms).
const ENCODER_FRAME_SAMPLES: usize = 320;
/// Encoder frames of the full 30 s.
const ENCODER_FRAMES_MAX: usize = 1500;
/// Decoders whisper.cpp has room for (`WHISPER_MAX_DECODERS`).
const BEAM_MAX: u8 = 8;
/// Smallest step of temperature; each step is a whole decode.
const TEMPERATURE_INC_MIN: f32 = 0.1;
/// Scratch for the alignment of tokens. 224 tokens x 1500 frames x 23 heads (large-v2, the most) x 4 bytes, three times
/// over, need 93 MiB; only pages in use become resident (base: 8 heads), and all go back after each pass.
const ALIGNMENT_BYTES: usize = 128 * 1024 * 1024;
/// Combinations of prompt, language and beam a worker remembers, as whisper-rs never frees their strings.
const PRESETS_MAX: usize = 256;

/// Whisper's weights, shared by all workers.
#[derive(Debug)]
pub(super) struct Ears {
    context: WhisperContext,
    shape: Shape,
    threads: i32,
    gpu: Option<Gpu>,
}

/// Parameters made once for each combination of strings: whisper-rs leaks a language and a prompt with every set.
#[derive(Default)]
pub(super) struct Presets(HashMap<PresetKey, FullParams<'static, 'static>>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct PresetKey {
    language: &'static str,
    prompt: String,
    beam: u8,
    sampled: bool,
}

impl Ears {
    /// Loads Whisper weights after a look at the file, to a GPU where one is given.
    ///
    /// # Errors
    /// An operator fault where the file cannot be read, or is truncated, something else or garbage.
    pub(super) fn load(path: &Path, threads: u8, gpu: Option<Gpu>) -> Result<Ears, Fault> {
        let (Header::Whisper(shape), _) = models::open(path, Kind::Whisper)? else {
            return Err(Fault::bug("weights of another kind were opened as a speech model"));
        };
        let mut params = WhisperContextParameters::default();
        // Slower on a CPU in 1.8.3, and without the alignment of tokens.
        params.flash_attn(false);
        params.dtw_parameters(DtwParameters {
            mode: alignment_heads(shape),
            dtw_mem_size: ALIGNMENT_BYTES,
        });
        // Said in both cases: a build with GPU support takes the first one unless told not to.
        params.use_gpu(gpu.is_some());
        params.gpu_device(gpu.as_ref().map_or(0, |it| i32::from(it.number)));
        let context = WhisperContext::new_with_params(path, params)
            .map_err(|_| models::refused_by_ggml(path))?;
        Ok(Ears { context, shape, threads: i32::from(threads.max(1)), gpu })
    }

    /// What computes: the name of a GPU, or "processor".
    pub(super) fn device(&self) -> &str {
        self.gpu.as_ref().map_or("processor", |it| it.name.as_str())
    }

    /// Knows more than English.
    pub(super) fn multilingual(&self) -> bool {
        self.context.is_multilingual()
    }

    /// Model type, e.g. `base`.
    pub(super) fn kind(&self) -> String {
        self.context.model_type_readable_str_lossy().map(|it| it.into_owned()).unwrap_or_default()
    }

    /// Languages and their probability, most probable first, by the first 30 s of 16 kHz mono samples.
    ///
    /// # Errors
    /// Where ggml cannot compute, for a person.
    pub(super) fn detect(&self, samples: &[f32]) -> Result<Vec<(String, f32)>, String> {
        if !self.multilingual() {
            return Ok(vec![("en".to_owned(), 1.0)]);
        }
        let failed = |err| format!("the language could not be told ({err})");
        let threads = self.threads.unsigned_abs() as usize;
        let mut state = self.fresh_state()?;
        state.pcm_to_mel(&padded(samples), threads).map_err(failed)?;
        let (_, probabilities) = state.lang_detect(0, threads).map_err(failed)?;
        let mut languages: Vec<(String, f32)> = (0..self.languages())
            .zip(probabilities)
            .filter_map(|(id, p)| Some((whisper_rs::get_lang_str(id)?.to_owned(), p)))
            .collect();
        // What was left out (see `languages`) had a share that was no probability of a language.
        let sum: f32 = languages.iter().map(|(_, p)| p).sum();
        languages.iter_mut().for_each(|(_, p)| *p /= sum);
        languages.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        Ok(languages)
    }

    /// Listens to a window of 16 kHz mono samples. Equal samples and parameters give equal results.
    ///
    /// # Errors
    /// Where the language is unknown or ggml cannot compute, for a person.
    pub(super) fn hear(
        &self,
        presets: &mut Presets,
        samples: &[f32],
        wanted: &HearParams,
    ) -> Result<RawHeard, String> {
        let language = self.language(&wanted.language)?;
        let window_cs = samples.len().div_ceil(SAMPLE_RATE_HZ as usize / 100) as i64;
        let samples = padded(samples);
        let mut params = presets.get(language, wanted);
        params.set_n_threads(self.threads);
        params.set_translate(wanted.translate && self.multilingual());
        params.set_temperature(unit(wanted.temperature));
        params.set_temperature_inc(match unit(wanted.temperature_inc) {
            0.0 => 0.0,
            inc => inc.max(TEMPERATURE_INC_MIN),
        });
        params.set_audio_ctx(encoder_frames(samples.len(), wanted.audio_ctx));

        let mut state = self.fresh_state()?;
        let guard = PassGuard::new(samples.len(), self.context.token_beg());
        guard
            .full(&mut state, params, &samples)
            .map_err(|err| format!("the window could not be listened to ({err})"))?;
        let eot = self.context.token_eot();
        let segments = state.as_iter().map(|it| raw_segment(&it, eot, window_cs));
        let mut segments: Vec<_> = segments.filter(|it| !it.tokens.is_empty()).collect();
        let last_pass_cs = guard.last_pass_percent() * (samples.len() as i64 / 160) / 100;
        let no_speech_p = self.no_speech_p(&mut state)?;
        for it in segments.iter_mut().filter(|it| it.start_cs >= last_pass_cs) {
            it.no_speech_p = no_speech_p;
        }
        Ok(RawHeard { segments, language: language.to_owned() })
    }

    /// How probable it is that the encoded audio, the last pass over the window, holds no speech: the share of that
    /// token right after the start token, as it was trained. whisper.cpp 1.8.3 looks at logits it has not computed.
    fn no_speech_p(&self, state: &mut WhisperState) -> Result<f32, String> {
        let failed = |err| format!("silence could not be told from speech ({err})");
        let threads = self.threads.unsigned_abs() as usize;
        state.decode(&[self.context.token_sot()], 0, threads).map_err(failed)?;
        let logits = state.get_logits().map_err(failed)?;
        let no_speech = usize::try_from(self.context.token_nosp()).ok();
        let own = no_speech.and_then(|it| logits.get(it)).copied().unwrap_or(f32::NEG_INFINITY);
        let sum: f32 = logits.iter().map(|it| (it - own).exp()).sum();
        Ok(1.0 / sum)
    }

    /// A state that has heard nothing. whisper.cpp carries over the first decoder's random numbers (beam search and
    /// every temperature above 0 draw from them), the encoder length, which spoils the next language detection, and the
    /// size of the key-value cache: a used state would make a result depend on what was heard before.
    fn fresh_state(&self) -> Result<WhisperState, String> {
        self.context
            .create_state()
            .map_err(|err| format!("there is no memory for another window ({err})"))
    }

    /// Number of languages the weights know. whisper.cpp has a probability for `yue` even where the model has no token
    /// for it and takes that of another token.
    fn languages(&self) -> i32 {
        self.shape.vocab as i32 - 51_766
    }

    /// The code whisper.cpp is given: a model without Cantonese takes it for Chinese, an English one all for English.
    fn language(&self, wanted: &str) -> Result<&'static str, String> {
        let id = Some(wanted).filter(|it| !it.contains('\0')).and_then(whisper_rs::get_lang_id);
        let unknown = || format!("Whisper knows no language `{wanted}`");
        let code = id.and_then(whisper_rs::get_lang_str).ok_or_else(unknown)?;
        Ok(match code {
            _ if !self.multilingual() => "en",
            "yue" if id >= Some(self.languages()) => "zh",
            code => code,
        })
    }
}

impl Presets {
    fn get(&mut self, language: &'static str, wanted: &HearParams) -> FullParams<'static, 'static> {
        let key = PresetKey {
            language,
            prompt: wanted.prompt.replace('\0', ""),
            beam: wanted.beam.clamp(1, BEAM_MAX),
            sampled: unit(wanted.temperature) > 0.0,
        };
        if self.0.len() >= PRESETS_MAX {
            self.0.clear();
        }
        self.0.entry(key.clone()).or_insert_with(|| key.params()).clone()
    }
}

impl PresetKey {
    fn params(&self) -> FullParams<'static, 'static> {
        let width = i32::from(self.beam);
        // Above temperature 0 whisper.cpp has no beam: the same number of samples is drawn and the best one kept.
        let strategy = match (width, self.sampled) {
            (1, _) | (_, true) => SamplingStrategy::Greedy { best_of: width },
            (_, false) => SamplingStrategy::BeamSearch { beam_size: width, patience: -1.0 },
        };
        let mut params = FullParams::new(strategy);
        params.set_language(Some(self.language));
        if !self.prompt.is_empty() {
            params.set_initial_prompt(&self.prompt);
        }
        params.set_no_context(true);
        params.set_single_segment(false);
        params.set_token_timestamps(true);
        params.set_suppress_blank(true);
        params.set_suppress_nst(true);
        params.set_entropy_thold(2.4);
        params.set_logprob_thold(-1.0);
        // Off: whisper.cpp's own value is not computed, see `no_speech_p`; the guards look at ours.
        params.set_no_speech_thold(2.0);
        params.set_print_special(false);
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_timestamps(false);
        params
    }
}

/// Which heads of the decoder look at the sound of the word they write, by the model's sizes.
fn alignment_heads(shape: Shape) -> DtwMode<'static> {
    let english = !shape.multilingual();
    let model_preset = match (shape.audio_layers, shape.text_layers, english) {
        (4, 4, true) => DtwModelPreset::TinyEn,
        (4, 4, false) => DtwModelPreset::Tiny,
        (6, 6, true) => DtwModelPreset::BaseEn,
        (6, 6, false) => DtwModelPreset::Base,
        (12, 12, true) => DtwModelPreset::SmallEn,
        (12, 12, false) => DtwModelPreset::Small,
        (24, 24, true) => DtwModelPreset::MediumEn,
        (24, 24, false) => DtwModelPreset::Medium,
        (32, 4, _) if shape.vocab == 51_866 => DtwModelPreset::LargeV3Turbo,
        (32, 32, _) if shape.vocab == 51_866 => DtwModelPreset::LargeV3,
        // large-v1 has the same sizes; it is not offered any more.
        (32, 32, _) => DtwModelPreset::LargeV2,
        // Distilled ones: nobody published their heads.
        _ => return DtwMode::TopMost { n_top: 1 },
    };
    DtwMode::ModelPreset { model_preset }
}

/// At least [`WINDOW_SAMPLES_MIN`], by silence at the end.
fn padded(samples: &[f32]) -> Vec<f32> {
    let mut padded = samples.to_vec();
    padded.resize(samples.len().max(WINDOW_SAMPLES_MIN), 0.0);
    padded
}

/// A value clamped to 0 to 1; no number is 0.
fn unit(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

/// Encoder length for whisper.cpp: never shorter than the samples, which would end in an assertion; 0 for the full one.
fn encoder_frames(samples: usize, wanted: u16) -> i32 {
    let needed = samples.div_ceil(ENCODER_FRAME_SAMPLES) + 1;
    let frames = usize::from(wanted).max(needed);
    match i32::try_from(frames) {
        Ok(frames) if wanted > 0 && (frames as usize) < ENCODER_FRAMES_MAX => frames,
        _ => 0,
    }
}

/// A segment without its probability of no speech.
fn raw_segment(segment: &WhisperSegment<'_>, eot: i32, window_cs: i64) -> RawSegment {
    let tokens = (0..segment.n_tokens())
        .filter_map(|it| segment.get_token(it))
        .filter(|it| it.token_id() < eot)
        .filter_map(|it| {
            let data = it.token_data();
            let bytes = it.to_bytes().ok()?.to_vec();
            let t0_cs = data.t0.clamp(0, window_cs);
            let dtw_cs = if data.t_dtw < 0 { -1 } else { data.t_dtw.min(window_cs) };
            let t1_cs = data.t1.clamp(t0_cs, window_cs);
            Some(Token { bytes, p: data.p, t0_cs, t1_cs, dtw_cs })
        })
        .collect();
    let start_cs = segment.start_timestamp().clamp(0, window_cs);
    RawSegment {
        start_cs,
        end_cs: segment.end_timestamp().clamp(start_cs, window_cs),
        no_speech_p: 0.0,
        tokens,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoder_is_never_shorter_than_the_window() {
        for (samples, wanted, frames) in [
            (17_600, 0, 0),
            (17_600, 1, 56),
            (17_600, 128, 128),
            (176_000, 100, 551),
            (176_000, 1499, 1499),
            (176_000, 1500, 0),
            (480_000, 64, 0),
            (960_000, 64, 0),
        ] {
            assert_eq!(encoder_frames(samples, wanted), frames, "{samples} {wanted}");
        }
    }

    #[test]
    fn numbers_from_outside_are_brought_in_range() {
        assert_eq!(unit(f32::NAN), 0.0);
        assert_eq!(unit(-1.0), 0.0);
        assert_eq!(unit(7.0), 1.0);
        assert_eq!(padded(&[0.5]).len(), WINDOW_SAMPLES_MIN);
    }

    #[test]
    fn alignment_heads_follow_the_model() {
        let mode = |vocab, audio_layers, text_layers| {
            alignment_heads(Shape { vocab, audio_layers, text_layers })
        };
        assert!(matches!(
            mode(51_865, 6, 6),
            DtwMode::ModelPreset { model_preset: DtwModelPreset::Base }
        ));
        assert!(matches!(
            mode(51_866, 32, 4),
            DtwMode::ModelPreset { model_preset: DtwModelPreset::LargeV3Turbo }
        ));
        assert!(matches!(mode(51_865, 32, 2), DtwMode::TopMost { n_top: 1 }));
    }
}
