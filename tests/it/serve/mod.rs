//! `kinora serve`, the real program, as a family has it: libraries, signals, bad days.

mod support;

mod works;
mod watch;
mod roots;
mod commands;
mod rows;
mod lacking;
mod glossary;
mod models;
mod execution;
mod engines;
mod pace;
mod explains;
mod outputs;
mod upgrade;
mod killed;
mod catalog;
mod libraries;
mod children;
mod systemd;
mod journal;
mod notify;
mod secrets;
mod tui;
mod backup;
mod disk;
#[path = "../full/mod.rs"]
mod full;
mod dropin;
mod viewers;
mod hooks;
mod hostile;
mod reload;
