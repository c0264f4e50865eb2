//! The rows, kept small: a hundred thousand of them take some 12 MiB. A row keeps its number as long as it is known.

use crate::api::daemon::{JobStatus, JobView};
use crate::api::rows::{RowKind, RowsPage};
use crate::tui::parts::when;
use std::collections::HashMap;

/// Rows of a piece of memory: none is ever copied to make room for more.
const PIECE_ROWS: usize = 4_096;
/// Bytes of a piece of memory for paths.
const PIECE_BYTES: usize = 1 << 16;
/// Marks numbers of rows that came after the page in which they would have been.
const LATER: u32 = 1 << 31;

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The execution.
    pub(super) execution: u64,
    /// Its job.
    pub(super) job: u64,
    /// Its place in the queue.
    pub(super) place: i64,
    /// When it was wished and last changed, seconds since the Unix epoch.
    pub(super) submitted_s: u32,
    pub(super) changed_s: u32,
    /// How often it changed.
    changes: u32,
    /// Where its path begins, and its bytes.
    path: u32,
    path_bytes: u16,
    /// How it stands: a place in the kinds.
    pub(super) stands: u16,
    pub(super) priority: i8,
    pub(super) tries: u8,
    pub(super) marked: bool,
}

/// What is told of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    pub(super) row: Row,
    pub(super) path: &'a str,
    pub(super) due_unix_ms: Option<u64>,
}

/// All rows.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Those of pages, newest first.
    paged: Vec<Vec<Row>>,
    later: Vec<Vec<Row>>,
    /// Numbers of the later ones, by execution.
    later_at: HashMap<u64, u32>,
    paths: Vec<String>,
    kinds: Vec<RowKind>,
    /// When those that wait are tried again, milliseconds since the Unix epoch, by execution.
    due: HashMap<u64, u64>,
    counts: [usize; JobStatus::ALL.len()],
    /// Letters that all paths begin with.
    common: String,
    marked: usize,
}

impl Table {
    /// How many.
    pub(super) fn len(&self) -> usize {
        len(&self.paged) + len(&self.later)
    }

    /// How many have this status.
    pub(super) fn count(&self, status: JobStatus) -> usize {
        self.counts[status as usize]
    }

    /// How many are marked.
    pub(super) fn marked(&self) -> usize {
        self.marked
    }

    /// Those that are marked.
    pub(super) fn marked_rows(&self) -> impl Iterator<Item = Row> {
        self.paged.iter().chain(&self.later).flatten().filter(|it| it.marked).copied()
    }

    /// The numbers of rows: so many of pages, and so many that came later.
    pub(super) fn extent(&self) -> (usize, usize) {
        (len(&self.paged), len(&self.later))
    }

    /// The number of the row at a place, of an extent.
    pub(super) fn number((paged, _): (usize, usize), place: usize) -> u32 {
        let small = |it: usize| u32::try_from(it).unwrap_or(0);
        if place < paged { small(place) } else { LATER | small(place - paged) }
    }

    /// A row.
    pub(super) fn row(&self, number: u32) -> &Row {
        let (pieces, at) = self.pieces(number);
        &pieces[at / PIECE_ROWS][at % PIECE_ROWS]
    }

    fn row_mut(&mut self, number: u32) -> &mut Row {
        let at = (number & !LATER) as usize;
        let pieces = if number & LATER == 0 { &mut self.paged } else { &mut self.later };
        &mut pieces[at / PIECE_ROWS][at % PIECE_ROWS]
    }

    fn pieces(&self, number: u32) -> (&[Vec<Row>], usize) {
        let at = (number & !LATER) as usize;
        if number & LATER == 0 { (&self.paged, at) } else { (&self.later, at) }
    }

    /// Its file.
    pub(super) fn path(&self, row: &Row) -> &str {
        let (piece, start) = (row.path as usize / PIECE_BYTES, row.path as usize % PIECE_BYTES);
        self.paths[piece].get(start..start + usize::from(row.path_bytes)).unwrap_or_default()
    }

    /// Letters that all paths begin with.
    pub(super) fn common(&self) -> &str {
        &self.common
    }

    /// The folder that all files lie in, with the `/` behind it.
    pub(super) fn folder(&self) -> &str {
        &self.common[..self.common.rfind('/').map_or(0, |it| it + 1)]
    }

