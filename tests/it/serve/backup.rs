//! Backups of a running daemon, and a machine that goes on from one.

use super::support::*;
use serde_json::Value;
use std::path::Path;

/// What the daemon tells of backups, once this many were made or failed.
fn ended(daemon: &Daemon, number: u64) -> Value {
    wait_for("the end of the backup", || {
        let view = daemon.json("/api/v1/backups");
        (view["last"]["number"].as_u64() >= Some(number)).then_some(view)
    })
}

fn make(daemon: &Daemon) -> Value {
    let (status, run) = daemon.ask("POST", "/api/v1/backups", "");
    assert_eq!(status, 202, "{run}");
    let run: Value = serde_json::from_str(&run).unwrap();
    ended(daemon, run["number"].as_u64().unwrap())
}

/// Sentences of this kind, the newest first.
fn told(daemon: &Daemon, kind: &str) -> Vec<String> {
    let activity = daemon.json("/api/v1/activity");
    let of = activity.as_array().unwrap().iter().filter(|it| it["name"] == kind);
    of.map(|it| it["text"].as_str().unwrap().to_owned()).collect()
}

fn folder(name: &str, path: &Path) -> (&'static str, String) {
    let name =
        if name == "second" { "KINORA__BACKUP__SECOND_FOLDER" } else { "KINORA__BACKUP__FOLDER" };
    (name, path.display().to_string())
}

/// Everything is lost but a backup; another machine goes on from it, and listens to nothing that was heard.
#[test]
fn another_machine_goes_on_from_a_backup_without_listening_again() {
    let house = House::new();
    house.speech("one.mkv");
    house.speech("two.mka");
    let backups = house.aside("backups");
    std::fs::create_dir(&backups).unwrap();
    let env = [folder("first", &backups)];
    let engine = house.talkative_engine();
    let setup = Setup { env: &env, engine: Some(&engine), ..Setup::default() };
    let daemon = house.serve(&setup);
    daemon.wait_for_jobs(2, "done");
    assert!(house.windows_asked() > 0);
    let view = make(&daemon);
    assert_eq!(view["last"]["problem"], Value::Null, "{view}");
    assert_eq!(view["backups"][0]["holds"]["jobs"], 2, "{view}");
    let sentence = told(&daemon, "backed_up").remove(0);
    assert!(sentence.contains("was made:") && sentence.contains("rows"), "{sentence}");
    let name = view["backups"][0]["name"].as_str().unwrap().to_owned();

    // The command line asks the daemon; and puts a copy where somebody wants it.
    let usb = house.aside("usb");
    std::fs::create_dir(&usb).unwrap();
    let command = |line: &str| {
        let mut command = kinora(&house, line);
        command.env(env[0].0, &env[0].1);
        command
    };
    let made = finish(command("backup create --json --to").arg(&usb));
    assert_eq!(made.code, Some(GOOD), "{made:?}");
    assert!(
        made.lines()[0]["path"].as_str().unwrap().starts_with(usb.to_str().unwrap()),
        "{made:?}"
    );
    let status = finish(&mut command("status"));
    assert!(status.out.contains("last backup: 20"), "{status:?}");
    let live = finish(&mut command("backup restore latest --force"));
    assert_eq!(live.code, Some(FAILED), "{live:?}");
    assert!(live.err.contains("in use"), "never over a store that is served: {live:?}");
    assert_eq!(daemon.end().0, Some(0));

    // The disk dies; the films have another one. The new machine is another folder.
    std::fs::remove_dir_all(house.aside("data")).unwrap();
    let subtitle = house.subtitle("one");
    for lost in ["one.eng.srt", "two.eng.srt"] {
        std::fs::remove_file(house.film(lost)).unwrap();
    }
    let other = house.aside("elsewhere/data");
    let file = backups.join(&name);
    let on_other = |command: &mut std::process::Command| {
        finish(command.env("KINORA__DATA_DIR", &other).env(env[0].0, &env[0].1))
    };
    let verified = on_other(&mut command("backup verify latest --json"));
    assert_eq!(verified.code, Some(GOOD), "{verified:?}");
    assert_eq!(verified.lines()[0]["restored"], true);
    let plan = on_other(command("backup restore --dry-run").arg(&file));
    assert_eq!(plan.code, Some(GOOD), "{plan:?}");
    assert!(plan.out.contains("there is no store yet"), "{plan:?}");
    assert!(!other.exists(), "a plan changes nothing");
    let done = on_other(command("backup restore").arg(&file));
    assert_eq!(done.code, Some(GOOD), "{done:?}");
    let env = [env[0].clone(), ("KINORA__DATA_DIR", other.display().to_string())];
    let setup = Setup { env: &env, engine: Some(&engine), ..Setup::default() };
    let daemon = house.serve(&setup);
    let all_done = || {
        let jobs = daemon.jobs();
        jobs.iter().all(|it| it["status"] == "done").then_some(jobs)
    };
    let is_there = || ["one.eng.srt", "two.eng.srt"].iter().all(|it| house.film(it).exists());
    // Where the look at the start did not ask for them again, a person does; executions of before are told as well.
    let jobs = wait_for("what is found at the start", all_done);
    if !is_there() {
        for job in jobs {
            daemon.ask("POST", &format!("/api/v1/jobs/{}/retry", job["id"]), "");
        }
    }
    wait_for("the subtitles", || is_there().then_some(()));
    wait_for("the end of both", || {
        let is_over = |it: &Value| it["status"] != "running" && it["status"] != "queued";
        daemon.jobs().iter().all(is_over).then_some(())
    });
    assert_eq!(house.subtitle("one"), subtitle);
    assert_eq!(house.windows_asked(), 0, "nothing is heard again");
    assert_eq!(daemon.end().0, Some(0));
    let check = on_other(&mut command("check"));
    assert_eq!(check.code, Some(GOOD), "{check:?}");
}

