//! The search for what makes cues fit: frame rates, then lags, then cuts, then the last tenths; and whether to believe
//! what was found.

use super::super::time::{Ms, Span};
use super::cuts::{self, Run, moved};
use super::fine::fine;
use super::lags::Curve;
use super::signal::{self, Speech};
use super::{Alignment, Piece, fit, stretched};

/// Fewer lines, or less speech, say nothing.
const LINES_MIN: usize = 8;
const SPEECH_MIN: Ms = Ms(20_000);
/// More lines are no dialogue of one film, and would take long.
const LINES_MAX: usize = 20_000;
/// Frame rates that films and their subtitles are made for, where they differ: cinema, NTSC's of it, PAL.
const RATES: [f64; 3] = [24.0, 24_000.0 / 1001.0, 25.0];
/// Frame rates that are looked at closely, after a first look at all.
const RATES_TRIED: usize = 3;
/// Lines that are looked at together to find the lags there are; each block shares a half with the next one.
const BLOCK_LINES: usize = 40;
/// Lags kept of each block, of all blocks together, and in all.
const PEAKS_PER_BLOCK: usize = 4;
const PEAKS_OF_ALL: usize = 8;
const LAGS_MAX: usize = 192;
/// Lags nearer to each other are one: a change that small is seen by nobody, and may be the habit of who timed it.
const SAME_LAG: Ms = Ms(250);
/// Rounds of cutting and refining.
const ROUNDS_MAX: usize = 6;
/// What another frame rate costs, in scores of lines.
const RATE_COST: f64 = 3.0;
/// A lag is believed where its score is so many standard deviations over chance,
const SURE_MIN: f64 = 6.0;
/// and so much higher over chance than that of any other lag.
const SURE_BESIDE: f64 = 1.3;
/// Lags this near are not another one.
const BESIDE: Ms = Ms(2_000);
/// Cues that are this near to where they belong are left: nobody sees it.
const NEAR_ENOUGH: Ms = Ms(150);
/// The mean score of lines after it.
const SCORE_MIN: f64 = 0.35;
/// How much the scores must gain together: this, or this much a line where lines are few.
const GAIN_MIN: f64 = 6.0;
const GAIN_PER_LINE_MIN: f64 = 0.15;

/// True where there are cues and speech enough to tell what fits, and not too many to be dialogue.
pub fn is_enough(cues: &[Span], speech: &[Span]) -> bool {
    enough(&signal::lines(cues), &Speech::of(speech))
}

fn enough(lines: &[Span], speech: &Speech) -> bool {
    (LINES_MIN..=LINES_MAX).contains(&lines.len()) && SPEECH_MIN.0 <= speech.total()
}

/// What makes cues fit better; `None` where nothing does, or too little is known to say. `speech` is in time order,
/// without overlaps; cues may be in any order.
pub fn align(cues: &[Span], speech: &[Span]) -> Option<Alignment> {
    let lines = signal::lines(cues);
    let heard = Speech::of(speech);
    if !enough(&lines, &heard) {
        return None;
    }
    let found = search(&lines, &heard)?;
    let as_is: f64 = lines.iter().map(|it| heard.score(*it)).sum();
    let count = lines.len() as f64;
    let gain = found.score - as_is;
    if found.score < SCORE_MIN * count || gain < GAIN_MIN.min(GAIN_PER_LINE_MIN * count) {
        return None;
    }
    let pieces = found.pieces(&lines);
    let mut alignment = Alignment { pieces, fit: fit(cues, speech) };
    let before = alignment.fit;
    let after: Vec<Span> = cues.iter().map(|it| alignment.apply(*it)).collect();
    let far = |(a, b): (&Span, &Span)| NEAR_ENOUGH < Ms((a.start - b.start).0.abs());
    if !cues.iter().zip(&after).any(far) {
        return None;
    }
    alignment.fit = fit(&after, speech);
    let worse = alignment.fit.starts_percent < before.starts_percent
        && alignment.fit.spoken_percent < before.spoken_percent;
    (!worse).then_some(alignment)
}

/// The lines at one frame rate, with what was found for them.
#[derive(Debug)]
struct Found {
    ratio: f64,
    runs: Vec<Run>,
    /// Sum of the lines' scores, less what changes cost.
    score: f64,
}

impl Found {
    fn pieces(&self, lines: &[Span]) -> Vec<Piece> {
        let piece = |run: &Run| {
            let from =
                if run.from == 0 { lines[0].start.min(Ms(0)) } else { lines[run.from].start };
            Piece { from, ratio: self.ratio, offset: run.lag }
        };
        self.runs.iter().map(piece).collect()
    }
}

