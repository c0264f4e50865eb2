//! Made-up speech with cues to it; real speech is in `tests/it/sync.rs`.

use super::super::time::{Ms, Span};
use super::cuts::moved;
use super::lags::Curve;
use super::signal::Speech;
use super::{Alignment, Fit, Piece, align, fit};
use proptest::prelude::*;

/// NTSC's cinema.
const NTSC: f64 = 24_000.0 / 1001.0;

/// Chance that is the same everywhere (an xorshift).
struct Chance(u64);

impl Chance {
    fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + (self.0 % (high - low + 1) as u64) as i64
    }

    /// Spans one after the other.
    fn spans(&mut self, count: usize, pause: (i64, i64), length: (i64, i64)) -> Vec<Span> {
        let mut at = 0;
        let span = |_| {
            let start = at + self.between(pause.0, pause.1);
            at = start + self.between(length.0, length.1);
            Span::new(start, at)
        };
        (0..count).map(span).collect()
    }
}

/// Sentences and what a detector hears of them, in bits.
fn film(seed: u64, sentences: usize) -> (Vec<Span>, Vec<Span>) {
    let mut chance = Chance(0x9e37_79b9 + seed);
    let cues = chance.spans(sentences, (150, 6_000), (900, 4_500));
    let mut speech = Vec::new();
    for cue in &cues {
        let mut at = cue.start.0;
        while at + 200 < cue.end.0 {
            let end = (at + chance.between(250, 1_200)).min(cue.end.0);
            speech.push(Span::new(at + chance.between(-20, 40).max(-at), end));
            at = end + chance.between(64, 200);
        }
    }
    (cues, speech)
}

fn map(cues: &[Span], place: impl Fn(i64) -> f64) -> Vec<Span> {
    let at = |it: Ms| place(it.0).round() as i64;
    cues.iter().map(|it| Span::new(at(it.start), at(it.end))).collect()
}

/// Percent of cues that begin within 100 ms of where they should.
fn in_place(cues: &[Span], given: &[Span], found: Option<&Alignment>) -> usize {
    let place = |it: &Span| found.map_or(*it, |found| found.apply(*it));
    let near = |(given, cue): &(&Span, &Span)| (place(given).start - cue.start).0.abs() <= 100;
    100 * given.iter().zip(cues).filter(near).count() / cues.len()
}

