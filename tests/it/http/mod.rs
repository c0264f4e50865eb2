//! The server and its client, over real sockets of this machine.

mod support;
mod sendings;

mod catalog;
mod client;
mod document;
mod hooks;
mod hostile;
mod metrics;
mod routes;
mod slow;
mod trust;
mod uploads;
mod watch;