/// The best of all frame rates.
fn search(lines: &[Span], speech: &Speech) -> Option<Found> {
    let mut looks: Vec<Look> = ratios().into_iter().map(|it| Look::at(it, lines, speech)).collect();
    // The frame rate as it is goes first, then those whose blocks find most.
    looks.sort_by(|a, b| b.promise.total_cmp(&a.promise));
    let as_is = looks.iter().position(|it| it.ratio == 1.0).unwrap_or(0);
    let first = looks.remove(as_is);
    let mut best: Option<Found> = None;
    for look in std::iter::once(first).chain(looks.into_iter().take(RATES_TRIED)) {
        let cost = if look.ratio == 1.0 { 0.0 } else { RATE_COST };
        let Some(mut found) = look.settle(speech) else { continue };
        found.score -= cost;
        if best.as_ref().is_none_or(|it| it.score < found.score) {
            best = Some(found);
        }
    }
    best
}

/// One, and each frame rate by each other.
fn ratios() -> Vec<f64> {
    let pairs = RATES.iter().flat_map(|from| RATES.iter().map(move |to| (from, to)));
    let others = pairs.filter(|(from, to)| from != to).map(|(from, to)| from / to);
    std::iter::once(1.0).chain(others).collect()
}

/// Lines at one frame rate, and the lags that may be theirs.
struct Look {
    ratio: f64,
    lines: Vec<Span>,
    lags: Vec<Ms>,
    /// Sum of the best scores of all blocks.
    promise: f64,
}

impl Look {
    fn at(ratio: f64, lines: &[Span], speech: &Speech) -> Look {
        let stretch =
            |it: &Span| Span { start: stretched(it.start, ratio), end: stretched(it.end, ratio) };
        let lines: Vec<Span> = lines.iter().map(stretch).collect();
        let (mut promise, mut peaks) = (0.0, Vec::new());
        let mut all: Option<Curve> = None;
        let mut last: Option<(Curve, usize)> = None;
        for half in lines.chunks(BLOCK_LINES / 2) {
            let jumps = Curve::jumps(half, speech);
            let block = match &last {
                Some((before, count)) => jumps.plus(before).summed(count + half.len(), speech),
                None => jumps.clone().summed(half.len(), speech),
            };
            let found = block.peaks(PEAKS_PER_BLOCK);
            promise += found.first().map_or(0.0, |it| it.score);
            peaks.extend(found);
            all = Some(all.map_or_else(|| jumps.clone(), |it| it.plus(&jumps)));
            last = Some((jumps, half.len()));
        }
        let mut lags = Vec::new();
        if let Some(all) = all {
            lags.extend(
                all.summed(lines.len(), speech).peaks(PEAKS_OF_ALL).iter().map(|it| it.lag),
            );
        }
        peaks.sort_by(|a, b| b.score.total_cmp(&a.score));
        for peak in peaks {
            let known = lags.iter().any(|it| (*it - peak.lag).0.abs() < SAME_LAG.0);
            if lags.len() < LAGS_MAX && !known {
                lags.push(peak.lag);
            }
        }
        Look { ratio, lines, lags, promise }
    }

    /// Cuts and refines until nothing changes; a run that chance may have made loses its lag.
    fn settle(mut self, speech: &Speech) -> Option<Found> {
        for _ in 0..ROUNDS_MAX {
            let (_, runs) = cuts::split(&self.lines, speech, &self.lags);
            let of = |run: &Run| &self.lines[run.from..run.to];
            let refined = runs.iter().map(|it| Run { lag: fine(of(it), speech, it.lag), ..*it });
            let refined: Vec<Run> = refined.collect();
            let sure: Vec<Ms> = refined
                .iter()
                .filter(|it| is_sure(of(it), speech, it.lag))
                .map(|it| it.lag)
                .collect();
            let lags = distinct(&sure);
            if lags.is_empty() {
                return None;
            }
            let settled = lags.len() == self.lags.len() && sure.len() == runs.len();
            self.lags = lags;
            if settled {
                break;
            }
        }
        let (score, runs) = cuts::split(&self.lines, speech, &self.lags);
        Some(Found { ratio: self.ratio, runs, score })
    }
}

/// Lags without those that are nearly the same as one before.
fn distinct(lags: &[Ms]) -> Vec<Ms> {
    let mut kept: Vec<Ms> = Vec::new();
    for lag in lags {
        if kept.iter().all(|it| (*it - *lag).0.abs() >= SAME_LAG.0) {
            kept.push(*lag);
        }
    }
    kept
}

/// True where chance does not give such a score: it stands out among the scores at all other lags.
fn is_sure(lines: &[Span], speech: &Speech, lag: Ms) -> bool {
    let curve = Curve::jumps(lines, speech).summed(lines.len(), speech);
    let score: f64 = lines.iter().map(|it| speech.score(moved(*it, lag))).sum();
    let (mean, deviation) = curve.chance();
    let beside = curve.best_beside(lag, BESIDE);
    mean + SURE_MIN * deviation <= score && SURE_BESIDE * (beside - mean) <= score - mean
}
