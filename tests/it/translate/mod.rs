//! Translation that never loses a line: a film through a server that gets answers wrong in every way we know.

mod alone;
mod killed;
mod llama;
mod mix;
mod parallel;
mod studio;
mod tongue;
