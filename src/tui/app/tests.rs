//! The frame on a stage: what stands around every page and over it, whatever the page is.

use super::*;
use crate::api::daemon::{Act, Target};
use crate::tui::screen::Input;
use crate::tui::testing::{NOW, Situation, Stage};
use ratatui::crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

const SMALL: (u16, u16) = (40, 12);
const USUAL: (u16, u16) = (80, 24);

fn stage(size: (u16, u16), situation: Situation) -> Stage {
    Stage::in_situation(size, PageName::Overview, situation, |_| None)
}

fn status(stage: &mut Stage) {
    stage.told(Told::Status(Box::new(Situation::Busy.status())));
}

fn mouse(stage: &mut Stage, kind: MouseEventKind, column: u16, row: u16) {
    let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    stage.app.input(Input::Terminal(Event::Mouse(event)), stage.now);
}

fn click(stage: &mut Stage, column: u16, row: u16) {
    mouse(stage, MouseEventKind::Down(MouseButton::Left), column, row);
}

/// What is the frame's alone: so many of the first lines, and the last but one.
fn frame_of(screen: &str, first: usize) -> String {
    let lines: Vec<&str> = screen.lines().collect();
    [&lines[..first], &["...", lines[lines.len() - 2]]].concat().join("\n")
}

/// A plan of so many lines.
fn plan(lines: usize) -> Effect {
    let lines = (1..=lines).map(|it| format!("job {it} ends")).collect();
    let ask = Ask::Act(Target::Job(7), Act::Cancel);
    let deeds = vec![Deed { ask, done: "job 7 is cancelled".to_owned() }];
    Effect::Confirm(Plan { title: "Cancel them?".to_owned(), lines, deeds })
}

#[test]
fn a_daemon_that_says_nothing_is_away_before_two_seconds_are_over() {
    let mut stage = stage(USUAL, Situation::Busy);
    let silence = || Fault::transient("Kinora at nas:8710 does not answer", "look at the line");
    assert_eq!(stage.app.late_in_ms(NOW), Some(LATE_MS));
    stage.app.late(silence(), NOW + LATE_MS - 1);
    assert_eq!(stage.app.known.link, Link::Here);
    stage.app.late(silence(), NOW + LATE_MS);
    assert!(matches!(stage.app.known.link, Link::Away { .. }));
    assert_eq!(stage.app.late_in_ms(NOW + 9_999), None, "that is told once");
    stage.now = NOW + 2_000;
    assert!(stage.screen().contains("daemon away: this is 2 s old; Kinora at nas:8710 does not"));
    status(&mut stage);
    assert_eq!(stage.app.known.link, Link::Here);
    assert!(!stage.screen().contains("away"));
    // Whoever was not at the screen saw no silence.
    stage.app.watch_from(NOW + 600_000);
    stage.app.late(silence(), NOW + 600_000 + LATE_MS - 1);
    assert_eq!(stage.app.known.link, Link::Here);
}

#[test]
fn what_is_old_is_told_with_its_age_and_what_to_do() {
    let mut away = stage(USUAL, Situation::Away);
    insta::assert_snapshot!("frame_away_80x24", frame_of(&away.screen(), 3));
    away.now += 3_600_000;
    assert!(away.screen().contains("this is 1 h old"));
    let mut away = stage(SMALL, Situation::Away);
    insta::assert_snapshot!("frame_away_40x12", frame_of(&away.screen(), 3));
    let mut busy = stage((140, 40), Situation::Busy);
    insta::assert_snapshot!("frame_busy_140x40", frame_of(&busy.screen(), 1));
    let mut never = Stage::new(USUAL, PageName::Overview);
    assert!(never.screen().contains("asking Kinora how it goes"));
    never.told(Told::Away(Fault::operator("nothing answers at nas:8710", "start Kinora there")));
    never.now += 5_000;
    let screen = never.screen();
    assert!(screen.contains("daemon away (5 s): nothing answers at nas:8710; start"), "{screen}");
    assert!(screen.contains("asking again until Kinora answers"), "{screen}");
}

