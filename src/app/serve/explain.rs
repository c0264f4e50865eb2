//! What the service would do with a file of its libraries, and how its job stands.

use super::daemon::Daemon;
use super::sentences;
use crate::api::daemon::Refusal;
use crate::api::run::{ExplainVerdict, Explanation};
use crate::app::explain::{explain_file, failed, in_library, left_out};
use crate::base::clock;
use crate::domain::execution::State;
use crate::domain::fault::Fault;
use crate::domain::job::JobId;
use crate::domain::reason::Reason;
use crate::engines::child::Launcher;
use crate::engines::media::MediaEngine;
use crate::pipeline::subtitle::wish;
use crate::runtime::Book;
use std::path::Path;

impl Daemon {
    /// Explains a file.
    pub(super) fn explained(&self, path: &Path) -> Result<Explanation, Refusal> {
        let (root, path) = self.placed(path)?;
        if let Some(why) = root.places.why_left_out(&path) {
            return Ok(left_out(&path, &why));
        }
        let mut media =
            Launcher::own().and_then(|it| MediaEngine::start(&it)).map_err(Refusal::Failed)?;
        let writer = self.runtime.writer();
        let book = Book::through(&self.store, &writer);
        let (order, expiry) = (&root.order, self.live.config().serve.lock_expiry);
        let told = explain_file(&path, order, expiry, &mut media, &book, &book, &book);
        let mut told = told.unwrap_or_else(|fault| failed(&path, &fault));
        let library = self.config.libraries.iter().find(|it| it.name == root.name);
        told.reasons.splice(0..0, library.map(in_library));
        if let Some((verdict, reason)) = self.job_of(&path).map_err(Refusal::Failed)? {
            told.reasons.push(reason);
            told.verdict = verdict.unwrap_or(told.verdict);
        }
        Ok(told)
    }

    /// How the job of a file stands, and what follows from that.
    fn job_of(&self, path: &Path) -> Result<Option<(Option<ExplainVerdict>, Reason)>, Fault> {
        let Some(job) = self.store.job_by_key(&wish::key(path))? else { return Ok(None) };
        let Some(row) = self.store.job(job)? else { return Ok(None) };
        let Some(execution) = self.store.execution(row.latest)? else { return Ok(None) };
        Ok(Some(of_state(job, &execution.execution.state, clock::now_unix_ms())))
    }
}

fn of_state(job: JobId, state: &State, now_unix_ms: u64) -> (Option<ExplainVerdict>, Reason) {
    let number = job.0;
    match state {
        State::Ready { tries, due_unix_ms, .. } if now_unix_ms < *due_unix_ms => {
            let at = sentences::utc(*due_unix_ms);
            let told = format!(
                "job {number} failed, {} so far, and is tried again at {at}",
                times(tries.failed)
            );
            (Some(ExplainVerdict::Wait), Reason::leaf(told))
        }
        State::Ready { step, .. } => {
            (None, Reason::leaf(format!("job {number} waits for its turn to {}", step.name())))
        }
        State::Running { step, .. } => {
            (None, Reason::leaf(format!("job {number} is at it right now ({})", step.name())))
        }
        State::Paused { .. } => {
            let told =
                format!("job {number} is paused; `kinora jobs resume {number}` lets it go on");
            (Some(ExplainVerdict::Wait), Reason::leaf(told))
        }
        State::Parked { why, fault, .. } => {
            let because = vec![
                Reason::leaf(fault.to_string()),
                Reason::leaf(format!(
                    "scans leave it alone; `kinora jobs retry {number}` tries it again"
                )),
            ];
            let word = sentences::parked_word(*why);
            let told = format!("job {number} waits for a person ({word})");
            (Some(ExplainVerdict::Fail), Reason::of(told, because))
        }
        State::Done { ending } => {
            let told = format!("job {number} ended: {}", sentences::of_ending(*ending));
            (None, Reason::leaf(told))
        }
        State::Cancelled => {
            let told = format!(
                "job {number} was cancelled; `kinora jobs retry {number}` takes it up again"
            );
            (None, Reason::leaf(told))
        }
    }
}

fn times(count: u8) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
