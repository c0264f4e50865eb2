//! What this page asks, and what it is answered.

use crate::api::client::Client;
use crate::api::daemon::{JobDetail, JobStatus, JobsQuery};
use crate::api::execution::HeardView;
use crate::api::run::Fault;

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Ask {
    /// The job that runs, or the newest one, where nobody chose one.
    Pick,
    /// A job, with what happened.
    Detail {
        /// Its number.
        job: u64,
        /// An earlier execution; `None` for the latest one.
        execution: Option<u64>,
    },
    /// What is heard at the moment.
    Heard {
        /// The job's number.
        job: u64,
        /// Only what came after this line.
        after: u64,
    },
    /// The text of a file that was written.
    Text {
        /// The job's number.
        job: u64,
        /// The execution's.
        execution: u64,
        /// The place of the file among those that were written.
        number: usize,
        /// Its name.
        name: String,
    },
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Answer {
    /// See [`Ask::Pick`]; `None` where there was never a job.
    Picked(Option<u64>),
    /// See [`Ask::Detail`].
    Detail {
        /// Which execution was asked for.
        execution: Option<u64>,
        /// The job.
        detail: Box<JobDetail>,
    },
    /// See [`Ask::Heard`].
    Heard {
        /// The job's number.
        job: u64,
        /// The lines.
        heard: HeardView,
    },
    /// See [`Ask::Text`].
    Text {
        /// The file's name.
        name: String,
        /// What is in it.
        text: String,
    },
}

impl Ask {
    /// Asks the daemon and waits for its answer.
    ///
    /// # Errors
    /// As the daemon tells, or where it does not answer.
    pub(in crate::tui) fn of(&self, client: &Client) -> Result<Answer, Fault> {
        Ok(match self {
            Ask::Pick => Answer::Picked(pick(client)?),
            Ask::Detail { job, execution } => {
                let detail = Box::new(match execution {
                    Some(it) => client.execution(*job, *it)?,
                    None => client.job(*job)?,
                });
                Answer::Detail { execution: *execution, detail }
            }
            Ask::Heard { job, after } => {
                Answer::Heard { job: *job, heard: client.heard(*job, *after)? }
            }
            Ask::Text { job, execution, number, name } => {
                let text = client.written_text(*job, *number, *execution)?;
                Answer::Text { name: name.clone(), text }
            }
        })
    }
}

fn pick(client: &Client) -> Result<Option<u64>, Fault> {
    let first = |status: Option<JobStatus>| -> Result<Option<u64>, Fault> {
        let query = JobsQuery { status, before: None, limit: Some(1) };
        Ok(client.jobs(&query)?.jobs.first().map(|it| it.id))
    };
    Ok(match first(Some(JobStatus::Running))? {
        Some(job) => Some(job),
        None => first(None)?,
    })
}
