//! How rows come: page by page, the first one small so that it is there at once; then by what is pushed.

use super::order::{Arranging, Order, TOUCHED_MAX, Wanted};
use super::table::{Table, Told};
use crate::api::daemon::JobView;
use crate::api::rows::{ROWS_MAX, RowDue, RowsPage, RowsQuery};
use crate::api::run::Fault;
use std::collections::HashMap;

/// Rows of the first page.
const FIRST: usize = 500;
/// What was pushed of executions whose page is not here yet.
const EARLY_MAX: usize = 1_024;

/// The rows, what is shown of them, and what is still to come.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) table: Table,
    pub(super) order: Order,
    pub(super) arranging: Option<Arranging>,
    /// A page is asked for.
    asked: bool,
    /// The newest execution that was known when it began.
    newest: u64,
    /// Where it goes on.
    next: Option<u64>,
    /// All pages came.
    pub(super) whole: bool,
    /// What is known is old: it begins anew.
    stale: bool,
    early: HashMap<u64, JobView>,
    /// Why the last page did not come.
    pub(super) fault: Option<Fault>,
}

impl Rows {
    /// The page to ask for now, where one is needed.
    pub(super) fn ask(&mut self) -> Option<RowsQuery> {
        if self.asked || (self.whole && !self.stale) {
            return None;
        }
        if self.stale {
            (self.stale, self.whole, self.next) = (false, false, None);
        }
        if self.next.is_none() {
            self.newest = self.table.bounds().map_or(0, |it| it.0);
        }
        self.asked = true;
        let limit = if self.next.is_none() { FIRST } else { ROWS_MAX };
        Some(RowsQuery { before: self.next, limit: Some(limit) })
    }

    /// All that is known is old.
    pub(super) fn reset(&mut self) {
        self.stale = true;
    }

    /// A page did not come.
    pub(super) fn failed(&mut self, fault: &Fault) {
        self.asked = false;
        self.fault = Some(fault.clone());
    }

    /// A page came.
    pub(super) fn take(&mut self, query: &RowsQuery, page: &RowsPage) {
        (self.asked, self.fault) = (false, None);
        let kinds: Vec<u16> = page.kinds.iter().map(|it| self.table.stands(it)).collect();
        let is_news = |at: usize| {
            let told = Table::told_by(page, &kinds, at);
            let known = self.table.find(told.row.execution);
            known.is_some_and(|it| self.table.is_news(it, &told))
        };
        let news = (0..page.executions.len()).filter(|it| is_news(*it)).count();
        if TOUCHED_MAX < news && self.arranging.is_none() {
            // They are not put in one by one.
            self.arrange(self.order.wanted.clone());
        }
        let mut due = page.due.iter().peekable();
        for at in 0..page.executions.len() {
            let mut told = Table::told_by(page, &kinds, at);
            let is_due = |it: &&RowDue| it.execution == told.row.execution;
            told.due_unix_ms = due.next_if(|it| is_due(it)).map(|it| it.at);
            self.hear(&told);
        }
        if self.is_of_another_store(query, page) {
            // Whatever was shown is not there any more.
            let wanted = self.wanted().clone();
            *self = Rows::default();
            self.order.wanted = wanted;
            return;
        }
        self.next = page.next;
        self.whole = page.next.is_none();
        self.hear_early(page.executions.last().copied());
        if !self.order.is_of_all(&self.table) && self.arranging.is_none() {
            self.arrange(self.order.wanted.clone());
        }
    }

    /// Executions never go: where some did, the daemon has another store than before.
    fn is_of_another_store(&self, query: &RowsQuery, page: &RowsPage) -> bool {
        let newest = query.before.map_or(page.executions.first().copied(), |it| it.checked_sub(1));
        if query.before.is_none() && newest.unwrap_or(0) < self.newest {
            return true;
        }
        let (Some(newest), Some(oldest)) = (newest, page.executions.last()) else { return false };
        let oldest = if page.next.is_none() { 0 } else { *oldest };
        page.executions.len() < self.table.count_within(newest, oldest)
    }

    /// Something was pushed.
    pub(super) fn pushed(&mut self, job: &JobView) {
        let oldest = self.table.bounds().map(|it| it.1);
        let is_known = oldest.is_some_and(|it| it <= job.execution);
        if is_known || self.whole {
            let told = self.table.told_of(job);
            self.hear(&told);
        } else if self.asked && self.early.len() < EARLY_MAX {
            self.early.insert(job.execution, job.clone());
        } else if self.asked {
            self.stale = true;
        }
    }

    fn hear_early(&mut self, oldest: Option<u64>) {
        let oldest = if self.whole { 0 } else { oldest.unwrap_or(u64::MAX) };
        let heard: Vec<u64> = self.early.keys().filter(|it| oldest <= **it).copied().collect();
        for execution in heard {
            if let Some(job) = self.early.remove(&execution) {
                let told = self.table.told_of(&job);
                self.hear(&told);
            }
        }
    }

    fn hear(&mut self, told: &Told<'_>) {
        match self.table.find(told.row.execution) {
            Some(number) if self.table.is_news(number, told) => {
                self.changing(number, |table| table.change(number, told));
            }
            Some(_) => {}
            None => {
                let paged = self.table.extent().0;
                let number = self.table.add(told);
                // Those of pages are arranged together.
                if self.table.extent().0 == paged {
                    self.touch(number);
                }
            }
        }
    }

    /// Time went on; whether something changed.
    pub(super) fn tick(&mut self, now_unix_ms: u64) {
        for number in self.table.now_due(now_unix_ms) {
            self.changing(number, |table| table.enqueue(number));
        }
    }

    fn changing(&mut self, number: u32, change: impl FnOnce(&mut Table)) {
        if self.arranging.is_none() {
            self.order.leave(&self.table, number);
        }
        change(&mut self.table);
        self.touch(number);
    }

    fn touch(&mut self, number: u32) {
        match &mut self.arranging {
            Some(arranging) => arranging.touch(number),
            None => self.order.enter(&self.table, number),
        }
    }

    /// What is wanted to be shown, and soon is.
    pub(super) fn wanted(&self) -> &Wanted {
        self.arranging.as_ref().map_or(&self.order.wanted, Arranging::wanted)
    }

    /// Something else is to be shown.
    pub(super) fn arrange(&mut self, wanted: Wanted) {
        let before = self.arranging.take();
        self.arranging = Some(Arranging::new(&self.table, wanted, &self.order, before));
    }

    /// A slice of arranging.
    pub(super) fn work(&mut self) {
        let Some(arranging) = &mut self.arranging else { return };
        if let Some(order) = arranging.work(&self.table) {
            (self.order, self.arranging) = (order, None);
            if !self.order.is_of_all(&self.table) {
                self.arrange(self.order.wanted.clone());
            }
        }
    }
}
