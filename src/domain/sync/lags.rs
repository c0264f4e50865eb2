//! How well lines fit at every lag at once.
//!
//! Held against one stretch of speech, a line's overlap is a trapezoid over the lag, and the nearness of a start to an
//! onset a triangle. Both are given by a few jumps of their slope, so all pairs are added as jumps, and two running
//! sums at the end make the curve: exact, without a Fourier transform.

use super::super::time::{Ms, Span};
use super::signal::{ONSET_REACH, Speech};

/// Lags that are looked at: a subtitle that is further off is another film's, or its cuts are too many to count.
pub(super) const LAG_MAX: Ms = Ms(300_000);
/// How finely.
pub(super) const BIN: Ms = Ms(20);
const BINS_PER_SIDE: i64 = LAG_MAX.0 / BIN.0;
/// Peaks that are nearer to each other are one.
const PEAK_APART: Ms = Ms(300);

/// The score of some lines over the lag, or jumps of its slope while it is made.
#[derive(Clone, Debug)]
pub(super) struct Curve(Vec<f64>);

/// A lag with its score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peak {
    /// Added to the lines' times.
    pub(super) lag: Ms,
    /// Sum of the lines' scores there.
    pub(super) score: f64,
}

impl Curve {
    /// All lines at all lags, as jumps of the slope.
    pub(super) fn jumps(lines: &[Span], speech: &Speech) -> Curve {
        let mut curve = Curve(vec![0.0; 2 * BINS_PER_SIDE as usize + 1]);
        let (reach, onset_reach) = (LAG_MAX, ONSET_REACH.0 / BIN.0);
        for line in lines {
            let (start, end) = (bin(line.start.0), bin(line.end.0).max(bin(line.start.0) + 1));
            let weight = 1.0 / (end - start) as f64;
            let from = speech.spans.partition_point(|it| it.end + reach <= line.start);
            for span in &speech.spans[from..] {
                if line.end + reach <= span.start {
                    break;
                }
                let (begin, done) = (bin(span.start.0), bin(span.end.0));
                curve.jump(begin - end, weight);
                curve.jump(begin - start, -weight);
                curve.jump(done - end, -weight);
                curve.jump(done - start, weight);
            }
            for onset in speech.onsets_near(line.start.0, reach + ONSET_REACH) {
                let (at, weight) = (bin(onset.at) - start, onset.weight / onset_reach as f64);
                curve.jump(at - onset_reach, weight);
                curve.jump(at, -2.0 * weight);
                curve.jump(at + onset_reach, weight);
            }
        }
        curve
    }

    /// The slope changes by `by` at a lag. Changes before the first lag are made up for by two at the first bins: the
    /// value and the slope there are then as they should be.
    fn jump(&mut self, lag: i64, by: f64) {
        let at = lag + BINS_PER_SIDE;
        if at >= 0 {
            if let Some(it) = self.0.get_mut(at as usize) {
                *it += by;
            }
            return;
        }
        // Where the line through the jump passes the first two bins: as values, so as jumps of one bin each.
        self.0[0] += by * (1 - at) as f64;
        self.0[1] += by * at as f64;
    }

    /// The jumps of the lines of both.
    pub(super) fn plus(&self, other: &Curve) -> Curve {
        Curve(self.0.iter().zip(&other.0).map(|(a, b)| a + b).collect())
    }

    /// The score itself: two running sums; `lines` of them were added.
    pub(super) fn summed(mut self, lines: usize, speech: &Speech) -> Curve {
        let (mut slope, mut value) = (0.0, -(lines as f64) * speech.share);
        for it in &mut self.0 {
            // What jumps at a lag shows from the next one on.
            let jump = std::mem::replace(it, value);
            slope += jump;
            value += slope;
        }
        self
    }

    /// Mean and standard deviation over all lags: what chance gives.
    pub(super) fn chance(&self) -> (f64, f64) {
        let count = self.0.len() as f64;
        let mean = self.0.iter().sum::<f64>() / count;
        let variance = self.0.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / count;
        (mean, variance.sqrt())
    }

    /// The highest peaks, the highest first, apart from each other.
    pub(super) fn peaks(&self, count: usize) -> Vec<Peak> {
        let apart = (PEAK_APART.0 / BIN.0) as usize;
        let tops = self.0.windows(3).enumerate().filter(|(_, it)| it[0] < it[1] && it[2] <= it[1]);
        let mut tops: Vec<(usize, f64)> = tops.map(|(at, it)| (at + 1, it[1])).collect();
        tops.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut kept: Vec<(usize, f64)> = Vec::new();
        for top in tops {
            if kept.len() == count {
                break;
            }
            if kept.iter().all(|it| it.0.abs_diff(top.0) >= apart) {
                kept.push(top);
            }
        }
        let lag = |at: usize| Ms((at as i64 - BINS_PER_SIDE) * BIN.0);
        kept.into_iter().map(|(at, score)| Peak { lag: lag(at), score }).collect()
    }

    /// The highest score further than `apart` from a lag.
    pub(super) fn best_beside(&self, lag: Ms, apart: Ms) -> f64 {
        let at = lag.0 / BIN.0 + BINS_PER_SIDE;
        let beside =
            self.0.iter().enumerate().filter(|it| (it.0 as i64 - at).abs() * BIN.0 > apart.0);
        beside.map(|it| *it.1).fold(f64::MIN, f64::max)
    }
}

fn bin(ms: i64) -> i64 {
    (ms + BIN.0 / 2).div_euclid(BIN.0)
}
