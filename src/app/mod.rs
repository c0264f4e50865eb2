//! Puts the pieces together: configuration, the run, engines.

pub mod config;
pub mod doctor;
pub mod models;
