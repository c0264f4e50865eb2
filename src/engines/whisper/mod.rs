//! ggml: voice activity, language and listening, in a child process.
