//! The contract with whoever looks in: requests and views.

pub mod run;
