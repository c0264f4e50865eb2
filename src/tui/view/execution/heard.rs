//! The lines that are heard, as far as they are told.

use crate::api::execution::{HeardLine, HeardView};
use std::collections::VecDeque;

/// Lines that are kept: as many as fit on any screen.
const LINES_MAX: usize = 120;

/// The lines of one execution.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// In the order in which they came.
    pub(super) lines: VecDeque<HeardLine>,
    /// A question is on its way.
    pub(super) asking: bool,
    /// It was asked at least once.
    pub(super) asked: bool,
    execution: u64,
    last: u64,
}

impl Heard {
    /// After which line to ask.
    pub(super) fn after(&self) -> u64 {
        self.last
    }

    /// Takes what was told. Another execution, or another Kinora, begins anew.
    pub(super) fn take(&mut self, told: HeardView) {
        if told.execution != self.execution || told.last < self.last {
            self.lines.clear();
        }
        (self.execution, self.last) = (told.execution, told.last);
        (self.asking, self.asked) = (false, true);
        for line in told.lines {
            match self.lines.iter_mut().find(|it| it.line == line.line) {
                Some(known) => *known = line,
                None => self.lines.push_back(line),
            }
        }
        let spare = self.lines.len().saturating_sub(LINES_MAX);
        self.lines.drain(..spare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(execution: u64, lines: &[(u64, u64)]) -> HeardView {
        let line = |it: &(u64, u64)| HeardLine { number: it.0, line: it.1, ..HeardLine::default() };
        let last = lines.iter().map(|it| it.0).max().unwrap_or(0);
        HeardView { execution, last, lines: lines.iter().map(line).collect() }
    }

    fn lines(heard: &Heard) -> Vec<(u64, u64)> {
        heard.lines.iter().map(|it| (it.number, it.line)).collect()
    }

    #[test]
    fn lines_are_added_replaced_and_forgotten() {
        let mut heard = Heard::default();
        heard.take(told(1, &[(1, 1), (2, 2)]));
        heard.take(told(1, &[(3, 1), (4, 4)]));
        assert_eq!((lines(&heard), heard.after()), (vec![(3, 1), (2, 2), (4, 4)], 4));
        heard.take(told(2, &[(9, 9)]));
        assert_eq!(lines(&heard), [(9, 9)], "another execution");
        heard.take(told(2, &[(1, 1)]));
        assert_eq!(lines(&heard), [(1, 1)], "another Kinora");
        let many: Vec<(u64, u64)> = (2..500).map(|it| (it, it)).collect();
        heard.take(told(2, &many));
        assert_eq!((heard.lines.len(), heard.lines[0].line), (LINES_MAX, 380));
    }
}
