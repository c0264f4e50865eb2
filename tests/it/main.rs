//! All tests that see the crate from outside, in one binary: one link, one run.

#![expect(clippy::unwrap_used, reason = "what fails in a test's helper fails the test")]

mod support;
mod document;
mod house;

mod tidy;
mod cli;
mod config;
mod config_hooks;
mod config_library;
mod config_settings;
mod config_origins;
mod config_jellyfin;
mod config_translate;
mod models;
mod doctor;
mod store_story;
mod store;
mod store_fixtures;
mod store_jobs;
mod store_damage;
mod powercut;
mod backup;
mod names;
mod formats;
mod media;
mod whisper;
mod children;
mod listen;
mod local;
mod publish;
mod follow;
mod steps;
mod existing;
mod run;
mod walk;
mod serve;
mod http;
mod yardstick;
mod corpus;
mod wishes;
mod announce;
mod config_names;
mod config_file;
mod config_wrong;
mod sim;
mod lanes;
mod notifying;
mod sync;
mod translate;
mod shifts;
mod llm;
mod jellyfin;
