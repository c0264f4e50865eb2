//! The terminal: taken, given back, put aside, made smaller.

use super::tmux::PROMPT;
use super::*;
use std::process::{Child, Command, Stdio};

#[test]
fn every_page_opens_by_its_key_and_fits_any_window() {
    let house = House::new();
    let addr = fixed_address();
    let _daemon = serve_at(&house, &addr);
    let Some(tmux) = screen_of(&house, &addr) else { return };
    for (key, word) in [
        ("2", "queue"),
        ("3", "execution"),
        ("4", "library"),
        ("5", "failures"),
        ("6", "logs"),
        ("7", "models"),
        ("8", "settings"),
        ("1", "overview"),
    ] {
        tmux.keys(&[key]);
        tmux.keys(&["?"]);
        tmux.see(&format!("Keys of the page {word}"));
        // Those of every page are the last ones.
        tmux.keys(&["End"]);
        tmux.see("show the keys of this page");
        tmux.keys(&["Escape"]);
        tmux.wait("the page", |it| !it.contains("Keys of the page"));
    }
    tmux.resize(40, 12);
    let small =
        tmux.wait("a small page", |it| it.contains("1 Overview 2 3 4") && it.contains(FOOT));
    assert!(small.lines().all(|it| it.chars().count() <= 40), "{small}");
    tmux.resize(30, 8);
    tmux.see("please make it");
    tmux.resize(120, 30);
    tmux.wait("the page again", |it| it.contains("8 Settings") && it.contains(FOOT));
    tmux.keys(&["q"]);
    tmux.is_given_back();
}

#[test]
fn the_terminal_is_given_back_however_the_screen_ends() {
    let house = House::new();
    let addr = fixed_address();
    let _daemon = serve_at(&house, &addr);
    let Some(tmux) = screen_of(&house, &addr) else { return };
    for name in ["TERM", "INT", "HUP"] {
        assert!(tmux.is_alternate());
        signal(tmux.child(), name);
        tmux.is_given_back();
        tmux.line("$KINORA tui");
        tmux.wait("the overview", |it| it.contains("1 Overview") && it.contains("Kinora 0."));
    }
    tmux.keys(&["C-c"]);
    tmux.is_given_back();
    tmux.line("TERM=dumb $KINORA tui");
    tmux.see("TERM is dumb");
}

#[test]
fn it_is_put_aside_and_brought_back() {
    let house = House::new();
    let addr = fixed_address();
    let _daemon = serve_at(&house, &addr);
    let Some(tmux) = screen_of(&house, &addr) else { return };
    tmux.keys(&["C-z"]);
    tmux.see("Stopped");
    tmux.is_given_back();
    tmux.line("clear; fg");
    tmux.wait("the overview", |it| it.contains("1 Overview") && it.contains(FOOT));
    tmux.keys(&["?"]);
    tmux.see("Keys of the page overview");
    tmux.keys(&["Escape"]);
    // Stopped by others, and after that somebody set the terminal otherwise.
    signal(tmux.child(), "STOP");
    tmux.see("Stopped");
    tmux.line("stty sane; clear; fg");
    tmux.wait("the overview", |it| it.contains("1 Overview") && it.contains(FOOT));
    tmux.keys(&["?"]);
    tmux.see("Keys of the page overview");
    tmux.keys(&["q"]);
    tmux.is_given_back();
    assert!(tmux.screen().contains(PROMPT.trim_end()));
}

/// A screen in a terminal that `script` makes and nobody reads, and its process.
fn unread(house: &House, addr: &str) -> (Child, i64) {
    let told = house.aside("screen.pid");
    let _ = std::fs::remove_file(&told);
    let line = format!(
        "stty cols 80 rows 24; echo $$ >{}; exec {} tui --url http://{addr}",
        told.display(),
        env!("CARGO_BIN_EXE_kinora")
    );
    let mut script = Command::new("script");
    script.args(["--quiet", "--flush", "--command", &line, "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).env("TERM", "xterm");
    let child = script.spawn().unwrap();
    let pid = wait_for("the screen", || {
        let pid = std::fs::read_to_string(&told).ok()?;
        pid.strip_suffix('\n')?.parse().ok()
    });
    wait_for("its threads", || {
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
        let name = |it: std::fs::DirEntry| std::fs::read_to_string(it.path().join("comm"));
        threads.flatten().any(|it| name(it).is_ok_and(|it| it == "tui signals\n")).then_some(())
    });
    (child, pid)
}

fn is_gone(pid: i64) -> Option<()> {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    state.map_or(Some(()), |it| it.contains(") Z ").then_some(()))
}

#[test]
fn no_screen_outlives_its_terminal() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    if !there_is("script") {
        return;
    }
    // The line was cut: whoever held the terminal is gone.
    let (mut script, pid) = unread(&house, &daemon.addr.to_string());
    script.kill().unwrap();
    script.wait().unwrap();
    wait_for("the end", || is_gone(pid));
    // The line is there and takes nothing any more: the window changes until all buffers are full.
    let (mut script, pid) = unread(&house, &daemon.addr.to_string());
    signal(i64::from(script.id()), "STOP");
    let terminal = format!("/proc/{pid}/fd/1");
    let mut columns = 80;
    wait_for("a full line", || {
        columns = if columns == 80 { 81 } else { 80 };
        let stty = ["-F", &terminal, "cols", &columns.to_string()];
        assert!(Command::new("stty").args(stty).status().unwrap().success());
        let does = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        does.starts_with("1 0x1 ").then_some(())
    });
    signal(pid, "TERM");
    wait_for("the end", || is_gone(pid));
    script.kill().unwrap();
    script.wait().unwrap();
}
