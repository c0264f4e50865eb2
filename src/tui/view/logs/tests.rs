//! The logs' page: every situation, every act.

use super::{Answer, Ask};
use crate::api::daemon::PushedEvent;
use crate::api::logs::{LogLevel, LogLine, LogsPage};
use crate::api::run::Fault;
use crate::tui::ask::{Answer as AnyAnswer, Ask as Any};
use crate::tui::conn::Told;
use crate::tui::testing::{NOW, Situation, Stage, snapshots};
use crate::tui::view::PageName;

fn line(number: u64, level: LogLevel, job: Option<u64>, text: &str) -> LogLine {
    LogLine {
        number,
        at_unix_ms: NOW - 600_000 + number * 1_000,
        level,
        target: "kinora::app::serve::herald".to_owned(),
        thread: if job.is_some() { "herald" } else { "main" }.to_owned(),
        job,
        text: text.to_owned(),
    }
}

fn lines(situation: Situation) -> Vec<LogLine> {
    use LogLevel::{Debug, Error, Info, Warn};
    if situation == Situation::Many {
        let level = |it: u64| if it.is_multiple_of(50) { Warn } else { Info };
        let text =
            |it: u64| format!("/media/Films/Film {it:06} (1927).mkv: subtitles were written");
        return (8_001..=10_000).map(|it| line(it, level(it), Some(it), &text(it))).collect();
    }
    let mut lines = vec![
        line(1, Info, None, "Kinora 0.1.0 begins; its data is in /var/lib/kinora"),
        line(2, Info, None, "listening on http://127.0.0.1:8710"),
        line(3, Debug, None, "decided reason=\"a worker is free\""),
    ];
    for (path, job) in situation.paths().into_iter().zip(1..) {
        lines.push(line(lines.len() as u64 + 1, Info, Some(job), &format!("{path}: begins")));
        if situation == Situation::Failing {
            let text = format!(
                "{path}: no space is left on the disk of the video; make room there, then retry"
            );
            lines.push(line(lines.len() as u64 + 1, Warn, Some(job), &text));
        }
    }
    if situation == Situation::Failing {
        let text = "nothing can be written: steps wait fault=the disk is full; make room";
        lines.push(line(lines.len() as u64 + 1, Error, None, text));
    }
    if situation == Situation::Empty {
        lines.clear();
    }
    lines
}

fn page(situation: Situation) -> LogsPage {
    let lines = lines(situation);
    let next = lines.last().map_or(0, |it| it.number);
    LogsPage { lines, next, more: situation == Situation::Many, lost: 0 }
}

const OWN: [&str; 4] = [
    "run 1 of job 1: /media/Films/Metropolis (1927)/Metropolis (1927).mkv",
    "2026-11-22T11:50:00Z listen    a worker of lane gpu0 took it",
    "                     listen    - audio track 1 is German",
    "2026-11-22T11:55:00Z listen    failed: the recogniser ended; tried again in 0:10",
];

#[expect(clippy::unnecessary_wraps, reason = "the shape that a stage asks for")]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is left open")]
fn answer(situation: Situation, ask: &Any) -> Option<Result<AnyAnswer, Fault>> {
    let answer = match ask {
        Any::Logs(Ask::Last) => Answer::Last(page(situation)),
        Any::Logs(Ask::After(after)) => {
            Answer::After(LogsPage { next: *after, ..LogsPage::default() })
        }
        Any::Logs(Ask::Before(before)) => {
            let text = |it: u64| format!("an older line, the {it}th");
            let from = before.saturating_sub(2000).max(1);
            let lines = (from..*before).map(|it| line(it, LogLevel::Info, None, &text(it)));
            let more = from > 1;
            Answer::Before(LogsPage { lines: lines.collect(), next: 0, more, lost: 0 })
        }
        Any::Logs(Ask::Job(job)) => {
            Answer::Job { job: *job, lines: OWN.iter().map(|it| (*it).to_owned()).collect() }
        }
        other => panic!("{other:?}"),
    };
    Some(Ok(AnyAnswer::Logs(answer)))
}

fn stage(size: (u16, u16), situation: Situation) -> Stage {
    Stage::in_situation(size, PageName::Logs, situation, |ask| answer(situation, ask))
}

