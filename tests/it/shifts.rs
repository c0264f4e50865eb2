//! Shifted translations are found, and right ones left alone: the prompts of Asterisk, which people translated, without
//! their digits.

use crate::support::clips::{self, LANGS};
use kinora::domain::lang::Lang;
use kinora::domain::translate::shift::{Beside, suspicious};
use std::collections::BTreeMap;
use std::ops::Range;

/// Lines of a batch.
const LINES: usize = 20;
/// Batches begin so many lines apart.
const STEP: usize = 5;
/// Words of a source at least.
const WORDS_MIN: usize = 2;
/// Fewer lines that stand wrong tell too little by themselves.
const SHIFTED_MIN: usize = 4;
const FALSE_ALARMS_PERCENT_MAX: usize = 3;
const FOUND_PERCENT_MIN: usize = 95;
const SWAPS_FOUND_PERCENT_MIN: usize = 85;

/// A way to go wrong, what is said then, and the places that are wrong.
type Wrong = (&'static str, Vec<String>, Range<usize>);

/// Of each way to go wrong: how often it was tried, and found.
type Tally = BTreeMap<&'static str, (usize, usize)>;

#[test]
fn shifted_translations_are_found_and_right_ones_left_alone() {
    let mut tally = Tally::new();
    for (lang, _, _) in LANGS.into_iter().filter(|it| it.0 != "en") {
        for (from, to) in [("en", lang), (lang, "en")] {
            let Some(lines) = parallel(from, to) else {
                println!("skipped: needs the packages asterisk-core-sounds-*");
                return;
            };
            let mut here = Tally::new();
            count(&lines, from, to, &mut here);
            println!("{from} {to}: {}", told(&here));
            for (name, (tried, found)) in here {
                let sum = tally.entry(name).or_default();
                *sum = (sum.0 + tried, sum.1 + found);
            }
        }
    }
    println!("all: {}", told(&tally));
    for (name, (tried, found)) in tally {
        let percent = found * 100 / tried.max(1);
        match name {
            "right" => {
                assert!(found * 100 <= tried * FALSE_ALARMS_PERCENT_MAX, "{found} of {tried} false")
            }
            "two swapped" => assert!(percent >= SWAPS_FOUND_PERCENT_MIN, "{name}: {percent} %"),
            _ => assert!(percent >= FOUND_PERCENT_MIN, "{name}: {percent} %"),
        }
    }
}

fn told(tally: &Tally) -> String {
    let one = |(name, (tried, found)): (&&str, &(usize, usize))| {
        format!("{name} {found}/{tried} ({:.1} %)", *found as f64 * 100.0 / (*tried).max(1) as f64)
    };
    tally.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Sources and their translations in order, without digits.
fn parallel(from: &str, to: &str) -> Option<Vec<(String, String)>> {
    let (from, to) = (clips::sentences(from)?, clips::sentences(to)?);
    let bare = |text: &str| {
        let text: String = text.chars().filter(|it| !it.is_ascii_digit()).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let pair = |(name, source): (&String, &String)| Some((bare(source), bare(to.get(name)?)));
    let is_line = |it: &(String, String)| it.0.split(' ').count() >= WORDS_MIN && !it.1.is_empty();
    Some(from.iter().filter_map(pair).filter(is_line).collect())
}

fn count(lines: &[(String, String)], from: &str, to: &str, tally: &mut Tally) {
    let langs = [from, to].map(|it| Lang::parse(it).unwrap());
    for (nth, begin) in (0..lines.len() - LINES).step_by(STEP).enumerate() {
        let (batch, next) = (&lines[begin..begin + LINES], &lines[begin + LINES].1);
        for (name, said, places) in answers(batch, next, nth) {
            let pairs: Vec<Beside<'_>> = batch
                .iter()
                .zip(&said)
                .map(|(line, said)| Beside { source: &line.0, said })
                .collect();
            let found = suspicious(&pairs, &langs[0], &langs[1]);
            let sum = tally.entry(name).or_default();
            sum.0 += 1;
            sum.1 += usize::from(found.iter().any(|it| places.contains(it)));
        }
    }
}

/// The right answer, and what a model makes of a batch: `next` is the translation of the line after it.
fn answers(batch: &[(String, String)], next: &str, nth: usize) -> Vec<Wrong> {
    let said: Vec<String> = batch.iter().map(|it| it.1.clone()).collect();
    let next = next.to_owned();
    let from = nth * 7 % (LINES - SHIFTED_MIN + 1);
    let merged = vec![format!("{} {}", said[from], said[from + 1])];
    let tail = |last: &String| {
        [&said[..from], &merged, &said[from + 2..], std::slice::from_ref(last)].concat()
    };
    let mut rotated = said.clone();
    rotated.rotate_right(1);
    let mut answers = vec![
        ("right", said.clone(), 0..LINES),
        ("merged and gone on", tail(&next), from..LINES),
        ("merged, last twice", tail(&said[LINES - 1]), from..LINES),
        (
            "one dropped",
            [&said[..from], &said[from + 1..], std::slice::from_ref(&next)].concat(),
            from..LINES,
        ),
        ("all by one", [&said[1..], &[next]].concat(), 0..LINES),
        ("rotated", rotated, 0..LINES),
    ];
    if let Some(at) =
        (0..LINES - 1).map(|it| (it + nth) % (LINES - 1)).find(|it| is_swap(batch, *it))
    {
        let mut swapped = said;
        swapped.swap(at, at + 1);
        answers.push(("two swapped", swapped, at..at + 2));
    }
    answers
}

/// Two neighbours of clearly different length.
fn is_swap(batch: &[(String, String)], at: usize) -> bool {
    let lengths = [at, at + 1].map(|it| batch[it].0.chars().count());
    lengths[0].max(lengths[1]) >= 2 * lengths[0].min(lengths[1]) + 8
}
