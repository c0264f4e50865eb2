//! The loop: what is typed and what is told go in, questions go out, and what changed is drawn.

use super::app::{App, Wants};
use super::conn::Conn;
use super::look::Look;
use super::parts::plain::is_utf8;
use super::term::{self, Screen};
use super::{Options, conn};
use crate::api::client::Client;
use crate::api::run::Fault;
use crate::base::clock::{self, Stopwatch};
use crossbeam::channel::{Receiver, Sender, after, bounded, never, select};
use ratatui::crossterm::event::{self, Event};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often pages may ask for what should be fresh.
pub(super) const TICK: Duration = Duration::from_millis(500);
/// What is told is drawn at most this often, so that a thin line is not filled; keys are answered at once.
const FRAME_EVERY: Duration = Duration::from_millis(250);
/// How long a read of the terminal waits before it looks whether it should rest.
const READ_PATIENCE: Duration = Duration::from_millis(250);
/// How often is looked whether it does.
const LOCK_EVERY: Duration = Duration::from_millis(5);
/// How long the end may take that a signal asks for.
const END_PATIENCE: Duration = Duration::from_secs(2);
/// Keys that wait.
const INPUTS_WAITING_MAX: usize = 256;
/// What is told is taken in so many pieces before keys are looked at again.
const TOLD_AT_ONCE_MAX: usize = 256;
/// A tick that is so late, milliseconds, comes after a sleep of the whole machine.
const SLEPT_MS: u64 = 5_000;

/// What comes from the operator.
#[derive(Debug)]
pub(super) enum Input {
    /// Of the terminal: keys, mouse, size.
    Terminal(Event),
    /// The process was stopped and goes on.
    Back,
    /// The process is told to end.
    End,
}

/// Shows the screen until its operator leaves.
///
/// # Errors
/// Where the terminal cannot be used.
pub(super) fn show(client: Arc<Client>, options: &Options) -> Result<(), Fault> {
    let env = |name: &str| std::env::var(name).ok();
    let app = App::new(options.page, Look::of(options.look, env)).of_locale(is_utf8(env));
    let screen = Screen::open()?;
    let conn = Conn::start(client, true)?;
    let inputs = Inputs::start()?;
    Show { app, screen, conn, inputs, drawn: None }.go()
}

/// All that is shown and asked with.
struct Show {
    app: App,
    screen: Screen,
    conn: Conn,
    inputs: Inputs,
    /// Since the last time it was drawn.
    drawn: Option<Stopwatch>,
}

impl Show {
    fn go(mut self) -> Result<(), Fault> {
        let ticks = crossbeam::channel::tick(TICK);
        self.app.watch_from(clock::now_unix_ms());
        let mut ticked = clock::now_unix_ms();
        let mut at_once = true;
        loop {
            let wants = self.app.take_wants();
            if wants.end {
                return Ok(());
            }
            at_once |= self.serve(wants)?;
            self.draw(at_once)?;
            at_once = false;
            select! {
                recv(self.inputs.inputs) -> input => {
                    let Ok(input) = input else { return Ok(()) };
                    self.take_in(input)?;
                    at_once = true;
                }
                recv(self.conn.told) -> told => {
                    let Ok((at_unix_ms, told)) = told else { return Ok(()) };
                    let link = std::mem::discriminant(&self.app.known.link);
                    self.app.told(told, at_unix_ms);
                    for (at_unix_ms, told) in self.conn.told.try_iter().take(TOLD_AT_ONCE_MAX) {
                        self.app.told(told, at_unix_ms);
                    }
                    at_once = link != std::mem::discriminant(&self.app.known.link);
                }
                recv(ticks) -> _ => {
                    // The thread that reads keys never learns it: it reads the end again and again.
                    if !term::is_there() {
                        return Ok(());
                    }
                    let now = clock::now_unix_ms();
                    // This machine slept: that nothing was heard meanwhile tells nothing.
                    if ticked + SLEPT_MS < now {
                        self.app.watch_from(now);
                        self.conn.poke();
                    }
                    ticked = now;
                    self.app.tick(now);
                }
                recv(self.frame_due()) -> _ => {}
                recv(self.more_work()) -> _ => {
                    self.app.work();
                    at_once = !self.app.is_busy();
                }
                recv(self.late()) -> _ => {
                    self.app.late(self.conn.silence(), clock::now_unix_ms());
                    at_once = true;
                }
            }
            if let Some(fault) = term::fallen() {
                return Err(fault);
            }
        }
    }

    /// Does what is wanted of the terminal and the connection; whether the screen is to be drawn at once.
    fn serve(&mut self, wants: Wants) -> Result<bool, Fault> {
        if wants.renew {
            self.conn.renew()?;
        }
        if wants.poke {
            self.conn.poke();
        }
        for (id, ask) in self.app.take_asks() {
            if let Err(fault) = self.conn.ask(id, ask) {
                self.app.told(conn::Told::Answer(id, Err(fault)), clock::now_unix_ms());
            }
        }
        let page = self.app.take_page();
        let lent = page.is_some() || wants.suspend;
        if lent {
            let result = self.inputs.rest_while(|| {
                self.screen.lend(|| match page {
                    Some((name, text)) => term::page(&name, &text),
                    None => term::suspend(),
                })
            })?;
            let now = clock::now_unix_ms();
            if let Err(fault) = result {
                self.app.complain(&fault, now);
            }
            self.app.watch_from(now);
            self.conn.poke();
        }
        if wants.redraw {
            self.screen.clear()?;
        }
        Ok(lent || wants.redraw)
    }