fn press(stage: &mut Stage, situation: Situation, keys: &str) -> String {
    keys.split(' ').for_each(|it| stage.press(it));
    stage.answer_all(&mut |ask| answer(situation, ask));
    stage.screen()
}

/// The next tick's question is answered with these lines.
fn told(stage: &mut Stage, lines: Vec<LogLine>, lost: u64) -> String {
    stage.tick();
    let next = lines.last().map_or(0, |it| it.number);
    stage.answer(Ok(AnyAnswer::Logs(Answer::After(LogsPage { lines, next, more: false, lost }))));
    stage.screen()
}

#[test]
fn every_situation_is_clear_at_a_glance() {
    snapshots(PageName::Logs, answer);
}

#[test]
fn a_small_screen_shows_what_matters_first() {
    insta::assert_snapshot!("logs_failing_40x12", stage((40, 12), Situation::Failing).screen());
}

#[test]
fn new_lines_are_followed_until_somebody_reads() {
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    assert!(stage.screen().contains("following") && stage.screen().contains("9 of 9"));
    // One question at a time, for what is newer only.
    stage.tick();
    stage.tick();
    assert_eq!(stage.asked(), [Any::Logs(Ask::After(9))]);
    stage.answer_all(&mut |ask| answer(busy, ask));
    let new = |number: u64| vec![line(number, LogLevel::Info, None, &format!("new {number}"))];
    assert!(told(&mut stage, new(10), 0).contains("10 of 10"));
    let screen = press(&mut stage, busy, "Up Up");
    assert!(screen.contains("8 of 10") && screen.contains("F follows"), "{screen}");
    assert!(told(&mut stage, new(11), 0).contains("8 of 11"), "it stays where it is read");
    assert!(press(&mut stage, busy, "F").contains("11 of 11"));
    assert!(told(&mut stage, new(12), 0).contains("12 of 12"));
    press(&mut stage, busy, "Home");
    assert!(press(&mut stage, busy, "End").contains("following"));
    let screen = told(&mut stage, new(500), 487);
    assert!(screen.contains("487 lines are lost here"), "{screen}");
}

#[test]
fn lines_are_chosen_by_level() {
    let failing = Situation::Failing;
    let mut stage = stage((80, 24), failing);
    let screen = press(&mut stage, failing, "f");
    assert!(screen.contains("info and worse") && !screen.contains("decided"), "{screen}");
    let screen = press(&mut stage, failing, "f");
    assert!(screen.contains("warnings and errors") && !screen.contains("begins"), "{screen}");
    let screen = press(&mut stage, failing, "f");
    assert!(screen.contains("errors only") && screen.contains("1 of 1"), "{screen}");
    assert!(press(&mut stage, failing, "f").contains("all lines"));
    // The cursor stays on its line where that is shown.
    press(&mut stage, failing, "Up Up");
    let before = stage.screen();
    let cursor = |it: &str| it.lines().nth(1).unwrap().split("  ").last().unwrap().to_owned();
    assert!(cursor(&before).starts_with("14 of 16") || before.contains("14 of 16"), "{before}");
    let screen = press(&mut stage, failing, "f f");
    assert!(screen.contains("6 of 7") || screen.contains("5 of 7"), "{screen}");
    let mut fine = self::stage((80, 24), Situation::Busy);
    assert!(press(&mut fine, Situation::Busy, "f f").contains("all is well"));
}

#[test]
fn a_word_is_marked_and_found_in_both_directions() {
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    stage.press("/");
    stage.type_text("TWILIGHT");
    let screen = press(&mut stage, busy, "Enter");
    assert!(screen.contains("\"twilight\"") && screen.contains("7 of 9"), "{screen}");
    assert!(press(&mut stage, busy, "n").contains("6 of 9"));
    assert!(press(&mut stage, busy, "n").contains("no older line has \"twilight\""));
    assert!(press(&mut stage, busy, "N").contains("7 of 9"));
    assert!(press(&mut stage, busy, "N").contains("no newer line has \"twilight\""));
    let screen = press(&mut stage, busy, "Esc");
    assert!(!screen.contains("\"twilight\" ·") && !screen.contains("· \"twilight\""), "{screen}");
}

