//! What tests and benches measure with: recorded speech with texts, films made of it, a yardstick, and plain Whisper.

pub(crate) mod clips;
pub(crate) mod film;
pub(crate) mod kinora;
pub(crate) mod onset;
pub(crate) mod order;
pub(crate) mod plain;
pub(crate) mod score;
pub(crate) mod srt;
pub(crate) mod words;
