//! As many requests at the same time as the translator may be asked, and order kept.

use super::studio::{PATIENT, Speech, Studio, judge, lines};
use crate::support::llm::Script;
use crate::support::llm::misdeed::Misdeed;
use std::time::Duration;

#[test]
fn scenes_go_side_by_side_up_to_the_limit_and_stay_in_order() {
    for parallel in [1, 3] {
        let lines = lines(120, 9, 10);
        // The first ones wait for each other: fewer at the same time would be seen, and more counted.
        let script = Script { gate: usize::from(parallel), ..Script::good() };
        let studio = Studio::new(Speech::OpenAi, script, parallel, PATIENT);
        let verdict = judge(&lines, &studio.shoot(&lines, 1).unwrap());
        assert_eq!(verdict.right, lines.len(), "{:#?}", verdict.wrong);
        assert_eq!(studio.server.tally().most_at_once, usize::from(parallel));
    }
}

#[test]
fn a_server_that_names_a_time_is_not_asked_before() {
    let lines = lines(10, 10, 50);
    let script = Script::new(|it| (it.nth == 0).then_some(Misdeed::TooManyRequests));
    let studio = Studio::new(Speech::OpenAi, script, 1, PATIENT);
    assert_eq!(judge(&lines, &studio.shoot(&lines, 1).unwrap()).right, lines.len());
    let pauses = studio.pauses.lock().unwrap().clone();
    assert!(matches!(pauses[..], [it] if Duration::from_secs(1) <= it), "{pauses:?}");
}

#[test]
fn a_key_is_sent_and_finished_batches_are_not_asked_again() {
    let lines = lines(120, 11, 30);
    // It breaks down for good in the middle of the film.
    let script = Script::new(|it| (3..9).contains(&it.nth).then_some(Misdeed::Broken));
    let script = Script { key: Some("a-key"), ..script };
    let studio = Studio::new(Speech::OpenAi, script, 1, PATIENT);
    let fault = studio.shoot(&lines, 1).unwrap_err();
    assert!(!fault.what.contains("a-key"), "{}", fault.what);
    let rendered = studio.shoot(&lines, 3).unwrap();
    assert_eq!(judge(&lines, &rendered).right, lines.len());
    let tally = studio.server.tally();
    let more: Vec<_> = tally.lines.iter().filter(|(_, times)| **times > 1).collect();
    assert_eq!(more.len(), 1, "one batch was in the air: {more:#?}");
}