    /// Draws what changed, at once or when it is time.
    fn draw(&mut self, at_once: bool) -> Result<(), Fault> {
        let due = self.due().is_zero();
        if self.app.is_dirty() && (at_once || due) {
            let (app, now) = (&mut self.app, clock::now_unix_ms());
            let drawn = self.screen.terminal.draw(|frame| app.draw(frame, now));
            drawn.map_err(|err| term::unusable(&err))?;
            self.drawn = Some(Stopwatch::start());
        }
        Ok(())
    }

    /// Now, where a page has a slice of work left.
    fn more_work(&mut self) -> Receiver<Instant> {
        if self.app.is_busy() {
            crossbeam::channel::after(Duration::ZERO)
        } else {
            crossbeam::channel::never()
        }
    }

    /// When what is told is drawn.
    fn due(&self) -> Duration {
        self.drawn.map_or(Duration::ZERO, |it| FRAME_EVERY.saturating_sub(it.elapsed()))
    }

    fn frame_due(&self) -> Receiver<Instant> {
        if self.app.is_dirty() { after(self.due()) } else { never() }
    }

    /// When the daemon counts as away, where it is not heard before.
    fn late(&self) -> Receiver<Instant> {
        let late = self.app.late_in_ms(clock::now_unix_ms());
        late.map_or_else(never, |ms| after(Duration::from_millis(ms)))
    }

    fn take_in(&mut self, input: Input) -> Result<(), Fault> {
        let now = clock::now_unix_ms();
        if matches!(input, Input::Back) {
            // Whoever stopped it may have changed the terminal.
            self.inputs.rest_while(|| self.screen.lend(|| ()))?;
            self.app.watch_from(now);
            self.conn.poke();
        }
        self.app.input(input, now);
        Ok(())
    }
}

/// Keeps the reader of keys off the terminal while somebody else has it.
#[derive(Default)]
struct Rest {
    /// The reader shall not read again; beside the lock, which alone it might take again before anybody else does.
    wanted: AtomicBool,
    /// Held by the reader while it reads.
    reading: Mutex<()>,
}

/// What is typed, and signals, on threads of their own.
struct Inputs {
    inputs: Receiver<Input>,
    rest: Arc<Rest>,
}

impl Inputs {
    fn start() -> Result<Inputs, Fault> {
        let (send, inputs) = bounded(INPUTS_WAITING_MAX);
        let rest = Arc::new(Rest::default());
        let (mine, keys) = (Arc::clone(&rest), send.clone());
        conn::thread("tui keys", move || read(&mine, &keys))?;
        let signals = [
            signal_hook::consts::SIGTERM,
            signal_hook::consts::SIGHUP,
            signal_hook::consts::SIGINT,
            signal_hook::consts::SIGCONT,
        ];
        let mut signals =
            signal_hook::iterator::Signals::new(signals).map_err(|err| term::unusable(&err))?;
        conn::thread("tui signals", move || {
            for signal in &mut signals {
                if signal == signal_hook::consts::SIGCONT {
                    let _ = send.try_send(Input::Back);
                    continue;
                }
                let _ = send.try_send(Input::End);
                // Where it does not end by itself: a terminal may take nothing any more.
                std::thread::park_timeout(END_PATIENCE);
                term::abandon();
            }
        })?;
        Ok(Inputs { inputs, rest })
    }

    /// Does something while nobody reads the terminal.
    ///
    /// # Errors
    /// Where the terminal is gone: who reads it never rests then; and as `work`.
    fn rest_while<T>(&self, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        if !term::is_there() {
            return Err(Fault::operator("the terminal is gone", "call it again on another one"));
        }
        self.rest.wanted.store(true, Ordering::SeqCst);
        let watch = Stopwatch::start();
        let mut mine = self.rest.reading.try_lock();
        // Of a terminal that is gone the reader never comes back.
        while mine.is_err() && watch.elapsed() < READ_PATIENCE * 4 {
            std::thread::park_timeout(LOCK_EVERY);
            mine = self.rest.reading.try_lock();
        }
        let result = work();
        self.rest.wanted.store(false, Ordering::SeqCst);
        drop(mine);
        result
    }
}

fn read(rest: &Rest, keys: &Sender<Input>) {
    loop {
        while rest.wanted.load(Ordering::SeqCst) {
            std::thread::park_timeout(READ_PATIENCE);
        }
        let event = {
            let _mine = rest.reading.lock();
            match event::poll(READ_PATIENCE) {
                Ok(true) => event::read(),
                Ok(false) => continue,
                Err(err) => Err(err),
            }
        };
        // A terminal that is gone is the end.
        let input = event.map_or(Input::End, Input::Terminal);
        let over = matches!(input, Input::End);
        if keys.send(input).is_err() || over {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
