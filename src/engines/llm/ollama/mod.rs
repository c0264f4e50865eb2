//! Ollama over its own API (PROTOCOLS.md section 4).

mod chat;
mod pull;

pub(super) use chat::Ollama;
pub use chat::{Held, context_max, models};
pub use pull::{pull, pull_with};
