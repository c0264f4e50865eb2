//! Printing that survives a reader who leaves (`| head`): that is no failure, and nothing panics.

use crate::api::run::Fault;
use std::io::{ErrorKind, IsTerminal, Write};

/// What a terminal is taken to be wide when it does not tell.
const COLUMNS_DEFAULT: usize = 80;

/// Prints to standard output.
///
/// # Errors
/// Where the text cannot be written and somebody still wants it: a full disk behind a redirection.
pub(crate) fn say(text: &str) -> Result<(), Fault> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(err) if err.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(err) => Err(Fault::operator(
            format!("the output could not be written ({err})"),
            "look at where it was redirected to",
        )),
    }
}

/// Prints a line to standard error; where that is not possible there is nobody to tell.
pub(crate) fn complain(line: &str) {
    // The line is one write, so that lines of two processes do not mix.
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}

/// True where somebody sees what is said and can answer.
pub(crate) fn is_asked_by_a_person() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Asks a person; anything but a yes is a no.
///
/// # Errors
/// As [`say`].
pub(crate) fn confirmed(question: &str) -> Result<bool, Fault> {
    say(question)?;
    let mut answer = String::new();
    // Whoever cannot be heard did not say yes.
    let _ = std::io::stdin().read_line(&mut answer);
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The width tables on standard output are fitted to; `None` where it is no terminal and nothing is cut.
pub(crate) fn columns_max() -> Option<usize> {
    let stdout = std::io::stdout();
    stdout.is_terminal().then(|| {
        let size = terminal_size::terminal_size_of(stdout);
        size.map_or(COLUMNS_DEFAULT, |(columns, _)| usize::from(columns.0))
    })
}

/// True where moving bars can be drawn: standard error is a terminal that can move its cursor.
pub(crate) fn can_draw() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|it| it != "dumb")
}
