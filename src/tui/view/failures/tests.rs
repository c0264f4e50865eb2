//! Keys in, screens and questions out.

use super::*;
use crate::api::daemon::{Act, JobStatus, JobsPage, Target};
use crate::api::rows::{ManyRequest, ManyView, RefusedJob};
use crate::tui::conn::Told;
use crate::tui::testing::{SIZES, Situation, Stage, snapshots};
use crate::tui::view::PageName;

type Answered = Option<Result<ask::Answer, Fault>>;

fn parked(situation: Situation, asked: &ask::Ask) -> Answered {
    let ask::Ask::Failures(Ask::Parked(before)) = asked else { return None };
    let before = before.unwrap_or(u64::MAX);
    let mut jobs = situation.parked();
    jobs.sort_by_key(|it| std::cmp::Reverse(it.execution));
    jobs.retain(|it| it.execution < before);
    jobs.truncate(asks::PAGE_JOBS);
    let next = (jobs.len() == asks::PAGE_JOBS).then(|| jobs[jobs.len() - 1].execution);
    Some(Ok(ask::Answer::Failures(Answer::Parked(JobsPage { jobs, next }))))
}

fn failing() -> Stage {
    let situation = Situation::Failing;
    Stage::in_situation(SIZES[0], PageName::Failures, situation, |it| parked(situation, it))
}

fn many(jobs: &[u64], act: Act) -> Vec<ask::Ask> {
    vec![ask::Ask::Failures(Ask::Many(ManyRequest { jobs: jobs.to_vec(), act }))]
}

#[test]
fn it_looks_like_this() {
    snapshots(PageName::Failures, parked);
}

#[test]
fn one_all_of_a_cause_and_all_that_are_marked_are_tried_again() {
    let mut stage = failing();
    // The first cause has two files, which stand below it: there are few.
    stage.press("r");
    let asked = stage.asked();
    let ask::Ask::Failures(Ask::Many(all)) = &asked[0] else { panic!("{asked:?}") };
    assert_eq!((all.act, all.jobs.len()), (Act::Retry, 2));
    let view = ManyView { done: 2, refused: Vec::new() };
    stage.answer(Ok(ask::Answer::Failures(Answer::Many(Act::Retry, view))));
    assert!(stage.screen().contains("2 jobs are tried again"), "{}", stage.screen());

    stage.press("Down");
    stage.press("r");
    let job = all.jobs[0];
    assert_eq!(stage.asked(), [ask::Ask::Act(Target::Job(job), Act::Retry)]);
    stage.answer(Ok(ask::Answer::Acted));
    assert!(stage.screen().contains(&format!("job {job} is tried again")), "{}", stage.screen());

    stage.press("a");
    stage.press("r");
    assert_eq!(stage.asked(), many(&[1, 2, 3, 4, 5, 6], Act::Retry));
    let fault = Fault::operator("a job that is running cannot be retried", "wait until it ends");
    let view = ManyView { done: 5, refused: vec![RefusedJob { job: 2, fault }] };
    stage.answer(Ok(ask::Answer::Failures(Answer::Many(Act::Retry, view))));
    let screen = stage.screen();
    assert!(screen.contains("5 jobs are tried again; job 2: a job that is running"), "{screen}");
}

#[test]
fn cancelling_shows_its_plan_first() {
    let mut stage = failing();
    stage.press("Space");
    stage.press("x");
    assert!(stage.asked().is_empty());
    let screen = stage.screen();
    assert!(screen.contains("Cancel 2 jobs?") && screen.contains("No file is deleted"), "{screen}");
    stage.press("n");
    assert!(stage.asked().is_empty());
    stage.press("x");
    stage.press("y");
    let asked = stage.asked();
    let ask::Ask::Failures(Ask::Many(all)) = &asked[0] else { panic!("{asked:?}") };
    assert_eq!((all.act, all.jobs.len()), (Act::Cancel, 2));
    stage.answer(Err(Fault::transient("Kinora is ending", "ask again")));
    stage.press("A");
    stage.press("x");
    stage.press("y");
    assert_eq!(stage.asked().len(), 1);
}

#[test]
fn what_is_pushed_comes_and_goes_and_a_file_is_opened() {
    let mut stage = failing();
    let before = stage.screen();
    assert!(before.contains("6 files wait for a person, for 3 causes"), "{before}");
    let mut job = Situation::Failing.parked().remove(0);
    (job.status, job.parked, job.fault, job.changes) = (JobStatus::Queued, None, None, 9);
    stage.told(Told::Pushed(PushedEvent::Job { job: Box::new(job.clone()) }));
    assert!(stage.screen().contains("5 files wait"), "{}", stage.screen());
    // Of two tellings the older one counts for nothing.
    job.changes = 10;
    (job.status, job.parked) = (JobStatus::Parked, Some("asr_fatal".to_owned()));
    job.fault = Some(Fault::operator("listening failed three times", "look at the sound"));
    stage.told(Told::Pushed(PushedEvent::Job { job: Box::new(job.clone()) }));
    job.changes = 4;
    job.parked = None;
    stage.told(Told::Pushed(PushedEvent::Job { job: Box::new(job) }));
    let screen = stage.screen();
    assert!(
        screen.contains("6 files wait") && screen.contains("listening failed three"),
        "{screen}"
    );

    stage.press("Home");
    stage.press("Down");
    stage.press("e");
    assert!(matches!(stage.asked()[..], [ask::Ask::Explain(_)]));
    stage.press("Home");
    stage.press("e");
    assert!(stage.screen().contains("choose a file"), "{}", stage.screen());
    // It closes and opens.
    let lines = |stage: &mut Stage| stage.screen().matches(".mkv").count();
    let open = lines(&mut stage);
    stage.press("Enter");
    assert!(lines(&mut stage) < open, "{}", stage.screen());
    stage.press("Right");
    assert_eq!(lines(&mut stage), open);
    stage.press("Down");
    stage.press("Enter");
    assert_eq!(stage.app.page, PageName::Execution);
}
