//! Fourth step: cut cues, and write them down in a format.

use super::select::Target;
use crate::domain::cue::{self, Cue, CueLimits};
use crate::domain::script;
use crate::domain::subtitle::{self, Format};
use crate::domain::time::Ms;
use crate::domain::transcript::Transcript;

/// Cuts a transcript into cues in the target's script; `end` is the film's length.
pub fn cut(
    mut transcript: Transcript,
    target: &Target,
    limits: &CueLimits,
    end: Option<Ms>,
) -> (Transcript, Vec<Cue>) {
    script::convert_transcript(&mut transcript, &target.lang);
    let cues = cue::build(&transcript, &target.lang, limits, end);
    (transcript, cues)
}

/// The subtitle file's bytes.
pub fn write(cues: &[Cue], format: Format, target: &Target) -> Vec<u8> {
    subtitle::write(cues, format, &target.lang).into_bytes()
}
