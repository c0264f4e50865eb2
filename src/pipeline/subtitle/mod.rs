//! From a video to subtitles: probe, select, listen, cue, translate, publish.

pub mod publish;
