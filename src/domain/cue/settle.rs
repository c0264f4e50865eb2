//! Word times made sane: in order, inside the video, and set to where speech was really heard.

use crate::domain::time::{Ms, Span};
use crate::domain::transcript::Word;

/// A word this near to the start of its speech begins with it: Whisper's word times are off by 150 ms, silence's end by 50.
const SNAP_START_MS: i64 = 300;
/// A word this near to the end of its speech ends with it.
const SNAP_END_MS: i64 = 300;
/// A word heard in silence belongs to speech that starts at most so much later.
const STRAY_MS: i64 = 1000;
/// A word that reaches so far into a stretch of speech belongs to it, even if it overlaps the next one more.
const OWN_MS: i64 = 250;
/// No video is longer: 1000 hours. Keeps absurd times from overflowing.
const TIME_MAX_MS: i64 = 3_600_000_000;

/// The words' times: starts in order, each end at most the next start, nothing before 0 or after `end`, starts and ends
/// snapped to `speech` where a pause is before or after. One span a word.
pub(super) fn settle(words: &[&Word], speech: &[Span], end: Option<Ms>) -> Vec<Span> {
    let limit = end.map_or(TIME_MAX_MS, |it| it.0.clamp(0, TIME_MAX_MS));
    let clamp = |it: Ms| it.0.clamp(0, limit);
    let mut spans: Vec<Span> =
        words.iter().map(|it| Span::new(clamp(it.span.start), clamp(it.span.end))).collect();
    put_in_order(&mut spans);
    snap(&mut spans, &in_order(speech, limit));
    let mut latest = Ms(0);
    for it in &mut spans {
        it.start = it.start.max(latest);
        it.end = it.end.max(it.start);
        latest = it.start;
    }
    for at in 1..spans.len() {
        spans[at - 1].end = spans[at - 1].end.min(spans[at].start);
    }
    spans
}

/// Sorted, without empty or overlapping ones.
fn in_order(speech: &[Span], limit: i64) -> Vec<Span> {
    let clamp = |it: Ms| it.0.clamp(0, limit);
    let mut sorted: Vec<Span> =
        speech.iter().map(|it| Span::new(clamp(it.start), clamp(it.end))).collect();
    sorted.sort_unstable();
    let mut merged: Vec<Span> = Vec::new();
    for it in sorted.into_iter().filter(|it| !it.is_empty()) {
        match merged.last_mut() {
            Some(last) if it.start <= last.end => last.end = last.end.max(it.end),
            _ => merged.push(it),
        }
    }
    merged
}

/// Keeps the longest run of words whose starts do not go back; the others get the time at which the word before them ends.
fn put_in_order(spans: &mut [Span]) {
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; spans.len()];
    for at in 0..spans.len() {
        let place = tails.partition_point(|&tail| spans[tail].start <= spans[at].start);
        before[at] = place.checked_sub(1).map(|it| tails[it]);
        if place == tails.len() { tails.push(at) } else { tails[place] = at }
    }
    let mut kept = vec![false; spans.len()];
    let mut next = tails.last().copied();
    while let Some(at) = next {
        kept[at] = true;
        next = before[at];
    }
    let mut ceiling: Vec<i64> = vec![i64::MAX; spans.len()];
    let mut following = i64::MAX;
    for at in (0..spans.len()).rev() {
        ceiling[at] = following;
        if kept[at] {
            following = spans[at].start.0;
        }
    }
    for at in 0..spans.len() {
        if !kept[at] {
            let earliest = if at == 0 { 0 } else { spans[at - 1].end.0 };
            let start = earliest.min(ceiling[at]);
            spans[at] = Span::new(start, start);
        }
        spans[at].end = spans[at].end.max(spans[at].start);
    }
}

