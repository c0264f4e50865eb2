//! Puts the pieces together: configuration, the run, engines.
