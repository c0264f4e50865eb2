//! Which rows are shown, and in which order. What takes long is done in slices: see [`Arranging`].

use super::sorting::{Item, Sorting};
use super::table::{Row, Table};
use crate::api::daemon::JobStatus;
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::cmp::Ordering;
use std::collections::HashSet;

/// Rows of a slice: looked at, searched, and sorted. Each slice takes a millisecond or two.
const LOOKED: usize = 16_384;
const SEARCHED: usize = 1_024;
const SORTED: usize = 8_192;
/// Rows that are put in one by one, where they changed while others were arranged.
pub(super) const TOUCHED_MAX: usize = 64;
/// Steps, in the order of the work.
const STEPS: [&str; 8] =
    ["select", "detect", "weigh", "listen", "translate", "cue", "publish", "announce"];

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Column {
    /// What runs, then what waits in the order of its turns, then what needs a person, then what ended, newest first.
    #[default]
    Turn,
    /// The status.
    Status,
    /// The priority, highest first.
    Priority,
    /// The step.
    Step,
    /// The file.
    File,
    /// The last change, newest first.
    Changed,
    /// The wish, newest first.
    Wished,
    /// How often it was tried, most often first.
    Tries,
    /// How it ended, or what it waits for.
    Outcome,
    /// How well it matches what is searched for.
    Match,
}

impl Column {
    /// All of them, but for the match.
    pub(super) const ALL: [Column; 9] = [
        Column::Turn,
        Column::Status,
        Column::Priority,
        Column::Step,
        Column::File,
        Column::Changed,
        Column::Wished,
        Column::Tries,
        Column::Outcome,
    ];

    /// Its name.
    pub(super) fn word(self) -> &'static str {
        match self {
            Column::Turn => "turn",
            Column::Status => "status",
            Column::Priority => "priority",
            Column::Step => "step",
            Column::File => "file",
            Column::Changed => "changed",
            Column::Wished => "wished",
            Column::Tries => "tries",
            Column::Outcome => "outcome",
            Column::Match => "best match",
        }
    }
}

/// Which rows are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Filter {
    /// All.
    #[default]
    All,
    /// Those that run.
    Running,
    /// Those that wait for their turn, or for their next try.
    Waiting,
    /// Those that were put aside.
    Paused,
    /// Those that need a person.
    Parked,
    /// Those that ended well.
    Done,
    /// Those that nobody wants any more.
    Cancelled,
}

impl Filter {
    /// All of them.
    pub(super) const ALL: [Filter; 7] = [
        Filter::All,
        Filter::Running,
        Filter::Waiting,
        Filter::Paused,
        Filter::Parked,
        Filter::Done,
        Filter::Cancelled,
    ];

    /// Its name.
    pub(super) fn word(self) -> &'static str {
        match self {
            Filter::All => "all",
            Filter::Running => "running",
            Filter::Waiting => "waiting",
            Filter::Paused => "paused",
            Filter::Parked => "needs a person",
            Filter::Done => "done",
            Filter::Cancelled => "cancelled",
        }
    }

    /// The letter that chooses it.
    pub(super) fn letter(self) -> char {
        self.word().chars().next().unwrap_or(' ')
    }

    /// Whether it lets this through.
    pub(super) fn takes(self, status: JobStatus) -> bool {
        match self {
            Filter::All => true,
            Filter::Running => status == JobStatus::Running,
            Filter::Waiting => matches!(status, JobStatus::Queued | JobStatus::Waiting),
            Filter::Paused => status == JobStatus::Paused,
            Filter::Parked => status == JobStatus::Parked,
            Filter::Done => status == JobStatus::Done,
            Filter::Cancelled => status == JobStatus::Cancelled,
        }
    }
}

/// Which rows, in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wanted {
    pub(super) filter: Filter,
    /// What is searched for in paths, letters in their order; words are searched for each by itself.
    pub(super) search: String,
    pub(super) column: Column,
    /// The other way round.
    pub(super) turned: bool,
}

impl Wanted {
    /// Every row of this is also one of that.
    fn is_within(&self, wider: &Wanted) -> bool {
        (wider.filter == Filter::All || self.filter == wider.filter)
            && self.search.starts_with(&wider.search)
    }
}

/// Searches.
pub(super) struct Search {
    matcher: Matcher,
    pattern: Pattern,
    letters: Vec<char>,
}

impl Search {
    fn new(text: &str) -> Search {
        let (case, normal) = (CaseMatching::Smart, Normalization::Smart);
        Search {
            matcher: Matcher::new(Config::DEFAULT.match_paths()),
            pattern: Pattern::new(text, case, normal, AtomKind::Fuzzy),
            letters: Vec::new(),
        }
    }

