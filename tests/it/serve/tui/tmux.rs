//! A terminal for tests: tmux with a server of its own, in which a shell runs.

use super::super::support::*;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the shell says when it waits.
pub(super) const PROMPT: &str = "ready$ ";

/// A terminal of a size, with a shell in it; gone with its shell when this is dropped.
pub(super) struct Tmux {
    socket: String,
}

impl Tmux {
    /// In this house, where `kinora` with its configuration is called `$KINORA`; `None` where there is no tmux.
    pub(super) fn open(house: &House, columns: u16, rows: u16) -> Option<Tmux> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        if !there_is("tmux") {
            return None;
        }
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let socket = format!("kinora-test-{}-{number}", std::process::id());
        let kinora = env!("CARGO_BIN_EXE_kinora");
        let config = house.aside("kinora.toml");
        let mut command = house.dressed("tmux");
        command
            .args(["-L", &socket, "-f", "/dev/null", "-u", "new-session", "-d"])
            .args(["-x", &columns.to_string(), "-y", &rows.to_string()])
            .arg(format!("exec env PS1='{PROMPT}' bash --norc --noprofile -i"))
            .env("LC_ALL", "C.UTF-8")
            .env("KINORA", format!("{kinora} --config {}", config.display()))
            .env_remove("NO_COLOR")
            .env_remove("TMUX");
        assert!(command.status().unwrap().success(), "tmux starts");
        let tmux = Tmux { socket };
        tmux.wait("the shell", |it| it.contains(PROMPT.trim_end()));
        Some(tmux)
    }

    /// What tmux answers.
    pub(super) fn tmux(&self, args: &[&str]) -> String {
        let output = Command::new("tmux").args(["-L", &self.socket]).args(args).output().unwrap();
        assert!(output.status.success(), "tmux {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Presses keys, in tmux's words: `q`, `Enter`, `C-z`.
    pub(super) fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"][..], keys].concat());
    }

    /// Types a line into the shell.
    pub(super) fn line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.keys(&["Enter"]);
    }

    /// What is on the screen.
    pub(super) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen is so, and gives it.
    pub(super) fn wait(&self, what: &str, mut holds: impl FnMut(&str) -> bool) -> String {
        let mut last = String::new();
        let start = std::time::Instant::now();
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "{what} did not come; on the screen:\n{last}");
            last = screen;
            std::thread::park_timeout(std::time::Duration::from_millis(20));
        }
    }

    /// Waits until this text is on the screen.
    pub(super) fn see(&self, text: &str) -> String {
        self.wait(text, |it| it.contains(text))
    }

    /// Makes it larger or smaller.
    pub(super) fn resize(&self, columns: u16, rows: u16) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        self.tmux(&["resize-window", "-x", &columns, "-y", &rows]);
    }

    /// Whether a program has the alternate screen.
    pub(super) fn is_alternate(&self) -> bool {
        self.tmux(&["display-message", "-p", "#{alternate_on}"]).trim() == "1"
    }

    /// The process that runs in the foreground of the shell, of this name.
    pub(super) fn child(&self) -> i64 {
        wait_for("the screen's process", || self.children().split_whitespace().next()?.parse().ok())
    }

    /// Processes that the shell started and that run.
    fn children(&self) -> String {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let path = format!("/proc/{0}/task/{0}/children", shell.trim());
        std::fs::read_to_string(path).unwrap()
    }

    /// Waits for the shell, and checks that the terminal is as it was: lines are echoed and edited, the ordinary
    /// screen is shown, no mouse is asked for.
    pub(super) fn is_given_back(&self) {
        wait_for("the ordinary screen", || (!self.is_alternate()).then_some(()));
        // Until it has ended, or was put aside, the screen reads what is typed.
        let stopped = |pid: &str| {
            std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|it| it.contains(") T "))
        };
        wait_for("the shell", || self.children().split_whitespace().all(stopped).then_some(()));
        self.line("clear; stty -a | tr ';' '\\n' | tr ' ' '\\n' | grep -x -e echo -e icanon -e isig | tr '\\n' .");
        self.see("isig.icanon.echo.");
        let flags = "#{mouse_any_flag}#{mouse_button_flag}#{cursor_flag}";
        assert_eq!(self.tmux(&["display-message", "-p", flags]).trim(), "001");
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}
