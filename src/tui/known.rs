//! What is known of the daemon, by all pages: whether it answers, how it goes, how far running work is.

use crate::api::daemon::{PushedEvent, StatusView};
use crate::api::run::Fault;
use std::collections::HashMap;

/// Whether the daemon answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Link {
    /// Nobody asked yet, or the first answer is on its way.
    #[default]
    Asking,
    /// It answered.
    Here,
    /// It does not, since then.
    Away {
        /// Milliseconds since the Unix epoch.
        since_unix_ms: u64,
        /// Why, and what to do.
        fault: Fault,
    },
}

/// What is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Whether it answers.
    pub(super) link: Link,
    /// It answers, but does not tell: where it is [`Link::Away`], this is why.
    pub(super) refused: bool,
    /// Since when no changes are told while it is here, milliseconds since the Unix epoch, and why.
    pub(super) deaf: Option<(u64, Fault)>,
    /// When it last answered, milliseconds since the Unix epoch; how old is what is shown.
    pub(super) heard_unix_ms: u64,
    /// How it goes.
    pub(super) status: Option<StatusView>,
    /// How far running jobs are, from 0 to 1, as last pushed; `None` where they do not tell.
    pub(super) progress: HashMap<u64, Option<f32>>,
}

impl Known {
    /// It answers again, or still.
    pub(super) fn here(&mut self, now_unix_ms: u64) {
        self.link = Link::Here;
        self.refused = false;
        self.heard_unix_ms = now_unix_ms;
    }

    /// It does not answer.
    pub(super) fn away(&mut self, fault: Fault, now_unix_ms: u64) {
        let since_unix_ms = match &self.link {
            Link::Away { since_unix_ms, .. } => *since_unix_ms,
            Link::Asking | Link::Here => now_unix_ms,
        };
        self.link = Link::Away { since_unix_ms, fault };
    }

    /// Changes are not told, for this reason; or they are again.
    pub(super) fn deaf(&mut self, fault: Option<Fault>, now_unix_ms: u64) {
        let since = self.deaf.take().map_or(now_unix_ms, |it| it.0);
        self.deaf = fault.map(|it| (since, it));
    }

    /// How far a running job is, from 0 to 1, where that is known: as last pushed, or as the lanes tell.
    pub(super) fn share(&self, job: u64) -> Option<f32> {
        let pushed = self.progress.get(&job).copied();
        let workers = || self.status.iter().flat_map(|it| &it.lanes).flat_map(|it| &it.workers);
        let told = || workers().find(|it| it.job == Some(job)).and_then(|it| it.progress);
        pushed.unwrap_or_else(told)
    }

    /// Takes what was pushed.
    pub(super) fn pushed(&mut self, event: &PushedEvent) {
        match event {
            PushedEvent::Job { job } => drop(self.progress.remove(&job.id)),
            PushedEvent::Progress { job, progress, .. } => {
                self.progress.insert(*job, *progress);
            }
            PushedEvent::Reset => self.progress.clear(),
            PushedEvent::Activity { .. } | PushedEvent::Model(_) => {}
        }
    }
}
