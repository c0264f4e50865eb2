//! The steps one by one, as a worker does them for the runtime: real engines, a real store, real speech.

mod egress;
mod announced;
mod follows;
mod known;
mod models;
mod under_runtime;
mod viewer;
mod workshop;

use kinora::base::cancel::Cancel;
use kinora::domain::change::{Counter, StepDone};
use kinora::domain::execution::{Ending, Event, Next, State, Step, Tries};
use kinora::domain::fault::FaultKind;
use kinora::domain::lang::Lang;
use kinora::domain::order::{Order, Summary};
use kinora::runtime::work::Failure;
use std::time::{Duration, Instant};
use workshop::{Workshop, order, srt_words};

/// Cancelled work ends within this.
const CANCEL_MAX: Duration = Duration::from_secs(2);

const ALL: [Step; 5] = [Step::Select, Step::Detect, Step::Listen, Step::Cue, Step::Publish];

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

#[test]
fn a_film_goes_through_all_steps_once() {
    let mut shop = Workshop::new();
    let film = shop.film("film.wav", "-c:a copy");
    let done = shop.make(&film, &order());
    assert_eq!(done.steps, ALL);
    assert_eq!(done.state, State::Done { ending: Ending::Written });
    let said = srt_words(&shop.read("film.eng.srt"));
    assert!(said.starts_with("and so my fellow americans ask not what your country"), "{said}");
    let Summary { written, language, cues, audio, speech, notices, failed_lines: _ } = done.summary;
    assert_eq!((written, language), (vec![shop.at("film.eng.srt")], Some(lang("en"))));
    assert!(cues > 0 && 10_900 < audio.0 && 5_000 < speech.0 && notices.is_empty());
    assert!(shop.store.records(done.execution).unwrap().values().all(|it| it.body.is_empty()));
    let windows = shop.store.total(Counter::WindowsHeard).unwrap();
    assert!(windows > 0);
    assert_eq!(shop.store.total(Counter::FilesWritten).unwrap(), 1);
    assert!(shop.store.total(Counter::AudioMs).unwrap() > 10_900);

    // Meant again, nothing is to be done.
    let again = shop.make_again(&film, &order());
    assert_eq!(
        (again.steps, again.state),
        (vec![Step::Select], State::Done { ending: Ending::Skipped })
    );
    assert!(again.summary.notices[0].contains("done before: film.eng.srt"));
    assert_eq!(again.summary.language, Some(lang("en")));
    // Forced, everything is.
    let forced = shop.make(&film, &Order { force: true, ..order() });
    assert_eq!(forced.steps, ALL);
    assert_eq!(shop.store.total(Counter::WindowsHeard).unwrap(), 2 * windows);
}

/// Each step runs twice, as after a crash that came before its end was written; and is cancelled or fails before.
#[test]
fn steps_may_fail_and_run_twice() {
    let mut shop = Workshop::new();
    let film = shop.film("film.mkv", "-c:a flac");
    let out = shop.at("out");
    std::fs::create_dir(&out).unwrap();
    let order = Order { output: Some(out.clone()), ..order() };
    let execution = shop.wish(&film, &order, false);
    let mut steps = Vec::new();
    while let Some(mut task) = shop.next(execution) {
        let step = task.step;
        steps.push(step);
        let cancelled = Cancel::default();
        cancelled.set();
        match step {
            Step::Select | Step::Detect | Step::Weigh | Step::Listen => {
                assert_eq!(shop.work(&task, &cancelled), Err(Failure::Stopped), "{step:?}");
                let mut broken = Workshop::worker("/no/such/program");
                let Err(Failure::Step(fault)) = shop.work_with(&mut *broken, &task) else {
                    panic!()
                };
                assert!(fault.what.contains("engine did not start"), "{step:?}: {fault}");
            }
            Step::Publish => {
                std::fs::remove_dir(&out).unwrap();
                let Err(Failure::Step(fault)) = shop.work(&task, &Cancel::default()) else {
                    panic!()
                };
                assert_eq!(fault.kind, FaultKind::Operator, "{fault}");
                std::fs::create_dir(&out).unwrap();
            }
            Step::Translate | Step::Cue | Step::Announce => {}
        }
        let heard_before = shop.store.total(Counter::WindowsHeard).unwrap();
        let first = shop.work(&task, &Cancel::default()).unwrap();
        let listing = shop.listing("out");
        let heard = shop.store.total(Counter::WindowsHeard).unwrap();
        assert_eq!(heard > heard_before, step == Step::Listen, "{step:?}");
        task.tries = Tries { failed: 0, crashed: 1 };
        let second = shop.work(&task, &Cancel::default()).unwrap();
        assert_eq!(first, second, "{step:?}");
        assert_eq!(shop.listing("out"), listing, "{step:?}");
        assert_eq!(shop.store.total(Counter::WindowsHeard).unwrap(), heard, "no window twice");
        shop.succeed(execution, second);
    }
    assert_eq!(steps, ALL);
    assert_eq!(shop.store.pending().unwrap(), []);
    let names: Vec<_> = shop.listing("out").into_keys().collect();
    assert_eq!(names, ["film.eng.srt"]);
}

