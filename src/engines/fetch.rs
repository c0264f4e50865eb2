//! Fetching a large file over HTTP with resume and a digest.
