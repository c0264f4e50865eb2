#![doc = include_str!("ARCHITECTURE.md")]

pub mod base;
pub mod domain;
pub mod store;
pub mod engines;
pub mod pipeline;
pub mod runtime;
pub mod api;
pub mod http;
pub mod app;
pub mod tui;
pub mod cli;
