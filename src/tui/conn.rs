//! Where facts come from: threads that ask the daemon, and hear what it pushes.
//!
//! One thread, the pulse, asks again and again how it goes. Where the daemon answers, it has another one open the
//! stream of events before it tells so: what pages read from then on is never older than what they are told. Where
//! the daemon goes away the stream is given up, and opened anew when it comes back; then everything is read anew, so
//! nothing is asked for of the time between. Where only the stream breaks off, it goes on where it stopped.

use super::ask::{Answer, Ask};
use crate::api::client::{Client, Pulse};
use crate::api::daemon::{PushedEvent, StatusView};
use crate::api::run::Fault;
use crate::base::clock::{Stopwatch, now_unix_ms};
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded, select};
use std::sync::Arc;
use std::time::Duration;

/// How often it is asked how it goes.
const PULSE_EVERY: Duration = Duration::from_millis(700);
/// How long it may take to answer that: over a long line two round trips. The screen itself gives up sooner, see
/// [`LATE_MS`].
const PULSE_PATIENCE: Duration = Duration::from_secs(2);
/// After so long without an answer the daemon counts as away, milliseconds: less than the two seconds after which the
/// operator must see it, more than [`PULSE_EVERY`] and a slow answer.
pub(super) const LATE_MS: u64 = 1_600;
/// How long the pulse waits for the stream of events to open before it tells that the daemon is here.
const OPEN_PATIENCE: Duration = Duration::from_millis(700);
/// The shortest and the longest pause before a stream that broke off is opened again.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A stream that lasted so long was a good one.
const STEADY: Duration = Duration::from_secs(5);
/// Failures in a row after which the operator is told that no changes come.
const DEAF_AFTER: usize = 4;
/// Threads that ask: a slow answer holds up no other.
const ASKERS: usize = 3;
/// Questions that wait for such a thread.
const ASKS_WAITING_MAX: usize = 256;
/// What was told and waits to be taken; threads that tell more wait.
const TOLD_WAITING_MAX: usize = 256;

/// What the screen is told.
#[derive(Debug)]
pub(super) enum Told {
    /// How it goes: the daemon is here.
    Status(Box<StatusView>),
    /// It did not answer.
    Away(Fault),
    /// It answered that it does not tell.
    Refused(Fault),
    /// It pushed something.
    Pushed(PushedEvent),
    /// It pushes nothing, for this reason; or it does again.
    Deaf(Option<Fault>),
    /// The answer to the question of that number.
    Answer(u64, Result<Answer, Fault>),
}

/// The connection. Its threads end soon after it is dropped; one that waits for an answer, when that came or is late.
pub(super) struct Conn {
    line: Line,
    asks: Sender<(u64, Ask)>,
    /// What is told, and when, milliseconds since the Unix epoch.
    pub(super) told: Receiver<(u64, Told)>,
    _alive: Sender<()>,
}

/// What the threads share.
#[derive(Clone)]
struct Line {
    client: Arc<Client>,
    tell: Sender<(u64, Told)>,
    poke: Sender<()>,
}

impl Conn {
    /// Starts to ask and, where that is wished, to hear what happens.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn start(client: Arc<Client>, hears: bool) -> Result<Conn, Fault> {
        let (tell, told) = bounded(TOLD_WAITING_MAX);
        let (poke, poked) = bounded(1);
        let (alive, ended) = bounded::<()>(0);
        let line = Line { client, tell, poke };
        let asks = askers(&line)?;
        let mine = line.clone();
        thread("tui pulse", move || pulse(&mine, hears, &poked, &ended))?;
        Ok(Conn { line, asks, told, _alive: alive })
    }

    /// Asks; the answer is told under this number.
    ///
    /// # Errors
    /// Where too many questions wait already.
    pub(super) fn ask(&self, id: u64, ask: Ask) -> Result<(), Fault> {
        self.asks.try_send((id, ask)).map_err(|_| {
            Fault::transient("the daemon is slow, and many questions wait for it", "try again")
        })
    }

    /// Questions that are asked from now on wait for none of before: over a line that was cut these may wait for long.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn renew(&mut self) -> Result<(), Fault> {
        self.asks = askers(&self.line)?;
        Ok(())
    }

    /// Asks at once how it goes.
    pub(super) fn poke(&self) {
        self.line.poke();
    }

    /// That it does not answer.
    pub(super) fn silence(&self) -> Fault {
        self.line.client.silence()
    }
}

