//! Drives pipelines: in the foreground, one file after the other.