#[test]
fn what_was_heard_forgives_a_crash() {
    let mut shop = Workshop::new();
    let film = shop.film("film.wav", "-c:a copy");
    let execution = shop.wish(&film, &Order { from: Some(lang("en")), ..order() }, false);
    let task = shop.next(execution).unwrap();
    let done = shop.work(&task, &Cancel::default()).unwrap();
    shop.succeed(execution, done);
    let got_on = |shop: &Workshop| {
        let events = shop.store.events(execution).unwrap();
        events.iter().filter(|it| it.1 == Event::GotOn).count()
    };
    shop.crash(execution);
    let task = shop.next(execution).unwrap();
    assert_eq!((task.step, task.tries), (Step::Listen, Tries { failed: 0, crashed: 1 }));
    shop.work(&task, &Cancel::default()).unwrap();
    assert_eq!(got_on(&shop), 1, "once is enough");
    let State::Running { tries, .. } = shop.state(execution) else { panic!() };
    assert_eq!(tries, Tries::default());
}

#[test]
fn cancelling_ends_a_step_and_its_children_soon() {
    let mut shop = Workshop::new();
    let film = shop.film("film.wav", "-af aloop=loop=40:size=176000 -c:a pcm_s16le");
    let order = Order { from: Some(lang("en")), ..order() };
    let execution = shop.wish(&film, &order, false);
    let task = shop.next(execution).unwrap();
    let done = shop.work(&task, &Cancel::default()).unwrap();
    shop.succeed(execution, done);
    let task = shop.next(execution).unwrap();
    assert_eq!(task.step, Step::Listen);
    let cancel = Cancel::default();
    let set = std::cell::Cell::new(None);
    let outcome = shop.work_telling(&task, &cancel, &|progress| {
        if progress.heard.0 > 0 && set.get().is_none() {
            assert!(progress.heard <= progress.decoded && progress.total.is_some());
            cancel.set();
            set.set(Some(Instant::now()));
        }
    });
    let took = set.get().expect("it got on").elapsed();
    assert_eq!(outcome, Err(Failure::Stopped));
    assert!(took < CANCEL_MAX, "{took:?}");
    assert_eq!(shop.children(), 0, "children are ended");
    // Idle workers give their memory back.
    let task = Workshop::at_step(&task, Step::Select);
    shop.work(&task, &Cancel::default()).unwrap();
    assert_eq!(shop.children(), 1);
    shop.idle(Duration::from_secs(1));
    assert_eq!(shop.children(), 1, "not yet");
    shop.idle(Duration::from_secs(60));
    assert_eq!(shop.children(), 0);
}

#[test]
fn records_of_another_version_start_again() {
    let mut shop = Workshop::new();
    let film = shop.film("film.wav", "-t 4 -c:a pcm_s16le");
    let execution = shop.wish(&film, &Order { from: Some(lang("en")), ..order() }, false);
    let mut task = shop.next(execution).unwrap();
    for step in ALL {
        task.records.insert(step, vec![0, 1, 2]);
    }
    for step in ALL.into_iter().skip(1) {
        let done = shop.work(&Workshop::at_step(&task, step), &Cancel::default()).unwrap();
        let StepDone { next, summary, changes, .. } = done;
        assert_eq!((next, changes), (Next::Step(Step::Select), vec![]), "{step:?}");
        assert_eq!(summary, Summary::default());
    }
    task.records.clear();
    let missing = shop.work(&Workshop::at_step(&task, Step::Cue), &Cancel::default());
    assert!(matches!(missing, Err(Failure::Step(it)) if it.kind == FaultKind::Bug));
    let translate = shop.work(&Workshop::at_step(&task, Step::Translate), &Cancel::default());
    assert!(matches!(translate, Err(Failure::Step(it)) if it.kind == FaultKind::Bug));
}

#[test]
fn a_language_that_cannot_be_written_is_told_after_the_others_are() {
    let mut shop = Workshop::new();
    let film = shop.film("film.wav", "-t 5 -c:a pcm_s16le");
    let to = vec![lang("en"), lang("de")];
    let wanted = Order { from: Some(lang("en")), to, ..order() };
    let made = shop.make(&film, &wanted);
    use Step::{Cue, Listen, Publish, Select};
    assert_eq!(made.steps, [Select, Listen, Cue, Publish, Publish]);
    let fault = made.fault.unwrap();
    assert!(fault.what.contains("nobody translates it to German"), "{fault}");
    assert_eq!(made.summary.written, [shop.at("film.eng.srt")]);

    // What is there is somebody else's: nothing is listened to, and both are told.
    let other = shop.film("other.wav", "-t 5 -c:a pcm_s16le");
    std::fs::write(shop.at("other.eng.srt"), "theirs").unwrap();
    let made = shop.make(&other, &wanted);
    assert_eq!(made.steps, [Select, Publish]);
    assert!(made.fault.unwrap().what.contains("German"));
    assert!(made.summary.notices[0].contains("did not write"), "{:?}", made.summary.notices);

    let nothing = Order { to: vec![lang("de")], ..wanted };
    let made = shop.make(&film, &nothing);
    assert_eq!(made.steps, [Select]);
    assert!(made.fault.unwrap().what.contains("German"));
}