#[test]
fn who_is_refused_and_who_hears_nothing_of_changes_is_told_so() {
    let mut stage = stage(USUAL, Situation::Busy);
    stage.told(Told::Refused(Fault::operator("the token is wrong", "copy it anew")));
    let screen = stage.screen();
    assert!(screen.contains("Kinora refuses: this is 0 s old; the token is wrong; copy it anew"));
    status(&mut stage);
    stage.told(Told::Deaf(Some(Fault::transient("too many watch already", "close some"))));
    stage.now += 60_000;
    assert!(stage.screen().contains("changes do not come (1 min)"), "{}", stage.screen());
    let words = stage.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("too many watch already; close some"), "{words}");
    stage.told(Told::Deaf(None));
    assert!(!stage.screen().contains("changes do not come"));
}

#[test]
fn pages_begin_when_the_daemon_is_here_and_begin_anew_when_it_was_away() {
    let mut app = App::new(PageName::Overview, stage(USUAL, Situation::Empty).app.look);
    let along = PushedEvent::Progress {
        job: 1,
        stage: crate::api::daemon::WorkStage::Asr,
        progress: Some(0.5),
    };
    assert!(!app.began);
    app.told(Told::Status(Box::new(Situation::Busy.status())), NOW);
    assert!(app.began);
    app.told(Told::Pushed(along.clone()), NOW);
    // Once more here is nothing new.
    app.told(Told::Status(Box::new(Situation::Busy.status())), NOW);
    assert_eq!(app.known.progress.len(), 1);
    app.told(Told::Away(Fault::transient("gone", "wait")), NOW);
    assert_eq!(app.known.progress.len(), 1, "what is shown stays, with its age");
    app.told(Told::Status(Box::new(Situation::Busy.status())), NOW);
    assert_eq!(app.known.progress.len(), 0);
}

#[test]
fn time_that_goes_by_draws_once_a_second_and_a_status_like_the_last_not_at_all() {
    let mut stage = stage(USUAL, Situation::Busy);
    stage.screen();
    let mut later = Situation::Busy.status();
    later.uptime_ms += 600;
    stage.told(Told::Status(Box::new(later)));
    assert!(!stage.app.is_dirty());
    stage.now += 400;
    stage.tick();
    assert!(!stage.app.is_dirty());
    stage.now += 600;
    stage.tick();
    assert!(stage.app.is_dirty());
}

#[test]
fn every_page_has_its_key_its_place_in_the_round_and_its_name_to_click() {
    for (columns, rows) in [USUAL, SMALL] {
        let mut stage = stage((columns, rows), Situation::Busy);
        for page in PageName::ALL {
            stage.press(&page.key().to_string());
            assert_eq!(stage.app.page, page);
            stage.press("Tab");
            stage.press("BackTab");
            assert_eq!(stage.app.page, page);
            let screen = stage.screen();
            let at = screen.find(page.key()).unwrap();
            stage.press("Tab");
            stage.screen();
            let moved = stage.screen().find(page.key()).unwrap();
            click(&mut stage, u16::try_from(moved).unwrap(), 0);
            assert_eq!(stage.app.page, page, "{at} {moved}");
        }
        click(&mut stage, columns - 1, 0);
        assert_eq!(stage.app.page, PageName::Settings, "behind the last name is nothing");
    }
}

#[test]
fn help_shows_all_keys_scrolls_and_closes() {
    let mut stage = stage(SMALL, Situation::Busy);
    stage.press("?");
    let screen = stage.screen();
    assert!(screen.contains("Keys of the page overview") && screen.contains("any key closes"));
    assert!(screen.contains("↓"), "there is more of it: {screen}");
    stage.press("End");
    assert!(stage.screen().contains("PgUp, PgDn"), "{}", stage.screen());
    stage.press("Home");
    mouse(&mut stage, MouseEventKind::ScrollDown, 5, 5);
    assert!(stage.screen().contains("↑↓"), "{}", stage.screen());
    stage.press("x");
    assert!(!stage.screen().contains("Keys of the page"));
    stage.press("?");
    click(&mut stage, 3, 3);
    assert!(stage.app.over.is_none());
    stage.press("?");
    stage.press("q");
    assert!(stage.app.take_wants().end, "q quits from anywhere");
}

