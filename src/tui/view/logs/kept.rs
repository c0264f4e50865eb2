//! The lines that are kept, and those of them that are shown.

use crate::api::logs::{LogLevel, LogLine, LogsPage};
use std::collections::VecDeque;

/// Lines that are kept.
const LINES_MAX: usize = 10_000;
/// Bytes of their texts.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// The place of the first line that comes; older ones may be asked for later.
const FIRST_PLACE: u64 = 1 << 40;

/// A line, or that some are lost.
#[derive(Debug)]
pub(super) enum Kept {
    /// A line, and its text in small letters, for the search.
    Line(Box<LogLine>, String),
    /// So many are lost here: the daemon keeps only so many.
    Lost(u64),
}

impl Kept {
    fn of(line: LogLine) -> Kept {
        let lower = line.text.to_lowercase();
        Kept::Line(Box::new(line), lower)
    }

    fn bytes(&self) -> usize {
        match self {
            Kept::Line(line, lower) => size_of::<LogLine>() + line.text.len() + lower.len(),
            Kept::Lost(_) => size_of::<Kept>(),
        }
    }
}

/// Which lines are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sieve {
    /// So bad, or worse.
    pub(super) level: LogLevel,
    /// About this job.
    pub(super) job: Option<u64>,
}

impl Sieve {
    fn lets(self, kept: &Kept) -> bool {
        match kept {
            Kept::Line(line, _) => {
                line.level <= self.level && self.job.is_none_or(|it| line.job == Some(it))
            }
            Kept::Lost(_) => self.job.is_none(),
        }
    }
}

/// The lines.
#[derive(Debug)]
pub(super) struct Lines {
    kept: VecDeque<Kept>,
    /// The place of the oldest that is kept.
    first: u64,
    bytes: usize,
    /// Places of those that are shown.
    shown: VecDeque<u64>,
    sieve: Sieve,
    /// What to ask after, when something was told.
    next: Option<u64>,
    /// There may be older ones.
    older: bool,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines {
            kept: VecDeque::new(),
            first: FIRST_PLACE,
            bytes: 0,
            shown: VecDeque::new(),
            sieve: Sieve { level: LogLevel::Trace, job: None },
            next: None,
            older: false,
        }
    }
}

impl Lines {
    /// Which are shown.
    pub(super) fn sieve(&self) -> Sieve {
        self.sieve
    }

    /// Others are shown.
    pub(super) fn sift(&mut self, sieve: Sieve) {
        self.sieve = sieve;
        let places = self.kept.iter().zip(self.first..);
        self.shown = places.filter(|(it, _)| sieve.lets(it)).map(|(_, place)| place).collect();
    }

    /// How many are shown.
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    /// One that is shown, the oldest is 0.
    pub(super) fn get(&self, row: usize) -> Option<&Kept> {
        let place = self.shown.get(row)?.checked_sub(self.first)?;
        self.kept.get(usize::try_from(place).ok()?)
    }

    /// What to ask after; `None` before anything was told.
    pub(super) fn next(&self) -> Option<u64> {
        self.next
    }

    /// What to ask before; `None` where there is nothing older, or no room for it.
    pub(super) fn before(&self) -> Option<u64> {
        let room = self.older && self.kept.len() < LINES_MAX && self.bytes < BYTES_MAX;
        let number = |it: &Kept| match it {
            Kept::Line(line, _) => Some(line.number),
            Kept::Lost(_) => None,
        };
        self.kept.iter().find_map(number).filter(|_| room)
    }

    /// The first lines that were told.
    pub(super) fn begin(&mut self, page: LogsPage) {
        *self = Lines { sieve: self.sieve, older: page.more, ..Lines::default() };
        self.add(LogsPage { lost: 0, ..page });
    }

    /// Newer lines; gives how many of the oldest that were shown had to go.
    pub(super) fn add(&mut self, page: LogsPage) -> usize {
        self.next = Some(page.next);
        if page.lost > 0 {
            self.push(Kept::Lost(page.lost));
        }
        page.lines.into_iter().for_each(|it| self.push(Kept::of(it)));
        let mut gone = 0;
        while LINES_MAX < self.kept.len() || BYTES_MAX < self.bytes {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.bytes();
            if self.shown.front() == Some(&self.first) {
                self.shown.pop_front();
                gone += 1;
            }
            self.first += 1;
            self.older = false;
        }
        gone
    }

