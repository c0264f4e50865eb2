//! All tests that see the crate from outside, in one binary: one link, one run.

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
mod corpus;
mod support;
mod yardstick;
