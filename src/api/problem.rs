//! A refusal as it goes over the wire: a problem document (RFC 9457).

use crate::domain::fault::{Fault, FaultKind};
use serde::{Deserialize, Serialize};

/// Its media type.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A problem document. `remedy` and `fault` are members of our own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// What kind of problem: always `about:blank`, so that `status` tells.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name of the status.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What happened.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// Who must act.
    pub fault: FaultKind,
}

impl Problem {
    /// A fault under a status and its name.
    pub fn new(status: u16, title: &str, fault: Fault) -> Problem {
        Problem {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status,
            detail: fault.what,
            remedy: fault.remedy,
            fault: fault.kind,
        }
    }

    /// The fault it tells of.
    pub fn into_fault(self) -> Fault {
        Fault { kind: self.fault, what: self.detail, remedy: self.remedy }
    }
}
