//! Acts, from the key to what the daemon did.

use super::*;

/// Says yes where a plan is shown first.
fn agree(tmux: &Tmux, done: impl Fn() -> bool) {
    wait_for("the act", || {
        if tmux.screen().contains("y Enter: do it") {
            tmux.keys(&["y"]);
        }
        done().then_some(())
    });
}

#[test]
fn everything_is_paused_and_resumed_by_one_key() {
    let house = House::new();
    let addr = fixed_address();
    let daemon = serve_at(&house, &addr);
    let Some(tmux) = screen_of(&house, &addr) else { return };
    let paused = || daemon.json("/status")["paused"] == true;
    tmux.keys(&["P"]);
    agree(&tmux, paused);
    tmux.see("Everything is paused");
    tmux.keys(&["P"]);
    agree(&tmux, || !paused());
}

#[test]
fn what_failed_is_retried_and_what_is_not_wanted_cancelled() {
    let house = House::new();
    house.write("film.mkv", b"no film at all");
    let addr = fixed_address();
    let daemon = serve_at(&house, &addr);
    daemon.wait_for_jobs(1, "parked");
    let Some(tmux) = screen_of(&house, &addr) else { return };
    tmux.keys(&["5"]);
    tmux.see("film.mkv");
    // On the row of the cause, or on that of the file: both try it again.
    tmux.keys(&["r"]);
    agree(&tmux, || {
        daemon.json("/api/v1/jobs/1")["events"].to_string().contains("asked to try it again")
    });
    // What is mended goes on by itself, and waits for nobody any more.
    house.speech("film.mkv");
    wait_for("its end", || (daemon.jobs()[0]["status"] == "done").then_some(()));
    tmux.see("nothing waits for you");
    tmux.wait("no count of what waits", |it| !it.contains("parked"));
    house.write("second.mkv", b"no film either");
    signal(daemon.pid(), "HUP");
    wait_for("the second one", || (daemon.jobs()[0]["status"] == "parked").then_some(()));
    tmux.keys(&["2"]);
    tmux.see("second.mkv");
    tmux.keys(&["/"]);
    tmux.keys(&["second", "Enter"]);
    tmux.wait("only that", |it| it.contains("second.mkv"));
    tmux.keys(&["x"]);
    let plan = tmux.see("y Enter: do it");
    assert!(daemon.jobs()[0]["status"] == "parked", "nothing happens before yes: {plan}");
    tmux.keys(&["n"]);
    tmux.see("nothing was done");
    tmux.keys(&["x"]);
    tmux.see("y Enter: do it");
    tmux.keys(&["y"]);
    wait_for("the end of it", || (daemon.jobs()[0]["status"] == "cancelled").then_some(()));
}