impl Line {
    /// False where nobody listens any more.
    fn tell(&self, told: Told) -> bool {
        self.tell.send((now_unix_ms(), told)).is_ok()
    }

    fn poke(&self) {
        // Where it was poked already, once is enough.
        let _ = self.poke.try_send(());
    }
}

/// Starts threads that ask, until what is answered here is dropped.
fn askers(line: &Line) -> Result<Sender<(u64, Ask)>, Fault> {
    let (asks, waiting) = bounded::<(u64, Ask)>(ASKS_WAITING_MAX);
    for number in 0..ASKERS {
        let (line, waiting) = (line.clone(), waiting.clone());
        thread(&format!("tui ask {number}"), move || {
            for (id, ask) in waiting {
                if !line.tell(Told::Answer(id, ask.of(&line.client))) {
                    break;
                }
            }
        })?;
    }
    Ok(asks)
}

/// Asks how it goes, again and again.
fn pulse(line: &Line, hears: bool, poked: &Receiver<()>, ended: &Receiver<()>) {
    // Dropped to end the thread that hears.
    let mut hearing = None;
    loop {
        let told = match line.client.pulse(PULSE_PATIENCE) {
            Pulse::Here(status) => {
                if hears && hearing.is_none() {
                    hearing = start_to_hear(line);
                }
                Told::Status(status)
            }
            Pulse::Refused(fault) => {
                hearing = None;
                Told::Refused(fault)
            }
            Pulse::Away(fault) => {
                hearing = None;
                Told::Away(fault)
            }
        };
        if !line.tell(told) {
            return;
        }
        select! {
            recv(ended) -> _ => return,
            recv(poked) -> _ => {}
            default(PULSE_EVERY) => {}
        }
    }
}

/// Starts a thread that hears, and waits a moment until its stream is open; it ends when the answer is dropped.
fn start_to_hear(line: &Line) -> Option<Sender<()>> {
    let (hearing, ended) = bounded::<()>(0);
    let (ready, opened) = bounded::<()>(0);
    let mine = line.clone();
    if let Err(fault) = thread("tui events", move || hear(&mine, &ended, ready)) {
        line.tell(Told::Deaf(Some(fault)));
        return None;
    }
    // Without it: it is told when it opens that everything must be read anew.
    let _ = opened.recv_timeout(OPEN_PATIENCE);
    Some(hearing)
}

/// Hears what is pushed.
fn hear(line: &Line, ended: &Receiver<()>, ready: Sender<()>) {
    let mut ready = Some(ready);
    let mut position: Option<String> = None;
    let mut pause = PAUSE_MIN;
    let mut failures = 0;
    loop {
        match line.client.events(position.clone()) {
            Ok(mut events) => {
                failures = 0;
                // Somebody waits for this: nothing was read before it.
                let in_time = ready.take().is_some_and(|it| it.send(()).is_ok());
                let missed = position.is_none() && !in_time;
                let steady = Stopwatch::start();
                let told = line.tell(Told::Deaf(None))
                    && (!missed || line.tell(Told::Pushed(PushedEvent::Reset)));
                if !told || !hear_on(line, ended, &mut events) {
                    return;
                }
                position = events.position().map(str::to_owned);
                if STEADY < steady.elapsed() {
                    pause = PAUSE_MIN;
                }
                // Why it broke off shows there.
                line.poke();
            }
            Err(fault) => {
                failures += 1;
                if failures == DEAF_AFTER && !line.tell(Told::Deaf(Some(fault))) {
                    return;
                }
            }
        }
        ready = None;
        if ended.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Hears until the stream breaks off; false where nobody needs it any more.
fn hear_on(line: &Line, ended: &Receiver<()>, events: &mut crate::api::client::Events) -> bool {
    loop {
        if ended.try_recv() == Err(TryRecvError::Disconnected) {
            return false;
        }
        match events.next_event() {
            Ok(Some(event)) => {
                if !line.tell(Told::Pushed(event)) {
                    return false;
                }
            }
            Ok(None) => {}
            Err(_) => return true,
        }
    }
}

/// Starts a thread.
///
/// # Errors
/// Where that is not possible.
pub(super) fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Fault> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map(drop).map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))
}

#[cfg(test)]
mod tests;
