//! Speeds and minutes, told by a clock of their own.

use super::*;
use crate::domain::execution::{Next, Tries};
use crate::domain::job::Rank;
use proptest::prelude::*;

const FILM: ExecutionId = ExecutionId(7);
const HOUR: u64 = 3_600_000;

fn at(heard: u64) -> Progress {
    of(heard, HOUR)
}

fn of(heard: u64, total: u64) -> Progress {
    let ms = |it: u64| Ms(i64::try_from(it).unwrap());
    Progress { decoded: ms(heard), heard: ms(heard), total: Some(ms(total)) }
}

/// Windows of 15 s each take so long; from so far on, at this time.
fn hears(
    pacer: &Pacer,
    (mut heard, mut now): (u64, u64),
    windows: u64,
    took_ms: u64,
) -> (u64, u64) {
    for _ in 0..windows {
        (heard, now) = (heard + 15_000, now + took_ms);
        pacer.progress(FILM, Step::Listen, at(heard), now);
    }
    (heard, now)
}

fn near(is: Option<u64>, wanted: u64) -> bool {
    is.is_some_and(|it| it.abs_diff(wanted) * 10 <= wanted)
}

#[test]
fn what_is_left_is_absent_until_it_means_something_and_right_from_then_on() {
    for (took_ms, speed) in [(30_000, 0.5), (1_500, 10.0), (250, 60.0)] {
        let pacer = Pacer::default();
        pacer.progress(FILM, Step::Listen, at(0), 0);
        let mut stands = (0, 0);
        for window in 1..100 {
            stands = hears(&pacer, stands, 1, took_ms);
            let going = pacer.going(FILM, stands.1);
            let settled = window >= 4 && window * took_ms >= SETTLED_MS;
            assert_eq!(going.is_some(), settled, "window {window} of {took_ms} ms");
            let Some(going) = going else { continue };
            assert!((going.speed / speed - 1.0).abs() < 0.01, "{going:?}");
            assert!(near(going.left_ms, (HOUR - stands.0) * took_ms / 15_000), "{going:?}");
        }
    }
}

#[test]
fn windows_that_are_remembered_from_before_do_not_fool_it() {
    // From memory: at once, or as fast as it is decoded.
    for from_memory_ms in [0, 10, 100, 200] {
        for took_ms in [30_000, 3_000, 750] {
            let pacer = Pacer::default();
            pacer.progress(FILM, Step::Listen, at(0), 0);
            let stands = hears(&pacer, (0, 0), 120, from_memory_ms);
            let stands = hears(&pacer, stands, 24, took_ms);
            let going = pacer.going(FILM, stands.1).unwrap();
            let right = (HOUR - stands.0) * took_ms / 15_000;
            assert!(
                near(going.left_ms, right),
                "{from_memory_ms} then {took_ms}: {going:?}, not {right}"
            );
        }
    }
}

#[test]
fn a_step_that_stands_still_takes_longer_and_longer() {
    let pacer = Pacer::default();
    pacer.progress(FILM, Step::Listen, at(0), 0);
    let (_, now) = hears(&pacer, (0, 0), 20, 3_000);
    let left = |later: u64| pacer.going(FILM, now + later).unwrap().left_ms.unwrap();
    assert!(left(2_000) < left(0), "it counts down between two windows");
    assert!(left(0) < left(60_000) && left(60_000) < left(600_000));
}

#[test]
fn another_step_and_a_jump_back_begin_anew() {
    let pacer = Pacer::default();
    let stands = hears(&pacer, (0, 0), 20, 3_000);
    assert!(pacer.going(FILM, stands.1).is_some());
    pacer.progress(FILM, Step::Translate, at(0), stands.1);
    assert_eq!(pacer.going(FILM, stands.1), None);
    assert_eq!(pacer.going(ExecutionId(8), stands.1), None);
    // Back, where a viewer jumped: nothing is lost but that one advance.
    let stands = hears(&pacer, (0, stands.1), 4, 3_000);
    let before = pacer.going(FILM, stands.1);
    assert!(before.is_none(), "the step is another one again");
    let stands = hears(&pacer, stands, 10, 3_000);
    pacer.progress(FILM, Step::Listen, at(30_000), stands.1 + 1);
    let left = pacer.going(FILM, stands.1 + 1).unwrap().left_ms;
    assert!(near(left, (HOUR - 30_000) / 5), "{left:?}");
}

