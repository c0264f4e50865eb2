//! All executions as rows, and one act on many jobs.

use super::daemon::{Daemon, command, refusal};
use super::sentences::{ending_word, parked_word};
use super::uploads::shown;
use super::views;
use crate::api::daemon::{Refusal, Target};
use crate::api::rows::{
    JOBS_AT_ONCE_MAX, ManyRequest, ManyView, ROWS_MAX, RefusedJob, RowDue, RowKind, Rows, RowsPage,
    RowsQuery,
};
use crate::base::clock;
use crate::domain::execution::State;
use crate::domain::fault::Fault;
use crate::domain::job::ExecutionId;
use crate::runtime::CommandRefused;
use crate::store::ExecutionRow;
use std::collections::BTreeMap;

impl Rows for Daemon {
    fn rows(&self, query: &RowsQuery) -> Result<RowsPage, Refusal> {
        let limit = query.limit.unwrap_or(ROWS_MAX).clamp(1, ROWS_MAX);
        let now = clock::now_unix_ms();
        let (mut page, mut kinds) = (RowsPage::default(), BTreeMap::new());
        let before = query.before.map(ExecutionId);
        let read = self.store.list_with_jobs(before, limit, |id, row, job| {
            let places = kinds.len();
            let kind = *kinds.entry(kind(&row.execution.state, now)).or_insert(places);
            // There are some hundreds of them at most.
            page.stands.push(u16::try_from(kind).unwrap_or(u16::MAX));
            page.paths.push(shown(job.spec.path()));
            add(&mut page, id, &row, now);
        });
        read.map_err(Refusal::Failed)?;
        let mut kinds: Vec<(RowKind, usize)> = kinds.into_iter().collect();
        kinds.sort_by_key(|it| it.1);
        page.kinds = kinds.into_iter().map(|it| it.0).collect();
        page.next = page.executions.last().copied().filter(|_| page.executions.len() == limit);
        Ok(page)
    }

    fn act_on_many(&self, request: &ManyRequest) -> Result<ManyView, Refusal> {
        if JOBS_AT_ONCE_MAX < request.jobs.len() {
            let what = format!("more than {JOBS_AT_ONCE_MAX} jobs at once");
            return Err(Refusal::Invalid(Fault::operator(what, "ask for fewer, several times")));
        }
        let commands = request.jobs.iter().map(|it| command(&Target::Job(*it), &request.act));
        let commands = commands.collect::<Result<Vec<_>, Refusal>>()?;
        let answers = self.runtime.command_all(commands);
        let mut view = ManyView::default();
        for (job, answer) in request.jobs.iter().zip(answers) {
            match answer {
                Ok(()) => view.done += 1,
                Err(refused) => view.refused.push(RefusedJob { job: *job, fault: fault(refused) }),
            }
        }
        Ok(view)
    }
}

fn add(page: &mut RowsPage, id: ExecutionId, row: &ExecutionRow, now_unix_ms: u64) {
    let (_, tries) = views::at(&row.execution.state);
    page.executions.push(id.0);
    page.jobs.push(row.job.0);
    page.priorities.push(row.execution.rank.priority);
    page.places.push(row.execution.rank.place);
    page.tries.push(tries.failed.saturating_add(tries.crashed));
    page.submitted.push(row.submitted_unix_ms);
    page.changed.push(row.changed_unix_ms);
    page.changes.push(row.entries);
    if let State::Ready { due_unix_ms, .. } = row.execution.state
        && now_unix_ms < due_unix_ms
    {
        page.due.push(RowDue { execution: id.0, at: due_unix_ms });
    }
}

fn kind(state: &State, now_unix_ms: u64) -> RowKind {
    let word = match state {
        State::Parked { why, .. } => Some(parked_word(*why)),
        State::Done { ending } => Some(ending_word(*ending)),
        State::Ready { .. } | State::Running { .. } | State::Paused { .. } | State::Cancelled => {
            None
        }
    };
    RowKind {
        status: views::status(state, now_unix_ms),
        step: views::at(state).0.map(|it| it.name().to_owned()),
        word: word.map(str::to_owned),
    }
}

fn fault(refused: CommandRefused) -> Fault {
    match refusal(refused) {
        Refusal::NotFound(fault)
        | Refusal::Conflict(fault)
        | Refusal::Invalid(fault)
        | Refusal::Failed(fault) => fault,
    }
}
