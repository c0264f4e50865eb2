//! What is done with what waits: one file, all of a cause, or all that are marked.

use super::asks::Ask;
use super::causes::Parked;
use super::{Failures, Key, Line};
use crate::api::daemon::{Act, ScanRequest, Target};
use crate::api::rows::{JOBS_AT_ONCE_MAX, ManyRequest, ManyView};
use crate::api::run::Fault;
use crate::base::text::counted;
use crate::tui::ask;
use crate::tui::view::{Deed, Effect, Plan, Scene};
use std::path::PathBuf;

/// Files that a plan names; the rest is counted.
const NAMED_MAX: usize = 8;

impl Failures {
    pub(super) fn act(&mut self, key: Key, _scene: &Scene<'_>) -> Vec<Effect> {
        let quiet = |ask| vec![Effect::Do(Deed { ask, done: String::new() })];
        match key {
            Key::Retry => self.deeds(Act::Retry).into_iter().map(Effect::Do).collect(),
            Key::Cancel => self.cancel(),
            Key::Scan => quiet(ask::Ask::Scan(ScanRequest::default())),
            Key::Open => self.at_file(|it| vec![Effect::Open(it.job)]),
            Key::Log => self.at_file(|it| vec![Effect::LogOf(it.job)]),
            Key::Explain => self.at_file(|it| quiet(ask::Ask::Explain(PathBuf::from(&it.path)))),
            Key::Mark | Key::MarkAll | Key::UnmarkAll | Key::Unfold | Key::Fold => Vec::new(),
        }
    }

    fn at_file(&self, effect: impl Fn(&Parked) -> Vec<Effect>) -> Vec<Effect> {
        match self.line() {
            Some(Line::File(at, file)) => effect(&self.groups[at].files[file]),
            // Where there is only one, it is meant.
            Some(Line::Cause(at)) => match &self.groups[at].files[..] {
                [only] => effect(only),
                _ => {
                    let remedy = "open the cause with Enter, and choose a file";
                    vec![Effect::Complain(Fault::operator("this is of one file", remedy))]
                }
            },
            None => Vec::new(),
        }
    }

    fn meant(&self) -> Vec<u64> {
        if self.marked.is_empty() {
            self.under_cursor()
        } else {
            self.marked.iter().copied().collect()
        }
    }

    fn deeds(&self, act: Act) -> Vec<Deed> {
        let jobs = self.meant();
        if let [job] = jobs[..] {
            let done = match act {
                Act::Cancel => format!("job {job} is cancelled"),
                Act::Retry | Act::Pause | Act::Resume | Act::Move { .. } => {
                    format!("job {job} is tried again")
                }
            };
            return vec![Deed { ask: ask::Ask::Act(Target::Job(job), act), done }];
        }
        let many = jobs.chunks(JOBS_AT_ONCE_MAX).map(|some| {
            let request = ManyRequest { jobs: some.to_vec(), act };
            Deed { ask: ask::Ask::Failures(Ask::Many(request)), done: String::new() }
        });
        many.collect()
    }

    fn cancel(&self) -> Vec<Effect> {
        let jobs = self.meant();
        if jobs.is_empty() {
            return Vec::new();
        }
        let files = self.groups.iter().flat_map(|it| &it.files);
        let named = files.filter(|it| jobs.contains(&it.job)).take(NAMED_MAX);
        let mut lines: Vec<String> = named.map(|it| format!("  {}", it.path)).collect();
        if NAMED_MAX < jobs.len() {
            lines.push(format!("  and {} more", jobs.len() - NAMED_MAX));
        }
        lines.push(String::new());
        lines.push(
            "They wait for nobody any more. No file is deleted, and they can be tried again"
                .to_owned(),
        );
        lines.push("from the page Queue.".to_owned());
        let title = format!("Cancel {}?", counted(jobs.len() as u64, "job", "jobs"));
        vec![Effect::Confirm(Plan { title, lines, deeds: self.deeds(Act::Cancel) })]
    }

    pub(super) fn many_done(&mut self, act: Act, view: ManyView) -> Vec<Effect> {
        self.marked.clear();
        let count = counted(view.done as u64, "job is", "jobs are");
        let told = match act {
            Act::Cancel => format!("{count} cancelled"),
            Act::Retry | Act::Pause | Act::Resume | Act::Move { .. } => {
                format!("{count} tried again")
            }
        };
        vec![match view.refused.first() {
            None => Effect::Say(told),
            Some(first) => {
                let others = match view.refused.len() - 1 {
                    0 => String::new(),
                    others => format!(" (and {others} more)"),
                };
                let what = format!("{told}; job {}{others}: {}", first.job, first.fault.what);
                Effect::Complain(Fault { what, ..first.fault.clone() })
            }
        }]
    }
}
