//! What is asked of the daemon, and its answers: the questions of each page beside it, those of all pages here.

use super::view::{
    PageName, execution, failures, library, logs, models, overview, queue, settings,
};
use crate::api::client::Client;
use crate::api::daemon::{Act, ScanRequest, ScanView, Target};
use crate::api::run::{Explanation, Fault};
use std::path::PathBuf;

/// A question. Its answer comes to the page that asked; that to an act is also told to the operator.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ask {
    /// Of the overview.
    Overview(overview::Ask),
    /// Of the queue.
    Queue(queue::Ask),
    /// Of an execution's page.
    Execution(execution::Ask),
    /// Of the library.
    Library(library::Ask),
    /// Of the failures.
    Failures(failures::Ask),
    /// Of the logs.
    Logs(logs::Ask),
    /// Of models and engines.
    Models(models::Ask),
    /// Of the settings.
    Settings(settings::Ask),
    /// Does something with a job, a lane or everything.
    Act(Target, Act),
    /// Has libraries looked through.
    Scan(ScanRequest),
    /// What would be done with a file, and why.
    Explain(PathBuf),
}

/// An answer to a question of the same name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// See [`Ask::Overview`].
    Overview(overview::Answer),
    /// See [`Ask::Queue`].
    Queue(queue::Answer),
    /// See [`Ask::Execution`].
    Execution(execution::Answer),
    /// See [`Ask::Library`].
    Library(library::Answer),
    /// See [`Ask::Failures`].
    Failures(failures::Answer),
    /// See [`Ask::Logs`].
    Logs(logs::Answer),
    /// See [`Ask::Models`].
    Models(models::Answer),
    /// See [`Ask::Settings`].
    Settings(settings::Answer),
    /// It is done.
    Acted,
    /// See [`Ask::Scan`].
    Scanned(ScanView),
    /// See [`Ask::Explain`].
    Explained(Explanation),
}

impl Ask {
    /// The page that asks; `None` where all pages may.
    pub(super) fn page(&self) -> Option<PageName> {
        match self {
            Ask::Overview(_) => Some(PageName::Overview),
            Ask::Queue(_) => Some(PageName::Queue),
            Ask::Execution(_) => Some(PageName::Execution),
            Ask::Library(_) => Some(PageName::Library),
            Ask::Failures(_) => Some(PageName::Failures),
            Ask::Logs(_) => Some(PageName::Logs),
            Ask::Models(_) => Some(PageName::Models),
            Ask::Settings(_) => Some(PageName::Settings),
            Ask::Act(..) | Ask::Scan(_) | Ask::Explain(_) => None,
        }
    }

    /// Asks the daemon and waits for its answer.
    ///
    /// # Errors
    /// As the daemon tells, or where it does not answer.
    pub(super) fn of(&self, client: &Client) -> Result<Answer, Fault> {
        Ok(match self {
            Ask::Overview(ask) => Answer::Overview(ask.of(client)?),
            Ask::Queue(ask) => Answer::Queue(ask.of(client)?),
            Ask::Execution(ask) => Answer::Execution(ask.of(client)?),
            Ask::Library(ask) => Answer::Library(ask.of(client)?),
            Ask::Failures(ask) => Answer::Failures(ask.of(client)?),
            Ask::Logs(ask) => Answer::Logs(ask.of(client)?),
            Ask::Models(ask) => Answer::Models(ask.of(client)?),
            Ask::Settings(ask) => Answer::Settings(ask.of(client)?),
            Ask::Act(target, act) => {
                client.act(target, act)?;
                Answer::Acted
            }
            Ask::Scan(request) => Answer::Scanned(client.scan(request)?),
            Ask::Explain(path) => Answer::Explained(client.explain(path)?),
        })
    }
}
