//! `kinora run` is killed in the middle of a translation: what was finished is not asked again.

use super::studio::cues;
use crate::house::{GOOD, House, finish, signal, wait_for};
use crate::support::llm::misdeed::Misdeed;
use crate::support::llm::said::MODEL;
use crate::support::llm::{Script, Server, tongue};
use crate::support::srt;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Batches that are answered before the server hangs.
const ANSWERED: usize = 3;

#[test]
fn batches_that_were_finished_before_a_kill_are_not_asked_again() {
    let house = House::new();
    let texts = tongue::lines(120, 3);
    let film = house.write("film.en.srt", subrip(&texts).as_bytes());
    let before = house.listing();
    let server = Server::start(Script::new(|it| (it.nth == ANSWERED).then_some(Misdeed::Hangs)));
    let settings = house.aside("kinora.toml");
    std::fs::write(&settings, configuration(&server.url())).unwrap();

    let mut child = command(&house, &settings, &film).stdout(Stdio::null()).spawn().unwrap();
    assert!(server.until(|it| it.requests > ANSWERED), "it asks");
    assert!(signal(i64::from(child.id()), "KILL"));
    child.wait().unwrap();
    assert_eq!(house.listing().keys().count(), before.len(), "nothing is written yet");
    let asked_before = server.tally().lines;

    let ran = finish(&mut command(&house, &settings, &film));
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let tally = server.tally();
    let again: Vec<_> = tally.lines.iter().filter(|(_, times)| **times > 1).collect();
    assert_eq!(again.len(), 1, "only the one in the air: {again:#?}");
    let (first, whole) = (asked_before.len(), tally.lines.len());
    assert!(first == ANSWERED + 1 && whole > first, "{first} of {whole} batches");

    let after = wait_for("a translation", || {
        house.listing().into_iter().find(|(name, _)| !before.contains_key(name))
    });
    let written = srt::read(&String::from_utf8(after.1).unwrap());
    let said: Vec<String> = written.iter().map(|it| it.lines.join(" ")).collect();
    let right: Vec<String> = texts.iter().map(|it| tongue::translate(it)).collect();
    assert_eq!(said, right, "every line once, in order");
}

fn command(house: &House, settings: &Path, film: &Path) -> Command {
    let mut command = house.command("--to ru --json", &[film]);
    command.env("KINORA_CONFIG", settings).stderr(Stdio::piped());
    command
}

fn configuration(url: &str) -> String {
    format!(
        "[[translator]]\nname = \"scripted\"\nkind = \"openai\"\nurl = \"{url}/v1\"\n\
         model = \"{MODEL}\"\nparallel = 1\n[translate]\ntranslators = [\"scripted\"]\n"
    )
}

/// A subtitle file of these texts, one scene.
fn subrip(texts: &[String]) -> String {
    let clock = |ms: i64| {
        let (s, ms) = (ms / 1000, ms % 1000);
        format!("{:02}:{:02}:{:02},{ms:03}", s / 3600, s / 60 % 60, s % 60)
    };
    let mut out = String::new();
    for (number, cue) in cues(texts, texts.len()).iter().enumerate() {
        let (start, end) = (clock(cue.span.start.0), clock(cue.span.end.0));
        let _ = write!(out, "{}\n{start} --> {end}\n{}\n\n", number + 1, cue.text);
    }
    out
}
