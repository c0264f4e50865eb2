//! The terminal after a panic. This very program runs again, in a terminal, as a screen that breaks down.

use super::*;
use std::process::Command;

/// Says how the screen shall break down, where this program is that screen.
const BREAKS: &str = "KINORA_TEST_BREAKS";
const PATIENCE: Duration = Duration::from_secs(60);
/// After the end: how the terminal stands.
const AFTER: &str =
    "; stty -a | tr ' ;' '\\n\\n' | grep -x -e echo -e icanon | tr '\\n' .; echo ended; cat";

#[test]
fn breaks_down_where_it_is_told_to() {
    let Ok(how) = std::env::var(BREAKS) else { return };
    let mut screen = Screen::open().unwrap();
    screen.terminal.draw(|frame| frame.render_widget("the screen", frame.area())).unwrap();
    if how == "itself" {
        panic!("planted");
    }
    conn::thread("tui planted", || panic!("planted")).unwrap();
    let fault = loop {
        if let Some(fault) = term::fallen() {
            break fault;
        }
        std::thread::park_timeout(Duration::from_millis(5));
    };
    drop(screen);
    println!("{fault}");
}

#[test]
fn a_panic_gives_the_terminal_back_and_can_be_read() {
    let tmux = |socket: &str, args: &[&str]| {
        Command::new("tmux").args(["-L", socket, "-f", "/dev/null", "-u"]).args(args).output()
    };
    for how in ["itself", "a thread"] {
        let socket = format!("kinora-unit-{}-{}", std::process::id(), how.len());
        let program = std::env::current_exe().unwrap();
        let line = format!(
            "{BREAKS}='{how}' {} --exact tui::screen::tests::breaks_down_where_it_is_told_to --nocapture{AFTER}",
            program.display()
        );
        let args = ["new-session", "-d", "-x", "250", "-y", "40", &line];
        if tmux(&socket, &args).is_err() {
            return println!("skipped: there is no tmux");
        }
        let watch = Stopwatch::start();
        let screen = loop {
            let shown = tmux(&socket, &["capture-pane", "-p"]).unwrap().stdout;
            let shown = String::from_utf8(shown).unwrap();
            if shown.contains("ended") || PATIENCE < watch.elapsed() {
                break shown;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        };
        let state = ["display-message", "-p", "#{alternate_on}#{mouse_any_flag}#{cursor_flag}"];
        let state = tmux(&socket, &state).unwrap().stdout;
        let _ = tmux(&socket, &["kill-server"]);
        assert!(
            screen.contains("planted") && screen.contains("screen/tests.rs"),
            "{how}: {screen}"
        );
        assert!(screen.contains("icanon.echo.ended"), "{how}: {screen}");
        assert_eq!(String::from_utf8_lossy(&state).trim(), "001", "{how}: {screen}");
    }
}
