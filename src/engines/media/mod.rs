//! FFmpeg: probing and decoding, in a child process.
