//! Keys in, screens and questions out; and that what is shown is what a plain look through all rows would show.

use super::load::Rows;
use super::order::{Column, Filter, Wanted};
use super::*;
use crate::api::daemon::{Act, JobStatus, JobView, MoveTo, Target};
use crate::api::rows::{ManyRequest, ManyView, RefusedJob, RowsQuery};
use crate::tui::conn::Told;
use crate::tui::rehearsal;
use crate::tui::testing::{SIZES, Situation, Stage, snapshots};
use crate::tui::view::PageName;
use proptest::prelude::*;

type Answered = Option<Result<ask::Answer, Fault>>;

fn rows(situation: Situation, asked: &ask::Ask) -> Answered {
    let ask::Ask::Queue(Ask::Rows(query)) = asked else { return None };
    Some(Ok(ask::Answer::Queue(Answer::Rows(*query, Box::new(situation.rows(query))))))
}

fn stage(situation: Situation) -> Stage {
    Stage::in_situation(SIZES[0], PageName::Queue, situation, |it| rows(situation, it))
}

fn act_on(job: u64, act: Act) -> Vec<ask::Ask> {
    vec![ask::Ask::Act(Target::Job(job), act)]
}

fn pushed(job: JobView) -> Told {
    Told::Pushed(PushedEvent::Job { job: Box::new(job) })
}

/// Line of the screen, from 0, that holds this.
fn line_of(screen: &str, text: &str) -> usize {
    screen.lines().position(|it| it.contains(text)).unwrap_or_else(|| panic!("{text}: {screen}"))
}

#[test]
fn it_looks_like_this() {
    snapshots(PageName::Queue, rows);
}

#[test]
fn a_small_screen_shows_what_matters() {
    let situation = Situation::Busy;
    let mut stage =
        Stage::in_situation((40, 12), PageName::Queue, situation, |it| rows(situation, it));
    insta::assert_snapshot!("queue_busy_40x12", stage.screen());
}

#[test]
fn each_act_is_asked_for_the_row_under_the_cursor() {
    // Rows: 1 and 2 run, 3 waits for a try, 4 is queued, 6 and 5 are done.
    let to = |to| Act::Move { to };
    for (down, key, job, act, told) in [
        (2, "r", 3, Act::Retry, "job 3 is tried again"),
        (4, "r", 6, Act::Retry, "job 6 is tried again"),
        (0, "p", 1, Act::Pause, "job 1 rests until it is resumed"),
        (3, "t", 4, to(MoveTo::Top), "job 4 goes first of its priority"),
        (2, "b", 3, to(MoveTo::Bottom), "job 3 goes last of its priority"),
        (3, "K", 4, to(MoveTo::Up), "job 4 goes one place sooner"),
        (2, "J", 3, to(MoveTo::Down), "job 3 goes one place later"),
    ] {
        let mut stage = stage(Situation::Busy);
        (0..down).for_each(|_| stage.press("Down"));
        stage.press(key);
        assert_eq!(stage.asked(), act_on(job, act), "{key}");
        stage.answer(Ok(ask::Answer::Acted));
        assert!(stage.screen().contains(told), "{key}: {}", stage.screen());
    }
    let mut stage = stage(Situation::Busy);
    stage.press("P");
    assert_eq!(stage.asked(), [ask::Ask::Act(Target::All, Act::Pause)]);
    stage.press("s");
    assert!(matches!(stage.asked()[..], [ask::Ask::Scan(_)]));
    stage.press("e");
    assert!(matches!(stage.asked()[..], [ask::Ask::Explain(_)]));
    stage.press("l");
    assert_eq!(stage.app.page, PageName::Logs);
    stage.press("2");
    stage.press("Enter");
    assert_eq!(stage.app.page, PageName::Execution);
}

#[test]
fn what_cannot_be_done_says_what_to_do_instead() {
    for (down, key, told) in [
        (0, "r", "job 1 is running: try again is not for it; wait until it ends"),
        (4, "x", "job 6 is done: cancel is not for it; there is nothing left to cancel"),
        (4, "p", "job 6 is done: pause is not for it; r tries it again"),
        (5, "K", "job 5 is done: move is not for it; r tries it again"),
    ] {
        let mut stage = stage(Situation::Busy);
        (0..down).for_each(|_| stage.press("Down"));
        stage.press(key);
        assert!(stage.asked().is_empty(), "{key}");
        assert!(stage.screen().contains(told), "{key}: {}", stage.screen());
    }
    // The daemon refuses.
    let mut stage = stage(Situation::Busy);
    stage.press("p");
    stage.asked();
    stage.answer(Err(Fault::operator("a job that is done cannot be paused", "retry it")));
    assert!(stage.screen().contains("cannot be paused; retry it"), "{}", stage.screen());
}