    fn push(&mut self, kept: Kept) {
        self.bytes += kept.bytes();
        if self.sieve.lets(&kept) {
            self.shown.push_back(self.first + self.kept.len() as u64);
        }
        self.kept.push_back(kept);
    }

    /// Older lines, as many as there is room for; gives how many of them are shown.
    pub(super) fn add_before(&mut self, page: LogsPage) -> usize {
        self.older = page.more;
        let mut come = 0;
        for kept in page.lines.into_iter().rev().map(Kept::of) {
            if LINES_MAX <= self.kept.len() || BYTES_MAX < self.bytes + kept.bytes() {
                self.older = false;
                break;
            }
            self.bytes += kept.bytes();
            self.first -= 1;
            if self.sieve.lets(&kept) {
                self.shown.push_front(self.first);
                come += 1;
            }
            self.kept.push_front(kept);
        }
        come
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(numbers: std::ops::Range<u64>, text: &str) -> LogsPage {
        let line = |number: u64| LogLine {
            number,
            at_unix_ms: number,
            level: if number.is_multiple_of(10) { LogLevel::Warn } else { LogLevel::Info },
            target: String::new(),
            thread: String::new(),
            job: Some(number % 3),
            text: format!("{text} {number}"),
        };
        let next = numbers.end.saturating_sub(1);
        LogsPage { lines: numbers.map(line).collect(), next, more: true, lost: 0 }
    }

    fn numbers(lines: &Lines) -> Vec<u64> {
        (0..lines.len())
            .map(|it| match lines.get(it).unwrap() {
                Kept::Line(line, _) => line.number,
                Kept::Lost(_) => 0,
            })
            .collect()
    }

    #[test]
    fn lines_come_at_both_ends_and_the_sieve_holds_for_all() {
        let mut lines = Lines::default();
        lines.sift(Sieve { level: LogLevel::Warn, job: None });
        lines.begin(page(100..131, "it"));
        assert_eq!(
            (numbers(&lines), lines.next(), lines.before()),
            (vec![100, 110, 120, 130], Some(130), Some(100))
        );
        assert_eq!(lines.add(LogsPage { lost: 7, ..page(140..151, "it") }), 0);
        assert_eq!(
            numbers(&lines),
            [100, 110, 120, 130, 0, 140, 150],
            "what is lost is told there"
        );
        assert_eq!(lines.add_before(page(80..100, "it")), 2);
        assert_eq!((numbers(&lines)[..3].to_vec(), lines.before()), (vec![80, 90, 100], Some(80)));
        lines.sift(Sieve { level: LogLevel::Info, job: Some(2) });
        assert!(numbers(&lines).iter().all(|it| it % 3 == 2), "{lines:?}");
        assert_eq!(lines.len(), 17 + 4);
    }

    #[test]
    fn only_so_many_are_kept_and_what_goes_is_told() {
        let mut lines = Lines::default();
        lines.begin(page(0..9_990, "it"));
        assert_eq!(lines.add(page(9_990..10_100, "it")), 100);
        assert_eq!((lines.len(), numbers(&lines)[0]), (LINES_MAX, 100));
        assert_eq!((lines.before(), lines.add_before(page(50..100, "it"))), (None, 0));
        lines.sift(Sieve { level: LogLevel::Warn, job: None });
        assert_eq!(lines.add(page(10_100..10_200, "it")), 10, "of those that are shown");
        let long = "x".repeat(100_000);
        for at in 0..200 {
            lines.add(page(20_000 + at..20_001 + at, &long));
        }
        assert!(lines.bytes <= BYTES_MAX && lines.kept.len() < LINES_MAX);
        assert_eq!(lines.bytes, lines.kept.iter().map(Kept::bytes).sum::<usize>());
        assert!(numbers(&lines).iter().all(|it| it % 10 == 0));
    }
}
