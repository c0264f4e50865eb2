//! Jobs and their files: whose file is gone is cancelled, and executed when the file is back; and what becomes of a
//! file that was wished before.

use crate::domain::execution::{Event, State};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId, Wish};
use crate::pipeline::subtitle::wish;
use crate::store::{ListQuery, RowStatus, Store};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why a job is cancelled whose file is gone; by this reason it is known when the file is back.
pub(super) const GONE: &str = "the file is gone";
/// Parked executions read at once.
const PARKED_PAGE: usize = 500;

/// What becomes of a file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing: it is wished already, done, or was given up.
    Leave,
    /// It is wished.
    Wish {
        /// Although it was executed before, as it is now.
        again: bool,
    },
}

/// How the file of a wish stands. What was cancelled or parked for want of the file is wished again.
///
/// # Errors
/// Where the store cannot be read.
pub(super) fn standing(store: &Store, wish: &Wish) -> Result<Standing, Fault> {
    let anew = Ok(Standing::Wish { again: wish.again });
    let Some(id) = store.job_by_key(&wish.key)? else { return anew };
    let Some(job) = store.job(id)?.filter(|it| it.fingerprint == wish.fingerprint) else {
        return anew;
    };
    let Some(latest) = store.execution(job.latest)? else { return anew };
    let again = match latest.execution.state {
        State::Ready { .. } | State::Running { .. } | State::Paused { .. } | State::Done { .. } => {
            false
        }
        State::Parked { fault, .. } => wish::was_not_there(&fault),
        State::Cancelled => was_gone(store, job.latest)?,
    };
    Ok(if again { Standing::Wish { again } } else { Standing::Leave })
}

fn was_gone(store: &Store, id: ExecutionId) -> Result<bool, Fault> {
    let last = store.events(id)?.pop();
    Ok(matches!(last, Some((_, Event::Cancelled { reason })) if reason == GONE))
}

/// There is nothing of this name, for sure: a disk that fails is no proof.
pub(super) fn is_gone(path: &Path) -> bool {
    let error = std::fs::symlink_metadata(path).err().map(|it| it.kind());
    matches!(error, Some(ErrorKind::NotFound | ErrorKind::NotADirectory))
}

/// The job of a file that is gone, where it still waits, works, or is parked.
///
/// # Errors
/// Where the store cannot be read.
pub(super) fn job_of(store: &Store, path: &Path) -> Result<Option<JobId>, Fault> {
    let Some(id) = store.job_by_key(&wish::key(path))? else { return Ok(None) };
    let Some(job) = store.job(id)? else { return Ok(None) };
    let latest = store.execution(job.latest)?;
    let ended = latest.is_none_or(|it| RowStatus::of(&it.execution.state).is_ended());
    Ok((!ended).then_some(id))
}

/// Jobs that wait, work or are parked, and whose files are gone from below a folder.
///
/// # Errors
/// Where the store cannot be read.
pub(super) fn jobs_below(store: &Store, folder: &Path) -> Result<Vec<(JobId, PathBuf)>, Fault> {
    let mut found = Vec::new();
    let mut keep = |id: JobId, execution: ExecutionId| -> Result<(), Fault> {
        let row = store.job(id)?.filter(|it| it.latest == execution);
        let path = row.as_ref().map(|it| it.spec.path());
        if let Some(path) = path.filter(|it| it.starts_with(folder) && is_gone(it)) {
            found.push((id, path.to_owned()));
        }
        Ok(())
    };
    for (execution, job, _) in store.active()? {
        keep(job, execution)?;
    }
    let mut before = None;
    loop {
        let status = Some(RowStatus::Parked);
        let page = store.list(&ListQuery { status, before, limit: PARKED_PAGE })?;
        let Some(last) = page.last() else { break };
        before = Some(last.0);
        for (execution, row) in page {
            keep(row.job, execution)?;
        }
    }
    Ok(found)
}
