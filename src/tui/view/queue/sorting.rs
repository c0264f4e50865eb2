//! Sorting in slices, so that nobody waits for it: sorted runs first, then merging them two by two.

use std::cmp::Ordering;

/// Rows of a run, which is sorted at once.
const RUN: usize = 2_048;

/// A row and its key.
pub(super) type Item = (u64, u32);

/// Rows on their way to order.
#[derive(Debug)]
pub(super) struct Sorting {
    items: Vec<Item>,
    spare: Vec<Item>,
    /// Rows in sorted runs of [`RUN`].
    sorted: usize,
    /// Rows of the runs that are merged.
    width: usize,
    /// How much of the two runs is merged.
    left: usize,
    right: usize,
}

impl Sorting {
    /// Begins.
    pub(super) fn new(items: Vec<Item>) -> Sorting {
        Sorting { items, spare: Vec::new(), sorted: 0, width: RUN, left: 0, right: 0 }
    }

    /// A slice of about so many rows; whether more is to be done.
    pub(super) fn work(
        &mut self,
        rows: usize,
        mut order: impl FnMut(&Item, &Item) -> Ordering,
    ) -> bool {
        let len = self.items.len();
        if self.sorted < len {
            let end = (self.sorted + rows.max(RUN) / RUN * RUN).min(len);
            for run in self.items[self.sorted..end].chunks_mut(RUN) {
                run.sort_unstable_by(&mut order);
            }
            self.sorted = end;
            return self.sorted < len || RUN < len;
        }
        let mut left = rows;
        while self.width < len && 0 < left {
            left = left.saturating_sub(self.merge(left, &mut order));
        }
        self.width < len
    }

    /// Merges at most so many rows of the two runs it is at; answers how many.
    fn merge(&mut self, rows: usize, order: &mut impl FnMut(&Item, &Item) -> Ordering) -> usize {
        let (len, done) = (self.items.len(), self.spare.len());
        if self.spare.capacity() < len {
            self.spare.reserve_exact(len - done);
        }
        let start = done - self.left - self.right;
        let middle = (start + self.width).min(len);
        let end = (middle + self.width).min(len);
        let (one, other) = (&self.items[start..middle], &self.items[middle..end]);
        for _ in 0..rows {
            let next = match (one.get(self.left), other.get(self.right)) {
                (Some(it), Some(that)) if order(it, that) != Ordering::Greater => (it, true),
                (_, Some(that)) => (that, false),
                (Some(it), None) => (it, true),
                (None, None) => break,
            };
            self.spare.push(*next.0);
            if next.1 { self.left += 1 } else { self.right += 1 }
        }
        if self.left + self.right == end - start {
            (self.left, self.right) = (0, 0);
        }
        let merged = self.spare.len() - done;
        if self.spare.len() == len {
            std::mem::swap(&mut self.items, &mut self.spare);
            self.spare.clear();
            self.width *= 2;
        }
        merged.max(1)
    }

    /// The rows, in order where nothing is left to be done.
    pub(super) fn into_rows(self) -> Vec<u32> {
        drop(self.spare);
        self.items.into_iter().map(|it| it.1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn it_sorts_as_all_at_once(len in 0..7_000_usize, seed in any::<u64>(), rows in 100..5_000_usize) {
            let key = |it: usize| (it as u64).wrapping_mul(seed | 1).rotate_left(17) % 1_000;
            let items: Vec<Item> = (0..len).map(|it| (key(it), it as u32)).collect();
            let mut wanted = items.clone();
            wanted.sort_unstable();
            let mut sorting = Sorting::new(items);
            let mut slices = 0;
            while sorting.work(rows, |a, b| a.cmp(b)) {
                slices += 1;
                prop_assert!(slices < 100_000, "it never ends");
            }
            let wanted: Vec<u32> = wanted.into_iter().map(|it| it.1).collect();
            prop_assert_eq!(sorting.into_rows(), wanted);
        }
    }
}
