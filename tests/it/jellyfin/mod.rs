//! The client of Jellyfin, and what is built on it, against servers of three versions that keep its rules.

mod client;
mod doctor;
mod stub;

pub(crate) use stub::{Films, THERE};
