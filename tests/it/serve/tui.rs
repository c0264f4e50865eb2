//! `kinora tui`, the real program in a real terminal, with a real daemon.

mod acts;
mod line;
mod terminal;
mod tmux;

use super::support::*;
use std::net::TcpListener;
use tmux::Tmux;

/// The foot of every page.
const FOOT: &str = "q quit";

/// Where a daemon may listen again after it was killed.
fn fixed_address() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    free.to_string()
}

/// A daemon at that address.
fn serve_at(house: &House, addr: &str) -> Daemon {
    let env = [("KINORA__HTTP__LISTEN", addr.to_owned())];
    house.serve(&Setup { env: &env, ..Setup::default() })
}

/// The screen of the daemon at that address, in a terminal of 80 x 24.
fn screen_of(house: &House, addr: &str) -> Option<Tmux> {
    let tmux = Tmux::open(house, 80, 24)?;
    tmux.line(&format!("export KINORA__HTTP__LISTEN={addr}"));
    tmux.line("$KINORA tui");
    tmux.wait("the overview", |it| it.contains("1 Overview") && it.contains("Kinora 0."));
    Some(tmux)
}
