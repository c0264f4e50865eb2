//! What the service would do with a file, as it is asked over HTTP and on the command line.

use super::support::*;
use serde_json::Value;
use std::path::Path;

fn explained(daemon: &Daemon, path: &Path) -> Value {
    daemon.json(&format!("/api/v1/explain?path={}", path.display().to_string().replace(' ', "%20")))
}

fn text(told: &Value) -> String {
    told.to_string()
}

#[test]
fn a_file_is_explained_by_what_is_known_of_it() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let trailer = house.speech("film-trailer.mkv");
    let held = house.speech("held.mkv");
    house.write("held.mkv.lock", b"");
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(1, "done");

    let told = explained(&daemon, &film);
    assert_eq!(told["verdict"], "skip", "{told}");
    assert!(text(&told).contains("done before: film.eng.srt"), "{told}");
    assert!(text(&told).contains("in the library `Films`"), "{told}");
    assert!(text(&told).contains("job 1 ended"), "{told}");

    let told = explained(&daemon, &trailer);
    assert_eq!(told["verdict"], "leave_out", "{told}");
    assert!(text(&told).contains("it is a trailer"), "{told}");

    let told = explained(&daemon, &held);
    assert_eq!(told["verdict"], "wait", "{told}");
    assert!(text(&told).contains("held.mkv.lock"), "{told}");

    // The command line asks the service that has the store; what is in no library it explains by itself.
    let mut command = kinora(&house, "explain --json");
    let ran = finish(command.current_dir(house.films()).arg("film.mkv").arg(&held));
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let verdicts: Vec<Value> = ran.lines().iter().map(|it| it["verdict"].clone()).collect();
    assert_eq!(verdicts, ["skip", "wait"]);
    assert!(ran.out.contains("job 1 ended"), "{}", ran.out);
    let (status, problem) = daemon.get("/api/v1/explain?path=/etc/passwd");
    assert_eq!(status, 422, "{problem}");
    assert!(problem.contains("is in no library"), "{problem}");

    // Without the service its store is read.
    assert_eq!(daemon.end().0, Some(0));
    let mut command = kinora(&house, "explain --json");
    let ran = finish(command.env("KINORA__LISTEN__FROM", "en").arg(&film));
    assert_eq!(ran.lines()[0]["verdict"], "skip", "{ran:?}");
}

#[test]
fn what_kinora_made_with_other_settings_is_kept_unless_it_shall_be_made_anew() {
    let house = House::new();
    house.speech("film.mkv");
    let engine = house.talkative_engine();
    let serve = |env: &[(&str, String)]| {
        let daemon = house.serve(&Setup { engine: Some(&engine), env, ..Setup::default() });
        daemon.scan();
        wait_for("rest", || daemon.jobs().iter().all(|it| it["status"] == "done").then_some(()));
        let job = daemon.json("/api/v1/jobs/1");
        assert_eq!(daemon.end().0, Some(0));
        (job, house.windows_asked())
    };
    let (_, windows) = serve(&[]);
    assert!(windows > 0);
    let beam = ("KINORA__LISTEN__BEAM", "2".to_owned());
    let (job, windows) = serve(std::slice::from_ref(&beam));
    assert_eq!(windows, 0, "{job}");
    assert!(job.to_string().contains("English is there: film.eng.srt"), "{job}");
    let (_, windows) = serve(&[beam, ("KINORA__REMAKE_ON_CHANGE", "true".to_owned())]);
    assert!(windows > 0);
}

#[test]
fn a_subtitle_that_comes_or_goes_is_decided_on_again() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let good = "1\n00:00:00,300 --> 00:00:02,200\nAnd so, my fellow Americans,\n\n\
                2\n00:00:03,300 --> 00:00:04,400\nask not\n";
    house.write("film.en.srt", good.as_bytes());
    let config = "to = [\"en\"]\nsubtitle_mode = \"ignore\"\n";
    let daemon = house.serve(&Setup { config, ..Setup::default() });
    daemon.wait_for_jobs(1, "done");
    assert!(daemon.json("/api/v1/jobs/1").to_string().contains("English is there"));
    assert!(!house.film("film.eng.srt").exists());
    std::fs::remove_file(house.film("film.en.srt")).unwrap();
    wait_for("ours", || house.film("film.eng.srt").exists().then_some(()));
    // One job, executed twice.
    daemon.wait_for_jobs(2, "done");
    assert!(daemon.jobs().iter().all(|it| it["id"] == 1));
    assert_eq!(explained(&daemon, &film)["verdict"], "skip");
}
