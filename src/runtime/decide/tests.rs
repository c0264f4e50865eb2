//! Decisions and their reasons, on one page; and what must hold of waits.

use super::*;
use crate::domain::change::{Change, StepDone};
use crate::domain::execution::{Ending, Next, Step, Then, Tries};
use crate::domain::fault::Fault;
use crate::domain::job::{Rank, WATCHED};
use crate::domain::order::Summary;
use crate::domain::schedule::Schedule;
use crate::runtime::board::Stopping;
use crate::runtime::limits::{LaneSpec, Limits, Setup};
use crate::runtime::notice::MoveTo;
use crate::runtime::work::Failure;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;

mod disks;

const NOW: Now = Now { unix_ms: 10_000_000_000, up_ms: 1_000_000_000 };
const MINUTE_MS: u64 = 60_000;

fn later(ms: u64) -> Now {
    Now { unix_ms: NOW.unix_ms + ms, up_ms: NOW.up_ms + ms }
}

fn with_lanes(names: &[(&str, usize)]) -> Board {
    let lane = |&(name, workers): &(&str, usize)| LaneSpec {
        name: LaneName::parse(name).unwrap(),
        workers,
        schedule: Schedule::always(),
    };
    let limits = Limits { jitter: 0.0, ..Limits::default() };
    // Films may always be worked on.
    let night = Schedule::parse(&["01:00-07:00"]).unwrap();
    let libraries = [("Anime", night.clone()), ("Films", Schedule::always()), ("Series", night)];
    let libraries = libraries.map(|(name, hours)| (name.to_owned(), hours));
    let lanes = names.iter().map(lane).collect();
    Board::new(&Setup { lanes, limits, libraries: BTreeMap::from(libraries) })
}

fn all_lanes() -> Board {
    with_lanes(&[("cpu", 1), ("ffmpeg", 1), ("net", 2), ("disk", 1)])
}

fn execution(id: u64, state: State) -> Execution {
    let place = i64::try_from(id).unwrap();
    Execution { state, rank: Rank { priority: 0, place } }
}

fn put(board: &mut Board, id: u64, state: State) {
    put_in(board, None, id, state);
}

fn put_in(board: &mut Board, library: Option<&str>, id: u64, state: State) {
    let library = library.and_then(|it| board.library(it));
    board.put(ExecutionId(id), JobId(id), library, &execution(id, state));
    board.advance(NOW.unix_ms);
}

fn ready(step: Step, due_unix_ms: u64) -> State {
    State::Ready { step, tries: Tries::default(), due_unix_ms }
}

/// A running step and its lease.
fn run(board: &mut Board, id: u64, lane: &str, step: Step, tries: Tries) -> LeaseId {
    put(board, id, State::Running { step, tries });
    let lane = board.lane(&LaneName::parse(lane).unwrap()).unwrap();
    board.begin(ExecutionId(id), lane, NOW).unwrap()
}

fn done(next: Next) -> StepDone {
    let summary = Summary::default();
    StepDone { next, body: Vec::new(), notes: Vec::new(), summary, changes: Vec::new() }
}

fn target(id: u64, state: State) -> Vec<Target> {
    let (job, stands) = (JobId(id), execution(id, state));
    vec![Target { job, execution: ExecutionId(id), stands, again: None }]
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn case(&mut self, title: &str, board: &Board, input: Input, now: Now) {
        writeln!(self.0, "{title}").unwrap();
        let decisions = decide(board, &input, now, 0.5);
        for Decision { action, reason } in &decisions {
            writeln!(self.0, "    {}   ({reason})", shown(action)).unwrap();
        }
        if decisions.is_empty() {
            self.0.push_str("    nothing\n");
        }
    }

    fn ended(&mut self, title: &str, board: &Board, lease: LeaseId, outcome: Outcome) {
        self.case(title, board, Input::Ended { lease, outcome }, NOW);
    }
}

