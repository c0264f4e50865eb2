//! Bazarr's whisper provider: its exact requests, and what they must come to (PEERS.md 7.1).

use super::support::*;
use crate::support::srt;
use std::io::Write;
use std::net::Shutdown;

const ASR: &str = "/asr?task=transcribe&language=en&output=srt&encode=false";
const DETECT: &str = "/detect-language?encode=false";

/// Start of the first cue, milliseconds.
fn first_start(text: &str) -> i64 {
    i64::try_from(srt::read(text)[0].span.start).unwrap()
}

#[test]
fn bazarrs_requests_are_answered_as_it_wants_them_once_for_each_file() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    assert!(daemon.json("/status")["version"].is_string(), "its test button");
    let sound = raw("");
    let film = bazarrs(&sound);
    let found = post(&daemon, DETECT, &film);
    let english = serde_json::json!({"detected_language": "english", "language_code": "en"});
    assert_eq!((found.status, found.json()), (200, english));
    let steps = |job: &str| {
        let log = daemon.get(&format!("/api/v1/jobs/{job}/log")).1;
        (log.contains(" detect "), log.contains(" listen "), log.contains(" publish "))
    };
    assert_eq!(steps("1"), (true, false, false), "only its language");

    let made = post(&daemon, ASR, &film);
    assert_eq!(made.status, 200, "{made:?}");
    assert!(
        made.body.starts_with("1\n00:00:0") && made.body.contains("fellow Americans"),
        "{made:?}"
    );
    assert!(made.head.contains("content-type: text/plain"), "{made:?}");
    let jobs = daemon.jobs();
    assert_eq!((jobs.len(), &jobs[0]["path"]), (2, &"upload audio.wav".into()), "{jobs:?}");
    let heard = daemon.metric("kinora_windows_heard_total");

    // Again, and after another start: it is known.
    assert_eq!(post(&daemon, ASR, &film).body, made.body);
    assert_eq!((daemon.jobs().len(), daemon.metric("kinora_windows_heard_total")), (2, heard));
    assert_eq!(daemon.end().0, Some(0));
    let daemon = house.serve(&Setup::default());
    assert_eq!(post(&daemon, ASR, &film).body, made.body);
    assert_eq!((daemon.jobs().len(), kept(&house).len()), (2, 5), "{:?}", kept(&house));

    // Silence in front is Bazarr's way to tell of a track that starts later: it shifts all, and once.
    let late = bazarrs(&raw(",adelay=3000|3000"));
    let late = post(&daemon, ASR, &late);
    let shift = first_start(&late.body) - first_start(&made.body);
    assert!((2900..=3100).contains(&shift), "{shift} ms: {} {}", late.body, made.body);

    // Nobody speaks: there is nothing to keep, and no language.
    let silence = bazarrs(&vec![0; 64_000]);
    assert_eq!(post(&daemon, ASR, &silence).body, "");
    assert_eq!(post(&daemon, DETECT, &silence).json()["language_code"], "und");

    // No sound at all: nothing, and nobody is asked to look after it.
    let noise = form(&[("audio_file", Some("audio_file"), b"no film at all")]);
    assert_eq!(post(&daemon, "/asr?output=srt", &noise).body, "");
    assert!(daemon.jobs().iter().all(|it| it["status"] != "parked"), "{:?}", daemon.jobs());
    assert_eq!(daemon.warnings(), "[]");
    assert_eq!(daemon.end().0, Some(0));
    let check = finish(house.dressed(env!("CARGO_BIN_EXE_kinora")).arg("check"));
    assert_eq!(check.code, Some(GOOD), "{check:?}");
}

#[test]
fn while_it_is_busy_uploads_are_taken_identical_ones_once_and_whoever_leaves_loses_nothing() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    cpu(&daemon, "pause");
    let film = bazarrs(&raw(""));
    let gone = send(daemon.addr, ASR, &film);
    wait_for("the job", || (daemon.jobs().len() == 1).then_some(()));
    let stays = send(daemon.addr, ASR, &film);
    let shelf = || kept(&house);
    wait_for("one file", || (shelf().len() == 1).then_some(()));
    assert_eq!(daemon.get("/health").0, 200);
    gone.shutdown(Shutdown::Both).unwrap();
    drop(gone);
    // Its end is seen at once: who waits is told by the same news.
    cpu(&daemon, "resume");
    let told = told(stays);
    assert!(told.body.contains("fellow Americans"), "{told:?}");
    assert_eq!(daemon.jobs().len(), 1, "two clients, one job");

    // The one that waits when Kinora dies sends again, and the job went on without it.
    cpu(&daemon, "pause");
    let other = bazarrs(&raw(",volume=0.8"));
    let waits = send(daemon.addr, ASR, &other);
    wait_for("the second job", || (daemon.jobs().len() == 2).then_some(()));
    // Half of another one is on its way too.
    let mut half = std::net::TcpStream::connect(daemon.addr).unwrap();
    half.write_all(head_of(ASR, film.len()).as_bytes()).unwrap();
    half.write_all(&film[..film.len() / 2]).unwrap();
    let spooled = || shelf().iter().any(|it| it.contains(".tmp"));
    wait_for("half of a file", || spooled().then_some(()));
    daemon.kill();
    drop((waits, half));
    let daemon = house.serve(&Setup::default());
    cpu(&daemon, "resume");
    daemon.wait_for_jobs(2, "done");
    let heard = daemon.metric("kinora_windows_heard_total");
    assert!(post(&daemon, ASR, &other).body.contains("fellow Americans"));
    assert_eq!(daemon.metric("kinora_windows_heard_total"), heard);
    assert!(!spooled(), "what was sent half is swept: {:?}", shelf());
}
