//! All tests that see the crate from outside, in one binary: one link, one run.

#![expect(clippy::unwrap_used, reason = "what fails in a test's helper fails the test")]

mod tidy;
mod whisper;
mod listen;
mod names;
mod formats;
mod cli;
mod config;
mod models;
mod media;
mod publish;
mod store;
