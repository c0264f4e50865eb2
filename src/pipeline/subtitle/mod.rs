//! From a video to subtitles: probe and select, detect, listen, cue, publish; one file per step, in reading order.

pub mod select;
pub mod detect;
pub mod recipe;
pub mod listen;
pub mod cue;
pub mod publish;
pub mod ears;
mod speech;

use crate::base::cancel::Cancel;
use crate::domain::time::Ms;
use crate::engines::media::MediaEngine;
use ears::Ears;
use listen::Memory;

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Looking what the file holds, and choosing a track.
    Select,
    /// Finding out the language.
    Detect,
    /// Listening.
    Listen,
    /// Cutting cues.
    Cue,
    /// Writing files.
    Publish,
}

/// What the steps of one file work with.
pub struct Cx<'a> {
    /// FFmpeg.
    pub media: &'a mut MediaEngine,
    /// Whisper.
    pub ears: &'a mut Ears,
    /// Windows heard before.
    pub memory: &'a dyn Memory,
    /// Set when the owner interrupts.
    pub cancel: &'a Cancel,
    /// Told how much audio was decoded and how much of it is done with.
    pub progress: &'a mut dyn FnMut(Ms, Ms),
}
