//! Signals as the daemon understands them.

use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;
use signal_hook::iterator::Signals;

/// Exit code of a daemon that was told twice to end.
const EXIT_AT_ONCE: i32 = 130;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// TERM or INT: end in order.
    End,
    /// HUP: read the configuration anew, and look through the libraries.
    Reload,
    /// USR1: look through the libraries.
    Scan,
}

/// Signals that came, one after the other.
pub(super) struct Inbox(Signals);

impl Inbox {
    /// Listens from now on. A second TERM or INT ends the process at once: what is durable stays, children end with it.
    ///
    /// # Errors
    /// Where the system refuses.
    pub(super) fn open() -> Result<Inbox, Fault> {
        let failed = |err: std::io::Error| Fault::bug(format!("signals cannot be heard ({err})"));
        let ending = Cancel::default();
        for signal in [SIGTERM, SIGINT] {
            // Handlers run in this order: the first must still see the flag as it was before this signal.
            flag::register_conditional_shutdown(signal, EXIT_AT_ONCE, ending.flag())
                .and_then(|_| flag::register(signal, ending.flag()))
                .map_err(failed)?;
        }
        Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1]).map(Inbox).map_err(failed)
    }

    /// Waits for the next one.
    pub(super) fn next(&mut self) -> Option<Told> {
        self.0.forever().next().map(|signal| match signal {
            SIGTERM | SIGINT => Told::End,
            SIGHUP => Told::Reload,
            _ => Told::Scan,
        })
    }
}
