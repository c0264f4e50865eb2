//! The server and its client, over real sockets of this machine.

mod support;
mod sendings;
mod support_backup;
mod support_rows;
mod support_engines;
mod support_outputs;

mod backup;
mod catalog;
mod client;
mod document;
mod execution;
mod engines;
mod hooks;
mod hostile;
mod libraries;
mod metrics;
mod outputs;
mod pace;
mod pulse;
mod routes;
mod rows;
mod slow;
mod trust;
mod uploads;
mod watch;
