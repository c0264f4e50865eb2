//! `kinora serve`, the real program, as a family has it: libraries, signals, bad days.

mod support;

mod works;
mod watch;
mod roots;
mod commands;
mod lacking;
mod glossary;
mod models;
mod explains;
mod killed;
mod catalog;
mod children;
mod systemd;
mod disk;
mod dropin;
mod viewers;
mod hooks;
mod hostile;