#[test]
fn the_log_of_a_job_stands_before_what_is_said_of_it() {
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    assert!(press(&mut stage, busy, "Home l").contains("this line is about no job"));
    let screen = press(&mut stage, busy, "Down Down Down l");
    insta::assert_snapshot!("logs_job_80x24", screen);
    // What happens to it is asked for by events, not by the clock.
    stage.tick();
    assert_eq!(stage.asked(), [Any::Logs(Ask::After(9))]);
    let job = Box::new(busy.jobs().remove(0));
    stage.told(Told::Pushed(PushedEvent::Job { job }));
    stage.tick();
    assert_eq!(stage.asked(), [Any::Logs(Ask::Job(1))]);
    stage.answer_all(&mut |ask| answer(busy, ask));
    let other = Box::new(busy.jobs().remove(1));
    stage.told(Told::Pushed(PushedEvent::Job { job: other }));
    stage.tick();
    assert_eq!(stage.asked(), [Any::Logs(Ask::After(9))]);
    let screen = press(&mut stage, busy, "Esc");
    assert!(screen.contains("Kinora's log") && screen.contains("of 9"), "{screen}");
    press(&mut stage, busy, "Home Down Down Down");
    stage.press("Enter");
    assert_eq!(stage.app.page, PageName::Execution);
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is left open")]
fn a_job_whose_log_cannot_be_read_says_so() {
    let mut stage = stage((80, 24), Situation::Busy);
    ["Home", "Down", "Down", "Down", "l"].into_iter().for_each(|it| stage.press(it));
    let fault = Fault::operator("there is no job 1", "see `kinora jobs list`");
    stage.answer_all(&mut |ask| match ask {
        Any::Logs(Ask::Job(_)) => Some(Err(fault.clone())),
        ask => answer(Situation::Busy, ask),
    });
    assert!(stage.screen().contains("there is no job 1; see `kinora jobs list`"));
}

#[test]
fn long_lines_go_to_the_side_or_are_read_whole() {
    let failing = Situation::Failing;
    let mut stage = stage((80, 24), failing);
    press(&mut stage, failing, "Up");
    assert!(!stage.screen().contains("then retry"), "it is cut");
    let screen = press(&mut stage, failing, "Right Right Right");
    assert!(screen.contains("then retry") && screen.contains("from column 60"), "{screen}");
    assert!(press(&mut stage, failing, "Left Left Left").contains(" M (1931).mkv: no space"));
    let screen = press(&mut stage, failing, "Space");
    assert!(
        screen.contains("job 6") && screen.contains("said by kinora::app::serve::herald"),
        "{screen}"
    );
}

#[test]
fn older_lines_come_when_the_cursor_is_at_the_first() {
    let many = Situation::Many;
    let mut stage = stage((80, 24), many);
    assert!(stage.screen().contains("2,000 of 2,000"));
    stage.press("Home");
    stage.tick();
    let asked = stage.asked();
    assert_eq!(asked, [Any::Logs(Ask::After(10_000)), Any::Logs(Ask::Before(8_001))]);
    stage.answer_all(&mut |ask| answer(many, ask));
    let screen = stage.screen();
    assert!(screen.contains("2,001 of 4,000"), "it stays on its line: {screen}");
    for _ in 0..6 {
        stage.press("Home");
        stage.tick();
        stage.answer_all(&mut |ask| answer(many, ask));
    }
    assert!(stage.screen().contains("of 10,000"));
    // All that was kept is searched and drawn at once.
    let mut most = std::time::Duration::ZERO;
    stage.press("/");
    stage.type_text("nowhere");
    for key in ["Enter", "End", "n", "f", "f", "f", "f", "Home", "PageDown"] {
        let watch = crate::base::clock::Stopwatch::start();
        stage.press(key);
        stage.screen();
        most = most.max(watch.elapsed());
    }
    assert!(
        most < std::time::Duration::from_millis(200),
        "{most:?}, without optimising, on a busy machine"
    );
}

#[test]
fn a_log_that_cannot_be_read_says_why_and_is_asked_again() {
    let fault = || Fault::transient("Kinora broke off", "try again");
    let mut stage =
        Stage::in_situation((80, 24), PageName::Logs, Situation::Busy, |_| Some(Err(fault())));
    assert!(stage.screen().contains("Kinora broke off; try again"));
    stage.tick();
    stage.answer_all(&mut |ask| answer(Situation::Busy, ask));
    assert!(stage.screen().contains("9 of 9"));
}
