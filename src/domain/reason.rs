//! Why something is decided: a tree of sentences.

use serde::{Deserialize, Serialize};

/// One reason, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reason {
    /// A sentence.
    pub text: String,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub because: Vec<Reason>,
}

impl Reason {
    /// One that rests on nothing else.
    pub fn leaf(text: impl Into<String>) -> Reason {
        Reason { text: text.into(), because: Vec::new() }
    }

    /// One that rests on others.
    pub fn of(text: impl Into<String>, because: Vec<Reason>) -> Reason {
        Reason { text: text.into(), because }
    }
}

/// The sentences of a tree as they are read, each with its depth; 0 is the top.
pub fn lines(reasons: &[Reason]) -> Vec<(usize, &str)> {
    fn walk<'a>(reasons: &'a [Reason], depth: usize, lines: &mut Vec<(usize, &'a str)>) {
        for reason in reasons {
            lines.push((depth, &reason.text));
            walk(&reason.because, depth + 1, lines);
        }
    }
    let mut lines = Vec::new();
    walk(reasons, 0, &mut lines);
    lines
}
