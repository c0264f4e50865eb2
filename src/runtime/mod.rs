//! Drives pipelines: for now one file after the other, in the foreground, for `kinora run`.

pub mod order;
pub mod foreground;
mod ledger;
mod notices;
