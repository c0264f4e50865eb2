//! The library's page: every situation, every act.

use super::staged_tests::{answer, libraries};
use super::{Answer, Ask};
use crate::api::daemon::{
    Act, ActivityView, JobStatus, MoveTo, PushedEvent, ScanRequest, Target, WishRequest,
};
use crate::api::run::Fault;
use crate::tui::ask::{Answer as AnyAnswer, Ask as Any};
use crate::tui::conn::Told;
use crate::tui::testing::{Situation, Stage, snapshots};
use crate::tui::view::PageName;

fn stage(size: (u16, u16), situation: Situation) -> Stage {
    Stage::in_situation(size, PageName::Library, situation, |ask| answer(situation, ask))
}

/// Presses keys, and answers all that is asked then.
fn press(stage: &mut Stage, situation: Situation, keys: &str) -> String {
    keys.split(' ').for_each(|it| stage.press(it));
    stage.answer_all(&mut |ask| answer(situation, ask));
    stage.screen()
}

#[test]
fn every_situation_is_clear_at_a_glance() {
    snapshots(PageName::Library, answer);
}

#[test]
fn a_file_tells_its_tracks_and_why_and_leads_to_its_execution() {
    for (name, size) in [("library_detail_80x24", (80, 24)), ("library_detail_40x12", (40, 12))] {
        let mut stage = stage(size, Situation::Busy);
        let screen = press(&mut stage, Situation::Busy, "Down Down Down Down Enter");
        insta::assert_snapshot!(name, screen);
    }
    let mut stage = stage((80, 24), Situation::Busy);
    press(&mut stage, Situation::Busy, "Down Enter");
    // What changes is asked anew while it is looked at, by events and not by the clock.
    stage.tick();
    let is_of_file = |it: &Any| matches!(it, Any::Library(Ask::File(_) | Ask::Why(_)));
    assert!(!stage.asked().iter().any(is_of_file));
    let job = Box::new(Situation::Busy.jobs().remove(1));
    stage.told(Told::Pushed(PushedEvent::Job { job }));
    stage.tick();
    assert_eq!(stage.asked().iter().filter(|it| is_of_file(it)).count(), 2);
    // Esc leads back to the list, and to the same file.
    assert!(press(&mut stage, Situation::Busy, "Esc").contains("2 of 6"));
    stage.press("Enter");
    stage.press("Enter");
    assert_eq!(stage.app.page, PageName::Execution);
}

