//! What the double of the daemon tells of rows, and what many jobs are told there.

use super::support::Desk;
use kinora::api::daemon::{JobStatus, Refusal, Target};
use kinora::api::rows::{
    ManyRequest, ManyView, RefusedJob, RowDue, RowKind, Rows, RowsPage, RowsQuery,
};
use kinora::domain::fault::Fault;

impl Rows for Desk {
    fn rows(&self, query: &RowsQuery) -> Result<RowsPage, Refusal> {
        self.judge()?;
        Ok(page(query))
    }

    fn act_on_many(&self, request: &ManyRequest) -> Result<ManyView, Refusal> {
        self.judge()?;
        let (done, refused): (Vec<u64>, Vec<u64>) = request.jobs.iter().partition(|it| **it < 100);
        let acts = done.iter().map(|it| (Target::Job(*it), request.act));
        self.acts.lock().unwrap().extend(acts);
        let fault = |it: u64| Fault::operator(format!("there is no job {it}"), "look again");
        let refused = refused.into_iter().map(|job| RefusedJob { job, fault: fault(job) });
        Ok(ManyView { done: done.len(), refused: refused.collect() })
    }
}

/// Two executions, one after the other; nothing before them.
pub(super) fn page(query: &RowsQuery) -> RowsPage {
    if query.before.is_some_and(|it| it < 12) {
        return RowsPage::default();
    }
    let kind = |status, step: Option<&str>, word: Option<&str>| RowKind {
        status,
        step: step.map(str::to_owned),
        word: word.map(str::to_owned),
    };
    RowsPage {
        executions: vec![13, 12],
        jobs: vec![2, 1],
        paths: vec!["/films/A \"B\" \u{5fcd}.mkv".to_owned(), "/films/Heat.mkv".to_owned()],
        stands: vec![0, 1],
        priorities: vec![0, -1],
        places: vec![-4, 12],
        tries: vec![2, 0],
        submitted: vec![1_767_323_045_000, 1_767_323_045_123],
        changed: vec![1_767_323_046_000, 1_767_323_046_123],
        changes: vec![5, 4],
        kinds: vec![
            kind(JobStatus::Waiting, Some("listen"), None),
            kind(JobStatus::Parked, Some("select"), Some("needs_person")),
        ],
        due: vec![RowDue { execution: 13, at: 1_767_323_105_000 }],
        next: query.limit.map(|_| 12),
    }
}
