//! `kinora jobs`: what the service works on, shown and steered.

use super::args_service::{JobsCommand, Stoppable};
use super::{Exit, json, lacking, out, render_jobs};
use crate::api::client::Client;
use crate::api::daemon::{Act, JobStatus, JobView, JobsPage, JobsQuery, MoveTo, Target};
use crate::api::run::Fault;
use crate::app::client;
use crate::app::config::Config;
use jiff::tz::TimeZone;

/// Jobs that are asked for at once.
const PAGE_MAX: usize = 500;

/// Does what is asked about jobs.
pub(crate) fn jobs(config: &Config, command: JobsCommand) -> Result<Exit, Fault> {
    let client = client(config)?;
    let act = |target: &Target, act: Act| client.act(target, &act);
    match command {
        JobsCommand::List { status, limit, json } => list(&client, status, limit, json),
        JobsCommand::Add(asked) => lacking::add(&client, asked),
        JobsCommand::Show { id, log: true, .. } => {
            out::say(&render_jobs::log(&client.log(id)?))?;
            Ok(Exit::Good)
        }
        JobsCommand::Show { id, log: false, json } => {
            let detail = client.job(id)?;
            let text = match json {
                true => json::line(&detail),
                false => render_jobs::detail(&detail, &TimeZone::system()),
            };
            out::say(&text)?;
            Ok(Exit::Good)
        }
        JobsCommand::Retry { all: true, .. } => {
            act(&Target::All, Act::Retry)?;
            said("everything that was parked is tried again")
        }
        JobsCommand::Retry { ids, all: false } => each(&ids, "is tried again", Act::Retry, act),
        JobsCommand::Cancel { ids } => each(&ids, "is cancelled", Act::Cancel, act),
        JobsCommand::Pause(what) => stop(what, Act::Pause, "is paused", act),
        JobsCommand::Resume(what) => stop(what, Act::Resume, "goes on", act),
        JobsCommand::Move { id, to } => each(&[id], &moved(to), Act::Move { to }, act),
    }
}

fn list(client: &Client, status: Option<JobStatus>, limit: u32, json: bool) -> Result<Exit, Fault> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (jobs, more) = gather(status, limit, |query| client.jobs(query))?;
    let text = if json {
        jobs.iter().map(json::line).collect()
    } else {
        render_jobs::list(&jobs, status, more, &TimeZone::system(), out::columns_max())
    };
    out::say(&text)?;
    Ok(Exit::Good)
}

/// Page after page until there are enough; whether there are more.
fn gather(
    status: Option<JobStatus>,
    limit: usize,
    mut page: impl FnMut(&JobsQuery) -> Result<JobsPage, Fault>,
) -> Result<(Vec<JobView>, bool), Fault> {
    let mut jobs: Vec<JobView> = Vec::new();
    let mut before = None;
    loop {
        let wanted = limit.saturating_sub(jobs.len()).min(PAGE_MAX);
        let answer = page(&JobsQuery { status, before, limit: Some(wanted) })?;
        // A page that goes nowhere would be asked for again and again.
        let next = answer.next.filter(|it| before.is_none_or(|before| *it < before));
        jobs.extend(answer.jobs);
        before = next;
        if next.is_none() || jobs.len() >= limit {
            let more = next.is_some() || jobs.len() > limit;
            jobs.truncate(limit);
            return Ok((jobs, more));
        }
    }
}

fn stop(
    what: Stoppable,
    act: Act,
    words: &str,
    perform: impl Fn(&Target, Act) -> Result<(), Fault>,
) -> Result<Exit, Fault> {
    let Stoppable { ids, lane, all } = what;
    if all {
        perform(&Target::All, act)?;
        return said(&format!("everything {words}"));
    }
    match lane {
        Some(lane) => {
            perform(&Target::Lane(lane.clone()), act)?;
            said(&format!("lane {} {words}", render_jobs::plain(&lane)))
        }
        None => each(&ids, words, act, perform),
    }
}

