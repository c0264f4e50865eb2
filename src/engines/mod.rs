//! The outside world. Foreign code (FFmpeg, ggml) runs only in children of our own binary.

pub mod ffi;
pub mod wire;
pub mod child;
pub mod watch;
pub mod media;
pub mod whisper;
pub mod gpu;
pub mod sample;
pub mod models;
pub mod fetch;
pub mod files;
pub mod nfo;
