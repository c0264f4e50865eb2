//! What the logs' page asks, and is answered.

use crate::api::client::Client;
use crate::api::logs::{LOG_ROWS_MAX, LogsPage, LogsQuery};
use crate::api::run::Fault;
use crate::base::text::clip;

/// Lines of a job's own log that are kept: its last ones.
const JOB_LINES_MAX: usize = 5_000;
/// Characters of such a line.
const JOB_LINE_CHARS_MAX: usize = 2_000;

/// What it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Ask {
    /// The last lines of Kinora's own log.
    Last,
    /// Lines after this one.
    After(u64),
    /// Lines before this one.
    Before(u64),
    /// A job's own log.
    Job(u64),
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Answer {
    /// See [`Ask::Last`].
    Last(LogsPage),
    /// See [`Ask::After`].
    After(LogsPage),
    /// See [`Ask::Before`].
    Before(LogsPage),
    /// See [`Ask::Job`].
    Job {
        /// Which.
        job: u64,
        /// Its lines, oldest first.
        lines: Vec<String>,
    },
}

impl Ask {
    /// Asks the daemon and waits for its answer.
    ///
    /// # Errors
    /// As the daemon tells, or where it does not answer.
    pub(in crate::tui) fn of(&self, client: &Client) -> Result<Answer, Fault> {
        let query = LogsQuery { limit: Some(LOG_ROWS_MAX), ..LogsQuery::default() };
        Ok(match self {
            Ask::Last => Answer::Last(client.logs(&query)?),
            Ask::After(after) => {
                Answer::After(client.logs(&LogsQuery { after: Some(*after), ..query })?)
            }
            Ask::Before(before) => {
                Answer::Before(client.logs(&LogsQuery { before: Some(*before), ..query })?)
            }
            Ask::Job(job) => Answer::Job { job: *job, lines: lines(&client.log(*job)?) },
        })
    }
}

/// The last lines of a text, each cut where it is too long.
fn lines(text: &str) -> Vec<String> {
    let count = text.lines().count();
    let last = text.lines().skip(count.saturating_sub(JOB_LINES_MAX));
    last.map(|it| clip(it, JOB_LINE_CHARS_MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_log_the_last_lines_are_kept() {
        let text: String = (0..JOB_LINES_MAX + 3).map(|it| format!("line {it}\n")).collect();
        let lines = lines(&text);
        assert_eq!((lines.len(), lines[0].as_str()), (JOB_LINES_MAX, "line 3"));
        assert_eq!(super::lines(&"x".repeat(9_999))[0].chars().count(), JOB_LINE_CHARS_MAX);
    }
}