    /// How it stands.
    pub(super) fn kind(&self, row: &Row) -> &RowKind {
        &self.kinds[usize::from(row.stands)]
    }

    /// When it is tried again, milliseconds since the Unix epoch.
    pub(super) fn due(&self, row: &Row) -> Option<u64> {
        self.due.get(&row.execution).copied()
    }

    /// The row of an execution.
    pub(super) fn find(&self, execution: u64) -> Option<u32> {
        let paged = len(&self.paged);
        let at = self.place(execution);
        let there = at < paged && self.row(Table::number((paged, 0), at)).execution == execution;
        if there {
            return Some(Table::number((paged, 0), at));
        }
        self.later_at.get(&execution).copied()
    }

    /// How many of the paged ones are newer.
    fn place(&self, execution: u64) -> usize {
        let piece =
            self.paged.partition_point(|it| it.last().is_some_and(|it| execution < it.execution));
        let before = (piece * PIECE_ROWS).min(len(&self.paged));
        before
            + self
                .paged
                .get(piece)
                .map_or(0, |it| it.partition_point(|it| execution < it.execution))
    }

    /// The newest execution and the oldest of those that are paged.
    pub(super) fn bounds(&self) -> Option<(u64, u64)> {
        let oldest = self.paged.last()?.last()?.execution;
        let later = self.later_at.keys().max().copied().unwrap_or(0);
        let newest = self.paged.first()?.first()?.execution;
        Some((newest.max(later), oldest))
    }

    /// How many there are from the newest to the oldest of these executions.
    pub(super) fn count_within(&self, newest: u64, oldest: u64) -> usize {
        let paged = self.place(oldest.saturating_sub(1)) - self.place(newest);
        paged + self.later_at.keys().filter(|it| (oldest..=newest).contains(it)).count()
    }

    /// The place of a kind.
    pub(super) fn stands(&mut self, kind: &RowKind) -> u16 {
        let found = self.kinds.iter().position(|it| it == kind);
        let place = found.unwrap_or_else(|| {
            self.kinds.push(kind.clone());
            self.kinds.len() - 1
        });
        u16::try_from(place).unwrap_or(0)
    }

    /// Whether this tells something newer of a row that is known.
    pub(super) fn is_news(&self, number: u32, told: &Told<'_>) -> bool {
        self.row(number).changes < told.row.changes
    }

    /// A row changes.
    pub(super) fn change(&mut self, number: u32, told: &Told<'_>) {
        let before = *self.row(number);
        self.counts[self.kind(&before).status as usize] -= 1;
        self.counts[self.kind(&told.row).status as usize] += 1;
        self.set_due(told);
        let (path, path_bytes, marked) = (before.path, before.path_bytes, before.marked);
        *self.row_mut(number) = Row { path, path_bytes, marked, ..told.row };
    }

    /// A row is new.
    pub(super) fn add(&mut self, told: &Told<'_>) -> u32 {
        let (path, path_bytes) = self.keep(told.path);
        let row = Row { path, path_bytes, marked: false, ..told.row };
        self.counts[self.kind(&row).status as usize] += 1;
        self.set_due(told);
        let oldest = self.paged.last().and_then(|it| it.last()).map(|it| it.execution);
        if oldest.is_none_or(|it| row.execution < it) {
            push(&mut self.paged, row);
            let extent = self.extent();
            return Table::number(extent, extent.0 - 1);
        }
        push(&mut self.later, row);
        let extent = self.extent();
        let number = Table::number(extent, extent.0 + extent.1 - 1);
        self.later_at.insert(row.execution, number);
        number
    }

    fn set_due(&mut self, told: &Told<'_>) {
        match told.due_unix_ms {
            Some(at) => drop(self.due.insert(told.row.execution, at)),
            None => drop(self.due.remove(&told.row.execution)),
        }
    }

    /// Those whose time has come: they are queued.
    pub(super) fn now_due(&self, now_unix_ms: u64) -> Vec<u32> {
        let due = self.due.iter().filter(|it| *it.1 <= now_unix_ms);
        due.filter_map(|it| self.find(*it.0)).collect()
    }

    /// It waits no more, but for its turn.
    pub(super) fn enqueue(&mut self, number: u32) {
        let row = *self.row(number);
        let kind = RowKind { status: JobStatus::Queued, ..self.kind(&row).clone() };
        let stands = self.stands(&kind);
        self.change(number, &Told { row: Row { stands, ..row }, path: "", due_unix_ms: None });
    }

