//! The overview on a stage: what is seen in each situation, and what its keys come to.

use super::*;
use crate::api::daemon::{ActivityView, WorkStage};
use crate::api::pace::{PaceMinute, PaceQuery, PaceView};
use crate::tui::ask::{Answer as All, Ask as Any};
use crate::tui::conn::Told;
use crate::tui::testing::{NOW, SIZES, Situation, Stage, snapshots};
use crate::tui::view::PageName;

const MINUTE: u64 = NOW / 60_000;

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is left open")]
fn answer(situation: Situation, ask: &Any) -> Option<Result<All, Fault>> {
    let answer = match ask {
        Any::Overview(Ask::Activity) => Answer::Activity(activity(situation)),
        Any::Overview(Ask::Pace(query)) => Answer::Pace(pace(situation, query)),
        _ => return None,
    };
    Some(Ok(All::Overview(answer)))
}

fn happened(at: &str, name: &str, path: Option<&str>, text: &str) -> ActivityView {
    let (at, name, text) = (at.to_owned(), name.to_owned(), text.to_owned());
    ActivityView { at, name, job: Some(1), path: path.map(str::to_owned), text }
}

fn activity(situation: Situation) -> Vec<ActivityView> {
    let paths = situation.paths();
    let mut all =
        vec![happened("2026-11-21T08:00:00Z", "started", None, "2 libraries are looked through")];
    match situation {
        Situation::Empty => {
            let text = "there is no [[library]] in kinora.toml yet: nothing is looked through";
            return vec![happened("2026-11-22T11:59:58Z", "started", None, text)];
        }
        Situation::Failing => {
            let text = "no space is left on the disk of the video; make room there, then retry";
            all.push(happened("2026-11-22T11:40:00Z", "parked", Some(paths[0]), text));
            let text = "lane gpu0 is not used any more: it answers nonsense";
            all.push(happened("2026-11-22T11:52:10Z", "gpu_quarantined", None, text));
            all.push(happened(
                "2026-11-22T11:58:00Z",
                "failed",
                Some(paths[3]),
                "the service house did not answer; tried again in 1:00",
            ));
        }
        Situation::Busy | Situation::Away | Situation::Wide | Situation::Many => {
            all.push(happened(
                "2026-11-22T10:00:04Z",
                "scanned",
                None,
                "1843 files looked at, 212 new",
            ));
            for (at, path) in paths.iter().enumerate().skip(2) {
                let time = format!("2026-11-22T11:{:02}:31Z", 40 + at * 3);
                all.push(happened(&time, "finished", Some(path), "subtitles were written"));
            }
        }
    }
    all.reverse();
    all
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is left open")]
fn pace(situation: Situation, query: &PaceQuery) -> PaceView {
    let minute = |ago: u64| {
        let heard = match situation {
            Situation::Empty => 0,
            Situation::Failing if ago < 20 => 0,
            _ => {
                500_000 + 30_000 * (ago * 7 % 11) + if ago.is_multiple_of(13) { 120_000 } else { 0 }
            }
        };
        PaceMinute {
            minute: MINUTE - ago,
            heard_ms: heard,
            files: u32::from(heard > 0 && ago % 7 == 3),
        }
    };
    let since = query.since.unwrap_or(0);
    PaceView { minutes: (0..60).rev().map(minute).filter(|it| since <= it.minute).collect() }
}

fn stage(size: (u16, u16), situation: Situation) -> Stage {
    let mut stage =
        Stage::in_situation(size, PageName::Overview, situation, |ask| answer(situation, ask));
    stage.screen();
    stage
}

fn told(change: impl FnOnce(&mut StatusView)) -> Stage {
    let mut status = Situation::Busy.status();
    change(&mut status);
    let mut stage = stage(SIZES[0], Situation::Busy);
    stage.told(Told::Status(Box::new(status)));
    stage.screen();
    stage
}

fn act(target: Target, act: Act) -> Vec<Any> {
    vec![Any::Act(target, act)]
}

#[test]
fn screens() {
    snapshots(PageName::Overview, answer);
    for size in [(50, 30), (120, 30)] {
        let screen = stage(size, Situation::Busy).screen();
        insta::assert_snapshot!(format!("overview_busy_{}x{}", size.0, size.1), screen);
    }
    for situation in [Situation::Busy, Situation::Failing, Situation::Many] {
        let screen = stage((40, 12), situation).screen();
        insta::assert_snapshot!(format!("overview_{}_40x12", situation.word()), screen);
    }
}

#[test]
fn a_lane_is_paused_after_its_plan_and_goes_on_at_once() {
    let mut stage = stage(SIZES[0], Situation::Busy);
    stage.press("p");
    let screen = stage.screen();
    assert!(screen.contains("Pause lane gpu0?"), "{screen}");
    assert!(screen.contains("1 file that runs there goes back into the queue"), "{screen}");
    assert_eq!(stage.asked(), []);
    stage.press("n");
    assert!(stage.screen().contains("nothing was done"));
    assert_eq!(stage.asked(), []);
    stage.press("p");
    stage.press("y");
    let lane = Target::Lane("gpu0".to_owned());
    assert_eq!(stage.asked(), act(lane.clone(), Act::Pause));
    stage.answer(Ok(All::Acted));
    assert!(stage.screen().contains("lane gpu0 is paused; p lets it go on"));

    let mut stage = told(|it| it.lanes[0].paused = true);
    assert!(stage.screen().contains("Lane gpu0 is paused."));
    stage.press("p");
    assert_eq!(stage.asked(), act(lane.clone(), Act::Resume));
    stage.answer(Err(Fault::operator("there is no lane `gpu0`", "see `kinora status`")));
    assert!(stage.screen().contains("there is no lane `gpu0`; see `kinora status`"));

    // One that is not used any more is tried again; an idle one needs no plan.
    let mut stage = told(|it| it.lanes[0].quarantined = Some("it answers nonsense".to_owned()));
    stage.press("p");
    assert_eq!(stage.asked(), act(lane, Act::Resume));
    stage.press("G");
    stage.press("p");
    assert_eq!(stage.asked(), act(Target::Lane("disk".to_owned()), Act::Pause));
}

#[test]
fn everything_is_paused_and_goes_on_after_a_plan() {
    let mut stage = stage(SIZES[0], Situation::Busy);
    stage.press("P");
    let screen = stage.screen();
    assert!(
        screen.contains("Pause everything?") && screen.contains("2 files that run there go back"),
        "{screen}"
    );
    stage.press("Enter");
    assert_eq!(stage.asked(), act(Target::All, Act::Pause));
    stage.answer(Ok(All::Acted));
    assert!(stage.screen().contains("everything is paused; P lets it go on"));

    let mut stage = told(|it| {
        it.paused = true;
        it.lanes[3].paused = true;
    });
    assert!(stage.screen().contains("Everything is paused. P lets it go on."));
    stage.press("P");
    let screen = stage.screen();
    assert!(
        screen.contains("Let everything go on?") && screen.contains("stay so: net."),
        "{screen}"
    );
    stage.press("y");
    assert_eq!(stage.asked(), act(Target::All, Act::Resume));
    stage.answer(Err(Fault::transient("the store is busy", "try again")));
    assert!(stage.screen().contains("the store is busy; try again"));
}

#[test]
fn all_that_waits_for_a_person_is_tried_again_after_a_plan_that_counts_it() {
    let mut stage = stage(SIZES[0], Situation::Failing);
    stage.press("r");
    let screen = stage.screen();
    assert!(screen.contains("Try 23 files again?"), "{screen}");
    stage.press("y");
    assert_eq!(stage.asked(), act(Target::All, Act::Retry));
    stage.answer(Ok(All::Acted));
    assert!(stage.screen().contains("23 files will be tried again"));
    let mut stage = self::stage(SIZES[0], Situation::Busy);
    stage.press("r");
    assert!(stage.screen().contains("nothing waits for a person"));
    assert_eq!(stage.asked(), []);
}

#[test]
fn libraries_are_looked_through_where_there_are_any() {
    let mut stage = stage(SIZES[0], Situation::Busy);
    stage.press("s");
    assert_eq!(stage.asked(), [Any::Scan(ScanRequest::default())]);
    let roots = vec!["/media/Films".to_owned()];
    stage.answer(Ok(All::Scanned(crate::api::daemon::ScanView { roots })));
    assert!(stage.screen().contains("looking through /media/Films"));
    let mut stage = self::stage(SIZES[0], Situation::Empty);
    stage.press("s");
    assert!(stage.screen().contains("there is no library to look through"));
    assert_eq!(stage.asked(), []);
}

#[test]
fn a_path_is_typed_and_explained() {
    let mut stage = stage(SIZES[0], Situation::Busy);
    stage.press("e");
    let path = "/media/Films/Metropolis (1927)/Metropolis (1927).mkv";
    let screen = stage.screen();
    assert!(screen.contains(&format!("Explain the file: {path}")), "{screen}");
    // Letters and numbers are text.
    stage.type_text("q2");
    assert!(stage.screen().contains(&format!("{path}q2")));
    stage.press("Backspace");
    stage.press("Backspace");
    stage.press("Enter");
    assert_eq!(stage.asked(), [Any::Explain(PathBuf::from(path))]);
    stage.answer(Err(Fault::operator("it is in no library", "name a path below a [[library]]")));
    assert!(stage.screen().contains("it is in no library; name a path"));
    stage.press("e");
    stage.press("Esc");
    assert!(!stage.screen().contains("Explain the file"));
    assert_eq!(stage.asked(), []);
}

#[test]
fn enter_opens_the_file_under_the_cursor_wherever_it_moved() {
    let mut stage = stage(SIZES[0], Situation::Busy);
    for key in ["Down", "Down", "Down", "Down"] {
        stage.press(key);
    }
    // On `net`; its file is below it, and another lane's file comes before.
    stage.press("Down");
    let mut status = Situation::Busy.status();
    status.lanes[1].workers[0] = status.lanes[0].workers[0].clone();
    status.lanes[1].workers[0].job = Some(6);
    stage.told(Told::Status(Box::new(status)));
    stage.screen();
    stage.press("Enter");
    assert_eq!(stage.app.page, PageName::Execution);
    // Where the file is done the cursor stays on its lane.
    let mut stage = self::stage(SIZES[0], Situation::Busy);
    stage.press("Down");
    let mut status = Situation::Busy.status();
    status.lanes[0].workers[0] = crate::api::daemon::WorkerView::default();
    stage.told(Told::Status(Box::new(status)));
    stage.screen();
    stage.press("p");
    assert_eq!(stage.asked(), act(Target::Lane("gpu0".to_owned()), Act::Pause));
    stage.press("Enter");
    assert!(stage.screen().contains("no file is worked on there"));
}

#[test]
fn progress_that_is_pushed_is_seen_and_never_goes_back() {
    let mut stage = stage(SIZES[0], Situation::Busy);
    assert!(stage.screen().contains(" 43 %"));
    let push = |progress| PushedEvent::Progress {
        job: 1,
        stage: WorkStage::Asr,
        progress: Some(progress),
    };
    stage.told(Told::Pushed(push(0.468)));
    assert!(stage.screen().contains(" 46 %"));
    // The status was reckoned before.
    stage.told(Told::Status(Box::new(Situation::Busy.status())));
    assert!(stage.screen().contains(" 46 %"));
}

#[test]
fn what_happens_is_pushed_and_the_hour_asked_for_by_its_last_minute() {
    let mut stage = stage((140, 40), Situation::Busy);
    let path = "/media/Films/M (1931).mkv";
    let new = happened("2026-11-22T12:00:09Z", "finished", Some(path), "subtitles were mended");
    stage.told(Told::Pushed(PushedEvent::Activity { activity: new }));
    let screen = stage.screen();
    assert!(screen.contains("12:00:09  M (1931).mkv: subtitles were mended"), "{screen}");
    stage.tick();
    assert_eq!(stage.asked(), [], "what is known is not asked again");
    stage.now += 10_000;
    stage.tick();
    stage.tick();
    let since = Some(MINUTE);
    assert_eq!(stage.asked(), [Any::Overview(Ask::Pace(PaceQuery { since }))], "once");
    let minutes = vec![PaceMinute { minute: MINUTE, heard_ms: 60 * 60_000, files: 0 }];
    stage.answer(Ok(All::Overview(Answer::Pace(PaceView { minutes }))));
    assert!(stage.screen().contains("at most 60 min of audio a minute"));
    // Where events were lost, everything is asked again.
    stage.told(Told::Pushed(PushedEvent::Reset));
    let asked = [Ask::Activity, Ask::Pace(PaceQuery { since: None })].map(Any::Overview);
    assert_eq!(stage.asked(), asked);
}

#[test]
fn what_is_pushed_while_it_is_asked_is_not_lost() {
    let mut stage = Stage::new((140, 40), PageName::Overview);
    stage.told(Told::Status(Box::new(Situation::Busy.status())));
    assert_eq!(stage.asked().len(), 2);
    let new = happened("2026-11-22T12:00:09Z", "finished", None, "the new one");
    let both = activity(Situation::Busy);
    for activity in [both[0].clone(), new] {
        stage.told(Told::Pushed(PushedEvent::Activity { activity }));
    }
    stage.answer(Ok(All::Overview(Answer::Activity(both))));
    let screen = stage.screen();
    assert_eq!(screen.matches("the new one").count(), 1, "{screen}");
    assert_eq!(screen.matches("11:55:31").count(), 1, "{screen}");
    stage.answer(Err(Fault::transient("it did not answer", "try again")));
    stage.now += 10_000;
    stage.tick();
    assert_eq!(stage.asked(), [Any::Overview(Ask::Pace(PaceQuery { since: None }))]);
}

#[test]
fn a_click_stands_on_a_row_and_two_open_it() {
    use crate::tui::screen::Input;
    use ratatui::crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut stage = stage(SIZES[0], Situation::Busy);
    let screen = stage.screen();
    let at = screen.lines().position(|it| it.contains("The General (1926).mkv")).unwrap();
    let row = u16::try_from(at).unwrap();
    let kind = MouseEventKind::Down(MouseButton::Left);
    let click = MouseEvent { kind, column: 5, row, modifiers: KeyModifiers::NONE };
    stage.app.input(Input::Terminal(Event::Mouse(click)), stage.now);
    stage.press("p");
    let screen = stage.screen();
    assert!(screen.contains("Pause lane net?"), "{screen}");
    stage.press("n");
    for _ in 0..2 {
        stage.app.input(Input::Terminal(Event::Mouse(click)), stage.now + 1_000);
    }
    assert_eq!(stage.app.page, PageName::Execution);
}

#[test]
fn whatever_the_size_the_worst_is_on_the_screen() {
    for columns in [40, 59, 60, 80, 119, 120, 200] {
        for rows in [12, 16, 17, 24, 40] {
            for situation in Situation::ALL {
                let mut stage = stage((columns, rows), situation);
                let screen = stage.screen();
                let shown = screen.lines().nth(1).unwrap();
                let first = match situation {
                    Situation::Failing => "! Library Films",
                    Situation::Many => "! 1207 files wait",
                    // Never as if it were fresh.
                    Situation::Away => " daemon away",
                    Situation::Empty | Situation::Busy | Situation::Wide => "✓ All is well",
                };
                assert!(shown.starts_with(first), "{situation:?} at {columns} x {rows}:\n{screen}");
            }
        }
    }
}