fn shown(action: &Action) -> String {
    if let Action::Append { execution, event, done } = action {
        let with = if done.is_some() { " with what it leaves" } else { "" };
        return format!("append to {}: {}{with}", execution.0, event_shown(event));
    }
    if let Action::Tell { kind, execution, text } = action {
        let about = execution.map_or("all".to_owned(), |it| it.0.to_string());
        return format!("tell {} of {about}: {text}", kind.name());
    }
    if let Action::Start { execution, lane } = action {
        return format!("start {} on lane {lane}", execution.0);
    }
    format!("{action:?}")
}

fn event_shown(event: &Event) -> String {
    let then = |then: &Then| match then {
        Then::RetryAt(at) => format!("again in {} s", (at - NOW.unix_ms) / 1000),
        Then::Park(why) => format!("park {why:?}"),
    };
    if let Event::Failed { then: it, .. } = event {
        return format!("failed, {}", then(it));
    }
    if let Event::Interrupted { then: it } = event {
        return format!("interrupted, {}", then(it));
    }
    format!("{event:?}")
}

fn tried(failed: u8) -> Tries {
    Tries { failed, crashed: 0 }
}

#[test]
fn outcomes() {
    let transient = || Failure::Step(Fault::transient("it hiccups", "wait"));
    let mut page = Page::default();
    let mut board = all_lanes();
    let lease = run(&mut board, 1, "ffmpeg", Step::Select, tried(0));
    page.ended("succeeded", &board, lease, Ok(done(Next::Step(Step::Detect))));
    page.ended("ended well", &board, lease, Ok(done(Next::End(Ending::NoSpeech))));
    page.ended("failed in passing, first", &board, lease, Err(transient()));
    let operator = Failure::Step(Fault::operator("it is locked", "unlock it"));
    page.ended("a person must act", &board, lease, Err(operator));
    page.ended("a bug", &board, lease, Err(Failure::Step(Fault::bug("off by one"))));
    page.ended("stopped unasked", &board, lease, Err(Failure::Stopped));
    page.case("its thread is gone", &board, Input::Lost { lease }, NOW);
    page.ended("a lease nobody knows", &board, LeaseId(99), Err(transient()));
    for failed in [1, 2] {
        let mut board = all_lanes();
        let lease = run(&mut board, 1, "ffmpeg", Step::Select, tried(failed));
        page.ended(&format!("failed in passing after {failed}"), &board, lease, Err(transient()));
        let lease = run(&mut board, 2, "cpu", Step::Listen, tried(failed));
        page.ended(&format!("listening failed after {failed}"), &board, lease, Err(transient()));
    }
    let broken = || Failure::LaneBroken(Fault::operator("the GPU computes wrongly", "look at it"));
    let mut board = with_lanes(&[("gpu0", 1), ("cpu", 1)]);
    let lease = run(&mut board, 1, "gpu0", Step::Listen, tried(0));
    page.ended("the lane is broken", &board, lease, Err(broken()));
    board.lanes[0].quarantined = Some("seen before".to_owned());
    page.ended("the lane is broken, as known", &board, lease, Err(broken()));
    put(&mut board, 1, State::Cancelled);
    page.ended("after it was cancelled", &board, lease, Ok(done(Next::Step(Step::Detect))));
    insta::assert_snapshot!(page.0);
}

#[test]
fn nobody_waits_for_a_person_because_of_jellyfin_and_what_it_shows_is_told() {
    let fault = Fault::transient("Jellyfin failed (500)", "try again later");
    for failed in [0, 9, u8::MAX] {
        let tries = Tries { failed, crashed: 0 };
        let then = after_failure(&Limits::default(), (Step::Announce, tries), &fault, 5, 0.0);
        assert!(matches!(then, Then::RetryAt(_)), "{failed}: {then:?}");
    }
    let mut page = Page::default();
    let mut board = with_lanes(&[("net", 1)]);
    let lease = run(&mut board, 1, "net", Step::Announce, tried(0));
    let text = "Jellyfin shows Film.deu.srt as French".to_owned();
    let tell = Change::Tell { kind: ActivityKind::WrongLabel, text };
    let done = StepDone { changes: vec![tell], ..done(Next::End(Ending::Written)) };
    page.ended("a wrong label", &board, lease, Ok(done));
    assert!(page.0.contains("Jellyfin shows Film.deu.srt as French"), "{}", page.0);
}

