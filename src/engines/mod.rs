//! The outside world. Foreign code (FFmpeg, ggml, candle) runs only in children of our own binary.

pub mod llm;
pub mod server_url;
pub mod ffi;
pub mod wire;
pub mod child;
pub mod watch;
pub mod media;
pub mod whisper;
pub mod translate;
pub mod gpu;
pub mod device;
pub mod sample;
pub mod models;
mod http;
pub mod doorbell;
pub mod fetch;
pub mod files;
pub mod nfo;
pub mod metadata;
pub mod jellyfin;
pub mod notify;
