//! The page in every situation, and what its keys do.

use super::super::PageName;
use super::{Answer, Ask};
use crate::api::daemon::{
    Act, ActivityView, JobDetail, JobEventView, JobStatus, JobView, MoveTo, PushedEvent, Target,
    WorkStage,
};
use crate::api::execution::{DecisionView, HeardLine, HeardView, StepStatus, StepView};
use crate::api::run::Fault;
use crate::tui::ask::{Answer as AnyAnswer, Ask as AnyAsk};
use crate::tui::conn::Told;
use crate::tui::screen::Input;
use crate::tui::testing::{Situation, Stage, snapshots};
use ratatui::crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

const NARROW: (u16, u16) = (80, 24);

fn step(name: &str, status: StepStatus, began: &str, took_ms: u64) -> StepView {
    let at = |it: &str| (!it.is_empty()).then(|| format!("2026-11-22T{it}Z"));
    let lane = match name {
        "select" => "ffmpeg",
        "listen" | "detect" => "gpu0",
        "translate" => "net",
        _ => "disk",
    };
    let begun = !began.is_empty();
    StepView {
        name: name.to_owned(),
        status,
        began: at(began),
        taken: at(began),
        ended: None,
        lane: begun.then(|| lane.to_owned()),
        took_ms,
        tries: u32::from(begun),
        fault: None,
    }
}

fn steps(job: &JobView) -> Vec<StepView> {
    let mut steps = vec![
        step("select", StepStatus::Done, "11:54:33", 3_200),
        step("detect", StepStatus::Done, "11:54:36", 11_000),
    ];
    steps.push(match job.status {
        JobStatus::Running => StepView {
            tries: 2,
            fault: Some(Fault::transient("the disk of the video is away", "it is tried again")),
            ..step("listen", StepStatus::Running, "11:54:48", 312_000)
        },
        JobStatus::Parked => StepView {
            tries: 3,
            fault: job.fault.clone(),
            ..step("listen", StepStatus::Failed, "11:54:48", 95_000)
        },
        JobStatus::Queued
        | JobStatus::Waiting
        | JobStatus::Paused
        | JobStatus::Done
        | JobStatus::Cancelled => step("listen", StepStatus::Done, "11:54:48", 512_000),
    });
    if job.status == JobStatus::Done {
        steps.extend([
            step("translate", StepStatus::Done, "11:56:00", 64_000),
            step("cue", StepStatus::Done, "11:57:04", 310),
            step("publish", StepStatus::Done, "11:57:05", 42),
        ]);
    }
    steps
}

fn decision(step: &str, text: &str) -> DecisionView {
    DecisionView { step: step.to_owned(), text: text.to_owned() }
}

fn event(at: &str, text: &str) -> JobEventView {
    JobEventView { at: format!("2026-11-22T{at}Z"), text: text.to_owned() }
}

fn detail(job: JobView) -> JobDetail {
    let failed = job
        .fault
        .clone()
        .map(|it| event("11:59:58", &format!("failed: {it}; it waits for a person")));
    let mut events = vec![
        event("11:54:33", "a worker of lane ffmpeg took it"),
        event("11:54:36", "done; detect is next"),
        event("11:54:36", "a worker of lane gpu0 took it"),
        event("11:54:47", "done; listen is next"),
        event("11:54:48", "a worker of lane gpu0 took it"),
    ];
    events.extend(failed);
    let done = job.status == JobStatus::Done;
    let stem = job.path.trim_end_matches(".mkv").to_owned();
    JobDetail {
        steps: steps(&job),
        notices: vec!["the audio is 0.4 s longer than the video".to_owned()],
        written: if done {
            ["eng", "zh-Hans"].map(|it| format!("{stem}.{it}.srt")).to_vec()
        } else {
            vec![]
        },
        language: Some("ja".to_owned()),
        events,
        earlier: vec![],
        decisions: vec![
            decision(
                "select",
                "audio track 2 (Japanese, 6 channels) is taken: it is marked as the original; track 3 is a commentary",
            ),
            decision(
                "select",
                "the English subtitle in the file does not count: it holds only what must be read (forced)",
            ),
            decision("detect", "Japanese, by 14 of 15 samples; one heard no speech"),
        ],
        job,
    }
}

fn line(number: u64, start_ms: u64, text: &str, translation: &str) -> HeardLine {
    let some = |it: &str| (!it.is_empty()).then(|| it.to_owned());
    HeardLine {
        number,
        line: number,
        start_ms,
        end_ms: start_ms + 1500,
        text: some(text),
        language: some("ja"),
        translation: some(translation),
        translation_language: some(translation).map(|_| "en".to_owned()),
    }
}

