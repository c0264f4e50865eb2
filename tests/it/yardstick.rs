//! The yardstick itself is right: what `support` measures on made-up films is what a person would count.

use crate::support::clips;
use crate::support::film::{Film, Layout, film};
use crate::support::onset::speech;
use crate::support::score::{Errors, Score, word_errors};
use crate::support::srt::{SrtCue, read};
use crate::support::words::words;
use std::ops::Range;

#[test]
fn spellings_of_one_text_are_equal() {
    let pairs = [
        ("en", "Press 21, then 3.", "press twenty-one then THREE"),
        ("en", "one two", "1, 2"),
        ("en", "two hundred five", "205"),
        ("es", "La contraseña número treinta y dos", "la contrasena numero 32"),
        ("fr", "Quatre-vingt-dix-sept clés, s’il vous plaît", "97 cles s'il vous plait"),
        ("fr", "vingt et un", "21"),
        ("it", "Perché, però: sei", "perche pero 6"),
        ("ru", "Ещё двадцать один", "еще 21"),
    ];
    for (lang, left, right) in pairs {
        assert_eq!(words(left, lang), words(right, lang), "{left} and {right}");
    }
}

#[test]
fn different_words_stay_different() {
    assert_ne!(words("one two", "en"), words("12", "en"));
    assert_eq!(words("dos y tres", "es"), ["2", "y", "3"]);
    assert_eq!(words("un deux, 20 5", "fr"), ["1", "2", "20", "5"]);
    assert_ne!(words("hear", "en"), words("here", "en"));
}

#[test]
fn word_errors_are_the_least_edits() {
    let table = [
        ("a b c", "a b c", 0),
        ("a b c", "", 3),
        ("", "a b", 2),
        ("a b c d", "a x c d e", 2),
        ("a b c d e", "b c d e", 1),
    ];
    for (reference, heard, wrong) in table {
        let errors = word_errors(&words(reference, "xx"), &words(heard, "xx"));
        assert_eq!(errors.wrong, wrong, "{reference} | {heard}");
    }
}

#[test]
fn bursts_and_short_pauses_are_no_onsets() {
    let tone =
        |ms: usize, loudness: f32| (0..ms * 16).map(move |it| loudness * (it as f32 * 0.3).sin());
    let parts = [
        (500, 0.001),
        (300, 0.5),
        (40, 0.001),
        (300, 0.5),
        (400, 0.001),
        (10, 0.5),
        (400, 0.001),
        (200, 0.5),
    ];
    let samples: Vec<f32> =
        parts.into_iter().flat_map(|(ms, loudness)| tone(ms, loudness)).collect();
    assert_eq!(speech(&samples), [500..1140, 1950..2150]);
}

#[test]
fn subrip_is_read() {
    let text = "1\r\n00:00:01,500 --> 00:00:02,000\r\nOne\r\nTwo\r\n\r\n\
                2\r\n01:00:00,000 --> 01:00:01,001\r\nThree\r\n";
    let cues = read(text);
    assert_eq!(cues, [cue(1_500..2_000, "One\nTwo"), cue(3_600_000..3_601_001, "Three")]);
}

#[test]
fn a_perfect_film_scores_perfectly() {
    let film = silent_film(&[1_000..3_000, 10_000..12_000], "one two three four");
    let cues = [cue(1_000..3_200, "One two"), cue(10_000..12_900, "three\nfour.")];
    let score = Score::of(&film, &cues);
    assert_eq!(score.errors, Errors { wrong: 0, words: 4 });
    assert_eq!((score.start_error_ms(50), score.start_error_ms(95)), (0, 0));
    assert_eq!((score.passages, score.passages_free), (2, 2));
    assert_eq!((score.too_fast, score.too_large), (0, 0));
}

#[test]
fn every_fault_is_seen() {
    let film = silent_film(&[1_000..3_000, 10_000..12_000], "one two three four");
    let long = "a line that is far too long to be read on any screen";
    let cues = [
        cue(1_150..1_200, "One two"),
        cue(6_000..8_000, "Thanks for watching"),
        cue(9_900..11_900, long),
    ];
    let score = Score::of(&film, &cues);
    assert_eq!(score.start_errors_ms, [100, 150, u64::MAX]);
    assert_eq!((score.start_error_ms(95), score.unmatched()), (u64::MAX, 1));
    assert_eq!((score.passages, score.passages_free), (2, 1));
    assert_eq!(score.passages_ms - score.passages_free_ms, 2_000);
    assert_eq!((score.too_fast, score.too_large), (2, 1));
    assert!(score.errors.percent() > 100.0);
}

#[test]
fn films_are_known_to_the_millisecond() {
    let (Some(clips), Some(music)) = (clips::clips("en"), clips::music()) else {
        println!("skipped: the sound packages are absent");
        return;
    };
    let layout = Layout { lang: "en", seed: 7, length_s: 60, pauses_per_long: 5 };
    let made = film(&layout, &clips[..20], &music);
    let again = film(&layout, &clips[..20], &music);
    assert!(made.samples == again.samples && made.speech == again.speech);
    assert!(made.passages().iter().any(|it| it.end - it.start > 10_000), "music is in it");
    assert_eq!(made.manifest(&clips).lines().count(), made.said.len());
    for said in &made.said {
        let inside = made
            .speech
            .iter()
            .filter(|it| said.span.start <= it.start && it.end <= said.span.end + 10);
        assert!(inside.count() > 0, "somebody speaks in {}", clips[said.clip].name);
    }
}

fn silent_film(speech: &[Range<u64>], text: &str) -> Film {
    let samples = vec![0.0; 20 * 16_000];
    Film {
        lang: "en",
        samples,
        said: Vec::new(),
        words: words(text, "en"),
        speech: speech.to_vec(),
    }
}

fn cue(span: Range<u64>, text: &str) -> SrtCue {
    SrtCue { span, lines: text.lines().map(str::to_owned).collect() }
}