#[test]
fn what_was_done_to_a_subtitle_is_found_and_told() {
    let (cues, speech) = film(1, 120);
    let half = cues[60].start.0;
    let fast = NTSC / 25.0;
    type Place<'a> = &'a dyn Fn(i64) -> f64;
    let rows: [(Place<'_>, &str); 9] = [
        (&|it| it as f64 + 20_000.0, "20.0 s earlier"),
        (&|it| it as f64 - 4_900.0, "4.9 s later"),
        (&|it| it as f64 + 300.0, "0.3 s earlier"),
        (&|it| it as f64 * fast, "stretched from 25 to 23.976 frames a second"),
        (&|it| it as f64 / fast, "stretched from 23.976 to 25 frames a second"),
        (&|it| it as f64 * 1.001, "stretched from 23.976 to 24 frames a second"),
        (
            &|it| it as f64 * fast + 8_000.0,
            "stretched from 25 to 23.976 frames a second, then 8.3 s",
        ),
        (&|it| (it + 30_000 * i64::from(half <= it)) as f64, "30.0 s earlier from 00:"),
        (&|it| (it + 30_000 * i64::from(half <= it)) as f64 * fast, "25 to 23.976"),
    ];
    for (place, told) in rows {
        let given = map(&cues, place);
        let found = align(&given, &speech);
        assert_eq!(in_place(&cues, &given, found.as_ref()), 100, "{told}: {found:?}");
        let found = found.unwrap();
        assert!(found.told().contains(told), "{told}: {}", found.told());
        assert!(95 <= found.fit.starts_percent && 95 <= found.fit.covered_percent, "{found:?}");
    }
}

#[test]
fn the_curve_is_what_the_lines_score_at_each_lag() {
    // Longer than the lags that are looked at, so that much lies before the first one.
    let (cues, speech) = film(7, 300);
    let (speech, given) = (Speech::of(&speech), map(&cues, |it| it as f64 + 41_000.0));
    for lines in [&given[..40], &given[130..170], &given[..]] {
        let peaks = Curve::jumps(lines, &speech).summed(lines.len(), &speech).peaks(5);
        assert!((peaks[0].lag.0 + 41_000).abs() <= 20, "{peaks:?}");
        for peak in peaks {
            let score: f64 = lines.iter().map(|it| speech.score(moved(*it, peak.lag))).sum();
            let apart = (score - peak.score).abs() / lines.len() as f64;
            assert!(apart < 0.05, "{peak:?} is {score}");
        }
    }
}

#[test]
fn what_fits_is_left() {
    for seed in 0..6 {
        let (cues, speech) = film(seed, 90);
        assert_eq!(align(&cues, &speech), None);
        // A habit of who timed it.
        assert_eq!(align(&map(&cues, |it| it as f64 + 90.0), &speech), None);
    }
}

#[test]
fn too_little_says_nothing() {
    let (cues, speech) = film(3, 7);
    assert_eq!(align(&map(&cues, |it| it as f64 + 5_000.0), &speech), None);
    let (cues, _) = film(3, 90);
    assert_eq!(align(&map(&cues, |it| it as f64 + 5_000.0), &[Span::new(0, 900)]), None);
    assert_eq!((align(&[], &[]), align(&cues, &[])), (None, None));
    assert_eq!(fit(&[], &[]), Fit::default());
}

#[test]
fn a_cut_that_leaves_a_scene_out_moves_the_rest_earlier() {
    let (cues, speech) = film(5, 120);
    // The subtitle was made for a film without the scene of cues 50 to 56.
    let (from, to) = (cues[50].start.0, cues[57].start.0);
    let kept: Vec<Span> =
        cues.iter().filter(|it| !(from..to).contains(&it.start.0)).copied().collect();
    let given = map(&kept, |it| (it - if to <= it { to - from } else { 0 }) as f64);
    let found = align(&given, &speech);
    assert!(98 <= in_place(&kept, &given, found.as_ref()), "{found:?}");
    // And for one with more: the cues of the scene that is missing here have no place, and the order is kept.
    let rest: Vec<Span> =
        speech.iter().filter(|it| !(from..to).contains(&it.start.0)).copied().collect();
    let shorter = map(&rest, |it| (it - if to <= it { to - from } else { 0 }) as f64);
    let found = align(&cues, &shorter).unwrap();
    let placed: Vec<Span> = cues.iter().map(|it| found.apply(*it)).collect();
    assert!(placed.is_sorted_by_key(|it| it.start), "{found:?}");
    let truth = map(&cues, |it| (it - if to <= it { to - from } else { 0 }) as f64);
    let near = |at: usize| (placed[at].start - truth[at].start).0.abs() <= 100;
    assert!(95 <= (0..120).filter(|at| near(*at)).count() * 100 / 113, "{found:?}");
}

#[test]
fn the_fit_of_cues() {
    let speech = [Span::new(1_000, 3_000), Span::new(3_500, 5_000), Span::new(20_000, 22_000)];
    let rows = [
        (vec![Span::new(1_000, 5_000), Span::new(20_000, 22_000)], (100, 100, 100)),
        (vec![Span::new(1_000, 5_000)], (66, 100, 100)),
        (vec![Span::new(720, 5_000), Span::new(19_600, 22_000)], (100, 89, 50)),
        (vec![Span::new(8_000, 9_000), Span::new(3_200, 4_200)], (16, 50, 50)),
    ];
    for (cues, (covered_percent, spoken_percent, starts_percent)) in rows {
        let wanted = Fit { covered_percent, spoken_percent, starts_percent };
        assert_eq!(fit(&cues, &speech), wanted, "{cues:?}");
    }
}

#[test]
fn an_alignment_in_words() {
    let told = |pieces: &[(i64, f64, i64)]| {
        let piece = |it: &(i64, f64, i64)| Piece { from: Ms(it.0), ratio: it.1, offset: Ms(it.2) };
        let pieces = pieces.iter().map(piece).collect();
        Alignment { pieces, fit: Fit::default() }.told()
    };
    assert_eq!(told(&[(0, 1.0, 2_140)]), "2.1 s later");
    assert_eq!(told(&[(0, 25.0 / NTSC, 4)]), "stretched from 25 to 23.976 frames a second");
    assert_eq!(
        told(&[(0, 24.0 / 25.0, -800), (2_710_000, 24.0 / 25.0, 30_000)]),
        "stretched from 24 to 25 frames a second, then 0.8 s earlier from the start; 30.0 s later from 00:45:10 on"
    );
    assert_eq!(
        told(&[(0, 1.0, 0), (61_000, 1.0, -500)]),
        "unchanged from the start; 0.5 s earlier from 00:01:01 on"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn chance_is_not_believed(seed in 1_u64..u64::MAX, lines in 8_usize..240) {
        let mut chance = Chance(seed);
        let cues = chance.spans(lines, (100, 9_000), (800, 5_000));
        let speech = chance.spans(2 * lines, (64, 4_000), (100, 3_000));
        prop_assert_eq!(align(&cues, &speech), None);
    }

    #[test]
    fn order_is_kept_and_nothing_is_before_the_film(
        seed in 0_u64..1_000,
        lag in -40_000_i64..40_000,
        cut in -4_000_i64..40_000,
        ratio in prop::sample::select(vec![1.0, 25.0 / NTSC, NTSC / 25.0]),
    ) {
        let (cues, speech) = film(seed, 80);
        let half = cues[40].start.0;
        let given = map(&cues, |it| (it + lag + cut * i64::from(half <= it)) as f64 * ratio);
        if let Some(found) = align(&given, &speech) {
            let places = (-50_000..500_000).step_by(171).map(|at| found.apply(Span::new(at, at + 700)));
            let placed: Vec<Span> = places.collect();
            prop_assert!(placed.is_sorted_by_key(|it| it.start), "{:?}", found);
            prop_assert!(placed.iter().all(|it| Ms(0) <= it.start && it.start <= it.end));
        }
    }
}
