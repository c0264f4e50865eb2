//! The client, continued: one execution, looked at closely.

use super::Client;
use crate::api::daemon::JobDetail;
use crate::api::execution::HeardView;
use crate::domain::fault::Fault;

impl Client {
    /// A job with what happened in one of its executions.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is none.
    pub fn execution(&self, job: u64, execution: u64) -> Result<JobDetail, Fault> {
        let (job, execution) = (job.to_string(), execution.to_string());
        self.get(&["api", "v1", "jobs", &job, "executions", &execution])
    }

    /// What a job's latest execution heard and translated lately, after the line of that number.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is no such job.
    pub fn heard(&self, job: u64, after: u64) -> Result<HeardView, Fault> {
        let mut url = self.url(&["api", "v1", "jobs", &job.to_string(), "heard"])?;
        url.query_pairs_mut().append_pair("after", &after.to_string());
        self.read(self.http.get(url))
    }

    /// The text of the `number`th file that an execution of a job wrote, from 0.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where it is gone, somebody else changed it, or it is too large.
    pub fn written_text(&self, job: u64, number: usize, execution: u64) -> Result<String, Fault> {
        let (job, number) = (job.to_string(), number.to_string());
        let mut url = self.url(&["api", "v1", "jobs", &job, "subtitles", &number])?;
        url.query_pairs_mut().append_pair("execution", &execution.to_string());
        let bytes = self.answer(self.http.get(url))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