#[test]
fn cancelling_asks_first() {
    let mut stage = stage(Situation::Busy);
    stage.press("x");
    let screen = stage.screen();
    assert!(screen.contains("Cancel 1 job?") && screen.contains("within two seconds"), "{screen}");
    assert!(screen.contains("Metropolis (1927).mkv"), "{screen}");
    stage.press("n");
    assert!(stage.asked().is_empty());
    stage.press("x");
    stage.press("y");
    assert_eq!(stage.asked(), act_on(1, Act::Cancel));
}

#[test]
fn all_that_are_marked_take_one_act() {
    let mut stage = stage(Situation::Busy);
    for key in ["Space", "Space", "Space", "Space"] {
        stage.press(key);
    }
    assert!(stage.screen().contains("4 marked"), "{}", stage.screen());
    stage.press("r");
    let many =
        |jobs: &[u64], act| [ask::Ask::Queue(Ask::Many(ManyRequest { jobs: jobs.to_vec(), act }))];
    assert_eq!(stage.asked(), many(&[3], Act::Retry), "those that run are left out");
    let fault = Fault::operator("a job that is running cannot be retried", "wait until it ends");
    let view = ManyView { done: 0, refused: vec![RefusedJob { job: 3, fault }] };
    stage.answer(Ok(ask::Answer::Queue(Answer::Many(Act::Retry, view))));
    let screen = stage.screen();
    assert!(screen.contains("0 jobs are tried again; job 3: a job that is running"), "{screen}");
    assert!(!screen.contains("marked"), "{screen}");

    // Those that go to the front keep their order: the last goes first.
    stage.press("a");
    stage.press("t");
    assert_eq!(stage.asked(), many(&[4, 3, 2, 1], Act::Move { to: MoveTo::Top }));
    let view = ManyView { done: 4, refused: Vec::new() };
    stage.answer(Ok(ask::Answer::Queue(Answer::Many(Act::Move { to: MoveTo::Top }, view))));
    let screen = stage.screen();
    assert!(screen.contains("6 marked"), "marks stay, to move them on: {screen}");
    assert!(screen.contains("4 jobs go first of their priority"), "{screen}");
    stage.press("A");
    assert!(!stage.screen().contains("marked"));
}

#[test]
fn filters_and_searches_narrow_and_say_so() {
    let mut stage = stage(Situation::Busy);
    stage.press("f");
    assert!(stage.screen().contains("2 of 6 · only: running"), "{}", stage.screen());
    stage.press("F");
    assert!(stage.screen().contains("n needs a person"), "{}", stage.screen());
    stage.press("n");
    let screen = stage.screen();
    assert!(screen.contains("Nothing is of the kind `needs a person`"), "{screen}");
    stage.press("Esc");
    stage.press("/");
    stage.type_text("tzs2");
    let screen = stage.screen();
    assert!(screen.contains("1 of 6 · search: tzs2 · by best match"), "{screen}");
    assert!(screen.contains("S01E02.mkv") && !screen.contains("S01E01.mkv"), "{screen}");
    stage.press("Enter");
    stage.press("o");
    assert!(stage.screen().contains("by turn"), "{}", stage.screen());
    stage.press("/");
    stage.type_text("xyz");
    assert!(stage.screen().contains("No path matches `tzs2xyz`"), "{}", stage.screen());
    stage.press("Esc");
    assert!(stage.screen().contains("6 executions"), "{}", stage.screen());
    // A key for each column, and the other way round.
    for column in &Column::ALL[1..] {
        stage.press("o");
        assert!(stage.screen().contains(&format!("by {}", column.word())), "{}", stage.screen());
    }
    stage.press("O");
    assert!(stage.screen().contains("by outcome, turned"), "{}", stage.screen());
}

