//! Whisper as its own command line uses it: the baseline for errors and time. No voice detector, no tricks.

use super::clips::SAMPLES_PER_S;
use std::path::Path;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
};

/// whisper-cli's default.
pub(crate) const BEAM: i32 = 5;
/// Whisper gives nothing for less audio, so shorter clips are filled up with silence.
const LENGTH_MS_MIN: usize = 1_200;

/// A segment as it came; times are milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// Start.
    pub(crate) start_ms: u64,
    /// End.
    pub(crate) end_ms: u64,
    /// Its text.
    pub(crate) text: String,
}

/// Loaded weights and a state.
pub(crate) struct Plain {
    state: WhisperState,
    threads: i32,
}

impl Plain {
    /// Loads the weights.
    pub(crate) fn load(model: &Path, threads: i32) -> Plain {
        whisper_rs::install_logging_hooks();
        let mut params = WhisperContextParameters::default();
        params.use_gpu(false);
        let context = WhisperContext::new_with_params(model, params).expect("the weights");
        Plain { state: context.create_state().expect("a state"), threads }
    }

    /// Listens to audio of any length, in a given language, with the settings of whisper-cli.
    pub(crate) fn hear(&mut self, samples: &[f32], lang: &'static str) -> Vec<Heard> {
        let mut samples = samples.to_vec();
        samples.resize(samples.len().max(LENGTH_MS_MIN * SAMPLES_PER_S / 1000), 0.0);
        let strategy = SamplingStrategy::BeamSearch { beam_size: BEAM, patience: -1.0 };
        let mut params = FullParams::new(strategy);
        params.set_n_threads(self.threads);
        params.set_language(Some(lang));
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_timestamps(false);
        params.set_no_context(false);
        self.state.full(params, &samples).expect("Whisper listens");
        let ms = |cs: i64| u64::try_from(cs * 10).unwrap_or(0);
        let segments = self.state.as_iter().map(|it| Heard {
            start_ms: ms(it.start_timestamp()),
            end_ms: ms(it.end_timestamp()),
            text: it.to_str_lossy().map(|it| it.into_owned()).unwrap_or_default(),
        });
        segments.collect()
    }
}