#[test]
fn a_small_screen_shows_what_matters_first() {
    insta::assert_snapshot!("library_busy_40x12", stage((40, 12), Situation::Busy).screen());
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is left open")]
fn what_was_not_told_yet_and_what_failed_is_said() {
    let mut open = Stage::in_situation((80, 24), PageName::Library, Situation::Busy, |_| None);
    assert!(open.screen().contains("asking Kinora for its libraries"));
    let fault = || Fault::transient("the store cannot be read", "look at its disk");
    let mut failing =
        Stage::in_situation((80, 24), PageName::Library, Situation::Busy, |ask| match ask {
            Any::Library(Ask::Files { .. }) => Some(Err(fault())),
            ask => answer(Situation::Busy, ask),
        });
    assert!(failing.screen().contains("the store cannot be read; look at its disk"));
    let mut none =
        Stage::in_situation((80, 24), PageName::Library, Situation::Busy, |_| Some(Err(fault())));
    let screen = none.screen();
    assert!(
        screen.contains("the store cannot be read") && !screen.contains("no library yet"),
        "{screen}"
    );
}

#[test]
fn libraries_searches_and_filters_choose_the_files() {
    let (size, busy) = ((80, 24), Situation::Busy);
    let mut stage = stage(size, busy);
    assert!(stage.screen().contains("Files of all libraries"));
    let screen = press(&mut stage, busy, "Right Right");
    assert!(screen.contains("Files of Series") && screen.contains("1 of 2"), "{screen}");
    assert!(screen.contains("it is worked on 01:00-07:00"), "{screen}");
    let screen = press(&mut stage, busy, "Left Left Left");
    assert!(
        screen.contains("Files of Home") && screen.contains("There is no video here yet"),
        "{screen}"
    );
    let screen = press(&mut stage, busy, "Right");
    assert!(screen.contains("Files of all libraries"), "{screen}");
    // Letters are text while somebody types; the search is the daemon's.
    stage.press("/");
    stage.type_text("metro 1q");
    ["Backspace", "Backspace", "Backspace", "Enter"].into_iter().for_each(|it| stage.press(it));
    let asked = stage.asked();
    let [Any::Library(Ask::Files { query, .. })] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((query.q.as_deref(), query.library.as_deref()), (Some("metro"), None));
    stage.answer_all(&mut |ask| answer(busy, ask));
    let screen = stage.screen();
    assert!(screen.contains("with \"metro\"") && screen.contains("1 of 1"), "{screen}");
    assert!(press(&mut stage, busy, "Esc").contains("1 of 6"));
    for expected in ["that lack en", "that lack zh-Hans", "that failed", "Files of all libraries  "]
    {
        let screen = press(&mut stage, busy, "f");
        assert!(screen.contains(expected), "{expected}: {screen}");
    }
    // A language that is not wanted in the next library is no filter there.
    press(&mut stage, busy, "f f");
    let screen = press(&mut stage, busy, "Right Right Right");
    assert!(screen.contains("Files of Home") && !screen.contains("that lack"), "{screen}");
}

#[test]
fn a_file_is_wished_now_and_again_only_by_a_plan() {
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    // The first runs, the third waits: that one goes next.
    assert!(press(&mut stage, busy, "w").contains("is worked on already"));
    ["Down", "Down", "w"].into_iter().for_each(|it| stage.press(it));
    let asked = stage.asked();
    assert_eq!(asked, [Any::Act(Target::Job(3), Act::Move { to: MoveTo::Top })]);
    stage.answer(Ok(AnyAnswer::Acted));
    assert!(stage.screen().contains("The Twilight Zone S01E01.mkv goes next"));
    // The fifth is done.
    ["Down", "Down", "w"].into_iter().for_each(|it| stage.press(it));
    assert_eq!(stage.asked(), []);
    assert!(stage.screen().contains("Work on M (1931).mkv again?"));
    stage.press("n");
    assert_eq!(stage.asked(), []);
    ["w", "y"].into_iter().for_each(|it| stage.press(it));
    let path = "/media/Films/M (1931).mkv".into();
    let wish = WishRequest { path, priority: 0, again: true };
    assert_eq!(stage.asked(), [Any::Library(Ask::Wish(wish))]);
    stage.answer_all(&mut |ask| answer(busy, ask));
    assert!(stage.screen().contains("M (1931).mkv waits for its turn, as job 4"));
    // Refused.
    ["w", "y"].into_iter().for_each(|it| stage.press(it));
    stage.answer(Err(Fault::operator("the file is in no library", "name another")));
    assert!(stage.screen().contains("the file is in no library; name another"));
}

#[test]
fn acts_on_the_job_of_a_file_are_those_of_all_pages() {
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    for (key, act, told) in [
        ("r", Act::Retry, "is tried again"),
        ("p", Act::Pause, "is paused"),
        ("t", Act::Move { to: MoveTo::Top }, "goes next"),
        ("b", Act::Move { to: MoveTo::Bottom }, "goes last"),
    ] {
        stage.press(key);
        assert_eq!(stage.asked(), [Any::Act(Target::Job(1), act)], "{key}");
        stage.answer(Ok(AnyAnswer::Acted));
        assert!(stage.screen().contains(&format!("Metropolis (1927).mkv {told}")), "{key}");
    }
    stage.press("x");
    assert_eq!(stage.asked(), []);
    assert!(stage.screen().contains("Cancel Metropolis (1927).mkv?"));
    stage.press("y");
    assert_eq!(stage.asked(), [Any::Act(Target::Job(1), Act::Cancel)]);
    stage.answer(Err(Fault::operator("it ended already", "nothing is to be done")));
    assert!(stage.screen().contains("it ended already; nothing is to be done"));
    // The daemon tells that it is paused: the same key lets it go on.
    let mut job = Box::new(busy.jobs().remove(0));
    job.status = JobStatus::Paused;
    stage.told(Told::Pushed(PushedEvent::Job { job }));
    assert!(stage.screen().contains("paused"));
    stage.press("p");
    assert_eq!(stage.asked(), [Any::Act(Target::Job(1), Act::Resume)]);
    stage.press("l");
    assert_eq!(stage.app.page, PageName::Logs);
}

#[test]
fn it_is_looked_through_where_somebody_asks_and_disks_are_accepted_by_a_plan() {
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    let scan = |path: Option<&str>, accept_disks| {
        Any::Scan(ScanRequest { path: path.map(Into::into), accept_disks })
    };
    stage.press("s");
    assert_eq!(stage.asked(), [scan(Some("/media/Films/Metropolis (1927)"), false)]);
    stage.answer_all(&mut |ask| answer(busy, ask));
    assert!(stage.screen().contains("looking through /media/Films/Metropolis (1927)"));
    stage.press("S");
    assert_eq!(stage.asked(), [scan(None, false)]);
    press(&mut stage, busy, "Right");
    stage.press("S");
    assert_eq!(stage.asked(), [scan(Some("/media/Films"), false)]);
    stage.press("D");
    assert_eq!(stage.asked(), []);
    assert!(stage.screen().contains("Accept the disk of Films as it is now?"));
    stage.press("Esc");
    assert!(stage.screen().contains("nothing was done"));
    ["D", "y"].into_iter().for_each(|it| stage.press(it));
    assert_eq!(stage.asked(), [scan(Some("/media/Films"), true)]);
    stage.answer_all(&mut |ask| answer(busy, ask));
    assert!(stage.screen().contains("accepted: the disk of Films"));
}

#[test]
fn a_file_or_any_path_is_explained() {
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    assert!(press(&mut stage, busy, "e").contains("Chinese: is there"));
    stage.press("Esc");
    stage.press("E");
    assert!(
        stage.screen().contains("explain: /media/Films/Metropolis (1927)"),
        "it begins with the file's"
    );
    stage.press("C-u");
    stage.type_text("/media/1/q.mkv");
    stage.press("Enter");
    assert_eq!(stage.asked(), [Any::Explain("/media/1/q.mkv".into())]);
    stage.answer(Err(Fault::operator("/media/1/q.mkv is in no library", "name a path of one")));
    assert!(stage.screen().contains("/media/1/q.mkv is in no library; name a path of one"));
}

#[test]
fn the_mouse_chooses_libraries_and_files() {
    use crate::tui::screen::Input;
    use ratatui::crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    let screen = stage.screen();
    let click = |stage: &mut Stage, text: &str| {
        let row = screen.lines().position(|it| it.contains(text)).unwrap();
        let kind = MouseEventKind::Down(MouseButton::Left);
        let row = u16::try_from(row).unwrap();
        let mouse = MouseEvent { kind, column: 3, row, modifiers: KeyModifiers::NONE };
        stage.app.input(Input::Terminal(Event::Mouse(mouse)), stage.now);
    };
    click(&mut stage, "Nosferatu");
    assert!(stage.screen().contains("6 of 6"));
    click(&mut stage, "Nosferatu");
    assert!(
        stage.asked().iter().any(|it| matches!(it, Any::Library(Ask::File(id)) if id == "id-6"))
    );
    stage.press("Esc");
    click(&mut stage, " Series");
    stage.answer_all(&mut |ask| answer(busy, ask));
    assert!(stage.screen().contains("Files of Series"));
}

#[test]
fn pages_come_as_the_cursor_moves_and_far_ones_are_forgotten() {
    let many = Situation::Many;
    let mut stage = stage((80, 24), many);
    let mut most = std::time::Duration::ZERO;
    for turn in 0..60 {
        let watch = crate::base::clock::Stopwatch::start();
        stage.press("End");
        let screen = stage.screen();
        most = most.max(watch.elapsed());
        assert!(!screen.contains("/…/"), "{turn}");
        stage.answer_all(&mut |ask| answer(many, ask));
        stage.tick();
        stage.answer_all(&mut |ask| answer(many, ask));
    }
    let screen = stage.screen();
    assert!(screen.contains("Film 011") || screen.contains("Film 012"), "{screen}");
    // The first pages were forgotten, and come again.
    stage.press("Home");
    let asked = {
        stage.screen();
        stage.tick();
        stage.asked()
    };
    let again = |it: &Any| matches!(it, Any::Library(Ask::Files { page: 0, .. }));
    assert!(asked.iter().any(again), "{asked:?}");
    stage.answer_all(&mut |ask| answer(many, ask));
    assert!(stage.screen().contains("Film 000000"));
    assert!(
        most < std::time::Duration::from_millis(200),
        "{most:?}, without optimising, on a busy machine"
    );
}

#[test]
fn a_daemon_that_comes_back_is_asked_anew_and_the_cursor_stays() {
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    press(&mut stage, busy, "Down Down");
    stage.told(Told::Pushed(PushedEvent::Reset));
    let asked = stage.asked();
    assert!(asked.contains(&Any::Library(Ask::Libraries)), "{asked:?}");
    assert!(asked.iter().any(|it| matches!(it, Any::Library(Ask::Files { .. }))), "{asked:?}");
    stage.answer_all(&mut |ask| answer(busy, ask));
    assert!(stage.screen().contains("3 of 6"));
    // While nothing happens nothing is asked but, now and then, the libraries.
    stage.tick();
    assert_eq!(stage.asked(), []);
    stage.now += 5_000;
    stage.tick();
    stage.tick();
    assert_eq!(stage.asked(), [Any::Library(Ask::Libraries)]);
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is left open")]
fn what_is_looked_through_is_asked_anew_once_and_a_library_that_is_gone_is_left() {
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    let scanned = || {
        let (at, name, text) = (String::new(), "scanned".to_owned(), String::new());
        let activity = ActivityView { at, name, job: None, path: None, text };
        Told::Pushed(PushedEvent::Activity { activity })
    };
    stage.told(scanned());
    stage.tick();
    stage.told(scanned());
    stage.tick();
    let asked = stage.asked();
    let [Any::Library(Ask::Files { page: 0, .. })] = asked.as_slice() else { panic!("{asked:?}") };
    stage.answer_all(&mut |ask| answer(busy, ask));
    stage.tick();
    assert_eq!(
        stage.asked(),
        [],
        "what came after the second look was asked for when it was answered"
    );
    press(&mut stage, busy, "Right");
    stage.now += 5_000;
    stage.tick();
    stage.answer_all(&mut |ask| match ask {
        Any::Library(Ask::Libraries) => {
            let mut told = libraries(busy);
            told.libraries.remove(0);
            Some(Ok(AnyAnswer::Library(Answer::Libraries(told))))
        }
        ask => answer(busy, ask),
    });
    assert!(stage.screen().contains("Files of all libraries"));
}

#[test]
fn a_late_answer_to_an_old_choice_is_not_shown() {
    let busy = Situation::Busy;
    let mut stage = stage((80, 24), busy);
    stage.press("Right");
    let late = stage.app.take_asks();
    assert!(matches!(late.as_slice(), [(_, Any::Library(Ask::Files { .. }))]), "{late:?}");
    // Before Films are told, Series are chosen, and told.
    assert!(press(&mut stage, busy, "Right").contains("1 of 2"));
    for (id, ask) in late {
        stage.told(Told::Answer(id, answer(busy, &ask).unwrap()));
    }
    let screen = stage.screen();
    assert!(screen.contains("1 of 2") && !screen.contains("Metropolis"), "{screen}");
}