#[test]
fn what_is_pushed_changes_rows_and_the_cursor_stays_on_its_own() {
    let mut stage = stage(Situation::Busy);
    (0..3).for_each(|_| stage.press("Down"));
    let is_on = |screen: &str, job: u64| screen.contains(&format!("\njob {job}, wished"));
    assert!(is_on(&stage.screen(), 4), "{}", stage.screen());
    let mut jobs = Situation::Busy.jobs();
    // 4 goes before 3, 5 runs again, as a new execution.
    jobs[3].place = 2;
    jobs[3].changes = 4;
    stage.told(pushed(jobs[3].clone()));
    let mut again = jobs[4].clone();
    (again.execution, again.status, again.ending) = (7, JobStatus::Running, None);
    stage.told(pushed(again));
    let screen = stage.screen();
    assert!(screen.contains("7 executions"), "{screen}");
    assert!(is_on(&screen, 4), "{screen}");
    assert!(line_of(&screen, "S01E02") < line_of(&screen, "S01E01"), "{screen}");
    // Of two tellings the older one counts for nothing.
    jobs[3].changes = 3;
    jobs[3].status = JobStatus::Parked;
    stage.told(pushed(jobs[3].clone()));
    assert!(!stage.screen().contains("parked    "), "{}", stage.screen());
    // What waits for its next try is queued when its time has come.
    assert!(stage.screen().contains("waiting   listen in 4 min"), "{}", stage.screen());
    stage.now += 240_000;
    stage.tick();
    assert!(!stage.screen().contains("waiting   "), "{}", stage.screen());
}

#[test]
fn pages_come_one_after_the_other_and_a_reset_changes_rows_in_place() {
    let count = 7_000;
    let mut stage = Stage::new(SIZES[0], PageName::Queue);
    let asked = |stage: &mut Stage| match &stage.asked()[..] {
        [ask::Ask::Queue(Ask::Rows(query))] => Some(*query),
        [] => None,
        other => panic!("{other:?}"),
    };
    let tell = |stage: &mut Stage, query: RowsQuery, count: u64| {
        let page = Box::new(rehearsal::rows(count, &query));
        stage.answer(Ok(ask::Answer::Queue(Answer::Rows(query, page))));
    };
    let first = asked(&mut stage).unwrap();
    assert_eq!(first, RowsQuery { before: None, limit: Some(500) });
    tell(&mut stage, first, count);
    assert!(stage.screen().contains("500 executions"), "{}", stage.screen());
    // Something newer, and something whose page is not here yet.
    let job = |execution: u64, changes: u32| JobView {
        execution,
        id: execution,
        changes,
        ..Situation::Busy.jobs().remove(0)
    };
    stage.told(pushed(job(count + 1, 3)));
    stage.told(pushed(job(9, 7)));
    let second = asked(&mut stage).unwrap();
    assert_eq!(second, RowsQuery { before: Some(6_501), limit: Some(5_000) });
    tell(&mut stage, second, count);
    let third = asked(&mut stage).unwrap();
    tell(&mut stage, third, count);
    assert_eq!(asked(&mut stage), None);
    let whole = stage.screen();
    // Execution 9 runs, 40 and 41 do, and the newest.
    assert!(whole.contains("7,001 executions") && whole.contains("4 running"), "{whole}");

    stage.told(Told::Pushed(PushedEvent::Reset));
    assert_eq!(stage.screen(), whole, "nothing flickers");
    let again = asked(&mut stage).unwrap();
    tell(&mut stage, again, count + 1);
    assert_eq!(stage.screen(), whole);
    while let Some(query) = asked(&mut stage) {
        tell(&mut stage, query, count + 1);
    }
    assert_eq!(stage.screen(), whole);

    // Much changed meanwhile.
    stage.told(Told::Pushed(PushedEvent::Reset));
    while let Some(query) = asked(&mut stage) {
        let mut page = rehearsal::rows(count + 1, &query);
        page.changes.iter_mut().for_each(|it| *it = 20);
        page.stands.iter_mut().for_each(|it| *it = 2);
        stage.answer(Ok(ask::Answer::Queue(Answer::Rows(query, Box::new(page)))));
    }
    stage.press("F");
    stage.press("d");
    assert!(stage.screen().contains("7,001 of 7,001 · only: done"), "{}", stage.screen());
    stage.press("Esc");

    // Another store: fewer executions than there were.
    stage.told(Told::Pushed(PushedEvent::Reset));
    while let Some(query) = asked(&mut stage) {
        tell(&mut stage, query, 300);
    }
    assert!(stage.screen().contains("300 executions"), "{}", stage.screen());
}

