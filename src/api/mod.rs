//! The contract with whoever looks in: requests and views.

pub mod doctor;
pub mod models;
pub mod run;
pub mod daemon;
