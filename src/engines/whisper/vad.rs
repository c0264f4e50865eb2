//! Voice activity by Silero's network: how probable speech is, frame by frame.

use super::weights;
use crate::domain::fault::Fault;
use std::os::fd::AsRawFd;
use std::path::Path;
use whisper_rs::{WhisperVadContext, WhisperVadContextParams};

/// Samples a probability stands for: Silero's frame at 16 kHz.
pub const VAD_FRAME_SAMPLES: usize = 512;

/// The loaded network. Each call starts from silence: nothing is carried from one to the next.
#[derive(Debug)]
pub(super) struct VoiceDetector(WhisperVadContext);

impl VoiceDetector {
    /// Loads Silero's weights after a look at the file.
    ///
    /// # Errors
    /// An operator fault where the file cannot be read or is something else.
    pub(super) fn load(path: &Path) -> Result<VoiceDetector, Fault> {
        let file = weights::check_vad(path)?;
        // By descriptor, because whisper-rs takes a path as UTF-8 only, and so that it is the file that was checked.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let mut params = WhisperVadContextParams::default();
        params.set_n_threads(1);
        WhisperVadContext::new(&path, params)
            .map(VoiceDetector)
            .map_err(|_| weights::refused_by_ggml(weights::Kind::Vad))
    }

    /// Probability of speech in each [`VAD_FRAME_SAMPLES`] of 16 kHz mono samples; the last one for the rest.
    ///
    /// # Errors
    /// Where ggml cannot compute, for a person.
    pub(super) fn probabilities(&mut self, samples: &[f32]) -> Result<Vec<f32>, String> {
        if samples.is_empty() {
            return Ok(Vec::new());
        }
        self.0
            .detect_speech(samples)
            .map_err(|err| format!("voice activity could not be computed ({err})"))?;
        Ok(self.0.probabilities().to_vec())
    }
}