/// The stretch of speech a word belongs to, by index.
fn home(word: Span, speech: &[Span]) -> Option<usize> {
    let first = speech.partition_point(|it| it.end <= word.start);
    let mut best: Option<(usize, i64)> = None;
    for (at, it) in speech.iter().enumerate().skip(first) {
        if it.start > word.end {
            break;
        }
        let inside = it.start <= word.start && word.start < it.end;
        let shared = it.overlap(word).0;
        if inside && (shared >= OWN_MS || word.is_empty()) || shared >= OWN_MS && best.is_none() {
            return Some(at);
        }
        if shared > 0 && best.is_none_or(|(_, most)| shared > most) {
            best = Some((at, shared));
        }
    }
    best.map(|(at, _)| at).or_else(|| {
        // Heard in silence: the speech that starts soon after, unless the one before is nearer.
        let until = speech.get(first)?.start.0 - word.end.0;
        let since = first.checked_sub(1).map_or(i64::MAX, |it| word.start.0 - speech[it].end.0);
        (until <= SNAP_START_MS || until <= STRAY_MS && until <= since).then_some(first)
    })
}

fn snap(spans: &mut [Span], speech: &[Span]) {
    let homes: Vec<Option<usize>> = spans.iter().map(|it| home(*it, speech)).collect();
    for at in 0..spans.len() {
        let Some(here) = homes[at] else { continue };
        let (span, home) = (&mut spans[at], speech[here]);
        let first = at == 0 || homes[at - 1] != Some(here);
        let last = homes.get(at + 1) != Some(&Some(here));
        if span.start < home.start || first && span.start.0 - home.start.0 <= SNAP_START_MS {
            span.start = home.start;
        }
        if span.end > home.end || last && home.end.0 - span.end.0 <= SNAP_END_MS {
            span.end = home.end;
        }
        span.end = span.end.max(span.start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(spans: &[(i64, i64)]) -> Vec<Word> {
        let word = |&(start, end): &(i64, i64)| Word {
            span: Span { start: Ms(start), end: Ms(end) },
            text: "w".to_owned(),
            space_before: true,
            p: 1.0,
        };
        spans.iter().map(word).collect()
    }

    fn settled(spans: &[(i64, i64)], speech: &[(i64, i64)], end: Option<i64>) -> Vec<(i64, i64)> {
        let words = words(spans);
        let words: Vec<&Word> = words.iter().collect();
        let speech: Vec<Span> = speech.iter().map(|it| Span { start: Ms(it.0), end: Ms(it.1) }).collect();
        settle(&words, &speech, end.map(Ms)).iter().map(|it| (it.start.0, it.end.0)).collect()
    }

    #[test]
    fn words_start_and_end_with_the_speech_around_them() {
        let speech = [(1000, 2000), (4000, 5000)];
        // Early, late, spread over the pause, and wholly in the silence before the second stretch.
        assert_eq!(settled(&[(800, 1200), (1200, 1800)], &speech, None), [(1000, 1200), (1200, 2000)]);
        assert_eq!(settled(&[(1250, 1500)], &speech, None), [(1000, 1500)]);
        assert_eq!(settled(&[(1000, 1500), (1500, 4100), (4100, 4900)], &speech, None)[1..], [
            (1500, 2000),
            (4000, 5000)
        ]);
        assert_eq!(settled(&[(1900, 4600)], &speech, None), [(4000, 5000)]);
        assert_eq!(settled(&[(3500, 3800)], &speech, None), [(4000, 4000)]);
    }

    #[test]
    fn a_word_after_a_pause_inside_a_stretch_of_speech_keeps_its_time() {
        assert_eq!(settled(&[(1000, 1400), (2200, 2500)], &[(1000, 5000)], None), [(1000, 1400), (2200, 2500)]);
    }

    #[test]
    fn absurd_times_are_brought_into_order() {
        let spans = [(0, 100), (900_000, 900_100), (200, 300), (-5, -9), (300, 250)];
        assert_eq!(settled(&spans, &[], Some(1000)), [(0, 100), (100, 100), (200, 300), (300, 300), (300, 300)]);
        assert_eq!(settled(&[(i64::MIN, i64::MAX)], &[(5, 1), (i64::MAX, 0)], Some(10)), [(0, 10)]);
    }
}
