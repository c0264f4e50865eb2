//! Each way to get an answer wrong, alone: once in a film, and always.

use super::studio::{IMPATIENT, PATIENT, Speech, Studio, judge, lines};
use crate::support::llm::Script;
use crate::support::llm::misdeed::Misdeed;
use std::fmt::Write;
use std::time::Duration;

/// Lines of the film: some batches, two scenes.
const LINES: usize = 60;
const SCENE: usize = 40;

fn silence(misdeed: Misdeed) -> Duration {
    if misdeed == Misdeed::Hangs { IMPATIENT } else { PATIENT }
}

#[test]
fn what_goes_wrong_once_is_healed() {
    let lines = lines(LINES, 7, SCENE);
    let mut table = String::new();
    let mut wrong = Vec::new();
    for (speech, misdeed) in all() {
        let script = Script::new(move |it| (it.nth == 0).then_some(misdeed));
        let studio = Studio::new(speech, script, 1, silence(misdeed));
        // What sends the server away is tried again, as the runtime does.
        let verdict = judge(&lines, &studio.shoot(&lines, 2).unwrap());
        let requests = studio.server.tally().requests;
        let name = format!("{misdeed:?}");
        let _ = writeln!(table, "{name:22} {speech:?}: {requests} requests, {verdict}");
        if verdict.right != lines.len() {
            wrong.push(format!("{speech:?} {misdeed:?}: {verdict:#?}"));
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_always_goes_wrong_is_reported_or_healed_and_no_line_has_a_text_of_another() {
    let lines = lines(LINES / 3, 8, SCENE);
    let mut table = String::new();
    let mut wrong = Vec::new();
    for (speech, misdeed) in all() {
        let studio = Studio::new(speech, Script::new(move |_| Some(misdeed)), 1, silence(misdeed));
        let told = match studio.shoot(&lines, 1) {
            Ok(rendered) => {
                let verdict = judge(&lines, &rendered);
                wrong.extend(verdict.wrong.iter().map(|it| format!("{misdeed:?}: {it}")));
                verdict.to_string()
            }
            Err(fault) => format!("away: {}", fault.what),
        };
        let requests = studio.server.tally().requests;
        let _ = writeln!(
            table,
            "{:22} {speech:?}: {requests} requests, {told}",
            format!("{misdeed:?}")
        );
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn all() -> impl Iterator<Item = (Speech, Misdeed)> {
    let speeches = [Speech::OpenAi, Speech::Ollama];
    speeches.into_iter().flat_map(|speech| Misdeed::ALL.iter().map(move |it| (speech, *it)))
}
