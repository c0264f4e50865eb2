//! The server and its client, over real sockets of this machine.

mod support;

mod client;
mod metrics;
mod routes;
mod slow;
mod trust;
mod watch;
