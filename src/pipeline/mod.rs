//! Each product is a list of steps, one file per step, in reading order.

pub mod subtitle;
