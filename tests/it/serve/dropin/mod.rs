//! The tools that know Kinora by another's name, against the real program: Bazarr, OpenAI's clients, Lingarr's; and
//! files that are sent to Kinora itself.

mod support;

mod bazarr;
mod memory;
mod openai;
mod sent;
mod translated;
