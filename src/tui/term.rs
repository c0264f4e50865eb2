//! The terminal: taken, and given back as it was, whatever happens.

use crate::api::run::Fault;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::layout::{Position, Rect};
use std::io::{self, IsTerminal, Stdout, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// What a thread of ours said when it panicked; the screen ends with it.
static FALLEN: Mutex<Option<String>> = Mutex::new(None);

/// A terminal that is drawn on; given back when dropped, and before a panic is told.
pub(super) struct Screen {
    /// To draw on.
    pub(super) terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where standard input or output is none, or one that cannot move its cursor.
    pub(super) fn open() -> Result<Screen, Fault> {
        let remedy = "call it with `ssh -t`, or print one screen with --once";
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(Fault::operator("the operator's screen needs a terminal", remedy));
        }
        if std::env::var_os("TERM").is_some_and(|it| it == "dumb") {
            let what = "this terminal shows no screens (TERM is dumb)";
            return Err(Fault::operator(what, "use another one, or print one screen with --once"));
        }
        give_back_before_panics();
        take().map_err(|err| unusable(&err))?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()));
        terminal.map(|terminal| Screen { terminal }).map_err(|err| {
            give_back();
            unusable(&err)
        })
    }

    /// Gives the terminal to somebody else meanwhile.
    ///
    /// # Errors
    /// Where it cannot be taken again.
    pub(super) fn lend<T>(&mut self, work: impl FnOnce() -> T) -> Result<T, Fault> {
        give_back();
        let result = work();
        take().map_err(|err| unusable(&err))?;
        self.clear()?;
        Ok(result)
    }

    /// Forgets what is on the screen, so that all of it is drawn anew.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub(super) fn clear(&mut self) -> Result<(), Fault> {
        // Not `Terminal::clear`: that asks the terminal where its cursor is, and somebody else reads the answer.
        let size = self.terminal.size().map_err(|err| unusable(&err))?;
        let area = Rect::from((Position::ORIGIN, size));
        self.terminal.resize(area).map_err(|err| unusable(&err))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// A panic of the thread that draws is told on the terminal as it was. That of another thread is kept until the screen
/// is over, which it soon is: see [`fallen`].
fn give_back_before_panics() {
    let drawing = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == drawing {
            give_back();
            before(panic);
        } else if let Ok(mut fallen) = FALLEN.lock() {
            fallen.get_or_insert_with(|| panic.to_string());
        }
    }));
}

/// What a thread that panicked left to say.
pub(super) fn fallen() -> Option<Fault> {
    let said = FALLEN.lock().ok()?.take()?;
    Some(Fault::bug(format!("a part of the screen broke down: {said}")))
}

/// Ends the process, whatever it waits for, without a word to a terminal that does not take it.
pub(super) fn abandon() -> ! {
    let _ = disable_raw_mode();
    std::process::exit(1)
}

/// Puts the process aside, as Ctrl-Z does where nobody took the terminal; goes on when the shell brings it back. Where
/// no shell could, nothing happens.
///
/// # Errors
/// Where it cannot be put aside.
pub(super) fn suspend() -> Result<(), Fault> {
    signal_hook::low_level::raise(signal_hook::consts::SIGTSTP).map_err(|err| unusable(&err))
}

/// Whether there is still a terminal: one whose line was cut, or whose window was closed, is none.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal()
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)
}

/// Once: given back again, the terminal would put its cursor back to where it was, over what was told since. Where
/// that fails there is nobody left to tell.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(
        io::stdout(),
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
    let _ = io::stdout().flush();
}

pub(super) fn unusable(err: &io::Error) -> Fault {
    Fault::operator(format!("the terminal cannot be used ({err})"), "try another one")
}

/// Opens a text in the operator's pager.
///
/// # Errors
/// Where there is no place for it, or no pager.
pub(super) fn page(name: &str, text: &str) -> Result<(), Fault> {
    super::pager::show(name, text, std::env::var("PAGER").ok().as_deref())
}
