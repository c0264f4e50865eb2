//! All tests that see the crate from outside, in one binary: one link, one run.

#![expect(clippy::unwrap_used, reason = "what fails in a test's helper fails the test")]

mod whisper;
mod names;
mod publish;
mod store;
mod formats;
mod cli;
