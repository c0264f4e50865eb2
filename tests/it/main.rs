//! All tests that see the crate from outside, in one binary: one link, one run.

#![expect(clippy::unwrap_used, reason = "what fails in a test's helper fails the test")]

mod support;

mod tidy;
mod cli;
mod config;
mod models;
mod store;
mod names;
mod formats;
mod media;
mod whisper;
mod listen;
mod publish;
mod run;
mod yardstick;
mod corpus;