fn heard(execution: u64) -> HeardView {
    let lines = vec![
        line(1, 1_390_000, "ここで働かせてください。", "Please let me work here."),
        line(2, 1_394_200, "なんだって?", "What did you say?"),
        line(
            3,
            1_396_000,
            "お前みたいなひ弱な子に何ができるのさ。ここは人間の来るところじゃないんだよ。",
            "What could a weakling like you possibly do? This is no place for humans; it is a bathhouse where eight \
             million gods come to rest.",
        ),
        line(4, 1_404_700, "私、ここで働きたいんです!", "I want to work here!"),
    ];
    HeardView { execution, last: 4, lines }
}

/// What the daemon says in a situation.
fn told(situation: Situation, ask: &AnyAsk) -> Option<Result<AnyAnswer, Fault>> {
    let AnyAsk::Execution(ask) = ask else { return None };
    let jobs = situation.jobs();
    Some(Ok(AnyAnswer::Execution(match ask {
        Ask::Pick => Answer::Picked(jobs.first().map(|it| it.id)),
        Ask::Detail { job, execution } => {
            let found = jobs.into_iter().find(|it| it.id == *job)?;
            let mut detail = detail(found);
            if situation == Situation::Many {
                detail.events = (0..5000)
                    .map(|it| event("11:54:33", &format!("moved to priority 0, place {it}")))
                    .collect();
                detail.decisions = (0..5000)
                    .map(|it| {
                        decision(
                            "translate",
                            &format!("de at {it}: not translated: it stayed empty"),
                        )
                    })
                    .collect();
            }
            Answer::Detail { execution: *execution, detail: Box::new(detail) }
        }
        Ask::Heard { job, .. } => Answer::Heard { job: *job, heard: heard(*job) },
        Ask::Text { name, .. } => Answer::Text { name: name.clone(), text: "1\n".to_owned() },
    })))
}

fn open(size: (u16, u16), situation: Situation) -> Stage {
    Stage::in_situation(size, PageName::Execution, situation, |ask| told(situation, ask))
}