fn ended(ending: Ending) -> Execution {
    Execution { state: State::Done { ending }, rank: Rank::default() }
}

#[test]
fn minutes_tell_what_was_heard_and_finished() {
    let pacer = Pacer::default();
    let start = 100 * MINUTE_MS;
    pacer.progress(FILM, Step::Listen, at(0), start);
    // Two minutes with 20 windows each.
    let (heard, now) = hears(&pacer, (0, start), 39, 3_000);
    let done = Event::Succeeded { next: Next::End(Ending::Written) };
    pacer.changed(FILM, &done, &ended(Ending::Written), now);
    pacer.changed(ExecutionId(8), &done, &ended(Ending::Skipped), now);
    let minutes = pacer.minutes(None, now);
    assert_eq!(minutes.len(), MINUTES_MAX);
    assert_eq!(minutes.first().unwrap().minute, 101 - 59);
    let [first, second] = minutes[58..] else { panic!("{minutes:?}") };
    assert_eq!(first, PaceMinute { minute: 100, heard_ms: 19 * 15_000, files: 0 });
    // What the last notice did not tell, the end does; but an hour in no time was not heard.
    assert_eq!(second, PaceMinute { minute: 101, heard_ms: heard - 19 * 15_000, files: 1 });
    // Only what is asked for, and nothing of what is long ago.
    assert_eq!(pacer.minutes(Some(101), now), [second]);
    assert_eq!(pacer.minutes(Some(103), now), []);
    let later = now + 61 * MINUTE_MS;
    assert!(pacer.minutes(None, later).iter().all(|it| it.heard_ms == 0 && it.files == 0));
    assert_eq!(pacer.going(FILM, now), None, "it runs no more");
}

#[test]
fn a_short_film_that_told_its_progress_once_counts_whole() {
    let pacer = Pacer::default();
    pacer.progress(FILM, Step::Listen, of(0, 20_000), MINUTE_MS);
    let done = Event::Succeeded { next: Next::Step(Step::Cue) };
    let state = State::Running { step: Step::Cue, tries: Tries::default() };
    let after = Execution { state, rank: Rank::default() };
    pacer.changed(FILM, &done, &after, MINUTE_MS + 5_000);
    assert_eq!(
        pacer.minutes(Some(1), MINUTE_MS + 5_000),
        [PaceMinute { minute: 1, heard_ms: 20_000, files: 0 }]
    );
}

proptest! {
    #[test]
    fn whatever_comes_it_stays_within_bounds(
        notices in proptest::collection::vec((0..40_u64, 0..10_000_000_u64, 0..600_000_u64, 0..4_u8), 0..200),
    ) {
        let pacer = Pacer::default();
        let mut now = 0_u64;
        for (execution, heard, later, kind) in notices {
            now += later;
            let execution = ExecutionId(execution);
            match kind {
                0 => pacer.changed(execution, &Event::Paused, &ended(Ending::Written), now),
                1 => pacer.progress(execution, Step::Translate, at(heard), now.saturating_sub(5_000)),
                _ => pacer.progress(execution, Step::Listen, at(heard), now),
            }
            if let Some(going) = pacer.going(execution, now) {
                prop_assert!(going.speed.is_finite() && going.speed > 0.0);
            }
            prop_assert!(pacer.minutes(None, now).len() <= MINUTES_MAX);
        }
        let seen = pacer.lock();
        prop_assert!(seen.minutes.len() <= MINUTES_MAX);
        prop_assert!(seen.runs.values().all(|it| it.advances.len() <= ADVANCES_MAX));
    }
}
