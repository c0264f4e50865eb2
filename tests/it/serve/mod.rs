//! `kinora serve`, the real program, as a family has it: libraries, signals, bad days.

mod support;

mod works;
mod commands;
mod killed;
mod children;
mod systemd;
mod disk;