/// Does the same with several jobs; one that cannot be done does not keep the others.
fn each(
    ids: &[u64],
    words: &str,
    act: Act,
    perform: impl Fn(&Target, Act) -> Result<(), Fault>,
) -> Result<Exit, Fault> {
    let mut exit = Exit::Good;
    let mut seen = Vec::new();
    for id in ids {
        if seen.contains(id) {
            continue;
        }
        seen.push(*id);
        match perform(&Target::Job(*id), act) {
            Ok(()) => out::say(&format!("job {id} {words}\n"))?,
            Err(fault) => {
                out::complain(&format!("job {id}: {fault}"));
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

fn moved(to: MoveTo) -> String {
    match to {
        MoveTo::Top => "is the first of its priority".to_owned(),
        MoveTo::Bottom => "is the last of its priority".to_owned(),
        MoveTo::Up => "goes one place sooner".to_owned(),
        MoveTo::Down => "goes one place later".to_owned(),
        MoveTo::Priority(priority) => format!("has priority {priority}"),
    }
}

fn said(sentence: &str) -> Result<Exit, Fault> {
    out::say(&format!("{sentence}\n"))?;
    Ok(Exit::Good)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render_jobs::tests::job;
    use std::cell::RefCell;

    /// A daemon with jobs of these executions, newest first.
    fn paged(count: u64) -> impl FnMut(&JobsQuery) -> Result<JobsPage, Fault> {
        move |query| {
            let newest = query.before.unwrap_or(count + 1) - 1;
            let limit = query.limit.expect("a limit") as u64;
            assert!((1..=PAGE_MAX as u64).contains(&limit), "{limit}");
            let ids = (1..=newest).rev().take(usize::try_from(limit).expect("small"));
            let jobs: Vec<_> = ids.map(|it| JobView { execution: it, ..job() }).collect();
            let next = jobs.last().map(|it| it.execution).filter(|it| *it > 1);
            Ok(JobsPage { jobs, next })
        }
    }

    #[test]
    fn pages_are_asked_for_until_there_are_enough() {
        for (there, limit, listed, more) in [
            (0, 50, 0, false),
            (3, 50, 3, false),
            (3, 3, 3, false),
            (4, 3, 3, true),
            (1200, 1100, 1100, true),
            (1200, 5000, 1200, false),
        ] {
            let (jobs, has_more) = gather(None, limit, paged(there)).expect("listed");
            assert_eq!((jobs.len(), has_more), (listed, more), "{there} {limit}");
            assert!(jobs.is_sorted_by(|a, b| a.execution > b.execution));
        }
        let stuck = |_: &JobsQuery| Ok(JobsPage { jobs: vec![job()], next: Some(9) });
        assert_eq!(
            gather(None, 50, stuck).expect("listed").0.len(),
            2,
            "it does not go on for ever"
        );
    }

    #[test]
    fn one_job_that_cannot_be_done_does_not_keep_the_others() {
        let done = RefCell::new(Vec::new());
        let perform = |target: &Target, _: Act| {
            done.borrow_mut().push(target.clone());
            match target {
                Target::Job(2) => Err(Fault::operator("there is no job 2", "look again")),
                Target::Job(_) | Target::Lane(_) | Target::All => Ok(()),
            }
        };
        assert_eq!(each(&[1, 2, 3, 1], "is paused", Act::Pause, perform), Ok(Exit::Failed));
        assert_eq!(*done.borrow(), [Target::Job(1), Target::Job(2), Target::Job(3)]);
        assert_eq!(each(&[1, 3], "is paused", Act::Pause, perform), Ok(Exit::Good));
        let lane = Stoppable { ids: vec![], lane: Some("gpu0".into()), all: false };
        assert_eq!(stop(lane, Act::Resume, "goes on", perform), Ok(Exit::Good));
        assert_eq!(done.borrow().last(), Some(&Target::Lane("gpu0".into())));
    }
}
