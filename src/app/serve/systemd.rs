//! What systemd is told where it started us: ready, ending, alive. Without systemd all of it is nothing.

use sd_notify::NotifyState;
use std::time::Duration;

/// Ready to serve.
pub(super) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Reading the configuration again; [`ready`] ends that.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "systemd could not be told"),
    }
}

/// Ending in order.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// How often systemd wants to hear that we live; `None` where it does not.
pub(super) fn watchdog_every() -> Option<Duration> {
    // Twice as often as asked, as its manual advises.
    sd_notify::watchdog_enabled().map(|it| it / 2)
}

/// The deciding loop turned lately.
pub(super) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be told");
    }
}
