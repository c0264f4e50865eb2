//! The ways a batch may have gone wrong, each with its cost: the cheapest is believed if it is cheaper by far than that
//! all is right.

use super::cost;
use super::evidence::Text;
use std::collections::BTreeSet;

/// How many places a translation may be off: two merged pairs of lines.
const OFFSETS: [isize; 5] = [0, -1, 1, -2, 2];
/// What it costs to go from one offset to the next, and to one further off.
const STEP_COST: f64 = 2.0;
const LEAP_COST: f64 = 2.7;
/// A step where the sources around it are told as one: a reason for the step.
const MERGE_COST: f64 = 1.4;
/// What each place off costs: a translation is mostly where it belongs.
const OFF_COST: f64 = 0.3;
/// A translation of a line that is not in the batch: nothing is known of it.
const STRANGE_COST: f64 = 1.35;
/// So much must another way be cheaper.
const GAIN_MIN: f64 = 2.0;
const SWAP_GAIN_MIN: f64 = 4.0;
/// How far two that were swapped may be apart.
const SWAP_REACH: usize = 2;

/// A way up to a place: its cost and the offset of each place.
#[derive(Clone)]
struct Way {
    cost: f64,
    offsets: Vec<isize>,
}

/// Places from which the translations are moved by one or two, for a while or to the end, and where that begins.
/// `merged` are the sources, each with the next one.
pub(super) fn moved(sources: &[Text], merged: &[Text], said: &[Text]) -> BTreeSet<usize> {
    let at_offsets = |texts: &[Text], at: usize, strange: f64| {
        OFFSETS.map(|offset| match at.checked_add_signed(offset).and_then(|it| texts.get(it)) {
            Some(source) => cost(source, &said[at]) + OFF_COST * offset.unsigned_abs() as f64,
            None => strange,
        })
    };
    let places: Vec<Costs> = (0..said.len())
        .map(|at| Costs {
            alone: at_offsets(sources, at, STRANGE_COST),
            merged: at_offsets(merged, at, f64::INFINITY),
        })
        .collect();
    let Some(best) = best_way(&places) else { return BTreeSet::new() };
    let straight: f64 = places.iter().map(|it| it.alone[0]).sum();
    if straight - best.cost <= GAIN_MIN {
        return BTreeSet::new();
    }
    let off = |at: usize| best.offsets.get(at).is_some_and(|it| *it != 0);
    let beside = |at: &usize| off(*at) || off(at + 1) || at.checked_sub(1).is_some_and(off);
    (0..said.len()).filter(beside).collect()
}

/// Places of two that fit far better the other way around.
pub(super) fn swapped(sources: &[Text], said: &[Text]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for reach in 1..=SWAP_REACH {
        for a in 0..said.len().saturating_sub(reach) {
            let b = a + reach;
            let straight = cost(&sources[a], &said[a]) + cost(&sources[b], &said[b]);
            let crossed = cost(&sources[a], &said[b]) + cost(&sources[b], &said[a]);
            if straight - crossed > SWAP_GAIN_MIN {
                found.extend([a, b]);
            }
        }
    }
    found
}

/// What a place costs at each of the offsets: as the translation of one source, or of that and the next.
struct Costs {
    alone: [f64; OFFSETS.len()],
    merged: [f64; OFFSETS.len()],
}

/// The cheapest way (Viterbi), each place at one of the offsets.
fn best_way(places: &[Costs]) -> Option<Way> {
    let (first, rest) = places.split_first()?;
    let begin = |(cost, offset): (&f64, isize)| Way {
        cost: cost + step_cost(0, offset),
        offsets: vec![offset],
    };
    let mut ways: Vec<Way> = first.alone.iter().zip(OFFSETS).map(begin).collect();
    let mut before = first;
    for here in rest {
        let on = |(cost, offset): (&f64, isize)| on(&ways, before, offset, *cost);
        ways = here.alone.iter().zip(OFFSETS).filter_map(on).collect();
        before = here;
    }
    ways.into_iter().min_by(|a, b| a.cost.total_cmp(&b.cost))
}

/// The cheapest way to a place at an offset, which costs `here`; the place before costs what `before` says.
fn on(ways: &[Way], before: &Costs, offset: isize, here: f64) -> Option<Way> {
    let continued = ways.iter().zip(OFFSETS).enumerate().map(|(nth, (way, from))| {
        let stepped = way.cost + step_cost(from, offset);
        let merged = way.cost - before.alone[nth] + before.merged[nth] + MERGE_COST;
        (way, if from + 1 == offset { stepped.min(merged) } else { stepped })
    });
    let (way, cost) = continued.min_by(|a, b| a.1.total_cmp(&b.1))?;
    let mut offsets = way.offsets.clone();
    offsets.push(offset);
    Some(Way { cost: cost + here, offsets })
}

fn step_cost(before: isize, after: isize) -> f64 {
    match (after - before).unsigned_abs() {
        0 => 0.0,
        1 => STEP_COST,
        _ => LEAP_COST,
    }
}
