//! Whether messages arrive with those who are to be told.

use serde::Serialize;

/// What came of a test message to each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotifyTests {
    /// In the order of the configuration; none where nobody is to be told.
    pub tests: Vec<NotifyTest>,
}

/// What came of a test message to one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotifyTest {
    /// Its name in the configuration.
    pub name: String,
    /// `ntfy` or `webhook`.
    pub kind: String,
    /// It took the message.
    pub sent: bool,
    /// Why it did not, and what to do.
    pub problem: Option<String>,
}
