//! When libraries are looked through, and what for.

use crate::app::config::Serve;
use std::time::Duration;

/// When it is looked, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    /// A file that was not changed for so long is stable.
    pub(super) stable: Duration,
    /// Time between looks through everything; `None` for only when asked.
    pub(super) every: Option<Duration>,
    /// Time between looks where nobody tells of changes.
    pub(super) poll: Duration,
    /// Changes are noticed by events, where there are any.
    pub(super) watch: bool,
    /// For how long the lock of another tool is honoured.
    pub(super) lock_expiry: Duration,
    /// Name of the file that asks for a look.
    pub(super) trigger_file: Option<String>,
}

impl Timing {
    /// As it is set now; whether changes are noticed is as `watch` says.
    pub(super) fn of(serve: &Serve, watch: bool) -> Timing {
        Timing {
            stable: serve.stable,
            every: serve.scan_interval,
            poll: serve.poll_interval,
            watch,
            lock_expiry: serve.lock_expiry,
            trigger_file: serve.trigger_file.clone(),
        }
    }
}