    /// Marks a row, or takes its mark away.
    pub(super) fn mark(&mut self, number: u32, marked: bool) {
        let row = self.row_mut(number);
        let before = std::mem::replace(&mut row.marked, marked);
        match (before, marked) {
            (false, true) => self.marked += 1,
            (true, false) => self.marked -= 1,
            (true, true) | (false, false) => {}
        }
    }

    /// Takes all marks away.
    pub(super) fn unmark_all(&mut self) {
        if 0 < self.marked {
            self.paged.iter_mut().chain(&mut self.later).flatten().for_each(|it| it.marked = false);
            self.marked = 0;
        }
    }

    fn keep(&mut self, path: &str) -> (u32, u16) {
        let mut end = path.len().min(PIECE_BYTES - 1);
        while !path.is_char_boundary(end) {
            end -= 1;
        }
        let path = &path[..end];
        if self.paths.is_empty() {
            self.common = path.to_owned();
        }
        let alike = self.common.bytes().zip(path.bytes()).take_while(|it| it.0 == it.1).count();
        let alike = (0..=alike).rev().find(|it| self.common.is_char_boundary(*it)).unwrap_or(0);
        self.common.truncate(alike);
        if self.paths.last().is_none_or(|it| PIECE_BYTES < it.len() + path.len()) {
            self.paths.push(String::with_capacity(PIECE_BYTES));
        }
        let pieces = self.paths.len() - 1;
        let start = self.paths.last().map_or(0, String::len);
        if let Some(piece) = self.paths.last_mut() {
            piece.push_str(path);
        }
        let at = u32::try_from(pieces * PIECE_BYTES + start).unwrap_or(u32::MAX);
        (at, u16::try_from(path.len()).unwrap_or(0))
    }

    /// What a page tells of the row at a place; `stands` are its kinds' places here.
    pub(super) fn told_by<'a>(page: &'a RowsPage, stands: &[u16], at: usize) -> Told<'a> {
        let row = Row {
            execution: page.executions[at],
            job: page.jobs[at],
            place: page.places[at],
            submitted_s: seconds(page.submitted[at]),
            changed_s: seconds(page.changed[at]),
            changes: page.changes[at],
            path: 0,
            path_bytes: 0,
            stands: stands[usize::from(page.stands[at])],
            priority: page.priorities[at],
            tries: page.tries[at],
            marked: false,
        };
        Told { row, path: &page.paths[at], due_unix_ms: None }
    }

    /// What an event tells.
    pub(super) fn told_of<'a>(&mut self, job: &'a JobView) -> Told<'a> {
        let word = job.ending.clone().or_else(|| job.parked.clone());
        let stands = self.stands(&RowKind { status: job.status, step: job.step.clone(), word });
        let row = Row {
            execution: job.execution,
            job: job.id,
            place: job.place,
            submitted_s: seconds(when::unix_ms(&job.submitted).unwrap_or(0)),
            changed_s: seconds(when::unix_ms(&job.changed).unwrap_or(0)),
            changes: job.changes,
            path: 0,
            path_bytes: 0,
            stands,
            priority: job.priority,
            tries: job.tries,
            marked: false,
        };
        let due_unix_ms = job.due.as_deref().and_then(when::unix_ms);
        Told { row, path: &job.path, due_unix_ms }
    }

    /// Bytes it takes, but for its maps.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let rows: usize = self.paged.iter().chain(&self.later).map(Vec::capacity).sum();
        rows * size_of::<Row>() + self.paths.iter().map(String::capacity).sum::<usize>()
    }
}

fn len(pieces: &[Vec<Row>]) -> usize {
    pieces.last().map_or(0, |it| (pieces.len() - 1) * PIECE_ROWS + it.len())
}

fn push(pieces: &mut Vec<Vec<Row>>, row: Row) {
    if pieces.last().is_none_or(|it| it.len() == PIECE_ROWS) {
        pieces.push(Vec::with_capacity(PIECE_ROWS));
    }
    if let Some(piece) = pieces.last_mut() {
        piece.push(row);
    }
}

fn seconds(unix_ms: u64) -> u32 {
    u32::try_from(unix_ms / 1000).unwrap_or(u32::MAX)
}
