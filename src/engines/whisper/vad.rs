//! Voice activity by Silero's network: how probable speech is, frame by frame.

use crate::domain::fault::Fault;
use crate::engines::models::{self, Kind};
use std::os::fd::AsRawFd;
use std::path::Path;
use whisper_rs::{WhisperVadContext, WhisperVadContextParams};

/// The loaded network. Each call starts from silence: nothing is carried from one to the next.
#[derive(Debug)]
pub(super) struct VoiceDetector(WhisperVadContext);

impl VoiceDetector {
    /// Loads Silero's weights after a look at the file.
    ///
    /// # Errors
    /// An operator fault where the file cannot be read or is something else.
    pub(super) fn load(path: &Path) -> Result<VoiceDetector, Fault> {
        let (_, file) = models::open(path, Kind::Vad)?;
        // By descriptor, because whisper-rs takes a path as UTF-8 only, and so that it is the file that was checked.
        let open = format!("/proc/self/fd/{}", file.as_raw_fd());
        let mut params = WhisperVadContextParams::default();
        params.set_n_threads(1);
        WhisperVadContext::new(&open, params)
            .map(VoiceDetector)
            .map_err(|_| models::refused_by_ggml(path))
    }

    /// Probability of speech in each [`VAD_FRAME_SAMPLES`](crate::domain::speech::VAD_FRAME_SAMPLES) of 16 kHz mono
    /// samples; the last one for the rest.
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