#[test]
fn a_plan_is_done_where_the_operator_says_yes_and_nowhere_else() {
    let mut stage = stage(SMALL, Situation::Busy);
    stage.asked();
    stage.app.effect(plan(30), NOW);
    let screen = stage.screen();
    assert!(screen.contains("Cancel them?") && screen.contains("y Enter: do it"), "{screen}");
    stage.press("End");
    assert!(stage.screen().contains("job 30 ends"), "{}", stage.screen());
    stage.app.input(Input::Terminal(Event::Paste("yes\r".to_owned())), NOW);
    click(&mut stage, 5, 5);
    stage.press("x");
    assert!(stage.app.over.is_some());
    stage.press("n");
    assert_eq!(stage.asked(), []);
    assert!(stage.screen().contains("nothing was done"));
    stage.app.effect(plan(1), NOW);
    stage.press("y");
    assert_eq!(stage.asked(), [Ask::Act(Target::Job(7), Act::Cancel)]);
    // An act under way is not done again when the daemon comes back.
    stage.told(Told::Away(Fault::transient("gone", "wait")));
    status(&mut stage);
    assert!(!stage.asked().contains(&Ask::Act(Target::Job(7), Act::Cancel)));
}

#[test]
fn control_keys_work_over_everything() {
    let mut stage = stage(USUAL, Situation::Busy);
    for over in [None, Some("?")] {
        over.into_iter().for_each(|key| stage.press(key));
        stage.press("C-z");
        assert!(stage.app.take_wants().suspend);
        stage.press("C-l");
        assert!(stage.app.take_wants().redraw);
        stage.press("C-c");
        assert!(stage.app.take_wants().end);
    }
}

#[test]
fn what_is_told_goes_after_a_while() {
    let mut stage = stage(USUAL, Situation::Busy);
    stage.app.effect(Effect::Say("job 7 is cancelled".to_owned()), NOW);
    assert!(stage.screen().contains("job 7 is cancelled"));
    stage.now += NOTE_MS;
    stage.tick();
    let screen = stage.screen();
    assert!(!screen.contains("job 7 is") && screen.contains("Kinora 0.1.0"), "{screen}");
}

#[test]
fn windows_of_every_size_hold_what_is_drawn_in_them() {
    for situation in Situation::ALL {
        for (columns, rows) in
            [(0, 0), (1, 1), (7, 3), (30, 8), (39, 12), SMALL, (41, 13), (200, 50)]
        {
            let mut stage = stage((columns, rows), situation);
            for page in PageName::ALL {
                stage.press(&page.key().to_string());
                stage.press("?");
                stage.screen();
                stage.press("Esc");
                let screen = stage.screen();
                assert_eq!(screen.lines().count(), usize::from(rows));
                let small = columns < 40 || rows < 12;
                assert!(small || screen.contains("q quit"), "{columns}x{rows}: {screen}");
            }
        }
    }
    let mut small = stage((30, 8), Situation::Busy);
    assert!(small.screen().contains("please make it"), "{}", small.screen());
}

#[test]
fn in_ascii_nothing_else_is_drawn() {
    for situation in Situation::ALL {
        for page in PageName::ALL {
            let mut stage = Stage::in_situation(USUAL, page, situation, |_| None);
            stage.app.look.ascii = true;
            stage.app.ascii_names = true;
            for key in ["Esc", "?"] {
                stage.press(key);
                let screen = stage.screen();
                assert!(screen.is_ascii(), "{page:?} {situation:?}: {screen}");
            }
        }
    }
}