#[test]
fn the_mouse_chooses_rows_and_columns() {
    use ratatui::crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut stage = stage(Situation::Busy);
    stage.screen();
    let click = |stage: &mut Stage, column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        stage.app.input(crate::tui::screen::Input::Terminal(Event::Mouse(mouse)), stage.now);
        stage.now += 1_000;
    };
    click(&mut stage, 40, 6);
    assert!(stage.screen().contains("\njob 4, wished"), "{}", stage.screen());
    click(&mut stage, 33, 2);
    assert!(stage.screen().contains("by file"), "{}", stage.screen());
    click(&mut stage, 33, 2);
    assert!(stage.screen().contains("by file, turned"), "{}", stage.screen());
}

#[test]
fn a_page_that_does_not_come_is_told_and_asked_for_again() {
    let mut stage = Stage::new(SIZES[0], PageName::Queue);
    stage.told(Told::Status(Box::default()));
    assert_eq!(stage.asked().len(), 1);
    stage.answer(Err(Fault::transient("the disk is slow", "wait")));
    let screen = stage.screen();
    assert!(screen.contains("cannot be shown: the disk is slow; wait"), "{screen}");
    stage.tick();
    assert_eq!(stage.asked().len(), 1);
}

/// All rows of so many executions.
fn loaded(count: u64) -> Rows {
    let mut rows = Rows::default();
    while let Some(query) = rows.ask() {
        rows.take(&query, &rehearsal::rows(count, &query));
    }
    rows
}

fn work(rows: &mut Rows) {
    while rows.arranging.is_some() {
        rows.work();
    }
}

#[test]
fn a_hundred_thousand_rows_are_small() {
    let mut rows = loaded(100_000);
    work(&mut rows);
    assert_eq!((rows.table.len(), rows.order.rows().len()), (100_000, 100_000));
    let bytes = rows.table.bytes() + rows.order.rows().len() * 4;
    assert!(bytes < 15 << 20, "{bytes}");
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let columns = prop::sample::select([&Column::ALL[..], &[Column::Match]].concat());
    let filters = prop::sample::select(Filter::ALL.to_vec());
    let searches = prop::sample::select(vec!["", "", "a", "tw", "s03", "boat é", "maigret 3"]);
    (filters, searches, columns, any::<bool>()).prop_map(|(filter, search, column, turned)| {
        Wanted { filter, search: search.to_owned(), column, turned }
    })
}

/// Executions, how they stand, and slices of work after that.
fn events() -> impl Strategy<Value = Vec<(u64, usize, usize)>> {
    prop::collection::vec((1..2_600_u64, 0..7_usize, 0..4_usize), 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is pushed while rows are arranged, in whatever slices: each row that is wanted is shown once, in order.
    #[test]
    fn what_is_shown_is_what_a_look_through_all_would_show(
        steps in prop::collection::vec((wanted(), events()), 1..5),
    ) {
        let mut rows = loaded(2_500);
        let mut changes = 10;
        for (wanted, events) in steps {
            rows.arrange(wanted.clone());
            for (execution, status, slices) in events {
                changes += 1;
                let status = JobStatus::ALL[status];
                let path = rehearsal::path(execution);
                let place = 10_000 - execution as i64;
                let job = Situation::Busy.jobs().remove(0);
                let job = JobView { id: execution, execution, status, path, place, changes, ..job };
                rows.pushed(&job);
                (0..slices).for_each(|_| rows.work());
            }
            work(&mut rows);
            let shown = rows.order.rows().to_vec();
            let extent = rows.table.extent();
            let kept = shown.iter().all(|it| {
                wanted.filter.takes(rows.table.kind(rows.table.row(*it)).status)
            });
            prop_assert!(kept);
            // Each one of all is found where it stands, or is not wanted.
            let mut found = 0;
            for at in 0..extent.0 + extent.1 {
                let number = super::table::Table::number(extent, at);
                if let Some(at) = rows.order.find(&rows.table, number) {
                    prop_assert_eq!(shown[at], number);
                    found += 1;
                } else {
                    prop_assert!(!shown.contains(&number));
                }
            }
            prop_assert_eq!(found, shown.len());
            if wanted.search.is_empty() {
                let taken = JobStatus::ALL.into_iter().filter(|it| wanted.filter.takes(*it));
                let count: usize = taken.map(|it| rows.table.count(it)).sum();
                prop_assert_eq!(shown.len(), count);
            }
            if wanted.column == Column::File {
                let path = |it: &u32| rows.table.path(rows.table.row(*it));
                let mut paths: Vec<&str> = shown.iter().map(path).collect();
                if wanted.turned {
                    paths.reverse();
                }
                let ordered = paths.is_sorted();
                prop_assert!(ordered);
            }
        }
    }
}
