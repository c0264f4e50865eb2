//! The standard library, a little longer: clock, cancelling, files, text for people. No product words here.

pub mod cancel;
pub mod clock;
pub mod disk;
pub mod secret;
pub mod spool;
pub mod text;
pub mod width;
