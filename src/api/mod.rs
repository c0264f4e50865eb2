//! The contract with whoever looks in: requests and views.

pub mod bundle;
pub mod backup;
pub mod doctor;
pub mod check;
pub mod models;
pub mod notify;
pub mod run;
pub mod sync;
pub mod glossary;
pub mod device;
pub mod outputs;
pub mod pace;
pub mod daemon;
pub mod execution;
pub mod problem;
pub mod events;
pub mod client;
pub mod hooks;
pub mod lacking;
pub mod uploads;
pub mod catalog;
pub mod libraries;
pub mod logs;
pub mod rows;
pub mod engines;
