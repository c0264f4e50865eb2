//! What is seen of a run: lines and a table for people, JSON for scripts, bars on a terminal.

use super::support::*;
use std::process::{Command, Stdio};

#[test]
fn json_is_one_object_a_line_and_the_summary_adds_up() {
    let house = House::new();
    let films = [house.speech("good.mka"), house.write("bad.mkv", b""), house.film("gone.mkv")];
    let ran = house.run("--from en --json", &films);
    assert_eq!(ran.code, Some(FAILED));
    // Files are in work side by side: each begins before it ends, and the summary is last.
    for item in 0..films.len() {
        let lines = ran.lines();
        let of_item = lines.iter().filter(|it| it["item"] == item).map(|it| it["event"].clone());
        assert_eq!(of_item.collect::<Vec<_>>(), ["started", "ended"], "{ran:?}");
    }
    assert_eq!(ran.lines().len(), 2 * films.len() + 1);
    let summary = ran.lines().pop().unwrap();
    let number = |name: &str| summary[name].as_i64().unwrap();
    assert_eq!(["items", "done", "failed", "exit_code"].map(number), [3, 1, 2, 1]);
    let mut ended = ran.ended();
    ended.sort_by_key(|it| it["item"].as_u64());
    assert_eq!(ended[0]["language"], "en");
    assert!(ended[0]["cues"].as_i64().unwrap() >= 1 && ended[0]["fault"].is_null());
    assert!(ended[0]["written"][0]["path"].as_str().unwrap().ends_with("/good.eng.srt"));
    assert!(ended[1]["fault"]["what"].as_str().unwrap().contains("empty"));
    for line in ran.err.lines() {
        assert!(line.contains("bad.mkv") || line.contains("gone.mkv"), "{line}");
    }
}

#[test]
fn without_a_terminal_there_are_lines_and_a_table_without_control_characters() {
    let house = House::new();
    let films = [house.speech("千と千尋の神隠し.mka"), house.write("bad.mkv", b"")];
    let ran = house.run("--from en", &films);
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    for text in [&ran.out, &ran.err] {
        assert_eq!(text.chars().find(|it| it.is_control() && *it != '\n'), None, "{text:?}");
    }
    for part in [
        "file",
        "lang",
        "cues",
        "千と千尋の神隠し.mka",
        "done",
        "failed",
        "2 files: 1 done, 1 failed",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
}

/// A terminal of 100 columns and 30 lines in which commands are typed.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// Runs a command in a new terminal, which stays when it ends.
    fn run(house: &House, number: usize, command: &str) -> Terminal {
        let name = house.aside("").file_name().unwrap().to_str().unwrap().to_owned();
        // Each its own server: the one before may still be ending.
        let terminal = Terminal { socket: format!("kinora-test{name}-{number}") };
        let data = house.aside("data");
        let line = format!(
            "env -u KINORA_CONFIG HOME={0} KINORA__DATA_DIR={0} KINORA__LISTEN__THREADS=1 LC_ALL=C.UTF-8 {command}; \
             echo \"ended with $?\"; cat",
            data.display()
        );
        let size = ["new-session", "-d", "-x", "100", "-y", "30"];
        assert!(terminal.tmux(&[&size[..], &[&line]].concat()).0);
        terminal
    }

    fn tmux(&self, args: &[&str]) -> (bool, String) {
        let output = Command::new("tmux")
            .args(["-u", "-f", "/dev/null", "-L", &self.socket])
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn sees(&self) -> String {
        self.tmux(&["capture-pane", "-p"]).1
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn in_a_terminal_there_are_bars_and_a_table_at_the_end() {
    if !there_is("tmux") {
        return;
    }
    let house = House::new();
    house.make("千と千尋の神隠し.mka", "-af apad=pad_dur=2");
    house.write("bad.mkv", b"");
    let program = env!("CARGO_BIN_EXE_kinora");
    for (number, setting) in ["", "NO_COLOR=1 "].into_iter().enumerate() {
        let films = house.films();
        let command = format!("{setting}{program} run --force --from en {}", films.display());
        let terminal = Terminal::run(&house, number, &command);
        let bars = wait_for("bars", || {
            let seen = terminal.sees();
            (seen.contains("decode ━") && seen.contains("listen ")).then_some(seen)
        });
        assert!(bars.contains("千と千尋の神隠し.mka"), "{bars}");
        let end = wait_for("the end", || {
            let seen = terminal.sees();
            seen.contains("ended with").then_some(seen)
        });
        assert!(end.contains("ended with 1"), "{end}");
        assert!(!end.contains('━'), "the bars are gone: {end}");
        let row = |part: &str| {
            let (_, table) = end.split_once("\nfile ").expect("a table");
            table.lines().find(|it| it.starts_with(part)).unwrap().to_owned()
        };
        assert!(row("千と千尋の神隠し.mka").contains("done"), "{end}");
        assert!(row("bad.mkv").contains("failed"), "{end}");
        assert!(end.contains("2 files: 1 done, 1 failed"), "{end}");
    }
}
