//! All tests that see the crate from outside, in one binary: one link, one run.

mod corpus;
mod support;
mod yardstick;
