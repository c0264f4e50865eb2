//! One execution, looked at closely: steps, decisions, what is heard at the moment, the files it wrote.

use super::daemon::{Daemon, no_job};
use super::herald::run_of;
use super::records::Run;
use super::{steps, views};
use crate::api::daemon::{JobDetail, Refusal};
use crate::api::execution::{CloseUp, HeardLine, HeardQuery, HeardView, OfQuery, TEXT_BYTES_MAX};
use crate::base::clock;
use crate::base::disk;
use crate::base::text::{bytes, show_path};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId};
use crate::domain::time::Ms;
use crate::runtime::SlateLine;
use crate::store::ExecutionRow;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

impl CloseUp for Daemon {
    fn execution(&self, job: u64, execution: u64) -> Result<JobDetail, Refusal> {
        let (id, row) = self.one(job, Some(execution))?;
        self.detail(JobId(job), id, &row)
    }

    fn heard_lines(&self, job: u64, query: &HeardQuery) -> Result<HeardView, Refusal> {
        let row = self.store.job(JobId(job)).map_err(Refusal::Failed)?;
        let execution = row.ok_or_else(|| no_job(job))?.latest;
        let view = self.slates.after(execution, query.after.unwrap_or(0));
        let lines = view.lines.into_iter().map(line).collect();
        Ok(HeardView { execution: execution.0, last: view.last, lines })
    }

    fn written_text(&self, job: u64, number: usize, of: &OfQuery) -> Result<String, Refusal> {
        let (execution, _) = self.one(job, of.execution)?;
        let run = self.run(JobId(job), execution)?;
        let path = run.summary.written.get(number).ok_or_else(|| {
            let what = format!("job {job} wrote no file of number {number}");
            let remedy = "see `written` of the job; the first one is 0";
            Refusal::NotFound(Fault::operator(what, remedy))
        })?;
        // As it is recorded: the folder is canonical.
        let folder = fs::canonicalize(disk::folder_of(path)).map_err(|it| unreadable(path, &it))?;
        let path = &folder.join(path.file_name().unwrap_or_default());
        let text = text_of(path)?;
        let recorded = self.store.published(path).map_err(Refusal::Failed)?;
        let ours = *blake3::hash(text.as_bytes()).as_bytes();
        if recorded.is_none_or(|it| it.content_blake3 != ours) {
            let what = format!("{} is not as Kinora wrote it any more", show_path(path));
            let remedy = "somebody changed or replaced it; open it where it lies";
            return Err(Refusal::Conflict(Fault::operator(what, remedy)));
        }
        Ok(text)
    }
}

impl Daemon {
    /// A job as one of its executions stands.
    pub(super) fn detail(
        &self,
        id: JobId,
        execution: ExecutionId,
        row: &ExecutionRow,
    ) -> Result<JobDetail, Refusal> {
        let job = self.view_of(execution, row, &self.runtime.view())?;
        let run = self.run(id, execution)?;
        let mut earlier = self.store.executions_of(id).map_err(Refusal::Failed)?;
        earlier.retain(|it| it.0 < execution.0);
        earlier.sort_by_key(|it| std::cmp::Reverse(it.0));
        Ok(JobDetail {
            job,
            notices: run.summary.notices,
            written: run.summary.written.iter().map(|it| show_path(it)).collect(),
            language: run.summary.language.map(|it| it.tag().to_owned()),
            events: views::events(&run.events),
            earlier: earlier.into_iter().map(|it| it.0).collect(),
            steps: steps::steps(&run.events, &row.execution, clock::now_unix_ms()),
            decisions: steps::decisions(&run.notes),
        })
    }

    /// An execution of a job, the latest one where it is not said.
    fn one(&self, job: u64, wanted: Option<u64>) -> Result<(ExecutionId, ExecutionRow), Refusal> {
        let Some(wanted) = wanted else { return self.latest(job) };
        let row = self.store.execution(ExecutionId(wanted)).map_err(Refusal::Failed)?;
        let row = row.filter(|it| it.job == JobId(job)).ok_or_else(|| {
            let what = format!("job {job} has no execution {wanted}");
            Refusal::NotFound(Fault::operator(what, "see `earlier` of the job"))
        })?;
        Ok((ExecutionId(wanted), row))
    }

    fn run(&self, job: JobId, execution: ExecutionId) -> Result<Run, Refusal> {
        let run = run_of(&self.store, job, execution).map_err(Refusal::Failed)?;
        run.ok_or_else(|| no_job(job.0))
    }
}

fn line(line: SlateLine) -> HeardLine {
    let ms = |it: Ms| u64::try_from(it.0).unwrap_or(0);
    let (language, text) = line.original.unzip();
    let (translation_language, translation) = line.translation.unzip();
    HeardLine {
        number: line.number,
        line: line.line,
        start_ms: ms(line.span.start),
        end_ms: ms(line.span.end),
        text,
        language,
        translation,
        translation_language,
    }
}

/// What is in a file that Kinora may have written.
fn text_of(path: &Path) -> Result<String, Refusal> {
    let read = || {
        // Kinora writes no links; and a pipe that somebody put there would wait for a writer.
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = File::options().read(true).custom_flags(flags).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no plain file"));
        }
        let mut content = Vec::new();
        file.take(TEXT_BYTES_MAX + 1).read_to_end(&mut content).map(|_| content)
    };
    let content = read().map_err(|it| unreadable(path, &it))?;
    if TEXT_BYTES_MAX < content.len() as u64 {
        let what = format!("{} is larger than {}", show_path(path), bytes(TEXT_BYTES_MAX));
        return Err(Refusal::Conflict(Fault::operator(what, "open it where it lies")));
    }
    String::from_utf8(content).map_err(|_| unreadable(path, &io::Error::other("it is no UTF-8")))
}

fn unreadable(path: &Path, err: &io::Error) -> Refusal {
    let gone = err.kind() == io::ErrorKind::NotFound;
    let (what, remedy) = if gone {
        (format!("{} is not there any more", show_path(path)), "retry the job to write it again")
    } else {
        (format!("{} cannot be read ({err})", show_path(path)), "look at it where it lies")
    };
    Refusal::Conflict(Fault::operator(what, remedy))
}
