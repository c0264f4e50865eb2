//! What the page of models and engines asks, and is answered.

use crate::api::client::Client;
use crate::api::engines::{EngineView, EnginesView};
use crate::api::models::{ModelsView, PullRequest, PullView};
use crate::api::run::Fault;

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Ask {
    /// Which models there are.
    Models,
    /// How engines stand.
    Engines,
    /// Has the model of this name fetched.
    Pull(String),
    /// Has the engine of this name tested.
    Test(String),
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Answer {
    /// See [`Ask::Models`].
    Models(ModelsView),
    /// See [`Ask::Engines`].
    Engines(EnginesView),
    /// It is being fetched.
    Pulling(PullView),
    /// It is being tested.
    Testing(EngineView),
}

impl Ask {
    /// Asks the daemon and waits for its answer.
    ///
    /// # Errors
    /// As the daemon tells, or where it does not answer.
    pub(in crate::tui) fn of(&self, client: &Client) -> Result<Answer, Fault> {
        Ok(match self {
            Ask::Models => Answer::Models(client.models()?),
            Ask::Engines => Answer::Engines(client.engines()?),
            Ask::Pull(name) => {
                Answer::Pulling(client.pull_model(&PullRequest { name: name.clone() })?)
            }
            Ask::Test(name) => Answer::Testing(client.test_engine(name)?),
        })
    }
}