/// What was missed while the machine was off is made up for; the second folder gets what it lacks when it is there.
#[test]
fn one_is_made_by_itself_and_copied_when_the_second_disk_is_there() {
    let house = House::new();
    let (first, second) = (house.aside("first"), house.aside("second"));
    std::fs::create_dir(&first).unwrap();
    let env = [folder("first", &first), folder("second", &second)];
    let setup = Setup { env: &env, ..Setup::default() };
    let daemon = house.serve(&setup);
    let view = make(&daemon);
    assert_eq!(view["backups"].as_array().unwrap().len(), 1, "the first one stands: {view}");
    let problem = view["last"]["problem"].as_str().unwrap().to_owned();
    assert!(problem.contains("second") && problem.contains("is not there"), "{problem}");
    assert!(told(&daemon, "backup_failed")[0].contains(&problem));
    assert_eq!(told(&daemon, "backed_up").len(), 1);
    assert_eq!(daemon.end().0, Some(0));

    // As if it were of long ago.
    let made = first.join(view["backups"][0]["name"].as_str().unwrap());
    let old = first.join("kinora-2020-01-01T013000Z.kinora-backup");
    std::fs::rename(made, &old).unwrap();
    std::fs::write(first.join("notes.txt"), "mine").unwrap();
    std::fs::create_dir(&second).unwrap();
    let daemon = house.serve(&setup);
    let view = ended(&daemon, 1);
    assert_eq!(view["last"]["problem"], Value::Null, "{view}");
    let names = |folder: &Path| {
        let ours = listing(folder).into_keys().filter_map(|it| it.into_string().ok());
        ours.filter(|it| it.ends_with(".kinora-backup")).collect::<Vec<_>>()
    };
    assert!(old.exists(), "it is young by its manifest");
    assert_eq!((names(&first).len(), names(&second).len()), (2, 1));
    let copy = second.join(&names(&second)[0]);
    let original = first.join(&names(&second)[0]);
    assert_eq!(std::fs::read(copy).unwrap(), std::fs::read(original).unwrap());

    // Its disk is not mounted: the empty folder below it is not filled.
    let away = house.aside("away");
    std::fs::rename(&second, &away).unwrap();
    std::fs::create_dir(&second).unwrap();
    let view = make(&daemon);
    let problem = view["last"]["problem"].as_str().unwrap().to_owned();
    assert!(problem.contains("none of the copies") && problem.contains("mount"), "{problem}");
    assert_eq!(names(&second).len(), 0);
    // It is back, and gets what was made meanwhile.
    std::fs::remove_dir(&second).unwrap();
    std::fs::rename(&away, &second).unwrap();
    wait_for("another second", || make(&daemon)["last"]["problem"].is_null().then_some(()));
    assert_eq!(names(&second).len(), names(&first).len() - 1, "all but the old one");
    assert!(first.join("notes.txt").exists());
    assert_eq!(daemon.end().0, Some(0));
}
