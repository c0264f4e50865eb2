//! The line to the daemon: cut, frozen, back again.

use super::*;
use std::time::{Duration, Instant};

/// When the operator must see that nobody answers; and what a busy machine and tmux take to show it.
const AWAY_WITHIN: Duration = Duration::from_millis(2_000 + 500);

#[test]
fn a_daemon_that_is_killed_is_away_within_two_seconds_and_back_by_itself() {
    let house = House::new();
    house.write("film.mkv", b"no film at all");
    let addr = fixed_address();
    let daemon = serve_at(&house, &addr);
    daemon.wait_for_jobs(1, "parked");
    let Some(tmux) = screen_of(&house, &addr) else { return };
    tmux.see("1 parked");
    daemon.kill();
    let start = Instant::now();
    tmux.see("daemon away");
    assert!(start.elapsed() < AWAY_WITHIN, "{:?}", start.elapsed());
    // The counts are told as old ones.
    tmux.wait("their age", |it| it.contains("s old") && it.contains(" ago: Kinora"));
    let screen = tmux.see("this is 3 s old");
    assert!(screen.contains("start it with `kinora serve`"), "{screen}");
    house.write("second.mkv", b"no film either");
    let daemon = serve_at(&house, &addr);
    daemon.wait_for_jobs(2, "parked");
    let screen = tmux.wait("its return", |it| !it.contains("daemon away"));
    assert!(screen.contains("1 Overview"), "{screen}");
    tmux.see("2 parked");
    tmux.keys(&["q"]);
    tmux.is_given_back();
}

#[test]
fn a_daemon_that_is_frozen_is_away_within_two_seconds_and_back_when_it_thaws() {
    let house = House::new();
    let addr = fixed_address();
    let daemon = serve_at(&house, &addr);
    let Some(tmux) = screen_of(&house, &addr) else { return };
    signal(daemon.pid(), "STOP");
    let start = Instant::now();
    let screen = tmux.see("daemon away");
    assert!(start.elapsed() < AWAY_WITHIN, "{:?}", start.elapsed());
    assert!(screen.contains("not answer"), "{screen}");
    tmux.see("this is 4 s old");
    // Nothing holds up who wants to leave.
    tmux.keys(&["4", "2", "1"]);
    signal(daemon.pid(), "CONT");
    tmux.wait("its return", |it| !it.contains("daemon away"));
    signal(daemon.pid(), "STOP");
    tmux.see("daemon away");
    let start = Instant::now();
    tmux.keys(&["q"]);
    wait_for("the end", || (!tmux.is_alternate()).then_some(()));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    signal(daemon.pid(), "CONT");
}

#[test]
fn one_screen_is_printed_for_scripts() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    let once = finish(&mut kinora(&house, "tui --once"));
    assert_eq!(once.code, Some(GOOD), "{once:?}");
    assert_eq!(once.out.lines().count(), 24, "{once:?}");
    assert!(once.out.starts_with("1 Overview") && once.out.contains(FOOT), "{once:?}");
    let mut ascii = kinora(&house, "tui --once --page failures --size 100x30 --ascii");
    let once = finish(ascii.env("LC_ALL", "C"));
    assert_eq!((once.code, once.out.lines().count()), (Some(GOOD), 30), "{once:?}");
    assert!(once.out.is_ascii(), "{once:?}");
    let odd = finish(&mut kinora(&house, "tui --once --size huge"));
    assert_eq!(odd.code, Some(USAGE), "{odd:?}");
    // Without a terminal only this works.
    let none = finish(&mut kinora(&house, "tui"));
    assert_eq!(none.code, Some(FAILED));
    assert!(none.err.contains("needs a terminal"), "{none:?}");
    // A reader that has enough is no failure.
    let line = "$1 --config $2 tui --once --size 500x500 | head -n 1; echo ${PIPESTATUS[0]}";
    let mut piped = house.dressed("bash");
    piped.args(["-c", line, "bash", env!("CARGO_BIN_EXE_kinora")]);
    let piped = finish(piped.arg(house.aside("kinora.toml")));
    assert!(piped.out.ends_with("\n0\n"), "{piped:?}");
    let addr = daemon.addr.to_string();
    daemon.kill();
    let mut away = kinora(&house, "tui --once");
    let away = finish(away.env("KINORA__HTTP__LISTEN", addr));
    assert_eq!(away.code, Some(FAILED), "{away:?}");
    assert!(away.out.contains("daemon away") && away.err.contains("kinora serve"), "{away:?}");
}

#[test]
fn over_the_line_it_shows_its_token_or_is_told_that_it_is_wrong() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    let url = format!("tui --once --url http://{} --token-file", daemon.addr);
    let token = house.aside("data/token");
    let right = finish(&mut kinora(&house, &format!("{url} {}", token.display())));
    assert_eq!(right.code, Some(GOOD), "{right:?}");
    let wrong = house.aside("wrong");
    std::fs::write(&wrong, "open-sesame\n").unwrap();
    let refused = finish(&mut kinora(&house, &format!("{url} {}", wrong.display())));
    assert_eq!(refused.code, Some(FAILED), "{refused:?}");
    assert!(refused.out.contains("Kinora refuses"), "{refused:?}");
    assert!(refused.err.contains("the token is wrong"), "{refused:?}");
    let gone = finish(&mut kinora(&house, &format!("{url} {}", house.aside("none").display())));
    assert!(gone.err.contains("cannot be read"), "{gone:?}");
}
