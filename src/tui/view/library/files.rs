//! The files that were chosen, page by page: only those near the cursor are kept, however many there are.

use super::ask::Ask;
use crate::api::catalog::{ItemView, ItemsPage, ItemsQuery};
use crate::api::daemon::{JobStatus, JobView};
use crate::api::run::Lang;
use std::collections::BTreeMap;
use std::ops::Range;

/// Files that are asked for at once.
const PAGE_ROWS: usize = 200;
/// Pages that are kept.
const PAGES_KEPT_MAX: usize = 8;
/// Rows below the screen that are there before the cursor comes.
const ROWS_AHEAD: usize = 100;

/// Which files.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Choice {
    /// Of this library; of all where it is not said.
    pub(super) library: Option<String>,
    /// Which of them.
    pub(super) show: Show,
    /// With this in their path; empty for any.
    pub(super) search: String,
}

/// Which files of a library.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Show {
    /// All of them.
    #[default]
    All,
    /// Those without a subtitle in this language.
    Lacks(Lang),
    /// Those that wait for a person.
    Failed,
}

/// The files, as far as they were told.
#[derive(Debug, Default)]
pub(super) struct Files {
    choice: Choice,
    /// Grows with each new choice: late answers to an old one are known by it.
    number: u64,
    /// What each page is asked after.
    starts: Vec<Option<String>>,
    /// How many rows each page had; those behind were never told.
    lens: Vec<usize>,
    kept: BTreeMap<usize, Kept>,
    whole: bool,
    asking: bool,
    /// What is on its way is old when it comes.
    again: bool,
    /// Rows on the screen when it was last drawn.
    seen: Range<usize>,
}

#[derive(Debug)]
struct Kept {
    items: Vec<ItemView>,
    /// Something changed since it was told.
    old: bool,
}

impl Files {
    /// Which they are.
    pub(super) fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Others are chosen.
    pub(super) fn choose(&mut self, choice: Choice) {
        *self = Files { choice, number: self.number + 1, ..Files::default() };
    }

    /// Rows that are known.
    pub(super) fn len(&self) -> usize {
        self.lens.iter().sum()
    }

    /// There are no more rows than are known.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The file in a row; `None` where it is on its way.
    pub(super) fn get(&self, row: usize) -> Option<&ItemView> {
        let (page, place) = self.place(row)?;
        self.kept.get(&page)?.items.get(place)
    }

    fn place(&self, row: usize) -> Option<(usize, usize)> {
        let mut left = row;
        for (page, len) in self.lens.iter().enumerate() {
            if left < *len {
                return Some((page, left));
            }
            left -= len;
        }
        None
    }

    /// These rows are on the screen.
    pub(super) fn look_at(&mut self, rows: Range<usize>) {
        self.seen = rows;
    }

    /// What should be asked next, one question at a time.
    pub(super) fn need(&mut self) -> Option<Ask> {
        if self.asking {
            return None;
        }
        if self.starts.is_empty() {
            self.starts.push(None);
        }
        let seen = self.pages_seen();
        let missing = seen.clone().find(|it| !self.kept.contains_key(it));
        let is_short = !self.whole && self.len() < self.seen.end + ROWS_AHEAD;
        let further = is_short.then_some(self.lens.len());
        let old = seen.into_iter().find(|it| self.kept.get(it).is_some_and(|it| it.old));
        let page = missing.or(further).or(old)?;
        let after = self.starts.get(page)?.clone();
        self.asking = true;
        let Choice { library, show, search } = &self.choice;
        let (lacks, status) = match show {
            Show::All => (None, None),
            Show::Lacks(lang) => (Some(lang.clone()), None),
            Show::Failed => (None, Some(JobStatus::Parked)),
        };
        let q = (!search.is_empty()).then(|| search.clone());
        let (library, limit) = (library.clone(), Some(PAGE_ROWS));
        let query = ItemsQuery { library, lacks, q, status, after, limit };
        Some(Ask::Files { choice: self.number, page, query })
    }

    /// Pages with rows on the screen.
    fn pages_seen(&self) -> Range<usize> {
        let last = self.seen.end.min(self.len()).saturating_sub(1);
        let place = |row: usize| self.place(row).map(|it| it.0);
        match (place(self.seen.start), place(last)) {
            (Some(first), Some(last)) => first..last + 1,
            (Some(_) | None, None) | (None, Some(_)) => 0..0,
        }
    }

    /// A page was told.
    pub(super) fn take(&mut self, choice: u64, page: usize, told: ItemsPage) {
        if choice != self.number {
            return;
        }
        self.asking = false;
        if self.starts.len() <= page {
            return;
        }
        let len = told.items.len();
        match self.lens.get_mut(page) {
            Some(before) => *before = len,
            None => self.lens.push(len),
        }
        // Where another page follows than before, those behind it are told anew when somebody comes there.
        if self.starts.get(page + 1) != Some(&told.next) || told.next.is_none() {
            self.starts.truncate(page + 1);
            self.lens.truncate(page + 1);
            self.kept.split_off(&(page + 1));
            self.whole = told.next.is_none();
            if told.next.is_some() {
                self.starts.push(told.next);
            }
        }
        let old = std::mem::take(&mut self.again);
        self.kept.insert(page, Kept { items: told.items, old });
        self.forget_far(page);
    }

    /// Pages far from what is seen are not kept.
    fn forget_far(&mut self, told: usize) {
        let near = self.pages_seen().next().unwrap_or(told);
        while PAGES_KEPT_MAX < self.kept.len() {
            let far = self.kept.keys().copied().max_by_key(|it| it.abs_diff(near));
            let Some(far) = far else { return };
            self.kept.remove(&far);
        }
    }

    /// The question failed; it is asked again when that is wanted.
    pub(super) fn failed(&mut self, choice: u64) {
        if choice == self.number {
            self.asking = false;
        }
    }

    /// All that is kept is old.
    pub(super) fn grow_old(&mut self) {
        self.kept.values_mut().for_each(|it| it.old = true);
        self.again = self.asking;
    }

    /// The daemon is another one, or was away: what was asked before may never be answered.
    pub(super) fn begin_anew(&mut self) {
        self.grow_old();
        (self.asking, self.again) = (false, false);
        self.number += 1;
    }

    /// A job changed: its file stands there now.
    pub(super) fn changed(&mut self, job: &JobView) {
        for kept in self.kept.values_mut() {
            let of = |it: &&mut ItemView| {
                it.job == Some(job.id) || it.job.is_none() && it.path == job.path
            };
            if let Some(item) = kept.items.iter_mut().find(of) {
                item.job = Some(job.id);
                item.status = Some(job.status);
                // What it got is told by the daemon only.
                kept.old |= matches!(job.status, JobStatus::Done | JobStatus::Cancelled);
                return;
            }
        }
    }
}
