//! Translation, line for line: what is sent to a language model, what comes back, and what is believed of it. No server
//! is named here: whoever talks to one is in `engines`.

pub mod line;
mod speakers;
pub mod cut;
pub mod spread;
pub mod prompt;
pub mod digest;
pub mod talk;
mod figures;
mod fold;
mod lengths;
pub mod answer;
pub mod clean;
pub mod check;
pub mod shift;
