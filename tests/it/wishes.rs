//! Wishes for files that need not be there, and what steps that only pretend leave.

use crate::support::order::order;
use kinora::domain::change::{Change, Counter, StepDone};
use kinora::domain::execution::{Ending, Next, Step};
use kinora::domain::job::{Fingerprint, JobKey, Spec, Wish};
use kinora::domain::order::Summary;
use std::path::PathBuf;

/// A wish for one of 256 files, as one of 256 versions of it.
pub(crate) fn wish(file: u8, fingerprint: u8) -> Wish {
    let order = order("pretended");
    let path = PathBuf::from(format!("/films/{file}.mkv"));
    Wish {
        key: JobKey([file; 32]),
        fingerprint: Fingerprint([fingerprint; 32]),
        spec: Spec::Subtitle { path, order: Box::new(order) },
        priority: 0,
        again: false,
    }
}

/// What a step leaves, and then the next one follows. Each step counts in a byte of its own: a repeat shows.
pub(crate) fn done(step: Step) -> StepDone {
    let next = Step::ALL.into_iter().skip_while(|it| *it != step).nth(1);
    StepDone {
        next: next.map_or(Next::End(Ending::Written), Next::Step),
        body: vec![step as u8],
        notes: vec![format!("{} pretended", step.name())],
        summary: Summary::default(),
        changes: vec![Change::Count { counter: Counter::AudioMs, by: counts(step) }],
    }
}

/// What [`done`] adds to [`Counter::AudioMs`].
pub(crate) fn counts(step: Step) -> u64 {
    256u64.pow(step as u32)
}