#[test]
fn services() {
    let mut page = Page::default();
    let mut board = with_lanes(&[("net", 2)]);
    let away = || Failure::Service {
        name: "lan".to_owned(),
        fault: Fault::transient("nobody answers", "start it"),
    };
    let limits = board.limits.clone();
    for id in 1..limits.breaker_failures_max {
        let lease = run(&mut board, u64::from(id), "net", Step::Translate, tried(0));
        page.ended(&format!("failure {id} of a service"), &board, lease, Err(away()));
        board.services.failed("lan", (Step::Translate, ExecutionId(u64::from(id))), None);
        board.end(lease);
    }
    let lease = run(&mut board, 3, "net", Step::Translate, tried(2));
    page.ended("the last in a row: it is left alone", &board, lease, Err(away()));
    let until = NOW.up_ms + limits.breaker_open_ms;
    board.services.failed("lan", (Step::Translate, ExecutionId(3)), Some(until));
    board.end(lease);
    for id in [3, 4, 5] {
        put(&mut board, id, ready(Step::Translate, 0));
    }
    page.case("steps that need it wait", &board, Input::Clock, later(limits.breaker_open_ms - 1));
    let then = later(limits.breaker_open_ms);
    page.case("one tries it, not the one that failed last", &board, Input::Clock, then);
    put(&mut board, 4, State::Running { step: Step::Translate, tries: tried(0) });
    let probe = board.begin(ExecutionId(4), 0, then).unwrap();
    page.case("while it is tried, the others wait", &board, Input::Clock, then);
    page.ended("it is still away", &board, probe, Err(away()));
    page.ended("it works again", &board, probe, Ok(done(Next::Step(Step::Cue))));
    board.services.succeeded(Step::Translate);
    page.case("all go on", &board, Input::Clock, then);
    insta::assert_snapshot!(page.0);
}

#[test]
fn turns() {
    let mut page = Page::default();
    let mut board = with_lanes(&[("gpu0", 1), ("gpu1", 2), ("cpu", 4), ("ffmpeg", 1)]);
    for id in 1..=6 {
        put(&mut board, id, ready(if id == 5 { Step::Detect } else { Step::Listen }, 0));
    }
    let urgent =
        Execution { state: ready(Step::Listen, 0), rank: Rank { priority: 1, place: 900 } };
    board.put(ExecutionId(6), JobId(6), None, &urgent);
    put(&mut board, 7, ready(Step::Select, NOW.unix_ms + 1));
    put(&mut board, 8, State::Paused { step: Step::Select, tries: tried(0) });
    page.case(
        "the first ones on the GPUs, urgent first, none that is not due",
        &board,
        Input::Clock,
        NOW,
    );
    board.lanes[1].quarantined = Some("broken".to_owned());
    page.case("one GPU left", &board, Input::Clock, NOW);
    board.lanes[0].paused = true;
    page.case("one quarantined, one paused: they wait", &board, Input::Clock, NOW);
    board.lanes[0].quarantined = Some("broken".to_owned());
    page.case("no GPU left: the processor", &board, Input::Clock, NOW);
    board.lanes[2].open = false;
    page.case("out of hours", &board, Input::Clock, NOW);
    let mut board = all_lanes();
    put(&mut board, 1, ready(Step::Select, 0));
    let lease = run(&mut board, 2, "ffmpeg", Step::Select, tried(0));
    page.case("no worker is free", &board, Input::Clock, NOW);
    put(&mut board, 2, ready(Step::Select, 0));
    board.stop(lease, Stopping { at_up_ms: NOW.up_ms, for_standing_still: false });
    page.case("a worker that is stopping is not free", &board, Input::Clock, NOW);
    board.end(lease);
    board.advance(NOW.unix_ms);
    page.case("it came back", &board, Input::Clock, NOW);
    board.paused = true;
    page.case("everything is paused", &board, Input::Clock, NOW);
    insta::assert_snapshot!(page.0);
}

