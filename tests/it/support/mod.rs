//! What tests and benches measure with: recorded speech with texts, films made of it, a yardstick, plain Whisper, a
//! Jellyfin, and a language model server that follows a script.

pub(crate) mod clips;
pub(crate) mod film;
pub(crate) mod jellyfin;
pub(crate) mod forms;
pub(crate) mod kinora;
pub(crate) mod llm;
#[cfg(test)]
pub(crate) mod ntfy;
pub(crate) mod official;
pub(crate) mod onset;
pub(crate) mod order;
pub(crate) mod plain;
pub(crate) mod score;
pub(crate) mod srt;
pub(crate) mod words;
