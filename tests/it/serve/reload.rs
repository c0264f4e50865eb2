//! The configuration, read again on SIGHUP: what holds at once does, what is wrong changes nothing, no work is lost.

use super::support::*;
use serde_json::{Value, json};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

/// What reloads told so far, the newest first.
fn reloads(daemon: &Daemon) -> Vec<String> {
    let activity = daemon.json("/api/v1/activity");
    let told = activity.as_array().unwrap().iter().filter(|it| it["name"] == "reloaded");
    told.map(|it| it["text"].as_str().unwrap().to_owned()).collect()
}

/// Sends HUP; gives what is told of it.
fn reload(daemon: &Daemon) -> String {
    let before = reloads(daemon).len();
    signal(daemon.pid(), "HUP");
    wait_for("a reload", || {
        let told = reloads(daemon);
        (before < told.len()).then(|| told[0].clone())
    })
}

/// Changes the file of a house; what it was.
fn edit(house: &House, of: &str, with: &str) {
    let path = house.aside("kinora.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(of), "{of}: {text}");
    std::fs::write(path, text.replace(of, with)).unwrap();
}

fn key(daemon: &Daemon, name: &str) -> Value {
    let settings = daemon.json("/api/v1/settings");
    let keys = settings["keys"].as_array().unwrap().clone();
    keys.into_iter().find(|it| it["key"] == name).unwrap_or_else(|| panic!("{name}: {settings}"))
}

#[test]
fn what_can_change_holds_at_once_and_the_rest_is_named() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    assert!(!daemon.said().contains("DEBUG"), "{}", daemon.said());
    edit(
        &house,
        "stable = \"0s\"",
        "stable = \"1s\"\nlog = \"debug\"\ndrain = \"7s\"\nwatch = false",
    );
    let told = reload(&daemon);
    for part in
        ["serve.stable", "serve.log", "serve.drain", "; serve.watch holds from the next start on"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    wait_for("lines of the finer log", || daemon.said().contains("DEBUG").then_some(()));
    assert_eq!(key(&daemon, "serve.drain")["in_force"], Value::Null);
    assert_eq!(key(&daemon, "serve.watch")["in_force"], json!("true"));
    assert_eq!(daemon.json("/api/v1/settings")["restart_needed"], true);
    let (code, said) = daemon.end();
    assert!(code == Some(0) && said.contains("running steps have 7 s"), "{said}");
}

#[test]
fn hours_and_limits_hold_at_once() {
    let house = House::new();
    house.speech("Heat.mkv");
    let shut = "[lanes]\nschedule = { cpu = \"00:00-00:01\", ffmpeg = \"00:00-00:01\", disk = \"00:00-00:01\" }\n";
    let daemon = house.serve(&Setup { config: shut, ..Setup::default() });
    daemon.wait_for_jobs(1, "queued");
    edit(&house, shut, "");
    let told = reload(&daemon);
    assert!(told.ends_with("now in force lanes.schedule"), "{told}");
    daemon.wait_for_jobs(1, "done");
}

#[test]
fn a_wrong_file_changes_nothing_and_is_told() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    edit(&house, "stable = \"0s\"", "drain = \"9s\"\nstabel = \"0s\"");
    let told = reload(&daemon);
    for part in
        ["is wrong and was not taken over", "line ", "`serve.stabel`", "did you mean `stable`?"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(daemon.said().contains("was not taken over"), "{}", daemon.said());
    edit(&house, "drain = \"9s\"\nstabel = \"0s\"", "stable = \"0s\"");
    assert!(reload(&daemon).ends_with("nothing is otherwise"));
    let (code, said) = daemon.end();
    assert!(code == Some(0) && said.contains("running steps have 30 s"), "{said}");
}

#[test]
fn work_goes_on_while_it_is_read_and_a_look_follows() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    house.speech("Heat.mkv");
    let scans = daemon.scans().len();
    for turn in 0..5 {
        edit(&house, "[serve]\n", &format!("[serve]\nruns_days = {}\n", 10 + turn));
        reload(&daemon);
        edit(&house, &format!("runs_days = {}\n", 10 + turn), "");
    }
    daemon.wait_for_jobs(1, "done");
    assert!(house.film("Heat.eng.srt").exists());
    wait_for("a look", || (scans < daemon.scans().len()).then_some(()));
    // USR1 looks, and reads nothing.
    let before = (reloads(&daemon).len(), daemon.scans().len());
    signal(daemon.pid(), "USR1");
    wait_for("a look", || (before.1 < daemon.scans().len()).then_some(()));
    assert_eq!(reloads(&daemon).len(), before.0);
}

#[test]
fn systemd_hears_reloading_and_ready() {
    let house = House::new();
    let path = house.aside("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let env = [("NOTIFY_SOCKET", path.display().to_string())];
    let daemon = house.serve(&Setup { env: &env, ..Setup::default() });
    let hear = |what: &str| {
        let mut bytes = [0; 512];
        loop {
            let length = socket.recv(&mut bytes).unwrap_or_else(|err| panic!("{what}: {err}"));
            let told = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if told.contains(what) {
                return told;
            }
        }
    };
    hear("READY=1");
    signal(daemon.pid(), "HUP");
    let told = hear("RELOADING=1");
    assert!(told.contains("MONOTONIC_USEC="), "{told}");
    hear("READY=1");
}
