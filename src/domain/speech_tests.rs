//! What must hold for segments and windows, whatever the audio.

use super::*;
use proptest::prelude::*;

fn segments(params: &SpeechParams, probabilities: &[f32]) -> Vec<Segment> {
    let mut segmenter = Segmenter::new(params.clone());
    let mut found: Vec<Segment> =
        probabilities.iter().filter_map(|it| segmenter.push(*it)).collect();
    found.extend(segmenter.finish());
    found
}

/// Samples that tell where they come from.
fn ramp(frames: usize) -> AudioBuffer {
    let mut audio = AudioBuffer::default();
    let samples: Vec<f32> = (0..frames as u64 * VAD_FRAME_SAMPLES).map(|it| it as f32).collect();
    audio.push(&samples);
    audio
}

fn windows(params: &SpeechParams, probabilities: &[f32]) -> Vec<Window> {
    let audio = ramp(probabilities.len());
    let mut packer = Packer::new(params.clone());
    let mut found = Vec::new();
    for segment in segments(params, probabilities) {
        found.extend(packer.push(segment, &audio));
    }
    found.extend(packer.finish());
    found
}

fn speech(seconds: f32) -> Vec<f32> {
    vec![0.9; (seconds * 31.25) as usize]
}

fn silence(seconds: f32) -> Vec<f32> {
    vec![0.01; (seconds * 31.25) as usize]
}

#[test]
fn a_short_pause_does_not_split_and_a_click_is_no_speech() {
    let params = SpeechParams::default();
    let told = [speech(1.0), silence(0.1), speech(1.0), silence(2.0), speech(0.04), silence(1.0)];
    let found = segments(&params, &told.concat());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].start, 0);
}

#[test]
fn endless_speech_is_cut_at_its_quietest_frame() {
    let params = SpeechParams::default();
    let mut told = speech(60.0);
    told[400] = 0.55;
    let found = segments(&params, &told);
    assert_eq!(found[0].end, 400 * VAD_FRAME_SAMPLES);
    assert!(found[1].joined);
    assert_eq!(found[1].start, found[0].end);
}

#[test]
fn a_long_silence_closes_a_window_that_is_half_full() {
    let params = SpeechParams::default();
    let told = [speech(15.0), silence(8.0), speech(3.0), silence(1.0), speech(3.0)].concat();
    let found = windows(&params, &told);
    assert_eq!(found.iter().map(|it| it.pieces.len()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_word_over_a_seam_goes_to_the_piece_that_holds_more_of_it() {
    let pieces = vec![
        Piece { source: 16_000, at: 0, len: 16_000 },
        Piece { source: 160_000, at: 16_000, len: 16_000 },
    ];
    let window = Window { samples: vec![0.0; 32_000], pieces, speech: Vec::new() };
    assert_eq!(window.span_to_source(Span::new(500, 700)), Span::new(1500, 1700));
    assert_eq!(window.span_to_source(Span::new(900, 1500)), Span::new(10_000, 10_500));
    assert_eq!(window.span_to_source(Span::new(400, 1100)), Span::new(1400, 2000));
    assert_eq!(window.span_to_source(Span::new(5000, 6000)), Span::new(11_000, 11_000));
}

fn any_probabilities() -> impl Strategy<Value = Vec<f32>> {
    let stretch = (0.0f32..1.0, 1usize..400).prop_map(|(p, count)| vec![p; count]);
    let noise = prop::collection::vec(0.0f32..1.0, 1..100);
    prop::collection::vec(prop_oneof![stretch, noise], 1..12).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn windows_hold_all_speech_once_and_map_back_exactly(told in any_probabilities()) {
        let params = SpeechParams::default();
        let segments = segments(&params, &told);
        let windows = windows(&params, &told);
        let max = params.window_max.to_sample();
        let mut last = 0u64;
        let mut spans = Vec::new();
        for window in &windows {
            prop_assert!(window.samples.len() as u64 <= max, "{} samples", window.samples.len());
            let mut at = 0;
            for piece in &window.pieces {
                prop_assert_eq!(piece.at, at);
                prop_assert!(last <= piece.source, "pieces overlap");
                at += piece.len;
                last = piece.source + piece.len;
                // The ramp tells where a sample comes from.
                let there = &window.samples[piece.at as usize..(piece.at + piece.len) as usize];
                let exact = there.iter().enumerate().all(|(i, it)| *it == (piece.source + i as u64) as f32);
                prop_assert!(exact);
            }
            prop_assert_eq!(at, window.samples.len() as u64);
            spans.extend(window.speech.iter().copied());
            let held = window.pieces.iter().all(|it| {
                window.to_source(Ms::of_sample(it.at)) == Ms::of_sample(it.source)
            });
            prop_assert!(held);
        }
        let wanted: Vec<Span> = segments
            .iter()
            .map(|it| Span { start: Ms::of_sample(it.start), end: Ms::of_sample(it.end) })
            .collect();
        prop_assert_eq!(spans, wanted);
    }
}
