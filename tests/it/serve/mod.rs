//! `kinora serve`, the real program, as a family has it: libraries, signals, bad days.

mod support;

mod works;
mod watch;
mod roots;
mod commands;
mod glossary;
mod models;
mod explains;
mod killed;
mod children;
mod systemd;
mod disk;
