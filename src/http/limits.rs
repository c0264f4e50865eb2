//! What one client may take of the server: connections, bytes, time.

use std::time::Duration;

/// Connections at the same time. Beyond, the one that is idle for longest gives way; where all work, nobody comes in.
pub const CONNECTIONS_MAX: usize = 256;
/// Watchers of events at the same time; each holds a connection for long.
pub const WATCHERS_MAX: usize = 64;
/// Bytes of a request's head.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Lines in a request's head.
pub const HEAD_LINES_MAX: usize = 64;
/// Bytes of a request's body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Bytes a connection buffers.
pub const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// How long a request's head may take; also how long a connection may be idle.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a request's body may take.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a client may take nothing of an answer.
pub const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a watcher is told that all is well where nothing happens.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// After how long a watcher should come back when its stream ended.
pub const RETRY: Duration = Duration::from_secs(2);
/// Threads for questions that may wait for the disk.
pub const ASKING_THREADS_MAX: usize = 8;
/// Jobs, or rows of activity, on a page.
pub const PAGE_ROWS_MAX: usize = 500;
/// Rows of activity where it is not said.
pub const PAGE_ROWS: usize = 50;

/// Those limits that depend on the patience of whoever runs the server: seconds in a house, less in a test.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// See [`CONNECTIONS_MAX`].
    pub connections_max: usize,
    /// See [`WATCHERS_MAX`].
    pub watchers_max: usize,
    /// See [`HEAD_TIMEOUT`].
    pub head_timeout: Duration,
    /// See [`BODY_TIMEOUT`].
    pub body_timeout: Duration,
    /// See [`STALL_TIMEOUT`].
    pub stall_timeout: Duration,
    /// See [`HEARTBEAT`].
    pub heartbeat: Duration,
    /// See [`RETRY`].
    pub retry: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: CONNECTIONS_MAX,
            watchers_max: WATCHERS_MAX,
            head_timeout: HEAD_TIMEOUT,
            body_timeout: BODY_TIMEOUT,
            stall_timeout: STALL_TIMEOUT,
            heartbeat: HEARTBEAT,
            retry: RETRY,
        }
    }
}