#[test]
fn time_limits() {
    let mut page = Page::default();
    let mut board = all_lanes();
    let lease = run(&mut board, 1, "cpu", Step::Listen, tried(0));
    page.case("in time", &board, Input::Clock, later(55 * MINUTE_MS - 1));
    page.case("slow", &board, Input::Clock, later(55 * MINUTE_MS));
    board.told_slow(lease);
    page.case("slow, as told", &board, Input::Clock, later(56 * MINUTE_MS));
    let mut moved = board.clone();
    moved.renew(lease, Progress::default(), later(50 * MINUTE_MS).up_ms);
    page.case("it came along", &moved, Input::Clock, later(60 * MINUTE_MS));
    page.case("too slow", &board, Input::Clock, later(60 * MINUTE_MS));
    let at_up_ms = later(60 * MINUTE_MS).up_ms;
    board.stop(lease, Stopping { at_up_ms, for_standing_still: true });
    page.ended("it stops", &board, lease, Err(Failure::Stopped));
    page.ended("it ended well just then", &board, lease, Ok(done(Next::Step(Step::Cue))));
    let stuck = later(60 * MINUTE_MS + board.limits.grace_ms);
    page.case("it does not stop", &board, Input::Clock, stuck);
    for _ in 0..board.limits.stuck_max {
        board.count_stuck(ExecutionId(1));
    }
    page.case("it does not stop, once more", &board, Input::Clock, stuck);
    put(&mut board, 1, State::Cancelled);
    page.case("cancelled, and its worker does not stop", &board, Input::Clock, stuck);
    let mut board = all_lanes();
    run(&mut board, 1, "cpu", Step::Listen, tried(0));
    put(&mut board, 2, ready(Step::Select, 0));
    page.case("asked to end", &board, Input::Drain { for_ms: 500 }, NOW);
    board.draining_until_up_ms = Some(NOW.up_ms + 500);
    page.case("ending: nothing starts", &board, Input::Clock, NOW);
    page.case("ending, later asked again", &board, Input::Drain { for_ms: 9_000 }, NOW);
    page.case("the end", &board, Input::Clock, later(500));
    for (title, crashed) in [("died once", 0), ("died often", 4), ("died too often", 7)] {
        let mut board = all_lanes();
        let tries = Tries { failed: 0, crashed };
        put(&mut board, 1, State::Running { step: Step::Listen, tries });
        page.case(title, &board, Input::Died { execution: ExecutionId(1) }, NOW);
    }
    insta::assert_snapshot!(page.0);
}

#[test]
fn commands() {
    let job = JobId(1);
    let fault = Fault::bug("x");
    let why = crate::domain::execution::ParkedWhy::Bug;
    let states = [
        ("ready", ready(Step::Listen, 0)),
        ("running", State::Running { step: Step::Listen, tries: tried(0) }),
        ("paused", State::Paused { step: Step::Listen, tries: tried(0) }),
        ("parked", State::Parked { step: Step::Listen, why, fault }),
        ("done", State::Done { ending: Ending::Written }),
        ("cancelled", State::Cancelled),
    ];
    let mut page = Page::default();
    for (word, state) in states {
        let mut board = all_lanes();
        put(&mut board, 1, state.clone());
        put(&mut board, 2, ready(Step::Listen, 0));
        if let State::Running { .. } = state {
            board.begin(ExecutionId(1), 0, NOW).unwrap();
        }
        for command in [
            Command::Pause(job),
            Command::Resume(job),
            Command::Cancel(job, "not wanted".to_owned()),
            Command::Retry(job),
            Command::Move(job, MoveTo::Bottom),
            Command::Move(job, MoveTo::Down),
            Command::Move(job, MoveTo::Up),
            Command::RetryAllParked,
        ] {
            let title = format!("{word}: {command:?}");
            let targets = target(1, state.clone());
            page.case(&title, &board, Input::Command { command, targets }, NOW);
        }
    }
    insta::assert_snapshot!(page.0);
}

