//! Somebody is told by a real daemon what happens: one message with the file and the remedy, also through a server that
//! is away and a Kinora that is killed.

use super::support::*;
use crate::support::ntfy::{Misdeed, Ntfy, Sent};

const KEY: &str = "tk_of_this_house";

fn config(ntfy: &Ntfy, on: &str) -> String {
    format!(
        "[[notify]]\nname = \"phone\"\nkind = \"ntfy\"\naddress = \"{}/kinora\"\nkey = \"{KEY}\"\n\
         gather = \"1s\"\non = [{on}]\n",
        ntfy.url
    )
}

/// All messages, once there are so many.
fn messages(ntfy: &Ntfy, count: usize) -> Vec<Sent> {
    wait_for(&format!("{count} messages"), || {
        let taken = ntfy.taken();
        (count <= taken.len()).then_some(taken)
    })
}

fn activities(daemon: &Daemon, name: &str) -> Vec<String> {
    let all = daemon.json("/api/v1/activity");
    let of = all.as_array().unwrap().iter().filter(|it| it["name"] == name);
    of.map(|it| it["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_file_that_fails_is_told_once_and_a_kill_loses_nothing() {
    let house = House::new();
    let ntfy = Ntfy::start(Some(KEY));
    let config = config(&ntfy, "\"parked\"");
    let setup = Setup { config: &config, ..Setup::default() };
    // Nobody listens yet: a new one is told from now on.
    let daemon = house.serve(&setup);
    let known = house.aside("data/notify.json");
    wait_for("the place where it begins", || known.exists().then_some(()));
    ntfy.always(Some(Misdeed::Answer(503, "", String::new())));
    house.write("broken.mkv", b"no film at all");
    signal(daemon.pid(), "USR1");
    daemon.wait_for_jobs(1, "parked");
    wait_for("a try in vain", || (!ntfy.all().is_empty()).then_some(()));
    daemon.kill();

    let daemon = house.serve(&setup);
    ntfy.always(None);
    let taken = messages(&ntfy, 1);
    let sent = &taken[0];
    assert_eq!(sent.header("title"), Some("Kinora: 1 file waits for you"), "{sent:?}");
    assert!(sent.body.starts_with("1 file waits for you: broken.mkv.\n"), "{}", sent.body);
    let fault = activities(&daemon, "parked").remove(0);
    let remedy = fault.split("; ").nth(1).unwrap().trim_end_matches('.');
    assert!(sent.body.contains(remedy), "{} of {fault}", sent.body);
    daemon.kill();

    // What was told is not told again, and what is new is.
    let daemon = house.serve(&setup);
    house.write("other.mkv", b"no film either");
    signal(daemon.pid(), "USR1");
    daemon.wait_for_jobs(2, "parked");
    let taken = messages(&ntfy, 2);
    assert!(taken[1].body.starts_with("1 file waits for you: other.mkv.\n"), "{taken:?}");
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(ntfy.taken().len(), 2, "{:?}", ntfy.taken());
}

#[test]
fn a_queue_that_ran_empty_and_a_disk_that_is_nearly_full_are_told() {
    let house = House::new();
    let ntfy = Ntfy::start(Some(KEY));
    let config = config(&ntfy, "\"finished\", \"disk_low\"");
    house.speech("good.mkv");
    house.write("bad.mkv", b"no film");
    let env = [("KINORA__SERVE__DISK_FREE_MIN_MIB", "1048576".to_owned())];
    let daemon = house.serve(&Setup { config: &config, env: &env, ..Setup::default() });
    let told = wait_for("both to be told", || {
        let taken = ntfy.taken();
        let all: String =
            taken.iter().map(|it| format!("{:?} {}\n", it.header("title"), it.body)).collect();
        (all.contains("finished") && all.contains("left on the disk of")).then_some((taken, all))
    });
    assert!(told.1.contains("1 file finished, 1 needs you"), "{}", told.1);
    let urgent = told.0.iter().find(|it| it.body.contains("left on the disk of")).unwrap();
    assert_eq!(urgent.header("priority"), Some("5"));
    assert!(daemon.warnings().contains("left on the disk of"), "{}", daemon.warnings());
    let health = daemon.json("/health/extended")["warnings"].to_string();
    assert!(health.contains("make room there"), "{health}");
    assert_eq!(
        activities(&daemon, "disk_low").len(),
        1,
        "once, though there are two folders on it"
    );
}

#[test]
fn one_that_refuses_is_told_of_once_and_never_to_itself() {
    let house = House::new();
    let ntfy = Ntfy::start(Some("another key"));
    let config = config(&ntfy, "");
    let daemon = house.serve(&Setup { config: &config, ..Setup::default() });
    wait_for("the place where it begins", || {
        house.aside("data/notify.json").exists().then_some(())
    });
    for name in ["a.mkv", "b.mkv"] {
        let before = ntfy.all().len();
        house.write(name, b"no film");
        signal(daemon.pid(), "USR1");
        wait_for("a message that is refused", || (before < ntfy.all().len()).then_some(()));
        wait_for("it to be given up", || {
            let log = daemon.said();
            (log.matches("could not be told").count() > before).then_some(())
        });
    }
    let told = activities(&daemon, "not_notified");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("phone could not be told: it answers 403 (forbidden); check its key"),
        "{told:?}"
    );
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains(KEY), "{said}");
}
