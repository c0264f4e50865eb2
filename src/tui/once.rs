//! One screen as text, for scripts.

use super::app::App;
use super::conn::Conn;
use super::known::Link;
use super::look::Look;
use super::parts::plain::is_utf8;
use super::{Once, Options};
use crate::api::client::Client;
use crate::api::run::Fault;
use crate::base::clock::{self, Stopwatch};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::terminal;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

/// How long the daemon may take to answer all that a page asks.
const PATIENCE: Duration = Duration::from_secs(30);
/// Without a terminal.
const SIZE: (u16, u16) = (80, 24);

/// Prints one screen.
///
/// # Errors
/// Where the daemon does not answer; the screen that says so is printed all the same.
pub(super) fn print(client: Arc<Client>, options: &Options, once: Once) -> Result<(), Fault> {
    let mut look = Look::of(options.look, |name| std::env::var(name).ok());
    look.colours = super::Colours::None;
    let conn = Conn::start(client, false)?;
    let mut app = App::new(options.page, look).of_locale(is_utf8(|name| std::env::var(name).ok()));
    app.watch_from(clock::now_unix_ms());
    let watch = Stopwatch::start();
    loop {
        for (id, ask) in app.take_asks() {
            conn.ask(id, ask)?;
        }
        let away = matches!(app.known.link, Link::Away { .. });
        let whole = app.known.link == Link::Here && app.open_asks() == 0;
        let now = clock::now_unix_ms();
        let late = Duration::from_millis(app.late_in_ms(now).unwrap_or(0));
        let left = PATIENCE.saturating_sub(watch.elapsed());
        if away || whole || left.is_zero() {
            break;
        }
        match conn.told.recv_timeout(left.min(late)) {
            Ok((at_unix_ms, told)) => app.told(told, at_unix_ms),
            Err(_) => app.late(conn.silence(), clock::now_unix_ms()),
        }
    }
    while app.is_busy() {
        app.work();
    }
    let size = once.size.or_else(|| std::io::stdout().is_terminal().then(terminal::size)?.ok());
    let (columns, rows) = size.unwrap_or(SIZE);
    // Drawing on a backend that keeps cells in memory never fails.
    let Ok(mut canvas) = Terminal::new(TestBackend::new(columns, rows));
    let Ok(_) = canvas.draw(|frame| app.draw(frame, clock::now_unix_ms()));
    let text = text_of(canvas.backend());
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => {}
        // Whoever reads it has enough.
        Err(err) if err.kind() == ErrorKind::BrokenPipe => {}
        Err(err) => {
            let what = format!("the output could not be written ({err})");
            return Err(Fault::operator(what, "look at where it goes"));
        }
    }
    match app.known.link {
        Link::Away { fault, .. } => Err(fault),
        Link::Asking | Link::Here => Ok(()),
    }
}

/// The lines of a screen, without spaces at their ends.
pub(super) fn text_of(canvas: &TestBackend) -> String {
    let buffer = canvas.buffer();
    let mut text = String::new();
    for row in buffer.content.chunks(usize::from(buffer.area.width).max(1)) {
        let mut line = String::new();
        let mut skip = 0;
        for cell in row {
            if skip == 0 {
                line.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