#[test]
fn lanes_are_switched() {
    let mut page = Page::default();
    let mut board = all_lanes();
    run(&mut board, 1, "cpu", Step::Listen, tried(0));
    run(&mut board, 2, "disk", Step::Cue, tried(0));
    let ask = |page: &mut Page, title: &str, board: &Board, command: Command| {
        page.case(title, board, Input::Command { command, targets: Vec::new() }, NOW);
    };
    ask(&mut page, "pause a lane", &board, Command::PauseLane(LaneName::Cpu));
    ask(&mut page, "pause all", &board, Command::PauseAll);
    ask(&mut page, "resume what goes on", &board, Command::ResumeLane(LaneName::Cpu));
    ask(&mut page, "no such lane", &board, Command::PauseLane(LaneName::Gpu(3)));
    ask(&mut page, "no such job", &board, Command::Pause(JobId(77)));
    board.lanes[0].paused = true;
    board.lanes[0].quarantined = Some("broken".to_owned());
    ask(&mut page, "resume it", &board, Command::ResumeLane(LaneName::Cpu));
    let hours = |open| Input::Hours { of: HoursOf::Lane(LaneName::Disk), open };
    page.case("its hours are over", &board, hours(false), NOW);
    page.case("they go on", &board, hours(true), NOW);
    let cancelled = Submitted {
        job: JobId(1),
        execution: ExecutionId(1),
        stands: execution(1, State::Cancelled),
        event: Some(Event::Cancelled { reason: "the wish changed".to_owned() }),
    };
    page.case("another wish takes its place", &board, Input::Submitted(vec![cancelled]), NOW);
    insta::assert_snapshot!(page.0);
}

#[test]
fn lanes_give_way_and_viewers_go_first() {
    let mut page = Page::default();
    let mut board = with_lanes(&[("gpu0", 2), ("cpu", 1), ("disk", 1)]);
    let gpu = LaneName::Gpu(0);
    let hold = |lane: &LaneName, why: Option<&str>| Input::Hold {
        lane: lane.clone(),
        why: why.map(str::to_owned),
    };
    let first = run(&mut board, 1, "gpu0", Step::Listen, tried(0));
    run(&mut board, 2, "disk", Step::Cue, tried(0));
    put(&mut board, 3, ready(Step::Listen, 0));
    page.case("a player needs the GPU", &board, hold(&gpu, Some("Heat is watched")), NOW);
    page.case("a lane nobody has", &board, hold(&LaneName::Gpu(7), Some("x")), NOW);
    page.case("what goes on goes on", &board, hold(&gpu, None), NOW);
    board.lanes[0].held = Some("Heat is watched".to_owned());
    page.case("nothing starts, on the processor neither", &board, Input::Clock, NOW);
    page.case("told again", &board, hold(&gpu, Some("Heat is watched")), NOW);
    page.case("somebody else", &board, hold(&gpu, Some("Alien is watched")), NOW);
    page.case("nobody watches", &board, hold(&gpu, None), NOW);
    board.lanes[0].held = None;

    let watched = |board: &mut Board, id: u64| {
        let rank = Rank { priority: WATCHED, place: i64::try_from(id).unwrap() };
        let stands = Execution { state: ready(Step::Listen, 0), rank };
        board.put(ExecutionId(id), JobId(id), None, &stands);
        board.advance(NOW.unix_ms);
    };
    watched(&mut board, 4);
    page.case("a worker is free for a viewer", &board, Input::Clock, NOW);
    run(&mut board, 5, "gpu0", Step::Detect, tried(0));
    page.case("none is: the last in the queue makes room", &board, Input::Clock, NOW);
    watched(&mut board, 6);
    page.case("two viewers", &board, Input::Clock, NOW);
    board.stop(first, Stopping { at_up_ms: NOW.up_ms, for_standing_still: false });
    page.case("one makes room already", &board, Input::Clock, NOW);
    let (job, targets) = (JobId(6), target(6, ready(Step::Listen, 0)));
    let command = Command::Move(job, MoveTo::Watched);
    page.case("the latest viewer", &board, Input::Command { command, targets }, NOW);
    insta::assert_snapshot!(page.0);
}