/// The busy situation with this job in the place of the first.
fn with(change: impl Fn(&mut JobDetail)) -> Stage {
    Stage::in_situation(NARROW, PageName::Execution, Situation::Busy, |ask| {
        let mut answer = told(Situation::Busy, ask);
        if let Some(Ok(AnyAnswer::Execution(Answer::Detail { detail, .. }))) = &mut answer {
            change(detail);
        }
        answer
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is left open")]
fn asks(stage: &mut Stage) -> Vec<Ask> {
    let of_page = |it| match it {
        AnyAsk::Execution(ask) => Some(ask),
        _ => None,
    };
    stage.asked().into_iter().filter_map(of_page).collect()
}

#[test]
fn every_situation() {
    snapshots(PageName::Execution, told);
}

#[test]
fn sections_are_looked_at_one_by_one_and_all_on_the_smallest_screen() {
    for size in [NARROW, (40, 12)] {
        let mut stage = open(size, Situation::Busy);
        for name in ["steps", "decisions", "heard", "log", "files"] {
            insta::assert_snapshot!(
                format!("execution_{name}_{}x{}", size.0, size.1),
                stage.screen()
            );
            stage.press("Right");
        }
        assert!(stage.screen().contains("[Steps]"), "round and round");
        stage.press("Left");
        assert!(stage.screen().contains("[Files]"));
    }
}

#[test]
fn keys_act_on_the_job() {
    let act = |it| (Target::Job(1), it);
    let to = |to| Act::Move { to };
    for (key, (target, act), told) in [
        ("r", act(Act::Retry), "job 1 is tried again"),
        ("p", act(Act::Pause), "job 1 is paused; p lets it go on"),
        ("t", act(to(MoveTo::Top)), "job 1 is at the front"),
        ("b", act(to(MoveTo::Bottom)), "job 1 is at the back"),
        ("P", (Target::All, Act::Pause), "everything is paused; P lets it go on"),
    ] {
        let mut stage = open(NARROW, Situation::Busy);
        stage.asked();
        stage.press(key);
        assert_eq!(stage.asked(), [AnyAsk::Act(target, act)], "{key}");
        stage.answer(Ok(AnyAnswer::Acted));
        assert!(stage.screen().contains(told), "{key}: {}", stage.screen());
    }
    let mut stage = with(|it| it.job.status = JobStatus::Paused);
    stage.asked();
    stage.press("p");
    assert_eq!(stage.asked(), [AnyAsk::Act(Target::Job(1), Act::Resume)]);
    stage.answer(Err(Fault::operator("job 1 is not paused", "look at it again")));
    assert!(stage.screen().contains("job 1 is not paused; look at it again"), "{}", stage.screen());
}

#[test]
fn cancelling_shows_its_plan_first() {
    let mut stage = open(NARROW, Situation::Busy);
    stage.asked();
    stage.press("x");
    assert_eq!(stage.asked(), []);
    insta::assert_snapshot!("execution_cancel_plan", stage.screen());
    stage.press("n");
    assert_eq!(stage.asked(), []);
    stage.press("x");
    stage.press("y");
    assert_eq!(stage.asked(), [AnyAsk::Act(Target::Job(1), Act::Cancel)]);
    stage.answer(Ok(AnyAnswer::Acted));
    assert!(stage.screen().contains("job 1 is cancelled"), "{}", stage.screen());

    let mut stage = with(|it| it.job.status = JobStatus::Done);
    stage.press("x");
    assert!(stage.screen().contains("there is nothing to cancel"), "{}", stage.screen());
}

#[test]
fn the_finished_subtitle_is_opened_in_the_pager() {
    let mut stage = open(NARROW, Situation::Busy);
    stage.asked();
    stage.press("v");
    assert!(stage.screen().contains("it wrote no subtitle so far"), "{}", stage.screen());

    let text = |number: usize, name: &str| Ask::Text {
        job: 1,
        execution: 1,
        number,
        name: name.to_owned(),
    };
    let mut stage = with(|it| it.written = vec!["/films/M.eng.srt".to_owned()]);
    stage.asked();
    stage.press("v");
    assert_eq!(asks(&mut stage), [text(0, "M.eng.srt")]);
    let answer = Answer::Text { name: "M.eng.srt".to_owned(), text: "1\n".to_owned() };
    stage.answer(Ok(AnyAnswer::Execution(answer)));
    assert_eq!(stage.app.take_page(), Some(("M.eng.srt".to_owned(), "1\n".to_owned())));

    let mut stage =
        with(|it| it.written = ["a", "b", "c"].map(|it| format!("/films/{it}.srt")).to_vec());
    stage.asked();
    stage.press("v");
    insta::assert_snapshot!("execution_choose_file", stage.screen());
    stage.press("Esc");
    stage.press("v");
    stage.press("Down");
    stage.press("Enter");
    assert_eq!(asks(&mut stage), [text(1, "b.srt")]);
    let what = "/films/b.srt is not as Kinora wrote it any more";
    stage.answer(Err(Fault::operator(what, "open it where it lies")));
    assert!(stage.screen().contains(what), "{}", stage.screen());
    assert_eq!(stage.app.take_page(), None);
}

#[test]
fn the_file_is_explained_and_the_log_is_shown() {
    let mut stage = open(NARROW, Situation::Busy);
    stage.asked();
    stage.press("e");
    let path = Situation::Busy.paths()[0];
    assert_eq!(stage.asked(), [AnyAsk::Explain(path.into())]);
    stage.press("l");
    assert_eq!(stage.app.page, PageName::Logs);
}

#[test]
fn earlier_executions_are_looked_at() {
    let mut stage = with(|it| it.earlier = vec![]);
    stage.press(",");
    assert!(stage.screen().contains("no earlier execution"), "{}", stage.screen());

    let mut stage = with(|it| (it.job.execution, it.earlier) = (9, vec![4, 2]));
    assert!(stage.screen().contains("execution 3 of 3"), "{}", stage.screen());
    stage.asked();
    stage.press(",");
    assert_eq!(asks(&mut stage), [Ask::Detail { job: 1, execution: Some(4) }]);
    let mut earlier = detail(Situation::Busy.jobs().remove(0));
    (earlier.job.execution, earlier.job.status) = (4, JobStatus::Cancelled);
    let answer = Answer::Detail { execution: Some(4), detail: Box::new(earlier) };
    stage.answer(Ok(AnyAnswer::Execution(answer)));
    assert!(stage.screen().contains("execution 2 of 3"), "{}", stage.screen());
    stage.tick();
    assert_eq!(asks(&mut stage), [], "nothing of it is heard");
    stage.press(".");
    assert_eq!(asks(&mut stage), [Ask::Detail { job: 1, execution: None }]);
    stage.press(".");
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is left open")]
fn it_follows_what_is_pushed_and_asks_for_lines_only_while_they_come() {
    let mut stage = open(NARROW, Situation::Busy);
    stage.asked();
    stage.tick();
    assert_eq!(asks(&mut stage), [Ask::Heard { job: 1, after: 4 }]);
    stage.tick();
    assert_eq!(asks(&mut stage), [], "the question is open");
    let new =
        HeardView { execution: 1, last: 5, lines: vec![line(5, 1_409_000, "はい。", "Yes.")] };
    stage.answer(Ok(AnyAnswer::Execution(Answer::Heard { job: 1, heard: new })));
    assert!(stage.screen().contains("はい。"), "{}", stage.screen());

    let progress = PushedEvent::Progress { job: 1, stage: WorkStage::Asr, progress: Some(0.5) };
    stage.told(Told::Pushed(progress));
    assert!(stage.screen().contains("50 %"), "{}", stage.screen());
    // How long it takes still is what the daemon says, as on every page.
    let mut status = Situation::Busy.status();
    status.lanes[0].workers[0].left_ms = Some(312_000);
    stage.told(Told::Status(Box::new(status)));
    assert!(stage.screen().contains("50 %  5 min left"), "{}", stage.screen());

    let slow = ActivityView {
        at: "2026-11-22T12:00:00Z".to_owned(),
        name: "slow".to_owned(),
        job: Some(1),
        path: None,
        text: "it makes no progress".to_owned(),
    };
    let other = ActivityView { job: Some(2), text: "of another job".to_owned(), ..slow.clone() };
    for activity in [slow, other] {
        stage.told(Told::Pushed(PushedEvent::Activity { activity }));
    }
    stage.press("Left");
    stage.press("Left");
    let log = stage.screen();
    assert!(log.contains("it makes no progress") && !log.contains("of another job"), "{log}");

    // It ends: the page reads it once more, and asks for no more lines.
    stage.tick();
    assert_eq!(asks(&mut stage), [], "no lines are on the screen");
    stage.press("Left");
    let mut job = Situation::Busy.jobs().remove(0);
    (job.status, job.ending, job.step) = (JobStatus::Done, Some("written".to_owned()), None);
    stage.told(Told::Pushed(PushedEvent::Job { job: Box::new(job.clone()) }));
    assert_eq!(asks(&mut stage), []);
    stage.screen();
    stage.tick();
    let asked = asks(&mut stage);
    assert!(asked.contains(&Ask::Detail { job: 1, execution: None }), "{asked:?}");
    for ask in asked {
        let answer = match ask {
            Ask::Detail { .. } => {
                Answer::Detail { execution: None, detail: Box::new(detail(job.clone())) }
            }
            _ => Answer::Heard { job: 1, heard: heard(1) },
        };
        stage.answer(Ok(AnyAnswer::Execution(answer)));
    }
    assert!(stage.screen().contains("done: subtitles were written"), "{}", stage.screen());
    stage.tick();
    assert_eq!(asks(&mut stage), []);
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is left open")]
fn a_job_that_is_gone_is_told() {
    let fault = Fault::operator("there is no job 1", "see `kinora jobs list`");
    let mut stage =
        Stage::in_situation(NARROW, PageName::Execution, Situation::Busy, |ask| match ask {
            AnyAsk::Execution(Ask::Pick) => told(Situation::Busy, ask),
            _ => Some(Err(fault.clone())),
        });
    let screen = stage.screen();
    assert!(
        screen.contains("there is no job 1") && screen.contains("kinora jobs list"),
        "{screen}"
    );
    stage.press("r");
    assert!(stage.screen().contains("no execution is shown"), "{}", stage.screen());
}

#[test]
fn the_mouse_chooses_a_section_and_scrolls_it() {
    let mut stage = open(NARROW, Situation::Many);
    let screen = stage.screen();
    let (row, line) = screen.lines().enumerate().find(|it| it.1.contains("[Steps]")).unwrap();
    let column = line.find("Log").unwrap();
    let mouse = |stage: &mut Stage, kind| {
        let (column, row) = (u16::try_from(column).unwrap(), u16::try_from(row).unwrap());
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        stage.app.input(Input::Terminal(Event::Mouse(event)), stage.now);
    };
    mouse(&mut stage, MouseEventKind::Down(MouseButton::Left));
    let log = stage.screen();
    assert!(log.contains("[Log]") && log.contains("983-1000 of 1000"), "{log}");
    mouse(&mut stage, MouseEventKind::ScrollUp);
    let back = stage.screen();
    assert!(back.contains("980-997 of 1000"), "{back}");
    stage.press("End");
    assert!(stage.screen().contains("place 4999"), "{}", stage.screen());
}
