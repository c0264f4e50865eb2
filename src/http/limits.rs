//! What one client may take of the server: connections, bytes, time.

use std::num::NonZeroU32;
use std::time::Duration;

/// Connections at the same time. Beyond, the one that is idle for longest gives way; where all work, nobody comes in.
pub const CONNECTIONS_MAX: usize = 256;
/// Watchers of events at the same time; each holds a connection for long.
pub const WATCHERS_MAX: usize = 64;
/// Bytes of a request's head.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Lines in a request's head.
pub const HEAD_LINES_MAX: usize = 64;
/// Bytes of a request's body, where no other number is said for its address.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a webhook: Sonarr tells all files of a season in one.
pub const WEBHOOK_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a whole subtitle that comes as JSON.
pub const API_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of a file that is sent, where the configuration says nothing: ten hours of raw sound have 1.1 GB.
pub const UPLOAD_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// A client that sends a file slower than this, on the average, is cut off.
pub const UPLOAD_BYTES_PER_S_MIN: u64 = 2 * 1024;
/// For so long it may be slower.
pub const UPLOAD_GRACE: Duration = Duration::from_secs(60);
/// How long a client that sends a file may send nothing.
pub const CHUNK_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes a connection buffers.
pub const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// How long a request's head may take; also how long a connection may be idle.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a request's body may take.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// Requests that one other machine may make a minute; this machine itself may make any number.
pub const RATE_PER_MINUTE: u32 = 600;
/// Machines whose requests are counted, of those that are known and of strangers each. More share one count.
pub const CLIENTS_MAX: usize = 4096;
/// How long a client may take nothing of an answer.
pub const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a watcher is told that all is well where nothing happens.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// After how long a watcher should come back when its stream ended.
pub const RETRY: Duration = Duration::from_secs(2);
/// Questions at the same time that may wait for the disk; others wait for their turn.
pub const ASKING_MAX: usize = 8;
/// Webhooks at the same time: all that wait for the disk together are one write of it.
pub const HEARING_MAX: usize = 32;
/// Pieces of files at the same time that are read or written for those who send them.
pub const FILING_MAX: usize = 8;
/// Threads for all of those.
pub const ASKING_THREADS_MAX: usize = ASKING_MAX + HEARING_MAX + FILING_MAX;
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
    /// See [`CHUNK_TIMEOUT`].
    pub chunk_timeout: Duration,
    /// See [`UPLOAD_BYTES_MAX`].
    pub upload_bytes_max: u64,
    /// See [`RATE_PER_MINUTE`]; `None` for any number.
    pub rate_per_minute: Option<NonZeroU32>,
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
            chunk_timeout: CHUNK_TIMEOUT,
            upload_bytes_max: UPLOAD_BYTES_MAX,
            rate_per_minute: NonZeroU32::new(RATE_PER_MINUTE),
            stall_timeout: STALL_TIMEOUT,
            heartbeat: HEARTBEAT,
            retry: RETRY,
        }
    }
}