    /// How well a path matches; `None` where it does not.
    fn score(&mut self, path: &str) -> Option<u32> {
        let path = Utf32Str::new(path, &mut self.letters);
        self.pattern.score(path, &mut self.matcher)
    }
}

/// The rows that are shown, in their order, and how they are found.
#[derive(Default)]
pub(super) struct Order {
    /// What is shown.
    pub(super) wanted: Wanted,
    rows: Vec<u32>,
    search: Option<Search>,
    /// How many rows of pages there were.
    paged: usize,
}

impl Order {
    /// The rows that are shown.
    pub(super) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// No page brought more since.
    pub(super) fn is_of_all(&self, table: &Table) -> bool {
        self.paged == table.extent().0
    }

    /// The place of a row that is shown.
    pub(super) fn find(&mut self, table: &Table, number: u32) -> Option<usize> {
        let item = self.item(table, number)?;
        self.place(table, item).ok()
    }

    /// A row comes in, where it is wanted.
    pub(super) fn enter(&mut self, table: &Table, number: u32) {
        if let Some(item) = self.item(table, number)
            && let Err(at) = self.place(table, item)
        {
            self.rows.insert(at, number);
        }
    }

    /// A row leaves, before it changes.
    pub(super) fn leave(&mut self, table: &Table, number: u32) {
        if let Some(at) = self.find(table, number) {
            self.rows.remove(at);
        }
    }

    fn place(&mut self, table: &Table, item: Item) -> Result<usize, usize> {
        let Order { wanted, rows, search, .. } = self;
        let (column, common) = (wanted.column, table.common().len());
        rows.binary_search_by(|it| {
            let score = search
                .as_mut()
                .filter(|_| column == Column::Match)
                .and_then(|search| search.score(table.path(table.row(*it))));
            let other = (key(table, wanted, *it, (score, common)), *it);
            compare(table, wanted, &other, &item)
        })
    }

    /// Its key, where it is wanted.
    fn item(&mut self, table: &Table, number: u32) -> Option<Item> {
        let common = table.common().len();
        item(table, &self.wanted, (self.search.as_mut(), common), number)
    }
}

/// A row and its key, where it is wanted; `common` are letters that all paths begin with.
fn item(
    table: &Table,
    wanted: &Wanted,
    (search, common): (Option<&mut Search>, usize),
    number: u32,
) -> Option<Item> {
    let row = table.row(number);
    if !wanted.filter.takes(table.kind(row).status) {
        return None;
    }
    let score = match search {
        Some(search) => Some(search.score(table.path(row))?),
        None => None,
    };
    Some((key(table, wanted, number, (score, common)), number))
}

/// What sorts a row, as a number; paths that begin alike are told apart by [`compare`].
fn key(table: &Table, wanted: &Wanted, number: u32, (score, common): (Option<u32>, usize)) -> u64 {
    let row = table.row(number);
    let newest = |at_s: u32| u64::from(u32::MAX - at_s);
    let kind = || table.kind(row);
    let key = match wanted.column {
        Column::Turn => turn(kind().status, row),
        Column::Status => u64::from(kind().status as u8) << 32 | newest(row.changed_s),
        Column::Priority => u64::from(priority(row)) << 53 | place(row),
        Column::Step => {
            let step = kind().step.as_deref();
            let step = STEPS.iter().position(|it| Some(*it) == step).unwrap_or(STEPS.len());
            (step as u64) << 32 | newest(row.changed_s)
        }
        Column::File => first_letters(table.path(row).as_bytes().get(common..).unwrap_or_default()),
        Column::Changed => newest(row.changed_s),
        Column::Wished => newest(row.submitted_s),
        Column::Tries => u64::from(u8::MAX - row.tries) << 32 | newest(row.changed_s),
        Column::Outcome => {
            kind().word.as_deref().map_or(u64::MAX, |it| first_letters(it.as_bytes()))
        }
        Column::Match => u64::from(u32::MAX - score.unwrap_or(0)),
    };
    if wanted.turned { !key } else { key }
}

fn turn(status: JobStatus, row: &Row) -> u64 {
    let (group, within) = match status {
        JobStatus::Running => (0, u64::from(priority(row)) << 53 | place(row)),
        JobStatus::Queued | JobStatus::Waiting | JobStatus::Paused => {
            (1, u64::from(priority(row)) << 53 | place(row))
        }
        JobStatus::Parked => (2, u64::from(u32::MAX - row.changed_s)),
        JobStatus::Done | JobStatus::Cancelled => (3, u64::from(u32::MAX - row.changed_s)),
    };
    group << 61 | within
}

