//! Where a film was cut otherwise than its subtitle: the best lag for every line, where each change of it costs.

use super::super::time::{Ms, Span};
use super::signal::Speech;

/// What a change of the lag costs, in scores of lines: about eight lines in their places pay for it.
pub(super) const CHANGE_COST: f64 = 8.0;

/// A run of lines that move together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// First line.
    pub(super) from: usize,
    /// First line after it.
    pub(super) to: usize,
    /// Added to their times.
    pub(super) lag: Ms,
}

/// With more lags than this it is not minded what a fall of the lag leaves out: the first look only finds which lags
/// there are.
const LAGS_EXACT_MAX: usize = 24;

/// Gives every line one of `lags`, so that the sum of scores, less the costs of changes, is highest; gives that sum
/// too. Where the lag falls by more than the time between two lines, the film lacks a scene that the subtitle has: as
/// many lines before have no place, and do not count.
///
/// Dynamic programming over lines and lags: each lag's best sum up to each line, coming from the same lag or from the
/// best one that may go before.
pub(super) fn split(lines: &[Span], speech: &Speech, lags: &[Ms]) -> (f64, Vec<Run>) {
    let count = lags.len();
    let mut best: Vec<f64> = Vec::with_capacity(lines.len() * count);
    let mut came_from: Vec<u32> = Vec::with_capacity(lines.len() * count);
    for (index, line) in lines.iter().enumerate() {
        let top = highest(&best[index.saturating_sub(1) * count..]);
        for (at, lag) in lags.iter().enumerate() {
            let score = speech.score(moved(*line, *lag));
            let Some(before) = index.checked_sub(1) else {
                best.push(score);
                came_from.push(0);
                continue;
            };
            let stay = before * count + at;
            let change = match count <= LAGS_EXACT_MAX {
                true => best_change(&best, &lines[..=index], lags, at),
                false => top.map(|it| before * count + it),
            };
            let better = |it: &usize| best[stay] < best[*it] - CHANGE_COST;
            let (from, cost) = match change.filter(better) {
                Some(change) => (change, CHANGE_COST),
                None => (stay, 0.0),
            };
            best.push(best[from] - cost + score);
            came_from.push(from as u32);
        }
    }
    let last = lines.len().saturating_sub(1) * count;
    match highest(&best[last..]) {
        Some(at) => (best[last + at], trace(&came_from, lags, last + at)),
        None => (0.0, Vec::new()),
    }
}

/// Where the best sum is from which the last line may change to a lag.
fn best_change(best: &[f64], lines: &[Span], lags: &[Ms], to: usize) -> Option<usize> {
    let (line, before) = lines.split_last()?;
    let place = line.start + lags[to];
    let others = (0..lags.len()).filter(|it| *it != to);
    let from = others.filter_map(|other| {
        // The last line that still lies before this one, where both are placed.
        let last = before.partition_point(|it| it.start + lags[other] <= place).checked_sub(1)?;
        Some(last * lags.len() + other)
    });
    from.max_by(|a, b| best[*a].total_cmp(&best[*b]))
}

fn highest(sums: &[f64]) -> Option<usize> {
    (0..sums.len()).max_by(|a, b| sums[*a].total_cmp(&sums[*b]))
}

/// The runs on the way that ends at `at`; lines that were left out stay with the run before.
fn trace(came_from: &[u32], lags: &[Ms], mut at: usize) -> Vec<Run> {
    let count = lags.len();
    let mut runs = vec![Run { from: 0, to: at / count + 1, lag: lags[at % count] }];
    while at >= count {
        let from = came_from[at] as usize;
        if from % count != at % count {
            let (line, lag) = (at / count, lags[from % count]);
            if let Some(last) = runs.last_mut() {
                last.from = line;
            }
            runs.push(Run { from: 0, to: line, lag });
        }
        at = from;
    }
    runs.reverse();
    runs
}

/// A span so much later.
pub(super) fn moved(span: Span, lag: Ms) -> Span {
    Span { start: span.start + lag, end: span.end + lag }
}
