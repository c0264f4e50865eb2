//! Subtitles that were written, held against what is on the disk: by the command, with a daemon and without, and by the
//! clock.

use super::support::*;
use serde_json::{Value, json};
use std::fs;

/// `kinora check --outputs` with more, and its exit code.
fn check(house: &House, more: &str) -> (Option<i32>, String) {
    let line = format!("check --outputs {more}");
    let ran = finish(&mut kinora(house, line.trim()));
    (ran.code, ran.out + &ran.err)
}

/// A daemon that made subtitles of so many films, and looks through nothing by itself any more.
fn worked(house: &House, config: &str, many: usize) -> Daemon {
    let films: Vec<String> = (0..many).map(|it| format!("film {it}.mkv")).collect();
    let first = house.speech(&films[0]);
    for film in &films[1..] {
        fs::copy(&first, house.film(film)).unwrap();
    }
    let daemon = house.serve(&Setup { config, ..Setup::default() });
    daemon.wait_for_jobs(many, "done");
    let ran = finish(&mut kinora(house, "jobs pause --all"));
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    daemon
}

fn acts(plan: &Value) -> Vec<String> {
    let acts = plan["acts"].as_array().unwrap();
    acts.iter().map(|it| it["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_gone_is_a_plan_that_is_carried_out_and_taken_back() {
    let house = House::new();
    let daemon = worked(&house, "[check]\ngone_percent_max = 50\n", 4);
    let (code, said) = check(&house, "");
    assert_eq!((code, said.as_str()), (Some(GOOD), "all 4 subtitles are as they were written\n"));

    // One with its film, one without, one is edited.
    fs::remove_file(house.film("film 0.mkv")).unwrap();
    fs::remove_file(house.film("film 0.eng.srt")).unwrap();
    fs::remove_file(house.film("film 1.eng.srt")).unwrap();
    fs::write(house.film("film 2.eng.srt"), "mine").unwrap();
    let files = house.listing();
    let (code, said) = check(&house, "");
    assert_eq!(code, Some(FAILED), "{said}");
    for part in [
        "film 2.eng.srt was changed by somebody: it is theirs now, and kept",
        "film 0.eng.srt was written: it is gone, and so is its video",
        "film 1.eng.srt was written: it is gone; its video is there",
        "of 4 subtitles 2 are gone, 1 was changed by somebody",
        "`kinora check --outputs --apply` does these",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(house.listing(), files, "a look changes nothing");
    assert!(daemon.warnings().contains("2 are gone"), "{}", daemon.warnings());
    let view = daemon.json("/api/v1/outputs/check");
    let id = view["plan"]["id"].as_str().unwrap().to_owned();

    // Another plan than the last one is not carried out.
    let (status, body) =
        daemon.ask("POST", "/api/v1/outputs/apply", &json!({"plan": "0"}).to_string());
    assert_eq!(status, 409, "{body}");
    let (code, said) = check(&house, "--apply");
    assert_eq!(code, Some(GOOD), "{said}");
    assert!(said.contains("takes them back"), "{said}");
    assert_eq!(house.listing(), files, "files are nobody's but the owner's");
    let (code, said) = check(&house, "");
    assert_eq!(code, Some(GOOD), "{said}");
    let (status, body) =
        daemon.ask("POST", "/api/v1/outputs/apply", &json!({"plan": id}).to_string());
    assert_eq!(status, 409, "{body}");
    let activity = daemon.json("/api/v1/activity").to_string();
    assert!(activity.contains("outputs_checked"), "{activity}");
    assert_eq!(daemon.end().0, Some(0));

    // Without a daemon it is taken back, and planned again.
    let (code, said) = check(&house, "--undo");
    assert_eq!(code, Some(GOOD), "{said}");
    let (_, said) = check(&house, "--json");
    let plan: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (plan["id"].as_str(), acts(&plan).len()),
        (Some(id.as_str()), acts(&view["plan"]).len())
    );
    let (code, said) = check(&house, "--apply");
    assert_eq!(code, Some(GOOD), "{said}");
    let (code, said) = check(&house, "--apply");
    assert_eq!(code, Some(FAILED), "{said}");
    assert!(said.contains("carried out already"), "{said}");
}

#[test]
fn where_a_disk_or_too_much_is_gone_nothing_is_done() {
    let house = House::new();
    let daemon = worked(&house, "", 2);
    fs::remove_file(house.film("film 1.eng.srt")).unwrap();
    let (code, said) = check(&house, "");
    assert_eq!(code, Some(FAILED), "{said}");
    assert!(said.contains("1 of 2 subtitles are gone, more than 5 of a hundred"), "{said}");
    let (code, said) = check(&house, "--apply");
    assert_eq!(code, Some(FAILED), "{said}");
    assert!(said.contains("there is nothing to do"), "{said}");
    let (_, said) = check(&house, "--accept-gone");
    assert!(said.contains("film 1.eng.srt was written: it is gone"), "{said}");

    let away = house.aside("away");
    fs::rename(house.films(), &away).unwrap();
    for more in ["", "--accept-gone"] {
        let (code, said) = check(&house, more);
        assert_eq!(code, Some(FAILED), "{said}");
        assert!(said.contains("is not there; mount its disk or share"), "{said}");
        assert!(!said.contains("forget"), "{said}");
    }
    fs::create_dir(house.films()).unwrap();
    let (_, said) = check(&house, "--accept-gone");
    assert!(said.contains("is empty although files were there before"), "{said}");
    assert!(!said.contains("forget"), "{said}");
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn the_daily_check_that_was_missed_is_made_up_for_and_only_tells() {
    let house = House::new();
    let daemon = worked(&house, "", 1);
    let (code, said) = check(&house, "");
    assert_eq!((code, said.as_str()), (Some(GOOD), "the one subtitle is as it was written\n"));
    assert_eq!(daemon.end().0, Some(0));
    // The last one was long ago.
    let file = house.aside("data/outputs.json");
    let mut plan: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    plan["made_unix_ms"] = json!(1_700_000_000_000_u64);
    fs::write(&file, plan.to_string()).unwrap();
    fs::remove_file(house.film("film 0.eng.srt")).unwrap();
    let daemon = house.serve(&Setup::default());
    let told = wait_for("the check", || {
        let activity = daemon.json("/api/v1/activity");
        let mut checks =
            activity.as_array().unwrap().iter().filter(|it| it["name"] == "outputs_checked");
        checks
            .find_map(|it| it["text"].as_str().filter(|it| it.contains("gone")).map(str::to_owned))
    });
    assert_eq!(
        told,
        "of 1 subtitles 1 is gone, nothing is done in Films: `kinora check --outputs` shows them"
    );
    let view = daemon.json("/api/v1/outputs/check");
    assert_eq!((acts(&view["plan"]).len(), &view["running"]), (0, &Value::Null), "{view}");
    assert!(!house.aside("data/undo").exists());
    let (status, body) = daemon.ask("POST", "/api/v1/outputs/undo", "{}");
    assert_eq!(status, 404, "{body}");
    assert_eq!(daemon.end().0, Some(0));
}