/// Lower goes first.
fn priority(row: &Row) -> u8 {
    (i8::MAX as u8).wrapping_sub(row.priority as u8)
}

/// In 53 bits.
fn place(row: &Row) -> u64 {
    const HALF: i64 = 1 << 52;
    u64::try_from(row.place.clamp(-HALF, HALF - 1) + HALF).unwrap_or(0)
}

fn first_letters(text: &[u8]) -> u64 {
    let mut letters = [0; 8];
    let some = &text[..text.len().min(8)];
    letters[..some.len()].copy_from_slice(some);
    u64::from_be_bytes(letters)
}

/// Never equal but for the same row: the newer one is first.
fn compare(table: &Table, wanted: &Wanted, one: &Item, other: &Item) -> Ordering {
    one.0.cmp(&other.0).then_with(|| {
        let (a, b) = (table.row(one.1), table.row(other.1));
        let alike = if wanted.column != Column::File {
            Ordering::Equal
        } else if wanted.turned {
            table.path(b).cmp(table.path(a))
        } else {
            table.path(a).cmp(table.path(b))
        };
        alike.then_with(|| b.execution.cmp(&a.execution))
    })
}

/// An order on its way: rows are looked through, then sorted, in slices.
pub(super) struct Arranging {
    order: Order,
    /// Rows that may be wanted: of this extent, or these.
    extent: (usize, usize),
    these: Option<Vec<u32>>,
    common: usize,
    looked: usize,
    items: Vec<Item>,
    sorting: Option<Sorting>,
    touched: Vec<u32>,
}

impl Arranging {
    /// Begins; where what is wanted lies within what is shown, only that is looked through.
    pub(super) fn new(
        table: &Table,
        wanted: Wanted,
        shown: &Order,
        before: Option<Arranging>,
    ) -> Arranging {
        let search = (!wanted.search.trim().is_empty()).then(|| Search::new(&wanted.search));
        let narrower =
            search.is_some() && wanted.is_within(&shown.wanted) && shown.is_of_all(table);
        let these = narrower.then(|| shown.rows.clone());
        let extent = table.extent();
        Arranging {
            order: Order { wanted, rows: Vec::new(), search, paged: extent.0 },
            extent,
            these,
            common: table.common().len(),
            looked: 0,
            items: Vec::new(),
            sorting: None,
            // What is shown does not know of these.
            touched: before.map_or_else(Vec::new, |it| it.touched),
        }
    }

    /// What it comes to.
    pub(super) fn wanted(&self) -> &Wanted {
        &self.order.wanted
    }

    /// A row is new, or changed.
    pub(super) fn touch(&mut self, number: u32) {
        if self.touched.last() != Some(&number) {
            self.touched.push(number);
        }
    }

    /// A slice; the order where it is whole.
    pub(super) fn work(&mut self, table: &Table) -> Option<Order> {
        let Order { wanted, search, .. } = &mut self.order;
        let Some(sorting) = &mut self.sorting else {
            let slice = if search.is_some() { SEARCHED } else { LOOKED };
            let count = self.these.as_ref().map_or(self.extent.0 + self.extent.1, Vec::len);
            let end = (self.looked + slice).min(count);
            if self.items.capacity() == 0 && search.is_none() && wanted.filter == Filter::All {
                self.items.reserve_exact(count);
            }
            for at in self.looked..end {
                let number = match &self.these {
                    Some(these) => these[at],
                    None => Table::number(self.extent, at),
                };
                self.items.extend(item(table, wanted, (search.as_mut(), self.common), number));
            }
            self.looked = end;
            if end == count {
                self.sorting = Some(Sorting::new(std::mem::take(&mut self.items)));
            }
            return None;
        };
        if sorting.work(SORTED, |one, other| compare(table, wanted, one, other)) {
            return None;
        }
        let mut order = std::mem::take(&mut self.order);
        order.rows = self.sorting.take()?.into_rows();
        self.touched.sort_unstable();
        self.touched.dedup();
        if TOUCHED_MAX < self.touched.len() {
            // It would take too long to put them in one by one: all rows are looked at again.
            order.paged = usize::MAX;
            return Some(order);
        }
        if !self.touched.is_empty() {
            let touched: HashSet<u32> = self.touched.iter().copied().collect();
            order.rows.retain(|it| !touched.contains(it));
            for number in std::mem::take(&mut self.touched) {
                order.enter(table, number);
            }
        }
        Some(order)
    }
}