#[test]
fn libraries_have_hours() {
    let mut page = Page::default();
    let mut board = with_lanes(&[("cpu", 3)]);
    let anime = board.library("Anime").unwrap();
    assert_eq!(board.library("Films"), None, "always open is no hours");
    put_in(&mut board, Some("Anime"), 1, State::Running { step: Step::Listen, tries: tried(0) });
    let lease = board.begin(ExecutionId(1), 0, NOW).unwrap();
    put_in(&mut board, Some("Anime"), 2, ready(Step::Listen, 0));
    put_in(&mut board, Some("Films"), 3, ready(Step::Listen, 0));
    put_in(&mut board, Some("Series"), 4, ready(Step::Listen, 0));
    let hours = |library: &str, open| Input::Hours { of: HoursOf::Library(library.into()), open };
    page.case("its hours are over: what runs is put back", &board, hours("Anime", false), NOW);
    board.open_library(anime, false);
    put_in(&mut board, Some("Anime"), 1, ready(Step::Listen, 0));
    board.end(lease);
    board.advance(NOW.unix_ms);
    page.case("told again", &board, hours("Anime", false), NOW);
    page.case("one without hours", &board, hours("Films", false), NOW);
    page.case("one that nobody knows", &board, hours("Kids", false), NOW);
    page.case("the others take their turns", &board, Input::Clock, NOW);
    put_in(&mut board, Some("Anime"), 5, ready(Step::Listen, NOW.unix_ms + 1));
    board.advance(NOW.unix_ms + 1);
    page.case("what becomes due waits too", &board, Input::Clock, later(1));
    assert_eq!(board.waiting(Step::Listen.lane()), 5, "it is counted all the same");
    page.case("its hours begin", &board, hours("Anime", true), NOW);
    board.open_library(anime, true);
    page.case("all in their order", &board, Input::Clock, later(1));
    insta::assert_snapshot!(page.0);
}

proptest! {
    /// Whatever libraries are open, the first ones are those that would be first among all that are open.
    #[test]
    fn the_first_are_the_first_of_open_libraries(
        waiting in prop::collection::vec((0..3usize, -1..2i8, 0..5i64), 0..40),
        open in prop::array::uniform2(any::<bool>()),
        count in 0..10usize,
    ) {
        let mut board = all_lanes();
        let libraries = [None, board.library("Anime"), board.library("Series")];
        let mut expected = Vec::new();
        for ((library, priority, place), id) in waiting.into_iter().zip(1..) {
            let rank = Rank { priority, place };
            let stands = Execution { state: ready(Step::Listen, 0), rank };
            board.put(ExecutionId(id), JobId(id), libraries[library], &stands);
            if library == 0 || open[library - 1] {
                expected.push((-i16::from(priority), place, ExecutionId(id)));
            }
        }
        board.advance(NOW.unix_ms);
        for (library, open) in libraries[1..].iter().zip(open) {
            board.open_library(library.unwrap(), open);
        }
        expected.sort_unstable();
        expected.truncate(count);
        prop_assert_eq!(board.first(Step::Listen, count, NOW), expected);
    }

    #[test]
    fn waits_grow_to_a_limit(before in any::<u8>(), chance in 0.0..=1.0) {
        let limits = Limits::default();
        let wait = backoff_ms(&limits, before, chance);
        prop_assert!(wait <= limits.backoff_max_ms);
        let least = limits.backoff_first_ms as f64 * (1.0 - limits.jitter);
        prop_assert!(least <= wait as f64 + 1.0);
        prop_assert!(backoff_ms(&limits, before, chance) <= backoff_ms(&limits, before.saturating_add(1), chance));
        prop_assert!(backoff_ms(&limits, before, 1.0) <= backoff_ms(&limits, before, 0.0));
    }
}
