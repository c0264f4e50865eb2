//! `kinora run`, the real program, as an owner meets it: fine files, odd ones, refused ones, and what is left behind.

use crate::house as support;

mod fine;
mod noticed;
mod refused;
mod engines;
pub(crate) mod machine;
mod silent;
mod output;
mod interrupted;
mod screen;
mod languages;
mod translated;
mod egress;
