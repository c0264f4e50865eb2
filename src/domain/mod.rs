//! Plain data and pure rules: no I/O, no clock, no locks, no threads.

pub mod time;
pub mod lang;
pub mod media;
pub mod track;
pub mod speech;
pub mod transcript;
pub mod words;
pub mod guard;
pub mod vote;
pub mod script;
pub mod cue;
pub mod subtitle;
pub mod name;
pub mod fault;
pub mod order;
pub mod job;
pub mod lane;
pub mod schedule;
pub mod execution;
pub mod change;
