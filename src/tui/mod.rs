//! The operator's screen: a client of the daemon over HTTP, which may die without harm.
//!
//! `conn` asks and hears, on threads of its own; `known` is what is known of the daemon; each page in `view`
//! keeps what the operator looks at, takes keys and draws; `app` passes things on between them.
//! Nothing but `conn` waits.

mod app;
mod ask;
mod conn;
mod keys;
mod known;
mod look;
mod once;
mod pager;
mod parts;
pub mod rehearsal;
mod screen;
mod term;
#[cfg(test)]
mod testing;
mod view;

pub use look::{Colours, LookWish};
pub use view::PageName;

use crate::api::client::Client;
use crate::api::run::Fault;
use std::sync::Arc;

/// How the screen is wished.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What it begins with.
    pub page: PageName,
    /// How it looks.
    pub look: LookWish,
    /// Prints one screen as text and ends; its size in columns and rows, where that is said.
    pub once: Option<Once>,
}

/// One screen as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Once {
    /// Columns and rows; those of the terminal, or 80 x 24, where it is not said.
    pub size: Option<(u16, u16)>,
}

/// Shows the screen until its operator leaves, or prints one.
///
/// # Errors
/// Where there is no terminal, or a printed screen could not be filled because the daemon is away.
pub fn run(client: Client, options: &Options) -> Result<(), Fault> {
    let client = Arc::new(client);
    match options.once {
        Some(once) => once::print(client, options, once),
        None => screen::show(client, options),
    }
}
